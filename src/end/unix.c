/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unix:PATH
 */
#include "end/connection.h"
#include "end/rows.h"

const struct end_kind end_unix = {
    .name = "unix",
    .syntax = "PATH",
    .help = "a connection to a UNIX socket (or an abstract @NAME)",
    .type = SOCK_STREAM,
    .family = AF_UNIX,
    .descriptors = 1,
    .parse = connection_parse_path,
    .open = connection_open,
    .close = connection_close,
};
