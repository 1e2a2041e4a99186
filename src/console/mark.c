/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/mark.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "console/talker.h"

static const char faint[] = "\033[2m";

static const char *const modes[] = {"text", "hex", "raw"};
static const char *const marks[] = {"direction", "size", "peer"};

enum { MODES = sizeof modes / sizeof modes[0], MARKS = sizeof marks / sizeof marks[0] };

int view_mode_parse(const char *name, enum view_mode *mode)
{
    for (unsigned i = 0; i < MODES; i++) {
        if (strcmp(name, modes[i]) == 0) {
            *mode = (enum view_mode)i;
            return 0;
        }
    }
    return -1;
}

const char *view_mode_name(enum view_mode mode)
{
    return (unsigned)mode < MODES ? modes[mode] : NULL;
}

const char *view_mark_name(unsigned i)
{
    return i < MARKS ? marks[i] : NULL;
}

int view_marks_parse(const char *list, unsigned *out)
{
    unsigned found = 0;

    if (strcmp(list, "none") == 0) {
        *out = 0;
        return 0;
    }
    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ",");
        unsigned i = 0;

        while (i < MARKS && (strlen(marks[i]) != n || strncmp(p, marks[i], n) != 0))
            i++;
        if (i == MARKS)
            return -1;
        found |= 1u << i;
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
static size_t put_styled(const struct view *v, char *out, size_t at, const char *style, const char *text,
                         unsigned *width)
{
    *width += (unsigned)strlen(text);
    if (v->color)
        at = put(out, at, style);
    at = put(out, at, text);
    return v->color ? put(out, at, SGR_RESET) : at;
}

/* The colour of a talker: not red, which looks like an error. */
static const char *style_of(const struct talker *t, char style[static 12])
{
    static const unsigned char colors[] = {36, 33, 35, 32, 34, 96, 93, 95, 92, 94};

    snprintf(style, 12, "\033[%um", t != NULL ? colors[(t->number + sizeof colors - 1) % sizeof colors] : 1u);
    return style;
}

static size_t put_label(const struct view *v, char *out, size_t at, const struct talker *t, unsigned *width)
{
    char text[16] = "[all]", style[12];

    if (t != NULL)
        snprintf(text, sizeof text, "[%u]", (unsigned)t->number);
    return put_styled(v, out, at, style_of(t, style), text, width);
}

const char *view_label(const struct view *v, const struct talker *t, char *text)
{
    unsigned width = 0;

    text[0] = '\0';
    if (t != NULL && t->shown)
        text[put_label(v, text, 0, t, &width)] = '\0';
    return text;
}

static int64_t wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

size_t mark_put(struct view *v, const struct mark_line *line, char out[static MARK_MOST], unsigned *width)
{
    char text[CLOCK_TEXT], style[12];
    size_t n = 0;

    *width = 0;
    if (v->clock.kind != CLOCK_NONE) {
        clock_format(&v->clock, loop_now(v->loop), v->clock.kind == CLOCK_ABSOLUTE ? wall() : 0, text);
        n = put_styled(v, out, n, faint, text, width);
        n = put(out, n, " ");
        ++*width;
    }
    if ((v->marks & VIEW_DIRECTION) != 0) {
        n = put_styled(v, out, n, line->sent ? "\033[1m" : style_of(line->talker, style),
                       line->sent ? ">" : "<", width);
        n = put(out, n, " ");
        ++*width;
    }
    if ((v->labels || (v->marks & VIEW_PEER) != 0) && (line->talker == NULL || line->talker->shown)) {
        n = put_label(v, out, n, line->talker, width);
        n = put(out, n, " ");
        ++*width;
    }
    if (line->size != MARK_NO_SIZE && (v->marks & VIEW_SIZE) != 0) {
        snprintf(text, sizeof text, "(%zu)", line->size);
        n = put_styled(v, out, n, faint, text, width);
        n = put(out, n, " ");
        ++*width;
    }
    return n;
}
