/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * limit: for each path the least program that does it: what the kernel gives at best.
 */
#include "common.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

enum { EVENTS = 256 };

static void through_pipe(int from, int to)
{
    int p[2];
    ssize_t n;

    make_pipe(p);
    while ((n = splice(from, NULL, p[1], NULL, PIPE, SPLICE_F_MOVE)) > 0) {
        while (n > 0) {
            ssize_t out = splice(p[0], NULL, to, NULL, (size_t)n, SPLICE_F_MOVE);

            if (out <= 0)
                die("splice");
            n -= out;
        }
    }
}

static void straight(int from, int to, int pipe)
{
    (void)fcntl(pipe, F_SETPIPE_SZ, PIPE);
    while (splice(from, NULL, to, NULL, PIPE, SPLICE_F_MOVE) > 0)
        continue;
}

static void copy(int from, int to)
{
    char *block = memory(BLOCK);
    ssize_t n;

    while ((n = read(from, block, BLOCK)) > 0)
        write_all(to, block, (size_t)n);
    free(block);
}

static void discard(int fd)
{
    while (recv(fd, NULL, PIPE, MSG_TRUNC) > 0)
        continue;
}

static bool on_tmpfs(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

static mode_t kind(int fd)
{
    struct stat st;

    must(fstat(fd, &st), "fstat");
    return st.st_mode;
}

static void send_input(char **args)
{
    int fd = reach(SOCK_STREAM, number(args[0]));

    if (S_ISFIFO(kind(STDIN_FILENO)))
        straight(STDIN_FILENO, fd, STDIN_FILENO);
    else
        through_pipe(STDIN_FILENO, fd);
}

static void send_copy(char **args)
{
    copy(STDIN_FILENO, reach(SOCK_STREAM, number(args[0])));
}

static void receive(char **args)
{
    int fd = must(accept(serve(SOCK_STREAM, number(args[0])), NULL, NULL), "accept");
    mode_t out = kind(STDOUT_FILENO);

    if (S_ISFIFO(out))
        straight(fd, STDOUT_FILENO, STDOUT_FILENO);
    else if (S_ISCHR(out))
        discard(fd);
    else if (on_tmpfs(STDOUT_FILENO))
        through_pipe(fd, STDOUT_FILENO);
    else
        copy(fd, STDOUT_FILENO);
}

static void receive_copy(char **args)
{
    copy(must(accept(serve(SOCK_STREAM, number(args[0])), NULL, NULL), "accept"), STDOUT_FILENO);
}

static void echo_bulk(char **args)
{
    int fd = must(accept(serve(SOCK_STREAM, number(args[0])), NULL, NULL), "accept");

    through_pipe(fd, fd);
}

static void accept_all(int crowd, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

        nodelay(fd);
        must(epoll_ctl(crowd, EPOLL_CTL_ADD, fd, &ev), "epoll_ctl");
    }
}

static void write_waiting(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno != EAGAIN)
            return;
        if (n < 0)
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        else
            data += n, size -= (size_t)n;
    }
}

/* One server for many peers: back to each, or with `out` >= 0 all to there. */
static _Noreturn void serve_crowd(int port, int out)
{
    int listener = serve(SOCK_STREAM, port), crowd = must(epoll_create1(EPOLL_CLOEXEC), "epoll");
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener}, ready[EVENTS];
    char *block = memory(BLOCK);

    must(fcntl(listener, F_SETFL, O_NONBLOCK), "fcntl");
    must(epoll_ctl(crowd, EPOLL_CTL_ADD, listener, &ev), "epoll_ctl");
    for (;;) {
        int count = epoll_wait(crowd, ready, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            ssize_t n;

            if (fd == listener) {
                accept_all(crowd, listener);
                continue;
            }
            n = read(fd, block, BLOCK);
            if (n > 0)
                write_waiting(out >= 0 ? out : fd, block, (size_t)n);
            else if (n == 0 || errno != EAGAIN)
                close(fd);
        }
    }
}

static void echo(char **args)
{
    serve_crowd(number(args[0]), -1);
}

static void gather(char **args)
{
    serve_crowd(number(args[0]), STDOUT_FILENO);
}

/* Standard input to so many peers: read once, written to each. */
static void fan(char **args)
{
    int listener = serve(SOCK_STREAM, number(args[0])), count = number(args[1]);
    int *fds = memory((size_t)count * sizeof *fds);
    char *block = memory(BLOCK);
    ssize_t n;

    (void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE);
    for (int i = 0; i < count; i++)
        fds[i] = must(accept(listener, NULL, NULL), "accept");
    while ((n = read(STDIN_FILENO, block, BLOCK)) > 0) {
        for (int i = 0; i < count; i++)
            write_all(fds[i], block, (size_t)n);
    }
}

static void nothing(char **args)
{
    (void)args;
}

static void probe(char **args)
{
    close(reach(SOCK_STREAM, number(args[0])));
}

static const struct command commands[] = {
    {"send", send_input, 1, "PORT: standard input to a socket"},
    {"send-copy", send_copy, 1, "PORT: the same by read and write"},
    {"receive", receive, 1, "PORT: a socket to standard output"},
    {"receive-copy", receive_copy, 1, "PORT: the same by read and write"},
    {"echo-bulk", echo_bulk, 1, "PORT: one stream back, by splice"},
    {"echo", echo, 1, "PORT: echo server, by epoll"},
    {"gather", gather, 1, "PORT: what all peers send to standard output"},
    {"fan", fan, 2, "PORT COUNT: standard input to so many peers"},
    {"probe", probe, 1, "PORT: connect and close"},
    {"nothing", nothing, 0, ": start and end"},
};

int main(int argc, char **argv)
{
    return run_command(commands, sizeof commands / sizeof commands[0], argc, argv);
}
