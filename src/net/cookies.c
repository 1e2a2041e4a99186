/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/cookies.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "proto/dtls_hello.h"

enum { PERIOD = 30 * 1000 /* ms; a cookie lasts to the end of the next one */ };

int cookies_init(struct cookies *c, struct err *e)
{
    if (getrandom(c->secret, sizeof c->secret, 0) != (ssize_t)sizeof c->secret)
        return err_sys(e, STATUS_LOCAL, errno, "DTLS: randomness");
    return 0;
}

/* What the hello of one client says again when it is repeated. */
static void make_cookie(const struct cookies *c, const struct callers_look *look, const struct dtls_hello *h,
                        int64_t period, unsigned char cookie[static DTLS_COOKIE])
{
    const uint64_t who = addr_hash(look->who, &c->secret[0]);
    unsigned char text[sizeof who + sizeof period + DTLS_RANDOM];

    memcpy(text, &who, sizeof who);
    memcpy(text + sizeof who, &period, sizeof period);
    memcpy(text + sizeof who + sizeof period, h->random, DTLS_RANDOM);
    for (int i = 0; i < 2; i++) {
        const uint64_t half = siphash(&c->secret[i], text, sizeof text);

        memcpy(cookie + (size_t)i * sizeof half, &half, sizeof half);
    }
}

/* In the time of one that differs nobody is to learn where. */
static bool is_same(const unsigned char *a, const unsigned char *b)
{
    unsigned char differs = 0;

    for (size_t i = 0; i < DTLS_COOKIE; i++)
        differs |= a[i] ^ b[i];
    return differs == 0;
}

static bool has_cookie(const struct cookies *c, const struct callers_look *look, const struct dtls_hello *h,
                       int64_t period)
{
    unsigned char cookie[DTLS_COOKIE];

    for (int64_t p = period; h->cookie != NULL && p >= period - 1; p--) {
        make_cookie(c, look, h, p, cookie);
        if (is_same(cookie, h->cookie))
            return true;
    }
    return false;
}

enum callers_pass cookies_look(const struct cookies *c, struct callers_look *look, int64_t now)
{
    const int64_t period = now / PERIOD;
    unsigned char cookie[DTLS_COOKIE];
    struct dtls_hello h;
    uint64_t mark;

    if (!dtls_hello_read(&h, look->data, look->size))
        return look->known ? CALLERS_TAKE : CALLERS_DROP;
    if (!has_cookie(c, look, &h, period)) {
        make_cookie(c, look, &h, period, cookie);
        dtls_verify_write(&h, cookie, look->answer);
        look->nanswer = DTLS_VERIFY;
        return CALLERS_REPLY;
    }
    mark = siphash(&c->secret[1], h.random, DTLS_RANDOM);
    if (look->known && mark == look->mark)
        return CALLERS_TAKE;
    look->mark = mark;
    return CALLERS_ANEW;
}
