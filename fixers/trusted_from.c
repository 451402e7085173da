/* trusted-from: `FROM debian:12` becomes `FROM registry.corp.example/hub/debian:12`. */
#include "dfix/fixer.h"

static const char doc[] =
    "Images must come from the registries that the policy trusts (`registries.trusted`). An image\n"
    "from elsewhere is replaced by its approved mirror (`registries.mirrors`, longest prefix wins) "
    "or\n"
    "by a whole replacement (`images`); its tag, digest, platform and alias are kept, except that "
    "a\n"
    "replacement that is another image gets its own digest. Every place that names an image\n"
    "is checked: FROM, COPY --from, RUN --mount from=, `# syntax=`, ONBUILD; if a build\n"
    "argument's default contains the registry, the default is edited.\n\n"
    "The mirror must have the same digest, unless the option `verify` is `off` or the run\n"
    "is offline; otherwise the image is kept, and the finding says why.\n\n"
    "Silent without such a policy. Only reported: images without a replacement, or made from "
    "build\n"
    "arguments whose other uses would change too. Not changed: names known only at build time.\n\n"
    "Safety: safe. The policy says that the mirror holds the same image.\n";

static const struct option_doc options[] = {
    {"verify", "digest", "digest|off", "whether the mirror must answer with the same digest"},
    {NULL, NULL, NULL, NULL},
};

/* A place, and what policy makes of it. */
struct wanted {
    const struct image_place *place;
    struct reference ref;
    struct str image; /* as written, with the registry that short names have */
    struct str name;  /* docker.io/library/debian */
    enum replacement how;
    struct str to; /* the whole new reference; the old one when it stays */
};

enum { OTHERS_SHOWN = 4 }; /* places that change with the one that a fix is about */

static struct str join(struct arena *a, const struct str *v, size_t n)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(v[i]));
    return buf_str(&b);
}

/* ---- what policy wants ---- */

/* Without a list of trusted registries, only what is blocked or has a replacement is not. */
static bool is_approved(struct fix_ctx *c, const struct wanted *w)
{
    const struct settings *s = c->settings;

    if (policy_blocks(s, w->name))
        return false;
    if (policy_is_target(c->arena, s, &w->ref))
        return true;
    return s->ntrusted ? policy_lists(s->trusted, s->ntrusted, w->name) : w->how == REPLACE_NOT;
}

static struct str approved(struct fix_ctx *c)
{
    const struct settings *s = c->settings;
    VEC(struct str) list = {0};

    if (s->ntrusted)
        return join(c->arena, s->trusted, s->ntrusted);
    for (size_t i = 0; i < s->nmirror; i++)
        vec_push(c->arena, &list, s->mirror[i].to);
    return join(c->arena, list.v, list.n);
}

static void report(struct fix_ctx *c, const struct wanted *w)
{
    struct str list = approved(c), image = w->place->value.text;

    if (policy_blocks(c->settings, w->name))
        fix_help(fix_hint(c, w->place->word, STR_FMT " is blocked by the policy", STR_ARG(image)),
                 "use %s" STR_FMT, list.n ? "one of these registries: " : "another registry",
                 STR_ARG(list));
    else
        fix_why(
            fix_hint(c, w->place->word, STR_FMT " is not from a trusted registry", STR_ARG(image)),
            "approved: " STR_FMT, STR_ARG(list));
}

/* There is a replacement, but it cannot be written: the image stays, and stays a finding. */
static void report_stays(struct fix_ctx *c, const struct wanted *w, struct str why)
{
    fix_why(fix_hint(c, w->place->word, STR_FMT " is %s", STR_ARG(w->place->value.text),
                     policy_blocks(c->settings, w->name) ? "blocked by the policy"
                                                         : "not from a trusted registry"),
            "not replaced: " STR_FMT, STR_ARG(why));
}

/* ---- is it there? ---- */

/* Why what policy wants cannot be had; "": it can. */
static struct str unavailable(struct fix_ctx *c, struct str to, enum answer answer, struct str why)
{
    if (answer == ANSWER_ABSENT)
        return str_fmt(c->arena, "the mirror does not have " STR_FMT, STR_ARG(to));
    if (answer == ANSWER_UNAVAILABLE)
        return str_fmt(c->arena, "the mirror did not answer for " STR_FMT ": " STR_FMT, STR_ARG(to),
                       STR_ARG(why));
    return S("");
}

/* Another image need only be there. A digest is of the old one: it stays when the new place has
 * that very image, else what the tag stands for there takes its place. */
static struct str verify_other(struct fix_ctx *c, struct wanted *w, bool *pending)
{
    struct image_info info;
    const struct lookup *l = c->lookup;
    struct reference r;

    if (!reference_parse(w->to, &r))
        return S("");
    if (w->ref.digest.n && !r.digest.n) {
        struct str both =
            str_fmt(c->arena, STR_FMT "@" STR_FMT, STR_ARG(w->to), STR_ARG(w->ref.digest));
        enum answer same = lookup_image(l, both, &info);
        *pending |= same == ANSWER_PENDING;
        if (same == ANSWER_FOUND) {
            w->to = both;
            return S("");
        }
        if (!*pending && !r.tag.n)
            return str_fmt(c->arena,
                           "it is named by its digest alone, and " STR_FMT
                           " does not have that image",
                           STR_ARG(w->to));
    }
    enum answer answer = lookup_image(l, w->to, &info);
    *pending |= answer == ANSWER_PENDING;
    struct str why = unavailable(c, w->to, answer, info.why);
    if (!*pending && !why.n && w->ref.digest.n && !r.digest.n)
        w->to = str_fmt(c->arena, STR_FMT "@" STR_FMT, STR_ARG(w->to), STR_ARG(info.digest));
    return why;
}

static struct str verify_mirror(struct fix_ctx *c, struct wanted *w, bool *pending)
{
    struct image_info here = {.digest = w->ref.digest}, there;
    const struct lookup *l = c->lookup;
    struct str image = w->image;
    enum answer b = lookup_image(l, w->to, &there), a = ANSWER_FOUND;

    if (!w->ref.digest.n)
        a = lookup_image(l, image, &here);
    *pending = a == ANSWER_PENDING || b == ANSWER_PENDING;
    struct str why = unavailable(c, w->to, b, there.why);
    if (*pending || why.n)
        return why;
    if (a == ANSWER_ABSENT)
        return str_fmt(c->arena, STR_FMT " does not exist, so its mirror cannot be compared",
                       STR_ARG(image));
    if (a == ANSWER_UNAVAILABLE)
        return str_fmt(c->arena, STR_FMT " could not be compared with its mirror: " STR_FMT,
                       STR_ARG(image), STR_ARG(here.why));
    if (!str_eq(here.digest, there.digest))
        return str_fmt(c->arena,
                       "the mirror's " STR_FMT " is another image (" STR_FMT ", not " STR_FMT ")",
                       STR_ARG(w->to), STR_ARG(there.digest), STR_ARG(here.digest));
    return S("");
}

/* True: it may be written. Otherwise the reason was said, or the answer is on its way. */
static bool verify(struct fix_ctx *c, struct wanted *w)
{
    bool pending = false;

    if (fix_option_is(c, "verify", "off") || c->settings->offline ||
        c->settings->verify_digest_off) {
        struct reference r;
        bool keeps = !w->ref.digest.n || (reference_parse(w->to, &r) && r.digest.n);
        if (!keeps)
            report_stays(
                c, w,
                S("the digest belongs to the old image, and the new one's could not be looked up"));
        return keeps;
    }
    struct str why =
        w->how == REPLACE_OTHER ? verify_other(c, w, &pending) : verify_mirror(c, w, &pending);
    if (!pending && why.n)
        report_stays(c, w, why);
    return !pending && !why.n;
}

/* ARG REGISTRY= in front of the name: builds give the registry, and what is written here would
 * come behind it. */
static bool registry_is_given(const struct tree *t, const struct image_place *place)
{
    const struct value *v = &place->value;
    node_id first = node_first(t, place->word);

    return first && node_kind(t, first) == NODE_PARAM &&
           node_span(t, first).start == node_span(t, place->word).start && v->npiece &&
           v->piece[0].literal && v->piece[0].span.start >= node_span(t, first).end;
}

/* ---- the edits ---- */

/* Reads what the place names, and what policy has instead. False: it is approved, or no image
 * that can be read. */
static bool is_unapproved(struct fix_ctx *c, struct wanted *w, struct str *to)
{
    w->image = policy_qualify(c->arena, c->settings, w->place->value.text);
    if (!reference_parse(w->image, &w->ref))
        return false;
    w->name = reference_name(c->arena, &w->ref);
    w->how = policy_replaces(c->arena, c->settings, &w->ref, to);
    return !is_approved(c, w);
}

static void look(struct fix_ctx *c, struct wanted *w)
{
    struct str image = w->place->value.text, to;

    w->to = image;
    if (!is_unapproved(c, w, &to))
        return;
    if (w->how == REPLACE_NOT) {
        report(c, w);
        return;
    }
    if (registry_is_given(c->tree, w->place)) {
        report_stays(c, w,
                     S("its registry comes from a build argument without a default; give it one"));
        return;
    }
    w->to = w->how == REPLACE_MIRROR && w->ref.digest.n
                ? str_fmt(c->arena, STR_FMT "@" STR_FMT, STR_ARG(to), STR_ARG(w->ref.digest))
                : to;
    struct reference r;
    bool good = reference_parse(w->to, &r);
    if (!good)
        report_stays(c, w,
                     str_fmt(c->arena,
                             "the policy's replacement, " STR_FMT ", is not an image reference",
                             STR_ARG(w->to)));
    if (!good || !verify(c, w))
        w->to = image;
}

/* COPY --from=nginx: an image, unless the build names a context so. It is told, as all others are,
 * and not changed. */
static void look_at_bare(struct fix_ctx *c, struct wanted *w)
{
    struct str image = w->place->value.text, to, list = approved(c);

    if (!is_unapproved(c, w, &to))
        return;
    fix_why(fix_hint(c, w->place->word, STR_FMT " is %s", STR_ARG(image),
                     policy_blocks(c->settings, w->name) ? "blocked by the policy"
                                                         : "not from a trusted registry"),
            "approved: " STR_FMT "; unless it is a build context of that name", STR_ARG(list));
}

/* A mirror keeps tag and digest: its name says enough. */
static struct str shown_name(const struct wanted *w)
{
    struct reference r;

    if (w->how == REPLACE_OTHER || !reference_parse(w->to, &r))
        return w->to;
    return (struct str){w->to.p, (size_t)(r.path.p + r.path.n - w->to.p)};
}

/* One fix for all places that an argument holds together. */
static void fix_group(struct fix_ctx *c, const struct wanted *w, const struct image_rewrite *v,
                      size_t n, size_t group, const struct image_edit *edit, size_t nedit)
{
    struct buf more = {.arena = c->arena};
    size_t shown = SIZE_MAX, others = 0;

    for (size_t i = group; i < n; i++) {
        if (v[i].group != group || str_eq(v[i].to, v[i].place->value.text))
            continue;
        if (shown == SIZE_MAX)
            shown = i;
        else if (others++ < OTHERS_SHOWN)
            buf_fmt(&more, ", " STR_FMT, STR_ARG(v[i].place->value.text));
    }
    if (shown == SIZE_MAX)
        return;
    if (others > OTHERS_SHOWN)
        buf_fmt(&more, " and %zu more", others - OTHERS_SHOWN);
    const struct image_place *first = v[shown].place;
    struct fix *f = fix_begin(
        c, first->word, SAFE, "Take " STR_FMT "%s" STR_FMT " from the approved " STR_FMT,
        STR_ARG(first->value.text), more.n ? " (and with it " : "",
        STR_ARG(more.n ? str_fmt(c->arena, STR_FMT ")", STR_ARG(str_from(buf_str(&more), 2)))
                       : S("")),
        STR_ARG(shown_name(&w[shown])));
    for (size_t i = 0; i < nedit; i++)
        if (edit[i].group == group)
            fix_replace_at(f, edit[i].node, edit[i].span, edit[i].text);
}

static void run(struct fix_ctx *c)
{
    const struct settings *s = c->settings;
    const struct image_place *place;
    const struct image_edit *edit;
    size_t n = 0;

    if (!s->ntrusted && !s->nblocked && !s->nmirror && !s->nimage)
        return;
    size_t nplace = image_places(c->image, c->arena, &place);
    struct wanted *w = arena_new(c->arena, struct wanted, nplace);
    struct image_rewrite *v = arena_new(c->arena, struct image_rewrite, nplace);
    for (size_t i = 0; i < nplace; i++) {
        if (place[i].value.certainty != VALUE_KNOWN) {
            fix_skip(c, place[i].word, "the image is known only at build time");
            continue;
        }
        w[n] = (struct wanted){.place = &place[i], .to = place[i].value.text};
        if (place[i].bare)
            look_at_bare(c, &w[n]);
        else
            look(c, &w[n]);
        v[n] = (struct image_rewrite){.place = &place[i], .to = w[n].to};
        n++;
    }
    size_t nedit = image_rewrite(c->image, c->arena, v, n, &edit);
    for (size_t i = 0; i < n; i++) {
        if (v[i].why && !str_eq(w[i].to, v[i].place->value.text))
            report_stays(c, &w[i], str_of(v[i].why));
        if (v[i].group == i)
            fix_group(c, w, v, n, i, edit, nedit);
    }
}

const struct fixer fixer_trusted_from = {
    .id = "trusted-from",
    .aliases = "DL3026",
    .title = "Take images from approved registries only",
    .why = "What comes from elsewhere was not reviewed, and may change or disappear.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_ERROR,
    .security = true,
    .options = options,
    .names_only = true,
    .run = run,
};
