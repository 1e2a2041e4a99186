/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * access: who may come: a list of those that may, and one of those that may not.
 *
 * Nobody of the second may, and where there is a first nobody else. An entry is an IP address, a prefix or pattern of such
 * (base/addrset.h), the name of a host, which stands for all addresses that it has when the list is read, or, of who comes to a
 * UNIX socket, uid:NAME or gid:NAME. Lists are given as texts, and as files that are read again when asked for.
 */
#ifndef NET_ACCESS_H
#define NET_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"
#include "loop/loop.h"
#include "net/access_set.h"

enum access_side { ACCESS_ALLOW, ACCESS_DENY, ACCESS_SIDES };

struct access_opts {
    unsigned kinds; /* enum access_kind: what entries may be */
    int family;     /* of the addresses of names: AF_UNSPEC, AF_INET, AF_INET6 */
    bool numeric;   /* names are not looked up */
};

struct access;

/* New lists, without an entry: everybody may come. */
struct access *access_new(const struct access_opts *opts);

/* Looks up no more: before the loop is freed. NULL is fine. */
void access_stop(struct access *a);

/* NULL is fine. */
void access_free(struct access *a);

/* Adds entries, set apart by commas, or a file of them. They count after access_load(). The first returns how many. */
size_t access_add(struct access *a, enum access_side side, const char *list);
void access_add_file(struct access *a, enum access_side side, const char *path);

/* Reads and looks up all there is, and waits for it: before the loop runs. Returns 0, or -1 with `e`. */
int access_load(struct access *a, struct err *e);

/* The same again, without waiting. How it ended is a line of the log; who was let in stays, and after an error so do the lists. */
void access_reload(struct access *a, struct loop *loop);

/* Adds entries, or takes those back that stand behind a `-`. What has names counts when they are looked up, as with
 * access_reload(). Returns 0, or -1 with `e` and nothing changed. */
int access_edit(struct access *a, enum access_side side, const char *list, struct loop *loop, struct err *e);

/* Entry `i` of a list, those of a file in one: "10.0.0.0/8", "FILE (12 entries)". False past the end. */
bool access_row(const struct access *a, enum access_side side, size_t i, char *text, size_t size);

/* Whether this address may come. NULL for `a`: everybody may. */
bool access_admits(const struct access *a, const struct addr *who);

/* The same of who is connected to `fd`: of UNIX sockets the owner counts (SO_PEERCRED, SO_PEERGROUPS; unix(7)). */
bool access_admits_socket(const struct access *a, int fd, const struct addr *who);

#endif
