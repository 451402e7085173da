/* maven.c - what a pom.xml comes to: the dependencies whose versions are given, by itself, its
 * parents, or the bills of materials that it imports. Who is nearer has the word; where somebody
 * who would have it is not at hand, nobody else's counts.
 *
 * Properties are put in when all is inherited: those of a parent are what the child says. */
#include "locks/locks.h"
#include "locks/pom.h"

enum {
    CHAINS = 256,
    PARENTS_MOST = 16,
    BOMS_DEEPEST = 8,
    POMS_MOST = 100,
    ROUNDS = 8,
    WORD_MAX = 1024
};

/* What is brought or managed: whole, but for the version. */
struct coordinates {
    struct str group, artifact, type, classifier;
};
struct managed {
    struct coordinates is;
    struct str version, scope; /* as written */
    uint32_t next;             /* of its chain, its place + 1 */
};
struct import {
    struct str name;    /* "org.example:bom 1.0" */
    struct project *of; /* NULL: it is not at hand */
};
struct named {
    struct str name, value;
    bool unsure;
    uint32_t next;
};
struct project {
    VEC(const struct pom *) chain; /* itself, and its parents */
    struct str gap;                /* the first parent that is not at hand; "" */
    VEC(struct named) property;
    VEC(struct managed) managed;
    VEC(struct import) import;
    uint32_t properties[CHAINS], manages[CHAINS];
};
struct maven {
    struct lock_reader *r;
    unsigned poms; /* read so far */
};

static struct str shown(struct maven *m, const struct str is[POM_PARTS])
{
    return str_fmt(m->r->arena, STR_FMT ":" STR_FMT " " STR_FMT, STR_ARG(is[POM_GROUP]),
                   STR_ARG(is[POM_ARTIFACT]), STR_ARG(is[POM_VERSION]));
}

/* ---- properties ---- */

static struct str own(const struct project *p, enum pom_part part)
{
    const struct pom *x = p->chain.v[0];
    return x->is[part].n || part == POM_ARTIFACT ? x->is[part] : x->parent[part];
}

static struct str built_in(const struct project *p, struct str name)
{
    const struct pom *x = p->chain.v[0];
    const struct {
        const char *name;
        struct str value;
    } v[] = {{"version", own(p, POM_VERSION)},
             {"groupId", own(p, POM_GROUP)},
             {"artifactId", own(p, POM_ARTIFACT)},
             {"parent.version", x->parent[POM_VERSION]},
             {"parent.groupId", x->parent[POM_GROUP]}};
    if (str_starts(name, S("project.")))
        name = str_from(name, strlen("project."));
    else if (str_starts(name, S("pom.")))
        name = str_from(name, strlen("pom."));
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
        if (str_eq(name, str_of(v[i].name)))
            return v[i].value;
    return S("");
}

static struct named *property_of(struct project *p, struct str name)
{
    uint32_t i = p->properties[str_hash(name) % CHAINS];
    while (i && !str_eq(p->property.v[i - 1].name, name))
        i = p->property.v[i - 1].next;
    return i ? &p->property.v[i - 1] : NULL;
}

/* The nearest pom's last word counts; what a profile may change is not known. */
static void add_properties(struct maven *m, struct project *p, const struct pom *of)
{
    for (size_t i = of->property.n; i-- > 0;) {
        const struct pom_property *x = &of->property.v[i];
        struct named *have = property_of(p, x->name);
        if (have) {
            have->unsure |= x->profile;
            continue;
        }
        uint32_t *chain = &p->properties[str_hash(x->name) % CHAINS];
        vec_push(m->r->arena, &p->property, (struct named){x->name, x->value, x->profile, *chain});
        *chain = (uint32_t)p->property.n;
    }
}

static struct str value_of(struct project *p, struct str name)
{
    const struct named *x = property_of(p, name);
    if (x)
        return x->unsure ? S("") : x->value;
    return built_in(p, name);
}

/* With each ${name} in its place; "" when one is not given. */
static struct str expanded(struct maven *m, struct project *p, struct str s)
{
    for (int round = 0; round < ROUNDS; round++) {
        ptrdiff_t at = str_find(s, S("${"));
        if (at == STR_NONE)
            return s;
        ptrdiff_t end = str_chr(str_from(s, (size_t)at), '}');
        if (end == STR_NONE)
            return S("");
        struct str value = value_of(p, str_sub(s, (size_t)at + 2, (size_t)(at + end)));
        if (!value.n || value.n + s.n > WORD_MAX)
            return S("");
        s = str_fmt(m->r->arena, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(s, 0, (size_t)at)),
                    STR_ARG(value), STR_ARG(str_from(s, (size_t)(at + end) + 1)));
    }
    return S("");
}

/* ---- parents ---- */

static bool is_pom(const struct pom *x, const struct str wanted[POM_PARTS])
{
    for (size_t i = 0; i < POM_PARTS; i++)
        if (!str_eq(x->is[i].n ? x->is[i] : x->parent[i], wanted[i]))
            return false;
    return x->is[POM_ARTIFACT].n && !x->broken;
}

static const struct pom *take(struct maven *m, struct str text, const struct str wanted[POM_PARTS])
{
    struct pom *x = arena_new(m->r->arena, struct pom, 1);
    pom_read(m->r->arena, text, x);
    return is_pom(x, wanted) ? x : NULL;
}

static const struct pom *published(struct maven *m, const struct str wanted[POM_PARTS])
{
    const struct lock_files *f = m->r->files;
    struct str text;
    for (size_t i = 0; i < POM_PARTS; i++)
        if (!wanted[i].n || str_find(wanted[i], S("${")) != STR_NONE)
            return NULL;
    if (!f || !f->published || m->poms == POMS_MOST)
        return NULL;
    m->poms++;
    return f->published(f->user, wanted, &text) ? take(m, text, wanted) : NULL;
}

/* Where a pom of the project lies, from the lock file's folder on. */
struct place {
    bool known;
    struct str folder;
};

static const struct pom *beside(struct maven *m, const struct pom *child, struct place *at)
{
    const struct lock_files *f = m->r->files;
    struct str text, path = path_without_slash(child->parent_path);
    if (!f || !f->beside || !at->known || !path.n || m->poms == POMS_MOST)
        return NULL;
    if (!str_ends(path, S(".xml")))
        path = str_fmt(m->r->arena, STR_FMT "/pom.xml", STR_ARG(path));
    path = str_fmt(m->r->arena, STR_FMT STR_FMT, STR_ARG(at->folder), STR_ARG(path));
    if (path.n > WORD_MAX)
        return NULL;
    m->poms++;
    const struct pom *x = f->beside(f->user, path, &text) ? take(m, text, child->parent) : NULL;
    if (x)
        at->folder = str_sub(path, 0, path.n - path_basename(path).n);
    return x;
}

static void load_chain(struct maven *m, struct project *p, const struct pom *x, struct place at)
{
    while (x) {
        vec_push(m->r->arena, &p->chain, x);
        add_properties(m, p, x);
        const struct str *parent = x->parent;
        if (!parent[POM_ARTIFACT].n)
            return;
        const struct pom *next = p->chain.n < PARENTS_MOST ? beside(m, x, &at) : NULL;
        if (!next && p->chain.n < PARENTS_MOST) {
            at.known = false;
            next = published(m, parent);
        }
        if (!next)
            p->gap = shown(m, parent);
        x = next;
    }
}

/* ---- what is managed ---- */

static struct coordinates coordinates_of(struct maven *m, struct project *p,
                                         const struct pom_dependency *d)
{
    return (struct coordinates){.group = expanded(m, p, d->is[POM_GROUP]),
                                .artifact = expanded(m, p, d->is[POM_ARTIFACT]),
                                .type = d->type.n ? expanded(m, p, d->type) : S("jar"),
                                .classifier = expanded(m, p, d->classifier)};
}

static bool are_same(const struct coordinates *x, const struct coordinates *y)
{
    return str_eq(x->artifact, y->artifact) && str_eq(x->group, y->group) &&
           str_eq(x->type, y->type) && str_eq(x->classifier, y->classifier);
}

static struct managed *managed_by(struct project *p, const struct coordinates *is)
{
    uint32_t i = p->manages[str_hash(is->artifact) % CHAINS];
    while (i && !are_same(&p->managed.v[i - 1].is, is))
        i = p->managed.v[i - 1].next;
    return i ? &p->managed.v[i - 1] : NULL;
}

static struct project *load_project(struct maven *m, const struct pom *x, struct place at,
                                    unsigned depth);

static void add_import(struct maven *m, struct project *p, const struct pom_dependency *d,
                       unsigned depth)
{
    struct str is[POM_PARTS];
    for (size_t i = 0; i < POM_PARTS; i++)
        is[i] = expanded(m, p, d->is[i]);
    const struct pom *x = depth < BOMS_DEEPEST ? published(m, is) : NULL;
    const struct place elsewhere = {false, S("")};
    struct import new = {.name = shown(m, x ? is : d->is)};
    if (x)
        new.of = load_project(m, x, elsewhere, depth + 1);
    vec_push(m->r->arena, &p->import, new);
}

static void add_managed(struct maven *m, struct project *p, const struct pom_dependency *d,
                        unsigned depth)
{
    struct managed new = {
        .is = coordinates_of(m, p, d), .version = d->is[POM_VERSION], .scope = d->scope};
    if (str_eq(d->scope, S("import"))) {
        add_import(m, p, d, depth);
        return;
    }
    if (managed_by(p, &new.is))
        return;
    uint32_t *chain = &p->manages[str_hash(new.is.artifact) % CHAINS];
    new.next = *chain;
    vec_push(m->r->arena, &p->managed, new);
    *chain = (uint32_t)p->managed.n;
}

static struct project *load_project(struct maven *m, const struct pom *x, struct place at,
                                    unsigned depth)
{
    struct project *p = arena_new(m->r->arena, struct project, 1);
    *p = (struct project){.gap = S("")};
    load_chain(m, p, x, at);
    for (size_t i = 0; i < p->chain.n; i++)
        for (size_t k = 0; k < p->chain.v[i]->dependency.n; k++)
            if (p->chain.v[i]->dependency.v[k].managed)
                add_managed(m, p, &p->chain.v[i]->dependency.v[k], depth);
    return p;
}

/* Who manages a version: `version` is "" where it is not known, for `why` then. */
struct word {
    struct str version, scope, why;
};

static struct str not_at_hand(struct maven *m, struct str who)
{
    return str_fmt(m->r->arena, "its version is managed by " STR_FMT ", which is not at hand",
                   STR_ARG(who));
}

static bool find_managed(struct maven *m, struct project *p, const struct coordinates *is,
                         struct word *out)
{
    const struct managed *x = managed_by(p, is);
    if (x) {
        out->version = expanded(m, p, x->version);
        out->scope = x->scope;
        out->why = S("its version is given elsewhere");
        return true;
    }
    if (p->gap.n) {
        out->why = not_at_hand(m, p->gap);
        return true;
    }
    for (size_t i = 0; i < p->import.n; i++) {
        const struct import *b = &p->import.v[i];
        if (b->of && !find_managed(m, b->of, is, out))
            continue;
        if (!b->of)
            out->why = not_at_hand(m, b->name);
        return true;
    }
    return false;
}

/* ---- what is brought ---- */

static bool is_range(struct str version)
{
    return str_chr(version, '[') != STR_NONE || str_chr(version, '(') != STR_NONE ||
           str_chr(version, ',') != STR_NONE || str_eq(version, S("LATEST")) ||
           str_eq(version, S("RELEASE"));
}

static void add_dependency(struct maven *m, struct project *p, const struct coordinates *is,
                           const struct pom_dependency *d, uint32_t line)
{
    struct word w = {S(""), S(""), S("no version is given")};
    struct str given = d->is[POM_VERSION];
    struct str name =
        str_fmt(m->r->arena, STR_FMT ":" STR_FMT, STR_ARG(is->group), STR_ARG(is->artifact));
    find_managed(m, p, is, &w);
    if (given.n) {
        w.version = expanded(m, p, given);
        w.why = S("its version is given elsewhere");
    }
    /* What is only for tests is in no image. */
    if (str_eq(d->scope.n ? d->scope : w.scope, S("test")))
        return;
    if (!is->group.n || !is->artifact.n)
        lock_add_unknown(m->r, S("a dependency"), "its name is given elsewhere");
    else if (!w.version.n)
        lock_add_unknown(m->r, name, str_cstr(m->r->arena, w.why));
    else if (is_range(w.version))
        lock_add_unknown(m->r, name, "its version is a range");
    else
        lock_add(m->r, name, w.version, line);
}

/* Its own, and its parents': the nearest one's word counts. */
static void add_dependencies(struct maven *m, struct project *p)
{
    struct project *seen = arena_new(m->r->arena, struct project, 1);
    for (size_t i = 0; i < p->chain.n; i++)
        for (size_t k = 0; k < p->chain.v[i]->dependency.n; k++) {
            const struct pom_dependency *d = &p->chain.v[i]->dependency.v[k];
            struct coordinates is = coordinates_of(m, p, d);
            if (d->managed || (i && managed_by(seen, &is)))
                continue;
            uint32_t *chain = &seen->manages[str_hash(is.artifact) % CHAINS];
            vec_push(m->r->arena, &seen->managed, (struct managed){is, S(""), S(""), *chain});
            *chain = (uint32_t)seen->managed.n;
            add_dependency(m, p, &is, d, i ? 0 : d->line);
        }
}

static void add_modules(struct maven *m, const struct pom *x)
{
    for (size_t i = 0; i < x->module.n; i++) {
        struct str path = path_without_slash(x->module.v[i]);
        bool file = str_ends(path, S(".xml"));
        lock_add_file(m->r, file ? path : str_fmt(m->r->arena, STR_FMT "/pom.xml", STR_ARG(path)));
    }
}

void lock_read_pom(struct lock_reader *r, struct str text)
{
    struct maven m = {.r = r};
    struct pom *x = arena_new(r->arena, struct pom, 1);
    const struct place here = {true, S("")};
    pom_read(r->arena, text, x);
    r->out->broken = x->broken;
    struct project *p = load_project(&m, x, here, 0);
    bool profiles = false;
    for (size_t i = 0; i < p->chain.n; i++)
        profiles |= p->chain.v[i]->profiles;
    add_dependencies(&m, p);
    add_modules(&m, x);
    if (profiles)
        lock_add_unknown(r, S("what is brought by profiles"),
                         "only the build knows which of them are active");
    if (p->gap.n)
        lock_add_unknown(r, S("what is brought by the parent and dependencies"),
                         "only Maven resolves it");
    else if (r->entry.n || r->unknown.n)
        lock_add_unknown(r, S("what is brought by dependencies"), "only Maven resolves it");
}
