/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/plain.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/options.h"
#include "console/command.h"

static void expect(const char *doc, int indent, int columns, const char *wanted)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    plain_print(out, doc, indent, columns);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, wanted);
    free(text);
}

static void macros_become_text(void **state)
{
    (void)state;
    expect("See\n.Fl l k ,\nthen\n.Fl -ready-fd .\n", 0, 80, "See -l -k, then --ready-fd.\n");
    expect("Send\n.Ar N\nof\n.Cm lf , crlf\nor\n.Dv SO_DEBUG .\n", 0, 80,
           "Send N of lf, crlf or SO_DEBUG.\n");
    expect("as\n.Xr hexdump 1\n.Fl C\ndoes\n", 0, 80, "as hexdump(1) -C does\n");
    expect("before\n.Xr listen 2 .\n", 0, 80, "before listen(2).\n");
    expect(".Ql \\er \\&? and\n.Ql no answer .\n", 0, 80, "'\\r ? and' 'no answer'.\n");
    expect("or\n.Pf @ Ar name\nfor\n", 0, 80, "or @name for\n");
    expect("it\n.Pq Fl -idle-timeout\nis\n.Pq Ql < ,\n", 0, 80, "it (--idle-timeout) is ('<'),\n");
    expect(".Ar NAME Ns Ql \\&?\nprints\n", 0, 80, "NAME'?' prints\n");
    expect("(the default with\n.Fl C ) ,\nnone\n", 0, 80, "(the default with -C), none\n");
    expect("has an end\n.Pq Sx Watching ,\nN\n", 0, 80, "has an end (Watching), N\n");
    expect("by\n.Fl e , c\nor\n.Fl -to :\na\n", 0, 80, "by -e, -c or --to: a\n");
    expect(".Oo Ar TYPE Ns :// Oc Ns Ar HOST Ns Oo : Ns Ar PORT Oc ,\nor\n", 0, 80,
           "[TYPE://]HOST[:PORT], or\n");
    expect("through\n.Nm .\nOf\n.Pa /bin/sh :\n", 0, 80, "through pollcat. Of /bin/sh:\n");
}

static void rows_are_filled(void **state)
{
    (void)state;
    expect("one two three\nfour\n", 2, 9, "  one two\n  three\n  four\n");
    expect("much-too-long a\n", 1, 5, " much-too-long\n a\n");
    expect("", 4, 80, "\n");
}

/* What looks like the name of a macro, and is no word of English. */
static void expect_no_macros(const char *name, const char *doc)
{
    static const char words[] = " An As At Be By Do Go If In It No Of On So To Up We ";
    char *text, *rest, *word, padded[8];
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    plain_print(out, doc, 0, 80);
    assert_int_equal(fclose(out), 0);
    for (rest = text; (word = strsep(&rest, " \n")) != NULL;) {
        snprintf(padded, sizeof padded, " %.3s ", word);
        if (strlen(word) == 2 && isupper(word[0]) && islower(word[1]) && strstr(words, padded) == NULL)
            fail_msg("%s: .%s is not known", name, word);
    }
    free(text);
}

static void all_macros_of_the_tables_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; option_row(i) != NULL; i++) {
        if (option_row(i)->doc != NULL)
            expect_no_macros(option_row(i)->name, option_row(i)->doc);
    }
    for (size_t i = 0; command_row(i) != NULL; i++) {
        if (command_row(i)->doc != NULL)
            expect_no_macros(command_row(i)->name, command_row(i)->doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macros_become_text),
        cmocka_unit_test(rows_are_filled),
        cmocka_unit_test(all_macros_of_the_tables_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
