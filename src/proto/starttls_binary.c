/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The protocols of bytes: LDAP's extended operation, PostgreSQL's SSLRequest, MySQL's handshake.
 */
#include <string.h>

#include "proto/starttls.h"

/* LDAP (RFC 4511, 4.14) */

enum {
    SEQUENCE = 0x30,
    INTEGER = 0x02,
    ENUMERATED = 0x0a,
    OCTETS = 0x04,
    EXTENDED_RESPONSE = 0x78,
};

struct ber {
    const unsigned char *at;
    size_t n;
};

/* Takes the head of an element off `b`, and gives what it holds. Returns 1, 0: it is not all there, -1: it is no such. */
static int open_element(struct ber *b, unsigned char tag, struct ber *inside)
{
    size_t size, head = 2;

    if (b->n > 0 && b->at[0] != tag)
        return -1;
    if (b->n < head)
        return 0;
    size = b->at[1];
    if (size >= 0x80) {
        const size_t more = size & 0x7f;

        if (more == 0 || more > 4)
            return -1;
        if (b->n < head + more)
            return 0;
        size = 0;
        for (size_t i = 0; i < more; i++)
            size = size << 8 | b->at[head + i];
        head += more;
    }
    if (size > ASK_IN)
        return -1;
    if (b->n - head < size)
        return 0;
    *inside = (struct ber){b->at + head, size};
    b->at += head + size;
    b->n -= head + size;
    return 1;
}

static int begin_ldap(struct ask *a)
{
    static const unsigned char request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
                                           "1.3.6.1.4.1.1466.20037";

    ask_put(a, request, sizeof request - 1);
    return 0;
}

static const char *ldap_words(unsigned code)
{
    switch (code) {
    case 1:
        return "TLS is there already, or it is busy with something else";
    case 2:
        return "it knows no StartTLS";
    case 52:
        return "it has no TLS at present";
    case 53:
        return "it is unwilling to start TLS";
    default:
        return "it does not start TLS";
    }
}

static int ldap_result(struct ask *a, struct ber body)
{
    struct ber code, name, text = {0};

    if (open_element(&body, ENUMERATED, &code) != 1 || code.n != 1)
        return ask_fail(a, "what answers is no LDAP server");
    if (code.at[0] == 0)
        return ASK_DONE;
    if (open_element(&body, OCTETS, &name) != 1 || open_element(&body, OCTETS, &text) != 1 || text.n == 0)
        return ask_fail(a, "%s (%u)", ldap_words(code.at[0]), code.at[0]);
    return starttls_refuse(a, ldap_words(code.at[0]), text.at, text.n);
}

static int take_ldap(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    struct ber rest = {in, n}, message, id, body;
    const int r = open_element(&rest, SEQUENCE, &message);

    *used = 0;
    if (r == 0)
        return 0;
    if (r < 0 || open_element(&message, INTEGER, &id) != 1 ||
        open_element(&message, EXTENDED_RESPONSE, &body) != 1)
        return ask_fail(a, "what answers is no LDAP server");
    *used = (size_t)(rest.at - in);
    return ldap_result(a, body);
}

/* PostgreSQL (its manual, "SSL Session Encryption") */

static int begin_postgres(struct ask *a)
{
    static const unsigned char request[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};

    ask_put(a, request, sizeof request);
    return 0;
}

static int take_postgres(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    *used = n > 0 ? 1 : 0;
    if (n == 0)
        return 0;
    switch (in[0]) {
    case 'S':
        return ASK_DONE;
    case 'N':
        return ask_fail(a, "it offers no TLS");
    case 'E':
        return ask_fail(a, "it refuses, or is too old to know of TLS");
    default:
        return ask_fail(a, "what answers is no PostgreSQL server");
    }
}

/* MySQL (its manual, "Connection Phase") */

enum {
    MYSQL_HEAD = 4,
    MYSQL_VERSION = 10,
    MYSQL_FAILED = 255,
    MYSQL_BEHIND = 4 + 8 + 1, /* between the server's version and its capabilities */
    MYSQL_SSL = 0x0800,
};

static int begin_mysql(struct ask *a)
{
    (void)a;
    return 0;
}

static void put_ssl_request(struct ask *a)
{
    static const unsigned char request[MYSQL_HEAD + 32] = {
        32,   0,    0, 1, /* length, number */
        0x00, 0x8a, 0, 0, /* SSL, the protocol of 4.1, its passwords: 0x8000 + 0x0800 + 0x0200 */
        0,    0,    0, 1, /* the longest packet */
        33,               /* UTF-8 */
    };

    ask_put(a, request, sizeof request);
}

static int mysql_refusal(struct ask *a, const unsigned char *body, size_t n)
{
    enum { CODE = 3 };

    return n > CODE ? starttls_refuse(a, "it refuses", body + CODE, n - CODE) : ask_fail(a, "it refuses");
}

/* It greets, and we begin with TLS at once. */
static int take_mysql(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    const size_t size = n < MYSQL_HEAD ? 0 : (size_t)in[0] | (size_t)in[1] << 8 | (size_t)in[2] << 16;
    const unsigned char *body = in + MYSQL_HEAD, *end;

    *used = 0;
    if (n >= MYSQL_HEAD && (in[3] != 0 || size == 0 || size > ASK_IN))
        return ask_fail(a, "what answers is no MySQL server");
    if (n < MYSQL_HEAD || n - MYSQL_HEAD < size)
        return 0;
    *used = MYSQL_HEAD + size;
    if (body[0] == MYSQL_FAILED)
        return mysql_refusal(a, body, size);
    end = memchr(body, 0, size);
    if (body[0] != MYSQL_VERSION || end == NULL || size - (size_t)(end + 1 - body) < MYSQL_BEHIND + 2)
        return ask_fail(a, "what answers is no MySQL server");
    end += 1 + MYSQL_BEHIND;
    if ((((unsigned)end[0] | (unsigned)end[1] << 8) & MYSQL_SSL) == 0)
        return ask_fail(a, "it offers no TLS");
    put_ssl_request(a);
    return ASK_DONE;
}

const struct ask_kind starttls_ldap = {
    .name = "ldap", .title = "LDAP server", .alone = true, .begin = begin_ldap, .take = take_ldap};
const struct ask_kind starttls_postgres = {.name = "postgres",
                                           .title = "PostgreSQL server",
                                           .alone = true,
                                           .begin = begin_postgres,
                                           .take = take_postgres};
const struct ask_kind starttls_mysql = {
    .name = "mysql", .title = "MySQL server", .alone = true, .begin = begin_mysql, .take = take_mysql};
