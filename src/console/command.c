/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/near.h"
#include "base/text.h"
#include "base/words.h"
#include "console/commands.h"

/* In the order of help. A name that is a sign, not a word, needs no blank behind it. */
static const struct command table[] = {
    {"help", "?", "[COMMAND]", "this list, or one in full",
     "List the commands and keys, or show what the manual says of one.\n", complete_commands, command_help},
    {"peers", NULL, NULL, "who is connected",
     "List who is connected: the number, the address, for how long, the bytes sent and received and, on TCP, the "
     "kernel's\nestimate of the round-trip time.\nA star marks whom lines go to.\n",
     NULL, command_peers},
    {"to", NULL, "[N | all]", "whom lines go to",
     "Send what is typed from now on to peer\n.Ar N\nalone, or to all again.\nThe prompt shows it.\nWithout a word, say whom lines go to.\nWhen that peer leaves, lines go to nobody, which is said of each, until another is chosen.\n"
     "Where the peer has an end\n.Pq Sx Watching ,\n.Ar N Ns Cm >\nis towards the end, and\n.Ar N Ns Cm <\n"
     "or\n.Ar N\ntowards the peer; so it is wherever a number is taken.\n",
     complete_to, command_to},
    {"@", NULL, "N[,N] TEXT", "one line to some peers",
     "Send one line to peer\n.Ar N ,\nor to several, whoever other lines go to.\nAs in\n.Ql ~@2 hello\nand\n.Ql ~@1,bob hello .\n"
     "Who is not there is told; the others get it.\n",
     complete_at, command_at},
    {"name", NULL, "N [NAME]", "what a peer is called",
     "Call peer\n.Ar N\nby a\n.Ar NAME\nof up to 32 letters, digits, _ and -, which stands before its lines and is taken wherever a\n"
     "number is: as in\n.Ql ~to bob .\nA name that another peer has is refused, and so is a number.\nWithout\n.Ar NAME\nit has its number again.\n",
     complete_talkers, command_name},
    {"send", NULL, "[FILE]", "send a file",
     "Send the bytes of\n.Ar FILE ,\nas they are, to who is connected when it begins.\nThe prompt shows how far it is.\nTo datagram sockets it is sent in "
     "pieces of at most 1400 bytes.\nWithout\n.Ar FILE\nfiles being sent are stopped.\n",
     complete_files, command_send},
    {"save", NULL, "[FILE]", "write what arrives there",
     "Write all bytes that arrive from now on to\n.Ar FILE ,\nas they are.\nA file that holds something is refused.\nOne that is made is its owner's alone.\nWithout\n.Ar FILE\n"
     "this stops.\n",
     complete_files, command_save},
    {"save!", NULL, "FILE", "over what FILE holds", "The same; what\n.Ar FILE\nheld is lost.\n",
     complete_files, command_save_over},
    {"log", NULL, "[FILE]", "keep a transcript there",
     "Append a transcript to\n.Ar FILE :\nthe lines of both directions, safe for a terminal, each with the time, the "
     "direction\n.Pq < received, > sent, # events\nand the peer.\nThe parts of a line that was unfinished when another one "
     "began end with a backslash.\nA file that is made is its owner's alone.\nWithout\n.Ar FILE\nthis stops.\n",
     complete_files, command_log},
    {"input", NULL, "[text | escapes | hex]", "what a typed line means",
     "Choose what typed lines mean:\n.Cm text ,\nthe line and its end;\n.Cm escapes ,\ntext with\n.Ql \\er \\en \\et \\e0 "
     "\\exHH \\euHHHH \\e\\e ,\nto which no end is added; or\n.Cm hex ,\nbytes as in\n.Ql 48 0x65 6c:6c,6f ,\ntexts in double quotes, and comments behind #.\n",
     complete_input, command_input},
    {"view", NULL, "[text | hex | raw] [MARKS]", "how what arrives is shown",
     "Choose how what arrives is shown:\n.Cm text ,\nsafe for the terminal;\n.Cm hex ,\nas\n.Xr hexdump 1\n.Fl C\ndoes; or\n"
     ".Cm raw ,\nas it is.\n.Ar MARKS\nare what stands before each line:\n.Cm direction , size\n(of each datagram) and\n"
     ".Cm peer ,\nparted by commas, or\n.Cm none .\nWith\n.Cm direction\nwhat is sent is shown too.\n",
     complete_view, command_view},
    {"again", NULL, "[hex | text | raw] [BYTES [N]]", "show what came last again",
     "Show the last\n.Ar BYTES\n(256) that arrived from peer\n.Ar N ,\nto whom lines go, or the only one, once more:\nin\n.Cm hex ,\nwith their offset, or as another view would.\n"
     "The last 4096 bytes of each are kept.\n",
     complete_again, command_again},
    {"eol", NULL, "[lf | crlf | cr | none | nul]", "what ends a line",
     "Choose what is sent behind each line in text mode.\n", complete_eol, command_eol},
    {"time", NULL, "[none | absolute | start | delta]", "the time before each line",
     "Choose the time that stands before each line shown: none, of the day, since the start, or since the line before.\n",
     complete_time, command_time},
    {"opt", NULL, "[NAME | NAME=VALUE]", "socket options",
     "List the socket options of the live connection, read one, or set one.\nThe names are those of\n.Fl -sockopt .\n",
     complete_opt, command_opt},
    {"allow", NULL, "[LIST | -ENTRY]", "who may come",
     "Add to the list of who may come, as\n.Fl -allow\nhas it, or take an entry back: the one behind a\n.Ql - .\n"
     "Alone it shows the list.\nWho is connected stays.\n",
     complete_allow, command_allow},
    {"deny", NULL, "[LIST | -ENTRY]", "who may not", "The same for\n.Fl -deny .\n", complete_deny,
     command_deny},
    {"info", NULL, "[N]", "addresses and counters",
     "Show the local and remote address, the state, the counters, and what the kernel tells of a TCP connection.\n",
     complete_talkers, command_info},
    {"cert", NULL, "[N]", "the certificates of TLS",
     "Show the certificates that the other side of TLS has shown, its own first: whom they are of, who issued them, the names "
     "they\nare for, their time, and the SHA-256 of each and of its public key, as\n.Fl -ssl-pin\ntakes it.\n",
     complete_talkers, command_cert},
    {"tls", NULL, "[NAME]", "begin TLS",
     "Begin TLS with the peer that lines go to, or the only one, once a server has consented to it in the clear; prompt and "
     "history stay.\nThe options of\n.Sx TLS\nare as for\n.Fl -ssl ,\nand a server's certificate is to be for\n.Ar NAME ,\nor for the host that was "
     "connected to.\nWhat is typed meanwhile is sent behind it; a failure ends the "
     "connection.\n",
     NULL, command_tls},
    {"eof", NULL, "[N]", "end our direction",
     "End our direction, to peer\n.Ar N\nor to whom lines go; what comes from there is still shown.\nWhat commands send there "
     "goes before; what would never end is stopped.\n",
     complete_talkers, command_eof},
    {"break", NULL, "[N]", "send a BREAK",
     "Send a BREAK, of 300 ms, on a serial line\n.Pq Ic tty\\&: ,\nor the one of telnet\n.Pq Fl t Fl -telnet :\n"
     "to peer\n.Ar N ,\nto whom lines go, or the only one.\nWhat was sent goes before.\n",
     complete_talkers, command_break},
    {"set", NULL, "[stay | leave]", "what a peer's end does",
     "Choose what happens when a peer has ended its direction:\n.Cm stay ,\nas somebody may answer it, or\n.Cm leave ;\nsee "
     "the options\n.Fl -stay\nand\n.Fl -leave .\n",
     complete_set, command_set},
    {"close", NULL, "[N]", "close the connection",
     "Close the connection to peer\n.Ar N ,\nto whom lines go, or the only one.\nThe prompt stays:\n.Cm ~connect\nconnects again.\n",
     complete_talkers, command_close},
    {"reset", NULL, "[N]", "close it with RST", "The same, with a reset where there is such a thing.\n",
     complete_talkers, command_reset},
    {"join", NULL, "[END]", "join the peer to an end",
     "Join the peer that lines go to, or the only one, to\n.Ar END ,\nwhich is written as in\n.Sx Ends :\nwhat the peer sends goes there, what comes "
     "from there goes to the peer, and both are shown; see\n.Sx Watching .\nThe connection stays when the end is over.\nWithout\n.Ar END\nit is taken back.\nPeers that hear each other\n.Pq Fl -broker , -chat\nhave none.\n",
     complete_join, command_join},
    {"connect", NULL, "[HOST PORT]", "again, or elsewhere",
     "Close the connection, if there is one, and connect to\n.Ar HOST\nand\n.Ar PORT ,\nor again to the last place; the "
     "prompt and its history stay, and an end that\n.Cm ~eof\nsent does not count for it.\n",
     NULL, command_connect},
    {"pause", NULL, "[N]", "stop reading",
     "Stop reading from peer\n.Ar N\nor from all to whom lines go, so that they find out how it is to wait.\n",
     complete_talkers, command_pause},
    {"resume", NULL, "[N]", "go on reading", "Go on reading.\n", complete_talkers, command_resume},
    {"repeat", NULL, "N [INTERVAL] TEXT", "a line again and again",
     "Send\n.Ar TEXT\nas a line\n.Ar N\ntimes, with\n.Ar INTERVAL\n.Pq seconds, or with a unit\nbetween;\n.Ar N\n0 means "
     "until\n.Cm ~stop .\nAn interval is taken for one when text follows it.\n",
     NULL, command_repeat},
    {"source", NULL, "[FILE]", "run lines from a file",
     "Do with each line of\n.Ar FILE\nwhat would be done if it were typed.\nIt ends at the first one that fails, and waits "
     "while a command that it began still sends.\nWithout\n.Ar FILE\nfiles being run are stopped.\n",
     complete_files, command_source},
    {"stop", NULL, NULL, "end what commands began",
     "End all that\n.Cm ~send , ~repeat , ~source\nand\n.Cm ~!\\&\nbegan, as ^C on an empty line does.\n",
     NULL, command_stop},
    {"secret", NULL, "[TEXT]", "read a line without echo",
     "Read the next line without echo, behind\n.Ar TEXT ,\nand keep it out of the history; a transcript\n.Pq Cm ~log\nhas its size.\nA line that begins with a blank "
     "is kept out of it, too.\n",
     NULL, command_secret},
    {"paste", NULL, NULL, "next paste is one message",
     "Send the next line with all newlines that were pasted into it as one message.\nThe same as\n.Ql ^V\nin place of Enter, behind the paste.\nThe newline that it may end with is that of the line end.\n",
     NULL, command_paste},
    {"!", NULL, "[COMMAND]", "send a command's output",
     "Run\n.Ar COMMAND\nwith\n.Xr sh 1\nand send its output; its errors are shown.\nIt has no input.\nWithout\n.Ar COMMAND\n"
     "run\n.Ev SHELL\non the terminal; what arrives meanwhile is shown when it ends.\n",
     NULL, command_shell},
    {"keys", NULL, "[N]", "key by key, and back",
     "Send what is typed key by key, to peer\n.Ar N ,\nto whom lines go, or the only one, and show what it sends as it is; or go "
     "back to lines.\nSee\n.Sx Key by key .\n",
     complete_talkers, command_keys},
    {"quit", ".", NULL, "end pollcat", "End the program.\n", NULL, command_quit},
};

enum { ROWS = sizeof table / sizeof table[0] };

const struct command *command_row(size_t i)
{
    return i < ROWS ? &table[i] : NULL;
}

/* What overwrites is asked for by its whole name. */
static bool is_short_for(const char *name, const struct command *row)
{
    size_t n = strlen(name);

    return n > 0 && strncmp(name, row->name, n) == 0 && strchr(row->name, '!') == NULL;
}

static const struct command *the_only(const char *name)
{
    const struct command *found = NULL;

    for (size_t i = 0; i < ROWS; i++) {
        if (!is_short_for(name, &table[i]))
            continue;
        if (found != NULL)
            return NULL;
        found = &table[i];
    }
    return found;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(name, table[i].name) == 0 || (table[i].alias != NULL && strcmp(name, table[i].alias) == 0))
            return &table[i];
    }
    return the_only(name);
}

static const char *row_name(void *ctx, size_t i)
{
    (void)ctx;
    return i < ROWS ? table[i].name : NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* "@" and "!": what follows is the argument at once. */
static bool is_sign(const char *name)
{
    return name[0] == '@' || name[0] == '!';
}

static size_t name_length(const char *text)
{
    return is_sign(text) ? 1 : strcspn(text, " \t\n");
}

/* Lines */

int command_unknown(const struct console *c, const char *name, struct err *e)
{
    const char *near = near_find(name, row_name, NULL);
    char safe[64], all[128] = "";

    text_safe_string(name, safe, sizeof safe);
    for (size_t i = 0; i < ROWS; i++) {
        size_t n = strlen(all);

        if (is_short_for(name, &table[i]))
            snprintf(all + n, sizeof all - n, "%s%c%s", n > 0 ? ", " : "", c->escape, table[i].name);
    }
    if (all[0] != '\0')
        return err_set(e, STATUS_LOCAL, "%c%s may be %s", c->escape, safe, all);
    if (name[0] == '\0')
        return err_set(e, STATUS_LOCAL, "no command: %c? lists them", c->escape);
    if (near != NULL)
        return err_set(e, STATUS_LOCAL, "unknown command %c%s; did you mean %c%s?", c->escape, safe,
                       c->escape, near);
    return err_set(e, STATUS_LOCAL, "unknown command %c%s; %c? lists them", c->escape, safe, c->escape);
}

int command_run(struct console *c, const char *line, struct err *e)
{
    size_t n = name_length(line + 1);
    char *name = mem_strndup(line + 1, n);
    const struct command *row;
    const char *args = line + 1 + n;
    int result;

    err_clear(e);
    row = command_find(name);
    while (is_blank(*args) && (row == NULL || row->run != command_shell))
        args++;
    if (row == NULL)
        result = command_unknown(c, name, e);
    else if (row->args == NULL && *args != '\0')
        result = args_usage(c, row->name, e);
    else
        result = row->run(c, args, e);
    free(name);
    return result;
}

/* Completion */

void complete_commands(struct console *c, struct complete *to, size_t index, const char *typed)
{
    (void)c;
    if (index > 0)
        return;
    for (size_t i = 0; i < ROWS; i++) {
        if (strncmp(table[i].name, typed, strlen(typed)) == 0 && !is_sign(table[i].name))
            complete_add(to, table[i].name);
    }
}

/* Puts something before each word. */
static void put_before(struct complete *to, const char *text)
{
    for (size_t i = 0; i < to->n; i++) {
        size_t n = strlen(text), len = strlen(to->words[i]);
        char *word = mem_alloc(n + len + 1);

        memcpy(word, text, n);
        memcpy(word + n, to->words[i], len);
        free(to->words[i]);
        to->words[i] = word;
    }
}

static void complete_name(struct console *c, const char *typed, struct complete *to)
{
    const char escape[] = {c->escape, '\0'};

    complete_commands(c, to, 0, typed);
    put_before(to, escape);
}

/* The words as they have to be typed. A blank, or a slash that follows, is no part of what is quoted. */
static void quote_words(struct complete *to, char quote)
{
    for (size_t i = 0; i < to->n; i++) {
        char *word = words_quote(to->words[i], quote, !to->open);

        free(to->words[i]);
        to->words[i] = word;
    }
}

void command_complete(struct console *c, const char *line, size_t cursor, struct complete *to)
{
    const struct command *row;
    struct words_place place;
    char *typed, *name;
    size_t n, args;

    if (cursor == 0)
        return;
    typed = mem_alloc(cursor + 1);
    memcpy(typed, line, cursor);
    n = name_length(typed + 1);
    args = 1 + n;
    name = mem_strndup(typed + 1, n);
    row = command_find(name);
    free(name);
    while (is_blank(typed[args]))
        args++;
    if (typed[1 + n] == '\0' && !is_sign(typed + 1)) {
        complete_name(c, typed + 1, to);
    } else if (row != NULL && row->complete != NULL) {
        words_locate(typed + args, cursor - args, &place);
        to->start = args + place.start;
        if (!place.escaped)
            row->complete(c, to, place.index, place.text);
        quote_words(to, place.quote);
        free(place.text);
    }
    free(typed);
}

/* A console's */

void commands_init(struct console *c)
{
    c->commands = mem_alloc(sizeof *c->commands);
}

static int commands_begin(struct console *c, struct err *e)
{
    commands_init(c);
    return files_begin(c, e);
}

void commands_clear(struct console *c)
{
    if (c->commands == NULL)
        return;
    shell_clear(c);
    while (!list_empty(&c->tasks))
        task_end(task_newest(c));
    files_clear(c);
    free(c->commands);
    c->commands = NULL;
}

bool commands_lent(const struct console *c)
{
    return c->commands != NULL && c->commands->guest != NULL;
}

/* A file that is run sends what could be typed: not after ~eof, which is told there. */
const char *commands_sending(const struct console *c, const struct talker *t)
{
    const struct task *x;
    struct list *ahead;

    list_each(x, ahead, &c->tasks, struct task, place)
    {
        if (!x->endless && (!x->ops->types || c->closed || c->leaving) && (t == NULL || task_sends_to(x, t)))
            return x->name;
    }
    return NULL;
}

void commands_stop_endless(struct console *c, const struct talker *t)
{
    struct list *ahead;
    struct task *x;

    list_each(x, ahead, &c->tasks, struct task, place)
    {
        if (x->endless && (t == NULL || x->to == t))
            task_stop(x, "our direction has ended");
    }
}

bool commands_busy(const struct console *c)
{
    return !list_empty(&c->tasks);
}

void commands_joined(struct console *c, struct talker *t)
{
    if (c->commands != NULL)
        files_joined(c, t);
}

void commands_left(struct console *c, struct talker *t)
{
    struct list *ahead;
    struct task *x;

    if (c->commands == NULL)
        return;
    list_each(x, ahead, &c->tasks, struct task, place)
    {
        if (!x->ops->types && !task_has_talker(x, t)) {
            if (!c->svc->ending)
                task_stop(x, "nobody is left to send to");
            else
                task_stop(x, x->owes ? "the program ends" : NULL);
            x->to = NULL;
        }
    }
    files_left(c, t);
}

const struct console_commands console_commands = {
    .run = command_run,
    .complete = command_complete,
    .edit = edit_start,
    .begin = commands_begin,
    .end = commands_clear,
    .joined = commands_joined,
    .left = commands_left,
    .busy = commands_busy,
    .sending = commands_sending,
    .stop_endless = commands_stop_endless,
    .stop = commands_stop,
    .lent = commands_lent,
};
