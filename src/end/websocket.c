/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ws://HOST:PORT/PATH and wss://HOST:PORT/PATH
 */
#include <stdlib.h>
#include <string.h>

#include "base/hostport.h"
#include "base/mem.h"
#include "end/connection.h"
#include "end/rows.h"
#include "proto/websocket.h"

/* What stands before a path; none of it may be anything but HOST:PORT. */
static int read_place(struct end_spec *spec, const char *place, struct err *e)
{
    if (strchr(place, '@') != NULL)
        return err_set(e, STATUS_LOCAL, "%s: a login does not stand in the URL, but in --ws-header",
                       spec->kind->name);
    if (hostport_split(place, &spec->host, &spec->port) < 0 || spec->host == NULL)
        return err_set(e, STATUS_LOCAL, "%s://%.128s: a host is missing, or malformed", spec->kind->name,
                       place);
    if (spec->port == NULL)
        spec->port = mem_strdup(spec->kind->tls ? "443" : "80");
    if (connection_is_port(spec->port, spec->kind->type))
        return 0;
    return err_set(e, STATUS_LOCAL, "%s://%.128s: '%.64s' is no port", spec->kind->name, place, spec->port);
}

static int parse_url(struct end_spec *spec, const char *rest, struct err *e)
{
    const char *at = strncmp(rest, "//", 2) == 0 ? rest + 2 : rest;
    const size_t place = strcspn(at, "/?#");
    char *text = mem_strndup(at, place);
    const char *path = at + place, *wrong;
    int result = read_place(spec, text, e);

    free(text);
    if (result < 0)
        return -1;
    spec->path = mem_alloc(strlen(path) + 2);
    if (path[0] != '/')
        spec->path[0] = '/';
    strncat(spec->path, path, strcspn(path, "#"));
    wrong = websocket_bad_path(spec->path);
    return wrong != NULL ? err_set(e, STATUS_LOCAL, "%s:%.128s: %s", spec->kind->name, rest, wrong) : 0;
}

const struct end_kind end_ws = {
    .name = "ws",
    .syntax = "//HOST:PORT/PATH",
    .help = "messages of a WebSocket; port 80",
    .type = SOCK_STREAM,
    .descriptors = 1,
    .websocket = true,
    .parse = parse_url,
    .open = connection_open,
    .close = connection_close,
};

const struct end_kind end_wss = {
    .name = "wss",
    .syntax = "//HOST:PORT/PATH",
    .help = "the same with TLS; port 443",
    .type = SOCK_STREAM,
    .descriptors = 1,
    .tls = true,
    .websocket = true,
    .parse = parse_url,
    .open = connection_open,
    .close = connection_close,
};
