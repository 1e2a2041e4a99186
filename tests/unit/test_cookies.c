/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/cookies.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/dtls_hello.h"

enum { HELLO = 13 + 12 + 2 + DTLS_RANDOM + 1 + 1 + DTLS_COOKIE + 6, MINUTE = 60 * 1000 };

/* Returns how long it is. `cookie` NULL: the first hello. */
static size_t make_hello(unsigned char out[static HELLO], unsigned char random, const unsigned char *cookie)
{
    const size_t n = HELLO - 25 - (cookie == NULL ? DTLS_COOKIE : 0);
    const unsigned char head[] = {22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 7, 0, (unsigned char)(12 + n)};
    const unsigned char message[] = {1, 0, 0, (unsigned char)n, 0, cookie != NULL, 0, 0,
                                     0, 0, 0, (unsigned char)n};
    unsigned char *p = out + 25;

    memset(out, 0, HELLO);
    memcpy(out, head, sizeof head);
    memcpy(out + 13, message, sizeof message);
    *p++ = 0xfe;
    *p++ = 0xfd;
    memset(p, random, DTLS_RANDOM);
    p += DTLS_RANDOM + 1; /* no session */
    *p++ = cookie != NULL ? DTLS_COOKIE : 0;
    if (cookie != NULL)
        memcpy(p, cookie, DTLS_COOKIE);
    return 25 + n;
}

struct hall {
    struct cookies cookies;
    struct addr who, other;
    unsigned char hello[HELLO], cookie[DTLS_COOKIE];
};

static enum callers_pass look(struct hall *h, const struct addr *who, size_t n, bool known, uint64_t *mark,
                              int64_t now)
{
    struct callers_look l = {.who = who, .data = h->hello, .size = n, .known = known, .mark = *mark};
    const enum callers_pass pass = cookies_look(&h->cookies, &l, now);

    *mark = l.mark;
    if (pass == CALLERS_REPLY) {
        assert_int_equal(l.nanswer, DTLS_VERIFY);
        assert_int_equal(l.answer[10], 7); /* the number of the hello's record */
        memcpy(h->cookie, l.answer + DTLS_VERIFY - DTLS_COOKIE, DTLS_COOKIE);
    }
    return pass;
}

static void open_hall(struct hall *h)
{
    uint64_t mark = 0;
    struct err e;

    assert_int_equal(cookies_init(&h->cookies, &e), 0);
    assert_int_equal(addr_parse(&h->who, "192.0.2.1", 1000), 0);
    assert_int_equal(addr_parse(&h->other, "192.0.2.1", 1001), 0);
    assert_int_equal(look(h, &h->who, make_hello(h->hello, 'a', NULL), false, &mark, MINUTE), CALLERS_REPLY);
    assert_int_equal(mark, 0);
}

static void cookie_is_of_one_address_hello_and_time(void **state)
{
    struct hall h;
    uint64_t mark = 0;
    unsigned char cookie[DTLS_COOKIE];
    size_t n;

    (void)state;
    open_hall(&h);
    memcpy(cookie, h.cookie, sizeof cookie);
    n = make_hello(h.hello, 'a', cookie);
    assert_int_equal(look(&h, &h.who, n, false, &mark, MINUTE + 1000), CALLERS_ANEW);
    assert_int_not_equal(mark, 0);
    assert_int_equal(look(&h, &h.other, n, false, &mark, MINUTE), CALLERS_REPLY);
    assert_int_equal(look(&h, &h.who, n, false, &mark, 3 * MINUTE), CALLERS_REPLY);
    n = make_hello(h.hello, 'b', cookie);
    assert_int_equal(look(&h, &h.who, n, false, &mark, MINUTE), CALLERS_REPLY);
}

static void who_is_known_begins_anew_with_another_hello(void **state)
{
    struct hall h;
    uint64_t mark = 0, before;
    unsigned char cookie[DTLS_COOKIE];
    size_t n;

    (void)state;
    open_hall(&h);
    memcpy(cookie, h.cookie, sizeof cookie);
    n = make_hello(h.hello, 'a', cookie);
    assert_int_equal(look(&h, &h.who, n, false, &mark, MINUTE), CALLERS_ANEW);
    before = mark;
    assert_int_equal(look(&h, &h.who, n, true, &mark, MINUTE), CALLERS_TAKE); /* repeated */
    n = make_hello(h.hello, 'b', NULL);
    assert_int_equal(look(&h, &h.who, n, true, &mark, MINUTE), CALLERS_REPLY);
    assert_int_equal(mark, before);
    memcpy(cookie, h.cookie, sizeof cookie);
    n = make_hello(h.hello, 'b', cookie);
    assert_int_equal(look(&h, &h.who, n, true, &mark, MINUTE), CALLERS_ANEW);
    assert_int_not_equal(mark, before);
}

static void what_is_no_hello_is_for_who_is_known(void **state)
{
    struct hall h;
    uint64_t mark = 0;

    (void)state;
    open_hall(&h);
    for (size_t n = make_hello(h.hello, 'a', NULL); n-- > 0;) {
        assert_int_equal(look(&h, &h.who, n, false, &mark, MINUTE), CALLERS_DROP);
        assert_int_equal(look(&h, &h.who, n, true, &mark, MINUTE), CALLERS_TAKE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookie_is_of_one_address_hello_and_time),
        cmocka_unit_test(who_is_known_begins_anew_with_another_hello),
        cmocka_unit_test(what_is_no_hello_is_for_who_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
