/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The kinds of ends there are. Private to end/.
 */
#ifndef END_ROWS_H
#define END_ROWS_H

struct end_kind;

extern const struct end_kind end_tcp, end_tls, end_dtls, end_udp, end_unix, end_unix_dgram, end_seqpacket,
    end_vsock, end_ws, end_wss, end_echo, end_discard, end_exec, end_sh, end_pty, end_file, end_append,
    end_read, end_tty, end_descriptor, end_proxy;

#endif
