/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/sockopt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"

static void refuses(const char *text, const char *part)
{
    struct err e;

    assert_int_equal(sockopt_check(&text, 1, &e), -1);
    assert_int_equal(e.status, STATUS_LOCAL);
    if (strstr(e.text, part) == NULL)
        fail_msg("%s is not in: %s", part, e.text);
}

static void syntax(void **state)
{
    static const char *const good[] = {
        "nodelay",     "nodelay=off",     "nodelay=yes",        "nodelay?",        "rcvbuf=64k",
        "ttl=255",     "tos=lowdelay",    "tos=0xb8",           "linger=off",      "linger=0",
        "linger=1.5s", "keepidle=2m",     "user-timeout=500ms", "congestion=reno", "fastopen",
        "fastopen=5",  "mark=4294967295", "mtu-discover=do",    "v6only=0",
    };

    (void)state;
    assert_int_equal(sockopt_check(good, sizeof good / sizeof *good, NULL), 0);
    assert_int_equal(sockopt_check(NULL, 0, NULL), 0);
    refuses("nodely", "did you mean nodelay?");
    refuses("xyzzy=1", "sockopt xyzzy: no such option; --list-sockopts lists them");
    refuses("", "no such option");
    refuses("=1", "no such option");
    refuses("nodelay=maybe", "sockopt nodelay=maybe: not a valid value, nodelay=on|off");
    refuses("ttl", "a value is missing, ttl=N");
    refuses("ttl=", "not a valid value");
    refuses("ttl=256", "from 1 to 255");
    refuses("ttl=1x", "from 1 to 255");
    refuses("linger=-1", "linger=TIME|off");
    refuses("tos=nonsense", "tos=N|NAME");
    refuses("congestion=", "congestion=NAME");
    refuses("bindtodevice=a-name-that-is-too-long", "bindtodevice=INTERFACE");
}

static void rows_are_complete(void **state)
{
    static const char *const promised[] = {
        "reuseaddr", "reuseport", "sndbuf",       "rcvbuf",       "ttl",        "nodelay",
        "maxseg",    "keepalive", "keepidle",     "keepintvl",    "keepcnt",    "linger",
        "broadcast", "cork",      "quickack",     "user-timeout", "congestion", "tos",
        "priority",  "mark",      "bindtodevice", "fastopen",     "minttl",     "debug",
    };
    const char *name, *arg, *help;
    size_t n = 0;

    (void)state;
    for (; (name = sockopt_row(n, &arg, &help)) != NULL; n++) {
        assert_true(arg[0] != '\0' && help[0] != '\0');
        for (size_t i = 0; i < n; i++) {
            const char *a, *h;

            assert_string_not_equal(sockopt_row(i, &a, &h), name);
        }
    }
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
        char text[32];
        const char *asked = text;

        snprintf(text, sizeof text, "%s?", promised[i]);
        assert_int_equal(sockopt_check(&asked, 1, NULL), 0);
    }
}

/* Sets `text` on a new socket and compares what the kernel then has. */
static void takes(int family, int type, const char *text, const char *want)
{
    char name[64], value[64];
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    struct err e;

    if (fd < 0 && family == AF_INET6)
        return;
    assert_true(fd >= 0);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "="), text);
    if (sockopt_set(fd, text, &e) < 0 || sockopt_get(fd, name, value, sizeof value, &e) < 0)
        fail_msg("%s", e.text);
    assert_string_equal(value, want);
    close(fd);
}

static void values_come_back(void **state)
{
    (void)state;
    takes(AF_INET, SOCK_STREAM, "nodelay", "on");
    takes(AF_INET, SOCK_STREAM, "nodelay=off", "off");
    takes(AF_INET, SOCK_STREAM, "ttl=9", "9");
    takes(AF_INET6, SOCK_STREAM, "ttl=9", "9");
    takes(AF_INET6, SOCK_DGRAM, "tos=0x10", "0x10");
    takes(AF_INET, SOCK_STREAM, "tos=throughput", "0x08");
    takes(AF_INET, SOCK_STREAM, "minttl=3", "3");
    takes(AF_INET, SOCK_STREAM, "keepidle=2m", "120s");
    takes(AF_INET, SOCK_STREAM, "keepintvl=7", "7s");
    takes(AF_INET, SOCK_STREAM, "keepcnt=4", "4");
    takes(AF_INET, SOCK_STREAM, "keepalive", "on");
    takes(AF_INET, SOCK_STREAM, "linger=1.5", "2s");
    takes(AF_INET, SOCK_STREAM, "linger=off", "off");
    takes(AF_INET, SOCK_STREAM, "user-timeout=1500ms", "1500ms");
    takes(AF_INET, SOCK_STREAM, "congestion=reno", "reno");
    takes(AF_INET, SOCK_STREAM, "sndbuf=16k", "32768"); /* doubled, socket(7) */
    takes(AF_UNIX, SOCK_STREAM, "rcvbuf=8k", "16384");
    takes(AF_INET, SOCK_DGRAM, "broadcast", "on");
    takes(AF_INET, SOCK_DGRAM, "mtu-discover=do", "do");
    takes(AF_INET, SOCK_DGRAM, "multicast-ttl=5", "5");
    takes(AF_INET6, SOCK_DGRAM, "multicast-loop=off", "off");
    takes(AF_INET6, SOCK_STREAM, "v6only", "on");
    takes(AF_INET, SOCK_STREAM, "bindtodevice=lo", "lo");
    takes(AF_INET, SOCK_STREAM, "notsent-lowat=4k", "4096");
}

static void belongs_to_its_protocol(void **state)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int un = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *const texts[] = {"nodelay"};
    struct err e;

    (void)state;
    assert_true(fd >= 0 && un >= 0);
    assert_int_equal(sockopt_apply(fd, SOCKOPT_CREATED, texts, 1, &e), -1);
    assert_string_equal(e.text, "sockopt nodelay: not an option of UDP sockets");
    assert_int_equal(sockopt_set(un, "ttl=3", &e), -1);
    assert_string_equal(e.text, "sockopt ttl=3: not an option of UNIX sockets");
    assert_int_equal(sockopt_set(fd, "congestion=reno", &e), -1);
    close(fd);
    close(un);
}

static void kernel_refuses(void **state)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct err e;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(sockopt_set(fd, "congestion=nonsense", &e), -1);
    assert_string_equal(e.text, "sockopt congestion=nonsense: No such file or directory");
    assert_int_equal(e.status, STATUS_LOCAL);
    close(fd);
}

static bool keep_line(void *ctx, enum log_level level, const char *line)
{
    assert_int_equal(level, LOG_NOTICE);
    snprintf(ctx, 128, "%s", line);
    return true;
}

/* Each option is set in its phase and in no other; questions are answered in the last. */
static void phases(void **state)
{
    const char *const texts[] = {"ttl=33", "keepalive", "ttl?"};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char line[128] = "", value[64];

    (void)state;
    assert_true(fd >= 0);
    log_set_sink(keep_line, line);
    assert_int_equal(sockopt_apply(fd, SOCKOPT_CREATED, texts, 3, NULL), 0);
    assert_string_equal(line, "");
    assert_int_equal(sockopt_get(fd, "keepalive", value, sizeof value, NULL), 0);
    assert_string_equal(value, "off");
    assert_int_equal(sockopt_apply(fd, SOCKOPT_CONNECTED, texts, 3, NULL), 0);
    assert_string_equal(line, "sockopt ttl=33");
    assert_int_equal(sockopt_get(fd, "keepalive", value, sizeof value, NULL), 0);
    assert_string_equal(value, "on");
    log_set_sink(NULL, NULL);
    close(fd);
}

/* An IPv6 socket that takes IPv4 connections marks those too. */
static void both_families(void **state)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(int);
    int v = 0;

    (void)state;
    if (fd < 0)
        skip();
    assert_int_equal(sockopt_set(fd, "tos=0x20", NULL), 0);
    assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_TOS, &v, &len), 0);
    assert_int_equal(v, 0x20);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax),           cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(values_come_back), cmocka_unit_test(belongs_to_its_protocol),
        cmocka_unit_test(kernel_refuses),   cmocka_unit_test(phases),
        cmocka_unit_test(both_families),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
