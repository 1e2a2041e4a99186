/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/greeting.h"

#include "test_io_rig.h"

/* One peer, which is greeted with a file. */
struct host {
    struct rig *rig;
    struct peer_table peers;
    struct peer *peer;
    int far;
    char path[64];
    size_t size; /* bytes of the file */
    struct greeting_conf conf;
    bool begun;
    struct watch eyes; /* at the far end */
    size_t seen;       /* bytes */
    unsigned done;
    bool failed;
};

static void on_done(void *ctx, struct peer *p, const struct err *e)
{
    struct host *h = ctx;

    assert_ptr_equal(p, h->peer);
    h->done++;
    h->failed = e != NULL;
    greeting_free(p, false);
    loop_stop(h->rig->loop);
}

/* What the far end sees. The first byte makes the peer come, in the midst of a turn, as peers do. */
static void look(struct watch *w, unsigned events)
{
    struct host *h = container_of(w, struct host, eyes);
    char data[1024];
    ssize_t n = read(w->fd, data, sizeof data);

    (void)events;
    assert_true(n > 0);
    if (!h->begun) {
        h->begun = true;
        greeting_start(&h->conf, h->peer, &h->rig->pool, on_done, h);
        loop_del(w); /* it has its turn before the file now */
        loop_add(h->rig->loop, w);
        return;
    }
    h->seen += (size_t)n;
    if (h->seen == h->size)
        assert_int_equal(h->done, 1);
}

static void write_file(struct host *h, size_t size)
{
    char *text = calloc(1, size + 1);
    int fd;

    assert_non_null(text);
    memset(text, 'x', size);
    snprintf(h->path, sizeof h->path, "%s/greeting.XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    fd = mkstemp(h->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    assert_int_equal(close(fd), 0);
    free(text);
    h->size = size;
}

static struct host *host_new(size_t size)
{
    static const struct addr nobody;
    struct host *h = calloc(1, sizeof *h);
    int fds[2];

    assert_non_null(h);
    h->rig = rig_new();
    peer_table_init(&h->peers, h->rig->loop);
    rig_pair(fds, SOCK_STREAM);
    h->far = fds[1];
    assert_int_equal(write(fds[0], "!", 1), 1);
    h->peer = peer_new(&h->peers, fd_socket(h->rig->loop, fds[0]), &nobody, &nobody);
    write_file(h, size);
    h->conf.path = h->path;
    h->eyes = (struct watch){.fd = h->far, .want = rig_want_in, .fire = look};
    loop_add(h->rig->loop, &h->eyes);
    return h;
}

static void host_free(struct host *h)
{
    loop_del(&h->eyes);
    peer_free(h->peer);
    close(h->far);
    unlink(h->path);
    rig_free(h->rig);
    free(h);
}

static void test_it_is_over_with_its_last_byte(void **state)
{
    struct host *h = host_new(1000);

    (void)state;
    rig_run(h->rig);
    rig_settle(h->rig);
    assert_false(h->failed);
    assert_int_equal(h->seen, 1000);
    host_free(h);
}

static void test_an_empty_one_is_over_too(void **state)
{
    struct host *h = host_new(0);

    (void)state;
    rig_run(h->rig);
    assert_int_equal(h->done, 1);
    assert_false(h->failed);
    host_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_over_with_its_last_byte),
        cmocka_unit_test(test_an_empty_one_is_over_too),
    };

    int failed = cmocka_run_group_tests_name("poll, buffer", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}
