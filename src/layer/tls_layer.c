/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The layer: the library reads from a block and writes into a ring (half of its BIO pair), so it never waits for a descriptor
 * itself. A connection has a block only while there is something in it. A record is begun only where a whole one has room: a
 * write never stands half way.
 */
#ifdef USE_OPENSSL

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/below.h"
#include "io/link.h"
#include "io/port.h"
#include "layer/tls_parts.h"

enum {
    DATA = 16384,             /* bytes of a record */
    RECORD = DATA + 1024,     /* with all that stands around it, and a key update before it */
    RING = 4 * RECORD + 1024, /* no whole pages: see mem_pages() */
    READ = TLS_BLOCK - 1024,  /* neither: places in pages are to be others each time */
    NOTHING = 1,              /* bytes of the other half of the pair, which is not used */
    MUCH = 2 * DATA,          /* bytes of a read or write that promise more of their kind */
    TURN = 256,               /* records: then the others have theirs */
    EMPTY = 16,               /* as many as one without data counts for: new keys are work */
    FILLS = 2,                /* as much as comes of a handshake */
    MOMENT = 1000, /* ms of silence before a client ends its direction: some servers drop their answer then */
};

static struct tls_layer *layer_of(struct layer *l)
{
    return container_of(l, struct tls_layer, layer);
}

static const struct tls_lib *lib_of(const struct tls_layer *x)
{
    return &x->tls->lib;
}

/* Bytes that are to be written below. */
static size_t out_size(const struct tls_layer *x)
{
    return x->bye_said ? x->bye_left : lib_of(x)->BIO_ctrl_pending(x->net);
}

static bool has_room(const struct tls_layer *x)
{
    return lib_of(x)->BIO_ctrl_get_write_guarantee(x->own) >= RECORD;
}

/* Behind our end nothing may stand, and the other side may not read it and so reset the connection; but the library would
 * still answer to new keys. */
static void drop_output(struct tls_layer *x)
{
    const struct tls_lib *o = lib_of(x);
    char *data;
    int n;

    while ((n = o->BIO_nread0(x->net, &data)) > 0)
        o->BIO_nread(x->net, &data, n);
}

/* Nobody takes what we say any more; but what was said to us may still be there. */
static int be_unheard(struct tls_layer *x)
{
    x->unheard = true;
    x->bye_left = 0;
    drop_output(x);
    return IO_ERROR;
}

/* Writes below what is there to be written. Returns 0 when it all went, IO_AGAIN or IO_ERROR. */
static int flush(struct tls_layer *x)
{
    const struct tls_lib *o = lib_of(x);
    size_t left;
    char *data;

    if (x->unheard)
        return be_unheard(x);
    while ((left = out_size(x)) > 0) {
        const size_t whole = (size_t)o->BIO_nread0(x->net, &data);
        const ssize_t sent = layer_write(x->layer.lower, data, whole < left ? whole : left, NULL);

        if (sent == IO_ERROR)
            return be_unheard(x);
        if (sent < 0)
            return (int)sent;
        o->BIO_nread(x->net, &data, (int)sent);
        x->bye_left -= x->bye_said ? (size_t)sent : 0;
        x->said += x->spoke ? 0 : (size_t)sent;
    }
    if (x->bye_said)
        drop_output(x);
    return 0;
}

static size_t in_size(const struct tls_layer *x)
{
    return lib_of(x)->BIO_ctrl_pending(x->in);
}

/* The block, once all of it was read. */
static void give_block_back(struct tls_layer *x)
{
    if (in_size(x) > 0)
        return;
    pool_put(&x->tls->blocks, x->came.data);
    x->came.data = NULL;
}

/* Reads below, when all that came before is used up. Returns a count or IO_*. */
static ssize_t fill(struct tls_layer *x)
{
    ssize_t n = IO_EOF;

    if (x->came.data == NULL)
        x->came.data = pool_get(&x->tls->blocks);
    if (!x->ended)
        n = layer_read(x->layer.lower, x->came.data, READ, NULL);
    x->ended = n == IO_EOF;
    x->more = n == READ;
    if (n <= 0) {
        give_block_back(x);
        return n;
    }
    x->dry = false;
    for (ssize_t i = 0; i < n && x->nfirst < TLS_FIRST; i++)
        x->first[x->nfirst++] = (unsigned char)x->came.data[i];
    x->came.length = x->came.max = (size_t)n;
    lib_of(x)->BIO_ctrl(x->in, BIO_C_SET_BUF_MEM, BIO_NOCLOSE, &x->came);
    return n;
}

static int fail(struct tls_layer *x)
{
    const char *proxy = x->tls->conf->proxy;

    return layer_fail_words(&x->layer, "%s%s%s", proxy != NULL ? proxy : "", proxy != NULL ? ": " : "",
                            x->why);
}

/* Somebody may have cut it off. */
static ssize_t end_of_connection(struct tls_layer *x)
{
    if (x->tls->conf->lenient) {
        x->bye_heard = true;
        return IO_EOF;
    }
    x->failed = true;
    snprintf(x->why, sizeof x->why,
             "the connection was cut off: it ended without the end that TLS has (close_notify)");
    return IO_ERROR;
}

/* There may be more at once, but whoever sends that without end is not to be the only one that is served. */
static int others_first(struct tls_layer *x)
{
    port_event_soon(x->layer.port, LOOP_IN | LOOP_OUT);
    return IO_AGAIN;
}

/* What the library waits for after it returned `n`. It stops behind each record without data, also where the next has come.
 * Returns above 0 to ask it again, or IO_*. */
static ssize_t go_on(struct tls_layer *x, int n)
{
    const struct tls_lib *o = lib_of(x);
    ssize_t got;
    int r;

    switch (o->SSL_get_error(x->ssl, n)) {
    case SSL_ERROR_WANT_READ:
        flush(x);
        got = in_size(x) > 0 ? 1 : fill(x);
        return got == IO_AGAIN && x->unheard && !x->shaken ? IO_ERROR : got;
    case SSL_ERROR_WANT_WRITE:
        r = flush(x);
        x->read_waits = r == IO_AGAIN; /* a write has room for what it says */
        return r == 0 || (r == IO_ERROR && x->shaken) ? 1 : r;
    case SSL_ERROR_ZERO_RETURN:
        x->bye_heard = true;
        return IO_EOF;
    default:
        x->failed = true;
        tls_explain(x);
        flush(x); /* the other side is told, if it listens */
        return IO_ERROR;
    }
}

/* As go_on(), in a handshake, where all that came is read at once. */
static ssize_t shake_on(struct tls_layer *x, int n, int *times)
{
    const ssize_t r = go_on(x, n);

    return r > 0 && ++*times >= FILLS ? others_first(x) : r;
}

static int shake_tls(struct layer *l)
{
    struct tls_layer *x = layer_of(l);
    int n, times = 0;
    ssize_t r;

    if (x->failed)
        return fail(x);
    while ((n = lib_of(x)->SSL_do_handshake(x->ssl)) != 1) {
        r = shake_on(x, n, &times);
        if (r == IO_ERROR && x->failed)
            return fail(x);
        if (r == 0 || r == IO_AGAIN || r == IO_ERROR || r == IO_EOF)
            return r == 0 ? IO_AGAIN : (int)r;
    }
    give_block_back(x);
    lib_of(x)->ERR_clear_error();
    loop_timer_clear(&x->limit);
    if (!tls_shaken(x)) {
        x->failed = true;
        return fail(x);
    }
    return flush(x) == IO_ERROR ? IO_ERROR : 0;
}

/* A read has taken what stood before the rest of a handshake, or has finished it. */
static void wake_writer(struct tls_layer *x)
{
    if (x->write_waits == TLS_GOES_ON)
        return;
    x->write_waits = TLS_GOES_ON;
    port_event_soon(x->layer.port, LOOP_OUT);
}

static void note_activity(struct tls_layer *x)
{
    x->active = loop_now(x->layer.port->loop);
}

/* Why a read gets no more. */
static ssize_t stop_reading(struct tls_layer *x, ssize_t r)
{
    if (r == IO_AGAIN)
        x->dry = true;
    if (r == IO_EOF && !x->bye_heard)
        r = end_of_connection(x);
    return r;
}

/* In the midst of much data the library keeps its buffers, which it gives back after each record otherwise. */
static void keep_buffers(struct tls_layer *x, bool much)
{
    if (x->keeps == much)
        return;
    x->keeps = much;
    lib_of(x)->SSL_ctrl(x->ssl, much ? SSL_CTRL_CLEAR_MODE : SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
}

static ssize_t read_tls(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct tls_layer *x = layer_of(l);
    const struct tls_lib *o = lib_of(x);
    size_t got = 0;
    ssize_t r = 1;
    int turn = TURN;

    (void)meta;
    while (turn > 0 && r > 0 && got < size && !x->failed && !x->bye_heard) {
        size_t room = size - got < INT_MAX ? size - got : INT_MAX;
        int n = o->SSL_read(x->ssl, (char *)data + got, (int)room);

        turn -= n > 0 ? 1 : EMPTY;
        if (n > 0)
            got += (size_t)n;
        else if (got > 0 && !x->more && o->SSL_get_error(x->ssl, n) == SSL_ERROR_WANT_READ)
            break; /* there is no more below, most likely */
        else
            r = go_on(x, n);
    }
    give_block_back(x);
    if (r > 0 && got == 0)
        r = others_first(x);
    if (r <= 0)
        r = stop_reading(x, r);
    if (got > 0 || r != IO_AGAIN || !o->SSL_in_init(x->ssl))
        wake_writer(x);
    if (x->bye_heard && x->bye_waits)
        port_event_soon(l->port, LOOP_OUT);
    if (got > 0) {
        keep_buffers(x, got >= MUCH);
        note_activity(x);
        return (ssize_t)got;
    }
    x->end_told = x->failed || x->bye_heard;
    if (x->failed)
        return fail(x);
    return x->bye_heard ? IO_EOF : r;
}

/* A write has read what came, of which no descriptor tells any more. */
static void wake_reader(struct tls_layer *x)
{
    x->dry = false;
    if (x->failed || x->bye_heard || lib_of(x)->SSL_pending(x->ssl) > 0 || in_size(x) > 0)
        port_event_soon(x->layer.port, LOOP_IN);
}

/* The other side began a handshake anew (TLS 1.2). A write in the middle of it would fail on bytes that come between, so it
 * waits while reads go on with it. Returns 0 when it is over. */
static int finish_handshake(struct tls_layer *x)
{
    const struct tls_lib *o = lib_of(x);
    int times = 0;
    char byte;

    while (o->SSL_in_init(x->ssl)) {
        int n = o->SSL_peek(x->ssl, &byte, 1);
        ssize_t r = n > 0 ? IO_AGAIN : shake_on(x, n, &times);

        if (r > 0 || (r == IO_AGAIN && !o->SSL_in_init(x->ssl)))
            continue; /* it may be over though nothing more came */
        if (r == IO_EOF && !x->bye_heard)
            end_of_connection(x);
        x->write_waits = n > 0 ? TLS_FOR_READER : TLS_FOR_PEER;
        wake_reader(x);
        if (x->bye_heard)
            return layer_fail_words(&x->layer, "the other side ended in the middle of a new handshake");
        if (x->failed)
            return fail(x);
        return r == IO_ERROR ? IO_ERROR : IO_AGAIN;
    }
    x->write_waits = TLS_GOES_ON;
    wake_reader(x);
    return 0;
}

/* New keys (TLS 1.3) are told before anything else, and need no answer: also to who has ended and says no more. Returns 0
 * when they are. */
static int tell_keys(struct tls_layer *x)
{
    const struct tls_lib *o = lib_of(x);

    while (o->SSL_in_init(x->ssl)) {
        const int n = o->SSL_do_handshake(x->ssl);
        const ssize_t r = n == 1 ? 1 : go_on(x, n);

        if (r <= 0)
            return x->failed ? fail(x) : r == IO_ERROR ? IO_ERROR : IO_AGAIN;
    }
    return 0;
}

static int get_ready(struct tls_layer *x)
{
    const struct tls_lib *o = lib_of(x);

    if (!o->SSL_in_init(x->ssl))
        return 0;
    return x->bye_heard && strcmp(o->SSL_get_version(x->ssl), "TLSv1.3") == 0 ? tell_keys(x)
                                                                              : finish_handshake(x);
}

/* Room for a record, and nothing in its way. Returns 0, IO_AGAIN or IO_ERROR. */
static int make_ready(struct tls_layer *x)
{
    if (!has_room(x)) {
        int r = flush(x);

        if (r < 0 && (r == IO_ERROR || !has_room(x)))
            return r;
    }
    return get_ready(x);
}

static ssize_t write_tls(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct tls_layer *x = layer_of(l);
    size_t put = 0;
    int r = 0;

    (void)meta;
    keep_buffers(x, size >= MUCH);
    while (put < size && (r = make_ready(x)) == 0) {
        size_t part = size - put < DATA ? size - put : DATA;
        int n = lib_of(x)->SSL_write(x->ssl, (const char *)data + put, (int)part);

        if (n <= 0) {
            ssize_t waits = go_on(x, n);

            wake_reader(x);
            r = x->failed ? fail(x) : waits == IO_ERROR ? IO_ERROR : IO_AGAIN;
            break;
        }
        put += (size_t)n;
    }
    if (r != IO_ERROR && flush(x) == IO_ERROR)
        r = IO_ERROR;
    if (put > 0) {
        x->spoke = true;
        note_activity(x);
    }
    return r == IO_ERROR || put == 0 ? r : (ssize_t)put;
}

static void silence_over(struct timer *t)
{
    layer_event(&container_of(t, struct tls_layer, silence)->layer, LOOP_OUT);
}

/* Its answer is not taken here, or it has not got all that it is to answer. */
static bool must_be_silent(const struct tls_layer *x)
{
    const struct port *p = x->layer.port;

    return (p->reader != NULL && link_is_held_up(p->reader)) || out_size(x) > 0 || below_unsent(p) > 0;
}

/* A client's end waits until the server has been silent for a moment, or has ended. */
static bool must_wait(struct tls_layer *x)
{
    const struct port *p = x->layer.port;
    int64_t left;

    if (must_be_silent(x))
        note_activity(x);
    left = x->active + MOMENT - loop_now(p->loop);
    x->bye_waits = x->client && !x->tls->conf->hasty && !p->closing && !x->bye_heard && left > 0;
    if (x->bye_waits)
        loop_timer_set(p->loop, &x->silence, left);
    else
        loop_timer_clear(&x->silence);
    return x->bye_waits;
}

/* Says that no more comes from us; nothing in the middle of a handshake that the other side has left. Returns 0, IO_AGAIN or
 * IO_ERROR. */
static int say_bye(struct tls_layer *x)
{
    const bool left = x->bye_heard && lib_of(x)->SSL_in_init(x->ssl);
    int r = must_wait(x) ? IO_AGAIN : left ? 0 : make_ready(x);
    size_t before;

    if (r < 0)
        return r;
    before = out_size(x);
    if (!left)
        lib_of(x)->SSL_shutdown(x->ssl);
    x->bye_size = out_size(x) - before;
    x->bye_left = out_size(x);
    x->bye_said = true;
    lib_of(x)->ERR_clear_error();
    return 0;
}

/* The connection below ends with its other direction: some servers take half of an end for the whole. */
static int shut_tls(struct layer *l)
{
    struct tls_layer *x = layer_of(l);
    int r;

    if (!x->bye_said && !x->failed) {
        r = say_bye(x);
        if (r < 0)
            return r;
    }
    r = flush(x);
    if (r < 0)
        return r;
    return l->port->closing || x->bye_heard ? layer_shut(l->lower) : 0;
}

/* Where nobody's data went, what the library itself said is not missed either: the last of a handshake, tickets. */
static size_t farewell_tls(const struct layer *l)
{
    const struct tls_layer *x = container_of(l, const struct tls_layer, layer);

    return x->spoke ? x->bye_size : x->said;
}

static size_t pending_tls(const struct layer *l)
{
    const struct tls_layer *x = container_of(l, const struct tls_layer, layer);
    const struct tls_lib *o = lib_of(x);

    if (x->bye_heard || x->failed)
        return x->end_told ? 0 : 1; /* the end itself, of which no descriptor tells */
    if (x->dry)
        return 0;
    return (size_t)o->SSL_pending(x->ssl) + in_size(x) + layer_pending(l->lower);
}

static size_t held_tls(const struct layer *l)
{
    const struct tls_layer *x = container_of(l, const struct tls_layer, layer);

    return out_size(x) + 1; /* it is never taken off: the other side would not know */
}

static unsigned want_tls(struct layer *l, unsigned wanted)
{
    const struct tls_layer *x = layer_of(l);
    unsigned below = wanted & (unsigned)LOOP_HUP;

    if (l->shaking || (wanted & LOOP_IN && !x->read_waits))
        below |= LOOP_IN;
    if (wanted & LOOP_OUT && x->write_waits == TLS_FOR_PEER)
        below |= LOOP_IN;
    else if (wanted & LOOP_OUT && x->write_waits == TLS_GOES_ON && !x->bye_waits)
        below |= LOOP_OUT;
    return out_size(x) > 0 ? below | LOOP_OUT : below;
}

static unsigned event_tls(struct layer *l, unsigned events)
{
    struct tls_layer *x = layer_of(l);

    if (l->shaking)
        return events;
    if (events & LOOP_IN) {
        x->dry = false;
        if (x->write_waits == TLS_FOR_PEER)
            events |= LOOP_OUT;
    }
    if (events & LOOP_OUT && out_size(x) > 0) {
        if (flush(x) == IO_AGAIN && !has_room(x))
            events &= ~(unsigned)LOOP_OUT;
        layer_touch(l);
    }
    if (x->read_waits && has_room(x)) {
        x->read_waits = false;
        events |= LOOP_IN;
    }
    return events;
}

static void free_tls(struct layer *l)
{
    struct tls_layer *x = layer_of(l);
    const struct tls_lib *o = lib_of(x);

    loop_timer_clear(&x->silence);
    loop_timer_clear(&x->limit);
    tls_session_save(x);
    o->SSL_free(x->ssl); /* and its end of the pair */
    o->BIO_free(x->net);
    pool_put(&x->tls->blocks, x->came.data);
    free(x->name);
    free(x);
}

static const struct layer_ops ops = {
    .name = "TLS",
    .read = read_tls,
    .write = write_tls,
    .pending = pending_tls,
    .held = held_tls,
    .handshake = shake_tls,
    .shut = shut_tls,
    .farewell = farewell_tls,
    .want = want_tls,
    .event = event_tls,
    .tell = tls_tell,
    .free = free_tls,
};

static void handshake_late(struct timer *t)
{
    struct tls_layer *x = container_of(t, struct tls_layer, limit);

    x->failed = true;
    snprintf(x->why, sizeof x->why, "the handshake of TLS was not done in time");
    layer_event(&x->layer, LOOP_IN | LOOP_OUT);
}

void tls_limit(struct layer *l, int64_t ms)
{
    loop_timer_set(l->port->loop, &layer_of(l)->limit, ms);
}

/* Whom the certificate is to be for: the name is sent as well, an address is not. Returns 0, or -1 with `e`. */
static int name_server(struct tls_layer *x, struct err *e)
{
    const struct tls_lib *o = lib_of(x);
    X509_VERIFY_PARAM *param = o->SSL_get0_param(x->ssl);
    const struct tls_conf *c = x->tls->conf;
    const bool verifies = !c->insecure && !c->nameless && (!x->tls->pinned || c->pin_too);

    if (x->name == NULL && verifies)
        return err_set(e, STATUS_LOCAL,
                       "TLS: whose certificate it is to be is not known: give --ssl-servername NAME");
    if (x->name == NULL)
        return 0;
    if (o->X509_VERIFY_PARAM_set1_ip_asc(param, x->name) == 1) {
        if (c->nameless || c->old_names) /* which is looked at later */
            o->X509_VERIFY_PARAM_set1_ip(param, NULL, 0);
        return 0;
    }
    o->X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if ((!c->nameless && o->X509_VERIFY_PARAM_set1_host(param, x->name, 0) != 1) ||
        o->SSL_ctrl(x->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, x->name) != 1)
        return err_set(e, STATUS_LOCAL, "TLS: '%.128s' is no name that a server can have", x->name);
    return 0;
}

/* "localhost." is localhost, and the interface of an address is no part of what it is. */
static char *plain_name(const char *name)
{
    size_t n = strcspn(name, "%");

    return mem_strndup(name, n > 1 && name[n - 1] == '.' ? n - 1 : n);
}

int tls_prepare(struct tls_layer *x, const char *host, struct err *e)
{
    struct tls *t = x->tls;
    const struct tls_lib *o = &t->lib;
    const char *name = t->conf->name != NULL ? t->conf->name : host;

    o->SSL_set_ex_data(x->ssl, 0, x);
    if (!x->client) {
        o->SSL_set_accept_state(x->ssl);
        return 0;
    }
    o->SSL_set_connect_state(x->ssl);
    x->name = name != NULL ? plain_name(name) : NULL;
    if (name_server(x, e) < 0)
        return -1;
    tls_session_load(x);
    return 0;
}

struct layer *tls_make(const void *tls, bool client, const char *host, uint16_t port, struct err *e)
{
    struct tls *t = (struct tls *)tls;
    struct tls_layer *x;

    (void)port;
    if (t->conf->datagram)
        return tls_datagram_make(t, client, host, e);
    x = mem_alloc(sizeof *x);
    x->tls = t;
    x->client = client;
    x->silence.fire = silence_over;
    x->limit.fire = handshake_late;
    x->ssl = t->lib.SSL_new(t->ctx);
    x->in = t->lib.BIO_new(t->lib.BIO_s_mem());
    if (x->ssl == NULL || x->in == NULL || t->lib.BIO_new_bio_pair(&x->own, RING, &x->net, NOTHING) != 1) {
        err_set(e, STATUS_LOCAL, "TLS: %s", tls_reason(t));
        t->lib.SSL_free(x->ssl);
        t->lib.BIO_free(x->in);
        free(x);
        return NULL;
    }
    t->lib.SSL_set_bio(x->ssl, x->in, x->own);
    if (tls_prepare(x, host, e) < 0) {
        free_tls(&x->layer);
        return NULL;
    }
    layer_init(&x->layer, &ops, IO_STREAM | IO_HALFCLOSE);
    return &x->layer;
}

bool tls_is_to_proxy(const struct layer *l)
{
    return l->ops == &ops && container_of(l, const struct tls_layer, layer)->tls->conf->proxy != NULL;
}

#endif
