/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * port_more: what only few ports have, and what the files that make a port need of each other. Private to io/.
 */
#ifndef IO_PORT_MORE_H
#define IO_PORT_MORE_H

#include <stdbool.h>

#include "base/err.h"

struct layer;
struct port;

struct port_more {
    char words[200]; /* why it failed; empty: errno says it all */
    void (*shaken)(struct port *, void *ctx, const struct err *e); /* port_handshake() */
    void *shaken_ctx;
};

/* Makes it, if there is none. */
struct port_more *port_more(struct port *p);

/* Goes on with handshakes. Returns true when links may be served. */
bool port_shake(struct port *p);

/* The lowest layer whose handshake is unfinished; NULL: there is none. */
struct layer *port_shaking(const struct port *p);

/* Takes `l`, which is not the bottom, out of the stack; it is released when the turn ends. */
void layer_leave(struct layer *l);

/* Puts `l` below `above`, which is not the bottom. */
void layer_insert(struct layer *above, struct layer *l);

#endif
