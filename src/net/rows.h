/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rows: the transports, one for each way to come by a peer. Private to net/.
 *
 * A row's open() must leave nothing behind when it fails; its close() is called exactly once after it
 * succeeded. Events are sent from the loop, and any of them may close the net: touch nothing of it afterwards
 * without asking.
 */
#ifndef NET_ROWS_H
#define NET_ROWS_H

#include "net/transport.h"

extern const struct transport net_connect, net_listen, net_udp, net_udp_listen, net_udp_first, net_udp_each,
    net_udp_connected, net_udp_relayed, net_self, net_given;

#endif
