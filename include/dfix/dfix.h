/* dfix.h - the public face of libdfix: text and settings in, findings and
 * edits out. Does no I/O but through `lookup`. */
#ifndef DFIX_DFIX_H
#define DFIX_DFIX_H

#include "dfix/fixer.h"
#include "dfix/settings.h"

/* What it takes to mend a finding, under the policy in hand. */
enum remedy { REMEDY_NONE, REMEDY_FIX, REMEDY_UNSAFE /* --unsafe besides */ };

/* One finding. Its edits are over the text given to dfix_check, so that each can
 * be applied alone; dfix_fix composes them into one list instead. */
struct finding {
    const struct fixer *fixer; /* NULL: the engine's own (suppressions, guard) */
    const char *rule;          /* id */
    enum severity severity;
    enum safety safety;
    bool skip;          /* left alone: `message` says why */
    bool applied;       /* dfix_fix: its edits are in the result */
    bool wants_unsafe;  /* it has a fix, which only settings.unsafe would let through */
    enum remedy remedy; /* not of what was applied */
    struct span span;   /* over the original text */
    struct place_lc start, end;
    struct str message;
    uint32_t subject;     /* a skip: so many bytes of the message name the package it is about */
    uint32_t instruction; /* where the instruction begins that it is about, in the original text */
    struct edits edits;   /* dfix_check only; empty: nothing to apply */
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
    const struct finding *finding; /* by place, then rule */
    size_t nfinding;
    const struct base_told *base; /* of the original text: stages built on images */
    size_t nbase;
    const struct unchecked *unchecked; /* each rule once */
    size_t nunchecked;
    struct edits edits; /* dfix_fix: over the original text */
    struct str text;    /* dfix_fix: with the edits applied */
    bool pending;       /* lookup.resolve, then run again */
    bool broken;        /* a fixer broke the guard: a finding names it */
    bool binary;        /* not a text: nothing was done */
    /* Why the file is told of and not changed, as a finding says as well: BuildKit refuses it, it
     * is a template, it says that it is generated. "": it may be changed. */
    struct str refused;
};

/* Each fixer on the original text. */
struct result dfix_check(struct arena *a, struct str text, const struct settings *s,
                         const struct lookup *l);
/* Fixers in table order, each on what the one before left, until silent. */
struct result dfix_fix(struct arena *a, struct str text, const struct settings *s,
                       const struct lookup *l);

/* A copy of what a result holds, the given text apart: the arena that it was made in, which also
 * has the trees, may then be closed. */
struct result dfix_keep(struct arena *a, const struct result *r);

const struct fixer *const *dfix_fixers(size_t *n);      /* in run order */
const struct fixer *dfix_fixer(struct str id_or_alias); /* NULL: none */
/* Does the rule run, at whatever level? */
bool dfix_is_on(const struct settings *s, const struct fixer *f);
/* The id that a mistyped one is meant to be; "" none. */
struct str dfix_fixer_near(struct str name);

#endif
