/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/message.h"
#include "proto/chat_line.h"

enum {
    NAME = CHAT_NAME + 8, /* a name, or what stands for one */
    PREFIX = NAME + 4,
    NOTE = 512,  /* bytes of what we tell */
    WORK = 4096, /* chunks that one may make before the others have their turn */
};

struct chatter {
    struct list place; /* in chat->all */
    struct peer *peer; /* NULL: us */
    char *nick;        /* NULL: it has chosen none */
    struct chat_line line;
    uint64_t missed; /* lines, of which it was not told yet */
};

struct chat {
    struct relay relay;
    const struct chat_conf *conf;
    struct list all; /* of struct chatter, but for `us` */
    unsigned count;  /* of them */
    struct chatter us;
};

static struct chat *chat_of(struct relay *r)
{
    return container_of(r, struct chat, relay);
}

static const char *chat_end(const struct chat *chat)
{
    return chat->conf->crlf ? "\r\n" : "\n";
}

static const char *name_of(const struct chatter *x, char name[static NAME])
{
    const struct message m = {.limit = x->peer != NULL ? x->peer->number : 0};

    if (x->nick != NULL)
        snprintf(name, NAME, "%s", x->nick);
    else
        message_format(MESSAGE_CHAT_NAME, &m, name, NAME);
    return name;
}

/* What we tell. */

static void tell_chunk(struct chat *chat, struct chatter *x, struct chunk *c)
{
    const struct relay_host *host = &chat->relay.host;

    if (x->peer == NULL)
        host->show(host->ctx, NULL, c->data, c->len, c);
    else if (!host->tell(host->ctx, x->peer, c))
        x->missed++;
}

static struct chunk *line_chunk(const struct chat *chat, const char *before, const char *text, size_t n)
{
    size_t size;
    char *line = chat_line_safe(before, text, n, chat_end(chat), &size);
    struct chunk *c = chunk_new(line, size);

    free(line);
    return c;
}

static void tell(struct chat *chat, struct chatter *x, const char *text)
{
    struct chunk *c = line_chunk(chat, "", text, strlen(text));

    tell_chunk(chat, x, c);
    chunk_unref(c);
}

static void tell_note(struct chat *chat, struct chatter *x, const char *text)
{
    const struct message m = {.text = text};
    char note[NOTE];

    tell(chat, x, message_format(MESSAGE_CHAT_NOTE, &m, note, sizeof note));
}

/* Who asks and does not read misses the answers: they are not even made. */
static bool misses_answers(const struct chat *chat, struct chatter *x)
{
    const struct relay_host *host = &chat->relay.host;

    if (x->peer == NULL || !host->lags(host->ctx, x->peer))
        return false;
    x->missed++;
    return true;
}

static void answer(struct chat *chat, struct chatter *x, const char *text)
{
    if (!misses_answers(chat, x))
        tell_note(chat, x, text);
}

/* Where somebody has no room it counts as a line missed: coming and going fills nobody's queue. */
static void tell_peers(struct chat *chat, const char *text, bool us)
{
    struct chunk *c = line_chunk(chat, "", text, strlen(text));
    struct chatter *x;
    struct list *ahead;

    list_each(x, ahead, &chat->all, struct chatter, place) tell_chunk(chat, x, c);
    if (us)
        tell_chunk(chat, &chat->us, c);
    chunk_unref(c);
}

static const char *format_about(enum message_id id, const struct chatter *x, char note[static NOTE])
{
    char name[NAME];
    const struct message m = {.peer = name_of(x, name), .remote = x->peer != NULL ? x->peer->remote : NULL};

    return message_format(id, &m, note, NOTE);
}

/* Who is here. */

/* A text that grows. */
struct list_text {
    char *text;
    size_t n;
};

static void add_text(struct list_text *t, const char *text)
{
    const size_t n = strlen(text);

    t->text = mem_resize(t->text, t->n + n + 1);
    memcpy(t->text + t->n, text, n + 1);
    t->n += n;
}

static void add_one(struct list_text *t, const struct chatter *x, bool *first)
{
    char note[NOTE];

    if (!*first)
        add_text(t, ", ");
    add_text(t, format_about(MESSAGE_CHAT_ONE, x, note));
    *first = false;
}

/* All but `x`, told to it. Without a voice we are not here. */
static void tell_here(struct chat *chat, struct chatter *x)
{
    struct list_text t = {0};
    const struct chatter *other;
    struct list *ahead;
    bool first = true;
    char note[NOTE];

    if (misses_answers(chat, x))
        return;
    add_text(&t, format_about(MESSAGE_CHAT_HERE, x, note));
    if (x != &chat->us && !chat->conf->circle.no_input && !chat->conf->plain)
        add_one(&t, &chat->us, &first);
    list_each(other, ahead, &chat->all, struct chatter, place)
    {
        if (other != x)
            add_one(&t, other, &first);
    }
    add_text(&t, format_about(first ? MESSAGE_CHAT_NOBODY : MESSAGE_CHAT_END, x, note));
    tell(chat, x, t.text);
    free(t.text);
}

/* Commands. */

static bool is_taken(const struct chat *chat, const struct chatter *x, const char *name)
{
    const struct relay_host *host = &chat->relay.host;
    const struct chatter *other;
    struct list *ahead;

    if (host->calls != NULL && x->peer != NULL && host->calls(host->ctx, x->peer, name))
        return true;
    list_each(other, ahead, &chat->all, struct chatter, place)
    {
        if (other != x && other->nick != NULL && chat_name_is(other->nick, name))
            return true;
    }
    return x != &chat->us && chat->us.nick != NULL && chat_name_is(chat->us.nick, name);
}

static void take_name(struct chat *chat, struct chatter *x, const char *name)
{
    const struct relay_host *host = &chat->relay.host;
    char old[NAME], text[NAME + CHAT_NAME + 16], note[NOTE];

    snprintf(text, sizeof text, "%s is now %s", name_of(x, old), name);
    free(x->nick);
    x->nick = mem_strdup(name);
    message_format(MESSAGE_CHAT_NOTE, &(struct message){.text = text}, note, sizeof note);
    tell_peers(chat, note, true);
    if (host->call != NULL && x->peer != NULL)
        host->call(host->ctx, x->peer, name);
}

static void run_nick(struct chat *chat, struct chatter *x, const char *name)
{
    char text[CHAT_NAME + 32];

    if (!chat_name_is_right(name)) {
        answer(chat, x, "a name has 1 to 32 letters, digits, _ and -, and is no number");
    } else if (is_taken(chat, x, name)) {
        snprintf(text, sizeof text, "%s is taken", name);
        answer(chat, x, text);
    } else if (x->nick == NULL || strcmp(x->nick, name) != 0) {
        take_name(chat, x, name);
    }
}

static void run_names(struct chat *chat, struct chatter *x, const char *rest)
{
    (void)rest;
    tell_here(chat, x);
}

static void run_help(struct chat *chat, struct chatter *x, const char *rest)
{
    (void)rest;
    answer(chat, x, "/nick NAME: be called so; /names: who is here; all else is said to all");
}

static const struct {
    const char *name;
    void (*run)(struct chat *, struct chatter *, const char *rest);
} commands[] = {{"/nick", run_nick}, {"/names", run_names}, {"/help", run_help}};

/* Runs a line that is one. What has another word behind the slash is said: paths begin so. */
static bool run_command(struct chat *chat, struct chatter *x, const char *line)
{
    const size_t word = strcspn(line, " \t");
    const char *rest = line + word + strspn(line + word, " \t");

    for (size_t i = 0; i < sizeof commands / sizeof commands[0] && !chat->conf->plain; i++) {
        if (strlen(commands[i].name) == word && strncmp(commands[i].name, line, word) == 0) {
            commands[i].run(chat, x, rest);
            return true;
        }
    }
    return false;
}

/* What is heard. */

static void say(struct chat *chat, struct chatter *x, const char *text, size_t n)
{
    const struct relay_host *host = &chat->relay.host;
    char name[NAME], prefix[PREFIX];
    struct chunk *c;

    snprintf(prefix, sizeof prefix, "<%s> ", name_of(x, name));
    c = line_chunk(chat, prefix, text, n);
    host->say(host->ctx, x->peer, c);
    if (x->peer != NULL)
        host->show(host->ctx, x->peer, c->data + strlen(prefix), c->len - strlen(prefix), c);
    chunk_unref(c);
}

static void hear_line(struct chat *chat, struct chatter *x)
{
    const bool cut = x->line.cut_now;
    bool part;
    size_t n;
    char *text = chat_line_take(&x->line, &n, &part);

    if (text == NULL)
        return;
    if (cut)
        answer(chat, x, "your line has more than 4096 bytes: it is said in parts");
    if (part || strlen(text) < n || !run_command(chat, x, text))
        say(chat, x, text, n);
    free(text);
}

/* What comes in messages has whole lines. */
static bool ends_lines(const struct peer *p)
{
    return (port_caps(p->port) & IO_MSG) != 0;
}

/* One line at a time: what it makes of many small ones is much, and waits for room, and for the turn of the others. */
static ssize_t chat_hear(struct relay *r, struct peer *from, void *seat, const void *data, size_t n,
                         const struct meta *meta)
{
    struct chat *chat = chat_of(r);
    struct chatter *x = seat != NULL ? seat : &chat->us;
    size_t done = 0, lines = WORK / (chat->count + 1) + 1;
    const bool goes_on = meta != NULL && meta->part;
    bool whole;

    while (done < n && lines > 0 && !r->host.full(r->host.ctx)) {
        done += chat_line_put(&x->line, (const char *)data + done, n - done, &whole);
        if (whole || (done == n && from != NULL && ends_lines(from) && !goes_on)) {
            hear_line(chat, x);
            lines--;
        }
    }
    return done > 0 || n == 0 ? (ssize_t)done : IO_AGAIN;
}

/* One that has left is known by not taking this. */
static void chat_ended(struct relay *r, void *seat)
{
    struct chat *chat = chat_of(r);

    hear_line(chat, seat != NULL ? seat : &chat->us);
    if (seat != NULL && !chat->conf->plain)
        answer(chat, seat, "you ended your side, and still hear the others");
}

static void *chat_join(struct relay *r, struct peer *p)
{
    struct chat *chat = chat_of(r);
    struct chatter *x = mem_alloc(sizeof *x);
    char note[NOTE];

    x->peer = p;
    list_add(&chat->all, &x->place);
    chat->count++;
    tell_peers(chat, format_about(MESSAGE_CHAT_JOINED, x, note), !r->host.tells);
    tell_here(chat, x);
    return x;
}

static void chat_leave(struct relay *r, void *seat)
{
    struct chat *chat = chat_of(r);
    struct chatter *x = seat;
    char note[NOTE];

    hear_line(chat, x);
    list_del(&x->place);
    chat->count--;
    tell_peers(chat, format_about(MESSAGE_CHAT_LEFT, x, note), !r->host.tells);
    chat_line_clear(&x->line);
    free(x->nick);
    free(x);
}

static void chat_missed(struct relay *r, void *seat)
{
    struct chatter *x = seat;

    (void)r;
    x->missed++;
}

/* It is told of what it missed before it misses more. */
static void chat_again(struct relay *r, void *seat)
{
    struct chatter *x = seat;
    const uint64_t missed = x->missed;
    char text[64];

    if (missed == 0)
        return;
    snprintf(text, sizeof text, "you missed %llu line%s", (unsigned long long)missed, missed == 1 ? "" : "s");
    x->missed = 0;
    tell_note(chat_of(r), x, text);
    if (x->missed > 0)
        x->missed = missed;
}

static struct relay *chat_open(const void *conf, const struct relay_host *host)
{
    struct chat *chat = mem_alloc(sizeof *chat);

    chat->relay = (struct relay){.kind = &relay_chat, .host = *host};
    chat->conf = conf;
    chat->us.nick = chat->conf->nick != NULL ? mem_strdup(chat->conf->nick) : NULL;
    list_init(&chat->all);
    return &chat->relay;
}

static void chat_close(struct relay *r)
{
    struct chat *chat = chat_of(r);

    chat_line_clear(&chat->us.line);
    free(chat->us.nick);
    free(chat);
}

const struct relay_kind relay_chat = {
    .name = "chat",
    .slow = SLOW_DROP,
    .open = chat_open,
    .close = chat_close,
    .hear = chat_hear,
    .join = chat_join,
    .leave = chat_leave,
    .ended = chat_ended,
    .missed = chat_missed,
    .again = chat_again,
};

static int chat_start(struct svc *s, struct err *e)
{
    const struct chat_conf *conf = s->conf;

    (void)e;
    circle_start(s, &relay_chat, &conf->circle, conf);
    return 0;
}

const struct service service_chat = {
    .name = "chat",
    .help = "what peers send goes to all others by lines, behind their names",
    .start = chat_start,
    .attach = circle_attach,
    .detach = circle_detach,
    .stop = circle_stop,
    .holds_up = bridge_holds_up,
    .sends = circle_sends,
};
