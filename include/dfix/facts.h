/* facts.h - what is known beforehand of distro releases and well-known images.
 * The tables are in src/distro, where their sources are named. Pure. */
#ifndef DFIX_FACTS_H
#define DFIX_FACTS_H

#include "dfix/lookup.h"

/* A release by version ("12", "12.5", "22.04", "3.20", "3.20.3", "edge") or codename
 * ("bookworm"), of the distro named, or of any whose codename it is when `distro` is "". */
bool release_find(struct str distro, struct str version_or_codename, struct release *out);
/* All releases, oldest first in each distro; and all images that are known by name, some of which
 * are globs. */
size_t release_count(void);
void release_nth(size_t i, struct release *out);
size_t known_image_count(void);
struct str known_image_nth(size_t i);
/* The release that Debian's moving suites stood for when the table was made: "stable",
 * "oldstable", "testing", ... */
bool release_moving(struct str suite, struct release *out);
/* The same on that day (YYYY-MM-DD). */
bool release_moving_at(struct str suite, struct str date, struct release *out);
/* Does a release get new upstream versions for as long as it is used: sid, edge, one that is not
 * out yet at `today`? */
bool release_rolls(const struct release *r, struct str today);
/* Is the suite ("sid", "edge/main", "forky-updates") such a release's, or will it be another
 * release one day ("stable")? */
bool suite_rolls(struct str distro, struct str suite, struct str today);
/* When its life ends: YYYY-MM-DD, the distro's own (not paid) support. False: not in the table, or
 * no end is set (sid, edge). */
bool release_end(const struct release *r, struct str *end);
/* The same, but that it may have got longer since the table was made: by distro-info, if that is at
 * hand. */
bool release_end_now(const struct lookup *l, const struct release *r, struct str *end);
/* The newer ones that live at `today` ("": all of them), newest last, comma separated. */
struct str release_next(struct arena *a, const struct release *r, struct str today);

/* The suites of a release, by what they are for. */
enum pocket { POCKET_RELEASE, POCKET_UPDATES, POCKET_SECURITY, POCKET_BACKPORTS };
struct str release_pocket(struct arena *a, const struct release *r, enum pocket pocket);
/* The file in which the release's official images keep apt's sources, and what stands there. */
bool release_list(struct arena *a, const struct release *r, struct str *path, struct str *text);
/* Such a list with the name of the archive that `names` knows it by, a URI of the image's or a
 * script that edits the list: Debian's images have had several. As it is when there is none. */
struct str release_list_named(struct arena *a, struct str list, struct str names);
/* "v3.22", "edge": Alpine's name for where a release is kept; "": no release of Alpine's. */
struct str alpine_branch(struct arena *a, const struct release *r);
/* Does the distro itself keep its archive under this URL? All such places hold the same. */
bool archive_is_official(struct str distro, struct str uri);
/* An archive of someone else's, known by its URL: globs of the packages that it has, blank
 * separated. */
bool archive_is_known(struct str uri, struct str *packages);
bool archive_lacks(struct str uri, struct str package); /* it is known not to have it */
/* Is it a repository of a branch that rolls on, or is another one some day, by its URL? */
bool archive_rolls(struct str uri);
/* Does history show that versions of this source package outgrow a pin within such a release? */
bool source_moves(const struct release *r, struct str source);

/* What an image is known to be: by its name, and by what its tag says. */
struct known_image {
    struct release release; /* distro "": not known, and why says so */
    bool exact;             /* the tag names the release: it will not move to another */
    bool windows;
    bool in_root; /* sets no WORKDIR */
    bool foreign; /* an official image that is built on another distro */
    const char *why;
    bool user_known; /* user: as in the image's config, "" is root */
    struct str user;
    struct str spare_user, spare_uid; /* a non-root user it already has: "node", "1000" */
    bool drops_root;                  /* its entrypoint starts as root and gives that up itself */
    bool init;                        /* runs an init system as root that starts the rest */
    bool needs_root;                  /* what it is for does: docker */
    bool only_programs;               /* all that it has lies in /usr/bin */
    /* Packages that the image's own extra sources and preferences decide: globs, blank
     * separated. "*": any, or nothing is known of it; "": none. */
    struct str touched;
    /* Packages that it may hold, in some version: globs, blank separated. "*": any. */
    struct str holds;
};
/* `name` in full, as reference_name gives it; `tag` "" when there is only a digest. */
void known_image_find(struct str name, struct str tag, struct known_image *out);

/* The architecture that the name of an official image says (docker.io/arm32v7/debian); 0: none. */
arch_set known_image_archs(struct str name);

/* Is it an SPDX licence expression, of licences and exceptions that SPDX lists? */
bool license_is_valid(struct str expression);

/* A public key of Alpine's builders. */
struct alpine_key {
    const char *name;  /* as signatures name it: "...-6165ee59.rsa.pub" */
    const char *archs; /* by apk's names, blank separated: the indexes that it signs */
    const char *der;   /* SubjectPublicKeyInfo, in base64 */
};
size_t alpine_keys(const struct alpine_key **out);

/* A public key that Debian or Ubuntu signs its archive with. */
struct archive_key {
    const char *distro;
    bool ended;              /* it counts only for releases whose life has ended */
    const char *fingerprint; /* in hexadecimal digits */
    const char *name;
    const char *key; /* OpenPGP, in base64 */
};
size_t archive_keys(const struct archive_key **out);

#endif
