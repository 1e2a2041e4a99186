/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rig: a loop, a table of peers and a net whose events are written down, for the tests of net/.
 */
#ifndef TEST_NET_RIG_H
#define TEST_NET_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_valgrind.h"

#include "base/container.h"
#include "base/log.h"
#include "net/net.h"

enum { RIG_MAX = 80, RIG_LIMIT = 20000 /* ms until a run is given up */ };

struct rig {
    struct loop *loop;
    struct peer_table peers;
    struct net_conf conf;
    struct net *net;
    struct peer *up[RIG_MAX];
    unsigned nup, nbound, nfailed, nlines;
    unsigned stop_up, stop_bound, stop_lines; /* counts that end the run; 0: none */
    struct addr bound[8];
    struct err failure;
    char lines[RIG_MAX][256];
    struct timer guard;
    bool late;
    bool yielding; /* ends its first peer when room is asked for */
};

static inline bool rig_line(void *ctx, enum log_level level, const char *line)
{
    struct rig *r = ctx;

    (void)level;
    if (r->nlines < RIG_MAX)
        snprintf(r->lines[r->nlines++], sizeof r->lines[0], "%s", line);
    if (r->stop_lines > 0 && r->nlines >= r->stop_lines)
        loop_stop(r->loop);
    return true;
}

static inline bool rig_said(const struct rig *r, const char *part)
{
    for (unsigned i = 0; i < r->nlines; i++)
        if (strstr(r->lines[i], part) != NULL)
            return true;
    return false;
}

static inline void rig_bound(void *ctx, const struct addr *local)
{
    struct rig *r = ctx;

    assert_true(r->nbound < 8);
    r->bound[r->nbound++] = *local;
    if (r->stop_bound > 0 && r->nbound >= r->stop_bound)
        loop_stop(r->loop);
}

static inline void rig_up(void *ctx, struct peer *p)
{
    struct rig *r = ctx;

    assert_true(r->nup < RIG_MAX);
    r->up[r->nup++] = p;
    if (r->stop_up > 0 && r->nup >= r->stop_up)
        loop_stop(r->loop);
}

static inline void rig_failed(void *ctx, const struct err *e)
{
    struct rig *r = ctx;

    r->failure = *e;
    r->nfailed++;
    loop_stop(r->loop);
}

static inline bool rig_make_room(void *ctx)
{
    struct rig *r = ctx;

    if (!r->yielding || peer_first(&r->peers) == NULL)
        return false;
    peer_free(peer_first(&r->peers));
    return true;
}

static inline void rig_late(struct timer *t)
{
    struct rig *r = container_of(t, struct rig, guard);

    r->late = true;
    loop_stop(r->loop);
}

static inline struct rig *rig_new(void)
{
    struct rig *r = calloc(1, sizeof *r);
    struct err e;

    assert_non_null(r);
    r->loop = loop_new(true, &e);
    if (r->loop == NULL)
        fail_msg("%s", e.text);
    peer_table_init(&r->peers, r->loop);
    r->guard.fire = rig_late;
    log_set_level(LOG_INFO);
    log_set_sink(rig_line, r);
    return r;
}

static inline struct net *rig_open(struct rig *r, const char *transport, struct err *e)
{
    struct net_events events = {
        .ctx = r, .bound = rig_bound, .up = rig_up, .failed = rig_failed, .make_room = rig_make_room};

    r->net = net_open(net_find(transport), r->loop, &r->conf, &r->peers, &events, e);
    return r->net;
}

/* Opens, which must work. */
static inline void rig_must_open(struct rig *r, const char *transport)
{
    struct err e;

    if (rig_open(r, transport, &e) == NULL)
        fail_msg("%s: %s", transport, e.text);
}

/* Runs until an event stops the loop. */
static inline void rig_run(struct rig *r)
{
    r->late = false;
    loop_timer_set(r->loop, &r->guard, RIG_LIMIT);
    assert_int_equal(loop_run(r->loop, NULL), 0);
    loop_timer_clear(&r->guard);
    assert_false(r->late);
}

static inline void rig_free(struct rig *r)
{
    log_set_sink(NULL, NULL);
    net_close(r->net);
    while (peer_first(&r->peers) != NULL)
        peer_free(peer_first(&r->peers));
    loop_free(r->loop);
    free(r);
}

/* A blocking socket connected to `a`, which fails a read after a while. */
static inline int rig_dial(const struct addr *a, int type)
{
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(a->sa.sa_family, type | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(connect(fd, &a->sa, a->len), 0);
    return fd;
}

/* A bound (and, for streams, listening) socket on `host`, which may be a path; fills `a`. */
static inline int rig_serve(const char *host, int type, struct addr *a)
{
    int fd;

    memset(a, 0, sizeof *a);
    if (addr_parse(a, host, 0) != 0)
        assert_int_equal(addr_set_unix(a, host), 0);
    fd = socket(a->sa.sa_family, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, &a->sa, a->len), 0);
    if (type != SOCK_DGRAM)
        assert_int_equal(listen(fd, 5), 0);
    a->len = sizeof *a - offsetof(struct addr, sa);
    assert_int_equal(getsockname(fd, &a->sa, &a->len), 0);
    return fd;
}

static inline const char *rig_port(const struct addr *a, char text[static 8])
{
    snprintf(text, 8, "%u", addr_port(a));
    return text;
}

/* A net whose first socket is bound. */
static inline struct rig *rig_listening(struct net_conf conf, const char *name)
{
    struct rig *r = rig_new();

    r->conf = conf;
    r->stop_bound = 1;
    rig_must_open(r, name);
    rig_run(r);
    return r;
}

/* A directory for the tests of one file. */
static char rig_dir[] = "/tmp/pollcat-net-XXXXXX";

static inline int rig_make_dir(void **state)
{
    (void)state;
    return mkdtemp(rig_dir) == NULL ? -1 : 0;
}

static inline int rig_remove_dir(void **state)
{
    (void)state;
    return rmdir(rig_dir); /* fails when a test or the code left something in it */
}

static inline const char *rig_in_dir(const char *name)
{
    static char path[64];

    snprintf(path, sizeof path, "%s/%s", rig_dir, name);
    return path;
}

/* True when this machine has ::1. */
static inline bool rig_has_ipv6(void)
{
    struct addr a;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && addr_parse(&a, "::1", 0) == 0 && bind(fd, &a.sa, a.len) == 0;

    if (fd >= 0)
        close(fd);
    return has;
}

#endif
