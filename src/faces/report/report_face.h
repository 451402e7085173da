/* report_face.h - dfix report: one page, a table and a document on what is open, who has it, what
 * one fix would close, what is accepted and how it went over the stored runs.
 *
 *     command.c   the words; the runs that are read, made and stored
 *     read.c      lines of NDJSON: those of a check, of `dfix gate`, of `dfix pr`, of `dfix accept`
 *     sums.c      the same counted by owner, base, fix and age
 *     html.c      the page    page.c      what such pages are made of
 *     beside.c    CSV and JSON */
#ifndef DFIX_FACES_REPORT_FACE_H
#define DFIX_FACES_REPORT_FACE_H

#include "faces/faces.h"
#include "host/codeowners.h"

enum grade { GRADE_CRITICAL, GRADE_HIGH, GRADE_MEDIUM, GRADE_LOW, GRADE_UNRATED, GRADES };
const char *grade_word(enum grade g);

/* Something that is open: a vulnerability, or a finding of a rule. */
struct open_entry {
    bool risk, exploited, judged; /* judged: it is known to hold */
    enum grade grade;
    struct str id;   /* "CVE-2024-1", or the rule */
    struct str what; /* in words */
    struct str package, version, fixed;
    struct str file, image; /* image: what it is in, or is built on; "" */
    struct str owners, published, url;
    struct str ended; /* since when its distribution looks after it no more; "" */
    struct str why;   /* of that */
    struct str fix;   /* one that would close it, in words; "" none is known */
    struct str key;   /* the same in each run */
    uint32_t line;
    int64_t age; /* days; -1: not known */
};
struct report_base {
    struct str file, image, release;
};
struct report_pull {
    struct str repository, state, title, url, why;
    size_t closes; /* advisories */
};
struct accepted_entry {
    struct str id, package, where, reason, owner, expires, fault;
    int64_t left;
    bool ends, counts;
    bool unused; /* nothing that was found is covered by it */
};
struct found_risk {
    struct str id, package;
};
/* A stored run, as far as the trend wants it. */
struct report_run {
    struct str date;
    size_t count[GRADES];
    size_t findings;
};
/* When a thing was seen first. */
struct first_seen {
    struct str key, date;
};

struct report_data {
    struct arena *arena;
    struct str today;
    VEC(struct open_entry) entry;
    VEC(struct report_base) base;
    VEC(struct report_pull) pull;
    VEC(struct accepted_entry) accepted;
    VEC(struct report_run) run; /* by date */
    VEC(struct first_seen) seen;
    VEC(struct found_risk) found; /* also what is accepted */
    VEC(struct str) note;         /* what could not be judged or read */
    size_t files;
    size_t lines, odd; /* of the input; those that are none of dfix's */
    const struct codeowners *owners;
};

/* read.c. Lines of one input; `date` "": it is what holds now. */
void report_read(struct report_data *d, struct str text, struct str date);
/* What the lines alone do not tell: owners, ages, bases. */
void report_complete(struct report_data *d);

/* sums.c */
struct sum {
    struct str name;
    size_t count[GRADES], findings, all;
};
struct sums {
    struct sum *v; /* most first */
    size_t n;
};
enum sum_by { BY_OWNER, BY_BASE, BY_FIX };
struct sums report_sums(const struct report_data *d, enum sum_by by);
enum { AGES = 5 };
struct ages {
    const char *name[AGES];
    size_t count[GRADES][AGES];
};
struct ages report_ages(const struct report_data *d);

struct str report_html(struct report_data *d);
struct str report_csv(struct report_data *d);
struct str report_json(struct report_data *d);

#endif
