/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/starttls.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct exchange {
    const struct ask_kind *kind;
    const char *host, *user, *password;
    /* What is to be sent, and what answers it; ended by NULL. */
    struct {
        const char *sent, *answer;
        size_t nsent, nanswer;
    } steps[4];
    int outcome;
    const char *why; /* a part of it */
};

#define SAYS(text) .sent = text, .nsent = sizeof text - 1
#define HEARS(text) .answer = text, .nanswer = sizeof text - 1

/* Feeds `n` bytes in pieces of `piece`. Returns what came of it, and how many bytes were left. */
static int feed(struct ask *a, const char *answer, size_t n, size_t piece, size_t *left)
{
    unsigned char in[1024];
    size_t nin = 0, used = 0;
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i += piece) {
        const size_t part = n - i < piece ? n - i : piece;

        memcpy(in + nin, answer + i, part);
        nin += part;
        r = a->kind->take(a, in, nin, &used);
        nin -= used;
        memmove(in, in + used, nin);
    }
    *left = nin;
    return r;
}

static void run_exchange(const struct exchange *x, size_t piece)
{
    struct ask a = {
        .kind = x->kind, .host = x->host, .port = 0x1234, .user = x->user, .password = x->password};
    int r = x->kind->begin(&a);
    size_t left = 0;

    for (int i = 0; i < 4 && x->steps[i].sent != NULL; i++) {
        if (r != 0)
            fail_msg("%s %s: %s", x->kind->name, x->host, a.why);
        assert_int_equal(a.nout, x->steps[i].nsent);
        assert_memory_equal(a.out, x->steps[i].sent, a.nout);
        a.nout = 0;
        r = feed(&a, x->steps[i].answer, x->steps[i].nanswer, piece, &left);
    }
    assert_int_equal(r, x->outcome);
    if (x->why != NULL && strstr(a.why, x->why) == NULL)
        fail_msg("'%s' is not in '%s'", x->why, a.why);
    if (r == ASK_DONE)
        assert_int_equal(left, 0);
}

#define IPV4_REPLY "\5\0\0\1\177\0\0\1\4\70"
#define REQUEST5 "\5\1\0\3\7example\x12\x34"

static const struct exchange exchanges[] = {
    {&ask_socks4,
     "127.0.0.1",
     NULL,
     NULL,
     {{SAYS("\4\1\x12\x34\177\0\0\1\0"), HEARS("\0\132\0\0\0\0\0\0")}},
     ASK_DONE,
     NULL},
    {&ask_socks4,
     "127.0.0.1",
     "me",
     NULL,
     {{SAYS("\4\1\x12\x34\177\0\0\1me\0"), HEARS("\0\133\0\0\0\0\0\0")}},
     ASK_FAILED,
     "refused"},
    {&ask_socks4,
     "127.0.0.1",
     NULL,
     NULL,
     {{SAYS("\4\1\x12\x34\177\0\0\1\0"), HEARS("HTTP/1.1 400")}},
     ASK_FAILED,
     "no SOCKS4"},
    {&ask_socks4, "example", NULL, NULL, {{0}}, ASK_FAILED, "names"},
    {&ask_socks4a,
     "example",
     NULL,
     NULL,
     {{SAYS("\4\1\x12\x34\0\0\0\1\0example\0"), HEARS("\0\132\0\0\0\0\0\0")}},
     ASK_DONE,
     NULL},
    {&ask_socks4a,
     "127.0.0.1",
     NULL,
     NULL,
     {{SAYS("\4\1\x12\x34\177\0\0\1\0"), HEARS("\0\135\0\0\0\0\0\0")}},
     ASK_FAILED,
     "identd"},
    {&ask_socks4a, "::1", NULL, NULL, {{0}}, ASK_FAILED, "IPv4"},
    {&ask_socks5,
     "example",
     NULL,
     NULL,
     {{SAYS("\5\1\0"), HEARS("\5\0")}, {SAYS(REQUEST5), HEARS(IPV4_REPLY)}},
     ASK_DONE,
     NULL},
    {&ask_socks5,
     "127.0.0.1",
     "u",
     "p",
     {{SAYS("\5\2\0\2"), HEARS("\5\2")},
      {SAYS("\1\1u\1p"), HEARS("\1\0")},
      {SAYS("\5\1\0\1\177\0\0\1\x12\x34"), HEARS("\5\0\0\3\4host\0\1")}},
     ASK_DONE,
     NULL},
    {&ask_socks5,
     "::1",
     "u",
     NULL,
     {{SAYS("\5\2\0\2"), HEARS("\5\0")},
      {SAYS("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34"),
       HEARS("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1")}},
     ASK_DONE,
     NULL},
    {&ask_socks5,
     "example",
     "u",
     "wrong",
     {{SAYS("\5\2\0\2"), HEARS("\5\2")}, {SAYS("\1\1u\5wrong"), HEARS("\1\1")}},
     ASK_FAILED,
     "password is wrong"},
    {&ask_socks5, "example", NULL, NULL, {{SAYS("\5\1\0"), HEARS("\5\377")}}, ASK_FAILED, "--proxy-auth"},
    {&ask_socks5, "example", NULL, NULL, {{SAYS("\5\1\0"), HEARS("\5\1")}}, ASK_FAILED, "not offered"},
    {&ask_socks5,
     "example",
     NULL,
     NULL,
     {{SAYS("\5\1\0"), HEARS("\5\0")}, {SAYS(REQUEST5), HEARS("\5\5")}},
     ASK_FAILED,
     "connection was refused"},
    {&ask_socks5,
     "example",
     NULL,
     NULL,
     {{SAYS("\5\1\0"), HEARS("\5\0")}, {SAYS(REQUEST5), HEARS("\5\0\0\11\0\0")}},
     ASK_FAILED,
     "no address"},
    {&ask_socks5,
     "example",
     NULL,
     NULL,
     {{SAYS("\5\1\0"), HEARS("\5\0")}, {SAYS(REQUEST5), HEARS("\5\310")}},
     ASK_FAILED,
     "unknown code 200"},
    {&ask_http,
     "example",
     NULL,
     NULL,
     {{SAYS("CONNECT example:4660 HTTP/1.1\r\nHost: example:4660\r\n\r\n"),
       HEARS("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")}},
     ASK_DONE,
     NULL},
    {&ask_http,
     "::1",
     "Aladdin",
     "open sesame",
     {{SAYS("CONNECT [::1]:4660 HTTP/1.1\r\nHost: [::1]:4660\r\n\r\n"),
       HEARS("HTTP/1.1 407 Who\r\nProxy-Authenticate: NTLM, Basic realm=x\r\nContent-Length: 0\r\n\r\n")},
      {SAYS("CONNECT [::1]:4660 HTTP/1.1\r\nHost: [::1]:4660\r\n"
            "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"),
       HEARS("HTTP/1.0 200 OK\n\n")}},
     ASK_DONE,
     NULL},
    {&ask_http,
     "example",
     NULL,
     NULL,
     {{SAYS("CONNECT example:4660 HTTP/1.1\r\nHost: example:4660\r\n\r\n"),
       HEARS("HTTP/1.1 403 Not\33[2J here\r\n\r\n")}},
     ASK_FAILED,
     "403 Not\\x1b[2J here"},
    {&ask_http,
     "example",
     NULL,
     NULL,
     {{SAYS("CONNECT example:4660 HTTP/1.1\r\nHost: example:4660\r\n\r\n"),
       HEARS("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n")}},
     ASK_FAILED,
     "--proxy-auth"},
    {&ask_http,
     "example",
     NULL,
     NULL,
     {{SAYS("CONNECT example:4660 HTTP/1.1\r\nHost: example:4660\r\n\r\n"), HEARS("SSH-2.0-x\r\n")}},
     ASK_FAILED,
     "no HTTP proxy"},
    {&ask_http,
     "example",
     "u",
     "p",
     {{SAYS("CONNECT example:4660 HTTP/1.1\r\nHost: example:4660\r\n\r\n"),
       HEARS("HTTP/1.1 407 Who\r\nProxy-Authenticate: Negotiate, NTLM\r\nContent-Length: 0\r\n\r\n")}},
     ASK_FAILED,
     "another way to log in"},
    {&ask_http, "exa mple", NULL, NULL, {{0}}, ASK_FAILED, "blanks"},
};

static void what_is_said_and_heard(void **state)
{
    static const size_t pieces[] = {1, 2, 7, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++)
            run_exchange(&exchanges[i], pieces[j]);
    }
}

/* What comes right behind the answer is not the proxy's. */
static void the_rest_is_left(void **state)
{
    struct ask a = {.kind = &ask_http, .host = "example", .port = 1};
    static const char answer[] = "HTTP/1.1 200 OK\r\n\r\nSSH-2.0";
    size_t left, used;

    (void)state;
    assert_int_equal(a.kind->begin(&a), 0);
    assert_int_equal(a.kind->take(&a, (const unsigned char *)answer, sizeof answer - 1, &used), ASK_DONE);
    left = sizeof answer - 1 - used;
    assert_int_equal(left, 7);
}

/* Where datagrams are to go. */
static void an_association(void **state)
{
    static const char answer[] = "\5\0\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34";
    struct addr relay;
    char text[ADDR_TEXT];

    (void)state;
    for (size_t piece = 1; piece < sizeof answer; piece++) {
        struct ask a = {.kind = &ask_socks5, .host = "example", .port = 1, .relay = &relay};
        size_t left;

        assert_int_equal(a.kind->begin(&a), 0);
        assert_int_equal(feed(&a, answer, 2, piece, &left), 0);
        assert_int_equal(a.nout, 3 + 10);
        assert_memory_equal(a.out + 3, "\5\3\0\1\0\0\0\0\0\0", 10);
        assert_int_equal(feed(&a, answer + 2, sizeof answer - 3, piece, &left), ASK_DONE);
        assert_string_equal(addr_format(&relay, text), "::1 port 4660");
    }
}

#define WANTS_BASIC "HTTP/1.0 407 Who\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"
#define LOGIN "Proxy-Authorization: Basic dTpw\r\n"

static int hear(struct ask *a, const char *answer)
{
    size_t used;

    a->nout = 0;
    return a->kind->take(a, (const unsigned char *)answer, strlen(answer), &used);
}

static bool says_login(const struct ask *a)
{
    return memmem(a->out, a->nout, LOGIN, strlen(LOGIN)) != NULL;
}

/* The first connection tells how; all others begin so, and are not asked for more than one more answer. */
static void what_is_known_is_said_at_once(void **state)
{
    struct ask_known known = {0};
    const struct ask fresh = {
        .kind = &ask_http, .host = "h", .port = 1, .user = "u", .password = "p", .known = &known};
    struct ask a = fresh;

    (void)state;
    assert_int_equal(a.kind->begin(&a), 0);
    assert_false(says_login(&a));
    assert_int_equal(hear(&a, WANTS_BASIC), ASK_AGAIN);
    assert_int_equal(a.nout, 0);
    a = fresh;
    assert_int_equal(a.kind->begin(&a), 0);
    assert_true(says_login(&a));
    assert_int_equal(hear(&a, WANTS_BASIC), ASK_FAILED); /* it was wrong */
    a = fresh;
    assert_int_equal(a.kind->begin(&a), 0);
    assert_true(says_login(&a));
    assert_int_equal(hear(&a, WANTS_BASIC), ASK_AGAIN); /* what it wants may have changed */
    a = fresh;
    assert_int_equal(a.kind->begin(&a), 0);
    assert_true(says_login(&a));
    assert_int_equal(hear(&a, "HTTP/1.0 200 OK\r\n\r\n"), ASK_DONE);
    ask_forget(&known);
}

static void words_stand_for_rows(void **state)
{
    const struct ask_kind *kind;
    size_t i;

    (void)state;
    for (i = 0; (kind = starttls_row(i)) != NULL; i++) {
        assert_string_equal(starttls_names[i].word, kind->name);
        assert_int_equal(starttls_names[i].value, i);
    }
    assert_null(starttls_names[i].word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_and_heard),        cmocka_unit_test(the_rest_is_left),
        cmocka_unit_test(what_is_known_is_said_at_once), cmocka_unit_test(an_association),
        cmocka_unit_test(words_stand_for_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
