/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * join: each peer is joined to an end of its own (end/end.h), by two links.
 */
#ifndef SVC_JOIN_H
#define SVC_JOIN_H

#include "end/end.h"
#include "svc/service.h"

struct join_conf {
    struct end_spec end;
    bool crlf; /* what comes from it goes to the peer with CRLF for LF */
    int64_t
        linger; /* ms of silence after which it is over with datagrams, when the other direction has ended */
};

extern const struct service service_join;

/* For who joins peers one by one (console/watch.c), with service_join started for that. */

/* As its attach, with an end of the peer's own; `spec` outlives the pair. Told by host.joined(), then host.finished(). */
void join_open(struct svc *s, struct peer *p, const struct end_spec *spec);

/* The peer has left: what it sent is delivered, and then the pair is finished, which may be at once. */
void join_leave(struct peer *p);

/* Finishes it now; the end is closed, or reset. */
void join_close(struct peer *p, bool reset);

/* The connection that the end is, NULL where it is none or not there yet; and what it is called. Returns `text` or a
 * text that stays. */
struct peer *join_end(const struct peer *p);
const char *join_end_name(const struct peer *p, char text[static ADDR_TEXT]);

/* What goes to the end, and what comes from it; NULL: there is none. */
struct link *join_in(const struct peer *p);
struct link *join_out(const struct peer *p);

#endif
