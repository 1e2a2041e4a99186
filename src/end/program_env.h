/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * program_env: what a program is told of its peer. Private to end/program.c.
 */
#ifndef END_PROGRAM_ENV_H
#define END_PROGRAM_ENV_H

#include "peer/peer.h"

enum { PROGRAM_ENV_OWN = 11, PROGRAM_ENV_CHANGES = PROGRAM_ENV_OWN + 7 };

struct program_env {
    char *own[PROGRAM_ENV_OWN];
    const char *changes[PROGRAM_ENV_CHANGES + 1];
};

/* Fills `env` (`peer` NULL, or one without addresses: with nothing of it), and returns what struct spawn takes, which lasts
 * until program_env_clear(). `terminal`: the program is on one, whose type is that of the peer's where it tells, or that of
 * ours, or `dumb`, and whose size is not that of ours. */
const char *const *program_env_make(struct program_env *env, const struct peer *peer, bool terminal);
void program_env_clear(struct program_env *env);

#endif
