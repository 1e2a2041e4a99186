/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

/* What becomes of the bytes at hand. */
enum verdict {
    PASS,   /* they form a harmless character */
    DROP,   /* a carriage return before a newline */
    ESCAPE, /* the character is not harmless, or the first byte begins none */
    MORE,   /* more input is needed to tell */
};

enum { ESCAPED = 4 }; /* the length of \xhh */

static const char erase[] = "\033[K"; /* at most as long as what a carriage return could become, less one */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* True when all eight bytes are printable ASCII, newline or tab. With no byte over 0x7f, additions and
 * subtractions below never carry from one byte into the next. */
static bool are_plain8(uint64_t w)
{
    uint64_t low, printable, newline, tab, del;

    if ((w & EACH(0x80)) != 0)
        return false;
    printable = (w | EACH(0x80)) - EACH(0x20);
    newline = ~((w ^ EACH('\n')) + EACH(0x7f));
    tab = ~((w ^ EACH('\t')) + EACH(0x7f));
    del = w + EACH(0x01);
    low = ~(printable | newline | tab);
    return ((low | del) & EACH(0x80)) == 0;
}

static bool is_plain(unsigned char c)
{
    return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t';
}

/* The number of bytes that pass as they are, at the beginning of `p`. */
static size_t plain_run(const unsigned char *p, size_t n)
{
    size_t i = 0;
    uint64_t w;

    while (n - i >= sizeof w) {
        memcpy(&w, p + i, sizeof w);
        if (!are_plain8(w))
            break;
        i += sizeof w;
    }
    while (i < n && is_plain(p[i]))
        i++;
    return i;
}

static bool harmless(uint32_t c)
{
    if (c < 0xa0 || c == 0x061c || c == 0xfeff)
        return false;
    if (c < 0x200e || c > 0x2069)
        return true;
    return !(c <= 0x200f || (c >= 0x2028 && c <= 0x202e) || c >= 0x2066);
}

/* Judges a byte of 0x80 and more with the `n` - 1 bytes behind it; `*len` becomes how many bytes that is. */
static enum verdict judge_utf8(const unsigned char *p, size_t n, size_t *len)
{
    uint32_t c;
    int got = utf8_decode(p, n, &c);

    *len = got > 0 ? (size_t)got : 1;
    if (got == UTF8_CUT)
        return MORE;
    return got > 0 && harmless(c) ? PASS : ESCAPE;
}

/* Judges an ESC where colours pass. What does not become one is judged byte by byte. */
static enum verdict judge_sgr(const unsigned char *p, size_t n, size_t *len)
{
    *len = 1;
    if (n > 1 && p[1] != '[')
        return ESCAPE;
    for (size_t i = 2; i < n && i < TEXT_SGR; i++) {
        if (p[i] == 'm') {
            *len = i + 1;
            return PASS;
        }
        if (p[i] < '0' || p[i] > ';')
            return ESCAPE;
    }
    return n < TEXT_SGR ? MORE : ESCAPE;
}

static bool may_return(const struct text_safe *s)
{
    return s->returns && (s->erases || !s->escaped);
}

static enum verdict judge_next(const struct text_safe *s, const unsigned char *p, size_t n, size_t *len)
{
    *len = 1;
    if (p[0] >= 0x80)
        return judge_utf8(p, n, len);
    if (p[0] == '\r')
        return n < 2 ? MORE : p[1] == '\n' ? DROP : may_return(s) ? PASS : ESCAPE;
    if (p[0] == 0x1b && s->colors)
        return judge_sgr(p, n, len);
    return is_plain(p[0]) ? PASS : ESCAPE;
}

static size_t escape_bytes(const unsigned char *p, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++, out += ESCAPED) {
        out[0] = '\\';
        out[1] = 'x';
        hex_put(p[i], out + 2);
    }
    return n * ESCAPED;
}

/* Begins or ends a run of escapes. */
static size_t mark_escapes(struct text_safe *s, bool on, char *out)
{
    const char *style = on ? s->begin : s->end;
    size_t n;

    if (s->marked == on || style == NULL)
        return 0;
    s->marked = on;
    n = strnlen(style, TEXT_STYLE);
    memcpy(out, style, n);
    return n;
}

/* Erases the row that `len` bytes go over, if it has escapes. */
static size_t clear_row(struct text_safe *s, enum verdict verdict, const unsigned char *p, size_t len,
                        char *out)
{
    bool clears = false;

    if (verdict == PASS && p[0] == '\r') {
        s->over = s->escaped;
    } else if (verdict == ESCAPE || p[0] != 0x1b) {
        clears = s->escaped && s->over && p[0] != '\n';
        s->over = false;
        s->escaped = verdict == ESCAPE || (!clears && s->escaped && memchr(p, '\n', len) == NULL);
    }
    if (!clears)
        return 0;
    memcpy(out, erase, sizeof erase - 1);
    return sizeof erase - 1;
}

/* What one verdict makes of `len` bytes. */
static size_t put_judged(struct text_safe *s, enum verdict verdict, const unsigned char *p, size_t len,
                         char *out)
{
    size_t o;

    if (verdict == DROP)
        return 0;
    o = s->escaped || verdict == ESCAPE ? clear_row(s, verdict, p, len, out) : 0;
    o += mark_escapes(s, verdict == ESCAPE, out + o);
    if (verdict == ESCAPE)
        return o + escape_bytes(p, len, out + o);
    memcpy(out + o, p, len);
    return o + len;
}

/* Writes the safe form of `p` to `out` as far as it can be told; `*used` becomes the bytes dealt with: what is left
 * fits `held`, with room for a byte. */
static size_t convert(struct text_safe *s, const unsigned char *p, size_t n, char *out, size_t *used)
{
    size_t i = 0, o = 0, run, len;

    while (i < n) {
        run = plain_run(p + i, n - i);
        if (run > 0)
            o += put_judged(s, PASS, p + i, run, out + o);
        i += run;
        /* Text that is not ASCII stays in here, where no run is looked for. */
        while (i < n && !is_plain(p[i])) {
            enum verdict verdict = judge_next(s, p + i, n - i, &len);

            if (verdict == MORE) {
                *used = i;
                return o;
            }
            o += put_judged(s, verdict, p + i, len, out + o);
            i += len;
        }
    }
    *used = i;
    return o;
}

/* Every other byte may begin a run of escapes. */
size_t text_safe_max(size_t n)
{
    n += sizeof((struct text_safe *)0)->held;
    return n * ESCAPED + (n / 2 + 1) * 2 * TEXT_STYLE;
}

size_t text_safe_put(struct text_safe *s, const void *in, size_t n, char *out)
{
    const unsigned char *p = in;
    size_t i = 0, o = 0, used;

    while (s->nheld > 0 && i < n) {
        s->held[s->nheld++] = p[i++];
        o += convert(s, s->held, s->nheld, out + o, &used);
        s->nheld -= used;
        memmove(s->held, s->held + used, s->nheld);
    }
    if (i < n) {
        o += convert(s, p + i, n - i, out + o, &used);
        i += used;
        s->nheld = n - i;
        memcpy(s->held, p + i, s->nheld);
    }
    return o + mark_escapes(s, false, out + o);
}

size_t text_safe_end(struct text_safe *s, char *out)
{
    size_t o = 0;

    for (size_t i = 0; i < s->nheld; i++) {
        bool pass = is_plain(s->held[i]) || (s->held[i] == '\r' && may_return(s));

        o += put_judged(s, pass ? PASS : ESCAPE, s->held + i, 1, out + o);
    }
    s->nheld = 0;
    return o + mark_escapes(s, false, out + o);
}

const char *text_safe_string(const char *in, char *out, size_t size)
{
    return text_safe_bytes(in, strlen(in), out, size);
}

const char *text_safe_bytes(const void *in, size_t n, char *out, size_t size)
{
    static const struct text_safe none = {0};
    const unsigned char *p = in;
    size_t o = 0, len, need;

    for (size_t i = 0; i < n; i += len) {
        bool pass = judge_next(&none, p + i, n - i, &len) == PASS && p[i] != '\n' && p[i] != '\t';

        need = pass ? len : len * ESCAPED;
        if (need >= size - o)
            break;
        if (pass)
            memcpy(out + o, p + i, len);
        else
            escape_bytes(p + i, len, out + o);
        o += need;
    }
    out[o] = '\0';
    return out;
}
