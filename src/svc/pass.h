/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pass: the peer's socket is given to whoever has the other side of standard output.
 */
#ifndef SVC_PASS_H
#define SVC_PASS_H

#include "svc/service.h"

/* It has no conf. */
extern const struct service service_pass;

#endif
