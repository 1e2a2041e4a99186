/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The handshake: one request, one answer, and what is read of a refusal to tell people.
 */
#ifdef USE_WSLAY

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "io/port.h"
#include "layer/websocket_parts.h"
#include "proto/http.h"

enum {
    BODY = 512,     /* bytes of a refusal's body that are looked at */
    PATIENCE = 500, /* ms for a body of which nobody says how long it is */
};

/* What came can be the beginning of a head. */
static bool is_http(const struct websocket_layer *x)
{
    static const char answer[] = "HTTP/";
    const unsigned char *at = x->in.data + x->in.start;
    const size_t held = bytes_held(&x->in), n = sizeof answer - 1;

    return x->client ? memcmp(at, answer, held < n ? held : n) == 0 : at[0] >= 'A' && at[0] <= 'z';
}

/* Reads until the whole head is there, or there can be none. Returns the length of what is to be judged (0: it is too long), or
 * IO_*. */
static ssize_t read_head(struct websocket_layer *x)
{
    for (;;) {
        const size_t held = bytes_held(&x->in);
        const size_t n = held > 0 ? http_head(x->in.data + x->in.start, held) : 0;
        ssize_t r;

        if (n > 0 && n <= WEBSOCKET_HEAD)
            return (ssize_t)n;
        if (held > 0 && !is_http(x))
            return (ssize_t)held;
        if (held >= WEBSOCKET_HEAD)
            return 0;
        r = websocket_fill(x, WEBSOCKET_HEAD - held);
        if (r < 0)
            return r;
    }
}

/* How much of the body is worth waiting for. */
static size_t body_wanted(const unsigned char *head, size_t n)
{
    struct http_text value;
    char digits[20] = "";
    int64_t length;

    if (!http_field(head, n, "Content-Length", 0, &value) || value.n >= sizeof digits)
        return BODY;
    memcpy(digits, value.at, value.n);
    return num_parse(digits, 0, BODY, &length) == 0 ? (size_t)length : BODY;
}

/* One line of what a server says of its refusal. */
static void make_plain(char *body, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (body[i] == '\r' || body[i] == '\n' || body[i] == '\t')
            body[i] = ' ';
    }
}

/* Says why, with the body if it comes. */
static int tell_refusal(struct websocket_layer *x, size_t head)
{
    const unsigned char *at = x->in.data + x->in.start;
    const size_t wanted = body_wanted(at, head);
    char body[BODY], safe[120];
    size_t n;

    while (bytes_held(&x->in) - head < wanted && !x->late) {
        ssize_t r = websocket_fill(x, wanted);

        if (r == IO_AGAIN && !loop_timer_pending(&x->patience))
            loop_timer_set(x->layer.port->loop, &x->patience, PATIENCE);
        if (r == IO_AGAIN)
            return IO_AGAIN;
        if (r < 0)
            break;
    }
    at = x->in.data + x->in.start + head;
    n = bytes_held(&x->in) - head < wanted ? bytes_held(&x->in) - head : wanted;
    memcpy(body, at, n);
    make_plain(body, n);
    while (n > 0 && body[n - 1] == ' ')
        n--;
    return layer_fail_words(&x->layer, "WebSocket: %s%s%s", x->deal.why, n > 0 ? ": " : "",
                            text_safe_bytes(body, n, safe, sizeof safe));
}

static int shake_client(struct websocket_layer *x)
{
    const ssize_t n = read_head(x);

    if (n < 0)
        return (int)n;
    if (n == 0)
        return layer_fail_words(&x->layer, "WebSocket: the head of the answer is too long");
    if (!websocket_agrees(&x->side->conf->terms, x->key, x->in.data + x->in.start, (size_t)n, &x->deal)) {
        if (x->deal.status != 0 && x->deal.status != WEBSOCKET_UPGRADED)
            return tell_refusal(x, (size_t)n);
        return layer_fail_words(&x->layer, "WebSocket: %s", x->deal.why);
    }
    x->in.start += (size_t)n;
    return 0;
}

static int shake_server(struct websocket_layer *x)
{
    ssize_t n;
    char *answer;

    if (x->deal.status == 0) {
        n = read_head(x);
        if (n < 0)
            return (int)n;
        answer = websocket_answer(&x->side->conf->terms, x->in.data + x->in.start, (size_t)n, &x->deal);
        x->in.start += (size_t)n;
        bytes_need(&x->out, strlen(answer));
        memcpy(x->out.data, answer, strlen(answer));
        x->out.end = strlen(answer);
        free(answer);
    }
    n = websocket_flush(x);
    if (n < 0)
        return (int)n;
    if (x->deal.status == WEBSOCKET_UPGRADED)
        return 0;
    return layer_fail_words(&x->layer, "WebSocket: answered with %d: %s", x->deal.status, x->deal.why);
}

int websocket_shake(struct layer *l)
{
    struct websocket_layer *x = websocket_of(l);
    int r = x->client ? websocket_flush(x) : 0;

    if (r == 0)
        r = x->client ? shake_client(x) : shake_server(x);
    if (r != IO_AGAIN)
        loop_timer_clear(&x->patience);
    return r;
}

#endif
