/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * record: a file that is written along: what peers send and are sent, in one of several formats.
 *
 * A record is an observer (peer/observe.h) with a file, which it makes for its owner alone. It has all that is read from
 * and sent to the peers, whatever becomes of it elsewhere. When the file cannot be written any more, the first failure
 * is told once, and nothing is written after it.
 *
 * A format is a row (record/formats.h) and, mostly, a file. It is given what happens as a struct record_event.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "loop/loop.h"
#include "peer/observe.h"

struct record;

/* What happened: the same for all formats. */
struct record_event {
    const struct peer *peer; /* NULL: it is about none */
    uint32_t number;         /* of the peer, or of the sender of a datagram; 0: none */
    const char *name;        /* its address; "" for none */
    bool sent;               /* data: to the peer */
    bool message;            /* data: a whole message */
    bool secret;             /* data: of which the size alone may be written */
};

struct record_format {
    const char *name, *help;
    bool sent;    /* what is sent is written, too */
    bool appends; /* to a file that exists; else that is overwritten */
    size_t size;  /* bytes of a state of its own, zeroed: record_state() */
    size_t each;  /* the same for each direction of each peer */
    /* A line about a peer, or about none. Optional. */
    void (*event)(struct record *r, const struct record_event *e, const char *text);
    /* `n` bytes of a direction, whose state is `each`. */
    void (*data)(struct record *r, void *each, const struct record_event *e, const void *data, size_t n);
    /* The direction is seen no more; `each` is freed behind it. Optional. */
    void (*leave)(struct record *r, void *each, const struct peer *p);
};

struct record_opts {
    const struct record_format *format;
    bool is_stderr;           /* it goes to standard error; `path` is what that is called */
    bool append;              /* whatever the format says */
    bool keep;                /* what a file holds is not overwritten: EEXIST */
    struct peer_table *peers; /* all of which are recorded */
    void (*failed)(void *ctx, struct record *r, const struct err *e); /* from the loop; closes it */
    /* The number of `p`, or of who sent the datagram of `m` (NULL: none) through it, or gets it; 0: none. Optional.
     * May add notes. */
    uint32_t (*number)(void *ctx, struct peer *p, const struct meta *m, bool sent);
    void *ctx;
};

/* Opens (makes) the file, and observes the peers to come; record_peer() adds one that is there. NULL with `e`. */
struct record *record_open(struct loop *loop, const char *path, const struct record_opts *opts,
                           struct err *e);
void record_peer(struct record *r, struct peer *p, struct link *in, struct link *out);

/* Writes what is held, sees no more and closes the file. 0, or -1 with `e`: something is missing in it. */
int record_close(struct record *r, struct err *e);

const char *record_path(const struct record *r);

/* Bytes written to the file. */
uint64_t record_size(const struct record *r);

/* Adds a line about a peer or sender: `number` (0: none) and `name` ("": about none). */
void record_note(struct record *r, uint32_t number, const char *name, const char *text);

/* For formats. */

/* Bytes for the file: gathered, and written when the call of the format is over. */
void record_put(struct record *r, const void *data, size_t n);
void *record_state(struct record *r);

#endif
