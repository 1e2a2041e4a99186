/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scan: -z: which ports of a host answer, one line each.
 */
#ifndef APP_SCAN_H
#define APP_SCAN_H

#include "app/conf.h"

/* Probes conf->ports and prints a line "HOST PORT open" to standard output for each that is open; the others are
 * told with -v, but for those where the handshake of a layer fails, which are told in any case. Returns STATUS_OK when any is open,
 * otherwise STATUS_NETWORK, or STATUS_LOCAL for a host or list that cannot be used. */
int scan_run(const struct conf *conf);

#endif
