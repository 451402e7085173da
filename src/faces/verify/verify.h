/* verify.h - dfix verify: what is compared, and how the outcome is told. */
#ifndef DFIX_FACES_VERIFY_H
#define DFIX_FACES_VERIFY_H

#include "dfix/verify.h"
#include "faces/faces.h"

/* A file before and after. */
struct verified {
    struct str path;          /* in messages: of the one after */
    struct str before, after; /* the texts */
    struct str folder;        /* of the build context, from the root; "" not known */
    bool new, gone;           /* there is none before; none after */
    struct differences found;
    struct str why; /* not "": it could not be compared */
};
typedef VEC(struct verified) verified_list;

/* inputs.c. What the words and --git name; false: something could not be read. */
bool verify_inputs(struct arena *a, const struct command_line *c, verified_list *out,
                   struct err *e);

/* patch.c. One file of a patch in the form of diff -u: its old name, its new one, and what it does.
 * Names as they stand there, without a/ and b/; "" where there is no such file. */
struct patch_file {
    struct str old, new;
    struct str hunks;
};
typedef VEC(struct patch_file) patch_list;
/* False: the text is no patch. */
bool patch_read(struct arena *a, struct str text, patch_list *out);
/* The text with the hunks applied, or taken back; false: their lines are not there. */
bool patch_apply(struct arena *a, struct str text, struct str hunks, bool back, struct str *out);

/* report.c */
typedef bool kind_set[DIFFERENCE_KINDS];
enum verify_format { VERIFY_TEXT, VERIFY_JSON, VERIFY_SARIF };
void verify_report(struct arena *a, enum verify_format format, const verified_list *v,
                   const kind_set allowed, bool quiet);

#endif
