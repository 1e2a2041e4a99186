/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * callers: sockets of datagrams that anyone may send to, as a port for each who does.
 *
 * A caller is an address and the address of ours that it spoke to. Its port gives what came from there, and nothing else; what
 * is written to it goes back there, from the address that was spoken to. It has no descriptor. What a caller refuses
 * (ICMP) ends its own port alone.
 *
 * The sockets are always read: who waits on the far side of a port holds up nobody else. So a port holds what was not read
 * of it, up to a limit; then it drops, counts and tells.
 */
#ifndef IO_CALLERS_H
#define IO_CALLERS_H

#include "io/port.h"

struct callers;

enum { CALLERS_SOCKETS = 8, CALLERS_ANSWER = 64 };

/* A datagram that a gate looks at. */
struct callers_look {
    const struct addr *who;
    const void *data;
    size_t size;
    uint64_t mark;                        /* what the gate knows a caller by; may be set of a newcomer */
    unsigned char answer[CALLERS_ANSWER]; /* of CALLERS_REPLY */
    size_t nanswer;
    bool known; /* a port is there */
};

/* What becomes of it. */
enum callers_pass {
    CALLERS_DROP,
    CALLERS_TAKE,  /* it is given to who has the port, or a newcomer's */
    CALLERS_REPLY, /* it is answered, and nothing is kept of it */
    CALLERS_ANEW,  /* a newcomer's: the port that was there fails (ECONNRESET) */
};

struct callers_conf {
    size_t most; /* bytes of a datagram made of a stream; 0: as many as fit */
    bool among;  /* they are sent what others say: who only hears is silent */
    void *ctx;   /* of these: */
    /* Looks at all that comes. Optional: all is taken. */
    enum callers_pass (*gate)(void *ctx, struct callers_look *look);
    /* Somebody who has no port speaks. Returns false to drop that. */
    bool (*admit)(void *ctx, const struct addr *who);
    /* Their port, which is the user's, and in which waits what came; `local` is the address that was spoken to. It may be
     * freed at once. */
    void (*came)(void *ctx, struct port *port, const struct addr *local, const struct addr *who);
    /* The sockets cannot be read any more. */
    void (*failed)(void *ctx, int error);
};

/* Over `n` (1 to CALLERS_SOCKETS) bound sockets of one kind, non-blocking already. Takes the descriptors. */
struct callers *callers_new(struct loop *loop, const int *fds, unsigned n, const struct callers_conf *conf);

/* Hears nobody any more, and calls no event. The sockets are closed with the last port. */
void callers_free(struct callers *s);

/* Datagrams that the kernel dropped because nobody read them in time. */
uint64_t callers_dropped(const struct callers *s);

/* Whose port it is: the user's. NULL until it is set. */
void caller_set_owner(struct port *port, void *owner);
void *caller_owner(const struct port *port);

/* The port that has been silent for the longest time, in both directions unless they are among themselves, and for how many ms; NULL: there is none. */
struct port *callers_quietest(const struct callers *s, int64_t *quiet);

/* From now on it counts as one that was not silent. */
void caller_spare(struct port *port);

#endif
