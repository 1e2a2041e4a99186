/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/formats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
    LINE = 1024,                         /* bytes of a line that are held until it ends */
    RECORD = LINE * 4 + ADDR_TEXT + 128, /* a line made safe, with what stands before it */
    STAMP = 32,
};

/* One direction of one peer. */
struct ear {
    uint32_t number; /* of who spoke last; 0: none */
    bool sent;
    const struct peer *peer;
    char stamp[STAMP]; /* when the held line began */
    size_t held;
    char *line; /* of LINE bytes; NULL: nothing is held */
};

struct transcript {
    struct ear *speaking; /* of whom something is held */
};

static void stamp_format(char text[static STAMP])
{
    struct timespec now = {0};
    struct tm tm = {0};
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    n = strftime(text, STAMP, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(text + n, STAMP - n, ".%03d", (int)(now.tv_nsec / 1000000));
}

/* "[1] 192.0.2.7 port 80: " */
static void put_record(struct record *r, const char *stamp, char mark, uint32_t number, const char *name,
                       const char *text, bool goes_on)
{
    char label[16] = "", line[RECORD];
    int n;

    if (number > 0)
        snprintf(label, sizeof label, "[%u] ", (unsigned)number);
    n = snprintf(line, sizeof line, "%s %c %s%s%s%s%s\n", stamp, mark, label, name,
                 name[0] != '\0' && text[0] != '\0' ? ": " : "", text, goes_on ? "\\" : "");
    record_put(r, line, n > 0 && n < RECORD ? (size_t)n : 0);
}

/* Lines */

static void put_line(struct record *r, struct ear *x, const char *name, const char *data, size_t n,
                     bool goes_on)
{
    char safe[LINE * 4 + 1];

    put_record(r, x->stamp, x->sent ? '>' : '<', x->number, name, text_safe_bytes(data, n, safe, sizeof safe),
               goes_on);
}

static void drop_line(struct ear *x)
{
    x->held = 0;
    free(x->line);
    x->line = NULL;
}

/* Writes the line that is held as far as it came. */
static void let_go(struct record *r)
{
    struct transcript *t = record_state(r);
    struct ear *x = t->speaking;
    char name[ADDR_TEXT];

    t->speaking = NULL;
    if (x == NULL)
        return;
    if (x->held > 0)
        put_line(r, x, peer_name(x->peer, name), x->line, x->held, true);
    drop_line(x);
}

/* A line and, before it, what was held of it. Without its end, CR included. */
static void end_line(struct record *r, struct ear *x, const char *name, const char *data, size_t n)
{
    if (x->held == 0) {
        put_line(r, x, name, data, n > 0 && data[n - 1] == '\r' ? n - 1 : n, false);
        return;
    }
    memcpy(x->line + x->held, data, n);
    n += x->held;
    put_line(r, x, name, x->line, n > 0 && x->line[n - 1] == '\r' ? n - 1 : n, false);
    x->held = 0;
}

/* Holds what has no end yet; what is too long goes in parts. */
static void hold(struct record *r, struct ear *x, const char *name, const char *data, size_t n)
{
    while (x->held + n >= LINE) {
        size_t room = LINE - x->held, part;

        if (x->line == NULL)
            x->line = mem_alloc(LINE);
        memcpy(x->line + x->held, data, room);
        part = utf8_whole(x->line, LINE);
        put_line(r, x, name, x->line, part, true);
        memmove(x->line, x->line + part, LINE - part);
        x->held = LINE - part;
        data += room;
        n -= room;
    }
    if (n == 0)
        return;
    if (x->line == NULL)
        x->line = mem_alloc(LINE);
    memcpy(x->line + x->held, data, n);
    x->held += n;
}

static void see_lines(struct record *r, struct ear *x, const char *name, const char *data, size_t n)
{
    const char *end = data + n, *newline;

    while (data < end && (newline = memchr(data, '\n', (size_t)(end - data))) != NULL) {
        size_t len = (size_t)(newline - data);

        if (x->held + len >= LINE) {
            size_t most = len;

            hold(r, x, name, data, most);
            end_line(r, x, name, "", 0);
        } else {
            end_line(r, x, name, data, len);
        }
        data = newline + 1;
        stamp_format(x->stamp);
    }
    hold(r, x, name, data, (size_t)(end - data));
}

/* Of what is secret there is the size. */
static void hush_line(struct record *r, struct ear *x, const char *name, size_t n)
{
    char text[64];

    let_go(r);
    stamp_format(x->stamp);
    snprintf(text, sizeof text, "(a secret of %zu bytes)", n);
    put_line(r, x, name, text, strlen(text), false);
}

static void hear(struct record *r, void *each, const struct record_event *e, const void *data, size_t n)
{
    struct transcript *t = record_state(r);
    struct ear *x = each;

    if (t->speaking != x || x->number != e->number)
        let_go(r);
    x->peer = e->peer;
    x->number = e->number;
    x->sent = e->sent;
    if (e->secret) {
        hush_line(r, x, e->name, n);
        return;
    }
    if (x->held == 0)
        stamp_format(x->stamp);
    if (e->message && n == 0)
        put_line(r, x, e->name, "", 0, false);
    see_lines(r, x, e->name, data, n);
    if (e->message && x->held > 0)
        end_line(r, x, e->name, "", 0);
    t->speaking = x->held > 0 ? x : NULL;
    if (x->held == 0)
        drop_line(x);
}

static void hear_no_more(struct record *r, void *each, const struct peer *p)
{
    const struct transcript *t = record_state(r);

    (void)p;
    if (t->speaking == each)
        let_go(r);
}

static void note(struct record *r, const struct record_event *e, const char *text)
{
    char stamp[STAMP];

    let_go(r);
    stamp_format(stamp);
    put_record(r, stamp, '#', e->number, e->name, text, false);
}

const struct record_format record_transcript = {
    .name = "transcript",
    .help = "the lines of both directions, readable",
    .sent = true,
    .appends = true,
    .size = sizeof(struct transcript),
    .each = sizeof(struct ear),
    .event = note,
    .data = hear,
    .leave = hear_no_more,
};
