/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fan: one source for many: an io that a link writes to, and whose members each read all of it.
 *
 * Each buffer is stored once and counted; a member joins at the next write. The fan takes a write only while no
 * member's queue is full, so the slowest sets the pace, and while there is a member at all.
 */
#ifndef IO_FAN_H
#define IO_FAN_H

#include "io/io.h"

struct fan;

/* A new fan. Its io (fan_io) is owned by it. */
struct fan *fan_new(struct loop *loop);
void fan_free(struct fan *f);

/* The io to make the destination of the feeding link. Its io_shut() ends every member, those that join later
 * at once. */
struct io *fan_io(struct fan *f);

/* A new member: an io to read from. fan_del() takes it out and io_free()s it. */
struct io *fan_add(struct fan *f);
void fan_del(struct fan *f, struct io *member);

#endif
