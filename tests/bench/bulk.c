/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bulk: the other end of one stream: sources and sinks that cost next to nothing.
 */
#include "common.h"

#include <sys/mman.h>
#include <sys/wait.h>

enum { CHUNK = 1024 * 1024, WRITE = 64 * 1024 };

/* A file in memory, which splice(2) hands out without a copy. */
static int chunk_file(void)
{
    int fd = must(memfd_create("bench", MFD_CLOEXEC), "memfd");
    char *block = memory(BLOCK);

    memset(block, 'x', BLOCK);
    for (int i = 0; i < BLOCK; i += 64)
        block[i] = '\n';
    for (int done = 0; done < CHUNK; done += BLOCK)
        write_all(fd, block, BLOCK);
    free(block);
    return fd;
}

/* As most programs send: larger writes are not faster. At most `window` bytes ahead of what `back` counts. */
static void send_blocks(int out, long long size, const _Atomic long long *back, long long window)
{
    char *block = memory(WRITE);
    long long sent = 0;

    memset(block, 'x', WRITE);
    while (sent < size) {
        long long part = size - sent < WRITE ? size - sent : WRITE;

        while (back != NULL && sent + part - *back > window)
            rest(10);
        write_all(out, block, (size_t)part);
        sent += part;
    }
    free(block);
}

/* Takes `size` bytes from a socket, and throws them away inside the kernel. */
static long long discard(int fd, long long size, _Atomic long long *count)
{
    while (*count < size) {
        ssize_t n = recv(fd, NULL, PIPE, MSG_TRUNC);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        *count += n;
    }
    return *count;
}

static void sink(char **args)
{
    int listener = serve(SOCK_STREAM, 0), fd;
    double start;
    _Atomic long long got = 0;

    printf("port %d\n", port_of(listener));
    fd = must(accept(listener, NULL, NULL), "accept");
    if (args[1] != NULL)
        play_proxy(fd, args[1]);
    start = now();
    discard(fd, whole(args[0]), &got);
    printf("bytes %lld seconds %.6f\n", (long long)got, now() - start);
}

static void source(char **args)
{
    int fd = reach(SOCK_STREAM, number(args[0]));
    double start = now();
    char rest_of_it[64];

    send_blocks(fd, whole(args[1]), NULL, 0);
    must(shutdown(fd, SHUT_WR), "shutdown");
    while (read(fd, rest_of_it, sizeof rest_of_it) > 0)
        continue;
    printf("bytes %s seconds %.6f\n", args[1], now() - start);
}

static void feed(char **args)
{
    int file = chunk_file();
    long long size = whole(args[0]);

    while (size > 0) {
        loff_t at = 0;

        while (at < CHUNK && size > 0) {
            size_t part = (size_t)(size < CHUNK - at ? size : CHUNK - at);
            ssize_t n = splice(file, &at, STDOUT_FILENO, NULL, part, 0);

            if (n <= 0)
                die("splice");
            size -= n;
        }
    }
}

static void drain(char **args)
{
    int null = must(open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null");
    long long got = 0;
    double start = 0, last = 0;
    ssize_t n;

    (void)args;
    while ((n = splice(STDIN_FILENO, NULL, null, NULL, PIPE, 0)) > 0) {
        last = now();
        start = start > 0 ? start : last;
        got += n;
    }
    fprintf(stderr, "bytes %lld seconds %.6f\n", got, last - start);
}

/* Sends, and takes back as much: one process for each direction. */
static void blast(char **args)
{
    int fd = reach(SOCK_STREAM, number(args[0]));
    _Atomic long long *got = mmap(NULL, sizeof *got, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                                  0);
    double start = now();
    pid_t child;

    if (got == MAP_FAILED)
        die("mmap");
    child = must(fork(), "fork");
    if (child == 0) {
        send_blocks(fd, whole(args[1]), got, whole(args[2]));
        _exit(0);
    }
    discard(fd, whole(args[1]), got);
    printf("bytes %lld seconds %.6f\n", (long long)*got, now() - start);
    waitpid(child, NULL, 0);
}

static const struct command commands[] = {
    {"sink", sink, 1, "SIZE [socks|http]: listen, take so many bytes, as if through a proxy"},
    {"source", source, 2, "PORT SIZE: send so many bytes, wait for the other's end"},
    {"feed", feed, 1, "SIZE: write so many bytes to the pipe at standard output"},
    {"drain", drain, 0, ": take what comes from the pipe at standard input"},
    {"blast", blast, 3,
     "PORT SIZE WINDOW: send to an echo server, take it back; so many bytes ahead at most"},
};

int main(int argc, char **argv)
{
    return run_command(commands, sizeof commands / sizeof commands[0], argc, argv);
}
