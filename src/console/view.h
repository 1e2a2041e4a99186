/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * view: what arrives, made safe and put on the screen above the line that is typed.
 *
 * Plain (one talker, text or raw, no marks): whole lines are printed; what the peer has not finished is kept for
 * the prompt (term/tail.h) while there is a line, and printed as it comes when there is none. Marked (several talkers, hex,
 * or any mark): each talker's unfinished line is held apart, and shown with the sign that it is unfinished
 * when nothing comes for a moment or when it gets long. Owns neither the screen nor the line: it asks for the line to
 * be hidden before it prints.
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/sgr.h"
#include "base/text.h"
#include "loop/loop.h"
#include "term/screen.h"
#include "term/tail.h"

struct talker;
struct view_line;

enum view_mode {
    VIEW_TEXT, /* safe for a terminal */
    VIEW_HEX,  /* as hexdump -C */
    VIEW_RAW,  /* as it is */
};

/* What may stand before each line, besides the time. */
enum view_mark {
    VIEW_DIRECTION =
        1,         /* < or >; what is sent is shown too, unless it stands on the screen as it was typed */
    VIEW_SIZE = 2, /* the size of each datagram, or of what was read at once */
    VIEW_PEER = 4, /* [2], also where only one talker can be */
};

/* Names: text, hex, raw. 0, or -1 with `*mode` untouched; NULL beyond the last. */
int view_mode_parse(const char *name, enum view_mode *mode);
const char *view_mode_name(enum view_mode mode);

/* Names of single marks, direction, size, peer, parted by commas; none for none. The name of mark number `i` from 0, NULL
 * beyond the last. */
int view_marks_parse(const char *list, unsigned *marks);
const char *view_mark_name(unsigned i);

struct view {
    struct loop *loop;
    struct screen *screen;
    bool dumb;   /* the terminal can not go back: the unfinished line is printed at once all the same */
    bool line;   /* there is a line below: its owner sets and ends it */
    bool color;  /* of our own: labels, marks, escapes */
    bool colors; /* those of the peers pass (--allow-colors) */
    bool labels; /* lines carry their talker: more than one may come */
    unsigned (*hide)(void *ctx); /* takes the line off the screen; returns the terminal's columns */
    void *ctx;

    enum view_mode mode; /* the rest is the view's own, but for reading */
    unsigned marks;
    struct clock clock;
    struct tail tail; /* what the peer has not finished */
    bool stands;      /* it is on the screen (dumb terminals) */
    bool stale;       /* it, or the prompt, changed; whoever shows it clears this */
    bool midline;     /* without a line: the last thing printed was no newline */
    struct text_safe safe;
    char *text;
    struct view_line *held; /* what is held of talkers, the first of a list */
    struct timer quiet;
};

/* `v` is zeroed but for its first part. */
void view_init(struct view *v);
void view_clear(struct view *v);

/* Change how things are shown from now on; what is held is shown before. */
void view_set_mode(struct view *v, enum view_mode mode);
void view_set_marks(struct view *v, unsigned marks);
void view_set_time(struct view *v, enum clock_kind kind);
void view_set_labels(struct view *v, bool labels);

/* Shows `n` bytes of `t` that arrived, or the first of them; `message` when they are a whole message. Returns how many; 0
 * while the screen is full. */
size_t view_show(struct view *v, struct talker *t, const void *data, size_t n, bool message);

/* The same for what is sent to `t` (NULL: to all), all of it, if that is shown at all. */
void view_sent(struct view *v, struct talker *t, const void *data, size_t n);

/* Shows what is held of talker `t`, which ended or leaves, and forgets it. */
void view_finish(struct view *v, struct talker *t);

/* Shows a line of the log, above an unfinished one: "pollcat: LINE". */
void view_note(struct view *v, const char *line);

/* The same for answers to commands: as it is, which must be safe; several lines are fine. A newline is added. */
void view_say(struct view *v, const char *text);

/* What the prompt is while the peer has an unfinished line, colours and all; NULL: there is none. The caller frees it. */
char *view_unfinished(const struct view *v);

/* The coloured "[2]" of a talker, or "" for none; `text` has VIEW_LABEL bytes. Returns `text`. */
enum { VIEW_LABEL = 40 };
const char *view_label(const struct view *v, const struct talker *t, char *text);

/* The unfinished line has become part of the typed one, which is done. */
void view_answered(struct view *v);

#endif
