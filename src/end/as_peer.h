/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * as_peer: the transport of an end that is itself the peer: a program, a file, descriptors at our prompt.
 */
#ifndef END_AS_PEER_H
#define END_AS_PEER_H

#include "end/end.h"
#include "net/transport.h"

struct as_peer {
    struct transport transport;
    const struct end_spec *spec;
    struct ends *ends;
};

/* Each connection of it is an end of `spec` that is opened. `spec` and `ends` outlive it, and it the nets and peers. Returns
 * the transport. */
const struct transport *as_peer_init(struct as_peer *a, const struct end_spec *spec, struct ends *ends);

#endif
