/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct access_opts ip = {.kinds = ACCESS_IP};

static bool admits(const struct access *a, const char *host)
{
    struct addr who;

    assert_int_equal(addr_parse(&who, host, 1), 0);
    return access_admits(a, &who);
}

static struct access *lists(const char *allow, const char *deny)
{
    struct access *a = access_new(&ip);
    struct err e;

    if (allow != NULL)
        access_add(a, ACCESS_ALLOW, allow);
    if (deny != NULL)
        access_add(a, ACCESS_DENY, deny);
    if (access_load(a, &e) < 0)
        fail_msg("%s", e.text);
    return a;
}

static void both_lists_count(void **state)
{
    static const struct {
        const char *allow, *deny, *who;
        bool admits;
    } rows[] = {
        {NULL, NULL, "192.0.2.1", true},
        {"192.0.2.1,::1", NULL, "192.0.2.1", true},
        {"192.0.2.1,::1", NULL, "::1", true},
        {"192.0.2.1,,::1,", NULL, "::ffff:192.0.2.1", true},
        {"192.0.2.1", NULL, "192.0.2.2", false},
        {NULL, "192.0.2.1", "192.0.2.1", false},
        {NULL, "192.0.2.1", "192.0.2.2", true},
        {"192.0.2.0/24", "192.0.2.1", "192.0.2.1", false},
        {"192.0.2.0/24", "192.0.2.1", "192.0.2.2", true},
        {"localhost", NULL, "127.0.0.1", true},
        {"localhost/8", NULL, "127.255.0.1", true},
        {"localhost", NULL, "127.0.0.9", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct access_opts ipv4 = {.kinds = ACCESS_IP, .family = AF_INET};
        struct access *a = access_new(&ipv4);
        struct err e;

        if (rows[i].allow != NULL)
            access_add(a, ACCESS_ALLOW, rows[i].allow);
        if (rows[i].deny != NULL)
            access_add(a, ACCESS_DENY, rows[i].deny);
        assert_int_equal(access_load(a, &e), 0);
        if (admits(a, rows[i].who) != rows[i].admits)
            fail_msg("row %zu", i);
        access_free(a);
    }
    assert_true(admits(NULL, "192.0.2.1"));
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static char path[64];

static void files_are_read(void **state)
{
    struct access *a = access_new(&ip);
    char text[128];
    struct err e;

    (void)state;
    write_file(path,
               "# those who may\n\n192.0.2.1\t192.0.2.2 # two\r\n  10.0.0.1,3  \n#10.9.9.9\n2001:db8::/32");
    access_add_file(a, ACCESS_ALLOW, path);
    assert_int_equal(access_load(a, &e), 0);
    assert_true(admits(a, "192.0.2.1") && admits(a, "192.0.2.2") && admits(a, "10.0.0.3") &&
                admits(a, "2001:db8::1"));
    assert_false(admits(a, "10.9.9.9") || admits(a, "10.0.0.2"));
    assert_true(access_row(a, ACCESS_ALLOW, 0, text, sizeof text));
    assert_non_null(strstr(text, " (4 entries)"));
    assert_false(access_row(a, ACCESS_ALLOW, 1, text, sizeof text));
    assert_false(access_row(a, ACCESS_DENY, 0, text, sizeof text));
    access_free(a);
}

static void an_empty_file_lets_nobody_in(void **state)
{
    struct access *a = access_new(&ip);
    struct err e;

    (void)state;
    write_file(path, "# nobody\n");
    access_add_file(a, ACCESS_ALLOW, path);
    assert_int_equal(access_load(a, &e), 0);
    assert_false(admits(a, "192.0.2.1"));
    access_free(a);
}

static void errors_say_where(void **state)
{
    struct access *a = access_new(&ip);
    char want[192];
    struct err e;

    (void)state;
    write_file(path, "192.0.2.1\n\n192.0.2.300\n");
    access_add_file(a, ACCESS_DENY, path);
    assert_int_equal(access_load(a, &e), -1);
    snprintf(want, sizeof want, "%s:3: '192.0.2.300' is neither an address nor a pattern of addresses", path);
    assert_string_equal(e.text, want);
    access_free(a);
    a = access_new(&ip);
    access_add_file(a, ACCESS_DENY, "/nowhere/list");
    assert_int_equal(access_load(a, &e), -1);
    assert_string_equal(e.text, "/nowhere/list: No such file or directory");
    access_free(a);
    a = access_new(&ip);
    access_add_file(a, ACCESS_DENY, "/");
    assert_int_equal(access_load(a, &e), -1);
    assert_string_equal(e.text, "/: Is a directory");
    access_free(a);
}

static void kinds_are_checked(void **state)
{
    static const struct {
        unsigned kinds;
        const char *entry;
        int result;
    } rows[] = {
        {ACCESS_IP, "uid:0", -1},
        {ACCESS_OWNER, "192.0.2.1", -1},
        {ACCESS_OWNER, "uid:0", 0},
        {ACCESS_OWNER, "uid:root,gid:root", 0},
        {ACCESS_OWNER, "uid:", -1},
        {ACCESS_OWNER, "uid:no such user", -1},
        {ACCESS_OWNER, "gid:-1", -1},
        {ACCESS_OWNER, "uid:4294967295", -1},
        {0, "uid:0", -1},
        {ACCESS_IP | ACCESS_OWNER, "uid:0,192.0.2.1", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct access_opts opts = {.kinds = rows[i].kinds};
        struct access *a = access_new(&opts);
        struct err e;

        access_add(a, ACCESS_ALLOW, rows[i].entry);
        if (access_load(a, &e) != rows[i].result)
            fail_msg("row %zu", i);
        access_free(a);
    }
}

static void owners_are_asked(void **state)
{
    const struct access_opts opts = {.kinds = ACCESS_OWNER};
    const struct {
        enum access_side side;
        const char *kind;
        unsigned id;
        bool admits;
    } rows[] = {
        {ACCESS_ALLOW, "uid", getuid(), true},    {ACCESS_ALLOW, "uid", getuid() + 1, false},
        {ACCESS_ALLOW, "gid", getgid(), true},    {ACCESS_ALLOW, "gid", 3999999999, false},
        {ACCESS_DENY, "uid", getuid(), false},    {ACCESS_DENY, "gid", getgid(), false},
        {ACCESS_DENY, "uid", getuid() + 1, true},
    };
    struct addr who;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(addr_set_unix(&who, ""), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct access *a = access_new(&opts);
        char entry[32];
        struct err e;

        snprintf(entry, sizeof entry, "%s:%u", rows[i].kind, rows[i].id);
        access_add(a, rows[i].side, entry);
        assert_int_equal(access_load(a, &e), 0);
        if (access_admits_socket(a, pair[0], &who) != rows[i].admits)
            fail_msg("row %zu", i);
        access_free(a);
    }
    close(pair[0]);
    close(pair[1]);
}

/* Runs the loop until who may come is `wanted`, for `who`. */
struct until {
    struct timer timer;
    struct loop *loop;
    const struct access *access;
    const char *who;
    bool wanted;
};

static void look(struct timer *t)
{
    struct until *u = container_of(t, struct until, timer);

    if (admits(u->access, u->who) == u->wanted)
        loop_stop(u->loop);
    else
        loop_timer_set(u->loop, t, 1);
}

static void run_until(struct loop *loop, const struct access *a, const char *who, bool wanted)
{
    struct until u = {.timer.fire = look, .loop = loop, .access = a, .who = who, .wanted = wanted};
    struct err e;

    loop_timer_set(loop, &u.timer, 1);
    assert_int_equal(loop_run(loop, &e), 0);
}

static void lists_are_changed(void **state)
{
    struct access *a = lists("192.0.2.1", NULL);
    struct err e;
    struct loop *loop = loop_new(true, &e);
    char text[64];

    (void)state;
    assert_int_equal(access_edit(a, ACCESS_ALLOW, "192.0.2.2,10.0.0.0/8", loop, &e), 0);
    assert_true(admits(a, "192.0.2.2") && admits(a, "10.1.1.1"));
    assert_int_equal(access_edit(a, ACCESS_ALLOW, "-192.0.2.1", loop, &e), 0);
    assert_false(admits(a, "192.0.2.1"));
    assert_int_equal(access_edit(a, ACCESS_ALLOW, "192.0.2.1,-192.0.2.9", loop, &e), -1);
    assert_string_equal(e.text, "there is no entry '192.0.2.9'");
    assert_int_equal(access_edit(a, ACCESS_DENY, "5", loop, &e), -1);
    assert_false(admits(a, "192.0.2.1"));
    assert_true(access_row(a, ACCESS_ALLOW, 1, text, sizeof text));
    assert_string_equal(text, "10.0.0.0/8");
    assert_int_equal(access_edit(a, ACCESS_DENY, "localhost", loop, &e), 0);
    assert_int_equal(access_edit(a, ACCESS_ALLOW, "127.0.0.1", loop, &e), -1); /* one after the other */
    run_until(loop, a, "127.0.0.1", false);
    access_free(a);
    loop_free(loop);
}

static void files_are_read_again(void **state)
{
    struct access *a = access_new(&ip);
    struct err e;
    struct loop *loop = loop_new(true, &e);

    (void)state;
    log_set_level(-3);
    write_file(path, "192.0.2.1\n");
    access_add_file(a, ACCESS_DENY, path);
    access_add(a, ACCESS_DENY, "localhost"); /* is asked for without waiting */
    assert_int_equal(access_load(a, &e), 0);
    write_file(path, "192.0.2.2\n");
    access_reload(a, loop);
    access_reload(a, loop);
    run_until(loop, a, "192.0.2.1", true);
    assert_false(admits(a, "192.0.2.2") || admits(a, "127.0.0.1"));
    write_file(path, "192.0.2.3\nx y z/q\n");
    access_reload(a, loop); /* of the second one, maybe */
    run_until(loop, a, "192.0.2.2", false);
    access_stop(a);
    access_free(a);
    loop_free(loop);
}

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/pollcat-access-%ld", (long)getpid());
    return 0;
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_lists_count),
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(an_empty_file_lets_nobody_in),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(kinds_are_checked),
        cmocka_unit_test(owners_are_asked),
        cmocka_unit_test(lists_are_changed),
        cmocka_unit_test(files_are_read_again),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
