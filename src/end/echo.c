/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * echo: what a peer sends goes back to it (RFC 862).
 */
#include "end/end.h"
#include "end/rows.h"

static int parse_echo(struct end_spec *spec, const char *rest, struct err *e)
{
    (void)spec;
    return rest[0] == '\0' ? 0 : err_set(e, STATUS_LOCAL, "echo: takes nothing, not '%.128s'", rest);
}

static int open_echo(struct end *e, struct peer *peer, struct err *why)
{
    (void)why;
    e->out = peer->port;
    end_ready(e);
    return 0;
}

static void close_echo(struct end *e, bool reset)
{
    (void)e, (void)reset;
}

const struct end_kind end_echo = {
    .name = "echo",
    .syntax = "",
    .help = "what a peer sends goes back to it (RFC 862)",
    .parse = parse_echo,
    .open = open_echo,
    .close = close_echo,
};
