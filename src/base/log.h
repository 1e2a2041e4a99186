/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log: lines for the user, each made by the module that knows and shown by whoever set the sink.
 *
 * The module's state (level, sink, words, lines lost) is one of the program's mutable globals. A line never
 * holds a control byte: whatever is not safe for a terminal is escaped here (base/text.h). Lines of over
 * about a thousand bytes are cut. errno is left alone.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level {
    LOG_ERROR = -1, /* always shown */
    LOG_NOTICE = 0, /* shown by default: what the user should know */
    LOG_INFO = 1,   /* -v: what happens */
    LOG_DEBUG = 2,  /* -vv: more */
};

/* Shows one line; `line` has no newline and no program name. Returns false to leave it to standard error. */
typedef bool log_sink(void *ctx, enum log_level level, const char *line);

/* Sets how much is shown (LOG_NOTICE at start). */
void log_set_level(int level);

/* Sets who shows the lines; NULL goes back to standard error as "pollcat: LINE", written at once. There a
 * line that would block is dropped, and the next one that passes says how many were. */
void log_set_sink(log_sink *sink, void *ctx);

/* True when lines of `level` are shown: guards work done only for a line. */
bool log_shows(enum log_level level);

/* The words of a dialect (base/message.h), kept here with the rest of the state; NULL at start. `name` stands before lines
 * on standard error instead of "pollcat". Lines of the functions below are shown up to the level `others`. */
struct message_catalogue;
void log_set_catalogue(const struct message_catalogue *c, const char *name, enum log_level others);
const struct message_catalogue *log_catalogue(void);

/* For base/message.c: whether the level asks for it, and one line, with the program's name before it unless `bare`. */
bool log_level_shows(enum log_level level);
void log_text(enum log_level level, bool bare, const char *text);

/* Draws `text` (one line, plain ASCII) on the terminal or pipe of standard error, in place of the one drawn
 * before; lines of the log appear above it. NULL: ends it, and leaves it standing. Dropped where it would block. */
void log_status(const char *text);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
