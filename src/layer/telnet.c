/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/telnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/port.h"
#include "io/remote.h"
#include "proto/telnet.h"

enum {
    PIECE = 16 * 1024, /* bytes read or encoded at once */
    PATIENCE = 1000,   /* ms that a terminal has to tell what it is */
};

_Static_assert((int)REMOTE_TYPE >= (int)TELNET_TYPE, "a type fits");
_Static_assert((int)PIECE >= (int)TELNET_TAKE, "what is said fits");

/* Bytes on their way; without any there is no memory. */
struct piece {
    unsigned char *data;
    size_t start, end;
};

struct telnet_line {
    struct layer layer;
    struct telnet telnet;
    struct remote remote;
    struct piece in, out;  /* not decoded yet; encoded, or said by ourselves */
    struct timer patience; /* of the handshake */
    bool late;             /* it was in vain */
    bool mute;             /* nothing can be said any more */
    bool has_first;        /* the handshake met data: */
    unsigned char first;
};

static struct telnet_line *line_of(const struct layer *l)
{
    return container_of((struct layer *)l, struct telnet_line, layer);
}

static size_t piece_size(const struct piece *p)
{
    return p->end - p->start;
}

static void piece_begin(struct piece *p)
{
    if (p->data == NULL)
        p->data = mem_resize(NULL, PIECE);
    p->start = p->end = 0;
}

static void piece_drop(struct piece *p)
{
    free(p->data);
    *p = (struct piece){0};
}

/* Writes what waits, and then what is to be said. Returns 0 when nothing is left, IO_AGAIN or IO_ERROR. */
static int flush(struct telnet_line *x)
{
    while (piece_size(&x->out) > 0 || telnet_speaks(&x->telnet)) {
        ssize_t n;

        if (piece_size(&x->out) == 0) {
            piece_begin(&x->out);
            n = (ssize_t)telnet_take(&x->telnet, x->out.data);
            x->out.end = x->mute ? 0 : (size_t)n;
            continue;
        }
        n = layer_write(x->layer.lower, x->out.data + x->out.start, piece_size(&x->out), NULL);
        if (n < 0)
            return (int)n;
        x->out.start += (size_t)n;
    }
    piece_drop(&x->out);
    return 0;
}

/* Says what is to be answered. Who cannot be answered may still have sent something. */
static void speak(struct telnet_line *x)
{
    if (telnet_speaks(&x->telnet) && flush(x) == IO_ERROR) {
        x->mute = true;
        piece_drop(&x->out);
    }
    layer_touch(&x->layer);
}

/* Tells those above of what was negotiated, when they have all that came before. */
static void tell_events(struct telnet_line *x)
{
    struct remote *t = &x->remote;
    const unsigned events = x->telnet.events;

    if (events == 0)
        return;
    x->telnet.events = 0;
    t->echoes = telnet_echoes(&x->telnet);
    t->keys = telnet_keys(&x->telnet);
    if (x->telnet.role != TELNET_CLIENT) {
        t->columns = x->telnet.columns;
        t->rows = x->telnet.rows;
        memcpy(t->type, x->telnet.type, sizeof x->telnet.type);
    }
    if (t->changed != NULL)
        t->changed(t, t->ctx);
}

/* Decodes some of what was read. Returns how many bytes it gave. */
static size_t decode(struct telnet_line *x, unsigned char *data, size_t size)
{
    size_t put = 0;

    do {
        tell_events(x);
        x->in.start += telnet_decode(&x->telnet, x->in.data + x->in.start, piece_size(&x->in), data, size,
                                     &put);
        speak(x);
    } while (put == 0 && piece_size(&x->in) > 0 && !telnet_is_full(&x->telnet));
    if (put == 0)
        tell_events(x);
    if (piece_size(&x->in) == 0)
        piece_drop(&x->in);
    return put;
}

/* Reads from below when all is decoded. Returns above 0 or IO_*. */
static ssize_t fill(struct telnet_line *x)
{
    ssize_t n = 1;

    if (piece_size(&x->in) > 0)
        return n;
    piece_begin(&x->in);
    n = layer_read(x->layer.lower, x->in.data, PIECE, NULL);
    if (n > 0)
        x->in.end = (size_t)n;
    else
        piece_drop(&x->in);
    return n;
}

static ssize_t line_read(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct telnet_line *x = line_of(l);
    ssize_t n;

    (void)meta;
    if (size == 0)
        return 0;
    if (x->has_first) {
        x->has_first = false;
        *(unsigned char *)data = x->first;
        return 1;
    }
    tell_events(x);
    n = fill(x);
    if (n == IO_EOF)
        return telnet_decode_end(&x->telnet, data) > 0 ? 1 : IO_EOF;
    if (n <= 0)
        return n < 0 ? n : IO_AGAIN;
    n = (ssize_t)decode(x, data, size);
    return n > 0 ? n : IO_AGAIN;
}

static ssize_t line_write(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct telnet_line *x = line_of(l);
    size_t done = 0;
    int r = flush(x);

    (void)meta;
    while (r == 0 && done < size) {
        piece_begin(&x->out);
        done += telnet_encode(&x->telnet, (const unsigned char *)data + done, size - done, x->out.data, PIECE,
                              &x->out.end);
        r = flush(x);
    }
    layer_touch(l);
    return r == IO_ERROR || (r < 0 && done == 0) ? r : (ssize_t)done;
}

static size_t line_pending(const struct layer *l)
{
    const struct telnet_line *x = line_of(l);

    if (x->has_first)
        return 1 + piece_size(&x->in);
    if (telnet_is_full(&x->telnet))
        return 0;
    return piece_size(&x->in) + (x->telnet.events != 0) + layer_pending(l->lower);
}

static size_t line_held(const struct layer *l)
{
    const struct telnet_line *x = line_of(l);

    return piece_size(&x->in) + piece_size(&x->out) + x->has_first;
}

/* A host waits for what it asked, unless the other side has more to say than that, or does not speak the protocol at all. */
static int line_handshake(struct layer *l)
{
    struct telnet_line *x = line_of(l);
    ssize_t n;

    if (flush(x) == IO_ERROR)
        return IO_ERROR;
    while (x->telnet.role == TELNET_HOST && !x->late && !x->has_first && telnet_asks(&x->telnet)) {
        n = fill(x);
        if (n == IO_EOF)
            break;
        if (n == IO_AGAIN && !loop_timer_pending(&x->patience))
            loop_timer_set(l->port->loop, &x->patience, PATIENCE);
        if (n <= 0)
            return n < 0 ? (int)n : IO_AGAIN;
        x->has_first = decode(x, &x->first, 1) > 0;
        if (telnet_is_full(&x->telnet))
            return IO_AGAIN;
    }
    loop_timer_clear(&x->patience);
    return 0;
}

static void patience_ended(struct timer *t)
{
    struct telnet_line *x = container_of(t, struct telnet_line, patience);

    x->late = true;
    layer_event(&x->layer, LOOP_IN);
}

static int line_shut(struct layer *l)
{
    struct telnet_line *x = line_of(l);
    unsigned char last;
    int r = flush(x);

    if (r == 0 && telnet_encode_end(&x->telnet, &last) > 0) {
        piece_begin(&x->out);
        x->out.data[x->out.end++] = last;
        r = flush(x);
    }
    if (r < 0)
        return r;
    x->mute = true;
    return layer_shut(l->lower);
}

static int line_break(struct layer *l)
{
    struct telnet_line *x = line_of(l);

    if (x->mute || l->shaking || !telnet_break(&x->telnet))
        return -1;
    speak(x);
    return 0;
}

static unsigned line_want(struct layer *l, unsigned wanted)
{
    const struct telnet_line *x = line_of(l);

    if (l->shaking)
        wanted = LOOP_IN;
    if (telnet_is_full(&x->telnet))
        wanted &= ~(unsigned)LOOP_IN;
    if (piece_size(&x->out) > 0 || telnet_speaks(&x->telnet))
        wanted |= LOOP_OUT;
    return wanted;
}

static unsigned line_event(struct layer *l, unsigned events)
{
    struct telnet_line *x = line_of(l);
    const bool full = telnet_is_full(&x->telnet);

    if (events & LOOP_OUT && flush(x) == IO_AGAIN)
        events &= ~(unsigned)LOOP_OUT;
    if (full && !telnet_is_full(&x->telnet))
        events |= LOOP_IN;
    layer_touch(l);
    return events;
}

static struct remote *line_remote(struct layer *l)
{
    return &line_of(l)->remote;
}

/* "telnet: xterm, 80 columns, 24 rows", or how a server takes what is typed. */
static bool line_tell(const struct layer *l, enum layer_topic topic, unsigned i, char *text, size_t size)
{
    const struct telnet_line *x = line_of(l);
    const struct telnet *t = &x->telnet;
    const char *typed = telnet_keys(t)     ? "key by key, and shown there"
                        : telnet_echoes(t) ? "lines, hidden"
                                           : "lines";

    if (topic != LAYER_STATE || i > 0)
        return false;
    if (t->role == TELNET_CLIENT)
        snprintf(text, size, "telnet: typed is sent as %s", typed);
    else if (t->role == TELNET_NOBODY)
        snprintf(text, size, "telnet: all is refused");
    else
        snprintf(text, size, "telnet: terminal %s, %u columns, %u rows",
                 t->type[0] != '\0' ? t->type : "not known", (unsigned)t->columns, (unsigned)t->rows);
    return true;
}

static void line_free(struct layer *l)
{
    struct telnet_line *x = line_of(l);

    loop_timer_clear(&x->patience);
    piece_drop(&x->in);
    piece_drop(&x->out);
    free(x);
}

static const struct layer_ops line_ops = {
    .name = "telnet",
    .read = line_read,
    .write = line_write,
    .pending = line_pending,
    .held = line_held,
    .handshake = line_handshake,
    .shut = line_shut,
    .send_break = line_break,
    .want = line_want,
    .event = line_event,
    .tell = line_tell,
    .remote = line_remote,
    .free = line_free,
};

static void resize(struct remote *t, unsigned columns, unsigned rows)
{
    struct telnet_line *x = container_of(t, struct telnet_line, remote);

    if (x->telnet.role != TELNET_CLIENT)
        return;
    telnet_resize(&x->telnet, (uint16_t)(columns < UINT16_MAX ? columns : UINT16_MAX),
                  (uint16_t)(rows < UINT16_MAX ? rows : UINT16_MAX));
    speak(x);
}

static void host(struct remote *t, bool on)
{
    struct telnet_line *x = container_of(t, struct telnet_line, remote);

    if (x->telnet.role != TELNET_SERVER && x->telnet.role != TELNET_HOST)
        return;
    x->telnet.role = on ? TELNET_HOST : TELNET_SERVER;
    telnet_ask(&x->telnet, TELNET_US, TELNET_ECHO, on);
    telnet_ask(&x->telnet, TELNET_US, TELNET_SGA, on);
    speak(x);
}

static const struct remote_ops remote_ops = {.resize = resize, .host = host};

struct layer *telnet_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e)
{
    const struct telnet_conf *c = conf;
    struct telnet_line *x = mem_alloc(sizeof *x);

    (void)host, (void)port;
    (void)e;
    layer_init(&x->layer, &line_ops, IO_STREAM | IO_HALFCLOSE);
    x->remote.ops = &remote_ops;
    x->patience.fire = patience_ended;
    x->telnet.keeps = c->keeps;
    x->telnet.role = c->refuses ? TELNET_NOBODY
                     : client   ? TELNET_CLIENT
                     : c->host  ? TELNET_HOST
                                : TELNET_SERVER;
    if (x->telnet.role == TELNET_CLIENT && c->type != NULL && strlen(c->type) <= TELNET_TYPE) {
        snprintf(x->telnet.type, sizeof x->telnet.type, "%s", c->type);
        x->telnet.columns = c->columns;
        x->telnet.rows = c->rows;
    }
    telnet_init(&x->telnet);
    return &x->layer;
}
