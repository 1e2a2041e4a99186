/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of datagrams share: bound sockets, and what was logged.
 */
#ifndef TEST_DGRAM_RIG_H
#define TEST_DGRAM_RIG_H

#include "io/dgram.h"

#include <arpa/inet.h>
#include <sys/time.h>

#include "base/addr.h"
#include "test_io_rig.h"

static char said[32][256];
static unsigned nsaid;

static inline bool note(void *ctx, enum log_level level, const char *line)
{
    (void)ctx, (void)level;
    if (nsaid < 32)
        snprintf(said[nsaid++], sizeof said[0], "%s", line);
    return true;
}

static inline bool was_said(const char *part)
{
    for (unsigned i = 0; i < nsaid; i++)
        if (strstr(said[i], part) != NULL)
            return true;
    return false;
}

static inline struct rig *begin(void)
{
    nsaid = 0;
    log_set_level(LOG_INFO);
    log_set_sink(note, NULL);
    return rig_new();
}

static inline void end(struct rig *r)
{
    rig_free(r);
    log_set_sink(NULL, NULL);
}

static inline socklen_t room_for(const struct addr *a)
{
    return (socklen_t)(sizeof *a - offsetof(struct addr, sa));
}

/* A bound socket on `host`, port 0 or given; fills `a`. */
static inline int bound(const char *host, uint16_t port, struct addr *a)
{
    int fd, off = 0;

    assert_int_equal(addr_parse(a, host, port), 0);
    fd = socket(a->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    if (a->sa.sa_family == AF_INET6)
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), 0);
    assert_int_equal(bind(fd, &a->sa, a->len), 0);
    a->len = room_for(a);
    assert_int_equal(getsockname(fd, &a->sa, &a->len), 0);
    return fd;
}

static inline bool has_ipv6(void)
{
    struct addr a;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool has = fd >= 0 && addr_parse(&a, "::1", 0) == 0 && bind(fd, &a.sa, a.len) == 0;

    if (fd >= 0)
        close(fd);
    return has;
}

/* A UNIX socket with a name of the kernel's choice. */
static inline int unix_bound(struct addr *a)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    *a = (struct addr){.len = sizeof(sa_family_t), .sa.sa_family = AF_UNIX};
    assert_int_equal(bind(fd, &a->sa, a->len), 0);
    a->len = room_for(a);
    assert_int_equal(getsockname(fd, &a->sa, &a->len), 0);
    return fd;
}

static inline void must_send(int fd, const void *data, size_t len, const struct addr *to)
{
    assert_int_equal(sendto(fd, data, len, 0, to != NULL ? &to->sa : NULL, to != NULL ? to->len : 0),
                     (ssize_t)len);
}

/* Receives within a while; fills `from`. */
static inline ssize_t receive(int fd, void *data, size_t size, struct addr *from)
{
    struct addr dropped;
    struct timeval limit = {.tv_sec = 10};
    ssize_t n;

    if (from == NULL)
        from = &dropped;
    from->len = room_for(from);
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    n = recvfrom(fd, data, size, 0, &from->sa, &from->len);
    rig_nonblock(fd);
    return n;
}

static inline bool has_nothing(int fd)
{
    char c;

    return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

/* Waits until `port` gives something. */
static inline ssize_t read_soon(struct port *port, void *data, size_t size, struct meta *meta)
{
    ssize_t n = IO_AGAIN;

    for (int64_t start = rig_clock(CLOCK_MONOTONIC); n == IO_AGAIN; n = port_read(port, data, size, meta))
        assert_true(rig_clock(CLOCK_MONOTONIC) - start < 5000);
    return n;
}

#endif
