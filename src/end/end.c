/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/end.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/retry.h"
#include "end/rows.h"
#include "io/splice.h"

enum { SPARE = 32 /* descriptors that are left for all else */ };

void end_spec_clear(struct end_spec *spec)
{
    free(spec->text);
    free(spec->host);
    free(spec->port);
    free(spec->path);
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

unsigned end_room(const struct end_spec *spec, unsigned own)
{
    const unsigned each = own + (spec->kind != NULL ? spec->kind->descriptors : 0);
    const unsigned spare = SPARE + splice_descriptors();
    struct rlimit limit;

    if (each == 0)
        return 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max == RLIM_INFINITY || limit.rlim_max > INT_MAX)
        return INT_MAX;
    return limit.rlim_max > spare + each ? ((unsigned)limit.rlim_max - spare) / each : 1;
}

void ends_init(struct ends *ends)
{
    list_init(&ends->programs);
}

/* Trying again, within a time that all attempts have together */

struct end_trial {
    struct end *end;
    struct timer limit, pause;
    int64_t delay;   /* ms, of the last pause */
    struct err last; /* why it failed last; empty: it has not */
    bool late;
};

static void stop_trial(struct end *e)
{
    if (e->trial == NULL)
        return;
    loop_timer_clear(&e->trial->limit);
    loop_timer_clear(&e->trial->pause);
    free(e->trial);
    e->trial = NULL;
}

static void begin_attempt(struct end *e)
{
    struct err why;

    if (e->spec->kind->open(e, e->whom, &why) < 0)
        end_failed(e, &why);
}

/* As if it had not been opened. */
static void forget_attempt(struct end *e)
{
    loop_job_del(&e->tell);
    e->spec->kind->close(e, false);
    free(e->why);
    e->in = e->out = NULL;
    e->peer = NULL;
    e->state = NULL;
    e->why = NULL;
    e->told = e->follows = e->over = false;
}

static void try_again(struct timer *t)
{
    begin_attempt(container_of(t, struct end_trial, pause)->end);
}

static void give_up_trying(struct timer *t)
{
    struct end_trial *x = container_of(t, struct end_trial, limit);
    struct end *e = x->end;

    if (x->last.text[0] == '\0')
        err_sys(&x->last, STATUS_NETWORK, ETIMEDOUT, "connect to %s", e->spec->text);
    x->late = true;
    loop_timer_clear(&x->pause);
    forget_attempt(e);
    end_failed(e, &x->last);
}

/* Returns true when it did not have to be the last attempt. */
static bool may_try_again(struct end *e)
{
    struct end_trial *x = e->trial;

    if (x == NULL || x->late || !retry_helps(e->why))
        return false;
    x->last = *e->why;
    forget_attempt(e);
    loop_timer_set(e->ends->loop, &x->pause, retry_pause(&x->delay));
    log_info("%s; trying again in %lld ms", x->last.text, (long long)x->delay);
    return true;
}

void end_ready_now(struct end *e)
{
    stop_trial(e);
    e->events->ready(e);
}

static void tell_user(struct job *j)
{
    struct end *e = container_of(j, struct end, tell);

    if (e->why != NULL && may_try_again(e))
        return;
    if (e->why == NULL) {
        end_ready_now(e);
        return;
    }
    stop_trial(e);
    e->events->failed(e, e->why);
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

static void begin_trial(struct end *e)
{
    struct end_trial *x = e->trial = mem_alloc(sizeof *x);

    x->end = e;
    x->limit.fire = give_up_trying;
    x->pause.fire = try_again;
    loop_timer_set(e->ends->loop, &x->limit, e->spec->retry);
}

void end_open(struct end *e, const struct end_spec *spec, struct ends *ends, const struct end_events *events,
              struct peer *peer)
{
    e->spec = spec;
    e->ends = ends;
    e->whom = peer;
    e->events = events;
    e->tell.run = tell_user;
    if (spec->retry > 0)
        begin_trial(e);
    begin_attempt(e);
}

void end_close(struct end *e, bool reset)
{
    if (e->ends == NULL)
        return;
    stop_trial(e);
    loop_job_del(&e->tell);
    e->spec->kind->close(e, reset);
    free(e->why);
    *e = (struct end){0};
}
