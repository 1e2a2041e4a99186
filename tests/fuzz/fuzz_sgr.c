/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base/sgr.h on what base/text.h lets through: what it says restores the state it took note of.
 */
#include "base/sgr.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text_safe safe = {.colors = true, .returns = true};
    char *text = malloc(text_safe_max(size)), *exact;
    char state[SGR_TEXT], again[SGR_TEXT];
    struct sgr s = {0}, t = {0};
    size_t n;

    require(text != NULL);
    n = text_safe_put(&safe, data, size, text);
    exact = malloc(n + 1);
    require(exact != NULL);
    memcpy(exact, text, n);
    exact = realloc(exact, n > 0 ? n : 1);
    sgr_scan(&s, exact, n);
    s.set &= ~1u;
    n = sgr_format(&s, state);
    require(n < SGR_TEXT && n == strlen(state));
    sgr_scan(&t, state, n);
    sgr_format(&t, again);
    require(strcmp(state, again) == 0);
    free(exact);
    free(text);
    return 0;
}
