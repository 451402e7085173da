/* dfix.h - the public face of libdfix: text and settings in, findings and
 * edits out. Does no I/O but through `lookup`. */
#ifndef DFIX_DFIX_H
#define DFIX_DFIX_H

#include "dfix/fixer.h"
#include "dfix/settings.h"

/* The rules of a run, in the order in which they run. */
struct rules {
    const struct fixer *const *v;
    size_t n;
};
extern const struct rules dfix_rules; /* the program's own */

/* How far each rule of a run may go by the names in the settings, before what a file says. */
struct rule_levels {
    const struct rules *rules;
    const enum level *v;
};
/* Puts them into the settings. */
void dfix_settle(struct arena *a, const struct rules *rules, struct settings *s);

/* What it takes to mend a finding, under the policy in hand. */
enum remedy { REMEDY_NONE, REMEDY_FIX, REMEDY_UNSAFE /* --unsafe besides */ };

/* One finding. `message` is what `title`, `why` and `help` come to, as one sentence. */
struct finding {
    const struct fixer *fixer; /* NULL: the engine's own (suppressions, guard) */
    const char *rule;          /* id */
    struct str code;           /* the one of the rule's codes that it is: "DL3006"; "" none */
    struct str codes; /* it, and what others call the same: "DL4000 MaintainerDeprecated" */
    struct str title; /* what is wrong, or what the fix does */
    struct str why;   /* why it was not done, or what else to know; "" */
    struct str help;  /* what to do; the rule's title where nothing else is said; "" */
    struct str url;   /* where its code is explained; "" */
    enum severity severity;
    enum safety safety;
    bool skip;          /* left alone: `message` says why */
    bool found;         /* it is what the code stands for, mended or not: a skip may be, too */
    bool applied;       /* dfix_fix: its edits are in the result */
    bool fixable;       /* dfix_check: there are edits; dfix_guard gives them */
    bool wants_unsafe;  /* it has a fix, which only settings.unsafe would let through */
    enum remedy remedy; /* not of what was applied */
    struct span span;   /* over the original text */
    struct place_lc start, end;
    struct str message;
    uint32_t subject;     /* a skip: so many bytes of the message name the package it is about */
    uint32_t instruction; /* where the instruction begins that it is about, in the original text */
    struct edits edits;   /* over the original text, to be applied alone; after dfix_guard */
    void *self;           /* the engine's own */
};
/* A rule that could not judge the file: a fact that it needed could not be had. */
struct unchecked {
    const struct fixer *fixer;
    struct str why;
};
/* What a stage is built on, and who says so. */
struct base_told {
    struct place_lc place;
    struct str image;
    struct release release; /* distro "": not known */
    struct str source;      /* "registry", "layout", "file", "table"; "": nobody knew */
};
struct result {
    struct finding *finding; /* by place, then rule */
    size_t nfinding;
    const struct base_told *base; /* of the original text: stages built on images */
    size_t nbase;
    const struct unchecked *unchecked; /* each rule once */
    size_t nunchecked;
    struct edits edits; /* dfix_fix: over the original text */
    struct str text;    /* dfix_fix: with the edits applied */
    uint64_t *spent;    /* nanoseconds of each rule, in their order; NULL: not timed */
    bool pending;       /* lookup.resolve, then run again */
    bool broken;        /* a fixer broke the guard: a finding names it */
    bool binary;        /* not a text: nothing was done */
    /* Why the file is told of and not changed, as a finding says as well: BuildKit refuses it, it
     * is a template, it says that it is generated. "": it may be changed. */
    struct str refused;
    struct str over; /* it costs more than settings.limits: why nothing was done; "" */
    void *self;      /* the engine's own */
};

/* Each rule on the original text. */
struct result dfix_check(struct arena *a, struct str text, const struct rules *rules,
                         const struct settings *s, const struct lookup *l);
/* The edits of a check's findings, judged by the guard: those that break it become skips that say
 * so. Of one finding, or of all of them at once. */
void dfix_guard(struct result *r, size_t finding);
void dfix_guard_all(struct result *r);
/* What a check knows of the text, as long as its arena lives; NULL: nothing, it was over a limit.
 */
const struct image *dfix_image(const struct result *r);
/* Rules in order, each on what the one before left, until silent. */
struct result dfix_fix(struct arena *a, struct str text, const struct rules *rules,
                       const struct settings *s, const struct lookup *l);

/* A copy of what a result holds, the given text apart: the arena that it was made in, which also
 * has the trees, may then be closed. Nothing is guarded any more. */
struct result dfix_keep(struct arena *a, const struct result *r);

const struct fixer *const *dfix_fixers(size_t *n);     /* the program's, in run order */
const struct fixer *dfix_fixer(struct str id_or_code); /* of these; NULL: none */
bool fixer_has_name(const struct fixer *f, struct str id_or_code);
/* Is it a rule's name, a code, what codes begin with (DL3), or a group: all, safe, security,
 * hadolint, buildkit? */
bool dfix_is_named(struct str name);
/* Does the rule run, at whatever level? */
bool dfix_is_on(const struct settings *s, const struct fixer *f);
/* Who says so: --select and --ignore, the policy, hadolint's file or variables, or the table. */
enum decided { DECIDED_BY_DEFAULT, DECIDED_BY_POLICY, DECIDED_BY_HADOLINT, DECIDED_BY_WORDS };
enum decided dfix_decided_by(const struct settings *s, const struct fixer *f);
/* The id that a mistyped one is meant to be; "" none. */
struct str dfix_fixer_near(struct str name);

#endif
