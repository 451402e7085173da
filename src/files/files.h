/* files.h - what the files of this room share, and what other rooms ask that rules do not. */
#ifndef DFIX_FILES_H
#define DFIX_FILES_H

#include "commands/commands.h"
#include "dfix/file.h"

/* The file that file_of_program gave. */
struct program_file {
    unsigned stage;
    node_id before;
    struct str folder, word; /* word: without bytes when nothing is kept */
    struct file file;
};
enum { PROGRAMS_KEPT = 8 }; /* the last ones that were asked for */

/* What is worked out once of an image's files. */
struct image_files {
    const struct deed *deed;
    size_t ndeed;
    struct str *folder; /* by stage: the working folder at its end */
    struct str *at;     /* by command of the image's list: that which it works in */
    size_t ncommand;
    struct doer *doer;       /* deeds.c's */
    struct touched *touched; /* find.c's: deeds by the path that they touch; NULL: not yet */
    struct program_file program[PROGRAMS_KEPT];
    size_t nprogram; /* that were looked for */
};
struct image_files *image_files(const struct image *im);
/* As far as they are known in front of the node; image_files goes on from there. */
struct image_files *image_files_to(const struct image *im, node_id end);
/* May it have deeds? Told without working them out. */
bool step_acts(const struct step *s);

size_t deed_from(const struct image_files *all, node_id node); /* the first there or behind it */

/* folders.c. The path, from the folder on where it does not begin at the root. */
struct str path_from(struct arena *a, struct str folder, struct str path);
bool path_may_be(struct str pattern, struct str text); /* find.c */
/* Is the path the place, or below it (`rest` leads on from there), or can that not be told? */
enum fit { FITS_NOT, FITS, FITS_BELOW, FITS_PERHAPS };
enum fit place_fits(const struct place *p, struct str path, bool deep,
                    struct str *rest);     /* find.c */
bool place_is_said(const struct place *p); /* it may be a pattern, but all bytes are the shell's */
bool path_is_known(struct str path);       /* no pattern, no bytes that stand for others */
/* Is it in the folder, at whatever depth? `rest`: what leads on from there. */
bool path_is_below(struct str path, struct str folder, struct str *rest);

/* downloads.c. Does the command run a script that is downloaded? `by`: the command or ADD that does
 * that, as written; `touched`: globs of the packages that the script may bring, "" none. */
bool download_run(const struct image *im, const struct command *c, struct str *by,
                  struct str *touched);
bool is_fetcher(const struct command *c); /* curl, wget, aria2c */
/* What fetches in front of it in its pipeline; NULL: nothing. */
const struct command *fetched_upstream(const struct command *c);
/* find.c. The last thing before that node that downloads a file of this name; NULL: nothing. */
const struct deed *fetch_named(const struct image *im, unsigned stage, node_id before,
                               struct str name);

/* deed_copy.c. The words of COPY or ADD, in either form: sources, and last where they go to. */
size_t copy_words(const struct image *im, struct arena *a, node_id instruction,
                  const struct value **out);
bool script_is_shells(struct str text); /* by its first line */
/* texts.c. The value, with the idioms for the release's codename and the architecture put in. */
bool written_value(const struct scope *sc, struct arena *a, const struct stage *stage,
                   const struct value *v, struct str *out);

#endif
