/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * replay: a main() for fuzz_NAME without libFuzzer. Feeds the entry point an empty input, each file of the corpus
 * (tests/fuzz/corpus/NAME below $POLLCAT_SRC, or the directories and files given), and every beginning of it.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20, PREFIX_MAX = 4096 };

/* The bytes are copied to a block of just their size, so that reading past the end is found. */
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = calloc(1, size > 0 ? size : 1);

    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int replay_file(const char *path)
{
    uint8_t *data = malloc(INPUT_MAX);
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    int done = -1;

    if (data == NULL || file == NULL) {
        perror(path);
        goto out;
    }
    size = fread(data, 1, INPUT_MAX, file);
    if (ferror(file)) {
        perror(path);
        goto out;
    }
    for (size_t n = 0; n < size && n <= PREFIX_MAX; n++)
        feed(data, n);
    feed(data, size);
    done = 1;
out:
    if (file != NULL)
        fclose(file);
    free(data);
    return done;
}

/* Returns the number of files replayed, or -1. */
static int replay(const char *path)
{
    DIR *dir = opendir(path);
    int total = 0;

    if (dir == NULL)
        return errno == ENOTDIR ? replay_file(path) : (perror(path), -1);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char name[PATH_MAX + sizeof entry->d_name + 1];
        int done;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        done = replay_file(name);
        total = done < 0 ? -1 : total + done;
        if (total < 0)
            break;
    }
    closedir(dir);
    return total;
}

/* The corpus of the program called `self`: "fuzz_NAME". */
static const char *corpus(const char *self, char *path, size_t size)
{
    const char *source = getenv("POLLCAT_SRC");
    const char *base = strrchr(self, '/');

    base = base == NULL ? self : base + 1;
    if (strncmp(base, "fuzz_", 5) == 0)
        base += 5;
    snprintf(path, size, "%s/tests/fuzz/corpus/%s", source == NULL ? "." : source, base);
    return path;
}

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    int total = 0;

    feed((const uint8_t *)"", 0);
    for (int i = 1; i < argc || i == 1; i++) {
        int done = replay(argc > 1 ? argv[i] : corpus(argv[0], path, sizeof path));

        if (done < 0)
            return EXIT_FAILURE;
        total += done;
    }
    printf("# %d inputs replayed\n", total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
