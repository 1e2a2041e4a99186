/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pty: programs on a pseudo-terminal.
 */
#ifndef END_PTY_H
#define END_PTY_H

struct end;

/* The window of the program of `e` has this size from now on, whatever ours has. Does nothing to an end of another kind. */
void pty_resize(struct end *e, unsigned short rows, unsigned short columns);

#endif
