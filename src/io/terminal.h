/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * terminal: what a connection says of the terminals at its ends besides bytes, where one of its layers knows (telnet): how the
 * other side takes what is typed here, what it tells of its own terminal, and what it is told of ours.
 */
#ifndef IO_TERMINAL_H
#define IO_TERMINAL_H

#include <stdbool.h>

struct port;
struct terminal;

enum { TERMINAL_TYPE = 40 }; /* bytes of a type */

/* What the layer does for those above; each is optional. */
struct terminal_ops {
    void (*resize)(struct terminal *t, unsigned columns, unsigned rows);
    void (*host)(struct terminal *t, bool on);
};

/* A layer's own. */
struct terminal {
    const struct terminal_ops *ops;
    bool echoes;                  /* the other side shows what it is sent, or hides it */
    bool keys;                    /* it wants every key at once */
    unsigned columns, rows;       /* of theirs; 0: not known */
    char type[TERMINAL_TYPE + 1]; /* of theirs, fit for TERM; "": not known */
    void (*changed)(struct terminal *t,
                    void *ctx); /* one of these did; it closes nothing. NULL: nobody asks */
    void *ctx;
};

/* Who watches from now on, instead of who did; NULL: nobody. */
void terminal_watch(struct terminal *t, void (*changed)(struct terminal *t, void *ctx), void *ctx);

/* Our terminal has this size now. */
void terminal_resize(struct terminal *t, unsigned columns, unsigned rows);

/* From now on we show what is typed there, and want every key at once; or not. */
void terminal_host(struct terminal *t, bool on);

/* That of a port; NULL: none of its layers knows of such. */
struct terminal *port_terminal(const struct port *p);

#endif
