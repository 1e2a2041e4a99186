/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mem: allocation that does not fail. When memory is out the program ends with a line on standard error and
 * STATUS_LOCAL, through exit(3), so that what atexit(3) registered (the terminal) is put right. Sizes a peer
 * can influence are bounded by the callers.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* `size` zeroed bytes; released with free(3). */
void *mem_alloc(size_t size) __attribute__((malloc));

/* `old` (or NULL) grown or shrunk to `size` bytes; new bytes are not zeroed. */
void *mem_resize(void *old, size_t size);

/* `size` bytes, a multiple of 4096, that begin where a page does: the kernel copies pages (of pipes and files) to them five times
 * as fast on some processors as to bytes 1 to 63 behind such a place, which is where large memory of malloc(3) begins.
 * Released with free(3). */
void *mem_pages(size_t size) __attribute__((malloc));

/* A copy of `text`, released with free(3). */
char *mem_strdup(const char *text);

/* A string of the `n` bytes at `text`, released with free(3). */
char *mem_strndup(const char *text, size_t n);

/* Gives memory that was freed back to the system, where that does not happen by itself. Takes a while. */
void mem_trim(void);

#endif
