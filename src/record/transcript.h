/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * transcript: a file that is written along: what arrives, byte by byte, or a readable record of both directions.
 *
 * It listens with taps (io/tap.h), so it has all that is read from and sent to a peer, whatever becomes of it on the
 * screen. When the file cannot be written any more, the first failure is told once, and nothing is written after it.
 *
 * A line of a record, whose peer's number is left out where there is none:
 *   2026-01-31 13:05:09.042 < [1] 192.0.2.7 port 80: text made safe
 * with `>` for what was sent and `#` for events; a line that went on is shown in parts, with a backslash at the end of each
 * but the last.
 */
#ifndef RECORD_TRANSCRIPT_H
#define RECORD_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "console/talker.h"
#include "io/link.h"
#include "loop/loop.h"

struct transcript;

enum transcript_kind {
    TRANSCRIPT_BYTES, /* what arrives, as it is; a file that exists is overwritten */
    TRANSCRIPT_LINES, /* both directions, readable; is appended to a file that exists */
};

struct transcript_opts {
    enum transcript_kind kind;
    void (*failed)(void *ctx, struct transcript *x, const struct err *e); /* from the loop; closes it */
    /* The number of who sent a datagram through `p`, or gets it; 0: none. Optional. May add notes. */
    uint32_t (*number)(void *ctx, struct peer *p, const struct meta *m, bool sent);
    void *ctx;
};

/* Opens (makes) the file. NULL with `e`. */
struct transcript *transcript_open(struct loop *loop, const char *path, const struct transcript_opts *opts,
                                   struct err *e);

/* Writes what is held, takes all taps out and closes the file. 0, or -1 with `e`: something is missing in it. */
int transcript_close(struct transcript *x, struct err *e);

const char *transcript_path(const struct transcript *x);

/* Bytes written to the file. */
uint64_t transcript_size(const struct transcript *x);

/* Listens to a link from (`sent` false) or to t->peer; once a link. Stops listening to both links of a peer. */
void transcript_add(struct transcript *x, const struct talker *t, struct link *k, bool sent);
void transcript_del(struct transcript *x, const struct peer *p);

/* Adds an event about a talker (NULL: about none), to a record. */
void transcript_note(struct transcript *x, const struct talker *t, const char *text);

#endif
