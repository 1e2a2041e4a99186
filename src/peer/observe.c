/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/observe.h"

#include <stdlib.h>

#include "base/mem.h"

static void show(struct tap *t, const void *data, size_t n, const struct meta *meta)
{
    struct observed *o = container_of(t, struct observed, tap);

    if (o->by->data != NULL)
        o->by->data(o, data, n, meta);
}

static struct observed *observed_of(struct tap *t)
{
    return t->see == show ? container_of(t, struct observed, tap) : NULL;
}

static void leave(struct observed *o)
{
    if (o->by->leave != NULL)
        o->by->leave(o);
    link_tap_del(o->link, &o->tap);
    list_del(&o->place);
    free(o);
}

void observe_add(struct peer_table *t, struct observer *o)
{
    list_init(&o->seen);
    list_add(&t->observers, &o->place);
}

void observe_del(struct peer_table *t, struct observer *o)
{
    struct observed *x;
    struct list *ahead;

    (void)t;
    list_each(x, ahead, &o->seen, struct observed, place) leave(x);
    list_del(&o->place);
}

static bool sees(const struct observer *o, const struct link *k, bool sent)
{
    for (struct tap *t = k->taps; t != NULL; t = t->next) {
        const struct observed *x = observed_of(t);

        if (x != NULL && x->by == o && x->sent == sent)
            return true;
    }
    return false;
}

void observe_link(struct observer *o, struct peer *p, struct link *k, bool sent)
{
    struct observed *x;

    if ((sent && !o->sent) || sees(o, k, sent))
        return;
    x = mem_alloc(sizeof *x);
    *x = (struct observed){.tap.see = show, .by = o, .peer = p, .link = k, .sent = sent};
    list_add(&o->seen, &x->place);
    if (o->begin != NULL)
        o->begin(x);
    link_tap_add(k, &x->tap);
}

/* Each observer of a peer's table in turn. */
#define each_observer(o, ahead, p) list_each(o, ahead, &(p)->table->observers, struct observer, place)

void observe_open(struct peer *p)
{
    struct observer *o;
    struct list *ahead;

    if (p->observed)
        return;
    p->observed = true;
    each_observer(o, ahead, p)
    {
        if (o->open != NULL)
            o->open(o, p);
    }
}

void observe_close(struct peer *p)
{
    struct observer *o;
    struct list *ahead;

    if (!p->observed)
        return;
    p->observed = false;
    each_observer(o, ahead, p)
    {
        if (o->close != NULL)
            o->close(o, p);
    }
}

void observe_error(struct peer *p, const struct err *e)
{
    struct observer *o;
    struct list *ahead;

    each_observer(o, ahead, p)
    {
        if (o->error != NULL)
            o->error(o, p, e);
    }
}

void observe_put_in(struct peer *p, const char *to, const void *data, size_t n, bool secret)
{
    struct observer *o;
    struct list *ahead;

    each_observer(o, ahead, p)
    {
        if (o->sent && o->put_in != NULL)
            o->put_in(o, p, to, data, n, secret);
    }
}

void observe_begin(struct peer *p, struct link *k, bool sent)
{
    struct observer *o;
    struct list *ahead;

    each_observer(o, ahead, p) observe_link(o, p, k, sent);
}

void observe_leave(struct link *k)
{
    for (struct tap *t = k != NULL ? k->taps : NULL, *next; t != NULL; t = next) {
        struct observed *x = observed_of(t);

        next = t->next;
        if (x != NULL)
            leave(x);
    }
}

void observe_end(struct link *k)
{
    for (struct tap *t = k->taps, *next; t != NULL; t = next) {
        struct observed *x = observed_of(t);

        next = t->next;
        if (x != NULL && x->by->end != NULL)
            x->by->end(x);
    }
}
