/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/terminal.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "test_io_rig.h"
#include "test_tty_rig.h"

/* A line that takes its time, which no pseudo-terminal does; and the time. */
static struct {
    int unsent;     /* bytes that the kernel holds; below 0: as it says */
    bool busy;      /* and the device */
    int64_t passed; /* ms besides those that did */
    bool breaking;  /* a BREAK is on the line, of which a pseudo-terminal knows nothing, either */
    int breaks;     /* that there were */
} fake = {.unsent = -1};

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    int *arg;

    va_start(args, request);
    arg = va_arg(args, int *);
    va_end(args);
    if (request == TIOCOUTQ && fake.unsent >= 0)
        return *arg = fake.unsent, 0;
    if (request == TIOCSERGETLSR && fake.busy)
        return *arg = 0, 0;
    if (request == TIOCSBRK || request == TIOCCBRK) {
        fake.breaking = request == TIOCSBRK;
        fake.breaks += fake.breaking;
        return 0;
    }
    return (int)syscall(SYS_ioctl, fd, request, arg);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
    const int result = (int)syscall(SYS_clock_gettime, id, ts);

    ts->tv_sec += fake.passed / 1000;
    ts->tv_nsec += fake.passed % 1000 * 1000000;
    return result;
}

/* A pipe whose end is to end a terminal, which is what is read, too. */
struct pair {
    struct rig *rig;
    struct rig_tty tty;
    struct port *source, *terminal;
    struct link *in;
    int pipe[2];
};

static void stop_rig(struct link *k)
{
    struct pair *p = k->ctx;

    loop_stop(p->rig->loop);
}

static void pair_open(struct pair *p, bool master)
{
    struct terminal_modes before;

    *p = (struct pair){.rig = rig_new()};
    fake.unsent = -1;
    fake.busy = false;
    fake.passed = fake.breaks = 0;
    fake.breaking = false;
    rig_tty_open(&p->tty, O_NONBLOCK);
    rig_nonblock(p->tty.terminal);
    assert_int_equal(terminal_get_modes(p->tty.terminal, &before), 0);
    rig_pipe(p->pipe);
    p->source = fd_file(p->rig->loop, p->pipe[0]);
    p->terminal = master ? terminal_master(p->rig->loop, dup(p->tty.master))
                         : terminal_line(p->rig->loop, dup(p->tty.terminal), &before);
    p->in = link_new(p->source, p->terminal, &p->rig->pool, NULL);
    p->in->done = stop_rig;
    p->in->ctx = p;
}

static void pair_close_line(struct pair *p)
{
    link_free(p->in);
    port_free(p->source);
    port_free(p->terminal);
    rig_free(p->rig);
}

static void pair_close(struct pair *p)
{
    pair_close_line(p);
    rig_tty_close(&p->tty);
}

/* All that is to be sent is there. */
static void pair_send(struct pair *p, const char *text)
{
    assert_int_equal(write(p->pipe[1], text, strlen(text)), strlen(text));
    close(p->pipe[1]);
}

static ssize_t pair_read(struct pair *p)
{
    char data[64];

    return port_read(p->terminal, data, sizeof data, NULL);
}

static void a_line_ends_when_all_is_out(void **state)
{
    struct pair p;
    char data[8];

    (void)state;
    pair_open(&p, false);
    fake.unsent = 500;
    pair_send(&p, "last");
    rig_rest(p.rig, 100);
    assert_int_equal(p.in->state, LINK_RUNNING);
    assert_int_equal(read(p.tty.master, data, sizeof data), 4);
    assert_int_equal(pair_read(&p), IO_AGAIN);
    fake.unsent = 0;
    fake.busy = true;
    rig_rest(p.rig, 100);
    assert_int_equal(p.in->state, LINK_RUNNING);
    fake.busy = false;
    rig_run(p.rig);
    assert_int_equal(p.in->state, LINK_DONE);
    assert_int_equal(pair_read(&p), IO_EOF);
    pair_close(&p);
}

/* While it goes on there is no limit. */
static void a_line_that_stalls_is_told(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p, false);
    fake.unsent = 500;
    pair_send(&p, "last");
    for (int i = 0; i < 3; i++) {
        rig_rest(p.rig, 100);
        fake.unsent -= 100;
        rig_rest(p.rig, 100);
        fake.passed += 9000;
    }
    assert_int_equal(p.in->state, LINK_RUNNING);
    rig_rest(p.rig, 100);
    fake.passed += 10000;
    rig_run(p.rig);
    assert_int_equal(p.in->state, LINK_DST_FAILED);
    assert_non_null(strstr(port_why(p.terminal), "200 bytes"));
    assert_int_equal(pair_read(&p), IO_EOF);
    pair_close(&p);
}

static void a_line_gets_its_modes_back(void **state)
{
    struct terminal_modes before, ours;
    struct pair p;
    int fd;

    (void)state;
    pair_open(&p, false);
    fd = p.tty.terminal;
    assert_int_equal(terminal_get_modes(fd, &before), 0);
    ours = before;
    ours.termios.c_cflag ^= CSTOPB;
    ours.termios.c_lflag ^= ECHO;
    for (unsigned speed = 9600; speed < 300000; speed += 33333) {
        ours.speed = speed;
        assert_int_equal(terminal_set_modes(fd, &ours), 0);
        assert_int_equal(terminal_get_modes(fd, &ours), 0);
        assert_int_equal(ours.speed, speed);
    }
    fake.unsent = 7; /* nobody waits for that */
    pair_close_line(&p);
    assert_int_equal(terminal_get_modes(fd, &ours), 0);
    assert_int_equal(ours.speed, before.speed);
    assert_int_equal(ours.termios.c_lflag, before.termios.c_lflag);
    assert_int_equal(ours.termios.c_cflag, before.termios.c_cflag);
    rig_tty_close(&p.tty);
    close(p.pipe[1]);
}

static ssize_t pair_write(struct pair *p)
{
    return port_write(p->terminal, "next", 4, NULL);
}

static void a_break_stands_behind_what_was_written(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p, false);
    fake.unsent = 500;
    assert_int_equal(port_send_break(p.terminal), 0);
    assert_int_equal(port_send_break(p.terminal), 0); /* it is the same */
    rig_rest(p.rig, 100);
    assert_int_equal(fake.breaks, 0);
    assert_int_equal(pair_write(&p), IO_AGAIN);
    fake.unsent = 0;
    rig_rest(p.rig, 100);
    assert_true(fake.breaking);
    assert_int_equal(pair_write(&p), IO_AGAIN);
    fake.passed += 300;
    rig_rest(p.rig, 100);
    assert_false(fake.breaking);
    assert_int_equal(fake.breaks, 1);
    assert_int_equal(pair_write(&p), 4);
    close(p.pipe[1]);
    pair_close(&p);
}

/* What is written waits for it, and so does our end. */
static void a_break_goes_before_what_follows(void **state)
{
    struct pair p;
    char data[8];

    (void)state;
    pair_open(&p, false);
    assert_int_equal(port_send_break(p.terminal), 0);
    pair_send(&p, "last");
    rig_rest(p.rig, 100);
    assert_true(fake.breaking);
    assert_int_equal(p.in->state, LINK_RUNNING);
    fake.passed += 300;
    rig_run(p.rig);
    assert_int_equal(p.in->state, LINK_DONE);
    assert_int_equal(read(p.tty.master, data, sizeof data), 4);
    assert_int_equal(port_send_break(p.terminal), -1);
    pair_close(&p);
}

static void a_line_that_stalls_gets_a_break(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p, false);
    fake.unsent = 500;
    assert_int_equal(port_send_break(p.terminal), 0);
    rig_rest(p.rig, 100);
    fake.passed += 10000;
    rig_rest(p.rig, 100);
    assert_true(fake.breaking);
    pair_close_line(&p);
    assert_false(fake.breaking);
    rig_tty_close(&p.tty);
    close(p.pipe[1]);
}

static void a_master_has_no_break(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p, true);
    assert_int_equal(port_send_break(p.terminal), -1);
    assert_int_equal(port_send_break(p.source), -1);
    close(p.pipe[1]);
    pair_close(&p);
}

static void a_line_that_is_hung_up_ends(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p, false);
    assert_int_equal(write(p.tty.master, "x\n", 2), 2);
    assert_int_equal(pair_read(&p), 2);
    assert_int_equal(pair_read(&p), IO_AGAIN);
    close(p.tty.master);
    p.tty.master = -1;
    assert_int_equal(pair_read(&p), IO_EOF);
    assert_int_equal(port_write(p.terminal, "x", 1, NULL), IO_ERROR);
    assert_int_equal(p.terminal->error, EIO);
    close(p.pipe[1]);
    pair_close(&p);
}

/* Of the program: first it reads, then it is silent. */
static void a_master_ends_when_all_is_read(void **state)
{
    struct pair p;
    char data[8];

    (void)state;
    pair_open(&p, true);
    pair_send(&p, "last\n");
    rig_rest(p.rig, 10);
    fake.passed += 1000;
    rig_rest(p.rig, 100);
    assert_int_equal(p.in->state, LINK_RUNNING);
    assert_int_equal(read(p.tty.terminal, data, sizeof data), 5);
    assert_int_equal(pair_read(&p), 5); /* the echo */
    assert_int_equal(write(p.tty.terminal, "said", 4), 4);
    assert_int_equal(pair_read(&p), 4);
    rig_run(p.rig);
    assert_int_equal(p.in->state, LINK_DONE);
    assert_int_equal(write(p.tty.terminal, "more", 4), 4);
    assert_int_equal(pair_read(&p), 4);
    assert_int_equal(pair_read(&p), IO_EOF);
    pair_close(&p);
}

static void a_master_waits_for_so_long(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p, true);
    pair_send(&p, "last\n");
    rig_rest(p.rig, 10);
    fake.passed += 3000;
    rig_run(p.rig);
    assert_int_equal(p.in->state, LINK_DONE);
    pair_close(&p);
}

/* Whoever writes on. */
static void the_last_has_an_end(void **state)
{
    struct pair p;
    ssize_t n, sum = 0;

    (void)state;
    pair_open(&p, true);
    terminal_last(p.terminal);
    do {
        assert_int_equal(write(p.tty.terminal, "again", 5), 5);
        n = pair_read(&p);
        assert_int_not_equal(n, IO_AGAIN);
        sum += n > 0 ? n : 0;
    } while (n > 0);
    assert_int_equal(n, IO_EOF);
    assert_int_equal(sum, 64 * 1024);
    close(p.pipe[1]);
    pair_close(&p);
}

static void a_master_whose_program_has_gone_ends(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p, true);
    assert_int_equal(write(p.tty.terminal, "bye", 3), 3);
    close(p.tty.terminal);
    p.tty.terminal = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(pair_read(&p), 3);
    assert_int_equal(pair_read(&p), IO_EOF);
    close(p.pipe[1]);
    pair_close(&p);
}

static void a_window_stays_as_it_was_asked_for(void **state)
{
    struct winsize size;
    struct pair p;

    (void)state;
    pair_open(&p, true);
    assert_int_equal(ioctl(p.tty.terminal, TIOCGWINSZ, &size), 0);
    assert_true(size.ws_row > 0 && size.ws_col > 0);
    terminal_resize(p.terminal, 7, 11);
    raise(SIGWINCH);
    rig_rest(p.rig, 1);
    assert_int_equal(ioctl(p.tty.terminal, TIOCGWINSZ, &size), 0);
    assert_int_equal(size.ws_row, 7);
    assert_int_equal(size.ws_col, 11);
    close(p.pipe[1]);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_ends_when_all_is_out),
        cmocka_unit_test(a_line_that_stalls_is_told),
        cmocka_unit_test(a_line_gets_its_modes_back),
        cmocka_unit_test(a_break_stands_behind_what_was_written),
        cmocka_unit_test(a_break_goes_before_what_follows),
        cmocka_unit_test(a_line_that_stalls_gets_a_break),
        cmocka_unit_test(a_master_has_no_break),
        cmocka_unit_test(a_line_that_is_hung_up_ends),
        cmocka_unit_test(a_master_ends_when_all_is_read),
        cmocka_unit_test(a_master_waits_for_so_long),
        cmocka_unit_test(the_last_has_an_end),
        cmocka_unit_test(a_master_whose_program_has_gone_ends),
        cmocka_unit_test(a_window_stays_as_it_was_asked_for),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}
