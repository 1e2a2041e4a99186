/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    BUDGET_BYTES = 4 * LINK_BUFFER, /* what one pump may do before the others have their turn */
    BUDGET_STEPS = 64,
    BULK = 32 * 1024,  /* a read as large as this promises more of its kind */
    SMALL = 16 * 1024, /* a turn that moves less is better served by the buffer */
    SMALL_TURNS = 8,
    KERNEL_BUDGET = 4 * SPLICE_ROOM,
    KEPT_BLOCKS = 16,
};

#define HOLDER(type, member, pointer) ((type *)((char *)(pointer)-offsetof(type, member)))

/* Only links with an interval pay for a timer. */
struct rest {
    struct timer timer;
    struct link *link;
};

static bool has_boundaries(const struct io *io)
{
    return (io->ops->caps & IO_MSG) != 0;
}

static bool empty(const struct link *k)
{
    return k->start == k->end && !k->message && (k->splice == NULL || k->splice->held == 0);
}

/* The least room that is of use: one byte may become two. */
static size_t least(const struct link *k)
{
    return k->opts.crlf ? 2 : 1;
}

/* Room for the next read, or 0. Ends that keep boundaries are served one message at a time. */
static size_t room(const struct link *k)
{
    size_t free_bytes = LINK_BUFFER - (k->end - k->start);

    if (has_boundaries(k->src))
        return empty(k) ? LINK_BUFFER : 0;
    if (has_boundaries(k->dst) && k->opts.cut != LINK_CUT_LINE)
        return empty(k) ? io_max(k->dst) * least(k) : 0;
    /* Moving what is held to the front must be worth it, unless a line waits for its end. */
    if (LINK_BUFFER - k->end < least(k) && k->start < LINK_BUFFER / 2 &&
        (k->opts.cut != LINK_CUT_LINE || k->unit > 0))
        return 0;
    return free_bytes < least(k) ? 0 : free_bytes;
}

bool link_wants_read(const struct link *k)
{
    if (k->state != LINK_RUNNING || k->freed || k->src_eof || k->paused)
        return false;
    if (k->splice == NULL)
        return room(k) > 0;
    /* With a tap, the kernel path is only emptied. */
    return k->taps == NULL && !k->waiting && splice_has_room(k->splice);
}

size_t link_held(const struct link *k)
{
    return k->end - k->start + (k->splice != NULL ? k->splice->held : 0);
}

static void release_block(struct link *k)
{
    if (k->block != NULL)
        pool_put(&k->pool->blocks, k->block);
    k->block = NULL;
    k->start = k->end = k->scanned = 0;
}

static void release_splice(struct link *k)
{
    splice_close(&k->pool->pipes, k->splice);
    k->splice = NULL;
    k->small = 0;
}

/* Gives up the right to the destination, and wakes who is next. */
static void release_dst(struct link *k)
{
    io_unwait_room(k->dst, k);
    if (k->dst->owner != k)
        return;
    k->dst->owner = NULL;
    if (k->dst->writers != NULL)
        io_event_soon(k->dst, LOOP_OUT);
}

static void finish(struct link *k, enum link_state state)
{
    k->state = state;
    k->lost = state == LINK_DST_FAILED ? link_held(k) : 0;
    k->message = false;
    release_block(k);
    release_splice(k);
    release_dst(k);
    if (k->rest != NULL)
        loop_timer_clear(&k->rest->timer);
    io_touch(k->src);
}

/* Makes the free room one piece at the end of the block. */
static void compact(struct link *k)
{
    if (k->start == k->end) {
        k->start = k->end = 0;
    } else if (LINK_BUFFER - k->end < least(k) && k->start > 0) {
        memmove(k->block, k->block + k->start, k->end - k->start);
        k->end -= k->start;
        k->start = 0;
    }
}

static ssize_t read_crlf(struct link *k, size_t size)
{
    unsigned char *plain = pool_get(&k->pool->blocks);
    ssize_t n = io_read(k->src, plain, size / 2, k->meta);

    if (n > 0 && !k->freed)
        n = (ssize_t)crlf_put(&k->crlf, plain, (size_t)n, k->block + k->end);
    pool_put(&k->pool->blocks, plain);
    return n;
}

/* Reads once. Returns the bytes read, or IO_*. `*full` says that there may be more at once. */
static ssize_t fill(struct link *k, bool *full)
{
    size_t size = room(k);
    ssize_t n;

    if (k->block == NULL)
        k->block = pool_get(&k->pool->blocks);
    compact(k);
    if (size > LINK_BUFFER - k->end)
        size = LINK_BUFFER - k->end;
    n = k->opts.crlf ? read_crlf(k, size) : io_read(k->src, k->block + k->end, size, k->meta);
    if (k->freed)
        return IO_AGAIN;
    if (n >= 0) {
        for (struct tap *t = k->taps; t != NULL; t = t->next)
            t->see(t, k->block + k->end, (size_t)n, k->meta);
        k->end += (uint32_t)n;
        k->message = has_boundaries(k->src);
        *full = k->message || (size_t)n == size;
        k->bulk = n >= BULK && !k->copies && k->taps == NULL;
    } else if (n != IO_AGAIN) {
        k->src_eof = true;
        k->src_failed = n == IO_ERROR;
        io_touch(k->src);
    }
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

/* Begins a write: how many bytes it takes from those held. Returns false when there is nothing to write yet. */
static bool next_unit(struct link *k)
{
    size_t unit = k->end - k->start;

    if (empty(k) || k->resting)
        return false;
    if (k->opts.cut == LINK_CUT_LINE) {
        unit = next_line(k);
        if (unit == 0 && !k->message)
            return false;
    }
    if (has_boundaries(k->dst) && !has_boundaries(k->src) && unit > io_max(k->dst))
        unit = io_max(k->dst);
    k->unit = (uint32_t)unit;
    return true;
}

static void wake_from_rest(struct timer *t)
{
    struct link *k = HOLDER(struct rest, timer, t)->link;

    k->resting = false;
    link_pump(k);
}

static void unit_written(struct link *k)
{
    bool line = k->start > 0 && k->block[k->start - 1] == '\n';

    if (k->message || has_boundaries(k->dst))
        k->messages++;
    if (k->start == k->end)
        k->message = false;
    if (k->opts.interval > 0 && line) {
        k->resting = true;
        loop_timer_set(k->src->loop, &k->rest->timer, k->opts.interval);
    }
    k->dst->owner = NULL;
    if (k->dst->writers != NULL) {
        io_event_soon(k->dst, LOOP_OUT);
        if (!empty(k))
            io_wait_room(k->dst, k);
    }
}

/* Writes once. Returns the bytes written, or IO_*; IO_AGAIN also when there is nothing to write or it is another
 * link's turn. */
static ssize_t flush(struct link *k)
{
    ssize_t n;

    if (k->waiting)
        return IO_AGAIN;
    if (k->dst->owner != k) {
        if (!next_unit(k))
            return IO_AGAIN;
        if (k->dst->owner != NULL) {
            io_wait_room(k->dst, k);
            return IO_AGAIN;
        }
        k->dst->owner = k;
    }
    if (k->unit == 0 && !has_boundaries(k->dst))
        n = 0; /* an empty message leaves no trace in a stream */
    else
        n = io_write(k->dst, k->block + k->start, k->unit, k->meta);
    if (k->freed)
        return IO_AGAIN;
    if (n == IO_AGAIN)
        io_wait_room(k->dst, k);
    if (n < 0)
        return n;
    k->start += (uint32_t)n;
    k->unit -= (uint32_t)n;
    k->scanned -= k->scanned < (uint32_t)n ? k->scanned : (uint32_t)n;
    k->bytes += (uint64_t)n;
    if (k->unit == 0)
        unit_written(k);
    return n;
}

/* Passes the end on when everything before it is written. */
static void end(struct link *k)
{
    int r;

    if (!k->src_eof || !empty(k) || k->waiting)
        return;
    if (k->src_failed) {
        finish(k, LINK_SRC_FAILED);
        return;
    }
    r = k->opts.keep_open ? 0 : io_shut(k->dst);
    if (k->freed)
        return;
    if (r == IO_AGAIN)
        io_wait_room(k->dst, k);
    else
        finish(k, r == IO_ERROR ? LINK_DST_FAILED : LINK_DONE);
}

/* Copies until neither end can go on or the budget is used up. */
static void move_copying(struct link *k)
{
    uint64_t before = k->bytes;
    bool more = true;

    for (int i = 0; i < BUDGET_STEPS && k->bytes - before < BUDGET_BYTES; i++) {
        ssize_t wrote = flush(k);
        ssize_t got = IO_AGAIN;

        if (wrote == IO_ERROR) {
            finish(k, LINK_DST_FAILED);
            return;
        }
        if (k->freed || (k->bulk && empty(k)))
            return;
        if (wrote == IO_AGAIN && more && link_wants_read(k))
            got = fill(k, &more);
        if (wrote == IO_AGAIN && got == IO_AGAIN)
            return;
    }
    if (!empty(k)) /* lines or messages held, of which no descriptor will tell */
        loop_soon(k->src->loop, &k->job);
}

/* Bulk shows: from now on the kernel moves the bytes, where it can and nobody wants to see them. */
static void enter_kernel(struct link *k)
{
    bool again = false;

    k->bulk = false;
    k->splice = splice_open(&k->pool->pipes, k->src, k->dst, &again);
    k->copies = k->splice == NULL && !again;
    if (k->splice != NULL)
        release_block(k);
}

static void own_dst(struct link *k, bool own)
{
    if (own) {
        k->dst->owner = k;
    } else if (k->dst->owner == k) {
        k->dst->owner = NULL;
        if (k->dst->writers != NULL)
            io_event_soon(k->dst, LOOP_OUT);
    }
}

/* Back to the buffer, with what a destination refused to be given this way. */
static void leave_kernel(struct link *k)
{
    if (k->splice->held > 0) {
        k->block = pool_get(&k->pool->blocks);
        k->end = (uint32_t)splice_recover(k->splice, k->block);
    }
    own_dst(k, false);
    release_splice(k);
}

/* One step in the kernel. Returns false when neither end can go on, or the path was left. */
static bool step_kernel(struct link *k)
{
    struct splice_step step;

    if (k->dst->owner != NULL && k->dst->owner != k) {
        io_wait_room(k->dst, k);
        return false;
    }
    step = splice_step(k->splice, link_wants_read(k));
    if (step.put > 0)
        k->bytes += (uint64_t)step.put;
    own_dst(k, k->splice->held > 0);
    if ((step.got == IO_ERROR || step.put == IO_ERROR) && splice_refused(step.error) && !k->splice->proven) {
        k->copies = true;
        leave_kernel(k);
        return false;
    }
    if (step.got == IO_ERROR || step.got == IO_EOF) {
        k->src_eof = true;
        k->src_failed = step.got == IO_ERROR;
        if (k->src_failed)
            io_fail(k->src, step.error);
    }
    if (step.put == IO_ERROR) {
        io_fail(k->dst, step.error);
        finish(k, LINK_DST_FAILED);
        return false;
    }
    if (step.put == IO_AGAIN)
        io_wait_room(k->dst, k);
    return step.put > 0 || step.got > 0;
}

/* Lets the kernel move bytes within a budget; little traffic goes back to the buffer, which wakes and calls less. */
static void move_in_kernel(struct link *k)
{
    uint64_t before = k->bytes;

    while (!k->waiting && k->bytes - before < KERNEL_BUDGET && step_kernel(k))
        continue;
    if (k->splice == NULL)
        return;
    k->small = k->bytes - before < SMALL && !k->waiting ? (unsigned char)(k->small + 1) : 0;
    if (k->small == SMALL_TURNS && k->splice->held == 0)
        release_splice(k);
}

/* Moves what can be moved. Returns how much that was, a message counting one more. */
static uint64_t move(struct link *k)
{
    uint64_t before = k->bytes + k->messages;

    if (k->splice == NULL)
        move_copying(k);
    if (k->freed)
        return 0;
    if (k->bulk && k->splice == NULL && k->taps == NULL && empty(k) && !k->src_eof)
        enter_kernel(k);
    if (k->splice != NULL)
        move_in_kernel(k);
    if (k->splice != NULL && k->taps != NULL && k->splice->held == 0)
        leave_kernel(k);
    if (k->splice == NULL && k->start < k->end && !k->waiting)
        move_copying(k);
    return k->bytes + k->messages - before;
}

void link_pump(struct link *k)
{
    uint64_t moved;

    if (k->state != LINK_RUNNING || k->pumping || k->freed)
        return;
    k->pumping = true;
    moved = move(k);
    if (k->state == LINK_RUNNING && !k->freed)
        end(k);
    if (k->state == LINK_RUNNING && !k->freed) {
        if (empty(k))
            release_block(k);
        if (link_wants_read(k) && io_pending(k->src) > 0)
            loop_soon(k->src->loop, &k->job);
        else if (!k->waiting && k->dst->owner == k)
            loop_soon(k->src->loop, &k->job); /* the budget ended in the middle of a write */
        io_touch(k->src);
    }
    if (moved > 0 && !k->freed && k->moved != NULL)
        k->moved(k);
    if (k->src_eof && !k->told_end && !k->freed && k->ended != NULL) {
        k->told_end = true;
        k->ended(k);
    }
    k->pumping = false;
    if (k->state != LINK_RUNNING && !k->freed && k->done != NULL)
        k->done(k);
}

void link_pool_init(struct link_pool *p, bool splice)
{
    pool_init(&p->blocks, LINK_BUFFER, KEPT_BLOCKS);
    pipes_init(&p->pipes, splice);
}

void link_pool_clear(struct link_pool *p)
{
    pool_clear(&p->blocks);
    pipes_clear(&p->pipes);
}

void link_tap_add(struct link *k, struct tap *t)
{
    t->next = k->taps;
    k->taps = t;
    loop_soon(k->src->loop, &k->job);
}

void link_tap_del(struct link *k, struct tap *t)
{
    for (struct tap **at = &k->taps; *at != NULL; at = &(*at)->next) {
        if (*at == t) {
            *at = t->next;
            break;
        }
    }
}

static void run_pump(struct job *j)
{
    link_pump(HOLDER(struct link, job, j));
}

static void run_bury(struct job *j)
{
    struct link *k = HOLDER(struct link, job, j);

    free(k->meta);
    free(k->rest);
    free(k);
}

struct link *link_new(struct io *src, struct io *dst, struct link_pool *pool, const struct link_opts *opts)
{
    struct link *k = mem_alloc(sizeof *k);

    k->src = src;
    k->dst = dst;
    k->pool = pool;
    if (opts != NULL)
        k->opts = *opts;
    if (k->opts.interval > 0) {
        k->rest = mem_alloc(sizeof *k->rest);
        k->rest->timer.fire = wake_from_rest;
        k->rest->link = k;
        k->opts.cut = LINK_CUT_LINE;
    }
    k->copies = k->opts.cut != LINK_CUT_READ || k->opts.crlf || has_boundaries(src) || has_boundaries(dst);
    if (src->ops->caps & IO_ADDRESSED)
        k->meta = mem_alloc(sizeof *k->meta);
    k->job.run = run_pump;
    src->reader = k;
    loop_soon(src->loop, &k->job);
    return k;
}

void link_free(struct link *k)
{
    if (k == NULL || k->freed)
        return;
    k->freed = true;
    if (k->src->reader == k)
        k->src->reader = NULL;
    release_block(k);
    release_splice(k);
    release_dst(k);
    if (k->rest != NULL)
        loop_timer_clear(&k->rest->timer);
    loop_job_del(&k->job);
    io_touch(k->src);
    k->job.run = run_bury;
    loop_finally(k->src->loop, &k->job);
}

void link_pause(struct link *k, bool paused)
{
    k->paused = paused;
    io_touch(k->src);
    if (!paused)
        loop_soon(k->src->loop, &k->job);
}
