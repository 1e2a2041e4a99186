/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hostport.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

/* A copy of `n` bytes of `text`. */
/* "[V6]" or "[V6]:PORT" */
static int split_bracketed(const char *text, char **host, char **port)
{
    const char *inside = text + 1;
    size_t n = strcspn(inside, "[]");
    const char *behind = inside + n;

    if (n == 0 || *behind != ']')
        return -1;
    behind++;
    if (*behind != '\0' && (behind[0] != ':' || behind[1] == '\0' || strpbrk(behind + 1, ":[]") != NULL))
        return -1;
    *host = mem_strndup(inside, n);
    if (*behind == ':')
        *port = mem_strdup(behind + 1);
    return 0;
}

int hostport_split(const char *text, char **host, char **port)
{
    const char *colon = strchr(text, ':');

    *host = NULL;
    *port = NULL;
    if (text[0] == '[')
        return split_bracketed(text, host, port);
    if (text[0] == '\0' || strpbrk(text, "[]") != NULL)
        return -1;
    if (colon == NULL || strchr(colon + 1, ':') != NULL) {
        *host = mem_strdup(text);
        return 0;
    }
    if (colon[1] == '\0')
        return -1;
    if (colon != text)
        *host = mem_strndup(text, (size_t)(colon - text));
    *port = mem_strdup(colon + 1);
    return 0;
}

/* "A-B", both numbers. `item` is changed only for the time of the call. */
static bool parse_range(char *item, struct portrange *range)
{
    char *dash = strchr(item, '-');
    bool good;

    if (dash == NULL)
        return false;
    *dash = '\0';
    good = num_parse_port(item, &range->first) == 0 && num_parse_port(dash + 1, &range->last) == 0;
    *dash = '-';
    return good;
}

static int parse_item(char *item, int (*service)(void *ctx, const char *name), void *ctx,
                      struct portrange *range)
{
    int port;

    if (num_parse_port(item, &range->first) == 0) {
        range->last = range->first;
    } else if (!parse_range(item, range)) {
        /* Names may hold dashes and begin with a digit: what is no range is looked up whole. */
        port = item[0] != '\0' && service != NULL ? service(ctx, item) : -1;
        if (port < 0 || port > UINT16_MAX)
            return -1;
        range->first = range->last = (uint16_t)port;
    }
    if (range->first > range->last)
        *range = (struct portrange){range->last, range->first};
    return range->first > 0 ? 0 : -1;
}

int hostport_list(const char *text, int (*service)(void *ctx, const char *name), void *ctx,
                  struct portrange **out)
{
    struct portrange *ranges;
    size_t count = 1, len;
    int n = 0;

    for (const char *p = text; *p != '\0'; p++)
        count += *p == ',';
    ranges = mem_alloc(count * sizeof *ranges);
    for (const char *p = text; n >= 0 && p != NULL; p = p[len] != '\0' ? p + len + 1 : NULL) {
        char *item;

        len = strcspn(p, ",");
        item = mem_strndup(p, len);
        n = parse_item(item, service, ctx, &ranges[n]) == 0 ? n + 1 : -1;
        free(item);
    }
    if (n < 0) {
        free(ranges);
        ranges = NULL;
    }
    *out = ranges;
    return n;
}
