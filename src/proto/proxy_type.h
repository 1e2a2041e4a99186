/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proxy_type: what proxies speak, as it is called on either side (proto/ask.h, proto/serve.h).
 */
#ifndef PROTO_PROXY_TYPE_H
#define PROTO_PROXY_TYPE_H

#include "base/names.h"

enum proxy_type { PROXY_HTTP, PROXY_SOCKS4, PROXY_SOCKS4A, PROXY_SOCKS5, PROXY_HTTPS, PROXY_TYPES };

/* As --proxy-type and the scheme of a URL have them; "5" and the like are nc's. */
extern const struct name proxy_type_names[];

#endif
