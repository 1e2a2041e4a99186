/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hexdump.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Into a block just as large as promised. */
static size_t put(struct hexdump *h, const void *in, size_t n, char *out)
{
    size_t most = hexdump_max(h, n), got;
    char *room = malloc(most);

    assert_non_null(room);
    got = hexdump_put(h, in, n, room);
    assert_true(got <= most);
    memcpy(out, room, got);
    free(room);
    return got;
}

static void expect(struct hexdump h, const char *in, size_t n, const char *want)
{
    char out[1024];
    size_t got = put(&h, in, n, out);

    got += hexdump_end(&h, out + got);
    out[got] = '\0';
    assert_string_equal(out, want);
}

static void lines(void **state)
{
    (void)state;
    expect((struct hexdump){0}, "", 0, "");
    expect((struct hexdump){0}, "Hello, world!\r\n\0", 16,
           "00000000  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 0d 0a 00  |Hello, world!...|\n");
    expect((struct hexdump){0}, "abc", 3,
           "00000000  61 62 63                                          |abc|\n");
    expect((struct hexdump){0}, "123456789", 9,
           "00000000  31 32 33 34 35 36 37 38  39                       |123456789|\n");
    expect((struct hexdump){0}, "\x1f\x20~\x7f\x80\xff\x1b[31mabcdefghijk", 20,
           "00000000  1f 20 7e 7f 80 ff 1b 5b  33 31 6d 61 62 63 64 65  |. ~....[31mabcde|\n"
           "00000010  66 67 68 69                                       |fghi|\n");
    expect((struct hexdump){.columns = 8}, "0123456789", 10,
           "00000000  30 31 32 33 34 35 36 37  |01234567|\n"
           "00000008  38 39                    |89|\n");
    expect((struct hexdump){.columns = 4}, "01234", 5,
           "00000000  30 31 32 33  |0123|\n"
           "00000004  34           |4|\n");
}

static void repeated_lines_are_shown(void **state)
{
    (void)state;
    expect((struct hexdump){0}, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 48,
           "00000000  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n"
           "00000010  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n"
           "00000020  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n");
}

static void large_offsets(void **state)
{
    (void)state;
    expect((struct hexdump){.columns = 1, .offset = 0xffffffff}, "ab", 2,
           "ffffffff  61  |a|\n100000000  62  |b|\n");
    expect((struct hexdump){.columns = 1, .offset = UINT64_MAX}, "a", 1, "ffffffffffffffff  61  |a|\n");
}

static void any_cut_gives_the_same(void **state)
{
    char in[40], whole[1024], cut[1024];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (char)(i * 7);
    for (unsigned columns = 0; columns <= HEXDUMP_COLUMNS; columns++) {
        struct hexdump h = {.columns = columns};
        size_t n = put(&h, in, sizeof in, whole);

        n += hexdump_end(&h, whole + n);
        for (size_t i = 0; i <= sizeof in; i++) {
            for (size_t j = i; j <= sizeof in; j++) {
                struct hexdump c = {.columns = columns};
                size_t o = put(&c, in, i, cut);

                o += put(&c, in + i, j - i, cut + o);
                o += put(&c, in + j, sizeof in - j, cut + o);
                o += hexdump_end(&c, cut + o);
                assert_int_equal(o, n);
                assert_memory_equal(cut, whole, n);
            }
        }
    }
}

static void a_line_that_is_begun(void **state)
{
    struct hexdump h = {.columns = 4};
    char out[HEXDUMP_LINE * 4];

    (void)state;
    assert_int_equal(hexdump_peek(&h, out), 0);
    assert_int_equal(put(&h, "ab", 2, out), 0);
    out[hexdump_peek(&h, out)] = '\0';
    assert_string_equal(out, "00000000  61 62        |ab|\n");
    out[hexdump_peek(&h, out)] = '\0';
    assert_string_equal(out, "00000000  61 62        |ab|\n");
    out[put(&h, "cd", 2, out)] = '\0';
    assert_string_equal(out, "00000000  61 62 63 64  |abcd|\n");
    put(&h, "e", 1, out);
    hexdump_end(&h, out);
    assert_int_equal(hexdump_end(&h, out), 0);
    out[put(&h, "fghi", 4, out)] = '\0';
    assert_string_equal(out, "00000005  66 67 68 69  |fghi|\n");
}

static void lines_become_shorter(void **state)
{
    struct hexdump h = {0};
    char out[HEXDUMP_LINE * 4];

    (void)state;
    put(&h, "abcdefghij", 10, out);
    h.columns = 8;
    out[put(&h, "klmnopqrs", 9, out)] = '\0';
    assert_string_equal(out, "00000000  61 62 63 64 65 66 67 68  69 6a  |abcdefghij|\n"
                             "0000000a  6b 6c 6d 6e 6f 70 71 72  |klmnopqr|\n");
}

static void widths(void **state)
{
    char out[HEXDUMP_LINE * 4], in[HEXDUMP_COLUMNS] = {0};

    (void)state;
    for (unsigned columns = 1; columns <= HEXDUMP_COLUMNS; columns++) {
        struct hexdump h = {.columns = columns}, bare = {.columns = columns, .digits = 4, .bare = true};
        unsigned width = hexdump_width(&h), narrow = hexdump_width(&bare);

        assert_int_equal(put(&h, in, columns, out), width + 1);
        assert_int_equal(put(&bare, in, columns, out), narrow + 1);
    }
    assert_int_equal(hexdump_width(&(struct hexdump){.columns = 16}), 78);
}

static void narrow_screens(void **state)
{
    static const struct {
        unsigned width;
        uint64_t offset;
        const char *line;
    } rows[] = {
        {29, 0, "00000000  61 62 63 64  |abcd|\n"},
        {28, 0, "0000  61 62 63 64  |abcd|\n"},
        {24, 0, "0000  61 62 63 64\n"},
        {20, 0, "0000  61 62 63 64\n"},
        {20, 0x123456, "123456  61 62 63 64\n"},
        {16, 0, "0000  61 62\n"},
        {0, 0, "0000  61\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hexdump h = {.offset = rows[i].offset};
        char out[HEXDUMP_LINE * 4];

        hexdump_fit(&h, rows[i].width);
        out[put(&h, "abcd", h.columns, out)] = '\0';
        assert_string_equal(out, rows[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(repeated_lines_are_shown),
        cmocka_unit_test(large_offsets),
        cmocka_unit_test(any_cut_gives_the_same),
        cmocka_unit_test(a_line_that_is_begun),
        cmocka_unit_test(lines_become_shorter),
        cmocka_unit_test(widths),
        cmocka_unit_test(narrow_screens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
