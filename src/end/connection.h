/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * connection: what the ends that are connections have in common. Private to end/.
 */
#ifndef END_CONNECTION_H
#define END_CONNECTION_H

#include <sys/socket.h>

#include "end/end.h"

/* As the hooks of struct end_kind, whose `type` and `family` say what is connected. */
int connection_open(struct end *e, struct peer *peer, struct err *why);
void connection_close(struct end *e, bool reset);

/* The end's own peer goes, if it is there. */
void connection_part(struct end *e, bool reset);

/* HOST:PORT with a port that exists. */
int connection_parse_port(struct end_spec *spec, const char *rest, struct err *e);

/* There is such a port, by number or name, for sockets of this type. */
bool connection_is_port(const char *text, int type);

/* A path (or @name) that a UNIX socket can have. */
int connection_parse_path(struct end_spec *spec, const char *path, struct err *e);

#endif
