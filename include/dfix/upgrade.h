/* upgrade.h - what a bare upgrade (`apt-get upgrade`, `apk upgrade`) really upgrades of what a
 * base image holds: the packages that a security fix waits for. Pure. */
#ifndef DFIX_UPGRADE_H
#define DFIX_UPGRADE_H

#include "dfix/image.h"

/* A package of the base that is below the version with the fix. */
struct upgrade {
    struct str name, source;
    struct str version; /* what it moves to: the oldest that any architecture gets */
    struct str source_version;
    struct str constraint; /* behind its name: "=3.0.15-1~deb12u1", ">=1.2.12-r2"; "": no one
                              constraint names the fix on all architectures */
    struct str reason;     /* "CVE-2022-37434", "bookworm-security", "with perl" */
};
struct upgrades {
    const struct upgrade *v; /* by name */
    size_t n;
    const struct str *note; /* fixes that are known, and in no index */
    size_t nnote;
    struct str why; /* not "": it cannot be told, or not be named, for this reason */
    bool pending;   /* not told yet */
};
/* With the packages of their sources that move with them. `ids`: look the advisories up that
 * name the reasons. */
void upgrades_find(struct arena *a, const struct image *im, const struct install *in,
                   const struct lookup *l, bool ids, struct upgrades *out);

/* An upgrade of everything, and no simulation. */
bool install_upgrades_all(const struct install *in);
/* Were the package lists brought up to date before this call, in its stage or one below? */
bool install_updated(const struct image *im, const struct install *in);
/* The same, in its own instruction: a cached build has no older lists then. */
bool install_updated_together(const struct image *im, const struct install *in);
/* Taking a bare upgrade out: it, and next to it the `update` and the tidying up that nothing
 * else needs. True: the whole instruction, which has nothing else to do. */
bool install_takes_along(const struct image *im, const struct install *in, node_id *first,
                         node_id *last);

#endif
