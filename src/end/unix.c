/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unix:PATH
 */
#include "end/connection.h"
#include "end/rows.h"

static int open_unix(struct end *e, struct peer *peer, struct err *why)
{
    (void)peer;
    return connection_open(e, false, why);
}

const struct end_kind end_unix = {
    .name = "unix",
    .syntax = "PATH",
    .help = "a connection to a UNIX socket (or an abstract @NAME)",
    .descriptors = 1,
    .parse = connection_parse_path,
    .open = open_unix,
    .close = connection_close,
};
