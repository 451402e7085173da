/* What a file writes into its package managers' source lists, and what it adds by their own
 * commands. */
#include "dfix/sources.h"

#include "values.h"

static const struct source empty = {
    .uri = {"", 0}, .suite = {"", 0}, .components = {"", 0}, .signed_by = {"", 0}, .tag = {"", 0}};

/* ---- apk ---- */

/* "[@tag] URL"; nothing else. */
static bool read_repository(struct str line, struct source *out)
{
    struct str rest = str_trim(line), word = S("");

    *out = empty;
    str_cut(&rest, ' ', &word);
    if (str_starts(word, S("@"))) {
        out->tag = str_from(word, 1);
        rest = str_trim(rest);
        word = S("");
        str_cut(&rest, ' ', &word);
        if (!out->tag.n)
            return false;
    }
    out->uri = word;
    return word.n > 0 && !str_trim(rest).n && str_find(word, S("://")) != STR_NONE;
}

static bool apk_written(struct arena *a, const struct written *w, struct source_list *out)
{
    struct str text = w->text, line;
    bool untagged = false;

    while (str_cut(&text, '\n', &line)) {
        struct source s;
        if (!str_trim(line).n || str_starts(str_trim(line), S("#")))
            continue;
        if (!read_repository(line, &s))
            return false;
        s.replaces = !w->append;
        untagged |= !s.tag.n;
        vec_push(a, &out->list, s);
    }
    /* A list of tagged ones alone has nothing else. */
    return out->list.n > 0 && (untagged || w->append);
}

/* ---- apt ---- */

/* The images of newer releases keep their own sources in a .sources file of sources.list.d, so
 * that a new sources.list stands beside it. */
static bool has_own_list(const struct release *r)
{
    if (str_eq(r->distro, S("debian")))
        return deb_compare(r->version, S("12")) < 0;
    return deb_compare(r->version, S("24.04")) < 0;
}

static bool apt_written(const struct image *im, struct arena *a, node_id n, const struct written *w,
                        struct source_list *out)
{
    const struct stage *s = &im->stage[image_stage_of(im, n)];
    bool list = str_eq(w->path, S("/etc/apt/sources.list"));

    if (str_ends(w->path, S(".sources")))
        sources_read_deb822(a, w->text, out);
    else
        sources_read_lines(a, w->text, out);
    if (out->broken || !s->release.distro.n)
        return false;
    bool replaces = list && !w->append && has_own_list(&s->release);
    for (size_t i = 0; i < out->list.n; i++)
        out->list.v[i].replaces = replaces;
    return out->list.n > 0;
}

static bool is_apt_list(struct str path)
{
    if (str_eq(path, S("/etc/apt/sources.list")))
        return true;
    return str_starts(path, S("/etc/apt/sources.list.d/")) &&
           (str_ends(path, S(".list")) || str_ends(path, S(".sources")));
}

/* ppa:owner/name, of Ubuntu alone. */
static bool add_ppa(const struct stage *s, struct arena *a, struct str name,
                    struct source_list *out)
{
    struct source x = empty;

    if (!str_eq(s->release.distro, S("ubuntu")) || !s->release.codename.n)
        return false;
    bool plain = name.n > 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        plain &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.' || c == '+' || c == '/';
    }
    x.uri = str_fmt(a, "https://ppa.launchpadcontent.net/" STR_FMT "%s/ubuntu", STR_ARG(name),
                    str_chr(name, '/') == STR_NONE ? "/ppa" : "");
    x.suite = s->release.codename;
    x.components = S("main");
    vec_push(a, &out->list, x);
    return plain;
}

static bool add_repository(const struct stage *s, struct arena *a, struct str word,
                           struct source_list *out)
{
    if (str_starts(word, S("ppa:")))
        return add_ppa(s, a, str_from(word, 4), out);
    if (str_starts(word, S("deb "))) {
        sources_read_lines(a, word, out);
        return !out->broken && out->list.n > 0;
    }
    if (!word_is_one_of(word, "universe multiverse restricted main contrib non-free"))
        return false;
    struct source x = empty;
    x.components = word;
    vec_push(a, &out->list, x);
    return true;
}

/* add-apt-repository [-y] [-n] WHAT */
static bool repository_added(const struct image *im, struct arena *a, node_id n,
                             struct source_list *out)
{
    const struct field *f;
    size_t count = 0, at = 0;
    struct str what = S(""), word;

    if (node_kind(im->tree, n) != NODE_COMMAND || node_in_branch(im->tree, n) ||
        node_after_or(im->tree, n))
        return false;
    count = image_fields(im, a, n, &f);
    while (at < count && word_is_one_of(f[at].value.text, "sudo -E"))
        at++;
    if (at == count || !word_is_one_of(f[at].value.text, "add-apt-repository apt-add-repository"))
        return false;
    for (at++; at < count; at++) {
        if (!written_value(im, a, &f[at].value, &word))
            return false;
        if (word_is_one_of(word, "-y --yes -n --no-update -u --update -yu -ny -yn"))
            continue;
        if (what.n || str_starts(word, S("-")))
            return false;
        what = word;
    }
    return add_repository(&im->stage[image_stage_of(im, n)], a, what, out);
}

bool repositories_read(const struct image *im, struct arena *a, node_id n, enum manager *manager,
                       const struct source **out, size_t *nout)
{
    struct source_list list = {.broken = false};
    struct written w;
    bool read;

    if (image_stage_of(im, n) == UINT32_MAX)
        return false;
    *manager = MANAGER_APT;
    if (written_read(im, a, n, &w) && str_eq(w.path, S("/etc/apk/repositories"))) {
        *manager = MANAGER_APK;
        read = apk_written(a, &w, &list);
    } else if (is_apt_list(w.path) && w.text.n) {
        read = apt_written(im, a, n, &w, &list);
    } else {
        read = repository_added(im, a, n, &list);
    }
    *out = list.list.v;
    *nout = list.list.n;
    return read;
}
