/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tty_words: the modes of a serial line in words: 115200, 8n1, raw, rtscts. Private to end/tty.c.
 */
#ifndef END_TTY_WORDS_H
#define END_TTY_WORDS_H

#include "base/err.h"
#include "io/terminal.h"

/* What a line has before any word: bytes pass as they are, 8 bits, no parity, one stop bit, no echo, no modem. */
void tty_words_begin(struct terminal_modes *m);

/* Does what one word says. Returns 0, or -1 with `e`. */
int tty_words_take(struct terminal_modes *m, const char *word, struct err *e);

#endif
