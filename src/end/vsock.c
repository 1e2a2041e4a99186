/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vsock:CID:PORT
 */
#include "net/vsock.h"

#include "base/hostport.h"
#include "end/connection.h"
#include "end/rows.h"

static int parse_vsock(struct end_spec *spec, const char *rest, struct err *e)
{
    struct addr a;

    if (hostport_split(rest, &spec->host, &spec->port) < 0 || spec->host == NULL || spec->port == NULL)
        return err_set(e, STATUS_LOCAL, "vsock:%.128s: CID:PORT is needed", rest);
    return vsock_parse(spec->host, spec->port, false, &a, e);
}

const struct end_kind end_vsock = {
    .name = "vsock",
    .syntax = "CID:PORT",
    .help = "a connection to a virtual machine, or to its host",
    .type = SOCK_STREAM,
    .family = AF_VSOCK,
    .descriptors = 1,
    .parse = parse_vsock,
    .open = connection_open,
    .close = connection_close,
};
