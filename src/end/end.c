/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/end.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/container.h"
#include "base/mem.h"
#include "end/rows.h"

enum { SPARE = 32 /* descriptors that are left for all else */ };

static const struct end_kind *const rows[] = {
    &end_tcp, &end_unix, &end_seqpacket, &end_echo, &end_discard,    &end_exec,
    &end_sh,  &end_file, &end_append,    &end_read, &end_descriptor,
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct end_kind *end_row(size_t i)
{
    return i < ROWS ? rows[i] : NULL;
}

const struct end_kind *end_find(const char *name, size_t n)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strlen(rows[i]->name) == n && memcmp(rows[i]->name, name, n) == 0)
            return rows[i];
    }
    return NULL;
}

void end_spec_clear(struct end_spec *spec)
{
    free(spec->host);
    free(spec->port);
    for (char **word = spec->words; word != NULL && *word != NULL; word++)
        free(*word);
    free(spec->words);
    *spec = (struct end_spec){0};
}

/* What it might have been: all kinds, in one line. */
static int refuse_text(const char *text, struct err *e)
{
    char kinds[sizeof e->text] = "";

    for (size_t i = 0; i < ROWS; i++) {
        size_t n = strlen(kinds);

        snprintf(kinds + n, sizeof kinds - n, ", %s:%s", rows[i]->name, rows[i]->syntax);
    }
    return err_set(e, STATUS_LOCAL, "'%.48s' is no end: HOST:PORT%s", text, kinds);
}

/* KIND:REST or HOST:PORT. */
static int parse_words(struct end_spec *spec, const char *text, struct err *e)
{
    const size_t n = strcspn(text, ":");
    const struct end_kind *kind = text[n] == ':' ? end_find(text, n) : NULL;
    int result;

    *spec = (struct end_spec){.kind = kind != NULL ? kind : &end_tcp};
    result = spec->kind->parse(spec, kind != NULL ? text + n + 1 : text, e);
    if (result < 0)
        end_spec_clear(spec);
    return result < 0 && kind == NULL ? refuse_text(text, e) : result;
}

int end_parse(struct end_spec *spec, const char *text, struct err *e)
{
    return parse_words(spec, strcmp(text, "-") == 0 ? "fd:0,1" : text, e);
}

unsigned end_room(const struct end_spec *spec)
{
    const unsigned each = 1 + spec->kind->descriptors;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max == RLIM_INFINITY || limit.rlim_max > INT_MAX)
        return INT_MAX;
    return limit.rlim_max > SPARE + each ? ((unsigned)limit.rlim_max - SPARE) / each : 1;
}

void ends_init(struct ends *ends)
{
    list_init(&ends->programs);
}

static void tell_user(struct job *j)
{
    struct end *e = container_of(j, struct end, tell);

    if (e->why != NULL)
        e->events->failed(e, e->why);
    else
        e->events->ready(e);
}

void end_ready(struct end *e)
{
    loop_soon(e->ends->loop, &e->tell);
}

void end_failed(struct end *e, const struct err *why)
{
    if (e->why == NULL)
        e->why = mem_alloc(sizeof *e->why);
    *e->why = *why;
    loop_soon(e->ends->loop, &e->tell);
}

void end_open(struct end *e, const struct end_spec *spec, struct ends *ends, const struct end_events *events,
              struct peer *peer)
{
    struct err why;

    e->spec = spec;
    e->ends = ends;
    e->events = events;
    e->tell.run = tell_user;
    if (spec->kind->open(e, peer, &why) < 0)
        end_failed(e, &why);
}

void end_close(struct end *e, bool reset)
{
    if (e->ends == NULL)
        return;
    loop_job_del(&e->tell);
    e->spec->kind->close(e, reset);
    free(e->why);
    *e = (struct end){0};
}
