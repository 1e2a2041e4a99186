/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The protocols of lines: each takes one line at a time, without its end.
 */
#include <string.h>
#include <strings.h>

#include "proto/starttls.h"

/* What is waited for. */
enum step { GREETING, OFFER, ANSWER };

static const char refuses[] = "it refuses", no_tls[] = "it does not start TLS";

struct line {
    const char *at;
    size_t n;
};

static bool begins(struct line l, const char *text)
{
    const size_t n = strlen(text);

    return l.n >= n && strncasecmp(l.at, text, n) == 0;
}

/* A word of it is `text`: what stands around is no letter. */
static bool has_word(struct line l, const char *text)
{
    static const char gaps[] = " \t\"[]()=";
    const size_t n = strlen(text);

    for (size_t i = 0; i + n <= l.n; i++) {
        if (strncasecmp(l.at + i, text, n) == 0 &&
            (i == 0 || memchr(gaps, l.at[i - 1], sizeof gaps) != NULL) &&
            (i + n == l.n || memchr(gaps, l.at[i + n], sizeof gaps) != NULL))
            return true;
    }
    return false;
}

static void say(struct ask *a, const char *text, enum step next)
{
    ask_put(a, text, strlen(text));
    a->step = next;
}

static int refuse(struct ask *a, const char *why, struct line l)
{
    return starttls_refuse(a, why, l.at, l.n);
}

static int no_such_server(struct ask *a, struct line l)
{
    return refuse(a, "what answers speaks another protocol", l);
}

/* Uses one whole line. */
static int take_line(struct ask *a, const unsigned char *in, size_t n, size_t *used,
                     int (*take)(struct ask *, struct line))
{
    const unsigned char *end = memchr(in, '\n', n);
    struct line l = {.at = (const char *)in};

    *used = 0;
    if (end == NULL)
        return 0;
    l.n = (size_t)(end - in);
    *used = l.n + 1;
    if (l.n > 0 && l.at[l.n - 1] == '\r')
        l.n--;
    return take(a, l);
}

static int begin_silently(struct ask *a)
{
    a->step = GREETING;
    return 0;
}

/* The code of three digits that a line begins with; 0: there is none. */
static unsigned code_of(struct line l)
{
    unsigned code = 0;

    for (size_t i = 0; i < 3; i++) {
        if (i >= l.n || l.at[i] < '0' || l.at[i] > '9')
            return 0;
        code = 10 * code + (unsigned)(l.at[i] - '0');
    }
    return l.n == 3 || l.at[3] == ' ' || l.at[3] == '-' ? code : 0;
}

/* The code of an answer whose last line this is; 0: it goes on, or (`*wrong`) is none. */
static unsigned answer_of(struct ask *a, struct line l, bool *wrong)
{
    const unsigned code = code_of(l);
    const bool last = l.n == 3 || (l.n > 3 && l.at[3] == ' ');

    *wrong = false;
    if (a->code != 0 && (code != a->code || !last))
        return 0;
    *wrong = code == 0;
    a->code = last ? 0 : code;
    return last ? code : 0;
}

/* SMTP */

static int smtp_line(struct ask *a, struct line l)
{
    bool wrong;
    const unsigned code = answer_of(a, l, &wrong);

    if (wrong)
        return no_such_server(a, l);
    if (a->step == OFFER && l.n > 4 && begins((struct line){l.at + 4, l.n - 4}, "STARTTLS"))
        a->offered = true;
    if (code == 0)
        return 0;
    if (a->step == ANSWER)
        return code == 220 ? ASK_DONE : refuse(a, no_tls, l);
    if (code / 100 != 2)
        return refuse(a, refuses, l);
    if (a->step == GREETING)
        say(a, "EHLO localhost\r\n", OFFER);
    else if (!a->offered)
        return starttls_missing(a);
    else
        say(a, "STARTTLS\r\n", ANSWER);
    return 0;
}

static int take_smtp(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    return take_line(a, in, n, used, smtp_line);
}

/* FTP */

static int ftp_line(struct ask *a, struct line l)
{
    bool wrong;
    const unsigned code = answer_of(a, l, &wrong);

    if (wrong)
        return no_such_server(a, l);
    if (code == 0 || code == 120) /* ready in a while */
        return 0;
    if (a->step == ANSWER)
        return code == 234 ? ASK_DONE : refuse(a, no_tls, l);
    if (code != 220)
        return refuse(a, refuses, l);
    say(a, "AUTH TLS\r\n", ANSWER);
    return 0;
}

static int take_ftp(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    return take_line(a, in, n, used, ftp_line);
}

/* NNTP */

/* A line of the list that follows the code 101, until one that is a dot. */
static int nntp_offer(struct ask *a, struct line l)
{
    if (a->code == 0 && code_of(l) != 101)
        return code_of(l) == 0 ? no_such_server(a, l) : starttls_missing(a);
    a->code = 101;
    a->offered = a->offered || has_word(l, "STARTTLS");
    if (l.n != 1 || l.at[0] != '.')
        return 0;
    a->code = 0;
    if (!a->offered)
        return starttls_missing(a);
    say(a, "STARTTLS\r\n", ANSWER);
    return 0;
}

static int nntp_line(struct ask *a, struct line l)
{
    const unsigned code = code_of(l);

    if (a->step == OFFER)
        return nntp_offer(a, l);
    if (code == 0)
        return no_such_server(a, l);
    if (a->step == ANSWER)
        return code == 382 ? ASK_DONE : refuse(a, no_tls, l);
    if (code != 200 && code != 201)
        return refuse(a, refuses, l);
    say(a, "CAPABILITIES\r\n", OFFER);
    return 0;
}

static int take_nntp(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    return take_line(a, in, n, used, nntp_line);
}

/* IMAP */

static int imap_greeting(struct ask *a, struct line l)
{
    if (begins(l, "* PREAUTH"))
        return ask_fail(a, "it has logged us in already, and starts no TLS then (PREAUTH)");
    if (begins(l, "* BYE"))
        return refuse(a, refuses, l);
    if (!begins(l, "* OK"))
        return no_such_server(a, l);
    say(a, "a1 CAPABILITY\r\n", OFFER);
    return 0;
}

static int imap_line(struct ask *a, struct line l)
{
    if (a->step == GREETING)
        return imap_greeting(a, l);
    if (begins(l, "* BYE"))
        return refuse(a, refuses, l);
    if (begins(l, "* CAPABILITY"))
        a->offered = has_word(l, "STARTTLS");
    if (begins(l, "* "))
        return 0;
    if (!begins(l, a->step == OFFER ? "a1 " : "a2 "))
        return no_such_server(a, l);
    if (a->step == ANSWER)
        return begins(l, "a2 OK") ? ASK_DONE : refuse(a, no_tls, l);
    if (!begins(l, "a1 OK") || !a->offered)
        return starttls_missing(a);
    say(a, "a2 STARTTLS\r\n", ANSWER);
    return 0;
}

static int take_imap(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    return take_line(a, in, n, used, imap_line);
}

/* POP3 */

static int pop3_line(struct ask *a, struct line l)
{
    if (begins(l, "-ERR"))
        return refuse(a, a->step == ANSWER ? no_tls : refuses, l);
    if (!begins(l, "+OK"))
        return no_such_server(a, l);
    if (a->step == ANSWER)
        return ASK_DONE;
    say(a, "STLS\r\n", ANSWER);
    return 0;
}

static int take_pop3(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    return take_line(a, in, n, used, pop3_line);
}

/* ManageSieve */

static int sieve_line(struct ask *a, struct line l)
{
    if (begins(l, "NO") || begins(l, "BYE"))
        return refuse(a, a->step == ANSWER ? no_tls : refuses, l);
    if (begins(l, "\"STARTTLS\""))
        a->offered = true;
    if (!begins(l, "OK"))
        return a->step == ANSWER || l.n == 0 || l.at[0] != '"' ? no_such_server(a, l) : 0;
    if (a->step == ANSWER)
        return ASK_DONE;
    if (!a->offered)
        return starttls_missing(a);
    say(a, "STARTTLS\r\n", ANSWER);
    return 0;
}

static int take_sieve(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    return take_line(a, in, n, used, sieve_line);
}

/* IRC */

static int begin_irc(struct ask *a)
{
    say(a, "STARTTLS\r\n", ANSWER);
    return 0;
}

/* Notices come at any time; a number is the second word, behind who says it. */
static int irc_line(struct ask *a, struct line l)
{
    const char *gap = memchr(l.at, ' ', l.n);
    struct line rest = l;

    if (begins(l, "ERROR"))
        return refuse(a, refuses, l);
    if (l.n > 0 && l.at[0] == ':' && gap != NULL)
        rest = (struct line){gap + 1, l.n - (size_t)(gap + 1 - l.at)};
    switch (code_of(rest)) {
    case 670:
        return ASK_DONE;
    case 421: /* unknown command */
        return starttls_missing(a);
    case 451: /* not before login */
    case 691:
        return refuse(a, no_tls, rest);
    default:
        return 0;
    }
}

static int take_irc(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    return take_line(a, in, n, used, irc_line);
}

const struct ask_kind starttls_smtp = {
    .name = "smtp", .title = "SMTP server", .alone = true, .begin = begin_silently, .take = take_smtp};
const struct ask_kind starttls_imap = {
    .name = "imap", .title = "IMAP server", .alone = true, .begin = begin_silently, .take = take_imap};
const struct ask_kind starttls_pop3 = {
    .name = "pop3", .title = "POP3 server", .alone = true, .begin = begin_silently, .take = take_pop3};
const struct ask_kind starttls_ftp = {
    .name = "ftp", .title = "FTP server", .alone = true, .begin = begin_silently, .take = take_ftp};
const struct ask_kind starttls_sieve = {.name = "sieve",
                                        .title = "ManageSieve server",
                                        .alone = true,
                                        .begin = begin_silently,
                                        .take = take_sieve};
const struct ask_kind starttls_nntp = {
    .name = "nntp", .title = "NNTP server", .alone = true, .begin = begin_silently, .take = take_nntp};
const struct ask_kind starttls_irc = {
    .name = "irc", .title = "IRC server", .alone = true, .begin = begin_irc, .take = take_irc};
