/* engine.h - the engine's own: one fixer's run over one tree, and the fixes it made. */
#ifndef DFIX_ENGINE_H
#define DFIX_ENGINE_H

#include "dfix/dfix.h"

/* A change as a verb made it: `inside` is the node that the fixer named. */
struct change {
    struct edit edit;
    node_id inside;
    bool line; /* whole lines put between instructions */
};

/* A fix, a hint (no changes) or a skip. Made by the verbs in verbs.c. */
struct fix {
    struct fix_ctx *ctx;
    const struct fixer *fixer;
    node_id at;
    node_id also; /* an instruction above which a comment excuses it too; 0: none */
    struct span point;
    enum safety safety;
    enum severity severity;
    bool skip, drops_comments;
    bool found;       /* it is what the rule looks for, even if it is a skip */
    bool judged;      /* by the guard */
    unsigned order;   /* of its fixer's */
    uint32_t subject; /* bytes of the title that name a package */
    struct str title, why, help;
    bool undone;         /* its changes were taken away again: `why` says on whose behalf */
    const char *codes;   /* NULL: the fixer's own, when it has one */
    const char *refused; /* a verb could not do its work: the fix becomes a skip */
    VEC(struct change) change;
    VEC(node_id) declared, respelled;
    VEC(node_id) joined; /* instructions that become part of the one before */
};

typedef VEC(struct fix *) fix_list;

/* What a fixer said of one version of the text. */
struct run {
    const struct fixer *fixer;
    fix_list fix;
    unsigned version;  /* 0: it did not run yet */
    struct str lacked; /* why a fact that it asked for could not be had; "" none */
    enum { LETTERS_UNKNOWN, LETTERS_CAPITAL, LETTERS_SMALL } letters; /* most instructions' */
};

/* Sort and join neighbours into one list; false when edits overlap. */
bool edits_join(struct arena *a, struct edits *e);
/* The changes of a fix as an edit list; false when they overlap. */
bool fix_edits(struct arena *a, const struct fix *f, struct edits *out);

/* The promise behind every fixer: `after` is `before` with the fix's edits applied.
 * NULL when it holds, else what is broken, in words. */
const char *guard_check(struct arena *a, const struct tree *before, const struct tree *after,
                        const struct fix *f, struct edits e);

/* spelling.c. Do two ENV or LABEL instructions give the same values to the same names, whatever
 * the variables are? */
bool same_pairs(struct arena *a, const struct tree *x, node_id nx, const struct tree *y,
                node_id ny);

/* pin_call.c. A suite by the name that it had on the day of the run: "stable-backports". */
struct str pin_call_suite(const struct fix_ctx *c, struct str suite);
/* pin_earlier.c. May the package be installed already when the call runs, in a version above what
 * the call takes and out of the pin's reach? */
struct goes_back {
    struct str why; /* "": that is not known yet */
    bool of_all;    /* it holds for all packages of the call */
};
bool pin_goes_back(const struct pin_call *k, const struct package *p, const struct pick *x,
                   struct str pin, struct goes_back *out);

/* checks.c. What `# check=` says. */
struct check {
    struct str skip, experimental; /* names with commas between; "all" */
    bool error;
};
bool check_read(struct str comment, struct check *out); /* without the `#`; false: it is none */
struct check check_of_file(const struct tree *t);
bool check_skips(const struct check *x, struct str codes);
bool check_turns_on(const struct check *x, const struct fixer *f);
bool check_raises(const struct check *x, struct str codes); /* to errors */
bool code_is_buildkits(struct str code);                    /* rules.c */

/* A comment that keeps rules away from an instruction; suppress.c says which. */
struct suppression {
    struct span span;    /* the comment */
    node_id instruction; /* what it is about; of a whole stage the first, and `last` */
    node_id last;
    struct str rules, until, reason;
    bool expired;
    bool hadolint; /* hadolint's own: hides nothing */
    bool check;    /* BuildKit's own: of this instruction's findings, those that `skips` names */
    struct check skips;
    bool whole_file, whole_stage;
    struct span below;    /* in the middle of an instruction: the line that it stands above */
    bool looked, package; /* was that line looked at; is a package of a list in it */
    const char *fault;    /* why it has no effect; NULL: it has */
    bool used;
};
struct suppressions {
    struct suppression *v;
    size_t n;
};
struct suppressions suppressions_of(struct arena *a, const struct tree *t,
                                    const struct rules *rules, struct str today);
/* What keeps a fixer's findings of these codes away from node `at`, marked as used; NULL: nothing
 * does. */
const struct suppression *suppression_for(struct suppressions *s, const struct image *im,
                                          const struct settings *settings, const struct fix *f,
                                          struct str codes);
/* Does it name a rule that no comment may suppress? */
bool suppression_forbidden(const struct settings *s, const struct suppression *x,
                           const struct rules *known);

/* Why a file is told of and never changed, and where it says so: BuildKit refuses it, it is a
 * template, or generated. "": it may be changed. */
struct str file_refused(struct arena *a, const struct image *im, struct span *at,
                        enum severity *severity);
/* Findings of places that a shell cannot read; how many. */
size_t unread_findings(struct arena *a, const struct image *im, struct finding **out);

/* What a fix has to say as one sentence: "would pin curl to 7.88.*, but its edits overlap". */
struct str finding_message(struct arena *a, const struct fix *f);
/* The same of one that is not done. */
struct str finding_not_done(struct arena *a, struct str title, struct str why);

/* A finding of no rule's. */
struct finding finding_by_engine(const char *rule, enum severity severity, struct span span,
                                 struct str message);
/* Is the span in the lines that count? */
bool lines_count(const struct settings *s, struct str text, struct span span);
/* The findings of a result: sorted, their places counted in the original text. */
void result_finish(struct result *r, const struct settings *s, struct str original,
                   struct finding *v, size_t n);

/* Are findings of these codes asked for as hadolint has them? */
bool code_is_asked(const struct settings *s, const struct fixer *f, struct str codes);
/* Is a finding of these codes meant by the name, the rule's or a code's? "": it may be any. */
bool finding_has_name(const struct fixer *f, struct str codes, struct str name);
/* The codes given, or the fixer's when it has one only; "" none. */
struct str finding_codes(const struct fixer *f, const char *codes);
/* Is the name that of a rule, a code, or a group that some rule is in? */
bool rules_are_named(const struct rules *r, struct str name);
const struct fixer *rules_find(const struct rules *r, struct str id_or_code); /* NULL: none */
struct str rules_near(const struct rules *r, struct str name);
/* What policy says of the rule; NULL: nothing. */
const struct rule_settings *rule_settings_of(const struct settings *s, const struct fixer *f);
/* How far the rule may go by what was said of it; LEVEL_UNSET: as far as the run. */
enum level rule_policy(const struct settings *s, const struct fixer *f);
static inline enum level level_in_run(enum level policy, bool unsafe)
{
    enum level run = unsafe ? LEVEL_UNSAFE : LEVEL_SAFE;
    return policy == LEVEL_UNSET ? run : policy;
}
/* How far the rule may go in this run; LEVEL_OFF: not at all. */
enum level rule_level(const struct settings *s, const struct fixer *f);
/* The same of its findings of these codes, `level` being the rule's. */
enum level finding_level(const struct settings *s, const struct fixer *f, struct str codes,
                         enum level level);

#endif
