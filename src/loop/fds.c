/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/fds.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAMES = 4096, HIGHEST = 1 << 20 };

/* As getdents64(2) tells of a file in a directory. */
struct entry {
    uint64_t inode;
    int64_t next;
    unsigned short size;
    unsigned char type;
    char name[];
};

int fds_close_range(int first)
{
#ifdef SYS_close_range
    return (int)syscall(SYS_close_range, (unsigned)first, UINT_MAX, 0u);
#else
    (void)first;
    return -1;
#endif
}

/* -1 for what is no number. */
static int fd_named(const char *name)
{
    int n = 0;

    if (*name == '\0')
        return -1;
    for (; *name != '\0'; name++) {
        if (*name < '0' || *name > '9' || n > HIGHEST * 100)
            return -1;
        n = 10 * n + (*name - '0');
    }
    return n;
}

int fds_close_listed(int first)
{
    union {
        struct entry first;
        char bytes[NAMES];
    } names;
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n;

    if (folder < 0)
        return -1;
    while ((n = syscall(SYS_getdents64, folder, &names, sizeof names)) > 0) {
        for (long at = 0; at < n;) {
            const struct entry *entry = (const struct entry *)(const void *)(names.bytes + at);
            int fd = fd_named(entry->name);

            at += entry->size;
            if (fd >= first && fd != folder)
                close(fd);
        }
    }
    close(folder);
    return n < 0 ? -1 : 0;
}

void fds_close_each(int first)
{
    struct rlimit limit;
    int end = HIGHEST;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < HIGHEST)
        end = (int)limit.rlim_cur;
    for (int fd = first; fd < end; fd++)
        close(fd);
}

void fds_close_from(int first)
{
    if (fds_close_range(first) < 0 && fds_close_listed(first) < 0)
        fds_close_each(first);
}
