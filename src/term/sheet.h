/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sheet: the terminal as two have it in common: the prompt, with the line that is typed at the bottom, and whoever
 * shows something above it.
 *
 * Text as it comes from one peer (sheet_text) is printed; the line it has not finished is kept (term/tail.h) for the
 * prompt, of which it is a part while there is a line, and printed as it comes when there is none. Anything else is put
 * behind sheet_above(), which takes the line off the screen.
 */
#ifndef TERM_SHEET_H
#define TERM_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include "term/screen.h"
#include "term/tail.h"

/* Zeroed but for the screen at first. Its two users share all of it. */
struct sheet {
    struct screen *screen;   /* its maker's */
    void (*hide)(void *ctx); /* takes the line off the screen; the prompt's, while `line` is true */
    void *ctx;
    unsigned columns; /* of the terminal, as the prompt knows them; 0: not known */
    bool dumb;        /* the terminal can not go back: the unfinished line is printed at once all the same */
    bool paper;       /* it is no terminal: there are no rows, nothing can be gone back over */
    bool line;        /* there is a line below */
    bool colors;      /* text has colours of its own, in whole sequences */

    struct tail tail; /* what the peer has not finished */
    bool stands;      /* it is on the screen (dumb terminals) */
    bool stale;       /* it, or the prompt, changed; whoever shows it clears this */
    bool midline;     /* without a line: the last thing printed was no newline */
};

/* Puts bytes as they are. */
void sheet_put(struct sheet *s, const char *text, size_t n);

/* Makes way above the line that is typed: the cursor is at the beginning of a row. Returns the columns there are; 0: no end of them. */
unsigned sheet_above(struct sheet *s);

/* Shows what came from the peer, which was made safe or not. */
void sheet_text(struct sheet *s, const char *text, size_t n);

/* The unfinished line is over, whatever comes: it stays on the screen. */
void sheet_leave(struct sheet *s);

/* The unfinished line stays on the screen, and what comes goes on there: the line that is typed has gone. */
void sheet_yield(struct sheet *s);

/* What the prompt is while there is an unfinished line, colours and all; NULL: there is none. The caller frees it. */
char *sheet_unfinished(const struct sheet *s);

/* The unfinished line has become part of the typed one, which is done. */
void sheet_answered(struct sheet *s);

#endif
