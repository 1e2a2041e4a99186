/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * transport: the rows of the registry in net.c, one for each way to come by a peer. Private to net/.
 *
 * A row's open() must leave nothing behind when it fails; its close() is called exactly once after it
 * succeeded. Events are sent from the loop, and any of them may close the net: touch nothing of it afterwards
 * without asking.
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "net/net.h"

extern const struct transport net_connect, net_listen, net_udp, net_udp_listen, net_udp_connected, net_self;

#endif
