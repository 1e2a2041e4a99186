/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * seqpacket:PATH
 */
#include "end/connection.h"
#include "end/rows.h"

const struct end_kind end_seqpacket = {
    .name = "seqpacket",
    .syntax = "PATH",
    .help = "the same, of type SOCK_SEQPACKET",
    .type = SOCK_SEQPACKET,
    .family = AF_UNIX,
    .descriptors = 1,
    .parse = connection_parse_path,
    .open = connection_open,
    .close = connection_close,
};
