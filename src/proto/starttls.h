/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * starttls: what a client says in the clear so that a server goes on with TLS: SMTP (RFC 3207), IMAP (RFC 9051), POP3
 * (RFC 2595), FTP (RFC 4217), XMPP (RFC 6120), LDAP (RFC 4511), PostgreSQL, MySQL, ManageSieve (RFC 5804), NNTP
 * (RFC 4642), IRC (the tls extension of IRCv3).
 *
 * Each is a row of what is asked (proto/ask.h); `host` is the name that some are told.
 */
#ifndef PROTO_STARTTLS_H
#define PROTO_STARTTLS_H

#include "base/names.h"
#include "proto/ask.h"

extern const struct ask_kind starttls_smtp, starttls_imap, starttls_pop3, starttls_ftp, starttls_xmpp,
    starttls_ldap, starttls_postgres, starttls_mysql, starttls_sieve, starttls_nntp, starttls_irc;

/* Row `i`, or NULL past the end. */
const struct ask_kind *starttls_row(size_t i);

/* Their names, with the number of the row. */
extern const struct name starttls_names[];

/* For kinds: why it is not granted, with what the server said, made safe. Returns ASK_FAILED. */
int starttls_refuse(struct ask *a, const char *why, const void *text, size_t n);
int starttls_missing(struct ask *a);

#endif
