/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * console/view.h and what it shows with (term/sheet.h, term/tail.h, term/wrap.h): hostile peers in every mode and with
 * every mark, on a terminal that changes its size or takes nothing. Nothing but what is safe reaches the terminal
 * unless the mode is raw, peers' text stays out of the first column behind marks, nothing that arrives is lost, and
 * what is held is bounded. The first three bytes of the input are the options and the columns; what follows are steps.
 */
#include "console/view.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "console/talker.h"

enum {
    TALKERS = 3,
    TIMERS = 4,
    SHOWN_MOST = 20000,        /* bytes in one step */
    HELD_MOST = TALKERS << 18, /* bytes of ours for all talkers */
    ROWS_LEAST = 60,           /* columns on which all marks fit into a row */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The screen and the clock are the fuzzer's own, so that what is put can be looked at and time passes at will. */

struct screen {
    char text[SCREEN_MOST];
    size_t len;    /* what waits */
    size_t looked; /* at so much of it */
    bool lost;
};

static struct screen screen;
static struct timer *due[TIMERS];
static int64_t now;

void screen_put(struct screen *s, const void *text, size_t n)
{
    if (s->len + n > SCREEN_MOST) {
        s->lost = true;
        return;
    }
    memcpy(s->text + s->len, text, n);
    s->len += n;
}

bool screen_full(const struct screen *s)
{
    return s->len >= SCREEN_FULL;
}

size_t screen_room(const struct screen *s)
{
    return SCREEN_MOST - s->len;
}

int64_t loop_now(const struct loop *l)
{
    (void)l;
    return now;
}

void loop_timer_clear(struct timer *t)
{
    for (int i = 0; i < TIMERS; i++)
        due[i] = due[i] == t ? NULL : due[i];
}

void loop_timer_set(struct loop *l, struct timer *t, int64_t ms)
{
    int i = 0;

    (void)l;
    loop_timer_clear(t);
    while (due[i] != NULL)
        require(++i < TIMERS);
    due[i] = t;
    t->at = now + ms;
}

bool loop_timer_pending(const struct timer *t)
{
    for (int i = 0; i < TIMERS; i++) {
        if (due[i] == t)
            return true;
    }
    return false;
}

/* What is under test, and the input that is left. */
struct stage {
    struct sheet sheet;
    struct view view;
    struct talker talker[TALKERS];
    const uint8_t *data;
    size_t size;
    bool stalled; /* the terminal takes nothing */
};

static uint8_t take(struct stage *s)
{
    if (s->size == 0)
        return 0;
    s->size--;
    return *s->data++;
}

static void hide(void *ctx)
{
    require(((struct stage *)ctx)->sheet.line);
}

/* Looking at the output. */

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* The length of a colour, which begins with an escape; 0: it is none. */
static size_t color(const char *p, size_t n)
{
    size_t i = 2;

    if (n < 3 || p[1] != '[')
        return 0;
    while (i < n && strchr("0123456789:;", p[i]) != NULL && p[i] != '\0')
        i++;
    return i < n && p[i] == 'm' ? i + 1 : 0;
}

static size_t character(const char *p, size_t n, wchar_t *c)
{
    mbstate_t state = {0};
    size_t len = 1;

    if ((*c = *p) < 0 || *c > '~')
        len = mbrtowc(c, p, n, &state);
    require(len < (size_t)-2);
    return len > 0 ? len : 1;
}

/* One of ours, of a mark or around what was escaped, or several in one. */
static bool is_own_color(const char *p, size_t n)
{
    static const char own[] = " 0 1 2 7 27 32 33 34 35 36 92 93 94 95 96 ";
    size_t len;

    for (p += 2, n -= 2; n > 0; p += len + 1, n -= len + 1) {
        char word[8];

        len = strcspn(p, ";m");
        snprintf(word, sizeof word, " %.*s ", (int)len, p);
        if (len > 0 && strstr(own, word) == NULL)
            return false;
    }
    return true;
}

/* Nothing else begins with an escape but what erases a row of escapes that is gone over. */
static size_t erasing(const struct view *v, const char *p, size_t n)
{
    require(!v->sheet->dumb && n >= 3 && memcmp(p, "\033[K", 3) == 0);
    return 3;
}

/* Text that does no harm, with the colours that may be there. */
static void check_safe(const struct view *v, const char *p, size_t n)
{
    for (size_t len; n > 0; p += len, n -= len) {
        wchar_t c;

        if (*p == '\033') {
            len = color(p, n);
            if (len > 0)
                require(v->colors || (v->marks.color && is_own_color(p, len)));
            else
                len = erasing(v, p, n);
            continue;
        }
        len = character(p, n, &c);
        require(!is_control((uint32_t)c) || c == '\n' || c == '\t' || c == '\r');
    }
}

/* No row of marked text is longer than the terminal is wide, and where all lines have a mark each begins with it or is
 * indented. */
static void check_rows(const char *p, size_t n, unsigned columns, bool all)
{
    unsigned at = 0;
    int width;

    for (size_t len; n > 0; p += len, n -= len) {
        wchar_t c;

        if (*p == '\033') {
            len = color(p, n);
            continue;
        }
        len = character(p, n, &c);
        if (c == '\r') {
            require(n > 1 && p[1] == '\n');
            continue;
        }
        if (c == '\n') {
            at = 0;
            continue;
        }
        require(at > 0 || !all || strchr(" <>[(+0123456789", *p) != NULL);
        width = wcwidth(c);
        at += c == '\t' ? 8 - at % 8 : width < 0 ? 1 : (unsigned)width;
        require(at <= columns);
    }
}

static void check_prompt(const struct stage *s)
{
    char *prompt = sheet_unfinished(&s->sheet), *end = prompt;

    if (prompt == NULL)
        return;
    require(tail_columns(prompt) <= TAIL_SIZE * 8); /* tabs */
    for (const char *p = prompt; *p != '\0'; p++) {
        if (*p != '\001' && *p != '\002')
            *end++ = *p;
    }
    if (s->view.mode != VIEW_RAW)
        check_safe(&s->view, prompt, (size_t)(end - prompt));
    free(prompt);
}

/* A size stands before the first line alone, and who is not shown has no label. */
static bool marks_all(const struct stage *s, const struct view *v)
{
    const struct marks *m = &v->marks;

    return (m->set & MARK_DIRECTION) != 0 || m->clock.kind != CLOCK_NONE ||
           ((m->labels || (m->set & MARK_PEER) != 0) && s->talker[0].shown);
}

static bool is_marked(const struct view *v)
{
    return v->mode == VIEW_TEXT && mark_any(&v->marks);
}

/* What a step put while the view was as `before` says. */
static void look(struct stage *s, const struct view *before)
{
    const char *text = screen.text + screen.looked;
    size_t n = screen.len - screen.looked;

    if (before->mode != VIEW_RAW)
        check_safe(before, text, n);
    if (is_marked(before) && is_marked(&s->view) && s->sheet.columns >= ROWS_LEAST)
        check_rows(text, n, s->sheet.columns, marks_all(s, before));
    check_prompt(s);
    require(s->sheet.tail.len <= TAIL_SIZE);
    screen.looked = screen.len;
    if (!s->stalled)
        screen.looked = screen.len = 0;
}

/* Steps. */

/* The next bytes of the input, as often as `times` says. The caller frees them. */
static char *bytes(struct stage *s, unsigned times, size_t *n)
{
    size_t once = take(s);
    char *p;

    if (once > s->size)
        once = s->size;
    if (once * times > SHOWN_MOST)
        times = (unsigned)(SHOWN_MOST / once);
    *n = once * times;
    p = malloc(*n > 0 ? *n : 1);
    require(p != NULL);
    for (size_t i = 0; i < times; i++)
        memcpy(p + i * once, s->data, once);
    s->data += once;
    s->size -= once;
    return p;
}

static unsigned repeated(uint8_t how)
{
    static const unsigned times[] = {1, 1, 1, 1, 1, 7, 40, 200};

    return how >= 252 ? SHOWN_MOST : times[how >> 5];
}

static void step_show(struct stage *s, uint8_t how)
{
    struct talker *t = &s->talker[mark_any(&s->view.marks) ? how % TALKERS : 0];
    bool message = (how & 4) != 0;
    size_t n, at = 0, got;
    char *data = bytes(s, repeated(how), &n);

    do {
        got = view_show(&s->view, t, data + at, n - at, message);
        require(got <= n - at && (got > 0 || n == at || screen_full(&screen)));
        require(!screen.lost);
        look(s, &s->view);
        at += got;
    } while (got > 0 && at < n);
    free(data);
}

static void step_sent(struct stage *s, uint8_t how)
{
    size_t n;
    char *data = bytes(s, repeated(how), &n);

    view_sent(&s->view, how % 4 == 3 ? NULL : &s->talker[how % 4], data, n);
    require(screen.lost == false);
    free(data);
}

static void step_line(struct stage *s, uint8_t how)
{
    if (how % 4 == 1)
        sheet_leave(&s->sheet);
    else if (s->sheet.line)
        sheet_answered(&s->sheet);
    if (how == 255 && s->sheet.line) { /* the prompt is done with */
        sheet_answered(&s->sheet);
        s->sheet.line = false;
    }
}

static void step_time(struct stage *s, uint8_t how)
{
    (void)s;
    now += how * 4;
    for (int i = 0; i < TIMERS; i++) {
        struct timer *t = due[i];

        if (t == NULL || t->at > now)
            continue;
        due[i] = NULL;
        t->fire(t);
    }
}

static void step_resize(struct stage *s, uint8_t how)
{
    s->sheet.columns = how == 255 ? 1000 : how;
    s->sheet.stale = true;
}

/* What is put of ourselves is no talker's. */
static void step_note(struct stage *s, uint8_t how)
{
    if (how % 5 == 0)
        view_say(&s->view, "ready");
    else if (how % 2 == 0)
        view_note(&s->view, "a line of the log, which is long enough for a terminal that is not wide");
    else
        view_tell(&s->view, &s->talker[how % TALKERS], "connected");
    screen.looked = screen.len;
}

static void step(struct stage *s)
{
    uint8_t what = take(s) % 16, how = take(s);
    struct view before = s->view;

    if (what < 6)
        step_show(s, how);
    else if (what == 6)
        view_set_mode(&s->view, (enum view_mode)(how % 3));
    else if (what == 7)
        view_set_marks(&s->view, how % 8);
    else if (what == 8)
        view_set_time(&s->view, (enum clock_kind)(how % 4));
    else if (what == 9)
        view_set_labels(&s->view, how % 2 != 0);
    else if (what == 10)
        step_resize(s, how);
    else if (what == 11)
        step_time(s, how);
    else if (what == 12)
        step_sent(s, how);
    else if (what == 13)
        view_finish(&s->view, how % 4 == 3 ? NULL : &s->talker[how % 4]);
    else if (what == 14)
        step_line(s, how);
    else if (how < 128)
        step_note(s, how);
    else
        s->stalled = how % 2 != 0;
    look(s, what == 14 ? &s->view : &before);
    screen.lost = screen.lost && s->stalled;
}

static void begin(struct stage *s, const uint8_t *data, size_t size)
{
    uint8_t how;

    *s = (struct stage){.data = data, .size = size};
    how = take(s);
    s->sheet = (struct sheet){.screen = &screen,
                              .hide = hide,
                              .ctx = s,
                              .columns = take(s),
                              .line = (how & 1) == 0,
                              .dumb = (how & 2) != 0};
    s->view = (struct view){
        .sheet = &s->sheet, .colors = (how & 4) != 0, .mode = (enum view_mode)(how / 64 % 3)};
    s->view.marks.color = (how & 8) != 0;
    s->view.marks.labels = (how & 16) != 0;
    s->view.marks.set = take(s) % 8;
    if (s->sheet.dumb)
        s->view.colors = s->view.marks.color = false;
    for (uint32_t i = 0; i < TALKERS; i++)
        s->talker[i] = (struct talker){.number = i + 1, .shown = i > 0 || (how & 32) == 0};
    screen.len = screen.looked = 0;
    screen.lost = false;
    memset(due, 0, sizeof due);
    view_init(&s->view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stage stage;
    size_t base;

    require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    begin(&stage, data, size);
    base = __sanitizer_get_current_allocated_bytes != NULL ? __sanitizer_get_current_allocated_bytes() : 0;
    while (stage.size > 0) {
        step(&stage);
        if (__sanitizer_get_current_allocated_bytes != NULL)
            require(__sanitizer_get_current_allocated_bytes() < base + HELD_MOST);
    }
    for (int i = 0; i < TALKERS; i++) {
        view_finish(&stage.view, &stage.talker[i]);
        require(stage.talker[i].line == NULL);
    }
    require(list_empty(&stage.view.held));
    view_clear(&stage.view);
    return 0;
}
