/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hexdump: bytes as `hexdump -C` shows them: offset, hex, ASCII. Lines that repeat are not left out.
 *
 * Work is incremental: bytes that do not fill a line are held; however the input is cut, the output is the same.
 */
#ifndef BASE_HEXDUMP_H
#define BASE_HEXDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HEXDUMP_COLUMNS = 16, /* bytes a line shows, unless told otherwise; the most there are */
    HEXDUMP_LINE = 96,    /* no line is longer, its newline included */
};

/* Zeroed at the start, but for the layout and, where counting goes on from somewhere, `offset`. */
struct hexdump {
    uint64_t offset;  /* of the first byte of the next line */
    unsigned columns; /* bytes a line shows, 1 to HEXDUMP_COLUMNS (0: that many) */
    unsigned digits;  /* the fewest of the offset; 0: 8 */
    bool bare;        /* without the text */
    unsigned nheld;
    unsigned char held[HEXDUMP_COLUMNS];
};

/* Writes the columns of one line: `n` bytes, and blanks for those that are missing to `columns`; a blank behind each, and one
 * more before each eighth. Returns their length. */
size_t hexdump_columns(const unsigned char *p, unsigned n, unsigned columns, char *out);

/* How wide a line is now, without its newline. */
unsigned hexdump_width(const struct hexdump *h);

/* Chooses the layout with the most bytes a line that is not wider than `width`, if any is. Before a line gets fewer than
 * four, the offset is shortened, then the text left out. */
void hexdump_fit(struct hexdump *h, unsigned width);

/* Bytes that hexdump_put() may write for `n` bytes of input. */
size_t hexdump_max(const struct hexdump *h, size_t n);

/* Writes the lines that `n` bytes of `in` fill to `out` (at least hexdump_max() bytes; no NUL added). Returns the
 * number of bytes written. */
size_t hexdump_put(struct hexdump *h, const void *in, size_t n, char *out);

/* Writes the line that is begun, if there is one, as it is so far, with its newline (at most HEXDUMP_LINE bytes);
 * it stays begun. Returns its length. */
size_t hexdump_peek(const struct hexdump *h, char *out);

/* The same, and ends it: what is put next begins a line, its offset goes on. */
size_t hexdump_end(struct hexdump *h, char *out);

#endif
