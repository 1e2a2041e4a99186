/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rows: the services, one file each. Private to svc/.
 */
#ifndef SVC_ROWS_H
#define SVC_ROWS_H

#include "svc/service.h"

extern const struct service service_stdio;
extern const struct service service_prompt;
extern const struct service service_echo;

#endif
