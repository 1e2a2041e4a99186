/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * prompt: the line that is typed at a terminal, edited with readline.
 *
 * It is hidden while something is printed and drawn again soon; what the peer has not finished (term/sheet.h) is
 * its prompt. No call waits, whatever the terminal or its user does. There is one at a time.
 */
#ifndef TERM_PROMPT_H
#define TERM_PROMPT_H

#include <stdbool.h>

#include "loop/loop.h"
#include "term/complete.h"
#include "term/sheet.h"

struct prompt;

enum prompt_how {
    PROMPT_SECRET = 1, /* the line was read without echo */
    PROMPT_WHOLE = 2,  /* it is one message, newlines and all (^V) */
};

struct prompt_opts {
    const char *text;    /* shown while the peer has no unfinished line; may be NULL */
    const char *history; /* the file; NULL: the default place */
    bool no_history;

    /* A line was typed; the newline of Enter is not in `text`, but those of a paste are; `how` is of enum
     * prompt_how. Returns -1 to refuse it: it can be edited again, with the cursor at its end. */
    int (*line)(void *ctx, const char *text, unsigned how);

    /* Offers words for `line`, which begins with `escape`, up to `cursor` (term/complete.h); `to` is zeroed. Optional. */
    char escape;
    void (*complete)(void *ctx, const char *line, size_t cursor, struct complete *to);

    /* ^X^E: `line` is to be changed elsewhere; prompt_set_line() brings it back. Optional. */
    void (*edit)(void *ctx, const char *line);

    /* True while no more lines can be taken; prompt_room() tells that this ended. */
    bool (*full)(void *ctx);

    /* No more lines will come: the user said so (^D), or the terminal is gone. The prompt goes, unless stays() is true when
     * the user says so, which is optional. */
    void (*end)(void *ctx, bool gone);
    bool (*stays)(void *ctx);

    /* The size of the terminal changed, whoever has it. Optional. */
    void (*resized)(void *ctx);
    void *ctx;
};

/* Takes the terminal on standard input over and draws a line on the sheet, which is the caller's and
 * outlives the prompt. `opts` is copied. Returns NULL with `e` filled. */
struct prompt *prompt_new(struct loop *loop, struct sheet *sheet, const struct prompt_opts *opts,
                          struct err *e);

/* Gives the terminal back, what was typed and not sent left on it, and saves the history. */
void prompt_free(struct prompt *p);

/* Replaces the line that is typed; what is no character of it is not taken. */
void prompt_set_line(struct prompt *p, const char *line);

/* Keeps what is typed and not sent in the history, as if Enter had been typed. False when there is nothing to keep, or none to
 * keep it in. */
bool prompt_keep_line(struct prompt *p);

/* Changes the text; it is copied. */
void prompt_set_text(struct prompt *p, const char *text);

/* Reads the next line without echo, behind `text`, and keeps it out of the history. NULL: not this one after all. */
void prompt_secret(struct prompt *p, const char *text);

/* It is the first that the user ever had, as far as the history tells. */
bool prompt_is_first(const struct prompt *p);

/* Columns that what stands before the typed line takes, when it was last drawn. */
unsigned prompt_indent(const struct prompt *p);

/* Takes the line off the screen until the turn ends, or a little longer while this happens often. */
void prompt_hide(struct prompt *p);

/* Draws everything anew after output was lost. */
void prompt_redraw(struct prompt *p);

/* There is room for lines again. */
void prompt_room(struct prompt *p);

/* SIGINT: clears the line, ends a search. Returns false when there was neither. */
bool prompt_interrupt(struct prompt *p);

/* Around a stop by job control. */
void prompt_suspend(struct prompt *p);
void prompt_resume(struct prompt *p);

/* Between these the terminal is another program's: no key is read and nothing is written, what is to be shown waits on
 * the screen. The modes it leaves are the user's from then on, unless it was `killed`: then those of before are. */
void prompt_lend(struct prompt *p);
void prompt_reclaim(struct prompt *p, bool killed);

/* The width of the terminal in columns. */
unsigned prompt_columns(const struct prompt *p);

#endif
