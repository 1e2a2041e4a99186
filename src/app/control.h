/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * control: what the commands of the prompt ask of a live connection, answered by net/.
 */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include <stddef.h>

#include "base/err.h"
#include "peer/peer.h"

/* As svc_control.sockopt: on each of the sockets of the peer, where it has several. */
int control_sockopt(void *ctx, struct peer *p, const char *text, char *value, size_t size, struct err *e);

#endif
