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

#endif
