/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/near.h"

#include <limits.h>
#include <string.h>

enum { NAME_MAX_LEN = 63 };

static unsigned lesser(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment by rows: `row` for a[0..i], `last` and `before` for the two rows above it. */
static unsigned align(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned rows[3][NAME_MAX_LEN + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= nb; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *spare = before;

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = lesser(row[j], lesser(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = lesser(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[nb];
}

unsigned near_distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);

    if (na > NAME_MAX_LEN || nb > NAME_MAX_LEN)
        return UINT_MAX;
    if (na >= 2 && na < nb && memcmp(a, b, na) == 0)
        return 1;
    return align(a, na, b, nb);
}

const char *near_find(const char *text, const char *(*name)(void *ctx, size_t i), void *ctx)
{
    size_t third = strlen(text) / 3;
    unsigned limit = third < 1 ? 1 : third > 3 ? 3 : (unsigned)third;
    const char *found = NULL, *candidate;

    for (size_t i = 0; (candidate = name(ctx, i)) != NULL; i++) {
        unsigned distance = near_distance(text, candidate);

        /* From here on only what is nearer still. */
        if (distance < limit || (distance == limit && found == NULL)) {
            found = candidate;
            limit = distance;
        }
    }
    return found;
}
