/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/mark.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/sgr.h"
#include "console/talker.h"

enum {
    COLORS = 10,
    LABEL = TALKER_LABEL + 3,
};

static const char faint[] = "\033[2m", bold[] = "\033[1m";

const struct name mark_names[] = {
    {"direction", MARK_DIRECTION},
    {"size", MARK_SIZE},
    {"peer", MARK_PEER},
    {NULL, 0},
};

int mark_parse(const char *list, unsigned *out)
{
    unsigned found = 0;

    if (strcmp(list, "none") == 0) {
        *out = 0;
        return 0;
    }
    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ",");
        int mark;

        if (!names_find(mark_names, p, n, &mark))
            return -1;
        found |= (unsigned)mark;
        p += n;
        if (*p == '\0')
            break;
    }
    *out = found;
    return 0;
}

static size_t put(char *out, size_t at, const char *text)
{
    size_t n = strlen(text);

    memcpy(out + at, text, n);
    return at + n;
}

/* Puts `text` in a style; `*width` grows by its columns. */
static size_t put_styled(const struct marks *m, char *out, size_t at, const char *style, const char *text,
                         unsigned *width)
{
    *width += (unsigned)strlen(text);
    if (m->color)
        at = put(out, at, style);
    at = put(out, at, text);
    return m->color ? put(out, at, SGR_RESET) : at;
}

/* The colour of a talker: not red, which looks like an error. */
static const char *style_of(const struct talker *t)
{
    static const char *const colors[COLORS] = {
        "\033[36m", "\033[33m", "\033[35m", "\033[32m", "\033[34m",
        "\033[96m", "\033[93m", "\033[95m", "\033[92m", "\033[94m",
    };

    return t != NULL ? colors[(t->number + COLORS - 1) % COLORS] : bold;
}

/* Which way it goes: ">]" to the end of a pair, "<]" to the peer; who is alone has no sign. */
static const char *label_end(const struct talker *t, bool sent)
{
    if (t->other == NULL)
        return "]";
    return t->far == sent ? ">]" : "<]";
}

/* "[12]", "[bob]", "[2>]" or "[all]": made for each line, so faster than printf(3). */
static const char *format_label(const struct talker *t, bool sent, char text[static LABEL])
{
    const char *called, *end;
    char *at;
    uint32_t number;

    if (t == NULL)
        return "[all]";
    called = t->far && t->other != NULL ? t->other->called : t->called;
    end = label_end(t, sent);
    if (called != NULL) {
        snprintf(text, LABEL, "[%s%s", called, end);
        return text;
    }
    at = &text[LABEL - 1 - strlen(end)];
    memcpy(at, end, strlen(end) + 1);
    number = t->number;
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    *--at = '[';
    return at;
}

static size_t put_label(const struct marks *m, char *out, size_t at, const struct talker *t, bool sent,
                        unsigned *width)
{
    char text[LABEL];

    return put_styled(m, out, at, style_of(t), format_label(t, sent, text), width);
}

const char *mark_label(const struct marks *m, const struct talker *t, char text[static MARK_LABEL],
                       unsigned *width)
{
    *width = 0;
    text[0] = '\0';
    if (t != NULL && t->shown)
        text[put_label(m, text, 0, t, false, width)] = '\0';
    return text;
}

bool mark_any(const struct marks *m)
{
    return m->labels || m->set != 0 || m->clock.kind != CLOCK_NONE;
}

static int64_t wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

size_t mark_put(struct marks *m, const struct mark_line *line, char out[static MARK_MOST], unsigned *width)
{
    char text[CLOCK_TEXT];
    size_t n = 0;

    *width = 0;
    if (m->clock.kind != CLOCK_NONE) {
        clock_format(&m->clock, loop_now(m->loop), m->clock.kind == CLOCK_ABSOLUTE ? wall() : 0, text);
        n = put_styled(m, out, n, faint, text, width);
        n = put(out, n, " ");
        ++*width;
    }
    if ((m->set & MARK_DIRECTION) != 0) {
        n = put_styled(m, out, n, line->sent ? bold : style_of(line->talker), line->sent ? ">" : "<", width);
        n = put(out, n, " ");
        ++*width;
    }
    if ((m->labels || (m->set & MARK_PEER) != 0) && (line->talker == NULL || line->talker->shown)) {
        n = put_label(m, out, n, line->talker, line->sent, width);
        n = put(out, n, " ");
        ++*width;
    }
    if (line->size != MARK_NO_SIZE && (m->set & MARK_SIZE) != 0) {
        snprintf(text, sizeof text, "(%zu)", line->size);
        n = put_styled(m, out, n, faint, text, width);
        n = put(out, n, " ");
        ++*width;
    }
    return n;
}
