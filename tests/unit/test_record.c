/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/queue.h"
#include "record/formats.h"

/* Two links whose taps are called by hand. */
struct rig {
    struct loop *loop;
    struct peer_table peers;
    struct link_pool pool;
    struct peer *peer;
    struct port *port[4];
    struct link *in, *out;
    char path[64];
    struct record *x;
    unsigned failures;
    struct err err;
};

static void failed(void *ctx, struct record *x, const struct err *e)
{
    struct rig *r = ctx;

    r->failures++;
    r->err = *e;
    r->x = NULL;
    assert_int_equal(record_close(x, &r->err), -1);
    loop_stop(r->loop);
}

static uint32_t number(void *ctx, struct peer *p, const struct meta *m, bool sent)
{
    (void)sent;
    assert_ptr_equal(p, ((struct rig *)ctx)->peer);
    assert_null(m);
    return 1;
}

static int set_up(void **state)
{
    const struct queue_opts opts = {.limit = 1024};
    struct addr local = {0}, remote = {0};
    struct rig *r = calloc(1, sizeof *r);
    struct err e;
    int fd;

    assert_non_null(r);
    r->loop = loop_new(false, &e);
    peer_table_init(&r->peers, r->loop);
    link_pool_init(&r->pool, false);
    assert_int_equal(addr_parse(&remote, "192.0.2.7", 80), 0);
    for (int i = 0; i < 4; i++)
        r->port[i] = queue_new(r->loop, &opts);
    r->peer = peer_new(&r->peers, fd_null(r->loop), &local, &remote);
    r->in = link_new(r->port[0], r->port[1], &r->pool, NULL);
    r->out = link_new(r->port[2], r->port[3], &r->pool, NULL);
    snprintf(r->path, sizeof r->path, "/tmp/pollcat-transcript-XXXXXX");
    fd = mkstemp(r->path);
    assert_true(fd >= 0);
    close(fd);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;

    link_free(r->in);
    link_free(r->out);
    peer_free(peer_first(&r->peers));
    for (int i = 0; i < 4; i++)
        port_free(r->port[i]);
    loop_free(r->loop);
    link_pool_clear(&r->pool);
    unlink(r->path);
    free(r);
    return 0;
}

static void begin(struct rig *r, const struct record_format *format, const char *path)
{
    const struct record_opts opts = {
        .format = format, .peers = &r->peers, .failed = failed, .number = number, .ctx = r};

    r->x = record_open(r->loop, path, &opts, &r->err);
    assert_non_null(r->x);
    record_peer(r->x, r->peer, r->in, r->out);
    record_peer(r->x, r->peer, r->in, NULL);
    assert_null(r->in->taps->next);
    assert_int_equal(r->out->taps != NULL, format->sent);
}

static void hear(struct link *k, const void *data, size_t n)
{
    k->taps->see(k->taps, data, n, NULL);
}

static void hear_text(struct link *k, const char *text)
{
    hear(k, text, strlen(text));
}

static void finish(struct rig *r)
{
    assert_int_equal(record_close(r->x, &r->err), 0);
    assert_null(r->in->taps);
    assert_null(r->out->taps);
}

static size_t content(const struct rig *r, char *text, size_t size)
{
    FILE *f = fopen(r->path, "r");
    size_t n;

    assert_non_null(f);
    n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    fclose(f);
    return n;
}

/* The lines of a record without their time, which must look like one. */
static void expect_lines(const struct rig *r, const char *wanted)
{
    static char text[64 * 1024], plain[64 * 1024];
    static const char form[] = "0000-00-00 00:00:00.000 ";
    char *line, *rest = text;
    size_t n = 0;

    content(r, text, sizeof text);
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        assert_true(strlen(line) > strlen(form));
        for (size_t i = 0; form[i] != '\0'; i++)
            assert_true(form[i] == '0' ? isdigit((unsigned char)line[i]) : form[i] == line[i]);
        n += (size_t)snprintf(plain + n, sizeof plain - n, "%s\n", line + strlen(form));
    }
    plain[n] = '\0';
    assert_string_equal(plain, wanted);
}

static void bytes_are_exact(void **state)
{
    static const char data[] = "a\r\n\0\xff\x1b[31m no end";
    struct rig *r = *state;
    char text[64];

    begin(r, &record_bytes, r->path);
    hear(r->in, data, sizeof data);
    record_note(r->x, 0, "", "not in there");
    assert_int_equal(record_size(r->x), sizeof data);
    finish(r);
    assert_int_equal(content(r, text, sizeof text), sizeof data);
    assert_memory_equal(text, data, sizeof data);
    begin(r, &record_bytes, r->path);
    finish(r);
    assert_int_equal(content(r, text, sizeof text), 0);
}

static void lines_of_both_directions(void **state)
{
    struct rig *r = *state;

    begin(r, &record_transcript, r->path);
    record_note(r->x, 1, "192.0.2.7 port 80", "joined");
    hear_text(r->out, "HELO x\r\n");
    hear_text(r->in, "250 ok\r\nsecond\n\n");
    hear_text(r->in, "caf\xc3\xa9 \x1b[31m\n");
    record_note(r->x, 0, "", "ends");
    finish(r);
    begin(r, &record_transcript, r->path);
    hear_text(r->in, "appended\n");
    finish(r);
    expect_lines(r, "# [1] 192.0.2.7 port 80: joined\n"
                    "> [1] 192.0.2.7 port 80: HELO x\n"
                    "< [1] 192.0.2.7 port 80: 250 ok\n"
                    "< [1] 192.0.2.7 port 80: second\n"
                    "< [1] 192.0.2.7 port 80\n"
                    "< [1] 192.0.2.7 port 80: caf\xc3\xa9 \\x1b[31m\n"
                    "# ends\n"
                    "< [1] 192.0.2.7 port 80: appended\n");
}

static void lines_in_pieces(void **state)
{
    struct rig *r = *state;

    begin(r, &record_transcript, r->path);
    hear_text(r->in, "one ");
    hear_text(r->in, "li");
    hear_text(r->in, "ne\r");
    hear_text(r->in, "\nlogin: ");
    hear_text(r->out, "joe\n");
    hear_text(r->in, "rest");
    finish(r);
    expect_lines(r, "< [1] 192.0.2.7 port 80: one line\n"
                    "< [1] 192.0.2.7 port 80: login: \\\n"
                    "> [1] 192.0.2.7 port 80: joe\n"
                    "< [1] 192.0.2.7 port 80: rest\\\n");
}

/* However long a line is and however it is cut, its parts make the whole. */
static void long_lines_in_parts(void **state)
{
    enum { LONG = 10000 };
    struct rig *r = *state;
    static char line[LONG + 2], text[8 * LONG], whole[2 * LONG];
    size_t n = 0;

    for (size_t i = 0; i < LONG; i++)
        line[i] = (char)('a' + i % 26);
    line[LONG] = '\n';
    for (size_t step = 1; step < 3000; step = step * 3 + 1) {
        char *p, *end;

        begin(r, &record_transcript, r->path);
        for (size_t i = 0; i <= LONG; i += step)
            hear(r->in, line + i, i + step <= LONG + 1 ? step : LONG + 1 - i);
        finish(r);
        content(r, text, sizeof text);
        unlink(r->path);
        n = 0;
        for (p = text; *p != '\0'; p = end + 1) {
            bool goes_on;

            end = strchr(p, '\n');
            assert_non_null(end);
            p = strstr(p, "port 80");
            assert_non_null(p);
            p += strlen("port 80");
            p += p[0] == ':' ? 2 : 0;
            goes_on = end > p && end[-1] == '\\';
            memcpy(whole + n, p, (size_t)(end - p) - goes_on);
            n += (size_t)(end - p) - goes_on;
            assert_int_equal(goes_on, end[1] != '\0');
        }
        assert_int_equal(n, LONG);
        assert_memory_equal(whole, line, LONG);
    }
}

static void expect_text(const struct rig *r, const char *wanted)
{
    char text[4096];

    content(r, text, sizeof text);
    assert_string_equal(text, wanted);
}

static void both_directions_as_they_are(void **state)
{
    struct rig *r = *state;

    begin(r, &record_output, r->path);
    hear_text(r->out, "question\n");
    hear_text(r->in, "answer");
    finish(r);
    expect_text(r, "question\nanswer");
}

static void dumps_say_whose_a_block_is(void **state)
{
    struct rig *r = *state;

    begin(r, &record_hex, r->path);
    hear_text(r->in, "hello world, more than 16\n");
    hear_text(r->out, "x");
    hear_text(r->in, "\x7f y");
    finish(r);
    expect_text(r, "# < 192.0.2.7 port 80: 26 bytes at 0\n"
                   "0000   68 65 6c 6c 6f 20 77 6f  72 6c 64 2c 20 6d 6f 72  hello world, mor\n"
                   "0010   65 20 74 68 61 6e 20 31  36 0a                    e than 16.      \n"
                   "# > 192.0.2.7 port 80: 1 byte at 0\n"
                   "0000   78                                                x               \n"
                   "# < 192.0.2.7 port 80: 3 bytes at 26\n"
                   "0000   7f 20 79                                          . y             \n");
}

static void of_secrets_there_is_the_size(void **state)
{
    const struct meta secret = {.secret = true};
    struct rig *r = *state;

    begin(r, &record_output, r->path);
    r->out->taps->see(r->out->taps, "sesame", 6, &secret);
    finish(r);
    expect_text(r, "");
    begin(r, &record_hex, r->path);
    r->out->taps->see(r->out->taps, "sesame", 6, &secret);
    finish(r);
    expect_text(r, "# > 192.0.2.7 port 80: 6 bytes at 0 (secret)\n");
}

static void plain_dumps_are_those_of_ncat(void **state)
{
    static char block[8192 + 1];
    struct rig *r = *state;
    char text[64 * 1024], *last;
    size_t n;

    begin(r, &record_hex_plain, r->path);
    hear_text(r->in, "a b\n");
    hear(r->out, block, sizeof block); /* more than Ncat reads at once */
    finish(r);
    n = content(r, text, sizeof text);
    assert_int_equal(n, 74 * (1 + 8192 / 16 + 1));
    last = text + n - 74;
    assert_memory_equal(text, "0000   61 20 62 0a                                       a.b.            \n",
                        74);
    assert_memory_equal(last - 74, "1ff0   00 ", 10);
    assert_memory_equal(last, "0000   00 ", 10);
}

static void what_is_there_may_stay(void **state)
{
    struct rig *r = *state;
    struct record_opts opts = {.format = &record_output, .peers = &r->peers, .failed = failed};

    for (int i = 0; i < 3; i++) {
        opts.append = i > 0;
        r->x = record_open(r->loop, r->path, &opts, &r->err);
        record_put(r->x, "x", 1);
        assert_int_equal(record_close(r->x, &r->err), 0);
    }
    expect_text(r, "xxx");
}

static void peers_are_let_go(void **state)
{
    struct rig *r = *state;

    begin(r, &record_transcript, r->path);
    hear_text(r->in, "last words");
    observe_leave(r->in);
    observe_leave(NULL);
    assert_null(r->in->taps);
    finish(r);
    expect_lines(r, "< [1] 192.0.2.7 port 80: last words\\\n");
}

static void a_full_disk_is_told(void **state)
{
    struct rig *r = *state;

    if (access("/dev/full", W_OK) < 0)
        skip();
    begin(r, &record_bytes, "/dev/full");
    hear_text(r->in, "data");
    hear_text(r->in, "more");
    assert_int_equal(loop_run(r->loop, &r->err), 0);
    assert_int_equal(r->failures, 1);
    assert_string_equal(r->err.text, "/dev/full: No space left on device");
    assert_null(r->in->taps);
}

static void what_is_no_file_is_refused(void **state)
{
    struct rig *r = *state;
    const struct record_opts opts = {.format = &record_transcript, .peers = &r->peers, .failed = failed};

    assert_null(record_open(r->loop, "/", &opts, &r->err));
    assert_string_equal(r->err.text, "/: Is a directory");
    assert_null(record_open(r->loop, "/dev/null/x", &opts, &r->err));
    assert_string_equal(r->err.text, "/dev/null/x: Not a directory");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(bytes_are_exact),
        TEST(lines_of_both_directions),
        TEST(lines_in_pieces),
        TEST(long_lines_in_parts),
        TEST(both_directions_as_they_are),
        TEST(dumps_say_whose_a_block_is),
        TEST(of_secrets_there_is_the_size),
        TEST(plain_dumps_are_those_of_ncat),
        TEST(what_is_there_may_stay),
        TEST(peers_are_let_go),
        TEST(a_full_disk_is_told),
        TEST(what_is_no_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
