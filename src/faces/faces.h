/* faces.h - what the commands of the program share. */
#ifndef DFIX_FACES_H
#define DFIX_FACES_H

#include "dfix/dfix.h"
#include "faces/options.h"
#include "config/config.h"
#include "host/held.h"
#include "workspace/workspace.h"
#include "world/world.h"

enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_FAILED = 2 };

/* cli/program.c: all of the program. */
int dfix_program(int argc, char **argv);
/* Each command: the exit status. Words after the command's name. */
int command_run(struct arena *a, const struct command_line *c);
int command_rules(struct arena *a, const struct command_line *c);
int command_explain(struct arena *a, const struct command_line *c);
int command_index(struct arena *a, const struct command_line *c);
int command_advisories(struct arena *a, const struct command_line *c);
int command_report(struct arena *a, const struct command_line *c);
int command_gate(struct arena *a, const struct command_line *c);
int command_accept(struct arena *a, const struct command_line *c);
int command_completion(struct arena *a, const struct command_line *c);
int command_schema(struct arena *a, const struct command_line *c);
/* policy_words.c: the keys of dfix.yaml */
void policy_markdown(FILE *out);
void policy_man(FILE *out);
void policy_schema(FILE *out);
bool policy_key(size_t i, struct str *path, struct str *example); /* false: no more */
void report_schema(FILE *out);                                    /* of --format json */
void bot_schema(FILE *out);                                       /* of dfix pr --json */
int command_init(struct arena *a, const struct command_line *c);
int command_tree(struct arena *a, const struct command_line *c);
int command_lsp(struct arena *a, const struct command_line *c);
int command_pr(struct arena *a, const struct command_line *c);
int command_verify(struct arena *a, const struct command_line *c); /* verify/ */

/* settings.c. What the command line says over every policy file, and both together for all files.
 */
bool settings_wishes(struct arena *a, const struct command_line *c, struct wishes *out,
                     struct err *e);
bool settings_load(struct arena *a, const struct command_line *c, struct config *out,
                   struct err *e);

/* rules.c: no rule has this name; false */
bool no_rule(struct str name, struct err *e);

enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };
enum mode { MODE_CHECK, MODE_DIFF, MODE_FIX };

/* outcome.c: counts of a run */
struct outcome {
    enum fail_level fail_on; /* findings from this severity on end a run with 1 */
    size_t files, findings;
    size_t fixed;             /* of the findings, in the files or the patch */
    size_t by_fix, by_unsafe; /* of the others, what --fix and --fix --unsafe mend */
    size_t written;
    size_t failed;          /* files that could not be read, judged or written */
    size_t unchecked;       /* files for which some fact could not be had */
    bool lacking;           /* one of those facts counts as a failure */
    bool found, patched;    /* something that ends a run with 1 */
    VEC(struct str) reason; /* why facts could not be had, each once */
    uint64_t *spent;        /* nanoseconds of each rule; NULL: not timed */
};
/* --timing: a line for each rule that took time. */
struct str outcome_timing(const struct outcome *o, struct arena *a);
/* settings.c. --import-hadolint. */
int import_hadolint(struct arena *a, const struct command_line *c);
bool outcome_level(const struct command_line *c, enum fail_level *out, struct err *e);
struct str outcome_line(const struct outcome *o, struct arena *a, enum mode mode);
bool outcome_silent(const struct outcome *o); /* nothing that anybody has to know */

/* changed.c: --changed */
struct changed {
    struct arena *arena;
    bool asked;
    struct str top; /* of the repository; NUL-terminated */
    VEC(struct changed_file *) file;
};
bool changed_open(struct changed *c, struct arena *a, const struct command_line *line,
                  struct err *e);
/* Is the file at this absolute path in the repository that was asked? */
bool changed_covers(const struct changed *c, struct str path);
/* The repository of its own, inside that one, which has changed and holds the file; "": none. */
struct str changed_apart(const struct changed *c, struct str path);
/* Only what changed counts in it; false: nothing did. */
bool changed_limit(struct changed *c, struct str path, struct settings *s);

/* baseline.c: --baseline */
struct baseline_entry {
    struct str file;
    const char *rule;
    struct str print;
};
struct baseline {
    struct arena *arena;
    struct str file; /* "": none */
    bool writes;
    VEC(struct str) known; /* fingerprints, sorted */
    VEC(struct baseline_entry) entry;
};
bool baseline_open(struct baseline *b, struct arena *a, const struct command_line *c,
                   struct err *e);
void baseline_apply(struct baseline *b, struct job *j); /* the result has what is new */
bool baseline_close(struct baseline *b, struct err *e);

/* show.c: --show-settings */
int show_settings(struct arena *a, const struct command_line *c);

/* watch.c: --watch; until it is killed */
int watch_run(const struct command_line *c,
              int (*run)(struct arena *a, const struct command_line *c));

/* report.c: for people */
const char *severity_name(enum severity s); /* "warning" */
const char *safety_name(enum safety s);     /* "safe" */
struct report {
    enum mode mode;
    enum colour colour;
    bool json; /* a document for programs, not a text for people */
    bool quiet, verbose;
    bool filter;     /* standard output takes the fixed file and nothing else */
    bool no_fail;    /* findings do not matter to the exit status */
    struct str site; /* of the pages on the rules; "" none */
};
void outcome_add(struct outcome *o, struct arena *a, const struct report *to, const struct job *j);
int outcome_status(const struct outcome *o, const struct report *r);
void report_diff(FILE *out, const struct report *r, const struct job *j);
struct str report_patch(struct arena *a, struct str target, struct str text, struct edits e);

/* colour.c: auto, always, never */
bool colour_of(const struct command_line *c, enum colour *out, struct err *e);
bool colour_is_wanted(enum colour when, FILE *out);

/* terminal.c: text of others' making, with what would steer a terminal or a CI spelled out */
void report_text(FILE *out, struct str text);
void terminal_add(struct buf *b, struct str text);
/* What the world noted, on standard error. True: something that was needed could not be had. */
bool report_notes(struct world *w);
void report_line_start(FILE *out, struct str text);
void terminal_add_line(struct buf *b, struct str text); /* where a line starts */
void say_error(const char *text);                       /* a line on standard error */
/* Only ASCII's characters that are printed, and no '#'? Nearly every text is of this kind. */
bool terminal_is_ascii(struct str s);
/* One character of UTF-8, and how many bytes it has; 0: these bytes are none. */
size_t terminal_character(struct str s, size_t i, uint32_t *out);
/* May this one be printed as it is? */
bool terminal_is_plain(struct str s, size_t i, uint32_t c);

/* told.c: how a finding is told */
struct told {
    size_t count;    /* places of one instruction that this tells of; 0: another one tells it */
    struct str also; /* what the other places are: " (also: git, jq)"; "" */
};
struct told *told_of(struct arena *a, const struct result *r); /* one a finding */

/* streams.c */
void streams_open(void);
/* Where both output streams are one file, what goes to standard error would land in what is
 * printed: it goes nowhere. */
void streams_join(void);
bool streams_is_output(const char *path); /* is this what standard output is? */
void streams_check(FILE *out);            /* keeps why a write failed */
bool streams_put(struct str text);        /* all of it to standard output */
bool streams_end(void); /* false: output was lost, which is said where it can be */

/* filter.c: `dfix --fix -` */
bool filter_asked(const struct command_line *c);
/* All of standard input; false when that failed, with what was read so far. */
bool filter_read(struct arena *a, struct str *text, struct err *e);
/* The text and what is left of the input, as it came. */
void filter_give_back(struct str text);
/* What holds for the text of a filter: nothing unsafe that the command line does not ask for. */
const struct settings *filter_settings(struct arena *a, const struct command_line *c,
                                       const struct settings *s);
/* Is it one that an editor waits for, which looks only into the cache? */
bool filter_is_hasty(const struct command_line *c, const struct settings *s);
/* What it lacked is fetched for the next time, by a run that outlives this one. */
void filter_update(struct workspace *w, const struct job *j);

/* progress.c: tell on standard error what the world is waited for, where that is wanted. */
struct world;
void progress_watch(struct arena *a, struct world *w, const struct command_line *c);

#endif
