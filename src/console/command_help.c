/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ~help: the list of commands, and the manual's words on one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain.h"
#include "console/command.h"
#include "console/commands.h"

enum {
    TITLE = 8, /* columns of a group's title, of a name, and of a command in the list */
    NAME = 10,
    CELL = 36,
    WIDE = TITLE + 2 * CELL, /* columns that hold two commands a row */
    LINE = 256,
};

/* The first command of each group. */
static const struct {
    const char *first, *title;
} groups[] = {
    {"help", ""},       {"peers", "peers"}, {"send", "files"},
    {"input", "lines"}, {"opt", "network"}, {"repeat", "more"},
};

static const char *title_of(const struct command *row)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(groups[i].first, row->name) == 0)
            return groups[i].title;
    }
    return NULL;
}

/* Each group begins a row. */
static void list_commands(struct console *c)
{
    const unsigned most = c->sheet.columns == 0 || c->sheet.columns >= WIDE ? 2 : 1;
    const struct command *row;
    char line[LINE] = "";
    unsigned n = 0;

    for (size_t i = 0; (row = command_row(i)) != NULL; i++) {
        const char *title = title_of(row);
        size_t at = strlen(line);

        if (n == most || (n > 0 && title != NULL)) {
            console_say(c, "%s", line);
            at = n = 0;
        }
        if (n++ == 0)
            at = (size_t)snprintf(line, sizeof line, "%-*s", TITLE, title != NULL ? title : "");
        snprintf(line + at, sizeof line - at, "%c%-*s%-*s", c->escape, NAME - 1, row->name, CELL - NAME,
                 row->help);
    }
    console_say(c, "%s", line);
}

static void list_keys(struct console *c)
{
    console_say(c, "%-*s^D  end of input    ^C  clear, stop, quit    ^R  search    ^X^E  editor", TITLE,
                "keys");
    console_say(c, "%-*s^V  paste as one message    Tab  complete    %c%c  one %c at the beginning", TITLE,
                "", c->escape, c->escape, c->escape);
}

static void show_usage(struct console *c, const struct command *row)
{
    const bool sign = row->name[0] == '@' || row->name[0] == '!';
    const char *args = row->args != NULL ? row->args : "";

    console_say(c, "%c%s%s%s%s%.*s%s", c->escape, row->name, args[0] != '\0' && !sign ? " " : "", args,
                row->alias != NULL ? ", " : "", row->alias != NULL, &c->escape,
                row->alias != NULL ? row->alias : "");
}

/* The manual has the usual escape character. */
static void show_manual(struct console *c, const struct command *row)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    unsigned columns = c->sheet.columns;

    if (out == NULL)
        return;
    plain_print(out, row->doc, 0, columns == 0 || columns > WIDE ? WIDE : (int)columns);
    if (fclose(out) == 0) {
        for (char *p = text; (p = strchr(p, '~')) != NULL; p++)
            *p = c->escape;
        text[strlen(text) - 1] = '\0';
        view_say(&c->view, text);
    }
    free(text);
}

int command_help(struct console *c, const char *args, struct err *e)
{
    const struct command *row;
    const char *name;
    char *word;

    if (args_take(c, "help", args, 0, 1, &word, e) < 0)
        return -1;
    if (word == NULL) {
        list_commands(c);
        list_keys(c);
        return 0;
    }
    name = word[0] == c->escape ? word + 1 : word;
    row = command_find(name);
    if (row == NULL) {
        command_unknown(c, name, e);
    } else {
        show_usage(c, row);
        show_manual(c, row);
    }
    free(word);
    return row != NULL ? 0 : -1;
}
