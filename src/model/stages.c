/* Stages: what each is built from, for which architectures, on which release. */
#include "model/model.h"
#include "dfix/manager.h"

struct scope scope_of_text(struct arena *a, const struct tree *t)
{
    struct scope_late *late = arena_new(a, struct scope_late, 1);

    late->arena = a;
    return (struct scope){.tree = t, .late = late};
}

unsigned scope_stage_of(const struct scope *sc, node_id n)
{
    struct bisect b = {.high = sc->nstage};

    while (bisect_next(&b))
        bisect_take(&b, sc->stage[b.at].from <= n);
    return b.low ? (unsigned)(b.low - 1) : UINT32_MAX;
}

static void index_names(struct definitions *d)
{
    d->nlast = 16;
    while (d->nlast < 2 * d->n)
        d->nlast *= 2;
    d->last = arena_new(d->arena, uint32_t, d->nlast);
    d->outer = arena_new(d->arena, uint32_t, d->nlast);
    for (size_t i = 0; i < d->n; i++) {
        size_t slot = (size_t)str_hash(d->v[i].name) & (d->nlast - 1);
        d->v[i].earlier = d->last[slot];
        d->last[slot] = (uint32_t)i + 1;
        if (d->v[i].stage == UINT32_MAX)
            d->outer[slot] = (uint32_t)i + 1;
    }
}

static void index_lines(struct image_late *late, struct arena *a, struct str text)
{
    VEC(uint32_t) line = {0};
    uint32_t at = 0;

    for (const char *nl = text.p; nl; at = (uint32_t)(nl - text.p) + 1) {
        vec_push(a, &line, at);
        nl = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;
        if (!nl)
            break;
    }
    late->line = line.v;
    late->nline = line.n;
}

unsigned image_root_stage(const struct image *im, unsigned stage)
{
    return image_own(im)->root[stage];
}

unsigned image_line_at(const struct image *im, uint32_t at)
{
    const struct image_own *own = image_own(im);
    struct image_late *late = own->late;

    if (!late->line)
        index_lines(late, own->definitions.arena, im->tree->text);
    struct bisect b = {.high = late->nline};
    while (bisect_next(&b))
        bisect_take(&b, late->line[b.at] <= at);
    return (unsigned)b.low;
}

unsigned image_line(const struct image *im, node_id n)
{
    return image_line_at(im, node_span(im->tree, n).start);
}

unsigned image_stage_of(const struct image *im, node_id n)
{
    return scope_stage_of(&im->scope, n);
}

struct value image_value(const struct image *im, struct arena *a, node_id word)
{
    return scope_value(&im->scope, a, word);
}

size_t image_fields(const struct image *im, struct arena *a, node_id command,
                    const struct field **out)
{
    return scope_fields(&im->scope, a, command, out);
}

static void define(struct image *im, struct arena *a, const struct lookup *l,
                   const struct image_settings *settings)
{
    const struct tree *t = im->tree;
    VEC(struct definition) list = {0};
    unsigned stage = UINT32_MAX;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction op = node_instruction(t, n);
        if (node_kind(t, n) != NODE_INSTRUCTION)
            continue;
        if (op == INST_FROM)
            stage++;
        for (node_id p = 0;
             (op == INST_ARG || op == INST_ENV) && (p = node_next(t, n, p, NODE_PAIR));) {
            node_id name = node_next(t, p, 0, NODE_NAME);
            if (name)
                vec_push(a, &list,
                         (struct definition){node_text(t, name), n, node_next(t, p, 0, NODE_WORD),
                                             stage, op == INST_ENV, 0});
        }
    }
    struct image_own *own = arena_new(a, struct image_own, 1);
    own->definitions = (struct definitions){
        .v = list.v, .n = list.n, .arena = a, .kept = arena_new(a, struct kept_fields, 1)};
    own->definitions.kept->of = arena_new(a, uint32_t, t->nnode);
    own->late = arena_new(a, struct image_late, 1);
    own->context = build_context_of(a, l, settings ? settings->folder : S(""));
    own->file = settings ? settings->file : S("");
    im->self = own;
    index_names(&own->definitions);
    im->scope.definitions = &own->definitions;
}

static arch_set archs_of(const struct image *im, struct arena *a, struct stage *s)
{
    node_id flag = instruction_flag(im->tree, s->from, S("platform"));
    node_id word = flag ? node_next(im->tree, flag, 0, NODE_WORD) : 0;
    struct value v;
    struct reference r;

    s->platform = S("");
    if (!flag && reference_parse(s->reference.text, &r)) { /* arm32v7/debian */
        arch_set named = known_image_archs(reference_name(a, &r));
        return named ? named : im->archs;
    }
    if (!word || (v = image_value(im, a, word)).certainty != VALUE_KNOWN)
        return im->archs;
    s->platform = v.text;
    ptrdiff_t slash = str_chr(v.text, '/');
    arch_set one = arch_of(slash == STR_NONE ? v.text : str_from(v.text, (size_t)slash + 1));
    return one ? one : im->archs;
}

static bool names_manager(struct str text)
{
    for (size_t i = 0; managers[i]; i++)
        if (str_find(text, str_of(managers[i]->name)) != STR_NONE)
            return true;
    return false;
}

/* Of each stage: does it, or one built on it, or an ARG for all of them, name a package manager? */
static const bool *may_install(const struct image *im, struct arena *a)
{
    const struct tree *t = im->tree;
    bool *may = arena_new(a, bool, im->nstage + 1);
    struct str before = str_sub(t->text, 0, im->nstage ? node_span(t, im->stage[0].from).start : 0);
    bool all = names_manager(before);

    for (size_t i = im->nstage; i-- > 0;) {
        const struct stage *s = &im->stage[i];
        uint32_t from = node_span(t, s->from).start, end = node_span(t, s->last).end;
        may[i] = may[i] || all || names_manager(str_sub(t->text, from, end));
        if (s->base == BASE_STAGE)
            may[s->base_stage] = may[s->base_stage] || may[i];
    }
    return may;
}

/* Layers are fetched where a rule may need what only they tell: packages, their sources, and the
 * release where the tables do not know it, or may not know that it is newer by now. */
static enum base_depth depth_of(const struct stage *s, bool may_install,
                                const struct image_settings *settings)
{
    struct str today = settings ? settings->today : S("");
    struct str end;

    if (may_install)
        return BASE_BY_LAYERS;
    if (s->known.windows || s->known.foreign)
        return BASE_BY_CONFIG;
    if (!s->release.distro.n)
        return BASE_BY_LAYERS;
    bool lives =
        s->release_exact || (today.n && release_end(&s->release, &end) && str_cmp(today, end) <= 0);
    return lives ? BASE_BY_CONFIG : BASE_BY_LAYERS;
}

/* Does the tag name the release only as long as no build gives another argument? */
static bool is_given(struct arena *a, const struct stage *s)
{
    struct buf fixed = {.arena = a};
    struct known_image known;
    struct reference r;
    bool given = false;

    for (size_t i = 0; i < s->reference.npiece; i++) {
        const struct piece *p = &s->reference.piece[i];
        given |= p->default_;
        buf_add(&fixed, p->default_ ? S("0") : p->text);
    }
    if (!given || !s->release.distro.n)
        return false;
    if (!reference_parse(buf_str(&fixed), &r))
        return true;
    known_image_find(reference_name(a, &r), r.tag, &known);
    return !known.exact || !str_eq(known.release.version, s->release.version);
}

/* An image that the file builds on itself: its users are those of the file, not of what somebody
 * published under the name. */
static void forget_users(struct known_image *known)
{
    known->user_known = false;
    known->user = known->spare_user = known->spare_uid = S("");
}

/* The release: from the image itself, else from the tables. */
static void find_release(struct image *im, struct arena *a, struct stage *s, bool may_install,
                         const struct lookup *l, const struct image_settings *settings)
{
    struct str image = s->reference.text, by;
    struct reference r;

    if (image_is_built_beside(im, image, &by)) { /* what is published may be another one */
        s->release_why =
            str_fmt(a, "its base image is built by " STR_FMT " beside it", STR_ARG(by)).p;
        return;
    }
    if (settings && settings->canonical)
        image = settings->canonical(settings->self, a, image);
    if (!reference_parse(image, &r)) {
        s->release_why = "its base image reference is not valid";
        return;
    }
    known_image_find(reference_name(a, &r), r.tag.n || r.digest.n ? r.tag : S("latest"), &s->known);
    if (s->known.user_known && image_is_called(im, image))
        forget_users(&s->known);
    s->windows = s->known.windows;
    s->release = s->known.release;
    s->release_exact = s->known.exact;
    s->release_from = S("table");
    s->release_why = s->known.why;
    if (r.digest.n && !s->known.exact) {
        /* A digest may be older than what the tag stands for now. */
        s->release = (struct release){S(""), S(""), S("")};
        s->release_why =
            "the image is pinned by digest and only its registry knows which release that is";
    }
    struct base_facts *facts = arena_new(a, struct base_facts, 1);
    enum base_depth depth = depth_of(s, may_install, settings);
    enum answer answer = lookup_base(l, s->reference.text, s->archs, depth, facts);
    im->pending |= answer == ANSWER_PENDING;
    s->facts_failed = answer == ANSWER_UNAVAILABLE ? facts->why : S("");
    if (answer != ANSWER_FOUND)
        return;
    s->facts = facts;
    if (!facts->release.distro.n)
        return;
    bool same = str_eq(facts->release.version, s->release.version);
    s->release_exact = r.digest.n || (same && s->release_exact);
    s->release = facts->release;
    s->release_from = facts->spoke;
}

/* Stages by name: one of each. Names are in lower case. */
struct names {
    struct arena *arena;
    uint32_t *slot; /* 0: free; else a stage's index and one */
    size_t size;    /* a power of two */
};

static struct names *names_of(struct arena *a, size_t nstage)
{
    struct names *n = arena_new(a, struct names, 1);

    *n = (struct names){a, NULL, 16};
    while (n->size < 2 * nstage)
        n->size *= 2;
    n->slot = arena_new(a, uint32_t, n->size);
    return n;
}

static uint32_t *slot_of(const struct names *n, const struct image *im, struct str name)
{
    size_t at = (size_t)str_hash(name) & (n->size - 1);

    while (n->slot[at] && !str_eq(im->stage[n->slot[at] - 1].name, name))
        at = (at + 1) & (n->size - 1);
    return &n->slot[at];
}

unsigned stage_first_named(const struct image *im, struct arena *a, struct str name)
{
    return *slot_of(image_own(im)->first_named, im, str_lower(a, name)) - 1;
}

/* The stage or the kind of image that it is built on. */
static void find_base(struct image *im, unsigned stage, const struct names *names)
{
    struct stage *s = &im->stage[stage];

    s->base = BASE_UNKNOWN;
    if (s->reference.certainty != VALUE_KNOWN) {
        s->release_why = "its base image is known only at build time";
        return;
    }
    if (str_ieq(s->reference.text, S("scratch"))) {
        s->base = BASE_SCRATCH;
        s->release_why = "it is built from scratch";
        return;
    }
    uint32_t found = *slot_of(names, im, str_lower(names->arena, s->reference.text));
    struct str by;
    if (!found && image_is_context(im, s->reference.text, &by)) {
        s->release_why =
            str_fmt(names->arena, "its base is a build context that " STR_FMT " names", STR_ARG(by))
                .p;
        return;
    }
    s->base = found ? BASE_STAGE : BASE_IMAGE;
    if (found)
        s->base_stage = found - 1;
}

/* Numbers the stages so that those built on one, however far, come right behind it. */
static void find_tour(struct image *im, struct arena *a)
{
    unsigned *size = arena_new(a, unsigned, im->nstage), next = 0;

    for (size_t i = im->nstage; i-- > 0;) {
        size[i]++;
        if (im->stage[i].base == BASE_STAGE)
            size[im->stage[i].base_stage] += size[i];
    }
    for (size_t i = 0; i < im->nstage; i++) {
        struct stage *s = &im->stage[i];
        unsigned *from = s->base == BASE_STAGE ? &im->stage[s->base_stage].tour_end : &next;
        s->tour = *from;
        s->tour_end = s->tour + 1; /* grows while those built on it are numbered */
        *from += size[i];
    }
    for (size_t i = 0; i < im->nstage; i++)
        im->stage[i].tour_end = im->stage[i].tour + size[i];
}

/* What the base is known to be; earlier stages are known already. */
static void know_base(struct image *im, struct arena *a, struct stage *s, bool may_install,
                      const struct lookup *l, const struct image_settings *settings)
{
    if (s->base == BASE_STAGE) {
        const struct stage *b = &im->stage[s->base_stage];
        if (!s->platform.n)
            s->archs = b->archs;
        s->release = b->release;
        s->release_exact = b->release_exact;
        s->release_given = b->release_given;
        s->release_from = b->release_from;
        s->release_why = b->release_why;
        s->facts = b->facts;
        s->facts_failed = b->facts_failed;
        s->known = b->known;
        s->windows = b->windows;
    } else if (s->base == BASE_IMAGE) {
        find_release(im, a, s, may_install, l, settings);
        s->release_given = is_given(a, s);
    }
}

static void find_stages(struct image *im, struct arena *a)
{
    const struct tree *t = im->tree;
    VEC(struct stage) list = {0};

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION)
            continue;
        if (node_instruction(t, n) == INST_FROM) {
            node_id alias = node_next(t, n, 0, NODE_ALIAS);
            vec_push(a, &list,
                     (struct stage){.from = n,
                                    .image = node_next(t, n, 0, NODE_IMAGE),
                                    .alias = alias,
                                    .name = alias ? str_lower(a, node_text(t, alias)) : S("")});
        }
        if (list.n)
            list.v[list.n - 1].last = n;
    }
    im->stage = list.v;
    im->nstage = list.n;
    im->scope = scope_of_text(a, t);
    im->scope.stage = list.v;
    im->scope.nstage = list.n;
}

static void find_users(struct image *im, struct arena *a)
{
    const struct tree *t = im->tree;
    VEC(struct user_change) list = {0};

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION || node_instruction(t, n) != INST_USER)
            continue;
        node_id word = node_next(t, n, 0, NODE_WORD);
        if (word)
            vec_push(a, &list,
                     (struct user_change){n, image_stage_of(im, n), image_value(im, a, word)});
    }
    im->user = list.v;
    im->nuser = list.n;

    struct image_own *own = im->self;
    own->root = arena_new(a, unsigned, im->nstage);
    own->last_user = arena_new(a, size_t, im->nstage);
    for (size_t i = 0; i < list.n; i++)
        if (list.v[i].stage < im->nstage)
            own->last_user[list.v[i].stage] = i + 1;
    for (unsigned i = 0; i < im->nstage; i++) {
        const struct stage *s = &im->stage[i];
        bool built = s->base == BASE_STAGE;
        own->root[i] = built ? own->root[s->base_stage] : i;
        if (built && !own->last_user[i])
            own->last_user[i] = own->last_user[s->base_stage];
    }
}

struct image *image_of(struct arena *a, const struct tree *t, const struct lookup *l,
                       const struct image_settings *settings)
{
    struct image *im = arena_new(a, struct image, 1);
    static const struct str both[] = {{"amd64", 5}, {"arm64", 5}};

    im->tree = t;
    im->archs = settings && settings->archs ? settings->archs : arch_of(both[0]) | arch_of(both[1]);
    find_stages(im, a);
    define(im, a, l, settings);
    struct names *last = names_of(a, im->nstage), *first = names_of(a, im->nstage);
    ((struct image_own *)im->self)->first_named = first;
    for (unsigned i = 0; i < im->nstage; i++) {
        struct stage *s = &im->stage[i];
        s->release_from = S("");
        s->reference = (struct value){.text = S("")};
        s->release = (struct release){S(""), S(""), S("")};
        if (s->image)
            s->reference = image_value(im, a, s->image);
        s->archs = archs_of(im, a, s);
        find_base(im, i, last);
        if (!s->name.n)
            continue;
        *slot_of(last, im, s->name) = i + 1;
        uint32_t *one = slot_of(first, im, s->name);
        *one = *one ? *one : i + 1;
    }
    find_tour(im, a);
    const bool *may = may_install(im, a);
    for (unsigned i = 0; i < im->nstage; i++)
        know_base(im, a, &im->stage[i], may[i], l, settings);
    find_users(im, a);
    return im;
}
