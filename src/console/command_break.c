/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ~break: a BREAK, as serial lines and telnet have it, behind what was sent before and in front of what is sent after it.
 *
 * Where something still waits, a mark stands for it in the queue: the task is there until that is reached.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "console/commands.h"
#include "console/watch.h"
#include "io/link.h"
#include "io/queue.h"

enum { LOOK = 10 }; /* ms between looks whether what is before it is on its way */

static struct link *link_to(struct console *c, struct talker *t)
{
    return t->far ? watch_out(t) : console_out(c, t);
}

static int send_break(struct console *c, struct talker *t, struct err *e)
{
    const struct link *out = link_to(c, t);

    if (out == NULL || port_send_break(out->dst) < 0)
        return err_set(e, STATUS_LOCAL,
                       "no BREAK can be sent: serial lines (tty:) have it, and telnet (-t --telnet)");
    return 0;
}

/* What was read to be sent is out of our hands. */
static bool is_idle(struct console *c, struct talker *t)
{
    const struct link *out = link_to(c, t);

    return out == NULL || link_held(out) == 0;
}

static void break_step(struct task *task)
{
    struct talker *t = task->to;
    struct port *queue = t->pace.queue;
    struct err e;

    if (queue != NULL && !t->deaf && !(queue_at_mark(queue) && is_idle(task->c, t))) {
        loop_timer_set(task->c->svc->loop, &task->timer, LOOK);
        return;
    }
    if (send_break(task->c, t, &e) < 0)
        view_note(&task->c->view, e.text);
    if (queue != NULL)
        queue_unmark(queue);
    task_end(task);
}

/* It is not sent, and holds nothing up. */
static bool break_stop(struct task *task)
{
    if (task->to->pace.queue != NULL)
        queue_unmark(task->to->pace.queue);
    return false;
}

static void break_free(struct task *task)
{
    (void)task;
}

static const struct task_ops break_ops = {.step = break_step, .stop = break_stop, .free = break_free};

static void send_later(struct console *c, struct talker *t)
{
    struct task *task = mem_alloc(sizeof *task);

    task->ops = &break_ops;
    task_start(c, task, "break");
    task->to = t;
    queue_mark(t->pace.queue);
    task_go(task);
}

/* Nothing waits that is to go before it. */
static bool is_due(struct console *c, struct talker *t)
{
    const struct port *queue = t->pace.queue;

    return is_idle(c, t) && (queue == NULL || (port_pending(queue) == 0 && !queue_at_mark(queue)));
}

static int start_break(struct console *c, struct talker *t, struct err *e)
{
    if (t->meta != NULL)
        return err_set(e, STATUS_LOCAL, "datagrams have no BREAK");
    if (console_check_to(c, t, e) < 0)
        return -1;
    if (is_due(c, t))
        return send_break(c, t, e);
    send_later(c, t);
    return 0;
}

int command_break(struct console *c, const char *args, struct err *e)
{
    struct talker *t;
    char *word;
    int result;

    if (args_take(c, "break", args, 0, 1, &word, e) < 0)
        return -1;
    result = args_talker(c, word, &t, e);
    free(word);
    return result < 0 ? -1 : start_break(c, t, e);
}
