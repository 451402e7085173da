/* faces.h - what the commands of the program share. */
#ifndef DFIX_FACES_H
#define DFIX_FACES_H

#include "dfix/dfix.h"
#include "faces/options.h"
#include "services/config.h"
#include "services/world.h"

enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_FAILED = 2 };

/* Each command: the exit status. Words after the command's name. */
int command_run(struct arena *a, const struct command_line *c);
int command_rules(struct arena *a, const struct command_line *c);
int command_explain(struct arena *a, const struct command_line *c);
int command_index(struct arena *a, const struct command_line *c);
int command_tree(struct arena *a, const struct command_line *c);

/* The rules that a policy file may name. */
struct config_rules settings_rules(struct arena *a);
/* Policy and command line together, for all files; a project's file comes on top by file. */
bool settings_load(struct arena *a, const struct command_line *c, struct config *out,
                   struct err *e);
/* `base` with what the policy file for the Dockerfile at `path` adds. */
bool settings_for(struct arena *a, const struct command_line *c, const struct config *base,
                  struct str path, struct config *out, struct err *e);

/* rules.c: no rule has this name; false */
bool no_rule(struct str name, struct err *e);

enum mode { MODE_CHECK, MODE_DIFF, MODE_FIX };

/* One file of a run. */
struct job {
    struct str path;   /* to read and write; "-": standard input */
    struct str label;  /* in messages */
    struct str target; /* where its bytes are, links followed; as patches name it */
    struct arena *arena;
    const struct settings *settings;
    struct str text;
    struct result result;
    bool settled;
    bool unwritten; /* the fixed text could not be put in its place */
};

/* report.c: for people */
const char *severity_name(enum severity s); /* "warning" */
const char *safety_name(enum safety s);     /* "safe" */
struct report {
    enum mode mode;
    bool json, quiet;
    size_t printed; /* files so far */
    size_t findings, fixable, wants_unsafe;
};
/* Text of others' making, with what would steer a terminal spelled out. */
void report_text(FILE *out, struct str text);
void report_findings(FILE *out, struct report *r, const struct job *j);
void report_diff(FILE *out, const struct job *j);
struct str report_patch(const struct job *j); /* in the job's arena */
void report_sum(FILE *out, const struct report *r);

/* report_json.c: for programs, one document */
void report_json_begin(FILE *out, const char *mode);
void report_json_file(FILE *out, struct report *r, const struct job *j);
void report_json_end(FILE *out, const struct world_note *note, size_t n);

/* progress.c: tell on standard error what the world is waited for, where that is wanted. */
struct world;
void progress_watch(struct arena *a, struct world *w, const struct command_line *c);

#endif
