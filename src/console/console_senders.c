/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is heard at a datagram socket that several may speak to.
 */
#include "console/console.h"

#include <stdio.h>
#include <string.h>

#include "base/container.h"

/* Who sent a message: the peer itself, or another who was heard at a datagram socket. */
struct talker *console_who(struct console *c, struct peer *p, const struct meta *meta)
{
    struct talker *self = bridge_ctx(p), *t;
    bool made;

    if (!p->datagram || meta == NULL || meta->peer.len == 0 || self == NULL ||
        (p->remote->len > 0 && addr_equal(p->remote, &meta->peer)))
        return self;
    t = talkers_hear(&c->talkers, p, meta, &made);
    if (!made)
        return t;
    if (self->shown && c->talkers.to == NULL && c->talkers.gone[0] == '\0' && !c->view.marks.labels)
        c->talkers.to = self;
    view_set_labels(&c->view, true);
    console_joins(c, t);
    return t;
}

static struct console *console_of(const struct talker *t)
{
    return t->pace.pace != NULL ? container_of(t->pace.pace, struct console, pace) : NULL;
}

static void heard(void *ctx, const struct meta *meta)
{
    struct talker *self = ctx;
    struct console *c = console_of(self);

    if (c != NULL)
        console_who(c, self->peer, meta);
}

static bool refused(void *ctx, const struct addr *from, int error)
{
    struct talker *self = ctx, *t;
    struct console *c = console_of(self);
    char name[ADDR_TEXT], text[ADDR_TEXT + 160];

    if (c == NULL || !c->view.marks.labels)
        return false;
    t = talkers_sender(&c->talkers, self->peer, &(struct meta){.peer = *from});
    if (t == NULL && self->shown && addr_equal(self->peer->remote, from))
        t = self;
    if (t == NULL)
        return false;
    snprintf(text, sizeof text, "%s: %s", talker_name(t, name), strerror(error));
    view_tell(&c->view, t, text);
    return true;
}

const struct port_senders console_senders = {.heard = heard, .refused = refused};

uint32_t console_number(struct console *c, struct peer *p, const struct meta *m, bool sent)
{
    const struct talker *t = m == NULL ? bridge_ctx(p)
                             : sent    ? talkers_sender(&c->talkers, p, m)
                                       : console_who(c, p, m);

    return t != NULL && t->shown ? t->number : 0;
}
