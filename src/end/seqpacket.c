/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * seqpacket:PATH
 */
#include "end/connection.h"
#include "end/rows.h"

static int open_seqpacket(struct end *e, struct peer *peer, struct err *why)
{
    (void)peer;
    return connection_open(e, true, why);
}

const struct end_kind end_seqpacket = {
    .name = "seqpacket",
    .syntax = "PATH",
    .help = "the same, of type SOCK_SEQPACKET",
    .descriptors = 1,
    .parse = connection_parse_path,
    .open = open_seqpacket,
    .close = connection_close,
};
