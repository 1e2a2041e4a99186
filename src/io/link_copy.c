/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way of bytes through a buffer: for small traffic, for what is cut or changed on the way, for messages, and for
 * ends that the kernel cannot join.
 */
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "io/link_path.h"

enum {
    BUDGET_BYTES = 4 * LINK_BUFFER, /* before the others have their turn */
    BUDGET_STEPS = 64,
    BULK = 32 * 1024, /* a read as large as this promises more of its kind */
};

/* The least room that is of use: one byte may become two. */
static size_t least(const struct link *k)
{
    return k->opts.crlf ? 2 : 1;
}

/* Each read, or each write, stands for itself. */
static bool is_apart(const struct port *port)
{
    return (port_caps(port) & (IO_MSG | IO_ADDRESSED)) != 0;
}

static bool takes_turns(const struct port *port)
{
    return (port_caps(port) & IO_TURNS) != 0;
}

static bool is_formed(const struct port *port)
{
    return (port_caps(port) & IO_FORMED) != 0;
}

/* More of the message follows. */
static bool is_part(const struct link *k)
{
    return k->meta != NULL && k->meta->part;
}

/* Where what is held came from or is to go, and what it is. */
static const struct meta *meta_of(const struct link *k)
{
    if (k->meta == NULL || is_formed(k->dst))
        return k->meta;
    if (is_formed(k->src))
        return link_keeps_messages(k->dst) ? NULL : k->meta;
    return k->meta->undirected ? NULL : k->meta;
}

/* Datagrams on their way into a stream that does not care who sent them may be written together. */
static bool collects(const struct link *k)
{
    return link_keeps_messages(k->src) && !is_apart(k->dst) && k->opts.cut == LINK_CUT_READ && !k->opts.crlf;
}

/* Room for the next read, or 0. Ends that keep boundaries are served one message at a time. */
static size_t room(const struct link *k)
{
    size_t cap = k->block != NULL ? k->cap : LINK_BUFFER;
    size_t free_bytes = cap - (k->end - k->start);

    if (collects(k) && !link_empty(k))
        return k->unit == 0 && cap - k->end > port_longest(k->src) ? cap - k->end : 0;
    if (is_apart(k->src))
        return link_empty(k) ? LINK_BUFFER : 0;
    if (k->opts.cut == LINK_CUT_BLOCK)
        return link_empty(k) ? LINK_BLOCK * least(k) : 0;
    if (link_keeps_messages(k->dst) && k->opts.cut != LINK_CUT_LINE)
        return k->end - k->start < k->opts.size || link_empty(k) ? port_max(k->dst) * least(k) : 0;
    /* Moving what is held to the front must be worth it, unless a line waits for its end. */
    if (cap - k->end < least(k) && k->start < cap / 2 && (k->opts.cut != LINK_CUT_LINE || k->unit > 0))
        return 0;
    return free_bytes < least(k) ? 0 : free_bytes;
}

bool link_copy_wants_read(const struct link *k)
{
    return room(k) > 0;
}

/* A message must be read whole; what the kernel path gave back must fit. */
static bool needs_full_block(const struct link *k)
{
    return is_apart(k->src) || k->splice != NULL || k->opts.size > LINK_SMALL;
}

/* A full buffer, or a small one when many are in use: then most of them wait for peers that do not read. */
void link_copy_take_block(struct link *k)
{
    bool small = !needs_full_block(k) && k->pool->used >= LINK_LARGE;

    k->block = pool_get(small ? &k->pool->small : &k->pool->blocks);
    k->cap = small ? LINK_SMALL : LINK_BUFFER;
    k->pool->used += small ? 0 : 1;
}

static void give_block_back(struct link *k)
{
    if (k->cap == LINK_BUFFER) {
        pool_put(&k->pool->blocks, k->block);
        k->pool->used--;
    } else if (k->cap == LINK_SMALL) {
        pool_put(&k->pool->small, k->block);
    } else {
        free(k->block);
    }
}

void link_copy_release(struct link *k)
{
    if (k->block == NULL)
        return;
    give_block_back(k);
    k->block = NULL;
    k->start = k->end = k->scanned = 0;
}

/* A message was read that waits now, as many others do: it needs no more room than it has bytes. */
void link_copy_shrink(struct link *k)
{
    uint32_t held = k->end - k->start;
    unsigned char *block;

    if (k->block == NULL || k->cap != LINK_BUFFER || held == LINK_BUFFER || !is_apart(k->src) ||
        k->pool->used <= LINK_LARGE)
        return;
    block = held <= LINK_SMALL ? pool_get(&k->pool->small) : mem_resize(NULL, held);
    memcpy(block, k->block + k->start, held);
    give_block_back(k);
    k->block = block;
    k->cap = held <= LINK_SMALL ? LINK_SMALL : held;
    k->start = 0;
    k->end = held;
}

/* Makes the free room one piece at the end of the block. */
static void compact(struct link *k)
{
    if (k->start == k->end) {
        k->start = k->end = 0;
    } else if (k->start > 0 && (k->cap - k->end < least(k) || k->opts.size > 0)) {
        memmove(k->block, k->block + k->start, k->end - k->start);
        k->end -= k->start;
        k->start = 0;
    }
}

static ssize_t read_crlf(struct link *k, size_t size)
{
    unsigned char *plain = pool_get(&k->pool->blocks);
    ssize_t n = port_read(k->src, plain, size / 2, k->meta);

    if (n > 0 && !k->freed)
        n = (ssize_t)crlf_put(&k->crlf, plain, (size_t)n, k->block + k->end);
    pool_put(&k->pool->blocks, plain);
    return n;
}

static void rest_a_while(struct link *k)
{
    k->resting = true;
    loop_timer_set(k->src->loop, &k->rest->timer, k->opts.interval);
}

static void count_read(struct link *k)
{
    if (k->opts.reads == 0 || is_part(k) || --k->opts.reads > 0)
        return;
    k->limited = true;
    link_source_ended(k, false);
}

/* Messages that come together stay apart where lines are read. */
static void end_line(struct link *k, size_t n)
{
    if (k->opts.ends_line && k->message && !is_part(k) && (n == 0 || k->block[k->end - 1] != '\n'))
        k->block[k->end++] = '\n';
}

/* Reads once. Returns the bytes read, or IO_*. `*full` says that there may be more at once. */
static ssize_t fill(struct link *k, bool *full)
{
    size_t size = room(k);
    ssize_t n;

    if (k->cap != LINK_BUFFER && link_empty(k) && needs_full_block(k))
        link_copy_release(k);
    if (k->block == NULL)
        link_copy_take_block(k);
    compact(k);
    if (size > k->cap - k->end)
        size = k->cap - k->end;
    if (k->opts.ends_line && size == k->cap - k->end)
        size--;
    n = k->opts.crlf ? read_crlf(k, size) : port_read(k->src, k->block + k->end, size, k->meta);
    if (k->freed)
        return IO_AGAIN;
    if (n >= 0) {
        link_show(k, k->block + k->end, (size_t)n, k->meta);
        k->end += (uint32_t)n;
        k->message = link_keeps_messages(k->src);
        k->messages += k->message && !is_part(k);
        end_line(k, (size_t)n);
        if (k->opts.cut == LINK_CUT_BLOCK)
            rest_a_while(k);
        count_read(k);
        *full = k->message || (size_t)n == size || k->opts.size > 0 || k->ends;
        k->bulk = (n >= BULK || n == (ssize_t)k->cap) && !k->copies && link_fits_kernel(k);
    } else if (n != IO_AGAIN || (k->ends && !k->src->shaking)) {
        link_source_ended(k, n == IO_ERROR);
    }
    k->drained = n == IO_AGAIN;
    return n;
}

/* The length of the next line held, or 0 when it is not whole yet. */
static size_t next_line(struct link *k)
{
    const unsigned char *from = k->block + k->start;
    size_t held = k->end - k->start;
    const unsigned char *newline = memchr(from + k->scanned, '\n', held - k->scanned);

    if (newline != NULL)
        return (size_t)(newline - from) + 1;
    k->scanned = (uint32_t)held;
    return k->src_eof || k->message || room(k) == 0 ? held : 0;
}

/* A line that is longer than the room for it goes in parts. Returns how much goes now. */
static size_t part_line(struct link *k, size_t unit)
{
    const char *line = (const char *)k->block + k->start;
    size_t whole;

    k->meta->part = unit > 0 && line[unit - 1] != '\n' && !k->src_eof;
    whole = k->meta->part ? utf8_whole(line, unit) : 0;
    return whole > 0 ? whole : unit;
}

/* Begins a write: how many bytes it takes from those held. Returns false when there is nothing to write yet. */
static bool next_unit(struct link *k)
{
    size_t unit = k->end - k->start;

    if (link_empty(k) || k->resting)
        return false;
    if (k->opts.cut == LINK_CUT_LINE) {
        unit = next_line(k);
        if (unit == 0 && !k->message)
            return false;
    }
    if (k->opts.size > 0 && !k->drained && !k->src_eof && link_wants_read(k)) {
        unit -= unit % k->opts.size; /* the rest of it may be there already */
        if (unit == 0)
            return false;
    }
    if (link_keeps_messages(k->dst) && !link_keeps_messages(k->src) && unit > port_max(k->dst))
        unit = port_max(k->dst);
    if (k->opts.cut == LINK_CUT_LINE && is_formed(k->dst) && !is_apart(k->src))
        unit = part_line(k, unit);
    k->unit = (uint32_t)unit;
    return true;
}

static void wake_from_rest(struct timer *t)
{
    struct link *k = container_of(t, struct rest, timer)->link;

    k->resting = false;
    link_pump(k);
}

static void unit_written(struct link *k)
{
    bool line = k->start > 0 && k->block[k->start - 1] == '\n';

    if (!k->message && link_keeps_messages(k->dst) && !is_part(k))
        k->messages++;
    if (k->start == k->end)
        k->message = false;
    if (k->opts.interval > 0 && k->opts.cut == LINK_CUT_LINE && line)
        rest_a_while(k);
    if (link_disown_dst(k))
        /* Even if it has no more: what it reads next is not to go before the others. */
        port_wait_room(k->dst, k);
}

/* The rest of a unit waits behind the other links, as one of its own. */
static void yield(struct link *k)
{
    k->unit = 0;
    if (k->dst->owner == k)
        k->dst->owner = NULL;
}

/* Writes once. Returns the bytes written, or IO_*; IO_AGAIN also when there is nothing to write or it is another
 * link's turn. */
static ssize_t flush(struct link *k)
{
    ssize_t n;

    if (link_waits(k))
        return IO_AGAIN;
    if (k->dst->owner != k) {
        if (!next_unit(k) || !link_own_dst(k))
            return IO_AGAIN;
    }
    if (k->unit == 0 && !is_apart(k->dst))
        n = 0; /* an empty message leaves no trace in a stream */
    else
        n = port_write(k->dst, k->block + k->start, k->unit, meta_of(k));
    if (k->freed)
        return IO_AGAIN;
    if (n == IO_AGAIN) {
        if (takes_turns(k->dst))
            yield(k);
        port_wait_room(k->dst, k);
    }
    if (n < 0)
        return n;
    k->start += (uint32_t)n;
    k->unit -= (uint32_t)n;
    k->scanned -= k->scanned < (uint32_t)n ? k->scanned : (uint32_t)n;
    k->bytes += (uint64_t)n;
    if (k->unit == 0) {
        unit_written(k);
    } else if (takes_turns(k->dst)) {
        yield(k);
        port_wait_room(k->dst, k);
        port_event_soon(k->dst, LOOP_OUT);
    }
    return n;
}

/* Copies until neither end can go on or the budget is used up. */
void link_copy_move(struct link *k)
{
    uint64_t before = k->bytes;
    bool more = true;

    for (int i = 0; i < BUDGET_STEPS && k->bytes - before < BUDGET_BYTES; i++) {
        ssize_t got = IO_AGAIN, wrote;
        bool waited = k->opts.size > 0 && !k->drained;

        if (collects(k) && more && link_wants_read(k)) {
            if (fill(k, &more) >= 0)
                continue;
            more = false;
        }
        wrote = flush(k);
        if (wrote == IO_ERROR) {
            link_finish(k, LINK_DST_FAILED);
            return;
        }
        if (k->freed || link_wants_kernel(k))
            return;
        if (wrote == IO_AGAIN && more && link_wants_read(k))
            got = fill(k, &more);
        if (wrote == IO_AGAIN && got == IO_AGAIN && !(waited && k->drained && !link_empty(k)))
            return; /* what waited for the rest of a message goes now: there is none */
    }
    if (!link_empty(k)) /* lines or messages held, of which no descriptor will tell */
        loop_soon(k->src->loop, &k->job);
}

void link_copy_init(struct link *k)
{
    if (k->opts.interval == 0)
        return;
    k->rest = mem_alloc(sizeof *k->rest);
    k->rest->timer.fire = wake_from_rest;
    k->rest->link = k;
    if (k->opts.cut == LINK_CUT_READ)
        k->opts.cut = LINK_CUT_LINE;
}
