/* fixer.h - all that a fixer may use. A fixer is a pure function from a parsed
 * file (and the answers of `lookup`) to fixes; it does no I/O.
 *
 * Adding one: fixers/my_rule.c with `const struct fixer fixer_my_rule`, a line
 * FIXER(my_rule) in fixers/fixers.def, and a theme in golden/my-rule/. */
#ifndef DFIX_FIXER_H
#define DFIX_FIXER_H

#include "dfix/calls.h"
#include "dfix/date.h"
#include "dfix/pick.h"
#include "dfix/facts.h"
#include "dfix/label.h"
#include "dfix/image.h"
#include "dfix/inventory.h"
#include "dfix/manager.h"
#include "dfix/policy.h"
#include "dfix/settings.h"
#include "dfix/upgrade.h"
#include "dfix/user.h"

enum safety {
    HINT,   /* shown with what to do, never applied */
    UNSAFE, /* the build or the running container may behave differently */
    SAFE    /* same image contents today, or policy says so outright */
};

struct run; /* the engine's own */
struct fix_ctx {
    const struct tree *tree;
    const struct image *image;
    const struct lookup *lookup;
    const struct settings *settings;
    struct arena *arena;
    struct run *run;
};

struct fixer {
    const char *id;      /* "pin-apk": file (pin_apk.c), golden folder, config key, ignore name */
    const char *aliases; /* codes that others know its findings by: "DL3006 DL3007"; may be "" */
    const char *family;  /* "SC": all codes of these letters and digits behind them; may be NULL */
    const char *title;   /* "Pin apk packages to the version in the index" */
    const char *why;     /* what it costs to leave it, as one sentence; may be NULL */
    const char *doc;     /* Markdown: what, why, when it stays silent, safety */
    enum safety safety;  /* the most that any of its fixes claims */
    enum severity severity;
    bool off;             /* runs only when selected or set in policy */
    bool security;        /* of the group "security" */
    bool hides;           /* what it points at is a secret: its lines are not shown */
    bool names_only;      /* reads the names of images, and nothing of what is in them */
    const char *asked_by; /* "rule.option=value": the policy of another rule that sets this one */
    const struct option_doc *options; /* ends with a NULL name; may be NULL */
    void (*run)(struct fix_ctx *c);
};

/* Every fixer, declared from the table: one that is not in it does not compile. */
#define FIXER(name) extern const struct fixer fixer_##name;
#include "../../fixers/fixers.def"
#undef FIXER

/* A fix is applied whole or not at all. `at` is what it is about. The title is
 * an imperative sentence without full stop: "Pin curl to 7.88.*". */
struct fix *fix_begin(struct fix_ctx *c, node_id at, enum safety s, const char *title, ...)
    DFIX_PRINTF(4, 5);
/* A finding without a change: says what is wrong and what to do. Like a fix
 * with safety HINT and no edits. */
struct fix *fix_hint(struct fix_ctx *c, node_id at, const char *message, ...) DFIX_PRINTF(3, 4);
/* Said, not done: why a place was left alone. */
struct fix *fix_skip(struct fix_ctx *c, node_id at, const char *why, ...) DFIX_PRINTF(3, 4);
/* A skip of what the rule looks for, which it cannot mend; and what is told, though it is not what
 * the code stands for. */
void fix_found(struct fix *f);
void fix_not_found(struct fix *f);
/* The same of a package, where its name is written. */
struct fix *fix_skip_package(struct fix_ctx *c, const struct package *p, const char *why, ...)
    DFIX_PRINTF(3, 4);
void fix_severity(struct fix *f, enum severity s);
/* Which of the fixer's codes this is; that of a fixer with one needs no saying. Of what hadolint
 * and BuildKit both report, both: "DL4000 MaintainerDeprecated". */
void fix_code(struct fix *f, const char *codes);
/* Why it was left alone, or what else to know of this place. The title is short and names what it
 * is about; the rest stands here, and is shown in a line of its own. */
void fix_why(struct fix *f, const char *why, ...) DFIX_PRINTF(2, 3);
/* What to do about it; without it, the fixer's title says that. */
void fix_help(struct fix *f, const char *help, ...) DFIX_PRINTF(2, 3);
/* A comment above this instruction suppresses it, too. */
void fix_excused_at(struct fix *f, node_id instruction);
/* The finding points at these bytes inside its node. */
void fix_point(struct fix *f, struct span at);

/* Edits name nodes, or bytes inside a node; quoting for shell, exec form or
 * Dockerfile word is done inside, so `value` is always the plain value. */
void fix_replace(struct fix *f, node_id n, struct str value);
void fix_append(struct fix *f, node_id word, struct str tail);
void fix_insert_at(struct fix *f, node_id inside, uint32_t offset, struct str value);
/* A constraint behind the name of a package. */
void fix_constrain(struct fix *f, const struct package *p, struct str constraint);
void fix_replace_at(struct fix *f, node_id inside, struct span s, struct str value);
/* A node goes with the blanks before it; a whole continued line goes whole. */
void fix_delete(struct fix *f, node_id n);
/* Commands that stand next to each other in one list (a command: first == last), with the
 * operators, continuations and comment lines that were theirs; the whole instruction when
 * nothing would be left in it. Refused where what is left could mean something else. */
void fix_delete_commands(struct fix *f, node_id first, node_id last);
/* A RUN goes on as `&& ...` of the RUN before it; comment lines between them stay. Refused where
 * an empty line and a comment part them. */
void fix_join(struct fix *f, node_id first, node_id second);
/* With the comment lines right above it. */
void fix_delete_instruction(struct fix *f, node_id instruction);
void fix_delete_below_comments(struct fix *f, node_id instruction); /* those lines stay */
/* A word of an instruction as it is written, without the quote that it begins with. */
struct str fix_written(const struct fix_ctx *c, node_id word);
/* Does it begin with a drive, as Windows' paths do: `C:`? */
bool path_has_drive(struct str path);
/* Are most names of the file's instructions in small letters? */
bool fix_writes_small(const struct fix_ctx *c);
/* An instruction, its name as the file writes names. */
struct str fix_instruction(const struct fix_ctx *c, struct str line);
/* Instructions, one a line ('\n' between them), without line end: the file's own line ends, the
 * instruction's indentation, and the case of its names are added. Never between a comment that
 * belongs to the instruction and the instruction. */
void fix_line_before(struct fix *f, node_id instruction, struct str line);
void fix_line_after(struct fix *f, node_id instruction, struct str line);
/* Shell text as it is: words must be quoted by the caller with fix_quote. */
void fix_replace_code(struct fix *f, node_id n, struct str code);
void fix_replace_code_at(struct fix *f, node_id inside, struct span s, struct str code);
void fix_insert_code(struct fix *f, node_id inside, uint32_t offset, struct str code);
void fix_delete_code(struct fix *f, node_id inside, struct span s);
/* The stage and all that names it, but for numbers and ONBUILD. */
void fix_rename_stage(struct fix *f, unsigned stage, struct str name);
struct str fix_quote(struct fix_ctx *c, node_id inside, struct str value);
/* A plain word more on a command's line, behind one of command_args (0: its program). */
void fix_add_argument(struct fix *f, const struct command *c, size_t after, struct str word);
/* Another plain word in place of one of command_args; of its program (0), the folder stays. */
void fix_reword(struct fix *f, const struct command *c, size_t which, struct str word);
/* One more command behind all that the command's RUN does, by sudo where that one is: where the RUN
 * is one chain of `&&`, or a list that stops at the first failure; elsewhere the fix is refused. */
void fix_append_command(struct fix *f, const struct command *c, struct str code);
/* Takes away words that stand before the program on the command's line: of command_words those
 * from `from` on, up to `to`. */
void fix_unwrap(struct fix *f, const struct command *c, size_t from, size_t to);
/* The fix cannot be done after all: it becomes a skip that says why. */
void fix_refuse(struct fix *f, const char *why);
/* This fix deletes the comments inside what it deletes, and its title says so. */
void fix_drops_comments(struct fix *f);
/* This fix changes the instruction list or opaque data of this node on purpose. */
void fix_declares(struct fix *f, node_id n);
/* This fix writes this ENV or LABEL anew, with the same names and values. Said before its edits;
 * the guard compares. */
void fix_respells(struct fix *f, node_id instruction);

/* A call of a package manager, as rules about versions see it. */
struct pin_call {
    struct fix_ctx *c;
    const struct install *install;
    const struct stage *stage;
    const struct source *source; /* of its packages, beyond the release's own */
    size_t nsource;
    const struct other_release *other; /* that its stage is built for, too */
    size_t nother;
    struct str target; /* apt's -t, by the suite's own name; "" none */
    bool told;         /* a reason that holds for the whole call was said */
    /* What was asked last of a suite: packages of one call come from few. */
    struct str suite;
    bool suite_rolls;
};
/* "": all that the call's packages can come from is known; otherwise why not, for people. */
struct str pin_call_open(struct pin_call *k, struct fix_ctx *c, const struct install *in);
/* Why no pattern of versions lives for any package of the stage's release; "": nothing of the kind.
 */
struct str stage_rolls(const struct fix_ctx *c, unsigned stage);
/* Every version of a package that the call could take, and the architectures that count. False:
 * none are known, and what there is to say of that was said. */
bool pin_call_ask(struct pin_call *k, const struct package *p, arch_set *archs,
                  struct package_info *info);
/* What the call takes of these versions, and the pin that says so: operator and version. False:
 * no pin would live, and why was said. */
bool pin_call_pin(struct pin_call *k, const struct package *p, arch_set archs,
                  const struct package_info *info, struct pin_style style, struct pick *x,
                  struct str *pin);
/* Puts the pin behind the name; `shown`: for people. */
void pin_call_write(const struct pin_call *k, const struct package *p, struct str pin,
                    struct str shown);
/* Says why a package takes no pin: package_fixed or the like. */
void pin_call_skip(const struct pin_call *k, const struct package *p, const char *why);

/* A pin that is moved to what would be installed without it, in its own style, where its version is
 * written; else a finding that says why it has to be done by hand. NULL: policy holds it back, and
 * that was said. */
struct pin_move {
    struct fix_ctx *c;
    const struct package *p;
    const struct manager *manager;
    const struct package_info *info;
    const struct pick *free; /* what would be installed without it */
    enum severity severity;
    const char *aside; /* behind the old version: ", which ...," */
    struct str tail;   /* behind the new one */
};
struct fix *fix_move_pin(const struct pin_move *m);
/* The pin as it is written. */
struct str pin_text(struct arena *a, const struct package *p);

/* Tells of the manager's unpinned calls in a file without FROM, where nothing can be pinned. */
void pin_calls_without_from(struct fix_ctx *c, const struct manager *m);

/* When the release's suites were last made, which is what a stage can be tied to; false: not known
 * yet. `why`: it cannot; "" it can. */
bool snapshot_date(struct fix_ctx *c, const struct stage *s, int64_t *date, struct str *why);

/* Options of the rule in hand, from policy, else the fallback. */
struct str fix_option(const struct fix_ctx *c, const char *name);
/* Was the rule asked for: selected, or given a level or an option in policy? */
bool fix_asked(const struct fix_ctx *c);
/* Was it asked for by this code, or by what hadolint's codes begin with? Then each of hadolint's
 * verdicts is wanted, also those that nobody has to act on. */
bool fix_asks_code(const struct fix_ctx *c, const char *code);
bool fix_asked_in_policy(const struct fix_ctx *c); /* the same without being selected */
bool fix_option_is(const struct fix_ctx *c, const char *name, const char *value);

#endif
