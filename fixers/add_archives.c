/* add-archives: an archive that COPY brings and a RUN unpacks, which ADD does in one step. */
#include "dfix/fixer.h"

#include <stdlib.h>

static const char doc[] =
    "Reports a COPY of a tar archive that a RUN of the same stage unpacks: ADD unpacks it by "
    "itself,\n"
    "and the archive does not stay in a layer.\n\n"
    "Silent on what ADD does not unpack (zip, a single file in gzip), where hadolint reports "
    "it.\n\n"
    "Safety: only reported. Where the files go to is up to the options of the command.\n";

/* What ADD unpacks by itself. */
static bool is_tar(struct str name)
{
    static const char *const ends[] = {
        ".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.Z", ".tar.lz", ".tar.lzma", ".tar.zst",
        ".tgz", ".tbz",    ".tbz2",    ".tb2",    ".txz",   ".tlz",    ".tpz",      ".tZ"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_ends(name, str_of(ends[i])))
            return true;
    return false;
}

/* The last name of a path as it is written, which is the same word for COPY and for tar: without
 * quotes, and behind Windows' backslashes. */
static struct str base_of(struct str path)
{
    ptrdiff_t back = str_rchr(path, '\\');

    while (path.n && (path.p[path.n - 1] == '"' || path.p[path.n - 1] == '\''))
        path.n--;
    return path_basename(back == STR_NONE ? path : str_from(path, (size_t)back + 1));
}

static bool unpacks(const struct command *k)
{
    return k->program == PROGRAM_TAR && command_has(k, "extract");
}

/* A name that a command of the stage unpacks. */
struct unpacked {
    unsigned stage;
    struct str name;
    node_id instruction;
};
typedef VEC(struct unpacked) unpacked_list;

static int by_name(const void *x, const void *y)
{
    const struct unpacked *a = x, *b = y;
    int c = a->stage == b->stage ? str_cmp(a->name, b->name) : (a->stage > b->stage) * 2 - 1;
    return c ? c : (a->instruction < b->instruction) - (a->instruction > b->instruction);
}

/* The last one first. */
static unpacked_list find_unpacked(struct fix_ctx *c)
{
    unpacked_list list = {0};

    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));) {
        const struct field *arg;
        for (size_t i = unpacks(k) ? command_args(k, &arg) : 0; i-- > 1;) {
            struct str name =
                base_of(k->within ? arg[i].value.text : node_text(c->tree, arg[i].word));
            if (is_tar(name))
                vec_push(c->arena, &list, (struct unpacked){k->stage, name, k->instruction});
        }
    }
    if (list.n)
        qsort(list.v, list.n, sizeof *list.v, by_name);
    return list;
}

/* Does a command of the stage behind the COPY unpack a file of that name? */
static bool is_unpacked(struct fix_ctx *c, const unpacked_list *l, node_id copy, struct str name)
{
    const struct unpacked wanted = {image_stage_of(c->image, copy), name, UINT32_MAX};
    struct bisect b = {.high = l->n};

    while (bisect_next(&b))
        bisect_take(&b, by_name(&l->v[b.at], &wanted) < 0);
    const struct unpacked *found = b.low < l->n ? &l->v[b.low] : NULL;
    return found && found->stage == wanted.stage && str_eq(found->name, name) &&
           found->instruction > copy;
}

static void look(struct fix_ctx *c, const unpacked_list *l, node_id copy)
{
    const node_id *word;
    size_t n = instruction_words(c->tree, c->arena, copy, &word);

    for (size_t i = n; i-- > 0;) { /* the target names it first */
        struct str name = base_of(node_text(c->tree, word[i]));
        if (!is_tar(name) || !is_unpacked(c, l, copy, name))
            continue;
        fix_help(fix_hint(c, word[i], STR_FMT " is copied and then unpacked", STR_ARG(name)),
                 "let ADD unpack it");
        return;
    }
}

static void run(struct fix_ctx *c)
{
    unpacked_list list = find_unpacked(c);

    for (node_id n = 0; list.n && (n = instruction_next(c->tree, n));)
        if (node_instruction(c->tree, n) == INST_COPY && !instruction_flag(c->tree, n, S("from")))
            look(c, &list, n);
}

const struct fixer fixer_add_archives = {
    .id = "add-archives",
    .aliases = "DL3010",
    .title = "Let ADD unpack archives",
    .why = "The archive stays in a layer of its own beside what was in it.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
