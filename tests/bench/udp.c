/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp: datagrams: the least programs, and what drives them.
 */
#include "common.h"

#include <netinet/udp.h>
#include <sys/epoll.h>

enum { BATCH = 64, LARGEST = 65536, SEGMENTS = 44, BUFFER = 4 * 1024 * 1024 };

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_in names[BATCH];
    char *data;
};

static struct batch *batch_new(size_t size, bool names)
{
    struct batch *b = memory(sizeof *b);

    b->data = memory(BATCH * size);
    for (size_t i = 0; i < BATCH; i++) {
        b->vectors[i] = (struct iovec){b->data + i * size, size};
        b->messages[i].msg_hdr = (struct msghdr){.msg_iov = &b->vectors[i], .msg_iovlen = 1};
        if (names) {
            b->messages[i].msg_hdr.msg_name = &b->names[i];
            b->messages[i].msg_hdr.msg_namelen = sizeof b->names[i];
        }
    }
    return b;
}

static void roomy(int fd)
{
    int size = BUFFER;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static void echo(char **args)
{
    int fd = serve(SOCK_DGRAM, number(args[0]));
    struct batch *b = batch_new(2048, true);

    for (;;) {
        int n = recvmmsg(fd, b->messages, BATCH, MSG_WAITFORONE, NULL), done = 0;

        for (int i = 0; i < n; i++)
            b->vectors[i].iov_len = b->messages[i].msg_len;
        while (done < n) {
            int sent = sendmmsg(fd, b->messages + done, (unsigned)(n - done), 0);

            done += sent > 0 ? sent : 1;
        }
        for (int i = 0; i < n; i++)
            b->vectors[i].iov_len = 2048;
    }
}

enum { PORTS = 65536 };

/* Datagrams to FAR, from a socket of its own for each port they come from, and the answers back. */
static void forward(char **args)
{
    int fd = serve(SOCK_DGRAM, number(args[0])), poll = epoll_create1(0), size = BUFFER;
    int *ends = memory(PORTS * sizeof *ends), *owners = memory(PORTS * sizeof *owners);
    struct epoll_event in = {.events = EPOLLIN, .data.fd = fd}, ready[BATCH];
    struct batch *b = batch_new(2048, true), *back = batch_new(2048, true);

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    must(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &in), "epoll_ctl");
    for (;;) {
        int n = epoll_wait(poll, ready, BATCH, -1), answers = 0, came;

        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd == fd)
                continue;
            back->vectors[answers].iov_len = (size_t)must(
                (int)recv(ready[i].data.fd, back->vectors[answers].iov_base, 2048, 0), "recv");
            back->names[answers++] = loopback(owners[ready[i].data.fd]);
        }
        if (answers > 0)
            (void)!sendmmsg(fd, back->messages, (unsigned)answers, 0);
        came = recvmmsg(fd, b->messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < came; i++) {
            int port = ntohs(b->names[i].sin_port);

            if (ends[port] == 0) {
                in.data.fd = ends[port] = reach(SOCK_DGRAM, number(args[1]));
                owners[ends[port]] = port;
                must(epoll_ctl(poll, EPOLL_CTL_ADD, ends[port], &in), "epoll_ctl");
            }
            (void)!send(ends[port], b->vectors[i].iov_base, b->messages[i].msg_len, 0);
        }
    }
}

/* Sends all of standard input as datagrams of SIZE bytes. */
static void send_input(char **args)
{
    int fd = reach(SOCK_DGRAM, number(args[0])), size = number(args[1]);
    size_t room = (size_t)size * (size_t)(LARGEST / size < SEGMENTS ? LARGEST / size : SEGMENTS), held = 0;
    char *block = memory(room);
    ssize_t n;

    must(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size), "UDP_SEGMENT");
    (void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE);
    while ((n = read(STDIN_FILENO, block + held, room - held)) > 0) {
        held += (size_t)n;
        if (held < room)
            continue;
        (void)!send(fd, block, held, 0); /* who is not there, misses it */
        held = 0;
    }
    if (held > 0)
        (void)!send(fd, block, held, 0);
}

static void receive(char **args)
{
    int fd = serve(SOCK_DGRAM, number(args[0]));
    struct batch *b = batch_new(LARGEST, false);

    roomy(fd);
    for (;;) {
        int n = recvmmsg(fd, b->messages, BATCH, MSG_WAITFORONE, NULL);

        for (int i = 0; i < n; i++)
            write_all(STDOUT_FILENO, b->vectors[i].iov_base, b->messages[i].msg_len);
    }
}

/* Keeps WINDOW datagrams of 64 bytes on their way through an echo server. */
static void pingpong(char **args)
{
    int fd = reach(SOCK_DGRAM, number(args[0])), window = number(args[1]), owed = window;
    double limit = strtod(args[2], NULL), start = now();
    struct timeval patience = {.tv_usec = 20000};
    struct batch *out = batch_new(64, false), *in = batch_new(2048, false);
    long long got = 0, lost = 0, merged = 0;

    must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "SO_RCVTIMEO");
    roomy(fd);
    if (window > BATCH)
        owed = window = BATCH;
    while (now() - start < limit) {
        int n;

        while (owed > 0) {
            n = sendmmsg(fd, out->messages, (unsigned)owed, 0);
            if (n < 0 && errno != ECONNREFUSED)
                die("sendmmsg");
            if (n < 0 && now() - start > limit)
                break;
            owed -= n > 0 ? n : 0;
        }
        n = recvmmsg(fd, in->messages, BATCH, MSG_WAITFORONE, NULL);
        if (n <= 0) {
            lost += window;
            owed = window;
            continue;
        }
        for (int i = 0; i < n; i++) {
            int count = (int)in->messages[i].msg_len / 64;

            merged += in->messages[i].msg_len != 64;
            got += count;
            owed += count;
        }
        if (owed > window)
            owed = window;
    }
    printf("messages %lld lost %lld merged %lld seconds %.6f\n", got, lost, merged, now() - start);
}

/* SENDERS, each a socket with one datagram of 64 bytes on its way. Who is not answered for 100 ms asks again. */
static void senders(char **args)
{
    int port = number(args[0]), count = number(args[1]), poll = epoll_create1(0);
    double limit = strtod(args[2], NULL), start = now(), looked = start;
    int *fds = memory((size_t)count * sizeof *fds);
    double *asked = memory((size_t)count * sizeof *asked);
    struct epoll_event ready[BATCH];
    long long got = 0, lost = 0;
    char data[2048] = {0};

    for (int i = 0; i < count; i++) {
        struct epoll_event in = {.events = EPOLLIN, .data.u32 = (unsigned)i};

        fds[i] = reach(SOCK_DGRAM, port);
        must(epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &in), "epoll_ctl");
    }
    while (now() - start < limit) {
        int n = epoll_wait(poll, ready, BATCH, 10);

        for (int i = 0; i < n; i++) {
            unsigned who = ready[i].data.u32;

            if (recv(fds[who], data, sizeof data, MSG_DONTWAIT) != 64)
                continue;
            got++;
            asked[who] = now();
            (void)!send(fds[who], data, 64, 0);
        }
        if (now() - looked < 0.01)
            continue;
        looked = now();
        for (int i = 0, few = 0; i < count && few < BATCH; i++) {
            if (looked - asked[i] < 0.1)
                continue;
            lost += asked[i] > 0;
            few++;
            asked[i] = looked;
            (void)!send(fds[i], data, 64, 0);
        }
    }
    printf("messages %lld lost %lld seconds %.6f\n", got, lost, now() - start);
}

static void sink(char **args)
{
    int fd = serve(SOCK_DGRAM, 0), size = number(args[0]);
    struct timeval patience = {.tv_usec = 300000};
    struct batch *b = batch_new(LARGEST, false);
    long long bytes = 0, messages = 0, odd = 0;
    double start = 0, last = 0;
    int n;

    roomy(fd);
    printf("port %d\n", port_of(fd));
    while ((n = recvmmsg(fd, b->messages, BATCH, MSG_WAITFORONE, NULL)) > 0) {
        last = now();
        if (messages == 0) {
            start = last;
            must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "SO_RCVTIMEO");
        }
        for (int i = 0; i < n; i++) {
            bytes += b->messages[i].msg_len;
            odd += (int)b->messages[i].msg_len != size;
        }
        messages += n;
    }
    printf("bytes %lld messages %lld odd %lld start %.6f seconds %.6f\n", bytes, messages, odd, start,
           last - start);
}

/* As many datagrams of SIZE bytes as can be in so many SECONDS. */
static void source(char **args)
{
    int fd = reach(SOCK_DGRAM, number(args[0])), size = number(args[1]);
    double limit = strtod(args[2], NULL), start = now();
    size_t room = (size_t)size * SEGMENTS;
    char *block = memory(room);
    long long bytes = 0;

    must(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size), "UDP_SEGMENT");
    while (now() - start < limit) {
        ssize_t n = send(fd, block, room, 0);

        bytes += n > 0 ? n : 0;
    }
    printf("bytes %lld seconds %.6f\n", bytes, now() - start);
}

static const struct command commands[] = {
    {"echo", echo, 1, "PORT: echo server, recvmmsg and sendmmsg"},
    {"forward", forward, 2, "PORT FAR: each sender from a socket of its own"},
    {"send", send_input, 2, "PORT SIZE: standard input as datagrams, UDP_SEGMENT"},
    {"receive", receive, 1, "PORT: datagrams to standard output"},
    {"pingpong", pingpong, 3, "PORT WINDOW SECONDS: 64 bytes to and fro"},
    {"senders", senders, 3, "PORT SENDERS SECONDS: 64 bytes to and fro, one datagram each"},
    {"sink", sink, 1, "SIZE: count what arrives until it is quiet"},
    {"source", source, 3, "PORT SIZE SECONDS: as many as can be"},
};

int main(int argc, char **argv)
{
    return run_command(commands, sizeof commands / sizeof commands[0], argc, argv);
}
