/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * connection: what the ends that are connections have in common. Private to end/.
 */
#ifndef END_CONNECTION_H
#define END_CONNECTION_H

#include "end/end.h"

/* As the hooks of struct end_kind; a UNIX path where spec->port is NULL. */
int connection_open(struct end *e, bool seqpacket, struct err *why);
void connection_close(struct end *e, bool reset);

/* A path (or @name) that a UNIX socket can have. */
int connection_parse_path(struct end_spec *spec, const char *path, struct err *e);

#endif
