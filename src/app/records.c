/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/records.h"

#include "record/formats.h"

enum { WATCH = RECORDS_MAX - 1 }; /* the row of standard error */

/* Closes one, and tells what is missing in it. */
static void close_record(struct records *r, struct record **place)
{
    struct record *x = *place;
    struct err e;

    *place = NULL;
    if (x == NULL)
        return;
    if (place != &r->open[WATCH])
        record_note(x, 0, "", "the transcript ends");
    if (record_close(x, &e) < 0)
        r->failed(r->ctx, &e);
}

static void record_failed(void *ctx, struct record *x, const struct err *e)
{
    struct records *r = ctx;

    (void)e; /* record_close() tells it */
    for (int i = 0; i < RECORDS_MAX; i++) {
        if (r->open[i] == x)
            close_record(r, &r->open[i]);
    }
}

int records_open(struct records *r, const struct records_conf *conf, struct loop *loop,
                 struct peer_table *peers, void (*failed)(void *ctx, const struct err *e), void *ctx,
                 struct err *e)
{
    const struct {
        const char *path;
        const struct record_format *format;
    } rows[RECORDS_MAX] = {
        {conf->output, &record_output},
        {conf->hex_dump, conf->hex_plain ? &record_hex_plain : &record_hex},
        {conf->log, &record_transcript},
        {conf->watch ? "standard error" : NULL, &record_transcript},
    };

    r->failed = failed;
    r->ctx = ctx;
    for (int i = 0; i < RECORDS_MAX; i++) {
        const struct record_opts opts = {.is_stderr = i == WATCH,
                                         .format = rows[i].format,
                                         .append = conf->append,
                                         .peers = peers,
                                         .failed = record_failed,
                                         .ctx = r};

        if (rows[i].path == NULL)
            continue;
        r->open[i] = record_open(loop, rows[i].path, &opts, e);
        if (r->open[i] == NULL)
            return -1;
        if (i != WATCH)
            record_note(r->open[i], 0, "", "the transcript begins");
    }
    return 0;
}

void records_close(struct records *r)
{
    for (int i = 0; i < RECORDS_MAX; i++)
        close_record(r, &r->open[i]);
}
