/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/starttls.h: whatever the cut of the input, the same is asked and the same comes of it; nothing is used that is not
 * there.
 */
#include "proto/starttls.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    int result;
    size_t used, asked;
    char why[ASK_WHY];
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void note_question(struct ask *a, struct outcome *o)
{
    require(a->nout <= ASK_OUT);
    o->asked += a->nout;
    a->nout = 0;
}

/* What comes of `n` bytes that are there at once, behind those that were used. */
static void hear(struct ask *a, const uint8_t *in, size_t n, struct outcome *o)
{
    size_t used = 1;

    while (o->result == 0 && o->used < n && (used > 0 || a->nout > 0)) {
        /* a copy of its own, so that reading behind it is seen */
        unsigned char *copy = malloc(n - o->used);

        require(copy != NULL);
        memcpy(copy, in + o->used, n - o->used);
        used = 0;
        note_question(a, o);
        o->result = a->kind->take(a, copy, n - o->used, &used);
        require(used <= n - o->used);
        o->used += used;
        free(copy);
    }
    note_question(a, o);
}

static void run(const struct ask_kind *kind, const uint8_t *in, size_t n, size_t piece, struct outcome *o)
{
    struct ask a = {.kind = kind, .host = "localhost"};

    *o = (struct outcome){.result = kind->begin(&a)};
    require(o->result == 0);
    for (size_t at = 0; at < n; at += piece)
        hear(&a, in, n - at < piece ? n : at + piece, o);
    require(strlen(a.why) < ASK_WHY);
    for (const char *p = a.why; *p != '\0'; p++)
        require((unsigned char)*p >= ' ' && *p != 127);
    memcpy(o->why, a.why, sizeof a.why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, bytes;
    const struct ask_kind *kind;

    if (size < 2 || size > 4096 || (kind = starttls_row(data[0] - 'a')) == NULL)
        return 0;
    run(kind, data + 1, size - 1, size - 1, &whole);
    run(kind, data + 1, size - 1, 1, &bytes);
    require(whole.result == bytes.result && whole.asked == bytes.asked);
    return 0;
}
