/* What a file does to its package managers' sources. What is not plainly something else counts
 * as a source that is not understood: pins are left alone behind it. */
#include "packages/lists.h"
#include "dfix/manager.h"

enum { PIPELINE_LONG = 16 }; /* commands behind one that are looked at */
enum { SCRIPTS_MAX = 64 };   /* whose text is looked at, in one file */

/* They change neither what a file says nor whether it is there. */
static const char onlookers[] =
    "apk apt apt-cache apt-get aptitude cat chmod chown cmp cut diff dpkg-query du echo file "
    "grep head ls md5sum mkdir printf sha256sum sort stat tail test wc [ :";

struct search {
    const struct image *im;
    struct arena *arena;
    bool placed;                /* is `deed` in the instruction? */
    size_t deed;                /* the next one of the walk */
    const struct command *next; /* the same of the list of commands; NULL: none seen yet */
    struct lists *lists;        /* a stage each */
    unsigned scripts;           /* that may still be looked at */
    uint32_t order, last; /* of what is looked at, and of the stage's last call: nothing behind that
                             matters */
    VEC(struct added_source) found;
};

/* The first line of a text, for messages. */
static struct str shown(struct str text)
{
    struct str line = S("");

    str_cut(&text, '\n', &line);
    return str_trim(line.n > 60 ? str_sub(line, 0, 60) : line);
}

static struct str text_of(const struct spot *s)
{
    return node_text(s->at.scope->tree, s->at.node);
}

static struct added_source *add(struct search *x, const struct spot *s, const struct manager *m,
                                const char *why)
{
    vec_push(x->arena, &x->found,
             (struct added_source){
                 .manager = m,
                 .node = s->at.outer,
                 .order = x->order,
                 .what = shown(text_of(s)),
                 .instruction = s->at.instruction,
                 .stage = s->at.stage,
                 .why = why,
                 .touched = S("*"),
             });
    return &x->found.v[x->found.n - 1];
}

static bool look_at_text(struct search *x, const struct spot *s, struct str text)
{
    const struct sign *found = sign_in(text);

    if (found)
        add(x, s, found->manager, found->why);
    return found;
}

/* Are its bytes those of the text, with nothing put in? */
static bool is_written_in(const struct field *f, struct span text)
{
    const struct piece *p = f->value.piece;

    return f->value.npiece == 1 && p->literal && text.start <= p->span.start &&
           p->span.end <= text.end;
}

/* What is written, and what it stands for. */
static void look_at_words(struct search *x, const struct spot *s)
{
    struct str text = text_of(s);
    const struct field *f;

    if (look_at_text(x, s, text) || !s->at.command || command_is_literal(s->at.command))
        return;
    size_t n = command_raw(x->arena, s->at.command, &f);
    struct span all = node_span(s->at.scope->tree, s->at.node);
    for (size_t i = 0; i < n; i++)
        if (f[i].value.certainty == VALUE_KNOWN && !is_written_in(&f[i], all) &&
            look_at_text(x, s, f[i].value.text))
            return;
}

static bool writes(const struct tree *t, node_id command)
{
    for (node_id r = node_first(t, command); r; r = node_sibling(t, r))
        if (node_kind(t, r) == NODE_REDIRECT && str_find(node_text(t, r), S(">")) != STR_NONE)
            return true;
    return false;
}

/* Does what is written lead to the settings? */
static bool writes_settings(const struct spot *s)
{
    static const char *const signs[] = {"/etc/ap", "sources.list", "apt.conf"};

    for (size_t i = 0; i < s->ndeed; i++)
        for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++)
            if (s->deed[i].kind == DEED_WRITE &&
                str_find(s->deed[i].to.path, str_of(signs[k])) != STR_NONE)
                return true;
    return false;
}

/* What is added perhaps, in a branch, by archives whose packages are known: globs of these; ""
 * that is not all that is done. */
static struct str perhaps_added(const struct search *x, const struct spot *s)
{
    const struct lists *l = &x->lists[s->at.stage];
    struct buf globs = {.arena = x->arena};
    struct str packages;

    for (size_t i = 0; i < s->ndeed; i++) {
        const struct deed *d = &s->deed[i];
        struct source_list list = {.broken = false};
        bool adds = d->append || !lists_find(l, d->to.path);
        if (d->kind != DEED_WRITE || !d->text_known || !d->to.known || !adds ||
            l->manager != &manager_apt || !l->manager->is_list(d->to.path))
            return S("");
        lists_read(x->arena, d->to.path, d->text, &list);
        for (size_t k = 0; k < list.list.n; k++) {
            if (list.broken || !archive_is_known(list.list.v[k].uri, &packages))
                return S("");
            buf_fmt(&globs, STR_FMT " ", STR_ARG(packages));
        }
    }
    return str_trim(buf_str(&globs));
}

/* grep -l x /etc/apt/... | xargs sed: what is named goes to another program. */
static bool feeds_another(const struct search *x, const struct command *c)
{
    const struct tree *t = c->scope->tree;
    unsigned looked = 0;

    if (node_kind(t, t->node[c->node].parent) != NODE_PIPELINE)
        return false;
    for (node_id k = node_sibling(t, c->node); k && looked < PIPELINE_LONG; looked++) {
        const struct command *next =
            node_kind(t, k) == NODE_COMMAND ? command_of_node(x->im, c->scope, k) : NULL;
        if (!next || (next->wrappers & ~c->wrappers & WRAP_XARGS) ||
            word_is_one_of(next->name, "xargs parallel sh bash dash ash perl python3 python"))
            return true;
        k = node_sibling(t, k);
    }
    return false;
}

/* Whose packages that are installed from files may bring sources; NULL: nobody's. */
static const struct manager *manager_of_files(const struct command *c)
{
    const struct field *f;

    if (!manager_of_program(c->program) && c->program != PROGRAM_DPKG &&
        !str_eq(c->name, S("gdebi")))
        return NULL;
    size_t n = command_args(c, &f);
    for (size_t i = 0; managers[i]; i++)
        if (managers[i]->brings_sources(c->name, f, n))
            return managers[i];
    return NULL;
}

/* Scripts of vendors add sources to the managers that they know. */
static void add_downloaded(struct search *x, const struct spot *s, struct str by,
                           struct str touched)
{
    for (size_t i = 0; managers[i]; i++) {
        if (!managers[i]->does.scripts_add)
            continue;
        struct added_source *added = add(x, s, managers[i], "runs a downloaded script");
        added->touched = touched;
        added->what = shown(by);
    }
}

/* Programs that change nothing, and `find` as long as it only prints. */
static bool only_looks(const struct command *c)
{
    const struct field *f;
    bool prints = c->program == PROGRAM_FIND;
    size_t n = prints ? command_args(c, &f) : 0;

    for (size_t i = 1; i < n && prints; i++)
        prints = f[i].value.certainty == VALUE_KNOWN &&
                 !word_is_one_of(f[i].value.text, "-exec -execdir -ok -okdir -delete") &&
                 !str_starts(f[i].value.text, S("-fprint")) &&
                 !str_starts(f[i].value.text, S("-fls"));
    return prints || word_is_one_of(c->name, onlookers);
}

/* What shows that a script, whose text is known, changes sources; NULL: nothing does. */
static const struct sign *sign_in_run_script(struct search *x, const struct command *c)
{
    struct str path = command_script(c);

    if (!path.n || !x->scripts)
        return NULL;
    x->scripts--;
    struct file f = file_of_program(x->im, c->stage, c->outer, command_folder(x->im, c), path);
    return f.kind == FILE_PLAIN && f.text_known ? sign_in_script(f.text) : NULL;
}

static void look_at_writer(struct search *x, const struct spot *s)
{
    struct str touched = perhaps_added(x, s);

    if (touched.n)
        add(x, s, &manager_apt, manager_apt.changes_lists)->touched = touched;
    else
        look_at_words(x, s);
}

static void look_at_command(struct search *x, const struct spot *s)
{
    const struct command *c = s->at.command;
    struct str by, touched;

    if (command_holds(c)) /* its text's commands come by themselves */
        return;
    const struct sign *adds = sign_of_program(c->name);
    const struct manager *files = manager_of_files(c);
    bool fetched = !adds && download_run(x->im, c, &by, &touched);
    if (!adds && !files && !fetched)
        adds = sign_in_run_script(x, c);
    if (adds)
        add(x, s, adds->manager, adds->why);
    else if (fetched && touched.n)
        add_downloaded(x, s, by, touched);
    else if (files)
        add(x, s, files, "installs a package that may add package sources")->waits = true;
    else if (!fetched && (!only_looks(c) || writes_settings(s) || feeds_another(x, c)))
        look_at_writer(x, s);
}

/* for FILE in /etc/apt/...: what its commands do to $FILE cannot be told from their words. */
static void look_at_loop(struct search *x, const struct spot *s)
{
    const struct tree *t = s->at.scope->tree;
    struct command_list all = commands_of_instruction(x->im, s->at.instruction);
    const struct command *c = x->next ? x->next : all.v;
    node_id last = 0;
    bool acts = false;

    for (node_id w = node_first(t, s->at.node); w; w = node_sibling(t, w))
        if (node_kind(t, w) == NODE_WORD)
            last = w;
    struct str list = str_sub(t->text, node_span(t, s->at.node).start,
                              last ? node_span(t, last).end : node_span(t, s->at.node).start);
    if (!sign_in(list))
        return;
    for (; c < all.v + all.n && !acts; c++) {
        if (c->scope != s->at.scope)
            continue;
        if (c->node >= t->node[s->at.node].after)
            break;
        acts = !word_is_one_of(c->name, onlookers) || writes(t, c->node);
    }
    if (acts)
        look_at_text(x, s, list);
}

/* RUN --mount=...,target=/etc/apt/sources.list: as if it were copied there. */
static void look_at_mount(struct search *x, const struct spot *s)
{
    static const char *const keys[] = {"target", "dst", "destination"};
    const struct tree *t = s->at.scope->tree;
    struct span at;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (flag_key(t, s->at.node, str_of(keys[i]), &at) &&
            str_find(str_sub(t->text, at.start, at.end), S("/etc/apt/auth.conf")) == STR_NONE &&
            look_at_text(x, s, str_sub(t->text, at.start, at.end)))
            return;
}

/* A COPY whose words alone do not tell that it leads to the settings: to a path from the working
 * folder on, or of all that another image has. */
static void look_at_copy(struct search *x, const struct spot *s)
{
    for (size_t i = 0; i < s->ndeed; i++) {
        const struct deed *d = &s->deed[i];
        struct str to = d->to.path;
        bool whole = d->from.known && word_is_one_of(d->from.path, "/ /etc");
        if (!d->to.known)
            continue;
        if (str_chr(to, '/') != 0)
            to = str_fmt(x->arena, "/" STR_FMT, STR_ARG(to));
        if (look_at_text(x, s, to))
            return;
        if (d->kind != DEED_COPY || d->origin == ORIGIN_CONTEXT || !whole ||
            !word_is_one_of(to, "/ /etc") || copies_no_settings(x->im, d))
            continue;
        add(x, s, x->lists[s->at.stage].manager, "copies another image's /etc");
        return;
    }
}

/* x="$(cat /etc/apk/arch)" and nothing else: what a file holds is no path of settings. */
static bool only_reads(const struct spot *s)
{
    static const char *const readers[] = {"$(cat ", "`cat ", "$(<"};
    struct str text = text_of(s);
    size_t named = 0, read = 0;

    if (node_kind(s->at.scope->tree, s->at.node) != NODE_COMMAND || s->at.command)
        return false;
    for (ptrdiff_t k; (k = str_find(text, S("/etc/ap"))) != STR_NONE; named++) {
        struct str before = str_sub(text, 0, (size_t)k);
        for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
            read += str_ends(before, str_of(readers[i]));
        text = str_from(text, (size_t)k + 1);
    }
    return named && read == named;
}

static bool look_at_preferences(struct search *x, const struct spot *s)
{
    struct str touched;

    for (size_t i = 0; i < s->ndeed; i++) {
        const struct deed *d = &s->deed[i];
        bool known = d->kind == DEED_WRITE && d->text_known && d->to.known && !d->maybe;
        for (size_t k = 0; known && managers[k]; k++) {
            const char *why = managers[k]->prefers(x->arena, d->to.path, d->text, &touched);
            if (!why)
                continue;
            add(x, s, managers[k], why)->touched = touched;
            return true;
        }
    }
    return false;
}

static void tell_lists(struct search *x, const struct spot *at)
{
    struct lists *l = &x->lists[at->at.stage];
    struct source_list now = {.broken = false};
    bool known = lists_sources(l, x->arena, &x->im->stage[at->at.stage].release, &now);
    struct added_source *s = add(x, at, l->manager, known ? NULL : l->manager->changes_lists);

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
static bool look_at_lists(struct search *x, const struct spot *s)
{
    struct lists *l = &x->lists[s->at.stage];
    unsigned before = l->changes;

    if (s->ndeed || (s->at.command && s->at.command->program == PROGRAM_ADD_APT_REPOSITORY))
        lists_open(x->arena, l);
    switch (lists_change(x->im, x->arena, s, l)) {
    case LIST_OTHER:
        return false;
    case LIST_UNKNOWN:
        add(x, s, l->manager, why_unknown(l));
        return true;
    case LIST_KNOWN:
        break;
    }
    if (l->changes > before)
        tell_lists(x, s);
    return true;
}

/* Where nothing else was found: what cannot be read may be settings. */
static void look_at_landing(struct search *x, const struct spot *s, size_t found)
{
    if (x->found.n > found)
        return;
    const struct manager *m = x->lists[s->at.stage].manager;
    const char *why = lands_unread(x->im, x->arena, m, s);
    if (why)
        add(x, s, m, why);
}

static void look(struct search *x, const struct spot *s)
{
    enum node_kind k = node_kind(s->at.scope->tree, s->at.node);
    size_t found = x->found.n;

    if (k == NODE_HEREDOC &&
        node_kind(s->at.scope->tree, node_first(s->at.scope->tree, s->at.node)) == NODE_SHELL)
        return; /* its commands are looked at one by one */
    if (k == NODE_FOR || k == NODE_FLAG)
        (k == NODE_FOR ? look_at_loop : look_at_mount)(x, s);
    else if (look_at_lists(x, s) || look_at_preferences(x, s))
        return;
    else if (s->at.command)
        look_at_command(x, s);
    else if (!only_reads(s))
        look_at_words(x, s);
    if (k == NODE_INSTRUCTION && x->found.n == found)
        look_at_copy(x, s);
    look_at_landing(x, s, found);
}

/* The deeds of a step are the next ones of the walk. Most calls come before anything is done to
 * files, and those need not be known then. */
static struct spot spot_of(struct search *x, const struct step *at)
{
    struct spot s = {.at = *at};

    if (!step_acts(at))
        return s;
    const struct image_files *all = image_files_to(x->im, x->im->tree->node[at->instruction].after);
    if (!x->placed)
        x->deed = deed_from(all, at->instruction);
    x->placed = true;
    s.deed = all->ndeed ? all->deed + x->deed : NULL;
    for (; x->deed < all->ndeed; x->deed++, s.ndeed++) {
        const struct deed *d = &all->deed[x->deed];
        if (d->scope != at->scope || d->node != at->node || d->command != at->command)
            break;
    }
    return s;
}

static void see(void *self, const struct step *at)
{
    struct search *x = self;

    if (at->command) {
        x->next = at->command + 1;
        x->order = command_order(at->command);
    }
    arena_tick(x->arena);
    if (x->order >= x->last)
        return;
    struct spot s = spot_of(x, at);
    look(x, &s);
}

/* Where there are more than the release's own from the start, that is said of the FROM. */
static void begin_stage(struct search *x, unsigned which)
{
    const struct stage *s = &x->im->stage[which];
    struct lists *l = &x->lists[which];
    struct spot from = {.at = {.scope = &x->im->scope,
                               .node = s->from,
                               .outer = s->from,
                               .instruction = s->from,
                               .stage = which}};

    if (s->base != BASE_STAGE) {
        lists_begin(x->arena, s, l);
        if (l->changes)
            tell_lists(x, &from);
        return;
    }
    const struct lists *base = &x->lists[s->base_stage];
    for (size_t i = 0; i < base->file.n; i++)
        vec_push(x->arena, &l->file, base->file.v[i]);
    for (size_t i = 0; i < base->added.n; i++)
        vec_push(x->arena, &l->added, base->added.v[i]);
    l->manager = base->manager;
    l->unread = base->unread;
    l->opaque = base->opaque;
    l->lost = base->lost;
}

/* Of each stage: the place of the last call in it, or in one that is built on it; 0 none. What is
 * done to sources behind that decides nothing. */
static const uint32_t *last_calls(const struct image *im, struct arena *a)
{
    uint32_t *last = arena_new(a, uint32_t, im->nstage + 1);
    size_t ninstall;
    const struct install *install = image_installs(im, &ninstall);

    for (size_t i = 0; i < ninstall; i++)
        if (install[i].stage < im->nstage && install[i].order > last[install[i].stage])
            last[install[i].stage] = install[i].order;
    for (size_t i = im->nstage; i-- > 0;) {
        const struct stage *s = &im->stage[i];
        if (s->base == BASE_STAGE && last[i] > last[s->base_stage])
            last[s->base_stage] = last[i];
    }
    return last;
}

static void look_at_instruction(struct search *x, node_id n, unsigned stage)
{
    enum instruction op = node_instruction(x->im->tree, n);
    struct step at = {
        .scope = &x->im->scope, .node = n, .outer = n, .instruction = n, .stage = stage};

    x->placed = false;
    x->next = NULL;
    if (op == INST_RUN) {
        steps_of_instruction(x->im, n, see, x);
    } else if (op == INST_COPY || op == INST_ADD) {
        struct spot s = spot_of(x, &at);
        look(x, &s);
    }
}

static void find(const struct image *im, struct arena *a, struct image_late *late)
{
    const struct tree *t = im->tree;
    struct search x = {.im = im,
                       .arena = a,
                       .lists = arena_new(a, struct lists, im->nstage + 1),
                       .scripts = SCRIPTS_MAX};
    const uint32_t *last = last_calls(im, a);
    unsigned stage = UINT32_MAX;

    for (node_id n = 1; n < t->nnode && late->ninstall;) {
        bool instruction = node_kind(t, n) == NODE_INSTRUCTION;
        unsigned here = instruction ? image_stage_of(im, n) : stage;
        x.last = instruction && here != UINT32_MAX ? last[here] : 0;
        x.order = x.last ? order_before(im, n) : 0;
        if (here != stage && x.last)
            begin_stage(&x, here);
        stage = here;
        if (x.order < x.last)
            look_at_instruction(&x, n, stage);
        bool holds = instruction && node_instruction(t, n) == INST_ONBUILD;
        n = holds ? n + 1 : t->node[n].after;
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
