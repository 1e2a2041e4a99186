/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * services: the registry of services, and which part of the command line each is given.
 */
#ifndef APP_SERVICES_H
#define APP_SERVICES_H

#include "app/conf.h"

/* Service `i`, or NULL past the end. */
const struct service *services_row(size_t i);

/* What `c` says for c->service, as svc->conf; NULL: it takes nothing. */
const void *services_conf(const struct conf *c);

#endif
