/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * refusals: which addresses have refused datagrams and were told of, so that each is told once until it works again.
 *
 * An address works again when it is heard, or when two datagrams in a row were sent there and none came back refused:
 * one may be on its way still.
 */
#ifndef IO_REFUSALS_H
#define IO_REFUSALS_H

#include <stdbool.h>

#include "base/addr.h"

struct refusal {
    struct addr who;
    int error;
    unsigned sent; /* datagrams since it refused the last */
};

/* Zeroed: nobody has refused anything. */
struct refusals {
    struct refusal *list; /* NULL: none so far */
    unsigned count, next; /* of more than there is room for, the oldest is forgotten */
};

/* `who` refused a datagram with this errno. Returns true when that is news. */
bool refusals_add(struct refusals *r, const struct addr *who, int error);

/* A datagram was sent to `who`, or came from there. */
void refusals_sent(struct refusals *r, const struct addr *who);
void refusals_del(struct refusals *r, const struct addr *who);

void refusals_clear(struct refusals *r);

#endif
