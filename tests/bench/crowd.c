/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * crowd: many peers of one server, and how long it takes to answer them.
 */
#include "common.h"

#include <poll.h>
#include <sys/epoll.h>

enum { EVENTS = 256, MESSAGE = 64, SAMPLES = 1 << 20, STALL = 5 };

static char message[MESSAGE];

static void read_all(int fd, size_t size)
{
    char data[MESSAGE];

    while (size > 0) {
        ssize_t n = read(fd, data, size < sizeof data ? size : sizeof data);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die("read");
        size -= (size_t)n;
    }
}

static void limit_waiting(int fd)
{
    struct timeval limit = {.tv_sec = STALL};

    must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "SO_RCVTIMEO");
}

/* One message to and fro; `back` is where it comes back, or -1 for the socket itself. Returns the seconds. */
static double round_trip(int fd, int back, size_t size)
{
    double start = now();

    write_all(fd, message, size);
    read_all(back >= 0 ? back : fd, size);
    return now() - start;
}

static int join(int port, int back)
{
    int fd = reach(SOCK_STREAM, port);

    nodelay(fd);
    limit_waiting(fd);
    round_trip(fd, back, MESSAGE);
    return fd;
}

static void watch(int crowd, int fd, size_t index, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.u64 = (uint64_t)index << 32 | (uint32_t)fd};

    must(epoll_ctl(crowd, EPOLL_CTL_ADD, fd, &ev), "epoll_ctl");
}

static int wait_crowd(int crowd, struct epoll_event *ready)
{
    int count = epoll_wait(crowd, ready, EVENTS, 1000 * STALL);

    if (count == 0) {
        errno = ETIMEDOUT;
        die("wait");
    }
    return count;
}

struct traffic {
    double *samples;
    size_t count;
};

static void sample(struct traffic *t, double seconds)
{
    if (t->count < SAMPLES)
        t->samples[t->count++] = seconds;
}

/* Each of COUNT connections has one message on its way at any time. */
static void pingpong(char **args)
{
    size_t count = (size_t)number(args[1]);
    double limit = strtod(args[2], NULL), start, elapsed;
    double *sent = memory(count * sizeof *sent);
    size_t *missing = memory(count * sizeof *missing);
    struct traffic t = {.samples = memory(SAMPLES * sizeof(double))};
    struct epoll_event ready[EVENTS];
    int crowd = must(epoll_create1(0), "epoll"), *fds = memory(count * sizeof *fds);
    long long done = 0;
    char data[MESSAGE];

    for (size_t i = 0; i < count; i++)
        watch(crowd, fds[i] = join(number(args[0]), -1), i, EPOLLIN);
    start = now();
    if (count == 1) { /* no waiting but in read(2) */
        for (; now() - start < limit; done++)
            sample(&t, round_trip(fds[0], -1, MESSAGE));
    }
    for (size_t i = 0; i < count && count > 1; i++) {
        sent[i] = now();
        missing[i] = MESSAGE;
        write_all(fds[i], message, MESSAGE);
    }
    while (count > 1 && now() - start < limit) {
        int n = wait_crowd(crowd, ready);

        for (int i = 0; i < n; i++) {
            size_t at = (size_t)(ready[i].data.u64 >> 32);
            ssize_t got = read(fds[at], data, missing[at]);
            double time = now();

            if (got <= 0)
                die("read");
            missing[at] -= (size_t)got;
            if (missing[at] > 0)
                continue;
            sample(&t, time - sent[at]);
            done++;
            sent[at] = time;
            missing[at] = MESSAGE;
            write_all(fds[at], message, MESSAGE);
        }
    }
    elapsed = now() - start;
    printf("messages %lld seconds %.6f ", done, elapsed);
    print_quantiles(t.samples, t.count);
    printf("\n");
}

/* COUNT peers that said one word and are silent since, and one that goes on talking when told to. */
static void idle(char **args)
{
    int count = number(args[1]), messages = number(args[2]), back = number(args[3]), active;
    double *samples = memory((size_t)messages * sizeof *samples), start;

    for (int i = 0; i < count; i++)
        join(number(args[0]), back);
    active = join(number(args[0]), back);
    for (int i = 0; i < 100; i++)
        round_trip(active, back, MESSAGE);
    printf("ready %d\n", count);
    next_command();
    start = now();
    for (int i = 0; i < messages; i++)
        samples[i] = round_trip(active, back, MESSAGE);
    printf("messages %d seconds %.6f ", messages, now() - start);
    print_quantiles(samples, (size_t)messages);
    printf("\n");
    next_command();
}

/* One connection: connect, one byte to and fro, close. */
struct visit {
    int fd;
    bool sent;
    double start;
};

static void begin(struct visit *v, int crowd, int port, size_t index)
{
    static unsigned turn;
    struct sockaddr_in to = loopback(port), from = loopback(0);
    int on = 1;

    /* Of many addresses, so that ports do not run out. */
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + turn++ % 64);
    v->start = now();
    v->fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    must(setsockopt(v->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), "IP_BIND_ADDRESS_NO_PORT");
    must(bind(v->fd, (struct sockaddr *)&from, sizeof from), "bind");
    if (connect(v->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        die("connect");
    v->sent = write(v->fd, message, 1) == 1;
    if (!v->sent && errno != EAGAIN)
        die("write");
    watch(crowd, v->fd, index, v->sent ? EPOLLIN : EPOLLOUT);
}

static bool visit_ended(struct visit *v, int crowd, uint64_t data)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = data};
    char byte;
    ssize_t n;

    if (!v->sent) { /* connected only now */
        v->sent = write(v->fd, message, 1) == 1;
        if (!v->sent)
            die("write");
        must(epoll_ctl(crowd, EPOLL_CTL_MOD, v->fd, &ev), "epoll_ctl");
    }
    n = read(v->fd, &byte, 1);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n != 1)
        die("read");
    close(v->fd);
    return true;
}

static void visits(char **args)
{
    int port = number(args[0]), crowd = must(epoll_create1(0), "epoll");
    size_t parallel = (size_t)number(args[1]);
    double limit = strtod(args[2], NULL), start;
    struct visit *all = memory(parallel * sizeof *all);
    struct traffic t = {.samples = memory(SAMPLES * sizeof(double))};
    struct epoll_event ready[EVENTS];
    long long done = 0;

    close(join(port, -1));
    start = now();
    for (size_t i = 0; i < parallel; i++)
        begin(&all[i], crowd, port, i);
    while (now() - start < limit) {
        int n = wait_crowd(crowd, ready);

        for (int i = 0; i < n; i++) {
            size_t at = (size_t)(ready[i].data.u64 >> 32);

            if (!visit_ended(&all[at], crowd, ready[i].data.u64))
                continue;
            sample(&t, now() - all[at].start);
            done++;
            begin(&all[at], crowd, port, at);
        }
    }
    printf("visits %lld seconds %.6f ", done, now() - start);
    print_quantiles(t.samples, t.count);
    printf("\n");
}

/* COUNT connects at once; how long until each has had its answer. */
static void storm(char **args)
{
    int port = number(args[0]), crowd = must(epoll_create1(0), "epoll");
    size_t count = (size_t)number(args[1]), done = 0;
    struct visit *all = memory(count * sizeof *all);
    double *samples = memory(count * sizeof *samples), start;
    struct epoll_event ready[EVENTS];

    close(join(port, -1));
    start = now();
    for (size_t i = 0; i < count; i++)
        begin(&all[i], crowd, port, i);
    while (done < count) {
        int n = wait_crowd(crowd, ready);

        for (int i = 0; i < n; i++) {
            size_t at = (size_t)(ready[i].data.u64 >> 32);

            if (visit_ended(&all[at], crowd, ready[i].data.u64))
                samples[done++] = now() - start;
        }
    }
    printf("visits %zu ", count);
    print_quantiles(samples, count);
    printf("\n");
}

/* COUNT peers that send as long as anyone takes it, and never read. */
static void stuck(char **args)
{
    size_t count = (size_t)number(args[1]);
    char *block = memory(BLOCK);
    int crowd = must(epoll_create1(0), "epoll"), small = 4096;
    struct epoll_event ready[EVENTS];
    long long sent = 0;
    double end = now() + 60;
    int n;

    for (size_t i = 0; i < count; i++) {
        int fd = reach(SOCK_STREAM, number(args[0]));

        must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), "SO_RCVBUF");
        must(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), "SO_SNDBUF");
        must(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
        watch(crowd, fd, i, EPOLLOUT);
    }
    printf("ready %zu\n", count);
    next_command();
    while (now() < end && (n = epoll_wait(crowd, ready, EVENTS, 1000)) > 0) {
        for (int i = 0; i < n; i++) {
            ssize_t put = write((int)(uint32_t)ready[i].data.u64, block, BLOCK);

            if (put > 0)
                sent += put;
        }
    }
    printf("bytes %lld\n", sent);
    next_command();
}

/* COUNT peers that take all they get, SIZE bytes each. */
static void readers(char **args)
{
    size_t count = (size_t)number(args[1]), open = count;
    long long size = whole(args[2]), total = 0, *got = memory(count * sizeof *got);
    int crowd = must(epoll_create1(0), "epoll"), *fds = memory(count * sizeof *fds);
    struct epoll_event ready[EVENTS];
    double start = 0;

    for (size_t i = 0; i < count; i++)
        watch(crowd, fds[i] = reach(SOCK_STREAM, number(args[0])), i, EPOLLIN);
    printf("ready %zu\n", count);
    while (open > 0) {
        int n = wait_crowd(crowd, ready);

        if (start <= 0)
            start = now();
        for (int i = 0; i < n; i++) {
            size_t at = (size_t)(ready[i].data.u64 >> 32);
            ssize_t part = recv(fds[at], NULL, PIPE, MSG_TRUNC | MSG_DONTWAIT);

            if (part < 0 && errno == EAGAIN)
                continue;
            if (part > 0) {
                got[at] += part;
                total += part;
            }
            if (part <= 0 || got[at] >= size) {
                must(epoll_ctl(crowd, EPOLL_CTL_DEL, fds[at], NULL), "epoll_ctl");
                open--;
            }
        }
    }
    printf("bytes %lld seconds %.6f\n", total, now() - start);
}

static const struct command commands[] = {
    {"pingpong", pingpong, 3, "PORT COUNT SECONDS: 64 bytes to and fro on each of so many connections"},
    {"idle", idle, 4, "PORT COUNT MESSAGES BACK: so many silent peers and one that talks"},
    {"visits", visits, 3, "PORT PARALLEL SECONDS: connect, one byte to and fro, close"},
    {"storm", storm, 2, "PORT COUNT: so many connects at once"},
    {"stuck", stuck, 2, "PORT COUNT: so many peers that never read"},
    {"readers", readers, 3, "PORT COUNT SIZE: so many peers that take all they get"},
};

int main(int argc, char **argv)
{
    memset(message, 'x', sizeof message);
    message[MESSAGE - 1] = '\n';
    return run_command(commands, sizeof commands / sizeof commands[0], argc, argv);
}
