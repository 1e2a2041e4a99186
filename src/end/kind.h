/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kind: the kinds of ends there are, and the words that name them: our own, and those of socat(1).
 */
#ifndef END_KIND_H
#define END_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct end;
struct end_spec;
struct peer;

struct end_kind {
    const char *name, *syntax, *help;
    unsigned descriptors; /* that each takes */
    bool once;            /* there is one for one peer alone */
    bool process;         /* each is one more process */
    bool tls;             /* it is a connection with TLS */
    bool websocket;       /* it is a connection with WebSocket */
    bool choosy;          /* it may read less than there is, and that is no failure */
    bool mute;            /* nothing comes from it */
    bool asked;           /* the peer says first where it goes, and is answered */
    bool direct;          /* it can be given the peer's socket itself */
    int type;             /* of the socket, where it is a connection; else 0 */
    int family;           /* AF_UNIX...; 0: IPv4 or IPv6 */
    /* `rest` is what follows the colon. Returns 0, or -1 with `e`; what is filled is freed by end_spec_clear(). */
    int (*parse)(struct end_spec *spec, const char *rest, struct err *e);
    /* Begins; it is told by end_ready() or end_failed(), here or later. Returns 0, or -1 with `why`. NULL: it can be the
     * main address alone. */
    int (*open)(struct end *e, struct peer *peer, struct err *why);
    void (*close)(struct end *e, bool reset);
};

/* Row `i`, or NULL past the end. */
const struct end_kind *end_row(size_t i);

/* What a text says of itself. */
struct end_word {
    const struct end_kind *kind; /* NULL: it begins with no word for a kind */
    int family;                  /* AF_INET, AF_INET6: the word says so; else 0 */
    const char *rest;            /* what follows the colon */
    const char *instead;         /* a word of socat's that is none here: what to write; else NULL */
};

/* Case is all one. */
struct end_word end_read_word(const char *text);

/* All our own, in one line: "tcp: unix: ..."; of ends alone, or of main addresses. Returns `text`. */
const char *end_list_words(char *text, size_t size, bool ends);

/* The names of those whose rest is a `what` ("PATH", "COMMAND", "HOST"), set apart by `between`. Returns `text`. */
const char *end_list_of(char *text, size_t size, const char *what, const char *between);

/* Where the path begins in a word like "unix:/run"; NULL: no path stands there. */
const char *end_path_in(const char *word);

#endif
