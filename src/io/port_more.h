/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * port_more: what only few ports have, and what the files that make a port need of each other. Private to io/.
 */
#ifndef IO_PORT_MORE_H
#define IO_PORT_MORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "loop/timer.h"

struct layer;
struct port;

/* port_close() under way. */
struct closing {
    struct port *port;
    void (*done)(void *ctx, uint64_t lost, int error);
    void *ctx;
    struct timer look;
    int64_t limit;   /* ms without progress */
    int64_t since;   /* loop time of the last progress */
    int64_t heard;   /* loop time when the peer last sent */
    int64_t pause;   /* ms between looks */
    uint64_t unsent; /* with the kernel, that still would be lost */
    uint64_t kept;   /* by the layers */
    bool is_unix;
    bool is_dgram; /* what the kernel has of it goes out, whatever becomes of the socket */
    bool known;    /* what it is */
    bool shut;     /* our side is ended */
    bool talks;    /* the peer sends */
    bool ended;    /* it has ended, or failed */
};

struct port_more {
    char words[264]; /* why it failed; empty: errno says it all */
    void (*shaken)(struct port *, void *ctx, const struct err *e); /* port_handshake() */
    void *shaken_ctx;
    struct closing closing;
    const struct port_senders *senders; /* port_set_senders(); NULL: nobody knows them */
    void *senders_ctx;
    const struct port_user *user; /* port_set_user(); NULL: links */
    void *user_ctx;
};

/* Makes it, if there is none. */
struct port_more *port_more(struct port *p);

/* Goes on with handshakes. Returns true when links may be served. */
bool port_shake(struct port *p);

/* Something happened at a port that is closing. */
void port_go_on_closing(struct port *p);

/* The lowest layer whose handshake is unfinished; NULL: there is none. */
struct layer *port_shaking(const struct port *p);

/* Takes `l`, which is not the bottom, out of the stack; it is released when the turn ends. */
void layer_leave(struct layer *l);

/* Puts `l` below `above`, which is not the bottom. */
void layer_insert(struct layer *above, struct layer *l);

#endif
