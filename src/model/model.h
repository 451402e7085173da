/* model.h - what the model keeps of a file beside what all may see, and what its own files share.
 */
#ifndef DFIX_MODEL_H
#define DFIX_MODEL_H

#include "dfix/manager.h"
#include "model/scope.h"
#include "plans/plans.h"

struct beside;
struct cleaning;
struct lists_users;
struct sources_before;
struct stage_starts;
struct label_list;
struct commands;
struct image_files;
struct names;
/* What is worked out when it is first asked for. */
struct image_late {
    const struct stage_mention *mention; /* mentions.c's; NULL: not yet */
    size_t nmention;
    struct commands *commands;   /* NULL: not yet */
    struct image_files *files;   /* the same */
    struct beside *beside;       /* the same */
    struct stage_starts *starts; /* the same, by stage */
    struct label_list *labels;   /* own_name.c's */
    signed char *manifests;      /* libraries.c's: does the build run the programs of each? */
    const uint32_t *line;        /* where each begins; NULL: not yet */
    size_t nline;
    struct str *words; /* of each stage's instructions; NULL: not yet */
    enum { SPLIT_UNKNOWN, SPLIT_NONE, SPLIT_SOME } split; /* words that go on in the next line */
    /* Of each manager, by stage: is its settings' variable named there? 0: not asked yet */
    signed char *settings[MANAGERS];
    /* The file names a program that fetches, or a URL. */
    enum { FETCHES_UNKNOWN, FETCHES_NOT, FETCHES_PERHAPS } fetches;
    bool installs_found, sources_found;
    struct install *install;
    size_t ninstall;
    const struct install *(*first)[MANAGERS]; /* call by stage, those below it too */
    struct added_source *source;
    size_t nsource;
    struct cleaning *cleaning;                 /* cleaning.c's, of the managers asked for */
    struct sources_before *before;             /* before.c's */
    struct lists_users *lists_users[MANAGERS]; /* upkeep.c's; NULL: not yet */
};
/* What the model keeps of a file beside what all may see: image.self. */
struct image_own {
    struct definitions definitions;
    const struct build_context *context; /* NULL: a script's, which has none */
    struct str file;                     /* the name of the file itself; "" not known */
    struct names *first_named;           /* of each stage name: the first stage */
    unsigned *root;                      /* by stage: at the end of those it is built on */
    size_t *last_user; /* by stage: behind its last USER, or that of those; 0: none */
    struct image_late *late;
};
/* NULL: a script's, which has none. */
static inline const struct image_own *image_own(const struct image *im)
{
    return im->self;
}
/* context.c. What COPY takes from, when it is at hand. */
struct build_context {
    const struct lookup *lookup; /* NULL: nothing is known */
    struct str folder;           /* "" not known */
    struct context_memo *memo;
};
struct build_context *build_context_of(struct arena *a, const struct lookup *l, struct str folder);
enum answer build_context_read(const struct build_context *c, struct str path, bool *folder,
                               struct str *text);
/* The folders that may be given to the build: that of the file, then those above it. */
unsigned build_context_folders(const struct build_context *c);
struct str build_context_folder(const struct build_context *c, unsigned i);
/* What lies at the path in one of them. */
enum answer build_context_look(const struct build_context *c, unsigned i, struct str path,
                               struct context_entry *out);
enum answer build_context_names(const struct build_context *c, unsigned i, struct str path,
                                bool (*counts)(struct str name), struct context_entry *out);
/* beside.c. Bake files and compose in those folders. */
struct plan_text {
    struct str file, text;
};
struct beside {
    const struct plan_text *text;
    size_t ntext;
    const struct plan *plan; /* all that they say, of whatever file */
    size_t nplan;
};
const struct beside *image_beside(const struct image *im);
/* Does it build this file, or run what that is called? */
bool plan_is_of(const struct image *im, const struct plan *p);
/* own_name.c. Is that what the image of the last stage is called, as labels or its folder say? */
bool image_is_called(const struct image *im, struct str name);
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
/* uses.c. The next expansion of the variable in nodes of the scope's tree, behind `after` and
 * before `to`; 0: none. */
node_id scope_next_use(const struct scope *sc, struct str name, node_id after, node_id to);
/* stages.c. The first stage of that name; UINT32_MAX: none. */
unsigned stage_first_named(const struct image *im, struct arena *a, struct str name);

node_id loop_of(const struct scope *sc, node_id at, struct str name);
/* The `set` that gave the positional parameters; *last: its word before them. 0: not known. */
node_id set_before(const struct scope *sc, node_id at, node_id *last);
/* branches.c. The operator between a command of a list and what follows it; "" none. */
struct str operator_after(const struct tree *t, node_id n);
/* cut.c. The text without what matches at its start or end; false: not understood. */
bool text_cut(struct str text, struct str pattern, bool end, bool longest, struct str *out);
bool text_replace(struct arena *a, struct str text, struct str pattern, struct str with, bool all,
                  struct str *out);
/* branches.c. Inside if, case, a loop, a function or a substitution; behind `||`; in front of
 * it. */
bool node_in_branch(const struct tree *t, node_id n);
bool node_after_or(const struct tree *t, node_id n);
bool node_before_or(const struct tree *t, node_id n);

#endif
