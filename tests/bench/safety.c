/* safety.c BEFORE {NAME AFTER AGAIN}... - judges what programs made of the files of a folder, the
 * second time of what they made the first: a row for each. Ends with 1 when dfix has done harm. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfix/verify.h"
#include "host/files.h"

enum { FILE_MOST = 1 << 20 };

struct row {
    unsigned files, changed, refused, unparseable, comments, unstable, meaning;
};

static bool read_below(struct arena *a, const char *folder, const char *name, struct str *out)
{
    struct err e;

    return file_read(a, str_fmt(a, "%s/%s", folder, name).p, FILE_MOST, out, &e);
}

/* How often the comment stands there, blanks and signs at its front apart. */
static size_t count_comment(const struct tree *t, struct str comment)
{
    size_t n = 0;

    for (uint32_t i = 0; i < t->ntok; i++) {
        struct span s = token_span(t, i);
        struct str text = str_sub(t->text, s.start, s.end);
        bool one = t->tok[i].kind == TOK_COMMENT || t->tok[i].kind == TOK_DIRECTIVE;
        n += one && str_eq(str_trim(str_from(text, 1)), comment);
    }
    return n;
}

static bool loses_comment(const struct tree *x, const struct tree *y)
{
    for (uint32_t i = 0; i < x->ntok; i++) {
        struct span s = token_span(x, i);
        struct str text = str_sub(x->text, s.start, s.end);
        if (x->tok[i].kind != TOK_COMMENT)
            continue;
        text = str_trim(str_from(text, 1));
        if (text.n && count_comment(y, text) < count_comment(x, text))
            return true;
    }
    return false;
}

static void judge(struct arena *a, struct row *r, const char *name, struct str before,
                  const char *after_folder, const char *again_folder)
{
    bool verbose = getenv("DFIX_BENCH_VERBOSE") != NULL;
    struct str after, again;

    r->files++;
    if (!read_below(a, after_folder, name, &after)) {
        r->refused++;
        return;
    }
    const struct tree *x = tree_parse(a, before), *y = tree_parse(a, after);
    struct differences d = verify_texts(a, before, after, NULL, S(""));
    bool worse = y->nerror > x->nerror, lost = loses_comment(x, y),
         moves = !read_below(a, again_folder, name, &again) || !str_eq(after, again),
         means = differences_worst(d) == DIFFERENCE_BEHAVIOUR;
    r->changed += !str_eq(before, after);
    r->unparseable += worse;
    r->comments += lost;
    r->unstable += moves;
    r->meaning += means;
    if (!verbose || !(worse || lost || moves || means))
        return;
    printf("%s/%s:%s%s%s%s\n", after_folder, name, worse ? " unparseable" : "",
           lost ? " comment lost" : "", moves ? " unstable" : "", means ? " meaning" : "");
    for (size_t i = 0; i < d.n; i++)
        if (d.v[i].kind == DIFFERENCE_BEHAVIOUR)
            printf("    " STR_FMT ": " STR_FMT "\n", STR_ARG(d.v[i].where), STR_ARG(d.v[i].what));
}

static struct row row_of(char **folders, const char *before)
{
    struct row r = {0};
    struct dirent **entry;
    int n = scandir(before, &entry, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        struct arena *a = arena_open();
        struct str text;
        if (entry[i]->d_name[0] != '.' && read_below(a, before, entry[i]->d_name, &text))
            judge(a, &r, entry[i]->d_name, text, folders[0], folders[1]);
        arena_close(a);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return r;
}

int main(int argc, char **argv)
{
    int status = 0;

    printf("| %-14s | files | changed | refused | unparseable | comment lost | unstable | meaning "
           "changed |\n| --- | --: | --: | --: | --: | --: | --: | --: |\n",
           "program");
    for (int i = 2; i + 2 < argc; i += 3) {
        struct row r = row_of(argv + i + 1, argv[1]);
        printf("| %-14s | %u | %u | %u | %u | %u | %u | %u |\n", argv[i], r.files, r.changed,
               r.refused, r.unparseable, r.comments, r.unstable, r.meaning);
        fflush(stdout);
        if (strncmp(argv[i], "dfix", 4) == 0 &&
            r.refused + r.unparseable + r.comments + r.unstable + r.meaning)
            status = 1;
    }
    return status;
}
