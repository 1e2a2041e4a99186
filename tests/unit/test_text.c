/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct row {
    const char *in, *out;
};

static const struct row rows[] = {
    {"", ""},
    {"plain", "plain"},
    {"a\tb\nc\n", "a\tb\nc\n"},
    {" ~!\"#\\x41", " ~!\"#\\x41"},
    /* long enough for whole words, with the odd byte at each place of one */
    {"0123456789abcdef\x1b[31m0123456789abcdef", "0123456789abcdef\\x1b[31m0123456789abcdef"},
    {"line\nline\nline\nline\n\x7fline", "line\nline\nline\nline\n\\x7fline"},
    /* C0, DEL */
    {"\x1b[2J", "\\x1b[2J"},
    {"\b\a\v\f\x0e\x1f\x7f", "\\x08\\x07\\x0b\\x0c\\x0e\\x1f\\x7f"},
    /* carriage returns */
    {"a\r\nb", "a\nb"},
    {"\r\n\r\n", "\n\n"},
    {"a\rb", "a\\x0db"},
    {"\r\r\n", "\\x0d\n"},
    {"\r", "\\x0d"},
    {"\r\r", "\\x0d\\x0d"},
    {"\n\r", "\n\\x0d"},
    {"\r\x1b", "\\x0d\\x1b"},
    {"\r\xc3\xa9", "\\x0d\xc3\xa9"},
    /* C1 */
    {"\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"},
    {"\xc2\xa0", "\xc2\xa0"},
    /* characters of each length, first and last of each */
    {"\xc3\xa9\xd0\x96\xdf\xbf", "\xc3\xa9\xd0\x96\xdf\xbf"},
    {"\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf", "\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf"},
    {"\xee\x80\x80\xef\xbf\xbd", "\xee\x80\x80\xef\xbf\xbd"},
    {"\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"},
    /* combining and zero width: U+0301, U+200B, U+200D, U+2060, U+FE0F */
    {"e\xcc\x81", "e\xcc\x81"},
    {"\xe2\x80\x8b\xe2\x80\x8d\xe2\x81\xa0\xef\xb8\x8f", "\xe2\x80\x8b\xe2\x80\x8d\xe2\x81\xa0\xef\xb8\x8f"},
    /* direction: U+061C, U+200E, U+200F, U+202A, U+202E, U+2066, U+2069 */
    {"\xd8\x9c", "\\xd8\\x9c"},
    {"\xe2\x80\x8e\xe2\x80\x8f", "\\xe2\\x80\\x8e\\xe2\\x80\\x8f"},
    {"\xe2\x80\xaa\xe2\x80\xae", "\\xe2\\x80\\xaa\\xe2\\x80\\xae"},
    {"\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9"},
    /* separators and the byte order mark: U+2028, U+2029, U+FEFF */
    {"\xe2\x80\xa8\xe2\x80\xa9", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"},
    {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},
    /* their neighbours: U+061B, U+061D, U+2010, U+2027, U+202F, U+2065, U+206A, U+FEFE, U+FF00 */
    {"\xd8\x9b\xd8\x9d", "\xd8\x9b\xd8\x9d"},
    {"\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf", "\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf"},
    {"\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x81\xa5\xe2\x81\xaa"},
    {"\xef\xbb\xbe\xef\xbc\x80", "\xef\xbb\xbe\xef\xbc\x80"},
    /* not UTF-8: continuations alone, bytes that begin nothing, Latin-1 */
    {"\x80\xbf", "\\x80\\xbf"},
    {"\xfe\xff\xf5\xf8", "\\xfe\\xff\\xf5\\xf8"},
    {"caf\xe9 ol\xe9", "caf\\xe9 ol\\xe9"},
    /* overlong */
    {"\xc0\x80\xc1\xbf", "\\xc0\\x80\\xc1\\xbf"},
    {"\xe0\x80\x80\xe0\x9f\xbf", "\\xe0\\x80\\x80\\xe0\\x9f\\xbf"},
    {"\xf0\x80\x80\x80\xf0\x8f\xbf\xbf", "\\xf0\\x80\\x80\\x80\\xf0\\x8f\\xbf\\xbf"},
    {"\xe0\x80\x9b", "\\xe0\\x80\\x9b"},
    /* surrogates, above U+10FFFF */
    {"\xed\xa0\x80\xed\xbf\xbf", "\\xed\\xa0\\x80\\xed\\xbf\\xbf"},
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    /* cut short, by the end and by another character */
    {"\xc3", "\\xc3"},
    {"\xe2\x82", "\\xe2\\x82"},
    {"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
    {"\xc3"
     "a",
     "\\xc3"
     "a"},
    {"\xe2\x82"
     "a",
     "\\xe2\\x82"
     "a"},
    {"\xe2\x82\xe2\x82\xac", "\\xe2\\x82\xe2\x82\xac"},
    {"\xf0\x9f\x98\xc3\xa9", "\\xf0\\x9f\\x98\xc3\xa9"},
    {"\xf0\x9f\x98\r\n", "\\xf0\\x9f\\x98\n"},
    {"\xc3\x1b", "\\xc3\\x1b"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* From and to blocks of their own, so that the sanitizers see what is read or written beyond them. */
static size_t put(struct text_safe *s, const char *in, size_t n, char *out)
{
    char *exact = malloc(n > 0 ? n : 1);
    char *room = malloc(text_safe_max(n));
    size_t got;

    assert_non_null(exact);
    assert_non_null(room);
    memcpy(exact, in, n);
    got = text_safe_put(s, exact, n, room);
    assert_true(got <= text_safe_max(n));
    memcpy(out, room, got);
    free(exact);
    free(room);
    return got;
}

static void expect(const struct row *row, const char *out, size_t n)
{
    if (n != strlen(row->out) || memcmp(out, row->out, n) != 0)
        fail_msg("wanted \"%s\", got \"%.*s\"", row->out, (int)n, out);
}

static void any_cut_gives_the_same(void **state)
{
    char out[1024];

    (void)state;
    for (size_t r = 0; r < ROWS; r++) {
        size_t n = strlen(rows[r].in);

        for (size_t i = 0; i <= n; i++) {
            for (size_t j = i; j <= n; j++) {
                struct text_safe s = {0};
                size_t o = put(&s, rows[r].in, i, out);

                o += put(&s, rows[r].in + i, j - i, out + o);
                o += put(&s, rows[r].in + j, n - j, out + o);
                o += text_safe_end(&s, out + o);
                expect(&rows[r], out, o);
                assert_int_equal(s.nheld, 0);
            }
        }
    }
}

static void byte_by_byte(void **state)
{
    char out[1024];

    (void)state;
    for (size_t r = 0; r < ROWS; r++) {
        struct text_safe s = {0};
        size_t o = 0;

        for (const char *p = rows[r].in; *p != '\0'; p++)
            o += put(&s, p, 1, out + o);
        o += text_safe_end(&s, out + o);
        expect(&rows[r], out, o);
    }
}

/* Each byte at each place of text that is handled in words: whether it passes depends on it alone. */
static void every_byte_at_every_place(void **state)
{
    char in[24], out[256], want[8];

    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        int plain = (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t';

        if (plain)
            snprintf(want, sizeof want, "%c", (int)c);
        else
            snprintf(want, sizeof want, "\\x%02x", c);
        for (size_t at = 0; at < sizeof in; at++) {
            struct text_safe s = {0};
            size_t n;

            memset(in, 'z', sizeof in);
            in[at] = (char)c;
            n = put(&s, in, sizeof in, out);
            n += text_safe_end(&s, out + n);
            assert_int_equal(n, sizeof in - 1 + strlen(want));
            assert_memory_equal(out, in, at);
            assert_memory_equal(out + at, want, strlen(want));
            assert_memory_equal(out + at + strlen(want), in + at + 1, sizeof in - 1 - at);
        }
    }
}

static size_t encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* All code points there are, and some more: which ones are escaped is the list of the header. */
static void every_code_point(void **state)
{
    static const struct {
        uint32_t first, last;
    } escaped[] = {
        {0x00, 0x08},     {0x0b, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xd800, 0xdfff}, {0xfeff, 0xfeff}, {0x110000, 0x1fffff},
    };
    size_t next = 0;

    (void)state;
    for (uint32_t c = 0; c < 0x120000; c++) {
        struct text_safe s = {0};
        char in[4], out[64];
        size_t n = encode(c, in), got;

        if (c > escaped[next].last)
            next++;
        got = text_safe_put(&s, in, n, out);
        got += text_safe_end(&s, out + got);
        if (c >= escaped[next].first ? got != 4 * n || out[0] != '\\' : got != n || memcmp(in, out, n) != 0)
            fail_msg("U+%04X", (unsigned)c);
    }
}

static void held_is_counted(void **state)
{
    struct text_safe s = {0};
    char out[64];

    (void)state;
    assert_int_equal(put(&s, "\xf0\x9f\x98", 3, out), 0);
    assert_int_equal(s.nheld, 3);
    assert_int_equal(put(&s, "\x1b", 1, out), 16);
    assert_memory_equal(out, "\\xf0\\x9f\\x98\\x1b", 16);
    assert_true(text_safe_max(1) >= 16);
    assert_int_equal(put(&s, "\xe2\x82", 2, out), 0);
    assert_int_equal(text_safe_end(&s, out), 8);
    assert_memory_equal(out, "\\xe2\\x82", 8);
    assert_int_equal(text_safe_end(&s, out), 0);
}

static void strings(void **state)
{
    static const struct row lines[] = {
        {"", ""},
        {"plain", "plain"},
        {"a\nb\tc\r\n", "a\\x0ab\\x09c\\x0d\\x0a"},
        {"\x1b[0m", "\\x1b[0m"},
        {"\xe2\x82\xac", "\xe2\x82\xac"},
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
        {"\xe2\x82", "\\xe2\\x82"},
        {"\r", "\\x0d"},
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_ptr_equal(text_safe_string(lines[i].in, out, sizeof out), out);
        assert_string_equal(out, lines[i].out);
    }
    assert_string_equal(text_safe_bytes("a\0b", 3, out, sizeof out), "a\\x00b");
}

/* Cut between, never within: a + euro sign + escape + b. */
static void strings_are_cut_to_fit(void **state)
{
    static const char *const want[] = {
        "",
        "",
        "a",
        "a",
        "a",
        "a\xe2\x82\xac",
        "a\xe2\x82\xac",
        "a\xe2\x82\xac",
        "a\xe2\x82\xac",
        "a\xe2\x82\xac\\x1b",
        "a\xe2\x82\xac\\x1bb",
    };

    (void)state;
    for (size_t size = 1; size < sizeof want / sizeof want[0]; size++) {
        char *out = malloc(size);

        assert_non_null(out);
        assert_string_equal(text_safe_string("a\xe2\x82\xac\x1b"
                                             "b",
                                             out, size),
                            want[size]);
        free(out);
    }
}

/* Options */

static void options(struct text_safe s, const char *in, const char *want)
{
    char out[4096];
    size_t n = put(&s, in, strlen(in), out), end;

    end = text_safe_end(&s, out + n);
    assert_true(end <= TEXT_REST);
    if (n + end != strlen(want) || memcmp(out, want, n + end) != 0)
        fail_msg("wanted \"%s\", got \"%.*s\"", want, (int)(n + end), out);
}

#define DIGITS60 "111111111111111111111111111111111111111111111111111111111111"

static void colors(void **state)
{
    static const struct row passing[] = {
        {"\x1b[31mred\x1b[0m \x1b[m", "\x1b[31mred\x1b[0m \x1b[m"},
        {"\x1b[38;5;208m\x1b[38:2::1:2:3m", "\x1b[38;5;208m\x1b[38:2::1:2:3m"},
        {"\x1b[" DIGITS60 "1m", "\x1b[" DIGITS60 "1m"},
        {"\x1b[" DIGITS60 "11m", "\\x1b[" DIGITS60 "11m"},
        {"\x1b[" DIGITS60 DIGITS60 "m", "\\x1b[" DIGITS60 DIGITS60 "m"},
        /* others are escaped, their rest is text */
        {"\x1b[2J\x1b[1;1H", "\\x1b[2J\\x1b[1;1H"},
        {"\x1b[?1m\x1b[>4;2m\x1b[1 m\x1b[1\"m", "\\x1b[?1m\\x1b[>4;2m\\x1b[1 m\\x1b[1\"m"},
        {"\x1b]0;title\a", "\\x1b]0;title\\x07"},
        {"\x1b\x1b[1m", "\\x1b\x1b[1m"},
        {"\x1b[1\x1b[1m", "\\x1b[1\x1b[1m"},
        {"\x1b[1\nm", "\\x1b[1\nm"},
        {"\x1b[1\x18m", "\\x1b[1\\x18m"},
        {"\x1b[1\xc3\xa9m", "\\x1b[1\xc3\xa9m"},
        {"\xc2\x9b"
         "1m",
         "\\xc2\\x9b"
         "1m"},
        /* cut short by the end */
        {"\x1b", "\\x1b"},
        {"\x1b[", "\\x1b["},
        {"\x1b[31;", "\\x1b[31;"},
    };
    char out[4096];

    (void)state;
    options((struct text_safe){0}, "\x1b[1m", "\\x1b[1m");
    for (size_t r = 0; r < sizeof passing / sizeof passing[0]; r++) {
        size_t n = strlen(passing[r].in);

        for (size_t i = 0; i <= n; i++) {
            for (size_t j = i; j <= n; j++) {
                struct text_safe s = {.colors = true};
                size_t o = put(&s, passing[r].in, i, out);

                o += put(&s, passing[r].in + i, j - i, out + o);
                o += put(&s, passing[r].in + j, n - j, out + o);
                o += text_safe_end(&s, out + o);
                expect(&passing[r], out, o);
            }
        }
    }
}

static void returns(void **state)
{
    struct text_safe s = {.returns = true};

    (void)state;
    options(s, "10%\r20%\r\n", "10%\r20%\n");
    options(s, "10%\r", "10%\r");
    options(s, "\r\r\n", "\r\n");
    options(s, "\r\x1b\b", "\r\\x1b\\x08");
    options(s, "a\x1b[1m\rb", "a\\x1b[1m\\x0db");
    s.erases = true;
    options(s, "a\x1b[1m\rb\rc", "a\\x1b[1m\r\033[Kb\rc");
    options(s, "\x1b\r\r\nb\rc", "\\x1b\r\nb\rc");
    options(s, "\x1b\nb\rc", "\\x1b\nb\rc");
    options(s, "\x1b\r\x07\rb", "\\x1b\r\033[K\\x07\r\033[Kb");
    s.erases = false;
}

static void marks(void **state)
{
    struct text_safe s = {.begin = "<", .end = ">"};
    char out[256];
    size_t n;

    (void)state;
    options(s, "plain\n", "plain\n");
    options(s, "a\x1b[31mb", "a<\\x1b>[31mb");
    options(s, "\x1b\a\xff", "<\\x1b\\x07\\xff>");
    options(s, "\x01\r\n\x02", "<\\x01>\n<\\x02>");
    options(s, "\xe2\x80\xae\xc3\xa9\xff", "<\\xe2\\x80\\xae>\xc3\xa9<\\xff>");
    options(s, "a\xe2\x82", "a<\\xe2\\x82>");
    options(s, "a\r", "a<\\x0d>");
    s.colors = s.returns = s.erases = true;
    options(s, "\x1b\x1b[1mx\r\a\r", "<\\x1b>\x1b[1mx\r\033[K<\\x07>\r");
    options(s, "\x1b[1", "<\\x1b>[1");
    /* a run ends with each call */
    n = put(&s, "\a", 1, out);
    assert_int_equal(n, 6);
    assert_false(s.marked);
    n += put(&s, "\ab", 2, out + n);
    assert_memory_equal(out, "<\\x07><\\x07>b", 13);
    assert_int_equal(n, 13);
}

/* The worst there is fits, with styles as long as they may be; longer ones are cut. */
static void marks_fit(void **state)
{
    struct text_safe s = {.begin = "bbbbbbbbbbbbbbbb", .end = "eeeeeeeeeeeeeeee"};
    char in[64], out[64 * 20 + 64];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = i % 2 == 0 ? '\a' : 'x';
    for (size_t n = 0; n <= sizeof in; n++)
        assert_int_equal(put(&s, in, n, out), n / 2 * 29 + n % 2 * 28);
    assert_memory_equal(out, "bbbbbbbbbbbb\\x07eeeeeeeeeeeexb", 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(every_byte_at_every_place),
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(held_is_counted),
        cmocka_unit_test(strings),
        cmocka_unit_test(strings_are_cut_to_fit),
        cmocka_unit_test(colors),
        cmocka_unit_test(returns),
        cmocka_unit_test(marks),
        cmocka_unit_test(marks_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
