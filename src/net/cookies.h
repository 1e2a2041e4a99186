/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cookies: what a listener of DTLS gives who says hello, and wants to see again before it keeps anything of them: so they are
 * where they say they are. Private to net/.
 *
 * Nothing is kept: a cookie is made of the sender's address, of what its hello says, and of the time, with a secret of the run.
 */
#ifndef NET_COOKIES_H
#define NET_COOKIES_H

#include "base/siphash.h"
#include "io/callers.h"

struct cookies {
    struct siphash_key secret[2];
};

/* Returns 0, or -1 with `e`: the system has no randomness. */
int cookies_init(struct cookies *c, struct err *e);

/* What becomes of a datagram that came at `now` (ms of the loop). A hello of who has a port begins anew, once it has its
 * cookie, but for one that is repeated. */
enum callers_pass cookies_look(const struct cookies *c, struct callers_look *look, int64_t now);

#endif
