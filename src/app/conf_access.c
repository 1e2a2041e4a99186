/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/conf_access.h"

#include <stdlib.h>

#include "app/mode.h"

/* What is known of who comes. Datagrams of UNIX sockets do not tell. */
static unsigned known_kinds(uint64_t traits, bool mixed)
{
    if (mixed && (traits & TRAIT_DGRAM) == 0)
        return ACCESS_IP | ACCESS_OWNER;
    if ((traits & TRAIT_UNIX) == 0)
        return ACCESS_IP;
    return (traits & TRAIT_DGRAM) == 0 ? ACCESS_OWNER : 0;
}

/* A list without entries would be none, and let everybody in. */
static int add_lists(struct access *a, enum access_side side, const struct option_texts *lists,
                     const struct option_texts *files, struct err *e)
{
    for (size_t i = 0; i < lists->n; i++) {
        if (access_add(a, side, lists->list[i]) == 0)
            return err_set(e, STATUS_LOCAL, "--%s: the list is empty",
                           side == ACCESS_ALLOW ? "allow" : "deny");
    }
    for (size_t i = 0; i < files->n; i++)
        access_add_file(a, side, files->list[i]);
    return 0;
}

int access_conf_make(const struct access_conf *c, struct net_conf *net, uint64_t traits, bool mixed,
                     struct err *e)
{
    const struct access_opts opts = {
        .kinds = known_kinds(traits, mixed), .family = net->family, .numeric = net->numeric};

    if ((traits & TRAIT_LISTEN) == 0)
        return 0;
    net->access = access_new(&opts);
    if (add_lists(net->access, ACCESS_ALLOW, &c->allow, &c->allow_files, e) < 0 ||
        add_lists(net->access, ACCESS_DENY, &c->deny, &c->deny_files, e) < 0)
        return -1;
    return access_load(net->access, e);
}

void access_conf_clear(struct access_conf *c)
{
    free(c->allow.list);
    free(c->deny.list);
    free(c->allow_files.list);
    free(c->deny_files.list);
}
