/* locks.h - the readers of lock files, and what they share. */
#ifndef DFIX_LOCKS_LOCKS_H
#define DFIX_LOCKS_LOCKS_H

#include "dfix/lock.h"

struct lock_reader {
    struct arena *arena;
    struct lock *out;
    const struct lock_files *files; /* may be NULL */
    VEC(struct lock_entry) entry;
    VEC(struct lock_unknown) unknown;
    VEC(struct str) more;
};
void lock_add(struct lock_reader *r, struct str name, struct str version, uint32_t line);
void lock_add_unknown(struct lock_reader *r, struct str name, const char *why);
void lock_add_file(struct lock_reader *r, struct str path);

void lock_read_requirements(struct lock_reader *r, struct str text);
void lock_read_toml(struct lock_reader *r, struct str text); /* poetry.lock, Cargo.lock */
void lock_read_npm(struct lock_reader *r, struct str text);
void lock_read_yarn(struct lock_reader *r, struct str text);
void lock_read_go(struct lock_reader *r, struct str text);
void lock_read_gems(struct lock_reader *r, struct str text);
void lock_read_pom(struct lock_reader *r, struct str text);

/* A value in quotes of either kind; what is in none as it is. */
struct str lock_unquoted(struct str s);

#endif
