/* settings.h - what a run was told: policy file and command line. Filled by
 * config/config.c and the faces, read by the engine and the services. */
#ifndef DFIX_SETTINGS_H
#define DFIX_SETTINGS_H

#include "dfix/base.h"
#include "dfix/gate.h"
#include "dfix/lookup.h"

/* How far a rule may go. Order matters: a level allows all below it. */
enum level { LEVEL_UNSET, LEVEL_OFF, LEVEL_HINT, LEVEL_SAFE, LEVEL_UNSAFE };
struct rule_levels; /* dfix.h */

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

/* An option that a rule has, as people read it. */
struct option_doc {
    const char *name, *fallback, *values, *doc; /* values: "a|b|c", "number", "text", "list" */
};

struct setting {
    struct str name, value; /* scalar; a YAML list is joined with newlines */
};
struct rule_settings {
    struct str rule; /* id */
    enum level level;
    bool has_severity;
    enum severity severity;
    struct setting *option;
    size_t noption;
};
/* Files below a folder, by a pattern as in a .gitignore. */
struct path_glob {
    struct str folder, pattern; /* the folder without links */
};
/* Rules as they are for some files alone. */
struct file_rules {
    struct path_glob files;
    struct rule_settings *rule;
    size_t nrule;
};
/* hadolint's own settings: from its file, its variables, or the section of ours. */
struct code_severity {
    struct str code;
    enum severity severity;
};
enum fail_level { FAIL_UNSET, FAIL_INFO, FAIL_WARNING, FAIL_ERROR, FAIL_NEVER };
struct hadolint_settings {
    bool on;            /* its rules are on, and each verdict of theirs is a finding */
    bool no_pragmas;    /* its comments have no effect */
    bool strict_labels; /* labels that its schema lacks are reported */
    enum fail_level fail_on;
    struct str schema; /* "name=type", a line each */
    struct code_severity *severity;
    size_t nseverity;
};
struct mirror {
    struct str from, to; /* prefixes of image names */
};
struct index_settings {
    struct str distro; /* "debian", "ubuntu", "alpine" */
    struct str mirror, security, keyring, snapshot, ports;
    struct str archive; /* where releases past their end of life are */
    struct str *key;    /* alpine: files and folders of public keys */
    size_t nkey;
    struct str secdb; /* alpine: where its advisories are */
};
/* An archive that files may add as a source of packages, and whose keys sign it. */
struct source_settings {
    struct str uri, keyring; /* the uri stands for all that is below it too */
};

/* What `dfix pr` does. 0 and "" anywhere: the default that is named. */
enum bot_group { BOT_GROUP_UNSET, BOT_GROUP_ALL, BOT_GROUP_RULE, BOT_GROUP_FILE };
enum { BOT_OPEN = 5, BOT_HOURLY = 2, BOT_MIN_AGE = 3 * 24 * 60 * 60 };
struct bot_settings {
    bool off;             /* no pull requests here */
    enum bot_group group; /* all */
    int64_t open, hourly; /* BOT_OPEN, BOT_HOURLY; negative: none */
    int64_t min_age;      /* seconds: BOT_MIN_AGE; negative: none */
    struct str *schedule; /* the operator's windows, and the repository's: both must be open */
    size_t nschedule;
    struct str *own_schedule;
    size_t nown_schedule;
    struct str timezone, own_timezone; /* of both; UTC */
    struct str prefix;                 /* "build(docker)" */
    struct str *label, *assignee, *reviewer;
    size_t nlabel, nassignee, nreviewer;
    struct str *ignore; /* packages and images whose versions stay; `*` is a sign */
    size_t nignore;
    bool no_owners; /* CODEOWNERS are not asked */
    bool draft, sign_off, sign, dashboard, forks, require_checks;
    bool no_inside;        /* what changed inside a digest is not looked up */
    bool only_conflicts;   /* a base that moved is no reason to make a branch anew */
    bool by_push;          /* commits go by git, not through the host's API */
    bool take_over;        /* what Renovate and Dependabot manage, too */
    struct str *automerge; /* rules whose pull requests the host may merge */
    size_t nautomerge;
    struct mirror *host; /* from: a host's name; to: what it is: github, gitlab, gitea, git */
    size_t nhost;
};
/* A version or digest that is not to be taken yet. */
struct held_back {
    struct str name, to; /* "curl"; "debian:12-slim". to "": any */
    struct str why;      /* for people */
};
/* Where advisories are published; "" the usual place. Alpine's stand in its index's settings. */
struct advisory_settings {
    struct str debian, osv, kev, epss;
    struct str api;   /* OSV's, asked about languages' packages; "" it is not */
    struct str life;  /* distro-info's tables */
    struct str maven; /* a repository of Maven's, asked for poms; "" none is */
};

/* What one file may cost; 0: the default. */
struct limits {
    size_t text, nodes; /* bytes; nodes of the tree */
    size_t memory;      /* bytes */
    /* Milliseconds of this thread's work so far, and how many of them; NULL: they do not count. */
    uint64_t (*clock)(void);
    uint64_t time;
};
enum {
    LIMIT_TEXT = 1 << 20,
    LIMIT_NODES = 4 << 20,
    LIMIT_MEMORY = 512 << 20,
    LIMIT_TIME = 20 * 1000
};

/* Lines from 1, the last included. */
struct line_range {
    uint32_t first, last;
};

struct settings {
    struct limits limits;
    const struct line_range *line; /* only what is in these counts; NULL: in all */
    size_t nline;
    struct rule_settings *rule;
    size_t nrule;
    /* What the names below come to, worked out for many files; NULL: each works it out. Whoever
     * changes the names in a copy takes it out of it. */
    const struct rule_levels *levels;
    struct str *select, *ignore; /* rule ids or aliases; none selected: all that are on */
    size_t nselect, nignore;
    struct str *also; /* rules that are on besides */
    size_t nalso;
    struct path_glob *exclude, *files; /* not searched for; searched for besides Dockerfiles */
    size_t nexclude, nfiles;
    struct file_rules *file_rules; /* the later one counts */
    size_t nfile_rules;
    bool require_reasons; /* of hadolint's comments, too */
    struct str *forbid;   /* rules that no comment may suppress; "all" */
    size_t nforbid;
    struct hadolint_settings hadolint;
    uint64_t (*timer)(void); /* nanoseconds of this thread's work; NULL: rules are not timed */
    struct str docs;         /* the site with a page for each rule; "" none is named */
    struct str *on_save;     /* policy: rules whose fixes an editor applies on save; none: all */
    size_t non_save;
    const struct acceptance *accept; /* those of the operator and of the repository */
    size_t naccept;
    const struct accepted *accepted; /* the same, as they are for the file in hand */
    size_t naccepted;
    const struct gate_policy *gate;
    size_t ngate;
    bool unsafe;            /* --unsafe: UNSAFE fixes are applied too */
    arch_set archs;         /* 0: default */
    struct str folder;      /* that the file's COPY takes from; "" not known */
    struct str file;        /* its own name; "" not known */
    struct str ignore_file; /* in it: keeps files from the build of this file alone; "" none */
    struct str today;       /* YYYY-MM-DD: for until= and ends of life */
    /* the world */
    bool offline, refresh;
    int64_t timeout;  /* seconds without a byte after which a request is given up; 0: 30 */
    int64_t deadline; /* seconds that the run may wait for the world; 0: 10 minutes, negative:
                         as long as it takes */
    /* index */
    int64_t max_age; /* seconds; 0: always ask, negative: the default, 24 h */
    struct index_settings *index;
    size_t nindex;
    struct str *trusted_source; /* hosts whose sources, added inside a file, may be read */
    size_t ntrusted_source;
    struct source_settings *source;
    size_t nsource;
    struct advisory_settings advisories;
    /* registries */
    struct str *trusted, *blocked;
    size_t ntrusted, nblocked;
    struct mirror *mirror, *image; /* image: whole replacements */
    size_t nmirror, nimage;
    struct str short_names; /* the registry of names without one; "": docker.io */
    struct str *insecure;   /* registry hosts that may speak plain http */
    size_t ninsecure;
    struct mirror *layout; /* from: an image's name or a prefix of it; to: the folder of its
                              OCI layout, or the folder that has those by the rest of the name */
    size_t nlayout;
    struct str ca_file;   /* PEM, for registries; "": the system's */
    int64_t max_layers;   /* bytes of one image's layers that may be fetched to learn what is
                             in it; 0: 1 GiB, negative: none, its config alone must do */
    int64_t max_requests; /* to one registry in a run; 0: no limit, negative: none */
    bool verify_digest_off;
    struct str installed_file; /* --installed FILE */
    struct str cache_dir;      /* "" none */
    struct bot_settings bot;
    const struct held_back *held;
    size_t nheld;
};

/* Why this is not to be moved to that now; "": it may be. */
static inline struct str settings_held(const struct settings *s, struct str name, struct str to)
{
    for (size_t i = 0; i < s->nheld; i++)
        if (globs_fit(s->held[i].name, name) && (!s->held[i].to.n || str_eq(s->held[i].to, to)))
            return s->held[i].why;
    return S("");
}

#endif
