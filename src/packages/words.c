/* words.c - what managers have in common: folders of caches, who removes them, which of them a
 * mount keeps out of the image. */
#include "packages/words.h"

#include "packages/packages.h"

bool path_is_in(struct str path, const char *folders)
{
    struct str rest = str_of(folders), one;

    while (word_next(&rest, &one))
        if (str_starts(path, one))
            return true;
    return false;
}

/* "~/.cache/pip", and a folder that holds it or lies in it in whatever home. */
static bool meets_in_home(struct str path, struct str below)
{
    if (str_find(path, below) != STR_NONE || str_eq(path, S("/root")))
        return true;
    for (ptrdiff_t at; (at = str_rchr(below, '/')) > 0;) {
        below = str_sub(below, 0, (size_t)at);
        if (str_ends(path, below))
            return true;
    }
    return false;
}

bool path_meets(struct str path, const char *folders)
{
    struct str rest = str_of(folders), one;

    while (path.n > 1 && str_ends(path, S("/")))
        path.n--;
    while (path.n > 1 && word_next(&rest, &one)) {
        bool home = str_starts(one, S("~"));
        if (home && meets_in_home(path, str_from(one, 1)))
            return true;
        if (!home && (str_starts(path, one) || str_starts(one, path)))
            return true;
    }
    return false;
}

static bool removes_path(const struct field *f, const char *folders)
{
    struct str path = f->value.text;
    size_t n = 0;

    if (f->value.certainty != VALUE_KNOWN)
        return true;
    while (n < path.n && str_chr(S("*?[{"), path.p[n]) == STR_NONE)
        n++;
    return path_meets(str_sub(path, 0, n), folders);
}

bool removes_from(const struct command *c, const char *folders)
{
    const struct field *f;
    bool find = c->program == PROGRAM_FIND;

    if (c->program != PROGRAM_RM && !find)
        return false;
    size_t n = command_args(c, &f);
    bool removed = false, deletes = !find;
    for (size_t i = 1; i < n; i++) {
        deletes |= word_is_one_of(f[i].value.text, "-delete -exec");
        if (!str_starts(f[i].value.text, S("-")))
            removed |= removes_path(&f[i], folders);
    }
    return removed && deletes;
}

bool says_words(const struct command *c, const char *subcommands, const char *operand)
{
    const struct field *const *f;

    if (!word_is_one_of(command_subcommand(c), subcommands))
        return false;
    size_t n = command_operands(c, &f);
    return !*operand || (n && str_eq(f[0]->value.text, str_of(operand)));
}

size_t install_operands(const struct command *c, const struct field *const **out)
{
    size_t n = command_operands(c, out);
    return command_verb(c) == VERB_INSTALL ? n : 0;
}

bool cleans_nothing(const struct command *c)
{
    (void)c;
    return false;
}

bool serves_nothing(const struct image *im, struct arena *a, const struct command *c)
{
    (void)im;
    (void)a;
    (void)c;
    return false;
}

static bool flag_text(const struct tree *t, node_id flag, const char *keys, struct str *out)
{
    struct str rest = str_of(keys), key;
    struct span at;

    while (word_next(&rest, &key))
        if (flag_key(t, flag, key, &at)) {
            *out = str_sub(t->text, at.start, at.end);
            return true;
        }
    return false;
}

bool mount_holds(const struct image *im, node_id instruction, const char *folders)
{
    const struct tree *t = im->tree;

    for (node_id f = 0; (f = node_next(t, instruction, f, NODE_FLAG));) {
        struct str type = S(""), target = S("");
        bool keeps = flag_text(t, f, "type", &type) && word_is_one_of(type, "cache tmpfs") &&
                     flag_text(t, f, "target dst destination", &target);
        if (keeps && path_meets(target, folders))
            return true;
    }
    return false;
}
