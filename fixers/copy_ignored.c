/* copy-ignored: COPY takes a file that .dockerignore leaves out of the build. */
#include "dfix/fixer.h"

static const char doc[] =
    "What `.dockerignore` excludes is not sent to the builder: a COPY or ADD of it fails. Take it\n"
    "out of one of them. `NAME.dockerignore` beside a Dockerfile of that NAME takes its place.\n\n"
    "Silent without a `.dockerignore`, and when that has exceptions (`!name`), as BuildKit is.\n\n"
    "Safety: only reported.\n";

typedef VEC(struct str) pattern_list;

/* A path without ., .. and empty parts. False: it leads out of the folder. */
static bool clean(struct arena *a, struct str path, struct str *out)
{
    struct buf b = {.arena = a};
    struct str part;

    while (str_cut(&path, '/', &part)) {
        if (str_eq(part, S("..")))
            return false;
        if (part.n && !str_eq(part, S(".")))
            buf_fmt(&b, "%s" STR_FMT, b.n ? "/" : "", STR_ARG(part));
    }
    *out = buf_str(&b);
    return true;
}

static struct str ignore_file(const struct fix_ctx *c)
{
    return c->settings->ignore_file.n ? c->settings->ignore_file : S(".dockerignore");
}

/* False: there is none, or it has exceptions. */
static bool read_patterns(struct fix_ctx *c, pattern_list *out)
{
    struct context_entry entry;
    struct str line, pattern;

    if (!c->settings->folder.n ||
        lookup_file(c->lookup, c->settings->folder, ignore_file(c), &entry) != ANSWER_FOUND ||
        entry.is_folder)
        return false;
    while (str_cut(&entry.text, '\n', &line)) {
        if (str_starts(line, S("#")) || !(line = str_trim(line)).n)
            continue;
        if (line.p[0] == '!')
            return false;
        if (clean(c->arena, line, &pattern) && pattern.n)
            vec_push(c->arena, out, pattern);
    }
    return out->n > 0;
}

/* The part up to the next slash; *last: nothing follows. False: there is none. */
static bool next_part(struct str *rest, struct str *part, bool *last)
{
    bool any = rest->n && str_cut(rest, '/', part);
    *last = any && !rest->n;
    return any;
}

/* Does the pattern take the path, or a folder that it is in? Part by part; ** takes any number of
 * parts, at its end one or more. On a miss the last ** takes one part more. */
static bool takes(struct str pattern, struct str path)
{
    struct str behind = S(""), tried = S(""), part, name;
    bool stars = false, last, end;

    for (;;) {
        struct str p = pattern, t = path;
        if (!next_part(&p, &part, &last))
            return true;
        if (str_eq(part, S("**"))) {
            if (last)
                return path.n > 0;
            stars = true;
            pattern = behind = p;
            tried = path;
        } else if (next_part(&t, &name, &end) && glob_fits(part, name, GLOB_PATH)) {
            if (last)
                return true;
            pattern = p;
            path = t;
        } else {
            if (!stars || !next_part(&tried, &name, &end))
                return false;
            pattern = behind;
            path = tried;
        }
    }
}

static bool is_ignored(const pattern_list *patterns, struct str path)
{
    for (size_t i = 0; i < patterns->n; i++) {
        struct str p = patterns->v[i];
        bool all = str_eq(p, S("*")) || str_eq(p, S("**")) || str_eq(p, S("**/*"));
        if (path.n ? takes(p, path) : all)
            return true;
    }
    return false;
}

static bool is_remote(struct str source)
{
    return str_find(source, S("://")) != STR_NONE || str_starts(source, S("git@"));
}

static void look(struct fix_ctx *c, node_id n, const pattern_list *patterns)
{
    const struct tree *t = c->tree;
    node_id exec = node_next(t, n, 0, NODE_EXEC), in = exec ? exec : n, next;

    for (node_id w = node_first(t, in); w; w = next) {
        next = node_sibling(t, w);
        bool word = node_kind(t, w) == NODE_WORD || node_kind(t, w) == NODE_STRING;
        if (!word || !next || node_kind(t, next) == NODE_HEREDOC)
            continue;
        struct value v = image_value(c->image, c->arena, w);
        struct str path;
        if (v.certainty == VALUE_KNOWN && !is_remote(v.text) && clean(c->arena, v.text, &path) &&
            is_ignored(patterns, path))
            fix_hint(c, w, STR_FMT " is left out by " STR_FMT ", so %s does not find it",
                     STR_ARG(v.text), STR_ARG(ignore_file(c)),
                     instruction_name(node_instruction(t, n)).p);
    }
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    pattern_list patterns = {0};
    bool asked = false;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction i = node_instruction(t, n);
        if (node_kind(t, n) != NODE_INSTRUCTION || (i != INST_COPY && i != INST_ADD) ||
            instruction_flag(t, n, S("from")))
            continue;
        if (!asked && !read_patterns(c, &patterns))
            return;
        asked = true;
        look(c, n, &patterns);
    }
}

const struct fixer fixer_copy_ignored = {
    .id = "copy-ignored",
    .aliases = "CopyIgnoredFile",
    .title = "Copy what .dockerignore lets through",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .names_only = true,
    .run = run,
};
