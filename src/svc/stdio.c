/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/stdio.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/std.h"

struct stdio {
    struct port *in, *out;
    struct bridge *bridge;
};

static int stdio_start(struct svc *s, struct err *e)
{
    struct stdio *x = mem_alloc(sizeof *x);
    const struct stdio_conf *conf = s->conf;
    struct bridge_ends ends = {.slow = SLOW_WAIT};

    (void)e;
    if (!conf->no_input)
        x->in = std_input(s->loop);
    x->out = std_output(s->loop);
    ends.in = x->in;
    ends.out = x->out;
    x->bridge = bridge_new(s, conf->bridge, &ends);
    s->state = x;
    return 0;
}

static void stdio_attach(struct svc *s, struct peer *p)
{
    bridge_attach(((struct stdio *)s->state)->bridge, p);
}

static void stdio_detach(struct svc *s, struct peer *p)
{
    bridge_detach(((struct stdio *)s->state)->bridge, p);
}

static bool stdio_sends(const struct svc *s, const struct peer *p)
{
    return bridge_unsent(((const struct stdio *)s->state)->bridge, p) > 0;
}

static void stdio_stop(struct svc *s)
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
    .start = stdio_start,
    .attach = stdio_attach,
    .detach = stdio_detach,
    .sends = stdio_sends,
    .stop = stdio_stop,
    .holds_up = bridge_holds_up,
};
