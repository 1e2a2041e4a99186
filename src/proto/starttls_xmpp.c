/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * XMPP: of the XML that comes only the names of tags are looked at.
 */
#include <stdio.h>
#include <string.h>

#include "proto/starttls.h"

enum step { FEATURES, ANSWER };

static const char request[] = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

struct tag {
    const char *name; /* without its prefix */
    size_t n;
    bool opens, closes;
};

static int begin_xmpp(struct ask *a)
{
    char text[ASK_HOST + 256];
    int n;

    if (strlen(a->host) > ASK_HOST || strpbrk(a->host, "<>&'\"") != NULL)
        return ask_fail(a, "'%.64s' is no name that an XMPP server can have", a->host);
    n = snprintf(text, sizeof text,
                 "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                 "xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>",
                 a->host);
    ask_put(a, text, (size_t)n);
    a->step = FEATURES;
    return 0;
}

/* The '>' of the tag that begins at `in`, where quotes may hold others; NULL: it is not there yet. */
static const unsigned char *end_of_tag(const unsigned char *in, size_t n)
{
    unsigned char quote = 0;

    for (size_t i = 0; i < n; i++) {
        if (quote != 0)
            quote = in[i] == quote ? 0 : quote;
        else if (in[i] == '\'' || in[i] == '"')
            quote = in[i];
        else if (in[i] == '>')
            return in + i;
    }
    return NULL;
}

/* From behind '<' up to '>'. */
static struct tag read_tag(const char *at, size_t n)
{
    struct tag t = {.opens = true};

    if (n > 0 && at[0] == '/') {
        t.opens = false;
        at++;
        n--;
    }
    t.closes = !t.opens || (n > 0 && at[n - 1] == '/');
    t.name = at;
    for (size_t i = 0; i < n && strchr(" \t\r\n/", at[i]) == NULL; i++) {
        t.n++;
        if (at[i] == ':') {
            t.name = at + i + 1;
            t.n = 0;
        }
    }
    return t;
}

static bool is(const struct tag *t, const char *name)
{
    return t->n == strlen(name) && memcmp(t->name, name, t->n) == 0;
}

static int take_tag(struct ask *a, const struct tag *t, const char *at, size_t n)
{
    if (t->opens && (is(t, "error") || is(t, "failure")))
        return starttls_refuse(a, a->step == ANSWER ? "it does not start TLS" : "it refuses", at, n);
    if (a->step == ANSWER)
        return is(t, "proceed") && t->closes ? ASK_DONE : 0;
    if (is(t, "starttls"))
        a->offered = true;
    if (!is(t, "features") || !t->closes)
        return 0;
    if (!a->offered)
        return starttls_missing(a);
    ask_put(a, request, sizeof request - 1);
    a->step = ANSWER;
    return 0;
}

/* Text between tags is passed over; a stream begins with a tag. */
static int take_xmpp(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    const unsigned char *open = memchr(in, '<', n), *end;
    struct tag t;

    *used = 0;
    if (n == 0)
        return 0;
    if (open != in && strchr(" \t\r\n", in[0]) == NULL && a->code == 0)
        return starttls_refuse(a, "what answers speaks another protocol", in, n < 64 ? n : 64);
    if (open == NULL || (end = end_of_tag(open, n - (size_t)(open - in))) == NULL)
        return 0;
    a->code = 1;
    *used = (size_t)(end + 1 - in);
    t = read_tag((const char *)open + 1, (size_t)(end - open - 1));
    return take_tag(a, &t, (const char *)open, (size_t)(end + 1 - open));
}

const struct ask_kind starttls_xmpp = {
    .name = "xmpp", .title = "XMPP server", .alone = true, .begin = begin_xmpp, .take = take_xmpp};
