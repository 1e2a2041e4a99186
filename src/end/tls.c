/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls:HOST:PORT, dtls:HOST:PORT.
 */
#include "end/connection.h"
#include "end/rows.h"

const struct end_kind end_tls = {
    .name = "tls",
    .syntax = "HOST:PORT",
    .help = "the same with TLS",
    .type = SOCK_STREAM,
    .descriptors = 1,
    .tls = true,
    .parse = connection_parse_port,
    .open = connection_open,
    .close = connection_close,
};

const struct end_kind end_dtls = {
    .name = "dtls",
    .syntax = "HOST:PORT",
    .help = "datagrams with DTLS",
    .type = SOCK_DGRAM,
    .descriptors = 1,
    .tls = true,
    .parse = connection_parse_port,
    .open = connection_open,
    .close = connection_close,
};
