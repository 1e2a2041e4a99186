/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A listener of datagrams whose peers have ends of their own, are among themselves, or speak DTLS: each sender is a peer.
 */
#include <string.h>

#include "app/conf.h"
#include "app/mode.h"
#include "svc/echo.h"

enum {
    SILENCE = 60 * 1000,    /* ms after which a sender is gone: nothing else tells of it */
    MOST = 16 * 1024,       /* senders at once: anyone can pretend to be many */
    MOST_SECURE = 4 * 1024, /* with DTLS, which takes some 40 KB each */
    MOST_PROGRAMS = 256,
    MOST_AMONG = 256, /* each of whom is sent what any says */
};

/* What answers by itself is echo, which is careful with other echo services. */
static void make_echo(struct conf *c)
{
    c->service = &service_echo;
    c->net.echo = true;
}

static void make_each(struct conf *c, uint64_t traits, unsigned most)
{
    c->transport = "udp-each";
    c->many = c->net.keep_open = true;
    if (c->net.max_conns == 0 && c->dialect == dialect_row(0))
        c->net.max_conns = most;
    if ((traits & TRAIT_IDLE) == 0 && c->idle_timeout == 0)
        c->idle_timeout = SILENCE;
}

/* Without -k there is one. */
static void make_secure(struct conf *c, uint64_t traits, bool many)
{
    if (many) {
        make_each(c, traits, MOST_SECURE);
    } else {
        c->transport = "udp-each";
        c->many = c->net.keep_open = false;
    }
}

static void make_joined(struct conf *c, uint64_t traits)
{
    make_each(c, traits, c->join.end.kind->process ? MOST_PROGRAMS : c->net.cookies ? MOST_SECURE : MOST);
    c->net.room = end_room(&c->join.end, 0);
}

static void make_among(struct conf *c, uint64_t traits)
{
    make_each(c, traits, MOST_AMONG);
    c->net.among = true;
}

int conf_derive_senders(struct conf *c, uint64_t traits, struct err *e)
{
    const uint64_t senders = TRAIT_DGRAM | TRAIT_LISTEN;
    const struct end_kind *kind = (traits & TRAIT_JOIN) != 0 ? c->join.end.kind : NULL;
    const bool ours = c->dialect == dialect_row(0);
    /* At a prompt that watches it is an end like all others: who sits there sees what goes round. */
    const bool echo = kind != NULL && strcmp(kind->name, "echo") == 0 && !c->console.watch;
    const bool each = kind != NULL && !kind->once && (ours || (traits & TRAIT_KEEP_OPEN) != 0);

    if ((traits & senders) != senders)
        return 0;
    c->net.cookies = (traits & TRAIT_TLS) != 0;
    if ((traits & (TRAIT_BROKER | TRAIT_CHAT)) != 0)
        make_among(c, traits);
    else if (echo && !c->net.cookies)
        make_echo(c);
    else if (each)
        make_joined(c, traits);
    else if (c->net.cookies)
        make_secure(c, traits, (traits & TRAIT_KEEP_OPEN) != 0);
    /* What there is but one of, all senders share; other programs serve the first one alone. */
    else if (c->net.max_conns > 0 && ours)
        return err_set(e, STATUS_LOCAL, "--max-conns with --udp needs --to: else all senders are one peer");
    return 0;
}
