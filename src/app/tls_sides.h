/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls_sides: the two that may have TLS in a run: our own connections (--ssl), and the ends of peers (--to tls:HOST:PORT).
 */
#ifndef APP_TLS_SIDES_H
#define APP_TLS_SIDES_H

#include <stdbool.h>

#include "base/err.h"
#include "layer/starttls.h"
#include "layer/tls.h"

struct tls_sides {
    struct tls_conf given;           /* as the options set it */
    int starttls;                    /* 1 + the row of starttls_names[]; 0: TLS from the first byte */
    struct starttls_conf asks;       /* made of it */
    bool verify;                     /* for a dialect that does not by default */
    struct tls_conf own, end;        /* derived from it */
    struct tls *made_own, *made_end; /* NULL: that side has none */
};

/* Which of them there are. */
struct tls_wanted {
    bool own, end;
    bool datagram, end_datagram; /* DTLS */
    bool listens;
    bool set;   /* an option said how it is to be, and is for nobody else */
    bool late;  /* a person may begin it later */
    bool quiet; /* that nobody is verified is told elsewhere */
};

/* Makes ready what is wanted. Returns 0, or -1 with `e`; tls_sides_clear() after either. */
int tls_sides_make(struct tls_sides *s, const struct tls_wanted *wanted, struct err *e);
void tls_sides_clear(struct tls_sides *s);

#endif
