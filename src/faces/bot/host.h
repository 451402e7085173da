/* host.h - what keeps a repository's pull requests: GitHub, GitLab, Gitea, or a git remote that has
 * branches alone. One file a host; what is to be done is life.c's. */
#ifndef DFIX_BOT_HOST_H
#define DFIX_BOT_HOST_H

#include <jansson.h>

#include "dfix/coding.h"
#include "faces/bot/bot.h"
#include "host/fetch.h"

/* What dfix keeps in the body of a pull request, where people do not see it. */
struct marker {
    struct str group, content, sum, head, base;
    struct str title, text; /* sums of what dfix wrote; others stand there: a person's words */
    struct str closed;      /* dfix closed it: why; "" */
    bool dressed;           /* labels, assignees and reviewers were seen to */
    bool automerge;         /* the host was to merge it by itself */
    sightings seen;         /* what waits for its age, in the repository */
    VEC(struct str) moves;  /* names of what it moves */
};
struct str marker_write(struct arena *a, const struct marker *m);
/* False: it is no pull request's. */
bool marker_read(struct arena *a, struct str body, struct marker *out);
struct str marker_front(struct str body); /* what stands before it, and its line end */

/* One pull request from a branch of dfix's. */
struct pull {
    int64_t number, created;
    struct str branch, head, title, body, url;
    struct str id;           /* the host's own other name of it */
    struct str base, author; /* where it goes; whose it is */
    bool open, merged, stopped, conflicts, draft, automerged;
    bool trusted; /* the author may write to the repository */
    bool marked;
    struct marker marker;
};
enum checks { CHECKS_NONE, CHECKS_RUN, CHECKS_FAILED, CHECKS_PASSED };

/* The dashboard. */
struct issue {
    int64_t number; /* 0: there is none */
    struct str body;
    int64_t created;
    bool open;
};
/* Somebody who has opened a pull request. */
struct writer {
    struct str login;
    bool may;
};

/* A repository at its host. */
struct hosted {
    struct repo *repo;
    struct arena *arena;
    const struct host *host;
    struct fetcher *fetcher;
    struct str api;           /* where requests go: "https://api.github.com" */
    struct str authorization; /* the header; "": by netrc, or nothing */
    struct str project;       /* the part of requests' paths that names the repository */
    unsigned status;          /* of the last answer; 0: none came */
    int64_t total;            /* what a list holds in all of its pages; negative: not told */
    bool postponed;           /* the host wants to be asked later */
    bool fork, archived;
    bool listed;           /* its pull requests, all at once */
    bool remembers;        /* what waits for its age stands there now */
    VEC(struct str) asked; /* branches whose pull requests are known */
    struct str link;       /* where the host says that a pull request can be opened; "" */
    VEC(struct pull) pull;
    VEC(struct writer) writer; /* those that were asked about */
    struct issue board;
    VEC(struct issue) twin; /* others of the same kind, of which there may be one */
    VEC(struct told_group) told;
};

struct host {
    const char *name;
    const char *user;                              /* that goes with a token, for git */
    const char *draft;                             /* how the title of a draft begins; NULL */
    void (*place)(struct hosted *h);               /* api, project, landing */
    bool (*open)(struct hosted *h, struct err *e); /* fork, archived */
    bool (*pulls)(struct hosted *h, struct str branch, struct err *e); /* of all states */
    /* The branch has the series; `old` is what it has now, "" nothing. */
    bool (*put)(struct hosted *h, struct proposal *p, struct str old, struct str *head,
                struct err *e);
    bool (*drop)(struct hosted *h, struct str branch, struct str old, struct err *e);
    bool (*read)(struct hosted *h, const json_t *o, struct pull *out); /* false: not one of ours */
    bool (*create)(struct hosted *h, const struct proposal *p, struct str body, struct pull *out,
                   struct err *e);
    bool (*change)(struct hosted *h, const struct pull *p, struct str title, struct str body,
                   bool close, struct err *e);
    /* Labels, assignees, reviewers; what the host refuses of these is no failure. */
    bool (*dress)(struct hosted *h, const struct pull *p, const struct str *reviewer,
                  size_t nreviewer, struct err *e);
    bool (*checks)(struct hosted *h, struct str branch, struct str head, enum checks *out,
                   struct err *e);
    bool (*automerge)(struct hosted *h, const struct pull *p, bool on, struct err *e);
    bool (*find_board)(struct hosted *h, struct str title, struct err *e);
    bool (*put_board)(struct hosted *h, struct str title, struct str body, struct err *e);
    bool (*close_issue)(struct hosted *h, int64_t number, struct err *e);
    bool has_pulls; /* else a branch is all there is */
};
extern const struct host host_github, host_gitlab, host_gitea, host_git;

/* hosts.c */
const struct host *host_of(const struct repo *r);
/* Push the series, with a lease on what was there. */
bool host_push(struct hosted *h, struct proposal *p, struct str old, struct str *head,
               struct err *e);
/* The branch goes on to a commit that the host has, with the same lease. */
bool host_move(struct hosted *h, struct str branch, struct str old, struct str head, struct err *e);
bool host_push_gone(struct hosted *h, struct str branch, struct str old, struct err *e);

/* login.c: git and requests are given what is known of the operator's. */
void login_find(struct hosted *h);

/* api.c. A request and its JSON answer; `body` is taken. NULL answer: none is wanted. False: no
 * 2xx, and `e` says what to do about it. */
bool api_call(struct hosted *h, const char *method, struct str path, json_t *body, json_t **answer,
              struct err *e);
/* Seconds since 1970 of "2026-11-30T10:00:00Z"; 0: it is none. */
int64_t api_time(struct str text);

/* api_words.c: what the APIs have in common. */
json_t *api_set(json_t *o, const char *key, struct str text); /* `o`, to be handed on */
json_t *api_list(const struct str *v, size_t n);
struct str api_at(struct hosted *h, const char *fmt, ...) DFIX_PRINTF(2, 3); /* of the project */
/* What is refused for what it names (a label that may not be made, a user who left) is no reason to
 * try for ever: true. */
bool api_attempt(struct hosted *h, const char *method, struct str path, json_t *body,
                 struct err *e);
/* A new one at this path; `word` is what the host calls it. `ask` is taken. */
bool api_create(struct hosted *h, const char *path, const char *word, json_t *ask, struct pull *out,
                struct err *e);
bool api_has_label(const json_t *pull, const char *name);
/* "https://HOST/api/v1", and the project by owner and name. */
void api_place(struct hosted *h, const char *version);
/* Where a mark before the title says that one is a draft, titles are known without it. */
void api_read_draft(const struct hosted *h, struct pull *p);
struct str api_draft_title(struct hosted *h, struct str title, bool draft);
/* Pull requests and issues as GitHub has them, and those that took after it. */
bool api_change(struct hosted *h, const struct pull *p, struct str title, struct str body,
                bool close, struct err *e);
bool api_close_issue(struct hosted *h, int64_t number, struct err *e);
bool api_status(struct hosted *h, struct str head, enum checks *out, struct err *e);
/* Who is no more than a reader may open pull requests and write what they like into them. */
bool api_may_write(struct hosted *h, struct str login, bool *may, struct err *e);
bool api_open(struct hosted *h, struct err *e); /* host.open */
/* "org/team" is a team. None: nothing is asked. */
bool api_ask_reviewers(struct hosted *h, int64_t pull, const struct str *v, size_t n,
                       struct err *e);
bool api_find_board(struct hosted *h, struct str path, struct str title, const char *number,
                    const char *text, struct err *e);

/* judge.c: who made what a branch has. */
struct judgement {
    struct str branch; /* given */
    bool ours;
    struct str sum, base;
    unsigned made, of, seen; /* commits of the series that are there; its length */
};
/* `p` may be NULL: a series that is not whole is then nobody's. */
bool branch_judge(struct repo *r, struct str head, const struct proposal *p, struct judgement *out,
                  struct err *e);

/* owners.c: the owners of the files of a proposal, by CODEOWNERS. */
size_t owners_find(struct repo *r, const struct proposal *p, const struct str **out);

/* limits.c. Why nothing may be opened or changed now; "": it may. */
struct str schedule_closed(struct repo *r, struct err *e);
struct str limits_reached(struct hosted *h, const struct proposal *p);

/* board.c */
bool board_is(struct str body); /* dfix wrote it */
bool board_read(struct hosted *h, struct err *e);
bool board_approves(const struct hosted *h, struct str branch);
void board_note(struct hosted *h, const struct told_group *t); /* for what is written at the end */
bool board_write(struct hosted *h, struct err *e);

/* life.c: what is there, before anything is planned; then all groups of the repository. */
bool life_look(struct hosted *h, struct err *e);
bool life_run(struct hosted *h, struct err *e);

#endif
