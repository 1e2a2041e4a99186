/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls_late: TLS on connections that we made and that are there already, when it is asked for. It is made ready, and the
 * library loaded, for the first of them.
 */
#ifndef APP_TLS_LATE_H
#define APP_TLS_LATE_H

#include "layer/tls.h"

struct peer;

/* Zeroed at first. */
struct tls_late {
    struct tls_conf conf;
    struct tls *made; /* NULL: not yet */
};

/* Begins TLS with `p`, to which we connected. The name that its certificate is to be for is
 * `name`, else that of `given`, else `host`; NULL: none. The handshake has `limit` ms, or a minute when that is 0; when it fails,
 * the connection has failed. Returns 0, and how it ends is told by the log and by the port; or -1
 * with `e`: nothing has happened. */
int tls_late_begin(struct tls_late *l, const struct tls_conf *given, struct peer *p, const char *host,
                   const char *name, int64_t limit, struct err *e);

/* All connections must be gone. */
void tls_late_clear(struct tls_late *l);

#endif
