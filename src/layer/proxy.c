/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/proxy.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "layer/asking.h"
#include "layer/tls.h"
#include "layer/tls_digest.h"

static int make_hash(struct ask *a, const char *name, const void *data, size_t n,
                     unsigned char out[static ASK_HASH])
{
    struct err e;
    const int length = tls_digest(name, data, n, out, &e);

    return length >= 0 ? length : ask_fail(a, "%s", e.text);
}

/* Where there is no chance to be had the time is the nonce: it protects against prepared tables alone. */
static void make_nonce(struct ask *a)
{
    uint64_t r;

    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != (ssize_t)sizeof r)
        r = (uint64_t)time(NULL);
    snprintf(a->nonce, sizeof a->nonce, "%016llx", (unsigned long long)r);
}

struct layer *proxy_tls_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e)
{
    const struct proxy_conf *c = conf;

    (void)host, (void)port; /* the layers above bring it there */
    return tls_make(c->tls, client, c->host, c->port, e);
}

struct layer *proxy_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e)
{
    const struct proxy_conf *c = conf;
    struct ask ask = {.kind = c->kind,
                      .host = host,
                      .port = port,
                      .user = c->user,
                      .password = c->password,
                      .known = c->known,
                      .hash = make_hash};

    (void)client;
    if (c->next != NULL) {
        ask.host = c->next->host;
        ask.port = c->next->port;
    }
    make_nonce(&ask);
    if (strlen(ask.host) <= ASK_HOST)
        return asking_layer(&ask, c->title, e);
    err_set(e, STATUS_LOCAL, "a name of %zu bytes is too long for a proxy", strlen(ask.host));
    return NULL;
}

struct layer *proxy_associate(const void *conf, bool client, const char *host, uint16_t port, struct err *e)
{
    const struct proxy_association *x = conf;
    const struct proxy_conf *c = x->proxy;
    const struct ask ask = {.kind = c->kind,
                            .host = host,
                            .port = port,
                            .user = c->user,
                            .password = c->password,
                            .relay = x->relay};

    (void)client;
    return asking_layer(&ask, c->title, e);
}
