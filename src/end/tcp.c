/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tcp:HOST:PORT, and what names no kind.
 */
#include "end/connection.h"
#include "end/rows.h"

const struct end_kind end_tcp = {
    .name = "tcp",
    .syntax = "HOST:PORT",
    .help = "a connection to a host and port",
    .type = SOCK_STREAM,
    .descriptors = 1,
    .parse = connection_parse_port,
    .open = connection_open,
    .close = connection_close,
};
