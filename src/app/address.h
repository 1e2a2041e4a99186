/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * address: the main address where it is one word, KIND:REST, of the kinds that ends have (end/kind.h).
 */
#ifndef APP_ADDRESS_H
#define APP_ADDRESS_H

#include "app/options.h"
#include "base/err.h"
#include "end/end.h"

/* All zero: it is none of that kind. */
struct address {
    const struct end_kind *kind;
    int family;          /* AF_INET, AF_INET6: the word says so; else 0 */
    int rest;            /* how many bytes stand before what follows the colon */
    struct end_spec end; /* where it is no connection, or is a URL; a connection has no kind */
};

/* Reads the only operand, and adds to `o` what it says of the run, to be held against the options. HOST:PORT is none.
 * Returns 0, or -1 with `e`; what is filled is freed by address_clear(). */
int address_read(struct address *a, struct options *o, const char *text, struct err *e);
void address_clear(struct address *a);

/* A port that is none. `text` is the only operand that it comes from, or "": its beginning may have been meant as a kind.
 * Returns -1. */
int address_refuse(const char *text, const char *port, struct err *e);

#endif
