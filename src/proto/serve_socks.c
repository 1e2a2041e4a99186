/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SOCKS 4 and 4a, of which only the user's name is known, and 5 (RFC 1928), with user and password (RFC 1929).
 */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "proto/serve.h"
#include "proto/socks.h"

enum { LONGEST = 255 };

static const char no_command[] = "an unknown command";

/* What a command asks for. Returns false where it is none of those before `end`. */
static bool take_wish(struct serve *s, unsigned char command, enum serve_wish end)
{
    static const char *const verbs[SERVE_WISHES] = {"CONNECT", "BIND", "ASSOCIATE"};

    if (command < SOCKS_CONNECT || command - SOCKS_CONNECT >= (int)end)
        return false;
    s->wish = (enum serve_wish)(command - SOCKS_CONNECT);
    snprintf(s->verb, sizeof s->verb, "%s", verbs[s->wish]);
    return true;
}

static void take_address(struct serve *s, const struct addr *a)
{
    char text[ADDR_TEXT];

    snprintf(s->host, sizeof s->host, "%s", addr_host(a, text));
}

/* SOCKS 4 */

/* An address that is not of IPv4 cannot be told: it is as that of the proxy. */
static void put_reply4(struct serve *s, unsigned char code, const struct addr *at)
{
    const uint32_t port = at != NULL ? addr_port(at) : 0;
    unsigned char place[SOCKS5_PLACE],
        reply[SOCKS4_LENGTH] = {0, code, (unsigned char)(port >> 8), (unsigned char)port};

    if (at != NULL && socks5_put_place(place, at) == SOCKS4_LENGTH - 1)
        memcpy(reply + 4, place + 1, 4);
    serve_put(s, reply, sizeof reply);
}

static int refuse4(struct serve *s, unsigned char code, const char *why)
{
    put_reply4(s, code, NULL);
    return serve_refuse(s, why);
}

/* A text that a NUL ends, from `*at` on, which moves behind it. Returns its length; -1: it is not whole; -2: it is too long. */
static int take_text(const unsigned char *in, size_t n, size_t *at)
{
    const unsigned char *end = memchr(in + *at, 0, n - *at);
    const size_t length = end != NULL ? (size_t)(end - in) - *at : n - *at;

    if (length > LONGEST)
        return -2;
    if (end == NULL)
        return -1;
    *at += length + 1;
    return (int)length;
}

/* 0.0.0.x, where a name follows. */
static bool is_4a(const unsigned char *ip)
{
    return ip[0] == 0 && ip[1] == 0 && ip[2] == 0 && ip[3] != 0;
}

static void take_ipv4(struct serve *s, const unsigned char *ip)
{
    struct addr a = {.len = sizeof a.in, .in.sin_family = AF_INET};

    memcpy(&a.in.sin_addr, ip, sizeof a.in.sin_addr);
    take_address(s, &a);
}

static int take_socks4(struct serve *s, const unsigned char *in, size_t n, size_t *used)
{
    size_t at = SOCKS4_LENGTH, name;
    int user, length = 0;

    *used = 0;
    if (n > 0 && in[0] != SOCKS4_VERSION)
        return serve_refuse(s, "no request of SOCKS4");
    if (n < SOCKS4_LENGTH)
        return 0;
    user = take_text(in, n, &at);
    name = at;
    if (user >= 0 && is_4a(in + 4))
        length = take_text(in, n, &at);
    if (user == -2 || length == -2)
        return refuse4(s, SOCKS4_REJECTED, "a name that is too long");
    if (user == -1 || length == -1)
        return 0;
    *used = at;
    if (!take_wish(s, in[1], SERVE_ASSOCIATE))
        return refuse4(s, SOCKS4_REJECTED, no_command);
    if (s->user != NULL)
        return refuse4(s, SOCKS4_OTHER_USER, "a password is needed, and SOCKS4 has none");
    s->port = (uint16_t)(in[2] << 8 | in[3]);
    if (!is_4a(in + 4))
        take_ipv4(s, in + 4);
    else if (!serve_take_host(s, in + name, (size_t)length))
        return refuse4(s, SOCKS4_REJECTED, "what is no name of a host");
    return SERVE_ASKED;
}

static void answer_socks4(struct serve *s, enum serve_answer how, const struct addr *at)
{
    put_reply4(s, how == SERVE_GRANTED ? SOCKS4_GRANTED : SOCKS4_REJECTED, at);
}

static void too_long_socks4(struct serve *s)
{
    put_reply4(s, SOCKS4_REJECTED, NULL);
}

/* SOCKS 5 */

/* Codes of answers (RFC 1928, 6). */
enum { FAILED5 = 1, NO_COMMAND5 = 7, NO_ADDRESS5 = 8 };

/* What comes next. */
enum step5 { METHODS, LOGIN, REQUEST };

static void put_reply5(struct serve *s, unsigned char code, const struct addr *at)
{
    const struct addr none = {0};
    unsigned char reply[3 + SOCKS5_PLACE] = {SOCKS5_VERSION, code};

    serve_put(s, reply, 3 + socks5_put_place(reply + 3, at != NULL ? at : &none));
}

static int refuse5(struct serve *s, unsigned char code, const char *why)
{
    put_reply5(s, code, NULL);
    return serve_refuse(s, why);
}

static void put_two(struct serve *s, unsigned char version, unsigned char code)
{
    serve_put(s, (const unsigned char[]){version, code}, 2);
}

static int take_methods(struct serve *s, const unsigned char *in, size_t n, size_t *used)
{
    const unsigned char wanted = s->user != NULL ? SOCKS5_PASSWORD_METHOD : SOCKS5_NO_METHOD;

    if (n < 2 || n < 2 + (size_t)in[1])
        return 0;
    *used = 2 + (size_t)in[1];
    if (memchr(in + 2, wanted, in[1]) == NULL) {
        put_two(s, SOCKS5_VERSION, SOCKS5_NONE_ACCEPTED);
        return serve_refuse(s, s->user != NULL ? "no user and no password"
                                               : "only ways to log in that are not known");
    }
    put_two(s, SOCKS5_VERSION, wanted);
    s->step = s->user != NULL ? LOGIN : REQUEST;
    return 0;
}

static int take_login(struct serve *s, const unsigned char *in, size_t n, size_t *used)
{
    size_t user, password;

    if (n < 2 || n < 3 + (user = in[1]) || n < 3 + user + (password = in[2 + user]))
        return 0;
    *used = 3 + user + password;
    if (!(serve_is_same(in + 2, user, s->user) & serve_is_same(in + 3 + user, password, s->password))) {
        put_two(s, SOCKS5_PASSWORD_VERSION, 1);
        return serve_refuse(s, "a wrong user or password");
    }
    put_two(s, SOCKS5_PASSWORD_VERSION, 0);
    s->step = REQUEST;
    return 0;
}

static int take_request(struct serve *s, const unsigned char *in, size_t n, size_t *used)
{
    const size_t length = socks5_length(in, n);
    struct socks5_place place;

    if (length == 0)
        return refuse5(s, NO_ADDRESS5, "an unknown kind of address");
    if (n < length)
        return 0;
    *used = length;
    if (!take_wish(s, in[1], SERVE_WISHES))
        return refuse5(s, NO_COMMAND5, no_command);
    socks5_take_place(in + 3, &place);
    s->port = place.port;
    if (place.name == NULL)
        take_address(s, &place.addr);
    else if (!serve_take_host(s, place.name, place.nname))
        return refuse5(s, FAILED5, "what is no name of a host");
    return SERVE_ASKED;
}

static int take_socks5(struct serve *s, const unsigned char *in, size_t n, size_t *used)
{
    *used = 0;
    if (n > 0 && in[0] != (s->step == LOGIN ? SOCKS5_PASSWORD_VERSION : SOCKS5_VERSION))
        return serve_refuse(s, "no request of SOCKS5");
    if (s->step == METHODS)
        return take_methods(s, in, n, used);
    return s->step == LOGIN ? take_login(s, in, n, used) : take_request(s, in, n, used);
}

static void answer_socks5(struct serve *s, enum serve_answer how, const struct addr *at)
{
    static const unsigned char codes[SERVE_ANSWERS] = {
        [SERVE_GRANTED] = 0,    [SERVE_FAILED] = FAILED5, [SERVE_NOT_ALLOWED] = 2,
        [SERVE_NO_NETWORK] = 3, [SERVE_NO_HOST] = 4,      [SERVE_NO_NAME] = 4,
        [SERVE_NOBODY] = 5,     [SERVE_LATE] = 6,         [SERVE_GIVEN_UP] = FAILED5,
    };

    put_reply5(s, codes[how], at);
}

static void too_long_socks5(struct serve *s)
{
    put_reply5(s, FAILED5, NULL);
}

const struct serve_kind serve_socks4 = {
    .name = "socks4",
    .take = take_socks4,
    .answer = answer_socks4,
    .too_long = too_long_socks4,
};

const struct serve_kind serve_socks5 = {
    .name = "socks5",
    .take = take_socks5,
    .answer = answer_socks5,
    .too_long = too_long_socks5,
};
