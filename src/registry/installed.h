/* installed.h - a system's own records, read from their bytes: installed packages (dpkg, apk),
 * release, package sources, users. Whoever wrote them is a stranger; what is not valid
 * is left out, and said. */
#ifndef DFIX_SERVICES_REGISTRY_INSTALLED_H
#define DFIX_SERVICES_REGISTRY_INSTALLED_H

#include "dfix/sources.h"

enum { INSTALLED_MAX = 200 * 1000 };
struct installed_list {
    VEC(struct installed) list;
    bool broken;            /* something was not valid, or there was too much */
    struct release release; /* that an inventory's package URLs name; distro "": none, or several */
    bool several;
    VEC(struct str) other; /* package URLs of what no distro's package manager has brought */
};
/* Copied; one that is not valid, or too many, only marks the list as broken. Without a source
 * package a package is its own. */
void installed_add(struct arena *a, struct installed_list *out, const struct manager *m,
                   struct installed p);
/* var/lib/dpkg/status, or a file of status.d (which has no Status fields). */
void installed_dpkg(struct arena *a, struct str text, struct installed_list *out);
/* lib/apk/db/installed; the source package is the origin. */
void installed_apk(struct arena *a, struct str text, struct installed_list *out);

/* etc/os-release. `distro` stays "" for those other than debian, ubuntu, alpine;
 * `id` is what the file says. */
void release_read(struct arena *a, struct str text, struct release *out, struct str *id);

/* etc/apk/repositories: the branch and repository at the end of a URL are its suite. */
void sources_apk(struct arena *a, struct str text, struct source_list *out);
/* Does etc/passwd give this user name the number 0? */
bool passwd_is_root(struct str text, struct str user);

#endif
