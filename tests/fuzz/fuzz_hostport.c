/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base/hostport.h: what is accepted can be put together again to what was given; ranges are in order and in
 * bounds; nothing is left behind by what is refused.
 */
#include "base/hostport.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_split(const char *text)
{
    size_t room = strlen(text) + 4;
    bool bracketed = text[0] == '[';
    char *host, *port, *joined;

    if (hostport_split(text, &host, &port) != 0) {
        require(host == NULL && port == NULL);
        return;
    }
    require(host != NULL || port != NULL);
    require(host == NULL || (host[0] != '\0' && strpbrk(host, "[]") == NULL));
    require(port == NULL || (port[0] != '\0' && strpbrk(port, ":[]") == NULL));
    joined = malloc(room);
    require(joined != NULL);
    snprintf(joined, room, "%s%s%s%s%s", bracketed ? "[" : "", host != NULL ? host : "", bracketed ? "]" : "",
             port != NULL ? ":" : "", port != NULL ? port : "");
    require(strcmp(joined, text) == 0);
    free(joined);
    free(host);
    free(port);
}

/* Some names have ports, also impossible ones. */
static int service(void *ctx, const char *name)
{
    ++*(int *)ctx;
    require(name[0] != '\0' && strchr(name, ',') == NULL);
    switch (name[0]) {
    case 'h':
        return 80;
    case 'z':
        return 0;
    case 'b':
        return 65536;
    default:
        return -1;
    }
}

static void check_list(const char *text)
{
    struct portrange *ranges;
    size_t items = 1;
    int calls = 0;
    int n = hostport_list(text, service, &calls, &ranges);

    for (const char *p = text; *p != '\0'; p++)
        items += *p == ',';
    require(n == -1 ? ranges == NULL : (size_t)n == items);
    for (int i = 0; i < n; i++)
        require(ranges[i].first > 0 && ranges[i].first <= ranges[i].last);
    free(ranges);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    require(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_split(text);
    check_list(text);
    free(text);
    return 0;
}
