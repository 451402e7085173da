/* The sources that apt's own commands add. */
#include "dfix/sources.h"
#include "dfix/url.h"

#include "packages/packages.h"

static const struct source empty = {
    .uri = {"", 0}, .suite = {"", 0}, .components = {"", 0}, .signed_by = {"", 0}, .tag = {"", 0}};

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
    if (url_is_http(word)) {
        bool bare = str_chr(word, ' ') == STR_NONE; /* the suite is the release's, then */
        word = bare ? str_fmt(a, "deb " STR_FMT " " STR_FMT " main", STR_ARG(word),
                              STR_ARG(s->release.codename))
                    : str_fmt(a, "deb " STR_FMT, STR_ARG(word));
    }
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
bool repository_added(const struct image *im, struct arena *a, const struct command *c,
                      struct source_list *out)
{
    const struct field *f;
    const struct stage *stage = &im->stage[c->stage];
    struct str what = S(""), word;
    size_t n = command_raw(a, c, &f);

    for (size_t i = 1; i < n; i++) {
        if (!written_value(c->scope, a, stage, &f[i].value, &word))
            return false;
        if (word_is_one_of(word, "-y --yes -n --no-update -u --update -yu -ny -yn"))
            continue;
        if (what.n || str_starts(word, S("-")))
            return false;
        what = word;
    }
    return add_repository(stage, a, what, out);
}
