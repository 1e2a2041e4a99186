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

/* What the next call would send: the sizes, and those of the pieces that the kernel is to make of each. */
static void next_is(const struct answers *a, bool joined, unsigned count, const size_t sizes[],
                    const size_t segments[])
{
    struct cmsg_out out[BATCH_MOST];

    assert_int_equal(answers_next(a, joined, out), count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(out[i].size, sizes[i]);
        assert_int_equal(out[i].segment, segments[i]);
    }
}

static void take(struct answers *a, bool joined, unsigned n)
{
    struct cmsg_out out[BATCH_MOST];

    assert_true(answers_next(a, joined, out) >= n);
    answers_sent(a, out, n);
}

static void answers_that_go_together(void **state)
{
    struct answers a = {0};
    struct meta one = {.hops = 64}, other = {.hops = 64}, far = {.hops = 63}, elsewhere = {.socket = 1};

    (void)state;
    assert_int_equal(addr_parse(&one.peer, "127.0.0.1", 1000), 0);
    assert_int_equal(addr_parse(&other.peer, "127.0.0.1", 1001), 0);
    addr_copy(&far.peer, &one.peer);
    addr_copy(&elsewhere.peer, &one.peer);
    assert_false(answers_wait(&a));
    assert_false(add(&a, &one, 0));
    assert_false(add(&a, &one, 1401));
    assert_true(add(&a, &one, 100));
    assert_true(add(&a, &one, 100));
    assert_true(add(&a, &one, 99));
    assert_true(add(&a, &one, 99)); /* only the last may be shorter */
    assert_true(add(&a, &one, 100));
    assert_true(add(&a, &other, 100));
    assert_true(add(&a, &one, 100));
    assert_true(add(&a, &far, 100));
    assert_false(add(&a, &elsewhere, 100)); /* one call, one socket */
    next_is(&a, true, 6, (size_t[]){299, 99, 100, 100, 100, 100}, (size_t[]){100, 0, 0, 0, 0, 0});
    next_is(&a, false, 8, (size_t[]){100, 100, 99, 99, 100, 100, 100, 100}, (size_t[8]){0});
    take(&a, false, 2);
    next_is(&a, true, 6, (size_t[]){99, 99, 100, 100, 100, 100}, (size_t[6]){0});
    take(&a, true, 5);
    assert_true(add(&a, &far, 100));
    next_is(&a, true, 1, (size_t[]){200}, (size_t[]){100});
    take(&a, true, 1);
    assert_false(answers_wait(&a));
    for (int i = 0; i < BATCH_MOST; i++)
        assert_true(add(&a, i % 2 ? &one : &other, 1400));
    assert_false(add(&a, &other, 1400));
    answers_clear(&a);
    assert_false(answers_wait(&a));
}

/* The first that cannot be sent is told of when its turn comes. */
static void several_with_one_call(void **state)
{
    static const char data[3] = "abc";
    struct cmsg_out out[3];
    struct meta to = {0}, nowhere = {0};
    socklen_t len = sizeof to.peer - offsetof(struct addr, sa);
    int fds[2];
    char got[8];

    (void)state;
    pair(fds);
    assert_int_equal(getsockname(fds[1], &to.peer.sa, &len), 0);
    to.peer.len = len;
    addr_copy(&nowhere.peer, &to.peer);
    addr_set_port(&nowhere.peer, 0);
    for (int i = 0; i < 3; i++)
        out[i] = (struct cmsg_out){.data = data, .size = (size_t)i + 1, .to = i < 2 ? &to : &nowhere};
    assert_int_equal(cmsg_send_several(fds[0], out, 3), 2);
    assert_int_equal(cmsg_send_several(fds[0], out + 2, 1), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(recv(fds[1], got, sizeof got, MSG_DONTWAIT), 1);
    assert_int_equal(recv(fds[1], got, sizeof got, MSG_DONTWAIT), 2);
    assert_int_equal(recv(fds[1], got, sizeof got, MSG_DONTWAIT), -1);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_arrived_at_once),
        cmocka_unit_test(answers_that_go_together),
        cmocka_unit_test(several_with_one_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
