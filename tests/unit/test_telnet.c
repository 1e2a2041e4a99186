/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/telnet.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 4096 };

/* What came of some input. */
struct heard {
    unsigned char data[ROOM], said[ROOM];
    size_t ndata, nsaid;
    unsigned events;
};

static void take(struct telnet *t, struct heard *h)
{
    unsigned char said[TELNET_TAKE];
    size_t n = telnet_take(t, said);

    assert_true(n <= sizeof said && h->nsaid + n <= ROOM);
    memcpy(h->said + h->nsaid, said, n);
    h->nsaid += n;
}

/* Feeds `n` bytes from a block of their own, as if each read gave `piece` of them. */
static void feed(struct telnet *t, struct heard *h, const void *in, size_t n, size_t piece)
{
    for (size_t at = 0; at < n;) {
        size_t here = n - at < piece ? n - at : piece, done = 0, put;
        unsigned char *exact = malloc(here);

        assert_non_null(exact);
        memcpy(exact, (const char *)in + at, here);
        while (done < here) {
            assert_true(h->ndata < ROOM);
            done += telnet_decode(t, exact + done, here - done, h->data + h->ndata, ROOM - h->ndata, &put);
            h->ndata += put;
            h->events |= t->events;
            t->events = 0;
            take(t, h);
        }
        free(exact);
        at += here;
    }
}

#define BYTES(text) text, sizeof(text) - 1

static const struct row {
    enum telnet_role role;
    const char *in;
    size_t nin;
    const char *data;
    size_t ndata;
    const char *said;
    size_t nsaid;
    bool echoes, keys;
} rows[] = {
    {TELNET_CLIENT, BYTES("plain\n"), BYTES("plain\n"), BYTES(""), false, false},
    {TELNET_CLIENT, BYTES("a\r\nb\r\0c\r"), BYTES("a\nb\rc\r"), BYTES(""), false, false},
    {TELNET_CLIENT, BYTES("a\rb\r\rc\r\n"), BYTES("a\rb\r\rc\n"), BYTES(""), false, false},
    {TELNET_CLIENT, BYTES("a\377\377b\r\377\377"), BYTES("a\377b\r\377"), BYTES(""), false, false},
    {TELNET_CLIENT, BYTES("\377\361\377\362\377\371x"), BYTES("x"), BYTES(""), false, false},
    {TELNET_CLIENT, BYTES("\377\373\001p"), BYTES("p"), BYTES("\377\375\001"), true, false},
    {TELNET_CLIENT, BYTES("\377\373\001\377\373\003\r\nx\r\0y"), BYTES("\r\nx\ry"),
     BYTES("\377\375\001\377\375\003"), true, true},
    {TELNET_CLIENT, BYTES("\377\373\001\377\374\001\r\n"), BYTES("\n"), BYTES("\377\375\001\377\376\001"),
     false, false},
    /* What is on is not acknowledged again; what is not known is refused, and its end not answered. */
    {TELNET_CLIENT, BYTES("\377\373\003\377\373\003"), BYTES(""), BYTES("\377\375\003"), false, false},
    {TELNET_CLIENT, BYTES("\377\373\042\377\375\042\377\376\042\377\374\042"), BYTES(""),
     BYTES("\377\376\042\377\374\042"), false, false},
    {TELNET_CLIENT, BYTES("\377\375\001\377\376\001\377\374\001"), BYTES(""), BYTES("\377\374\001"), false,
     false},
    /* Terminal type and window size; 255 is doubled. */
    {TELNET_CLIENT, BYTES("\377\375\030\377\372\030\001\377\360"), BYTES(""),
     BYTES("\377\373\030\377\372\030\0XTERM\377\360"), false, false},
    {TELNET_CLIENT, BYTES("\377\372\030\001\377\360"), BYTES(""), BYTES(""), false, false},
    {TELNET_CLIENT, BYTES("\377\375\037"), BYTES(""),
     BYTES("\377\373\037\377\372\037\0\377\377\0\030\377\360"), false, false},
    /* A subnegotiation that is cut off by another command; an IAC in one. */
    {TELNET_CLIENT, BYTES("\377\372\042ab\377\377c\377\373\003x"), BYTES("x"), BYTES("\377\375\003"), false,
     false},
    /* A CR before a change of who echoes is not lost. */
    {TELNET_CLIENT, BYTES("a\r\377\373\001\0b"), BYTES("a\rb"), BYTES("\377\375\001"), true, false},

    {TELNET_SERVER, BYTES("a\r\nb\r\0c"), BYTES("a\nb\rc"), BYTES(""), false, false},
    {TELNET_SERVER, BYTES("\377\375\001\377\375\003\377\373\003\377\364"), BYTES(""),
     BYTES("\377\374\001\377\374\003\377\375\003"), false, false},
    {TELNET_SERVER, BYTES("\377\373\030\377\373\037\377\372\037\0\377\377\0\030\377\360"), BYTES(""),
     BYTES("\377\372\030\001\377\360"), false, false},
    {TELNET_HOST, BYTES("a\r\nb\r\0c\rd\n"), BYTES("a\rb\rc\rd\n"), BYTES(""), false, false},
    {TELNET_HOST, BYTES("\377\375\001\377\375\003\377\364\377\370"), BYTES("\003\025"), BYTES(""), false,
     false},

    {TELNET_NOBODY, BYTES("a\r\nb\r\0c"), BYTES("a\r\nb\r\0c"), BYTES(""), false, false},
    {TELNET_NOBODY, BYTES("\377\373\003x\377\375\001"), BYTES("x"), BYTES("\377\376\003\377\374\001"), false,
     false},
};

static struct telnet start(enum telnet_role role)
{
    struct telnet t = {.role = role};
    unsigned char said[TELNET_TAKE];

    if (role == TELNET_CLIENT) {
        strcpy(t.type, "xterm");
        t.columns = 255;
        t.rows = 24;
    }
    telnet_init(&t);
    telnet_take(&t, said);
    return t;
}

static void input_of_any_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];

        for (size_t piece = 1; piece <= r->nin; piece++) {
            struct telnet t = start(r->role);
            struct heard h = {0};

            feed(&t, &h, r->in, r->nin, piece);
            h.ndata += telnet_decode_end(&t, h.data + h.ndata);
            assert_int_equal(h.ndata, r->ndata);
            assert_memory_equal(h.data, r->data, r->ndata);
            assert_int_equal(h.nsaid, r->nsaid);
            assert_memory_equal(h.said, r->said, r->nsaid);
            assert_int_equal(telnet_echoes(&t), r->echoes);
            assert_int_equal(telnet_keys(&t), r->keys);
        }
    }
}

static const struct {
    enum telnet_role role;
    bool keys;
    const char *data;
    size_t ndata;
    const char *out;
    size_t nout;
} sent[] = {
    {TELNET_CLIENT, false, BYTES("ls\n"), BYTES("ls\r\n")},
    {TELNET_CLIENT, false, BYTES("ls\r\nx"), BYTES("ls\r\nx")},
    {TELNET_CLIENT, false, BYTES("a\rb\r"), BYTES("a\r\0b\r\0")},
    {TELNET_CLIENT, false, BYTES("\377\r\377"), BYTES("\377\377\r\0\377\377")},
    {TELNET_CLIENT, true, BYTES("ls\r\n\n"), BYTES("ls\r\0\n\n")},
    {TELNET_SERVER, false, BYTES("a\nb\r\n"), BYTES("a\r\nb\r\n")},
    {TELNET_HOST, false, BYTES("a\nb\r\nc\rd"), BYTES("a\nb\r\nc\r\0d")},
    {TELNET_NOBODY, false, BYTES("a\n\r\377"), BYTES("a\n\r\377")},
};

static size_t encode(struct telnet *t, const char *data, size_t n, size_t piece, size_t room,
                     unsigned char *out)
{
    size_t used = 0, put;

    for (size_t at = 0; at < n;) {
        at += telnet_encode(t, (const unsigned char *)data + at, n - at < piece ? n - at : piece, out + used,
                            room, &put);
        used += put;
    }
    return used + telnet_encode_end(t, out + used);
}

static void output_of_any_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        for (size_t piece = 2; piece <= sent[i].ndata; piece++) {
            for (size_t room = 3; room < 10; room++) {
                struct telnet t = start(sent[i].role);
                struct heard h = {0};
                unsigned char out[100];
                size_t n;

                if (sent[i].keys)
                    feed(&t, &h, BYTES("\377\373\001\377\373\003"), 6);
                n = encode(&t, sent[i].data, sent[i].ndata, piece, room, out);
                assert_int_equal(n, sent[i].nout);
                assert_memory_equal(out, sent[i].out, n);
            }
        }
    }
}

/* A key is not kept waiting for the next. */
static void return_alone_is_whole(void **state)
{
    struct telnet t = start(TELNET_CLIENT);
    unsigned char out[3];
    size_t put;

    (void)state;
    assert_int_equal(telnet_encode(&t, (const unsigned char *)"\r", 1, out, sizeof out, &put), 1);
    assert_int_equal(put, 2);
    assert_memory_equal(out, "\r\0", 2);
    assert_int_equal(telnet_encode_end(&t, out), 0);
}

static void server_asks(void **state)
{
    struct telnet t = {.role = TELNET_HOST};
    unsigned char said[TELNET_TAKE];
    struct heard h = {0};

    (void)state;
    telnet_init(&t);
    assert_int_equal(telnet_take(&t, said), 12);
    assert_memory_equal(said, "\377\373\001\377\373\003\377\375\030\377\375\037", 12);
    assert_true(telnet_asks(&t));
    feed(&t, &h, BYTES("\377\373\037\377\372\037\0\120\0\030\377\360"), 100);
    assert_true(telnet_asks(&t));
    feed(&t, &h, BYTES("\377\373\030\377\372\030\0XTERM-256COLOR\377\360"), 100);
    assert_false(telnet_asks(&t));
    assert_int_equal(h.events, TELNET_SIZE | TELNET_KIND);
    assert_string_equal(t.type, "xterm-256color");
    assert_int_equal(t.columns, 80);
    assert_int_equal(t.rows, 24);
    feed(&t, &h, BYTES("\377\372\030\0../../evil\377\360"), 100);
    assert_string_equal(t.type, "xterm-256color");
    feed(&t, &h, BYTES("\377\374\030\377\374\037"), 100);
    assert_false(telnet_asks(&t));
}

/* A client that will not tell is not waited for. */
static void refusals_are_answers(void **state)
{
    struct telnet t = {.role = TELNET_SERVER};
    struct heard h = {0};

    (void)state;
    telnet_init(&t);
    feed(&t, &h, BYTES("\377\374\030\377\374\037"), 1);
    assert_false(telnet_asks(&t));
    assert_int_equal(h.nsaid, 6);
    feed(&t, &h, BYTES("\377\374\030\377\374\037"), 1);
    assert_int_equal(h.nsaid, 6);
}

static void size_is_told_anew(void **state)
{
    struct telnet t = start(TELNET_CLIENT);
    struct heard h = {0};

    (void)state;
    telnet_resize(&t, 100, 40);
    assert_false(telnet_speaks(&t));
    feed(&t, &h, BYTES("\377\375\037"), 1);
    assert_memory_equal(h.said + 3, "\377\372\037\0\144\0\050\377\360", 9);
    telnet_resize(&t, 100, 40);
    assert_false(telnet_speaks(&t));
    telnet_resize(&t, 101, 40);
    telnet_resize(&t, 102, 41);
    h.nsaid = 0;
    take(&t, &h);
    assert_int_equal(h.nsaid, 9);
    assert_memory_equal(h.said, "\377\372\037\0\146\0\051\377\360", 9);
}

/* Who is asked and asked back while the answer is on its way ends where both want it. */
static void queue_of_opposites(void **state)
{
    struct telnet t = {.role = TELNET_SERVER};
    struct heard h = {0};

    (void)state;
    telnet_init(&t);
    take(&t, &h);
    h.nsaid = 0;
    telnet_ask(&t, TELNET_US, TELNET_ECHO, true);
    telnet_ask(&t, TELNET_US, TELNET_ECHO, false);
    telnet_ask(&t, TELNET_US, TELNET_ECHO, true);
    telnet_ask(&t, TELNET_US, TELNET_ECHO, false);
    take(&t, &h);
    assert_int_equal(h.nsaid, 3);
    feed(&t, &h, BYTES("\377\375\001"), 1);
    assert_memory_equal(h.said, "\377\373\001\377\374\001", h.nsaid);
    telnet_ask(&t, TELNET_US, TELNET_ECHO, true);
    feed(&t, &h, BYTES("\377\376\001"), 1);
    assert_memory_equal(h.said, "\377\373\001\377\374\001\377\373\001", h.nsaid);
    feed(&t, &h, BYTES("\377\375\001"), 1);
    assert_true(telnet_has(&t, TELNET_US, TELNET_ECHO));
    assert_int_equal(h.nsaid, 9);
    feed(&t, &h, BYTES("\377\376\001"), 1);
    assert_false(telnet_has(&t, TELNET_US, TELNET_ECHO));
    assert_int_equal(h.nsaid, 12);
}

/* What one has said reaches the other. */
static void deliver(struct telnet *from, struct telnet *to)
{
    struct heard h = {0}, ignored = {0};

    take(from, &h);
    for (size_t done = 0, put; done < h.nsaid;) {
        done += telnet_decode(to, h.said + done, h.nsaid - done, ignored.data, ROOM, &put);
        to->events = 0;
        assert_false(telnet_is_full(to));
    }
}

/* Whatever two ask of each other, they come to rest, and are of one mind. */
static void no_two_go_on_for_ever(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct telnet t[2] = {{.role = TELNET_HOST}, {.role = TELNET_HOST}};

        telnet_init(&t[0]);
        telnet_init(&t[1]);
        for (int step = 0; step < 40 || telnet_speaks(&t[0]) || telnet_speaks(&t[1]); step++) {
            int who = (seed = seed * 1664525u + 1013904223u) >> 30 & 1;

            assert_true(step < 200);
            if (step < 40)
                telnet_ask(&t[who], seed >> 29 & 1 ? TELNET_US : TELNET_THEM, seed >> 28 & 1, seed >> 27 & 1);
            if (seed >> 26 & 1 || step >= 40)
                deliver(&t[who], &t[!who]);
        }
        for (unsigned option = 0; option < TELNET_OPTIONS; option++) {
            assert_int_equal(telnet_has(&t[0], TELNET_US, option), telnet_has(&t[1], TELNET_THEM, option));
            assert_int_equal(telnet_has(&t[1], TELNET_US, option), telnet_has(&t[0], TELNET_THEM, option));
        }
    }
}

/* Who asks and never reads is not decoded any more; what is answered is never more than what was asked. */
static void floods_are_bounded(void **state)
{
    static const char asks[][4] = {"\377\375\001", "\377\373\001", "\377\375\042", "\377\376\037"};
    struct telnet t = start(TELNET_CLIENT);
    unsigned char flood[3000], data[10];
    size_t put, done, said = 0, asked = 0;

    (void)state;
    for (size_t i = 0; i < sizeof flood; i += 3)
        memcpy(flood + i, asks[i / 3 % 4], 3);
    done = telnet_decode(&t, flood, sizeof flood, data, sizeof data, &put);
    t.events = 0;
    while (!telnet_is_full(&t)) {
        done += telnet_decode(&t, flood + done, sizeof flood - done, data, sizeof data, &put);
        t.events = 0;
    }
    assert_true(done < 200);
    assert_int_equal(telnet_decode(&t, flood + done, sizeof flood - done, data, sizeof data, &put), 0);
    for (int i = 0; i < 1000; i++) {
        unsigned char out[TELNET_TAKE];

        said += telnet_take(&t, out);
        asked += telnet_decode(&t, flood + i * 3, 3, data, sizeof data, &put);
        t.events = 0;
    }
    assert_true(said <= asked + done);
}

static void long_subnegotiations_are_dropped(void **state)
{
    struct telnet t = start(TELNET_CLIENT);
    struct heard h = {0};

    (void)state;
    feed(&t, &h, BYTES("\377\375\030\377\372\030"), 100);
    for (int i = 0; i < 100000; i++)
        feed(&t, &h, "\001", 1, 1);
    feed(&t, &h, BYTES("\377\360x"), 100);
    assert_int_equal(h.ndata, 1);
    assert_int_equal(h.nsaid, 3);
}

static void kept_bytes_are_answered_too(void **state)
{
    struct telnet t = {.role = TELNET_NOBODY, .keeps = true};
    struct heard h = {0};

    (void)state;
    telnet_init(&t);
    feed(&t, &h, BYTES("a\377\373\003b\r\0"), 2);
    assert_memory_equal(h.data, "a\377\373\003b\r\0", h.ndata);
    assert_int_equal(h.ndata, 7);
    assert_memory_equal(h.said, "\377\376\003", h.nsaid);
    assert_int_equal(h.nsaid, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_of_any_cut),
        cmocka_unit_test(output_of_any_cut),
        cmocka_unit_test(return_alone_is_whole),
        cmocka_unit_test(server_asks),
        cmocka_unit_test(refusals_are_answers),
        cmocka_unit_test(size_is_told_anew),
        cmocka_unit_test(queue_of_opposites),
        cmocka_unit_test(no_two_go_on_for_ever),
        cmocka_unit_test(floods_are_bounded),
        cmocka_unit_test(long_subnegotiations_are_dropped),
        cmocka_unit_test(kept_bytes_are_answered_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
