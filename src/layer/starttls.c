/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/starttls.h"

#include <stddef.h>

#include "layer/asking.h"

struct layer *starttls_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e)
{
    const struct starttls_conf *c = conf;
    const char *name = c->name != NULL ? c->name : host;
    const struct ask ask = {.kind = c->kind, .host = name != NULL ? name : "localhost", .port = port};

    (void)client;
    return asking_layer(&ask, c->kind->title, e);
}
