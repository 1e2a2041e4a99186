/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tcp:HOST:PORT, and what names no kind.
 */
#include <stdlib.h>

#include "base/hostport.h"
#include "base/num.h"
#include "end/connection.h"
#include "end/rows.h"
#include "net/resolve.h"

static bool is_port(const char *text)
{
    uint16_t port;

    if (num_parse_port(text, &port) == 0)
        return port > 0;
    return resolve_service(text, SOCK_STREAM) > 0;
}

static int parse_tcp(struct end_spec *spec, const char *rest, struct err *e)
{
    if (hostport_split(rest, &spec->host, &spec->port) < 0 || spec->host == NULL || spec->port == NULL)
        return err_set(e, STATUS_LOCAL, "tcp:%.128s: HOST:PORT is needed", rest);
    if (!is_port(spec->port))
        return err_set(e, STATUS_LOCAL, "tcp:%.128s: '%.64s' is no port", rest, spec->port);
    return 0;
}

static int open_tcp(struct end *e, struct peer *peer, struct err *why)
{
    (void)peer;
    return connection_open(e, false, why);
}

const struct end_kind end_tcp = {
    .name = "tcp",
    .syntax = "HOST:PORT",
    .help = "a connection to a host and port",
    .descriptors = 1,
    .parse = parse_tcp,
    .open = open_tcp,
    .close = connection_close,
};
