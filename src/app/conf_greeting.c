/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --each: what peers are sent first. For a moment each takes a descriptor more.
 */
#include <string.h>
#include <unistd.h>

#include "app/conf.h"
#include "app/mode.h"

int conf_derive_greeting(struct conf *c, uint64_t traits, struct err *e)
{
    const bool joined = (traits & TRAIT_JOIN) != 0;
    uint64_t size;
    int fd;

    if (c->greeting.path == NULL)
        return 0;
    if (strcmp(c->transport, "udp-listen") == 0 || strcmp(c->transport, "udp-first") == 0)
        return err_set(e, STATUS_LOCAL,
                       "--each with --udp and --listen needs --to: else all senders are one peer");
    fd = greeting_open(c->greeting.path, &size, e);
    if (fd < 0)
        return -1;
    close(fd);
    c->greeting.size = c->bridge.out.size;
    c->greeting.ends = joined && c->join.end.kind->mute;
    c->net.room = end_room(&c->join.end, 2);
    return 0;
}
