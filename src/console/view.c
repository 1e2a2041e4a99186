/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/view.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/hexdump.h"
#include "base/mem.h"
#include "console/mark.h"
#include "console/talker.h"
#include "io/port.h"
#include "term/row.h"
#include "term/wrap.h"

enum {
    PIECE = 16 * 1024, /* bytes shown in one go */
    MARKED = 4 * 1024, /* the same with marks, were each byte a line: less than SCREEN_MOST */
    LINE_MOST = 4096,  /* an unfinished line that is longer is shown */
    QUIET = 300,       /* ms without a byte after which it is shown too */
    SENT = 256,        /* bytes of what is sent shown in one go */
    CUT = 128,         /* bytes of the line that says that not all were */
    QUIET_HEX = 30,    /* the same of a line of hex, which waits for nobody's newline */
};

static const char inverse[] = "\033[7m", upright[] = "\033[27m";
static const char unfinished[] = "...";

/* What is held of a talker. */
struct view_line {
    struct talker *talker;
    struct list place; /* in view.held */
    struct text_safe safe;
    struct sgr sgr; /* the colours before the text */
    struct hexdump hex;
    int64_t touched; /* loop time of its last byte */
    size_t left;     /* bytes of the read at hand that are to come */
    size_t size;     /* of the read at hand, until it is shown */
    bool continued;  /* the line's beginning was shown and is not in the text */
    char *text;
    size_t len, room;
    size_t shown; /* of the text: kept, because what comes may go back over it */
};

static void quiet_passed(struct timer *t);
static void part_line(struct timer *t);

const struct name view_mode_names[] = {
    {"text", VIEW_TEXT},
    {"hex", VIEW_HEX},
    {"raw", VIEW_RAW},
    {NULL, 0},
};

/* Putting on the screen. */

static void print(struct view *v, const char *text, size_t n)
{
    sheet_put(v->sheet, text, n);
}

static void print_row(void *ctx, const char *text, size_t n)
{
    print(ctx, text, n);
}

/* The marks of a line, and what is to follow them in its rows. */
static void begin_line(struct view *v, const struct mark_line *line, unsigned columns, struct wrap *w)
{
    char prefix[MARK_MOST];
    unsigned width;

    print(v, prefix, mark_put(&v->marks, line, prefix, &width));
    wrap_begin(w, columns, width, print_row, v);
}

/* Raw text is never known to be whole sequences. */
static bool has_colors(const struct view *v)
{
    return v->colors && v->mode == VIEW_TEXT;
}

static void set_mode(struct view *v, enum view_mode mode)
{
    v->mode = mode;
    v->sheet->colors = has_colors(v);
}

static void scan_colors(const struct view *v, struct sgr *s, const char *text, size_t n)
{
    if (has_colors(v))
        sgr_scan(s, text, n);
}

/* The colours that a peer left are its text's alone. */
static void begin_colors(struct view *v, const struct sgr *s)
{
    char text[SGR_TEXT];

    if (has_colors(v))
        print(v, text, sgr_format(s, text));
}

static void end_colors(struct view *v, const struct sgr *s)
{
    char text[SGR_TEXT];

    if (has_colors(v) && sgr_format(s, text) > 0)
        print(v, SGR_RESET, sizeof SGR_RESET - 1);
}

static bool is_marked(const struct view *v)
{
    return v->mode == VIEW_HEX || mark_any(&v->marks);
}

static void set_safe(const struct view *v, struct text_safe *safe)
{
    safe->colors = v->colors;
    safe->returns = !v->sheet->paper;
    safe->erases = !v->sheet->dumb;
    safe->begin = v->marks.color ? inverse : NULL;
    safe->end = v->marks.color ? upright : NULL;
}

void view_init(struct view *v)
{
    v->text = mem_alloc(text_safe_max(PIECE));
    v->quiet.fire = quiet_passed;
    v->parted.fire = part_line;
    v->marks.loop = v->loop;
    list_init(&v->held);
    set_mode(v, v->mode);
    set_safe(v, &v->safe);
    clock_init(&v->marks.clock, v->marks.clock.kind, loop_now(v->loop));
}

void view_clear(struct view *v)
{
    loop_timer_clear(&v->quiet);
    loop_timer_clear(&v->parted);
    free(v->text);
    v->text = NULL;
}

/* Plain: one talker, no marks. */

static void finish_plain(struct view *v)
{
    char rest[TEXT_REST];

    sheet_text(v->sheet, rest, text_safe_end(&v->safe, rest));
}

/* Held lines. */

static struct view_line *hold(struct view *v, struct talker *t)
{
    struct view_line *x = t->line;

    if (x != NULL)
        return x;
    x = t->line = mem_alloc(sizeof *x);
    x->talker = t;
    x->size = MARK_NO_SIZE;
    set_safe(v, &x->safe);
    list_push(&v->held, &x->place);
    return x;
}

static void let_go(struct view_line *x)
{
    list_del(&x->place);
    x->talker->line = NULL;
    free(x->text);
    free(x);
}

static void keep(struct view_line *x, const char *text, size_t n)
{
    if (x->len + n > x->room) {
        x->room = (x->len + n) * 2;
        x->text = mem_resize(x->text, x->room);
    }
    memcpy(x->text + x->len, text, n);
    x->len += n;
}

/* Prints a line with its marks, from `from` on, or all of it when it goes back over itself. `more`: it is not
 * finished. */
static void show_line(struct view *v, struct view_line *x, const char *text, size_t n, size_t from, bool more)
{
    struct sgr sgr = x->sgr;
    char *flat = NULL;
    struct wrap w;

    if (row_moves(text, n)) {
        text = flat = row_flat(text, n, &sgr, false, &n);
        from = 0;
    }
    begin_line(v, &(struct mark_line){x->talker, false, x->size}, sheet_above(v->sheet), &w);
    x->size = MARK_NO_SIZE;
    if (x->continued || from > 0)
        wrap_put(&w, unfinished, sizeof unfinished - 1);
    scan_colors(v, &sgr, text, from);
    begin_colors(v, &sgr);
    w.sgr = sgr;
    wrap_put(&w, text + from, n - from);
    scan_colors(v, &sgr, text + from, n - from);
    end_colors(v, &sgr);
    w.sgr = (struct sgr){0};
    if (more)
        wrap_put(&w, unfinished, sizeof unfinished - 1);
    print(v, "\n", 1);
    free(flat);
}

/* Nothing can go back over what was there. `more`: the line goes on. */
static void leave(struct view *v, struct view_line *x, const char *text, size_t n, bool more)
{
    scan_colors(v, &x->sgr, text, n);
    x->continued = more;
    x->len = x->shown = 0;
}

static void show_held(struct view *v, struct view_line *x, bool more)
{
    if (x->len > x->shown)
        show_line(v, x, x->text, x->len, x->shown, more);
    x->shown = x->len;
}

static void finish_held(struct view *v, struct view_line *x)
{
    show_held(v, x, false);
    leave(v, x, x->text, x->len, false);
}

/* A line that goes back for ever stays short; any other that is long is shown. */
static void bound(struct view *v, struct view_line *x)
{
    if (x->len <= LINE_MOST)
        return;
    if (row_moves(x->text, x->len)) {
        char *flat = row_flat(x->text, x->len, &x->sgr, true, &x->len);

        free(x->text);
        x->text = flat;
        x->room = x->len;
        x->shown = 0;
    }
    if (x->len > LINE_MOST / 2) {
        show_held(v, x, true);
        leave(v, x, x->text, x->len, true);
    }
}

static void show_lines(struct view *v, struct view_line *x, const char *text, size_t n)
{
    const char *newline;

    /* cppcheck-suppress uninitvar ; the caller's buffer was filled by the callee before */
    while (n > 0 && (newline = memchr(text, '\n', n)) != NULL) {
        size_t line = (size_t)(newline - text);

        if (x->len > 0) {
            keep(x, text, line);
            finish_held(v, x);
        } else {
            if (line > 0 || !x->continued)
                show_line(v, x, text, line, 0, false);
            leave(v, x, text, line, false);
        }
        text += line + 1;
        n -= line + 1;
    }
    if (n == 0)
        return;
    keep(x, text, n);
    bound(v, x);
}

/* Hex. */

static void print_dump(struct view *v, const struct mark_line *line, const char *dump, size_t n)
{
    char prefix[MARK_MOST];
    unsigned width;

    for (const char *end = dump + n; dump < end;) {
        /* cppcheck-suppress uninitvar ; as above */
        const char *newline = memchr(dump, '\n', (size_t)(end - dump));
        size_t len = (size_t)(newline + 1 - dump);

        print(v, prefix, mark_put(&v->marks, line, prefix, &width));
        print(v, dump, len);
        dump += len;
    }
}

static void begin_dump(struct view *v, const struct mark_line *line, struct hexdump *h, unsigned screen)
{
    char prefix[MARK_MOST];
    unsigned width;
    struct clock now = v->marks.clock;

    if (h->nheld > 0)
        return;
    mark_put(&v->marks, line, prefix, &width);
    v->marks.clock = now; /* nothing was shown */
    hexdump_fit(h, screen == 0 ? UINT_MAX : screen > width ? screen - width : 0);
}

static void end_dump(struct view *v, struct view_line *x)
{
    char line[HEXDUMP_LINE];

    if (x->hex.nheld == 0)
        return;
    sheet_above(v->sheet);
    print_dump(v, &(struct mark_line){x->talker, false, x->size}, line, hexdump_end(&x->hex, line));
    x->size = MARK_NO_SIZE;
}

static void show_hex(struct view *v, struct view_line *x, const void *data, size_t n)
{
    const struct mark_line mark = {x->talker, false, x->size};
    unsigned screen = sheet_above(v->sheet);
    char *dump;

    if (x->hex.nheld == 0)
        x->hex.offset = x->talker->seen[0];
    begin_dump(v, &mark, &x->hex, screen);
    dump = mem_alloc(hexdump_max(&x->hex, n));
    print_dump(v, &mark, dump, hexdump_put(&x->hex, data, n, dump));
    x->talker->seen[0] += n;
    free(dump);
}

/* Ends whatever is begun of a talker. */
static void end_line(struct view *v, struct view_line *x)
{
    char rest[TEXT_REST];

    show_lines(v, x, rest, text_safe_end(&x->safe, rest));
    finish_held(v, x);
    end_dump(v, x);
}

static void watch_quiet(struct view *v, struct view_line *x)
{
    static const struct sgr none;

    if (x->len == 0 && x->hex.nheld == 0 && x->safe.nheld == 0 && x->left == 0 && !x->continued &&
        sgr_same(&x->sgr, &none)) {
        let_go(x);
        return;
    }
    x->touched = loop_now(v->loop);
    if ((x->len > x->shown || x->hex.nheld > 0) && !loop_timer_pending(&v->quiet))
        loop_timer_set(v->loop, &v->quiet, x->hex.nheld > 0 ? QUIET_HEX : QUIET);
}

_Static_assert(SCREEN_FULL + MARKED * MARK_MOST < SCREEN_MOST, "what arrives must not be lost");

static void quiet_passed(struct timer *timer)
{
    struct view *v = container_of(timer, struct view, quiet);
    int64_t now = loop_now(v->loop), next = 0;
    struct view_line *x;
    struct list *ahead;

    list_each(x, ahead, &v->held, struct view_line, place)
    {
        int64_t rest = x->touched + (x->hex.nheld > 0 ? QUIET_HEX : QUIET) - now;

        if (x->len == x->shown && x->hex.nheld == 0)
            continue;
        if (rest > 0) {
            next = next == 0 || rest < next ? rest : next;
            continue;
        }
        show_held(v, x, true);
        end_dump(v, x);
        watch_quiet(v, x);
    }
    if (next > 0)
        loop_timer_set(v->loop, &v->quiet, next);
}

static void show_marked(struct view *v, struct talker *t, const void *data, size_t n, size_t all,
                        enum view_unit unit)
{
    struct view_line *x = hold(v, t);

    if (x->left == 0) {
        x->size = x->left = all;
        t->seen[0] = unit == VIEW_BLOCK ? 0 : t->seen[0];
    }
    x->left -= n < x->left ? n : x->left;
    if (v->mode == VIEW_HEX || unit == VIEW_BLOCK)
        show_hex(v, x, data, n);
    else if (v->mode == VIEW_RAW)
        show_lines(v, x, data, n);
    else
        show_lines(v, x, v->text, text_safe_put(&x->safe, data, n, v->text));
    if (x->left == 0 && v->mode == VIEW_HEX && (v->marks.set & MARK_SIZE) != 0)
        end_dump(v, x);
    if (unit != VIEW_STREAM && x->left == 0) {
        if (all == 0)
            show_line(v, x, "", 0, 0, false);
        end_line(v, x);
    }
    watch_quiet(v, x);
}

/* What has bytes that were escaped asks for no answer: it does not stay as the prompt. */
static void part_line(struct timer *timer)
{
    struct view *v = container_of(timer, struct view, parted);

    if (!v->safe.escaped || v->sheet->tail.len == 0)
        return;
    finish_plain(v);
    sheet_leave(v->sheet);
    v->safe.escaped = false;
    v->cut = true;
}

static void put_plain(struct view *v, const char *data, size_t n)
{
    size_t len, skip;

    if (v->sheet->tail.len == 0)
        v->safe.escaped = false; /* it was answered */
    len = text_safe_put(&v->safe, data, n, v->text);
    skip = len > 0 && v->cut && v->text[0] == '\n';
    sheet_text(v->sheet, v->text + skip, len - skip);
    v->cut = v->cut && len == 0;
}

/* A datagram is a line, whether its sender ended it or not. */
static void show_safe(struct view *v, const char *data, size_t n, bool message)
{
    put_plain(v, data, n);
    if (message && (n == 0 || data[n - 1] != '\n'))
        put_plain(v, "\n", 1);
    if (v->safe.escaped && v->sheet->line)
        loop_timer_set(v->loop, &v->parted, QUIET);
}

enum view_unit view_unit_of(const struct port *from, const struct meta *meta)
{
    if ((port_caps(from) & IO_MSG) == 0)
        return VIEW_STREAM;
    if (meta != NULL && meta->form == FORM_BINARY)
        return VIEW_BLOCK;
    return meta != NULL && meta->part ? VIEW_STREAM : VIEW_MESSAGE;
}

size_t view_show(struct view *v, struct talker *t, const void *data, size_t n, enum view_unit unit)
{
    size_t all = n;
    bool marked;

    if (screen_full(v->sheet->screen))
        return 0;
    if (unit == VIEW_BLOCK && v->mode != VIEW_TEXT)
        unit = VIEW_MESSAGE;
    marked = is_marked(v) || unit == VIEW_BLOCK;
    if (n > PIECE)
        n = PIECE;
    if (n > MARKED && marked)
        n = MARKED;
    if (marked)
        show_marked(v, t, data, n, all, unit);
    else if (v->mode == VIEW_RAW)
        sheet_text(v->sheet, data, n);
    else
        show_safe(v, data, n, unit == VIEW_MESSAGE && n == all);
    return n;
}

static bool has_room(const struct view *v, size_t n)
{
    return n + MARK_MOST + CUT < screen_room(v->sheet->screen);
}

static void tell_cut(struct view *v, const struct mark_line *line, size_t n)
{
    char text[CUT];

    snprintf(text, sizeof text, "not all of the %zu bytes that were %s are shown", n,
             line->sent ? "sent" : "received");
    view_note(v, text);
}

static void whole_hex(struct view *v, const struct mark_line *mark, uint64_t before, const void *data,
                      size_t n)
{
    struct hexdump h = {.offset = before};
    unsigned screen = sheet_above(v->sheet);
    char *dump, line[HEXDUMP_LINE];
    bool whole = true;

    begin_dump(v, mark, &h, screen);
    dump = mem_alloc(hexdump_max(&h, SENT));
    for (size_t at = 0, part; at < n && (whole = has_room(v, SENT * MARK_MOST)); at += part) {
        part = n - at < SENT ? n - at : SENT;
        print_dump(v, mark, dump, hexdump_put(&h, (const char *)data + at, part, dump));
    }
    print_dump(v, mark, line, hexdump_end(&h, line));
    free(dump);
    if (!whole)
        tell_cut(v, mark, n);
}

static void sent_hex(struct view *v, struct talker *t, const void *data, size_t n)
{
    uint64_t *seen = t != NULL ? &t->seen[1] : &v->seen_all;

    whole_hex(v, &(struct mark_line){t, true, n}, *seen, data, n);
    *seen += n;
}

/* Puts a line of what is sent, unless there is no room for it. */
static bool sent_line(struct view *v, const struct mark_line *mark, const char *text, size_t n,
                      const char *rest, size_t nrest)
{
    unsigned columns = sheet_above(v->sheet);
    struct wrap w;

    wrap_begin(&w, columns, columns / 2, print_row, v);
    if (!has_room(v, wrap_most(&w, n + nrest)))
        return false;
    begin_line(v, mark, columns, &w);
    wrap_put(&w, text, n);
    wrap_put(&w, rest, nrest);
    print(v, "\n", 1);
    return true;
}

static void whole_text(struct view *v, struct mark_line mark, const void *data, size_t n)
{
    struct text_safe safe = {0};
    char *text = mem_alloc(text_safe_max(n)), rest[TEXT_REST];
    size_t len, tail;

    set_safe(v, &safe);
    safe.returns = safe.colors = false;
    len = text_safe_put(&safe, data, n, text);
    tail = text_safe_end(&safe, rest);
    for (const char *p = text, *end = text + len; p < end || p == text; p++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t line = newline != NULL ? (size_t)(newline - p) : (size_t)(end - p);

        if (!sent_line(v, &mark, p, line, rest, newline == NULL ? tail : 0)) {
            tell_cut(v, &mark, n);
            break;
        }
        mark.size = MARK_NO_SIZE;
        p += line;
    }
    free(text);
}

void view_sent(struct view *v, struct talker *t, const void *data, size_t n)
{
    if ((v->marks.set & MARK_DIRECTION) == 0)
        return;
    if (v->mode == VIEW_HEX)
        sent_hex(v, t, data, n);
    else
        whole_text(v, (struct mark_line){t, true, n}, data, n);
}

static void whole_raw(struct view *v, const char *data, size_t n)
{
    sheet_above(v->sheet);
    print(v, data, n);
    if (n > 0 && data[n - 1] != '\n')
        print(v, "\n", 1);
}

void view_again(struct view *v, struct talker *t, enum view_mode mode, uint64_t before, const void *data,
                size_t n)
{
    const struct mark_line mark = {t, false, MARK_NO_SIZE};

    if (mode == VIEW_HEX)
        whole_hex(v, &mark, before, data, n);
    else if (mode == VIEW_TEXT)
        whole_text(v, mark, data, n);
    else
        whole_raw(v, data, n);
}

void view_finish(struct view *v, struct talker *t)
{
    if (!is_marked(v))
        finish_plain(v);
    if (t == NULL || t->line == NULL)
        return;
    end_line(v, t->line);
    let_go(t->line);
}

/* Changes. */

void view_settle(struct view *v)
{
    struct view_line *x;
    struct list *ahead;

    if (!is_marked(v)) {
        finish_plain(v);
        sheet_leave(v->sheet);
        v->safe.escaped = v->cut = false;
    }
    list_each(x, ahead, &v->held, struct view_line, place)
    {
        end_line(v, x);
        let_go(x);
    }
}

void view_set_mode(struct view *v, enum view_mode mode)
{
    if (mode == v->mode)
        return;
    view_settle(v);
    set_mode(v, mode);
}

void view_set_marks(struct view *v, unsigned set)
{
    if (set == v->marks.set)
        return;
    view_settle(v);
    v->marks.set = set;
}

void view_set_time(struct view *v, enum clock_kind kind)
{
    if (kind == v->marks.clock.kind)
        return;
    view_settle(v);
    v->marks.clock.kind = kind;
}

void view_set_labels(struct view *v, bool labels)
{
    if (labels == v->marks.labels)
        return;
    view_settle(v);
    v->marks.labels = labels;
    v->sheet->stale = true;
}

/* Lines of our own. */

void view_say(struct view *v, const char *text)
{
    sheet_above(v->sheet);
    print(v, text, strlen(text));
    print(v, "\n", 1);
}

void view_note(struct view *v, const char *line)
{
    static const char name[] = "pollcat: ";
    struct wrap w;

    wrap_begin(&w, sheet_above(v->sheet), sizeof name - 1, print_row, v);
    print(v, name, sizeof name - 1);
    wrap_put(&w, line, strlen(line));
    print(v, "\n", 1);
}

void view_tell(struct view *v, const struct talker *t, const char *text)
{
    char label[MARK_LABEL];
    unsigned columns = sheet_above(v->sheet), width;
    struct wrap w;

    mark_label(&v->marks, t, label, &width);
    print(v, label, strlen(label));
    wrap_begin(&w, columns, width + 1, print_row, v);
    w.at = width;
    wrap_put(&w, " ", 1);
    wrap_put(&w, text, strlen(text));
    print(v, "\n", 1);
}
