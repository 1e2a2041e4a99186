/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/telnet.h: whatever the cut of the input, the same is decoded and answered; answers and data stay within bounds; what
 * is encoded is decoded again.
 */
#include "proto/telnet.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    unsigned char *data, *said;
    size_t ndata, nsaid;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void start(struct telnet *t, enum telnet_role role)
{
    *t = (struct telnet){.role = role};
    if (role == TELNET_CLIENT) {
        strcpy(t->type, "xterm");
        t->columns = t->rows = 255;
    }
    telnet_init(t);
}

static void hear(enum telnet_role role, const uint8_t *in, size_t n, size_t piece, struct heard *h)
{
    struct telnet t;

    start(&t, role);
    h->nsaid = telnet_take(&t, h->said);
    for (size_t at = 0; at < n;) {
        size_t put, here = n - at < piece ? n - at : piece;

        at += telnet_decode(&t, in + at, here, h->data + h->ndata, n + 1 - h->ndata, &put);
        require(strlen(t.type) <= TELNET_TYPE);
        h->ndata += put;
        t.events = 0;
        if (piece == 1 || at == n || telnet_speaks(&t))
            h->nsaid += telnet_take(&t, h->said + h->nsaid);
    }
    h->ndata += telnet_decode_end(&t, h->data + h->ndata);
    require(h->ndata <= n);
}

static void sends(const uint8_t *in, size_t n)
{
    unsigned char *out = malloc(3 * n + 4), *back = malloc(3 * n + 4);
    struct telnet t, far;
    size_t used = 0, put, got = 0;

    require(out != NULL && back != NULL);
    start(&t, TELNET_HOST);
    start(&far, TELNET_NOBODY);
    for (size_t at = 0; at < n; used += put)
        at += telnet_encode(&t, in + at, n - at, out + used, 3, &put);
    used += telnet_encode_end(&t, out + used);
    require(used <= 3 * n);
    for (size_t at = 0; at < used; got += put)
        at += telnet_decode(&far, out + at, used - at, back + got, 1, &put);
    require(!telnet_speaks(&far));
    for (size_t i = 0, k = 0; i < n; i++) {
        require(k < got && back[k++] == in[i]);
        if (in[i] == '\r' && (i + 1 == n || in[i + 1] != '\n'))
            require(k < got && back[k++] == '\0');
    }
    free(out);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard whole = {0}, bytes = {0};
    size_t room;

    if (size == 0)
        return 0;
    room = (size + 1) * TELNET_TAKE;
    whole.data = malloc(size + 1);
    bytes.data = malloc(size + 1);
    whole.said = malloc(room);
    bytes.said = malloc(room);
    require(whole.data != NULL && bytes.data != NULL && whole.said != NULL && bytes.said != NULL);
    hear(data[0] % 4, data + 1, size - 1, 1, &bytes);
    hear(data[0] % 4, data + 1, size - 1, size, &whole);
    require(whole.ndata == bytes.ndata && memcmp(whole.data, bytes.data, whole.ndata) == 0);
    require(whole.nsaid <= bytes.nsaid); /* some answers are one for several questions */
    sends(data + 1, size - 1);
    free(whole.data);
    free(bytes.data);
    free(whole.said);
    free(bytes.said);
    return 0;
}
