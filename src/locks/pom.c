/* pom.c - what one pom.xml says, as it is written: no property is put in, and nothing inherited. */
#include "locks/pom.h"

enum { DEEPEST = 32 };

struct reading {
    struct arena *arena;
    struct pom *out;
    struct str text;
    size_t at;
    uint32_t line;
    struct str path[DEEPEST]; /* the elements that are open */
    unsigned depth;
    struct pom_dependency now;
};

static bool is_at(const struct reading *p, unsigned depth, const char *name)
{
    return depth < p->depth && str_eq(p->path[depth], str_of(name));
}

/* /project/... */
static bool in_project(const struct reading *p, unsigned depth)
{
    return p->depth == depth && is_at(p, 0, "project");
}

/* Where a dependency stands: below dependencies, perhaps of dependencyManagement; what plugins and
 * profiles have is another matter. */
static bool in_dependency(const struct reading *p)
{
    bool plain = p->depth >= 3 && is_at(p, 1, "dependencies") && is_at(p, 2, "dependency");
    bool managed = p->depth >= 4 && is_at(p, 1, "dependencyManagement") &&
                   is_at(p, 2, "dependencies") && is_at(p, 3, "dependency");
    return is_at(p, 0, "project") && (plain || managed);
}

/* ---- text ---- */

/* Text in two pieces, a comment between them: what it comes to is not known. */
static void set(struct reading *p, struct str *to, struct str text)
{
    p->out->broken |= to->n > 0;
    *to = to->n ? S("${}") : text;
}

static void set_part(struct reading *p, struct str is[POM_PARTS], struct str name, struct str text)
{
    static const char *const names[POM_PARTS] = {"groupId", "artifactId", "version"};
    for (size_t i = 0; i < POM_PARTS; i++)
        if (str_eq(name, str_of(names[i])))
            set(p, &is[i], text);
}

static void take_dependency(struct reading *p, struct str name, struct str text)
{
    set_part(p, p->now.is, name, text);
    if (str_eq(name, S("scope")))
        set(p, &p->now.scope, text);
    else if (str_eq(name, S("type")))
        set(p, &p->now.type, text);
    else if (str_eq(name, S("classifier")))
        set(p, &p->now.classifier, text);
}

static void take_property(struct reading *p, struct str name, struct str text, bool profile)
{
    vec_push(p->arena, &p->out->property, (struct pom_property){name, text, profile});
}

static void take_text(struct reading *p, struct str text)
{
    struct str name = p->path[p->depth - 1];
    bool managed = is_at(p, 1, "dependencyManagement");
    if (in_dependency(p) && p->depth == (managed ? 5u : 4u))
        take_dependency(p, name, text);
    else if (in_project(p, 3) && is_at(p, 1, "properties"))
        take_property(p, name, text, false);
    else if (in_project(p, 5) && is_at(p, 1, "profiles") && is_at(p, 3, "properties"))
        take_property(p, name, text, true);
    else if (in_project(p, 3) && is_at(p, 1, "modules") && str_eq(name, S("module")))
        vec_push(p->arena, &p->out->module, text);
    else if (in_project(p, 3) && is_at(p, 1, "parent") && str_eq(name, S("relativePath")))
        p->out->parent_path = text;
    else if (in_project(p, 3) && is_at(p, 1, "parent"))
        set_part(p, p->out->parent, name, text);
    else if (in_project(p, 2))
        set_part(p, p->out->is, name, text);
}

/* ---- elements ---- */

static void begin_element(struct reading *p, struct str name)
{
    struct str none = S("");
    if (p->depth < DEEPEST)
        p->path[p->depth] = name;
    p->depth++;
    if (p->depth > DEEPEST)
        return;
    if (in_dependency(p) && str_eq(name, S("dependency")))
        p->now = (struct pom_dependency){.is = {none, none, none},
                                         .scope = none,
                                         .type = none,
                                         .classifier = none,
                                         .line = p->line,
                                         .managed = is_at(p, 1, "dependencyManagement")};
    /* An empty one says that the parent is elsewhere. */
    if (in_project(p, 3) && is_at(p, 1, "parent") && str_eq(name, S("relativePath")))
        p->out->parent_path = none;
    p->out->profiles |= in_project(p, 4) && is_at(p, 1, "profiles") &&
                        word_is_one_of(name, "dependencies dependencyManagement");
}

static void end_element(struct reading *p, struct str name)
{
    if (!p->depth) {
        p->out->broken = true;
        return;
    }
    bool dependency = p->depth <= DEEPEST && in_dependency(p) && str_eq(name, S("dependency")) &&
                      p->depth == (is_at(p, 1, "dependencyManagement") ? 4u : 3u);
    if (dependency)
        vec_push(p->arena, &p->out->dependency, p->now);
    p->depth--;
    p->out->broken |= p->depth < DEEPEST && !str_eq(p->path[p->depth], name);
}

static void skip_past(struct reading *p, struct str end)
{
    ptrdiff_t at = str_find(str_from(p->text, p->at), end);
    size_t to = at == STR_NONE ? p->text.n : p->at + (size_t)at + end.n;
    for (; p->at < to; p->at++)
        p->line += p->text.p[p->at] == '\n';
    p->out->broken |= at == STR_NONE;
}

/* At "<": a comment, a declaration, or an element's beginning or end. */
static void read_tag(struct reading *p)
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

void pom_read(struct arena *a, struct str text, struct pom *out)
{
    struct str none = S("");
    struct reading p = {.arena = a, .out = out, .text = text, .line = 1};
    *out = (struct pom){
        .is = {none, none, none}, .parent = {none, none, none}, .parent_path = S("../pom.xml")};
    while (p.at < p.text.n) {
        ptrdiff_t next = str_chr(str_from(p.text, p.at), '<');
        size_t end = next == STR_NONE ? p.text.n : p.at + (size_t)next;
        struct str piece = str_trim(str_sub(p.text, p.at, end));
        if (piece.n && p.depth && p.depth <= DEEPEST)
            take_text(&p, piece);
        for (; p.at < end; p.at++)
            p.line += p.text.p[p.at] == '\n';
        if (next != STR_NONE)
            read_tag(&p);
    }
    out->broken |= p.depth > 0;
}
