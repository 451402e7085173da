/* gate.h - what policy says of images that are to go somewhere: what an environment lets in, and
 * which risks somebody has accepted. */
#ifndef DFIX_GATE_H
#define DFIX_GATE_H

#include "dfix/base.h"

/* Of each key the lower value is the stricter one; a choice's words begin with the strictest. */
enum gate_key {
    GATE_SEVERITY, /* enum gate_severity: the highest that may be open */
    GATE_UNRATED,
    GATE_KEV,
    GATE_FIX_AGE, /* seconds that a fix may be out without being taken */
    GATE_UNFIXED,
    GATE_NOT_CHECKED,
    GATE_INVENTORY,
    GATE_USER,
    GATE_SECRETS,
    GATE_END_OF_LIFE,
    GATE_IMAGE_AGE, /* seconds */
    GATE_FEED_AGE,  /* seconds */
    GATE_PINS,
    GATE_DIGEST,
    GATE_REGISTRY,
    GATE_SOURCE_ONLY,
    GATE_ACCEPT,          /* enum gate_accept */
    GATE_ACCEPT_SEVERITY, /* enum gate_severity: the highest that may be accepted */
    GATE_ACCEPT_FOR,      /* seconds from the decision on that one may last */
    GATE_KEYS
};
enum gate_choice { GATE_REFUSE, GATE_ALLOW };
enum gate_accept { GATE_ACCEPT_NONE, GATE_ACCEPT_OPERATOR, GATE_ACCEPT_REPOSITORY };
enum gate_severity { GATE_NONE, GATE_LOW, GATE_MEDIUM, GATE_HIGH, GATE_CRITICAL, GATE_SEVERITIES };
static const int64_t gate_any_time = INT64_MAX;

/* What one environment lets in. */
struct gate_policy {
    struct str name;
    int64_t value[GATE_KEYS];
    bool trusted;     /* a policy that counts knows the environment; others make it stricter only */
    struct str where; /* the file that named it first */
};

/* A risk that somebody takes, or a vulnerability that does not hold where it was found. */
struct acceptance {
    struct str id, package; /* one of them at least */
    struct str version;     /* of the package; "": any */
    struct str where;       /* a file, as in a .gitignore, or an image's name, perhaps with its
                               digest; "": everywhere */
    struct str reason, owner, decided, expires; /* days are YYYY-MM-DD; "": missing */
    struct str status;    /* "": accepted; else OpenVEX's justification for "not affected" */
    struct str impact;    /* of what is not affected, in words */
    struct str path;      /* of the file that says so */
    struct str folder;    /* that `where` starts from: the file's, without links */
    unsigned line;        /* of the entry */
    bool trusted, vendor; /* the operator's; a statement of fact, which needs no end */
};
/* The same as it is for one file. */
struct accepted {
    const struct acceptance *is;
    bool here;        /* `where` holds for the file */
    struct str fault; /* why it does not count: "it has no owner"; "": it does */
};

/* What an acceptance may speak of. */
struct accept_subject {
    struct str id, aliases;     /* CVE-2024-1234 is GHSA-... too; blank separated */
    struct str package, source; /* of the distribution: binary and source package */
    struct str version, source_version;
    struct str file;          /* the Dockerfile, without links; "": none */
    struct str origin;        /* the lock file that names it, as it was found; "": none */
    struct str image, digest; /* registry.corp.example/app and sha256:...; "": none */
};
/* Does it speak of this vulnerability and package, wherever they are? */
bool acceptance_names(const struct acceptance *x, const struct accept_subject *of);

#endif
