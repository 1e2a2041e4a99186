/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/link.h"

#include <stdlib.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/link_path.h"

enum { KEPT_BLOCKS = 16 };

bool link_empty(const struct link *k)
{
    return k->start == k->end && !k->message && (k->splice == NULL || k->splice->held == 0);
}

bool link_fits_kernel(const struct link *k)
{
    return k->taps == NULL && !k->ends && (port_caps(k->src) & port_caps(k->dst) & IO_RAWFD) != 0;
}

bool link_wants_read(const struct link *k)
{
    if (k->state != LINK_RUNNING || k->freed || k->src_eof || k->paused || k->curbed)
        return false;
    if (k->splice == NULL || (k->splice->held == 0 && !link_fits_kernel(k)))
        return k->shares ? !link_waits(k) : link_copy_wants_read(k);
    /* A kernel path that is to be left is only emptied. */
    return link_fits_kernel(k) && !link_waits(k) && splice_has_room(k->splice);
}

bool link_is_held_up(const struct link *k)
{
    return k->state == LINK_RUNNING && (!link_empty(k) || (!k->src_eof && !link_wants_read(k)));
}

size_t link_held(const struct link *k)
{
    return k->end - k->start + (k->splice != NULL ? k->splice->held : 0);
}

void link_show(struct link *k, const void *data, size_t n, const struct meta *meta)
{
    for (struct tap *t = k->taps; t != NULL; t = t->next)
        t->see(t, data, n, meta);
}

void link_source_ended(struct link *k, bool failed)
{
    k->src_eof = true;
    k->src_failed = failed;
    port_touch(k->src);
}

bool link_own_dst(struct link *k)
{
    if (k->dst->owner != NULL && k->dst->owner != k) {
        port_wait_room(k->dst, k);
        return false;
    }
    k->dst->owner = k;
    return true;
}

bool link_disown_dst(struct link *k)
{
    if (k->dst->owner == k)
        k->dst->owner = NULL;
    if (k->dst->owner != NULL || list_empty(&k->dst->writers))
        return false;
    port_event_soon(k->dst, LOOP_OUT);
    return true;
}

/* Gives back what was borrowed, and the right to the destination. */
static void give_all_back(struct link *k)
{
    link_copy_release(k);
    link_kernel_release(k);
    port_unwait_room(k->dst, k);
    link_disown_dst(k);
    if (k->rest != NULL)
        loop_timer_clear(&k->rest->timer);
    port_touch(k->src);
}

void link_finish(struct link *k, enum link_state state)
{
    k->state = state;
    k->lost = state == LINK_DST_FAILED ? link_held(k) : 0;
    k->message = false;
    give_all_back(k);
}

/* Passes the end on when everything before it is written. */
static void pass_end_on(struct link *k)
{
    int r;

    if (!k->src_eof || !link_empty(k) || link_waits(k))
        return;
    if (k->src_failed) {
        link_finish(k, LINK_SRC_FAILED);
        return;
    }
    r = k->opts.keep_open ? 0 : port_shut(k->dst);
    if (k->freed)
        return;
    if (r == IO_AGAIN)
        port_wait_room(k->dst, k);
    else
        link_finish(k, r == IO_ERROR ? LINK_DST_FAILED : LINK_DONE);
}

bool link_wants_kernel(const struct link *k)
{
    return k->bulk && link_fits_kernel(k) && link_empty(k) && !k->src_eof;
}

static void move_in_kernel(struct link *k)
{
    link_kernel_move(k);
    if (k->splice != NULL && k->splice->held == 0 && !link_fits_kernel(k))
        link_kernel_leave(k);
    if (k->splice == NULL && (k->start < k->end || k->ends) && !link_waits(k))
        link_copy_move(k); /* what was taken back, or the rest, of which nothing may tell */
}

/* Moves what can be moved. Returns how much that was, a message counting one more. */
static uint64_t move_bytes(struct link *k)
{
    uint64_t before = k->bytes + k->messages;

    if (k->shares && !link_share_fits(k)) {
        k->shares = false;
        k->scanned = 0;
    }
    if (k->shares)
        link_share_move(k);
    else if (k->splice == NULL && !link_wants_kernel(k))
        link_copy_move(k);
    if (k->freed)
        return 0;
    if (k->splice == NULL && link_wants_kernel(k))
        link_kernel_enter(k);
    if (k->splice != NULL)
        move_in_kernel(k);
    return k->bytes + k->messages - before;
}

void link_pump(struct link *k)
{
    uint64_t moved;

    if (k->state != LINK_RUNNING || k->pumping || k->freed)
        return;
    k->pumping = true;
    loop_job_del(&k->job); /* what it was queued for is done now */
    moved = move_bytes(k);
    if (k->state == LINK_RUNNING && !k->freed)
        pass_end_on(k);
    if (k->state == LINK_RUNNING && !k->freed) {
        if (link_empty(k))
            link_copy_release(k);
        else if (link_waits(k))
            link_copy_shrink(k);
        if (link_wants_read(k) && port_pending(k->src) > 0)
            loop_soon(k->src->loop, &k->job);
        else if (!link_waits(k) && k->dst->owner == k)
            loop_soon(k->src->loop, &k->job); /* the budget ended in the middle of a write */
        port_touch(k->src);
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
    *p = (struct link_pool){0};
    pool_init(&p->blocks, LINK_BUFFER, KEPT_BLOCKS);
    pool_init(&p->small, LINK_SMALL, KEPT_BLOCKS);
    pipes_init(&p->pipes, splice);
}

void link_pool_clear(struct link_pool *p)
{
    pool_clear(&p->blocks);
    pool_clear(&p->small);
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

static void pump_soon(struct job *j)
{
    link_pump(container_of(j, struct link, job));
}

static void bury_link(struct job *j)
{
    struct link *k = container_of(j, struct link, job);

    free(k->meta);
    free(k->rest);
    free(k);
}

struct link *link_new(struct port *src, struct port *dst, struct link_pool *pool,
                      const struct link_opts *opts)
{
    struct link *k = mem_alloc(sizeof *k);

    k->src = src;
    k->dst = dst;
    k->pool = pool;
    if (opts != NULL)
        k->opts = *opts;
    link_copy_init(k);
    k->copies = k->opts.cut != LINK_CUT_READ || k->opts.crlf || k->opts.reads > 0 ||
                link_keeps_messages(src) || link_keeps_messages(dst);
    k->shares = link_share_fits(k);
    k->bulk = pool->pipes.eager && !k->copies && !k->shares;
    if (((port_caps(src) & IO_ADDRESSED) | ((port_caps(src) | port_caps(dst)) & IO_FORMED)) != 0)
        k->meta = mem_alloc(sizeof *k->meta);
    k->job.run = pump_soon;
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
    give_all_back(k);
    loop_job_del(&k->job);
    k->job.run = bury_link;
    loop_finally(k->src->loop, &k->job);
}

void link_end(struct link *k)
{
    if (k->state != LINK_RUNNING || k->src_eof)
        return;
    link_source_ended(k, false);
    loop_soon(k->src->loop, &k->job);
}

void link_end_after_rest(struct link *k)
{
    k->ends = true;
    loop_soon(k->src->loop, &k->job);
}

static void reading_changed(struct link *k)
{
    port_touch(k->src);
    if (!k->paused && !k->curbed)
        loop_soon(k->src->loop, &k->job);
}

void link_pause(struct link *k, bool paused)
{
    k->paused = paused;
    reading_changed(k);
}

void link_curb(struct link *k, bool curbed)
{
    k->curbed = curbed;
    reading_changed(k);
}
