/* apt's source lists and apk's repositories: what they are in the base image, and what sources they
 * come to. */
#include "packages/lists.h"
#include "dfix/url.h"

#include "dfix/manager.h"

struct list_file *lists_find(const struct lists *l, struct str path)
{
    for (size_t i = 0; i < l->file.n; i++)
        if (str_eq(l->file.v[i].path, path))
            return &l->file.v[i];
    return NULL;
}

void lists_put(struct arena *a, struct lists *l, struct str path, struct str text, bool append)
{
    struct list_file *f = lists_find(l, path);

    l->changes += !f || append || !str_eq(f->text, text);
    if (!f)
        vec_push(a, &l->file, (struct list_file){path, text});
    else if (append)
        f->text = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(f->text),
                          str_ends(f->text, S("\n")) ? "" : "\n", STR_ARG(text));
    else
        f->text = text;
}

bool lists_give_up(struct lists *l)
{
    size_t bytes = 0;

    for (size_t i = 0; i < l->file.n && i < LIST_FILES; i++)
        bytes += l->file.v[i].text.n;
    l->lost |= l->file.n > LIST_FILES || l->added.n > LIST_SOURCES || bytes > LIST_BYTES;
    if (l->lost)
        l->file.n = l->added.n = 0;
    return l->lost;
}

/* A source that the official list has, too. */
static bool is_listed(const struct source_list *list, const struct source *s)
{
    for (size_t i = 0; i < list->list.n; i++)
        if (str_eq(list->list.v[i].uri, s->uri) && str_eq(list->list.v[i].suite, s->suite) &&
            str_eq(list->list.v[i].components, s->components))
            return true;
    return false;
}

void lists_read(struct arena *a, struct str path, struct str text, struct source_list *out)
{
    if (str_ends(path, S(".sources")))
        sources_read_deb822(a, text, out);
    else
        sources_read_lines(a, text, out);
}

bool stage_tells_sources(const struct stage *s)
{
    const struct base_facts *f = s->facts;

    return f && f->sources_known && f->nsource && !f->preferences &&
           (str_eq(s->release.distro, S("debian")) || str_eq(s->release.distro, S("ubuntu")));
}

/* What the registry tells of the image's sources; texts that look otherwise cannot be edited. */
static void begin_with_facts(struct arena *a, const struct stage *s, struct lists *l)
{
    const struct base_facts *f = s->facts;
    struct source_list own = {.broken = false};
    size_t listed = 0;

    for (size_t i = 0; i < l->file.n; i++) {
        for (size_t k = 0; k < f->nsource; k++)
            l->file.v[i].text = release_list_named(a, l->file.v[i].text, f->source[k].uri);
        lists_read(a, l->file.v[i].path, l->file.v[i].text, &own);
    }
    for (size_t i = 0; i < f->nsource; i++)
        listed += is_listed(&own, &f->source[i]);
    l->opaque = listed < own.list.n;
    if (l->opaque)
        l->file.n = 0;
    for (size_t i = 0; i < f->nsource; i++)
        if (l->opaque || !is_listed(&own, &f->source[i]))
            vec_push(a, &l->added, f->source[i]);
    l->changes += l->added.n > 0;
}

void lists_begin(struct arena *a, const struct stage *s, struct lists *l)
{
    const struct manager *m = manager_of_distro(s->release.distro);

    l->manager = m ? m : &manager_apt; /* most images that are not known are Debian's */
    l->unread = s;
    if (!stage_tells_sources(s))
        return;
    lists_open(a, l);
    begin_with_facts(a, s, l);
}

void lists_open(struct arena *a, struct lists *l)
{
    struct str path, text;

    if (l->unread && release_list(a, &l->unread->release, &path, &text))
        vec_push(a, &l->file, ((struct list_file){path, text}));
    l->unread = NULL;
}

/* ---- what they come to ---- */

/* The release's suites, by what they are for. */
struct pockets {
    struct str suite[POCKET_BACKPORTS + 1];
};

static struct pockets pockets_of(struct arena *a, const struct release *r)
{
    struct pockets p;

    for (int i = POCKET_RELEASE; i <= POCKET_BACKPORTS; i++)
        p.suite[i] = release_pocket(a, r, (enum pocket)i);
    return p;
}

/* Which of them this is; -1: none. */
static int pocket_of(const struct pockets *p, struct str suite)
{
    for (int i = POCKET_RELEASE; i <= POCKET_BACKPORTS; i++)
        if (str_eq(suite, p->suite[i]))
            return i;
    return -1;
}

/* A place that has the release and its updates too is a mirror of the distribution: no archive of
 * anyone else's is laid out so. */
static bool is_mirror(const struct source_list *all, const struct pockets *p,
                      const struct source *s)
{
    unsigned seen = 0;

    if (s->trusted || uri_is_dated(s->uri) || str_find(s->uri, S("snapshot")) != STR_NONE ||
        (s->signed_by.n && str_find(s->signed_by, S("-archive-keyring.")) == STR_NONE))
        return false;
    struct str host = url_cut(s->uri).host;
    for (size_t i = 0; i < all->list.n; i++) {
        const struct source *x = &all->list.v[i];
        int pocket = pocket_of(p, x->suite);
        if (pocket >= 0 && str_eq(url_cut(x->uri).host, host) &&
            words_have(x->components, S("main")))
            seen |= 1u << pocket;
    }
    return (seen & 1u << POCKET_RELEASE) && (seen & (1u << POCKET_UPDATES | 1u << POCKET_SECURITY));
}

/* Is this component of the release's own in every suite that its images have? */
static bool is_covered(const struct source_list *all, struct str suite, struct str component)
{
    for (size_t i = 0; i < all->list.n; i++) {
        const struct source *s = &all->list.v[i];
        if (!s->uri.n && !s->archs && str_eq(s->suite, suite) &&
            words_have(s->components, component))
            return true;
    }
    return false;
}

static struct str components_of(const struct release *r)
{
    return str_eq(r->distro, S("ubuntu")) ? S("main restricted universe multiverse") : S("main");
}

static bool is_whole(const struct source_list *all, const struct pockets *pockets,
                     const struct release *r)
{
    bool ubuntu = str_eq(r->distro, S("ubuntu"));
    int last = ubuntu ? POCKET_BACKPORTS : POCKET_SECURITY;

    if (str_eq(r->codename, S("sid")))
        last = POCKET_RELEASE;
    for (int p = POCKET_RELEASE; p <= last; p++) {
        struct str rest = components_of(r), component;
        while (word_next(&rest, &component))
            if (!is_covered(all, pockets->suite[p], component))
                return false;
    }
    return true;
}

/* Without the components that the release's images have anyway. */
static struct str beyond(struct arena *a, const struct pockets *pockets, const struct release *r,
                         const struct source *s)
{
    struct buf b = {.arena = a};
    struct str rest = s->components, component, own = components_of(r);
    bool always =
        pocket_of(pockets, s->suite) == POCKET_BACKPORTS && !str_eq(r->distro, S("ubuntu"));

    if (always)
        return s->components;
    while (word_next(&rest, &component))
        if (!words_have(own, component))
            buf_fmt(&b, "%s" STR_FMT, b.n ? " " : "", STR_ARG(component));
    return buf_str(&b);
}

/* Gives the release's own places no other name than that. */
static void name_own(struct source_list *all, struct arena *a, const struct pockets *pockets,
                     const struct release *r)
{
    bool *own = arena_new(a, bool, all->list.n + 1);

    for (size_t i = 0; i < all->list.n; i++) {
        const struct source *s = &all->list.v[i];
        own[i] = pocket_of(pockets, s->suite) >= 0 &&
                 (archive_is_official(r->distro, s->uri) || is_mirror(all, pockets, s));
    }
    for (size_t i = 0; i < all->list.n; i++)
        if (own[i])
            all->list.v[i].uri = all->list.v[i].signed_by = S("");
}

/* ---- apk ---- */

/* Is it this component of the release, kept by Alpine or on a mirror? Both have the same, since
 * the base image trusts the keys of Alpine alone. Gives what stands before the branch. */
static bool is_of_alpine(const struct source *s, struct arena *a, struct str branch,
                         const char *component, struct str *place)
{
    struct str end = str_fmt(a, "/" STR_FMT "/%s", STR_ARG(branch), component);
    struct str uri = str_without_end(s->uri, '/');

    if (s->tag.n || uri_is_dated(uri) || !str_ends(uri, end))
        return false;
    *place = str_sub(uri, 0, uri.n - end.n);
    return url_is_http(*place);
}

/* Are main and community of the release there, in one place? */
static bool is_alpine_whole(const struct source_list *all, struct arena *a, struct str branch)
{
    VEC(struct str) main = {0};
    struct str place;

    for (size_t i = 0; i < all->list.n; i++)
        if (is_of_alpine(&all->list.v[i], a, branch, "main", &place))
            vec_push(a, &main, place);
    for (size_t i = 0; i < all->list.n; i++) {
        if (!is_of_alpine(&all->list.v[i], a, branch, "community", &place))
            continue;
        bool theirs = str_ends(url_cut(place).host, S(".alpinelinux.org"));
        for (size_t k = 0; k < main.n; k++)
            if (str_eq(main.v[k], place) ||
                (theirs && str_ends(url_cut(main.v[k]).host, S(".alpinelinux.org"))))
                return true;
    }
    return false;
}

bool lists_apk_sources(struct lists *l, struct arena *a, const struct release *r,
                       struct source_list *out)
{
    struct str branch = alpine_branch(a, r), place;
    struct source_list all = {.broken = false};
    bool untagged = false;

    for (size_t i = 0; i < l->file.n; i++)
        sources_read_repositories(a, l->file.v[i].text, &all);
    if (all.list.n > LIST_SOURCES) {
        l->lost = true;
        return false;
    }
    bool whole = is_alpine_whole(&all, a, branch);
    for (size_t i = 0; i < all.list.n; i++) {
        struct source s = all.list.v[i];
        bool own = is_of_alpine(&s, a, branch, "main", &place) ||
                   is_of_alpine(&s, a, branch, "community", &place);
        untagged |= !s.tag.n;
        all.broken |= str_find(s.uri, S("://")) == STR_NONE;
        s.replaces = !whole;
        if (!whole || !own)
            vec_push(a, &out->list, s);
    }
    return !all.broken && untagged;
}

bool lists_sources(struct lists *l, struct arena *a, const struct release *r,
                   struct source_list *out)
{
    return l->manager->sources(l, a, r, out);
}

bool lists_apt_sources(struct lists *l, struct arena *a, const struct release *r,
                       struct source_list *out)
{
    struct source_list all = {.broken = false};

    for (size_t i = 0; i < l->file.n; i++)
        lists_read(a, l->file.v[i].path, l->file.v[i].text, &all);
    for (size_t i = 0; i < l->added.n; i++)
        vec_push(a, &all.list, l->added.v[i]);
    if (all.list.n > LIST_SOURCES) {
        l->lost = true;
        return false;
    }
    struct pockets pockets = pockets_of(a, r);
    name_own(&all, a, &pockets, r);
    bool whole = is_whole(&all, &pockets, r);
    for (size_t i = 0; i < all.list.n; i++) {
        struct source s = all.list.v[i];
        if (whole && !s.uri.n && s.suite.n)
            s.components = beyond(a, &pockets, r, &s);
        s.replaces = !whole;
        if (s.uri.n || s.components.n)
            vec_push(a, &out->list, s);
    }
    return !all.broken && (whole || out->list.n);
}
