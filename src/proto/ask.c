/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/proxy_type.h"

static const struct ask_kind *const rows[PROXY_TYPES] = {
    [PROXY_HTTP] = &ask_http,     [PROXY_SOCKS4] = &ask_socks4, [PROXY_SOCKS4A] = &ask_socks4a,
    [PROXY_SOCKS5] = &ask_socks5, [PROXY_HTTPS] = &ask_https,
};

const struct ask_kind *ask_row(size_t i)
{
    return i < PROXY_TYPES ? rows[i] : NULL;
}

void ask_put(struct ask *a, const void *data, size_t n)
{
    const size_t room = ASK_OUT - a->nout;

    if (n > room)
        n = room;
    memcpy(a->out + a->nout, data, n);
    a->nout += n;
}

void ask_put_port(struct ask *a)
{
    const unsigned char port[2] = {(unsigned char)(a->port >> 8), (unsigned char)a->port};

    ask_put(a, port, sizeof port);
}

void ask_learn(struct ask_known *k, const void *head, size_t n)
{
    ask_forget(k);
    k->head = mem_alloc(n);
    memcpy(k->head, head, n);
    k->n = n;
    k->fresh = true;
}

void ask_forget(struct ask_known *k)
{
    free(k->head);
    *k = (struct ask_known){0};
}

int ask_fail(struct ask *a, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(a->why, sizeof a->why, format, args);
    va_end(args);
    return ASK_FAILED;
}
