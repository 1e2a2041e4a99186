/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/tls_sides.h"

#include <stddef.h>

#include "base/log.h"

/* Where a listener has TLS and its peers' ends have it as well, what says who we are is the listener's, and what says whom
 * to trust is the ends'. */
static void part_sides(struct tls_sides *s, bool both)
{
    const struct tls_conf *g = &s->given;

    s->own = s->end = *g;
    s->end.client_ca = NULL;
    s->end.require_client = false;
    if (!both)
        return;
    s->end.cert = s->end.key = NULL;
    s->own = (struct tls_conf){.cert = g->cert,
                               .key = g->key,
                               .client_ca = g->client_ca,
                               .require_client = g->require_client,
                               .ciphers = g->ciphers,
                               .alpn = g->alpn,
                               .min = g->min,
                               .lenient = g->lenient};
}

int tls_sides_make(struct tls_sides *s, const struct tls_wanted *wanted, struct err *e)
{
    if (!wanted->own && !wanted->end && wanted->late) {
        if (wanted->set)
            log_notice("what is sent is in the clear: --ssl is missing, or ~tls");
        return 0;
    }
    if (!wanted->own && !wanted->end)
        return wanted->set
                   ? err_set(
                         e, STATUS_LOCAL,
                         "nothing here has TLS: --ssl, or an end tls:HOST:PORT or dtls:HOST:PORT, is missing")
                   : 0;
    if (s->starttls > 0)
        s->asks = (struct starttls_conf){.kind = starttls_row((size_t)s->starttls - 1),
                                         .name = s->given.name};
    part_sides(s, wanted->own && wanted->listens && wanted->end);
    s->own.datagram = wanted->datagram;
    s->own.segment = s->given.segment;
    s->end.datagram = wanted->end_datagram;
    s->end.segment = 0;
    if (wanted->own && (s->made_own = tls_new(&s->own, wanted->listens, e)) == NULL)
        return -1;
    if (wanted->end && (s->made_end = tls_new(&s->end, false, e)) == NULL)
        return -1;
    if (s->made_own != NULL && tls_is_made_up(s->made_own))
        log_notice("a certificate was made for this run; clients know it by --ssl-pin %s",
                   tls_pin(s->made_own));
    if (s->given.insecure && !wanted->quiet)
        log_notice("--insecure: whoever answers is believed to be the server");
    return 0;
}

void tls_sides_clear(struct tls_sides *s)
{
    tls_free(s->made_own);
    tls_free(s->made_end);
}
