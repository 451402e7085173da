/* files.h - what a build puts into files, as far as COPY, downloads and commands that write tell.
 */
#ifndef DFIX_FILES_H
#define DFIX_FILES_H

#include "commands/commands.h"

/* downloads.c. What fetched the script that this command runs; 0: it runs none. `f`: its fields,
 * from the program on. `touched`: globs of the packages that the script may bring, "" none. */
node_id download_run(const struct image *im, struct arena *a, node_id command,
                     const struct field *f, size_t n, struct str *touched);
bool text_may_fetch(struct str text);
/* What COPY takes from, when it is at hand. */
struct build_context {
    const struct lookup *lookup; /* NULL: nothing is known */
    struct str folder;           /* "" not known */
    struct context_memo *memo;
};
struct build_context *build_context_of(struct arena *a, const struct lookup *l, struct str folder);
enum answer build_context_read(const struct build_context *c, struct str path, bool *folder,
                               struct str *text);
/* The text of a script of the build context that a command of RUN runs. False: it runs none, or
 * what it runs is not at hand. `f`: its fields, from the program on. */
bool context_script(const struct image *im, struct arena *a, const struct build_context *c,
                    node_id command, const struct field *f, size_t n, struct str *text);
/* The same of a file that the stage's CMD or ENTRYPOINT starts, by its path in the image. */
bool context_file_of_start(const struct image *im, struct arena *a, unsigned stage, struct str path,
                           struct str *text);
bool context_may_run(const struct field *f, size_t n); /* cheap: a path, or a shell with one */
/* A path of the context as it is looked up there: no "./" or "/" before it. */
struct str context_path(struct str path);
/* The words of COPY or ADD, in either form: sources, and last where they go to. */
size_t copy_words(const struct image *im, struct arena *a, node_id instruction,
                  const struct value **out);
bool script_is_shells(struct str text); /* by its first line */
/* folders.c. The working folder after a WORKDIR, `at` before it; "" not known. */
struct str folder_of_workdir(const struct image *im, struct arena *a, struct str at,
                             node_id instruction);
/* written.c. A text that a command, COPY, or the redirection of a group, puts into a file. */
struct written {
    struct str path, text;
    bool append;
};
bool written_read(const struct image *im, struct arena *a, node_id n, struct written *out);
/* The value, with the idioms for the release's codename and the architecture put in. */
bool written_value(const struct image *im, struct arena *a, const struct value *v, struct str *out);

#endif
