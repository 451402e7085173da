/* values.h - what image/ keeps of the variables that a file defines. */
#ifndef DFIX_VALUES_H
#define DFIX_VALUES_H

#include "dfix/manager.h"
#include "scope.h"

struct build_context;
struct sources_before;
struct commands;
struct names;
struct use;
/* What is worked out when it is first asked for. */
struct image_late {
    const struct commands *commands; /* NULL: not yet */
    struct str *words;               /* of each stage's instructions; NULL: not yet */
    /* Of each manager, by stage: is its settings' variable named there? 0: not asked yet */
    signed char *settings[MANAGERS];
    bool installs_found, sources_found;
    struct install *install;
    size_t ninstall;
    const struct install *(*first)[MANAGERS]; /* call by stage, those below it too */
    struct added_source *source;
    size_t nsource;
    struct sources_before *before; /* before.c's */
    struct use *use;               /* uses.c's, in its order; NULL: not yet */
    size_t nuse;
};
/* What image/ keeps of a file beside what all may see: image.self. */
struct image_own {
    struct definitions definitions;
    const struct build_context *context; /* NULL: a script's, which has none */
    bool may_fetch;                      /* the file names a program that fetches, or a URL */
    const uint32_t *line;                /* where each begins */
    size_t nline;
    struct names *first_named; /* of each stage name: the first stage */
    unsigned *root;            /* by stage: at the end of those it is built on */
    size_t *last_user;         /* by stage: behind its last USER, or that of those; 0: none */
    struct image_late *late;
};
const struct image_own *image_own(const struct image *im); /* NULL: a script's, which has none */
/* by_stage.c. Things in reading order, each with its stage, by the stage. Walked back from the end
 * of a stage, then on in the stage that it is built on. */
struct by_stage {
    size_t *first;   /* by stage, and one more */
    unsigned *above; /* by stage: the next one that it is built on and that has any */
};
struct stage_walk {
    const struct by_stage *by;
    unsigned above;
    size_t first, end;
};
struct by_stage *by_stage_of(const struct image *im, struct arena *a, const unsigned *stage,
                             size_t n);
struct stage_walk by_stage_from(const struct by_stage *b, unsigned stage);
bool by_stage_back(struct stage_walk *w, size_t *out); /* false: no more */
/* uses.c. The next expansion of the variable in nodes of the tree, the file's or that of a text for
 * another shell, behind `after` and before `to`; 0: none. */
node_id image_next_use(const struct image *im, const struct tree *t, struct str name, node_id after,
                       node_id to);
/* before.c */
void calls_index(const struct image *im, struct arena *a, struct image_late *late);
void sources_index(const struct image *im, struct arena *a, struct image_late *late);
typedef VEC(struct source) source_vec;
/* The sources that the file adds before the call. */
void install_added_sources(const struct image *im, struct arena *a, const struct install *in,
                           source_vec *v);
const struct install *install_of_command(const struct image *im, node_id command); /* NULL: none */
/* The next call of the instruction behind `after` (NULL: the first); NULL: no more. */
const struct install *install_of_instruction(const struct image *im, node_id instruction,
                                             const struct install *after);
unsigned image_line(const struct image *im, node_id n); /* that it begins in, from 1 */
/* stages.c. The first stage of that name; UINT32_MAX: none. */
unsigned stage_first_named(const struct image *im, struct arena *a, struct str name);

node_id loop_of(const struct tree *t, node_id at, struct str name);
/* The `set` that gave the positional parameters; *last: its word before them. 0: not known. */
node_id set_before(const struct tree *t, node_id at, node_id *last);
struct str operator_after(const struct tree *t, node_id n);
/* cut.c. The text without what matches at its start or end; false: not understood. */
bool text_cut(struct str text, struct str pattern, bool end, bool longest, struct str *out);
bool text_replace(struct arena *a, struct str text, struct str pattern, struct str with, bool all,
                  struct str *out);
/* asks.c. Inside if, case, a loop, a function or a substitution; behind `||`. */
bool node_in_branch(const struct tree *t, node_id n);
bool node_after_or(const struct tree *t, node_id n);
/* ../commands/wrappers.c */
struct str path_basename(struct str path);
struct str path_without_slash(struct str path); /* at its end; "/" stays */
/* The program's name without its folder; "" when it is not known. */
struct str command_program(const struct field *f);
/* How many fields come before the command that is started in the end; of enum wrapper. */
size_t wrappers_end(const struct field *f, size_t n, unsigned *which);
/* downloads.c. What fetched the script that this command runs; 0: it runs none. `f`: its fields,
 * from the program on. `touched`: globs of the packages that the script may bring, "" none. */
node_id download_run(const struct image *im, struct arena *a, node_id command,
                     const struct field *f, size_t n, struct str *touched);
bool text_may_fetch(struct str text);
/* scripts.c */
bool word_is_one_of(struct str s, const char *list); /* blanks between the list's words */
/* A text inside the file that another shell reads: an image of its own, without stages. Nothing
 * is known there of the variables around it. */
struct script {
    struct image image;
    node_id word; /* of the file */
    struct value value;
};
/* Which of a command's fields is such a text; 0: none. */
size_t script_field(const struct field *f, size_t n, bool *bash);
bool script_read(struct arena *a, const struct field *f, bool bash, struct script *out);
enum { SCRIPTS_DEEP = 3 }; /* how deep `sh -c` in `sh -c` is followed */
/* The text that a command hands to another shell; NULL: none, or none that can be read. */
struct script *script_of(struct arena *a, const struct field *f, size_t n);
/* The script that a command runs: what a shell is given, or what is called by its path; "" none. */
struct str script_path(const struct field *f, size_t n, bool shell);
/* Where bytes of the text stand in the file; false: not in one piece, as they are. */
bool script_place(const struct script *s, struct span in, struct span *out);
/* lists.c. Is it known from the registry where the stage's base image takes apt packages from? */
bool stage_tells_sources(const struct stage *s);
/* dated.c. An archive as it was on some day: its versions are not today's. */
bool uri_is_dated(struct str uri);
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
/* The same of what the stage's CMD or ENTRYPOINT starts; `script`: when a shell reads it. */
bool context_file_of_start(const struct image *im, struct arena *a, unsigned stage,
                           const struct field *f, size_t n, struct str *text);
bool context_script_of_start(const struct image *im, struct arena *a, unsigned stage,
                             const struct field *f, size_t n, struct str *text);
bool context_may_run(const struct field *f, size_t n); /* cheap: a path, or a shell with one */
/* A path of the context as it is looked up there: no "./" or "/" before it. */
struct str context_path(struct str path);
/* The words of COPY or ADD, in either form: sources, and last where they go to. */
size_t copy_words(const struct image *im, struct arena *a, node_id instruction,
                  const struct value **out);
bool script_is_shells(struct str text); /* by its first line */
/* signs.c. What shows that a text, a program by its name, or a script, changes where a package
 * manager takes packages from; NULL nothing. */
struct sign {
    const char *text, *why;
    const struct manager *manager;
};
const struct sign *sign_in(struct str text);
const struct sign *sign_of_program(struct str name);
const struct sign *sign_in_script(struct str text);
/* landing.c. Why what a command, COPY, redirection or mount does may put a file among the manager's
 * settings that cannot be read here; NULL: it does not. `folder`: the working folder, "" not
 * known. */
const char *lands_unread(const struct image *im, struct arena *a, const struct manager *m,
                         struct str folder, node_id n);
bool copy_unpacks(const struct image *im, struct arena *a, node_id instruction); /* ADD x.tar / */
/* privilege.c. Why only root can do what a command does; NULL nothing shows it. */
const char *command_needs_root(struct arena *a, const struct field *f, size_t n);
bool is_system_path(struct str path); /* where only root writes, in any image */
/* The file that a redirection writes; "" none, or not known. */
struct str redirect_output(const struct image *im, struct arena *a, node_id redirect);
/* root_programs.c. "nginx, which it starts, gives up root itself": of the words of a command,
 * behind what only starts another one, and in texts for other shells. "" nothing says so. */
struct str root_program(struct arena *a, const struct field *f, size_t n);
struct str root_program_of_script(struct arena *a, struct str text);
bool starts_another(struct str word);
/* modes.c. May others than its owner run the program at this path, as far as the file says? True
 * too when that owner is not root. */
bool image_may_run(const struct image *im, struct arena *a, unsigned stage, struct str program);
/* owners.c. The working folder after a WORKDIR, `at` before it; "" not known. */
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
/* repositories.c. The lines of apk's list; broken: one is not understood. */
struct source_list;
void repositories_read(struct arena *a, struct str text, struct source_list *out);
/* What add-apt-repository adds. */
bool repository_added(const struct image *im, struct arena *a, node_id n, struct source_list *out);

#endif
