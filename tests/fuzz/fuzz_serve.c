/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/serve.h: whatever the cut of the input, the same is heard and said; what is asked for is a host and a port, and what goes
 * ahead is a head without what was meant for us.
 */
#include "proto/serve.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "proto/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct serve serve;
    unsigned char said[4 * SERVE_OUT];
    size_t nsaid, used;
    int outcome;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static int sum(const char *name, const void *data, size_t n, unsigned char out[SERVE_HASH])
{
    const unsigned char *at = data;

    out[0] = (unsigned char)name[0];
    for (size_t i = 0; i < n; i++)
        out[0] ^= at[i];
    return 1;
}

static void start(struct serve *s, uint8_t options)
{
    static const struct siphash_key seal;

    *s = (struct serve){.kind = serve_row(options % 4)};
    if (options & 4) {
        s->user = "u";
        s->password = "p";
        s->hash = sum;
        s->seal = &seal;
    }
}

static void say(struct heard *h)
{
    require(h->serve.nout < SERVE_OUT && h->nsaid + h->serve.nout <= sizeof h->said);
    memcpy(h->said + h->nsaid, h->serve.out, h->serve.nout);
    h->nsaid += h->serve.nout;
    h->serve.nout = 0;
}

static void hear(uint8_t options, const uint8_t *in, size_t n, size_t piece, struct heard *h)
{
    size_t there = 0, used;

    memset(h, 0, sizeof *h);
    start(&h->serve, options);
    do {
        there = n - there < piece ? n : there + piece;
        do {
            h->outcome = serve_take(&h->serve, in + h->used, there - h->used, &used);
            require(used <= there - h->used);
            h->used += used;
            say(h);
        } while (h->outcome == 0 && used > 0);
    } while (h->outcome == 0 && there < n);
}

static void check_ahead(const struct serve *s)
{
    struct http_text method, target, version, value;

    require(s->nahead <= 2 * SERVE_IN + 128 && http_head(s->ahead, s->nahead) == s->nahead);
    require(http_request(s->ahead, s->nahead, &method, &target, &version) == 0);
    require(target.at[0] == '/' && http_field(s->ahead, s->nahead, "Host", 0, &value));
    require(!http_field(s->ahead, s->nahead, "Host", 1, &value));
    require(!http_field(s->ahead, s->nahead, "Proxy-Authorization", 0, &value));
    require(http_field(s->ahead, s->nahead, "Connection", 0, &value) && http_is(&value, "close"));
}

static void check_asked(struct heard *h)
{
    require(h->serve.host[0] != '\0' && strlen(h->serve.host) <= SERVE_HOST);
    for (const char *c = h->serve.host; *c != '\0'; c++)
        require((unsigned char)*c > ' ' && *c != 0x7f);
    require(h->serve.plain == (h->serve.ahead != NULL));
    if (h->serve.plain)
        check_ahead(&h->serve);
    serve_tell(&h->serve, SERVE_NOBODY, NULL);
    say(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard *whole = malloc(sizeof *whole), *bytes = malloc(sizeof *bytes);

    require(whole != NULL && bytes != NULL);
    if (size > 1 && size < SERVE_IN) {
        hear(data[0], data + 1, size - 1, 1, bytes);
        hear(data[0], data + 1, size - 1, size, whole);
        require(whole->outcome == bytes->outcome && whole->nsaid == bytes->nsaid);
        require(memcmp(whole->said, bytes->said, whole->nsaid) == 0 && whole->used == bytes->used);
        if (whole->outcome == SERVE_ASKED)
            check_asked(whole);
        else
            require((whole->outcome == SERVE_REFUSED) == (whole->serve.why[0] != '\0'));
        serve_clear(&whole->serve);
        serve_clear(&bytes->serve);
    }
    free(whole);
    free(bytes);
    return 0;
}
