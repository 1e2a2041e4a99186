/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * discard: what a peer sends goes nowhere (RFC 863).
 */
#include "end/end.h"
#include "end/rows.h"
#include "io/fd.h"

static int parse_discard(struct end_spec *spec, const char *rest, struct err *e)
{
    (void)spec;
    return rest[0] == '\0' ? 0 : err_set(e, STATUS_LOCAL, "discard: takes nothing, not '%.128s'", rest);
}

static int open_discard(struct end *e, struct peer *peer, struct err *why)
{
    (void)peer, (void)why;
    e->out = fd_null(e->ends->loop);
    end_ready(e);
    return 0;
}

static void close_discard(struct end *e, bool reset)
{
    (void)reset;
    port_free(e->out);
}

const struct end_kind end_discard = {
    .name = "discard",
    .syntax = "",
    .help = "what a peer sends goes nowhere (RFC 863)",
    .mute = true,
    .parse = parse_discard,
    .open = open_discard,
    .close = close_discard,
};
