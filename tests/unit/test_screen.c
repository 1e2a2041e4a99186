/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/screen.h"

#include <stdio.h>

#include "base/container.h"
#include "test_tty_rig.h"

/* A pseudo-terminal whose master is what a person sees. */
struct rig {
    struct rig_tty tty;
    struct loop *loop;
    struct screen *screen;
    int rooms;
    size_t seen, want;
    char last[16];
    struct watch watch;
};

static void count_room(void *ctx)
{
    ((struct rig *)ctx)->rooms++;
}

static unsigned want_in(struct watch *w)
{
    (void)w;
    return LOOP_IN;
}

static void see(struct watch *w, unsigned events)
{
    struct rig *r = container_of(w, struct rig, watch);
    char data[4096];
    ssize_t n = read(r->tty.master, data, sizeof data);

    (void)events;
    assert_true(n > 0);
    r->seen += (size_t)n;
    if ((size_t)n >= sizeof r->last)
        memcpy(r->last, data + n - sizeof r->last, sizeof r->last);
    else
        memcpy(r->last, data, (size_t)n);
    if (r->seen >= r->want)
        loop_stop(r->loop);
}

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    struct err e;

    assert_non_null(r);
    rig_tty_open(&r->tty, 0);
    r->loop = loop_new(false, &e);
    assert_non_null(r->loop);
    r->screen = screen_open(r->loop, r->tty.terminal, count_room, r, &e);
    assert_non_null(r->screen);
    r->watch = (struct watch){.fd = r->tty.master, .want = want_in, .fire = see};
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;

    screen_close(r->screen);
    loop_free(r->loop);
    rig_tty_close(&r->tty);
    free(r);
    return 0;
}

static void run_until(struct rig *r, size_t bytes)
{
    struct err e;

    r->want = bytes;
    loop_add(r->loop, &r->watch);
    assert_int_equal(loop_run(r->loop, &e), 0);
    loop_del(&r->watch);
    assert_int_equal(r->seen, bytes);
}

static void writes_what_is_put(void **state)
{
    struct rig *r = *state;
    FILE *stream = screen_stream(r->screen);

    assert_non_null(stream);
    screen_put(r->screen, "one ", 4);
    fprintf(stream, "two ");
    fflush(stream);
    screen_put(r->screen, "three", 5);
    fclose(stream);
    run_until(r, 13);
    assert_memory_equal(r->last, "one two three", 13);
    assert_int_equal(r->rooms, 0);
}

static void leaves_the_flags_alone(void **state)
{
    struct rig *r = *state;

    assert_false(fcntl(r->tty.terminal, F_GETFL) & O_NONBLOCK);
}

/* Nobody reads the terminal meanwhile: nothing of this may wait. */
static void is_full_and_has_room_again(void **state)
{
    struct rig *r = *state;
    static const char block[1024] = {'x'};
    size_t put = 0;

    while (!screen_full(r->screen)) {
        screen_put(r->screen, block, sizeof block);
        put += sizeof block;
    }
    assert_int_equal(put, SCREEN_FULL);
    run_until(r, put);
    assert_int_equal(r->rooms, 1);
    assert_false(screen_torn(r->screen));
}

static void loses_what_is_too_much(void **state)
{
    struct rig *r = *state;
    static const char block[4096] = {'x'};
    size_t put = 0;

    for (size_t n = 0; n < 2 * SCREEN_MOST; n += sizeof block)
        screen_put(r->screen, block, sizeof block);
    assert_false(screen_torn(r->screen));
    put = SCREEN_MOST;
    run_until(r, put);
    assert_true(r->rooms >= 1);
    assert_true(screen_torn(r->screen));
    assert_false(screen_torn(r->screen));
}

static void what_is_held_waits(void **state)
{
    struct rig *r = *state;

    screen_hold(r->screen, true);
    screen_put(r->screen, "text", 4);
    screen_flush(r->screen, 1000);
    assert_int_equal(screen_room(r->screen), SCREEN_MOST - 4);
    screen_hold(r->screen, false);
    run_until(r, 4);
    assert_memory_equal(r->last, "text", 4);
}

static void gives_up_on_a_stopped_terminal(void **state)
{
    struct rig *r = *state;

    assert_int_equal(tcflow(r->tty.terminal, TCOOFF), 0);
    screen_put(r->screen, "text", 4);
    screen_flush(r->screen, 20);
    assert_int_equal(tcflow(r->tty.terminal, TCOON), 0);
    screen_flush(r->screen, 1000);
    run_until(r, 4);
}

static void refuses_what_is_no_terminal(void **state)
{
    struct rig *r = *state;
    int fd = open("/dev/null", O_RDWR);
    struct err e;

    assert_null(screen_open(r->loop, fd, NULL, NULL, &e));
    assert_int_equal(e.status, STATUS_LOCAL);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_what_is_put, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_the_flags_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_full_and_has_room_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loses_what_is_too_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_held_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_up_on_a_stopped_terminal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_terminal, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
