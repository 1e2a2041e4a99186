/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_given: sockets that we were started with: --listen-fd, --inetd, and what a service manager leaves (sd_listen_fds(3)).
 */
#ifndef APP_CONF_GIVEN_H
#define APP_CONF_GIVEN_H

#include "app/options.h"
#include "net/transport.h"

struct given_conf {
    struct option_texts fds; /* --listen-fd */
    bool inetd;
    bool mixed;      /* derived: some are UNIX sockets, others not */
    bool connection; /* derived: there is one peer, and it is here */
};

/* Fills net->given where there are such sockets, and adds to `traits` what they are. `manager`: no address is given, so that a
 * service manager's are meant if there are any. Its variables leave the environment. Returns 0, or -1 with `e`. */
int given_conf_read(struct given_conf *g, struct net_conf *net, bool manager, uint64_t *traits,
                    struct err *e);
void given_conf_clear(struct given_conf *g, struct net_conf *net);

#endif
