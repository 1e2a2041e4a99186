/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_telnet: what --telnet tells of the terminal of the person who sits here.
 */
#ifndef APP_CONF_TELNET_H
#define APP_CONF_TELNET_H

#include "layer/telnet.h"

/* Fills in type and size, where there is one. */
void telnet_conf_describe(struct telnet_conf *t);

#endif
