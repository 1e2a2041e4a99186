/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Commands about who is connected.
 */
#include "console/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/amount.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "base/words.h"
#include "console/console_conf.h"
#include "console/watch.h"
#include "peer/info.h"

enum { LISTED = 200 }; /* peers that ~peers shows */

static const char *state_of(struct console *c, struct talker *t)
{
    const struct link *in = t->meta == NULL ? console_in(c, t) : NULL;
    const struct peer *peer = t->far ? watch_end(t) : t->peer;

    if (in != NULL && in->paused)
        return ", paused";
    if (peer != NULL && peer->ended)
        return ", ended its side";
    return t->ended || t->deaf ? ", our direction has ended" : "";
}

/* ", rtt 0.05 ms", or nothing. */
static const char *rtt_format(const struct talker *t, char *text, size_t size)
{
    const struct peer *peer = t->far ? watch_end(t) : t->peer;
    struct info i;

    text[0] = '\0';
    if (peer == NULL)
        return text;
    info_get(peer, &i);
    if (i.tcp && i.rtt > 0)
        snprintf(text, size, ", rtt %.2f ms", (double)i.rtt / 1000);
    return text;
}

static void list(struct console *c, struct talker *t)
{
    char label[MARK_LABEL], name[ADDR_TEXT], since[AMOUNT_TEXT], out[AMOUNT_TEXT], in[AMOUNT_TEXT];
    char text[MARK_LABEL + ADDR_TEXT + 256], rtt[32], number[16] = "";
    uint64_t sent, received;
    unsigned width;

    talker_bytes(t, &sent, &received);
    mark_label(&c->view.marks, t, label, &width);
    if (t->called != NULL)
        snprintf(number, sizeof number, "%u, ", (unsigned)t->number);
    snprintf(text, sizeof text, "%c %s%s%s%s  %s  sent %s, received %s%s%s", c->talkers.to == t ? '*' : ' ',
             label, label[0] != '\0' ? " " : "", number, talker_name(t, name),
             amount_time(since, loop_now(c->svc->loop) - t->since), amount_size(out, (double)sent),
             amount_size(in, (double)received), rtt_format(t, rtt, sizeof rtt), state_of(c, t));
    view_say(&c->view, text);
}

int command_peers(struct console *c, const char *args, struct err *e)
{
    struct talker *t = talkers_next(&c->talkers, NULL);

    (void)args;
    (void)e;
    if (t == NULL)
        console_say(c, "nobody is connected");
    for (unsigned n = 0; t != NULL; t = talkers_next(&c->talkers, t)) {
        if (++n > LISTED) {
            console_say(c, "and %u more", c->talkers.count - LISTED);
            break;
        }
        list(c, t);
        if (t->other != NULL)
            list(c, t->other);
    }
    return 0;
}

static void say_to(struct console *c)
{
    const struct talker *t = c->talkers.to;
    char name[ADDR_TEXT], label[TALKER_LABEL];

    if (t != NULL)
        console_say(c, "lines go to %s, %s", talker_label(t, label), talker_name(t, name));
    else if (c->talkers.gone[0] != '\0')
        console_say(c, "lines go to nobody: %s has left", c->talkers.gone);
    else
        console_say(c, "lines go to all");
}

int command_to(struct console *c, const char *args, struct err *e)
{
    struct talker *t = NULL;
    char *word;
    int result = 0;

    if (args_take(c, "to", args, 0, 1, &word, e) < 0)
        return -1;
    if (word == NULL) {
        say_to(c);
        return 0;
    }
    if (strcmp(word, "all") != 0)
        result = args_talker(c, word, &t, e);
    if (result == 0)
        console_set_to(c, t);
    free(word);
    return result;
}

/* The talkers of a list of numbers and names, each once: `*n` of them, to be freed. Of those that are not there the last is told
 * in `e` (-1), the others at once. */
static int take_list(struct console *c, char *list, struct talker ***found, size_t *n, struct err *e)
{
    char *word, *rest = list;
    int result = 0;

    *found = NULL;
    *n = 0;
    while ((word = strsep(&rest, ",")) != NULL) {
        struct talker *t;
        struct err why;
        size_t i = 0;

        if (args_talker(c, word, &t, &why) < 0) {
            if (result < 0)
                view_note(&c->view, e->text);
            *e = why;
            result = -1;
            continue;
        }
        while (i < *n && (*found)[i] != t)
            i++;
        *found = mem_resize(*found, (*n + 1) * sizeof **found);
        (*found)[i] = t;
        *n += i == *n;
    }
    return result;
}

/* To each who is there, whoever else is not. */
static int send_list(struct console *c, char *list, const char *text, struct err *e)
{
    struct input_fault fault = {0};
    struct talker **to;
    struct err why;
    size_t n;
    int result = take_list(c, list, &to, &n, e);

    for (size_t i = 0; i < n && fault.why == NULL; i++) {
        if (console_send_line(c, to[i], text, strlen(text), &fault, &why) == 0)
            continue;
        if (result < 0)
            view_note(&c->view, e->text);
        *e = why;
        result = -1;
    }
    free(to);
    return result;
}

int command_at(struct console *c, const char *args, struct err *e)
{
    const char *rest = args, *why;
    char *word;
    int result;

    if (words_next(&rest, &word, &why) != 1)
        return args_usage(c, "@", e);
    if (*rest == '\0')
        result = args_usage(c, "@", e);
    else
        result = send_list(c, word, words_rest(rest), e);
    free(word);
    return result;
}

static int check_name(struct console *c, const char *name, const struct talker *t, struct err *e)
{
    const struct talker *other;
    char safe[2 * TALKER_LABEL];

    text_safe_string(name, safe, sizeof safe);
    if (!talker_can_be_called(name) || strcmp(name, "all") == 0)
        return err_set(e, STATUS_LOCAL,
                       "'%s' cannot be a name: up to %d letters, digits, _ and -, no number, not all", safe,
                       TALKER_CALLED);
    other = talkers_called(&c->talkers, name);
    if (other != NULL && other != t)
        return err_set(e, STATUS_LOCAL, "%u is called %s already", (unsigned)other->number, name);
    return 0;
}

int command_name(struct console *c, const char *args, struct err *e)
{
    char *words[2];
    struct talker *t;
    int result;

    if (args_take(c, "name", args, 1, 2, words, e) < 0)
        return -1;
    result = args_talker(c, words[0], &t, e);
    if (result == 0 && words[1] != NULL)
        result = check_name(c, words[1], t, e);
    if (result == 0) {
        console_call(c, t, words[1]);
        if (words[1] != NULL)
            console_say(c, "%u is called %s", (unsigned)t->number, words[1]);
        else
            console_say(c, "%u has no name", (unsigned)t->number);
    }
    args_free(words, 2);
    return result;
}

static int close_one(struct console *c, const char *name, const char *args, bool reset, struct err *e)
{
    struct talker *t;
    char *word;
    int result;

    if (args_take(c, name, args, 0, 1, &word, e) < 0)
        return -1;
    result = args_talker(c, word, &t, e);
    free(word);
    if (result < 0)
        return -1;
    if (reset && t->peer->datagram)
        return err_set(e, STATUS_LOCAL, "datagrams come without a connection that could be reset");
    console_close(c, t, reset);
    return 0;
}

int command_close(struct console *c, const char *args, struct err *e)
{
    return close_one(c, "close", args, false, e);
}

int command_reset(struct console *c, const char *args, struct err *e)
{
    return close_one(c, "reset", args, true, e);
}

/* The peer that `args` names, or to whom lines go: NULL is all. */
static int take_peers(struct console *c, const char *name, const char *args, struct talker **t, struct err *e)
{
    char *word;
    int result = 0;

    *t = c->talkers.to;
    if (args_take(c, name, args, 0, 1, &word, e) < 0)
        return -1;
    if (word != NULL || c->talkers.gone[0] != '\0')
        result = args_talker(c, word, t, e);
    free(word);
    return result;
}

int command_eof(struct console *c, const char *args, struct err *e)
{
    struct talker *t;

    if (take_peers(c, "eof", args, &t, e) < 0)
        return -1;
    /* Where pairs are watched there is no direction of ours to all. */
    if (t == NULL && c->conf->watch && args_talker(c, NULL, &t, e) < 0)
        return -1;
    if (list_empty(&c->talkers.all))
        return err_set(e, STATUS_LOCAL, "nobody is connected");
    if (c->ended || (t != NULL && t->ended))
        return err_set(e, STATUS_LOCAL, "our direction has ended already");
    if (c->ending || (t != NULL && t->ending))
        return err_set(e, STATUS_LOCAL, "our direction is about to end already");
    if (t != NULL && t->meta != NULL)
        return err_set(e, STATUS_LOCAL, "datagrams have no end to send");
    console_end(c, t);
    return 0;
}

static void pause_one(struct console *c, struct talker *t, bool paused)
{
    struct link *in = console_in(c, t);

    if (in != NULL)
        link_pause(in, paused);
}

static int pause_links(struct console *c, const char *name, const char *args, bool paused, struct err *e)
{
    struct talker *t;

    if (take_peers(c, name, args, &t, e) < 0)
        return -1;
    if (list_empty(&c->talkers.all))
        return err_set(e, STATUS_LOCAL, "nobody is connected");
    for (struct talker *x = NULL; (x = talkers_after(&c->talkers, x)) != NULL;) {
        if (t == NULL || x == t)
            pause_one(c, x, paused);
        if (x->other != NULL && (t == NULL || x->other == t))
            pause_one(c, x->other, paused);
    }
    if (paused)
        console_say(c, "reading is paused; %cresume goes on", c->escape);
    else
        console_say(c, "reading goes on");
    return 0;
}

int command_pause(struct console *c, const char *args, struct err *e)
{
    return pause_links(c, "pause", args, true, e);
}

int command_resume(struct console *c, const char *args, struct err *e)
{
    return pause_links(c, "resume", args, false, e);
}

int command_keys(struct console *c, const char *args, struct err *e)
{
    struct talker *t;

    if (take_peers(c, "keys", args, &t, e) < 0)
        return -1;
    if (console_keys_begun(c->keys)) {
        console_keys_end(c->keys);
        return 0;
    }
    return console_keys_start(c->keys, t, e);
}

int command_join(struct console *c, const char *args, struct err *e)
{
    struct talker *t;

    if (c->among != NULL) /* what one says would go to its end and to the others */
        return err_set(e, STATUS_LOCAL, "peers hear each other here (--broker, --chat): none has an end");
    if (args_talker(c, NULL, &t, e) < 0)
        return -1;
    if (t->far)
        t = t->other;
    return args[0] != '\0' ? watch_join(c, t, args, e) : watch_part(c, t, e);
}

int command_quit(struct console *c, const char *args, struct err *e)
{
    (void)args;
    (void)e;
    c->svc->asked = true;
    c->svc->host.quit(c->svc->host.ctx, NULL);
    return 0;
}
