/* public_corpus.h - a test on each of the shared Dockerfiles: a fixed tenth of them, all with
 * DFIX_TEST_TIER=all. */
#ifndef DFIX_TESTS_PUBLIC_CORPUS_H
#define DFIX_TESTS_PUBLIC_CORPUS_H

#include <dirent.h>
#include <stdlib.h>

#include "cmocka_all.h"

#include "dfix/dfix.h"
#include "host/files.h"

enum { TENTH = 10 };

static int is_dockerfile(const struct dirent *d)
{
    return str_ends(str_of(d->d_name), S(".Dockerfile"));
}

/* The number of files. */
static unsigned over_corpus(void (*each)(struct arena *a, const char *file, struct str text))
{
    const char *folder = DFIX_SHARED "/corpus/public", *tier = getenv("DFIX_TEST_TIER");
    struct dirent **entry;
    int step = tier && !strcmp(tier, "all") ? 1 : TENTH,
        n = scandir(folder, &entry, is_dockerfile, alphasort);
    unsigned files = 0;

    if (n <= 0) {
        print_message("skipped: no corpus in %s\n", DFIX_SHARED);
        skip();
    }
    for (int i = 0; i < n; i++) {
        struct arena *a = arena_open();
        struct str text;
        struct err e;
        if (i % step == 0) {
            assert_true(
                file_read(a, str_fmt(a, "%s/%s", folder, entry[i]->d_name).p, TEXT_MAX, &text, &e));
            each(a, entry[i]->d_name, text);
            files++;
        }
        arena_close(a);
        free(entry[i]);
    }
    free(entry);
    return files;
}

#endif
