/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "app/session.h"
#include "base/hostport.h"
#include "base/mem.h"

/* All of them, one by one, newly allocated. */
static uint16_t *list_ports(const struct conf *c, size_t *count)
{
    struct portrange *ranges;
    const int n = hostport_list(c->ports, NULL, NULL, &ranges);
    uint16_t *ports;

    *count = 0;
    for (int i = 0; i < n; i++)
        *count += (size_t)(ranges[i].last - ranges[i].first) + 1;
    ports = mem_alloc((*count + 1) * sizeof *ports);
    *count = 0;
    for (int i = 0; i < n; i++) {
        for (unsigned port = ranges[i].first; port <= ranges[i].last; port++)
            ports[(*count)++] = (uint16_t)port;
    }
    free(ranges);
    return ports;
}

/* Without enough randomness the order is what it was. */
static void shuffle(uint16_t *ports, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        uint32_t r = 0;
        size_t k = getrandom(&r, sizeof r, 0) == (ssize_t)sizeof r ? (size_t)((uint64_t)r * i >> 32) : i - 1;
        const uint16_t swap = ports[i - 1];

        ports[i - 1] = ports[k];
        ports[k] = swap;
    }
}

int ports_run(struct conf *conf, int *signo)
{
    size_t n;
    uint16_t *ports = list_ports(conf, &n);
    int status = STATUS_NETWORK;
    bool any = false;
    char text[8];

    if (conf->randomize)
        shuffle(ports, n);
    conf->net.port = text;
    for (size_t i = 0; i < n && *signo == 0 && !(any && conf->one_port); i++) {
        snprintf(text, sizeof text, "%u", (unsigned)ports[i]);
        status = session_run(conf, signo);
        any |= status == STATUS_OK;
    }
    conf->net.port = NULL;
    free(ports);
    return any ? STATUS_OK : status;
}
