/* advisories.h - what the verbs of `dfix advisories` share.
 *
 *     advisories.c   feeds: list, update; show, package
 *     issue.c        a text for those who maintain a package without a fix
 *     changelogs.c   packages of Debian's, read for what they tell: changelog, support lists */
#ifndef DFIX_CLI_ADVISORIES_H
#define DFIX_CLI_ADVISORIES_H

#include "faces/faces.h"
#include "index/advisories/advisories.h"

struct advisories_command {
    struct arena *arena;
    const struct command_line *line;
    struct settings settings;
    struct world *world;
    struct held_feeds feeds;   /* changelogs behind all others */
    VEC(struct str) ecosystem; /* named; none: all */
    size_t rows;               /* of feeds that were printed */
    int64_t now;
    int status;
};

void advisories_complain(struct advisories_command *c, struct str text);
/* "debian:12", "jammy", "pypi"; false: it is none. */
bool advisories_ecosystem(struct arena *a, struct str word, struct str *out);
/* Some package of it: a feed is asked for by asking about anything in its ecosystem. */
struct component advisories_probe(struct str ecosystem);

/* ---- issue.c ---- */

/* ID ECOSYSTEM NAME=VERSION */
void advisories_issue(struct advisories_command *c);

/* ---- changelogs.c ---- */

/* ECOSYSTEM and packages: by name, or as files. */
void advisories_changelog(struct advisories_command *c);
/* What the changelog of the very version says; nothing, where the cache has none. */
void advisories_print_fixes(struct advisories_command *c, struct str scope, struct str source,
                            struct str version);
/* What a feed that was taken holds. */
void advisories_print_taken(const struct feed *f);
/* debian-security-support of a release of Debian's, from its index. */
void advisories_fetch_support(struct advisories_command *c, struct str scope);

#endif
