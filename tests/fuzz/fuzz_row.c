/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * term/row.h: tokens cover any text; the flat picture of a line that was made safe goes back nowhere and stays what it is.
 */
#include "term/row.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void cover(const char *text, size_t n)
{
    unsigned at = 0;

    for (size_t i = 0; i < n;) {
        struct row_token token = row_next(text + i, n - i, at);

        require(token.len > 0 && token.len <= n - i);
        at = token.kind == ROW_RETURN ? 0 : at + token.columns;
        i += token.len;
    }
}

static void flatten(const char *text, size_t n, bool safe)
{
    struct sgr before = {0};
    size_t len, more;
    char *flat = row_flat(text, n, &before, false, &len), *again;

    cover(flat, len);
    if (safe) {
        require(!row_moves(flat, len));
        again = row_flat(flat, len, &before, false, &more);
        require(more == len && memcmp(flat, again, len) == 0);
        free(again);
    }
    free(flat);
    free(row_flat(text, n, &before, true, &len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text_safe safe = {.colors = true, .returns = true};
    char *exact = malloc(size > 0 ? size : 1), *text = malloc(text_safe_max(size));
    size_t n;

    require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    require(exact != NULL && text != NULL);
    memcpy(exact, data, size);
    cover(exact, size);
    flatten(exact, size, false);
    n = text_safe_put(&safe, data, size, text);
    flatten(text, n, true);
    free(text);
    free(exact);
    return 0;
}
