/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * remote: what a connection says of the terminals at its ends besides bytes, where one of its layers knows (telnet): how the
 * other side takes what is typed here, what it tells of its own terminal, and what it is told of ours.
 */
#ifndef IO_REMOTE_H
#define IO_REMOTE_H

#include <stdbool.h>

struct port;
struct remote;

enum { REMOTE_TYPE = 40 }; /* bytes of a type */

/* What the layer does for those above; each is optional. */
struct remote_ops {
    void (*resize)(struct remote *t, unsigned columns, unsigned rows);
    void (*host)(struct remote *t, bool on);
};

/* A layer's own. */
struct remote {
    const struct remote_ops *ops;
    bool echoes;                                  /* the other side shows what it is sent, or hides it */
    bool keys;                                    /* it wants every key at once */
    unsigned columns, rows;                       /* of theirs; 0: not known */
    char type[REMOTE_TYPE + 1];                   /* of theirs, fit for TERM; "": not known */
    void (*changed)(struct remote *t, void *ctx); /* one of these did; it closes nothing. NULL: nobody asks */
    void *ctx;
};

/* Who watches from now on, instead of who did; NULL: nobody. */
void remote_watch(struct remote *t, void (*changed)(struct remote *t, void *ctx), void *ctx);

/* Our terminal has this size now. */
void remote_resize(struct remote *t, unsigned columns, unsigned rows);

/* From now on we show what is typed there, and want every key at once; or not. */
void remote_host(struct remote *t, bool on);

/* That of a port; NULL: none of its layers knows of such. */
struct remote *port_remote(const struct port *p);

#endif
