/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * no_proxy: the list that NO_PROXY is: hosts that are connected to without a proxy.
 */
#ifndef APP_NO_PROXY_H
#define APP_NO_PROXY_H

#include <stdbool.h>

/* True when one of the words, parted by commas and blanks, is for `host` (a name, or an address without brackets; NULL: it is not
 * known): the host, a domain with or without a dot before it, an address, or one with /BITS behind it, or `*`. Words that mean
 * nothing are for nobody. */
bool no_proxy_has(const char *list, const char *host);

#endif
