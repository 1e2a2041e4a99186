/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/conf_proxies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/no_proxy.h"
#include "app/secret.h"
#include "base/hex.h"
#include "base/hostport.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/resolve.h"
#include "proto/proxy_type.h"

const struct name proxy_dns_names[] = {
    {"local", PROXY_DNS_LOCAL},
    {"remote", PROXY_DNS_REMOTE},
    {"both", PROXY_DNS_BOTH},
    {"none", PROXY_DNS_NONE},
    {NULL, 0},
};

/* The kind of a name of `n` bytes, or NULL. */
static const struct ask_kind *find_kind(const char *name, size_t n)
{
    int type;

    return names_find(proxy_type_names, name, n, &type) ? ask_row((size_t)type) : NULL;
}

/* Undoes %XX (RFC 3986, 2.1), in place. */
static void decode_percent(char *text)
{
    char *out = text;

    for (const char *in = text; *in != '\0'; out++) {
        if (in[0] == '%' && hex_value(in[1]) >= 0 && hex_value(in[2]) >= 0) {
            *out = (char)(hex_value(in[1]) << 4 | hex_value(in[2]));
            in += 3;
        } else {
            *out = *in++;
        }
    }
    *out = '\0';
}

static int refuse_login(const char *what, struct err *e)
{
    return err_set(e, STATUS_LOCAL, "a proxy's %s has at most %d bytes", what, ASK_HOST);
}

/* Takes a text, and returns it. A place and a login have no more than two. */
static char *own_text(struct proxies_conf *all, char *text)
{
    return all->owned[all->nowned++] = text;
}

/* USER[:PASSWORD]; what is missing is asked for. `text` is taken; `encoded`: it is of a URL. */
static int take_login(struct proxies_conf *all, struct proxy_conf *p, char *text, bool encoded, struct err *e)
{
    char *colon = strchr(text, ':'), answer[ASK_HOST + 1], prompt[2 * ASK_HOST];
    const char *host = p->host;

    own_text(all, text);
    p->user = text;
    if (colon != NULL) {
        *colon = '\0';
        p->password = colon + 1;
        if (encoded)
            decode_percent(colon + 1);
    }
    if (encoded)
        decode_percent(text);
    if (strlen(p->user) > ASK_HOST)
        return refuse_login("user", e);
    if (colon == NULL && all->asks_nothing)
        return 0;
    if (colon == NULL) {
        snprintf(prompt, sizeof prompt, "password of %.64s for the proxy %.128s: ", p->user, host);
        if (secret_ask(prompt, answer, sizeof answer, e) < 0)
            return -1;
        p->password = own_text(all, mem_strdup(answer));
        explicit_bzero(answer, sizeof answer);
    }
    return strlen(p->password) > ASK_HOST ? refuse_login("password", e) : 0;
}

/* USER:PASSWORD before the last @ of a URL. Returns what follows, or NULL with `e`. */
static const char *take_user_info(struct proxies_conf *all, struct proxy_conf *p, const char *text,
                                  struct err *e)
{
    const char *at = strrchr(text, '@');
    char *login;

    if (at == NULL)
        return text;
    login = mem_strdup(text);
    login[at - text] = '\0';
    p->host = at + 1;
    return take_login(all, p, login, true, e) < 0 ? NULL : at + 1;
}

static char *title_of(const struct proxy_conf *p)
{
    char text[128];

    snprintf(text, sizeof text, "%s proxy %.64s port %u", p->kind->title, p->host, p->port);
    return mem_strdup(text);
}

static int take_place(struct proxies_conf *all, struct proxy_conf *p, const char *text, struct err *e)
{
    char *host, *port, *slash, *place = mem_strdup(text);
    int r;

    slash = strchr(place, '/');
    if (slash != NULL && slash[1] == '\0')
        *slash = '\0';
    r = hostport_split(place, &host, &port);
    free(place);
    if (r < 0 || host == NULL) {
        free(host);
        free(port);
        return err_set(e, STATUS_LOCAL, "--proxy %.128s: [TYPE://][USER:PASSWORD@]HOST[:PORT] is needed",
                       text);
    }
    p->host = own_text(all, host);
    p->port = p->kind->port;
    r = port != NULL ? resolve_port(port, SOCK_STREAM, &p->port, e) : 0;
    free(port);
    p->title = own_text(all, title_of(p));
    return r;
}

static int refuse_kind(const char *option, const char *text, size_t n, struct err *e)
{
    return err_set(e, STATUS_LOCAL, "%s %.*s: proxies are http, https, socks4, socks4a or socks5", option,
                   (int)(n < 64 ? n : 64), text);
}

/* [TYPE://][USER:PASSWORD@]HOST[:PORT] */
static int read_proxy(struct proxies_conf *all, struct proxy_conf *p, const char *text, struct err *e)
{
    const char *type = all->type != NULL ? all->type : "http", *scheme = strstr(text, "://");
    const char *rest = scheme != NULL ? scheme + 3 : text;

    p->kind = scheme != NULL ? find_kind(text, (size_t)(scheme - text)) : find_kind(type, strlen(type));
    if (p->kind == NULL)
        return scheme != NULL ? refuse_kind("--proxy", text, (size_t)(scheme - text), e)
                              : refuse_kind("--proxy-type", type, strlen(type), e);
    rest = take_user_info(all, p, rest, e);
    return rest == NULL ? -1 : take_place(all, p, rest, e);
}

/* --proxy env */

static bool needs_no_proxy(const char *host)
{
    const char *list = getenv("NO_PROXY") != NULL ? getenv("NO_PROXY") : getenv("no_proxy");

    return list != NULL && no_proxy_has(list, host);
}

/* What stands for the text "env": NULL where nothing does. What HTTPS_PROXY names is asked to connect,
 * as we do. */
static const char *from_environment(const char *host)
{
    static const char *const names[] = {"ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return needs_no_proxy(host) ? NULL : value;
    }
    return NULL;
}

static int read_all(struct proxies_conf *p, const char *host, struct err *e)
{
    for (size_t i = 0; i < p->texts.n; i++) {
        const char *text = p->texts.list[i];

        if (strcmp(text, "env") == 0)
            text = from_environment(host);
        if (text == NULL)
            continue;
        if (p->n == PROXIES_MAX)
            return err_set(e, STATUS_LOCAL, "--proxy: %d in a row are the most", PROXIES_MAX);
        if (read_proxy(p, &p->chain[p->n], text, e) < 0)
            return -1;
        if (strchr(text, '@') != NULL && text == p->texts.list[i])
            secret_hide(text);
        p->n++;
    }
    return 0;
}

/* --proxy-auth is for those that have no login of their own. */
static int give_logins(struct proxies_conf *p, struct err *e)
{
    const char *text = p->auth != NULL ? p->auth : getenv("POLLCAT_PROXY_AUTH");

    for (size_t i = 0; text != NULL && i < p->n; i++) {
        if (p->chain[i].user != NULL)
            continue;
        if (take_login(p, &p->chain[i], mem_strdup(text), false, e) < 0)
            return -1;
    }
    if (p->auth != NULL)
        secret_hide(p->auth);
    return 0;
}

/* SOCKS4 alone knows no names. */
static bool wants_addresses(const struct proxies_conf *p)
{
    if (p->dns != 0)
        return p->dns - 1 == PROXY_DNS_LOCAL || p->dns - 1 == PROXY_DNS_BOTH;
    return p->chain[p->n - 1].kind == &ask_socks4;
}

static const char *port_text(struct proxies_conf *all, uint16_t port)
{
    char text[8];

    snprintf(text, sizeof text, "%u", port);
    return own_text(all, mem_strdup(text));
}

/* All that are gone through. */
static char *title_of_chain(const struct proxies_conf *p)
{
    char *out = mem_strdup(p->chain[0].title);

    for (size_t i = 1; i < p->n; i++) {
        const size_t length = strlen(out), more = strlen(p->chain[i].title) + sizeof ", ";

        out = mem_resize(out, length + more);
        snprintf(out + length, more, ", %s", p->chain[i].title);
    }
    return out;
}

int proxies_conf_make(struct proxies_conf *p, const char *host, struct err *e)
{
    size_t n = 0;

    if (read_all(p, host, e) < 0 || give_logins(p, e) < 0)
        return -1;
    if (p->n == 0)
        return 0;
    for (size_t i = 0; i < p->n; i++) {
        p->chain[i].known = &p->known[i];
        p->chain[i].next = i + 1 < p->n ? &p->chain[i + 1] : NULL;
        if (p->chain[i].kind->tls)
            p->layers[n++] = (struct net_layer){.make = proxy_tls_layer, .conf = &p->chain[i]};
        p->layers[n++] = (struct net_layer){.make = proxy_layer, .conf = &p->chain[i]};
    }
    p->made = (struct net_via){.host = p->chain[0].host,
                               .port = port_text(p, p->chain[0].port),
                               .title = own_text(p, title_of_chain(p)),
                               .layers = p->layers,
                               .nlayers = n,
                               .datagrams = p->n == 1 && p->chain[0].kind == &ask_socks5 ? &p->chain[0]
                                                                                         : NULL,
                               .looks_up = wants_addresses(p)};
    p->via = &p->made;
    return 0;
}

/* TLS to proxies */

bool proxies_have_tls(const struct proxies_conf *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->chain[i].kind->tls)
            return true;
    }
    return false;
}

/* What says who somebody is, or who we are, is not for two. */
static struct tls_conf share_tls(const struct tls_conf *given)
{
    return (struct tls_conf){.trust = given->trust,
                             .crl = given->crl,
                             .ciphers = given->ciphers,
                             .min = given->min,
                             .hasty = given->hasty,
                             .lenient = given->lenient};
}

int proxies_conf_make_tls(struct proxies_conf *p, const struct tls_conf *given, bool alone, struct err *e)
{
    if (p->pin != NULL && !proxies_have_tls(p))
        return err_set(e, STATUS_LOCAL, "--proxy-ssl-pin needs a proxy https://HOST:PORT");
    for (size_t i = 0; i < p->n; i++) {
        struct tls_conf *c = &p->tls[i];

        if (!p->chain[i].kind->tls)
            continue;
        *c = alone ? *given : share_tls(given);
        c->alpn = c->session = NULL; /* they would be of what is spoken within */
        c->proxy = p->chain[i].title;
        if (p->pin != NULL) {
            c->pin = p->pin;
            c->insecure = false;
        }
        p->chain[i].tls = tls_new(c, false, e);
        if (p->chain[i].tls == NULL)
            return -1;
        if (c->insecure)
            log_notice("--insecure: whoever answers is believed to be the %s", c->proxy);
    }
    return 0;
}

void proxies_conf_clear(struct proxies_conf *p)
{
    for (size_t i = 0; i < p->nowned; i++) {
        explicit_bzero(p->owned[i], strlen(p->owned[i]));
        free(p->owned[i]);
    }
    for (size_t i = 0; i < p->n; i++) {
        tls_free(p->chain[i].tls);
        ask_forget(&p->known[i]);
    }
    free(p->texts.list);
}
