/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * access_set: one list of net/access.h, as it is written and as it is asked. Private to net/access.
 */
#ifndef NET_ACCESS_SET_H
#define NET_ACCESS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addrset.h"
#include "base/err.h"

/* What is known of who comes, and so what entries may be. */
enum access_kind { ACCESS_IP = 1, ACCESS_OWNER = 2 };

/* As it is written. */
struct access_words {
    char **entries, **files;
    size_t nentries, nfiles;
};

void access_words_add(struct access_words *w, const char *entry, size_t n);
void access_words_add_file(struct access_words *w, const char *path);

/* Takes back the last entry of these words. False when there is none. */
bool access_words_del(struct access_words *w, const char *entry, size_t n);
void access_words_copy(struct access_words *to, const struct access_words *from);
void access_words_clear(struct access_words *w);

/* Sorted numbers of users or groups. */
struct access_ids {
    uint32_t *list;
    size_t n;
};

/* A name that is to be looked up. */
struct access_name {
    char *name, *where; /* `where` stands before errors; NULL: nothing does */
    int bits;
};

/* As it is asked. All zero: there is no such list. */
struct access_set {
    struct addrset ips;
    struct access_ids uids, gids;
    bool given;                /* there is a list, though it may be empty */
    size_t *sizes;             /* entries of each file */
    struct access_name *names; /* not looked up yet */
    size_t nnames;
};

/* Reads the entries and files of `w`. Names are left in `names`. Returns 0, or -1 with `e`. `again`: it is not the first time,
 * and nothing is to be waited for. */
int access_set_read(struct access_set *s, const struct access_words *w, unsigned kinds, bool again,
                    struct err *e);

/* Adds what a name stands for. Returns 0, or -1 with `e`. */
int access_set_name(struct access_set *s, const struct access_name *name, const struct addr *list, int n,
                    struct err *e);

/* Makes it ready to be asked. */
void access_set_seal(struct access_set *s);

bool access_ids_have(const struct access_ids *ids, uint32_t id);
void access_set_clear(struct access_set *s);

#endif
