/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/view.h"

#include <poll.h>

#include "console/talker.h"
#include "test_tty_rig.h"

enum { COLUMNS = 80, SEEN = 64 * 1024 };

/* A view on a pseudo-terminal whose master is read at once. */
struct rig {
    struct rig_tty tty;
    struct loop *loop;
    struct sheet sheet;
    struct view view;
    struct talker one, two;
    unsigned hidden;
    char seen[SEEN];
};

static void hide(void *ctx)
{
    ((struct rig *)ctx)->hidden++;
}

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    struct err e;

    assert_non_null(r);
    rig_tty_open(&r->tty, O_NONBLOCK);
    r->loop = loop_new(false, &e);
    assert_non_null(r->loop);
    r->sheet = (struct sheet){.columns = COLUMNS, .line = true, .hide = hide, .ctx = r};
    r->view = (struct view){.loop = r->loop, .sheet = &r->sheet};
    r->sheet.screen = screen_open(r->loop, r->tty.terminal, NULL, NULL, &e);
    assert_non_null(r->sheet.screen);
    r->one = (struct talker){.number = 1, .shown = true};
    r->two = (struct talker){.number = 2, .shown = true};
    view_init(&r->view);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;

    view_finish(&r->view, &r->one);
    view_finish(&r->view, &r->two);
    assert_true(list_empty(&r->view.held));
    view_clear(&r->view);
    screen_close(r->sheet.screen);
    loop_free(r->loop);
    rig_tty_close(&r->tty);
    free(r);
    return 0;
}

/* What reached the screen since the last time: up to a mark that is put behind it. */
static const char *seen(struct rig *r)
{
    size_t at = 0;

    screen_put(r->sheet.screen, "\001", 1);
    do {
        struct pollfd p = {.fd = r->tty.master, .events = POLLIN};
        ssize_t n;

        screen_flush(r->sheet.screen, 1);
        assert_int_equal(poll(&p, 1, 10000), 1);
        n = read(r->tty.master, r->seen + at, sizeof r->seen - 1 - at);
        assert_true(n > 0);
        at += (size_t)n;
    } while (r->seen[at - 1] != '\001');
    r->seen[at - 1] = '\0';
    return r->seen;
}

/* The next part of it, with the end of the part before. */
static const char *some(struct rig *r)
{
    size_t kept = strlen(r->seen);
    struct pollfd p = {.fd = r->tty.master, .events = POLLIN};
    ssize_t n;

    if (kept > 200) {
        memmove(r->seen, r->seen + kept - 200, 200);
        kept = 200;
    }
    screen_flush(r->sheet.screen, 1);
    assert_int_equal(poll(&p, 1, 10000), 1);
    n = read(r->tty.master, r->seen + kept, sizeof r->seen - 1 - kept);
    assert_true(n > 0);
    r->seen[kept + (size_t)n] = '\0';
    return r->seen;
}

static void show(struct rig *r, struct talker *t, const char *text)
{
    size_t n = strlen(text);

    assert_int_equal(view_show(&r->view, t, text, n, VIEW_STREAM), n);
}

static void show_message(struct rig *r, struct talker *t, const char *text)
{
    size_t n = strlen(text);

    assert_int_equal(view_show(&r->view, t, text, n, VIEW_MESSAGE), n);
}

static void the_unfinished_line_is_kept_for_the_prompt(void **state)
{
    struct rig *r = *state;
    char *prompt;

    show(r, &r->one, "done\nlogin: ");
    assert_string_equal(seen(r), "done\n");
    assert_true(r->hidden > 0);
    assert_true(r->sheet.stale);
    prompt = sheet_unfinished(&r->sheet);
    assert_string_equal(prompt, "login: ");
    free(prompt);
    sheet_answered(&r->sheet);
    assert_null(sheet_unfinished(&r->sheet));
    show(r, &r->one, "50%\r60%");
    prompt = sheet_unfinished(&r->sheet);
    assert_string_equal(prompt, "60%");
    free(prompt);
    show(r, &r->one, "\rready\n");
    assert_string_equal(seen(r), "60%\rready\n");
}

static void a_datagram_leaves_no_unfinished_line(void **state)
{
    struct rig *r = *state;

    show_message(r, &r->one, "pong");
    show_message(r, &r->one, "");
    show_message(r, &r->one, "two\nlines\n");
    assert_string_equal(seen(r), "pong\n\ntwo\nlines\n");
    assert_null(sheet_unfinished(&r->sheet));
}

static void lines_of_talkers_never_mix(void **state)
{
    struct rig *r = *state;

    view_set_labels(&r->view, true);
    seen(r);
    show(r, &r->one, "on");
    show(r, &r->two, "tw");
    assert_string_equal(seen(r), "");
    show(r, &r->one, "e\nmore");
    assert_string_equal(seen(r), "[1] one\n");
    show(r, &r->two, "o\r\n");
    assert_string_equal(seen(r), "[2] two\n");
    assert_null(r->two.line);
    view_finish(&r->view, &r->one);
    assert_string_equal(seen(r), "[1] more\n");
    assert_null(r->one.line);
    show(r, &r->one, "10%\r20%\r30%\n\n");
    assert_string_equal(seen(r), "[1] 30%\n[1] \n");
}

static void what_is_unfinished_is_shown_in_time(void **state)
{
    struct rig *r = *state;

    view_set_labels(&r->view, true);
    show(r, &r->one, "name? ");
    assert_true(loop_timer_pending(&r->view.quiet));
    loop_timer_clear(&r->view.quiet);
    seen(r);
    r->view.quiet.fire(&r->view.quiet); /* too early */
    assert_string_equal(seen(r), "");
    assert_true(loop_timer_pending(&r->view.quiet));
}

static void a_long_line_is_shown_in_parts(void **state)
{
    struct rig *r = *state;
    char line[5001];

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    view_set_labels(&r->view, true);
    seen(r);
    assert_int_equal(view_show(&r->view, &r->one, line, 4000, VIEW_STREAM), 4000);
    assert_string_equal(seen(r), "");
    assert_int_equal(view_show(&r->view, &r->one, line, 1000, VIEW_STREAM), 1000);
    assert_int_equal(strlen(seen(r)), 4 + 5000 + 3 + 1 + (5003 / (COLUMNS - 4)) * strlen("\n    "));
    show(r, &r->one, "end\n");
    assert_string_equal(seen(r), "[1] ...end\n");
}

static void messages_end_by_themselves(void **state)
{
    struct rig *r = *state;

    view_set_labels(&r->view, true);
    view_set_marks(&r->view, MARK_SIZE | MARK_DIRECTION);
    seen(r);
    show_message(r, &r->one, "a\nb");
    assert_string_equal(seen(r), "< [1] (3) a\n< [1] b\n");
    show_message(r, &r->two, "\303");
    assert_string_equal(seen(r), "< [2] (1) \\xc3\n");
    view_sent(&r->view, NULL, "hi\n", 3);
    assert_string_equal(seen(r), "> [all] (3) hi\n");
    view_set_marks(&r->view, 0);
    view_sent(&r->view, NULL, "hi\n", 3);
    assert_string_equal(seen(r), "");
}

/* More than the screen can hold is not lost without a word. */
static void what_is_too_long_is_cut_and_told(void **state)
{
    static const char told[] = "pollcat: not all of the 2097152 bytes that were sent are shown\n";
    static const enum view_mode modes[] = {VIEW_HEX, VIEW_TEXT};
    struct rig *r = *state;
    char *data = calloc(1, 2 << 20);
    const char *cut;

    view_set_marks(&r->view, MARK_DIRECTION);
    for (int i = 0; i < 2; i++) {
        view_set_mode(&r->view, modes[i]);
        seen(r);
        view_sent(&r->view, NULL, data, 2 << 20);
        assert_true(screen_room(r->sheet.screen) > 0);
        do
            cut = strstr(some(r), told);
        while (cut == NULL);
        assert_string_equal(cut, told);
        assert_false(screen_torn(r->sheet.screen));
    }
    free(data);
}

static void hex_goes_on_where_it_was(void **state)
{
    struct rig *r = *state;

    view_set_mode(&r->view, VIEW_HEX);
    seen(r);
    show(r, &r->one, "0123456789abcdefgh");
    assert_string_equal(seen(r),
                        "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n");
    view_finish(&r->view, &r->one);
    assert_string_equal(seen(r), "00000010  67 68                                             |gh|\n");
    show_message(r, &r->one, "\n");
    assert_string_equal(seen(r), "00000012  0a                                                |.|\n");
}

static void colours_do_not_leak(void **state)
{
    struct rig *r = *state;
    char *prompt;

    r->view.colors = r->view.safe.colors = r->sheet.colors = true;
    show(r, &r->one, "\033[31mred\nmore: ");
    assert_string_equal(seen(r), "\033[31mred\n\033[m");
    prompt = sheet_unfinished(&r->sheet);
    assert_string_equal(prompt, "\001\033[0;31m\002more: \001\033[m\002");
    free(prompt);
    view_note(&r->view, "note");
    assert_string_equal(seen(r), "pollcat: note\n");
    show(r, &r->one, "x\033[2Jx\n");
    assert_string_equal(seen(r), "\033[0;31mmore: x\\x1b[2Jx\n\033[m");
}

static void escapes_have_a_style(void **state)
{
    struct rig *r = *state;

    r->view.marks.color = true;
    view_set_labels(&r->view, true);
    seen(r);
    show(r, &r->one, "a\033b\n");
    assert_string_equal(seen(r), "\033[36m[1]\033[m a\033[7m\\x1b\033[27mb\n");
}

static void a_change_shows_what_is_held(void **state)
{
    struct rig *r = *state;

    show(r, &r->one, "prompt");
    assert_string_equal(seen(r), "");
    view_set_labels(&r->view, true);
    assert_string_equal(seen(r), "prompt\r\n");
    assert_null(sheet_unfinished(&r->sheet));
    show(r, &r->one, "held");
    view_set_mode(&r->view, VIEW_RAW);
    assert_string_equal(seen(r), "[1] held\n");
    show(r, &r->one, "\033[1m\n");
    assert_string_equal(seen(r), "[1] \033[1m\n");
}

static void marks_are_read(void **state)
{
    unsigned marks = 99;

    (void)state;
    assert_int_equal(mark_parse("size,", &marks), -1);
    assert_int_equal(mark_parse("", &marks), -1);
    assert_int_equal(mark_parse("sizes", &marks), -1);
    assert_int_equal(marks, 99);
    assert_int_equal(mark_parse("size,direction", &marks), 0);
    assert_int_equal(marks, MARK_SIZE | MARK_DIRECTION);
    assert_int_equal(mark_parse("none", &marks), 0);
    assert_int_equal(marks, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_unfinished_line_is_kept_for_the_prompt),
        TEST(a_datagram_leaves_no_unfinished_line),
        TEST(lines_of_talkers_never_mix),
        TEST(what_is_unfinished_is_shown_in_time),
        TEST(a_long_line_is_shown_in_parts),
        TEST(messages_end_by_themselves),
        TEST(what_is_too_long_is_cut_and_told),
        TEST(hex_goes_on_where_it_was),
        TEST(colours_do_not_leak),
        TEST(escapes_have_a_style),
        TEST(a_change_shows_what_is_held),
        cmocka_unit_test(marks_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
