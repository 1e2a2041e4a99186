/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * link: one direction, from a source port to a destination port. The only relay in the program.
 *
 * A link reads when it has room, writes when it has bytes, and never holds more than one buffer or pipe. It chooses
 * by itself, from what both ends are and from how much comes, whether bytes go through its buffer or stay in the kernel
 * (io/splice.h); both give the same bytes, ends and counts. The end of the
 * source travels on (port_shut) once the buffer is empty. A failed source still delivers what was read before it
 * failed; a failed destination drops what is held, and says so. An idle link holds no buffer.
 *
 * Owned by the service that made it. It does not own its ports: free the links first.
 */
#ifndef IO_LINK_H
#define IO_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crlf.h"
#include "base/pool.h"
#include "io/port.h"
#include "io/splice.h"
#include "io/tap.h"

enum {
    LINK_BUFFER = 256 * 1024, /* bytes a link holds at most */
    LINK_SMALL = 16 * 1024,   /* the same while LINK_LARGE others hold as much; but always a whole message */
    LINK_LARGE = 64,
    LINK_BLOCK = 8 * 1024,
};

/* How the bytes read are cut into writes. */
enum link_cut {
    LINK_CUT_READ, /* as they were read */
    LINK_CUT_LINE, /* at each newline, which stays */
    LINK_CUT_BLOCK, /* as they were read, LINK_BLOCK bytes of a stream at most; the interval stands before each */
};

struct link_opts {
    size_t
        size; /* of the messages the destination makes of what it gets: a shorter one is written only when the
                          source has nothing more; 0: any */
    int32_t
        interval; /* ms between lines, or before blocks; 0: none. Above 0, `cut` is one of these: mostly lines */
    uint32_t reads; /* so many reads are made, and then the source has ended; 0: no limit */
    enum link_cut cut;
    bool crlf;      /* LF becomes CRLF on the way */
    bool ends_line; /* a message that does not end with LF gets one; taps do not see it */
    bool keep_open; /* the end of the source does not end the destination's direction */
};

enum link_state {
    LINK_RUNNING,
    LINK_DONE,       /* the source ended and everything was written */
    LINK_SRC_FAILED, /* src->error says why; everything read before was written */
    LINK_DST_FAILED, /* dst->error says why; `lost` bytes were read but not written */
};

/* What links borrow while bytes move, and give back: an idle link holds nothing. */
struct link_pool {
    struct pool blocks; /* of LINK_BUFFER bytes */
    struct pool small;  /* of LINK_SMALL bytes */
    unsigned used;      /* blocks of LINK_BUFFER bytes in use */
    struct pipes pipes; /* for the kernel path */
};

struct link {
    struct port *src, *dst;
    struct link_opts opts;
    struct link_pool *pool;
    void (*done)(
        struct link *); /* called once, when state is no longer LINK_RUNNING; may free the link. Optional */
    void (*moved)(struct link *); /* called after bytes reached the destination. Optional */
    void (*ended)(struct link *); /* called once, when the source has ended. Optional */
    void *ctx;                    /* the owner's */
    uint64_t bytes;               /* written to the destination, as it saw them */
    uint64_t messages;            /* writes of whole messages, when either end has boundaries */
    uint64_t lost;                /* see LINK_DST_FAILED */
    enum link_state state;
    bool src_eof : 1; /* the source has ended; bytes may still be held */

    bool message : 1; /* a message is held, though it may be empty; the rest is the link's own */
    bool src_failed : 1, told_end : 1;
    bool resting : 1; /* for the interval */
    bool limited : 1; /* all reads that opts.reads allows were made */
    bool paused : 1, curbed : 1;
    bool ends : 1; /* with what the source has now */
    bool pumping : 1, freed : 1;
    bool bulk : 1;    /* the last read was large */
    bool shares : 1;  /* bytes are written from the memory of the source */
    bool drained : 1; /* the source had nothing when last asked */
    bool copies : 1;  /* the kernel path does not work between these ends */
    struct crlf crlf;
    unsigned char small; /* turns in a row in which the kernel path moved little */
    uint32_t cap;        /* the size of `block` */
    uint32_t start, end; /* what is held: block[start..end) */
    uint32_t scanned;    /* bytes held that are known to have no newline */
    uint32_t unit;       /* bytes of the write begun and not yet finished */
    unsigned char *block;
    struct meta *meta; /* of the message held, when the source is IO_ADDRESSED or either end IO_FORMED */
    struct list place; /* in dst->writers: no room there, or another link's turn */
    struct tap *taps;
    struct splice *splice; /* the kernel path, while it is taken */
    struct rest *rest;     /* the pause between lines; NULL without one */
    struct job job;
};

/* A new running link; `opts` is copied and may be NULL for none. It starts by itself in the next job stage. */
struct link *link_new(struct port *src, struct port *dst, struct link_pool *pool,
                      const struct link_opts *opts);

/* An empty pool. `splice` allows the kernel path; without it every byte goes through a buffer. */
void link_pool_init(struct link_pool *p, bool splice);
void link_pool_clear(struct link_pool *p);

/* Drops what is held; the memory goes when the turn ends. NULL is fine. */
void link_free(struct link *k);

/* Moves what can be moved now, within a budget. Called by port_event(); harmless at any time. */
void link_pump(struct link *k);

/* From now on it is as if the source had ended: what is held is written, and then the end passed on. */
void link_end(struct link *k);

/* The same once the source has nothing more to read without waiting, but for the handshakes of its layers. */
void link_end_after_rest(struct link *k);

/* Stops reading from the source (true), or goes on (false). What is held is still written. */
void link_pause(struct link *k, bool paused);

/* The same where what was written has to go elsewhere first: neither ends the other. */
void link_curb(struct link *k, bool curbed);

/* Attaches a tap, which must outlive the link or be taken out before; takes it out. */
void link_tap_add(struct link *k, struct tap *t);
void link_tap_del(struct link *k, struct tap *t);

/* What the link wants of its ends now: for port_want(). */
bool link_wants_read(const struct link *k);

/* True while the source cannot be blamed for silence: what it gave waits for the destination, or it is not asked. */
bool link_is_held_up(const struct link *k);

/* Bytes held: read from the source, not yet written. */
size_t link_held(const struct link *k);

#endif
