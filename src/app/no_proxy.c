/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/no_proxy.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/addrset.h"

enum { WORD = 128 /* bytes that an address with its prefix never has */ };

static bool is_in_domain(const char *host, const char *word, size_t n)
{
    const size_t length = strlen(host);

    while (n > 0 && word[0] == '.') {
        word++;
        n--;
    }
    if (n == 0 || length < n)
        return false;
    return strncasecmp(host + length - n, word, n) == 0 && (length == n || host[length - n - 1] == '.');
}

/* The word without the brackets that may be around an address. */
static void copy_word(char to[static WORD], const char *word, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        if (word[i] != '[' && word[i] != ']')
            to[at++] = word[i];
    }
    to[at] = '\0';
}

static bool is_in_prefix(const struct addr *host, const char *word, size_t n)
{
    struct addrset set = {0};
    char text[WORD];
    size_t name;
    int bits;
    struct err e;
    bool has = false;

    if (n >= WORD)
        return false;
    copy_word(text, word, n);
    if (addrset_add_text(&set, text, &bits, &name, &e) == 0) {
        addrset_seal(&set);
        has = addrset_has(&set, host);
    }
    addrset_clear(&set);
    return has;
}

/* The interface of an address is no part of what is listed. */
static bool read_address(struct addr *a, const char *host)
{
    char text[WORD];

    snprintf(text, sizeof text, "%.*s", (int)strcspn(host, "%"), host);
    return addr_parse(a, text, 0) == 0;
}

bool no_proxy_has(const char *list, const char *host)
{
    struct addr a;
    const bool address = host != NULL && read_address(&a, host);

    while (*list != '\0') {
        const char *word = list + strspn(list, ", \t");
        const size_t n = strcspn(word, ", \t");

        if (n == 1 && *word == '*')
            return true;
        if (host != NULL && n > 0 && is_in_domain(host, word, n))
            return true;
        if (address && n > 0 && is_in_prefix(&a, word, n))
            return true;
        list = word + n;
    }
    return false;
}
