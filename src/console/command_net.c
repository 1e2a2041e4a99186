/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Commands about the connection. What they need of the network the session answers (svc/service.h).
 */
#include "console/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/amount.h"
#include "base/hostport.h"
#include "console/command.h"
#include "console/watch.h"
#include "peer/info.h"

enum { VALUE = 64 };

/* ~opt */

static int list_options(struct console *c, struct peer *p, struct err *e)
{
    const struct svc_control *net = &c->svc->control;
    const char *name, *arg, *help;
    unsigned n = 0;

    for (size_t i = 0; (name = net->sockopt_row(i, &arg, &help)) != NULL; i++) {
        char value[VALUE], text[2 * VALUE];

        /* Those of other kinds of sockets are left out. */
        if (net->sockopt(net->ctx, p, name, value, sizeof value, e) < 0)
            continue;
        snprintf(text, sizeof text, "%s=%s", name, value);
        console_say(c, "%-30s %s", text, help);
        n++;
    }
    return n > 0 ? 0 : -1;
}

int command_opt(struct console *c, const char *args, struct err *e)
{
    const struct svc_control *net = &c->svc->control;
    char *word, value[VALUE] = "";
    struct peer *p;
    int result;

    if (net->sockopt == NULL || net->sockopt_row == NULL)
        return err_set(e, STATUS_LOCAL, "socket options are not to be had here");
    if (args_take(c, "opt", args, 0, 1, &word, e) < 0)
        return -1;
    result = args_peer(c, NULL, &p, e);
    if (result == 0 && word == NULL)
        result = list_options(c, p, e);
    else if (result == 0)
        result = net->sockopt(net->ctx, p, word, value, sizeof value, e);
    if (result == 0 && word != NULL && strchr(word, '=') == NULL)
        console_say(c, "%s=%s", word, value);
    free(word);
    return result;
}

/* "keepalive" becomes "keepalive=" for those that take a value, and "keepalive=on". */
static void add_option(struct complete *to, const char *name, const char *arg, const char *typed)
{
    const char *equals = strchr(typed, '=');
    char word[2 * VALUE];

    if (equals == NULL) {
        snprintf(word, sizeof word, "%s%s", name, arg != NULL ? "=" : "");
        if (strncmp(name, typed, strlen(typed)) == 0)
            complete_add(to, word);
        to->open = to->n == 1 && to->words[0][strlen(to->words[0]) - 1] == '=';
        return;
    }
    if (arg == NULL || strlen(name) != (size_t)(equals - typed) || strncmp(name, typed, strlen(name)) != 0)
        return;
    /* "on|off": each is a word */
    for (const char *p = arg; strchr(arg, '|') != NULL && *p != '\0';) {
        size_t n = strcspn(p, "|");

        snprintf(word, sizeof word, "%s=%.*s", name, (int)n, p);
        if (strncmp(word, typed, strlen(typed)) == 0)
            complete_add(to, word);
        p += n + (p[n] == '|');
    }
}

void complete_opt(struct console *c, struct complete *to, size_t index, const char *typed)
{
    const struct svc_control *net = &c->svc->control;
    const char *name, *arg, *help;

    if (index > 0 || net->sockopt_row == NULL)
        return;
    for (size_t i = 0; (name = net->sockopt_row(i, &arg, &help)) != NULL; i++)
        add_option(to, name, arg, typed);
}

/* ~allow, ~deny */

enum { ENTRY = 512 };

static int need_access(const struct console *c, struct err *e)
{
    return c->svc->control.access != NULL ? 0 : err_set(e, STATUS_LOCAL, "nobody comes: we connect");
}

static void list_access(struct console *c, bool deny)
{
    const struct svc_control *net = &c->svc->control;
    char text[ENTRY];
    size_t i;

    for (i = 0; net->access_row(net->ctx, deny, i, text, sizeof text); i++)
        console_say(c, "%s", text);
    if (i == 0)
        console_say(c, deny ? "nobody is refused" : "there is no list: everybody may come");
}

static int change_access(struct console *c, bool deny, const char *args, struct err *e)
{
    const struct svc_control *net = &c->svc->control;
    char *list;
    int result;

    if (need_access(c, e) < 0 || args_take(c, deny ? "deny" : "allow", args, 0, 1, &list, e) < 0)
        return -1;
    result = list != NULL ? net->access(net->ctx, deny, list, e) : 0;
    if (result == 0)
        list_access(c, deny);
    free(list);
    return result;
}

int command_allow(struct console *c, const char *args, struct err *e)
{
    return change_access(c, false, args, e);
}

int command_deny(struct console *c, const char *args, struct err *e)
{
    return change_access(c, true, args, e);
}

/* What can be taken back. */
static void complete_access(const struct console *c, struct complete *to, size_t index, const char *typed,
                            bool deny)
{
    const struct svc_control *net = &c->svc->control;
    char text[ENTRY] = "-";

    if (index > 0 || net->access == NULL)
        return;
    for (size_t i = 0; net->access_row(net->ctx, deny, i, text + 1, sizeof text - 1); i++) {
        if (strchr(text, ' ') == NULL && strncmp(text, typed, strlen(typed)) == 0)
            complete_add(to, text);
    }
}

void complete_allow(struct console *c, struct complete *to, size_t index, const char *typed)
{
    complete_access(c, to, index, typed, false);
}

void complete_deny(struct console *c, struct complete *to, size_t index, const char *typed)
{
    complete_access(c, to, index, typed, true);
}

/* ~info */

static const char *state_text(const struct console *c, const struct peer *p)
{
    const struct link *in = bridge_in(p), *out = bridge_out(p);
    bool ours = c->ended || (out != NULL && out->state != LINK_RUNNING);

    if (in != NULL && in->paused)
        return "reading is paused";
    if (p->datagram)
        return "open (datagrams)";
    if (p->ended)
        return ours ? "both directions have ended" : "the peer ended its side";
    return ours ? "our direction has ended" : "open";
}

static void show_tcp(struct console *c, const struct info *i)
{
    char pacing[AMOUNT_TEXT], delivery[AMOUNT_TEXT];

    console_say(c, "tcp       %s, rtt %.3f ms (+- %.3f), cwnd %u", i->state, (double)i->rtt / 1000,
                (double)i->rttvar / 1000, i->cwnd);
    console_say(c, "          mss %u (received %u), unacked %u, lost %u, retransmits %u", i->mss_sent,
                i->mss_received, i->unacked, i->lost, i->retransmits);
    if (i->rates)
        console_say(c, "          pacing %s/s, delivery %s/s",
                    i->pacing_rate > 0 ? amount_size(pacing, (double)i->pacing_rate) : "without limit",
                    amount_size(delivery, (double)i->delivery_rate));
}

static void show_layers(struct console *c, const struct peer *p)
{
    char text[256];

    if (p->via != NULL)
        console_say(c, "through   %s", p->via);
    for (unsigned i = 0; port_tell(p->port, LAYER_STATE, i, text, sizeof text); i++)
        console_say(c, "layer     %s", text);
}

static void show_kernel(struct console *c, const struct peer *p)
{
    struct info i;

    info_get(p, &i);
    if (i.queues)
        console_say(c, "kernel    %llu bytes not read, %llu bytes not acknowledged",
                    (unsigned long long)i.inq, (unsigned long long)i.outq);
    if (i.tcp)
        show_tcp(c, &i);
}

static void show_bytes(struct console *c, const char *name, uint64_t n)
{
    char text[AMOUNT_TEXT];

    if (n < 1000)
        console_say(c, "%s%llu bytes", name, (unsigned long long)n);
    else
        console_say(c, "%s%llu bytes (%s)", name, (unsigned long long)n, amount_size(text, (double)n));
}

/* `t`: the talker at `p` that was asked for; NULL: all of `p`. */
static void show(struct console *c, const struct peer *p, const struct talker *t)
{
    char text[ADDR_TEXT], idle[AMOUNT_TEXT];
    uint64_t sent = p->sent, received = p->received;
    bool sender = t != NULL && t->meta != NULL;

    if (t != NULL)
        talker_bytes(t, &sent, &received);
    console_say(c, "local     %s", p->local->len > 0 ? addr_format(p->local, text) : "(unnamed)");
    console_say(c, "remote    %s", t != NULL ? talker_name(t, text) : peer_name(p, text));
    console_say(c, "state     %s", state_text(c, p));
    show_layers(c, p);
    show_bytes(c, "sent      ", sent);
    show_bytes(c, "received  ", received);
    console_say(c, "idle      %s",
                amount_time(idle, loop_now(c->svc->loop) - (sender ? t->heard : p->active)));
    show_kernel(c, p);
}

/* What is at the end of a pair: mostly a connection of its own (`p`), or NULL. */
static void show_end(struct console *c, const struct peer *p, struct talker *t)
{
    const struct link *in = console_in(c, t);
    uint64_t sent, received;
    char text[ADDR_TEXT];

    talker_bytes(t, &sent, &received);
    if (p != NULL)
        console_say(c, "local     %s", p->local->len > 0 ? addr_format(p->local, text) : "(unnamed)");
    console_say(c, "remote    %s", talker_name(t, text));
    console_say(c, "state     %s",
                in != NULL && in->paused ? "reading is paused"
                : p != NULL && p->ended  ? "it ended its side"
                : t->deaf                ? "it is over"
                                         : "open");
    if (p != NULL)
        show_layers(c, p);
    show_bytes(c, "sent      ", sent);
    show_bytes(c, "received  ", received);
    if (p != NULL)
        show_kernel(c, p);
}

/* The peer that `args` of a command name, or the one there is; and the talker, when one is named, or NULL. Of an end that is
 * no connection `*p` is NULL. */
static int named_peer(struct console *c, const char *command, const char *args, struct peer **p,
                      struct talker **t, struct err *e)
{
    char *word;
    int result;

    *t = NULL;
    if (args_take(c, command, args, 0, 1, &word, e) < 0)
        return -1;
    if (word != NULL || (c->talkers.to != NULL && c->talkers.to->far))
        result = args_talker(c, word, t, e);
    else
        result = args_peer(c, NULL, p, e);
    free(word);
    if (result == 0 && *t != NULL)
        *p = (*t)->far ? watch_end(*t) : (*t)->peer;
    return result;
}

int command_info(struct console *c, const char *args, struct err *e)
{
    struct talker *t;
    struct peer *p;

    if (named_peer(c, "info", args, &p, &t, e) < 0)
        return -1;
    if (t != NULL && t->far)
        show_end(c, p, t);
    else
        show(c, p, t);
    return 0;
}

int command_cert(struct console *c, const char *args, struct err *e)
{
    struct talker *t;
    struct peer *p;
    char text[256];
    unsigned i = 0;

    if (named_peer(c, "cert", args, &p, &t, e) < 0)
        return -1;
    while (p != NULL && port_tell(p->port, LAYER_CREDENTIALS, i, text, sizeof text)) {
        console_say(c, "%s", text);
        i++;
    }
    return i > 0 ? 0 : err_set(e, STATUS_LOCAL, "the peer has shown no certificate");
}

/* ~tls */

/* What was taken to be sent in the clear is not to go behind TLS. */
static int check_tls(struct console *c, const struct talker *t, struct err *e)
{
    const struct link *out = bridge_out(t->peer);

    if (c->svc->control.tls == NULL)
        return err_set(e, STATUS_LOCAL, "there is no TLS here");
    if (t->far || t->other != NULL)
        return err_set(e, STATUS_LOCAL, "the peer is joined to an end: TLS is not begun between");
    if (commands_sending(c, t) != NULL || console_held(c, t) > 0)
        return err_set(e, STATUS_LOCAL, "something is still being sent; TLS begins when it is out");
    if (t->peer->ended || c->ended || t->ended || t->ending || (out != NULL && out->state != LINK_RUNNING))
        return err_set(e, STATUS_LOCAL, "a direction of the connection has ended: there can be no TLS");
    return 0;
}

int command_tls(struct console *c, const char *args, struct err *e)
{
    struct talker *t;
    char *name;
    int result;

    if (args_take(c, "tls", args, 0, 1, &name, e) < 0)
        return -1;
    result = args_talker(c, NULL, &t, e);
    if (result == 0)
        result = check_tls(c, t, e);
    if (result == 0)
        result = c->svc->control.tls(c->svc->control.ctx, t->peer, name, e);
    free(name);
    return result;
}

/* ~connect */

static int connect_to(struct console *c, const char *host, const char *port, struct err *e)
{
    return c->svc->control.connect(c->svc->control.ctx, host, port, e);
}

/* HOST PORT, or HOST:PORT. A UNIX path is a host without a port. */
static int connect_words(struct console *c, char **words, struct err *e)
{
    char *host = NULL, *port = NULL;
    int result;

    if (words[0] == NULL)
        return connect_to(c, NULL, NULL, e);
    if (words[1] != NULL || strchr(words[0], '/') != NULL || words[0][0] == '@')
        return connect_to(c, words[0], words[1], e);
    if (hostport_split(words[0], &host, &port) < 0 || host == NULL || port == NULL)
        result = args_usage(c, "connect", e);
    else
        result = connect_to(c, host, port, e);
    free(host);
    free(port);
    return result;
}

int command_connect(struct console *c, const char *args, struct err *e)
{
    char *words[2];
    int result;

    if (args_take(c, "connect", args, 0, 2, words, e) < 0)
        return -1;
    if (c->svc->control.connect != NULL)
        result = connect_words(c, words, e);
    else
        result = err_set(e, STATUS_LOCAL, "who listens does not connect");
    args_free(words, 2);
    return result;
}
