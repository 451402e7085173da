/* lock.h - files that say which versions of a language's packages a build takes: requirements.txt,
 * poetry.lock, package-lock.json, yarn.lock, go.mod, Gemfile.lock, Cargo.lock, pom.xml. Pure.
 *
 * Only a whole version of a named package is an entry. A range, a URL, a version that a parent or a
 * bill of materials gives which is not at hand: those are `unknown`, and whoever counts says that
 * they were not checked.
 */
#ifndef DFIX_LOCK_H
#define DFIX_LOCK_H

#include "dfix/base.h"

struct lock_entry {
    struct str name, version;
    uint32_t line; /* from 1; 0: not known */
};
struct lock_unknown {
    struct str name, why; /* "its version is a range" */
};
struct lock {
    const char *ecosystem;
    const struct lock_entry *v;
    size_t n;
    const struct lock_unknown *unknown;
    size_t nunknown;
    const struct str *more; /* files that count besides, by their paths from this one's folder */
    size_t nmore;
    bool broken; /* it is not whole, or not of this form: what it has beyond is not known */
};

/* Others that a lock file counts on. False: they are not at hand. */
struct lock_files {
    void *user;
    /* Of the build context, by its path from the lock file's folder: "../pom.xml". */
    bool (*beside)(void *user, struct str path, struct str *text);
    /* Of a package that Maven has published: its pom, by group, artifact and version. */
    bool (*published)(void *user, const struct str package[3], struct str *text);
};

/* A kind of lock file; by its file's name. */
struct lock_reader;
struct lock_kind {
    const char *name;      /* "package-lock.json"; "requirements*.txt" */
    const char *ecosystem; /* "npm" */
    const char *programs;  /* that install by it, blank separated: "npm" */
    void (*read)(struct lock_reader *r, struct str text);
};
const struct lock_kind *lock_kind(struct str path); /* NULL: it is none */
size_t lock_kinds(const struct lock_kind **out);
/* `files` may be NULL: then nothing else is at hand. */
void lock_read(struct arena *a, const struct lock_kind *kind, struct str text,
               const struct lock_files *files, struct lock *out);

#endif
