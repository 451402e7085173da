/* codeowners.h - who owns what, as the CODEOWNERS of GitHub, GitLab and Gitea say: patterns as in
 * a .gitignore, each with its owners; the last one that fits a path counts. */
#ifndef DFIX_HOST_CODEOWNERS_H
#define DFIX_HOST_CODEOWNERS_H

#include "dfix/base.h"

enum { CODEOWNERS_MAX = 3 << 20 };
struct codeowners {
    struct str path; /* the file; "": there is none */
    struct owned {
        struct str pattern;
        struct str owners; /* blank separated; "": nobody */
    } * v;
    size_t n;
};

struct codeowners codeowners_parse(struct arena *a, struct str text);
/* The repository's file, where the forges look for it. False: there is none, or it cannot be read.
 */
bool codeowners_find(struct arena *a, struct str repository, struct codeowners *out);
/* The owners of a path below the repository, blank separated; "" none. */
struct str codeowners_of(const struct codeowners *c, struct str path);
/* Is this one named anywhere? */
bool codeowners_have(const struct codeowners *c, struct str owner);
/* @name, @org/team, or an address. */
bool codeowner_valid(struct str owner);

#endif
