/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * near: which of a list of names was probably meant.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

/* How far `a`, as typed, is from the name `b`: the number of letters to insert, delete, replace or swap with
 * the next (optimal string alignment); 1 when `a` is the beginning of `b`, in two letters or more. Anything
 * of over 63 bytes is never near: UINT_MAX. */
unsigned near_distance(const char *a, const char *b);

/* The name nearest to `text` among those that `name(ctx, i)` gives for i = 0, 1, ... until NULL, the first of
 * equals; NULL when none is within a third of the length of `text` (at least 1, at most 3). */
const char *near_find(const char *text, const char *(*name)(void *ctx, size_t i), void *ctx);

#endif
