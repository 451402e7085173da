/* What a file does to its package managers' sources. What is not plainly something else counts
 * as a source that is not understood: pins are left alone behind it. */
#include "packages/lists.h"
#include "dfix/manager.h"

enum { PIPELINE_LONG = 16 }; /* commands behind one that are looked at */
enum { SCRIPTS_MAX = 64 };   /* of the build context, in one file */

/* They change neither what a file says nor whether it is there. */
static const char onlookers[] =
    "apk apt apt-cache apt-get aptitude cat chmod chown cmp cut diff dpkg-query du echo file "
    "grep head ls md5sum mkdir printf sha256sum sort stat tail test wc [ :";

struct search {
    const struct image *im; /* the file's, or of a script in it */
    const struct image *file;
    node_id outer; /* the command that holds the script; 0: none */
    struct arena *arena;
    const struct build_context *context;
    struct lists *lists;   /* a stage each */
    struct str *folder;    /* the working folder so far, of a stage each */
    unsigned *scripts;     /* of the build context that may still be looked at */
    struct stage **around; /* the stages, as a script in them sees them; NULL: not asked for yet */
    VEC(struct added_source) found;
};

/* The first line of a node, for messages. */
static struct str shown(const struct tree *t, node_id n)
{
    struct str text = node_text(t, n), line = S("");

    str_cut(&text, '\n', &line);
    return str_trim(line.n > 60 ? str_sub(line, 0, 60) : line);
}

static struct added_source *add(struct search *x, node_id n, const struct manager *m,
                                const char *why)
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

static bool look_at_text(struct search *x, node_id n, struct str text)
{
    const struct sign *found = sign_in(text);

    if (found)
        add(x, n, found->manager, found->why);
    return found;
}

static void look_at_paths(struct search *x, node_id n)
{
    look_at_text(x, n, node_text(x->im->tree, n));
}

/* What is written, and what it stands for. */
static void look_at_words(struct search *x, node_id n, const struct field *f, size_t count)
{
    if (look_at_text(x, n, node_text(x->im->tree, n)))
        return;
    for (size_t i = 0; i < count; i++)
        if (f[i].value.certainty == VALUE_KNOWN && look_at_text(x, n, f[i].value.text))
            return;
}

static bool writes(const struct tree *t, node_id command)
{
    for (node_id r = node_first(t, command); r; r = node_sibling(t, r))
        if (node_kind(t, r) == NODE_REDIRECT && str_find(node_text(t, r), S(">")) != STR_NONE)
            return true;
    return false;
}

/* Does a redirection lead to the settings? */
static bool writes_settings(const struct tree *t, node_id command)
{
    static const char *const signs[] = {"/etc/ap", "sources.list", "apt.conf"};

    for (node_id r = node_first(t, command); r; r = node_sibling(t, r))
        for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
            if (node_kind(t, r) == NODE_REDIRECT &&
                str_find(node_text(t, r), str_of(signs[i])) != STR_NONE)
                return true;
    return false;
}

/* grep -l x /etc/apt/... | xargs sed: what is named goes to another program. */
static bool feeds_another(const struct tree *t, node_id n)
{
    node_id pipeline = t->node[n].parent;

    if (node_kind(t, pipeline) != NODE_PIPELINE)
        return false;
    unsigned looked = 0;
    for (node_id k = node_sibling(t, n); k && looked < PIPELINE_LONG; k = node_sibling(t, k)) {
        looked++;
        node_id first = node_kind(t, k) == NODE_COMMAND ? node_next(t, k, 0, NODE_WORD) : 0;
        if (!first || word_is_one_of(path_basename(node_text(t, first)),
                                     "xargs parallel sh bash dash ash perl python3 python"))
            return true;
    }
    return false;
}

/* Whose packages that are installed from files may bring sources; NULL: nobody's. */
static const struct manager *manager_of_files(struct str program, const struct field *f, size_t n)
{
    for (size_t i = 0; managers[i]; i++)
        if (managers[i]->brings_sources(program, f, n))
            return managers[i];
    return NULL;
}

/* Scripts of vendors add sources to the managers that they know. */
static void add_downloaded(struct search *x, node_id n, node_id fetch, struct str touched)
{
    for (size_t i = 0; managers[i]; i++) {
        if (!managers[i]->does.scripts_add)
            continue;
        struct added_source *s = add(x, n, managers[i], "runs a downloaded script");
        s->touched = touched;
        s->what = shown(x->im->tree, fetch);
    }
}

static void look(struct search *x, node_id n);

/* Nodes of the file are none of the script's, all of which is in the last of these stages. */
static const struct stage *stages_around(struct search *x)
{
    if (*x->around)
        return *x->around;
    struct stage *v = arena_copy(x->arena, x->im->stage, x->im->nstage, sizeof(*v));
    for (unsigned i = 0; i < x->im->nstage; i++) {
        v[i].from = v[i].last = 0;
        v[i].base = BASE_UNKNOWN;
        v[i].tour = i;
        v[i].tour_end = i + 1;
    }
    *x->around = v;
    return v;
}

/* sh -c 'echo ... > /etc/apt/...': what its commands do, said of the whole. */
static bool look_at_script(struct search *x, node_id n, const struct field *text, bool bash)
{
    unsigned stage = image_stage_of(x->im, n);
    struct search inner = *x;
    struct script s;

    if (x->outer || stage == UINT32_MAX || node_in_branch(x->im->tree, n) ||
        node_after_or(x->im->tree, n) || !script_read(x->arena, text, bash, &s))
        return false;
    s.image.stage = (struct stage *)(uintptr_t)stages_around(x);
    s.image.nstage = stage + 1u;
    s.image.scope.stage = s.image.stage;
    s.image.scope.nstage = stage + 1u;
    inner.im = &s.image;
    inner.outer = n;
    for (node_id k = 1; k < s.image.tree->nnode; k++)
        look(&inner, k);
    x->found = inner.found;
    return true;
}

/* Programs that change nothing, and `find` as long as it only prints. */
static bool only_looks(struct str program, const struct field *f, size_t n)
{
    bool prints = str_eq(program, S("find"));

    for (size_t i = 1; i < n && prints; i++)
        prints = f[i].value.certainty == VALUE_KNOWN &&
                 !word_is_one_of(f[i].value.text, "-exec -execdir -ok -okdir -delete") &&
                 !str_starts(f[i].value.text, S("-fprint")) &&
                 !str_starts(f[i].value.text, S("-fls"));
    return prints || word_is_one_of(program, onlookers);
}

static bool script_of_context(struct search *x, node_id n, const struct field *f, size_t count,
                              struct str *text)
{
    if (!*x->scripts || !context_may_run(f, count))
        return false;
    --*x->scripts;
    return context_script(x->im, x->arena, x->context, n, f, count, text);
}

static void look_command(struct search *x, node_id n)
{
    const struct field *f;
    unsigned wrappers = 0;
    bool bash;
    size_t count = image_fields(x->im, x->arena, n, &f), at = wrappers_end(f, count, &wrappers);
    struct str program, touched, text;

    if (at >= count) { /* variables, redirections: no program at all */
        look_at_paths(x, n);
        return;
    }
    size_t script = script_field(f + at, count - at, &bash);
    if (script && look_at_script(x, n, &f[at + script], bash))
        return;
    program = command_program(&f[at]);
    const struct sign *adds = sign_of_program(program);
    if (adds) {
        add(x, n, adds->manager, adds->why);
        return;
    }
    node_id fetch = download_run(x->im, x->arena, n, f + at, count - at, &touched);
    const struct manager *files = manager_of_files(program, f + at, count - at);
    if (fetch && touched.n) {
        add_downloaded(x, n, fetch, touched);
    } else if (files) {
        add(x, n, files, "installs a package that may add package sources")->waits = true;
    } else if (!fetch && script_of_context(x, n, f + at, count - at, &text) &&
               (adds = sign_in_script(text))) {
        add(x, n, adds->manager, adds->why);
    } else if (!fetch && (!only_looks(program, f + at, count - at) ||
                          writes_settings(x->im->tree, n) || feeds_another(x->im->tree, n))) {
        look_at_words(x, n, f + at, count - at);
    }
}

/* for FILE in /etc/apt/...: what its commands do to $FILE cannot be told from their words. */
static void look_at_loop(struct search *x, node_id n)
{
    const struct tree *t = x->im->tree;
    node_id last = 0;
    bool acts = false;

    for (node_id w = node_first(t, n); w; w = node_sibling(t, w))
        if (node_kind(t, w) == NODE_WORD)
            last = w;
    for (node_id k = n + 1; k < t->node[n].after && last && !acts; k++) {
        const struct field *f;
        size_t count = node_kind(t, k) == NODE_COMMAND ? image_fields(x->im, x->arena, k, &f) : 0;
        acts = count && (!word_is_one_of(command_program(f), onlookers) || writes(t, k));
    }
    if (acts)
        look_at_text(x, n, str_sub(t->text, node_span(t, n).start, node_span(t, last).end));
}

/* RUN --mount=...,target=/etc/apt/sources.list: as if it were copied there. */
static void look_at_mount(struct search *x, node_id flag)
{
    static const char *const keys[] = {"target", "dst", "destination"};
    const struct tree *t = x->im->tree;
    struct span at;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (flag_key(t, flag, str_of(keys[i]), &at) &&
            str_find(str_sub(t->text, at.start, at.end), S("/etc/apt/auth.conf")) == STR_NONE &&
            look_at_text(x, flag, str_sub(t->text, at.start, at.end)))
            return;
}

/* A COPY whose words alone do not tell that it leads to the settings: to a path from the working
 * folder on, or of all that another image has. */
static void look_at_copy(struct search *x, node_id n, unsigned stage)
{
    const struct value *word;
    size_t count = copy_words(x->im, x->arena, n, &word);
    bool whole = false, other = instruction_flag(x->im->tree, n, S("from"));

    if (!count || word[count - 1].certainty != VALUE_KNOWN || !word[count - 1].text.n)
        return;
    struct str to = word[count - 1].text;
    for (size_t i = 0; i + 1 < count; i++)
        whole |= word[i].certainty == VALUE_KNOWN &&
                 word_is_one_of(path_without_slash(word[i].text), "/ /etc");
    if (to.p[0] != '/') {
        struct str at = x->folder[stage];
        while (str_starts(to, S("./")))
            to = str_from(to, 2);
        look_at_text(x, n,
                     str_eq(to, S(".")) || !to.n
                         ? at
                         : str_fmt(x->arena, STR_FMT "/" STR_FMT, STR_ARG(at), STR_ARG(to)));
    } else if (other && whole && word_is_one_of(path_without_slash(to), "/ /etc")) {
        add(x, n, x->lists[stage].manager, "copies another image's /etc");
    }
}

static bool look_at_preferences(struct search *x, node_id n)
{
    struct written w;
    struct str touched;

    if (!written_read(x->im, x->arena, n, &w))
        return false;
    for (size_t i = 0; managers[i]; i++) {
        const char *why = managers[i]->prefers(x->arena, w.path, w.text, &touched);
        if (!why)
            continue;
        add(x, n, managers[i], why)->touched = touched;
        return true;
    }
    return false;
}

static void tell_lists(struct search *x, node_id n, unsigned stage)
{
    struct source_list now = {.broken = false};
    bool known = lists_sources(&x->lists[stage], x->arena, &x->im->stage[stage].release, &now);
    const struct manager *m = x->lists[stage].manager;
    struct added_source *s = add(x, n, m, known ? NULL : m->changes_lists);

    s->source = now.list.v;
    s->nsource = now.list.n;
    s->whole = true;
}

static const char *why_unknown(const struct lists *l)
{
    if (l->lost)
        return "changes more package sources than dfix follows";
    return l->manager->changes_settings;
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
        add(x, n, l->manager, why_unknown(l));
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
    case NODE_FOR:
        return true;
    case NODE_FLAG:
        return node_kind(t, t->node[n].parent) == NODE_INSTRUCTION &&
               node_instruction(t, t->node[n].parent) == INST_RUN;
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

/* Where nothing else was found: what cannot be read may be settings. */
static void look_at_landing(struct search *x, node_id n, unsigned stage, size_t found)
{
    if (stage == UINT32_MAX || x->found.n > found)
        return;
    const struct manager *m = x->lists[stage].manager;
    const char *why = lands_unread(x->im, x->arena, m, x->folder[stage], n);
    if (why)
        add(x, n, m, why);
}

static void look(struct search *x, node_id n)
{
    enum node_kind k = node_kind(x->im->tree, n);
    unsigned stage = image_stage_of(x->im, n);

    if (!is_of_interest(x->im->tree, n))
        return;
    size_t found = x->found.n;
    if (k == NODE_FOR || k == NODE_FLAG) {
        (k == NODE_FOR ? look_at_loop : look_at_mount)(x, n);
        look_at_landing(x, n, stage, found);
        return;
    }
    if (stage != UINT32_MAX && (look_at_lists(x, n, stage) || look_at_preferences(x, n)))
        return;
    if (k == NODE_COMMAND || k == NODE_EXEC)
        look_command(x, n);
    else
        look_at_paths(x, n);
    if (k == NODE_INSTRUCTION && stage != UINT32_MAX && x->found.n == found)
        look_at_copy(x, n, stage);
    look_at_landing(x, n, stage, found);
}

/* Where there are more than the release's own from the start, that is said of the FROM. */
static void begin_stage(struct search *x, unsigned which)
{
    const struct stage *s = &x->im->stage[which];
    struct lists *l = &x->lists[which];

    x->folder[which] = S("");
    if (s->base != BASE_STAGE) {
        lists_begin(x->arena, s, l);
        if (l->changes)
            tell_lists(x, s->from, which);
        return;
    }
    const struct lists *base = &x->lists[s->base_stage];
    x->folder[which] = x->folder[s->base_stage];
    for (size_t i = 0; i < base->file.n; i++)
        vec_push(x->arena, &l->file, base->file.v[i]);
    for (size_t i = 0; i < base->added.n; i++)
        vec_push(x->arena, &l->added, base->added.v[i]);
    l->manager = base->manager;
    l->opaque = base->opaque;
    l->lost = base->lost;
}

/* Of each stage: the last call in it, or in one that is built on it; 0 none. What is done to
 * sources behind that decides nothing. */
static const node_id *last_calls(const struct image *im, struct arena *a)
{
    node_id *last = arena_new(a, node_id, im->nstage + 1);
    size_t ninstall;
    const struct install *install = image_installs(im, &ninstall);

    for (size_t i = 0; i < ninstall; i++)
        if (install[i].stage < im->nstage && install[i].command > last[install[i].stage])
            last[install[i].stage] = install[i].command;
    for (size_t i = im->nstage; i-- > 0;) {
        const struct stage *s = &im->stage[i];
        if (s->base == BASE_STAGE && last[i] > last[s->base_stage])
            last[s->base_stage] = last[i];
    }
    return last;
}

static void find(const struct image *im, struct arena *a, struct image_late *late)
{
    const struct tree *t = im->tree;
    struct search x = {.im = im,
                       .file = im,
                       .arena = a,
                       .context = image_own(im)->context,
                       .lists = arena_new(a, struct lists, im->nstage + 1),
                       .folder = arena_new(a, struct str, im->nstage + 1)};
    const node_id *last = last_calls(im, a);
    unsigned stage = UINT32_MAX, scripts = SCRIPTS_MAX;
    struct stage *around = NULL;
    x.scripts = &scripts;
    x.around = &around;

    for (node_id n = 1; n < t->nnode; n++) {
        if (node_kind(t, n) == NODE_INSTRUCTION && image_stage_of(im, n) != stage) {
            stage = image_stage_of(im, n);
            if (stage != UINT32_MAX && last[stage])
                begin_stage(&x, stage);
        }
        if (stage == UINT32_MAX || n >= last[stage])
            continue;
        look(&x, n);
        arena_tick(a);
        if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_WORKDIR)
            x.folder[stage] = folder_of_workdir(im, a, x.folder[stage], n);
    }
    late->source = x.found.v;
    late->nsource = x.found.n;
    late->sources_found = true;
    sources_index(im, a, late);
}

const struct added_source *image_sources(const struct image *im, size_t *n)
{
    const struct image_own *own = image_own(im);

    *n = 0;
    if (!own)
        return NULL;
    if (!own->late->sources_found)
        find(im, own->definitions.arena, own->late);
    *n = own->late->nsource;
    return own->late->source;
}
