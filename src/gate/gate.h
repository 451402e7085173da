/* gate.h - may this image go where it is to go? What it holds is held against the policy of an
 * environment; the answer is a list of verdicts, each with its reason, and never "passed" for what
 * could not be judged.
 *
 *     judge.c   the conditions
 *     words.c   why something does not pass, in words
 *     vsa.c     the answer as a SLSA Verification Summary Attestation
 *     rego.c    as much of the policy as a build itself can hold to, for buildx
 *
 * Nothing here asks anybody: facts, matches and acceptances are given. */
#ifndef DFIX_GATE_GATE_H
#define DFIX_GATE_GATE_H

#include "accept/accept.h"
#include "config/gate.h"
#include "dfix/advisory.h"

enum gate_verdict {
    GATE_PASSED,
    GATE_ACCEPTED, /* it would be refused, but somebody answers for it */
    GATE_UNJUDGED,
    GATE_REFUSED
};

/* One platform's image, or what an inventory or a Dockerfile stands in for. */
struct gate_image {
    struct str platform; /* "amd64"; "": not known */
    struct str digest;   /* of its manifest, as far as it is known */
    const struct base_facts *facts;
    bool packages_known, user_known;
    struct str why; /* what is not known, and why; "" */
    struct str end; /* of its release's life */
    bool has_end;   /* one is set */
};
/* What a Dockerfile says, asked by the rules. */
struct gate_source {
    struct str file; /* as it is told */
    const struct result *result;
    /* Where packages come from in it. */
    uint32_t (*line)(const struct gate_source *s, const struct component *c);
    const void *of; /* line's */
};
/* A variable of the image's that is a secret by its name. */
struct gate_secret {
    struct str platform, name;
};
struct gate_used;
struct gate_input {
    const struct gate_policy *policy;
    struct str name;          /* of what is judged, for people */
    struct str image, digest; /* its name without tag and digest; "" not known */
    struct str file;          /* the Dockerfile without links; "" */
    bool source_only, trusted_registry;
    bool others;    /* the digest stands for platforms that cannot be judged, too */
    bool inventory; /* what languages' package managers have brought is known */
    struct str today;
    int64_t now;
    const struct gate_image *platform;
    size_t nplatform;
    const struct component *component;
    const struct match_list *matches; /* one for each */
    const enum answer *answer;
    size_t ncomponent;
    int64_t dated;         /* of the oldest feed; 0: not known */
    int64_t kev_dated;     /* of the list of what is known to be exploited; 0: it is not at hand */
    struct str support_of; /* "debian:12", which publishes what it supports no more; "" none does */
    int64_t support_dated; /* of that list, the oldest of several; 0: it is not at hand */
    const struct acceptance *accept;
    size_t naccept;
    const struct codeowners *owners; /* NULL: there are none to ask */
    const struct gate_secret *secret;
    size_t nsecret;
    const struct gate_source *source; /* NULL: no Dockerfile */
    const struct gate_used *used;
    size_t nused;
};
/* A document that was counted on: an inventory, a vendor's statements. */
struct gate_used {
    struct str name, digest;
};

struct gate_item {
    enum gate_key key; /* the condition that it is about */
    enum gate_verdict verdict;
    struct str title, why;             /* "CVE-2024-1 in openssl 3.0.1", "high; fixed in 3.0.2" */
    const struct component *component; /* of what is vulnerable, the first of one source; NULL */
    struct str packages;               /* all of them: "libc6, libc-bin" */
    const struct advisory_match *match;
    struct str severity;         /* the word that was held against policy; "" */
    struct str ended;            /* since when nobody looks after it; "" */
    const struct acceptance *by; /* who answers for it */
    struct str file;             /* "": none */
    uint32_t line;               /* of the file, from 1; 0: none */
    size_t next;                 /* judge.c's */
};
struct gate_result {
    struct arena *arena;
    VEC(struct gate_item) item; /* the worst first */
    enum gate_verdict verdict;  /* the worst of all, accepted ones being passed */
    size_t count[GATE_REFUSED + 1];
    VEC(const struct acceptance *) unused; /* of those that speak of this image or file */
    VEC(const struct acceptance *) faulty; /* would have fitted, and do not count */
    struct str policy;                     /* the text that its digest is of */
    struct str policy_digest;
};
void gate_judge(struct arena *a, const struct gate_input *in, struct gate_result *out);
const char *gate_verdict_word(enum gate_verdict v); /* "refused" */
/* "high (Debian: high), CVSS 9.8; fixed in 3.0.2; published 2026-01-31" */
struct str gate_why(struct arena *a, const struct advisory_match *m, const char *severity);
/* Of an item on a component: its vulnerability, or that nobody looks after it. */
struct str gate_title(struct arena *a, const struct gate_item *x, struct str today);

/* An in-toto statement; `digest` is not "". Nobody has signed it yet. */
struct str gate_vsa(struct arena *a, const struct gate_input *in, const struct gate_result *r,
                    const char *version);
/* Dockerfile.rego for buildx. */
struct settings;
struct str gate_rego(struct arena *a, const struct gate_policy *p, const struct settings *s);

#endif
