/* Scripts that come from the build context: COPY puts them into the image, a mount lends them,
 * and RUN runs them. */
#include "files/files.h"

enum { PLACES = 16, FOLDERS = 6 }; /* folders looked at, for one script */
/* What one file may ask for: a look at the disk counts as many looks at a word. */
enum { LOOKS = 1 << 18, LOOK_AT_DISK = 32 };

/* What COPY and ADD bring from the context, a word each. */
struct copied {
    node_id instruction;
    unsigned stage;
    struct str from; /* as it is looked up there */
    enum { NOT_LOOKED, IS_ABSENT, IS_FILE, IS_FOLDER } kind;
};

struct context_memo {
    struct arena *arena;
    struct str folder[FOLDERS + 1]; /* that may be given to the build */
    unsigned nfolder;               /* 0: not looked yet */
    unsigned looks;                 /* left */
    struct copied *copied;          /* NULL: not looked yet */
    size_t ncopied;
};

struct build_context *build_context_of(struct arena *a, const struct lookup *l, struct str folder)
{
    struct build_context *c = arena_new(a, struct build_context, 1);

    *c = (struct build_context){l, folder, arena_new(a, struct context_memo, 1)};
    *c->memo = (struct context_memo){.arena = a, .looks = LOOKS};
    return c;
}

static bool may_look(const struct build_context *c, unsigned cost)
{
    bool may = c->memo->looks >= cost;
    c->memo->looks -= may ? cost : 0;
    return may;
}

static bool is_top(const struct build_context *c, struct str folder)
{
    struct context_entry ignored;

    return lookup_file(c->lookup, folder, S(".git"), &ignored) == ANSWER_FOUND;
}

/* Which folder is given to the build is not known: that of the file, or one above it, up to the
 * repository's. */
static void find_folders(const struct build_context *c)
{
    struct context_memo *m = c->memo;
    struct str at = c->folder;
    bool top = false;

    if (m->nfolder)
        return;
    for (unsigned n = 0; n <= FOLDERS && !top; n++) {
        m->folder[n] = at;
        m->nfolder = n + 1;
        top = is_top(c, at);
        ptrdiff_t slash = str_rchr(at, '/');
        if (slash <= 0)
            break;
        at = str_sub(at, 0, (size_t)slash);
    }
    if (!top)
        m->nfolder = 1;
}

enum answer build_context_read(const struct build_context *c, struct str path, bool *folder,
                               struct str *text)
{
    enum answer answer = ANSWER_ABSENT;
    struct context_entry found;

    *folder = false;
    *text = S("");
    if (!c->lookup || !c->lookup->ask || !c->folder.n)
        return ANSWER_UNAVAILABLE;
    find_folders(c);
    for (unsigned i = 0; i < c->memo->nfolder && answer == ANSWER_ABSENT; i++) {
        if (!may_look(c, LOOK_AT_DISK))
            return ANSWER_UNAVAILABLE;
        answer = lookup_file(c->lookup, c->memo->folder[i], path, &found);
        *folder = found.is_folder;
        *text = found.text;
    }
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

/* The script at `path` of the image in a folder of the context: /opt/setup/a.sh may be setup/a.sh
 * or a.sh there. */
static bool read_in_folder(struct arena *a, const struct build_context *c, struct str from,
                           struct str path, struct str *text)
{
    struct str rest = context_path(path);

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

/* `from` of the context may be that file, or a folder that holds it. */
static bool read_from(struct arena *a, const struct build_context *c, struct str from,
                      struct str path, struct str *text)
{
    from = path_without_slash(context_path(from));
    if (str_eq(path_basename(from), path_basename(path)))
        return read_file(c, from, text);
    return read_in_folder(a, c, from, path, text);
}

static void find_copied(const struct image *im, const struct build_context *c)
{
    const struct tree *t = im->tree;
    struct arena *a = c->memo->arena;
    VEC(struct copied) list = {0};

    for (node_id k = node_first(t, 0); k; k = node_sibling(t, k)) {
        enum instruction op =
            node_kind(t, k) == NODE_INSTRUCTION ? node_instruction(t, k) : INST_UNKNOWN;
        bool copies = op == INST_COPY || op == INST_ADD;
        const struct value *word = NULL;
        if (!copies || image_stage_of(im, k) == UINT32_MAX || instruction_flag(t, k, S("from")))
            continue;
        size_t n = copy_words(im, a, k, &word);
        for (size_t i = 0; i + 1 < n; i++)
            if (word[i].certainty == VALUE_KNOWN)
                vec_push(a, &list,
                         (struct copied){k, image_stage_of(im, k),
                                         path_without_slash(context_path(word[i].text)),
                                         NOT_LOOKED});
    }
    static struct copied none;
    c->memo->copied = list.v ? list.v : &none;
    c->memo->ncopied = list.n;
}

static bool is_folder(const struct build_context *c, struct copied *x)
{
    struct str ignored;
    bool folder = !x->from.n || str_eq(x->from, S("."));

    if (x->kind == NOT_LOOKED) {
        bool there = folder || build_context_read(c, x->from, &folder, &ignored) == ANSWER_FOUND;
        x->kind = folder ? IS_FOLDER : IS_ABSENT;
        if (there && !folder)
            x->kind = IS_FILE;
    }
    return x->kind == IS_FOLDER;
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
    struct str name = path_basename(path);
    unsigned looked = 0;

    if (!c->memo->copied)
        find_copied(im, c);
    for (size_t i = 0; i < c->memo->ncopied && looked < PLACES && may_look(c, 1); i++) {
        struct copied *x = &c->memo->copied[i];
        if (x->instruction >= end || !image_is_built_on(im, stage, x->stage))
            continue;
        if (str_eq(path_basename(x->from), name)) {
            looked++;
            if (read_file(c, x->from, text))
                return true;
        } else if (is_folder(c, x)) {
            looked++;
            if (read_in_folder(a, c, x->from, path, text))
                return true;
        }
    }
    return false;
}

bool context_may_run(const struct field *f, size_t n)
{
    return path_of_script(f, n).n > 0;
}

bool context_file_of_start(const struct image *im, struct arena *a, unsigned stage, struct str path,
                           struct str *text)
{
    const struct build_context *c = image_own(im)->context;

    return path.n && c && c->lookup && c->folder.n &&
           read_before(im, a, c, stage, im->tree->nnode, path, text);
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
