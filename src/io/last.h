/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * last: the end of what comes through a descriptor that others may keep open.
 */
#ifndef IO_LAST_H
#define IO_LAST_H

#include "io/port.h"

/* What is there now is the last that the port gives; then it ends. It need not have any descriptor but its own. */
void last_set(struct port *p);

#endif
