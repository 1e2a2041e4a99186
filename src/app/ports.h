/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ports: several ports in turn, a session with each.
 */
#ifndef APP_PORTS_H
#define APP_PORTS_H

#include "app/conf.h"

/* Runs a session with each of conf->ports, one after the other. Returns STATUS_OK when any of them went well, else the status of
 * the last. A signal ends it, as session_run() tells. */
int ports_run(struct conf *conf, int *signo);

#endif
