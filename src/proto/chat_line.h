/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chat_line: bytes of one who chats, made lines that are safe to show; and the names that one can have.
 *
 * A line ends with LF or CR LF. One that is longer than CHAT_LINE bytes is cut into several, never within a character.
 * However the input is cut, the lines are the same.
 */
#ifndef PROTO_CHAT_LINE_H
#define PROTO_CHAT_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CHAT_LINE = 4096, /* bytes of a line as it comes */
    CHAT_NAME = 32,   /* letters of a name */
};

/* Zeroed at the start. */
struct chat_line {
    char *text; /* what there is of it; NULL: nothing */
    size_t len;
    bool cut;     /* it was too long: what comes belongs to the same line */
    bool cut_now; /* set by chat_line_put() with the first part of such a line */
};

/* Takes of `n` bytes (at least 1) those up to the end of a line. Returns how many that are; `*whole`: chat_line_take() is
 * next. */
size_t chat_line_put(struct chat_line *l, const char *data, size_t n, bool *whole);

/* The line that is whole, or (at the end of the input) what there is of one, without its end. `*part`: it goes on with the one
 * before. To be freed; NULL at the end of the input: there is nothing. `*n` is its length, which a NUL follows. */
char *chat_line_take(struct chat_line *l, size_t *n, bool *part);

/* Drops what there is. */
void chat_line_clear(struct chat_line *l);

/* The text safe to show on one line (base/text.h), between `before` and `after`. To be freed; `*size` is its length. */
char *chat_line_safe(const char *before, const char *text, size_t n, const char *after, size_t *size);

/* True for a name: 1 to CHAT_NAME letters, digits, _ and -, and no number. */
bool chat_name_is_right(const char *name);

/* The same name for people: letters of either case are equal. */
bool chat_name_is(const char *a, const char *b);

#endif
