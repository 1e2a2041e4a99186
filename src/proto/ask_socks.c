/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SOCKS 4 knows IPv4 addresses, 4a names as well, 5 (RFC 1928) all of them, and passwords (RFC 1929).
 */
#include <string.h>

#include "base/addr.h"
#include "proto/ask.h"
#include "proto/socks.h"

/* SOCKS 4 */

static const char *refusal4(unsigned char code)
{
    switch (code) {
    case 91:
        return "refused, or failed";
    case 92:
        return "refused: it cannot ask who we are (identd)";
    case 93:
        return "refused: identd names another user";
    default:
        return NULL;
    }
}

/* `ip` is what stands where the address belongs: of a name, one that cannot be. */
static int begin_with(struct ask *a, const unsigned char ip[static 4], const char *name)
{
    static const unsigned char head[] = {SOCKS4_VERSION, SOCKS_CONNECT};
    const char *user = a->user != NULL ? a->user : "";

    ask_put(a, head, sizeof head);
    ask_put_port(a);
    ask_put(a, ip, 4);
    ask_put(a, user, strlen(user) + 1);
    if (name != NULL)
        ask_put(a, name, strlen(name) + 1);
    return 0;
}

static int begin_socks4(struct ask *a)
{
    struct addr to;

    if (addr_parse(&to, a->host, 0) < 0 || addr_family(&to) != AF_INET)
        return ask_fail(
            a, "SOCKS4 knows IPv4 addresses alone, which '%.64s' is none of; SOCKS4a and SOCKS5 know names",
            a->host);
    return begin_with(a, (const unsigned char *)&to.in.sin_addr, NULL);
}

static int begin_socks4a(struct ask *a)
{
    static const unsigned char none[4] = {0, 0, 0, 1};
    struct addr to;

    if (addr_parse(&to, a->host, 0) == 0)
        return begin_socks4(a);
    return begin_with(a, none, a->host);
}

static int take_socks4(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    const char *why;

    *used = 0;
    if (n > 0 && in[0] != 0)
        return ask_fail(a, "what answers is no SOCKS4 proxy");
    if (n < SOCKS4_LENGTH)
        return 0;
    *used = SOCKS4_LENGTH;
    if (in[1] == SOCKS4_GRANTED)
        return ASK_DONE;
    why = refusal4(in[1]);
    return why != NULL ? ask_fail(a, "%s", why) : ask_fail(a, "refused with the unknown code %u", in[1]);
}

/* SOCKS 5 */

/* What is waited for. */
enum step5 { METHOD, PASSWORD, ANSWER };

static int begin_socks5(struct ask *a)
{
    static const unsigned char none[] = {SOCKS5_VERSION, 1, SOCKS5_NO_METHOD},
                               either[] = {SOCKS5_VERSION, 2, SOCKS5_NO_METHOD, SOCKS5_PASSWORD_METHOD};

    a->step = METHOD;
    if (a->user != NULL)
        ask_put(a, either, sizeof either);
    else
        ask_put(a, none, sizeof none);
    return 0;
}

static void put_counted(struct ask *a, const char *text)
{
    const unsigned char length = (unsigned char)strlen(text);

    ask_put(a, &length, 1);
    ask_put(a, text, length);
}

/* From where datagrams will come is not known yet. */
static void put_association(struct ask *a)
{
    static const unsigned char request[] = {
        SOCKS5_VERSION, SOCKS5_ASSOCIATE, 0, SOCKS5_IPV4, 0, 0, 0, 0, 0, 0};

    ask_put(a, request, sizeof request);
    a->step = ANSWER;
}

static void put_request(struct ask *a)
{
    static const unsigned char head[] = {SOCKS5_VERSION, SOCKS_CONNECT, 0};
    unsigned char kind = SOCKS5_NAME;
    struct addr to;

    if (a->relay != NULL) {
        put_association(a);
        return;
    }
    ask_put(a, head, sizeof head);
    if (addr_parse(&to, a->host, 0) == 0)
        kind = addr_family(&to) == AF_INET ? SOCKS5_IPV4 : SOCKS5_IPV6;
    ask_put(a, &kind, 1);
    if (kind == SOCKS5_IPV4)
        ask_put(a, &to.in.sin_addr, sizeof to.in.sin_addr);
    else if (kind == SOCKS5_IPV6)
        ask_put(a, &to.in6.sin6_addr, sizeof to.in6.sin6_addr);
    else
        put_counted(a, a->host);
    ask_put_port(a);
    a->step = ANSWER;
}

static int take_method(struct ask *a, unsigned char method)
{
    static const unsigned char version = SOCKS5_PASSWORD_VERSION;

    if (method == SOCKS5_NO_METHOD) {
        put_request(a);
        return 0;
    }
    if (method == SOCKS5_PASSWORD_METHOD && a->user != NULL) {
        ask_put(a, &version, 1);
        put_counted(a, a->user);
        put_counted(a, a->password != NULL ? a->password : "");
        a->step = PASSWORD;
        return 0;
    }
    if (method != SOCKS5_NONE_ACCEPTED)
        return ask_fail(a, "it wants a way to log in that was not offered (%u)", method);
    return a->user != NULL ? ask_fail(a, "it takes neither passwords nor nobody's name")
                           : ask_fail(a, "it wants a user and a password: --proxy-auth USER:PASSWORD");
}

static int take_login(struct ask *a, unsigned char status)
{
    if (status != 0)
        return ask_fail(a, "the user or the password is wrong");
    put_request(a);
    return 0;
}

/* RFC 1928, section 6. */
static int take_reply(struct ask *a, unsigned char code)
{
    static const char *const words[] = {
        NULL,
        "it failed",
        "its rules do not allow it",
        "the network is unreachable",
        "the host is unreachable",
        "the connection was refused",
        "the time to live ran out",
        "it does not know this command",
        "it does not know this kind of address",
    };

    if (code == 0)
        return ASK_DONE;
    return code < sizeof words / sizeof words[0] ? ask_fail(a, "%s", words[code])
                                                 : ask_fail(a, "refused with the unknown code %u", code);
}

static int take_relay(struct ask *a, const unsigned char *in)
{
    struct socks5_place place;

    socks5_take_place(in + 3, &place);
    if (place.name != NULL)
        return ask_fail(a, "it wants datagrams sent to a name, and not to an address");
    *a->relay = place.addr;
    return ASK_DONE;
}

static int take_socks5(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    enum { SHORT = 2 };
    const unsigned char version = a->step == PASSWORD ? SOCKS5_PASSWORD_VERSION : SOCKS5_VERSION;
    size_t length = SHORT;

    *used = 0;
    if (n > 0 && in[0] != version)
        return ask_fail(a, "what answers is no SOCKS5 proxy");
    if (a->step == ANSWER)
        length = n > 1 && in[1] != 0 ? SHORT : socks5_length(in, n); /* who refuses may say no more */
    if (a->step == ANSWER && n > 3 && in[1] == 0 && in[3] != SOCKS5_IPV4 && in[3] != SOCKS5_IPV6 &&
        in[3] != SOCKS5_NAME)
        return ask_fail(a, "its answer has no address");
    if (n < length)
        return 0;
    *used = length;
    if (a->step == METHOD)
        return take_method(a, in[1]);
    if (a->step == ANSWER && in[1] == 0 && a->relay != NULL)
        return take_relay(a, in);
    return a->step == PASSWORD ? take_login(a, in[1]) : take_reply(a, in[1]);
}

const struct ask_kind ask_socks4 = {
    .name = "socks4",
    .title = "SOCKS4",
    .port = 1080,
    .begin = begin_socks4,
    .take = take_socks4,
};

const struct ask_kind ask_socks4a = {
    .name = "socks4a",
    .title = "SOCKS4a",
    .port = 1080,
    .begin = begin_socks4a,
    .take = take_socks4,
};

const struct ask_kind ask_socks5 = {
    .name = "socks5",
    .title = "SOCKS5",
    .port = 1080,
    .begin = begin_socks5,
    .take = take_socks5,
};
