/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/conf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"

/* A command line, cut at its spaces, and the memory its words live in. */
struct run {
    struct conf c;
    struct err e;
    int result;
    char words[256];
};

static void run(struct run *r, const char *line)
{
    static char program[] = "pollcat";
    char *argv[16] = {program}, *rest = r->words, *word;
    int argc = 1;

    snprintf(r->words, sizeof r->words, "%s", line);
    while ((word = strsep(&rest, " ")) != NULL) {
        if (word[0] != '\0')
            argv[argc++] = word;
    }
    r->result = conf_parse(&r->c, argc, argv, &r->e);
}

/* The same, and it must be right. */
static void run_well(struct run *r, const char *line)
{
    run(r, line);
    if (r->result != 0)
        fail_msg("%s: %s", line, r->e.text);
}

static void same(const char *line, const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got != NULL && strcmp(got, want) != 0))
        fail_msg("%s: %s is %s instead of %s", line, what, got != NULL ? got : "absent",
                 want != NULL ? want : "absent");
}

static void operands_are_understood(void **state)
{
    static const struct {
        const char *line, *host, *port;
    } rows[] = {
        {"h 80", "h", "80"},
        {"h:80", "h", "80"},
        {"127.0.0.1:80", "127.0.0.1", "80"},
        {"::1 80", "::1", "80"},
        {"[::1] 80", "::1", "80"},
        {"[::1]:80", "::1", "80"},
        {"fe80::1%lo 65535", "fe80::1%lo", "65535"},
        {"[fe80::1%lo]:1", "fe80::1%lo", "1"},
        {"-u h 53", "h", "53"},
        {"--udp-connected h:53", "h", "53"},
        {"-l 80", NULL, "80"},
        {"-l 0", NULL, "0"},
        {"-l :80", NULL, "80"},
        {"-l h 80", "h", "80"},
        {"-l h:80", "h", "80"},
        {"-l [::]:80", "::", "80"},
        {"-l ::1 80", "::1", "80"},
        {"-l -p 80", NULL, "80"},
        {"-lp80", NULL, "80"},
        {"-l -p 80 h", "h", "80"},
        {"-l -p 80 ::1", "::1", "80"},
        {"-l -s h 80", "h", "80"},
        {"-l -s h -p 80", "h", "80"},
        {"-lu 80", NULL, "80"},
        {"--echo 7", NULL, "7"},
        {"--echo -u -k -l h 7", "h", "7"},
        {"--self-connect", NULL, NULL},
        {"--self-connect 80", NULL, "80"},
        {"--self-connect ::1 80", "::1", "80"},
        {"--self-connect -u -p 80", NULL, "80"},
        {"-U /run/x", "/run/x", NULL},
        {"-U @x", "@x", NULL},
        {"-lU /run/x:y", "/run/x:y", NULL},
        {"-uU x", "x", NULL},
        {"--seqpacket x", "x", NULL},
        {"--self-connect -uU", NULL, NULL},
        {"--self-connect -U", NULL, NULL},
        {"--self-connect -uU x", "x", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        run_well(&r, rows[i].line);
        same(rows[i].line, "host", r.c.net.host, rows[i].host);
        same(rows[i].line, "port", r.c.net.port, rows[i].port);
        assert_null(r.c.net.source_host);
        assert_null(r.c.net.source_port);
        assert_int_equal(r.c.action, CONF_RUN);
        conf_clear(&r.c);
    }
}

static void sources_stay_with_clients(void **state)
{
    struct run r;

    (void)state;
    run_well(&r, "-s 127.0.0.2 -p 1024 h 80");
    assert_string_equal(r.c.net.source_host, "127.0.0.2");
    assert_string_equal(r.c.net.source_port, "1024");
    conf_clear(&r.c);
    run_well(&r, "-uU -s own theirs");
    assert_string_equal(r.c.net.source_host, "own");
    assert_string_equal(r.c.net.host, "theirs");
    conf_clear(&r.c);
}

static void mistakes_get_one_line(void **state)
{
    static const struct {
        const char *line, *text;
    } rows[] = {
        {"", "a host and a port are missing; try 'pollcat HOST PORT' or 'pollcat --help'"},
        {"h", "a port is missing; try 'pollcat h PORT'"},
        {"::1", "a port is missing; try 'pollcat ::1 PORT'"},
        {"http://h:18080/", "'http://h:18080/' is a URL; try 'pollcat h 18080'"},
        {"-v https://[::1]/x?y:z", "'https://[::1]/x?y:z' is a URL; try 'pollcat -v ::1 https'"},
        {"https://h 443", "'https://h' is a URL; try 'pollcat h https'"},
        {"http:///", "'http:///' is a URL; try 'pollcat HOST http'"},
        {"80", "a host is missing; try 'pollcat HOST PORT'"},
        {":80", "a host is missing; try 'pollcat HOST PORT'"},
        {"h 0", "port 0 is out of range: ports go from 1 to 65535"},
        {"h 65536", "port 65536 is out of range: ports go from 1 to 65535"},
        {"h:99999999999999999999", "port 99999999999999999999 is out of range: ports go from 1 to 65535"},
        {"-l 65536", "port 65536 is out of range: ports go from 0 to 65535"},
        {"-p 65536 h 1", "port 65536 is out of range: ports go from 0 to 65535"},
        {"h 80x", "port '80x' is neither a number nor a known service"},
        {"-n h 80x", "port '80x' is no number, as --nodns needs"},
        {"h 80 81", "stray argument '81'; try 'pollcat --help'"},
        {"h:80 81", "two ports are given: 'h:80' and '81'"},
        {"h:", "'h:' is neither HOST nor HOST:PORT nor [IPV6]:PORT"},
        {"[::1 80", "'[::1' is neither HOST nor HOST:PORT nor [IPV6]:PORT"},
        {"h 22-80", "more than one port, '22-80', needs --zero"},
        {"h 22,80", "more than one port, '22,80', needs --zero"},
        {"-l 22,80", "more than one port, '22,80', needs --zero"},
        {"-l", "a port is missing; try 'pollcat -l [HOST] PORT'"},
        {"-l h no-such-service", "port 'no-such-service' is neither a number nor a known service"},
        {"-l 1 2 3", "stray argument '3'; try 'pollcat --help'"},
        {"-l -p 1 2", "two ports are given: '2' and --source-port '1'"},
        {"-l -p 1 h 2", "two ports are given: '2' and --source-port '1'"},
        {"-l -p 1 h:2", "two ports are given: '2' and --source-port '1'"},
        {"-l -s a h 2", "two addresses are given: 'h' and --source 'a'"},
        {"-l -s a h:2", "two addresses are given: 'h' and --source 'a'"},
        {"-U", "a path is missing; try 'pollcat -U PATH'"},
        {"-U x 80", "stray argument '80'; try 'pollcat --help'"},
        {"-z h", "a port is missing; try 'pollcat -z h PORT'"},
        {"-lu -w 3", "a port is missing; try 'pollcat -lu -w 3 [HOST] PORT'"},
        {"h -uq 1", "a port is missing; try 'pollcat -uq 1 h PORT'"},
        {"-z h 0", "'0' is no list of ports from 1 to 65535 such as 22,80,8000-8010"},
        {"-z h 1,,2", "'1,,2' is no list of ports from 1 to 65535 such as 22,80,8000-8010"},
        {"-z h 1-70000", "'1-70000' is no list of ports from 1 to 65535 such as 22,80,8000-8010"},
        {"-nz h no-such-service",
         "'no-such-service' is no list of ports from 1 to 65535 such as 22,80,8000-8010"},
        {"--max-conns 2 h 80", "--max-conns needs --listen"},
        {"--max-conns 2 --echo -u 80", "--max-conns with --udp needs --to: else all senders are one peer"},
        {"--max-conns 2 -luk 80", "--max-conns with --udp needs --to: else all senders are one peer"},
        {"\x1b[31m 80", "'\\x1b[31m' is neither HOST nor HOST:PORT nor [IPV6]:PORT"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        run(&r, rows[i].line);
        same(rows[i].line, "the error", r.result == -1 ? r.e.text : "(none)", rows[i].text);
        assert_int_equal(r.e.status, STATUS_LOCAL);
        conf_clear(&r.c);
    }
}

static void the_mode_follows(void **state)
{
    static const struct {
        const char *line, *mode, *transport, *service;
        int family;
        bool datagram;
    } rows[] = {
        {"h 1", "connect", "connect", "stdio", AF_UNSPEC, false},
        {"--mode connect -4 h 1", "connect", "connect", "stdio", AF_INET, false},
        {"-6l 1", "listen", "listen", "stdio", AF_INET6, false},
        {"--mode listen 1", "listen", "listen", "stdio", AF_UNSPEC, false},
        {"-u h 1", "udp", "udp", "stdio", AF_UNSPEC, true},
        {"--mode udp h 1", "udp", "udp", "stdio", AF_UNSPEC, true},
        {"-ul 1", "listen", "udp-listen", "stdio", AF_UNSPEC, true},
        {"--mode udp -l 1", "listen", "udp-listen", "stdio", AF_UNSPEC, true},
        {"--mode listen -u 1", "listen", "udp-listen", "stdio", AF_UNSPEC, true},
        {"--udp-connected h 1", "udp-connected", "udp-connected", "stdio", AF_UNSPEC, true},
        {"--mode udp-connected h 1", "udp-connected", "udp-connected", "stdio", AF_UNSPEC, true},
        {"--echo 1", "echo", "listen", "echo", AF_UNSPEC, false},
        {"-E -u 1", "echo", "udp-listen", "echo", AF_UNSPEC, true},
        {"--mode echo 1", "echo", "listen", "echo", AF_UNSPEC, false},
        {"--broker -u 1", "broker", "udp-each", "broker", AF_UNSPEC, true},
        {"--chat -Uu x", "chat", "udp-each", "chat", AF_UNIX, true},
        {"--self-connect", "self-connect", "self", "stdio", AF_UNSPEC, false},
        {"--mode self-connect -u", "self-connect", "self", "stdio", AF_UNSPEC, true},
        {"-U x", "connect", "connect", "stdio", AF_UNIX, false},
        {"-Ul x", "listen", "listen", "stdio", AF_UNIX, false},
        {"-Uu x", "udp", "udp", "stdio", AF_UNIX, true},
        {"-Uul x", "listen", "udp-listen", "stdio", AF_UNIX, true},
        {"--seqpacket -l x", "listen", "listen", "stdio", AF_UNIX, false},
        {"-E -U x", "echo", "listen", "echo", AF_UNIX, false},
        {"-E -Uu x", "echo", "udp-listen", "echo", AF_UNIX, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        run_well(&r, rows[i].line);
        same(rows[i].line, "the mode", r.c.mode, rows[i].mode);
        same(rows[i].line, "the transport", r.c.transport, rows[i].transport);
        same(rows[i].line, "the service", r.c.service->name, rows[i].service);
        assert_int_equal(r.c.net.family, rows[i].family);
        assert_int_equal(r.c.net.datagram, rows[i].datagram);
        assert_int_equal(r.c.net.echo, strcmp(rows[i].mode, "echo") == 0);
        conf_clear(&r.c);
    }
}

static void times_are_derived(void **state)
{
    static const struct {
        const char *line;
        int64_t connect, idle, datagram, quit;
    } rows[] = {
        {"h 1", 0, 0, -1, -1},
        {"-w 2 h 1", 2000, 2000, -1, -1},
        {"-w 2.5 --wait 1 h 1", 1000, 2500, -1, -1},
        {"-w 2 --idle-timeout 1m h 1", 2000, 60000, -1, -1},
        {"--wait 200ms h 1", 200, 0, -1, -1},
        {"--idle-timeout 1 h 1", 0, 1000, -1, -1},
        {"-lw 2 1", 2000, 2000, -1, -1},
        {"-u h 1", 0, 0, 1000, -1},
        {"--udp-connected h 1", 0, 0, 1000, -1},
        {"--self-connect -u", 0, 0, 1000, -1},
        {"--self-connect", 0, 0, -1, -1},
        {"-Uu x", 0, 0, 1000, -1},
        {"-ul 1", 0, 0, -1, -1},
        {"-uE 1", 0, 0, -1, -1},
        {"-ulw 2 1", 2000, 2000, -1, -1},
        {"-uw 2 h 1", 2000, 0, 2000, -1},
        {"-uq 5 h 1", 0, 0, -1, 5000},
        {"-uq -1 h 1", 0, 0, -1, -1},
        {"-uq 5 -w 2 h 1", 2000, 0, 2000, 5000},
        {"-q 0 h 1", 0, 0, -1, 0},
        {"-q 1.5 h 1", 0, 0, -1, 1500},
        {"-q -3 h 1", 0, 0, -1, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        run_well(&r, rows[i].line);
        if (r.c.net.connect_timeout != rows[i].connect || r.c.idle_timeout != rows[i].idle ||
            r.c.bridge.datagram_wait != rows[i].datagram || r.c.bridge.quit_after != rows[i].quit)
            fail_msg("%s: %lld %lld %lld %lld", rows[i].line, (long long)r.c.net.connect_timeout,
                     (long long)r.c.idle_timeout, (long long)r.c.bridge.datagram_wait,
                     (long long)r.c.bridge.quit_after);
        conf_clear(&r.c);
    }
}

static void links_are_described(void **state)
{
    static const struct {
        const char *line;
        enum link_cut cut;
        size_t size;
        int64_t interval;
        bool crlf, keep_open;
    } rows[] = {
        {"h 1", LINK_CUT_READ, 0, 0, false, false},
        {"-N h 1", LINK_CUT_READ, 0, 0, false, false},
        {"-C --no-shutdown h 1", LINK_CUT_READ, 0, 0, true, true},
        {"-i 200ms h 1", LINK_CUT_LINE, 0, 200, false, false},
        {"-u --line h 1", LINK_CUT_LINE, 0, 0, false, false},
        {"-u --datagram-size 1k h 1", LINK_CUT_READ, 1024, 0, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct link_opts *out;
        struct run r;

        run_well(&r, rows[i].line);
        out = &r.c.bridge.out;
        if (out->cut != rows[i].cut || r.c.net.segment != rows[i].size || out->interval != rows[i].interval ||
            out->crlf != rows[i].crlf || out->keep_open != rows[i].keep_open)
            fail_msg("%s", rows[i].line);
        assert_int_equal(r.c.bridge.no_shutdown, rows[i].keep_open);
        conf_clear(&r.c);
    }
}

static void many_peers_only_on_streams(void **state)
{
    static const struct {
        const char *line;
        bool keep_open, many;
    } rows[] = {
        {"-l 1", false, false},
        {"-lk 1", true, true},
        {"-E 1", true, true},
        {"-luk 1", true, false},
        {"--seqpacket -lk x", true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        run_well(&r, rows[i].line);
        assert_int_equal(r.c.net.keep_open, rows[i].keep_open);
        assert_int_equal(r.c.many, rows[i].many);
        conf_clear(&r.c);
    }
}

static void ports_are_probed(void **state)
{
    static const struct {
        const char *line, *ports;
    } rows[] = {
        {"-z h 22", "22"},           {"-z h 22,80,8000-8010", "22,80,8000-8010"},
        {"-z h 1 2 3-9", "1,2,3-9"}, {"-z h:1-3", "1-3"},
        {"-zur [::1]:5,6", "5,6"},   {"-z ::1 9-7", "9-7"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        run_well(&r, rows[i].line);
        assert_int_equal(r.c.action, CONF_PROBE);
        same(rows[i].line, "ports", r.c.ports, rows[i].ports);
        conf_clear(&r.c);
    }
}

static void actions_need_no_operands(void **state)
{
    struct run r;

    (void)state;
    run_well(&r, "--help");
    assert_int_equal(r.c.action, CONF_HELP);
    conf_clear(&r.c);
    run_well(&r, "--vers");
    assert_int_equal(r.c.action, CONF_VERSION);
    conf_clear(&r.c);
    run_well(&r, "--list-sockopts");
    assert_int_equal(r.c.action, CONF_LIST_SOCKOPTS);
    conf_clear(&r.c);
}

static void ready_fd_must_be_open(void **state)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char line[64];
    struct run r;

    (void)state;
    assert_true(fd > 0);
    snprintf(line, sizeof line, "--ready-fd %d -l 0", fd);
    run_well(&r, line);
    assert_int_equal(r.c.ready_fd, fd);
    conf_clear(&r.c);
    close(fd);
    run(&r, line);
    assert_int_equal(r.result, -1);
    assert_non_null(strstr(r.e.text, "Bad file descriptor"));
    conf_clear(&r.c);
    run_well(&r, "-l 0");
    assert_int_equal(r.c.ready_fd, -1);
    conf_clear(&r.c);
}

/* A terminal of its own as standard input. */
static void a_terminal_gets_the_prompt(void **state)
{
    static const struct {
        const char *line, *service;
    } rows[] = {
        {"h 1", "prompt"},
        {"-lk 1", "prompt"},
        {"-u h 1", "prompt"},
        {"--self-connect", "prompt"},
        {"-d h 1", "stdio"},
        {"--echo 1", "echo"},
        {"--no-prompt h 1", "stdio"},
        {"--recv-only h 1", "stdio"},
        {"-z h 1", "stdio"},
        {"-U x", "prompt"},
        {"--send-only h 1", "prompt"},
    };
    int kept = dup(STDIN_FILENO), out = dup(STDOUT_FILENO), master = posix_openpt(O_RDWR | O_NOCTTY), slave;

    (void)state;
    assert_true(kept >= 0 && out >= 0 && master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    assert_int_equal(dup2(slave, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(dup2(slave, STDOUT_FILENO), STDOUT_FILENO); /* ours may be a pipe */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        run_well(&r, rows[i].line);
        same(rows[i].line, "the service", r.c.service->name, rows[i].service);
        conf_clear(&r.c);
    }
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
    close(out);
    close(kept);
    close(slave);
    close(master);
}

static bool keep_line(void *ctx, enum log_level level, const char *line)
{
    (void)level;
    snprintf(ctx, 256, "%s", line);
    return true;
}

static void ncat_users_get_hints(void **state)
{
    static const struct {
        const char *line, *hint; /* hint NULL: none */
    } rows[] = {
        {"-m 100 -lk 1", "--max-conns"},
        {"-m 100 h 1", NULL},
        {"-m 100 -l 1", NULL},
        {"-d 10s h 1", "-d"},
        {"-d 5 h 1", "-d"},
        {"-d h 1", NULL},
    };
    char line[256];

    (void)state;
    log_set_sink(keep_line, line);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        line[0] = '\0';
        run(&r, rows[i].line);
        if (rows[i].hint == NULL)
            same(rows[i].line, "the hint", line, "");
        else if (strncmp(line, "hint: ", 6) != 0 || strstr(line, rows[i].hint) == NULL)
            fail_msg("%s: \"%s\"", rows[i].line, line);
        conf_clear(&r.c);
    }
    log_set_sink(NULL, NULL);
}

/* The tests that expect stdio must not find a terminal. */
static int no_terminal(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    if (fd < 0 || dup2(fd, STDIN_FILENO) != STDIN_FILENO)
        return -1;
    if (fd != STDIN_FILENO)
        close(fd);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands_are_understood),    cmocka_unit_test(sources_stay_with_clients),
        cmocka_unit_test(mistakes_get_one_line),      cmocka_unit_test(the_mode_follows),
        cmocka_unit_test(times_are_derived),          cmocka_unit_test(links_are_described),
        cmocka_unit_test(many_peers_only_on_streams), cmocka_unit_test(ports_are_probed),
        cmocka_unit_test(actions_need_no_operands),   cmocka_unit_test(ready_fd_must_be_open),
        cmocka_unit_test(a_terminal_gets_the_prompt), cmocka_unit_test(ncat_users_get_hints),
    };

    return cmocka_run_group_tests(tests, no_terminal, NULL);
}
