/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stdio: standard input to the peers, what they send to standard output, as it is.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "io/std.h"
#include "svc/bridge.h"
#include "svc/rows.h"

struct stdio {
    struct port *in, *out;
    struct bridge *bridge;
};

static int start(struct svc *s, struct err *e)
{
    struct stdio *x = mem_alloc(sizeof *x);
    struct bridge_ends ends = {.slow = SLOW_WAIT};

    (void)e;
    if (!s->conf->no_stdin)
        x->in = std_input(s->loop);
    x->out = std_output(s->loop);
    ends.in = x->in;
    ends.out = x->out;
    x->bridge = bridge_new(s, &ends);
    s->state = x;
    return 0;
}

static void attach(struct svc *s, struct peer *p)
{
    bridge_attach(((struct stdio *)s->state)->bridge, p);
}

static void detach(struct svc *s, struct peer *p)
{
    bridge_detach(((struct stdio *)s->state)->bridge, p);
}

static bool sends(const struct svc *s, const struct peer *p)
{
    return bridge_unsent(((const struct stdio *)s->state)->bridge, p) > 0;
}

static void stop(struct svc *s)
{
    struct stdio *x = s->state;

    bridge_free(x->bridge);
    port_free(x->in);
    port_free(x->out);
    free(x);
}

const struct service service_stdio = {
    .name = "stdio",
    .help = "standard input and output, raw",
    .start = start,
    .attach = attach,
    .detach = detach,
    .sends = sends,
    .stop = stop,
    .holds_up = bridge_holds_up,
};
