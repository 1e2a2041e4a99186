# SPDX-License-Identifier: GPL-3.0-or-later
# What people write with Ncat, each run by the real one and by pollcat under its name (test_dialect_ncat.py). A recipe begins with
# `### NAME` and ends with what it prints, after `#> `. It has a network and a directory of its own, and the ports A, B and C.
# shellcheck shell=bash disable=SC2154

### wait-for-port: an entry point waits until a service is up, without a word of ncat's
{ until [ -e begun ]; do :; done; ncat -l 127.0.0.1 "$A" >/dev/null; } &
until ncat -z 127.0.0.1 "$A"; do : >begun; done
echo up
wait
#> up

### copy-file: each end is told its direction
seq 20000 >sent
ncat -l --recv-only "$A" >received & listening "$A"
ncat --send-only 127.0.0.1 "$A" <sent; echo "sender $?"
wait "$!"; echo "receiver $?"
cmp sent received && echo same
#> sender 0
#> receiver 0
#> same

### fetch-file: the listener has it
seq 20000 >file
ncat -l --send-only 127.0.0.1 "$A" <file & listening "$A"
ncat --recv-only 127.0.0.1 "$A" >fetched; echo "client $?"
wait "$!"; echo "listener $?"
cmp file fetched && echo same
#> client 0
#> listener 0
#> same

### copy-tree: tar at both ends
mkdir from to; echo one >from/a; echo two >from/b
ncat -l 127.0.0.1 "$A" </dev/null | tar -xf - -C to & listening "$A"
tar -cf - -C from . | ncat --send-only 127.0.0.1 "$A"
wait; cat to/a to/b
#> one
#> two

### collect: --keep-open, and reports of several
ncat -l --keep-open 127.0.0.1 "$A" >log </dev/null & server=$!; listening "$A"
for i in 1 2 3; do echo "report $i" | ncat --send-only 127.0.0.1 "$A"; done
for i in 1 2 3; do appears "report $i" log; done
kill "$server"; sort log
#> report 1
#> report 2
#> report 3

### tell-all: what the listener is given goes to everybody
mkfifo news one two
ncat -lk 127.0.0.1 "$A" <news >log & server=$!
exec 3>news; listening "$A"
ncat 127.0.0.1 "$A" <one >heard-one 3>&- & exec 4>one
ncat 127.0.0.1 "$A" <two >heard-two 3>&- 4>&- & exec 5>two
echo one is here >&4; appears 'one is' log
echo two is here >&5; appears 'two is' log
echo extra extra >&3; appears extra heard-one; appears extra heard-two
kill "$server"; exec 3>&- 4>&- 5>&-
cat heard-one heard-two
#> extra extra
#> extra extra

### one-at-a-time: --max-conns turns the others away
mkfifo hold
ncat -lkv -m 1 127.0.0.1 "$A" </dev/null >log 2>told & server=$!; listening "$A"
ncat --send-only 127.0.0.1 "$A" <hold & exec 3>hold
echo first >&3; appears first log
ncat --recv-only 127.0.0.1 "$A"; echo "second $?"
appears denied told; kill "$server"; exec 3>&-
sed '/Version/d; s/127.0.0.1:[0-9]*/ADDRESS/' told
#> second 0
#> Ncat: Listening on ADDRESS
#> Ncat: Connection from ADDRESS.
#> Ncat: Connection from ADDRESS.
#> Ncat: New connection denied: connection limit reached (1)

### http: -C makes the ends of lines
{ appears Host asked; printf 'HTTP/1.0 200 OK\n\nhello\n'; } | ncat -l -C 127.0.0.1 "$A" >asked & listening "$A"
{ printf 'GET / HTTP/1.0\nHost: x\n\n'; appears hello got; } | ncat -C 127.0.0.1 "$A" >got
wait; od -An -c got; od -An -c asked
#>    H   T   T   P   /   1   .   0       2   0   0       O   K  \r
#>   \n  \r  \n   h   e   l   l   o  \r  \n
#>    G   E   T       /       H   T   T   P   /   1   .   0  \r  \n
#>    H   o   s   t   :       x  \r  \n  \r  \n

### verbose: what -v tells at both ends
ncat -lv 127.0.0.1 "$A" </dev/null >/dev/null 2>server & listening "$A"
echo hi | ncat -v --send-only 127.0.0.1 "$A" 2>client; echo "status $?"
wait; sed 's/Version 7[^ ]*/VERSION/; s/127.0.0.1:[0-9]*/ADDRESS/; s/in [0-9.]* s/in TIME s/' client server
#> status 0
#> Ncat: VERSION ( https://nmap.org/ncat )
#> Ncat: Connected to ADDRESS.
#> Ncat: 3 bytes sent, 0 bytes received in TIME seconds.
#> Ncat: VERSION ( https://nmap.org/ncat )
#> Ncat: Listening on ADDRESS
#> Ncat: Connection from ADDRESS.

### probe: -z with and without -v
ncat -l 127.0.0.1 "$A" </dev/null & listening "$A"
ncat -zv 127.0.0.1 "$A" 2>&1 | sed '/Version/d; s/in [0-9.]* s/in TIME s/'
wait
ncat -zv 127.0.0.1 "$A" 2>&1 | sed '/Version/d'
ncat -z 127.0.0.1 "$A"; echo "status $?"
#> Ncat: Connected to 127.0.0.1:9001.
#> Ncat: 0 bytes sent, 0 bytes received in TIME seconds.
#> Ncat: Connection refused.
#> status 1

### nobody-there: what goes wrong, and the statuses
ncat 127.0.0.1 "$A" </dev/null; echo "refused $?"
ncat -U ./nowhere </dev/null; echo "no socket $?"
ncat nosuch.invalid "$A" </dev/null 2>&1 | sed 's/: [^:]*QUITTING/: WHY. QUITTING/'
ncat -l 192.0.2.7 "$A"; echo "not mine $?"
#> Ncat: Connection refused.
#> refused 1
#> Ncat: No such file or directory.
#> no socket 1
#> Ncat: Could not resolve hostname "nosuch.invalid": WHY. QUITTING.
#> Ncat: bind to 192.0.2.7:9001: Cannot assign requested address. QUITTING.
#> not mine 2

### usage: every mistake ends with 2
ncat; echo "$?"
ncat --nosuch ::1 1; echo "$?"
ncat -Q ::1 1; echo "$?"
ncat -w 0 ::1 1; echo "$?"
ncat -i 200 ::1 1; echo "$?"
ncat ::1 http; echo "$?"
ncat ::1 1 2; echo "$?"
ncat -lz 1; echo "$?"
ncat -m 5 ::1 1; echo "$?"
ncat -l -s 127.0.0.1 1; echo "$?"
ncat -lU; echo "$?"
ncat -p 70000 ::1 1; echo "$?"
#> Ncat: You must specify a host to connect to. QUITTING.
#> 2
#> ncat: unrecognized option '--nosuch'
#> Ncat: Try `--help' or man(1) ncat for more information, usage options and help. QUITTING.
#> 2
#> ncat: invalid option -- 'Q'
#> Ncat: Try `--help' or man(1) ncat for more information, usage options and help. QUITTING.
#> 2
#> Ncat: Invalid -w timeout "0" (must be greater than 0 and less than 2147483s). QUITTING.
#> 2
#> Ncat: Since April 2010, the default unit for -i timeout is seconds, so your time of "200" is 3.3 minutes. Use "200ms" for 200 milliseconds. QUITTING.
#> 2
#> Ncat: Invalid port number "http". QUITTING.
#> 2
#> Ncat: Got more than one port specification: 1 2. QUITTING.
#> 2
#> Ncat: Services designed for LISTENING can't be used with -z QUITTING.
#> 2
#> Ncat: Invalid option combination: `--max-conns' with connect. QUITTING.
#> 2
#> Ncat: -l and -s are incompatible.  Specify the address and port to bind to like you would a host to connect to. QUITTING.
#> 2
#> Ncat: You must specify a path to a socket to listen on. QUITTING.
#> 2
#> Ncat: Invalid source port 70000. QUITTING.
#> 2

### shortened: long options by their beginnings
ncat --lis --recv 127.0.0.1 "$A" >heard & listening "$A"
echo hi | ncat --send 127.0.0.1 "$A"
wait; cat heard
#> hi

### record: -o and -x
mkfifo hold
ncat -l 127.0.0.1 "$A" <hold >heard & exec 3>hold; listening "$A"
{ echo a question; appears answer got; } | ncat -o plain -x hex 127.0.0.1 "$A" >got 3>&- & client=$!
appears question heard; echo answer >&3; exec 3>&-
wait "$client"; echo "status $?"; wait
sed 's/$/|/' plain hex
#> status 0
#> a question|
#> answer|
#> 0000   61 20 71 75 65 73 74 69  6f 6e 0a                 a.question.     |
#> 0000   61 6e 73 77 65 72 0a                              answer.         |

### record-append: --append-output keeps what there is
echo before >plain
for i in 1 2; do
    ncat -l 127.0.0.1 "$A" >/dev/null </dev/null & listening "$A"
    echo "round $i" | ncat --send-only -o plain --append-output 127.0.0.1 "$A"; wait
done
cat plain
#> before
#> round 1
#> round 2

### idle: silence ends it, with 1 or 2
{ appears Idle told; } | ncat -l 127.0.0.1 "$A" & listening "$A"
{ appears Idle told; } | ncat -i 200ms 127.0.0.1 "$A" 2>told; echo "client $?"
wait; cat told
#> client 1
#> Ncat: Idle timeout expired (200 ms).

### delayed: -d, and all arrives
ncat -l 127.0.0.1 "$A" >got </dev/null & listening "$A"
printf 'a\nb\n' | ncat --send-only -d 50ms 127.0.0.1 "$A"; echo "status $?"
wait; cat got
#> status 0
#> a
#> b

### unix: a socket in the file system, which stays
ncat -lU ./socket >heard </dev/null & until [ -S socket ]; do :; done
echo hi | ncat --send-only -U ./socket; echo "status $?"
wait; cat heard; ls
#> status 0
#> hi
#> heard
#> socket

### counter: a datagram, and away
mkfifo hold
ncat -lu 127.0.0.1 "$A" <hold >log & server=$!; exec 3>hold; bound "$A"
echo 'deploys:1|c' | ncat -u 127.0.0.1 "$A"; echo "status $?"
appears deploys log; kill "$server"; exec 3>&-; cat log
#> status 0
#> deploys:1|c

### proxy-command: both ways, and the server ends it
mkfifo in out
{ printf 'SSH-2.0-server\n'; appears client seen; } | ncat -l 127.0.0.1 "$A" >seen & listening "$A"
ncat 127.0.0.1 "$A" <in >out & client=$!
exec 3>in 4<out
read -r banner <&4; echo "$banner"
echo SSH-2.0-client >&3; appears client seen; exec 3>&-
wait "$client"; echo "status $?"; wait; cat seen
#> SSH-2.0-server
#> status 0
#> SSH-2.0-client

### version: is it Nmap's? scripts look for these
ncat --version 2>&1 | grep -c '^Ncat: Version 7.* ( https://nmap.org/ncat )$'
ncat -h | sed -n '1s/7[^ ]*/NUMBER/p; 2p'
#> 1
#> Ncat NUMBER ( https://nmap.org/ncat )
#> Usage: ncat [options] [hostname] [port]
