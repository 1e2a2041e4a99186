/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "app/conf.h"
#include "app/mode.h"

/* Who passes messages on, and does not write them. */
#define PASSES (TRAIT_JOIN | TRAIT_ECHO | TRAIT_BROKER | TRAIT_CHAT)

void conf_cut_websocket(struct conf *c, uint64_t traits)
{
    if ((traits & TRAIT_WEBSOCKET) == 0 || (traits & PASSES) != 0 || c->websocket.binary)
        return;
    c->line = true;
    c->bridge.out.crlf = false; /* what ends a line is not sent */
}

/* What becomes of the messages that our connections are sent. */
static enum websocket_kind kind_of(const struct conf *c, uint64_t traits)
{
    const struct end_kind *end = c->join.end.kind;

    if (c->websocket.binary)
        return WEBSOCKET_BINARY;
    if (end != NULL)
        return end->websocket || (end->type != 0 && end->type != SOCK_STREAM) ? WEBSOCKET_TEXT
                                                                              : WEBSOCKET_BINARY;
    return (traits & (TRAIT_BROKER | TRAIT_ECHO)) != 0 ? WEBSOCKET_TEXT : WEBSOCKET_LINES;
}

static int check(const struct websocket_sides *s, struct err *e)
{
    const char *wrong = s->path != NULL ? websocket_bad_path(s->path) : NULL;

    if (wrong != NULL)
        return err_set(e, STATUS_LOCAL, "--websocket=%.128s: %s", s->path, wrong);
    wrong = s->protocol != NULL ? websocket_bad_protocol(s->protocol) : NULL;
    if (wrong != NULL)
        return err_set(e, STATUS_LOCAL, "--ws-protocol %.128s: %s", s->protocol, wrong);
    if (s->origin != NULL && s->origin[strcspn(s->origin, "\r\n")] != '\0')
        return err_set(e, STATUS_LOCAL, "--ws-origin: it has more than one line");
    for (size_t i = 0; i < s->fields.n; i++) {
        wrong = websocket_bad_field(s->fields.list[i]);
        if (wrong != NULL)
            return err_set(e, STATUS_LOCAL, "--ws-header '%.64s': %s", s->fields.list[i], wrong);
    }
    return 0;
}

/* Where a listener has it and its peers' ends as well, whom to take is the listener's, and what to say the ends'. */
static void part_sides(struct conf *c, uint64_t traits, bool own, bool end)
{
    struct websocket_sides *s = &c->websocket;
    const bool both = own && end;

    s->own.terms = s->end.terms = (struct websocket_terms){
        .protocol = s->protocol, .origin = s->origin, .fields = s->fields.list, .nfields = s->fields.n};
    s->own.terms.path = c->address.end.path != NULL ? c->address.end.path : s->path;
    s->end.terms.path = c->join.end.path;
    if (both) {
        s->own.terms.nfields = 0;
        s->end.terms.origin = NULL;
    }
    s->own.secure = (traits & TRAIT_TLS) != 0;
    s->end.secure = end && c->join.end.kind->tls;
    s->end.hasty = c->tls.given.hasty;
    s->own.hasty = s->end.hasty || (traits & (TRAIT_LISTEN | TRAIT_JOIN)) == (TRAIT_LISTEN | TRAIT_JOIN);
    s->own.longest = s->longest > 0 ? s->longest : (traits & TRAIT_BROKER) != 0 ? LAYER_MAX : 0;
    s->end.longest = s->longest;
    s->own.kind = kind_of(c, traits);
    s->end.kind = own && !s->binary ? WEBSOCKET_TEXT : WEBSOCKET_BINARY;
}

int conf_derive_websocket(struct conf *c, uint64_t traits, struct err *e)
{
    struct websocket_sides *s = &c->websocket;
    const bool own = (traits & TRAIT_WEBSOCKET) != 0;
    const bool end = c->join.end.kind != NULL && c->join.end.kind->websocket;

    if (!own && !end)
        return (traits & TRAIT_WEBSOCKET_SET) == 0
                   ? 0
                   : err_set(e, STATUS_LOCAL,
                             "nothing here speaks WebSocket: --websocket, or ws://, is missing");
    if (check(s, e) < 0)
        return -1;
    if (own) /* who shows what comes knows where a message ends */
        c->bridge.in.ends_line = c->line && c->service != &service_prompt && !console_conf_shows(&c->console);
    part_sides(c, traits, own, end);
    if (own && (s->made_own = websocket_new(&s->own, e)) == NULL)
        return -1;
    if (end && (s->made_end = websocket_new(&s->end, e)) == NULL)
        return -1;
    return 0;
}

void conf_clear_websocket(struct conf *c)
{
    struct websocket_sides *s = &c->websocket;

    websocket_free(s->made_own);
    websocket_free(s->made_end);
    free(s->fields.list);
}
