/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * socket: what the transports share: making, connecting, binding and naming sockets, and a port on
 * one. Private to net/.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "base/message.h"
#include "net/sockopt.h"
#include "net/transport.h"
#include "net/unix.h"

/* A non-blocking, close-on-exec socket. Returns the descriptor, or -1 with `e` (e->sys says why). */
int socket_new(int family, int type, struct err *e);

/* Applies the command line's options of `phase`. Returns 0 or -1 with `e`. */
int socket_options(int fd, const struct net_conf *conf, enum sockopt_phase phase, struct err *e);

/* What a message may say of a connection of this net, there is or may be. */
struct message socket_message(const struct net_conf *conf, const struct addr *local,
                              const struct addr *remote);

/* True when it is a PROXY header that tells who comes from there. Of a UNIX socket access lists know owners, who are there. */
bool socket_tells_later(const struct net_conf *conf, const struct addr *from);

/* Sets an integer option that only helps: a failure is not reported. */
void socket_set(int fd, int level, int number, int value);

/* The addresses for `host` and `port`, or the one UNIX address. As resolve(). */
int socket_resolve(const struct net_conf *conf, const char *host, const char *port, int type, bool passive,
                   struct addr **out, struct err *e);

/* The addresses to connect to. The same. */
int socket_target(const struct net_conf *conf, int type, struct addr **out, struct err *e);

/* The addresses that -s and -p ask to be bound to. Returns how many (0: neither was given), or -1. */
int socket_source(const struct net_conf *conf, int type, struct addr **out, struct err *e);

/* Binds; an error is told as `failed`. `own` is for UNIX paths. Returns 0, or -1 with `e`. */
int socket_bind(int fd, const struct addr *a, enum message_id failed, struct unix_path *own, struct err *e);

/* Binds a client to the one of `source` that is of the family of `to`. UNIX datagram sockets without a source
 * get an abstract address of the kernel's choice, so that answers can come. Returns 0, or -1 with `e`
 * (STATUS_LOCAL). */
int socket_bind_source(int fd, int type, const struct addr *source, int nsource, const struct addr *to,
                       struct unix_path *own, struct err *e);

/* As getsockname(2) and getpeername(2); len 0 when there is none. */
void socket_local(int fd, struct addr *a);
void socket_remote(int fd, struct addr *a);

/* How connect(2) to `to`, which said EINPROGRESS or 0, has ended by now, and of which `events` tell (LOOP_*; LOOP_OUT where it
 * said 0): 0 when `fd` is connected, else an errno. A TCP socket that met itself (RFC 9293 section 3.5) found nobody,
 * ECONNREFUSED, unless `itself` is wanted. Its own address into `local` where that was asked for, else len 0. */
int socket_connected(int fd, const struct addr *to, unsigned events, bool itself, struct addr *local);

/* The exit status that a failed connect(2) deserves: STATUS_NETWORK when the network or the peer said no. */
enum status socket_status(int sys);

/* Whether datagrams `from` there are let in, by `conf`, a struct net_conf; who is not is told of. For struct dgram_opts. */
bool socket_admits(const void *conf, const struct addr *from);

/* Tells that who is connected to `fd` may not come, and resets it. Takes `fd`. */
void socket_refuse(int fd, const struct addr *from);

/* A port on the connected socket `fd`, which is taken, and may be `shared` with others; its own address into `local`, unless
 * it is there (len > 0). Returns NULL with `e`, `fd` closed, when an option is refused. */
struct port *socket_port(struct net *n, int fd, int type, bool shared, struct addr *local, struct err *e);

#endif
