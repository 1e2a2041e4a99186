/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * splice: the kernel path of a link: bytes go from descriptor to descriptor without entering the program
 * (splice(2)), through a pipe of ours unless one end is a pipe itself; what a TCP socket sends to /dev/null is thrown away
 * where it is.
 */
#ifndef IO_SPLICE_H
#define IO_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "io/port.h"

enum {
    SPLICE_ROOM = 1024 * 1024, /* bytes a pipe of ours holds, where the kernel allows as much (pipe(7)) */
    SPLICE_TRIAL = 64 * 1024,  /* bytes risked before the destination is known to take them */
    SPLICE_KEEP = 16,          /* idle pipes kept */
    SPLICE_LARGE = 32, /* pipes in use that are as large as that; those after them hold SPLICE_TRIAL bytes */
    SPLICE_PIPES = 1024, /* in use at most: so what peers that never read can hold is bounded */
    SPLICE_SHARE = 16,   /* of so many descriptors that there may be, two can be a pipe's */
};

/* Pipes are borrowed for as long as something is in them. */
struct pipes {
    bool allowed;
    bool eager;    /* links take the kernel path from their first byte: for tests */
    unsigned most; /* that may be in use */
    unsigned used;
    unsigned count;
    struct {
        int fd[2];
        size_t size;
    } idle[SPLICE_KEEP];
};

void pipes_init(struct pipes *p, bool allowed);
void pipes_clear(struct pipes *p);

struct splice {
    struct pipes *pipes; /* NULL: one end is a pipe, or nowhere, and the bytes go straight */
    int in, out;
    int pipe[2];    /* -1: there is none just now */
    size_t size;    /* of the pipe */
    size_t room;    /* that is used of it */
    size_t held;    /* in the pipe */
    bool full;      /* it takes no more before something leaves */
    bool proven;    /* the destination has taken bytes this way */
    void *nowhere;  /* memory that is never touched, for what is discarded */
    bool discards;  /* the destination is /dev/null */
    bool from_pipe; /* straight from a pipe, so an error is the destination's */
};

/* What one step did: counts, or IO_AGAIN, IO_EOF, IO_ERROR (then `error` is the errno value). */
struct splice_step {
    ssize_t got; /* from the source; IO_AGAIN: it has nothing now */
    ssize_t put; /* to the destination; IO_AGAIN: it has no room now */
    int error;
    bool short_of_pipes; /* nothing was done: all are in use, or there are no descriptors */
};

/* How many descriptors pipes may take. */
unsigned splice_descriptors(void);

/* A path between two ports. NULL where these two are better served by copying, or can not be spliced, or (`*again`) where
 * pipes are out just now. */
struct splice *splice_open(struct pipes *p, const struct port *src, const struct port *dst, bool *again);

/* What is held is lost. NULL is fine. */
void splice_close(struct splice *s);

/* Reads once (when `read`) and writes once. Never blocks. An end that cannot be spliced after all shows as
 * IO_ERROR with splice_refused(); until the destination has proven itself, no more than
 * SPLICE_TRIAL bytes are held. */
struct splice_step splice_step(struct splice *s, bool read);

/* True for errno values that say "not this way" rather than "failed". */
bool splice_refused(int error);

/* Takes back what is held, at most SPLICE_TRIAL bytes, to `data`. Returns the count. */
size_t splice_recover(struct splice *s, void *data);

/* True when the next step could take something from the source. */
bool splice_has_room(const struct splice *s);

#endif
