/* pin-digest: `FROM python:3.12-slim` becomes `FROM python:3.12-slim@sha256:...`. */
#include "dfix/fixer.h"

static const char doc[] =
    "A tag is moved from image to image; a digest names one. When asked for (by `--select\n"
    "pin-digest`, or a level or option in policy), the digest that the registry has for the tag "
    "now\n"
    "is written behind it: the index digest for multi-platform images, checked to hold every\n"
    "platform that the stage may be built for. No tag, or `latest`, becomes the most specific tag\n"
    "with the same digest, when the registry tells. With `--refresh` a digest moves to what its\n"
    "tag points to now.\n"
    "\n"
    "When not asked for, images without a tag or with `latest` are only reported.\n"
    "\n"
    "Left alone: names known only at build time or made from build arguments, stages, `scratch`,\n"
    "images that have a digest (without --refresh).\n"
    "\n"
    "Safety: safe for adding a digest: it is the image that is pulled today. Unsafe for adding a\n"
    "tag where none was.\n";

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

/* Where the reference ends in the source; 0: not in one piece that may be edited. */
static uint32_t end_of(const struct image_place *p)
{
    const struct value *v = &p->value;

    if (!v->npiece || !v->piece[v->npiece - 1].literal)
        return 0;
    for (size_t i = 0; i < v->npiece; i++)
        if (v->piece[i].default_)
            return 0;
    return v->piece[v->npiece - 1].span.end;
}

static arch_set archs_of(const struct fix_ctx *c, const struct image_place *p)
{
    return p->kind == PLACE_FROM && p->stage < c->image->nstage ? c->image->stage[p->stage].archs
                                                                : c->image->archs;
}

/* What the registry says of an image; false when it cannot be used, and said so. */
static bool ask(struct fix_ctx *c, const struct image_place *p, struct str image,
                struct image_info *info)
{
    enum answer a = c->lookup->image(c->lookup->self, image, info);
    arch_set missing = archs_of(c, p) & ~info->archs;

    if (a == ANSWER_PENDING)
        return false;
    if (a == ANSWER_ABSENT)
        fix_hint(c, p->word, STR_FMT " does not exist in its registry", STR_ARG(image));
    else if (a == ANSWER_UNAVAILABLE)
        fix_skip(c, p->word, STR_FMT ": the registry could not be asked: " STR_FMT, STR_ARG(image),
                 STR_ARG(info->why));
    else if (!is_digest(info->digest))
        fix_skip(c, p->word, STR_FMT ": the registry's digest is not one that can be written",
                 STR_ARG(image));
    else if (info->archs && missing) {
        unsigned bit = 0;
        while (!(missing >> bit & 1))
            bit++;
        fix_skip(c, p->word, STR_FMT " has no " STR_FMT " image, which the stage may be built for",
                 STR_ARG(image), STR_ARG(arch_name(bit)));
    } else
        return true;
    return false;
}

static void pin(struct fix_ctx *c, const struct image_place *p, const struct reference *r)
{
    struct image_info info;
    uint32_t end = end_of(p);
    struct str image = p->value.text;

    if (!end) {
        fix_skip(c, p->word, STR_FMT " is made from build arguments", STR_ARG(image));
        return;
    }
    if (!ask(c, p, image, &info))
        return;
    const struct piece *last = &p->value.piece[p->value.npiece - 1];
    struct str at = str_fmt(c->arena, "@" STR_FMT, STR_ARG(info.digest));
    bool better = floats(r) && info.better_tag.n && tag_valid(info.better_tag);
    enum safety safety = r->tag.n || !better ? SAFE : UNSAFE;
    struct fix *f;
    if (better && r->tag.n && last->text.n > r->tag.n) {
        f = fix_begin(c, p->word, safety, "Pin " STR_FMT " to " STR_FMT " and its digest",
                      STR_ARG(image), STR_ARG(info.better_tag));
        fix_replace_at(f, last->node, (struct span){end - (uint32_t)r->tag.n, end},
                       str_fmt(c->arena, STR_FMT STR_FMT, STR_ARG(info.better_tag), STR_ARG(at)));
    } else if (better && !r->tag.n) {
        f = fix_begin(c, p->word, safety, "Pin " STR_FMT " to " STR_FMT " and its digest",
                      STR_ARG(image), STR_ARG(info.better_tag));
        fix_insert_at(
            f, last->node, end,
            str_fmt(c->arena, ":" STR_FMT STR_FMT, STR_ARG(info.better_tag), STR_ARG(at)));
    } else {
        f = fix_begin(c, p->word, safety, "Pin " STR_FMT " to its digest", STR_ARG(image));
        fix_insert_at(f, last->node, end, at);
    }
}

static void refresh(struct fix_ctx *c, const struct image_place *p, const struct reference *r)
{
    struct image_info info;
    uint32_t end = end_of(p);

    if (!end || !r->tag.n || p->value.piece[p->value.npiece - 1].text.n < r->digest.n)
        return;
    struct str tagged = str_sub(p->value.text, 0, p->value.text.n - r->digest.n - 1);
    if (!ask(c, p, tagged, &info) || str_eq(info.digest, r->digest))
        return;
    struct fix *f = fix_begin(
        c, p->word, UNSAFE, "Move " STR_FMT " to the digest that its tag has now", STR_ARG(tagged));
    fix_replace_at(f, p->value.piece[p->value.npiece - 1].node,
                   (struct span){end - (uint32_t)r->digest.n, end}, info.digest);
}

static void look(struct fix_ctx *c, const struct image_place *p)
{
    struct reference r;
    bool asked = fix_asked(c);

    if (p->value.certainty != VALUE_KNOWN) {
        if (asked)
            fix_skip(c, p->word, "the image is known only when it is built");
        return;
    }
    if (p->bare || !reference_parse(p->value.text, &r))
        return;
    if (r.digest.n) {
        if (c->settings->refresh)
            refresh(c, p, &r);
    } else if (asked) {
        pin(c, p, &r);
    } else if (floats(&r)) {
        fix_hint(c, p->word, STR_FMT " %s: name the version that you build on",
                 STR_ARG(p->value.text),
                 r.tag.n ? "moves with every release" : "has no tag, so it is whatever is latest");
    }
}

static void run(struct fix_ctx *c)
{
    const struct image_place *place;
    size_t n = image_places(c->image, c->arena, &place);

    for (size_t i = 0; i < n; i++)
        if (place[i].kind != PLACE_SYNTAX)
            look(c, &place[i]);
}

const struct fixer fixer_pin_digest = {
    .id = "pin-digest",
    .aliases = "DL3006 DL3007",
    .title = "Pin base images to their digest",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
