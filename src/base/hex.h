/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hex: digits of sixteen.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

/* The digit of the lowest four bits. */
static inline char hex_digit(unsigned long long value)
{
    return "0123456789abcdef"[value & 0xf];
}

/* Writes the two digits of a byte. */
static inline void hex_put(unsigned char byte, char *out)
{
    out[0] = hex_digit(byte >> 4);
    out[1] = hex_digit(byte);
}

/* What a digit stands for, in either case; -1 for what is none. */
static inline int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

#endif
