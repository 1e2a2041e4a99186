# SPDX-License-Identifier: GPL-3.0-or-later
# What people write with nc, each run by the real one and by pollcat under its name (test_dialect_nc.py). A recipe begins with
# `### NAME` and ends with what it prints, after `#> `. It has a network and a directory of its own, and the ports A, B and C.
# shellcheck shell=bash disable=SC2154

### wait-for-port: an entry point waits until its database is up
{ until [ -e begun ]; do :; done; nc -l 127.0.0.1 "$A" >/dev/null; } &
tries=0
until nc -z 127.0.0.1 "$A"; do tries=$((tries + 1)); : >begun; done
[ "$tries" -gt 0 ] && echo "up after some tries"
wait
#> up after some tries

### wait-with-limit: three tries, and no word of nc's
for i in 1 2 3; do nc -z -w 1 127.0.0.1 "$A" && break || echo "try $i failed with $?"; done
#> try 1 failed with 1
#> try 2 failed with 1
#> try 3 failed with 1

### grep-succeeded: the line that monitoring looks for
nc -lk 127.0.0.1 "$A" >/dev/null & server=$!; listening "$A"
nc -zv 127.0.0.1 "$A" 2>&1 | grep -c succeeded
nc -zv localhost "$A" 2>&1
nc -zvn 127.0.0.1 "$A" 2>&1
kill "$server"
#> 1
#> Connection to localhost (127.0.0.1) 9001 port [tcp/*] succeeded!
#> Connection to 127.0.0.1 9001 port [tcp/*] succeeded!

### scan: which of some ports are open
nc -lk 127.0.0.1 "$B" >/dev/null & server=$!; listening "$B"
nc -zv 127.0.0.1 "$A-$C" 2>&1
nc -z 127.0.0.1 "$C-$A"; echo "status $?"
nc -zv 127.0.0.1 "$C" "$B" 2>&1
kill "$server"
#> nc: connect to 127.0.0.1 port 9001 (tcp) failed: Connection refused
#> Connection to 127.0.0.1 9002 port [tcp/*] succeeded!
#> nc: connect to 127.0.0.1 port 9003 (tcp) failed: Connection refused
#> status 0
#> nc: connect to 127.0.0.1 port 9003 (tcp) failed: Connection refused
#> Connection to 127.0.0.1 9002 port [tcp/*] succeeded!

### well-known: the name of the service is told
nc -zv 127.0.0.1 80 2>&1
nc -zv 127.0.0.1 https 2>&1 | sed 's/.*port //'
#> nc: connect to 127.0.0.1 port 80 (tcp) failed: Connection refused
#> 443 (tcp) failed: Connection refused

### copy-file: from one host to another
seq 20000 >sent
nc -l 127.0.0.1 "$A" >received </dev/null & listening "$A"
nc -N 127.0.0.1 "$A" <sent; echo "sender $?"
wait "$!"; echo "receiver $?"
cmp sent received && echo same
#> sender 0
#> receiver 0
#> same

### copy-tree: tar at both ends, the listener without an address
mkdir from to; echo one >from/a; echo two >from/b
nc -l "$A" | tar xf - -C to & listening "$A"
tar cf - -C from . | nc -N 127.0.0.1 "$A"
wait; cat to/a to/b
#> one
#> two

### fetch: the listener has the file, -d does not read what is typed
echo content >file
nc -lN 127.0.0.1 "$A" <file & listening "$A"
echo never sent | nc -d 127.0.0.1 "$A"; echo "status $?"
wait
#> content
#> status 0

### http: a request by printf, a server that closes
printf 'HTTP/1.0 200 OK\r\n\r\nhello\n' | nc -lN 127.0.0.1 "$A" >request & listening "$A"
printf 'GET /x HTTP/1.0\r\n\r\n' | nc 127.0.0.1 "$A" | tail -n 1
wait; head -n 1 request | tr -d '\r'
#> hello
#> GET /x HTTP/1.0

### http-loop: while nc -l
for i in 1 2 3; do echo "answer $i" | nc -lN 127.0.0.1 "$A" >/dev/null; done &
for _ in 1 2 3; do until echo question | nc 127.0.0.1 "$A"; do :; done; done
wait
#> answer 1
#> answer 2
#> answer 3

### health-check: the server does not close: -w ends it, and that is no failure
mkfifo never; nc -l 127.0.0.1 "$A" <never >asked & server=$!
exec 3>never; echo +PONG >&3; listening "$A"
[ "$(echo PING | nc -w 1 127.0.0.1 "$A")" = +PONG ] && echo healthy
exec 3>&-; wait "$server"; cat asked
#> healthy
#> PING

### greeting: what a server says first, and away
mkfifo never; nc -l 127.0.0.1 "$A" <never >/dev/null & exec 3>never
echo '220 ready' >&3; listening "$A"
nc -w 1 127.0.0.1 "$A" </dev/null; echo "status $?"
#> 220 ready
#> status 0

### syslog: one line a datagram
nc -luk 127.0.0.1 "$A" >log & server=$!; bound "$A"
echo '<14>one' | nc -u -w 1 127.0.0.1 "$A"; echo "status $?"
echo '<14>two' | nc -u -q 0 127.0.0.1 "$A"; echo "status $?"
appears two log; kill "$server"; cat log
#> status 0
#> status 0
#> <14>one
#> <14>two

### datagram-answer: a question, an answer, -W1 ends it
mkfifo answers; nc -lu 127.0.0.1 "$A" <answers >asked & server=$!
exec 3>answers; bound "$A"
{ appears question asked; echo answer >&3; } &
echo question | nc -u -W 1 127.0.0.1 "$A"; echo "status $?"
kill "$server"; cat asked
#> answer
#> status 0
#> question

### paste: text in, a link out
echo http://example/abc | nc -lN 127.0.0.1 "$A" >pasted & listening "$A"
echo text | nc -N 127.0.0.1 "$A"
wait; cat pasted
#> http://example/abc
#> text

### fifo-proxy: two nc back to back
mkfifo back
{ appears question asked; echo answer; } | nc -l 127.0.0.1 "$B" >asked & listening "$B"
nc -l 127.0.0.1 "$A" <back | nc -N 127.0.0.1 "$B" >back & listening "$A"
{ echo question; appears answer got; } | nc -N 127.0.0.1 "$A" >got; echo "status $?"
wait; cat asked got
#> status 0
#> question
#> answer

### fifo-shell: commands from afar
mkfifo loop
# shellcheck disable=SC2002
cat loop | sh 2>&1 | nc -l 127.0.0.1 "$A" >loop & listening "$A"
{ echo "echo \$((6 * 7))"; appears 42 got; echo exit; } | nc -N 127.0.0.1 "$A" >got; echo "status $?"
wait; cat got
#> status 0
#> 42

### proxy-command: as ssh runs it; the end of its input does not end the session
mkfifo in out
printf 'SSH-server\n' | nc -lN 127.0.0.1 "$A" >seen & listening "$A"
nc 127.0.0.1 "$A" <in >out & client=$!
exec 3>in 4<out
read -r banner <&4; echo "$banner"
echo SSH-client >&3; exec 3>&-
wait "$client"; echo "status $?"
wait; cat seen
#> SSH-server
#> status 0
#> SSH-client

### daemon-socket: a request over a UNIX socket, whose path is left
echo version | nc -lNU ./socket >asked & until [ -S socket ]; do :; done
echo GET | nc -U ./socket; echo "status $?"
wait; cat asked
nc -zU ./socket; echo "gone $?"
nc -U ./nosuch; echo "never there $?"
#> version
#> status 0
#> GET
#> nc: ./socket: Connection refused
#> gone 1
#> nc: ./nosuch: No such file or directory
#> never there 1

### talk: each line crosses, and the listener ends with its peer
mkfifo a b
nc -l 127.0.0.1 "$A" <a >heard-a & exec 3>a; listening "$A"
nc -N 127.0.0.1 "$A" <b >heard-b 3>&- & exec 4>b
echo from b >&4; appears b heard-a
echo from a >&3; appears a heard-b
exec 4>&-; wait; cat heard-a heard-b
#> from b
#> from a

### refused: what a script sees when nobody is there
nc 127.0.0.1 "$A" </dev/null; echo "silent $?"
nc -v 127.0.0.1 "$A" </dev/null 2>&1; echo "told $?"
nc -n nosuch "$A" </dev/null 2>&1
nc 127.0.0.1; echo "usage $?"
#> silent 1
#> nc: connect to 127.0.0.1 port 9001 (tcp) failed: Connection refused
#> told 1
#> nc: getaddrinfo for host "nosuch" port 9001: Name or service not known
#> nc: missing port number
#> usage 1

### crlf: mail by here-document
printf '220 x\n221 x\n' | nc -lN 127.0.0.1 "$A" >said & listening "$A"
nc -C 127.0.0.1 "$A" <<END
HELO a
QUIT
END
wait; od -An -c said
#> 220 x
#> 221 x
#>    H   E   L   O       a  \r  \n   Q   U   I   T  \r  \n

### collect: what several clients report, one after the other
nc -lk 127.0.0.1 "$A" >log & server=$!; listening "$A"
for i in 1 2 3; do echo "report $i" | nc -N 127.0.0.1 "$A"; done
appears 'report 3' log; kill "$server"; cat log
#> report 1
#> report 2
#> report 3

### who-came: the listener's -v
nc -lvn 127.0.0.1 "$A" </dev/null 2>messages & listening "$A"
nc -N -p "$B" 127.0.0.1 "$A" </dev/null; wait; cat messages
nc -luvn 127.0.0.1 "$A" </dev/null 2>messages & server=$!; bound "$A"
echo hi | nc -u -q 0 -p "$C" 127.0.0.1 "$A"; appears received messages
kill "$server"; cat messages
#> Listening on 127.0.0.1 9001
#> Connection received on 127.0.0.1 9002
#> hi
#> Bound on 127.0.0.1 9001
#> Connection received on 127.0.0.1 9003

### several-ports: all of them in turn, the first has the input
for port in "$A" "$C"; do echo "from $port" | nc -lN 127.0.0.1 "$port" >"in-$port" & listening "$port"; done
echo mine | nc -N 127.0.0.1 "$A" "$B" "$C"; echo "status $?"
wait; cat "in-$A" "in-$C"
#> from 9001
#> from 9003
#> status 0
#> mine

### reader-goes: head has seen enough
yes | head -n 100000 | nc -lN 127.0.0.1 "$A" & listening "$A"
nc -d 127.0.0.1 "$A" | head -n 1
wait; echo done
#> y
#> done

### quit-after: what is there in time is printed
echo answer | nc -lN 127.0.0.1 "$A" >asked & listening "$A"
echo question | nc -q 5 127.0.0.1 "$A"; echo "status $?"
wait; cat asked
#> answer
#> status 0
#> question

### arguments: what is wrong is told as ever
for words in "-w x 127.0.0.1 1" "-lz 1" "-k 127.0.0.1 1" "127.0.0.1 0" "127.0.0.1 1-x" "-T x 127.0.0.1 1" "-V 1"; do
  # shellcheck disable=SC2086
  nc $words; echo "status $?"
done
nc -Q 2>&1 | head -n 2
nc -h 2>&1 | grep -cE 'OpenBSD netcat|^usage: nc |-N\b|-q secs'
#> nc: timeout invalid: x
#> status 1
#> nc: cannot use -z and -l
#> status 1
#> nc: must use -l with -k
#> status 1
#> nc: port number too small: 0
#> status 1
#> nc: port number invalid: x
#> status 1
#> nc: illegal tos value x
#> status 1
#> nc: no alternate routing table support available
#> status 1
#> nc: invalid option -- 'Q'
#> usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
#> 4
