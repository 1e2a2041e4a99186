/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls: the other end of a stream over TLS 1.3 with AES-128-GCM, without the cost of one: the sink shakes hands and throws
 * away what comes unseen, the source has everything encrypted before the clock starts. The least there is to do in between,
 * which is to encrypt or decrypt. And visits of clients that do no more than shake hands.
 */
#include "common.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/mman.h>

enum {
    DATA = 16 * 1024, /* of a record */
    AROUND = 64,      /* bytes of a record that are no data, at most */
    WRITE = 64 * 1024,
    EVENTS = 64,
    SAMPLES = 1 << 20,
};

static _Noreturn void die_of_tls(const char *what)
{
    fprintf(stderr, "%s: ", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static SSL_CTX *make_context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);

    if (ctx == NULL || SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") != 1 ||
        SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1)
        die_of_tls("context");
    return ctx;
}

static SSL *dress(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);

    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
        die_of_tls("connection");
    return ssl;
}

/* What comes after the handshake is thrown away inside the kernel, as it is. */
static void sink(char **args)
{
    SSL_CTX *ctx = make_context(TLS_server_method());
    int listener = serve(SOCK_STREAM, 0), fd;
    const long long size = whole(args[2]);
    long long got = 0;
    double start, end;
    SSL *ssl;
    ssize_t n;

    SSL_CTX_set_num_tickets(ctx, 0);
    if (SSL_CTX_use_certificate_file(ctx, args[0], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, args[1], SSL_FILETYPE_PEM) != 1)
        die_of_tls("certificate");
    printf("port %d\n", port_of(listener));
    fd = must(accept(listener, NULL, NULL), "accept");
    ssl = dress(ctx, fd);
    if (SSL_accept(ssl) != 1)
        die_of_tls("handshake");
    end = start = now();
    while (got < size && (n = recv(fd, NULL, PIPE, MSG_TRUNC)) > 0) {
        end = now();
        got += n;
    }
    printf("bytes %lld seconds %.6f\n", got, end - start);
}

/* All that is to be sent, encrypted, with the end of TLS. */
static size_t encrypt_all(SSL *ssl, char *to, long long size)
{
    static char block[DATA];
    BIO *out = BIO_new(BIO_s_mem());
    size_t at = 0;
    int n;

    SSL_set0_wbio(ssl, out);
    for (; size > 0; size -= DATA) {
        if (SSL_write(ssl, block, size < DATA ? (int)size : DATA) <= 0)
            die_of_tls("encryption");
        while ((n = BIO_read(out, to + at, PIPE)) > 0)
            at += (size_t)n;
    }
    SSL_shutdown(ssl);
    n = BIO_read(out, to + at, PIPE);
    return at + (size_t)(n > 0 ? n : 0);
}

static void source(char **args)
{
    const long long size = whole(args[1]);
    const size_t room = (size_t)(size / DATA + 2) * (DATA + AROUND) + PIPE;
    char *all = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), drop[4096];
    size_t ready = (size_t)size;
    int fd = reach(SOCK_STREAM, number(args[0]));
    double start;

    if (all == MAP_FAILED)
        die("mmap");
    if (args[2] == NULL) {
        SSL *ssl = dress(make_context(TLS_client_method()), fd);

        if (SSL_connect(ssl) != 1)
            die_of_tls("handshake");
        ready = encrypt_all(ssl, all, size);
    } else {
        memset(all, 'x', ready);
    }
    start = now();
    for (size_t at = 0; at < ready; at += WRITE)
        write_all(fd, all + at, ready - at < WRITE ? ready - at : WRITE);
    must(shutdown(fd, SHUT_WR), "shutdown");
    while (read(fd, drop, sizeof drop) > 0)
        continue;
    printf("bytes %lld seconds %.6f\n", size, now() - start);
}

/* Reads, does with it what `openssl speed -evp aes-128-gcm -bytes 16384` does, and writes: without a thought of records,
 * of numbers and of what is to be authentic. */
static void convert(int from, int to, int encrypt)
{
    static const unsigned char key[16], iv[12];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    unsigned char *block = memory(WRITE);
    ssize_t n;
    int done;

    if (c == NULL || EVP_CipherInit_ex(c, EVP_aes_128_gcm(), NULL, key, iv, encrypt) != 1)
        die_of_tls("cipher");
    (void)fcntl(from, F_SETPIPE_SZ, PIPE);
    while ((n = read(from, block, WRITE)) > 0) { /* what stays in the cache */
        for (int at = 0; at < (int)n; at += DATA)
            EVP_CipherUpdate(c, block + at, &done, block + at, (int)n - at < DATA ? (int)n - at : DATA);
        write_all(to, (char *)block, (size_t)n);
    }
}

static int come_to(const char *port)
{
    return must(accept(serve(SOCK_STREAM, number(port)), NULL, NULL), "accept");
}

static void send_input(char **args)
{
    convert(STDIN_FILENO, reach(SOCK_STREAM, number(args[0])), 1);
}

static void receive(char **args)
{
    convert(come_to(args[0]), STDOUT_FILENO, 0);
}

static void relay(char **args)
{
    int from = come_to(args[0]);

    convert(from, reach(SOCK_STREAM, number(args[1])), strcmp(args[2], "out") == 0);
}

/* Visits */

static SSL_SESSION *kept;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

/* Shakes hands and waits for what comes after it, which is a session to go on with. */
static void fetch_session(SSL_CTX *ctx, int port)
{
    SSL *ssl = dress(ctx, reach(SOCK_STREAM, port));
    char byte;

    if (SSL_connect(ssl) != 1)
        die_of_tls("handshake");
    fcntl(SSL_get_fd(ssl), F_SETFL, O_NONBLOCK);
    for (double end = now() + 5; kept == NULL && now() < end; rest(1000))
        (void)SSL_read(ssl, &byte, 1);
    if (kept == NULL)
        die("session");
    SSL_shutdown(ssl);
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
    ERR_clear_error();
}

/* One client: connects, shakes hands, ends its direction, and waits for the other's end. */
struct visit {
    SSL *ssl;
    bool shaken;
    double start;
};

static void watch(int crowd, struct visit *v, int how, unsigned events)
{
    struct epoll_event ev = {.events = events, .data.ptr = v};

    must(epoll_ctl(crowd, how, SSL_get_fd(v->ssl), &ev), "epoll_ctl");
}

static void begin(struct visit *v, SSL_CTX *ctx, int crowd, int port)
{
    static unsigned turn;
    struct sockaddr_in to = loopback(port), from = loopback(0);
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"), on = 1;

    /* Of many addresses, so that ports do not run out. */
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + turn++ % 64);
    must(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), "IP_BIND_ADDRESS_NO_PORT");
    must(bind(fd, (struct sockaddr *)&from, sizeof from), "bind");
    *v = (struct visit){.start = now()};
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        die("connect");
    v->ssl = dress(ctx, fd);
    SSL_set_connect_state(v->ssl);
    if (kept != NULL)
        SSL_set_session(v->ssl, kept);
    watch(crowd, v, EPOLL_CTL_ADD, EPOLLOUT);
}

static void shake(struct visit *v, int crowd)
{
    int r = SSL_do_handshake(v->ssl);

    if (r != 1 && SSL_get_error(v->ssl, r) != SSL_ERROR_WANT_READ)
        die_of_tls("handshake");
    watch(crowd, v, EPOLL_CTL_MOD, EPOLLIN);
    if (r != 1)
        return;
    v->shaken = true;
    SSL_shutdown(v->ssl);
    (void)shutdown(SSL_get_fd(v->ssl), SHUT_WR);
}

/* What still comes is not looked at. */
static bool has_ended(const struct visit *v)
{
    char drop[4096];
    ssize_t n;

    while ((n = read(SSL_get_fd(v->ssl), drop, sizeof drop)) > 0)
        continue;
    return n == 0 || errno != EAGAIN;
}

static void visits(char **args)
{
    SSL_CTX *ctx = make_context(TLS_client_method());
    int port = number(args[0]), crowd = must(epoll_create1(0), "epoll");
    size_t parallel = (size_t)number(args[1]), sampled = 0;
    struct visit *all = memory(parallel * sizeof *all);
    double *samples = memory(SAMPLES * sizeof *samples), limit = strtod(args[2], NULL), start;
    long long done = 0, resumed = 0;
    struct epoll_event ready[EVENTS];

    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    if (strcmp(args[3], "resumed") == 0)
        fetch_session(ctx, port);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* else each goes on once */
    start = now();
    for (size_t i = 0; i < parallel; i++)
        begin(&all[i], ctx, crowd, port);
    while (now() - start < limit) {
        int n = epoll_wait(crowd, ready, EVENTS, 1000);

        for (int i = 0; i < n; i++) {
            struct visit *v = ready[i].data.ptr;

            if (!v->shaken)
                shake(v, crowd);
            if (!v->shaken || !has_ended(v))
                continue;
            resumed += SSL_session_reused(v->ssl);
            if (sampled < SAMPLES)
                samples[sampled++] = now() - v->start;
            done++;
            close(SSL_get_fd(v->ssl));
            SSL_free(v->ssl);
            begin(v, ctx, crowd, port);
        }
    }
    printf("visits %lld resumed %lld seconds %.6f ", done, resumed, now() - start);
    print_quantiles(samples, sampled);
    printf("\n");
}

static const struct command commands[] = {
    {"sink", sink, 3, "CERTIFICATE KEY SIZE: listen, shake hands, take so many bytes, as they come"},
    {"source", source, 2, "PORT SIZE [plain]: shake hands, send so many bytes, wait for the other's end"},
    {"send", send_input, 1, "PORT: standard input encrypted to a socket"},
    {"receive", receive, 1, "PORT: a socket decrypted to standard output"},
    {"relay", relay, 3, "PORT FAR in|out: what comes to PORT decrypted or encrypted to FAR"},
    {"visits", visits, 4, "PORT PARALLEL SECONDS full|resumed: connect, shake hands, close"},
};

int main(int argc, char **argv)
{
    return run_command(commands, sizeof commands / sizeof commands[0], argc, argv);
}
