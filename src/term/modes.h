/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * modes: what text that went to the terminal as it is has left it in: cursor keys, mouse, alternate screen and so on, so that
 * somebody else can have it in between, or from then on.
 *
 * Only what was changed is put back: putting back what was not moves the cursor of some terminals. Follows ECMA-48, DEC's private
 * modes and those of xterm.
 */
#ifndef TERM_MODES_H
#define TERM_MODES_H

#include <stddef.h>
#include <stdint.h>

enum {
    MODES_TEXT = 256,    /* bytes that hold what modes_reset() or modes_restore() gives */
    MODES_SEQUENCE = 32, /* bytes of a sequence that is understood */
};

/* Zeroed at the start: a terminal as it should be. */
struct modes {
    uint32_t changed; /* a bit for each */
    uint8_t state, n;
    char sequence[MODES_SEQUENCE];
};

/* Takes note of what `n` bytes change; sequences may be cut anywhere. */
void modes_scan(struct modes *m, const char *text, size_t n);

/* What gives the terminal back as it should be, colours too; what makes it as it was before that again, but for colours and
 * what the screen showed. Both write to `out` (MODES_TEXT bytes), and return the length. */
size_t modes_reset(const struct modes *m, char *out);
size_t modes_restore(const struct modes *m, char *out);

#endif
