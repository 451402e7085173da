/* seeds.c - a main for fuzz targets: the seeds in tests/fuzz/NAME, each once, whole and cut off at
 * every tenth of its length. Fuzzing itself is `./dev fuzz`. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SEED_MAX = 1 << 20 };

static void run(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *all = malloc(SEED_MAX);
    size_t n = f && all ? fread(all, 1, SEED_MAX, f) : 0;

    for (size_t tenth = 0; tenth <= 10; tenth++) {
        size_t part = n * tenth / 10;
        uint8_t *exact = malloc(part + 1); /* so that a read past the end is seen */
        if (!exact || !all)
            abort();
        memcpy(exact + 1, all, part);
        LLVMFuzzerTestOneInput(exact + 1, part);
        free(exact);
    }
    free(all);
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    char folder[1024], path[2048];
    unsigned seeds = 0;

    (void)argc;
    name = name ? name + 1 : argv[0];
    snprintf(folder, sizeof(folder), "%s/tests/fuzz/%s", DFIX_ROOT, name + strlen("fuzz_"));
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        run(path);
        seeds++;
    }
    if (d)
        closedir(d);
    else
        LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("%u seeds\n", seeds);
    return d && !seeds;
}
