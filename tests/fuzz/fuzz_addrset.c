/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base/addrset.h: each line is an entry; what is taken is found again, in whatever order and company; what is refused
 * leaves the set as it was.
 */
#include "base/addrset.h"

#include <stdlib.h>
#include <string.h>

#include "base/octets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* An address that stands for itself is in the set. */
static void check_found(struct addrset *s, const char *text)
{
    struct octets octets;
    struct addr a;

    addrset_seal(s);
    if (addr_parse(&a, text, 0) == 0)
        require(addrset_has(s, &a));
    if (octets_parse(&octets, text) == 0)
        require(s->n + s->nscattered > 0);
    for (size_t i = 1; i < s->n; i++)
        require(s->ranges[i].first.high > s->ranges[i - 1].last.high ||
                (s->ranges[i].first.high == s->ranges[i - 1].last.high &&
                 s->ranges[i].first.low > s->ranges[i - 1].last.low));
}

static void check_entry(struct addrset *s, const char *text)
{
    const size_t before = s->n, scattered = s->nscattered;
    size_t name;
    struct err e;
    int bits;
    const int r = addrset_add_text(s, text, &bits, &name, &e);

    if (r == 0) {
        check_found(s, text);
        return;
    }
    require(s->n == before && s->nscattered == scattered);
    if (r > 0)
        require(name > 0 && name <= strlen(text) && (text[name] == '/') == (bits >= 0));
    else
        require(e.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct addrset s = {0};
    char *text = malloc(size + 1), *rest = text, *line;

    require(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL)
        check_entry(&s, line);
    addrset_clear(&s);
    free(text);
    return 0;
}
