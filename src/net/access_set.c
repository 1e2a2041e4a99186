/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/access_set.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"

/* As it is written */

static void add_text(char ***list, size_t *count, const char *text, size_t n)
{
    *list = mem_resize(*list, (*count + 1) * sizeof **list);
    (*list)[(*count)++] = mem_strndup(text, n);
}

void access_words_add(struct access_words *w, const char *entry, size_t n)
{
    add_text(&w->entries, &w->nentries, entry, n);
}

void access_words_add_file(struct access_words *w, const char *path)
{
    add_text(&w->files, &w->nfiles, path, strlen(path));
}

bool access_words_del(struct access_words *w, const char *entry, size_t n)
{
    for (size_t i = w->nentries; i-- > 0;) {
        if (strlen(w->entries[i]) != n || memcmp(w->entries[i], entry, n) != 0)
            continue;
        free(w->entries[i]);
        w->nentries--;
        memmove(&w->entries[i], &w->entries[i + 1], (w->nentries - i) * sizeof *w->entries);
        return true;
    }
    return false;
}

void access_words_copy(struct access_words *to, const struct access_words *from)
{
    *to = (struct access_words){0};
    for (size_t i = 0; i < from->nentries; i++)
        access_words_add(to, from->entries[i], strlen(from->entries[i]));
    for (size_t i = 0; i < from->nfiles; i++)
        access_words_add_file(to, from->files[i]);
}

void access_words_clear(struct access_words *w)
{
    for (size_t i = 0; i < w->nentries; i++)
        free(w->entries[i]);
    for (size_t i = 0; i < w->nfiles; i++)
        free(w->files[i]);
    free(w->entries);
    free(w->files);
    *w = (struct access_words){0};
}

/* As it is asked */

static void add_id(struct access_ids *ids, uint32_t id)
{
    ids->list = mem_resize(ids->list, (ids->n + 1) * sizeof *ids->list);
    ids->list[ids->n++] = id;
}

static int compare_ids(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

bool access_ids_have(const struct access_ids *ids, uint32_t id)
{
    return ids->n > 0 && bsearch(&id, ids->list, ids->n, sizeof id, compare_ids) != NULL;
}

/* uid:NAME or gid:NAME, of `user` or not. `name` may be a number. */
static int add_owner(struct access_set *s, bool user, const char *name, struct err *e)
{
    const struct passwd *pw = NULL;
    const struct group *gr = NULL;
    int64_t id;

    if (isdigit((unsigned char)name[0]) && num_parse(name, 0, UINT32_MAX - 1, &id) == 0) {
        add_id(user ? &s->uids : &s->gids, (uint32_t)id);
        return 0;
    }
    if (user)
        pw = getpwnam(name);
    else
        gr = getgrnam(name);
    if (pw == NULL && gr == NULL)
        return err_set(e, STATUS_LOCAL, "there is no %s '%.64s'", user ? "user" : "group", name);
    add_id(user ? &s->uids : &s->gids, pw != NULL ? pw->pw_uid : gr->gr_gid);
    return 0;
}

static void add_name(struct access_set *s, const char *name, size_t n, int bits, const char *where)
{
    s->names = mem_resize(s->names, (s->nnames + 1) * sizeof *s->names);
    s->names[s->nnames++] = (struct access_name){
        .name = mem_strndup(name, n), .where = where != NULL ? mem_strdup(where) : NULL, .bits = bits};
}

static int add_ip(struct access_set *s, const char *text, const char *where, struct err *e)
{
    size_t name;
    int bits, r = addrset_add_text(&s->ips, text, &bits, &name, e);

    if (r > 0)
        add_name(s, text, name, bits, where);
    return r < 0 ? -1 : 0;
}

static int refuse_kind(const char *text, unsigned kinds, struct err *e)
{
    if (kinds == ACCESS_IP)
        return err_set(e, STATUS_LOCAL, "'%.64s': only who comes to a UNIX socket has an owner", text);
    if (kinds == ACCESS_OWNER)
        return err_set(e, STATUS_LOCAL, "'%.64s': of who comes to a UNIX socket only uid: and gid: are known",
                       text);
    return err_set(e, STATUS_LOCAL, "'%.64s': nothing is known of who sends here", text);
}

static int add_entry(struct access_set *s, const char *text, unsigned kinds, const char *where, struct err *e)
{
    const bool user = strncmp(text, "uid:", 4) == 0, owner = user || strncmp(text, "gid:", 4) == 0;

    if ((kinds & (owner ? ACCESS_OWNER : ACCESS_IP)) == 0)
        return refuse_kind(text, kinds, e);
    return owner ? add_owner(s, user, text + 4, e) : add_ip(s, text, where, e);
}

/* Puts where it stands before what is wrong. Returns -1. */
static int fail_at(const char *where, struct err *e)
{
    const struct err why = *e;

    return err_set(e, why.status, "%.120s: %s", where, why.text);
}

/* The words of a line, up to a comment. Returns how many, or -1 with `e`. */
static long read_line(struct access_set *s, char *line, unsigned kinds, const char *where, struct err *e)
{
    char *rest = line, *word;
    long count = 0;

    line[strcspn(line, "#")] = '\0';
    while ((word = strtok_r(rest, " \t\r\n\v\f", &rest)) != NULL) {
        if (add_entry(s, word, kinds, where, e) < 0)
            return fail_at(where, e);
        count++;
    }
    return count;
}

static int read_lines(struct access_set *s, FILE *f, const char *path, size_t *count, unsigned kinds,
                      struct err *e)
{
    char *line = NULL, where[160];
    size_t room = 0;
    long n = 0;

    for (unsigned long number = 1; n >= 0 && getline(&line, &room, f) >= 0; number++) {
        snprintf(where, sizeof where, "%.120s:%lu", path, number);
        n = read_line(s, line, kinds, where, e);
        *count += n > 0 ? (size_t)n : 0;
    }
    free(line);
    return n < 0 ? -1 : ferror(f) ? err_sys(e, STATUS_LOCAL, errno, "%s", path) : 0;
}

/* What has no end to be read a second time (a pipe) would be empty then. */
static FILE *open_list(const char *path, bool again, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (again ? O_NONBLOCK : 0));
    struct stat st;
    FILE *f;

    if (fd >= 0 && again && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
        close(fd);
        err_set(e, STATUS_LOCAL, "%s: what is no regular file is not read again", path);
        return NULL;
    }
    f = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (f != NULL)
        return f;
    err_sys(e, STATUS_LOCAL, errno, "%s", path);
    if (fd >= 0)
        close(fd);
    return NULL;
}

static int read_file(struct access_set *s, const char *path, size_t *count, unsigned kinds, bool again,
                     struct err *e)
{
    FILE *f = open_list(path, again, e);
    int r;

    if (f == NULL)
        return -1;
    r = read_lines(s, f, path, count, kinds, e);
    fclose(f);
    return r;
}

int access_set_read(struct access_set *s, const struct access_words *w, unsigned kinds, bool again,
                    struct err *e)
{
    s->given = w->nentries > 0 || w->nfiles > 0;
    s->sizes = mem_alloc((w->nfiles + 1) * sizeof *s->sizes);
    for (size_t i = 0; i < w->nentries; i++) {
        if (add_entry(s, w->entries[i], kinds, NULL, e) < 0)
            return -1;
    }
    for (size_t i = 0; i < w->nfiles; i++) {
        if (read_file(s, w->files[i], &s->sizes[i], kinds, again, e) < 0)
            return -1;
    }
    return 0;
}

int access_set_name(struct access_set *s, const struct access_name *name, const struct addr *list, int n,
                    struct err *e)
{
    if (n < 0)
        return name->where != NULL ? fail_at(name->where, e) : -1;
    for (int i = 0; i < n; i++) {
        if (addrset_add(&s->ips, &list[i], name->bits) < 0) {
            err_set(e, STATUS_LOCAL, "'%.64s/%d': an address of it has not so many bits", name->name,
                    name->bits);
            return name->where != NULL ? fail_at(name->where, e) : -1;
        }
    }
    return 0;
}

static void seal_ids(struct access_ids *ids)
{
    if (ids->n > 1)
        qsort(ids->list, ids->n, sizeof *ids->list, compare_ids);
}

void access_set_seal(struct access_set *s)
{
    addrset_seal(&s->ips);
    seal_ids(&s->uids);
    seal_ids(&s->gids);
}

void access_set_clear(struct access_set *s)
{
    for (size_t i = 0; i < s->nnames; i++) {
        free(s->names[i].name);
        free(s->names[i].where);
    }
    free(s->names);
    free(s->sizes);
    free(s->uids.list);
    free(s->gids.list);
    addrset_clear(&s->ips);
    *s = (struct access_set){0};
}
