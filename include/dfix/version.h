/* version.h - version orders and grammars of the package managers. Pure.
 *
 * dpkg: Debian Policy 5.6.12 and deb-version(7). apk: apk-tools' version
 * grammar (digits{.digits}[letter]{_suffix[digits]}[~hash][-r digits]). Beside them those of
 * languages' packages, which advisories go by.
 * An invalid version has no order: compare only what *_valid accepts. */
#ifndef DFIX_VERSION_H
#define DFIX_VERSION_H

#include "dfix/base.h"

struct manager;

/* [epoch:]upstream[-revision]; slices into the version given. */
struct deb_version {
    struct str epoch, upstream, revision;
};
bool deb_valid(struct str version);
struct deb_version deb_split(struct str version); /* of a valid version */
int deb_compare(struct str a, struct str b);      /* <0, 0, >0; both valid */
bool deb_name_valid(struct str package);          /* Debian Policy 5.6.1 */
/* Does the form of a version show that a stable release got it as a new upstream version of which
 * two components say all: 252.38-1~deb12u1, 15.14-0+deb12u1, 14.11-0ubuntu0.22.04.1? */
bool deb_outgrows(struct str version);

bool apk_valid(struct str version);
int apk_compare(struct str a, struct str b);
/* apk's fuzzy match: does `version` begin with the whole of `prefix` (`=~`)? */
bool apk_fuzzy(struct str version, struct str prefix);
bool apk_name_valid(struct str package);

/* PEP 440, in all the spellings that it takes. */
bool pep440_valid(struct str version);
int pep440_compare(struct str a, struct str b);
/* Semantic versions 2.0.0, of npm and cargo; also without a minor or patch version, and with a `v`
 * before it. Go's are the same: "+incompatible" does not count. */
bool semver_valid(struct str version);
int semver_compare(struct str a, struct str b);
/* Maven's version order specification; RubyGems' Gem::Version. */
bool maven_valid(struct str version);
int maven_compare(struct str a, struct str b);
bool gem_valid(struct str version);
int gem_compare(struct str a, struct str b);

/* apt's `pkg=PATTERN`: fnmatch(3) of the pattern against the version. */
bool deb_matches(struct str version, struct str pattern);

int version_compare(const struct manager *m, struct str a, struct str b);
bool version_valid(const struct manager *m, struct str version);

/* How much of the upstream version a pin keeps: two components, all but the last (of more than
 * two), all, or what follows them too. Never fewer than two of a version that has two. */
enum precision { PRECISION_MAJOR, PRECISION_MINOR, PRECISION_PATCH, PRECISION_UPSTREAM };

/* A pin that outlives updates, for `pkg=PIN` (apt) or `pkg=~PIN` (apk): as much of the
 * candidate's upstream version as `p` says, shortened until every one of `versions` (what the
 * release holds now, the candidate among them) matches and the candidate is the highest match.
 * False with the reason when that would leave less than two components. */
bool pin_compatible(struct arena *a, const struct manager *m, struct str candidate,
                    const struct str *versions, size_t n, enum precision p, struct str *pin,
                    struct str *why);

#endif
