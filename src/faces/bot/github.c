/* github.c - GitHub and GitHub Enterprise, by REST. Commits are made there unless policy wants git:
 * those that an App's token makes, GitHub signs. */
#include "faces/bot/host.h"

#include <stdlib.h>

#include "host/json.h"

static struct str owner_of(struct str path)
{
    struct str owner;

    str_cut(&path, '/', &owner);
    return owner;
}

static void place(struct hosted *h)
{
    api_place(h, "/api/v3");
    if (str_eq(h->repo->remote.host, S("github.com")))
        h->api = S("https://api.github.com");
}

/* ---- pull requests ---- */

/* An app that is installed there, or somebody of the repository's; of others it is asked. */
static bool is_trusted(struct arena *a, const json_t *o)
{
    return str_eq(json_text(a, json_object_get(o, "user"), "type"), S("Bot")) ||
           word_is_one_of(json_text(a, o, "author_association"), "OWNER MEMBER COLLABORATOR");
}

static bool read_pull(struct hosted *h, const json_t *o, struct pull *out)
{
    struct arena *a = h->arena;
    const json_t *head = json_object_get(o, "head"), *base = json_object_get(o, "base");
    struct str from = json_text(a, json_object_get(head, "repo"), "full_name");
    struct str to = json_text(a, json_object_get(base, "repo"), "full_name");

    if (!from.n || !str_ieq(from, to)) /* a fork's branch of the same name is somebody's */
        return false;
    *out = (struct pull){.number = json_integer_value(json_object_get(o, "number")),
                         .created = api_time(json_text(a, o, "created_at")),
                         .branch = json_text(a, head, "ref"),
                         .head = json_text(a, head, "sha"),
                         .title = json_text(a, o, "title"),
                         .body = json_text(a, o, "body"),
                         .url = json_text(a, o, "html_url"),
                         .id = json_text(a, o, "node_id"),
                         .open = str_eq(json_text(a, o, "state"), S("open")),
                         .merged = json_is_string(json_object_get(o, "merged_at")),
                         .base = json_text(a, base, "ref"),
                         .author = json_text(a, json_object_get(o, "user"), "login"),
                         .trusted = is_trusted(a, o),
                         .automerged = json_is_object(json_object_get(o, "auto_merge")),
                         .stopped = api_has_label(o, BOT_STOP)};
    out->marked = marker_read(a, out->body, &out->marker);
    return true;
}

/* Only the pull request by itself says whether it can be merged. */
static bool look_for_conflicts(struct hosted *h, struct pull *p, struct err *e)
{
    json_t *o;

    if (!p->open || !p->marked || !h->repo->policy->only_conflicts)
        return true;
    if (!api_call(h, "GET", api_at(h, "/pulls/%lld", (long long)p->number), NULL, &o, e))
        return false;
    p->conflicts = json_is_false(json_object_get(o, "mergeable"));
    json_decref(o);
    return true;
}

static bool pulls(struct hosted *h, struct str branch, struct err *e)
{
    struct str owner = owner_of(h->repo->remote.path);
    struct str head = str_fmt(h->arena, STR_FMT ":" STR_FMT, STR_ARG(owner), STR_ARG(branch));
    json_t *list, *o;
    bool good = true;
    size_t i;

    if (!api_call(
            h, "GET",
            api_at(h, "/pulls?state=all&head=" STR_FMT "&sort=created&direction=desc&per_page=100",
                   STR_ARG(percent_encode(h->arena, head))),
            NULL, &list, e))
        return false;
    json_array_foreach(list, i, o)
    {
        struct pull p;
        if (!read_pull(h, o, &p) || !str_eq(p.branch, branch))
            continue;
        good = good && look_for_conflicts(h, &p, e);
        vec_push(h->arena, &h->pull, p);
    }
    json_decref(list);
    return good;
}

static bool create(struct hosted *h, const struct proposal *p, struct str body, struct pull *out,
                   struct err *e)
{
    json_t *ask =
        json_pack("{s:b,s:b}", "draft", h->repo->policy->draft, "maintainer_can_modify", 1);

    api_set(api_set(api_set(api_set(ask, "title", p->title), "head", p->branch), "base",
                    h->repo->at.branch),
            "body", body);
    return api_create(h, "/pulls", "pull request", ask, out, e);
}

static bool dress(struct hosted *h, const struct pull *p, const struct str *reviewer,
                  size_t nreviewer, struct err *e)
{
    const struct bot_settings *b = h->repo->policy;
    long long n = (long long)p->number;

    if (b->nlabel && !api_attempt(h, "POST", api_at(h, "/issues/%lld/labels", n),
                                  json_pack("{s:o}", "labels", api_list(b->label, b->nlabel)), e))
        return false;
    if (b->nassignee &&
        !api_attempt(h, "POST", api_at(h, "/issues/%lld/assignees", n),
                     json_pack("{s:o}", "assignees", api_list(b->assignee, b->nassignee)), e))
        return false;
    return api_ask_reviewers(h, p->number, reviewer, nreviewer, e);
}

/* ---- commits ---- */

static bool post_sha(struct hosted *h, const char *path, json_t *body, struct str *sha,
                     struct err *e)
{
    json_t *o;

    if (!api_call(h, "POST", api_at(h, "%s", path), body, &o, e))
        return false;
    *sha = json_text(h->arena, o, "sha");
    json_decref(o);
    return git_is_object(*sha) || err_set(e, "POST %s: the answer names no object", path);
}

static bool make_tree(struct hosted *h, const struct step *s, struct str *tree, struct err *e)
{
    struct arena *a = h->arena;
    json_t *list = json_array();

    for (size_t i = 0; i < s->file.n; i++) {
        const struct bot_file *f = &h->repo->plan.file[s->file.v[i].file];
        struct str blob;
        json_t *content = api_set(json_pack("{s:s}", "encoding", "base64"), "content",
                                  base64_encode(a, s->file.v[i].text));
        if (!post_sha(h, "/git/blobs", content, &blob, e)) {
            json_decref(list);
            return false;
        }
        json_array_append_new(
            list, api_set(api_set(api_set(json_pack("{s:s}", "type", "blob"), "path", f->path),
                                  "mode", f->mode),
                          "sha", blob));
    }
    json_t *body = api_set(json_pack("{s:o}", "tree", list), "base_tree", *tree);
    return post_sha(h, "/git/trees", body, tree, e);
}

/* What the API moves it moves whatever is there: a push that came meanwhile would be lost. */
static bool move_branch(struct hosted *h, struct str branch, struct str old, struct str head,
                        struct err *e)
{
    struct str name = str_fmt(h->arena, "refs/heads/" STR_FMT, STR_ARG(branch));

    if (old.n)
        return host_move(h, branch, old, head, e);
    bool made = api_call(h, "POST", api_at(h, "/git/refs"),
                         api_set(api_set(json_object(), "ref", name), "sha", head), NULL, e);
    h->postponed |= h->status == 422; /* another run was quicker */
    return made;
}

/* No author and no committer: then they are the token's, and GitHub signs an App's. */
static bool put(struct hosted *h, struct proposal *p, struct str old, struct str *head,
                struct err *e)
{
    struct repo *r = h->repo;
    struct str tree, commit = r->at.commit;
    const char *base = str_fmt(h->arena, STR_FMT "^{tree}", STR_ARG(commit)).p;

    if (r->policy->by_push || r->policy->sign)
        return host_push(h, p, old, head, e);
    if (!GIT(&r->at.git, &tree, e, "rev-parse", "--verify", "--end-of-options", base))
        return false;
    tree = str_trim(tree);
    for (size_t i = 0; i < p->nstep; i++) {
        json_t *body = json_object();
        if (!make_tree(h, &p->step[i], &tree, e)) {
            json_decref(body);
            return false;
        }
        json_object_set_new(body, "parents", api_list(&commit, 1));
        api_set(api_set(body, "message", p->step[i].message), "tree", tree);
        if (!post_sha(h, "/git/commits", body, &commit, e))
            return false;
    }
    *head = commit;
    return move_branch(h, p->branch, old, commit, e);
}

/* ---- checks, merging ---- */

static enum checks worse(enum checks x, enum checks y)
{
    if (x == CHECKS_FAILED || y == CHECKS_FAILED)
        return CHECKS_FAILED;
    return x == CHECKS_RUN || y == CHECKS_RUN ? CHECKS_RUN : x > y ? x : y;
}

static enum checks of_run(struct arena *a, const json_t *run)
{
    struct str status = json_text(a, run, "status"), end = json_text(a, run, "conclusion");

    if (!str_eq(status, S("completed")))
        return CHECKS_RUN;
    return word_is_one_of(end, "success neutral skipped") ? CHECKS_PASSED : CHECKS_FAILED;
}

static bool checks(struct hosted *h, struct str branch, struct str head, enum checks *out,
                   struct err *e)
{
    enum checks status;
    json_t *o, *run;
    size_t i;

    (void)branch;
    *out = CHECKS_NONE;
    if (!api_call(h, "GET",
                  api_at(h, "/commits/" STR_FMT "/check-runs?per_page=100", STR_ARG(head)), NULL,
                  &o, e))
        return false;
    json_array_foreach(json_object_get(o, "check_runs"), i, run)
    {
        *out = worse(*out, of_run(h->arena, run));
    }
    json_decref(o);
    if (!api_status(h, head, &status, e))
        return false;
    *out = worse(*out, status);
    return true;
}

/* Of this head and no other. */
static bool automerge(struct hosted *h, const struct pull *p, bool on, struct err *e)
{
    static const char enable[] =
        "mutation($id:ID!,$head:GitObjectID!){enablePullRequestAutoMerge(input:{pullRequestId:$id,"
        "expectedHeadOid:$head}){clientMutationId}}";
    static const char disable[] = "mutation($id:ID!){disablePullRequestAutoMerge(input:{"
                                  "pullRequestId:$id}){clientMutationId}}";
    struct hosted graph = *h;
    json_t *o, *variables = api_set(json_object(), "id", p->id);
    struct err why;

    if (on)
        api_set(variables, "head", p->marker.head);
    if (str_ends(h->api, S("/v3")))
        graph.api = str_sub(h->api, 0, h->api.n - 3);
    json_t *ask = json_pack("{s:s,s:o}", "query", on ? enable : disable, "variables", variables);
    if (!api_call(&graph, "POST", S("/graphql"), ask, &o, &why)) {
        h->postponed = graph.postponed;
        return err_set(e, "%s", why.text);
    }
    bool refused = json_array_size(json_object_get(o, "errors")) > 0;
    struct str said =
        json_text(h->arena, json_array_get(json_object_get(o, "errors"), 0), "message");
    json_decref(o);
    return !refused || err_set(e, "automerge: " STR_FMT, STR_ARG(said));
}

/* ---- the dashboard ---- */

static bool find_board(struct hosted *h, struct str title, struct err *e)
{
    return api_find_board(h, api_at(h, "/issues?state=all&labels=dfix&per_page=100"), title,
                          "number", "body", e);
}

static bool put_board(struct hosted *h, struct str title, struct str body, struct err *e)
{
    if (h->board.number)
        return api_call(h, "PATCH", api_at(h, "/issues/%lld", (long long)h->board.number),
                        api_set(json_object(), "body", body), NULL, e);
    return api_call(
        h, "POST", api_at(h, "/issues"),
        api_set(api_set(json_pack("{s:[s]}", "labels", "dfix"), "title", title), "body", body),
        NULL, e);
}

const struct host host_github = {.name = "github",
                                 .user = "x-access-token",
                                 .place = place,
                                 .open = api_open,
                                 .pulls = pulls,
                                 .put = put,
                                 .drop = host_push_gone,
                                 .read = read_pull,
                                 .create = create,
                                 .change = api_change,
                                 .dress = dress,
                                 .checks = checks,
                                 .automerge = automerge,
                                 .find_board = find_board,
                                 .put_board = put_board,
                                 .close_issue = api_close_issue,
                                 .has_pulls = true};
