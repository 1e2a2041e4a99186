/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/dialect.h"

#include <stdio.h>
#include <string.h>

static const struct dialect dialect_own = {.name = "pollcat", .title = "pollcat", .status = {0, 1, 2}};

static const struct dialect *const rows[] = {&dialect_own, &dialect_nc, &dialect_ncat};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct dialect *dialect_row(size_t i)
{
    return i < ROWS ? rows[i] : NULL;
}

const struct dialect *dialect_find(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i]->name, name) == 0)
            return rows[i];
    }
    return NULL;
}

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    const char *p = words;

    for (; p != NULL && *p != '\0'; p += strspn(p, " ")) {
        const size_t length = strcspn(p, " ");

        if (length == n && memcmp(p, word, n) == 0)
            return true;
        p += length;
    }
    return false;
}

static const struct dialect *find_called(const char *program)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (has_word(rows[i]->called, program))
            return rows[i];
    }
    return &dialect_own;
}

/* The argument of --dialect, when it is the first option. `*words` is how many arguments it takes. */
static const char *asked_for(int argc, char **argv, int *words)
{
    static const char option[] = "--dialect";
    const size_t n = sizeof option - 1;

    if (argc < 2 || strncmp(argv[1], option, n) != 0)
        return NULL;
    *words = argv[1][n] == '=' ? 1 : 2;
    if (*words == 1)
        return argv[1] + n + 1;
    return argv[1][n] == '\0' && argc > 2 ? argv[2] : NULL;
}

static void fail_unknown(const char *name, struct err *e)
{
    char names[64] = "";

    for (size_t i = 0, n = 0; i < ROWS && n < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, " %s", rows[i]->name);
    err_set(e, STATUS_LOCAL, "--dialect: '%.64s' is none of:%s", name, names);
}

/* Whether `letter` is among the options of a command line. */
static bool has_letter(const struct option_dialect *d, char letter, char **argv)
{
    for (char **word = argv + 1; *word != NULL && strcmp(*word, "--") != 0; word++) {
        for (const char *p = *word + 1; (*word)[0] == '-' && (*word)[1] != '-' && *p != '\0'; p++) {
            const struct option_row *row = NULL;

            if (*p == letter)
                return true;
            row = option_lettered(d, *p);
            if (row == NULL || row->arg == NULL)
                continue;
            if (p[1] == '\0' && word[1] != NULL)
                word++; /* its argument */
            break;
        }
    }
    return false;
}

const struct dialect *dialect_choose(int *argc, char ***argv, struct err *e)
{
    const char *slash = *argc > 0 ? strrchr((*argv)[0], '/') : NULL;
    const char *program = slash != NULL ? slash + 1 : *argc > 0 ? (*argv)[0] : "";
    const struct dialect *called = find_called(program), *d = called;
    int words = 0;
    const char *name = asked_for(*argc, *argv, &words);

    if (name != NULL) {
        d = dialect_find(name);
        if (d == NULL) {
            fail_unknown(name, e);
            return NULL;
        }
        (*argv)[words] = (*argv)[0];
        *argv += words;
        *argc -= words;
    }
    if (d->lettered != NULL && has_letter(&d->lettered->options, d->letter, *argv))
        d = d->lettered;
    if (d->catalogue != NULL)
        message_set_catalogue(d->catalogue, d->title != NULL                       ? d->title
                                            : d == called || d == called->lettered ? program
                                                                                   : d->name);
    return d;
}

int dialect_check(const struct dialect *d, uint64_t *traits, struct err *e)
{
    for (const struct dialect_rule *r = d->rules; r != NULL && (r->gives != 0 || r->text != NULL); r++) {
        if ((*traits & r->all) != r->all || (*traits & r->none) != 0)
            continue;
        if (r->text != NULL)
            return err_set(e, STATUS_LOCAL, "%s", r->text);
        *traits |= r->gives;
    }
    return 0;
}

int dialect_status(const struct dialect *d, int status)
{
    if (d == NULL || status < 0 || (status > STATUS_LOCAL && !d->few))
        return status;
    return d->status[status < STATUS_LOCAL ? status : STATUS_LOCAL];
}
