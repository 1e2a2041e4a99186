/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DTLS: the layer on datagrams. Each message is a record, and each record of data a datagram. The library reads from one piece
 * of memory, which holds one datagram at a time, and writes into another, of which datagrams are cut record by record.
 *
 * What does not come from the peer is dropped by the library, once there are keys. Before, an alert may be anybody's: it is
 * believed when the handshake gets no further in a while.
 */
#ifdef USE_OPENSSL

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/port.h"
#include "layer/tls_parts.h"
#include "proto/dtls_hello.h"

enum {
    RECORD = 16384,         /* bytes of data that one holds at most */
    LONGEST = RECORD + 512, /* bytes of a datagram that we make */
    ROOM = 64 * 1024,       /* of one that comes */
    ALERT = DTLS_RECORD_HEAD + 2,
    ETHERNET = 1500 - 28, /* bytes of a handshake's datagrams at most: there the path may not be known yet */
    NARROW = 576 - 48,    /* the same, where they do not seem to arrive */
    LOSSES = 2,           /* in a row after which they do not */
    DOUBT =
        900, /* ms until an alert in the clear is believed: an answer should be here, and ours are not repeated yet */
    READS = 64, /* datagrams without data before others have their turn */
};

struct dtls_layer {
    struct tls_layer tls;
    BIO *in, *out;
    size_t fit;  /* bytes of a datagram of the handshake */
    size_t most; /* bytes of a message; known once the handshake is done */
    unsigned losses;
    unsigned char *held; /* a datagram for which there is no room below; NULL: none */
    size_t nheld;
    bool listens;       /* for the client's hello */
    struct timer again; /* what may be lost is sent once more */
    struct timer doubt;
    unsigned char alert[ALERT]; /* while in doubt */
    OSSL_HANDSHAKE_STATE doubted;
};

static struct dtls_layer *layer_of(struct layer *l)
{
    return container_of(container_of(l, struct tls_layer, layer), struct dtls_layer, tls);
}

static const struct dtls_layer *const_of(const struct layer *l)
{
    return container_of(container_of(l, const struct tls_layer, layer), const struct dtls_layer, tls);
}

static const struct tls_lib *lib_of(const struct dtls_layer *x)
{
    return &x->tls.tls->lib;
}

/* Down */

/* Bytes of the next datagram that is to be sent. Records of a handshake share one. */
static size_t next_size(const struct dtls_layer *x)
{
    unsigned char *all;
    const size_t left = (size_t)lib_of(x)->BIO_ctrl(x->out, BIO_CTRL_INFO, 0, &all);
    size_t n = 0, next;

    while ((next = dtls_record_size(all + n, left - n)) > 0 &&
           (n == 0 || (all[0] != DTLS_DATA && all[n] != DTLS_DATA && n + next <= x->fit)))
        n += next;
    return n;
}

static int send_held(struct dtls_layer *x)
{
    ssize_t r;

    if (x->held == NULL)
        return 0;
    r = layer_write(x->tls.layer.lower, x->held, x->nheld, NULL);
    if (r == IO_AGAIN)
        return IO_AGAIN;
    free(x->held);
    x->held = NULL;
    return r < 0 ? IO_ERROR : 0;
}

/* Sends what the library has to say. Returns 0, IO_AGAIN or IO_ERROR. */
static int flush(struct dtls_layer *x)
{
    unsigned char datagram[LONGEST];
    int r = send_held(x);
    size_t n;

    while (r == 0 && (n = next_size(x)) > 0) {
        ssize_t sent;

        lib_of(x)->BIO_read(x->out, datagram, (int)n);
        sent = layer_write(x->tls.layer.lower, datagram, n, NULL);
        if (sent == IO_AGAIN) {
            x->held = mem_alloc(n);
            x->nheld = n;
            memcpy(x->held, datagram, n);
        }
        r = sent < 0 ? (int)sent : 0;
    }
    return r;
}

static int fail(struct dtls_layer *x)
{
    return layer_fail_words(&x->tls.layer, "%s", x->tls.why);
}

/* The library has given up. The other side is told, if it listens. */
static int fail_of_library(struct dtls_layer *x)
{
    x->tls.failed = true;
    tls_explain(&x->tls);
    flush(x);
    return fail(x);
}

/* Up */

static void begin_doubt(struct dtls_layer *x, const unsigned char *alert)
{
    if (loop_timer_pending(&x->doubt))
        return;
    memcpy(x->alert, alert, ALERT);
    x->doubted = lib_of(x)->SSL_get_state(x->tls.ssl);
    loop_timer_set(x->tls.layer.port->loop, &x->doubt, DOUBT);
}

static void doubt_over(struct timer *t)
{
    struct dtls_layer *x = container_of(t, struct dtls_layer, doubt);

    lib_of(x)->BIO_write(x->in, x->alert, ALERT);
    layer_event(&x->tls.layer, LOOP_IN);
}

/* The handshake goes on, so it was not the peer that ended it. */
static void end_doubt(struct dtls_layer *x)
{
    if (loop_timer_pending(&x->doubt) && lib_of(x)->SSL_get_state(x->tls.ssl) != x->doubted)
        loop_timer_clear(&x->doubt);
}

/* The least that a secret record can hold. On what is shorter the library gives up. */
static size_t least(const struct dtls_layer *x)
{
    enum { SHORT_MARK = 8, MARK = 16, COUNT = 8 };
    const struct tls_lib *o = lib_of(x);
    const SSL_CIPHER *cipher = o->SSL_get_current_cipher(x->tls.ssl);
    const char *name;

    if (cipher == NULL)
        cipher = o->SSL_get_pending_cipher(x->tls.ssl);
    name = cipher != NULL ? o->SSL_CIPHER_get_name(cipher) : "";
    if (strstr(name, "CCM8") != NULL)
        return COUNT + SHORT_MARK;
    return strstr(name, "GCM") != NULL || strstr(name, "CCM") != NULL ? COUNT + MARK : MARK;
}

/* Whether a record is one that no handshake needs, or that no peer sends: anybody may have, and the library would give up. */
static bool is_stray(struct dtls_layer *x, const unsigned char *record, size_t size)
{
    if (record[0] < DTLS_CHANGE || record[0] > DTLS_DATA)
        return true;
    switch (dtls_clear_type(record, size)) {
    case 0:
        return size < DTLS_RECORD_HEAD + least(x);
    case DTLS_HANDSHAKE:
        return false;
    case DTLS_CHANGE:
        return size != DTLS_RECORD_HEAD + 1 || record[DTLS_RECORD_HEAD] != 1;
    case DTLS_ALERT:
        if (!x->tls.shaken && size == ALERT)
            begin_doubt(x, record);
        return true;
    default:
        return true;
    }
}

/* Takes out what is not for the library. Returns the bytes that are left. */
static size_t sift(struct dtls_layer *x, unsigned char *data, size_t n)
{
    size_t kept = 0, size;

    for (const unsigned char *p = data; (size = dtls_record_size(p, n)) > 0; p += size, n -= size) {
        if (is_stray(x, p, size))
            continue;
        memmove(data + kept, p, size);
        kept += size;
    }
    return kept;
}

/* Takes a datagram. Returns 1 or IO_*. */
static int fill(struct dtls_layer *x)
{
    unsigned char datagram[ROOM];
    ssize_t n = layer_read(x->tls.layer.lower, datagram, sizeof datagram, NULL);
    size_t left;

    if (n < 0)
        return (int)n;
    x->tls.dry = false;
    left = sift(x, datagram, (size_t)n);
    if (left > 0)
        lib_of(x)->BIO_write(x->in, datagram, (int)left);
    return 1;
}

/* When the library wants to be asked for what was lost. */
static void set_alarm(struct dtls_layer *x)
{
    struct timeval tv;
    int64_t ms;

    if (lib_of(x)->SSL_ctrl(x->tls.ssl, DTLS_CTRL_GET_TIMEOUT, 0, &tv) != 1) {
        loop_timer_clear(&x->again);
        return;
    }
    ms = (int64_t)tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000;
    loop_timer_set(x->tls.layer.port->loop, &x->again, ms > 0 ? ms : 1);
}

static void send_again(struct timer *t)
{
    struct dtls_layer *x = container_of(t, struct dtls_layer, again);
    const struct tls_lib *o = lib_of(x);

    if (++x->losses == LOSSES && x->fit > NARROW) {
        x->fit = NARROW;
        o->SSL_ctrl(x->tls.ssl, SSL_CTRL_SET_MTU, NARROW, NULL);
    }
    o->ERR_clear_error();
    if (o->SSL_ctrl(x->tls.ssl, DTLS_CTRL_HANDLE_TIMEOUT, 0, NULL) < 0)
        fail_of_library(x);
    else
        flush(x);
    if (x->tls.layer.port->error == 0)
        set_alarm(x);
    layer_event(&x->tls.layer, LOOP_IN | LOOP_OUT);
}

/* The handshake */

/* How long messages may be. What is longer would be cut on its way, and be lost with any of its parts. */
static void measure(struct dtls_layer *x)
{
    const size_t path = layer_path(x->tls.layer.lower), longest = LONGEST;

    lib_of(x)->SSL_ctrl(x->tls.ssl, SSL_CTRL_SET_MTU, (long)(path < longest ? path : longest), NULL);
    x->most = lib_of(x)->DTLS_get_data_mtu(x->tls.ssl);
    if (x->most > RECORD)
        x->most = RECORD;
}

/* A client has come with its cookie, or it would not be here (net/cookies.h). Returns 1, or IO_*. */
static int take_hello(struct dtls_layer *x)
{
    const struct tls_lib *o = lib_of(x);
    int r = fill(x);
    BIO_ADDR *nobody;

    if (r < 0)
        return r;
    nobody = o->BIO_ADDR_new();
    r = nobody != NULL ? o->DTLSv1_listen(x->tls.ssl, nobody) : -1;
    o->BIO_ADDR_free(nobody);
    x->listens = false;
    if (r == 1)
        return 1;
    o->ERR_clear_error();
    return layer_fail_words(&x->tls.layer, "the peer does not speak DTLS as it should");
}

static int finish_shake(struct dtls_layer *x)
{
    loop_timer_clear(&x->doubt);
    set_alarm(x);
    lib_of(x)->ERR_clear_error();
    tls_shaken(&x->tls);
    measure(x);
    return flush(x) == IO_ERROR ? IO_ERROR : 0;
}

/* One step. Returns 0 when it is done, 1 to go on, or IO_*. */
static int shake_further(struct dtls_layer *x)
{
    const struct tls_lib *o = lib_of(x);
    int n;

    if (x->listens)
        return take_hello(x);
    o->ERR_clear_error();
    n = o->SSL_do_handshake(x->tls.ssl);
    if (n == 1)
        return finish_shake(x);
    if (o->SSL_get_error(x->tls.ssl, n) != SSL_ERROR_WANT_READ)
        return fail_of_library(x);
    end_doubt(x);
    return flush(x) == IO_ERROR ? IO_ERROR : fill(x);
}

static int shake_dtls(struct layer *l)
{
    struct dtls_layer *x = layer_of(l);
    int r = 1;

    for (int i = 0; i < READS && r > 0; i++)
        r = shake_further(x);
    if (r > 0)
        port_event_soon(l->port, 0);
    if (r > 0 || r == IO_AGAIN)
        set_alarm(x);
    return r > 0 ? IO_AGAIN : r;
}

/* Messages */

/* What the library waits for when it has no data. Returns 1 to ask it again, or IO_*. */
static int go_on(struct dtls_layer *x, int n)
{
    int r;

    switch (lib_of(x)->SSL_get_error(x->tls.ssl, n)) {
    case SSL_ERROR_WANT_READ:
        if (flush(x) == IO_ERROR) /* the end of our handshake was lost, and is wanted again */
            return IO_ERROR;
        r = fill(x);
        x->tls.dry = r == IO_AGAIN;
        return r;
    case SSL_ERROR_ZERO_RETURN:
        x->tls.bye_heard = true;
        return IO_EOF;
    default:
        return fail_of_library(x);
    }
}

static ssize_t read_dtls(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct dtls_layer *x = layer_of(l);
    const struct tls_lib *o = lib_of(x);
    int r = x->tls.failed ? IO_ERROR : x->tls.bye_heard ? IO_EOF : 1;

    if (meta != NULL)
        *meta = (struct meta){0};
    for (int i = 0; i < READS && r > 0; i++) {
        int n;

        o->ERR_clear_error();
        n = o->SSL_read(x->tls.ssl, data, size < ROOM ? (int)size : ROOM);
        if (n > 0)
            return n;
        r = go_on(x, n);
    }
    x->tls.end_told = r == IO_EOF || r == IO_ERROR;
    if (r > 0)
        port_event_soon(l->port, LOOP_IN);
    return r > 0 ? IO_AGAIN : r;
}

/* It is told, and the connection goes on. */
static ssize_t lose(struct dtls_layer *x, size_t size)
{
    x->tls.layer.port->lost = true;
    log_error("%zu bytes were not sent: too long for a datagram of DTLS, which has room for %zu here (try "
              "--datagram-size)",
              size, x->most);
    return (ssize_t)size;
}

/* What had no room below goes before the next one. */
static ssize_t write_record(struct dtls_layer *x, const void *data, size_t size)
{
    const struct tls_lib *o = lib_of(x);
    int r = flush(x), n;

    if (r < 0)
        return r;
    o->ERR_clear_error();
    n = o->SSL_write(x->tls.ssl, data, (int)size);
    if (n <= 0)
        return fail_of_library(x);
    return flush(x) == IO_ERROR ? IO_ERROR : (ssize_t)size;
}

static size_t max_dtls(const struct layer *l)
{
    const struct dtls_layer *x = const_of(l);
    const size_t segment = x->tls.tls->conf->segment;

    return segment > 0 && segment < x->most ? segment : x->most;
}

static ssize_t write_dtls(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct dtls_layer *x = layer_of(l);
    const size_t max = max_dtls(l);
    size_t done = 0;

    (void)meta;
    if (size == 0) {
        log_info("DTLS has no empty datagrams: one was not sent");
        return 0;
    }
    if (size > max && x->tls.tls->conf->segment == 0)
        return lose(x, size);
    while (done < size) {
        const size_t part = size - done < max ? size - done : max;
        const ssize_t r = write_record(x, (const char *)data + done, part);

        if (r < 0)
            return r == IO_AGAIN && done > 0 ? (ssize_t)done : r;
        done += part;
    }
    return (ssize_t)done;
}

/* close_notify ends both directions, so it is said at the very end. */
static int shut_dtls(struct layer *l)
{
    struct dtls_layer *x = layer_of(l);

    int r = flush(x);

    if (r == 0 && l->port->closing && x->tls.shaken && !x->tls.failed && !x->tls.bye_said) {
        x->tls.bye_said = true;
        lib_of(x)->SSL_shutdown(x->tls.ssl);
        lib_of(x)->ERR_clear_error();
        r = flush(x);
    }
    return r == 0 ? layer_shut(l->lower) : r;
}

/* A farewell that does not go out is missed by nobody. */
static uint64_t unsent_dtls(const struct layer *l)
{
    const struct dtls_layer *x = const_of(l);

    return x->tls.bye_said || x->held == NULL ? 0 : x->nheld;
}

static size_t longest_dtls(const struct layer *l)
{
    (void)l;
    return RECORD;
}

static size_t pending_dtls(const struct layer *l)
{
    const struct dtls_layer *x = const_of(l);

    if (x->tls.bye_heard || x->tls.failed)
        return x->tls.end_told ? 0 : 1; /* the end itself, of which no descriptor tells */
    if (x->tls.dry)
        return 0;
    return (size_t)lib_of(x)->SSL_has_pending(x->tls.ssl) + lib_of(x)->BIO_ctrl_pending(x->in) +
           layer_pending(l->lower);
}

static size_t held_dtls(const struct layer *l)
{
    return 1 + const_of(l)->nheld; /* it is never taken off: the other side would not know */
}

static unsigned want_dtls(struct layer *l, unsigned wanted)
{
    const struct dtls_layer *x = layer_of(l);

    if (l->shaking)
        wanted |= LOOP_IN;
    return x->held != NULL ? wanted | LOOP_OUT : wanted;
}

static unsigned event_dtls(struct layer *l, unsigned events)
{
    struct dtls_layer *x = layer_of(l);

    if (events & LOOP_IN)
        x->tls.dry = false;
    if (events & LOOP_OUT && x->held != NULL) {
        if (flush(x) == IO_AGAIN)
            events &= ~(unsigned)LOOP_OUT;
        layer_touch(l);
    }
    return events;
}

static void free_dtls(struct layer *l)
{
    struct dtls_layer *x = layer_of(l);

    loop_timer_clear(&x->again);
    loop_timer_clear(&x->doubt);
    tls_session_save(&x->tls);
    lib_of(x)->SSL_free(x->tls.ssl); /* with its memory */
    free(x->tls.name);
    free(x->held);
    free(x);
}

static const struct layer_ops ops = {
    .name = "DTLS",
    .read = read_dtls,
    .write = write_dtls,
    .pending = pending_dtls,
    .held = held_dtls,
    .handshake = shake_dtls,
    .shut = shut_dtls,
    .unsent = unsent_dtls,
    .want = want_dtls,
    .event = event_dtls,
    .max = max_dtls,
    .longest = longest_dtls,
    .tell = tls_tell,
    .free = free_dtls,
};

/* What is read until there is more is no end. */
static BIO *new_memory(const struct tls_lib *o)
{
    BIO *b = o->BIO_new(o->BIO_s_mem());

    if (b != NULL)
        o->BIO_ctrl(b, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, NULL);
    return b;
}

struct layer *tls_datagram_make(struct tls *t, bool client, const char *host, struct err *e)
{
    struct dtls_layer *x = mem_alloc(sizeof *x);
    const struct tls_lib *o = &t->lib;

    x->tls.tls = t;
    x->tls.client = client;
    x->listens = !client;
    x->fit = ETHERNET;
    x->again.fire = send_again;
    x->doubt.fire = doubt_over;
    layer_init(&x->tls.layer, &ops, IO_MSG);
    x->tls.ssl = o->SSL_new(t->ctx);
    x->in = new_memory(o);
    x->out = new_memory(o);
    if (x->tls.ssl == NULL || x->in == NULL || x->out == NULL) {
        err_set(e, STATUS_LOCAL, "DTLS: %s", tls_reason(t));
        o->BIO_free(x->in);
        o->BIO_free(x->out);
        free_dtls(&x->tls.layer);
        return NULL;
    }
    o->SSL_set_bio(x->tls.ssl, x->in, x->out);
    o->SSL_ctrl(x->tls.ssl, SSL_CTRL_SET_MTU, ETHERNET, NULL);
    if (tls_prepare(&x->tls, host, e) < 0) {
        free_dtls(&x->tls.layer);
        return NULL;
    }
    return &x->tls.layer;
}

#endif
