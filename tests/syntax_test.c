/* syntax_test.c - the tree: its laws on every file there is. */
#include "check_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>

/* Parse a copy of exactly n bytes, so that reading past them is seen. */
static struct tree *parse_exact(struct arena *a, struct str text, char **copy)
{
    *copy = malloc(text.n ? text.n : 1);
    assert_non_null(*copy);
    if (text.n)
        memcpy(*copy, text.p, text.n);
    return tree_parse(a, (struct str){*copy, text.n});
}

static void check_text(const char *what, struct str text)
{
    struct arena *a = arena_open();
    char *copy;
    struct tree *t = parse_exact(a, text, &copy);
    node_id at;
    const char *wrong = check_tree(t, &at);
    if (wrong)
        fail_msg("%s, first %zu bytes: %s (node %u)", what, text.n, wrong, at);
    arena_close(a);
    free(copy);
}

static void to_crlf(struct buf *out, struct str text)
{
    struct str line;
    while (str_cut(&text, '\n', &line)) {
        buf_add(out, line);
        buf_add(out, S("\r\n"));
    }
}

static struct str slurp(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    struct buf b = {.arena = a};
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
        buf_add(&b, (struct str){chunk, n});
    fclose(f);
    return buf_str(&b);
}

static unsigned nfiles, nprefixed;

static void check_file(const char *path)
{
    struct arena *a = arena_open();
    struct str text = slurp(a, path);
    struct buf crlf = {.arena = a};
    to_crlf(&crlf, text);
    check_text(path, text);
    check_text(path, buf_str(&crlf));
    if (nfiles++ % 12 == 0 && text.n < 3000) {
        nprefixed++;
        for (size_t n = 0; n < text.n; n++)
            check_text(path, str_sub(text, 0, n));
    }
    arena_close(a);
}

static void walk(const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (e->d_type == DT_DIR)
            walk(path);
        else
            check_file(path);
    }
    closedir(d);
}

static void corpus_tiles(void **state)
{
    (void)state;
    walk(DFIX_SHARED "/corpus/public");
    walk(DFIX_SHARED "/corpus/parser-cases");
    if (!nfiles) {
        print_message("no corpus beside the project: skipped\n");
        skip();
    }
    assert_true(nprefixed > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
