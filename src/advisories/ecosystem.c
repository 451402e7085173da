/* ecosystem.c - where packages come from, as advisories tell them apart: names and orders. */
#include "dfix/advisory.h"

#include <assert.h>

#include "dfix/facts.h"
#include "dfix/version.h"

static const struct ecosystem {
    const char *name; /* up to a colon */
    bool (*valid)(struct str version);
    int (*compare)(struct str a, struct str b);
    bool folds, joins; /* case does not count; runs of "-_." are one "-" */
} ecosystems[] = {
    {"debian", deb_valid, deb_compare, false, false},
    {"ubuntu", deb_valid, deb_compare, false, false},
    {"ubuntu-pro", deb_valid, deb_compare, false, false},
    {"alpine", apk_valid, apk_compare, false, false},
    {"pypi", pep440_valid, pep440_compare, true, true},
    {"npm", semver_valid, semver_compare, false, false},
    {"go", semver_valid, semver_compare, false, false},
    {"crates.io", semver_valid, semver_compare, false, false},
    {"maven", maven_valid, maven_compare, false, false},
    {"rubygems", gem_valid, gem_compare, false, false},
};
enum { ECOSYSTEMS = sizeof ecosystems / sizeof ecosystems[0] };

static const struct ecosystem *find(struct str ecosystem)
{
    ptrdiff_t colon = str_chr(ecosystem, ':');
    if (colon != STR_NONE)
        ecosystem = str_sub(ecosystem, 0, (size_t)colon);
    for (size_t i = 0; i < ECOSYSTEMS; i++)
        if (str_eq(ecosystem, str_of(ecosystems[i].name)))
            return &ecosystems[i];
    return NULL;
}

bool ecosystem_known(struct str ecosystem)
{
    return find(ecosystem) != NULL;
}

bool ecosystem_valid(struct str ecosystem, struct str version)
{
    const struct ecosystem *x = find(ecosystem);
    return x && x->valid(version);
}

int ecosystem_compare(struct str ecosystem, struct str a, struct str b)
{
    const struct ecosystem *x = find(ecosystem);
    assert(x);
    return x->compare(a, b);
}

static bool is_joint(char c)
{
    return c == '-' || c == '_' || c == '.';
}

struct str ecosystem_name(struct arena *a, struct str ecosystem, struct str name)
{
    const struct ecosystem *x = find(ecosystem);
    if (x && x->folds)
        name = str_lower(a, name);
    if (!x || !x->joins)
        return name;
    struct buf b = {.arena = a};
    for (size_t i = 0; i < name.n; i++)
        if (!is_joint(name.p[i]))
            buf_char(&b, name.p[i]);
        else if (i && !is_joint(name.p[i - 1]))
            buf_char(&b, '-');
    return buf_str(&b);
}

struct str ecosystem_of_release(struct arena *a, const struct release *r)
{
    if (str_eq(r->distro, S("alpine"))) {
        struct str branch = alpine_branch(a, r);
        if (str_starts(branch, S("v")))
            branch = str_from(branch, 1);
        return branch.n ? str_fmt(a, "alpine:" STR_FMT, STR_ARG(branch)) : S("");
    }
    if (!str_eq(r->distro, S("debian")) && !str_eq(r->distro, S("ubuntu")))
        return S("");
    struct str version = r->version.n ? r->version : r->codename;
    return version.n ? str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(r->distro), STR_ARG(version))
                     : S("");
}

/* ---- package URLs ---- */

static bool qualifier(struct str purl, struct str name, struct str *out)
{
    struct str rest = purl, pair, key;
    ptrdiff_t at = str_chr(purl, '?');
    *out = S("");
    if (at == STR_NONE)
        return false;
    rest = str_from(purl, (size_t)at + 1);
    while (str_cut(&rest, '&', &pair)) {
        struct str value = pair;
        if (str_cut(&value, '=', &key) && str_eq(key, name)) {
            *out = value;
            return true;
        }
    }
    return false;
}

/* "debian-12", "bookworm", "ubuntu-22.04", "alpine-3.20.3", "3.20.3" */
static bool release_of(struct str distro, struct str said, struct release *out)
{
    if (str_starts(said, distro) && said.n > distro.n && said.p[distro.n] == '-')
        said = str_from(said, distro.n + 1);
    return release_find(distro, said, out);
}

static struct str of_distro(struct arena *a, struct str distro, struct str purl,
                            const struct release *r)
{
    struct str said;
    struct release named;
    if (qualifier(purl, S("distro"), &said) && release_of(distro, said, &named))
        return ecosystem_of_release(a, &named);
    return r && str_eq(r->distro, distro) ? ecosystem_of_release(a, r) : S("");
}

struct str ecosystem_of_purl(struct arena *a, struct str purl, const struct release *r)
{
    static const struct {
        const char *begin, *ecosystem, *distro;
    } kinds[] = {{"pkg:deb/debian/", NULL, "debian"}, {"pkg:deb/ubuntu/", NULL, "ubuntu"},
                 {"pkg:apk/alpine/", NULL, "alpine"}, {"pkg:pypi/", "pypi", NULL},
                 {"pkg:npm/", "npm", NULL},           {"pkg:golang/", "go", NULL},
                 {"pkg:maven/", "maven", NULL},       {"pkg:gem/", "rubygems", NULL},
                 {"pkg:cargo/", "crates.io", NULL}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!str_starts(purl, str_of(kinds[i].begin)))
            continue;
        if (kinds[i].ecosystem)
            return str_of(kinds[i].ecosystem);
        return of_distro(a, str_of(kinds[i].distro), purl, r);
    }
    return S("");
}
