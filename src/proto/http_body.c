/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/http_body.h"

#include <string.h>

#include "base/hex.h"
#include "proto/http.h"

enum step {
    NO_CHUNKS,
    SIZE,      /* digits of a chunk's size */
    EXTENSION, /* the rest of that line */
    DATA,      /* of a chunk */
    DATA_END,  /* the line's end behind it */
    TRAILER,   /* lines behind the last chunk, until an empty one */
};

bool http_body_is_chunked(const struct http_body *b)
{
    return b->step != NO_CHUNKS;
}

bool http_body_is_over(const struct http_body *b)
{
    return b->step == NO_CHUNKS && b->left == 0;
}

/* Digits alone: no sign, no list. */
static int read_length(const struct http_text *t, uint64_t *length)
{
    *length = 0;
    for (size_t i = 0; i < t->n; i++) {
        const unsigned digit = (unsigned)(unsigned char)t->at[i] - '0';

        if (digit > 9 || *length > ((uint64_t)INT64_MAX - digit) / 10)
            return -1;
        *length = 10 * *length + digit;
    }
    return t->n > 0 ? 0 : -1;
}

static bool is_new(const void *head, size_t n)
{
    struct http_text method, target, version;

    return http_request(head, n, &method, &target, &version) == 0 && version.at[7] == '1';
}

int http_body_begin(struct http_body *b, const void *head, size_t n)
{
    struct http_text length, coding, more;
    const bool has_length = http_field(head, n, "Content-Length", 0, &length);
    const bool has_coding = http_field(head, n, "Transfer-Encoding", 0, &coding);

    *b = (struct http_body){0};
    if ((has_length && has_coding) || http_field(head, n, "Content-Length", 1, &more) ||
        http_field(head, n, "Transfer-Encoding", 1, &more))
        return -1;
    if (has_length)
        return read_length(&length, &b->left);
    if (!has_coding)
        return 0;
    if (!http_is(&coding, "chunked") || !is_new(head, n))
        return -1;
    b->step = SIZE;
    return 0;
}

static void begin_line(struct http_body *b, enum step step)
{
    b->step = (int)step;
    b->empty = true;
}

static int take_size(struct http_body *b, unsigned char c)
{
    const int digit = hex_value((char)c);

    if (digit < 0 && !b->digits)
        return -1;
    if (digit < 0) {
        b->step = EXTENSION;
        return c == '\n' || c == '\r' || c == ';' || c == ' ' || c == '\t' ? 1 : -1;
    }
    if (b->left > (uint64_t)INT64_MAX >> 4)
        return -1;
    b->left = b->left << 4 | (unsigned)digit;
    b->digits = true;
    return 0;
}

/* The end of the line that has the size: of the last chunk it is 0. */
static void end_size(struct http_body *b)
{
    b->digits = false;
    if (b->left > 0)
        b->step = DATA;
    else
        begin_line(b, TRAILER);
}

static void take_trailer(struct http_body *b, unsigned char c)
{
    if (c == '\n' && b->empty)
        *b = (struct http_body){0};
    else if (c == '\n')
        b->empty = true;
    else if (c != '\r')
        b->empty = false;
}

/* A byte that is not of a chunk's data. Returns 0, or -1. */
static int take_byte(struct http_body *b, unsigned char c)
{
    int r;

    switch ((enum step)b->step) {
    case SIZE:
        r = take_size(b, c);
        if (r <= 0)
            return r;
        if (c == '\n')
            end_size(b);
        return 0;
    case EXTENSION:
        if (c == '\n')
            end_size(b);
        return 0;
    case DATA_END:
        if (c == '\n')
            b->step = SIZE;
        return c == '\n' || c == '\r' ? 0 : -1;
    default:
        take_trailer(b, c);
        return 0;
    }
}

static size_t pass_data(struct http_body *b, size_t n)
{
    if (n > b->left)
        n = (size_t)b->left;
    b->left -= n;
    if (b->left == 0 && b->step == DATA)
        b->step = DATA_END;
    return n;
}

ssize_t http_body_pass(struct http_body *b, const void *data, size_t n)
{
    const unsigned char *in = data;
    size_t at = 0;

    while (at < n && !http_body_is_over(b)) {
        if (b->step == NO_CHUNKS || b->step == DATA)
            at += pass_data(b, n - at);
        else if (take_byte(b, in[at++]) < 0)
            return -1;
    }
    return (ssize_t)at;
}
