/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/access.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/access_set.h"
#include "net/resolve_ahead.h"

/* What is in force, or is to be. */
struct lists {
    struct access_words words[ACCESS_SIDES];
    struct access_set sets[ACCESS_SIDES];
};

struct access {
    struct access_opts opts;
    struct lists now;
    struct lists *next; /* whose names are being looked up; NULL: none */
    size_t asked;       /* the name of `next`, of both sides, that is asked for */
    struct resolve_ahead *question;
    struct loop *loop;
    bool again; /* all is to be read once more after that */
};

static void clear_lists(struct lists *l)
{
    for (int i = 0; i < ACCESS_SIDES; i++) {
        access_words_clear(&l->words[i]);
        access_set_clear(&l->sets[i]);
    }
}

struct access *access_new(const struct access_opts *opts)
{
    struct access *a = mem_alloc(sizeof *a);

    a->opts = *opts;
    return a;
}

static void drop_next(struct access *a)
{
    resolve_abandon(a->question);
    a->question = NULL;
    if (a->next != NULL)
        clear_lists(a->next);
    free(a->next);
    a->next = NULL;
}

void access_stop(struct access *a)
{
    if (a != NULL)
        drop_next(a);
}

void access_free(struct access *a)
{
    if (a == NULL)
        return;
    drop_next(a);
    clear_lists(&a->now);
    free(a);
}

size_t access_add(struct access *a, enum access_side side, const char *list)
{
    const size_t before = a->now.words[side].nentries;

    for (size_t n; *list != '\0'; list += n + (list[n] == ',')) {
        n = strcspn(list, ",");
        if (n > 0)
            access_words_add(&a->now.words[side], list, n);
    }
    return a->now.words[side].nentries - before;
}

void access_add_file(struct access *a, enum access_side side, const char *path)
{
    access_words_add_file(&a->now.words[side], path);
}

static int read_lists(const struct access *a, struct lists *l, bool again, struct err *e)
{
    for (int i = 0; i < ACCESS_SIDES; i++) {
        if (access_set_read(&l->sets[i], &l->words[i], a->opts.kinds, again, e) < 0)
            return -1;
    }
    return 0;
}

/* Name `i` of both sides, and whose it is; NULL past the end. */
static const struct access_name *name_of(const struct lists *l, size_t i, enum access_side *side)
{
    for (*side = 0; *side < ACCESS_SIDES; (*side)++) {
        if (i < l->sets[*side].nnames)
            return &l->sets[*side].names[i];
        i -= l->sets[*side].nnames;
    }
    return NULL;
}

static struct resolve_opts resolve_opts_of(const struct access *a)
{
    return (struct resolve_opts){
        .family = a->opts.family, .socktype = SOCK_STREAM, .numeric = a->opts.numeric};
}

/* Adds what came of looking a name up, and frees it. */
static int take_answer(struct access_set *s, const struct access_name *name, struct addr *list, int n,
                       struct err *e)
{
    int r = access_set_name(s, name, list, n, e);

    free(list);
    return r;
}

static void seal_lists(struct lists *l)
{
    for (int i = 0; i < ACCESS_SIDES; i++)
        access_set_seal(&l->sets[i]);
}

int access_load(struct access *a, struct err *e)
{
    const struct resolve_opts opts = resolve_opts_of(a);
    const struct access_name *name;
    enum access_side side;

    if (read_lists(a, &a->now, false, e) < 0)
        return -1;
    for (size_t i = 0; (name = name_of(&a->now, i, &side)) != NULL; i++) {
        struct addr *list;
        int n = resolve(name->name, NULL, &opts, &list, e);

        if (take_answer(&a->now.sets[side], name, list, n, e) < 0)
            return -1;
    }
    seal_lists(&a->now);
    return 0;
}

/* Without waiting */

static void tell_kept(const struct err *why)
{
    log_error("%s; who may come stays as it was", why->text);
}

static void use_next(struct access *a)
{
    struct lists *next = a->next;

    a->next = NULL;
    seal_lists(next);
    clear_lists(&a->now);
    a->now = *next;
    free(next);
    log_info("who may come was read");
}

static void ask_next_name(struct access *a);

static void go_on(struct access *a)
{
    if (!a->again)
        return;
    a->again = false;
    access_reload(a, a->loop);
}

static void name_answered(void *ctx, struct addr *list, int n, const struct err *e)
{
    struct access *a = ctx;
    enum access_side side = ACCESS_ALLOW;
    const struct access_name *name = name_of(a->next, a->asked, &side);
    struct err why = *e;

    a->question = NULL;
    if (take_answer(&a->next->sets[side], name, list, n, &why) < 0) {
        tell_kept(&why);
        drop_next(a);
        go_on(a);
        return;
    }
    a->asked++;
    ask_next_name(a);
}

/* Or, after the last, is done. */
static void ask_next_name(struct access *a)
{
    const struct resolve_opts opts = resolve_opts_of(a);
    enum access_side side;
    const struct access_name *name = name_of(a->next, a->asked, &side);
    struct err e;

    if (name != NULL) {
        a->question = resolve_ahead(a->loop, name->name, NULL, &opts, name_answered, a, &e);
        if (a->question != NULL)
            return;
        tell_kept(&e);
        drop_next(a);
    } else {
        use_next(a);
    }
    go_on(a);
}

/* Takes `next`, whose words are set. Returns 0, or -1 with `e`. */
static int begin_next(struct access *a, struct lists *next, struct loop *loop, struct err *e)
{
    a->next = next;
    a->loop = loop;
    a->asked = 0;
    if (read_lists(a, next, true, e) < 0) {
        drop_next(a);
        return -1;
    }
    ask_next_name(a);
    return 0;
}

static struct lists *copy_words(const struct access *a)
{
    struct lists *copy = mem_alloc(sizeof *copy);

    for (int i = 0; i < ACCESS_SIDES; i++)
        access_words_copy(&copy->words[i], &a->now.words[i]);
    return copy;
}

void access_reload(struct access *a, struct loop *loop)
{
    struct err e;

    a->again = a->next != NULL;
    if (!a->again && begin_next(a, copy_words(a), loop, &e) < 0)
        tell_kept(&e);
}

/* One entry of what was typed. */
static int edit_words(struct access_words *w, const char *entry, size_t n, struct err *e)
{
    if (entry[0] != '-') {
        access_words_add(w, entry, n);
        return 0;
    }
    if (access_words_del(w, entry + 1, n - 1))
        return 0;
    return err_set(e, STATUS_LOCAL, "there is no entry '%.*s'", (int)(n < 64 ? n : 64) - 1, entry + 1);
}

int access_edit(struct access *a, enum access_side side, const char *list, struct loop *loop, struct err *e)
{
    struct lists *next;

    if (a->next != NULL)
        return err_set(e, STATUS_LOCAL, "names are still being looked up");
    next = copy_words(a);
    for (size_t n; *list != '\0'; list += n + (list[n] == ',')) {
        n = strcspn(list, ",");
        if (n > 0 && edit_words(&next->words[side], list, n, e) < 0) {
            clear_lists(next);
            free(next);
            return -1;
        }
    }
    return begin_next(a, next, loop, e);
}

bool access_row(const struct access *a, enum access_side side, size_t i, char *text, size_t size)
{
    const struct access_words *w = &a->now.words[side];

    if (i < w->nentries) {
        snprintf(text, size, "%s", w->entries[i]);
        return true;
    }
    i -= w->nentries;
    if (i < w->nfiles)
        snprintf(text, size, "%s (%zu entries)", w->files[i], a->now.sets[side].sizes[i]);
    return i < w->nfiles;
}

/* Asking */

bool access_admits(const struct access *a, const struct addr *who)
{
    if (a == NULL)
        return true;
    if (addrset_has(&a->now.sets[ACCESS_DENY].ips, who))
        return false;
    return !a->now.sets[ACCESS_ALLOW].given || addrset_has(&a->now.sets[ACCESS_ALLOW].ips, who);
}

/* Who made the connection, and the groups that it was in. */
struct owner {
    uid_t uid;
    gid_t *groups; /* to be freed; room for one more */
    size_t n;
};

/* The kernel says how much room it wants. Where it does not know, there are none. */
static void ask_groups(int fd, struct owner *o)
{
    socklen_t len = 0;
    int r;

    do {
        o->groups = mem_resize(o->groups, len + sizeof *o->groups);
        r = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, o->groups, &len);
    } while (r < 0 && errno == ERANGE);
    o->n = r == 0 ? len / sizeof *o->groups : 0;
}

static bool ask_owner(int fd, struct owner *o)
{
    struct ucred cred;
    socklen_t len = sizeof cred;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
        return false;
    ask_groups(fd, o);
    o->uid = cred.uid;
    o->groups[o->n++] = cred.gid;
    return true;
}

static bool set_has_owner(const struct access_set *s, const struct owner *o)
{
    if (access_ids_have(&s->uids, o->uid))
        return true;
    for (size_t i = 0; i < o->n; i++) {
        if (access_ids_have(&s->gids, o->groups[i]))
            return true;
    }
    return false;
}

/* Whose owner is not known is let in by no list. */
static bool admits_owner(const struct access *a, int fd)
{
    struct owner o = {0};
    bool admits;

    if (!a->now.sets[ACCESS_ALLOW].given && !a->now.sets[ACCESS_DENY].given)
        return true;
    if (!ask_owner(fd, &o))
        return false;
    admits = !set_has_owner(&a->now.sets[ACCESS_DENY], &o) &&
             (!a->now.sets[ACCESS_ALLOW].given || set_has_owner(&a->now.sets[ACCESS_ALLOW], &o));
    free(o.groups);
    return admits;
}

bool access_admits_socket(const struct access *a, int fd, const struct addr *who)
{
    const int family = addr_family(who);

    if (a == NULL || family == AF_INET || family == AF_INET6)
        return access_admits(a, who);
    return admits_owner(a, fd);
}
