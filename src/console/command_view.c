/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Commands about how lines are typed and shown, and other things that are chosen.
 */
#include "console/commands.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/num.h"
#include "base/words.h"
#include "console/recent.h"

enum { AGAIN = 256 }; /* bytes that ~again shows */

static const char *name_in(const struct name *names, size_t i)
{
    return names_row((void *)(uintptr_t)names, i);
}

/* The modes, then the marks, then "none". */
static const char *shown_name(void *ctx, size_t i)
{
    size_t modes = 0, marks = 0;

    (void)ctx;
    while (name_in(view_mode_names, modes) != NULL)
        modes++;
    while (name_in(mark_names, marks) != NULL)
        marks++;
    if (i < modes)
        return name_in(view_mode_names, i);
    return i == modes + marks ? "none" : i < modes + marks ? name_in(mark_names, i - modes) : NULL;
}

static void complete_name(struct complete *to, size_t index, const char *typed, const struct name *names)
{
    if (index == 0)
        complete_from(to, typed, names_row, (void *)(uintptr_t)names);
}

void complete_input(struct console *c, struct complete *to, size_t index, const char *typed)
{
    (void)c;
    complete_name(to, index, typed, input_mode_names);
}

void complete_eol(struct console *c, struct complete *to, size_t index, const char *typed)
{
    (void)c;
    complete_name(to, index, typed, eol_names);
}

void complete_time(struct console *c, struct complete *to, size_t index, const char *typed)
{
    (void)c;
    complete_name(to, index, typed, clock_names);
}

/* In a list of marks the last one is completed. */
void complete_view(struct console *c, struct complete *to, size_t index, const char *typed)
{
    const char *comma = strrchr(typed, ',');
    size_t n = comma != NULL ? (size_t)(comma + 1 - typed) : 0;
    const char *name;

    (void)c;
    if (index > 1)
        return;
    if (comma == NULL) {
        complete_from(to, typed, shown_name, NULL);
        return;
    }
    for (size_t i = 0; (name = name_in(mark_names, i)) != NULL; i++) {
        char word[128];

        if (strncmp(name, comma + 1, strlen(comma + 1)) != 0)
            continue;
        snprintf(word, sizeof word, "%.*s%s", (int)n, typed, name);
        complete_add(to, word);
    }
}

/* Takes the one word of a command that sets a choice, if there is one, and says what it is then. 1 when one was chosen, 0
 * when not. */
static int choose(struct console *c, const char *command, const char *what, const char *args,
                  const struct name *names, int now, int *choice, struct err *e)
{
    char *word;
    size_t row;
    bool chosen;
    int result;

    if (args_take(c, command, args, 0, 1, &word, e) < 0)
        return -1;
    chosen = word != NULL;
    if (chosen) {
        result = args_choice(what, word, names_row, (void *)(uintptr_t)names, &row, e);
        free(word);
        if (result < 0)
            return -1;
        *choice = now = names[row].value;
    }
    console_say(c, "%s: %s", what, names_word(names, now));
    return chosen;
}

void complete_again(struct console *c, struct complete *to, size_t index, const char *typed)
{
    (void)c;
    complete_name(to, index, typed, view_mode_names);
}

/* The words of ~again: [MODE] [BYTES [N]]. */
static int take_again(struct console *c, char **words, enum view_mode *mode, int64_t *bytes,
                      struct talker **t, struct err *e)
{
    const void *names = view_mode_names;
    size_t row;

    if (words[0] != NULL && !isdigit((unsigned char)words[0][0])) {
        if (args_choice("view", words[0], names_row, (void *)(uintptr_t)names, &row, e) < 0)
            return -1;
        *mode = (enum view_mode)view_mode_names[row].value;
        words++;
    } else if (words[2] != NULL) {
        return args_usage(c, "again", e);
    }
    if (words[0] != NULL && num_parse(words[0], 1, RECENT_MOST, bytes) < 0)
        return err_set(e, STATUS_LOCAL, "a number of bytes is 1 to %d", RECENT_MOST);
    return args_talker(c, words[0] != NULL ? words[1] : NULL, t, e);
}

int command_again(struct console *c, const char *args, struct err *e)
{
    enum view_mode mode = VIEW_HEX;
    char *words[4] = {NULL};
    const struct recent *r;
    int64_t bytes = AGAIN;
    struct talker *t = NULL;
    int result;
    size_t n;

    if (args_take(c, "again", args, 0, 3, words, e) < 0)
        return -1;
    result = take_again(c, words, &mode, &bytes, &t, e);
    args_free(words, 3);
    if (result < 0 || t == NULL)
        return -1;
    r = t->recent;
    if (r == NULL)
        return err_set(e, STATUS_LOCAL, "nothing has arrived here");
    n = r->len < (size_t)bytes ? r->len : (size_t)bytes;
    view_again(&c->view, t, mode, r->before + r->len - n, r->data + r->len - n, n);
    return 0;
}

int command_input(struct console *c, const char *args, struct err *e)
{
    int choice = 0;
    int r = choose(c, "input", "input mode", args, input_mode_names, (int)c->input, &choice, e);

    if (r > 0)
        console_set_input(c, (enum input_mode)choice);
    return r < 0 ? -1 : 0;
}

int command_eol(struct console *c, const char *args, struct err *e)
{
    int choice = 0;
    int r = choose(c, "eol", "line end", args, eol_names, (int)c->eol, &choice, e);

    if (r > 0)
        c->eol = (enum eol)choice;
    return r < 0 ? -1 : 0;
}

int command_time(struct console *c, const char *args, struct err *e)
{
    int choice = 0;
    int r = choose(c, "time", "time", args, clock_names, (int)c->view.marks.clock.kind, &choice, e);

    if (r > 0)
        view_set_time(&c->view, (enum clock_kind)choice);
    return r < 0 ? -1 : 0;
}

static void say_view(struct console *c)
{
    char marks[80] = "";

    for (const struct name *mark = mark_names; mark->word != NULL; mark++) {
        size_t n = strlen(marks);

        if ((c->view.marks.set & (unsigned)mark->value) != 0)
            snprintf(marks + n, sizeof marks - n, "%s%s", n > 0 ? "," : "", mark->word);
    }
    console_say(c, "view: %s, marks: %s", names_word(view_mode_names, (int)c->view.mode),
                marks[0] != '\0' ? marks : "none");
}

/* A mode or a list of marks. */
static int parse_view(const char *word, enum view_mode *mode, unsigned *marks, struct err *e)
{
    size_t choice;
    int found;

    if (names_find(view_mode_names, word, strlen(word), &found)) {
        *mode = (enum view_mode)found;
        return 0;
    }
    if (mark_parse(word, marks) == 0)
        return 0;
    return args_choice("view", word, shown_name, NULL, &choice, e);
}

int command_view(struct console *c, const char *args, struct err *e)
{
    enum view_mode mode = c->view.mode;
    unsigned marks = c->view.marks.set;
    int result = 0;
    char *words[2];

    if (args_take(c, "view", args, 0, 2, words, e) < 0)
        return -1;
    for (size_t i = 0; i < 2 && words[i] != NULL && result == 0; i++)
        result = parse_view(words[i], &mode, &marks, e);
    if (result == 0) {
        view_set_mode(&c->view, mode);
        view_set_marks(&c->view, marks);
        say_view(c);
    }
    args_free(words, 2);
    return result;
}

static const struct name end_names[] = {{"stay", false}, {"leave", true}, {NULL, 0}};

void complete_set(struct console *c, struct complete *to, size_t index, const char *typed)
{
    (void)c;
    complete_name(to, index, typed, end_names);
}

int command_set(struct console *c, const char *args, struct err *e)
{
    int choice = 0;
    int r = choose(c, "set", "when the peer ends", args, end_names, bridge_leaves(c->bridge), &choice, e);

    if (r > 0)
        console_set_leave(c, choice);
    return r < 0 ? -1 : 0;
}

int command_secret(struct console *c, const char *args, struct err *e)
{
    if (console_check_to(c, NULL, e) < 0)
        return -1;
    prompt_secret(c->prompt, *args != '\0' ? args : "secret: ");
    return 0;
}

int command_paste(struct console *c, const char *args, struct err *e)
{
    (void)args;
    (void)e;
    c->whole = true;
    console_say(c, "the next line is one message, with all newlines pasted into it");
    return 0;
}

/* ~repeat */

enum { BURST = 64 }; /* sent at once before others have their turn */

struct repeat {
    struct task task;
    int64_t left;           /* 0: for ever */
    int64_t interval, next; /* ms; loop time */
    unsigned char *data;
    size_t n;
};

static void repeat_step(struct task *t)
{
    struct repeat *r = container_of(t, struct repeat, task);
    int64_t now = loop_now(t->c->svc->loop);

    for (int i = 0; i < BURST; i++) {
        if (r->interval > 0 && r->next > now) {
            loop_timer_set(t->c->svc->loop, &t->timer, r->next - now);
            return;
        }
        if (task_waits(t))
            return;
        r->next = (r->next > 0 ? r->next : now) + r->interval;
        if (r->next < now)
            r->next = now; /* what was held up is not made up for */
        task_send(t, r->data, r->n, false);
        if (t->over)
            return;
        if (r->left > 0 && --r->left == 0) {
            task_end(t);
            return;
        }
    }
    task_go(t);
}

static void repeat_free(struct task *t)
{
    free(container_of(t, struct repeat, task)->data);
}

static const struct task_ops repeat_ops = {.step = repeat_step, .free = repeat_free};

/* The interval before the text: a time with something behind it. */
static int64_t take_interval(const char **text)
{
    const char *rest = *text, *why;
    int64_t ms = 0;
    char *word;

    if (words_next(&rest, &word, &why) != 1)
        return 0;
    if (*rest != '\0' && num_parse_time(word, 0, INT32_MAX, &ms) == 0)
        *text = words_rest(rest);
    free(word);
    return ms;
}

static int count_parse(struct console *c, const char **args, int64_t *n, struct err *e)
{
    const char *why;
    int64_t count;
    char *word;
    int r;

    if (words_next(args, &word, &why) != 1)
        return args_usage(c, "repeat", e);
    r = num_parse(word, 0, INT64_MAX, &count);
    free(word);
    if (r < 0 || **args == '\0')
        return args_usage(c, "repeat", e);
    *n = count;
    *args = words_rest(*args);
    return 0;
}

int command_repeat(struct console *c, const char *args, struct err *e)
{
    struct input_fault fault;
    struct repeat *r;
    unsigned char *data;
    int64_t count = 0, interval;
    size_t n;

    if (count_parse(c, &args, &count, e) < 0)
        return -1;
    interval = take_interval(&args);
    if (console_check_to(c, NULL, e) < 0)
        return -1;
    if (input_encode(c->input, c->eol, args, strlen(args), &data, &n, &fault) < 0)
        return err_set(e, STATUS_LOCAL, "byte %zu of the text: %s", fault.offset + 1, fault.why);
    r = mem_alloc(sizeof *r);
    r->left = count;
    r->task.endless = count == 0;
    r->task.owes = count > 0;
    r->interval = interval;
    r->data = data;
    r->n = n;
    r->task.ops = &repeat_ops;
    task_start(c, &r->task, "repeat");
    task_go(&r->task);
    return 0;
}
