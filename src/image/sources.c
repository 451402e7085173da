/* What a file does to its package managers' sources. What is not plainly something else counts
 * as a source that is not understood: pins are left alone behind it. */
#include "lists.h"

struct sign {
    const char *text, *why;
    enum manager manager;
};
static const struct sign paths[] = {
    {"sources.list", "changes apt's sources", MANAGER_APT},
    {"/etc/apt/", "changes apt's settings", MANAGER_APT},
    {"apt.conf", "changes apt's settings", MANAGER_APT},
    {"/etc/apk/", "changes apk's repositories", MANAGER_APK},
};
static const struct sign programs[] = {
    {"apt-add-repository", "adds a repository", MANAGER_APT},
    {"add-apt-repository", "adds a repository", MANAGER_APT},
    {"extrepo", "adds a repository", MANAGER_APT},
};

/* They change neither what a file says nor whether it is there. */
static const char onlookers[] =
    "apk apt apt-cache apt-get aptitude cat chmod chown dpkg-query file "
    "grep head ls mkdir stat tail test [ :";

/* Nothing of apt's folder but keys, which bring no packages. */
static bool is_about_keys(struct str text)
{
    size_t at = 0;

    if (str_find(text, S("sources.list")) != STR_NONE || str_find(text, S("apt.conf")) != STR_NONE)
        return false;
    for (ptrdiff_t k; (k = str_find(str_from(text, at), S("/etc/apt/"))) != STR_NONE;) {
        struct str rest = str_from(text, at += (size_t)k + 9);
        if (!str_starts(rest, S("keyrings")) && !str_starts(rest, S("trusted.gpg")))
            return false;
    }
    return at > 0;
}

/* Settings that pick no versions. */
static bool is_harmless(struct str text)
{
    if (is_about_keys(text))
        return true;
    return str_find(text, S("sources")) == STR_NONE &&
           str_find(text, S("preferences")) == STR_NONE &&
           (str_find(text, S("/etc/apt/apt.conf")) != STR_NONE) &&
           str_find(text, S("Default-Release")) == STR_NONE &&
           str_find(text, S("Target-Release")) == STR_NONE;
}

struct search {
    const struct image *im; /* the file's, or of a script in it */
    const struct image *file;
    node_id outer; /* the command that holds the script; 0: none */
    struct arena *arena;
    const struct build_context *context;
    struct lists *lists; /* a stage each */
    VEC(struct added_source) found;
};

/* The first line of a node, for messages. */
static struct str shown(const struct tree *t, node_id n)
{
    struct str text = node_text(t, n), line = S("");

    str_cut(&text, '\n', &line);
    return str_trim(line.n > 60 ? str_sub(line, 0, 60) : line);
}

static struct added_source *add(struct search *x, node_id n, enum manager m, const char *why)
{
    const struct tree *t = x->file->tree;
    node_id at = x->outer ? x->outer : n;

    vec_push(x->arena, &x->found,
             (struct added_source){
                 .manager = m,
                 .node = at,
                 .what = shown(x->im->tree, n),
                 .instruction =
                     node_kind(t, at) == NODE_INSTRUCTION ? at : node_up(t, at, NODE_INSTRUCTION),
                 .stage = image_stage_of(x->file, at),
                 .why = why,
                 .touched = S("*"),
             });
    return &x->found.v[x->found.n - 1];
}

static void look_at_paths(struct search *x, node_id n)
{
    struct str text = node_text(x->im->tree, n);

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (str_find(text, str_of(paths[i].text)) != STR_NONE && !is_harmless(text)) {
            add(x, n, paths[i].manager, paths[i].why);
            return;
        }
}

static bool writes(const struct tree *t, node_id command)
{
    for (node_id r = node_first(t, command); r; r = node_sibling(t, r))
        if (node_kind(t, r) == NODE_REDIRECT && str_find(node_text(t, r), S(">")) != STR_NONE)
            return true;
    return false;
}

/* dpkg -i x.deb, apt-get install ./x.deb: packages of browsers, clouds and the like bring the list
 * of their archive, which counts from the next `apt-get update` on. */
static bool installs_files(struct str program, const struct field *f, size_t n)
{
    bool files = str_eq(program, S("gdebi"));

    for (size_t i = 1; i < n && str_eq(program, S("dpkg")); i++)
        files |= word_is_one_of(f[i].value.text, "-i --install --unpack");
    for (size_t i = 1; i < n && word_is_one_of(program, "apt apt-get"); i++)
        files |= str_ends(f[i].value.text, S(".deb"));
    return files;
}

static void look(struct search *x, node_id n);

/* sh -c 'echo ... > /etc/apt/...': what its commands do, said of the whole. */
static bool look_at_script(struct search *x, node_id n, const struct field *text, bool bash)
{
    unsigned stage = image_stage_of(x->im, n);
    struct search inner = *x;
    struct script s;

    if (x->outer || stage == UINT32_MAX || node_in_branch(x->im->tree, n) ||
        node_after_or(x->im->tree, n) || !script_read(x->arena, text, bash, &s))
        return false;
    struct stage *around = arena_new(x->arena, struct stage, stage + 1u);
    for (unsigned i = 0; i <= stage; i++) {
        around[i] = x->im->stage[i];
        around[i].from = 0; /* all of the script is in this one */
    }
    s.image.stage = around;
    s.image.nstage = stage + 1u;
    inner.im = &s.image;
    inner.outer = n;
    for (node_id k = 1; k < s.image.tree->nnode; k++)
        look(&inner, k);
    x->found = inner.found;
    return true;
}

static void look_command(struct search *x, node_id n)
{
    const struct field *f;
    unsigned wrappers = 0;
    bool bash;
    size_t count = image_fields(x->im, x->arena, n, &f), at = wrappers_end(f, count, &wrappers);
    struct str program, touched;

    if (at == count) { /* variables, redirections: no program at all */
        look_at_paths(x, n);
        return;
    }
    size_t text = script_field(f + at, count - at, &bash);
    if (text && look_at_script(x, n, &f[at + text], bash))
        return;
    program = command_program(&f[at]);
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (str_eq(program, str_of(programs[i].text))) {
            add(x, n, programs[i].manager, programs[i].why);
            return;
        }
    node_id fetch = download_run(x->im, x->arena, n, f + at, count - at, &touched);
    if (fetch && touched.n) {
        struct added_source *s = add(x, n, MANAGER_APT, "runs a script that is downloaded");
        s->touched = touched;
        s->what = shown(x->im->tree, fetch);
    } else if (installs_files(program, f + at, count - at)) {
        add(x, n, MANAGER_APT, "installs a package that may bring sources")->waits = true;
    } else if (!fetch && (!word_is_one_of(program, onlookers) || writes(x->im->tree, n))) {
        look_at_paths(x, n);
    }
}

/* The packages that apt's preferences speak of; "*" any. */
static struct str preferred(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    struct str line;

    while (str_cut(&text, '\n', &line)) {
        struct str field = S(""), words = str_trim(line), word;
        if (!str_cut(&words, ':', &field) || !str_ieq(field, S("Package")))
            continue;
        while (sources_next_word(&words, &word)) {
            if (str_eq(word, S("*")) || str_starts(word, S("/")) || str_starts(word, S("src:")))
                return S("*");
            buf_fmt(&b, "%s" STR_FMT, b.n ? " " : "", STR_ARG(word));
        }
    }
    return b.n ? buf_str(&b) : S("*");
}

static bool look_at_preferences(struct search *x, node_id n)
{
    struct written w;

    if (!written_read(x->im, x->arena, n, &w) || !str_starts(w.path, S("/etc/apt/preferences")))
        return false;
    add(x, n, MANAGER_APT, "changes apt's preferences")->touched = preferred(x->arena, w.text);
    return true;
}

static void tell_lists(struct search *x, node_id n, unsigned stage)
{
    struct source_list now = {.broken = false};
    bool known = lists_sources(&x->lists[stage], x->arena, &x->im->stage[stage].release, &now);
    bool apk = x->lists[stage].manager == MANAGER_APK;
    struct added_source *s = add(x, n, x->lists[stage].manager,
                                 known ? NULL
                                 : apk ? "changes apk's repositories"
                                       : "changes apt's sources");

    s->source = now.list.v;
    s->nsource = now.list.n;
    s->whole = true;
}

/* The stage's lists change to what can be told, or to what cannot. */
static bool look_at_lists(struct search *x, node_id n, unsigned stage)
{
    struct lists *l = &x->lists[stage];
    unsigned before = l->changes;

    switch (lists_change(x->im, x->arena, x->context, n, l)) {
    case LIST_OTHER:
        return false;
    case LIST_UNKNOWN:
        add(x, n, l->manager,
            l->manager == MANAGER_APK ? "changes apk's settings" : "changes apt's settings");
        return true;
    case LIST_KNOWN:
        break;
    }
    if (l->changes > before)
        tell_lists(x, n, stage);
    return true;
}

static bool copies(const struct tree *t, node_id instruction)
{
    enum instruction op = instruction ? node_instruction(t, instruction) : INST_RUN;
    return op == INST_COPY || op == INST_ADD;
}

/* Can the node do anything to sources at all? Commands that a shell reads in a heredoc are looked
 * at one by one. */
static bool is_of_interest(const struct tree *t, node_id n)
{
    switch (node_kind(t, n)) {
    case NODE_COMMAND:
        return true;
    case NODE_EXEC:
        return !copies(t, node_up(t, n, NODE_INSTRUCTION));
    case NODE_INSTRUCTION:
        return copies(t, n);
    case NODE_REDIRECT:
        return node_kind(t, t->node[n].parent) != NODE_COMMAND;
    case NODE_HEREDOC:
        return node_kind(t, node_first(t, n)) != NODE_SHELL;
    default:
        return false;
    }
}

static void look(struct search *x, node_id n)
{
    enum node_kind k = node_kind(x->im->tree, n);
    unsigned stage = image_stage_of(x->im, n);

    if (!is_of_interest(x->im->tree, n))
        return;
    if (stage != UINT32_MAX && (look_at_lists(x, n, stage) || look_at_preferences(x, n)))
        return;
    if (k == NODE_COMMAND || k == NODE_EXEC)
        look_command(x, n);
    else
        look_at_paths(x, n);
}

/* Where there are more than the release's own from the start, that is said of the FROM. */
static void begin_stage(struct search *x, unsigned which)
{
    const struct stage *s = &x->im->stage[which];
    struct lists *l = &x->lists[which];

    if (s->base != BASE_STAGE) {
        lists_begin(x->arena, s, l);
        if (l->changes)
            tell_lists(x, s->from, which);
        return;
    }
    const struct lists *base = &x->lists[s->base_stage];
    for (size_t i = 0; i < base->file.n; i++)
        vec_push(x->arena, &l->file, base->file.v[i]);
    for (size_t i = 0; i < base->added.n; i++)
        vec_push(x->arena, &l->added, base->added.v[i]);
    l->manager = base->manager;
    l->opaque = base->opaque;
}

void sources_find(struct image *im, struct arena *a, const struct build_context *context)
{
    const struct tree *t = im->tree;
    struct search x = {.im = im,
                       .file = im,
                       .arena = a,
                       .context = context,
                       .lists = arena_new(a, struct lists, im->nstage + 1)};
    unsigned stage = UINT32_MAX;

    for (node_id n = 1; n < t->nnode; n++) {
        if (node_kind(t, n) == NODE_INSTRUCTION && image_stage_of(im, n) != stage) {
            stage = image_stage_of(im, n);
            begin_stage(&x, stage);
        }
        look(&x, n);
    }
    im->added = x.found.v;
    im->nadded = x.found.n;
}

enum answer build_context_read(const struct build_context *c, struct str path, bool *folder,
                               struct str *text)
{
    *folder = false;
    *text = S("");
    if (!c->lookup || !c->lookup->file || !c->folder.n)
        return ANSWER_UNAVAILABLE;
    return c->lookup->file(c->lookup->self, c->folder, path, folder, text);
}
