/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ^X^E: the line that is typed, in the user's editor.
 */
#include "console/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { LINE_MOST = 16 * 1024 * 1024 }; /* bytes taken from the editor */

/* The variables may hold arguments. */
static const char editor[] = "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"";

static int write_line(int fd, const char *line)
{
    FILE *f = fdopen(fd, "w");
    int r;

    if (f == NULL) {
        close(fd);
        return -1;
    }
    r = fprintf(f, "%s\n", line);
    return fclose(f) == 0 && r >= 0 ? 0 : -1;
}

int edit_start(struct console *c, const char *line, struct err *e)
{
    const char *folder = getenv("TMPDIR");
    char command[sizeof editor], *file;
    size_t size;
    int fd;

    if (folder == NULL || folder[0] == '\0')
        folder = "/tmp";
    size = strlen(folder) + sizeof "/pollcat-XXXXXX";
    file = mem_alloc(size);
    snprintf(file, size, "%s/pollcat-XXXXXX", folder);
    fd = mkostemp(file, O_CLOEXEC);
    if (fd < 0 || write_line(fd, line) < 0) {
        err_sys(e, STATUS_LOCAL, errno, "%s", file);
    } else {
        memcpy(command, editor, sizeof editor);
        if (guest_start(c, (char *[]){"/bin/sh", "-c", command, "sh", file, NULL}, file, e) == 0)
            return 0;
    }
    if (fd >= 0)
        (void)unlink(file);
    free(file);
    return -1;
}

/* The file without the newline at its end, or NULL with errno. */
static char *read_line(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    char *line = NULL;
    size_t n = 0;
    ssize_t got;

    if (fd < 0)
        return NULL;
    do {
        line = mem_resize(line, n + BUFSIZ + 1);
        got = read(fd, line + n, BUFSIZ);
        n += got > 0 ? (size_t)got : 0;
    } while ((got > 0 || (got < 0 && errno == EINTR)) && n < LINE_MOST);
    close(fd);
    if (got < 0) {
        free(line);
        return NULL;
    }
    if (n > 0 && line[n - 1] == '\n')
        n--;
    line[n] = '\0';
    return line;
}

void edit_done(struct console *c, const char *file, int status)
{
    char *line;

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        log_notice("the editor failed: the line is as it was");
        return;
    }
    line = read_line(file);
    if (line == NULL)
        log_notice("%s: %s", file, strerror(errno));
    else
        prompt_set_line(c->prompt, line);
    free(line);
}
