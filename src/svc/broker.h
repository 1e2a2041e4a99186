/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * broker: what a peer sends goes to all others, as it is.
 */
#ifndef SVC_BROKER_H
#define SVC_BROKER_H

#include "svc/relay.h"

extern const struct relay_kind relay_broker;

/* Its conf is a struct circle_conf (svc/circle.h). */
extern const struct service service_broker;

#endif
