/* accept.h - accepted risks: which count, what is wrong with the others, the file that they stand
 * in, and what they are in the documents of others.
 *
 *     accept.c    does one speak of this vulnerability? what does it lack?
 *     edit.c      entries added to a file, and renewed in it; every other byte stays
 *     import.c    ignore files of trivy, grype, osv-scanner and Snyk
 *     vex.c       OpenVEX    csaf.c   CSAF 2.0
 *
 * An acceptance counts with a reason, an owner and an end that is not over. What a vendor says
 * of its product (`vendor`) is a statement of fact and needs no end. */
#ifndef DFIX_ACCEPT_H
#define DFIX_ACCEPT_H

#include "dfix/gate.h"
#include "dfix/settings.h"
#include "host/codeowners.h"

enum {
    ACCEPT_FILE_MAX = 4 << 20,
    ACCEPT_MANY = 20 * 1000 /* of one document */
};

/* Does `where` hold for this file or image? */
bool accept_is_here(const struct acceptance *x, const struct accept_subject *of);
bool accept_fits(const struct acceptance *x, const struct accept_subject *of);
/* Those of the settings as they are for the file at `real`, into the settings. */
void accept_for_file(struct arena *a, struct settings *s, struct str real,
                     const struct codeowners *owners);

enum accept_fault {
    ACCEPT_NO_REASON = 1,
    ACCEPT_NO_OWNER = 2,
    ACCEPT_STRANGER = 4, /* CODEOWNERS does not know the owner */
    ACCEPT_NO_END = 8,
    ACCEPT_EXPIRED = 16
};
/* Bits. `owners` may be NULL: nobody is asked whether the owner is one. */
unsigned accept_faults(const struct acceptance *x, struct str today,
                       const struct codeowners *owners);
/* "its owner is missing, and it expired on 2026-01-31"; "" none. */
struct str accept_fault_text(struct arena *a, const struct acceptance *x, unsigned faults);
/* Days until it ends, below 0 when that is over; false: it has no end. */
bool accept_days_left(const struct acceptance *x, struct str today, int64_t *days);
/* "CVE-2024-1234 in openssl" */
struct str accept_name(struct arena *a, const struct acceptance *x);
/* What "not affected" is in words; "" for accepted risks. */
struct str accept_status_words(struct str status);

/* edit.c. The file's text with these entries behind those that it has; "" is a new file. */
bool accept_add(struct arena *a, const char *name, struct str text, const struct acceptance *v,
                size_t n, struct str *out, struct err *e);
struct accept_renewal {
    struct str id, package; /* which: both must be the same where they are given */
    struct str expires, decided;
    size_t renewed; /* how many were */
};
bool accept_renew(struct arena *a, const char *name, struct str text, struct accept_renewal *r,
                  struct str *out, struct err *e);

struct accept_list {
    VEC(struct acceptance) v;
    struct str kind; /* "trivy", "OpenVEX": what the document is */
    size_t others;   /* entries that accept nothing, or nothing that can be said here */
};
/* import.c. A document of any kind, told apart by its name and what it begins with. */
bool accept_import(struct arena *a, const char *name, struct str text, struct accept_list *out,
                   struct err *e);
/* An acceptance with nothing in it. */
struct acceptance accept_empty(void);

/* vex.c, csaf.c */
struct accept_document {
    const struct acceptance *v;
    size_t n;
    struct str author;  /* who publishes it */
    struct str product; /* what it is about: an image's name, or the repository's */
    struct str moment;  /* 2026-11-30T10:00:00Z */
    const char *tool;
};
bool vex_read(struct arena *a, struct str text, struct accept_list *out, struct err *e);
struct str vex_write(struct arena *a, const struct accept_document *d);
bool csaf_read(struct arena *a, struct str text, struct accept_list *out, struct err *e);
struct str csaf_write(struct arena *a, const struct accept_document *d);

#endif
