/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stack of layers below a port: how layers come, go and fail.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/port.h"
#include "io/port_more.h"

void layer_touch(struct layer *l)
{
    if (l->port != NULL)
        port_touch(l->port);
}

int layer_fail(struct layer *l, int error)
{
    return port_fail(l->port, error);
}

/* Who takes no more may have said why: that is read behind the write that failed. */
static bool has_reason(const struct port *p)
{
    return p->error != 0 && (p->error != EPIPE || (p->more != NULL && p->more->words[0] != '\0'));
}

static int fail_with(struct layer *l, int error, const char *format, va_list args)
{
    struct port_more *more;

    if (has_reason(l->port))
        return IO_ERROR;
    more = port_more(l->port);
    vsnprintf(more->words, sizeof more->words, format, args);
    return layer_fail(l, error);
}

int layer_fail_words(struct layer *l, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = fail_with(l, EPROTO, format, args);
    va_end(args);
    return r;
}

int layer_fail_again(struct layer *l, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = fail_with(l, ERESTART, format, args);
    va_end(args);
    return r;
}

bool port_tell(const struct port *p, enum layer_topic topic, unsigned i, char *text, size_t size)
{
    for (const struct layer *l = p->top; l != NULL; l = l->lower) {
        for (unsigned line = 0; l->ops->tell != NULL && l->ops->tell(l, topic, line, text, size); line++) {
            if (i-- == 0)
                return true;
        }
    }
    return false;
}

/* A layer that was taken off. */
struct grave {
    struct job job;
    struct layer *layer;
};

static void run_grave(struct job *j)
{
    struct grave *g = container_of(j, struct grave, job);

    g->layer->ops->free(g->layer);
    free(g);
}

void layer_leave(struct layer *l)
{
    struct port *p = l->port;
    struct grave *g = mem_alloc(sizeof *g);
    struct layer **at = &p->top;

    while (*at != l)
        at = &(*at)->lower;
    *at = l->lower;
    l->port = NULL;
    g->layer = l;
    g->job.run = run_grave;
    loop_finally(p->loop, &g->job);
    port_touch(p);
}

void layer_insert(struct layer *above, struct layer *l)
{
    l->port = above->port;
    l->lower = above->lower;
    above->lower = l;
}

int port_push(struct port *p, struct layer *l, struct err *e)
{
    if (p->freed || p->error != 0)
        return err_set(e, STATUS_NETWORK, "%s: the connection is gone", l->ops->name);
    if (p->owner != NULL)
        return err_set(e, STATUS_LOCAL, "%s: something is being sent", l->ops->name);
    l->port = p;
    l->lower = p->top;
    p->top = l;
    if (l->ops->handshake != NULL) {
        l->shaking = p->shaking = true;
        port_event_soon(p, 0);
    }
    port_touch(p);
    return 0;
}

int port_pop(struct port *p, struct err *e)
{
    struct layer *l = p->top;

    if (l->lower == NULL)
        return err_set(e, STATUS_LOCAL, "%s: there is no layer on it", l->ops->name);
    if (p->owner != NULL || p->shaking)
        return err_set(e, STATUS_LOCAL, "%s: something is being sent", l->ops->name);
    if (l->ops->held != NULL && l->ops->held(l) > 0)
        return err_set(e, STATUS_LOCAL, "%s: it holds bytes", l->ops->name);
    layer_leave(l);
    return 0;
}
