# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of what is put on connections, TLS and proxies: what each tool is told to do, and how it is measured.

TLS is 1.3 with AES-128-GCM, which the other end insists on (tests/bench/tls.c). The limit of bulk data is a program that
reads, encrypts or decrypts as `openssl speed -evp aes-128-gcm -bytes 16384` does, and writes.
"""
import os
import subprocess

from harness import Failed, argv, cpu_of, drive_streams, family, free_port, moved, start_server, wait_bound, whole

# As in rows.py; {cert} and {key} are files.
TLS_SEND = {
    "openssl": "openssl s_client -connect 127.0.0.1:{port} -nocommands",
    "ncat": "ncat --ssl --send-only 127.0.0.1 {port}",
    "socat": "socat -u -b 262144 STDIN OPENSSL:127.0.0.1:{port},verify=0",
    "pollcat": "pollcat --ssl --insecure --send-only 127.0.0.1 {port}",
    "limit": "tls send {port}",
}
TLS_RECEIVE = {
    "openssl": "openssl s_server -accept 127.0.0.1:{port} -cert {cert} -key {key} -quiet -naccept 1",
    "ncat": "ncat --ssl --ssl-cert {cert} --ssl-key {key} --recv-only -l 127.0.0.1 {port}",
    "socat": "socat -u -b 262144 OPENSSL-LISTEN:{port},bind=127.0.0.1,cert={cert},key={key},verify=0 STDOUT",
    "pollcat": "pollcat --ssl --ssl-cert {cert} --ssl-key {key} --recv-only -l 127.0.0.1 {port}",
    "limit": "tls receive {port}",
}
TLS_IN = {
    "socat": "socat -u -b 262144 OPENSSL-LISTEN:{port},bind=127.0.0.1,cert={cert},key={key},verify=0 TCP4:127.0.0.1:{far}",
    "haproxy": "haproxy -db -f {configuration}",
    "nginx": "nginx -c {configuration}",
    "stunnel": "stunnel {configuration}",
    "pollcat": "pollcat -l -k --ssl --ssl-cert {cert} --ssl-key {key} 127.0.0.1 {port} --to tcp:127.0.0.1:{far}",
    "limit": "tls relay {port} {far} in",
}
TLS_OUT = {
    "socat": "socat -u -b 262144 TCP4-LISTEN:{port},bind=127.0.0.1 OPENSSL:127.0.0.1:{far},verify=0",
    "haproxy": "haproxy -db -f {configuration}",
    "nginx": "nginx -c {configuration}",
    "stunnel": "stunnel {configuration}",
    "pollcat": "pollcat -l -k --insecure 127.0.0.1 {port} --to tls:127.0.0.1:{far}",
    "limit": "tls relay {port} {far} out",
}
# They take what comes, which is nothing.
TLS_VISITS = {
    "openssl": "openssl s_server -accept 127.0.0.1:{port} -cert {cert} -key {key} -quiet",
    "ncat": "ncat -l -k -m 20000 --ssl --ssl-cert {cert} --ssl-key {key} --recv-only 127.0.0.1 {port}",
    "socat": "socat -u OPENSSL-LISTEN:{port},bind=127.0.0.1,backlog=4096,fork,cert={cert},key={key},verify=0 STDOUT",
    "stunnel": "stunnel {configuration}",
    "pollcat": "pollcat -l -k --ssl --ssl-cert {cert} --ssl-key {key} --recv-only 127.0.0.1 {port}",
}
# Of RSA with 2048 bits, and of P-256.
TLS_VISITS_OWN = {
    "ncat": "ncat -l -k -m 20000 --ssl --recv-only 127.0.0.1 {port}",
    "pollcat": "pollcat -l -k --ssl --recv-only 127.0.0.1 {port}",
}
HAPROXY = """
global
    maxconn 4000
    nbthread 1
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen relay
    bind 127.0.0.1:{port} %s
    server far 127.0.0.1:{far} %s
"""
NGINX = """
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log /dev/null;
worker_rlimit_nofile 50000;
events {{ worker_connections 20000; }}
stream {{ server {{ listen 127.0.0.1:{port} %s; tcp_nodelay on; proxy_buffer_size 64k; proxy_pass 127.0.0.1:{far};
ssl_protocols TLSv1.3; proxy_ssl_protocols TLSv1.3; %s }} }}
"""
STUNNEL = """
foreground = quiet
pid =
debug = 0
[relay]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{far}
%s
"""
CONFIGURATIONS_IN = {
    "haproxy": HAPROXY % ("ssl crt {both}", ""),
    "nginx": NGINX % ("ssl backlog=4096", "ssl_certificate {cert}; ssl_certificate_key {key};"),
    "stunnel": STUNNEL % "cert = {cert}\nkey = {key}",
}
CONFIGURATIONS_OUT = {
    "haproxy": HAPROXY % ("", "ssl verify none"),
    "nginx": NGINX % ("backlog=4096", "proxy_ssl on;"),
    "stunnel": STUNNEL % "client = yes",
}

# The far end plays the proxy, so that nothing but the client stands between; without one, for the limit.
SOCKS_SEND = {
    "nc.openbsd": "nc.openbsd -N -X 5 -x 127.0.0.1:{port} 127.0.0.1 {port}",
    "ncat": "ncat --send-only --proxy 127.0.0.1:{port} --proxy-type socks5 127.0.0.1 {port}",
    "pollcat": "pollcat --send-only -X 5 -x 127.0.0.1:{port} 127.0.0.1 {port}",
    "limit": "limit send {port}",
}
CONNECT_SEND = {
    "nc.openbsd": "nc.openbsd -N -X connect -x 127.0.0.1:{port} 127.0.0.1 {port}",
    "ncat": "ncat --send-only --proxy 127.0.0.1:{port} --proxy-type http 127.0.0.1 {port}",
    "socat": "socat -u -b 262144 STDIN PROXY:127.0.0.1:127.0.0.1:{port},proxyport={port}",
    "pollcat": "pollcat --send-only -X connect -x 127.0.0.1:{port} 127.0.0.1 {port}",
    "limit": "limit send {port}",
}
SOCKS_SERVER = {
    "microsocks": "microsocks -i 127.0.0.1 -p {port}",
    "pollcat": "pollcat -l -k --proxy-type socks5 127.0.0.1 {port}",
    "limit": "relay through {port} {far}",
}
CONNECT_SERVER = {
    "ncat": "ncat -l -k -m 20000 --proxy-type http 127.0.0.1 {port}",
    "tinyproxy": "tinyproxy -d -c {configuration}",
    "pollcat": "pollcat -l -k --proxy-type http 127.0.0.1 {port}",
    "limit": "relay through {port} {far}",
}
PROXIES = {
    "tinyproxy": """
Listen 127.0.0.1
Port {port}
MaxClients 500
Timeout 60
LogFile "/dev/null"
""",
}


def is_limit(text):
    return text.split()[0] in ("limit", "relay", "tls")


def size_of(h):
    """Bytes of those rows whose source has all of them in memory."""
    return h.size // 4


def tls_sink(h):
    files = h.identity()
    sink = h.helper("tls", "sink", files["cert"], files["key"], h.size)
    return sink, int(sink.line()["port"])


def arrived(h, result, wanted, cpu):
    """The sink counts what TLS puts around the bytes as well."""
    if result["bytes"] < wanted:
        raise Failed(f"only {result['bytes']:.0f} of {wanted} bytes arrived")
    return moved({"bytes": wanted, "seconds": result["seconds"]}, cpu)


def tls_send(h, text, row, case):
    """A pipe to a sink."""
    if is_limit(text):
        sink = h.helper("bulk", "sink", h.size)
        port = int(sink.line()["port"])
    else:
        sink, port = tls_sink(h)
    feed = h.start(["bulk", "feed", h.size], stdout=subprocess.PIPE)
    tool = h.start(argv(text, port=port), stdin=feed.popen.stdout, stdout=subprocess.DEVNULL)
    feed.popen.stdout.close()
    return arrived(h, sink.line(), h.size, tool.stop())


def tls_receive(h, text, row, case):
    """What was encrypted before, to /dev/null."""
    port = free_port()
    held, hold = os.pipe()  # of those who end with their input
    tool = h.start(argv(text, port=port, **h.identity()), stdin=held, stdout=subprocess.DEVNULL)
    try:
        wait_bound(port, "tcp", tool)
        result = h.helper("tls", "source", port, size_of(h), *["plain"] * is_limit(text)).line()
        return moved(result, tool.stop())
    finally:
        os.close(held)
        os.close(hold)


def tls_in(h, text, row, case):
    """A relay from clients with TLS to a server without."""
    sink = h.helper("bulk", "sink", size_of(h))
    port = free_port()
    relay = start_server(h, text, CONFIGURATIONS_IN, port=port, far=int(sink.line()["port"]), **h.identity())
    h.helper("tls", "source", port, size_of(h), *["plain"] * is_limit(text))
    return arrived(h, sink.line(), size_of(h), relay.stop())


def tls_out(h, text, row, case):
    """A relay from clients without TLS to a server with it."""
    if is_limit(text):
        sink = h.helper("bulk", "sink", h.size)
        far = int(sink.line()["port"])
    else:
        sink, far = tls_sink(h)
    port = free_port()
    relay = start_server(h, text, CONFIGURATIONS_OUT, port=port, far=far)
    h.helper("bulk", "source", port, h.size)
    return arrived(h, sink.line(), h.size, relay.stop())


def tls_visits(h, text, row, case):
    """Clients that shake hands and go. Servers that only relay have somebody to relay to."""
    port, far = free_port(), free_port()
    wait_bound(far, "tcp", h.start(["limit", "gather", far], stdout=subprocess.DEVNULL))
    held, hold = os.pipe()
    values = {**h.identity(), "port": port, "far": far}
    if text.startswith("stunnel"):
        values["configuration"] = h.configuration(CONFIGURATIONS_IN["stunnel"].format(**values))
    server = h.start(argv(text, **values), stdin=held, stdout=subprocess.DEVNULL)
    try:
        wait_bound(port, "tcp", server)
        start = cpu_of(family(server.pid))
        result = h.helper("tls", "visits", port, case, h.seconds, row.more["how"]).line()
        cpu = server.stop() - start
    finally:
        os.close(held)
        os.close(hold)
    if row.more["how"] == "resumed" and result["resumed"] < result["visits"]:
        raise Failed(f"resumed {result['resumed']:.0f} of {result['visits']:.0f}")
    return {"visits": result["visits"] / result["seconds"], "visit_cpu": 1e6 * cpu / result["visits"]}


def proxy_send(h, text, row, case):
    sink = h.helper("bulk", "sink", h.size, *[row.more["asks"]] * (not is_limit(text)))
    port = int(sink.line()["port"])
    feed = h.start(["bulk", "feed", h.size], stdout=subprocess.PIPE)
    tool = h.start(argv(text, port=port), stdin=feed.popen.stdout, stdout=subprocess.DEVNULL)
    feed.popen.stdout.close()
    result = sink.line()
    whole(h, result)
    return moved(result, tool.wait())


def proxy_streams(h, text, row, case):
    port, far = free_port(), free_port()
    server = start_server(h, text, PROXIES, port=port, far=far)
    return drive_streams(h, server, case, [port, far] + [row.more["asks"]] * (not is_limit(text)))
