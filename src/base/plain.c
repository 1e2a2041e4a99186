/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/plain.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 128 };

struct plain {
    FILE *text;  /* one line, not filled yet */
    bool joined; /* the next word stands right behind the last */
    bool begun;
};

/* What a macro puts around each of its words, or (`whole`) around all of them. */
struct macro {
    const char *name, *before, *after;
    bool whole;
};

static const struct macro macros[] = {
    {"Fl", "-", "", false}, {"Ql", "'", "'", true}, {"Pq", "(", ")", true}, {"Ar", "", "", false},
    {"Cm", "", "", false},  {"Dv", "", "", false},  {"Ev", "", "", false},  {"Ic", "", "", false},
    {"Pa", "", "", false},  {"Sx", "", "", false},  {"Xr", "", "", false},  {"Pf", "", "", false},
};

/* What stands for itself, right behind what is before it (`behind`) or before what follows (`before`). */
struct mark {
    const char *name, *text;
    bool behind, before;
};

static const struct mark marks[] = {
    {"Ns", "", true, true},
    {"Oo", "[", false, true},
    {"Oc", "]", true, false},
    {"Nm", "pollcat", false, false},
};

static const struct macro *macro_find(const char *word)
{
    for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++) {
        if (strcmp(macros[i].name, word) == 0)
            return &macros[i];
    }
    return NULL;
}

static const struct mark *mark_find(const char *word)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (strcmp(marks[i].name, word) == 0)
            return &marks[i];
    }
    return NULL;
}

static bool closes(const char *word)
{
    return word[0] != '\0' && word[1] == '\0' && strchr(".,;:!)", word[0]) != NULL;
}

/* The next word of a line, its escapes undone: \& is nothing, \e a backslash. False at the end. */
static bool take_word(const char **line, char word[static WORD])
{
    size_t n = 0;
    const char *p = *line + strspn(*line, " ");

    if (*p == '\0' || *p == '\n')
        return false;
    for (; *p != '\0' && *p != ' ' && *p != '\n'; p++) {
        char c = *p;

        if (c == '\\' && p[1] != '\0') {
            p++;
            if (*p == '&')
                continue;
            c = *p == 'e' ? '\\' : *p;
        }
        if (n + 1 < WORD)
            word[n++] = c;
    }
    word[n] = '\0';
    *line = p;
    return true;
}

static void put(struct plain *p, const char *before, const char *word, const char *after)
{
    fprintf(p->text, "%s%s%s%s", p->begun && !p->joined ? " " : "", before, word, after);
    p->begun = true;
    p->joined = false;
}

static void put_mark(struct plain *p, const struct mark *m)
{
    p->joined |= m->behind;
    put(p, "", m->text, "");
    p->joined = m->before;
}

static void put_closing(struct plain *p, const char *word)
{
    p->joined = true;
    put(p, "", word, "");
}

/* The section of a page stands in parentheses. */
static void put_page(struct plain *p, const char **line)
{
    char page[WORD], section[WORD];

    if (!take_word(line, page))
        return;
    put(p, "", page, take_word(line, section) ? "(" : "");
    p->joined = true;
    put(p, "", section, ")");
}

/* Whether nothing but closing punctuation follows, which is no macro's. */
static bool only_closes(const char *line)
{
    char word[WORD];

    while (take_word(&line, word)) {
        if (!closes(word))
            return false;
    }
    return true;
}

/* The words of one macro, up to the next one; closing punctuation ends what has something around it. */
static void put_macro(struct plain *p, const struct macro *m, const char **line)
{
    const char *rest = *line;
    char word[WORD];
    bool first = true;

    if (m->name[0] == 'X')
        put_page(p, line);
    for (rest = *line; take_word(&rest, word) && mark_find(word) == NULL; rest = *line) {
        const struct macro *inner = macro_find(word);

        if ((inner != NULL && !m->whole && m->name[1] != 'f') ||
            (closes(word) && (m->whole || only_closes(rest))))
            break;
        *line = rest;
        if (closes(word)) {
            put_closing(p, word);
            continue;
        }
        put(p, !m->whole || first ? m->before : "", inner != NULL ? "" : word, m->whole ? "" : m->after);
        if (inner != NULL) {
            p->joined = true;
            put_macro(p, inner, line);
        }
        p->joined = first && m->name[1] == 'f'; /* Pf joins what follows it */
        first = false;
    }
    if (m->whole) {
        p->joined = true;
        put(p, "", "", m->after);
    }
}

static void put_line(struct plain *p, const char *line)
{
    const bool request = line[0] == '.';
    char word[WORD];

    line += request ? 1 : 0;
    while (take_word(&line, word)) {
        const struct macro *m = request ? macro_find(word) : NULL;
        const struct mark *mark = request ? mark_find(word) : NULL;

        if (m != NULL)
            put_macro(p, m, &line);
        else if (mark != NULL)
            put_mark(p, mark);
        else if (request && closes(word))
            put_closing(p, word);
        else
            put(p, "", word, "");
    }
}

/* Breaks the line where a word would go beyond the columns. */
static void fill(FILE *out, const char *text, int indent, int columns)
{
    int at = 0;

    while (*text != '\0') {
        const int n = (int)strcspn(text, " ");

        if (at > 0 && at + 1 + n > columns) {
            fputc('\n', out);
            at = 0;
        }
        at += at > 0 ? fprintf(out, " %.*s", n, text) : fprintf(out, "%*s%.*s", indent, "", n, text);
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

void plain_print(FILE *out, const char *doc, int indent, int columns)
{
    char *text = NULL;
    size_t size;
    struct plain p = {.text = open_memstream(&text, &size)};

    if (p.text == NULL)
        return;
    for (; *doc != '\0'; doc += strcspn(doc, "\n"), doc += *doc == '\n')
        put_line(&p, doc);
    if (fclose(p.text) == 0)
        fill(out, text, indent, columns);
    free(text);
}
