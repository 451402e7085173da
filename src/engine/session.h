/* session.h - one text, what is known of it, and what the rules said of it. */
#ifndef DFIX_ENGINE_SESSION_H
#define DFIX_ENGINE_SESSION_H

#include "engine.h"

struct session {
    struct budget budget;
    struct arena *arena; /* of the whole session, under the budget */
    struct arena *here;  /* of the text at hand, within it */
    const struct rules *rules;
    const struct settings *settings;
    const struct lookup *world;
    struct lookup lookup; /* notes what is pending, then asks the world */
    struct str original, text;
    unsigned version;        /* of the text, from 1 on */
    const struct tree *tree; /* of text */
    const struct image *image;
    const node_id *outer; /* the nodes right under the file */
    size_t nouter;
    struct suppressions suppressions;
    struct check check;       /* what the file says of BuildKit's checks */
    const enum level *policy; /* by rule: rule_policy */
    struct run *run;          /* by rule: the last one */
    bool asks_bases;          /* a rule runs that reads what they hold */
    bool pending;
    struct str lacked; /* why a fact that the rule in hand asked for could not be had; "" none */
    struct arena *outside; /* of who asked */
    struct result *result;
    size_t asked; /* the finding that is guarded */
};

/* `a` holds the session's memory until it is closed. */
struct session *session_open(struct arena *a, struct str text, const struct rules *rules,
                             const struct settings *settings, const struct lookup *world);
/* Does the work within what the file may cost. False: it was over that, the session's memory is
 * gone, and the result, in `a` like all that stays, says so. */
bool session_run(struct session *s, struct arena *a, void (*work)(struct session *s));
/* First in the work: the budget counts from here on, the text is read. */
void session_start(struct session *s);
/* The text goes on as this one. */
void session_load(struct session *s, struct str text);
/* What the rule says of the text at hand: asked once a version. */
struct run *session_ask(struct session *s, size_t rule);

typedef VEC(struct finding) finding_list;

/* findings.c. What a fix says; of the finding's severity the policy decides, else the file's
 * `# check=error=true`, else the fix. */
struct finding finding_of(const struct session *s, struct arena *a, const struct fix *f);
enum severity finding_severity(const struct session *s, const struct fix *f, struct str codes);
/* Why a fix cannot be done, said as a skip. */
void finding_refuse(struct arena *a, struct finding *x, const char *why);
/* A skip of what was asked for by its code: a finding, though nothing can be done here. */
void finding_stands(const struct session *s, const struct fix *f, struct finding *x);
/* Comments that suppress nothing, or may not. */
void suppression_findings(struct session *s, finding_list *out);

/* judge.c. The guard on fixes of one rule, taken together: those that break a file become refused.
 * What is left in `fixes` is the largest set that is found to hold together; `out` are its edits.
 */
void judge(struct session *s, fix_list *fixes, struct edits *out);
/* Each as if it were the only one: what is refused is marked. Puts them into another order. */
void judge_each(struct session *s, struct fix **v, size_t n);

#endif
