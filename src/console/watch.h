/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watch: a talker of the prompt that has an end (end/end.h): what it sends goes there, what comes from there goes to it, and
 * both are shown. A pair: the talker itself is the one side, talker->other, with the same number, the other.
 *
 * At the end somebody stands for the talker: a peer without a descriptor, which svc/join.c joins to the end by its own
 * rules. What it sends is what was shown and what was typed, in chunks: what is typed stands between them. Either side may
 * be gone before the other, and what it said last is delivered. It is written in console/console_watch.c.
 */
#ifndef CONSOLE_WATCH_H
#define CONSOLE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct console;
struct end_spec;
struct link;
struct meta;
struct peer;
struct talker;

/* Joins `t`, which has no end, to one; when either is over, so is the other. `spec` outlives the console. */
void watch_open(struct console *c, struct talker *t, const struct end_spec *spec);

/* The same for END as a person writes it; the connection stays when the end is over. 0, or -1 with `e`. */
int watch_join(struct console *c, struct talker *t, const char *text, struct err *e);

/* Takes the end of `t` back: what went there is still delivered. 0, or -1 with `e`: it has none. */
int watch_part(struct console *c, struct talker *t, struct err *e);

/* The rest does nothing with who has no end. */

/* The first `n` bytes of what arrived from `t` are all that there is: those that were not yet go to the other side, as what `meta`
 * (or NULL) says they are. */
void watch_pass(struct console *c, struct talker *t, const void *data, size_t n, const struct meta *meta);

/* So many of them were shown. */
void watch_shown(struct talker *t, size_t n);

/* There is room for what goes to `t`; on the screen. */
void watch_wake(const struct talker *t);
void watch_wake_all(struct console *c);

/* It is we who are slow, for a peer with an end or without. */
bool watch_holds_up(const struct peer *p);

/* `t` ended its direction. Returns true when that is passed on. */
bool watch_ended(struct console *c, struct talker *t);

/* All is sent to `t`, and no more will be. Returns false when it was closed. */
bool watch_sent(struct console *c, struct talker *t);

/* `t` is about to be closed by us; it goes. */
void watch_resets(const struct talker *t, bool reset);
void watch_leaves(struct console *c, struct talker *t);

/* Closes the end `far`. */
void watch_close(struct talker *far, bool reset);

/* Of an end: what comes from it, and goes to it (NULL: nothing yet), and the connection it is (NULL: it is none). */
struct link *watch_in(const struct talker *far);
struct link *watch_out(const struct talker *far);
struct peer *watch_end(const struct talker *far);

/* What talkers sent that are gone is on its way. */
bool watch_waits(const struct console *c);

/* All talkers are gone. */
void watch_stop(struct console *c);

#endif
