/* wants.c - which feeds an ecosystem needs, and where they are published. */
#include "index/advisories/advisories.h"

#include <stdlib.h>

#include "dfix/facts.h"

static struct str or_else(struct str set, const char *fallback)
{
    return set.n ? set : str_of(fallback);
}

static struct str secdb_of(const struct settings *s)
{
    const char *set = getenv("DFIX_ALPINE_SECDB");
    for (size_t i = 0; i < s->nindex; i++)
        if (str_eq(s->index[i].distro, S("alpine")) && s->index[i].secdb.n)
            return s->index[i].secdb;
    return set && *set ? str_of(set) : S("https://secdb.alpinelinux.org");
}

static size_t want_alpine(struct arena *a, const struct settings *s, struct str version,
                          struct feed_want out[WANTS_MOST])
{
    static const char *const repositories[] = {"main", "community"};
    const struct release r = {S("alpine"), version, S("")};
    struct str server = str_without_end(secdb_of(s), '/'), branch = alpine_branch(a, &r);
    for (size_t i = 0; i < WANTS_MOST; i++)
        out[i] = (struct feed_want){
            .name = str_fmt(a, "alpine-" STR_FMT "-%s", STR_ARG(version), repositories[i]),
            .url = str_fmt(a, STR_FMT "/" STR_FMT "/%s.json", STR_ARG(server), STR_ARG(branch),
                           repositories[i]),
            .may_lack = i > 0};
    return branch.n ? WANTS_MOST : 0;
}

/* OSV's own spelling, as its exports are named. */
static struct str osv_name(struct str ecosystem)
{
    static const char *const names[] = {"PyPI",     "npm",       "Go",    "Maven",
                                        "RubyGems", "crates.io", "Ubuntu"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_ieq(ecosystem, str_of(names[i])))
            return str_of(names[i]);
    return S("");
}

size_t advisories_want(struct arena *a, const struct settings *s, struct str ecosystem,
                       struct feed_want out[WANTS_MOST])
{
    struct str version = ecosystem, base = S("");
    str_cut(&version, ':', &base);
    if (str_eq(base, S("alpine")))
        return want_alpine(a, s, version, out);
    out[0].may_lack = false;
    if (str_eq(base, S("debian"))) {
        out[0].name = S("debian");
        out[0].url =
            or_else(s->advisories.debian, "https://security-tracker.debian.org/tracker/data/json");
        return 1;
    }
    struct str name = osv_name(base);
    struct str server =
        or_else(s->advisories.osv, "https://osv-vulnerabilities.storage.googleapis.com");
    out[0].name = str_fmt(a, "osv-" STR_FMT, STR_ARG(base));
    out[0].url = str_fmt(a, STR_FMT "/" STR_FMT "/all.zip", STR_ARG(str_without_end(server, '/')),
                         STR_ARG(name));
    return name.n ? 1 : 0;
}

size_t advisories_want_more(struct arena *a, const struct settings *s,
                            struct feed_want out[WANTS_MOST])
{
    (void)a;
    out[0] = (struct feed_want){.name = S("kev"),
                                .url = or_else(s->advisories.kev,
                                               "https://www.cisa.gov/sites/default/files/feeds/"
                                               "known_exploited_vulnerabilities.json")};
    out[1] = (struct feed_want){
        .name = S("epss"),
        .url = or_else(s->advisories.epss,
                       "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz")};
    return WANTS_MOST;
}

bool advisories_want_life(struct arena *a, const struct settings *s, struct str ecosystem,
                          struct feed_want *out)
{
    struct str distro = ecosystem, version = ecosystem;
    struct str server =
        or_else(s->advisories.life, "https://debian.pages.debian.net/distro-info-data");
    str_cut(&version, ':', &distro);
    *out =
        (struct feed_want){.name = str_fmt(a, "life-" STR_FMT, STR_ARG(distro)),
                           .url = str_fmt(a, STR_FMT "/" STR_FMT ".csv",
                                          STR_ARG(str_without_end(server, '/')), STR_ARG(distro)),
                           .may_lack = true};
    return str_eq(distro, S("debian")) || str_eq(distro, S("ubuntu"));
}
