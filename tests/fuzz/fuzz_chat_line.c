/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines of a chat are the same however the input is cut, none is too long, and what is made of them is one safe line.
 * The first byte of the input chooses the cuts.
 */
#include "proto/chat_line.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_safe(const char *text, size_t n)
{
    size_t size;
    char *safe = chat_line_safe("<name> ", text, n, "\n", &size);

    require(size >= 8 && strlen(safe) == size && memcmp(safe, "<name> ", 7) == 0);
    require(strchr(safe, '\n') == safe + size - 1);
    for (size_t i = 0; i + 1 < size; i++)
        require((unsigned char)safe[i] >= 0x20 || safe[i] == '\t');
    free(safe);
}

/* Takes a line and appends it, behind a NUL; false when there is none. */
static bool take(struct chat_line *l, char **out, size_t *used)
{
    size_t n;
    bool part;
    char *text = chat_line_take(l, &n, &part);

    if (text == NULL)
        return false;
    require(n <= CHAT_LINE && text[n] == '\0' && memchr(text, '\n', n) == NULL);
    check_safe(text, n);
    *out = realloc(*out, *used + n + 2);
    require(*out != NULL);
    (*out)[(*used)++] = part ? 1 : 0;
    memcpy(*out + *used, text, n);
    *used += n;
    free(text);
    return true;
}

static char *lines(const char *data, size_t size, size_t most, size_t *used)
{
    struct chat_line l = {0};
    char *out = NULL;
    bool whole;

    *used = 0;
    for (size_t i = 0; i < size;) {
        size_t n = size - i < most ? size - i : most, took = chat_line_put(&l, data + i, n, &whole);

        require(took > 0 && took <= n);
        i += took;
        if (whole)
            require(take(&l, &out, used));
    }
    while (take(&l, &out, used))
        continue;
    chat_line_clear(&l);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n, m;
    char *whole, *cut;

    if (size < 1)
        return 0;
    whole = lines((const char *)data + 1, size - 1, SIZE_MAX, &n);
    cut = lines((const char *)data + 1, size - 1, 1 + data[0], &m);
    require(n == m && (n == 0 || memcmp(whole, cut, n) == 0));
    free(whole);
    free(cut);
    return 0;
}
