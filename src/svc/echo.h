/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * echo: what a peer sends goes back to it (RFC 862).
 */
#ifndef SVC_ECHO_H
#define SVC_ECHO_H

#include "svc/service.h"

/* It has no conf. */
extern const struct service service_echo;

#endif
