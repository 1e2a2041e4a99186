/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * session: one run of a transport with a service: introduces the peers, counts, obeys signals, decides the end.
 */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include "app/conf.h"

/* Runs until the end. Returns the exit status (enum status); `*signo` is the signal that ended it, or 0: the
 * caller dies of it, so that its parent knows. */
int session_run(const struct conf *conf, int *signo);

#endif
