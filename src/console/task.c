/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/task.h"

#include <stdlib.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    PIECE = 64 * 1024,
    DATAGRAM = 1400,   /* bytes that pass most networks in one packet */
    SCREEN_RETRY = 20, /* ms until a full screen is looked at again */
};

static void step(struct task *t)
{
    if (!t->over)
        t->ops->step(t);
}

static void run_step(struct job *j)
{
    step(container_of(j, struct task, job));
}

static void time_has_come(struct timer *timer)
{
    step(container_of(timer, struct task, timer));
}

static void has_room(struct console_wait *w)
{
    step(container_of(w, struct task, wait));
}

static void run_free(struct job *j)
{
    struct task *t = container_of(j, struct task, end);

    t->ops->free(t);
    free(t->name);
    free(t);
}

/* Of one stream alone what is sent stays together, though others may come. */
static struct talker *whom(const struct console *c)
{
    struct talker *only = talkers_next(&c->talkers, NULL);

    if (c->talkers.to != NULL || c->talkers.count != 1 || only->peer->datagram)
        return c->talkers.to;
    return only;
}

struct task *task_newest(const struct console *c)
{
    return list_first(&c->tasks, struct task, place);
}

bool task_sends_to(const struct task *t, const struct talker *to)
{
    return t->to != NULL ? to == t->to : t->upto == 0 || to->number <= t->upto;
}

bool task_has_talker(const struct task *t, const struct talker *but)
{
    if (t->to != NULL && t->to->far)
        return t->to != but;
    for (const struct talker *x = NULL; (x = talkers_after(&t->c->talkers, x)) != NULL;) {
        if (x != but && task_sends_to(t, x))
            return true;
    }
    return false;
}

void task_start(struct console *c, struct task *t, const char *name)
{
    t->c = c;
    t->to = t->ops->types ? NULL : whom(c);
    t->upto = t->ops->types ? 0 : c->talkers.next_number - 1;
    t->name = mem_strdup(name);
    t->timer.fire = time_has_come;
    t->wait.room = has_room;
    t->job.run = run_step;
    t->end.run = run_free;
    list_push(&c->tasks, &t->place);
}

void task_go(struct task *t)
{
    if (!t->over)
        loop_soon(t->c->svc->loop, &t->job);
}

void task_end(struct task *t)
{
    struct console *c = t->c;
    struct task *newest;

    if (t->over)
        return;
    t->over = true;
    loop_job_del(&t->job);
    loop_timer_clear(&t->timer);
    console_forget(&t->wait);
    list_del(&t->place);
    newest = task_newest(c);
    if (newest != NULL)
        task_go(newest);
    console_task_done(t->c);
    loop_finally(t->c->svc->loop, &t->end);
}

void task_stop(struct task *t, const char *why)
{
    if (why != NULL)
        log_notice("%s: stopped: %s", t->name, why);
    if (why != NULL && t->to != NULL && t->owes)
        t->to->peer->port->lost = true;
    if (t->ops->stop == NULL || !t->ops->stop(t))
        task_end(t);
}

/* Whom lines go to now, set aside: the console's NULL is to mean all. */
static struct talker *borrow(const struct task *t)
{
    struct talker *to = t->c->talkers.to;

    if (t->to == NULL && !t->ops->types)
        t->c->talkers.to = NULL;
    t->c->talkers.upto = t->upto;
    return to;
}

/* It may have been closed meanwhile, for being slow. */
static void give_back(const struct task *t, struct talker *to)
{
    struct talkers *all = &t->c->talkers;

    all->upto = 0;
    if (all->to == to)
        return;
    for (struct talker *x = NULL; (x = talkers_after(all, x)) != NULL;) {
        if (x == to)
            all->to = to;
    }
}

bool task_waits(struct task *t)
{
    struct console *c = t->c;
    struct talker *to = borrow(t);
    bool full = console_full(c, t->to);

    give_back(t, to);
    if (full) {
        console_wait_room(c, &t->wait);
        return true;
    }
    return (c->view.marks.set & MARK_DIRECTION) != 0 && task_waits_screen(t);
}

bool task_waits_screen(struct task *t)
{
    bool full = screen_full(t->c->sheet.screen);

    if (full)
        loop_timer_set(t->c->svc->loop, &t->timer, SCREEN_RETRY);
    return full;
}

void task_send(struct task *t, const void *data, size_t n, bool typed)
{
    struct talker *to = borrow(t);

    console_send(t->c, t->to, data, n, typed);
    give_back(t, to);
}

size_t task_held(const struct task *t)
{
    struct talker *to = borrow(t);
    size_t held = console_held(t->c, t->to);

    give_back(t, to);
    return held;
}

size_t task_piece(const struct task *t)
{
    const struct peer *p = t->to != NULL ? t->to->peer : peer_first(t->c->svc->peers);
    size_t most = PIECE, max;

    if (p == NULL)
        return most;
    if (p->datagram && addr_family(p->local) != AF_UNIX)
        most = DATAGRAM;
    max = (port_caps(p->port) & IO_MSG) != 0 ? port_max(p->port) : most;
    return max > 0 && max < most ? max : most;
}
