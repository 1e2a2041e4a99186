/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way that connections take, and what is said on it of whom they are for: --proxy, --proxy-protocol.
 */
#include <string.h>

#include "app/conf.h"
#include "app/mode.h"
#include "console/console_conf.h"

/* --proxy-protocol: words, parted by commas. Returns 0, or -1 with `e`. */
static int read_words(const char *text, bool *accepts, int *version, struct err *e)
{
    for (size_t n; *text != '\0'; text += n + (text[n] == ',')) {
        n = strcspn(text, ",");
        if (n == 6 && memcmp(text, "accept", n) == 0)
            *accepts = true;
        else if (n == 4 && memcmp(text, "send", n) == 0)
            *version = 1;
        else if (n == 7 && memcmp(text, "send-v2", n) == 0)
            *version = 2;
        else
            return err_set(e, STATUS_LOCAL, "--proxy-protocol: '%.*s' is none of: accept, send, send-v2",
                           (int)(n < 64 ? n : 64), text);
    }
    return 0;
}

static int derive_headers(struct conf *c, uint64_t traits, struct err *e)
{
    const bool listens = (traits & TRAIT_LISTEN) != 0;
    const struct end_kind *end = c->join.end.kind;
    bool accepts = false;
    int version = 0;

    if (c->proxy_protocol == NULL)
        return 0;
    if (read_words(c->proxy_protocol, &accepts, &version, e) < 0)
        return -1;
    if (accepts && !listens)
        return err_set(e, STATUS_LOCAL, "--proxy-protocol accept needs --listen");
    if (version > 0 && listens && (end == NULL || end->type != SOCK_STREAM))
        return err_set(e, STATUS_LOCAL,
                       "--proxy-protocol send needs --to an end that is a connection, with --listen");
    c->net.takes_header = accepts;
    *(listens ? &c->ends.header : &c->net.header) = version;
    return 0;
}

/* Connections of ours, and not of ends. */
static bool connects(uint64_t traits)
{
    return (traits & (TRAIT_LISTEN | TRAIT_END)) == 0;
}

/* Datagrams go through the one kind of proxy that knows them. */
static int derive_datagrams(struct conf *c, uint64_t traits, struct err *e)
{
    const struct end_kind *end = c->join.end.kind;
    const bool ours = connects(traits);
    const bool datagrams = ours ? (traits & TRAIT_DGRAM) != 0
                                : end != NULL && end->type == SOCK_DGRAM && end->family == 0;

    if (!datagrams)
        return 0;
    if (c->proxies.via->datagrams == NULL)
        return err_set(e, STATUS_LOCAL, "%s: datagrams go through one SOCKS5 proxy, and no other",
                       c->proxies.via->title);
    if (ours) {
        c->transport = "udp-relayed";
        c->net.from_target = (traits & TRAIT_CONNECTED) != 0;
    }
    return 0;
}

/* Whether `option` is about a connection of ours, or about one of ends, if that `reaches`. At a prompt, ~join may still make one
 * that does. */
static int check_connection(const struct conf *c, uint64_t traits, bool reaches, const char *option,
                            struct err *e)
{
    if (connects(traits) || reaches || c->service == &service_prompt)
        return 0;
    return err_set(e, STATUS_LOCAL, "--%s needs a connection: one of ours, or --to an end that is one",
                   option);
}

static int derive_via(struct conf *c, uint64_t traits, struct err *e)
{
    const struct end_kind *end = c->join.end.kind;
    const bool reaches = end != NULL && end->type != 0 && end->family == 0;

    if (c->proxies.via == NULL)
        return 0;
    if (check_connection(c, traits, reaches, "proxy", e) < 0)
        return -1;
    *(connects(traits) ? &c->net.via : &c->ends.via) = c->proxies.via;
    return derive_datagrams(c, traits, e);
}

static int check_wait(const struct conf *c, uint64_t traits, struct err *e)
{
    const struct end_kind *end = c->join.end.kind;
    const bool reaches = end != NULL && (end->type != 0 || end->asked);

    return (traits & TRAIT_WAIT) != 0 ? check_connection(c, traits, reaches, "wait", e) : 0;
}

int conf_derive_way(struct conf *c, uint64_t traits, struct err *e)
{
    return proxies_conf_make(&c->proxies, c->net.host, e) < 0 || derive_headers(c, traits, e) < 0 ||
                   check_wait(c, traits, e) < 0
               ? -1
               : derive_via(c, traits, e);
}
