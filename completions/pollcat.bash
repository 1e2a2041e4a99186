# SPDX-License-Identifier: GPL-3.0-or-later
# Made by tools/gen-options from src/app/option_rows.c; do not edit.
# shellcheck shell=bash

_pollcat_take()
{
    mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

_pollcat_files()
{
    compopt -o filenames 2>/dev/null
    _pollcat_take -f
}

_pollcat_sockopts()
{
    compopt -o nospace 2>/dev/null
    _pollcat_take -W "$("${COMP_WORDS[0]}" --list-sockopts 2>/dev/null | sed 's/[= ].*//')"
}

_pollcat_end() # KIND:REST is one word, or three
{
    local kind rest=$cur before='' action

    if [[ $cur == ':' ]]; then
        kind=$prev rest=''
    elif [[ $prev == ':' && $COMP_CWORD -gt 1 ]]; then
        kind=${COMP_WORDS[COMP_CWORD - 2]}
    else
        kind=${cur%%:*} rest=${cur#*:} before=$kind:
    fi
    case $kind in
    unix | seqpacket | unix-dgram | file | append | read | tty)
        compopt -o filenames 2>/dev/null
        action='file'
        ;;
    exec | pty)
        action='command'
        ;;
    tcp | tls | udp | dtls)
        action='hostname'
        ;;
    *)
        return 1
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -P "$before" -A "$action" -- "$rest")
}

_pollcat()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word

    COMPREPLY=()
    if [[ $cur == '=' ]]; then # --name=VALUE comes as three words
        cur=
    elif [[ $prev == '=' && $COMP_CWORD -gt 1 ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    [[ $cur$prev != *:* ]] || ! _pollcat_end || return
    case $prev in
    --to)
        _pollcat_take -W 'tcp: tls: udp: dtls: unix: unix-dgram: seqpacket: vsock: ws: wss: echo: discard: exec: sh: pty: file: append: read: tty: fd: proxy: -'
        return
        ;;
    --mode)
        _pollcat_take -W 'connect udp listen udp-connected echo broker chat self-connect'
        return
        ;;
    -p | --source-port)
        _pollcat_take -A service
        return
        ;;
    -s | --source)
        _pollcat_take -A hostname
        return
        ;;
    -X | --proxy-type)
        _pollcat_take -W 'http https socks4 socks4a socks5 any'
        return
        ;;
    --proxy-dns)
        _pollcat_take -W 'local remote both none'
        return
        ;;
    --proxy-protocol)
        _pollcat_take -W 'accept send send-v2 accept,send accept,send-v2'
        return
        ;;
    --slow-peer)
        _pollcat_take -W 'wait drop close'
        return
        ;;
    --allowfile)
        _pollcat_files
        return
        ;;
    --denyfile)
        _pollcat_files
        return
        ;;
    --each)
        _pollcat_files
        return
        ;;
    --output)
        _pollcat_files
        return
        ;;
    --hex-dump)
        _pollcat_files
        return
        ;;
    --log)
        _pollcat_files
        return
        ;;
    -T | --tos)
        _pollcat_take -W 'af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 critical cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 ef inetcontrol lowdelay netcontrol reliability throughput'
        return
        ;;
    --sockopt)
        _pollcat_sockopts
        return
        ;;
    --starttls)
        _pollcat_take -W 'smtp imap pop3 ftp xmpp ldap postgres mysql sieve nntp irc'
        return
        ;;
    --ssl-cert)
        _pollcat_files
        return
        ;;
    --ssl-key)
        _pollcat_files
        return
        ;;
    --ssl-trustfile)
        _pollcat_files
        return
        ;;
    --ssl-crl)
        _pollcat_files
        return
        ;;
    --ssl-servername)
        _pollcat_take -A hostname
        return
        ;;
    --ssl-min)
        _pollcat_take -W '1.2 1.3'
        return
        ;;
    --ssl-session)
        _pollcat_files
        return
        ;;
    --ssl-client-ca)
        _pollcat_files
        return
        ;;
    --view)
        _pollcat_take -W 'text hex raw'
        return
        ;;
    --marks)
        _pollcat_take -W 'direction size peer none'
        return
        ;;
    --time)
        _pollcat_take -W 'none absolute start delta'
        return
        ;;
    --input)
        _pollcat_take -W 'text escapes hex'
        return
        ;;
    --eol)
        _pollcat_take -W 'lf crlf cr none nul'
        return
        ;;
    --color)
        _pollcat_take -W 'auto always never'
        return
        ;;
    --history)
        _pollcat_files
        return
        ;;
    --commands)
        _pollcat_files
        return
        ;;
    --dialect)
        _pollcat_take -W 'pollcat nc ncat'
        return
        ;;
    --nick | -e | --exec | -c | --sh-exec | --join | --listen-fd | -x | --proxy | -P | --proxy-auth | --proxy-ssl-pin | --max-conns | --backlog | --allow | --deny | --allow-to | --deny-to | --ready-fd | -q | --quit-after | -i | --interval | --delay | --datagram-size | --ws-protocol | --ws-header | --ws-origin | --ws-max | -W | --recv-limit | -w | --timeout | --wait | --idle-timeout | --retry | -I | --recv-buffer | -O | --send-buffer | -M | --ttl | -m | --min-ttl | --ssl-pin | --ssl-alpn | --ssl-ciphers | --prompt | --escape-char)
        return
        ;;
    esac
    if [[ $cur == -* ]]; then
        _pollcat_take -W '-l --listen -u --udp --udp-connected -E --echo --broker --chat --nick --self-connect --to -e --exec -c --sh-exec --exec-direct --watch -F --pass-fd --mode -z --zero -r --randomize -U --unixsock --seqpacket --vsock -4 --ipv4 -6 --ipv6 -n --nodns --join --listen-fd --inetd -p --source-port -s --source -x --proxy -X --proxy-type -P --proxy-auth --proxy-ssl-pin --proxy-dns --proxy-protocol -k --keep-open --max-conns --backlog --slow-peer --allow --deny --allowfile --denyfile --allow-to --deny-to --ready-fd --each -N --shutdown --no-shutdown -q --quit-after --leave --stay -d --no-stdin --recv-only --send-only -C --crlf -t --telnet -i --interval --delay --progress --output --hex-dump --append-output --log --line --datagram-size --websocket --binary --ws-protocol --ws-header --ws-origin --ws-max -W --recv-limit -w --timeout --wait --idle-timeout --retry --reconnect -b --broadcast -D --debug -I --recv-buffer -O --send-buffer -T --tos -M --ttl -m --min-ttl --sockopt --list-sockopts --ssl --starttls --ssl-cert --ssl-key --ssl-verify --insecure --ssl-trustfile --ssl-pin --ssl-crl --ssl-servername --ssl-alpn --ssl-ciphers --ssl-min --ssl-session --ssl-client-ca --ssl-require-client --tls --tls-cert --tls-key --tls-verify --tls-trustfile --tls-pin --tls-crl --tls-servername --tls-alpn --tls-ciphers --tls-min --tls-session --tls-client-ca --tls-require-client --prompt --keys --raw --view --marks --time --input --eol --color --allow-colors --escape-char --history --prompt-always --commands --no-prompt --no-history -v --verbose --dialect -h --help --version'
        return
    fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        --unixsock | --seqpacket | -[!-]*U* | -U*)
            _pollcat_files
            return
            ;;
        esac
    done
    _pollcat_take -A hostname -W 'tcp: tls: unix: seqpacket: udp: dtls: unix-dgram: vsock: ws: wss: echo: discard: exec: sh: pty: file: append: read: tty: fd: proxy:'
}

complete -F _pollcat pollcat
