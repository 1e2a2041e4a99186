/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chat: what peers send goes to all others by whole lines, each behind the name of who said it.
 */
#ifndef SVC_CHAT_H
#define SVC_CHAT_H

#include "svc/circle.h"

struct chat_conf {
    struct circle_conf circle;
    const char *nick; /* our name, which chat_name_is_right(); NULL: the number 0 */
    bool crlf;        /* lines end with CR LF */
    bool plain;       /* there are no commands */
};

/* Its conf is a struct chat_conf. */
extern const struct relay_kind relay_chat;

/* The same. */
extern const struct service service_chat;

#endif
