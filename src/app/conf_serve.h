/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_serve: from --proxy-auth, --allow-to and --deny-to to what clients may who ask us as their proxy.
 */
#ifndef APP_CONF_SERVE_H
#define APP_CONF_SERVE_H

#include "app/options.h"
#include "end/proxy.h"

struct ends_conf;

/* As the options set them; and what is made of it. */
struct serve_conf {
    struct option_texts allow, deny;

    struct end_proxy_conf made;
    char *login; /* what made.user and made.password point to */
};

/* Makes s->made, and gives it to `ends`; `family` is that of the listener. `auth` is --proxy-auth, or NULL, and copied.
 * Returns 0, or -1 with `e`. */
int serve_conf_make(struct serve_conf *s, struct ends_conf *ends, int family, uint64_t traits,
                    const char *auth, struct err *e);
void serve_conf_clear(struct serve_conf *s);

#endif
