/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fault: a library that is preloaded into the program under test and makes its calls fail.
 *
 * $POLLCAT_FAULT says which:
 *   CALL:N:ERRNO        the N-th CALL (from 1) fails once, with this number; of allocations, of the program's own
 *   CALL:N:short        it moves less than it was asked to
 *   storm:SEED:PERMILLE so many of a thousand calls are interrupted, would block or are short: what a program has to
 *                       bear without anyone noticing
 * $POLLCAT_FAULT_PAGE is a file that it maps: how often each call was made, whether the fault struck, and which
 * descriptors were open when the program had done its work. Both variables are for this process alone; its children
 * run undisturbed.
 */
#undef _FORTIFY_SOURCE /* its inline functions have the names that are defined here */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* clang-format off */
/* The order is known to tests/e2e/faults.py. */
#define CALLS(X)                                                                                        \
    X(read)                                                                                             \
    X(readv)                                                                                            \
    X(pread) X(write) X(writev) X(pwrite) X(pwritev2) X(recv) X(recvmsg) X(recvmmsg) X(send) X(sendmsg) \
        X(sendmmsg) X(splice) X(tee) X(accept4) X(poll) X(epoll_wait) X(epoll_ctl) X(open) X(pipe2)     \
            X(socket) X(connect) X(shutdown) X(fcntl) X(malloc) X(calloc) X(realloc)
/* clang-format on */

enum call {
#define NUMBER(name) call_##name,
    CALLS(NUMBER)
#undef NUMBER
        CALL_COUNT
};

static const char *const names[] = {
#define NAME(name) #name,
    CALLS(NAME)
#undef NAME
};

struct page {
    uint64_t calls[CALL_COUNT];
    uint64_t struck; /* how many faults there were */
    uint64_t ended;  /* the program came to its end by itself */
    uint64_t open;   /* a bit for each descriptor below 64 that was open then */
};

enum how { HOW_NOT, HOW_ERRNO, HOW_SHORT };

static struct page own, *page = &own;
static pid_t victim;
static enum call wanted_call = CALL_COUNT;
static uint64_t wanted_turn, storm_seed;
static int wanted_errno; /* 0: short */
static unsigned permille;
static uintptr_t program_start, program_end; /* its code and data, without those of libraries */
static uint64_t own_pipes; /* a bit for each descriptor of a pipe that the program made for itself */

static void parse(char *text)
{
    char *name = strtok(text, ":"), *turn = strtok(NULL, ":"), *how = strtok(NULL, ":");

    if (name == NULL || turn == NULL || how == NULL)
        return;
    if (strcmp(name, "storm") == 0) {
        storm_seed = strtoull(turn, NULL, 10);
        permille = (unsigned)strtoul(how, NULL, 10);
    }
    for (unsigned i = 0; i < CALL_COUNT; i++) {
        if (strcmp(name, names[i]) == 0)
            wanted_call = (enum call)i;
    }
    wanted_turn = strtoull(turn, NULL, 10);
    wanted_errno = atoi(how);
}

static void map(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd >= 0)
        close(fd);
    if (at != MAP_FAILED)
        page = at;
}

/* The first object is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size, (void)data;
    program_start = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type != PT_LOAD)
            continue;
        if (info->dlpi_addr + p->p_vaddr < program_start)
            program_start = info->dlpi_addr + p->p_vaddr;
        if (info->dlpi_addr + p->p_vaddr + p->p_memsz > program_end)
            program_end = info->dlpi_addr + p->p_vaddr + p->p_memsz;
    }
    return 1;
}

static __attribute__((constructor)) void begin(void)
{
    const char *path = getenv("POLLCAT_FAULT_PAGE");
    char *text = getenv("POLLCAT_FAULT");

    if (path != NULL)
        map(path);
    memset(page, 0, sizeof *page);
    if (text != NULL)
        parse(text);
    unsetenv("LD_PRELOAD");
    unsetenv("POLLCAT_FAULT");
    unsetenv("POLLCAT_FAULT_PAGE");
    (void)dl_iterate_phdr(find_program, NULL);
    victim = getpid();
}

static void note_end(void);

static __attribute__((destructor)) void end(void)
{
    if (getpid() == victim)
        note_end();
}

/* Any mixing serves. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 29) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static enum how strike(int error)
{
    __atomic_add_fetch(&page->struck, 1, __ATOMIC_RELAXED);
    if (error == 0)
        return HOW_SHORT;
    errno = error;
    return HOW_ERRNO;
}

static uint64_t count(enum call call)
{
    return __atomic_add_fetch(&page->calls[call], 1, __ATOMIC_RELAXED);
}

static enum how storm(enum call call, uint64_t turn, bool blocks, bool whole)
{
    uint64_t chance = mix(storm_seed * CALL_COUNT + call + (turn << 20));

    if (chance % 1000 >= permille)
        return HOW_NOT;
    switch (chance / 1000 % 3) {
    case 0:
        return strike(EINTR);
    case 1:
        return blocks ? HOW_NOT : strike(EAGAIN);
    default:
        return whole ? HOW_NOT : strike(0);
    }
}

/* What happens to this call: `blocks` when it waits instead of saying EAGAIN, `whole` when less is no valid
 * answer. */
static enum how fault(enum call call, bool blocks, bool whole)
{
    uint64_t turn;

    if (victim == 0 || getpid() != victim)
        return HOW_NOT;
    turn = count(call);
    if (call != wanted_call || turn != wanted_turn)
        return storm(call, turn, blocks, whole);
    return (wanted_errno == EAGAIN && blocks) || (wanted_errno == 0 && whole) ? HOW_NOT
                                                                              : strike(wanted_errno);
}

/* For calls that have no passing failure: no storm disturbs them. */
static bool fails(enum call call)
{
    if (victim == 0 || getpid() != victim || count(call) != wanted_turn || call != wanted_call)
        return false;
    return wanted_errno != 0 && strike(wanted_errno) == HOW_ERRNO;
}

static size_t less(size_t size)
{
    return size > 1 ? 1 + mix(size + page->struck) % (size - 1) : size;
}

/* A pipe whose both ends are ours neither breaks nor interrupts. */
static bool is_own_pipe(int fd)
{
    return fd >= 0 && fd < 64 && (own_pipes >> fd & 1) != 0;
}

#define REAL(name)                 \
    static __typeof__(name) *real; \
    if (real == NULL)              \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

/* Messages, for whose sake nobody waits, are dropped (and counted) when standard error is full: that is no fault. */
static bool blocks(int fd, int flags)
{
    int saved = errno, mode;
    REAL(fcntl);

    if (fd == STDERR_FILENO)
        return true;
    mode = real(fd, F_GETFL);
    errno = saved;
    return !(flags & MSG_DONTWAIT) && !(mode & O_NONBLOCK);
}

static bool is_message(int fd)
{
    int type = SOCK_STREAM, saved = errno;
    socklen_t len = sizeof type;

    (void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
    errno = saved;
    return type != SOCK_STREAM;
}

/* A call whose third argument is how much */
#define MOVES(result, name, flags, parameters, ...)                                                       \
    result name parameters                                                                                \
    {                                                                                                     \
        enum how how = is_own_pipe(fd) ? HOW_NOT : fault(call_##name, blocks(fd, flags), is_message(fd)); \
        REAL(name);                                                                                       \
        if (how == HOW_ERRNO)                                                                             \
            return -1;                                                                                    \
        if (how == HOW_SHORT)                                                                             \
            size = less(size);                                                                            \
        return real(__VA_ARGS__);                                                                         \
    }

MOVES(ssize_t, read, 0, (int fd, void *data, size_t size), fd, data, size)
MOVES(ssize_t, pread, 0, (int fd, void *data, size_t size, off_t at), fd, data, size, at)
MOVES(ssize_t, write, 0, (int fd, const void *data, size_t size), fd, data, size)
MOVES(ssize_t, pwrite, 0, (int fd, const void *data, size_t size, off_t at), fd, data, size, at)
MOVES(ssize_t, recv, flags, (int fd, void *data, size_t size, int flags), fd, data, size, flags)
MOVES(ssize_t, send, flags, (int fd, const void *data, size_t size, int flags), fd, data, size, flags)

/* Calls on vectors: short means the first part of the first piece alone */
#define GATHERS(name, flags, parameters, ...)                                                       \
    ssize_t name parameters                                                                         \
    {                                                                                               \
        enum how how = fault(call_##name, blocks(fd, flags), n == 0 || fd == STDERR_FILENO);        \
        struct iovec first;                                                                         \
        REAL(name);                                                                                 \
        if (how == HOW_ERRNO)                                                                       \
            return -1;                                                                              \
        if (how == HOW_SHORT) {                                                                     \
            first = (struct iovec){.iov_base = pieces->iov_base, .iov_len = less(pieces->iov_len)}; \
            pieces = &first;                                                                        \
            n = 1;                                                                                  \
        }                                                                                           \
        return real(__VA_ARGS__);                                                                   \
    }

GATHERS(readv, 0, (int fd, const struct iovec *pieces, int n), fd, pieces, n)
GATHERS(writev, 0, (int fd, const struct iovec *pieces, int n), fd, pieces, n)
GATHERS(pwritev2, flags &RWF_NOWAIT ? MSG_DONTWAIT : 0,
        (int fd, const struct iovec *pieces, int n, off_t at, int flags), fd, pieces, n, at, flags)

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
    REAL(recvmsg);
    return fault(call_recvmsg, blocks(fd, flags), true) == HOW_NOT ? real(fd, m, flags) : -1;
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    enum how how = fault(call_sendmsg, blocks(fd, flags), is_message(fd) || m->msg_iovlen == 0);
    struct msghdr part = *m;
    struct iovec first;
    REAL(sendmsg);

    if (how == HOW_ERRNO)
        return -1;
    if (how == HOW_SHORT) {
        first = (struct iovec){.iov_base = m->msg_iov->iov_base, .iov_len = less(m->msg_iov->iov_len)};
        part.msg_iov = &first;
        part.msg_iovlen = 1;
    }
    return real(fd, &part, flags);
}

int recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout)
{
    enum how how = fault(call_recvmmsg, blocks(fd, flags), false);
    REAL(recvmmsg);

    return how == HOW_ERRNO ? -1 : real(fd, m, how == HOW_SHORT ? 1 : n, flags, timeout);
}

int sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
    enum how how = fault(call_sendmmsg, blocks(fd, flags), false);
    REAL(sendmmsg);

    return how == HOW_ERRNO ? -1 : real(fd, m, how == HOW_SHORT ? 1 : n, flags);
}

ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags)
{
    enum how how = fault(call_splice, !(flags & SPLICE_F_NONBLOCK), false);
    REAL(splice);

    return how == HOW_ERRNO ? -1
                            : real(from, from_at, to, to_at, how == HOW_SHORT ? less(size) : size, flags);
}

ssize_t tee(int from, int to, size_t size, unsigned flags)
{
    enum how how = fault(call_tee, !(flags & SPLICE_F_NONBLOCK), false);
    REAL(tee);

    return how == HOW_ERRNO ? -1 : real(from, to, how == HOW_SHORT ? less(size) : size, flags);
}

int accept4(int fd, __SOCKADDR_ARG who, socklen_t *len, int flags)
{
    REAL(accept4);
    return fault(call_accept4, blocks(fd, 0), true) == HOW_NOT ? real(fd, who, len, flags) : -1;
}

/* An interrupted connect goes on in the background (connect(2)). */
int connect(int fd, __CONST_SOCKADDR_ARG who, socklen_t len)
{
    bool failed = fails(call_connect);
    int error = errno;
    REAL(connect);

    if (failed && error == EINTR && real(fd, who, len) == 0)
        return 0;
    if (!failed)
        return real(fd, who, len);
    errno = error;
    return -1;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
    REAL(poll);
    return fault(call_poll, true, true) == HOW_NOT ? real(fds, n, timeout) : -1;
}

int epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
    enum how how = fault(call_epoll_wait, true, false);
    REAL(epoll_wait);

    return how == HOW_ERRNO ? -1 : real(fd, events, how == HOW_SHORT ? 1 : n, timeout);
}

int epoll_ctl(int fd, int op, int other, struct epoll_event *event)
{
    REAL(epoll_ctl);
    return fails(call_epoll_ctl) ? -1 : real(fd, op, other, event);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    mode_t mode;
    REAL(open);

    va_start(more, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return fails(call_open) ? -1 : real(path, flags, mode);
}

/* What a fortified program calls instead */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

int pipe2(int fds[2], int flags)
{
    REAL(pipe2);

    if (fails(call_pipe2) || real(fds, flags) < 0)
        return -1;
    for (int i = 0; i < 2; i++)
        own_pipes |= fds[i] < 64 ? UINT64_C(1) << fds[i] : 0;
    return 0;
}

int close(int fd)
{
    REAL(close);

    if (is_own_pipe(fd))
        own_pipes &= ~(UINT64_C(1) << fd);
    return real(fd);
}

int socket(int domain, int type, int protocol)
{
    REAL(socket);
    return fails(call_socket) ? -1 : real(domain, type, protocol);
}

int shutdown(int fd, int how)
{
    REAL(shutdown);
    return fails(call_shutdown) ? -1 : real(fd, how);
}

int fcntl(int fd, int command, ...)
{
    va_list more;
    void *argument;
    REAL(fcntl);

    va_start(more, command);
    argument = va_arg(more, void *);
    va_end(more);
    return fails(call_fcntl) ? -1 : real(fd, command, argument);
}

/* dlsym() allocates: these have to be found without it. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

/* The libraries' own allocations succeed: some of them do not look. */
static bool is_ours(const void *caller)
{
    return (uintptr_t)caller >= program_start && (uintptr_t)caller < program_end;
}

#define FAILS_FOR_US(call) (is_ours(__builtin_return_address(0)) && fails(call))

void *malloc(size_t size)
{
    return FAILS_FOR_US(call_malloc) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return FAILS_FOR_US(call_calloc) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return FAILS_FOR_US(call_realloc) ? NULL : __libc_realloc(old, size);
}

static void note_end(void)
{
    REAL(fcntl);

    for (int fd = 0; fd < 64; fd++) {
        if (real(fd, F_GETFD) >= 0)
            page->open |= UINT64_C(1) << fd;
    }
    page->ended = 1;
}

/* A program that ends by a signal after its work comes to no destructor. */
int raise(int signo)
{
    REAL(raise);

    if (getpid() == victim)
        note_end();
    return real(signo);
}
