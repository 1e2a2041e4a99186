/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/proxy.h"

#include <string.h>

#include "layer/asking.h"

struct layer *proxy_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e)
{
    const struct proxy_conf *c = conf;
    struct ask ask = {.kind = c->kind, .host = host, .port = port, .user = c->user, .password = c->password};

    (void)client;
    if (c->next != NULL) {
        ask.host = c->next->host;
        ask.port = c->next->port;
    }
    if (strlen(ask.host) <= ASK_HOST)
        return asking_layer(&ask, c->title, e);
    err_set(e, STATUS_LOCAL, "a name of %zu bytes is too long for a proxy", strlen(ask.host));
    return NULL;
}
