/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What follows from --broker and --chat.
 */
#include <unistd.h>

#include "app/conf.h"
#include "app/mode.h"
#include "proto/chat_line.h"
#include "svc/broker.h"

/* At a prompt all of it is at the terminal. */
static void choose_service(struct conf *c, bool chat)
{
    if (c->service == &service_prompt && isatty(STDOUT_FILENO)) {
        c->console.relay = chat ? &relay_chat : &relay_broker;
        c->console.relay_conf = &c->chat;
    } else {
        if (c->console.log != NULL)
            c->records.log = c->console.log;
        c->console.log = NULL;
        c->service = chat ? &service_chat : &service_broker;
    }
}

static int check(const struct conf *c, struct err *e)
{
    if (c->service != &service_prompt && (console_conf_shows(&c->console) || console_conf_reads(&c->console)))
        return err_set(
            e, STATUS_LOCAL,
            "what says how lines are shown or read needs a prompt with --%s, and there is none here",
            c->mode);
    if (c->chat.nick != NULL && !chat_name_is_right(c->chat.nick))
        return err_set(e, STATUS_LOCAL,
                       "--nick: '%.64s' is no name of 1 to 32 letters, digits, _ and -, or a number",
                       c->chat.nick);
    return 0;
}

int conf_derive_among(struct conf *c, uint64_t traits, struct err *e)
{
    if ((traits & (TRAIT_BROKER | TRAIT_CHAT)) == 0 || c->action != CONF_RUN)
        return 0;
    c->bridge.leave = c->leave; /* who has ended its side still hears the others */
    c->broker = (struct circle_conf){
        .bridge = &c->bridge, .no_input = c->stdio.no_input, .silent = c->bridge.send_only};
    c->chat.circle = c->broker;
    c->chat.crlf = c->bridge.out.crlf;
    choose_service(c, (traits & TRAIT_CHAT) != 0);
    if ((traits & (TRAIT_UNIX | TRAIT_DGRAM)) == 0)
        conf_add_sockopt(c, "nodelay");
    return check(c, e);
}
