/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/end.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/container.h"
#include "base/mem.h"
#include "end/rows.h"
#include "io/splice.h"

enum { SPARE = 32 /* descriptors that are left for all else */ };

void end_spec_clear(struct end_spec *spec)
{
    free(spec->text);
    free(spec->host);
    free(spec->port);
    for (char **word = spec->words; word != NULL && *word != NULL; word++)
        free(*word);
    free(spec->words);
    *spec = (struct end_spec){0};
}

static int refuse_text(const char *text, const char *instead, struct err *e)
{
    char kinds[sizeof e->text];

    if (instead != NULL)
        return err_set(e, STATUS_LOCAL, "'%.64s' is an address of socat; try %s", text, instead);
    return err_set(e, STATUS_LOCAL, "'%.48s' is no end: HOST:PORT, - or one of %s", text,
                   end_list_words(kinds, sizeof kinds, true));
}

int end_parse(struct end_spec *spec, const char *text, struct err *e)
{
    const struct end_word word = end_read_word(text);
    int result;

    *spec = (struct end_spec){0};
    if (word.instead != NULL)
        return refuse_text(text, word.instead, e);
    if (word.kind != NULL && word.kind->open == NULL)
        return err_set(e, STATUS_LOCAL, "%s: can be no end", word.kind->name);
    spec->kind = word.kind != NULL ? word.kind : &end_tcp;
    spec->text = mem_strdup(text);
    spec->family = word.family;
    result = spec->kind->parse(spec, word.rest, e);
    if (result < 0)
        end_spec_clear(spec);
    return result < 0 && word.kind == NULL ? refuse_text(text, NULL, e) : result;
}

unsigned end_room(const struct end_spec *spec, unsigned more)
{
    const unsigned each = 1 + more + (spec->kind != NULL ? spec->kind->descriptors : 0);
    const unsigned spare = SPARE + splice_descriptors();
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max == RLIM_INFINITY || limit.rlim_max > INT_MAX)
        return INT_MAX;
    return limit.rlim_max > spare + each ? ((unsigned)limit.rlim_max - spare) / each : 1;
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
