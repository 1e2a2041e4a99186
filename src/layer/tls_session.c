/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session that a client keeps in a file. The server shows no certificate when it goes on with one, so the file says whom
 * it was with and why that one was trusted: it is offered only where both are the same again.
 */
#ifdef USE_OPENSSL

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "layer/tls_parts.h"

enum { LARGEST = 64 * 1024, HEAD = 4096 };

/* Whom a session is with, and all that was asked of it. Returns its size; 0: it does not fit. */
static size_t write_head(const struct tls_layer *x, char head[static HEAD])
{
    const struct tls_conf *c = x->tls->conf;
    const bool pinned = x->tls->pinned, chain = !c->insecure && (!pinned || c->pin_too);
    int n = snprintf(head, HEAD, "pollcat %s session\n%s\n%s%s%s%s\n%s%s\n%s\n", c->datagram ? "DTLS" : "TLS",
                     x->name != NULL ? x->name : "",
                     !chain     ? "insecure"
                     : c->trust ? "issuers "
                                : "system",
                     chain && c->trust != NULL ? c->trust : "", chain && c->nameless ? "\nany name" : "",
                     chain && c->old_names ? "\nold names" : "", pinned ? "pin " : "", pinned ? c->pin : "",
                     c->crl != NULL ? c->crl : "");

    return n < HEAD ? (size_t)n : 0;
}

/* Reads a file of at most `size` bytes. Returns how many, or -1. */
static ssize_t read_file(const char *path, unsigned char *data, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    size_t got = 0;
    ssize_t n;

    if (fd < 0)
        return -1;
    do {
        n = read(fd, data + got, size - got);
        got += n > 0 ? (size_t)n : 0;
    } while ((n > 0 && got < size) || (n < 0 && errno == EINTR));
    close(fd);
    return n < 0 ? -1 : (ssize_t)got;
}

static void offer(struct tls_layer *x, const unsigned char *data, ssize_t n)
{
    const struct tls_lib *o = &x->tls->lib;
    char head[HEAD];
    const size_t start = write_head(x, head);
    const unsigned char *der = data + start;
    SSL_SESSION *session;

    if (start == 0 || n <= (ssize_t)start || memcmp(data, head, start) != 0)
        return;
    session = o->d2i_SSL_SESSION(NULL, &der, (long)((size_t)n - start));
    if (session != NULL)
        o->SSL_set_session(x->ssl, session);
    o->SSL_SESSION_free(session);
    o->ERR_clear_error();
}

void tls_session_load(struct tls_layer *x)
{
    const char *path = x->tls->conf->session;
    unsigned char *data;
    ssize_t n;

    if (path == NULL)
        return;
    data = mem_alloc(LARGEST);
    n = read_file(path, data, LARGEST);
    if (n < 0 && errno != ENOENT)
        log_notice("--ssl-session %s: %s", path, strerror(errno));
    offer(x, data, n);
    free(data);
}

static int write_all(int fd, const void *data, size_t size)
{
    const char *p = data;

    while (size > 0) {
        ssize_t n = write(fd, p, size);

        if (n < 0 && errno != EINTR)
            return -1;
        p += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Puts a new file in the place of the old one: whoever reads it sees a whole one. Returns 0 or -1. */
static int replace_file(const char *path, const char *head, size_t start, const unsigned char *der, size_t n)
{
    const size_t size = strlen(path) + sizeof ".XXXXXX";
    char *temporary = mem_alloc(size);
    int fd, result, sys;

    snprintf(temporary, size, "%s.XXXXXX", path);
    fd = mkostemp(temporary, O_CLOEXEC); /* its owner's alone */
    result = fd < 0 || write_all(fd, head, start) < 0 || write_all(fd, der, n) < 0 ? -1 : 0;
    if (fd >= 0 && close(fd) < 0)
        result = -1;
    if (result == 0)
        result = rename(temporary, path);
    sys = errno;
    if (result < 0 && fd >= 0)
        unlink(temporary);
    free(temporary);
    errno = sys;
    return result;
}

static void save(const struct tls_layer *x, SSL_SESSION *session)
{
    const struct tls_lib *o = &x->tls->lib;
    unsigned char *der = NULL;
    char head[HEAD];
    const size_t start = write_head(x, head);
    const int n = o->i2d_SSL_SESSION(session, &der);

    if (n <= 0)
        return;
    if (start > 0 && replace_file(x->tls->conf->session, head, start, der, (size_t)n) < 0)
        log_notice("--ssl-session %s: %s", x->tls->conf->session, strerror(errno));
    o->CRYPTO_free(der, __FILE__, __LINE__);
}

void tls_session_save(struct tls_layer *x)
{
    const struct tls_lib *o = &x->tls->lib;
    SSL_SESSION *session;

    if (x->tls->conf->session == NULL || !x->client || !x->shaken || x->failed)
        return;
    session = o->SSL_get1_session(x->ssl);
    if (session != NULL && o->SSL_SESSION_is_resumable(session))
        save(x, session);
    o->SSL_SESSION_free(session);
}

#endif
