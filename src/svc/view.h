/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * view: what arrives, made safe and put on the screen above the line that is typed.
 *
 * Whole lines are printed; what the peer has not finished is kept for the prompt (svc/tail.h) while there is a
 * line, and printed as it comes when there is none. Owns neither the screen nor the line: it asks for the line
 * to be hidden before it prints.
 */
#ifndef SVC_VIEW_H
#define SVC_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "svc/screen.h"
#include "svc/tail.h"

struct view {
    struct screen *screen;
    bool raw;  /* nothing is made safe */
    bool line; /* there is a line below: its owner sets and ends it */
    bool dumb; /* the terminal can not go back: the unfinished line is printed at once all the same */
    unsigned (*hide)(void *ctx); /* takes the line off the screen; returns the terminal's columns */
    void *ctx;

    struct tail tail; /* what the peer has not finished */
    bool stands;      /* it is on the screen (dumb terminals) */
    bool stale;       /* it changed; whoever shows it clears this */
    bool midline;     /* without a line: the last thing printed was no newline */
    struct text_safe safe;
    char *text;
};

/* `v` is zeroed but for its first part. */
void view_init(struct view *v);
void view_clear(struct view *v);

/* Shows `n` bytes that arrived, or the first of them. Returns how many; 0 while the screen is full. */
size_t view_show(struct view *v, const void *data, size_t n);

/* Shows what is held of an unfinished character. */
void view_finish(struct view *v);

/* Shows a line of the program's own, above an unfinished one. */
void view_note(struct view *v, const char *line);

/* The unfinished line has become part of the typed one, which is done. */
void view_answered(struct view *v);

#endif
