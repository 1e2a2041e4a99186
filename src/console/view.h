/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * view: what arrives, made safe and put on the screen above the line that is typed.
 *
 * Plain (one talker, text or raw, no marks): as it comes, the unfinished line as the prompt (term/sheet.h). Marked
 * (several talkers, hex, or any mark): each talker's unfinished line is held apart, and shown with the sign that it is
 * unfinished when nothing comes for a moment or when it gets long; in the first column of the screen stand marks alone
 * (term/wrap.h), so that nobody can speak as another.
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/names.h"
#include "base/text.h"
#include "console/mark.h"
#include "loop/loop.h"
#include "term/sheet.h"

struct meta;
struct port;
struct talker;
struct view_line;

enum view_mode {
    VIEW_TEXT, /* safe for a terminal */
    VIEW_HEX,  /* as hexdump -C */
    VIEW_RAW,  /* as it is */
};

/* text, hex, raw. */
extern const struct name view_mode_names[];

struct view {
    struct loop *loop;
    struct sheet *sheet; /* its maker's */
    bool colors;         /* those of the peers pass (--allow-colors) */
    enum view_mode mode;
    struct marks marks;

    struct text_safe safe; /* the rest is the view's own */
    char *text;
    struct list held;  /* of struct view_line: what is held of talkers */
    uint64_t seen_all; /* bytes sent to all that were dumped; see talker.seen */
    struct timer quiet;
    struct timer parted; /* until the unfinished line of the plain view gets a row of its own */
    bool cut;            /* it got one: the newline that ends it is on the screen */
};

/* `v` is zeroed but for its first part, which is read, but changed by the calls below alone. */
void view_init(struct view *v);
void view_clear(struct view *v);

/* Change how things are shown from now on; what is held is shown before. */
void view_set_mode(struct view *v, enum view_mode mode);
void view_set_marks(struct view *v, unsigned marks);
void view_set_time(struct view *v, enum clock_kind kind);
void view_set_labels(struct view *v, bool labels);

/* What bytes that arrived are. */
enum view_unit {
    VIEW_STREAM, /* some of a stream */
    VIEW_MESSAGE,
    VIEW_BLOCK, /* a message that is no text: it is shown as hex where text is */
};

/* What port `from` gave with `meta`, which may be NULL. */
enum view_unit view_unit_of(const struct port *from, const struct meta *meta);

/* Shows `n` bytes of `t` that arrived, or the first of them. Returns how many; 0 while the screen is full. */
size_t view_show(struct view *v, struct talker *t, const void *data, size_t n, enum view_unit unit);

/* The same for what is sent to `t` (NULL: to all), all of it, if that is shown at all. */
void view_sent(struct view *v, struct talker *t, const void *data, size_t n);

/* Shows `n` bytes again that came from `t`, `before` others, in a mode of its own; nothing of it stays begun. */
void view_again(struct view *v, struct talker *t, enum view_mode mode, uint64_t before, const void *data,
                size_t n);

/* Shows what is held of talker `t`, which ended or leaves, and forgets it. */
void view_finish(struct view *v, struct talker *t);

/* No line that is unfinished goes on: each is over, and stays on the screen. */
void view_settle(struct view *v);

/* Shows a line of the log, above an unfinished one: "pollcat: LINE". */
void view_note(struct view *v, const char *line);

/* Shows what is to be told of a talker, behind its label: "[2] TEXT". */
void view_tell(struct view *v, const struct talker *t, const char *text);

/* Shows answers to commands: as it is, which must be safe; several lines are fine. A newline is added. */
void view_say(struct view *v, const char *text);

#endif
