/* pom.c - Maven's pom.xml: the dependencies whose versions stand in it, or in properties of it.
 * What a parent or an imported bill of materials gives is not known. */
#include "locks/locks.h"

enum { DEEPEST = 32, ROUNDS = 8 };

struct property {
    struct str name, value;
};
struct dependency {
    struct str group, artifact, version, scope, type;
    uint32_t line;
    bool managed; /* of dependencyManagement: it gives versions, and brings nothing */
};
struct pom {
    struct lock_reader r;
    struct str text;
    size_t at;
    uint32_t line;
    struct str path[DEEPEST]; /* the elements that are open */
    unsigned depth;
    struct str parent_group, parent_version, group, version;
    bool parent;
    VEC(struct property) property;
    VEC(struct dependency) dependency;
    struct dependency now;
};

static bool is_at(const struct pom *p, unsigned depth, const char *name)
{
    return depth < p->depth && str_eq(p->path[depth], str_of(name));
}

/* /project/... */
static bool in_project(const struct pom *p, unsigned depth)
{
    return p->depth == depth && is_at(p, 0, "project");
}

/* Where a dependency stands: below dependencies, perhaps of dependencyManagement; what plugins and
 * profiles have is another matter. */
static bool in_dependency(const struct pom *p)
{
    bool plain = p->depth >= 3 && is_at(p, 1, "dependencies") && is_at(p, 2, "dependency");
    bool managed = p->depth >= 4 && is_at(p, 1, "dependencyManagement") &&
                   is_at(p, 2, "dependencies") && is_at(p, 3, "dependency");
    return is_at(p, 0, "project") && (plain || managed);
}

static void take_text(struct pom *p, struct str text)
{
    struct str name = p->path[p->depth - 1];
    bool managed = is_at(p, 1, "dependencyManagement");
    if (in_dependency(p) && p->depth == (managed ? 5u : 4u)) {
        struct str *const to[] = {&p->now.group, &p->now.artifact, &p->now.version, &p->now.scope,
                                  &p->now.type};
        static const char *const names[] = {"groupId", "artifactId", "version", "scope", "type"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (str_eq(name, str_of(names[i])))
                *to[i] = text;
    } else if (in_project(p, 3) && is_at(p, 1, "properties")) {
        vec_push(p->r.arena, &p->property, (struct property){name, text});
    } else if (in_project(p, 3) && is_at(p, 1, "parent")) {
        p->parent = true;
        if (str_eq(name, S("groupId")))
            p->parent_group = text;
        else if (str_eq(name, S("version")))
            p->parent_version = text;
    } else if (in_project(p, 2)) {
        if (str_eq(name, S("groupId")))
            p->group = text;
        else if (str_eq(name, S("version")))
            p->version = text;
    }
}

/* ---- elements ---- */

static void begin_element(struct pom *p, struct str name)
{
    struct str none = S("");
    if (p->depth < DEEPEST)
        p->path[p->depth] = name;
    p->depth++;
    if (p->depth <= DEEPEST && in_dependency(p) && str_eq(name, S("dependency")))
        p->now = (struct dependency){
            none, none, none, none, none, p->line, is_at(p, 1, "dependencyManagement")};
}

static void end_element(struct pom *p, struct str name)
{
    if (!p->depth) {
        p->r.out->broken = true;
        return;
    }
    if (p->depth <= DEEPEST && in_dependency(p) && str_eq(name, S("dependency")))
        vec_push(p->r.arena, &p->dependency, p->now);
    p->depth--;
    p->r.out->broken |= p->depth < DEEPEST && !str_eq(p->path[p->depth], name);
}

static void skip_past(struct pom *p, struct str end)
{
    ptrdiff_t at = str_find(str_from(p->text, p->at), end);
    size_t to = at == STR_NONE ? p->text.n : p->at + (size_t)at + end.n;
    for (; p->at < to; p->at++)
        p->line += p->text.p[p->at] == '\n';
    p->r.out->broken |= at == STR_NONE;
}

/* At "<": a comment, a declaration, or an element's beginning or end. */
static void read_tag(struct pom *p)
{
    struct str rest = str_from(p->text, p->at);
    if (str_starts(rest, S("<!--"))) {
        skip_past(p, S("-->"));
        return;
    }
    if (str_starts(rest, S("<?")) || str_starts(rest, S("<!"))) {
        skip_past(p, S(">"));
        return;
    }
    size_t start = p->at + 1;
    skip_past(p, S(">"));
    struct str tag = p->at > start ? str_sub(p->text, start, p->at - 1) : S(""), name;
    bool ends = str_starts(tag, S("/")), whole = str_ends(tag, S("/"));
    tag = str_from(tag, ends);
    if (!word_next(&tag, &name))
        return;
    name = str_without_end(name, '/');
    if (!ends)
        begin_element(p, name);
    if (ends || whole)
        end_element(p, name);
}

static void read_all(struct pom *p)
{
    while (p->at < p->text.n) {
        ptrdiff_t next = str_chr(str_from(p->text, p->at), '<');
        size_t end = next == STR_NONE ? p->text.n : p->at + (size_t)next;
        struct str text = str_trim(str_sub(p->text, p->at, end));
        if (text.n && p->depth && p->depth <= DEEPEST)
            take_text(p, text);
        for (; p->at < end; p->at++)
            p->line += p->text.p[p->at] == '\n';
        if (next != STR_NONE)
            read_tag(p);
    }
    p->r.out->broken |= p->depth > 0;
}

/* ---- versions ---- */

static struct str property(const struct pom *p, struct str name)
{
    const struct {
        const char *name;
        struct str value;
    } own[] = {{"project.version", p->version},
               {"project.groupId", p->group},
               {"version", p->version},
               {"pom.version", p->version},
               {"project.parent.version", p->parent_version}};
    for (size_t i = p->property.n; i-- > 0;)
        if (str_eq(p->property.v[i].name, name))
            return p->property.v[i].value;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (str_eq(name, str_of(own[i].name)))
            return own[i].value;
    return S("");
}

/* With each ${name} in its place; "" when one is not given here. */
static struct str expanded(const struct pom *p, struct str s)
{
    for (int round = 0; round < ROUNDS; round++) {
        ptrdiff_t at = str_find(s, S("${"));
        if (at == STR_NONE)
            return s;
        ptrdiff_t end = str_chr(str_from(s, (size_t)at), '}');
        if (end == STR_NONE)
            return S("");
        struct str name = str_sub(s, (size_t)at + 2, (size_t)(at + end)), value = property(p, name);
        if (!value.n)
            return S("");
        s = str_fmt(p->r.arena, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(s, 0, (size_t)at)),
                    STR_ARG(value), STR_ARG(str_from(s, (size_t)(at + end) + 1)));
    }
    return S("");
}

static struct str managed_version(const struct pom *p, const struct dependency *d)
{
    for (size_t i = 0; i < p->dependency.n; i++) {
        const struct dependency *m = &p->dependency.v[i];
        if (m->managed && str_eq(m->group, d->group) && str_eq(m->artifact, d->artifact))
            return m->version;
    }
    return S("");
}

static bool is_range(struct str version)
{
    return str_chr(version, '[') != STR_NONE || str_chr(version, '(') != STR_NONE ||
           str_chr(version, ',') != STR_NONE || str_eq(version, S("LATEST")) ||
           str_eq(version, S("RELEASE"));
}

/* What is only for tests, or comes from elsewhere, is in no image. */
static bool is_brought(const struct dependency *d)
{
    return !d->managed && !str_eq(d->scope, S("test"));
}

static void add_dependency(struct pom *p, const struct dependency *d)
{
    struct str group = expanded(p, d->group), artifact = expanded(p, d->artifact);
    struct str name = str_fmt(p->r.arena, STR_FMT ":" STR_FMT, STR_ARG(group), STR_ARG(artifact));
    bool given = d->version.n || managed_version(p, d).n;
    struct str version = expanded(p, d->version.n ? d->version : managed_version(p, d));
    if (!group.n || !artifact.n)
        p->r.out->broken = true;
    else if (!version.n)
        lock_add_unknown(&p->r, name,
                         given || !p->parent
                             ? "its version is given elsewhere"
                             : "its version is managed by a parent or a bill of materials");
    else if (is_range(version))
        lock_add_unknown(&p->r, name, "its version is a range");
    else
        lock_add(&p->r, name, version, d->line);
}

void lock_read_pom(struct arena *a, struct str text, struct lock *out)
{
    struct pom p = {.text = text, .line = 1};
    lock_begin(&p.r, a, out);
    p.parent_group = p.parent_version = p.group = p.version = S("");
    p.now = (struct dependency){S(""), S(""), S(""), S(""), S(""), 0, false};
    read_all(&p);
    if (!p.group.n)
        p.group = p.parent_group;
    if (!p.version.n)
        p.version = p.parent_version;
    for (size_t i = 0; i < p.dependency.n; i++)
        if (is_brought(&p.dependency.v[i]))
            add_dependency(&p, &p.dependency.v[i]);
    /* Spring Boot and the like: the parent itself is a package, and says what else is there. */
    if (p.parent && p.parent_group.n)
        lock_add_unknown(&p.r, S("what its parent and its dependencies bring"),
                         "only Maven resolves it");
    else if (out->n || p.r.entry.n)
        lock_add_unknown(&p.r, S("what its dependencies bring"), "only Maven resolves it");
    lock_end(&p.r);
}
