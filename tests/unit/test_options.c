/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/options.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/absent.h"
#include "app/conf.h"
#include "app/mode.h"
#include "base/log.h"

/* One reading of a command line. */
struct run {
    struct conf c;
    struct options o;
    struct err e;
    int result;
};

static void start(struct run *r, const char *const *words, int n)
{
    static char program[] = "pollcat";
    char *argv[16] = {program};
    const struct option_fields fields = {&r->c, conf_add_sockopt, NULL};

    for (int i = 0; i < n; i++)
        argv[i + 1] = (char *)(uintptr_t)words[i]; /* getopt_long() moves the pointers alone */
    memset(r, 0, sizeof *r);
    r->result = options_parse(&fields, &r->o, n + 1, argv, &r->e);
}

#define RUN(r, ...)                              \
    start(r, (const char *const[]){__VA_ARGS__}, \
          (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

/* An argument that the row takes. */
static const char *sample(const struct option_row *row)
{
    switch (row->type) {
    case OPTION_MODE_NAME:
        return "udp";
    case OPTION_STRING:
        return "text";
    case OPTION_WORD:
        return row->names[0].word;
    case OPTION_SOCKOPT:
        return row->value == VALUE_SOCKOPT ? "nodelay" : "7";
    default:
        return "7";
    }
}

/* The row was read, with its sample. */
static void check_read(const struct run *r, const struct option_row *row)
{
    const char *field = (const char *)&r->c + row->field;

    if (r->result != 0)
        fail_msg("--%s: %s", row->name, r->e.text);
    assert_int_equal(r->o.ngiven, 1);
    assert_ptr_equal(r->o.given[0], row);
    assert_int_equal(r->o.traits, row->gives);
    switch (row->type) {
    case OPTION_FLAG:
        assert_true(*(const bool *)field);
        break;
    case OPTION_COUNT:
        assert_int_equal(*(const int *)field, 1);
        break;
    case OPTION_INT:
        assert_int_equal(*(const int *)field, 7);
        break;
    case OPTION_WORD:
        assert_int_equal(*(const int *)field, 1);
        break;
    case OPTION_SIZE:
        assert_int_equal(*(const int64_t *)field, 7);
        break;
    case OPTION_TIME_MS:
    case OPTION_SECONDS:
        assert_int_equal(*(const int64_t *)field, 7000);
        break;
    case OPTION_STRING:
    case OPTION_MODE_NAME:
        assert_string_equal(*(const char *const *)field, sample(row));
        break;
    case OPTION_ACTION:
        assert_int_equal(r->c.action, row->min);
        break;
    case OPTION_TEXTS:
        assert_int_equal(((const struct option_texts *)field)->n, 1);
        assert_string_equal(((const struct option_texts *)field)->list[0], sample(row));
        break;
    case OPTION_SOCKOPT:
        assert_int_equal(r->c.net.nsockopts, 1);
        break;
    case OPTION_TRAIT:
        assert_int_not_equal(row->gives, 0);
        break;
    case OPTION_ABSENT:  /* of dialects alone */
    case OPTION_OPERAND: /* in no table */
        fail();
        break;
    }
}

static void check_words(const struct option_row *row, const char *first, const char *second)
{
    char joined[80];
    struct run r;

    if (second != NULL && row->optional) {
        snprintf(joined, sizeof joined, "%s=%s", first, second);
        first = joined;
        second = NULL;
    }
    if (second != NULL)
        RUN(&r, first, second);
    else
        RUN(&r, first);
    check_read(&r, row);
    conf_clear(&r.c);
}

static void every_row_is_read(void **state)
{
    const struct option_row *named;
    char text[128];

    (void)state;
    for (size_t i = 0; (named = option_row(i)) != NULL; i++) {
        const struct option_row *row = option_target(named);

        snprintf(text, sizeof text, "--%s", named->name);
        check_words(row, text, row->arg != NULL ? sample(row) : NULL);
        snprintf(text, sizeof text, "--%s=%s", named->name, sample(row));
        if (row->arg != NULL)
            check_words(row, text, NULL);
        if (named->ch == 0)
            continue;
        snprintf(text, sizeof text, "-%c", named->ch);
        check_words(row, text, row->arg != NULL ? sample(row) : NULL);
        snprintf(text, sizeof text, "-%c%s", named->ch, sample(row));
        if (row->arg != NULL)
            check_words(row, text, NULL);
    }
}

/* How many options begin with `text`. */
static int matches(const char *text)
{
    const struct option_row *row;
    int n = 0;

    for (size_t i = 0; (row = option_row(i)) != NULL; i++)
        n += row->name != NULL && strncmp(row->name, text, strlen(text)) == 0;
    return n;
}

static void names_may_be_abbreviated(void **state)
{
    const struct option_row *named;
    char text[64], word[80];

    (void)state;
    for (size_t i = 0; (named = option_row(i)) != NULL; i++) {
        const struct option_row *row = option_target(named);

        for (size_t n = 1; named->name != NULL && n < strlen(named->name); n++) {
            struct run r;

            snprintf(text, sizeof text, "%.*s", (int)n, named->name);
            snprintf(word, sizeof word, "--%s", text);
            if (absent_check(0, text, NULL) < 0) {
                RUN(&r, word);
                assert_non_null(strstr(r.e.text, " is not supported: "));
            } else if (matches(text) == 1) {
                check_words(row, word, row->arg != NULL ? sample(row) : NULL);
            } else if (option_find(text) == NULL) {
                RUN(&r, word);
                assert_int_equal(r.result, -1);
                assert_non_null(strstr(r.e.text, " may be --"));
            }
        }
    }
}

static void rows_are_whole(void **state)
{
    const struct option_row *a, *b;

    (void)state;
    for (size_t i = 0; (a = option_row(i)) != NULL; i++) {
        for (size_t j = 0; j < i; j++) {
            b = option_row(j);
            assert_true(a->ch == 0 || a->ch != b->ch);
            assert_true(a->name == NULL || b->name == NULL || strcmp(a->name, b->name) != 0);
        }
        if (a->alias != NULL) {
            assert_non_null(option_target(a));
            assert_null(option_target(a)->alias);
            continue;
        }
        assert_non_null(a->doc);
        assert_non_null(a->name);
        assert_non_null(a->help);
        assert_in_range(strlen(a->help), 4, 48);
        assert_int_equal(a->doc[strlen(a->doc) - 1], '\n');
        assert_int_equal(a->gives & a->needs, 0);
        assert_true((a->type == OPTION_WORD) == (a->names != NULL));
        assert_true((a->value == VALUE_WORDS || a->value == VALUE_END) ==
                    (a->words != NULL || a->names != NULL));
        assert_true(a->arg != NULL || (a->type != OPTION_STRING && a->type != OPTION_INT));
    }
}

static void arguments_are_counted(void **state)
{
    const struct option_row *row;
    char text[80];

    (void)state;
    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        struct run r;

        if (row->alias != NULL || row->optional)
            continue;
        snprintf(text, sizeof text, row->arg != NULL ? "--%s" : "--%s=x", row->name);
        RUN(&r, text);
        assert_int_equal(r.result, -1);
        assert_int_equal(r.e.status, STATUS_LOCAL);
        snprintf(text, sizeof text, "--%s %s argument", row->name,
                 row->arg != NULL ? "needs an" : "takes no");
        assert_non_null(strstr(r.e.text, text));
        conf_clear(&r.c);
    }
}

/* An argument that may be left out is never the next word. */
static void arguments_may_be_left_out(void **state)
{
    const struct option_row *row;
    char text[80];

    (void)state;
    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        struct run r;

        if (!row->optional)
            continue;
        assert_true(row->type == OPTION_INT || row->type == OPTION_STRING);
        assert_int_equal(row->ch, 0);
        snprintf(text, sizeof text, "--%s", row->name);
        RUN(&r, text, "7");
        assert_int_equal(r.result, 0);
        assert_int_equal(*(const int *)((const char *)&r.c + row->field), row->max);
        assert_int_equal(r.o.next, 2);
        conf_clear(&r.c);
    }
}

static void bad_values_are_refused(void **state)
{
    static const char *const bad[] = {"", "x", "7x", "1..5", "--"};
    const struct option_row *row;

    (void)state;
    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        char text[80], name[80];

        if (row->arg == NULL || row->type == OPTION_STRING || row->type == OPTION_TEXTS)
            continue;
        for (size_t j = 0; j < sizeof bad / sizeof bad[0]; j++) {
            struct run r;

            snprintf(text, sizeof text, "--%s=%s", row->name, bad[j]);
            snprintf(name, sizeof name, "--%s: ", row->name);
            RUN(&r, text);
            assert_int_equal(r.result, -1);
            assert_int_equal(r.e.status, STATUS_LOCAL);
            assert_memory_equal(r.e.text, name, strlen(name));
            conf_clear(&r.c);
        }
    }
}

static void texts_of_errors(void **state)
{
    static const struct {
        const char *word, *text;
    } rows[] = {
        {"--lsten", "unknown option --lsten (did you mean --listen?); try 'pollcat --help'"},
        {"--upd", "unknown option --upd (did you mean --udp?); try 'pollcat --help'"},
        {"--xyzzyx", "unknown option --xyzzyx; try 'pollcat --help'"},
        {"-y", "unknown option -y; try 'pollcat --help'"},
        {"-lvy", "unknown option -y; try 'pollcat --help'"},
        {"--mode=ehco", "--mode: 'ehco' is not a mode (did you mean echo?)"},
        {"--mode=foo",
         "--mode: 'foo' is none of: connect udp listen udp-connected echo broker chat self-connect"},
        {"--backlog=0", "--backlog: '0' is not a number from 1 to 2147483647"},
        {"-wx", "-w: 'x' is not a time such as 1.5, 200ms, 10s, 2m or 1h"},
        {"--datagram-size=65508", "--datagram-size: '65508' is not a size from 1 to 65507"},
        {"--lua-exec=x", "--lua-exec is not supported: there is no Lua here; try --exec 'lua FILE'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        RUN(&r, rows[i].word);
        assert_int_equal(r.result, -1);
        assert_string_equal(r.e.text, rows[i].text);
        conf_clear(&r.c);
    }
}

static void sockopts_are_gathered(void **state)
{
    static const char *const want[] = {"broadcast=on", "rcvbuf=64k", "sndbuf=1m", "tos=lowdelay", "ttl=5",
                                       "minttl=250",   "debug=on",   "nodelay",   "ttl?"};
    struct run r;

    (void)state;
    RUN(&r, "-bI64k", "-O1m", "-Tlowdelay", "-M5", "-m250", "-D", "--sockopt=nodelay", "--sockopt=ttl?");
    assert_int_equal(r.result, 0);
    assert_int_equal(r.c.net.nsockopts, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < r.c.net.nsockopts; i++)
        assert_string_equal(r.c.net.sockopts[i], want[i]);
    conf_clear(&r.c);
}

/* All words for -T are known. */
static void words_are_values(void **state)
{
    char words[512], *rest = words, *word;
    struct run r;

    (void)state;
    snprintf(words, sizeof words, "%s", option_find("tos")->words);
    while ((word = strsep(&rest, " ")) != NULL) {
        RUN(&r, "--tos", word);
        assert_int_equal(r.result, 0);
        conf_clear(&r.c);
    }
    RUN(&r, "--tos", "0x10");
    assert_int_equal(r.result, 0);
    conf_clear(&r.c);
}

static void actions_come_at_once(void **state)
{
    struct run r;

    (void)state;
    RUN(&r, "-l", "-h", "--nonsense");
    assert_int_equal(r.result, 0);
    assert_int_equal(r.c.action, CONF_HELP);
    conf_clear(&r.c);
}

static void operands_come_last(void **state)
{
    struct run r;

    (void)state;
    RUN(&r, "host", "-v", "80", "-vv");
    assert_int_equal(r.result, 0);
    assert_int_equal(r.c.verbose, 3);
    assert_int_equal(r.o.next, 3);
    conf_clear(&r.c);
    RUN(&r, "--", "-v");
    assert_int_equal(r.c.verbose, 0);
    assert_int_equal(r.o.next, 2);
    conf_clear(&r.c);
}

/* The sample command line "--a [ARG] --b [ARG]" is read, and then refused by options_check(). */
static void check_refused(const struct option_row *a, const struct option_row *b, const char *verb)
{
    char first[80], second[80];
    struct run r;

    snprintf(first, sizeof first, a->arg != NULL ? "--%s=%s" : "--%s", a->name, sample(a));
    snprintf(second, sizeof second, b->arg != NULL ? "--%s=%s" : "--%s", b->name, sample(b));
    RUN(&r, first, second);
    assert_int_equal(r.result, 0);
    if (options_check(&r.o, &r.e) != -1)
        fail_msg("%s %s is not refused", first, second);
    assert_int_equal(r.e.status, STATUS_LOCAL);
    if (strstr(r.e.text, verb) == NULL && strstr(r.e.text, " needs ") == NULL)
        fail_msg("%s %s: %s", first, second, r.e.text);
    conf_clear(&r.c);
}

static void bits_decide(void **state)
{
    const struct option_row *a, *b;

    (void)state;
    for (size_t i = 0; (a = option_row(i)) != NULL; i++) {
        if (a->needs != 0)
            check_refused(a, a, " needs --");
        for (size_t j = 0; (b = option_row(j)) != NULL; j++) {
            if ((a->excludes & b->gives) != 0)
                check_refused(a, b, " excludes --");
        }
    }
}

static void texts_of_refusals(void **state)
{
    static const struct {
        const char *words[3];
        const char *text; /* NULL: fine */
    } rows[] = {
        {{"--max-conns=3"}, "--max-conns needs --listen"},
        {{"--max-conns=3", "-l"}, "--max-conns needs --keep-open"},
        {{"--max-conns=3", "-l", "-k"}, NULL},
        {{"--max-conns=3", "--echo"}, NULL},
        {{"--max-conns=3", "--mode=echo"}, NULL},
        {{"--max-conns=3", "--echo", "-u"}, NULL},
        {{"-k"}, "--keep-open needs --listen"},
        {{"-k", "--mode=listen"}, NULL},
        {{"-k", "--echo"}, NULL},
        {{"-l", "-k", "--echo"}, NULL},
        {{"-N", "--no-shutdown"}, "--no-shutdown excludes --shutdown"},
        {{"-4", "-6"}, "--ipv6 excludes --ipv4"},
        {{"--stay", "--reconnect"}, "--stay excludes --reconnect"},
        {{"--leave", "--reconnect"}, "--leave excludes --reconnect"},
        {{"--stay", "-z"}, "--stay excludes --zero"},
        {{"--delay=1", "-z"}, "--delay excludes --zero"},
        {{"-4", "-U"}, "--ipv4 excludes --unixsock"},
        {{"-d", "--send-only"}, "--send-only excludes --no-stdin"},
        {{"--recv-only", "--send-only"}, "--send-only excludes --no-stdin"},
        {{"-z", "-l"}, "--zero excludes --listen"},
        {{"-z", "--mode=echo"}, "--zero excludes --mode echo"},
        {{"-r"}, "--randomize needs --zero"},
        {{"-r", "-z"}, NULL},
        {{"--line"}, "--line needs --udp"},
        {{"--line", "--udp-connected"}, NULL},
        {{"--line", "--seqpacket"}, NULL},
        {{"--line", "-u", "--datagram-size=9"}, "--datagram-size excludes --line"},
        {{"-i1", "-u", "--line"}, NULL},
        {{"-i1", "-u", "--datagram-size=9"}, "--datagram-size excludes --interval"},
        {{"-C", "--echo"}, "--crlf excludes --echo"},
        {{"-C", "--mode=echo"}, "--crlf excludes --mode echo"},
        {{"-u", "--seqpacket"}, "--seqpacket excludes --udp"},
        {{"--history=x", "--no-history"}, "--no-history excludes --history"},
        {{"--mode=connect", "-l"}, "--mode connect excludes --listen"},
        {{"--mode=connect", "--echo"}, "--mode connect excludes --echo"},
        {{"--mode=udp", "-l"}, NULL},
        {{"--mode=echo", "-l", "-k"}, NULL},
        {{"--udp-connected", "-l"}, "--udp-connected excludes --listen"},
        {{"--udp-connected", "-u"}, NULL},
        {{"--self-connect", "-l"}, "--self-connect excludes --listen"},
        {{"--self-connect", "--udp-connected"}, "--self-connect excludes --udp-connected"},
        {{"--self-connect", "-U", "-u"}, NULL},
        {{"-U", "-s/x"}, "--source with --unixsock needs --udp"},
        {{"-U", "-s/x", "-u"}, NULL},
        {{"-U", "-p1"}, "--source-port excludes --unixsock"},
        {{"-b"}, "--broadcast needs --udp"},
        {{"--wait=1", "-l"}, "--wait excludes --listen"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int n = 0, result;
        struct run r;

        while (n < 3 && rows[i].words[n] != NULL)
            n++;
        start(&r, rows[i].words, n);
        assert_int_equal(r.result, 0);
        result = options_check(&r.o, &r.e);
        if (rows[i].text != NULL)
            assert_string_equal(result == -1 ? r.e.text : "(accepted)", rows[i].text);
        else if (result != 0)
            fail_msg("refused: %s", r.e.text);
        conf_clear(&r.c);
    }
}

static bool keep_line(void *ctx, enum log_level level, const char *line)
{
    (void)level;
    snprintf(ctx, 256, "%s", line);
    return true;
}

static void ncat_users_get_hints(void **state)
{
    static const struct {
        const char *word, *hint; /* hint NULL: none */
    } rows[] = {
        {"-i10s", "--idle-timeout"},
        {"-i200ms", NULL},
        {"-i10", NULL},
        {"--interval=10s", NULL},
        {"-i1.5", NULL},
        {"-w10s", "--wait"},
        {"-w2m", "--wait"},
        {"-w10", NULL},
        {"--wait=10s", NULL},
        {"-m255", NULL},
        {"-m300", "--max-conns"},
        {"-q10s", NULL},
    };
    char line[256];

    (void)state;
    log_set_sink(keep_line, line);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;

        line[0] = '\0';
        RUN(&r, rows[i].word);
        if (rows[i].hint == NULL)
            assert_string_equal(line, "");
        else if (strncmp(line, "hint: ", 6) != 0 || strstr(line, rows[i].hint) == NULL)
            fail_msg("%s: \"%s\"", rows[i].word, line);
        conf_clear(&r.c);
    }
    log_set_sink(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_read),
        cmocka_unit_test(names_may_be_abbreviated),
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(arguments_are_counted),
        cmocka_unit_test(arguments_may_be_left_out),
        cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(texts_of_errors),
        cmocka_unit_test(sockopts_are_gathered),
        cmocka_unit_test(words_are_values),
        cmocka_unit_test(actions_come_at_once),
        cmocka_unit_test(operands_come_last),
        cmocka_unit_test(bits_decide),
        cmocka_unit_test(texts_of_refusals),
        cmocka_unit_test(ncat_users_get_hints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
