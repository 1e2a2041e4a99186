/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/resolve_ahead.h"

#include <dirent.h>
#include <dlfcn.h>
#include <net/if.h>
#include <netdb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct resolve_opts stream = {.socktype = SOCK_STREAM};

/* The one address of `host` in words; fails when it is not one. */
static void gives(const char *host, const char *port, const struct resolve_opts *opts, const char *shown)
{
    char text[ADDR_TEXT];
    struct addr *list;
    struct err e;

    if (resolve(host, port, opts, &list, &e) < 1)
        fail_msg("%s: %s", host, e.text);
    assert_string_equal(addr_format(&list[0], text), shown);
    free(list);
}

static void refuses(const char *host, const char *port, const struct resolve_opts *opts, const char *part)
{
    struct addr *list;
    struct err e;

    assert_int_equal(resolve(host, port, opts, &list, &e), -1);
    assert_null(list);
    assert_int_equal(e.status, STATUS_LOCAL);
    if (strstr(e.text, part) == NULL)
        fail_msg("%s is not in: %s", part, e.text);
}

static void literals(void **state)
{
    const struct resolve_opts numeric = {.socktype = SOCK_STREAM, .numeric = true};

    (void)state;
    gives("127.0.0.1", "80", &numeric, "127.0.0.1 port 80");
    gives("::1", "65535", &numeric, "::1 port 65535");
    gives("192.0.2.1", NULL, &stream, "192.0.2.1 port 0");
    refuses("localhost", "80", &numeric, "localhost: not a numeric address");
}

static void scopes(void **state)
{
    char name[IF_NAMESIZE], host[64], shown[80];

    (void)state;
    assert_non_null(if_indextoname(1, name));
    snprintf(host, sizeof host, "fe80::1%%%s", name);
    snprintf(shown, sizeof shown, "%s port 7", host);
    gives(host, "7", &stream, shown);
    refuses("fe80::1", "7", &stream, "needs its interface");
    refuses("fe80::1%nosuch0", "7", &stream, "there is no interface nosuch0");
}

static void localhost_is_loopback(void **state)
{
    const struct resolve_opts four = {.family = AF_INET, .socktype = SOCK_STREAM};
    struct addr *list;
    int n = resolve("localhost", "1", &stream, &list, NULL);

    (void)state;
    assert_in_range(n, 1, 2);
    if (n == 2)
        assert_int_not_equal(addr_family(&list[0]), addr_family(&list[1]));
    free(list);
    gives("localhost", "1", &four, "127.0.0.1 port 1");
}

static void no_host_is_any_or_loopback(void **state)
{
    const struct resolve_opts any = {.socktype = SOCK_STREAM, .passive = true};
    const struct resolve_opts any4 = {.family = AF_INET, .socktype = SOCK_STREAM, .passive = true};
    const struct resolve_opts own4 = {.family = AF_INET, .socktype = SOCK_STREAM};
    struct addr *list;

    (void)state;
    assert_int_equal(resolve(NULL, "5", &any, &list, NULL), 2);
    assert_int_equal(addr_family(&list[0]), AF_INET6);
    assert_true(addr_is_any(&list[0]) && addr_is_any(&list[1]));
    free(list);
    gives("*", "5", &any4, "0.0.0.0 port 5");
    gives("", "5", &any4, "0.0.0.0 port 5");
    gives(NULL, "5", &own4, "127.0.0.1 port 5");
    refuses("", "5", &stream, "the host is empty");
}

static void families(void **state)
{
    const struct resolve_opts four = {.family = AF_INET, .socktype = SOCK_STREAM};
    const struct resolve_opts six = {.family = AF_INET6, .socktype = SOCK_STREAM};

    (void)state;
    refuses("::1", "5", &four, "::1: not an IPv4 address");
    refuses("127.0.0.1", "5", &six, "127.0.0.1: not an IPv6 address");
}

static void ports(void **state)
{
    (void)state;
    assert_int_equal(resolve_service("no-such-service", SOCK_STREAM), -1);
    refuses("127.0.0.1", "65536", &stream, "port 65536: not a number from 0 to 65535");
    refuses("127.0.0.1", "-1", &stream, "port -1: not a number");
    refuses("127.0.0.1", "no-such-service", &stream,
            "port no-such-service: neither a number nor a known TCP service");
    refuses("127.0.0.1", "", &stream, "the port is empty");
    if (resolve_service("http", SOCK_STREAM) >= 0)
        gives("127.0.0.1", "http", &stream, "127.0.0.1 port 80");
}

static void who_is_asked(void **state)
{
    const struct resolve_opts numeric = {.socktype = SOCK_STREAM, .numeric = true};

    (void)state;
    assert_true(resolve_asks("localhost", &stream));
    assert_false(resolve_asks("localhost", &numeric));
    assert_false(resolve_asks("127.0.0.1", &stream));
    assert_false(resolve_asks("::1", &stream));
    assert_false(resolve_asks("", &stream));
    assert_false(resolve_asks(NULL, &stream));
}

struct answer {
    struct loop *loop;
    struct addr *list;
    int n;
    int stop;  /* when there are so many, the loop stops */
    int asked; /* by clients */
};

static void answered(void *ctx, struct addr *list, int n, const struct err *e)
{
    struct answer *a = ctx;

    (void)e;
    a->list = list;
    a->n = n;
    loop_stop(a->loop);
}

static void answers_come_from_the_loop(void **state)
{
    struct answer a = {.loop = loop_new(false, NULL)};
    struct err e;

    (void)state;
    assert_null(resolve_ahead(a.loop, "localhost", "99999", &stream, answered, &a, &e));
    assert_non_null(strstr(e.text, "port 99999"));
    assert_non_null(resolve_ahead(a.loop, "localhost", "80", &stream, answered, &a, &e));
    assert_int_equal(a.n, 0);
    assert_int_equal(loop_run(a.loop, &e), 0);
    assert_true(a.n > 0);
    assert_int_equal(addr_port(&a.list[a.n - 1]), 80);
    free(a.list);
    loop_free(a.loop);
}

/* A resolver that is slow: for names that begin with '@' it says that it has begun, and waits until it may go on. */

enum { MANY = 64, WAITING = 4, SHARE = 16 };

static int began[2], gate[2];

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    char byte;

    if (host != NULL && host[0] == '@') {
        if (write(began[1], host + 1, 1) != 1 || read(gate[0], &byte, 1) != 1)
            return EAI_SYSTEM;
        host = "127.0.0.1";
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, found);
}

static char next_begun(void)
{
    char c;

    assert_int_equal(read(began[0], &c, 1), 1);
    return c;
}

static void let_go(int n)
{
    while (n-- > 0)
        assert_int_equal(write(gate[1], "", 1), 1);
}

static int count_threads(void)
{
    DIR *d = opendir("/proc/self/task");
    int n = 0;

    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* Besides the program's own. One that was waited for may be listed for another moment. */
static void check_threads(int n)
{
    for (int i = 0; i < 100000 && count_threads() != 1 + n; i++)
        sched_yield();
    assert_int_equal(count_threads(), 1 + n);
}

static void answered_one(void *ctx, struct addr *list, int n, const struct err *e)
{
    struct answer *a = ctx;

    (void)e;
    assert_int_equal(n, 1);
    free(list);
    if (++a->n == a->stop)
        loop_stop(a->loop);
}

/* `whom` NULL: it is we who ask. */
static struct resolve_ahead *ask_for(struct answer *a, const char *host, const char *whom)
{
    struct resolve_opts opts = stream;
    struct resolve_ahead *ahead;
    struct addr client;

    if (whom != NULL) {
        assert_int_equal(addr_parse(&client, whom, (uint16_t)(1000 + a->asked++)), 0);
        opts.whom = &client;
    }
    ahead = resolve_ahead(a->loop, host, NULL, &opts, answered_one, a, NULL);
    assert_non_null(ahead);
    return ahead;
}

static struct resolve_ahead *ask(struct answer *a, const char *host)
{
    return ask_for(a, host, NULL);
}

static void open_many(struct answer *a)
{
    assert_int_equal(pipe(began), 0);
    assert_int_equal(pipe(gate), 0);
    a->loop = loop_new(false, NULL);
}

static void ask_many(struct answer *a, struct resolve_ahead *asked[MANY])
{
    open_many(a);
    for (int i = 0; i < MANY; i++)
        asked[i] = ask(a, "@m");
}

static void close_many(struct answer *a)
{
    loop_free(a->loop);
    for (int i = 0; i < 2; i++) {
        close(began[i]);
        close(gate[i]);
    }
}

static void more_wait_in_order(void **state)
{
    struct resolve_ahead *asked[MANY], *second;
    struct answer a = {.stop = MANY + WAITING - 1};

    (void)state;
    ask_many(&a, asked);
    ask(&a, "@1");
    second = ask(&a, "@2");
    ask(&a, "@3");
    ask(&a, "@4");
    check_threads(MANY);
    resolve_abandon(second);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(next_begun(), 'm');
    let_go(MANY + WAITING - 1);
    assert_int_equal(loop_run(a.loop, NULL), 0);
    for (int i = 0; i < WAITING - 1; i++)
        assert_true(strchr("134", next_begun()) != NULL);
    close_many(&a);
}

static void abandoned_ones_count_until_they_end(void **state)
{
    struct resolve_ahead *asked[MANY];
    struct answer a = {.stop = 1};

    (void)state;
    ask_many(&a, asked);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(next_begun(), 'm');
        resolve_abandon(asked[i]);
    }
    ask(&a, "@1");
    check_threads(MANY);
    let_go(MANY + 1);
    assert_int_equal(loop_run(a.loop, NULL), 0);
    assert_int_equal(next_begun(), '1');
    close_many(&a);
}

/* The ports differ; what tells IPv6 clients apart is the network. */
static void one_client_leaves_room_for_others(void **state)
{
    struct answer a = {.stop = 2 * MANY + 1 - SHARE};
    struct resolve_ahead *asked[MANY];

    (void)state;
    open_many(&a);
    for (int i = 0; i < MANY; i++) {
        asked[i] = ask_for(&a, "@a", "192.0.2.1");
        ask_for(&a, "@b", i % 2 > 0 ? "2001:db8::1" : "2001:db8::ffff:1");
    }
    check_threads(2 * SHARE);
    for (int i = 0; i < 2 * SHARE; i++)
        assert_non_null(strchr("ab", next_begun()));
    ask_for(&a, "@c", "::ffff:192.0.2.2");
    assert_int_equal(next_begun(), 'c');
    for (int i = 0; i < SHARE; i++) /* who waits no more asks on all the same */
        resolve_abandon(asked[i]);
    check_threads(2 * SHARE + 1);
    let_go(2 * MANY + 1);
    assert_int_equal(loop_run(a.loop, NULL), 0);
    close_many(&a);
}

/* All are taken; then it is the turn of whoever has the fewest, however long the others wait. */
static void who_has_the_fewest_is_next(void **state)
{
    static const char *const clients[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"};
    struct answer a = {.stop = 1};

    (void)state;
    open_many(&a);
    for (int i = 0; i < 2 * MANY; i++)
        ask_for(&a, "@m", clients[i % 4]);
    ask_for(&a, "@1", "192.0.2.5");
    check_threads(MANY);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(next_begun(), 'm');
    let_go(1);
    assert_int_equal(loop_run(a.loop, NULL), 0);
    assert_int_equal(next_begun(), '1');
    a.stop = 2 * MANY + 1;
    let_go(2 * MANY);
    assert_int_equal(loop_run(a.loop, NULL), 0);
    close_many(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals),
        cmocka_unit_test(scopes),
        cmocka_unit_test(localhost_is_loopback),
        cmocka_unit_test(no_host_is_any_or_loopback),
        cmocka_unit_test(families),
        cmocka_unit_test(ports),
        cmocka_unit_test(who_is_asked),
        cmocka_unit_test(answers_come_from_the_loop),
        cmocka_unit_test(more_wait_in_order),
        cmocka_unit_test(abandoned_ones_count_until_they_end),
        cmocka_unit_test(one_client_leaves_room_for_others),
        cmocka_unit_test(who_has_the_fewest_is_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
