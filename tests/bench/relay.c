/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * relay: the least relay there is, by splice, and what is sent through relays: streams with both ends in one process.
 */
#include "common.h"

#include <signal.h>
#include <sys/epoll.h>

enum { EVENTS = 256, WRITE = 64 * 1024 };

/* One direction; what is in the pipe is on its way. */
struct way {
    int pipe[2];
    size_t held;
    bool ended, shut;
};

/* `ways[i]` goes from fds[i] to the other. */
struct pair {
    int fds[2];
    struct way ways[2];
};

/* Returns false when this direction can go no further now. */
static bool move(struct pair *p, int i)
{
    struct way *w = &p->ways[i];
    ssize_t n;

    if (!w->ended && w->held == 0) {
        n = splice(p->fds[i], NULL, w->pipe[1], NULL, PIPE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (n < 0 && errno == EAGAIN)
            return false;
        w->ended = n <= 0;
        w->held = n > 0 ? (size_t)n : 0;
    }
    if (w->held > 0) {
        n = splice(w->pipe[0], NULL, p->fds[1 - i], NULL, w->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (n <= 0)
            return false;
        w->held -= (size_t)n;
        return true;
    }
    if (w->ended && !w->shut)
        w->shut = shutdown(p->fds[1 - i], SHUT_WR) == 0 || errno == ENOTCONN;
    return false;
}

static void forget(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        close(p->fds[i]);
        close(p->ways[i].pipe[0]);
        close(p->ways[i].pipe[1]);
    }
    free(p);
}

static void join(int crowd, int fd, int far)
{
    struct pair *p = memory(sizeof *p);
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = p};

    p->fds[0] = fd;
    p->fds[1] = reach(SOCK_STREAM, far);
    for (int i = 0; i < 2; i++) {
        make_pipe(p->ways[i].pipe);
        nodelay(p->fds[i]);
        must(fcntl(p->fds[i], F_SETFL, O_NONBLOCK), "fcntl");
        must(epoll_ctl(crowd, EPOLL_CTL_ADD, p->fds[i], &ev), "epoll_ctl");
    }
}

static void through(char **args)
{
    int listener = serve(SOCK_STREAM, number(args[0])), crowd = must(epoll_create1(EPOLL_CLOEXEC), "epoll");
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL}, ready[EVENTS];

    must(fcntl(listener, F_SETFL, O_NONBLOCK), "fcntl");
    must(epoll_ctl(crowd, EPOLL_CTL_ADD, listener, &ev), "epoll_ctl");
    for (;;) {
        int count = epoll_wait(crowd, ready, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            struct pair *p = ready[i].data.ptr;
            int fd;

            if (p == NULL) {
                while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
                    join(crowd, fd, number(args[1]));
                continue;
            }
            while (move(p, 0))
                continue;
            while (move(p, 1))
                continue;
            if (!p->ways[0].shut || !p->ways[1].shut)
                continue;
            for (int j = i + 1; j < count; j++) { /* of both sockets there may be news */
                if (ready[j].data.ptr == p)
                    ready[j--] = ready[--count];
            }
            forget(p);
        }
    }
}

static void pass_on(int from, int to, size_t n)
{
    while (n > 0)
        n -= (size_t)must((int)splice(from, NULL, to, NULL, n, SPLICE_F_MOVE), "splice");
}

/* Everything that one sends to COUNT others, who came before it, by tee and splice: nothing is copied but by the sockets. */
static void among(char **args)
{
    int listener = serve(SOCK_STREAM, number(args[0])), count = number(args[1]), source, all[2], one[2], n;
    int *fds = memory((size_t)count * sizeof *fds);

    make_pipe(all);
    make_pipe(one);
    for (int i = 0; i < count; i++)
        fds[i] = must(accept(listener, NULL, NULL), "accept");
    source = must(accept(listener, NULL, NULL), "accept");
    while ((n = must((int)splice(source, NULL, all[1], NULL, PIPE, SPLICE_F_MOVE), "splice")) > 0) {
        for (int i = 1; i < count; i++) {
            if (must((int)tee(all[0], one[1], (size_t)n, 0), "tee") != n)
                die("tee");
            pass_on(one[0], fds[i], (size_t)n);
        }
        pass_on(all[0], fds[0], (size_t)n);
    }
    for (int i = 0; i < count; i++)
        must(shutdown(fds[i], SHUT_WR), "shutdown");
    pause();
}

/* A program for each that comes, which has the socket: as inetd does. */
static void programs(char **args)
{
    static char name[] = "cat";
    char *const cat[] = {name, NULL};
    int listener = serve(SOCK_STREAM, number(args[0]));

    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");

        nodelay(fd);
        if (must(vfork(), "vfork") == 0) {
            dup2(fd, STDIN_FILENO);
            dup2(fd, STDOUT_FILENO);
            execv("/bin/cat", cat);
            _exit(127);
        }
        close(fd);
    }
}

/* Where a stream comes out, and where it goes in. */
struct stream {
    int fd;
    bool source;
    long long bytes;
};

static void watch(int crowd, struct stream *s, int fd, bool source)
{
    struct epoll_event ev = {.events = source ? EPOLLOUT : EPOLLIN, .data.ptr = s};

    *s = (struct stream){.fd = fd, .source = source};
    must(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
    must(epoll_ctl(crowd, EPOLL_CTL_ADD, fd, &ev), "epoll_ctl");
}

/* COUNT streams through the relay at PORT, which brings them to FAR, for some time; how evenly they got on. */
static void streams(char **args)
{
    int far = serve(SOCK_STREAM, number(args[1])), crowd = must(epoll_create1(EPOLL_CLOEXEC), "epoll");
    size_t count = (size_t)number(args[2]);
    struct stream *all = memory(2 * count * sizeof *all);
    struct epoll_event ready[EVENTS];
    char *block = memory(WRITE), first;
    long long total = 0, least, most;
    double start, limit = strtod(args[3], NULL);

    for (size_t i = 0; i < count; i++) {
        int fd = reach(SOCK_STREAM, number(args[0])), out;

        if (args[4] != NULL)
            ask_proxy(fd, args[4], number(args[1]));
        write_all(fd, block, 1);
        out = must(accept(far, NULL, NULL), "accept");
        if (read(out, &first, 1) != 1)
            die("read");
        watch(crowd, &all[2 * i], fd, true);
        watch(crowd, &all[2 * i + 1], out, false);
    }
    printf("ready %zu\n", count);
    next_command();
    start = now();
    while (now() - start < limit) {
        int n = epoll_wait(crowd, ready, EVENTS, 1000);

        for (int i = 0; i < n; i++) {
            struct stream *s = ready[i].data.ptr;
            ssize_t part = s->source ? write(s->fd, block, WRITE) : recv(s->fd, NULL, PIPE, MSG_TRUNC);

            if (part < 0 && errno != EAGAIN)
                die("stream");
            s->bytes += part > 0 ? part : 0;
        }
    }
    least = most = all[1].bytes;
    for (size_t i = 0; i < count; i++) {
        long long bytes = all[2 * i + 1].bytes;

        total += bytes;
        least = bytes < least ? bytes : least;
        most = bytes > most ? bytes : most;
    }
    printf("bytes %lld seconds %.6f least %lld most %lld\n", total, now() - start, least, most);
    next_command();
}

static const struct command commands[] = {
    {"through", through, 2, "PORT FAR: what comes to PORT goes to FAR and back"},
    {"among", among, 2,
     "PORT COUNT: what comes last to PORT sends to so many who came before, by tee and splice"},
    {"programs", programs, 1, "PORT: a program, cat, for each that comes"},
    {"streams", streams, 4,
     "PORT FAR COUNT SECONDS [socks|http]: so many streams through a relay, to FAR, where we listen, or a proxy"},
};

int main(int argc, char **argv)
{
    return run_command(commands, sizeof commands / sizeof commands[0], argc, argv);
}
