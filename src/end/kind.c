/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/kind.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "end/rows.h"

enum { NAME = 24 };

static const struct end_kind *const rows[] = {
    &end_tcp,   &end_tls,  &end_unix,   &end_seqpacket, &end_udp,     &end_dtls,       &end_unix_dgram,
    &end_vsock, &end_ws,   &end_wss,    &end_echo,      &end_discard, &end_exec,       &end_sh,
    &end_pty,   &end_file, &end_append, &end_read,      &end_tty,     &end_descriptor, &end_proxy,
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct end_kind *end_row(size_t i)
{
    return i < ROWS ? rows[i] : NULL;
}

/* Words of socat(1), without the 4 or 6 behind tcp and udp. */
static const struct {
    const char *name;
    const struct end_kind *kind;
    const char *instead;
} socat[] = {
    {"tcp-connect", &end_tcp, NULL},
    {"tcp-listen", NULL, "-l tcp:PORT, and -k for fork"},
    {"tcp-l", NULL, "-l tcp:PORT, and -k for fork"},
    {"openssl", &end_tls, NULL},
    {"openssl-connect", &end_tls, NULL},
    {"ssl", &end_tls, NULL},
    {"openssl-dtls-client", &end_dtls, NULL},
    {"openssl-dtls-connect", &end_dtls, NULL},
    {"dtls-client", &end_dtls, NULL},
    {"dtls-connect", &end_dtls, NULL},
    {"openssl-listen", NULL, "-l tls:PORT, and -k for fork"},
    {"openssl-l", NULL, "-l tls:PORT, and -k for fork"},
    {"ssl-l", NULL, "-l tls:PORT, and -k for fork"},
    {"udp-sendto", &end_udp, NULL},
    {"udp-connect", NULL, "--udp-connected HOST PORT"},
    {"udp-listen", NULL, "-l udp:PORT"},
    {"udp-l", NULL, "-l udp:PORT"},
    {"udp-recv", NULL, "-l udp:PORT"},
    {"udp-recvfrom", NULL, "-l udp:PORT"},
    {"unix-connect", &end_unix, NULL},
    {"unix-client", &end_unix, NULL},
    {"unix-listen", NULL, "-l unix:PATH, and -k for fork"},
    {"unix-l", NULL, "-l unix:PATH, and -k for fork"},
    {"unix-sendto", &end_unix_dgram, NULL},
    {"unix-recv", NULL, "-l unix-dgram:PATH"},
    {"unix-recvfrom", NULL, "-l unix-dgram:PATH"},
    {"vsock-connect", &end_vsock, NULL},
    {"vsock-listen", NULL, "-l vsock:PORT, and -k for fork"},
    {"vsock-l", NULL, "-l vsock:PORT, and -k for fork"},
    {"abstract-connect", NULL, "unix:@NAME"},
    {"abstract-listen", NULL, "-l unix:@NAME, and -k for fork"},
    {"system", &end_sh, NULL},
    {"shell", &end_sh, NULL},
    {"create", &end_file, NULL},
    {"open", NULL, "read:PATH, file:PATH or append:PATH"},
    {"gopen", NULL, "read:PATH, file:PATH or append:PATH"},
    {"pipe", NULL, "echo:"},
    {"pty", NULL, "pty:COMMAND, or tty:PATH"},
    {"socks4", NULL, "--proxy socks4://HOST"},
    {"socks4a", NULL, "--proxy socks4a://HOST"},
    {"socks5", NULL, "--proxy socks5://HOST"},
    {"socks5-connect", NULL, "--proxy socks5://HOST"},
    {"proxy-connect", NULL, "--proxy http://HOST"},
    {"stdin", NULL, "fd:0"},
    {"stdout", NULL, "fd:1"},
    {"readline", NULL, "nothing: at a terminal there is a prompt"},
};

enum { SOCAT = sizeof socat / sizeof socat[0] };

/* The version of IP in the word, which is taken out of it. */
static int take_family(char *name)
{
    const bool ip = strncasecmp(name, "tcp", 3) == 0 || strncasecmp(name, "udp", 3) == 0;
    const int family = ip && name[3] == '4' ? AF_INET : ip && name[3] == '6' ? AF_INET6 : 0;

    if (family != 0)
        memmove(name + 3, name + 4, strlen(name + 4) + 1);
    return family;
}

static const struct end_kind *find_kind(const char *name)
{
    const struct end_kind *kind;

    for (size_t i = 0; (kind = end_row(i)) != NULL; i++) {
        if (strcasecmp(kind->name, name) == 0)
            return kind;
    }
    return NULL;
}

/* A host may be called system, and have ports. */
static bool is_host(const char *name, const char *rest)
{
    return strchr(name, '-') == NULL && rest[0] == ':' && rest[1] != '\0' &&
           rest[1 + strspn(rest + 1, "0123456789")] == '\0';
}

/* Some stand without a colon there. */
static void find_socat(const char *name, const char *rest, struct end_word *word)
{
    for (size_t i = 0; i < SOCAT; i++) {
        if (strcasecmp(socat[i].name, name) != 0 || is_host(name, rest))
            continue;
        word->kind = rest[0] == ':' ? socat[i].kind : NULL;
        word->instead = socat[i].instead;
    }
}

struct end_word end_read_word(const char *text)
{
    const size_t n = strcspn(text, ":,");
    struct end_word word = {.rest = text};
    char name[NAME];

    if (strcmp(text, "-") == 0 || strcasecmp(text, "stdio") == 0)
        return (struct end_word){.kind = &end_descriptor, .rest = "0,1"};
    if (n >= sizeof name)
        return word;
    memcpy(name, text, n);
    name[n] = '\0';
    word.family = take_family(name);
    if (text[n] == ':')
        word.kind = find_kind(name);
    if (word.kind == NULL)
        find_socat(name, text + n, &word);
    if (word.kind == NULL)
        word.family = 0;
    else
        word.rest = text + n + 1;
    return word;
}

const char *end_list_words(char *text, size_t size, bool ends)
{
    const struct end_kind *kind;
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; (kind = end_row(i)) != NULL && n < size; i++) {
        if (kind->open != NULL || !ends)
            n += (size_t)snprintf(text + n, size - n, "%s%s:", n > 0 ? " " : "", kind->name);
    }
    return text;
}

static bool is_followed_by(const struct end_kind *kind, const char *what)
{
    return strncmp(kind->syntax, what, strlen(what)) == 0;
}

const char *end_list_of(char *text, size_t size, const char *what, const char *between)
{
    const struct end_kind *kind;
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; (kind = end_row(i)) != NULL && n < size; i++) {
        if (is_followed_by(kind, what))
            n += (size_t)snprintf(text + n, size - n, "%s%s", n > 0 ? between : "", kind->name);
    }
    return text;
}

const char *end_path_in(const char *word)
{
    const struct end_word read = end_read_word(word);

    return read.kind != NULL && read.rest > word && is_followed_by(read.kind, "PATH") ? read.rest : NULL;
}
