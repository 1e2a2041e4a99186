/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * term/history.h: a file of arbitrary bytes is read as lines, keeps those that are typed, and stays short. The first
 * byte of the input says how often the file's bytes are repeated, the second how many typed bytes come before them.
 */
#include "term/history.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Bytes that grow. */
struct text {
    char *bytes;
    size_t len;
};

static void put(struct text *t, const void *bytes, size_t n)
{
    t->bytes = realloc(t->bytes, t->len + n + 1);
    require(t->bytes != NULL);
    if (n > 0)
        memcpy(t->bytes + t->len, bytes, n);
    t->len += n;
}

/* What the file should hold: the latest lines of `all`. */
static void shorten(struct text *all)
{
    size_t lines = 0, i = all->len;

    while (i > 0 && lines < HISTORY_LINES) {
        for (i--; i > 0 && all->bytes[i - 1] != '\n'; i--)
            ;
        lines++;
    }
    memmove(all->bytes, all->bytes + i, all->len - i);
    all->len -= i;
}

static void add_line(void *ctx, const char *line)
{
    require(line[0] != '\0' && strchr(line, '\n') == NULL);
    put(ctx, line, strlen(line) + 1);
}

/* The lines that a file of `all` has, up to a NUL in each. */
static void split(struct text all, struct text *lines)
{
    shorten(&all);
    for (size_t i = 0; i < all.len;) {
        const char *newline = memchr(all.bytes + i, '\n', all.len - i);
        size_t n = newline != NULL ? (size_t)(newline - all.bytes) - i : all.len - i;
        size_t len = strnlen(all.bytes + i, n);

        if (len > 0) {
            put(lines, all.bytes + i, len);
            put(lines, "", 1);
        }
        i += n + 1;
    }
}

static bool same(const struct text *a, const struct text *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

static void write_file(int fd, const struct text *t)
{
    require(ftruncate(fd, 0) == 0 && pwrite(fd, t->bytes, t->len, 0) == (ssize_t)t->len);
}

static void expect_file(int fd, const struct text *wanted)
{
    struct text is = {0};
    off_t size = lseek(fd, 0, SEEK_END);

    require(size >= 0);
    is.bytes = malloc((size_t)size + 1);
    require(is.bytes != NULL && pread(fd, is.bytes, (size_t)size, 0) == size);
    is.len = (size_t)size;
    require(same(&is, wanted));
    free(is.bytes);
}

/* Loads the file. The last line becomes `last`, which the caller frees. */
static void load(struct history *h, const struct text *file, char **last)
{
    struct text lines = {0}, wanted = {0}, copy = {0};
    struct err e;

    require(history_load(h, add_line, &lines, &e) == 0);
    put(&copy, file->bytes, file->len);
    split(copy, &wanted);
    require(same(&lines, &wanted));
    *last = NULL;
    for (size_t i = 0; i < lines.len; i += strlen(lines.bytes + i) + 1) {
        free(*last);
        *last = strdup(lines.bytes + i);
    }
    free(lines.bytes);
    free(wanted.bytes);
    free(copy.bytes);
}

/* Types lines, parted by NULs; those that are to be kept are put behind `file`. */
static void type(struct history *h, const char *typed, size_t n, struct text *file, char **last)
{
    bool fresh = false;

    for (size_t i = 0; i < n;) {
        size_t len = strnlen(typed + i, n - i);
        char *line = strndup(typed + i, len);
        bool keep;

        require(line != NULL);
        keep = len > 0 && line[0] != ' ' && (*last == NULL || strcmp(*last, line) != 0);
        require(history_add(h, line) == keep);
        i += len + 1;
        if (!keep) {
            free(line);
            continue;
        }
        if (!fresh && file->len > 0 && file->bytes[file->len - 1] != '\n')
            put(file, "\n", 1);
        fresh = true;
        put(file, line, len);
        put(file, "\n", 1);
        free(*last);
        *last = line;
    }
    if (fresh)
        shorten(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned times[] = {1, 2, 40, 300};
    static int fd = -1;
    struct text file = {0};
    struct history *h;
    char path[64], *last;
    size_t typed;
    struct err e;

    if (size < 2)
        return 0;
    if (fd < 0)
        fd = memfd_create("history", MFD_CLOEXEC);
    require(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    typed = data[1] < size - 2 ? data[1] : size - 2;
    put(&file, "", 0);
    for (unsigned i = 0; i < times[data[0] % 4]; i++)
        put(&file, data + 2 + typed, size - 2 - typed);
    write_file(fd, &file);
    h = history_new(path);
    require(h != NULL);
    load(h, &file, &last);
    type(h, (const char *)data + 2, typed, &file, &last);
    require(history_save(h, &e) == 0);
    expect_file(fd, &file);
    history_free(h);
    free(last);
    free(file.bytes);
    return 0;
}
