/* hosts.c - which host a repository is at; and branches by git, which all of them take. */
#include "faces/bot/host.h"

#include <stdlib.h>

static const struct host *const hosts[] = {&host_github, &host_gitlab, &host_gitea, &host_git};

static const struct host *named(struct str name)
{
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (str_eq(name, str_of(hosts[i]->name)))
            return hosts[i];
    return NULL;
}

static bool is_server(const char *variable, struct str host)
{
    struct str url = str_of(getenv(variable));
    ptrdiff_t at = str_find(url, S("://"));

    return at != STR_NONE && str_ieq(str_without_end(str_from(url, (size_t)at + 3), '/'), host);
}

/* By the operator's policy, by name, by the CI that runs this. */
const struct host *host_of(const struct repo *r)
{
    static const struct {
        const char *host, *kind;
    } known[] = {{"github.com", "github"},
                 {"gitlab.com", "gitlab"},
                 {"codeberg.org", "gitea"},
                 {"gitea.com", "gitea"}};
    struct str host = r->remote.host;
    const struct bot_settings *b = &r->bot->workspace.base.settings.bot;

    for (size_t i = 0; i < b->nhost; i++)
        if (str_ieq(b->host[i].from, host))
            return named(b->host[i].to);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_eq(host, str_of(known[i].host)))
            return named(str_of(known[i].kind));
    if (is_server("GITHUB_SERVER_URL", host))
        return getenv("GITEA_ACTIONS") || getenv("FORGEJO_ACTIONS") ? named(S("gitea"))
                                                                    : &host_github;
    if (is_server("CI_SERVER_URL", host))
        return &host_gitlab;
    return &host_git;
}

/* What the remote has on the branch now; "" nothing. */
static bool tip_of(struct hosted *h, struct str branch, struct str *tip)
{
    struct repo *r = h->repo;
    struct str out, object;
    struct err none;
    const char *ref = str_fmt(h->arena, "refs/heads/" STR_FMT, STR_ARG(branch)).p;

    *tip = S("");
    if (!GIT(&r->at.git, &out, &none, "ls-remote", "--", str_cstr(h->arena, r->remote.url), ref))
        return false;
    if (str_cut(&out, '\t', &object) && git_is_object(object))
        *tip = str_dup(h->arena, object);
    return true;
}

static bool push(struct hosted *h, struct str what, struct str branch, struct str old,
                 struct err *e)
{
    struct repo *r = h->repo;
    struct str out, tip;
    const char *lease = str_fmt(h->arena, "--force-with-lease=refs/heads/" STR_FMT ":" STR_FMT,
                                STR_ARG(branch), STR_ARG(old))
                            .p;
    const char *spec = str_fmt(h->arena, "%s" STR_FMT ":refs/heads/" STR_FMT, what.n ? "+" : "",
                               STR_ARG(what), STR_ARG(branch))
                           .p;

    if (GIT(&r->at.git, &out, e, "push", "-q", "--no-verify", "--no-signed", lease, "--",
            str_cstr(h->arena, r->remote.url), spec))
        return true;
    if (!tip_of(h, branch, &tip) || str_eq(tip, old))
        return false;
    if (!what.n && !tip.n)
        return true; /* it is gone already */
    h->postponed = true;
    return err_set(e, "the branch has changed meanwhile: the next run looks again");
}

/* "remote: Create a pull request by visiting:\nremote:   https://...": of that host alone. */
static struct str link_of(struct hosted *h)
{
    struct str rest = h->repo->at.git.said, line;
    struct str begin = str_fmt(h->arena, "https://" STR_FMT "/", STR_ARG(h->repo->remote.host));

    while (str_cut(&rest, '\n', &line)) {
        ptrdiff_t from = str_find(line, begin);
        if (!str_starts(line, S("remote:")) || from == STR_NONE)
            continue;
        struct str words = str_from(line, (size_t)from), url;
        if (word_next(&words, &url))
            return secrets_hide(h->arena, &h->repo->bot->secrets, url);
    }
    return S("");
}

bool host_push(struct hosted *h, struct proposal *p, struct str old, struct str *head,
               struct err *e)
{
    if (!series_make(h->repo, p, e))
        return false;
    *head = p->step[p->nstep - 1].commit;
    if (!push(h, *head, p->branch, old, e))
        return false;
    h->link = link_of(h);
    return true;
}

bool host_move(struct hosted *h, struct str branch, struct str old, struct str head, struct err *e)
{
    struct repo *r = h->repo;
    struct str out;
    const char *what = str_fmt(h->arena, "+" STR_FMT ":refs/dfix/made", STR_ARG(head)).p;

    return GIT(&r->at.git, &out, e, "fetch", "-q", "--no-tags", "--no-write-fetch-head", "--",
               str_cstr(h->arena, r->remote.url), what) &&
           push(h, head, branch, old, e);
}

bool host_push_gone(struct hosted *h, struct str branch, struct str old, struct err *e)
{
    return push(h, S(""), branch, old, e);
}
