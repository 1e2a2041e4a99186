/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * greeting: a file that is sent to each peer before its service has it.
 *
 * Until all of it is sent the peer is not read: the kernel keeps what it says. The file is opened for each peer anew, so that
 * each is at its own place in it, and what is changed counts from the next peer on.
 */
#ifndef SVC_GREETING_H
#define SVC_GREETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/link.h"
#include "peer/peer.h"

struct greeting_conf {
    const char *path; /* NULL: there is none */
    size_t size;      /* of the datagrams it becomes; 0: any */
    bool ends;        /* it is all that we say: our direction ends with it */
};

/* Opens such a file, which must be a regular one. Returns a descriptor and its size in bytes, or -1 with `e`. */
int greeting_open(const char *path, uint64_t *size, struct err *e);

/* Begins; peer->greeting is set until greeting_free(). `done` is called from the loop, never from within this, with NULL or why
 * it failed, which greeting_free() frees. `conf` must outlive it. */
void greeting_start(const struct greeting_conf *conf, struct peer *p, struct link_pool *pool,
                    void (*done)(void *ctx, struct peer *p, const struct err *e), void *ctx);

/* Ends it in whatever state. `tell`: that it was not sent whole, if so. */
void greeting_free(struct peer *p, bool tell);

#endif
