/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/starttls.h"

#include "base/text.h"

enum { QUOTED = 128 };

static const struct ask_kind *const rows[] = {
    &starttls_smtp,     &starttls_imap,  &starttls_pop3,  &starttls_ftp,  &starttls_xmpp, &starttls_ldap,
    &starttls_postgres, &starttls_mysql, &starttls_sieve, &starttls_nntp, &starttls_irc,
};

const struct name starttls_names[] = {
    {"smtp", 0},     {"imap", 1},  {"pop3", 2},  {"ftp", 3},  {"xmpp", 4}, {"ldap", 5},
    {"postgres", 6}, {"mysql", 7}, {"sieve", 8}, {"nntp", 9}, {"irc", 10}, {NULL, 0},
};

const struct ask_kind *starttls_row(size_t i)
{
    return i < sizeof rows / sizeof rows[0] ? rows[i] : NULL;
}

int starttls_refuse(struct ask *a, const char *why, const void *text, size_t n)
{
    char safe[QUOTED];

    return ask_fail(a, "%s: %s", why, text_safe_bytes(text, n, safe, sizeof safe));
}

int starttls_missing(struct ask *a)
{
    return ask_fail(a, "it offers no STARTTLS");
}
