/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/tls_late.h"

#include "base/log.h"
#include "io/port.h"
#include "peer/peer.h"

enum {
    TOLD = 256,
    PATIENCE = 60 * 1000, /* ms */
};

/* Returns 0, or -1 with `e`. */
static int make_ready(struct tls_late *l, const struct tls_conf *given, struct err *e)
{
    if (l->made != NULL)
        return 0;
    l->conf = *given;
    l->conf.name = NULL; /* each connection has its own */
    l->made = tls_new(&l->conf, false, e);
    if (l->made != NULL && given->insecure)
        log_notice("--insecure: whoever answers is believed to be the server");
    return l->made != NULL ? 0 : -1;
}

/* That it failed is told by who reads and writes. */
static void shaken(struct port *port, void *ctx, const struct err *why)
{
    const struct peer *p = ctx;
    char name[ADDR_TEXT], text[TOLD];

    for (unsigned i = 0; why == NULL && port_tell(port, LAYER_STATE, i, text, sizeof text); i++)
        log_notice("%s: %s", peer_name(p, name), text);
}

int tls_late_begin(struct tls_late *l, const struct tls_conf *given, struct peer *p, const char *host,
                   const char *name, int64_t limit, struct err *e)
{
    struct layer *layer;

    if (name == NULL)
        name = given->name != NULL ? given->name : host;
    if (!p->client) /* who connected to us would begin before we are asked to */
        return err_set(e, STATUS_LOCAL, "TLS can be begun by who connects alone; a listener has --ssl");
    if (p->datagram || (port_caps(p->port) & IO_STREAM) == 0)
        return err_set(e, STATUS_LOCAL, "TLS needs a stream");
    if (p->port->shaking)
        return err_set(e, STATUS_LOCAL, "a handshake is under way already");
    if (p->port->top->lower != NULL && !tls_is_to_proxy(p->port->top))
        return err_set(e, STATUS_LOCAL, "%s is on this connection already", p->port->top->ops->name);
    if (make_ready(l, given, e) < 0)
        return -1;
    layer = tls_make(l->made, true, name, 0, e);
    if (layer == NULL)
        return -1;
    if (port_push(p->port, layer, e) < 0) {
        layer->ops->free(layer);
        return -1;
    }
    tls_limit(layer, limit > 0 ? limit : PATIENCE);
    port_handshake(p->port, shaken, p);
    return 0;
}

void tls_late_clear(struct tls_late *l)
{
    tls_free(l->made);
}
