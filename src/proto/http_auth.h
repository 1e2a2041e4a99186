/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http_auth: what stands in the fields that ask for a login and that give one (RFC 9110, 11.2): words, and NAME=VALUE.
 */
#ifndef PROTO_HTTP_AUTH_H
#define PROTO_HTTP_AUTH_H

#include "proto/http.h"

/* Cuts the next off a list: a parameter, or a scheme, whose value is at NULL. What stands in quotes is given as it stands there.
 * False at the end. */
bool http_auth_next(struct http_text *list, struct http_text *name, struct http_text *value);

#endif
