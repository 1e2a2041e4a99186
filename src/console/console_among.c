/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The host of a relay (svc/relay.h) at a prompt: what peers send goes to all others as well.
 */
#include "console/console.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "console/console_conf.h"
#include "io/queue.h"
#include "svc/relay.h"

enum { SHOWN = 4096 }; /* bytes that the view takes in any case, while the screen is not full */

struct among {
    struct relay *relay;
    struct console *c;
    struct console_wait wait;
    bool saying;       /* it is we who are heard */
    struct talker *to; /* and that one alone; NULL: all */
};

/* What the relay asks of its host. */

static bool among_full(void *ctx)
{
    struct among *a = ctx;

    if (a->saying)
        return false; /* who types has asked before */
    if (screen_full(a->c->sheet.screen)) {
        a->c->waits = true;
        return true;
    }
    if (!console_full_for_all(a->c))
        return false;
    console_wait_room(a->c, &a->wait);
    return true;
}

static void has_room(struct console_wait *w)
{
    port_event_soon(container_of(w, struct among, wait)->c->sink, LOOP_OUT);
}

static void among_relay(void *ctx, const struct peer *from, struct chunk *chunk)
{
    struct among *a = ctx;

    if (from == NULL)
        console_deliver(a->c, a->to, chunk);
    else
        console_relay(a->c, bridge_ctx(from), chunk);
}

static bool among_tell(void *ctx, struct peer *to, struct chunk *chunk)
{
    struct among *a = ctx;

    return a->c->svc->ending || console_offer(a->c, bridge_ctx(to), chunk);
}

static bool among_lags(void *ctx, struct peer *p)
{
    const struct talker *t = bridge_ctx(p);

    (void)ctx;
    return t->pace.queue != NULL && queue_size(t->pace.queue) >= RELAY_LAG;
}

/* What is a notice ends with its line, which the view adds. */
static void show_note(struct console *c, const char *text, size_t n)
{
    char *line = mem_strndup(text, n);

    line[strcspn(line, "\r\n")] = '\0';
    view_note(&c->view, line);
    free(line);
}

/* The screen has room for what is shown of one thing said, which is short or asked for so much. */
static size_t among_show(void *ctx, struct peer *from, const void *data, size_t n, struct chunk *chunk)
{
    struct console *c = ((struct among *)ctx)->c;
    size_t done = 0, more = 1;

    (void)chunk;
    if (from == NULL) {
        show_note(c, data, n);
        return n;
    }
    while (done < n && more > 0) {
        more = view_show(&c->view, bridge_ctx(from), (const char *)data + done, n - done, VIEW_STREAM);
        done += more;
    }
    return done;
}

/* By the user, or by what the user would say to all. */
static bool among_calls(void *ctx, const struct peer *p, const char *name)
{
    const struct talker *t = talkers_called(&((struct among *)ctx)->c->talkers, name);

    return strcmp(name, "all") == 0 || (t != NULL && t->peer != p);
}

static void among_call(void *ctx, struct peer *p, const char *name)
{
    console_call(((struct among *)ctx)->c, bridge_ctx(p), name);
}

/* A queue that was full has room. */
static void talker_is_back(struct pace *pace, struct pace_member *m)
{
    struct console *c = container_of(pace, struct console, pace);

    relay_again(c->among->relay, container_of(m, struct talker, pace)->seat);
}

enum slow_peer among_slow(const struct console_conf *conf)
{
    return conf->relay != NULL ? conf->relay->slow : SLOW_CLOSE;
}

void among_open(struct console *c)
{
    const struct relay_kind *kind = c->conf->relay;
    struct among *a;
    struct relay_host host;

    if (kind == NULL)
        return;
    a = mem_alloc(sizeof *a);
    host = (struct relay_host){.ctx = a,
                               .full = among_full,
                               .say = among_relay,
                               .tell = among_tell,
                               .lags = among_lags,
                               .show = among_show,
                               .calls = among_calls,
                               .call = among_call,
                               .most = SHOWN,
                               .tells = true};
    a->c = c;
    a->wait.room = has_room;
    a->relay = kind->open(c->conf->relay_conf, &host);
    c->among = a;
    c->pace.again = talker_is_back;
    c->pace.others = true;
    if (bridge_slow(c->bridge) == SLOW_CLOSE)
        c->pace.patience = RELAY_PATIENCE;
}

void among_close(struct console *c)
{
    if (c->among == NULL)
        return;
    console_forget(&c->among->wait);
    c->among->relay->kind->close(c->among->relay);
    free(c->among);
    c->among = NULL;
}

void among_join(struct console *c, struct talker *t)
{
    if (c->among != NULL)
        t->seat = relay_join(c->among->relay, t->peer);
}

/* What of ours is no whole line yet is said to whom it was for. */
static void finish_ours(struct among *a)
{
    a->saying = true;
    relay_ended(a->relay, NULL);
    a->saying = false;
}

void among_leave(struct console *c, struct talker *t)
{
    struct among *a = c->among;

    if (a == NULL)
        return;
    if (a->to == t) {
        finish_ours(a);
        a->to = NULL;
    }
    relay_leave(a->relay, t->seat);
}

void among_ended(struct console *c, struct talker *t)
{
    if (c->among != NULL)
        relay_ended(c->among->relay, t->seat);
}

void among_missed(struct console *c, struct talker *t)
{
    if (c->among != NULL)
        relay_missed(c->among->relay, t->seat);
}

ssize_t among_hear(struct console *c, struct talker *t, const void *data, size_t n, const struct meta *meta)
{
    struct relay *r;

    if (c->among == NULL)
        return 0;
    r = c->among->relay;
    return r->kind->hear(r, t->peer, t->seat, data, n, meta);
}

void among_say(struct console *c, struct talker *t, const void *data, size_t n)
{
    struct among *a = c->among;

    if (a->to != t)
        finish_ours(a);
    a->saying = true;
    a->to = t;
    for (size_t done = 0; done < n;)
        done += (size_t)a->relay->kind->hear(a->relay, NULL, NULL, (const char *)data + done, n - done, NULL);
    a->saying = false;
}

void among_end(struct console *c)
{
    if (c->among != NULL)
        finish_ours(c->among);
}
