/* copy-not-add: ADD of plain files and folders, which COPY does without surprises. */
#include "dfix/fixer.h"

static const char doc[] =
    "ADD fetches URLs and git repositories, and unpacks archives, whatever they are called. Where\n"
    "none of that is meant, COPY says so; this rule changes ADD to COPY.\n\n"
    "Silent where ADD is needed: every source is a URL, a git repository, or has the name of an\n"
    "archive (git repositories and `.zst` are where hadolint reports it).\n\n"
    "Not changed: ADD with some such sources, with sources known only at build time, or with\n"
    "`--checksum`, `--keep-git-dir` or `--unpack`, which COPY has not.\n\n"
    "Safety: safe where no source is an archive: the build context tells, or the name does\n"
    "(`requirements.txt`, `src/`). Unsafe where neither does (`ADD data /data`).\n";

/* Does a source need ADD? */
enum need { NEEDS_NONE, NEEDS_MAYBE, NEEDS_UNKNOWN, NEEDS_ADD };

static bool starts_any(struct str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_starts(s, str_of(list[i])))
            return true;
    return false;
}

static bool is_remote(struct str s)
{
    static const char *const starts[] = {"http://", "https://", "git://", "ssh://", "git@"};
    return starts_any(s, starts, sizeof starts / sizeof starts[0]);
}

static bool is_archive(struct str s)
{
    static const char *const ends[] = {".tar", ".Z",   ".bz2", ".gz",   ".lz",  ".lzma",
                                       ".tZ",  ".tb2", ".tbz", ".tbz2", ".tgz", ".tlz",
                                       ".tpz", ".txz", ".xz",  ".zst",  ".tzst"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_ends(s, str_of(ends[i])))
            return true;
    return false;
}

/* By what they begin with: gzip, bzip2, xz, zstd; tar has its mark further in. */
static bool holds_archive(struct str text)
{
    static const char *const starts[] = {"\x1f\x8b", "BZh", "\3757zXZ", "\x28\xb5\x2f\xfd"};
    enum { TAR_MARK = 257 };

    return starts_any(text, starts, sizeof starts / sizeof starts[0]) ||
           (text.n > TAR_MARK + 5 && str_eq(str_sub(text, TAR_MARK, TAR_MARK + 5), S("ustar")));
}

/* Is it a folder by its name, or a file with an ending, none of which is an archive's? */
static bool name_is_plain(struct str path)
{
    struct str name = path_basename(path);
    ptrdiff_t dot = str_rchr(name, '.');
    struct str end = dot == STR_NONE ? S("") : str_from(name, (size_t)dot + 1);

    if (!name.n || word_is_one_of(name, ". .."))
        return true;
    for (size_t i = 0; i < end.n; i++) {
        bool letter = (end.p[i] >= 'a' && end.p[i] <= 'z') || (end.p[i] >= 'A' && end.p[i] <= 'Z');
        if (!letter && (i == 0 || end.p[i] < '0' || end.p[i] > '9'))
            return false;
    }
    return end.n > 0;
}

static enum need look_up(struct fix_ctx *c, struct str path)
{
    struct question q = {.kind = ASK_FILE, .name = path, .folder = c->settings->folder};
    struct reply r;

    while (str_starts(q.name, S("./")) || str_starts(q.name, S("/")))
        q.name = str_from(q.name, q.name.p[0] == '/' ? 1 : 2);
    if (lookup_ask(c->lookup, &q, &r) != ANSWER_FOUND)
        return name_is_plain(path) ? NEEDS_NONE : NEEDS_MAYBE;
    return !r.file.is_folder && holds_archive(r.file.text) ? NEEDS_ADD : NEEDS_NONE;
}

static struct str without_quotes(struct str s)
{
    bool quoted = s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted ? str_sub(s, 1, s.n - 1) : s;
}

static enum need need_of(struct fix_ctx *c, node_id word)
{
    if (node_kind(c->tree, word) == NODE_REDIRECT)
        return NEEDS_NONE;
    struct value v = image_value(c->image, c->arena, word);
    struct str written = without_quotes(node_text(c->tree, word));
    struct str start = v.npiece && v.piece[0].known ? v.piece[0].text : written;

    if (is_remote(start) || is_remote(written) || is_archive(written) || is_archive(v.text))
        return NEEDS_ADD;
    return v.certainty == VALUE_KNOWN ? look_up(c, v.text) : NEEDS_UNKNOWN;
}

static bool has_own_flag(const struct tree *t, node_id add)
{
    return instruction_flag(t, add, S("checksum")) || instruction_flag(t, add, S("keep-git-dir")) ||
           instruction_flag(t, add, S("unpack"));
}

static void look(struct fix_ctx *c, node_id add)
{
    const struct tree *t = c->tree;
    const node_id *word;
    size_t n = instruction_words(t, c->arena, add, &word), count[NEEDS_ADD + 1] = {0};

    for (size_t i = 0; i + 1 < n; i++)
        count[need_of(c, word[i])]++;
    if (n < 2 || count[NEEDS_ADD] == n - 1)
        return;
    bool sure = !count[NEEDS_MAYBE];
    node_id keyword = node_next(t, add, 0, NODE_KEYWORD);
    struct fix *f =
        fix_begin(c, keyword, sure ? SAFE : UNSAFE,
                  sure ? "Use COPY for files and folders"
                       : "Use COPY for files and folders; an archive would no longer be unpacked");
    if (count[NEEDS_ADD])
        fix_refuse(f, "some of the sources need ADD");
    else if (count[NEEDS_UNKNOWN])
        fix_refuse(f, "a source is known only at build time, and may be a URL or an archive");
    else if (has_own_flag(t, add))
        fix_refuse(f, "COPY lacks one of its flags");
    fix_declares(f, add);
    fix_replace_code(f, keyword, str_eq(node_text(t, keyword), S("add")) ? S("copy") : S("COPY"));
}

static void run(struct fix_ctx *c)
{
    for (node_id n = 0; (n = instruction_next(c->tree, n));)
        if (node_instruction(c->tree, n) == INST_ADD)
            look(c, n);
}

const struct fixer fixer_copy_not_add = {
    .id = "copy-not-add",
    .aliases = "DL3020",
    .title = "Use COPY for files and folders",
    .why =
        "ADD fetches URLs and unpacks archives, whatever they are called; COPY does what it says.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_ERROR,
    .run = run,
};
