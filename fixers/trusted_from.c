/* trusted-from: `FROM debian:12` becomes `FROM registry.corp.example/hub/debian:12`. */
#include "dfix/fixer.h"

#include <fnmatch.h>

static const char doc[] =
    "Images come from the registries that policy trusts (`registries.trusted`). An image from\n"
    "elsewhere is replaced by its approved mirror (`registries.mirrors`, longest prefix wins) or\n"
    "by a whole replacement (`images`); its tag, digest, platform and alias stay. Every place "
    "that\n"
    "names an image is looked at: FROM, COPY --from, RUN --mount from=, `# syntax=`, ONBUILD; "
    "when\n"
    "a build argument's default wrote the registry, the default is edited.\n"
    "\n"
    "The mirror must answer with the same digest, unless the option `verify` is `off` or the run\n"
    "is offline; otherwise the place is left alone with the reason.\n"
    "\n"
    "Silent without such a policy. Left alone: names known only at build time, and build\n"
    "arguments whose other uses would change too.\n"
    "\n"
    "Safety: safe. Policy says that the mirror holds the same image.\n";

static const struct option_doc options[] = {
    {"verify", "digest", "digest|off", "whether the mirror must answer with the same digest"},
    {NULL, NULL, NULL, NULL},
};

/* An image in the terms that policies are written in. */
struct wanted {
    const struct image_place *place;
    struct reference ref;
    struct str name;           /* docker.io/library/debian */
    struct str written;        /* the name as written: debian */
    struct str to;             /* the name, or name and tag, that policy wants; "" none */
    bool whole;                /* `to` replaces tag and digest too */
    uint32_t from, end;        /* what of the value's text changes */
    struct str text;           /* into this */
    const struct piece *piece; /* the one piece that holds the change */
    struct span span;          /* in the source */
};

/* `prefix` is the name or a leading part of it that ends at a slash. */
static bool is_under(struct str name, struct str prefix)
{
    return str_starts(name, prefix) && (name.n == prefix.n || name.p[prefix.n] == '/');
}

/* docker.io is also spelled index.docker.io or registry-1.docker.io, and left out. */
static struct str domain_of(struct str name)
{
    ptrdiff_t slash = str_chr(name, '/');
    return slash == STR_NONE ? name : str_sub(name, 0, (size_t)slash);
}

/* An entry is a registry (`*` globs), or a registry and the beginning of a path. */
static bool is_listed(struct fix_ctx *c, struct str name, const struct str *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool path = str_chr(v[i], '/') != STR_NONE;
        if (path && is_under(name, v[i]))
            return true;
        if (fnmatch(str_cstr(c->arena, v[i]), str_cstr(c->arena, path ? name : domain_of(name)),
                    0) == 0)
            return true;
    }
    return false;
}

/* A policy's own spelling of an image: `debian` and `docker.io/library/debian` are one. */
static bool names_image(struct fix_ctx *c, struct str entry, const struct wanted *w, bool *whole)
{
    struct reference r;

    if (!reference_parse(entry, &r))
        return false;
    *whole = r.tag.n || r.digest.n;
    struct str tag = w->ref.tag.n ? w->ref.tag : S("latest");
    return str_eq(reference_name(c->arena, &r), w->name) && (!r.tag.n || str_eq(r.tag, tag)) &&
           (!r.digest.n || str_eq(r.digest, w->ref.digest));
}

static void map(struct fix_ctx *c, struct wanted *w)
{
    const struct settings *s = c->settings;
    size_t best = 0;

    for (size_t i = 0; i < s->nimage; i++) {
        bool whole;
        if (names_image(c, s->image[i].from, w, &whole) && (!w->to.n || whole)) {
            w->to = s->image[i].to;
            w->whole = whole;
        }
    }
    for (size_t i = 0; !w->to.n && i < s->nmirror; i++) {
        struct str from = s->mirror[i].from;
        if (is_under(w->name, from) && from.n > best)
            best = from.n;
    }
    for (size_t i = 0; best && i < s->nmirror; i++)
        if (s->mirror[i].from.n == best && is_under(w->name, s->mirror[i].from))
            w->to = str_fmt(c->arena, STR_FMT STR_FMT, STR_ARG(s->mirror[i].to),
                            STR_ARG(str_from(w->name, best)));
}

static struct str join(struct arena *a, const struct str *v, size_t n)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(v[i]));
    return buf_str(&b);
}

/* The smallest part of the value's text that must change. */
static void find_change(struct fix_ctx *c, struct wanted *w)
{
    struct str old = w->whole ? w->place->value.text : w->written, to = w->to;
    struct reference r;

    /* A replacement that says its own tag replaces the old one. */
    if (!w->whole && reference_parse(to, &r) && (r.tag.n || r.digest.n)) {
        w->whole = true;
        old = w->place->value.text;
    }
    size_t head = 0, tail = 0;
    /* Only whole path components are shared: edits stay readable. */
    for (size_t i = 1; i <= old.n && i <= to.n; i++) {
        if (old.p[old.n - i] != to.p[to.n - i])
            break;
        if (old.p[old.n - i] == '/')
            tail = i;
    }
    w->from = (uint32_t)head;
    w->end = (uint32_t)(old.n - tail);
    w->text = str_dup(c->arena, str_sub(to, 0, to.n - tail));
    /* debian -> hub/debian: nothing shared but the name itself, put before it. */
    if (!tail && str_ends(to, old) && to.n > old.n && to.p[to.n - old.n - 1] == '/') {
        w->end = 0;
        w->text = str_dup(c->arena, str_sub(to, 0, to.n - old.n));
    }
}

/* Which piece of the value holds the whole change, and where that is in the source. */
static bool find_span(struct wanted *w)
{
    uint32_t at = 0;

    for (size_t i = 0; i < w->place->value.npiece; i++) {
        const struct piece *p = &w->place->value.piece[i];
        uint32_t end = at + (uint32_t)p->text.n;
        if (w->from >= at && w->end <= end && p->text.n) {
            if (!p->literal)
                return false;
            w->piece = p;
            w->span = (struct span){p->span.start + (w->from - at), p->span.start + (w->end - at)};
            return true;
        }
        at = end;
    }
    return false;
}

static bool parse_wanted(struct fix_ctx *c, const struct image_place *place, struct wanted *w)
{
    *w = (struct wanted){.place = place, .to = S("")};
    if (!reference_parse(place->value.text, &w->ref))
        return false;
    w->name = reference_name(c->arena, &w->ref);
    struct str text = place->value.text;
    size_t n = text.n;
    if (w->ref.digest.n)
        n -= w->ref.digest.n + 1;
    if (w->ref.tag.n)
        n -= w->ref.tag.n + 1;
    w->written = str_sub(text, 0, n);
    return true;
}

/* Without a list of trusted registries, what has a mirror is what shall come from it. */
static bool is_trusted(struct fix_ctx *c, const struct wanted *w)
{
    const struct settings *s = c->settings;

    if (is_listed(c, w->name, s->blocked, s->nblocked))
        return false;
    return s->ntrusted ? is_listed(c, w->name, s->trusted, s->ntrusted) : !w->to.n;
}

/* Where policy sends images: those are approved even when not listed. */
static bool is_target(struct fix_ctx *c, const struct wanted *w)
{
    const struct settings *s = c->settings;
    bool whole;

    for (size_t i = 0; i < s->nmirror; i++)
        if (is_under(w->name, s->mirror[i].to))
            return true;
    for (size_t i = 0; i < s->nimage; i++)
        if (names_image(c, s->image[i].to, w, &whole))
            return true;
    return false;
}

/* The new reference, whole. */
static struct str result_of(struct fix_ctx *c, const struct wanted *w)
{
    struct str text = w->place->value.text;
    return str_fmt(c->arena, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(text, 0, w->from)),
                   STR_ARG(w->text), STR_ARG(str_from(text, w->end)));
}

/* Does the mirror hold the same image? Says why not; "" and true: it does. */
static bool verify(struct fix_ctx *c, const struct wanted *w, struct str *why)
{
    struct image_info here, there;
    struct str to = result_of(c, w);

    *why = S("");
    if (fix_option_is(c, "verify", "off") || c->settings->offline ||
        c->settings->verify_digest_off || w->whole)
        return true;
    enum answer b = c->lookup->image(c->lookup->self, to, &there);
    enum answer a = w->ref.digest.n
                        ? ANSWER_FOUND
                        : c->lookup->image(c->lookup->self, w->place->value.text, &here);
    if (a == ANSWER_PENDING || b == ANSWER_PENDING)
        return false;
    if (w->ref.digest.n)
        here.digest = w->ref.digest;
    if (b == ANSWER_ABSENT)
        *why = str_fmt(c->arena, "the mirror does not have " STR_FMT, STR_ARG(to));
    else if (b == ANSWER_UNAVAILABLE)
        *why = str_fmt(c->arena, "the mirror could not be asked for " STR_FMT ": " STR_FMT,
                       STR_ARG(to), STR_ARG(there.why));
    else if (a == ANSWER_ABSENT)
        *why = str_fmt(c->arena, STR_FMT " does not exist, so its mirror cannot be compared",
                       STR_ARG(w->place->value.text));
    else if (a == ANSWER_UNAVAILABLE)
        *why = str_fmt(c->arena, STR_FMT " could not be compared with its mirror: " STR_FMT,
                       STR_ARG(w->place->value.text), STR_ARG(here.why));
    else if (!str_eq(here.digest, there.digest))
        *why = str_fmt(c->arena,
                       "the mirror's " STR_FMT " is another image (" STR_FMT ", not " STR_FMT ")",
                       STR_ARG(to), STR_ARG(there.digest), STR_ARG(here.digest));
    return !why->n;
}

/* A build argument's default may be edited when all that it is used for are images which want
 * the very same edit. */
static bool is_shared(struct fix_ctx *c, const struct wanted *all, size_t n, const struct wanted *w)
{
    const struct tree *t = c->tree;
    node_id pair = node_up(t, w->piece->node, NODE_PAIR), uses = 0, agree = 0;

    if (w->piece->node == w->place->word || !pair)
        return false;
    struct str name = node_text(t, node_next(t, pair, 0, NODE_NAME));
    for (node_id k = 1; k < t->nnode; k++)
        if (node_kind(t, k) == NODE_PARAM && node_next(t, k, 0, NODE_NAME) &&
            str_eq(node_text(t, node_next(t, k, 0, NODE_NAME)), name))
            uses++;
    for (size_t i = 0; i < n; i++)
        agree += all[i].to.n && all[i].piece && all[i].piece->node == w->piece->node &&
                 all[i].span.start == w->span.start && all[i].span.end == w->span.end &&
                 str_eq(all[i].text, w->text);
    return agree < uses;
}

static void report_untrusted(struct fix_ctx *c, const struct wanted *w)
{
    const struct settings *s = c->settings;
    struct str list = s->ntrusted ? join(c->arena, s->trusted, s->ntrusted) : S("none");

    fix_hint(c, w->place->word, STR_FMT " is not from a trusted registry (approved: " STR_FMT ")",
             STR_ARG(w->place->value.text), STR_ARG(list));
}

static void rewrite(struct fix_ctx *c, const struct wanted *all, size_t n, const struct wanted *w)
{
    struct str why;

    if (!w->piece) {
        fix_skip(c, w->place->word,
                 STR_FMT " is put together from pieces that cannot be edited alone",
                 STR_ARG(w->place->value.text));
        return;
    }
    if (is_shared(c, all, n, w)) {
        fix_skip(c, w->place->word,
                 "the build argument that names the registry of " STR_FMT " has other uses",
                 STR_ARG(w->place->value.text));
        return;
    }
    if (!verify(c, w, &why)) {
        if (why.n)
            fix_skip(c, w->place->word, STR_FMT, STR_ARG(why));
        return;
    }
    /* One edit serves all images that share the argument. */
    for (const struct wanted *other = all; other < w; other++)
        if (other->to.n && other->piece && other->span.start == w->span.start &&
            other->piece->node == w->piece->node)
            return;
    struct fix *f =
        fix_begin(c, w->place->word, SAFE, "Take " STR_FMT " from the approved " STR_FMT,
                  STR_ARG(w->place->value.text), STR_ARG(w->to));
    fix_replace_at(f, w->piece->node, w->span, w->text);
}

static void run(struct fix_ctx *c)
{
    const struct settings *s = c->settings;
    const struct image_place *place;
    size_t n = 0;

    if (!s->ntrusted && !s->nblocked && !s->nmirror && !s->nimage)
        return;
    size_t nplace = image_places(c->image, c->arena, &place);
    struct wanted *all = arena_new(c->arena, struct wanted, nplace);
    for (size_t i = 0; i < nplace; i++) {
        struct wanted w;
        if (place[i].value.certainty != VALUE_KNOWN)
            fix_skip(c, place[i].word, "the image is known only when it is built");
        else if (place[i].bare)
            fix_skip(c, place[i].word, STR_FMT " may be a build context of that name",
                     STR_ARG(place[i].value.text));
        else if (parse_wanted(c, &place[i], &w) && !is_target(c, &w))
            all[n++] = w;
    }
    for (size_t i = 0; i < n; i++) {
        map(c, &all[i]);
        if (!all[i].to.n)
            continue;
        find_change(c, &all[i]);
        find_span(&all[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (is_trusted(c, &all[i]))
            continue;
        if (all[i].to.n)
            rewrite(c, all, n, &all[i]);
        else
            report_untrusted(c, &all[i]);
    }
}

const struct fixer fixer_trusted_from = {
    .id = "trusted-from",
    .aliases = "DL3026",
    .title = "Take images from approved registries only",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_ERROR,
    .options = options,
    .run = run,
};
