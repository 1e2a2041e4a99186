/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * num: numbers with units, as users write them. Nothing is accepted in part: "10x" is an error, not 10.
 * Neither the locale nor exponents, "inf" or blanks play a part. `*out` is untouched when -1 is returned.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

/* A whole number in decimal (or hexadecimal after 0x), with `-` before it or not, from `min` to `max`.
 * Returns 0 and sets `*out`, or -1. */
int num_parse(const char *text, int64_t min, int64_t max, int64_t *out);

/* A size in bytes with an optional unit k, m or g (powers of 1024; upper case, and a trailing b or ib, are
 * accepted) from `min` to `max`; fractions are allowed before a unit, and rounded up. Returns 0 or -1. */
int num_parse_size(const char *text, int64_t min, int64_t max, int64_t *out);

/* A time in milliseconds from "1.5s", "200ms", "2m", "1h" or a plain number of seconds; negative only where
 * `min` allows it. Rounded away from zero, so that no time becomes 0. Returns 0 or -1. */
int num_parse_time(const char *text, int64_t min, int64_t max, int64_t *out);

/* A TCP or UDP port number from 0 to 65535. Returns 0 or -1. */
int num_parse_port(const char *text, uint16_t *out);

#endif
