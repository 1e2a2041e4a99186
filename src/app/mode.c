/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/mode.h"

#include <string.h>

#include "console/console_conf.h"
#include "svc/broker.h"
#include "svc/chat.h"
#include "svc/echo.h"
#include "svc/stdio.h"

#define DATAGRAMS (TRAIT_DGRAM | TRAIT_MESSAGES)

/* From the least to the most particular: mode_choose() takes the last that fits. */
static const struct mode modes[] = {
    {
        .name = "connect",
        .help = "connect to a host and port",
        .stream = "connect",
        .datagram = "udp",
        .unix_stream = "connect",
        .service = &service_stdio,
        .at_terminal = &service_prompt,
        .excludes = TRAIT_LISTEN | TRAIT_SELF | TRAIT_CONNECTED,
    },
    {
        .name = "udp",
        .help = "exchange datagrams with anyone",
        .datagram = "udp",
        .service = &service_stdio,
        .at_terminal = &service_prompt,
        .when = TRAIT_DGRAM,
        .gives = DATAGRAMS,
        .excludes = TRAIT_SELF,
    },
    {
        .name = "listen",
        .help = "wait for peers",
        .stream = "listen",
        .datagram = "udp-listen",
        .unix_stream = "listen",
        .service = &service_stdio,
        .at_terminal = &service_prompt,
        .when = TRAIT_LISTEN,
        .gives = TRAIT_LISTEN,
        .excludes = TRAIT_SELF | TRAIT_CONNECTED,
    },
    {
        .name = "udp-connected",
        .help = "exchange datagrams with one peer",
        .datagram = "udp-connected",
        .service = &service_stdio,
        .at_terminal = &service_prompt,
        .when = TRAIT_CONNECTED,
        .gives = TRAIT_CONNECTED | DATAGRAMS,
        .excludes = TRAIT_LISTEN | TRAIT_SELF,
    },
    {
        .name = "echo",
        .help = "send back what peers send",
        .stream = "listen",
        .datagram = "udp-listen",
        .unix_stream = "listen",
        .service = &service_echo,
        .when = TRAIT_ECHO,
        .gives = TRAIT_ECHO | TRAIT_LISTEN | TRAIT_KEEP_OPEN,
        .excludes = TRAIT_SELF | TRAIT_CONNECTED,
    },
    {
        .name = "broker",
        .help = "what a peer sends goes to all others",
        .stream = "listen",
        .datagram = "udp-each",
        .unix_stream = "listen",
        .service = &service_broker,
        .at_terminal = &service_prompt,
        .when = TRAIT_BROKER,
        .gives = TRAIT_BROKER | TRAIT_LISTEN | TRAIT_KEEP_OPEN,
        .excludes = TRAIT_SELF | TRAIT_CONNECTED,
    },
    {
        .name = "chat",
        .help = "the same by lines, behind names",
        .stream = "listen",
        .datagram = "udp-each",
        .unix_stream = "listen",
        .service = &service_chat,
        .at_terminal = &service_prompt,
        .when = TRAIT_CHAT,
        .gives = TRAIT_CHAT | TRAIT_LISTEN | TRAIT_KEEP_OPEN,
        .excludes = TRAIT_SELF | TRAIT_CONNECTED,
    },
    {
        .name = "self-connect",
        .help = "connect a socket to itself",
        .stream = "self",
        .datagram = "self",
        .service = &service_stdio,
        .at_terminal = &service_prompt,
        .when = TRAIT_SELF,
        .gives = TRAIT_SELF,
        .excludes = TRAIT_LISTEN | TRAIT_CONNECTED,
    },
};

enum { MODES = sizeof modes / sizeof modes[0] };

const struct mode *mode_row(size_t i)
{
    return i < MODES ? &modes[i] : NULL;
}

const struct mode *mode_find(const char *name)
{
    for (size_t i = 0; i < MODES; i++) {
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    }
    return NULL;
}

const struct mode *mode_choose(uint64_t traits)
{
    const struct mode *found = &modes[0];

    for (size_t i = 1; i < MODES; i++) {
        if ((traits & modes[i].when) != 0)
            found = &modes[i];
    }
    return found;
}

const char *mode_transport(const struct mode *m, uint64_t traits)
{
    /* Who is given a socket knows no address to send to, and one who is verified is one and the same. */
    const uint64_t one = traits & TRAIT_LISTEN ? TRAIT_PASS : TRAIT_PASS | TRAIT_TLS;

    if ((traits & TRAIT_DGRAM) != 0)
        return (traits & one) != 0 ? "udp-connected" : m->datagram;
    return (traits & TRAIT_UNIX) != 0 ? m->unix_stream : m->stream;
}
