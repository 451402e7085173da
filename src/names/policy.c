/* What the policy says of an image name: approved, blocked, or replaced by which one. */
#include "dfix/policy.h"

/* `prefix` is the name, or a leading part of it that ends at a slash. */
static bool is_under(struct str name, struct str prefix)
{
    return prefix.n && str_starts(name, prefix) && (name.n == prefix.n || name.p[prefix.n] == '/');
}

static struct str domain_of(struct str name)
{
    ptrdiff_t slash = str_chr(name, '/');
    return slash == STR_NONE ? name : str_sub(name, 0, (size_t)slash);
}

/* How much of the name a prefix of mirrors stands for; 0: it does not. `*.corp.example` is the
 * whole of any host below that one. */
static size_t covered(struct str name, struct str prefix)
{
    struct str domain = domain_of(name), tail = str_from(prefix, prefix.n > 0);

    if (!str_starts(prefix, S("*.")))
        return is_under(name, prefix) ? prefix.n : 0;
    return domain.n > tail.n && str_ends(domain, tail) ? domain.n : 0;
}

/* Docker Hub's other names, as people write them in lists. */
static bool is_hub(struct str domain)
{
    return str_eq(domain, S("docker.io")) || str_eq(domain, S("index.docker.io")) ||
           str_eq(domain, S("registry-1.docker.io")) || str_eq(domain, S("hub.docker.com"));
}

/* A `*` before the first slash stands for a part of the host alone: whoever has another host could
 * name a path like that of a trusted one. */
static bool is_listed(struct str entry, struct str name)
{
    struct str domain = domain_of(name), host = domain_of(entry);

    if (host.n == entry.n)
        return str_glob(entry, domain, false) || (is_hub(domain) && is_hub(entry));
    if (is_under(name, entry))
        return true;
    return domain.n < name.n && str_glob(host, domain, false) &&
           str_glob(str_from(entry, host.n + 1), str_from(name, domain.n + 1), false);
}

bool policy_lists(const struct str *entry, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (is_listed(entry[i], name))
            return true;
    return false;
}

bool policy_blocks(const struct settings *s, struct str name)
{
    return policy_lists(s->blocked, s->nblocked, name);
}

/* The tag of an entry of `images`, behind the name; "" none. A pattern is not a valid tag, so
 * the entry is cut before it is parsed. */
static struct str cut_tag(struct str *entry)
{
    ptrdiff_t colon = str_rchr(*entry, ':');
    struct str tag = S("");

    if (str_chr(*entry, '@') == STR_NONE && colon != STR_NONE && colon > str_rchr(*entry, '/')) {
        tag = str_from(*entry, (size_t)colon + 1);
        *entry = str_sub(*entry, 0, (size_t)colon);
    }
    return tag;
}

/* How much an entry says of the image: more is better; 0: it is not about it. `star` is what a
 * `*` in its tag stands for. */
static size_t weigh(struct arena *a, struct str entry, const struct reference *r, struct str *star)
{
    struct str pattern = cut_tag(&entry), tag = r->tag.n ? r->tag : S("latest");
    ptrdiff_t at = str_chr(pattern, '*');
    struct reference e;

    *star = S("");
    if (!reference_parse(entry, &e) || !str_eq(reference_name(a, &e), reference_name(a, r)))
        return 0;
    if (e.digest.n)
        return str_eq(e.digest, r->digest) ? SIZE_MAX : 0;
    if (!pattern.n || (!r->tag.n && r->digest.n))
        return pattern.n ? 0 : 1;
    if (at == STR_NONE)
        return str_eq(pattern, tag) ? SIZE_MAX - 1 : 0;
    struct str head = str_sub(pattern, 0, (size_t)at), tail = str_from(pattern, (size_t)at + 1);
    if (tag.n < head.n + tail.n || !str_starts(tag, head) || !str_ends(tag, tail))
        return 0;
    *star = str_sub(tag, head.n, tag.n - tail.n);
    return 1 + pattern.n;
}

/* The `*` of what is written in policy becomes what it stood for. */
static struct str fill_in(struct arena *a, struct str to, struct str star)
{
    ptrdiff_t at = str_chr(to, '*');

    return at == STR_NONE ? to
                          : str_fmt(a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(to, 0, (size_t)at)),
                                    STR_ARG(star), STR_ARG(str_from(to, (size_t)at + 1)));
}

static struct str with_tag(struct arena *a, struct str to, struct str tag)
{
    struct reference r;

    if (!tag.n || (reference_parse(to, &r) && (r.tag.n || r.digest.n)))
        return to;
    return str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(to), STR_ARG(tag));
}

/* The mirror that stands for most of the name; of equals one without `*`. */
static const struct mirror *mirror_of(const struct settings *s, struct str name, size_t *prefix)
{
    const struct mirror *best = NULL;

    *prefix = 0;
    for (size_t i = 0; i < s->nmirror; i++) {
        size_t n = covered(name, s->mirror[i].from);
        if (n > *prefix || (n && n == *prefix && str_starts(best->from, S("*.")))) {
            best = &s->mirror[i];
            *prefix = n;
        }
    }
    return best;
}

/* Is a part of what the mirror stands for blocked? A mirror has the very images. */
static bool blocks_part(const struct settings *s, struct str name, size_t prefix)
{
    for (size_t i = 0; i < s->nblocked; i++)
        if (str_chr(s->blocked[i], '/') != STR_NONE && s->blocked[i].n > prefix &&
            policy_lists(&s->blocked[i], 1, name))
            return true;
    return false;
}

enum replacement policy_replaces(struct arena *a, const struct settings *s,
                                 const struct reference *r, struct str *to)
{
    struct str name = reference_name(a, r), star;
    size_t best = 0, prefix;

    *to = S("");
    for (size_t i = 0; i < s->nimage; i++) {
        size_t weight = weigh(a, s->image[i].from, r, &star);
        if (weight <= best)
            continue;
        best = weight;
        *to = with_tag(a, fill_in(a, s->image[i].to, star), r->tag);
    }
    if (best)
        return REPLACE_OTHER;
    const struct mirror *m = mirror_of(s, name, &prefix);
    if (!m || blocks_part(s, name, prefix))
        return REPLACE_NOT;
    *to = with_tag(a, str_fmt(a, STR_FMT STR_FMT, STR_ARG(m->to), STR_ARG(str_from(name, prefix))),
                   r->tag);
    return REPLACE_MIRROR;
}

bool policy_is_target(struct arena *a, const struct settings *s, const struct reference *r)
{
    struct str name = reference_name(a, r);

    for (size_t i = 0; i < s->nmirror; i++)
        if (is_under(name, s->mirror[i].to))
            return true;
    for (size_t i = 0; i < s->nimage; i++) {
        struct reference to;
        struct str entry = s->image[i].to, tag = cut_tag(&entry);
        ptrdiff_t at = str_chr(tag, '*');
        if (!reference_parse(entry, &to) || !str_eq(reference_name(a, &to), name))
            continue;
        if (!tag.n || (at == STR_NONE ? str_eq(tag, r->tag) : str_glob(tag, r->tag, false)))
            return true;
    }
    return false;
}

struct str policy_qualify(struct arena *a, const struct settings *s, struct str image)
{
    struct reference r;

    if (!s->short_names.n || !reference_parse(image, &r) || r.domain.n)
        return image;
    return str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(s->short_names), STR_ARG(image));
}

struct str policy_canonical(struct arena *a, const struct settings *s, struct str image)
{
    const struct mirror *best = NULL;

    image = policy_qualify(a, s, image);
    for (size_t i = 0; i < s->nmirror; i++) {
        struct str to = s->mirror[i].to;
        bool one = !str_starts(s->mirror[i].from, S("*.")); /* host, that can be told again */
        if (one && str_starts(image, to) &&
            (image.n == to.n || image.p[to.n] == '/' || image.p[to.n] == ':' ||
             image.p[to.n] == '@') &&
            (!best || to.n > best->to.n))
            best = &s->mirror[i];
    }
    if (!best)
        return image;
    return str_fmt(a, STR_FMT STR_FMT, STR_ARG(best->from), STR_ARG(str_from(image, best->to.n)));
}
