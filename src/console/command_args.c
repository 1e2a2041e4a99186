/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arguments of commands, and the words that complete them.
 */
#include "console/commands.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/near.h"
#include "base/num.h"
#include "base/text.h"
#include "base/words.h"
#include "console/command.h"
#include "console/watch.h"
#include "end/end.h"

int args_usage(struct console *c, const char *name, struct err *e)
{
    const struct command *row = command_find(name);
    const char *args = row->args != NULL ? row->args : "", *gap = args[0] != '\0' ? " " : "";

    return err_set(e, STATUS_LOCAL, "usage: %c%s%s%s", c->escape, name,
                   name[0] == '@' || name[0] == '!' ? "" : gap, args);
}

void args_free(char **words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(words[i]);
        words[i] = NULL;
    }
}

int args_take(struct console *c, const char *name, const char *args, size_t least, size_t most, char **words,
              struct err *e)
{
    const char *why;
    size_t n = 0;
    char *more;
    int r = 1;

    for (size_t i = 0; i < most; i++)
        words[i] = NULL;
    while (n < most && (r = words_next(&args, &words[n], &why)) == 1)
        n++;
    if (r == 1 && (r = words_next(&args, &more, &why)) == 1) {
        free(more);
        args_free(words, most);
        return args_usage(c, name, e);
    }
    if (r == 0 && n >= least)
        return 0;
    args_free(words, most);
    return r < 0 ? err_set(e, STATUS_LOCAL, "%s", why) : args_usage(c, name, e);
}

int args_choice(const char *what, const char *typed, const char *(*name)(void *ctx, size_t i), void *ctx,
                size_t *choice, struct err *e)
{
    char safe[64], all[160] = "";
    const char *word;

    for (size_t i = 0; (word = name(ctx, i)) != NULL; i++) {
        size_t n = strlen(all);

        if (strcasecmp(word, typed) == 0) {
            *choice = i;
            return 0;
        }
        snprintf(all + n, sizeof all - n, "%s%s", i > 0 ? ", " : "", word);
    }
    text_safe_string(typed, safe, sizeof safe);
    word = near_find(typed, name, ctx);
    if (word != NULL)
        return err_set(e, STATUS_LOCAL, "unknown %s '%s'; did you mean %s?", what, safe, word);
    return err_set(e, STATUS_LOCAL, "unknown %s '%s': %s", what, safe, all);
}

char *args_path(const char *word)
{
    const char *home = getenv("HOME");
    size_t n, rest;
    char *path;

    if (strncmp(word, "~/", 2) != 0 || home == NULL)
        return mem_strdup(word);
    n = strlen(home);
    rest = strlen(word + 1);
    path = mem_alloc(n + rest + 1);
    memcpy(path, home, n);
    memcpy(path + n, word + 1, rest);
    return path;
}

int args_open(const char *path, long long *size, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return err_sys(e, STATUS_LOCAL, errno, "%s", path);
    if (fstat(fd, &st) < 0) {
        err_sys(e, STATUS_LOCAL, errno, "%s", path);
    } else if (S_ISDIR(st.st_mode)) {
        err_sys(e, STATUS_LOCAL, EISDIR, "%s", path);
    } else if (!S_ISREG(st.st_mode)) {
        err_set(e, STATUS_LOCAL, "%s: not a regular file", path);
    } else {
        *size = (long long)st.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

/* Whom a command is about */

/* The number or name of a peer. */
static int find_peer(struct console *c, const char *word, struct talker **t, struct err *e)
{
    char safe[TALKER_LABEL + 16];
    int64_t n;

    text_safe_string(word, safe, sizeof safe);
    if (talker_can_be_called(word))
        *t = talkers_called(&c->talkers, word);
    else if (num_parse(word, 1, UINT32_MAX, &n) == 0)
        *t = talkers_find(&c->talkers, (uint32_t)n);
    else
        return err_set(e, STATUS_LOCAL, "'%s' is not the number or name of a peer", safe);
    if (*t == NULL)
        return err_set(e, STATUS_LOCAL, "there is no peer %s; %cpeers lists them", safe, c->escape);
    return 0;
}

/* The same, and of a pair the side that is meant: 2> is the end, 2< the peer. */
static int find_talker(struct console *c, const char *word, struct talker **t, struct err *e)
{
    size_t n = strlen(word);
    const char sign = n > 0 ? word[n - 1] : '\0';
    char *name;
    int result;

    if (sign != '>' && sign != '<')
        return find_peer(c, word, t, e);
    name = mem_strndup(word, n - 1);
    result = find_peer(c, name, t, e);
    if (result == 0 && (*t)->other == NULL)
        result = err_set(e, STATUS_LOCAL, "%s has no end", name);
    else if (result == 0 && sign == '>')
        *t = (*t)->other;
    free(name);
    return result;
}

int args_talker(struct console *c, const char *word, struct talker **t, struct err *e)
{
    if (word != NULL)
        return find_talker(c, word, t, e);
    *t = c->talkers.to;
    if (c->talkers.gone[0] != '\0')
        return err_set(e, STATUS_LOCAL, "%s has left; %cpeers lists who is there", c->talkers.gone,
                       c->escape);
    if (*t == NULL && c->talkers.count == 1)
        *t = talkers_next(&c->talkers, NULL);
    if (*t != NULL)
        return 0;
    if (c->talkers.count == 0)
        return err_set(e, STATUS_LOCAL, "nobody is connected");
    return err_set(e, STATUS_LOCAL, "which of %u peers? Give its number; %cpeers lists them",
                   c->talkers.count, c->escape);
}

int args_peer(struct console *c, const char *word, struct peer **p, struct err *e)
{
    struct talker *t, *first = talkers_after(&c->talkers, NULL);

    /* All senders share the socket that they are heard on. */
    if (word == NULL && first != NULL && first->peer->datagram && peer_next(first->peer) == NULL) {
        *p = first->peer;
        return 0;
    }
    if (args_talker(c, word, &t, e) < 0)
        return -1;
    *p = t->far ? watch_end(t) : t->peer;
    return *p != NULL ? 0 : err_set(e, STATUS_LOCAL, "%s is no connection", t->name);
}

/* Completers */

void complete_from(struct complete *to, const char *typed, const char *(*name)(void *ctx, size_t i),
                   void *ctx)
{
    const char *word;

    for (size_t i = 0; (word = name(ctx, i)) != NULL; i++) {
        if (strncmp(word, typed, strlen(typed)) == 0)
            complete_add(to, word);
    }
}

static char *join(const char *a, size_t n, const char *b, const char *c)
{
    size_t size = n + strlen(b) + strlen(c) + 1;
    char *text = mem_alloc(size);

    snprintf(text, size, "%.*s%s%s", (int)n, a, b, c);
    return text;
}

/* The last of a list whose first `n` bytes are typed. */
static void add_talker(struct complete *to, const struct talker *t, const char *typed, size_t n)
{
    char label[TALKER_LABEL], *word;

    talker_label(t, label);
    if (strncmp(label, typed + n, strlen(typed + n)) != 0)
        return;
    word = join(typed, n, label, "");
    complete_add(to, word);
    free(word);
}

static void add_sides(struct complete *to, const struct talker *t, const char *typed, size_t n)
{
    add_talker(to, t, typed, n);
    if (t->other != NULL)
        add_talker(to, t->other, typed, n);
}

void complete_talkers(struct console *c, struct complete *to, size_t index, const char *typed)
{
    struct talker *t;

    for (t = talkers_next(&c->talkers, NULL); index == 0 && t != NULL; t = talkers_next(&c->talkers, t))
        add_sides(to, t, typed, 0);
}

void complete_at(struct console *c, struct complete *to, size_t index, const char *typed)
{
    const char *comma = strrchr(typed, ',');
    size_t n = comma != NULL ? (size_t)(comma + 1 - typed) : 0;
    struct talker *t;

    for (t = talkers_next(&c->talkers, NULL); index == 0 && t != NULL; t = talkers_next(&c->talkers, t))
        add_sides(to, t, typed, n);
}

void complete_to(struct console *c, struct complete *to, size_t index, const char *typed)
{
    complete_talkers(c, to, index, typed);
    if (index == 0 && strncmp("all", typed, strlen(typed)) == 0)
        complete_add(to, "all");
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Adds an entry of the directory that the first `n` bytes of `typed` name, which is `path`. */
static void add_file(struct complete *to, const char *typed, size_t n, const char *path, const char *entry)
{
    char *file = join(path, strlen(path), "/", entry), *word;
    bool directory = is_directory(file);

    word = join(typed, n, entry, directory ? "/" : "");
    complete_add(to, word);
    to->open = directory && to->n == 1;
    free(word);
    free(file);
}

/* Adds the files that the path at the end of `typed` may become, of which it is so far into it. */
static void add_paths(struct complete *to, const char *typed, size_t at)
{
    const char *slash = strrchr(typed + at, '/'), *base = slash != NULL ? slash + 1 : typed + at;
    const size_t n = (size_t)(base - typed);
    char *named = n > at ? join(typed + at, n - at, "", "") : mem_strdup("."), *path = args_path(named);
    DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;

        if (strncmp(name, base, strlen(base)) != 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (name[0] != '.' || base[0] == '.')
            add_file(to, typed, n, path, name);
    }
    if (dir != NULL)
        closedir(dir);
    free(path);
    free(named);
}

void complete_files(struct console *c, struct complete *to, size_t index, const char *typed)
{
    (void)c;
    if (index == 0)
        add_paths(to, typed, 0);
}

static void add_kinds(struct complete *to, const char *typed)
{
    const struct end_kind *kind;

    for (size_t i = 0; (kind = end_row(i)) != NULL; i++) {
        char *word = join(kind->name, strlen(kind->name), ":", "");

        if (strncmp(word, typed, strlen(typed)) == 0)
            complete_add(to, word);
        free(word);
    }
    to->open = to->n == 1;
}

void complete_join(struct console *c, struct complete *to, size_t index, const char *typed)
{
    const char *path = end_path_in(typed);

    (void)c;
    if (index == 0 && path != NULL)
        add_paths(to, typed, (size_t)(path - typed));
    else if (index == 0)
        add_kinds(to, typed);
}
