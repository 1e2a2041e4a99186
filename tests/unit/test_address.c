/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/conf.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A command line, cut at its spaces. */
static int parse(struct conf *c, const char *line, struct err *e)
{
    static char program[] = "pollcat", words[256];
    char *argv[16] = {program}, *rest = words, *word;
    int argc = 1;

    snprintf(words, sizeof words, "%s", line);
    while ((word = strsep(&rest, " ")) != NULL)
        argv[argc++] = word;
    return conf_parse(c, argc, argv, e);
}

/* A word says the same as options do. */
static void words_are_options(void **state)
{
    static const char *const rows[][2] = {
        {"tcp:h:80", "h 80"},
        {"TCP:h:80", "h 80"},
        {"tcp:[::1]:80", "::1 80"},
        {"tcp:exec:80", "exec 80"},
        {"tcp4:h:80", "-4 h 80"},
        {"TCP6-CONNECT:h:80", "-6 h 80"},
        {"-l tcp:80", "-l 80"},
        {"-l tcp:[::1]:80", "-l ::1 80"},
        {"-lk tcp:h:80", "-lk h 80"},
        {"udp:h:80", "-u h 80"},
        {"UDP-SENDTO:h:80", "-u h 80"},
        {"-l udp:80", "-lu 80"},
        {"-z udp:h:1-3", "-zu h 1-3"},
        {"unix:/x", "-U /x"},
        {"unix:@x:80", "-U @x:80"},
        {"-l unix:x", "-l -U x"},
        {"unix-dgram:/x", "-u -U /x"},
        {"-l unix-dgram:/x", "-l -u -U /x"},
        {"seqpacket:/x", "--seqpacket /x"},
        {"-E seqpacket:/x", "-E --seqpacket /x"},
        {"-z tcp:h:22,80", "-z h 22,80"},
        {"system:80", "system 80"},
        {"vsock:1:80", "--vsock 1 80"},
        {"VSOCK-CONNECT:host:70000", "--vsock host:70000"},
        {"-l vsock:80", "-l --vsock 80"},
        {"-l vsock::80", "-l --vsock 80"},
        {"-lk vsock:any:0", "-lk --vsock any 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf a, b;
        struct err e;

        if (parse(&a, rows[i][0], &e) != 0)
            fail_msg("%s: %s", rows[i][0], e.text);
        if (parse(&b, rows[i][1], &e) != 0)
            fail_msg("%s: %s", rows[i][1], e.text);
        assert_string_equal(a.transport, b.transport);
        assert_ptr_equal(a.service, b.service);
        assert_int_equal(a.net.family, b.net.family);
        assert_int_equal(a.net.datagram, b.net.datagram);
        assert_int_equal(a.net.seqpacket, b.net.seqpacket);
        assert_int_equal(a.action, b.action);
        assert_null(a.address.end.kind);
        conf_clear(&a);
        conf_clear(&b);
    }
}

static void places_are_found(void **state)
{
    static const char *const rows[][3] = {
        {"tcp:h:80", "h", "80"},
        {"-l tcp:[::1]:80", "::1", "80"},
        {"-l tcp:80", NULL, "80"},
        {"tcp:exec:80", "exec", "80"},
        {"unix:/a:b", "/a:b", NULL},
        {"-U unix:/x", "unix:/x", NULL},
        {"-l udp:h:0", "h", "0"},
        {"vsock:1:70000", "1", "70000"},
        {"-l vsock::70000", NULL, "70000"},
        {"-l vsock:70000", NULL, "70000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf c;
        struct err e;

        if (parse(&c, rows[i][0], &e) != 0)
            fail_msg("%s: %s", rows[i][0], e.text);
        assert_string_equal(c.net.host != NULL ? c.net.host : "", rows[i][1] != NULL ? rows[i][1] : "");
        assert_string_equal(c.net.port != NULL ? c.net.port : "", rows[i][2] != NULL ? rows[i][2] : "");
        conf_clear(&c);
    }
}

static void ends_are_peers(void **state)
{
    static const char *const rows[][2] = {
        {"exec:bc", "exec"},     {"SYSTEM:bc", "sh"},          {"sh:a:80", "sh"},         {"echo:", "echo"},
        {"discard:", "discard"}, {"read:/x", "read"},          {"append:/x", "append"},   {"fd:1", "fd"},
        {"- --to h:80", "fd"},   {"exec:a --to h:80", "exec"}, {"exec:a --to -", "exec"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf c;
        struct err e;

        if (parse(&c, rows[i][0], &e) != 0)
            fail_msg("%s: %s", rows[i][0], e.text);
        assert_string_equal(c.address.end.kind->name, rows[i][1]);
        assert_null(c.net.host);
        conf_clear(&c);
    }
}

static void mistakes_get_one_line(void **state)
{
    static const char *const rows[][2] = {
        {"host:xyz",
         "port 'xyz' is neither a number nor a known service, and 'host:' none of tcp: tls: unix: "},
        {"exce:bc",
         "port 'bc' is neither a number nor a known service, and 'exce:' none of tcp: tls: unix: "},
        {"tcp:exec:x", "port 'x' is neither a number nor a known service"},
        {"tcp:h", "a port is missing"},
        {"tcp:", "'' is neither HOST nor HOST:PORT"},
        {"unix:", "the path is empty"},
        {"exec:", "exec: a command is missing"},
        {"exec:'a", "exec: "},
        {"fd:x", "fd: 'x' is no number"},
        {"fd:987654", "fd:987654: Bad file descriptor"},
        {"-u tcp:h:80", "tcp: excludes --udp"},
        {"-u unix:/x", "unix: excludes --udp"},
        {"-l exec:a", "exec: excludes --listen"},
        {"-z exec:a", "exec: excludes --zero"},
        {"-E sh:a", "sh: excludes --echo"},
        {"-4 exec:a", "exec: excludes --ipv4"},
        {"-F exec:a", "exec: excludes --pass-fd"},
        {"--ssl exec:a", "exec: excludes --ssl"},
        {"-s ::1 exec:a", "exec: excludes --source"},
        {"-p 80 exec:a", "--source-port excludes exec:"},
        {"-6 exec:a", "--ipv6 excludes exec:"},
        {"-T 3 exec:a", "--tos excludes exec:"},
        {"--sockopt nodelay exec:a", "--sockopt excludes exec:"},
        {"-4 tcp6:h:1", "tcp: excludes --ipv4"},
        {"-6 tcp4:h:1", "--ipv6 excludes tcp:"},
        {"-T 3 unix:/x", "--tos excludes unix:"},
        {"vsock:1:http", "vsock: 'http' is no port"},
        {"vsock:80", "a host is missing"},
        {"-u vsock:1:80", "vsock: excludes --udp"},
        {"-z vsock:1:80", "vsock: excludes --zero"},
        {"--vsock -U /x", "--vsock excludes --unixsock"},
        {"-", "standard input and output are ours already: - needs --to"},
        {"TCP-LISTEN:80,fork",
         "'TCP-LISTEN:80,fork' is an address of socat; try -l tcp:PORT, and -k for fork"},
        {"PTY,link=line", "'PTY,link=line' is an address of socat; try pty:COMMAND, or tty:PATH"},
        {"SOCKS4A:a:b:80", "'SOCKS4A:a:b:80' is an address of socat; try --proxy socks4a://HOST"},
        {"UDP4-RECVFROM:80", "'UDP4-RECVFROM:80' is an address of socat; try -l udp:PORT"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf c;
        struct err e;

        if (parse(&c, rows[i][0], &e) == 0)
            fail_msg("%s is taken", rows[i][0]);
        if (strncmp(e.text, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("%s: %s", rows[i][0], e.text);
        conf_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_options),
        cmocka_unit_test(places_are_found),
        cmocka_unit_test(ends_are_peers),
        cmocka_unit_test(mistakes_get_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
