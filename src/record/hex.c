/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hex dumps: what was read at once is a block, whose lines count from 0. A line has its offset, three blanks, 16 bytes in
 * two halves, and the bytes as characters, always as wide: what reads the dumps of Ncat reads these, too.
 */
#include <stdio.h>
#include <string.h>

#include "base/hexdump.h"
#include "record/formats.h"

enum {
    COLUMNS = 16,
    OFFSET = 4,                                    /* digits */
    WIDTH = OFFSET + 3 + COLUMNS * 4 + 2 + 1 + 13, /* of a line, with its newline; and some room */
    BLOCK = 0x10000,                               /* bytes that these digits can count */
    NCAT_BLOCK = 8192,                             /* what Ncat reads at once */
};

/* One direction of one peer. */
struct direction {
    uint64_t bytes; /* so far */
};

static bool is_graphic(unsigned char c)
{
    return c > 0x20 && c < 0x7f;
}

/* `blank` stands for a blank. */
static size_t format_line(size_t offset, const unsigned char *p, size_t n, char blank, char out[static WIDTH])
{
    char *o = out + snprintf(out, WIDTH, "%04zx  ", offset);

    o += hexdump_columns(p, (unsigned)n, COLUMNS, o);
    *o++ = ' ';
    for (size_t i = 0; i < COLUMNS; i++) {
        if (i >= n)
            *o++ = ' ';
        else
            *o++ = p[i] == ' ' ? blank : is_graphic(p[i]) ? (char)p[i] : '.';
    }
    *o++ = '\n';
    return (size_t)(o - out);
}

static void put_block(struct record *r, const unsigned char *data, size_t n, char blank)
{
    char line[WIDTH];

    for (size_t at = 0; at < n; at += COLUMNS) {
        const size_t here = n - at < COLUMNS ? n - at : COLUMNS;

        record_put(r, line, format_line(at, data + at, here, blank, line));
    }
}

/* Before each block stands whose it is, and how many bytes went that way before. */
static void dump_marked(struct record *r, void *each, const struct record_event *e, const void *data,
                        size_t n)
{
    struct direction *d = each;
    const unsigned char *p = data;
    char text[ADDR_TEXT + 96];

    do {
        const size_t here = n < BLOCK ? n : BLOCK;
        const int length = snprintf(text, sizeof text, "# %c %s: %zu byte%s at %llu%s\n", e->sent ? '>' : '<',
                                    e->name, here, here == 1 ? "" : "s", (unsigned long long)d->bytes,
                                    e->secret ? " (secret)" : "");

        record_put(r, text, (size_t)length);
        if (!e->secret)
            put_block(r, p, here, ' ');
        d->bytes += here;
        p += here;
        n -= here;
    } while (n > 0);
}

static void dump_plain(struct record *r, void *each, const struct record_event *e, const void *data, size_t n)
{
    (void)each;
    if (e->secret)
        return;
    for (const unsigned char *p = data; n > 0;) {
        const size_t here = n < NCAT_BLOCK ? n : NCAT_BLOCK;

        put_block(r, p, here, '.');
        p += here;
        n -= here;
    }
}

const struct record_format record_hex = {
    .name = "hex",
    .help = "hex dumps of both directions",
    .sent = true,
    .each = sizeof(struct direction),
    .data = dump_marked,
};

const struct record_format record_hex_plain = {
    .name = "hex-plain",
    .help = "hex dumps of both directions, as Ncat writes them",
    .sent = true,
    .data = dump_plain,
};
