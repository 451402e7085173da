/* lists.h - the source lists of a stage's package manager as a file leaves them: the official
 * image's own, and what the instructions make of them one after the other. */
#ifndef DFIX_LISTS_H
#define DFIX_LISTS_H

#include "dfix/sources.h"
#include "packages/packages.h"

struct list_file {
    struct str path, text;
};
struct lists {
    const struct manager *manager;
    const struct stage *unread; /* whose base image's lists are not read so far; NULL: they are */
    VEC(struct list_file) file;
    VEC(struct source) added; /* in files whose names do not matter */
    bool opaque;              /* the base's own are known, but not how they are written */
    bool lost;                /* they are too many, or too long, to be followed on */
    unsigned changes;
};

/* What lists that a file makes may come to; those of real ones are far below it. */
enum { LIST_FILES = 64, LIST_BYTES = 32 * 1024, LIST_SOURCES = 128 };

struct list_file *lists_find(const struct lists *l, struct str path); /* NULL: no such file */
void lists_put(struct arena *a, struct lists *l, struct str path, struct str text, bool append);
/* The sources of apt's list at that path: lines, or deb822 where it is called so. */
void lists_read(struct arena *a, struct str path, struct str text, struct source_list *out);
/* Those of the stage's base image: what the registry tells of them, else the release's official
 * ones. Changed when there are more than these. */
void lists_begin(struct arena *a, const struct stage *s, struct lists *l);
/* The official ones are put together when something is done to files: to be called before that. */
void lists_open(struct arena *a, struct lists *l);
/* Are they too much to be followed? Then nothing of them is kept. */
bool lists_give_up(struct lists *l);
/* lists_change.c. What is done there to them: nothing that is understood here, what is now in `l`,
 * or what cannot be told. */
enum list_change { LIST_OTHER, LIST_KNOWN, LIST_UNKNOWN };
enum list_change lists_change(const struct image *im, struct arena *a, const struct spot *s,
                              struct lists *l);
/* The sources beyond the release's own; `replaces` on each when those are not whole any more.
 * False: a line is not understood, or none is left. */
bool lists_sources(struct lists *l, struct arena *a, const struct release *r,
                   struct source_list *out);
bool lists_apt_sources(struct lists *l, struct arena *a, const struct release *r,
                       struct source_list *out);
bool lists_apk_sources(struct lists *l, struct arena *a, const struct release *r,
                       struct source_list *out);

#endif
