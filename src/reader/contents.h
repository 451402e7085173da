/* contents.h - what languages' package managers have put into an image: packages by their own
 * records in its files, wherever those lie.
 *
 *     contents.c       all files of all layers, as the container would see them
 *     content_files.c  what one file tells: *.jar, METADATA, package.json
 *     content_go.c     what a program tells that Go has built
 *
 * What a distro's package has brought is the distro's, and left out. */
#ifndef DFIX_READER_CONTENTS_H
#define DFIX_READER_CONTENTS_H

#include "dfix/lookup.h"
#include "reader/rootfs.h"
#include "reader/tar.h"

/* Adds to `f` what is found. What is there and could not be looked into is told in `contents_why`.
 * False: a layer is damaged, or more than may be read; `f` is as it was. */
bool contents_of_layers(struct arena *a, struct layers layers, struct base_facts *f, struct err *e);

/* ---- one file ---- */

enum content_kind {
    CONTENT_NONE,
    CONTENT_JAR,
    CONTENT_PYTHON, /* *.dist-info/METADATA, *.egg-info/PKG-INFO */
    CONTENT_NODE,   /* node_modules/NAME/package.json */
    CONTENT_PROGRAM /* perhaps: its first bytes tell */
};
enum { CONTENT_FILE_MAX = 256 << 20, CONTENTS_MAX = 200 * 1000 };
enum content_kind content_kind(struct str path, uint64_t size);

struct content_list {
    struct arena *arena, *scratch;
    VEC(struct content) v;
    bool full;
    uint64_t *left; /* bytes that may still come out of archives */
};
/* A package by its record. Without a version it counts as one that cannot be checked. False: that
 * is no package's name or version, or there are too many. */
bool content_add(struct content_list *list, const char *ecosystem, struct str name,
                 struct str version, struct str path);
/* Of a kind that is read as a whole. False: it could not be looked into as a whole. */
bool content_take(struct content_list *list, enum content_kind kind, struct str path,
                  struct str bytes);
/* The entry in hand, if it is a program at all. `whole` as what content_take returns. False: the
 * layer is damaged. */
bool content_take_program(struct content_list *list, struct tar *t, struct str path, bool *whole,
                          struct err *e);
bool content_is_program(struct tar *t, bool *is, struct err *e);

/* What a record's text is told as: its bytes may be any. */
struct str content_text(struct arena *a, struct str path);

#endif
