/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/names.h"

#include <string.h>
#include <strings.h>

bool names_find(const struct name *names, const char *word, size_t n, int *value)
{
    for (; names->word != NULL; names++) {
        if (strlen(names->word) == n && strncasecmp(names->word, word, n) == 0) {
            *value = names->value;
            return true;
        }
    }
    return false;
}

const char *names_word(const struct name *names, int value)
{
    while (names->word != NULL && names->value != value)
        names++;
    return names->word;
}

const char *names_row(void *names, size_t i)
{
    const struct name *row = names;

    for (; row->word != NULL && i > 0; i--)
        row++;
    return row->word;
}
