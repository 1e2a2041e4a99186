/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each case works on the descriptors 0 to 2 of a child; what it finds wrong is the line in its exit status.
 */
#include "io/std.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "test_io_rig.h"

/* A child cannot fail a test itself: its parent asserts on the line it names. */
#define CHECK(what)                   \
    do {                              \
        if (!(what))                  \
            give_up(#what, __LINE__); \
    } while (0)

enum { SHUTS = 2000 };

static int report[2];

static void give_up(const char *what, int line)
{
    char text[200];
    int n = snprintf(text, sizeof text, "line %d: %s", line, what);

    if (write(report[1], text, (size_t)n) != n)
        _exit(2);
    _exit(1);
}

static void in_child(void (*run)(void *), void *arg)
{
    char text[200] = "";
    int status, saved;
    pid_t pid;

    assert_int_equal(pipe2(report, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        /* out of the way of 0 to 2, whatever is closed there */
        saved = fcntl(report[1], F_DUPFD_CLOEXEC, 20);
        report[1] = saved;
        run(arg);
        _exit(0);
    }
    close(report[1]);
    assert_true(read(report[0], text, sizeof text - 1) >= 0);
    close(report[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0)
        fail_msg("the child ended with %d: %s", status, text);
}

enum kind { PIPE, STREAM, SEQPACKET, TERMINAL, FILES };

/* in[1] feeds standard input in[0]; out[0] reads what standard output out[1] gets. */
static void ends_of(enum kind kind, int in[2], int out[2])
{
    char name[] = "/tmp/test-std-XXXXXX";

    switch (kind) {
    case PIPE:
        CHECK(pipe(in) == 0 && pipe(out) == 0);
        break;
    case STREAM:
    case SEQPACKET:
        CHECK(socketpair(AF_UNIX, kind == STREAM ? SOCK_STREAM : SOCK_SEQPACKET, 0, in) == 0);
        CHECK(socketpair(AF_UNIX, kind == STREAM ? SOCK_STREAM : SOCK_SEQPACKET, 0, out) == 0);
        break;
    case TERMINAL:
        CHECK((in[1] = posix_openpt(O_RDWR | O_NOCTTY)) >= 0 && grantpt(in[1]) == 0 && unlockpt(in[1]) == 0);
        CHECK((in[0] = open(ptsname(in[1]), O_RDWR | O_NOCTTY)) >= 0);
        CHECK((out[0] = dup(in[1])) >= 0 && (out[1] = dup(in[0])) >= 0);
        break;
    case FILES:
        CHECK((in[0] = mkstemp(name)) >= 0 && (in[1] = open(name, O_WRONLY)) >= 0 && unlink(name) == 0);
        strcpy(name, "/tmp/test-std-XXXXXX");
        CHECK((out[1] = mkstemp(name)) >= 0 && (out[0] = open(name, O_RDONLY)) >= 0 && unlink(name) == 0);
        break;
    }
}

static void stop_loop(struct link *k)
{
    loop_stop(k->src->loop);
}

/* What comes in goes out; the flags of the descriptors we share are as they were, always. */
static void copy_without_changing_flags(void *arg)
{
    enum kind kind = *(enum kind *)arg;
    struct rig *r = rig_new();
    char data[100];
    struct port *from, *to;
    struct link *k;
    int in[2], out[2], flags[2];

    ends_of(kind, in, out);
    CHECK(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1);
    close(in[0]);
    close(out[1]);
    flags[0] = fcntl(0, F_GETFL);
    flags[1] = fcntl(1, F_GETFL);
    CHECK(!(flags[0] & O_NONBLOCK) && !(flags[1] & O_NONBLOCK));
    CHECK(write(in[1], "first\n", 6) == 6);
    from = std_input(r->loop);
    to = std_output(r->loop);
    k = link_new(from, to, &r->pool, NULL);
    k->moved = stop_loop;
    k->done = stop_loop;
    loop_timer_set(r->loop, &r->guard, RIG_LIMIT);
    while (k->bytes < 6 && !r->late)
        CHECK(loop_run(r->loop, NULL) == 0);
    CHECK(fcntl(0, F_GETFL) == flags[0] && fcntl(1, F_GETFL) == flags[1]);
    CHECK(read(out[0], data, sizeof data) >= 6);
    if (kind != TERMINAL) {
        close(in[1]);
        while (k->state == LINK_RUNNING && !r->late)
            CHECK(loop_run(r->loop, NULL) == 0);
        CHECK(k->state == LINK_DONE);
        CHECK(fcntl(0, F_GETFL) == flags[0]);
        CHECK(read(out[0], data, sizeof data) == 0); /* its end shows, and the descriptor stays taken */
        CHECK(fcntl(1, F_GETFD) == 0);
    }
    CHECK(!r->late);
    link_free(k);
    port_free(from);
    port_free(to);
    rig_settle(r);
    CHECK(fcntl(0, F_GETFD) == 0);
    CHECK(fcntl(0, F_GETFL) == flags[0]);
    rig_free(r);
}

static void flags_stay(void **state)
{
    (void)state;
    for (enum kind kind = PIPE; kind <= FILES; kind++)
        in_child(copy_without_changing_flags, &kind);
}

/* A parent that left them non-blocking. */
static void inherited_nonblocking(void *arg)
{
    enum kind kind = *(enum kind *)arg;
    struct rig *r = rig_new();
    struct port *from, *to;
    struct link *k;
    char data[10];
    int in[2], out[2];

    ends_of(kind, in, out);
    CHECK(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1);
    CHECK(fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK) == 0);
    CHECK(fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK) == 0);
    from = std_input(r->loop);
    to = std_output(r->loop);
    k = link_new(from, to, &r->pool, NULL);
    rig_rest(r, 40);
    CHECK(k->state == LINK_RUNNING);
    CHECK(write(in[1], "late\n", 5) == 5);
    rig_settle(r);
    CHECK(k->bytes == 5 && read(out[0], data, sizeof data) == 5);
    CHECK(fcntl(0, F_GETFL) & O_NONBLOCK && fcntl(1, F_GETFL) & O_NONBLOCK);
    link_free(k);
    port_free(from);
    port_free(to);
    rig_free(r);
}

static void nonblocking_from_the_parent(void **state)
{
    (void)state;
    for (enum kind kind = PIPE; kind <= SEQPACKET; kind++)
        in_child(inherited_nonblocking, &kind);
}

/* A full output blocks nobody, and takes the rest when it is read. */
static void full_output(void *arg)
{
    enum kind kind = *(enum kind *)arg;
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct port *from = queue_new(r->loop, &opts), *to;
    size_t len = 3000000, got = 0;
    unsigned char *data = malloc(len), *back = malloc(len + 1);
    struct link *k;
    int in[2], out[2];

    ends_of(kind, in, out);
    CHECK(dup2(out[1], 1) == 1);
    close(out[1]);
    rig_pattern(data, len, 1);
    rig_put(from, data, len);
    queue_end(from);
    to = std_output(r->loop);
    k = link_new(from, to, &r->pool, NULL);
    rig_settle(r);
    rig_rest(r, 40);
    CHECK(k->state == LINK_RUNNING && k->bytes < len);
    rig_nonblock(out[0]);
    for (;;) {
        ssize_t n = read(out[0], back + got, len - got + (got == len));

        if (n > 0)
            got += (size_t)n;
        if (n == 0)
            break;
        if (n < 0) {
            CHECK(errno == EAGAIN);
            loop_timer_set(r->loop, &r->rest, 1);
            rig_run(r);
        }
    }
    CHECK(got == len && memcmp(data, back, len) == 0);
    CHECK(k->state == LINK_DONE && k->bytes == len);
    link_free(k);
    port_free(from);
    port_free(to);
    rig_free(r);
    free(data);
    free(back);
}

static void output_that_is_full(void **state)
{
    (void)state;
    for (enum kind kind = PIPE; kind <= SEQPACKET; kind++)
        in_child(full_output, &kind);
}

static void output_left(void *arg)
{
    enum kind kind = *(enum kind *)arg;
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct port *from = queue_new(r->loop, &opts), *to;
    struct link *k;
    int in[2], out[2];

    ends_of(kind, in, out);
    CHECK(dup2(out[1], 1) == 1);
    close(out[1]);
    close(out[0]);
    to = std_output(r->loop);
    k = link_new(from, to, &r->pool, NULL);
    rig_put(from, "x", 1);
    rig_settle(r);
    CHECK(k->state == LINK_DST_FAILED && k->lost == 1);
    CHECK(to->error == EPIPE);
    link_free(k);
    port_free(from);
    port_free(to);
    rig_free(r);
}

static void output_without_a_reader(void **state)
{
    (void)state;
    for (enum kind kind = PIPE; kind <= SEQPACKET; kind++)
        in_child(output_left, &kind);
}

static bool is_null(int fd)
{
    struct stat a, b;

    return fstat(fd, &a) == 0 && stat("/dev/null", &b) == 0 && a.st_rdev == b.st_rdev && S_ISCHR(a.st_mode);
}

static void closed_ones(void *arg)
{
    int mask = *(int *)arg;
    struct stat before[3], after;

    for (int fd = 0; fd <= 2; fd++) {
        CHECK(fstat(fd, &before[fd]) == 0);
        if (mask & 1 << fd)
            close(fd);
    }
    CHECK(std_sanitize() == 0);
    for (int fd = 0; fd <= 2; fd++) {
        CHECK(fcntl(fd, F_GETFD) == 0); /* children have it too */
        CHECK(fstat(fd, &after) == 0);
        if (mask & 1 << fd)
            CHECK(is_null(fd));
        else
            CHECK(after.st_ino == before[fd].st_ino && after.st_rdev == before[fd].st_rdev);
    }
}

static void missing_ones_are_opened(void **state)
{
    (void)state;
    for (int mask = 0; mask < 8; mask++)
        in_child(closed_ones, &mask);
}

static void null_ends(void *arg)
{
    struct rig *r = rig_new();
    struct port *from, *to;
    struct link *k;

    (void)arg;
    close(0);
    close(1);
    CHECK(std_sanitize() == 0);
    from = std_input(r->loop);
    to = std_output(r->loop);
    k = link_new(from, to, &r->pool, NULL);
    rig_settle(r);
    CHECK(k->state == LINK_DONE && k->bytes == 0);
    link_free(k);
    port_free(from);
    port_free(to);
    rig_free(r);
}

static void missing_ones_end_at_once(void **state)
{
    (void)state;
    in_child(null_ends, NULL);
}

/* Where a file was read and written before, it goes on: the offset is the shared one. */
static void shared_offset(void *arg)
{
    struct rig *r = rig_new();
    struct port *from, *to;
    struct link *k;
    char data[20];
    int in[2], out[2];

    (void)arg;
    ends_of(FILES, in, out);
    CHECK(write(in[1], "head body", 9) == 9);
    CHECK(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1);
    CHECK(read(0, data, 5) == 5 && write(1, "before ", 7) == 7);
    from = std_input(r->loop);
    to = std_output(r->loop);
    k = link_new(from, to, &r->pool, NULL);
    rig_settle(r);
    CHECK(k->state == LINK_DONE && k->bytes == 4);
    CHECK(write(out[1], " after", 6) == 6);
    CHECK(read(out[0], data, sizeof data) == 17 && memcmp(data, "before body after", 17) == 0);
    link_free(k);
    port_free(from);
    port_free(to);
    rig_free(r);
}

static void files_go_on_where_they_were(void **state)
{
    (void)state;
    in_child(shared_offset, NULL);
}

/* As a name that is looked up opens files while standard output is shut. */
static void *open_and_close(void *arg)
{
    atomic_bool *over = arg;
    bool taken = false;

    while (!*over && !taken) {
        int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

        taken = fd == STDOUT_FILENO;
        close(fd);
    }
    return taken ? arg : NULL;
}

static void shut_beside_a_thread(void *arg)
{
    struct rig *r = rig_new();
    atomic_bool over = false;
    pthread_t thread;
    void *taken;
    int file = memfd_create("output", MFD_CLOEXEC);

    (void)arg;
    CHECK(file >= 0 && pthread_create(&thread, NULL, open_and_close, &over) == 0);
    for (int i = 0; i < SHUTS; i++) {
        struct port *to;

        CHECK(dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
        to = std_output(r->loop);
        CHECK(port_shut(to) == 0);
        port_free(to);
    }
    over = true;
    CHECK(pthread_join(thread, &taken) == 0 && taken == NULL);
    rig_free(r);
}

static void output_is_never_without_a_number(void **state)
{
    (void)state;
    in_child(shut_beside_a_thread, NULL);
}

/* Without a descriptor to spare it is shut all the same. */
static void shut_at_the_limit(void *arg)
{
    struct rig *r = rig_new();
    struct rlimit limit;
    struct stat st;
    struct port *to;
    int file = memfd_create("output", MFD_CLOEXEC);

    (void)arg;
    CHECK(dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
    to = std_output(r->loop);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 3;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(port_shut(to) == 0);
    CHECK(fstat(STDOUT_FILENO, &st) == 0 && S_ISCHR(st.st_mode));
    port_free(to);
    rig_free(r);
}

static void output_ends_at_the_limit_too(void **state)
{
    (void)state;
    in_child(shut_at_the_limit, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_stay),
        cmocka_unit_test(nonblocking_from_the_parent),
        cmocka_unit_test(output_that_is_full),
        cmocka_unit_test(output_without_a_reader),
        cmocka_unit_test(missing_ones_are_opened),
        cmocka_unit_test(missing_ones_end_at_once),
        cmocka_unit_test(files_go_on_where_they_were),
        cmocka_unit_test(output_is_never_without_a_number),
        cmocka_unit_test(output_ends_at_the_limit_too),
    };
    int failed = cmocka_run_group_tests_name("poll, buffer", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}
