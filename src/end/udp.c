/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp:HOST:PORT
 */
#include "end/connection.h"
#include "end/rows.h"

const struct end_kind end_udp = {
    .name = "udp",
    .syntax = "HOST:PORT",
    .help = "datagrams to a host and port",
    .type = SOCK_DGRAM,
    .descriptors = 1,
    .parse = connection_parse_port,
    .open = connection_open,
    .close = connection_close,
};
