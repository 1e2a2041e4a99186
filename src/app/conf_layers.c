/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is put on connections, our own and those of ends, from the socket up.
 */
#include <string.h>
#include <sys/socket.h>

#include "app/conf.h"
#include "app/mode.h"

static void derive_telnet(struct conf *c, uint64_t traits)
{
    if ((traits & TRAIT_TELNET) == 0 || (traits & TRAIT_DGRAM) != 0)
        return;
    c->telnet.host = (traits & TRAIT_JOIN) != 0 && strcmp(c->join.end.kind->name, "pty") == 0;
    telnet_conf_describe(&c->telnet);
    conf_add_layer(c, telnet_layer, &c->telnet);
    if ((traits & (TRAIT_UNIX | TRAIT_VSOCK)) == 0)
        conf_add_sockopt(c, "oobinline"); /* the mark of urgent data is a byte of the protocol */
}

/* The same of the ends of peers. */
static void derive_end_layers(struct conf *c, bool starttls)
{
    struct ends_conf *ends = &c->ends;

    if (starttls)
        c->end_layers[ends->nlayers++] = (struct net_layer){.make = starttls_layer, .conf = &c->tls.asks};
    if (c->tls.made_end != NULL)
        c->end_layers[ends->nlayers++] = (struct net_layer){.make = tls_make, .conf = c->tls.made_end};
    if (c->websocket.made_end != NULL)
        c->end_layers[ends->nlayers++] = (struct net_layer){.make = websocket_make,
                                                            .conf = c->websocket.made_end};
    ends->layers = c->end_layers;
    ends->dressed = ends->nlayers > 0 ? &c->join.end : NULL;
}

int conf_derive_layers(struct conf *c, uint64_t traits, struct err *e)
{
    const struct end_kind *end = c->join.end.kind;
    const bool plain_first = (traits & TRAIT_STARTTLS) != 0;
    const bool end_plain_first = plain_first && (traits & (TRAIT_LISTEN | TRAIT_END)) != 0;
    const struct tls_wanted wanted = {.own = (traits & TRAIT_TLS) != 0,
                                      .end = end != NULL && end->tls,
                                      .datagram = (traits & TRAIT_DGRAM) != 0,
                                      .end_datagram = end != NULL && end->type == SOCK_DGRAM,
                                      .listens = (traits & TRAIT_LISTEN) != 0,
                                      .set = (traits & TRAIT_TLS_SET) != 0 && !proxies_have_tls(&c->proxies),
                                      .late = c->service == &service_prompt && (traits & TRAIT_LISTEN) == 0,
                                      .quiet = c->dialect != dialect_row(0)};

    if (end_plain_first && !(wanted.end && !end->websocket))
        return err_set(e, STATUS_LOCAL,
                       "--starttls is for who connects: here --to tls:HOST:PORT is missing for it");
    c->tls.given.segment = c->net.segment;
    c->tls.given.hasty = (traits & TRAIT_SHUTDOWN) != 0 || c->bridge.send_only || c->bridge.quit_after == 0;
    if (tls_sides_make(&c->tls, &wanted, e) < 0 ||
        proxies_conf_make_tls(&c->proxies, &c->tls.given, !wanted.own && !wanted.end, e) < 0)
        return -1;
    if (plain_first && !end_plain_first)
        conf_add_layer(c, starttls_layer, &c->tls.asks);
    if (wanted.own)
        conf_add_layer(c, tls_make, c->tls.made_own);
    derive_telnet(c, traits);
    if (conf_derive_websocket(c, traits, e) < 0)
        return -1;
    if (c->websocket.made_own != NULL)
        conf_add_layer(c, websocket_make, c->websocket.made_own);
    derive_end_layers(c, end_plain_first);
    return 0;
}
