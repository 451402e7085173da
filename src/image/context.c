/* Scripts that come from the build context: COPY puts them into the image, a mount lends them,
 * and RUN runs them. */
#include "values.h"

enum { PLACES = 16, FOLDERS = 6 }; /* looked at, for one script */

/* The folder around it; false: it is the top of a repository, or in none. */
static bool folder_above(const struct build_context *c, struct str *at)
{
    struct str ignored;
    bool folder;
    ptrdiff_t slash = str_rchr(*at, '/');

    if (slash <= 0 ||
        c->lookup->file(c->lookup->self, *at, S(".git"), &folder, &ignored) == ANSWER_FOUND)
        return false;
    *at = str_sub(*at, 0, (size_t)slash);
    return true;
}

static bool is_in_repository(const struct build_context *c)
{
    struct str at = c->folder, ignored;
    bool folder;

    for (int i = 0; i < FOLDERS && folder_above(c, &at); i++)
        ;
    return c->lookup->file(c->lookup->self, at, S(".git"), &folder, &ignored) == ANSWER_FOUND;
}

/* Which folder is given to the build is not known: that of the file, or one above it, up to the
 * repository's. */
enum answer build_context_read(const struct build_context *c, struct str path, bool *folder,
                               struct str *text)
{
    struct str at = c->folder;

    *folder = false;
    *text = S("");
    if (!c->lookup || !c->lookup->file || !at.n)
        return ANSWER_UNAVAILABLE;
    enum answer answer = c->lookup->file(c->lookup->self, at, path, folder, text);
    if (answer != ANSWER_ABSENT || !is_in_repository(c))
        return answer;
    for (int i = 0; i < FOLDERS && answer == ANSWER_ABSENT && folder_above(c, &at); i++)
        answer = c->lookup->file(c->lookup->self, at, path, folder, text);
    return answer;
}

struct str context_path(struct str path)
{
    while (str_starts(path, S("./")) || str_starts(path, S("/")))
        path = str_from(path, str_starts(path, S("/")) ? 1 : 2);
    return path;
}

size_t copy_words(const struct image *im, struct arena *a, node_id instruction,
                  const struct value **out)
{
    const struct tree *t = im->tree;
    node_id list = node_next(t, instruction, 0, NODE_EXEC); /* ["from", "to"] */
    VEC(struct value) words = {0};

    for (node_id w = node_first(t, list ? list : instruction); w; w = node_sibling(t, w))
        if (node_kind(t, w) == NODE_WORD || node_kind(t, w) == NODE_STRING)
            vec_push(a, &words, image_value(im, a, w));
    *out = words.v;
    return words.n;
}

static bool read_file(const struct build_context *c, struct str path, struct str *text)
{
    bool folder;
    return build_context_read(c, path, &folder, text) == ANSWER_FOUND && !folder;
}

/* The script at `path` of the image, when `from` of the context is that file, or a folder that
 * holds it: /opt/setup/a.sh may be setup/a.sh or a.sh there. */
static bool read_from(struct arena *a, const struct build_context *c, struct str from,
                      struct str path, struct str *text)
{
    struct str rest = context_path(path);

    from = path_without_slash(context_path(from));
    if (str_eq(path_basename(from), path_basename(path)))
        return read_file(c, from, text);
    for (int i = 0; i < FOLDERS && rest.n; i++) {
        bool here = !from.n || str_eq(from, S("."));
        struct str at = here ? rest : str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(from), STR_ARG(rest));
        if (read_file(c, at, text))
            return true;
        ptrdiff_t slash = str_chr(rest, '/');
        rest = slash == STR_NONE ? S("") : str_from(rest, (size_t)slash + 1);
    }
    return false;
}

static bool read_copied(const struct image *im, struct arena *a, const struct build_context *c,
                        node_id instruction, struct str path, struct str *text)
{
    const struct value *word;
    size_t n = copy_words(im, a, instruction, &word);

    if (instruction_flag(im->tree, instruction, S("from")))
        return false;
    for (size_t i = 0; i + 1 < n; i++)
        if (word[i].certainty == VALUE_KNOWN && read_from(a, c, word[i].text, path, text))
            return true;
    return false;
}

static bool read_mounted(const struct image *im, struct arena *a, const struct build_context *c,
                         node_id instruction, struct str path, struct str *text)
{
    const struct tree *t = im->tree;
    struct span source, from;

    for (node_id f = 0; (f = node_next(t, instruction, f, NODE_FLAG));) {
        if (flag_key(t, f, S("from"), &from))
            continue;
        struct str at = flag_key(t, f, S("source"), &source) || flag_key(t, f, S("src"), &source)
                            ? str_sub(t->text, source.start, source.end)
                            : S(".");
        if (read_from(a, c, at, path, text))
            return true;
    }
    return false;
}

static struct str path_of_script(const struct field *f, size_t n)
{
    return script_path(f, n,
                       word_is_one_of(command_program(f), "sh bash dash ash zsh ksh source ."));
}

bool script_is_shells(struct str text)
{
    struct str line = S("");

    str_cut(&text, '\n', &line);
    return !str_starts(line, S("#!")) || str_find(line, S("sh")) != STR_NONE;
}

/* Copied into the stage, or one that it is built on, before `end`. */
static bool read_before(const struct image *im, struct arena *a, const struct build_context *c,
                        unsigned stage, node_id end, struct str path, struct str *text)
{
    const struct tree *t = im->tree;
    unsigned looked = 0;

    for (node_id k = node_first(t, 0); k && k < end && looked < PLACES; k = node_sibling(t, k)) {
        enum instruction op =
            node_kind(t, k) == NODE_INSTRUCTION ? node_instruction(t, k) : INST_UNKNOWN;
        unsigned where = op == INST_COPY || op == INST_ADD ? image_stage_of(im, k) : UINT32_MAX;
        if (where == UINT32_MAX || !image_is_built_on(im, stage, where))
            continue;
        looked++;
        if (read_copied(im, a, c, k, path, text))
            return true;
    }
    return false;
}

bool context_may_run(const struct field *f, size_t n)
{
    return path_of_script(f, n).n > 0;
}

bool context_file_of_start(const struct image *im, struct arena *a, unsigned stage,
                           const struct field *f, size_t n, struct str *text)
{
    const struct build_context *c = image_own(im)->context;
    struct str path = path_of_script(f, n);

    return path.n && c && c->lookup && c->folder.n &&
           read_before(im, a, c, stage, im->tree->nnode, path, text);
}

bool context_script_of_start(const struct image *im, struct arena *a, unsigned stage,
                             const struct field *f, size_t n, struct str *text)
{
    return context_file_of_start(im, a, stage, f, n, text) && script_is_shells(*text);
}

bool context_script(const struct image *im, struct arena *a, const struct build_context *c,
                    node_id command, const struct field *f, size_t n, struct str *text)
{
    struct str path = path_of_script(f, n);
    node_id own = node_up(im->tree, command, NODE_INSTRUCTION);
    unsigned stage = image_stage_of(im, command);

    if (!path.n || !own || stage == UINT32_MAX || !c->lookup || !c->folder.n)
        return false;
    return read_mounted(im, a, c, own, path, text) || read_before(im, a, c, stage, own, path, text);
}
