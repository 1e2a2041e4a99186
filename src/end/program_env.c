/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/program_env.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/remote.h"

/* "(unnamed)" is for people. */
static const char *host_of(const struct addr *a, char text[static ADDR_TEXT])
{
    if (addr_family(a) == AF_UNIX && a->len <= offsetof(struct sockaddr_un, sun_path))
        return "";
    return addr_host(a, text);
}

/* As ours, and as Ncat calls it. */
static void add_both(struct program_env *env, size_t at, const char *name, const char *value,
                     const char *ncat_value)
{
    char text[ADDR_TEXT + 32];

    snprintf(text, sizeof text, "POLLCAT_%s=%s", name, value);
    env->own[at] = mem_strdup(text);
    snprintf(text, sizeof text, "NCAT_%s=%s", name, ncat_value);
    env->own[at + 1] = mem_strdup(text);
}

static void add_address(struct program_env *env, size_t at, const char *which, const struct addr *a)
{
    char host[ADDR_TEXT], name[32], port[12] = "";
    const char *value = host_of(a, host);

    if (addr_family(a) != AF_UNIX)
        snprintf(port, sizeof port, "%u", (unsigned)addr_port(a));
    snprintf(name, sizeof name, "%s_ADDR", which);
    add_both(env, at, name, value, value);
    snprintf(name, sizeof name, "%s_PORT", which);
    add_both(env, at + 2, name, port, port);
}

static void add_peer(struct program_env *env, const struct peer *peer)
{
    const int family = addr_family(peer->local);

    add_address(env, 0, "REMOTE", peer->remote);
    add_address(env, 4, "LOCAL", peer->local);
    if (family == AF_UNIX)
        add_both(env, 8, "PROTO", "unix", "UNIX");
    else if (family == AF_VSOCK)
        add_both(env, 8, "PROTO", "vsock", "VSOCK");
    else if (peer->datagram)
        add_both(env, 8, "PROTO", "udp", "UDP");
    else
        add_both(env, 8, "PROTO", "tcp", "TCP");
}

/* What stays as it is, is that of ours. */
static void add_type(struct program_env *env, const struct peer *peer)
{
    const struct remote *remote = peer != NULL ? port_remote(peer->port) : NULL;
    const char *type = getenv("TERM");
    char text[REMOTE_TYPE + 8];
    size_t n = 0;

    if (remote != NULL && remote->type[0] != '\0')
        type = remote->type;
    else if (type != NULL && type[0] != '\0')
        return;
    else
        type = "dumb";
    while (env->own[n] != NULL)
        n++;
    snprintf(text, sizeof text, "TERM=%s", type);
    env->own[n] = mem_strdup(text);
}

static size_t add_changes(struct program_env *env, size_t n, const char *const *changes)
{
    for (; *changes != NULL; changes++)
        env->changes[n++] = *changes;
    env->changes[n] = NULL;
    return n;
}

const char *const *program_env_make(struct program_env *env, const struct peer *peer, bool terminal)
{
    static const char *const left_out[] = {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "POLLCAT_PROXY_AUTH",
                                           NULL};
    static const char *const size[] = {"LINES", "COLUMNS", NULL};
    size_t n = 0;

    *env = (struct program_env){0};
    if (peer != NULL && peer->local->len > 0)
        add_peer(env, peer);
    if (terminal)
        add_type(env, peer);
    while (n < PROGRAM_ENV_OWN && env->own[n] != NULL) {
        env->changes[n] = env->own[n];
        n++;
    }
    n = add_changes(env, n, left_out);
    if (terminal)
        add_changes(env, n, size);
    return env->changes;
}

void program_env_clear(struct program_env *env)
{
    for (size_t i = 0; i < PROGRAM_ENV_OWN; i++)
        free(env->own[i]);
}
