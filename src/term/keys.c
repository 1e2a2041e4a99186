/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/keys.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { READ_SIZE = 16 * 1024 };

/* What a terminal puts around a paste (xterm, "Bracketed Paste Mode"). */
static const char paste_begin[] = "\033[200~", paste_end[] = "\033[201~";
enum { MARK = sizeof paste_begin - 1 };

void keys_clear(struct keys *k)
{
    free(k->data);
    memset(k, 0, sizeof *k);
}

static void reserve(struct keys *k, size_t n)
{
    size_t held = k->end - k->start;

    if (k->end + n <= k->size)
        return;
    if (held > 0)
        memmove(k->data, k->data + k->start, held);
    k->start = 0;
    k->end = held;
    if (held + n > k->size) {
        k->size = (held + n) * 2;
        k->data = mem_resize(k->data, k->size);
    }
}

void keys_add(struct keys *k, const void *data, size_t n)
{
    reserve(k, n);
    memcpy(k->data + k->end, data, n);
    k->end += n;
    k->forced = false;
}

ssize_t keys_read(struct keys *k, int fd)
{
    char data[READ_SIZE];
    ssize_t n = read(fd, data, sizeof data);

    if (n > 0)
        keys_add(k, data, (size_t)n);
    return n;
}

/* A paste that is cut short gets its end: readline relies on it. */
void keys_force(struct keys *k)
{
    if (k->seen > 0)
        keys_add(k, paste_end, MARK);
    k->forced = true;
}

static enum keys_state paste(struct keys *k, const unsigned char *s, size_t n)
{
    size_t from = k->seen > MARK ? k->seen - MARK : 0;

    if (memmem(s + from, n - from, paste_end, MARK) != NULL)
        return KEYS_READY;
    if (n > KEYS_PASTE_MOST) {
        keys_force(k);
        return KEYS_READY;
    }
    k->seen = n;
    return KEYS_PASTE;
}

enum keys_state keys_state(struct keys *k, bool utf8)
{
    const unsigned char *s;
    size_t n = k->end - k->start;

    if (n == 0)
        return KEYS_NONE;
    s = k->data + k->start;
    if (k->forced)
        return KEYS_READY;
    if (s[0] == 0x1b) {
        if (n < MARK)
            return memcmp(s, paste_begin, n) == 0 ? KEYS_KEY : KEYS_READY;
        return memcmp(s, paste_begin, MARK) == 0 ? paste(k, s, n) : KEYS_READY;
    }
    return utf8 && utf8_decode(s, n, &(uint32_t){0}) == UTF8_CUT ? KEYS_KEY : KEYS_READY;
}

int keys_next(struct keys *k, bool utf8)
{
    int c, len = 1;

    if (k->start == k->end)
        return -1;
    c = k->data[k->start];
    if (k->rest > 0)
        k->rest--;
    else if (utf8)
        len = utf8_decode(k->data + k->start, k->end - k->start, &(uint32_t){0});
    if (len < 1)
        c = KEYS_INVALID;
    else if (len > 1)
        k->rest = (size_t)len - 1;
    k->start++;
    k->seen = 0;
    if (k->start == k->end)
        keys_clear(k);
    return c;
}

void keys_skip(struct keys *k)
{
    do
        keys_next(k, true);
    while (k->rest > 0);
}

int keys_peek(const struct keys *k)
{
    return k->start < k->end ? k->data[k->start] : -1;
}
