/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * loop: one thread, one poll(2), everything else called from it.
 *
 * A turn: derive the interest of every watch that was touched, wait, fire what is ready, run the jobs, run the
 * timers, run the frees. Interest is always derived from state by the watch's want(); nobody edits it in place.
 * A watch that wants nothing is out of the set (poll would still report its hang-up, and spin). Few watches
 * form the poll set; a crowd sits behind an epoll descriptor that is one entry of it (loop/crowd.c), so that the
 * cost of a turn does not grow with idle watches.
 *
 * Everything here is owned by its user and linked in by the loop: watches, timers and jobs are embedded in the
 * user's structs and must be zeroed before first use. The loop allocates only its own tables.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "loop/timer.h"
#include "loop/watch.h"

struct loop;

/* Something to do once, soon: a job runs in this turn's or the next turn's job stage without waiting, a free
 * runs when the turn ends and no callback is on the stack. */
struct job {
    void (*run)(struct job *);
    struct list place;
};

/* What loop/child.c and loop/spawn.c keep with a loop. */
struct children {
    struct list list;              /* struct child */
    void (*clear)(struct loop *l); /* lets go of what is left, at the end; NULL: there was no child yet */
    unsigned long files;           /* the limit of descriptors that programs are started with; 0: ours */
};

/* What net/resolve_ahead.c keeps with a loop. */
struct look_ups {
    struct list running; /* struct resolve_ahead */
    struct list askers;  /* who has some under way, or wants to */
    unsigned nrunning;
    void (*clear)(struct loop *l); /* lets go of what is left, at the end; NULL: there was none yet */
};

/* A new loop. `crowd` asks for the epoll descriptor where there is epoll; without it everything is in the poll
 * set. NULL when descriptors are out (fills `e`). */
struct loop *loop_new(bool crowd, struct err *e);

/* All watches, timers and jobs must be gone, or are forgotten; pending frees run. */
void loop_free(struct loop *l);

/* Turns until loop_stop(). Returns 0, or -1 when waiting itself failed (fills `e`). */
int loop_run(struct loop *l, struct err *e);
void loop_stop(struct loop *l);

struct children *loop_children(struct loop *l);
struct look_ups *loop_look_ups(struct loop *l);

/* Milliseconds on CLOCK_MONOTONIC, taken once a turn. */
int64_t loop_now(const struct loop *l);

/* Puts `w` (fd, want and fire set) under the loop's care; deletes it. Deleting before close(2) is a must. Both
 * are safe from any callback. */
void loop_add(struct loop *l, struct watch *w);
void loop_del(struct watch *w);

/* Deletes it and closes its descriptor, which no other process may have: of that the kernel need not be told twice. */
void loop_close(struct watch *w);

/* Says that the state behind want() may have changed. Cheap, any number of times. */
void loop_touch(struct watch *w);

/* Queues a job; one that is queued already stays where it is. */
void loop_soon(struct loop *l, struct job *j);

/* Queues a job for the end of the turn: the place to free what callbacks on the stack may still use. */
void loop_finally(struct loop *l, struct job *j);

/* Takes a job out of whichever queue it is in. */
void loop_job_del(struct job *j);

/* Sets (or moves) a timer to `ms` milliseconds from now, at least 0; clears it. */
void loop_timer_set(struct loop *l, struct timer *t, int64_t ms);
void loop_timer_clear(struct timer *t);
bool loop_timer_pending(const struct timer *t);

/* Catches `signo`: `run` is called from the loop, never from the handler; any number of arrivals may become one
 * call. One loop at a time may catch signals. After loop_free() it is ignored. Returns 0, or -1 with `e` filled. */
int loop_signal(struct loop *l, int signo, void (*run)(void *ctx, int signo), void *ctx, struct err *e);

/* Who hears of a signal besides that one: any number may. Zeroed before first use. */
struct signal_watch {
    int signo;
    void (*run)(struct signal_watch *);
    struct list place;
};

/* The same for `w`, until loop_signal_del(), which its own callback may call. */
int loop_signal_add(struct loop *l, struct signal_watch *w, struct err *e);
void loop_signal_del(struct signal_watch *w);

#endif
