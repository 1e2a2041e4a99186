/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/command.h"
#include "console/console.h"
#include "console/console_conf.h"
#include "io/fd.h"

#include "test_tty_rig.h"

/* A console without a prompt. */
struct rig {
    struct rig_tty tty;
    struct loop *loop;
    struct peer_table peers;
    struct svc svc;
    struct console_conf conf;
    struct console c;
    char dir[64], old[256];
    bool quit;
    char host[32], port[32], opt[64];
};

static void quit(void *ctx, const struct err *e)
{
    assert_null(e);
    ((struct rig *)ctx)->quit = true;
}

static int sockopt(void *ctx, struct peer *p, const char *text, char *value, size_t size, struct err *e)
{
    (void)p;
    (void)value;
    (void)size;
    if (strncmp(text, "keep", 4) != 0)
        return err_set(e, STATUS_LOCAL, "unknown option");
    snprintf(((struct rig *)ctx)->opt, sizeof((struct rig *)ctx)->opt, "%s", text);
    return 0;
}

static const char *sockopt_row(size_t i, const char **arg, const char **help)
{
    static const char *const names[] = {"keepalive", "keepidle", "tos"}, *const args[] = {"on|off", "SECONDS",
                                                                                          NULL};

    if (i >= 3)
        return NULL;
    *arg = args[i];
    *help = "help";
    return names[i];
}

static int connect_to(void *ctx, const char *host, const char *port, struct err *e)
{
    struct rig *r = ctx;

    (void)e;
    snprintf(r->host, sizeof r->host, "%s", host != NULL ? host : "-");
    snprintf(r->port, sizeof r->port, "%s", port != NULL ? port : "-");
    return 0;
}

static void leaving(void *ctx, struct talker *t)
{
    (void)ctx;
    (void)t;
}

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    struct err e;

    assert_non_null(r);
    r->loop = loop_new(false, &e);
    peer_table_init(&r->peers, r->loop);
    r->svc = (struct svc){
        .loop = r->loop,
        .peers = &r->peers,
        .host = {.ctx = r, .quit = quit},
        .control = {.ctx = r, .sockopt = sockopt, .sockopt_row = sockopt_row, .connect = connect_to}};
    r->c.svc = &r->svc;
    r->c.conf = &r->conf;
    r->c.escape = '~';
    r->c.talkers = (struct talkers){.loop = r->loop, .leaving = leaving};
    rig_tty_open(&r->tty, O_NONBLOCK);
    r->c.sheet.screen = screen_open(r->loop, r->tty.terminal, NULL, NULL, &e);
    assert_non_null(r->c.sheet.screen);
    r->c.view = (struct view){.loop = r->loop, .sheet = &r->c.sheet};
    view_init(&r->c.view);
    talkers_init(&r->c.talkers);
    list_init(&r->c.tasks);
    list_init(&r->c.waiters);
    commands_init(&r->c);
    assert_non_null(getcwd(r->old, sizeof r->old));
    snprintf(r->dir, sizeof r->dir, "/tmp/pollcat-command-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    assert_int_equal(chdir(r->dir), 0);
    *state = r;
    return 0;
}

static void drop_files(const char *const *names)
{
    for (; *names != NULL; names++) {
        if (unlink(*names) < 0)
            (void)rmdir(*names);
    }
}

static int tear_down(void **state)
{
    static const char *const files[] = {"plain", "two words", "sub", "l'un", NULL};
    struct rig *r = *state;

    commands_clear(&r->c);
    while (!list_empty(&r->c.talkers.all))
        talkers_del(&r->c.talkers, talkers_after(&r->c.talkers, NULL));
    talkers_clear(&r->c.talkers);
    while (peer_first(&r->peers) != NULL)
        peer_free(peer_first(&r->peers));
    view_clear(&r->c.view);
    screen_close(r->c.sheet.screen);
    loop_free(r->loop);
    rig_tty_close(&r->tty);
    drop_files(files);
    assert_int_equal(chdir(r->old), 0);
    assert_int_equal(rmdir(r->dir), 0);
    free(r);
    return 0;
}

static void add_talkers(struct rig *r, int n)
{
    struct addr none = {0};

    while (n-- > 0)
        talkers_add(&r->c.talkers, peer_new(&r->peers, fd_null(r->loop), &none, &none), true);
}

/* Runs a line that is to be refused with this text. */
static void refuse(struct rig *r, const char *line, const char *text)
{
    struct err e;

    err_clear(&e);
    assert_int_equal(command_run(&r->c, line, &e), -1);
    assert_string_equal(e.text, text);
}

static void accept_line(struct rig *r, const char *line)
{
    struct err e;

    err_clear(&e);
    if (command_run(&r->c, line, &e) < 0)
        fail_msg("%s: %s", line, e.text);
}

static void table_is_sound(void **state)
{
    const struct command *row;

    (void)state;
    for (size_t i = 0; (row = command_row(i)) != NULL; i++) {
        assert_ptr_equal(command_find(row->name), row);
        if (row->alias != NULL)
            assert_ptr_equal(command_find(row->alias), row);
        assert_non_null(row->help);
        assert_non_null(row->run);
        assert_non_null(row->doc);
        assert_int_equal(row->doc[strlen(row->doc) - 1], '\n');
        assert_null(strstr(row->doc, "\n\n"));
        if (row->complete != NULL)
            assert_non_null(row->args);
    }
    assert_true(row == NULL);
    assert_null(command_find(""));
    assert_ptr_equal(command_find("pee"), command_find("peers"));
    assert_ptr_equal(command_find("q"), command_find("quit"));
    assert_ptr_equal(command_find("con"), command_find("connect"));
    assert_ptr_equal(command_find("sav"), command_find("save"));
    assert_null(command_find("cl0"));
    assert_null(command_find("c"));
}

static void unknown_names_are_refused(void **state)
{
    struct rig *r = *state;

    refuse(r, "~sned x", "unknown command ~sned; did you mean ~send?");
    refuse(r, "~qiut", "unknown command ~qiut; did you mean ~quit?");
    refuse(r, "~c x", "~c may be ~cert, ~close, ~connect");
    refuse(r, "~xyzzy", "unknown command ~xyzzy; ~? lists them");
    refuse(r, "~", "no command: ~? lists them");
    refuse(r, "~ quit", "no command: ~? lists them");
    refuse(r, "~.x", "unknown command ~.x; ~? lists them");
    refuse(r, "~a\033b", "unknown command ~a\\x1bb; ~? lists them");
    assert_false(r->quit);
}

static void another_escape_character(void **state)
{
    struct rig *r = *state;

    r->c.escape = '%';
    refuse(r, "%sned", "unknown command %sned; did you mean %send?");
    refuse(r, "%to 1 2", "usage: %to [N | all]");
    accept_line(r, "%.");
    assert_true(r->quit);
}

static void help_is_short(void **state)
{
    const struct command *row;

    (void)state;
    for (size_t i = 0; (row = command_row(i)) != NULL; i++)
        assert_true(strlen(row->help) <= 25 && strlen(row->name) <= 8);
}

static void usage_is_told(void **state)
{
    struct rig *r = *state;

    refuse(r, "~peers 1", "usage: ~peers");
    refuse(r, "~quit now", "usage: ~quit");
    refuse(r, "~to 1 2", "usage: ~to [N | all]");
    refuse(r, "~repeat", "usage: ~repeat N [INTERVAL] TEXT");
    refuse(r, "~repeat 3", "usage: ~repeat N [INTERVAL] TEXT");
    refuse(r, "~repeat x y", "usage: ~repeat N [INTERVAL] TEXT");
    refuse(r, "~repeat -1 y", "usage: ~repeat N [INTERVAL] TEXT");
    refuse(r, "~@", "usage: ~@N[,N] TEXT");
    refuse(r, "~connect host", "usage: ~connect [HOST PORT]");
    refuse(r, "~send 'a", "a quote that is not closed");
}

static void quit_has_two_names(void **state)
{
    struct rig *r = *state;

    accept_line(r, "~.");
    assert_true(r->quit);
    r->quit = false;
    accept_line(r, "~quit ");
    assert_true(r->quit);
}

static void modes_are_set(void **state)
{
    struct rig *r = *state;

    accept_line(r, "~input hex");
    assert_int_equal(r->c.input, INPUT_HEX);
    refuse(r, "~input hax", "unknown input mode 'hax'; did you mean hex?");
    refuse(r, "~input zebra", "unknown input mode 'zebra': text, escapes, hex");
    assert_int_equal(r->c.input, INPUT_HEX);
    accept_line(r, "~eol   crlf  ");
    assert_int_equal(r->c.eol, EOL_CRLF);
    refuse(r, "~eol crlf lf", "usage: ~eol [lf | crlf | cr | none | nul]");
    refuse(r, "~eol crl", "unknown line end 'crl'; did you mean crlf?");
    refuse(r, "~time absolut", "unknown time 'absolut'; did you mean absolute?");
    refuse(r, "~view hx", "unknown view 'hx'; did you mean hex?");
}

static void peers_are_found(void **state)
{
    struct rig *r = *state;

    refuse(r, "~close", "nobody is connected");
    refuse(r, "~pause", "nobody is connected");
    refuse(r, "~opt", "nobody is connected");
    refuse(r, "~send x", "nobody is connected");
    refuse(r, "~!true", "nobody is connected");
    add_talkers(r, 2);
    refuse(r, "~close", "which of 2 peers? Give its number; ~peers lists them");
    refuse(r, "~close 3", "there is no peer 3; ~peers lists them");
    refuse(r, "~to 0", "'0' is not the number or name of a peer");
    refuse(r, "~@x hello", "there is no peer x; ~peers lists them");
    refuse(r, "~@2", "usage: ~@N[,N] TEXT");
    accept_line(r, "~to 2");
    assert_ptr_equal(r->c.talkers.to, talkers_find(&r->c.talkers, 2));
    refuse(r, "~to 9", "there is no peer 9; ~peers lists them");
    assert_ptr_equal(r->c.talkers.to, talkers_find(&r->c.talkers, 2));
    accept_line(r, "~to all");
    assert_null(r->c.talkers.to);
}

static void peers_are_named(void **state)
{
    struct rig *r = *state;
    char label[TALKER_LABEL];

    refuse(r, "~name", "usage: ~name N [NAME]");
    refuse(r, "~name 1 bob", "there is no peer 1; ~peers lists them");
    add_talkers(r, 2);
    accept_line(r, "~name 1 bob");
    assert_string_equal(talker_label(talkers_find(&r->c.talkers, 1), label), "bob");
    accept_line(r, "~name 1 bob");
    refuse(r, "~name 2 bob", "1 is called bob already");
    refuse(r, "~name 2 17", "'17' cannot be a name: up to 32 letters, digits, _ and -, no number, not all");
    refuse(r, "~name 2 all", "'all' cannot be a name: up to 32 letters, digits, _ and -, no number, not all");
    refuse(r, "~name 2 a,b", "'a,b' cannot be a name: up to 32 letters, digits, _ and -, no number, not all");
    refuse(r, "~name 2 ''", "'' cannot be a name: up to 32 letters, digits, _ and -, no number, not all");
    refuse(
        r, "~name 2 a23456789012345678901234567890123",
        "'a23456789012345678901234567890123' cannot be a name: up to 32 letters, digits, _ and -, no number, not all");
    refuse(r, "~name 2 bob eve", "usage: ~name N [NAME]");
    accept_line(r, "~to bob");
    assert_ptr_equal(r->c.talkers.to, talkers_find(&r->c.talkers, 1));
    accept_line(r, "~name bob Bob_-7");
    refuse(r, "~to bob", "there is no peer bob; ~peers lists them");
    accept_line(r, "~to 1");
    accept_line(r, "~name Bob_-7");
    assert_string_equal(talker_label(talkers_find(&r->c.talkers, 1), label), "1");
    accept_line(r, "~name 2 bob");
}

static void files_are_refused(void **state)
{
    struct rig *r = *state;

    add_talkers(r, 1);
    refuse(r, "~send nothing", "nothing: No such file or directory");
    refuse(r, "~send .", ".: Is a directory");
    refuse(r, "~send /dev/null", "/dev/null: not a regular file");
    refuse(r, "~send", "no file is being sent");
    refuse(r, "~source nothing", "nothing: No such file or directory");
    refuse(r, "~source", "no file is being run");
    refuse(r, "~save none/x", "none/x: No such file or directory");
    refuse(r, "~log .", ".: Is a directory");
    refuse(r, "~save", "no file is being written");
    refuse(r, "~log", "no file is being written");
    refuse(r, "~stop", "nothing is going on");
}

static void the_end_is_minded(void **state)
{
    struct rig *r = *state;

    add_talkers(r, 1);
    r->c.ended = true;
    refuse(r, "~eof", "our direction has ended already");
    refuse(r, "~repeat 2 x", "our direction has ended: nothing more can be sent");
    refuse(r, "~send x", "our direction has ended: nothing more can be sent");
    refuse(r, "~secret", "our direction has ended: nothing more can be sent");
    refuse(r, "~!true", "our direction has ended: nothing more can be sent");
}

static void repeat_minds_the_input_mode(void **state)
{
    struct rig *r = *state;

    add_talkers(r, 1);
    r->c.input = INPUT_HEX;
    refuse(r, "~repeat 2 4x", "byte 2 of the text: not a hex digit");
    refuse(r, "~repeat 2 1s 4x", "byte 2 of the text: not a hex digit");
}

static void net_is_asked(void **state)
{
    struct rig *r = *state;

    add_talkers(r, 1);
    accept_line(r, "~opt keepalive=on");
    assert_string_equal(r->opt, "keepalive=on");
    refuse(r, "~opt foo=1", "unknown option");
    accept_line(r, "~connect");
    assert_string_equal(r->host, "-");
    accept_line(r, "~connect ::1 80");
    assert_string_equal(r->host, "::1");
    assert_string_equal(r->port, "80");
    accept_line(r, "~connect [::1]:81");
    assert_string_equal(r->host, "::1");
    assert_string_equal(r->port, "81");
    accept_line(r, "~connect /run/x");
    assert_string_equal(r->host, "/run/x");
    assert_string_equal(r->port, "-");
    r->svc.control.connect = NULL;
    r->svc.control.sockopt = NULL;
    refuse(r, "~connect", "who listens does not connect");
    refuse(r, "~opt", "socket options are not to be had here");
}

/* Completion */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is offered for `line`, as "START: WORD|WORD", with a + behind when it goes on. */
static void offer(struct rig *r, const char *line, const char *wanted)
{
    struct complete to = {0};
    char text[512];
    size_t n;

    command_complete(&r->c, line, strlen(line), &to);
    if (to.n > 1)
        qsort(to.words, to.n, sizeof *to.words, by_name);
    n = (size_t)snprintf(text, sizeof text, "%zu:", to.start);
    for (size_t i = 0; i < to.n; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i > 0 ? "|" : " ", to.words[i]);
        free(to.words[i]);
    }
    if (to.open)
        snprintf(text + n, sizeof text - n, "+");
    free(to.words);
    assert_string_equal(to.n > 0 ? text : "", wanted);
}

static void names_complete(void **state)
{
    struct rig *r = *state;

    offer(r, "~pe", "0: ~peers");
    offer(r, "~in", "0: ~info|~input");
    offer(r, "~zz", "");
    offer(r, "", ""); /* the cursor is before it all */
    offer(r, "~help pa", "6: paste|pause");
    r->c.escape = '%';
    offer(r, "%qu", "0: %quit");
}

static void choices_complete(void **state)
{
    struct rig *r = *state;

    offer(r, "~input ", "7: escapes|hex|text");
    offer(r, "~input  h", "8: hex");
    offer(r, "~input hex h", "");
    offer(r, "~eol n", "5: none|nul");
    offer(r, "~time d", "6: delta");
    offer(r, "~view h", "6: hex");
    offer(r, "~view hex d", "10: direction");
    offer(r, "~view hex size,d", "10: size,direction");
    offer(r, "~zz x", "");
    offer(r, "~peers x", "");
    offer(r, "~! x", "");
}

static void talkers_complete(void **state)
{
    struct rig *r = *state;

    add_talkers(r, 12);
    offer(r, "~to a", "4: all");
    offer(r, "~to 1", "4: 1|10|11|12");
    offer(r, "~close 12", "7: 12");
    offer(r, "~close 1 2", "");
    offer(r, "~@1", "2: 1|10|11|12");
}

static void options_complete(void **state)
{
    struct rig *r = *state;

    offer(r, "~opt keepa", "5: keepalive=+");
    offer(r, "~opt keep", "5: keepalive=|keepidle=");
    offer(r, "~opt keepalive=o", "5: keepalive=off|keepalive=on");
    offer(r, "~opt keepidle=", "");
    offer(r, "~opt t", "5: tos");
}

static void make_file(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static void files_complete(void **state)
{
    struct rig *r = *state;
    char line[96], wanted[128];

    make_file("plain");
    make_file("two words");
    make_file("l'un");
    assert_int_equal(mkdir("sub", 0700), 0);
    offer(r, "~send pl", "6: plain");
    offer(r, "~send tw", "6: two\\ words");
    offer(r, "~send two\\ w", "6: two\\ words");
    offer(r, "~send 'two w", "6: 'two words'");
    offer(r, "~send l", "6: l\\'un");
    offer(r, "~log su", "5: sub/+");
    offer(r, "~log none/", "");
    snprintf(line, sizeof line, "~source %s/pl", r->dir);
    snprintf(wanted, sizeof wanted, "8: %s/plain", r->dir);
    offer(r, line, wanted);
    assert_int_equal(setenv("HOME", r->dir, 1), 0);
    offer(r, "~send ~/pl", "6: ~/plain");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sound),
        TEST(unknown_names_are_refused),
        TEST(another_escape_character),
        TEST(help_is_short),
        TEST(usage_is_told),
        TEST(quit_has_two_names),
        TEST(modes_are_set),
        TEST(peers_are_found),
        TEST(peers_are_named),
        TEST(files_are_refused),
        TEST(the_end_is_minded),
        TEST(repeat_minds_the_input_mode),
        TEST(net_is_asked),
        TEST(names_complete),
        TEST(choices_complete),
        TEST(talkers_complete),
        TEST(options_complete),
        TEST(files_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
