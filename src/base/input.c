/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/input.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crlf.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/width.h"

const struct name input_mode_names[] = {
    {"text", INPUT_TEXT},
    {"escapes", INPUT_ESCAPES},
    {"hex", INPUT_HEX},
    {NULL, 0},
};

const struct name eol_names[] = {
    {"lf", EOL_LF}, {"crlf", EOL_CRLF}, {"cr", EOL_CR}, {"none", EOL_NONE}, {"nul", EOL_NUL}, {NULL, 0},
};

/* The line that is read, and the bytes made of it so far: in no mode but text are they more than were read. */
struct work {
    const char *line;
    size_t n, at;
    unsigned char *out;
    size_t outn;
    struct input_fault *fault;
};

/* Fills the fault: from `offset` up to `end`, and on to where the character at `end` - 1 ends. */
static int refuse_line(struct work *w, size_t offset, size_t end, const char *why)
{
    while (end < w->n && utf8_inner(w->line[end]))
        end++;
    *w->fault = (struct input_fault){offset, end - offset, why};
    return -1;
}

/* \x, \u and \U, whose letter is at `at` + 1. */
static int put_number(struct work *w, size_t digits, const char *why)
{
    size_t start = w->at, i = start + 2;
    uint32_t value = 0;

    for (; i < start + 2 + digits; i++) {
        int d = i < w->n ? hex_value(w->line[i]) : -1;

        if (d < 0)
            return refuse_line(w, start, i, why);
        value = value << 4 | (uint32_t)d;
    }
    if (digits > 2 && !utf8_exists(value))
        return refuse_line(w, start, i, "no such character");
    if (digits > 2)
        w->outn += utf8_encode(value, w->out + w->outn);
    else
        w->out[w->outn++] = (unsigned char)value;
    w->at = i;
    return 0;
}

static int put_escape(struct work *w)
{
    static const char letters[] = "rnt0abefv\\", bytes[] = "\r\n\t\0\a\b\x1b\f\v\\";
    const char *found;
    char c;

    if (w->at + 1 >= w->n)
        return refuse_line(w, w->at, w->at + 1, "a backslash at the end; \\\\ sends one");
    c = w->line[w->at + 1];
    if (c == 'x')
        return put_number(w, 2, "\\x needs two hex digits");
    if (c == 'u')
        return put_number(w, 4, "\\u needs four hex digits");
    if (c == 'U')
        return put_number(w, 8, "\\U needs eight hex digits");
    found = memchr(letters, c, sizeof letters - 1);
    if (found == NULL)
        return refuse_line(w, w->at, w->at + 2, "no such escape; \\\\ sends a backslash");
    w->out[w->outn++] = (unsigned char)bytes[found - letters];
    w->at += 2;
    return 0;
}

static int put_escapes(struct work *w)
{
    while (w->at < w->n) {
        const char *from = w->line + w->at, *backslash = memchr(from, '\\', w->n - w->at);
        size_t run = backslash != NULL ? (size_t)(backslash - from) : w->n - w->at;

        memcpy(w->out + w->outn, from, run);
        w->outn += run;
        w->at += run;
        if (backslash != NULL && put_escape(w) != 0)
            return -1;
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What may stand behind a byte in hex: what parts bytes, a text or a comment. */
static bool ends_hex(const struct work *w)
{
    return w->at == w->n || is_blank(w->line[w->at]) || strchr(":,\"#", w->line[w->at]) != NULL;
}

static int put_hex_byte(struct work *w)
{
    int high = hex_value(w->line[w->at]), low;

    if (high < 0)
        return refuse_line(w, w->at, w->at + 1, "not a hex digit");
    w->at++;
    if (ends_hex(w))
        return refuse_line(w, w->at - 1, w->at, "a byte needs two hex digits");
    low = hex_value(w->line[w->at]);
    if (low < 0)
        return refuse_line(w, w->at, w->at + 1, "not a hex digit");
    w->at++;
    w->out[w->outn++] = (unsigned char)(high << 4 | low);
    return 0;
}

/* A run of digits. */
static int put_hex_run(struct work *w)
{
    if (w->n - w->at >= 2 && w->line[w->at] == '0' && (w->line[w->at + 1] | 0x20) == 'x') {
        w->at += 2;
        if (ends_hex(w))
            return refuse_line(w, w->at - 2, w->at, "0x needs hex digits behind it");
    }
    while (!ends_hex(w)) {
        if (put_hex_byte(w) != 0)
            return -1;
    }
    return 0;
}

/* "text", as it is. */
static int put_quoted(struct work *w)
{
    const char *from = w->line + w->at + 1, *quote = memchr(from, '"', w->n - w->at - 1);

    if (quote == NULL)
        return refuse_line(w, w->at, w->at + 1, "no \" ends this text");
    memcpy(w->out + w->outn, from, (size_t)(quote - from));
    w->outn += (size_t)(quote - from);
    w->at = (size_t)(quote + 1 - w->line);
    return 0;
}

static int put_hex(struct work *w)
{
    int result = 0;

    while (w->at < w->n && result == 0) {
        char c = w->line[w->at];

        if (c == '#')
            while (w->at < w->n && w->line[w->at] != '\n')
                w->at++;
        else if (c == '"')
            result = put_quoted(w);
        else if (ends_hex(w))
            w->at++;
        else
            result = put_hex_run(w);
    }
    return result;
}

static void put_text(struct work *w, enum eol eol)
{
    struct crlf crlf = {0};

    if (eol == EOL_CRLF) {
        w->outn = crlf_put(&crlf, w->line, w->n, w->out);
        w->outn += crlf_put(&crlf, "\n", 1, w->out + w->outn);
        return;
    }
    memcpy(w->out, w->line, w->n);
    w->outn = w->n;
    if (eol != EOL_NONE)
        w->out[w->outn++] = eol == EOL_NUL ? '\0' : eol == EOL_CR ? '\r' : '\n';
    for (size_t i = 0; i < w->n && eol == EOL_CR; i++) {
        if (w->out[i] == '\n')
            w->out[i] = '\r';
    }
}

int input_encode(enum input_mode mode, enum eol eol, const char *line, size_t n, unsigned char **out,
                 size_t *outn, struct input_fault *fault)
{
    struct work w = {.line = line, .n = n, .fault = fault};
    int result = 0;

    w.out = mem_alloc(2 * n + 2);
    if (mode == INPUT_TEXT)
        put_text(&w, eol);
    else
        result = mode == INPUT_HEX ? put_hex(&w) : put_escapes(&w);
    if (result != 0) {
        free(w.out);
        return -1;
    }
    *out = w.out;
    *outn = w.outn;
    return 0;
}

size_t input_column(const char *line, size_t offset, size_t start)
{
    return width_text(line, offset, start);
}
