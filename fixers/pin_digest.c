/* pin-digest: `FROM python:3.12-slim` becomes `FROM python:3.12-slim@sha256:...`. */
#include "dfix/fixer.h"

static const char doc[] =
    "A tag can move to another image; a digest always names the same one. If enabled (by "
    "`--select\n"
    "pin-digest`, or a level or option in the policy), this rule adds the digest that the "
    "registry\n"
    "has for the tag now: the index digest for multi-platform images, checked to include every\n"
    "platform that the stage may be built for. A missing tag, or `latest`, becomes the most "
    "specific\n"
    "tag with the same digest, if the registry lists it. If a build argument's default holds the "
    "whole\n"
    "name, the digest is added there. With `--refresh` a digest is updated to its tag's current "
    "one.\n\n"
    "If not enabled, images without a tag or with `latest` are only reported.\n\n"
    "Not changed: names known only at build time, names whose image or tag is a build argument\n"
    "(another value would keep this digest), stages, `scratch`, build contexts and images that a\n"
    "bake file or compose beside the file names or builds, images that have a digest (without\n"
    "--refresh).\n\n"
    "Safety: safe for adding a digest: it is the image that is pulled today. Unsafe for adding a\n"
    "tag where there was none. A refresh is safe if the tag names a version of two numbers or a\n"
    "release of a distribution: the new image is the same version, rebuilt. It is unsafe for tags "
    "that\n"
    "move from version to version (`node:20`, `latest`).\n";

/* A place, and what its reference shall become. */
struct pin {
    const struct image_place *place;
    struct reference ref;
    struct str to; /* as it is: nothing to do */
    enum safety safety;
    struct str title;
};

static bool is_digest(struct str s)
{
    if (!str_starts(s, S("sha256:")) || s.n != 7 + 64)
        return false;
    for (size_t i = 7; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return true;
}

static bool floats(const struct reference *r)
{
    return !r->digest.n && (!r->tag.n || str_eq(r->tag, S("latest")));
}

/* Would another value of a build argument, given at build time, keep a digest that is not its
 * own? The piece that gets the digest must hold the image's own name and tag; only a registry and
 * folders may come from elsewhere, as the same image has the same digest everywhere. */
static bool is_tied_to_arguments(const struct image_place *p, const struct reference *r)
{
    const struct value *v = &p->value;
    ptrdiff_t slash = str_rchr(r->path, '/');
    const char *name = r->path.p + (slash == STR_NONE ? 0 : slash);
    size_t start = v->text.n;
    bool arguments = false;

    for (size_t i = 0; i < v->npiece; i++)
        arguments |= v->piece[i].default_;
    if (v->npiece)
        start -= v->piece[v->npiece - 1].text.n;
    return arguments && v->text.p + start > name;
}

static arch_set archs_of(const struct fix_ctx *c, const struct image_place *p)
{
    return p->kind == PLACE_FROM && p->stage < c->image->nstage ? c->image->stage[p->stage].archs
                                                                : c->image->archs;
}

static const char *code_of(const struct reference *r)
{
    return r->tag.n ? "DL3007" : "DL3006";
}

/* Why an image keeps its name: it may be one without a tag that says anything. */
static void tell(struct fix *f, const struct reference *r)
{
    if (!floats(r))
        return;
    fix_code(f, code_of(r));
    fix_found(f);
}

/* What the registry says of an image; false when it cannot be used, and said so. */
static bool ask(struct fix_ctx *c, const struct image_place *p, struct str image,
                const struct reference *ref, struct image_info *info)
{
    enum answer a = lookup_image(c->lookup, image, info);
    arch_set missing = archs_of(c, p) & ~info->archs;

    if (a == ANSWER_PENDING)
        return false;
    if (a == ANSWER_ABSENT)
        tell(fix_hint(c, p->word, STR_FMT " does not exist in its registry", STR_ARG(image)), ref);
    else if (a == ANSWER_UNAVAILABLE)
        tell(fix_skip(c, p->word,
                      STR_FMT " was not checked because its registry did not answer: " STR_FMT,
                      STR_ARG(image), STR_ARG(info->why)),
             ref);
    else if (!is_digest(info->digest))
        tell(fix_skip(c, p->word, STR_FMT " has a digest that dfix cannot write", STR_ARG(image)),
             ref);
    else if (info->archs && missing) {
        unsigned bit = 0;
        while (!(missing >> bit & 1))
            bit++;
        tell(fix_skip(c, p->word,
                      STR_FMT " has no " STR_FMT
                              " image, but the stage may be built for that architecture",
                      STR_ARG(image), STR_ARG(arch_name(bit))),
             ref);
    } else
        return true;
    return false;
}

static struct str without_digest(const struct image_place *p, const struct reference *r)
{
    struct str text = p->value.text;
    return r->digest.n ? str_sub(text, 0, text.n - r->digest.n - 1) : text;
}

static void pin(struct fix_ctx *c, struct pin *x)
{
    const struct reference *r = &x->ref;
    struct str image = x->place->value.text, name = image;
    struct image_info info;

    if (!ask(c, x->place, image, r, &info))
        return;
    bool better = floats(r) && info.better_tag.n && tag_valid(info.better_tag);
    x->safety = r->tag.n || !better ? SAFE : UNSAFE;
    if (better && r->tag.n)
        name.n -= r->tag.n + 1;
    x->to = better ? str_fmt(c->arena, STR_FMT ":" STR_FMT "@" STR_FMT, STR_ARG(name),
                             STR_ARG(info.better_tag), STR_ARG(info.digest))
                   : str_fmt(c->arena, STR_FMT "@" STR_FMT, STR_ARG(name), STR_ARG(info.digest));
    x->title = better ? str_fmt(c->arena, "Pin " STR_FMT " to " STR_FMT " and its digest",
                                STR_ARG(image), STR_ARG(info.better_tag))
                      : str_fmt(c->arena, "Pin " STR_FMT " to its digest", STR_ARG(image));
}

/* The tag stays with one version, or with one release of a distribution. */
static bool is_steady(struct fix_ctx *c, const struct reference *r)
{
    struct known_image known;
    unsigned numbers = 0;

    for (size_t i = 0; i < r->tag.n && (i == 0 || r->tag.p[i - 1] != '-'); i++) {
        bool digit = r->tag.p[i] >= '0' && r->tag.p[i] <= '9';
        bool first = i == 0 || r->tag.p[i - 1] == '.' || r->tag.p[i - 1] == 'v';
        numbers += digit && first;
    }
    known_image_find(reference_name(c->arena, r), r->tag, &known);
    /* node:20-bookworm names the release, but not the version of what the image is for. */
    bool distro = known.exact && str_ends(r->path, known.release.distro);
    return numbers >= 2 || distro;
}

static void refresh(struct fix_ctx *c, struct pin *x)
{
    struct str tagged = without_digest(x->place, &x->ref);
    struct image_info info;

    if (!x->ref.tag.n || !ask(c, x->place, tagged, &x->ref, &info) ||
        str_eq(info.digest, x->ref.digest))
        return;
    struct str held = settings_held(c->settings, tagged, info.digest);
    if (held.n) {
        fix_skip(c, x->place->word, STR_FMT " " STR_FMT, STR_ARG(tagged), STR_ARG(held));
        return;
    }
    x->safety = is_steady(c, &x->ref) ? SAFE : UNSAFE;
    x->to = str_fmt(c->arena, STR_FMT "@" STR_FMT, STR_ARG(tagged), STR_ARG(info.digest));
    x->title = str_fmt(c->arena, "Update " STR_FMT " to its tag's current digest", STR_ARG(tagged));
}

static void report_floating(struct fix_ctx *c, const struct image_place *p,
                            const struct reference *r)
{
    struct fix *f = fix_hint(c, p->word, STR_FMT " %s", STR_ARG(p->value.text),
                             r->tag.n ? "changes with every release"
                                      : "has no tag, so it is whatever `latest` is");

    fix_help(f, "name the version that you build on");
    fix_code(f, code_of(r));
}

static void look(struct fix_ctx *c, struct pin *x)
{
    const struct image_place *p = x->place;
    const struct reference *r = &x->ref;
    bool asked = fix_asked(c);
    struct str by;

    if (p->bare || !reference_parse(p->value.text, &x->ref) ||
        (r->digest.n ? !c->settings->refresh : !asked && !floats(r)))
        return;
    if (image_is_built_beside(c->image, p->value.text, &by)) {
        if (asked)
            fix_skip(c, p->word, STR_FMT " is built by " STR_FMT " beside it",
                     STR_ARG(p->value.text), STR_ARG(by));
        return;
    }
    if (!r->digest.n && !asked && p->kind != PLACE_SYNTAX)
        report_floating(c, p, r);
    else if (!r->digest.n && !asked)
        return; /* of the frontend the newest is what its authors advise */
    else if (is_tied_to_arguments(p, r))
        tell(fix_skip(c, p->word, STR_FMT " is made from build arguments", STR_ARG(p->value.text)),
             r);
    else if (r->digest.n)
        refresh(c, x);
    else
        pin(c, x);
}

/* Places and edits by the group that they are in: the first of each, and the next of the same; an
 * index and one, 0 none. */
struct groups {
    size_t *place, *next_place, *edit, *next_edit;
};

static struct groups groups_of(struct arena *a, const struct image_rewrite *v, size_t n,
                               const struct image_edit *edit, size_t nedit)
{
    struct groups g = {arena_new(a, size_t, n), arena_new(a, size_t, n), arena_new(a, size_t, n),
                       arena_new(a, size_t, nedit)};

    for (size_t i = n; i-- > 0;) {
        g.next_place[i] = g.place[v[i].group];
        g.place[v[i].group] = i + 1;
    }
    for (size_t i = nedit; i-- > 0;) {
        g.next_edit[i] = g.edit[edit[i].group];
        g.edit[edit[i].group] = i + 1;
    }
    return g;
}

/* One fix for all places that an argument holds together. */
static void fix_group(struct fix_ctx *c, const struct pin *x, const struct image_rewrite *v,
                      const struct groups *g, size_t group, const struct image_edit *edit)
{
    const struct pin *first = NULL;
    enum safety safety = SAFE;

    for (size_t i = g->place[group]; i; i = g->next_place[i - 1]) {
        if (str_eq(v[i - 1].to, v[i - 1].place->value.text))
            continue;
        first = first ? first : &x[i - 1];
        safety = x[i - 1].safety < safety ? x[i - 1].safety : safety;
    }
    if (!first)
        return;
    struct fix *f = fix_begin(c, first->place->word, safety, STR_FMT, STR_ARG(first->title));
    if (floats(&first->ref))
        fix_code(f, code_of(&first->ref));
    for (size_t i = g->edit[group]; i; i = g->next_edit[i - 1])
        fix_replace_at(f, edit[i - 1].node, edit[i - 1].span, edit[i - 1].text);
}

static void run(struct fix_ctx *c)
{
    const struct image_place *place;
    const struct image_edit *edit;
    size_t n = 0, nplace = image_places(c->image, c->arena, &place);
    struct pin *x = arena_new(c->arena, struct pin, nplace);
    struct image_rewrite *v = arena_new(c->arena, struct image_rewrite, nplace);

    for (size_t i = 0; i < nplace; i++) {
        if (place[i].value.certainty != VALUE_KNOWN) {
            if (fix_asked(c))
                fix_skip(c, place[i].word, "the image is known only at build time");
            continue;
        }
        x[n] = (struct pin){.place = &place[i], .to = place[i].value.text};
        look(c, &x[n]);
        v[n] = (struct image_rewrite){.place = &place[i], .to = x[n].to};
        n++;
    }
    size_t nedit = image_rewrite(c->image, c->arena, v, n, &edit);
    struct groups groups = groups_of(c->arena, v, n, edit, nedit);
    for (size_t i = 0; i < n; i++) {
        if (v[i].why && !str_eq(x[i].to, v[i].place->value.text))
            tell(fix_skip(c, v[i].place->word, STR_FMT " was not pinned because %s",
                          STR_ARG(v[i].place->value.text), v[i].why),
                 &x[i].ref);
        if (v[i].group == i)
            fix_group(c, x, v, &groups, i, edit);
    }
}

const struct fixer fixer_pin_digest = {
    .id = "pin-digest",
    .aliases = "DL3006 DL3007",
    .title = "Pin base images to their digest",
    .why = "A tag can move to another image; a digest always names the same one.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .names_only = true,
    .run = run,
};
