/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unix-dgram:PATH
 */
#include "end/connection.h"
#include "end/rows.h"

const struct end_kind end_unix_dgram = {
    .name = "unix-dgram",
    .syntax = "PATH",
    .help = "datagrams to a UNIX socket",
    .type = SOCK_DGRAM,
    .family = AF_UNIX,
    .descriptors = 1,
    .parse = connection_parse_path,
    .open = connection_open,
    .close = connection_close,
};
