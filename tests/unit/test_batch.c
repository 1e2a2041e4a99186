/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/batch.h"

#include "test_io_rig.h"

/* Two sockets on loopback: what is sent to the first arrives at the second. */
static void pair(int fds[2])
{
    struct addr a;
    socklen_t len = sizeof a - offsetof(struct addr, sa);

    assert_int_equal(addr_parse(&a, "127.0.0.1", 0), 0);
    for (int i = 0; i < 2; i++) {
        fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_true(fds[i] >= 0);
    }
    assert_int_equal(bind(fds[1], &a.sa, a.len), 0);
    assert_int_equal(getsockname(fds[1], &a.sa, &len), 0);
    assert_int_equal(connect(fds[0], &a.sa, len), 0);
}

static void all_that_arrived_at_once(void **state)
{
    struct arrivals *a = arrivals_new();
    unsigned char data[100];
    struct meta meta = {0};
    uint64_t dropped = 0;
    struct cmsg_in in = {.data = data, .size = 50, .meta = &meta, .dropped = &dropped};
    int fds[2], total = BATCH_MOST + 8, seen = 0;

    (void)state;
    pair(fds);
    assert_int_equal(arrivals_left(a), 0);
    assert_int_equal(arrivals_fill(a, fds[1]), -1);
    assert_int_equal(errno, EAGAIN);
    for (int i = 0; i < total; i++) {
        memset(data, i, sizeof data);
        assert_int_equal(send(fds[0], data, (size_t)i % 60, 0), i % 60);
    }
    while (seen < total) {
        int n = arrivals_fill(a, fds[1]);

        assert_int_equal(n, seen == 0 ? BATCH_MOST : 8);
        for (; n > 0; n--, seen++) {
            assert_int_equal(arrivals_left(a), n);
            assert_int_equal(arrivals_take(a, &in), seen % 60);
            assert_true(seen % 60 == 0 || data[0] == seen);
            assert_false(in.cut);
            assert_int_equal(addr_family(&meta.peer), AF_INET);
        }
        assert_int_equal(arrivals_left(a), 0);
    }
    assert_int_equal(send(fds[0], data, 51, 0), 51);
    assert_int_equal(arrivals_fill(a, fds[1]), 1);
    assert_int_equal(arrivals_take(a, &in), 50);
    assert_true(in.cut);
    arrivals_free(a);
    arrivals_free(NULL);
    close(fds[0]);
    close(fds[1]);
}

static bool add(struct answers *a, const struct meta *to, size_t size)
{
    static const unsigned char data[2000];
    struct cmsg_out out = {.data = data, .size = size, .to = to, .answer = true};

    return answers_add(a, &out);
}

static void answers_that_go_together(void **state)
{
    struct answers a = {0};
    struct meta one = {.hops = 64}, other = {.hops = 64}, far = {.hops = 63};

    (void)state;
    assert_int_equal(addr_parse(&one.peer, "127.0.0.1", 1000), 0);
    assert_int_equal(addr_parse(&other.peer, "127.0.0.1", 1001), 0);
    addr_copy(&far.peer, &one.peer);
    assert_false(answers_wait(&a));
    assert_false(add(&a, &one, 0));
    assert_false(add(&a, &one, 1401));
    assert_true(add(&a, &one, 100));
    assert_false(add(&a, &other, 100));
    assert_false(add(&a, &far, 100));
    assert_false(add(&a, &one, 101));
    assert_true(add(&a, &one, 100));
    assert_true(add(&a, &one, 99));
    assert_false(add(&a, &one, 99)); /* only the last may be shorter */
    assert_int_equal(answers_next(&a, true).segment, 100);
    assert_int_equal(answers_next(&a, true).size, 299);
    assert_int_equal(answers_next(&a, false).segment, 0);
    assert_int_equal(answers_next(&a, false).size, 100);
    answers_sent(&a, 200);
    assert_false(add(&a, &one, 99)); /* some of them are gone */
    assert_int_equal(answers_next(&a, true).segment, 0);
    assert_int_equal(answers_next(&a, true).size, 99);
    answers_sent(&a, 99);
    assert_false(answers_wait(&a));
    for (int i = 0; i < BATCH_MOST; i++)
        assert_true(add(&a, &other, 1400));
    assert_false(add(&a, &other, 1400));
    free(a.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_arrived_at_once),
        cmocka_unit_test(answers_that_go_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
