/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/conf_serve.h"

#include <stdlib.h>
#include <string.h>

#include "app/mode.h"
#include "base/mem.h"
#include "end/end.h"
#include "layer/tls_digest.h"
#include "proto/serve.h"

/* USER:PASSWORD */
static int read_login(struct serve_conf *s, const char *text, struct err *e)
{
    char *colon;

    if (text == NULL)
        return 0;
    s->login = mem_strdup(text);
    colon = strchr(s->login, ':');
    if (colon == NULL)
        return err_set(e, STATUS_LOCAL, "--proxy-auth: USER:PASSWORD is needed, which clients log in with");
    *colon = '\0';
    s->made.user = s->login;
    s->made.password = colon + 1;
    if (strlen(s->made.user) > SERVE_HOST || strlen(s->made.password) > SERVE_HOST)
        return err_set(e, STATUS_LOCAL, "--proxy-auth: a user and a password have at most %d bytes",
                       SERVE_HOST);
    return 0;
}

/* Their library is loaded with the first. */
static int make_hash(const char *name, const void *data, size_t n, unsigned char *out)
{
    struct err e;

    return tls_digest(name, data, n, out, &e);
}

static void prepare_digest(struct serve_conf *s)
{
    if (s->made.user == NULL)
        return;
    s->made.hash = make_hash;
    siphash_make_key(&s->made.seal);
}

/* A list without entries would be none, and let everything be asked for. */
static int add_lists(struct access *a, enum access_side side, const struct option_texts *lists, struct err *e)
{
    for (size_t i = 0; i < lists->n; i++) {
        if (access_add(a, side, lists->list[i]) == 0)
            return err_set(e, STATUS_LOCAL, "--%s-to: the list is empty",
                           side == ACCESS_ALLOW ? "allow" : "deny");
    }
    return 0;
}

int serve_conf_make(struct serve_conf *s, struct ends_conf *ends, int family, uint64_t traits,
                    const char *auth, struct err *e)
{
    const struct access_opts opts = {.kinds = ACCESS_IP, .numeric = ends->numeric};

    ends->proxy = &s->made;
    ends->family = family == AF_INET || family == AF_INET6 ? family : AF_UNSPEC;
    if ((traits & TRAIT_SERVE) == 0)
        return 0;
    s->made.listed = s->allow.n > 0;
    s->made.targets = access_new(&opts);
    if (read_login(s, auth != NULL ? auth : getenv("POLLCAT_PROXY_AUTH"), e) < 0 ||
        add_lists(s->made.targets, ACCESS_ALLOW, &s->allow, e) < 0 ||
        add_lists(s->made.targets, ACCESS_DENY, &s->deny, e) < 0)
        return -1;
    prepare_digest(s);
    return access_load(s->made.targets, e);
}

void serve_conf_clear(struct serve_conf *s)
{
    access_free(s->made.targets);
    free(s->allow.list);
    free(s->deny.list);
    free(s->login);
}
