/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dress: from a connected socket to a peer: options are set, layers put on, and their handshakes made, within a time.
 * Private to net/.
 *
 * A dresser belongs to a transport and serves all its connections. Where nothing is to be put on, the peer is there at
 * once.
 */
#ifndef NET_DRESS_H
#define NET_DRESS_H

#include <stdint.h>

#include "base/list.h"
#include "net/transport.h"

struct dresser {
    struct net *net;
    int type;         /* SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM */
    bool shared;      /* others have the sockets, too: they stay as they are, blocking or not */
    bool client;      /* we speak first */
    const char *what; /* begins error texts: "connect to" */
    /* How it ended; each may close the net. */
    void (*up)(struct dresser *d, struct peer *p);
    void (*failed)(struct dresser *d, const struct err *e);

    struct list dressing; /* the rest is its own */
    unsigned count;       /* connections that are being dressed */
};

/* `d` zeroed but for what is not its own. */
void dresser_init(struct dresser *d);

/* Gives up what is being dressed, without a word. */
void dresser_clear(struct dresser *d);

/* Gives up the oldest of those that come from where `who` is, as many as leave fewer than `most` (1 or more) of them. */
void dresser_limit(struct dresser *d, const struct addr *who, unsigned most);

/* Gives up the oldest, if it has been dressed for `age` ms or longer. Returns false: there is none such. */
bool dresser_give_way(struct dresser *d, int64_t age);

/* Takes a connected socket, whose other end is `remote` where the kernel tells none, and whose own address is `local`; NULL or
 * len 0: that is to be asked for. up() or failed() follows, maybe before
 * it returns. `limit` ms are given for handshakes; 0: a minute, so that nobody is waited for without end. */
void dress(struct dresser *d, int fd, const struct addr *local, const struct addr *remote, int64_t limit);

/* The connection was told before its handshakes (conf->tells_early). */
bool dress_told(const struct dresser *d);

/* The same of a port that is there already, which is taken. */
void dress_port(struct dresser *d, struct port *port, const struct addr *local, const struct addr *remote,
                int64_t limit);

#endif
