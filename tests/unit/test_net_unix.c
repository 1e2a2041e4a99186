/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "test_net_rig.h"

static void listen_on_unix(const char *host, bool seqpacket)
{
    struct rig *r = rig_listening((struct net_conf){.host = host, .family = AF_UNIX, .seqpacket = seqpacket},
                                  "listen");
    int fd = rig_dial(&r->bound[0], seqpacket ? SOCK_SEQPACKET : SOCK_STREAM);
    char text[8] = "";

    r->stop_up = 1;
    rig_run(r);
    assert_int_equal(send(fd, "hello", 5, 0), 5);
    assert_int_equal(port_read(r->up[0]->port, text, sizeof text, &(struct meta){0}), 5);
    assert_string_equal(text, "hello");
    if (host[0] != '@')
        assert_int_equal(access(host, F_OK), -1); /* gone with the listener, which took its one peer */
    close(fd);
    rig_free(r);
}

static void listen_unix(void **state)
{
    (void)state;
    listen_on_unix("@pollcat-net-test-listen", false);
    listen_on_unix("@pollcat-net-test-listen-seq", true);
    listen_on_unix(rig_in_dir("listen"), false);
    listen_on_unix(rig_in_dir("listen-seq"), true);
}

static void unix_paths_that_exist(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    struct err e;
    struct stat st;
    char path[64], want[128];
    int fd;

    (void)state;
    snprintf(path, sizeof path, "%s", rig_in_dir("taken"));
    r->conf = (struct net_conf){.host = path, .family = AF_UNIX};
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600); /* a file stays */
    close(fd);
    assert_null(rig_open(r, "listen", &e));
    snprintf(want, sizeof want, "listen on %s: the file exists and is not a socket", path);
    assert_string_equal(e.text, want);
    assert_int_equal(unlink(path), 0);

    fd = rig_serve(path, SOCK_STREAM, &at); /* a live socket stays */
    assert_null(rig_open(r, "listen", &e));
    snprintf(want, sizeof want, "listen on %s: Address already in use", path);
    assert_string_equal(e.text, want);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(accept(fd, NULL, NULL), -1); /* and was not disturbed */
    close(fd);

    rig_must_open(r, "listen"); /* a dead one makes room */
    assert_int_equal(unlink(path), 0);
    fd = rig_serve(path, SOCK_STREAM, &at); /* and what is not ours any more is not removed */
    net_close(r->net);
    r->net = NULL;
    assert_int_equal(lstat(path, &st), 0);
    close(fd);
    unlink(path);
    rig_free(r);
}

/* What happens in the moment in which unlink(2) takes `path` away. */
static struct {
    const char *path; /* NULL: nothing but that */
    void (*run)(void);
} moment;

int unlink(const char *path)
{
    if (moment.path != NULL && strcmp(path, moment.path) == 0) {
        moment.path = NULL;
        moment.run();
    }
    return unlinkat(AT_FDCWD, path, 0);
}

/* Another starter that finds the same dead path, in the moment in which the first takes it away. */
static struct {
    struct rig *rig;
    bool bound;
    struct err e;
} other;

static void start_other(void)
{
    other.bound = rig_open(other.rig, "listen", &other.e) != NULL;
}

static int files(void)
{
    DIR *d = opendir(rig_dir);
    int n = -2; /* . and .. */

    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void unix_path_that_two_find_dead(void **state)
{
    struct rig *one = rig_new(), *two = rig_new();
    struct addr at;
    struct err e;
    char path[64];
    bool bound;

    (void)state;
    snprintf(path, sizeof path, "%s", rig_in_dir("dead"));
    close(rig_serve(path, SOCK_STREAM, &at));
    one->conf = two->conf = (struct net_conf){.host = path, .family = AF_UNIX};
    other.rig = two;
    moment.run = start_other;
    moment.path = path;
    bound = rig_open(one, "listen", &e) != NULL;
    assert_null(moment.path); /* it was there */
    assert_int_not_equal(bound, other.bound);
    assert_int_equal((bound ? &other.e : &e)->sys, EADDRINUSE);
    close(rig_dial(&at, SOCK_STREAM)); /* who has it can be spoken to */
    assert_int_equal(files(), 1);      /* nothing lies beside it */
    rig_free(two);
    rig_free(one);
}

static struct addr ours;
static bool alive;

static void look_alive(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    alive = fd >= 0 && connect(fd, &ours.sa, ours.len) == 0;
    close(fd);
}

/* A path of ours goes before its socket does: afterwards it may be somebody else's. */
static void unix_path_goes_alive(void **state)
{
    struct rig *r = rig_listening((struct net_conf){.host = rig_in_dir("ours"), .family = AF_UNIX}, "listen");

    (void)state;
    ours = r->bound[0];
    alive = false;
    moment.run = look_alive;
    moment.path = rig_in_dir("ours");
    net_close(r->net);
    r->net = NULL;
    assert_null(moment.path);
    assert_true(alive);
    rig_free(r);
}

/* What a starter that was killed left of its lock is no hindrance, and goes. */
static void unix_lock_of_one_who_was_killed(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    char path[64], lock[96];

    (void)state;
    snprintf(path, sizeof path, "%s", rig_in_dir("dead"));
    snprintf(lock, sizeof lock, "%s.pollcat-lock", path);
    close(rig_serve(path, SOCK_STREAM, &at));
    close(open(lock, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    r->conf = (struct net_conf){.host = path, .family = AF_UNIX};
    rig_must_open(r, "listen");
    assert_int_equal(files(), 1);
    rig_free(r);
}

static void unix_names_that_cannot_be(void **state)
{
    struct rig *r = rig_new();
    char path[200];
    struct err e;

    (void)state;
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    r->conf = (struct net_conf){.host = path, .family = AF_UNIX};
    assert_null(rig_open(r, "listen", &e));
    assert_non_null(strstr(e.text, "too long for a UNIX socket"));
    r->conf.host = NULL;
    assert_null(rig_open(r, "listen", &e));
    assert_non_null(strstr(e.text, "needs a path"));
    r->conf.host = rig_in_dir("missing");
    rig_must_open(r, "connect");
    rig_run(r);
    assert_int_equal(r->failure.sys, ENOENT);
    assert_int_equal(r->failure.status, STATUS_NETWORK);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listen_unix),
        cmocka_unit_test(unix_paths_that_exist),
        cmocka_unit_test(unix_path_that_two_find_dead),
        cmocka_unit_test(unix_path_goes_alive),
        cmocka_unit_test(unix_lock_of_one_who_was_killed),
        cmocka_unit_test(unix_names_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, rig_make_dir, rig_remove_dir);
}
