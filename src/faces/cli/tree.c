/* dfix tree: how a file is read. */
#include "faces/faces.h"
#include "host/files.h"

int command_tree(struct arena *a, const struct command_line *c)
{
    struct str text;
    struct err e;

    if (c->word.n != 1) {
        fputs("dfix: tree takes one FILE (or - for standard input)\n", stderr);
        return EXIT_FAILED;
    }
    if (c->set[OPT_BUILDKIT] && c->set[OPT_JSON]) {
        fputs("dfix: --buildkit and --json exclude each other\n", stderr);
        return EXIT_FAILED;
    }
    bool read = str_eq(c->word.v[0], S("-"))
                    ? file_read_stdin(a, TEXT_MAX, &text, &e)
                    : file_read(a, str_cstr(a, c->word.v[0]), TEXT_MAX, &text, &e);
    if (!read) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    struct tree *t = tree_parse(a, text);
    struct buf out = {.arena = a};
    bool plain = !c->set[OPT_BUILDKIT] && !c->set[OPT_JSON];
    if (c->set[OPT_BUILDKIT])
        tree_dump_buildkit(&out, t);
    else if (c->set[OPT_JSON])
        tree_dump_json(&out, t);
    else
        tree_dump(&out, t);
    struct str rest = buf_str(&out), line;
    if (!rest.n) /* where BuildKit itself fails */
        fputs("dfix: there is no instruction\n", stderr);
    while (plain && rest.n) {
        str_cut(&rest, '\n', &line);
        report_text(stdout, line);
        putchar('\n');
    }
    fwrite(rest.p, 1, plain ? 0 : rest.n, stdout);
    return t->nerror ? EXIT_FINDINGS : EXIT_CLEAN;
}
