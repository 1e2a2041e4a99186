/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proxy: what the ends that peers ask for themselves are told by: who may ask, and for whom.
 */
#ifndef END_PROXY_H
#define END_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/siphash.h"
#include "net/access.h"

/* All zero: everybody may ask for everybody, but as `listed` says. */
struct end_proxy_conf {
    const char *user, *password; /* user NULL: nobody logs in */
    /* As in struct serve. */
    int (*hash)(const char *name, const void *data, size_t n, unsigned char *out);
    struct siphash_key seal;
    bool no_chunks;         /* requests of HTTP are to say how long they are */
    struct access *targets; /* whom for; NULL: no list says */
    /* What may be asked for is listed: else no link-local or multicast address may, and a loopback address by who comes from
     * this machine alone. */
    bool listed;
};

#endif
