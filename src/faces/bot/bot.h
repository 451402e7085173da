/* bot.h - `dfix pr`: what its files share.
 *
 * A repository is looked at as one commit of it holds it (checkout.c). Its Dockerfiles are fixed as
 * on the command line (plan.c), and what comes of that is cut into groups, each a series of commits
 * with a title and a body (series.c, body.c). A host (host.h) takes the series; life.c says what is
 * to become of each group: opened, updated, left alone, closed. Nothing is ever checked out, merged
 * or committed in a folder that is somebody's. */
#ifndef DFIX_BOT_H
#define DFIX_BOT_H

#include <jansson.h>
#include <stdio.h>

#include "faces/bot/git.h"
#include "faces/bot/secrets.h"
#include "faces/faces.h"

#define BOT_BRANCH "dfix/"     /* how all its branches begin */
#define BOT_STOP   "dfix:stop" /* the label that stops it */

/* Where a repository is, by its URL. */
struct remote {
    struct str url;    /* as git takes it; "": there is none */
    struct str scheme; /* "https", "http", "ssh", "file" */
    struct str host;   /* with its port; "" of a file */
    struct str path;   /* "owner/name", without `.git` */
};
/* False: it is not one that dfix goes to; a login in it is refused, and not shown. */
bool remote_read(struct arena *a, struct str text, struct remote *out, struct err *e);
/* May a login go there in the clear? */
bool remote_is_loopback(struct str host);

struct branch {
    struct str name, commit;
};
/* A repository as it is at one commit. */
struct checkout {
    struct git git;
    struct str folder;  /* its files, without links; NUL-terminated too */
    struct str search;  /* where Dockerfiles are looked for: it, or below it */
    struct str scratch; /* the folder that goes with it; "": none */
    struct str commit;  /* the base */
    struct str branch;  /* that has it; "" not known */
    struct str tip;     /* what the remote has there; "" not known */
    bool shallow;
    VEC(struct branch) branches; /* of the remote that are dfix's */
};

/* When something was first seen that a pin could move to. */
struct sighting {
    struct str key, name; /* by what it is remembered; what moves, for people */
    int64_t since;        /* seconds since 1970 */
};
typedef VEC(struct sighting) sightings;

/* What one version or name became. */
struct bot_change {
    size_t file;
    struct str name;     /* "curl", "docker.io/library/debian:12-slim" */
    struct str from, to; /* "": it was not there, or had no version */
    struct str suite;    /* where it comes from; "" */
    struct str fixes;    /* advisories that it closes: "CVE-1, CVE-2"; "" */
    struct str version;  /* the one that a pin takes today; "" */
    bool image, security;
    bool dead;                     /* the pin before takes nothing any more */
    const struct manager *manager; /* of a package */
    struct str component, source;  /* of what a build takes */
    unsigned arch;                 /* the first that it is taken for */
    int64_t made;                  /* when it was built, by the index; 0: not known */
};

/* One file as a commit of the series leaves it. */
struct step_file {
    size_t file;
    struct str text;
};
/* One commit: what one rule does. */
struct step {
    const struct fixer *rule;
    VEC(struct step_file) file;
    VEC(struct str) title; /* of its findings, each once */
    size_t fixes;
    struct str subject, message, commit;
};
struct bot_file {
    struct str path, mode, blob; /* from the top of the repository; as git has it */
    struct str text;             /* of the base */
    const struct settings *settings;
    const struct result *result;
};
struct plan {
    struct bot_file *file;
    struct job *job; /* of each file: its result stands there */
    size_t n;
    VEC(struct str) left; /* files that were left alone, and why */
    size_t failed;        /* files that could not be judged */
    bool incomplete;      /* some fact could not be had: less is proposed than there may be */
};
/* One pull request. */
struct proposal {
    struct str group, branch; /* "all", "dfix/all" */
    struct step *step;
    size_t nstep;
    struct bot_change *change;
    size_t nchange;
    struct str title, body;
    struct str content; /* what it says, wherever its lines stand: a closed one is known by it */
    struct str sum;     /* of the files that it leaves */
    bool security;      /* it closes an advisory */
    bool safe;          /* all of it is SAFE */
};

struct identity {
    struct str name, email;
};
/* A host that wants to be left alone for longer than a run waits. */
struct host_limit {
    struct str api;
    int64_t until; /* seconds since 1970, by the clock */
};
struct bot {
    struct arena *arena;
    const struct command_line *line;
    struct workspace workspace;
    struct secrets secrets;
    struct identity identity;
    struct fetcher *fetcher;   /* of hosts' requests */
    int64_t now;               /* seconds since 1970 */
    enum bot_group group;      /* asked for; UNSET: policy's */
    struct str patches, state; /* folders; "" */
    bool dry, json, fork, many;
    unsigned shard, shards; /* 1 of 1 */
    json_t *seen;           /* state.c's: by key, when it was first seen */
    bool seen_more;
    VEC(struct host_limit) limited;
    struct str done; /* of the list, before this run */
    int done_fd;
    size_t failed, open, printed; /* what could not be done; what is to be done still */
};
/* One repository of a run. */
struct repo {
    struct bot *bot;
    struct arena *arena;
    struct str name; /* for people */
    struct remote remote;
    struct checkout at;
    const struct settings *settings; /* that hold for all of it */
    const struct bot_settings *policy;
    struct plan plan;
    struct proposal *proposal;
    size_t nproposal;
    bool put_off;         /* its host's limit is reached: the next run goes on with it */
    sightings seen;       /* what its own pull requests and dashboard remember */
    sightings young;      /* moves that wait for their age */
    const char *renovate; /* the file that sets it up; "" none; NULL: not looked for yet */
};

/* checkout.c. A folder that is a checkout of somebody's, or an empty repository; and what a remote
 * has, fetched. git is run in neither's configuration: the first of them comes before any login. */
bool checkout_folder(struct repo *r, struct str folder, struct err *e);
bool checkout_empty(struct repo *r, struct err *e);
bool checkout_fetch(struct repo *r, struct str branch, struct err *e);
void checkout_close(struct repo *r);

/* plan.c */
bool blobs_read(struct repo *r, struct bot_file *v, size_t n, struct err *e); /* their text */
bool plan_open(struct repo *r, struct err *e);                                /* the policy */
bool plan_make(struct repo *r, struct err *e);
void plan_close(struct repo *r);
enum bot_group bot_group(const struct repo *r);
/* What the groups propose; those that have nothing to say are not there. */
void proposals_make(struct repo *r, enum bot_group group);

/* state.c: --state. Without a folder it is forgotten with the run. */
bool state_open(struct bot *b, struct err *e);
void state_close(struct bot *b);
void seen_add(struct bot *b, struct str key, int64_t when); /* the earliest stays */
int64_t seen_since(const struct bot *b, struct str key);    /* 0: never */
bool seen_save(struct bot *b, struct err *e);
bool done_open(struct bot *b, struct str list, struct err *e);
bool done_has(const struct bot *b, struct str name);
void done_add(struct bot *b, struct str name);
void done_close(struct bot *b, bool all);

/* ages.c: what a repository remembers by itself, from something that its host made then: nobody can
 * make it look older. Of these changes, those that wait; room for all of them. */
void ages_remember(struct repo *r, const struct sighting *v, size_t n, int64_t host_made);
size_t ages_hold(struct repo *r, const struct bot_change *x, size_t n, struct held_back *out);
/* peace.c: what Renovate and Dependabot manage, as far as their configuration says; at most 2. */
size_t peace_hold(struct repo *r, struct str path, struct held_back *out);

/* changes.c */
void changes_find(struct repo *r, struct proposal *p);
/* The text that the last commit leaves of a file; false: none touches it. */
bool proposal_text(const struct proposal *p, size_t file, struct str *out);

/* Advisories that are fixed above one version of a source, and not above another: the first of
 * them by name. *n: how many there are. */
struct between {
    const struct manager *manager;
    struct str from, to;
    size_t named; /* at most */
};
struct str advisories_between(struct arena *a, const struct advisory_list *list,
                              const struct between *of, size_t *n);

/* sums.c: `content` and `sum`; and such a sum of files that lie elsewhere */
void sums_make(struct repo *r, struct proposal *p);
struct str sum_of_steps(struct repo *r, const struct proposal *p, size_t n); /* the first n */
struct str sum_of_file(struct arena *a, struct str path, struct str mode, struct str text);
struct str sum_of_files(struct arena *a, struct str *line, size_t n); /* sorts them */

/* inside.c: a section on an image whose digest moves; no row begins behind `most` bytes */
void inside_write(struct repo *r, const struct bot_change *x, size_t most, struct buf *b);

/* body.c: title, body, commits' messages */
void body_write(struct repo *r, struct proposal *p);

/* series.c: the commits, in the scratch repository */
bool series_make(struct repo *r, struct proposal *p, struct err *e);
struct identity identity_find(struct bot *b);

/* mailbox.c */
bool mailbox_write(struct repo *r, struct proposal *p, struct str folder, struct err *e);

/* markup.c: text of others' making in titles, commits and Markdown, where it can neither mention
 * anybody, close an issue, nor end what it stands in. */
struct str markup_plain(struct arena *a, struct str text);
struct str markup_short(struct arena *a, struct str text, size_t most); /* of a line */
struct str markup_cell(struct arena *a, struct str text);
struct str markup_code(struct arena *a, struct str text);

/* told.c: what became of a group, and of a repository, for people or as NDJSON. */
struct told_group {
    const struct proposal *proposal; /* NULL: nothing is proposed any more */
    struct str group, branch;
    const char *state; /* one of group_states */
    struct str why;    /* "" */
    struct str url;    /* "" */
    int64_t number;    /* of the pull request; 0: none */
};
void bot_tell(struct repo *r, const struct told_group *t);
struct bot_cost {
    int64_t took; /* milliseconds */
    int64_t own;  /* microseconds of dfix's own work */
};
void bot_tell_repository(struct repo *r, struct bot_cost cost);
void bot_fail(struct repo *r, const char *why);
void bot_note(struct repo *r, const char *why); /* nothing failed by it */

#endif
