/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * speed: bits a second of a serial line, any number of them: termios(3) has names for some only. Private to io/terminal.c.
 */
#ifndef IO_SPEED_H
#define IO_SPEED_H

/* That of what is sent; 0: it is not known. */
unsigned speed_get(int fd);

/* Sets it for both directions. Returns 0, or -1 with errno: EINVAL where the line has no such speed. */
int speed_set(int fd, unsigned speed);

#endif
