/* locks.h - the readers of lock files, and what they share. */
#ifndef DFIX_LOCKS_LOCKS_H
#define DFIX_LOCKS_LOCKS_H

#include "dfix/lock.h"

struct lock_reader {
    struct arena *arena;
    struct lock *out;
    VEC(struct lock_entry) entry;
    VEC(struct lock_unknown) unknown;
    VEC(struct str) more;
};
void lock_begin(struct lock_reader *r, struct arena *a, struct lock *out);
void lock_add(struct lock_reader *r, struct str name, struct str version, uint32_t line);
void lock_add_unknown(struct lock_reader *r, struct str name, const char *why);
void lock_add_file(struct lock_reader *r, struct str path);
void lock_end(struct lock_reader *r);

void lock_read_requirements(struct arena *a, struct str text, struct lock *out);
void lock_read_toml(struct arena *a, struct str text,
                    struct lock *out); /* poetry.lock, Cargo.lock */
void lock_read_npm(struct arena *a, struct str text, struct lock *out);
void lock_read_yarn(struct arena *a, struct str text, struct lock *out);
void lock_read_go(struct arena *a, struct str text, struct lock *out);
void lock_read_gems(struct arena *a, struct str text, struct lock *out);
void lock_read_pom(struct arena *a, struct str text, struct lock *out);

/* A value in quotes of either kind; what is in none as it is. */
struct str lock_unquoted(struct str s);

#endif
