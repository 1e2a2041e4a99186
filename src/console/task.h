/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * task: what a command began and has not finished: a file being sent, a line repeated, the output of a shell command.
 *
 * A task sends to whom lines went when it began, none who came later, a piece at a time, as there is room. Embedded as the first member of its
 * user's struct, which is freed when the turn ends in which it is over.
 */
#ifndef CONSOLE_TASK_H
#define CONSOLE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/console.h"

struct task;

struct task_ops {
    bool types; /* it does what typing does: goes on when nobody is left, and where lines go now */
    void (*step)(struct task *t); /* there is room, or its time has come; also when it is the newest again */
    /* Asked to stop early; returns true when it will end by itself soon. Optional. */
    bool (*stop)(struct task *t);
    void (*free)(struct task *t); /* must not use the console; the task and its name are freed after it */
};

struct task {
    const struct task_ops *ops;
    struct console *c;
    struct talker *to;  /* NULL: all up to `upto`, who were there when it began */
    uint32_t upto;      /* a talker's number; 0: without end */
    char *name;         /* for messages */
    bool endless;       /* it does not end by itself */
    bool owes;          /* it is known how much it has to send: what it did not is lost */
    struct timer timer; /* calls step() */
    bool over;

    struct list place; /* the rest is its own: in console.tasks */
    struct console_wait wait;
    struct job job, end;
};

/* The one that began last, or NULL. */
struct task *task_newest(const struct console *c);

/* True when it sends to `to`. */
bool task_sends_to(const struct task *t, const struct talker *to);

/* True when one of those it sends to is there besides `but`. */
bool task_has_talker(const struct task *t, const struct talker *but);

/* Begins a task whose `ops` is set; `name` is copied. */
void task_start(struct console *c, struct task *t, const char *name);

/* Has step() called soon. */
void task_go(struct task *t);

/* It is over: step() is not called any more. */
void task_end(struct task *t);

/* Stops it early. `why` is told, and then what it owes is lost; NULL: the user wants it. */
void task_stop(struct task *t, const char *why);

/* True while no more may be sent; step() is called when that changes. */
bool task_waits(struct task *t);

/* True while no more may be shown; the same. */
bool task_waits_screen(struct task *t);

/* Sends a piece, which may end the task. */
void task_send(struct task *t, const void *data, size_t n, bool typed);

/* Bytes it sent, and others, that wait here. */
size_t task_held(const struct task *t);

/* How many bytes a piece may have: a datagram's worth where each is one. */
size_t task_piece(const struct task *t);

#endif
