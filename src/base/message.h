/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message: what dialects word differently, told by an id and facts, and worded by the catalogue in force.
 *
 * A text is a template: `{PLACE}` stands for a fact. The places that all catalogues know are
 *   {local} {remote}  "127.0.0.1 port 80", or what there is of it; a UNIX name    {local-host} {local-port} {remote-host} {remote-port}
 *   {peer}            who it is: `peer`, or else {remote}     {host} {port} {why} {text}   as they are
 *   {sent} {received} {limit}   numbers                       {seconds}   of `ms`, such as 1.5
 * and a catalogue may know more. Lines that have no id (base/log.h) are the same in all dialects, but may be hidden.
 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/log.h"

/* What stands behind each is what is known of it. */
enum message_id {
    MESSAGE_STARTED,        /* the program begins; our own catalogue is silent */
    MESSAGE_LISTENING,      /* a socket waits for connections: local */
    MESSAGE_BOUND,          /* the same socket, said before; our own catalogue is silent */
    MESSAGE_RECEIVING,      /* a datagram socket is bound: local */
    MESSAGE_ACCEPTED,       /* somebody came: local, remote */
    MESSAGE_CAME,           /* the same, said before one is turned away; our own catalogue is silent */
    MESSAGE_TURNED_AWAY,    /* somebody came and was one too many: remote, limit */
    MESSAGE_REFUSED,        /* somebody came, or sent a datagram, who may not: remote */
    MESSAGE_CONNECTED,      /* local, remote, peer, host, port */
    MESSAGE_SENDING,        /* a datagram socket knows where to send to: the same */
    MESSAGE_OPEN,           /* a port that was asked about: remote, host, port; our own catalogue is silent */
    MESSAGE_TRY_FAILED,     /* one of several addresses: remote, host, port, why */
    MESSAGE_TRY_NEXT,       /* said behind that, when there is another; our own catalogue is silent */
    MESSAGE_CONNECT_FAILED, /* the only address: the same */
    MESSAGE_CONNECT_LATE,   /* and the time for it is up: the same */
    MESSAGE_HOST_FAILED,    /* all of several addresses: the same, remote is the first */
    MESSAGE_HOST_LATE,
    MESSAGE_CERTIFICATE, /* a line of who the other side is by its certificate: text; our own catalogue is silent */
    MESSAGE_UNTRUSTED,          /* why a certificate is not trusted: why, text (the library's words) */
    MESSAGE_OTHER_NAME,         /* it is for another than `host`: the same */
    MESSAGE_OTHER_CLIENT,       /* a client's: the same */
    MESSAGE_OTHER_PIN,          /* it has not the hash `text`: why */
    MESSAGE_CLIENT_UNCERTIFIED, /* a client showed none: why */
    MESSAGE_NO_ANSWER,          /* of a datagram that asked: remote, host, port */
    MESSAGE_NAME_FAILED, /* to be connected to: host, port (or NULL), why, text (our own words for all) */
    MESSAGE_LOCAL_NAME_FAILED, /* to be bound to: the same */
    MESSAGE_PATH_FAILED, /* of a UNIX socket to be connected to: host, why, text (our own words for both) */
    MESSAGE_LOCAL_PATH_FAILED, /* to be bound to: the same */
    MESSAGE_LISTEN_FAILED,     /* local, why */
    MESSAGE_SOURCE_FAILED,     /* an address of -s or -p: the same */
    MESSAGE_SEND_FAILED,       /* peer, remote, why */
    MESSAGE_RECEIVE_FAILED,
    MESSAGE_OUTPUT_FAILED, /* standard output: why */
    MESSAGE_OUTPUT_GONE,   /* who read it has left: why; our own catalogue is silent */
    MESSAGE_QUIT, /* the time after the end of input is up: ms; our own catalogue is silent, and the status is good */
    MESSAGE_IDLE,        /* nothing went to or came from a peer: peer, remote, ms */
    MESSAGE_CLOSED,      /* a peer is done with: local, remote, peer, sent, received */
    MESSAGE_SUMMARY,     /* of a client, at a good end: sent, received, ms; our own catalogue is silent */
    MESSAGE_CHAT_NAME,   /* what one who chats is called unless it chose a name: limit, its number */
    MESSAGE_CHAT_JOINED, /* told to all who chat: remote (NULL: it is us), peer is its name */
    MESSAGE_CHAT_LEFT,   /* the same */
    MESSAGE_CHAT_HERE,   /* told to who joined, with all the others behind it: the same */
    MESSAGE_CHAT_ONE,    /* of whom each is: the same */
    MESSAGE_CHAT_END,    /* and that */
    MESSAGE_CHAT_NOBODY, /* instead, when there are none */
    MESSAGE_CHAT_NOTE,   /* anything else that is told to one who chats: text */
    MESSAGE_UNKNOWN,     /* an option that there is not, or without its argument: text */
    MESSAGE_USAGE,       /* the command line is wrong: text */
    MESSAGE_FATAL,       /* the program cannot begin, or fails: text */
    MESSAGES,
};

/* The facts. What an id does not have is NULL or 0. */
struct message {
    const struct addr *local, *remote;
    const char *peer;
    const char *host, *port; /* as they were given; NULL: they were not */
    const char *why, *text;
    bool datagram;
    bool numeric; /* no names are to be looked up */
    uint64_t sent, received, limit;
    int64_t ms;
};

enum { MESSAGE_TEXT = 1024 }; /* bytes; what is longer is cut */

struct message_text {
    const char *text;     /* NULL or "": never shown */
    enum log_level level; /* as for lines of the log: LOG_NOTICE is always shown, LOG_INFO with -v */
    bool bare;            /* the program's name does not stand before it */
    int status;           /* an error that is told so ends with this enum status, and 1; 0: with its own */
};

struct message_catalogue {
    const struct message_text *texts; /* MESSAGES of them */
    const struct message_text
        *unix_texts;       /* instead, for UNIX sockets, where the text is not NULL; or NULL */
    enum log_level others; /* lines without an id are shown up to this level */
    /* Writes what the place `name` (of `n` bytes) stands for, if it is one. Optional. */
    void (*place)(const char *name, size_t n, const struct message *m, char *out, size_t size);
};

/* Our own: the one in force at start. */
extern const struct message_catalogue message_own;

/* From now on; `catalogue` is not copied. `name` stands before lines that are not bare: "pollcat" at start. */
void message_set_catalogue(const struct message_catalogue *catalogue, const char *name);

/* True when it would be shown: guards work done only for a message. */
bool message_shows(enum message_id id);

/* Shows it. */
void message(enum message_id id, const struct message *m);

/* Writes it to `out` instead, whether it would be shown or not, cut to fit. Returns `out`. */
const char *message_format(enum message_id id, const struct message *m, char *out, size_t size);

/* Fills `e` with it instead; where it is not to be shown the text is empty. Returns -1. `e` may be NULL. */
int message_err(struct err *e, enum status status, int sys, enum message_id id, const struct message *m);

#endif
