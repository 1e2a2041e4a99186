/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_access: from --allow, --deny and their files to the lists of who may come.
 */
#ifndef APP_CONF_ACCESS_H
#define APP_CONF_ACCESS_H

#include "app/options.h"
#include "net/transport.h"

/* As the options set them. */
struct access_conf {
    struct option_texts allow, deny, allow_files, deny_files;
};

/* Makes net->access for who listens, reads the files and looks up names, which it waits for. `mixed`: of IP and of UNIX sockets. Returns 0, or -1 with `e`. */
int access_conf_make(const struct access_conf *c, struct net_conf *net, uint64_t traits, bool mixed,
                     struct err *e);
void access_conf_clear(struct access_conf *c);

#endif
