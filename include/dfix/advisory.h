/* advisory.h - what is known to be vulnerable. A component (a package in a version) is judged by
 * the advisories of those who publish it or watch over it; what comes of that are matches, each
 * with its reason. Pure.
 *
 * Nothing here is a score of dfix's own: what the distro says, CVSS, known exploitation and EPSS
 * stand side by side. What could not be judged is never counted as clean. */
#ifndef DFIX_ADVISORY_H
#define DFIX_ADVISORY_H

#include "dfix/lookup.h"

/* How a component came to be where it is. */
enum brought {
    BROUGHT_BY_NAME, /* a line of the file installs it by name */
    BROUGHT_ALONG,   /* the package manager brings it along */
    BROUGHT_BY_BASE, /* the base image has it */
    BROUGHT_BY_LOCK, /* a lock file of the build context names it */
    BROUGHT_BY_IMAGE /* it was found in a built image, or in an inventory of one */
};

struct component {
    /* "debian:12", "ubuntu:22.04", "alpine:3.20", "alpine:edge", "pypi", "npm", "go", "maven",
     * "rubygems", "crates.io"; "": not known, and never matched */
    struct str ecosystem;
    struct str name, version;          /* as installed; version "": not known */
    struct str source, source_version; /* a distro's source package; "": the same */
    struct str arch;                   /* by Debian's names; "" not known */
    enum brought brought;
    struct str by; /* what brings it: "debian:12", "curl", "app/package-lock.json"; "" */
    uint32_t line; /* of the Dockerfile, from 1; 0: none */
};

/* The ecosystem of a release: "debian:12"; "" when nobody watches over it. */
struct str ecosystem_of_release(struct arena *a, const struct release *r);
/* The same by what a package URL says: "pkg:deb/debian/libssl3@3?distro=debian-12", with the
 * release that the inventory is of (may be NULL); "" not known. */
struct str ecosystem_of_purl(struct arena *a, struct str purl, const struct release *r);
/* As advisories write a name: PEP 503 for pypi, small letters where case does not count. */
struct str ecosystem_name(struct arena *a, struct str ecosystem, struct str name);
bool ecosystem_known(struct str ecosystem);
/* The order of versions there. False: there is none, or the version is none of it. */
bool ecosystem_valid(struct str ecosystem, struct str version);
int ecosystem_compare(struct str ecosystem, struct str x, struct str y); /* of valid ones */

enum verdict {
    VERDICT_AFFECTED,
    VERDICT_UNKNOWN, /* it cannot be told: still looked into, or versions that have no order */
    VERDICT_FIXED,   /* its version holds the fix */
    VERDICT_NOT_AFFECTED
};
/* What those who publish the package do about it. */
enum fix_state {
    FIX_RELEASED,  /* `fixed` holds the fix */
    FIX_NONE,      /* there is none yet */
    FIX_POSTPONED, /* minor: with the next point release or never */
    FIX_NEVER,     /* will not be fixed: ignored, out of support */
    FIX_PAID       /* `fixed` holds it, for subscribers only */
};
enum { ADVISORY_UNSCORED = -1, ADVISORY_WHOLE = 100000 /* of EPSS's numbers */ };

struct vulnerability {
    struct str id;      /* "CVE-2024-5535"; "GHSA-...", "DSA-5764-1" where there is no CVE */
    struct str aliases; /* other names, blank separated */
    struct str summary; /* one line; "" */
    struct str published, url;
    struct str rating;   /* by who published it: "unimportant", "medium", "HIGH"; "" not rated */
    struct str rated_by; /* "Debian", "Ubuntu", "GitHub" */
    struct str cvss;     /* the vector; "" none */
    int cvss_score;      /* its base score in tenths; ADVISORY_UNSCORED: none, or another form */
    bool exploited;      /* in CISA's catalogue of what is known to be exploited */
    bool ransomware;     /* the same, in ransomware campaigns */
    struct str kev_added, kev_due; /* YYYY-MM-DD */
    int epss, percentile;          /* of ADVISORY_WHOLE; ADVISORY_UNSCORED: not known */
};

struct advisory_match {
    struct vulnerability is;
    enum verdict verdict;
    enum fix_state fix;  /* of what is affected */
    struct str fixed;    /* the version that first holds the fix; "" none */
    struct str released; /* when that version was published: YYYY-MM-DD; "" not known */
    struct str advisory; /* "DSA-5764-1 USN-6937-1"; "" */
    struct str feed;     /* "Debian security tracker" */
    struct str
        reason; /* "source package openssl 3.0.11-1 is below 3.0.14-1, which holds the fix" */
};

/* Of one component. Only those whose verdict is AFFECTED or UNKNOWN, the worst first; the others
 * are counted. */
struct match_list {
    const struct advisory_match *v;
    size_t n;
    size_t fixed, not_affected;           /* how many were looked at and do not count */
    const struct advisory_match *settled; /* those, where they were asked for */
    size_t nsettled;
    bool exploited_known, epss_known; /* CISA's catalogue and EPSS were at hand */
    struct str support_end; /* YYYY-MM-DD: the distro supports it until then, or has; "" no end */
    struct str support; /* why; without an end, within which limits it does; "" nothing is known */
    bool lacking;       /* UNAVAILABLE: a feed that there is could not be had */
    int64_t dated;      /* when the oldest feed that was asked was last current; 0: not known */
    struct str why;     /* UNAVAILABLE: why it was not checked */
};

/* FOUND when there are matches, ABSENT when it was checked and is clean, UNAVAILABLE when it was
 * not checked. `settled`: tell of the matches that do not count, too. */
static inline enum answer lookup_matches(const struct lookup *l, const struct component *of,
                                         bool settled, struct match_list *out)
{
    struct reply r;
    const struct question q = {.kind = ASK_MATCHES, .component = of, .settled = settled};
    enum answer answer = lookup_ask(l, &q, &r);
    *out = (struct match_list){.why = {"", 0}};
    if (r.matches)
        *out = *r.matches;
    return answer;
}

/* The same by what the cache has: ABSENT only where that is all there is. */
static inline enum answer lookup_matches_at_hand(const struct lookup *l, const struct component *of,
                                                 struct match_list *out)
{
    struct reply r;
    const struct question q = {.kind = ASK_MATCHES, .component = of, .at_hand = true};
    enum answer answer = lookup_ask(l, &q, &r);
    *out = (struct match_list){.why = {"", 0}};
    if (r.matches)
        *out = *r.matches;
    return answer;
}

/* Has the distro stopped looking after the package by this day? That none is known to be vulnerable
 * says little then. */
bool support_has_ended(const struct match_list *l, struct str today);
/* "Security support of pdns in debian:12 ended on 2025-10-01", or "ends on ...", or "is limited";
 * and why that is, where the list has it. */
struct support {
    struct str name, ecosystem, end, why;
};
struct str support_text(struct arena *a, const struct support *s, struct str today);

/* What one interval of an advisory says of versions. */
struct advisory_range {
    struct str introduced; /* the first that is affected; "" or "0": from the beginning */
    struct str fixed;      /* the first that is not any more; "" none */
    struct str last;       /* the last that is; "" none */
    bool exact;            /* `introduced` alone */
};
/* AFFECTED, FIXED (it comes after), NOT_AFFECTED (it lies outside), UNKNOWN (no order). */
enum verdict range_judge(struct str ecosystem, struct str version, const struct advisory_range *r);

/* Many components at once, for those who can wait: misses are fetched together. */
struct match_report {
    struct match_list *list; /* one for each component */
    size_t affected;         /* components with a match that is AFFECTED */
    size_t matches;          /* such matches in all */
    size_t unknown;          /* components that are UNKNOWN in some match, and none AFFECTED */
    size_t clean, unchecked; /* components; unchecked ones are never clean */
    int64_t dated;           /* of the oldest feed that was asked; 0: not known */
    struct str *why;         /* why some were not checked, each once */
    size_t nwhy;
};
void matches_find(struct arena *a, const struct lookup *l, const struct component *of, size_t n,
                  bool settled, struct match_report *out);

/* CVSS 3.0 and 3.1: the base score in tenths; ADVISORY_UNSCORED for what is not such a vector. */
int cvss_base(struct str vector);
/* "none", "low", "medium", "high", "critical" by a base score; "" unscored. */
const char *cvss_word(int tenths);
/* Words that people act by, for policy: the same words of a rating as its publisher gave it, with
 * "unimportant" and "negligible" as "low"; "" for what is none. */
const char *rating_word(struct str rating);
/* How bad it is for policy: as its publisher rates it, else by its score; "" unrated. */
const char *advisory_severity(const struct vulnerability *v);
/* Which of those words it is, "none" being 0 and "critical" 4; ADVISORY_UNRATED: none of them. */
enum { ADVISORY_UNRATED = -1 };
int advisory_rank(const char *severity);

#endif
