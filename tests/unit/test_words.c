/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/words.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void splits(void **state)
{
    static const struct {
        const char *line, *words[4];
    } rows[] = {
        {"", {NULL}},
        {" \t\n", {NULL}},
        {"save", {"save"}},
        {"  save  my\tfile ", {"save", "my", "file"}},
        {"save \"my file\"", {"save", "my file"}},
        {"save 'my file'", {"save", "my file"}},
        {"save my\\ file", {"save", "my file"}},
        {"a'b c'\"d e\"f", {"ab cd ef"}},
        {"'' \"\" x", {"", "", "x"}},
        {"'a\\' \"a\\b\\\"\\\\\" \\'\\\\", {"a\\", "a\\b\"\\", "'\\"}},
        {"'\"' \"'\"", {"\"", "'"}},
        {"it\\'s caf\xc3\xa9", {"it's", "caf\xc3\xa9"}},
        {"a\\\nb", {"a\nb"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *rest = rows[i].line, *why = NULL;
        char *word;

        for (size_t w = 0; rows[i].words[w] != NULL; w++) {
            assert_int_equal(words_next(&rest, &word, &why), 1);
            assert_string_equal(word, rows[i].words[w]);
            free(word);
        }
        assert_int_equal(words_next(&rest, &word, &why), 0);
        assert_null(word);
        assert_int_equal(*rest, '\0');
        assert_null(why);
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *line;
        size_t at;
        const char *why;
    } rows[] = {
        {"'abc", 0, "quote"},    {"ab\"c d", 2, "quote"}, {"'a'\"", 3, "quote"},
        {"\"a\\\"", 0, "quote"}, {"\"a\\", 0, "quote"},   {"  ab\\", 4, "backslash"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *rest = rows[i].line, *why = NULL;
        char *word;

        assert_int_equal(words_next(&rest, &word, &why), -1);
        assert_null(word);
        assert_int_equal(rest - rows[i].line, rows[i].at);
        assert_non_null(strstr(why, rows[i].why));
    }
}

static void the_rest(void **state)
{
    const char *rest = "@2  some 'text ", *why;
    char *word;

    (void)state;
    assert_int_equal(words_next(&rest, &word, &why), 1);
    assert_string_equal(word, "@2");
    free(word);
    assert_string_equal(words_rest(rest), " some 'text ");
    assert_string_equal(words_rest(""), "");
}

static void places(void **state)
{
    static const struct {
        const char *line; /* the cursor is at its | */
        size_t index, start;
        char quote;
        bool escaped;
        const char *text;
    } rows[] = {
        {"|", 0, 0, 0, false, ""},
        {"|save", 0, 0, 0, false, ""},
        {"sa|ve", 0, 0, 0, false, "sa"},
        {"save|", 0, 0, 0, false, "save"},
        {"save |", 1, 5, 0, false, ""},
        {"save  | x", 1, 6, 0, false, ""},
        {"save a b|", 2, 7, 0, false, "b"},
        {"save \"my fi|", 1, 5, '"', false, "my fi"},
        {"save 'my fi|le'", 1, 5, '\'', false, "my fi"},
        {"save 'my file'|", 1, 5, 0, false, "my file"},
        {"save 'my'\" f|", 1, 5, '"', false, "my f"},
        {"save my\\ f|", 1, 5, 0, false, "my f"},
        {"save my\\|", 1, 5, 0, true, "my"},
        {"save \"my\\|", 1, 5, '"', true, "my"},
        {"save 'my\\|", 1, 5, '\'', false, "my\\"},
        {"save '|", 1, 5, '\'', false, ""},
        {"'a b' c |", 2, 8, 0, false, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct words_place place;

        words_locate(rows[i].line, (size_t)(strchr(rows[i].line, '|') - rows[i].line), &place);
        if (place.index != rows[i].index || place.start != rows[i].start || place.quote != rows[i].quote ||
            place.escaped != rows[i].escaped || strcmp(place.text, rows[i].text) != 0)
            fail_msg("%s: word %zu from %zu, '%c', \"%s\"", rows[i].line, place.index, place.start,
                     place.quote, place.text);
        free(place.text);
    }
}

static void quotes(void **state)
{
    static const struct {
        const char *word;
        char quote;
        bool closed;
        const char *text;
    } rows[] = {
        {"plain", 0, true, "plain"},
        {"my file", 0, true, "my\\ file"},
        {"it's \"\\", 0, true, "it\\'s\\ \\\"\\\\"},
        {"", 0, true, "''"},
        {"", 0, false, ""},
        {"my file", '"', true, "\"my file\""},
        {"my dir/", '"', false, "\"my dir/"},
        {"a\"b\\c'", '"', true, "\"a\\\"b\\\\c'\""},
        {"my file", '\'', true, "'my file'"},
        {"it's", '\'', false, "'it'\\''s"},
        {"a\"b\\", '\'', true, "'a\"b\\'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = words_quote(rows[i].word, rows[i].quote, rows[i].closed);

        assert_string_equal(text, rows[i].text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits), cmocka_unit_test(refuses), cmocka_unit_test(the_rest),
        cmocka_unit_test(places), cmocka_unit_test(quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
