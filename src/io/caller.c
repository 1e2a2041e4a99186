/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The port of one caller: what waits for its reader, and what goes back.
 */
#include "io/caller.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/cmsg.h"
#include "io/path.h"

enum {
    MOST = 256 * 1024,              /* bytes that wait for one reader */
    MOST_IN_ALL = 16 * 1024 * 1024, /* that many may; then one datagram each, up to twice as much */
};

/* A datagram that was not read yet. */
struct waiting {
    struct waiting *next;
    size_t size;
    unsigned char data[];
};

static struct caller *caller_of(struct layer *l)
{
    return container_of(l, struct caller, layer);
}

void caller_active(struct caller *c)
{
    c->active = loop_now(c->port.loop);
    list_del(&c->order);
    list_add(&c->home->order, &c->order);
}

static bool has_room(const struct caller *c, size_t size)
{
    const size_t held = c->home->held;

    if (c->first == NULL)
        return held < 2 * MOST_IN_ALL;
    return c->held + size <= MOST && held < MOST_IN_ALL;
}

void caller_keep(struct caller *c, const void *data, size_t size)
{
    const size_t whole = sizeof(struct waiting) + size;
    struct waiting *w;

    if (!has_room(c, whole)) {
        c->dropped++;
        c->port.lost = true;
        return;
    }
    w = mem_alloc(whole);
    w->size = size;
    memcpy(w->data, data, size);
    if (c->first == NULL)
        c->first = w;
    else
        c->last->next = w;
    c->last = w;
    c->held += whole;
    c->home->held += whole;
}

static void drop_first(struct caller *c)
{
    struct waiting *w = c->first;
    const size_t whole = sizeof *w + w->size;

    c->first = w->next;
    c->held -= whole;
    c->home->held -= whole;
    free(w);
}

void caller_give(struct caller *c, const void *data, size_t size)
{
    struct caller_home *h = c->home;

    if (c->first != NULL) { /* its reader will come back */
        caller_keep(c, data, size);
        return;
    }
    h->now.whose = c;
    h->now.data = data;
    h->now.size = size;
    port_event(&c->port, LOOP_IN);
    if (h->now.whose == c)
        caller_keep(c, data, size);
    h->now.whose = NULL;
}

static ssize_t copy_out(const struct caller *c, void *to, size_t room, const void *data, size_t size)
{
    char text[ADDR_TEXT];

    if (size > room)
        log_notice("a datagram from %s was cut to %zu bytes", addr_format(c->who, text), room);
    size = size < room ? size : room;
    memcpy(to, data, size);
    return (ssize_t)size;
}

static ssize_t read_caller(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct caller *c = caller_of(l);
    struct caller_home *h = c->home;
    ssize_t n;

    if (meta != NULL) {
        addr_copy(&meta->peer, c->who);
        meta->secret = false;
    }
    if (c->first != NULL) {
        n = copy_out(c, data, size, c->first->data, c->first->size);
        drop_first(c);
        return n;
    }
    if (h->now.whose == c) {
        h->now.whose = NULL;
        return copy_out(c, data, size, h->now.data, h->now.size);
    }
    return c->port.error != 0 ? IO_ERROR : IO_AGAIN;
}

static ssize_t write_caller(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct caller *c = caller_of(l);

    (void)meta;
    if (c->who->len <= sizeof c->who->sa.sa_family) { /* a UNIX socket without a name */
        log_info("%zu bytes have no address to go to", size);
        return (ssize_t)size;
    }
    return c->home->send(c, data, size);
}

static int shut_caller(struct layer *l)
{
    struct caller *c = caller_of(l);

    return c->home->flush(c);
}

static uint64_t unsent_caller(const struct layer *l)
{
    const struct caller *c = container_of(l, const struct caller, layer);

    return c->home != NULL ? c->home->unsent(c) : 0;
}

static size_t pending_caller(const struct layer *l)
{
    const struct caller *c = container_of(l, const struct caller, layer);

    return c->first != NULL || c->home->now.whose == c ? 1 : 0;
}

static size_t max_caller(const struct layer *l)
{
    const struct caller *c = container_of(l, const struct caller, layer);
    const size_t most = c->home->most;
    size_t max = CMSG_MAX_IPV6;

    if (c->home->is_unix)
        max = CMSG_MAX_UNIX;
    else if (addr_family(c->who) == AF_INET || IN6_IS_ADDR_V4MAPPED(&c->who->in6.sin6_addr))
        max = CMSG_MAX_IPV4;
    return most > 0 && most < max ? most : max;
}

static size_t longest_caller(const struct layer *l)
{
    return container_of(l, const struct caller, layer)->home->is_unix ? SIZE_MAX : CMSG_MAX_IPV6;
}

static size_t path_caller(const struct layer *l)
{
    const struct caller *c = container_of(l, const struct caller, layer);

    return c->home->is_unix ? SIZE_MAX : path_to(c->who);
}

/* Nothing is waited for but by the sockets: only the end matters. */
static void touch_caller(struct layer *l)
{
    struct caller *c = caller_of(l);
    char text[ADDR_TEXT];

    if (!c->port.freed || c->home == NULL)
        return;
    if (c->dropped > 0)
        log_notice("%llu datagrams from %s were dropped: they were not taken in time",
                   (unsigned long long)c->dropped, addr_format(c->who, text));
    while (c->first != NULL)
        drop_first(c);
    c->home->forget(c);
    c->home = NULL;
}

static void free_caller(struct layer *l)
{
    struct caller *c = caller_of(l);

    free(c->who);
    free(c->local);
    free(c);
}

static const struct layer_ops ops = {
    .name = "datagram",
    .read = read_caller,
    .write = write_caller,
    .pending = pending_caller,
    .shut = shut_caller,
    .unsent = unsent_caller,
    .max = max_caller,
    .longest = longest_caller,
    .path = path_caller,
    .touch = touch_caller,
    .free = free_caller,
};

struct caller *caller_new(struct caller_home *home, const struct meta *from)
{
    struct caller *c = mem_alloc(sizeof *c);

    port_init(&c->port, home->loop, &c->layer, &ops, IO_MSG | IO_HALFCLOSE);
    c->home = home;
    c->who = addr_dup(&from->peer);
    c->local = addr_dup(&from->local);
    return c;
}
