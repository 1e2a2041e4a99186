/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/utf8.h"

enum {
    ITEM = 64, /* bytes that each takes besides its own: what is small is not for nothing */
    FEW = 16,  /* of which none counts */
};

struct item {
    struct chunk *chunk; /* NULL: it is a mark */
    struct meta *to;     /* NULL: nowhere in particular */
    struct list place;   /* in queue->items */
};

struct queue {
    struct port port;
    struct layer layer;
    struct queue_opts opts;
    struct list items;
    size_t offset; /* bytes of the first chunk that were read */
    size_t size;
    size_t count;     /* items */
    size_t addresses; /* bytes of them: they count for the limit */
    bool ended, failed;
};

/* NULL: nothing waits. */
static struct item *first_item(const struct queue *q)
{
    return list_first(&q->items, struct item, place);
}

static bool is_at_mark(const struct queue *q)
{
    const struct item *item = first_item(q);

    return item != NULL && item->chunk == NULL;
}

static void drop_item(struct queue *q, struct item *item)
{
    list_del(&item->place);
    q->count--;
    if (item->to != NULL)
        q->addresses -= sizeof *item->to;
    free(item->to);
    chunk_unref(item->chunk);
    free(item);
}

static void drop_first(struct queue *q)
{
    drop_item(q, first_item(q));
    q->offset = 0;
}

static ssize_t peek_queue(struct layer *l, const void **data)
{
    struct queue *q = container_of(l, struct queue, layer);

    if (list_empty(&q->items))
        return q->failed ? IO_ERROR : q->ended ? IO_EOF : IO_AGAIN;
    if (is_at_mark(q))
        return IO_AGAIN;
    *data = first_item(q)->chunk->data + q->offset;
    return (ssize_t)(first_item(q)->chunk->len - q->offset);
}

static void skip_queue(struct layer *l, size_t n)
{
    struct queue *q = container_of(l, struct queue, layer);
    bool was_full = queue_full(&q->port);

    q->offset += n;
    q->size -= n;
    if (q->offset == first_item(q)->chunk->len)
        drop_first(q);
    if (((was_full && !queue_full(&q->port)) || q->size == 0) && q->opts.room != NULL)
        q->opts.room(&q->port, q->opts.ctx);
}

static void tell_meta(const struct queue *q, struct meta *meta)
{
    const struct item *item = is_at_mark(q) ? NULL : first_item(q);

    if (item != NULL && item->to != NULL)
        *meta = *item->to;
    else
        meta->peer.len = 0;
    meta->undirected = item == NULL || item->to == NULL;
    meta->secret = item != NULL && item->chunk->secret;
    meta->form = item != NULL ? item->chunk->form : FORM_ANY;
    if (q->opts.whole || q->opts.formed)
        meta->part = item != NULL && item->chunk->part && q->opts.formed;
}

/* How much of the next chunk goes to who has room for less: text is parted between characters. */
static size_t portion(const struct queue *q, const void *from, size_t room)
{
    const size_t n = first_item(q)->chunk->form == FORM_TEXT ? utf8_whole(from, room) : room;

    return n > 0 ? n : room;
}

static ssize_t read_queue(struct layer *l, void *data, size_t size, struct meta *meta)
{
    const struct queue *q = container_of(l, const struct queue, layer);
    size_t done = 0;
    ssize_t n;

    if (meta != NULL)
        tell_meta(q, meta);
    do {
        const void *from;

        n = peek_queue(l, &from);
        if (n < 0)
            break;
        if ((size_t)n > size - done) {
            n = (ssize_t)(q->opts.whole ? portion(q, from, size - done) : size - done);
            if (q->opts.whole && meta != NULL)
                meta->part = true;
        }
        memcpy((char *)data + done, from, (size_t)n);
        done += (size_t)n;
        skip_queue(l, (size_t)n);
    } while (done < size && !q->opts.whole && !q->opts.addressed);
    return done > 0 ? (ssize_t)done : n;
}

static ssize_t write_queue(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct queue *q = container_of(l, struct queue, layer);

    if (q->opts.write == NULL)
        return (ssize_t)size;
    return q->opts.write(&q->port, q->opts.ctx, data, size, meta);
}

static size_t queue_pending(const struct layer *l)
{
    const struct queue *q = container_of(l, const struct queue, layer);

    return is_at_mark(q) ? 0 : q->size + (q->ended || q->size < q->count ? 1 : 0);
}

static int shut_queue(struct layer *l)
{
    struct queue *q = container_of(l, struct queue, layer);

    if (q->opts.shut != NULL)
        q->opts.shut(&q->port, q->opts.ctx);
    return 0;
}

static void free_queue(struct layer *l)
{
    struct queue *q = container_of(l, struct queue, layer);

    while (!list_empty(&q->items))
        drop_first(q);
    free(q);
}

static const struct layer_ops ops = {
    .name = "queue",
    .read = read_queue,
    .write = write_queue,
    .pending = queue_pending,
    .shut = shut_queue,
    .free = free_queue,
};

static const struct layer_ops shared_ops = {
    .name = "queue",
    .read = read_queue,
    .write = write_queue,
    .peek = peek_queue,
    .skip = skip_queue,
    .pending = queue_pending,
    .shut = shut_queue,
    .free = free_queue,
};

struct port *queue_new(struct loop *loop, const struct queue_opts *opts)
{
    struct queue *q = mem_alloc(sizeof *q);

    port_init(&q->port, loop, &q->layer, opts->shared ? &shared_ops : &ops,
              IO_STREAM | IO_HALFCLOSE | (opts->addressed ? (unsigned)IO_ADDRESSED : 0) |
                  (opts->turns ? (unsigned)IO_TURNS : 0) | (opts->messages ? (unsigned)IO_MSG : 0) |
                  (opts->formed ? (unsigned)IO_FORMED : 0));
    q->opts = *opts;
    list_init(&q->items);
    return &q->port;
}

void queue_put(struct port *port, struct chunk *c)
{
    queue_put_to(port, c, NULL);
}

void queue_put_to(struct port *port, struct chunk *c, const struct meta *to)
{
    struct queue *q = container_of(port, struct queue, port);
    struct item *item;

    if (q->ended || (c->len == 0 && !q->opts.messages))
        return;
    item = mem_alloc(sizeof *item);
    item->chunk = chunk_ref(c);
    if (to != NULL) {
        item->to = mem_alloc(sizeof *to);
        *item->to = *to;
        q->addresses += sizeof *to;
    }
    list_add(&q->items, &item->place);
    q->count++;
    q->size += c->len;
    port_event_soon(port, LOOP_IN);
}

void queue_mark(struct port *port)
{
    struct queue *q = container_of(port, struct queue, port);
    struct item *item = mem_alloc(sizeof *item);

    list_add(&q->items, &item->place);
    q->count++;
}

bool queue_at_mark(const struct port *port)
{
    return is_at_mark(container_of(port, const struct queue, port));
}

void queue_unmark(struct port *port)
{
    struct queue *q = container_of(port, struct queue, port);
    struct list *ahead;
    struct item *item;

    list_each(item, ahead, &q->items, struct item, place)
    {
        if (item->chunk != NULL)
            continue;
        drop_item(q, item);
        port_event_soon(port, LOOP_IN);
        return;
    }
}

void queue_drop(struct port *port)
{
    struct queue *q = container_of(port, struct queue, port);

    while (!list_empty(&q->items))
        drop_first(q);
    q->size = 0;
}

void queue_end(struct port *port)
{
    container_of(port, struct queue, port)->ended = true;
    port_event_soon(port, LOOP_IN);
}

void queue_fail(struct port *port, int error)
{
    port_fail(port, error);
    container_of(port, struct queue, port)->failed = true;
    queue_end(port);
}

bool queue_full(const struct port *port)
{
    const struct queue *q = container_of(port, const struct queue, port);

    return q->size + q->addresses >= q->opts.limit || q->count > FEW + q->opts.limit / ITEM;
}

size_t queue_size(const struct port *port)
{
    return container_of(port, const struct queue, port)->size;
}
