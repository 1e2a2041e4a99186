/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/message.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct message_text own_texts[MESSAGES] = {
    [MESSAGE_LISTENING] = {.text = "listening on {local}", .level = LOG_INFO},
    [MESSAGE_RECEIVING] = {.text = "listening on {local}", .level = LOG_INFO},
    [MESSAGE_ACCEPTED] = {.text = "connection from {remote} on {local}", .level = LOG_INFO},
    [MESSAGE_TURNED_AWAY] = {.text = "refused connection from {remote}: limit of {limit} peers reached", .level = LOG_INFO},
    [MESSAGE_REFUSED] = {.text = "refused {remote}: not allowed", .level = LOG_INFO},
    [MESSAGE_CONNECTED] = {.text = "connected to {peer} from {local}", .level = LOG_INFO},
    [MESSAGE_SENDING] = {.text = "sending to {remote} from {local}", .level = LOG_INFO},
    [MESSAGE_TRY_FAILED] = {.text = "connect to {remote}: {why}", .level = LOG_INFO},
    [MESSAGE_CONNECT_FAILED] = {.text = "connect to {remote}: {why}", .level = LOG_ERROR},
    [MESSAGE_CONNECT_LATE] = {.text = "connect to {remote}: {why}", .level = LOG_ERROR},
    [MESSAGE_HOST_FAILED] = {.text = "connect to {host} port {remote-port}: {why}", .level = LOG_ERROR},
    [MESSAGE_HOST_LATE] = {.text = "connect to {host} port {remote-port}: {why}", .level = LOG_ERROR},
    [MESSAGE_UNTRUSTED] = {.text = "{why}"},
    [MESSAGE_OTHER_NAME] = {.text = "{why}"},
    [MESSAGE_OTHER_CLIENT] = {.text = "{why}"},
    [MESSAGE_OTHER_PIN] = {.text = "{why}"},
    [MESSAGE_CLIENT_UNCERTIFIED] = {.text = "{why}"},
    [MESSAGE_NO_ANSWER] = {.text = "{remote}: no answer", .level = LOG_ERROR},
    [MESSAGE_NAME_FAILED] = {.text = "{text}", .level = LOG_ERROR},
    [MESSAGE_LOCAL_NAME_FAILED] = {.text = "{text}", .level = LOG_ERROR},
    [MESSAGE_PATH_FAILED] = {.text = "{text}", .level = LOG_ERROR},
    [MESSAGE_LOCAL_PATH_FAILED] = {.text = "{text}", .level = LOG_ERROR},
    [MESSAGE_LISTEN_FAILED] = {.text = "listen on {local}: {why}", .level = LOG_ERROR},
    [MESSAGE_SOURCE_FAILED] = {.text = "bind to {local}: {why}", .level = LOG_ERROR},
    [MESSAGE_SEND_FAILED] = {.text = "send to {peer}: {why}", .level = LOG_ERROR},
    [MESSAGE_RECEIVE_FAILED] = {.text = "receive from {peer}: {why}", .level = LOG_ERROR},
    [MESSAGE_OUTPUT_FAILED] = {.text = "standard output: {why}", .level = LOG_ERROR},
    [MESSAGE_OUTPUT_GONE] = {.text = ""},
    [MESSAGE_IDLE] = {.text = "{peer}: no data for {seconds} s", .level = LOG_ERROR},
    [MESSAGE_CLOSED] = {.text = "closed {peer}: sent {sent} bytes, received {received} bytes", .level = LOG_INFO},
    [MESSAGE_CHAT_NAME] = {.text = "{limit}"},
    [MESSAGE_CHAT_JOINED] = {.text = "*** {peer} joined"},
    [MESSAGE_CHAT_LEFT] = {.text = "*** {peer} left"},
    [MESSAGE_CHAT_HERE] = {.text = "*** you are {peer}; others here: "},
    [MESSAGE_CHAT_ONE] = {.text = "{peer}"},
    [MESSAGE_CHAT_END] = {.text = ""},
    [MESSAGE_CHAT_NOBODY] = {.text = "nobody"},
    [MESSAGE_CHAT_NOTE] = {.text = "*** {text}"},
    [MESSAGE_UNKNOWN] = {.text = "{text}", .level = LOG_ERROR},
    [MESSAGE_USAGE] = {.text = "{text}", .level = LOG_ERROR},
    [MESSAGE_FATAL] = {.text = "{text}", .level = LOG_ERROR},
};
/* clang-format on */

const struct message_catalogue message_own = {.texts = own_texts, .others = LOG_DEBUG};

static const struct message_catalogue *catalogue(void)
{
    const struct message_catalogue *c = log_catalogue();

    return c != NULL ? c : &message_own;
}

void message_set_catalogue(const struct message_catalogue *c, const char *name)
{
    log_set_catalogue(c, name, c->others);
}

static bool is_unix(const struct addr *a)
{
    return a != NULL && addr_family(a) == AF_UNIX;
}

static const struct message_text *text_of(enum message_id id, const struct message *m)
{
    const struct message_catalogue *c = catalogue();

    if (c->unix_texts != NULL && c->unix_texts[id].text != NULL && (is_unix(m->local) || is_unix(m->remote)))
        return &c->unix_texts[id];
    return &c->texts[id];
}

/* What a row that is never shown has for a text, so that it is one. */
static bool is_shown(const struct message_text *t)
{
    return t->text != NULL && t->text[0] != '\0' && log_level_shows(t->level);
}

bool message_shows(enum message_id id)
{
    return is_shown(&catalogue()->texts[id]);
}

/* The places of all catalogues: what kind of fact each is, and where in struct message. */
enum place_kind { PLACE_ADDR, PLACE_HOST, PLACE_PORT, PLACE_PEER, PLACE_TEXT, PLACE_NUMBER, PLACE_SECONDS };

#define AT(member) offsetof(struct message, member)

static const struct place {
    const char *name;
    enum place_kind kind;
    size_t at;
} places[] = {
    {"local", PLACE_ADDR, AT(local)},         {"local-host", PLACE_HOST, AT(local)},
    {"local-port", PLACE_PORT, AT(local)},    {"remote", PLACE_ADDR, AT(remote)},
    {"remote-host", PLACE_HOST, AT(remote)},  {"remote-port", PLACE_PORT, AT(remote)},
    {"peer", PLACE_PEER, AT(remote)},         {"host", PLACE_TEXT, AT(host)},
    {"port", PLACE_TEXT, AT(port)},           {"why", PLACE_TEXT, AT(why)},
    {"text", PLACE_TEXT, AT(text)},           {"sent", PLACE_NUMBER, AT(sent)},
    {"received", PLACE_NUMBER, AT(received)}, {"limit", PLACE_NUMBER, AT(limit)},
    {"seconds", PLACE_SECONDS, AT(ms)},
};

static const struct place *find_place(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strncmp(places[i].name, name, n) == 0 && places[i].name[n] == '\0')
            return &places[i];
    }
    return NULL;
}

static void write_addr(enum place_kind kind, const struct addr *a, char text[static ADDR_TEXT])
{
    if (kind == PLACE_HOST)
        addr_host(a, text);
    else if (kind == PLACE_PORT)
        snprintf(text, ADDR_TEXT, "%u", (unsigned)addr_port(a));
    else if (addr_port(a) == 0)
        addr_host(a, text);
    else
        addr_format(a, text);
}

static void write_place(const struct place *p, const struct message *m, char text[static ADDR_TEXT])
{
    const char *fact = (const char *)m + p->at;

    if (p->kind == PLACE_TEXT)
        snprintf(text, ADDR_TEXT, "%s", *(const char *const *)fact != NULL ? *(const char *const *)fact : "");
    else if (p->kind == PLACE_NUMBER)
        snprintf(text, ADDR_TEXT, "%llu", (unsigned long long)*(const uint64_t *)fact);
    else if (p->kind == PLACE_SECONDS)
        snprintf(text, ADDR_TEXT, "%g", (double)*(const int64_t *)fact / 1000);
    else if (p->kind == PLACE_PEER && m->peer != NULL)
        snprintf(text, ADDR_TEXT, "%s", m->peer);
    else if (*(const struct addr *const *)fact != NULL)
        write_addr(p->kind, *(const struct addr *const *)fact, text);
}

/* Puts the facts into the places of `t`. What has no room is cut. */
static void fill(const char *t, const struct message *m, char *out, size_t size)
{
    const struct message_catalogue *c = catalogue();
    size_t used = 0, n;

    for (; *t != '\0' && used + 1 < size; t += n) {
        char text[ADDR_TEXT] = "";
        const char *from = t;
        size_t length = n = strcspn(t, "{");

        if (n == 0) {
            const struct place *p = find_place(t + 1, n = strcspn(t, "}") - 1);

            if (p != NULL)
                write_place(p, m, text);
            else if (c->place != NULL)
                c->place(t + 1, n, m, text, sizeof text);
            n += t[n + 1] == '}' ? 2 : 1;
            from = text;
            length = strlen(text);
        }
        if (length > size - 1 - used)
            length = size - 1 - used;
        memcpy(out + used, from, length);
        used += length;
    }
    out[used] = '\0';
}

void message(enum message_id id, const struct message *m)
{
    const struct message_text *t = text_of(id, m);
    char text[MESSAGE_TEXT];
    int sys = errno;

    if (!is_shown(t))
        return;
    fill(t->text, m, text, sizeof text);
    log_text(t->level, t->bare, text);
    errno = sys;
}

const char *message_format(enum message_id id, const struct message *m, char *out, size_t size)
{
    const struct message_text *t = text_of(id, m);

    fill(t->text != NULL ? t->text : "", m, out, size);
    return out;
}

/* The reason matters most: a long text (paths, names of hosts) is cut before it. */
static void copy_cut(const char *text, const char *why, char *out, size_t size)
{
    const size_t n = strlen(text), room = n < size ? n : size - 1;
    const size_t tail = why != NULL && strlen(why) + 2 < room ? strlen(why) + 2 : 0;

    memcpy(out, text, room - tail);
    memcpy(out + room - tail, text + n - tail, tail + 1);
    out[room] = '\0';
}

int message_err(struct err *e, enum status status, int sys, enum message_id id, const struct message *m)
{
    const struct message_text *t = text_of(id, m);
    char text[MESSAGE_TEXT] = "";

    if (e == NULL)
        return -1;
    if (is_shown(t))
        fill(t->text, m, text, sizeof text);
    e->status = t->status > 0 ? (enum status)(t->status - 1) : status;
    e->sys = sys;
    copy_cut(text, m->why, e->text, sizeof e->text);
    return -1;
}
