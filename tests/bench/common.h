/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the helper programs of the benchmark share. They are as small as can be: what fails ends the program with
 * a line on standard error, and everything happens on 127.0.0.1. Times are CLOCK_MONOTONIC seconds, as Python's.
 */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 256 * 1024, PIPE = 1024 * 1024 };

struct command {
    const char *name;
    void (*run)(char **args);
    int args;
    const char *help;
};

static inline _Noreturn void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline int must(int result, const char *what)
{
    if (result < 0)
        die(what);
    return result;
}

static inline long long whole(const char *text)
{
    return strtoll(text, NULL, 10);
}

static inline int number(const char *text)
{
    return (int)whole(text);
}

static inline double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void rest(long us)
{
    nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
}

/* Zeroed, and where a page begins: some processors copy pages of pipes to just behind such a place at a fifth of the speed. */
static inline void *memory(size_t size)
{
    void *p = aligned_alloc(4096, (size + 4095) / 4096 * 4096);

    if (p == NULL)
        die("memory");
    return memset(p, 0, size);
}

static inline struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline void nodelay(int fd)
{
    int on = 1;

    must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

/* A bound socket of `type`; a TCP one listens. */
static inline int serve(int type, int port)
{
    struct sockaddr_in a = loopback(port);
    int fd = must(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket"), on = 1;

    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    must(bind(fd, (struct sockaddr *)&a, sizeof a), "bind");
    if (type == SOCK_STREAM)
        must(listen(fd, 4096), "listen");
    return fd;
}

static inline int port_of(int fd)
{
    struct sockaddr_in a;
    socklen_t len = sizeof a;

    must(getsockname(fd, (struct sockaddr *)&a, &len), "getsockname");
    return ntohs(a.sin_port);
}

/* Connects; a server that is about to listen is waited for. */
static inline int reach(int type, int port)
{
    struct sockaddr_in a = loopback(port);
    double end = now() + 5;

    for (;;) {
        int fd = must(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");

        if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
            return fd;
        if (errno != ECONNREFUSED || now() > end)
            die("connect");
        close(fd);
        rest(1000);
    }
}

static inline void write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die("write");
        data += n;
        size -= (size_t)n;
    }
}

static inline void read_exactly(int fd, void *data, size_t size)
{
    char *at = data;

    while (size > 0) {
        ssize_t n = read(fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die("read");
        at += n;
        size -= (size_t)n;
    }
}

/* Reads a head of HTTP, a byte at a time: nothing behind it. */
static inline void read_head(int fd)
{
    char last[4] = "", byte;

    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        read_exactly(fd, &byte, 1);
        memmove(last, last + 1, 3);
        last[3] = byte;
    }
}

static const unsigned char socks_answer[10] = {5, 0, 0, 1};
static const char http_answer[] = "HTTP/1.1 200 OK\r\n\r\n";

/* The proxy's part of what comes before a connection; `kind` is socks or http. The connection itself is not made. */
static inline void play_proxy(int fd, const char *kind)
{
    unsigned char ask[10];

    if (strcmp(kind, "http") == 0) {
        read_head(fd);
        write_all(fd, http_answer, strlen(http_answer));
        return;
    }
    read_exactly(fd, ask, 2);
    read_exactly(fd, ask, ask[1]); /* fewer than 10 methods */
    write_all(fd, (const char *)socks_answer, 2);
    read_exactly(fd, ask, 10); /* with an IPv4 address */
    write_all(fd, (const char *)socks_answer, sizeof socks_answer);
}

/* The client's part: a connection to a port of 127.0.0.1. */
static inline void ask_proxy(int fd, const char *kind, int port)
{
    char ask[128];

    if (strcmp(kind, "http") == 0) {
        snprintf(ask, sizeof ask, "CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", port, port);
        write_all(fd, ask, strlen(ask));
        read_head(fd);
        return;
    }
    write_all(fd, "\5\1\0", 3);
    read_exactly(fd, ask, 2);
    memcpy(ask, (char[]){5, 1, 0, 1, 127, 0, 0, 1, (char)(port >> 8), (char)port}, 10);
    write_all(fd, ask, 10);
    read_exactly(fd, ask, 10);
    if (ask[1] != 0)
        die("the proxy refuses");
}

static inline void make_pipe(int fds[2])
{
    must(pipe2(fds, O_CLOEXEC), "pipe");
    (void)fcntl(fds[0], F_SETPIPE_SZ, PIPE); /* as much as is allowed */
}

/* As many descriptors as are allowed. */
static inline void raise_files(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
}

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static inline double quantile(double *sorted, size_t count, double q)
{
    return count > 0 ? sorted[(size_t)((double)(count - 1) * q)] : 0;
}

/* "p50 X p99 Y max Z" of these seconds, in microseconds; the array is sorted. */
static inline void print_quantiles(double *seconds, size_t count)
{
    qsort(seconds, count, sizeof *seconds, compare_doubles);
    printf("p50 %.2f p99 %.2f max %.2f ", 1e6 * quantile(seconds, count, 0.5),
           1e6 * quantile(seconds, count, 0.99), 1e6 * quantile(seconds, count, 1));
}

/* Until we are told to go on; who speaks no more needs us no more. */
static inline void next_command(void)
{
    char line[16];

    if (read(STDIN_FILENO, line, sizeof line) <= 0)
        exit(0);
}

static inline int run_command(const struct command *commands, size_t count, int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    raise_files();
    for (size_t i = 0; i < count && argc > 1; i++) {
        if (strcmp(commands[i].name, argv[1]) == 0 && argc - 2 >= commands[i].args) {
            commands[i].run(argv + 2);
            return 0;
        }
    }
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s %s\n", commands[i].name, commands[i].help);
    return 2;
}

#endif
