/* pick.h - which version a package manager takes of those on offer, and what pin takes the
 * same one again. Pure. */
#ifndef DFIX_PICK_H
#define DFIX_PICK_H

#include "dfix/lookup.h"

/* What a call installs of one package, on each architecture that it is for. */
struct pick {
    const struct offer *on[ARCH_MAX]; /* NULL: not wanted there, or not to be had */
    const struct offer *newest;       /* of those; NULL: none at all */
    arch_set archs;                   /* where there is one */
    bool same;                        /* one version everywhere */
    struct str target;
};

/* Without a version: apt goes by the priority of the suite (apt_preferences(5): -t's 990, 500,
 * backports 100, experimental 1), then by version; apk by version. `target`: of -t; "" none. */
struct pick pick_of(const struct manager *m, const struct package_info *info, arch_set archs,
                    struct str target);
/* With one: the highest version that `operator_ wanted` lets in, from any source. */
struct pick pick_constrained(const struct manager *m, const struct package_info *info,
                             arch_set archs, struct str operator_, struct str wanted);

/* A constraint as it stands behind a package's name: apt's `=`; apk's `=`, `~` (also spelled `=~`
 * and `~=`), `<`, `<=`, `>`, `>=`. */
bool constraint_known(const struct manager *m, struct str operator_, struct str wanted);
bool constraint_holds(const struct manager *m, struct str operator_, struct str wanted,
                      struct str version);
/* It names one version: neither a glob, nor a beginning, nor a range. */
bool constraint_exact(const struct manager *m, struct str operator_, struct str wanted);
/* It takes whatever begins so: apt's glob with the star at its end, apk's `~`. */
bool constraint_open(const struct manager *m, struct str operator_, struct str wanted);
/* `wanted`, an open constraint's, made anew for another version, to the same depth: `7.74.*` for
 * 7.88.1-10 gives `7.88.*`. "" when nothing would be left before the star. */
struct str constraint_like(struct arena *a, const struct manager *m, struct str wanted,
                           struct str version);

/* The part of a version that upstream gave, with apt's epoch. */
struct str version_upstream(const struct manager *m, struct str version);

/* How a pin is written. */
struct pin_style {
    bool exact;
    enum precision precision;
};
/* The operator and version that pin a package to `x`, what pick_of gave of `info`: on every
 * architecture the same version is taken as without the pin. False with the reason when no pin
 * does that. */
bool pick_pin(struct arena *a, const struct manager *m, const struct package_info *info,
              const struct pick *x, struct pin_style style, struct str *pin, struct str *why);

#endif
