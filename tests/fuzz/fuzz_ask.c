/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/ask.h and proto/http.h: whatever the cut of a proxy's answers, the same is said to it and comes of it; what is used is
 * there; words are safe. A head is read without a step beyond it.
 */
#include "proto/ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "proto/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SAID = 3 * ASK_OUT };

/* What came of it all. */
struct outcome {
    int result;
    size_t used, nsaid;
    unsigned char said[SAID];
    char why[ASK_WHY];
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Any will do. */
static int hash(struct ask *a, const char *name, const void *data, size_t n,
                unsigned char out[static ASK_HASH])
{
    const unsigned char *in = data;

    (void)a;
    memset(out, (int)strlen(name), 16);
    for (size_t i = 0; i < n; i++)
        out[i % 16] ^= in[i];
    return 16;
}

static void note_said(struct outcome *o, struct ask *a)
{
    require(a->nout <= ASK_OUT && o->nsaid + a->nout <= SAID);
    memcpy(o->said + o->nsaid, a->out, a->nout);
    o->nsaid += a->nout;
    a->nout = 0;
}

/* The bytes are given as they would come: never more than `piece` new ones, those not used before again. */
static void talk(const struct ask_kind *kind, unsigned options, const uint8_t *in, size_t n, size_t piece,
                 struct outcome *o)
{
    struct ask_known known = {0};
    struct addr relay;
    struct ask a = {.kind = kind, .host = "192.0.2.1", .port = 80, .nonce = "0123", .hash = hash};
    size_t end = 0;

    if ((options & 8) != 0)
        a.known = &known;
    if ((options & 16) != 0)
        a.relay = &relay;
    if ((options & 4) != 0) {
        a.user = "joe";
        a.password = "secret";
    }
    require(kind->begin(&a) == 0);
    note_said(o, &a);
    while (o->result == 0 && end < n) {
        size_t used = 1;

        end = n - end < piece ? n : end + piece;
        while (o->result == 0 && used > 0) {
            unsigned char *exact = malloc(end - o->used + 1); /* so that a step beyond is seen */

            require(exact != NULL);
            memcpy(exact, in + o->used, end - o->used);
            used = 0;
            o->result = end > o->used ? kind->take(&a, exact, end - o->used, &used) : 0;
            free(exact);
            require(used <= end - o->used);
            o->used += used;
            note_said(o, &a);
        }
    }
    memcpy(o->why, a.why, sizeof o->why);
    ask_forget(&known);
}

static void read_head(const uint8_t *in, size_t n)
{
    const size_t length = http_head(in, n);
    struct http_text a, b, c;
    int status;

    require(length <= n);
    if (length == 0)
        return;
    require(http_head(in, length) == length && http_head(in, length - 1) == 0);
    if (http_status(in, length, &status, &a) == 0)
        require(status >= 100 && status <= 999);
    http_request(in, length, &a, &b, &c);
    for (size_t i = 0; http_field(in, length, "connection", i, &a); i++) {
        require((const uint8_t *)a.at >= in && (const uint8_t *)a.at + a.n <= in + length);
        http_has_word(&a, "close");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ask_kind *kind;
    struct outcome whole = {0}, bytes = {0};
    char safe[4 * ASK_WHY];

    if (size == 0)
        return 0;
    kind = ask_row(data[0] % 4);
    talk(kind, data[0], data + 1, size - 1, size, &whole);
    talk(kind, data[0], data + 1, size - 1, 1, &bytes);
    require(whole.result == bytes.result && whole.used == bytes.used);
    require(whole.nsaid == bytes.nsaid && memcmp(whole.said, bytes.said, whole.nsaid) == 0);
    require(strcmp(whole.why, bytes.why) == 0);
    text_safe_string(whole.why, safe, sizeof safe);
    require(strcmp(whole.why, safe) == 0);
    read_head(data + 1, size - 1);
    return 0;
}
