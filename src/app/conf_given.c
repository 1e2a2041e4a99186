/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/conf_given.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/mode.h"
#include "base/mem.h"
#include "base/num.h"
#include "net/given.h"

enum { FIRST = 3, MOST = 1024 }; /* of a service manager's descriptors */

static void add_fd(struct net_conf *net, int fd)
{
    net->given = mem_resize(net->given, (net->ngiven + 1) * sizeof *net->given);
    net->given[net->ngiven++] = fd;
}

static int add_numbers(const struct given_conf *g, struct net_conf *net, struct err *e)
{
    int64_t fd;

    for (size_t i = 0; i < g->fds.n; i++) {
        if (num_parse(g->fds.list[i], 0, INT_MAX, &fd) < 0)
            return err_set(e, STATUS_LOCAL, "--listen-fd: '%.64s' is no number of a descriptor",
                           g->fds.list[i]);
        for (size_t k = 0; k < net->ngiven; k++) {
            if (net->given[k] == fd)
                return err_set(e, STATUS_LOCAL, "--listen-fd %d is given twice", (int)fd);
        }
        add_fd(net, (int)fd);
    }
    return 0;
}

/* They are ours when LISTEN_PID is. */
static int add_managed(struct net_conf *net, struct err *e)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    int64_t number, count;

    if (pid == NULL || fds == NULL || num_parse(pid, 1, INT_MAX, &number) < 0 || number != getpid())
        return 0;
    if (num_parse(fds, 0, MOST, &count) < 0)
        return err_set(e, STATUS_LOCAL, "LISTEN_FDS: '%.64s' is not a number from 0 to %d", fds, MOST);
    for (int i = 0; i < count; i++)
        add_fd(net, FIRST + i);
    return 0;
}

static uint64_t traits_of(const struct given *g)
{
    const uint64_t type = g->type == SOCK_DGRAM       ? TRAIT_DGRAM | TRAIT_MESSAGES
                          : g->type == SOCK_SEQPACKET ? TRAIT_MESSAGES
                                                      : 0;

    return TRAIT_LISTEN | TRAIT_GIVEN | type;
}

/* What was asked for is what there is. */
static int check_type(const struct given *g, int fd, uint64_t traits, struct err *e)
{
    if ((traits & TRAIT_DGRAM) != 0 && g->type != SOCK_DGRAM)
        return err_set(e, STATUS_LOCAL, "descriptor %d is no socket for datagrams, as --udp asks for", fd);
    if ((traits & TRAIT_UNIX) != 0 && g->family != AF_UNIX)
        return err_set(e, STATUS_LOCAL, "descriptor %d is no UNIX socket, as --unixsock asks for", fd);
    return 0;
}

/* All are of one type; UNIX sockets are so when all are. */
static int look_at_all(struct given_conf *g, struct net_conf *net, uint64_t *traits, struct err *e)
{
    bool all_unix = true, any_unix = false;
    struct given first = {0};

    for (size_t i = 0; i < net->ngiven; i++) {
        struct given x;

        if (given_look(net->given[i], &x, e) < 0 || check_type(&x, net->given[i], *traits, e) < 0)
            return -1;
        if (i == 0)
            first = x;
        if (x.type != first.type)
            return err_set(e, STATUS_LOCAL, "descriptors %d and %d are sockets of different types",
                           net->given[0], net->given[i]);
        if (!x.listens && !g->inetd)
            return err_set(e, STATUS_LOCAL, "descriptor %d is connected, and does not listen; try --inetd",
                           net->given[i]);
        all_unix &= x.family == AF_UNIX;
        any_unix |= x.family == AF_UNIX;
    }
    g->mixed = any_unix && !all_unix;
    g->connection = !first.listens;
    net->seqpacket = first.type == SOCK_SEQPACKET;
    *traits |= traits_of(&first) | (all_unix ? TRAIT_UNIX : 0);
    return 0;
}

/* What is told is not for the peer. */
static void hush(void)
{
    struct stat in, err;
    int fd;

    if (fstat(STDIN_FILENO, &in) < 0 || fstat(STDERR_FILENO, &err) < 0 || in.st_dev != err.st_dev ||
        in.st_ino != err.st_ino)
        return;
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)dup2(fd, STDERR_FILENO);
    close(fd);
}

/* Returns 0, or -1 with `e`. */
static int add_input(const struct given_conf *g, struct net_conf *net, uint64_t traits, struct err *e)
{
    if (g->fds.n > 0)
        return err_set(e, STATUS_LOCAL, "--inetd excludes --listen-fd");
    if ((traits & (TRAIT_JOIN | TRAIT_ECHO)) == 0)
        return err_set(e, STATUS_LOCAL,
                       "--inetd needs --to, --exec, --sh-exec or --echo: standard input is the peer");
    add_fd(net, STDIN_FILENO);
    return 0;
}

int given_conf_read(struct given_conf *g, struct net_conf *net, bool manager, uint64_t *traits, struct err *e)
{
    static const char *const variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    int r;

    if (g->inetd)
        r = add_input(g, net, *traits, e);
    else
        r = g->fds.n == 0 && manager ? add_managed(net, e) : add_numbers(g, net, e);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        (void)unsetenv(variables[i]);
    if (r < 0 || net->ngiven == 0)
        return r;
    if (net->source_host != NULL || net->source_port != NULL)
        return err_set(e, STATUS_LOCAL, "--%s: the socket has its address already",
                       net->source_host != NULL ? "source" : "source-port");
    if (look_at_all(g, net, traits, e) < 0)
        return -1;
    if (g->inetd)
        hush();
    return 0;
}

void given_conf_clear(struct given_conf *g, struct net_conf *net)
{
    free(g->fds.list);
    free(net->given);
}
