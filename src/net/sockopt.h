/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sockopt: socket options by name. One table: name, level, number, type, when to set, what it does.
 */
#ifndef NET_SOCKOPT_H
#define NET_SOCKOPT_H

#include <stddef.h>

#include "base/err.h"

/* When an option must be set for it to have its effect. */
enum sockopt_phase {
    SOCKOPT_CREATED,   /* before bind(2), listen(2) and connect(2) */
    SOCKOPT_CONNECTED, /* on the connected socket */
};

/* Checks each text (NAME, NAME=VALUE, NAME?) against the table: the name, the value's syntax and range.
 * Returns 0, or -1 with `e` naming the option and near misses. */
int sockopt_check(const char *const *texts, size_t n, struct err *e);

/* Applies those of `texts` that belong to `phase` to the socket `fd`, in order; "NAME?" is answered on a
 * LOG_NOTICE line "sockopt NAME=VALUE" in the connected phase. An option for TCP is refused on a UDP socket,
 * and so on. Returns 0 or -1 with `e`. */
int sockopt_apply(int fd, enum sockopt_phase phase, const char *const *texts, size_t n, struct err *e);

/* Sets one (text NAME or NAME=VALUE), or formats the effective value of NAME into `value`. For the prompt.
 * Returns 0 or -1 with `e`. */
int sockopt_set(int fd, const char *text, struct err *e);
int sockopt_get(int fd, const char *name, char *value, size_t size, struct err *e);

/* Row `i` for listings and completion: its name, argument ("N", "on|off", "SIZE"...) and help; NULL past the
 * end. */
const char *sockopt_row(size_t i, const char **arg, const char **help);

#endif
