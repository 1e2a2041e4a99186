/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/modes.h"

#include <stdbool.h>
#include <string.h>

/* What the next byte belongs to. */
enum { TEXT, ESCAPE, CHARSET, CSI, STRING, STRING_ESCAPE };

/* The screens come first: the others are put back on the one that stays. */
static const struct mode {
    const char *set, *unset;
    const char *name; /* of a sequence that ends with h or l; NULL: see below */
    bool on;          /* it is set at first */
} rows[] = {
    {"\033[?1049h", "\033[?1049l", "?1049", false},
    {"\033[?1047h", "\033[?1047l", "?1047", false},
    {"\033[?47h", "\033[?47l", "?47", false},
    {"\033[?1h", "\033[?1l", "?1", false},
    {"\033[?6h", "\033[?6l", "?6", false},
    {"\033[?7h", "\033[?7l", "?7", true},
    {"\033[?25h", "\033[?25l", "?25", true},
    {"\033[?9h", "\033[?9l", "?9", false},
    {"\033[?1000h", "\033[?1000l", "?1000", false},
    {"\033[?1002h", "\033[?1002l", "?1002", false},
    {"\033[?1003h", "\033[?1003l", "?1003", false},
    {"\033[?1004h", "\033[?1004l", "?1004", false},
    {"\033[?1005h", "\033[?1005l", "?1005", false},
    {"\033[?1006h", "\033[?1006l", "?1006", false},
    {"\033[?1015h", "\033[?1015l", "?1015", false},
    {"\033[?2004h", "\033[?2004l", "?2004", false},
    {"\033[4h", "\033[4l", "4", false},
    {"\033=", "\033>", NULL, false},
    {"\033(0", "\033(B", NULL, false},
    {"\016", "\017", NULL, false},
    {"", "\0337\033[r\0338", NULL, false},
    {"", "\033[>4m", NULL, false},
    {"", "\033[=0u", NULL, false},
    {"", "\033[0 q", NULL, false},
};

enum {
    ROWS = sizeof rows / sizeof rows[0],
    KEYPAD = 17,
    LINES,
    SHIFTED,
    REGION,
    OTHER_KEYS,
    KITTY_KEYS,
    CURSOR
};

_Static_assert(ROWS == CURSOR + 1 && ROWS <= 32, "a row for each name, a bit for each row");

static void change(struct modes *m, unsigned row, bool to)
{
    const uint32_t bit = UINT32_C(1) << row;

    m->changed = to ? m->changed | bit : m->changed & ~bit;
}

/* "?1;25" and the like: all are set, or not. */
static void change_named(struct modes *m, bool on)
{
    const bool private = m->sequence[0] == '?';
    char *save = NULL;

    for (char *word = strtok_r(m->sequence + private, ";", &save); word != NULL;
         word = strtok_r(NULL, ";", &save)) {
        for (unsigned i = 0; i < KEYPAD; i++) {
            const char *name = rows[i].name;

            if ((name[0] == '?') == private && strcmp(name + private, word) == 0)
                change(m, i, on != rows[i].on);
        }
    }
}

static void end_csi(struct modes *m, char final)
{
    const char *s = m->sequence;

    m->sequence[m->n] = '\0';
    if (final == 'h' || final == 'l')
        change_named(m, final == 'h');
    else if (final == 'r' && s[0] != '?')
        change(m, REGION, s[0] != '\0');
    else if (final == 'm' && s[0] == '>')
        change(m, OTHER_KEYS, strcmp(s, ">4") != 0 && strcmp(s, ">4;0") != 0);
    else if (final == 'u' && (s[0] == '>' || s[0] == '='))
        change(m, KITTY_KEYS, true);
    else if (final == 'q' && m->n > 0 && s[m->n - 1] == ' ')
        change(m, CURSOR, s[0] != ' ' && s[0] != '0');
    else if (final == 'p' && strcmp(s, "!") == 0)
        m->changed &= (1u << 0) | (1u << 1) | (1u << 2); /* a soft reset leaves the screen */
}

/* The byte behind an escape. Returns what follows. */
static unsigned take_escape(struct modes *m, char c)
{
    m->n = 0;
    if (c == 'c')
        m->changed = 0;
    if (c == '=' || c == '>')
        change(m, KEYPAD, c == '=');
    if (c == '(')
        return CHARSET;
    if (c == '[')
        return CSI;
    return strchr("]P_^X", c) != NULL && c != '\0' ? STRING : c == '\033' ? ESCAPE : TEXT;
}

static unsigned take_csi(struct modes *m, char c)
{
    if (c == '\033')
        return ESCAPE;
    if (c >= 0x40 && c <= 0x7e) {
        end_csi(m, c);
        return TEXT;
    }
    if (c >= 0x20 && m->n + 1 < MODES_SEQUENCE)
        m->sequence[m->n++] = c;
    return c == 0x18 || c == 0x1a ? TEXT : CSI;
}

static unsigned take(struct modes *m, char c)
{
    switch (m->state) {
    case TEXT:
        if (c == '\016' || c == '\017')
            change(m, SHIFTED, c == '\016');
        return c == '\033' ? ESCAPE : TEXT;
    case ESCAPE:
        return take_escape(m, c);
    case CHARSET:
        change(m, LINES, c == '0');
        return TEXT;
    case CSI:
        return take_csi(m, c);
    case STRING:
        return c == '\033' ? STRING_ESCAPE : c == '\007' || c == 0x18 || c == 0x1a ? TEXT : STRING;
    default:
        return c == '\\' ? TEXT : take_escape(m, c);
    }
}

void modes_scan(struct modes *m, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        m->state = (uint8_t)take(m, text[i]);
}

static size_t add(char *out, size_t used, const char *text)
{
    const size_t n = strlen(text);

    if (used + n >= MODES_TEXT)
        return used;
    memcpy(out + used, text, n + 1);
    return used + n;
}

/* A sequence that was begun would swallow what comes. */
size_t modes_reset(const struct modes *m, char *out)
{
    size_t used = 0;

    out[0] = '\0';
    if (m->state == STRING || m->state == STRING_ESCAPE)
        used = add(out, used, "\033\\");
    else if (m->state != TEXT)
        used = add(out, used, "\030");
    used = add(out, used, "\033[m");
    for (unsigned i = 0; i < ROWS; i++) {
        if ((m->changed >> i & 1) != 0)
            used = add(out, used, rows[i].on ? rows[i].set : rows[i].unset);
    }
    return used;
}

size_t modes_restore(const struct modes *m, char *out)
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < ROWS; i++) {
        if ((m->changed >> i & 1) != 0)
            used = add(out, used, rows[i].on ? rows[i].unset : rows[i].set);
    }
    return used;
}
