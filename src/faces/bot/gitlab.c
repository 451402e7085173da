/* gitlab.c - GitLab, of any host, by its API v4: merge requests, and commits as lists of actions.
 */
#include "faces/bot/host.h"

#include "host/json.h"

static void place(struct hosted *h)
{
    struct arena *a = h->arena;
    const struct remote *r = &h->repo->remote;
    const char *scheme = str_eq(r->scheme, S("http")) ? "http" : "https";

    h->api = str_fmt(a, "%s://" STR_FMT "/api/v4", scheme, STR_ARG(r->host));
    h->project = str_fmt(a, "/projects/" STR_FMT, STR_ARG(percent_encode(a, r->path)));
}

/* ---- merge requests ---- */

static bool read_pull(struct hosted *h, const json_t *o, struct pull *out)
{
    struct arena *a = h->arena;
    struct str state = json_text(a, o, "state");

    if (json_integer_value(json_object_get(o, "source_project_id")) !=
        json_integer_value(json_object_get(o, "target_project_id")))
        return false;
    *out = (struct pull){.number = json_integer_value(json_object_get(o, "iid")),
                         .created = api_time(json_text(a, o, "created_at")),
                         .branch = json_text(a, o, "source_branch"),
                         .head = json_text(a, o, "sha"),
                         .title = json_text(a, o, "title"),
                         .body = json_text(a, o, "description"),
                         .url = json_text(a, o, "web_url"),
                         .id = S(""),
                         .open = str_eq(state, S("opened")),
                         .merged = str_eq(state, S("merged")),
                         .stopped = api_has_label(o, BOT_STOP),
                         .base = json_text(a, o, "target_branch"),
                         .automerged =
                             json_is_true(json_object_get(o, "merge_when_pipeline_succeeds")),
                         .trusted = true, /* it takes a developer to propose its own branches */
                         .conflicts = json_is_true(json_object_get(o, "has_conflicts"))};
    api_read_draft(h, out);
    out->marked = marker_read(a, out->body, &out->marker);
    return true;
}

static bool pulls(struct hosted *h, struct str branch, struct err *e)
{
    json_t *list, *o;
    size_t i;

    if (!api_call(h, "GET",
                  api_at(h, "/merge_requests?state=all&source_branch=" STR_FMT "&per_page=100",
                         STR_ARG(percent_encode(h->arena, branch))),
                  NULL, &list, e))
        return false;
    json_array_foreach(list, i, o)
    {
        struct pull p;
        if (!read_pull(h, o, &p) || !str_eq(p.branch, branch))
            continue;
        vec_push(h->arena, &h->pull, p);
    }
    json_decref(list);
    return true;
}

static json_t *labels_of(const struct bot_settings *b, struct arena *a)
{
    struct buf all = {.arena = a};

    for (size_t i = 0; i < b->nlabel; i++)
        buf_fmt(&all, "%s" STR_FMT, i ? "," : "", STR_ARG(b->label[i]));
    return json_of(buf_str(&all));
}

static bool create(struct hosted *h, const struct proposal *p, struct str body, struct pull *out,
                   struct err *e)
{
    json_t *ask = json_pack("{s:b}", "remove_source_branch", 1);

    api_set(api_set(ask, "source_branch", p->branch), "target_branch", h->repo->at.branch);
    api_set(api_set(ask, "title", api_draft_title(h, p->title, h->repo->policy->draft)),
            "description", body);
    return api_create(h, "/merge_requests", "merge request", ask, out, e);
}

static bool change(struct hosted *h, const struct pull *p, struct str title, struct str body,
                   bool close, struct err *e)
{
    json_t *o = api_set(api_set(json_object(), "title", api_draft_title(h, title, p->draft)),
                        "description", body);

    if (close)
        json_object_set_new(o, "state_event", json_string("close"));
    return api_call(h, "PUT", api_at(h, "/merge_requests/%lld", (long long)p->number), o, NULL, e);
}

/* Users go by numbers; whom GitLab does not know is left out. Teams are no users. */
static bool add_user(struct hosted *h, struct str name, json_t *ids, struct err *e)
{
    json_t *list;

    if (str_chr(name, '/') != STR_NONE)
        return true;
    if (!api_call(
            h, "GET",
            str_fmt(h->arena, "/users?username=" STR_FMT, STR_ARG(percent_encode(h->arena, name))),
            NULL, &list, e))
        return false;
    json_t *id = json_object_get(json_array_get(list, 0), "id");
    if (json_is_integer(id))
        json_array_append(ids, id);
    json_decref(list);
    return true;
}

static bool dress(struct hosted *h, const struct pull *p, const struct str *reviewer,
                  size_t nreviewer, struct err *e)
{
    const struct bot_settings *b = h->repo->policy;
    json_t *o = json_object(), *assignees = json_array(), *reviewers = json_array();
    bool good = true;

    for (size_t i = 0; good && i < b->nassignee; i++)
        good = add_user(h, b->assignee[i], assignees, e);
    for (size_t i = 0; good && i < nreviewer; i++)
        good = add_user(h, reviewer[i], reviewers, e);
    if (b->nlabel)
        json_object_set_new(o, "add_labels", labels_of(b, h->arena));
    if (json_array_size(assignees))
        json_object_set(o, "assignee_ids", assignees);
    if (json_array_size(reviewers))
        json_object_set(o, "reviewer_ids", reviewers);
    json_decref(assignees);
    json_decref(reviewers);
    if (!good || !json_object_size(o)) {
        json_decref(o);
        return good;
    }
    return api_attempt(h, "PUT", api_at(h, "/merge_requests/%lld", (long long)p->number), o, e);
}

/* ---- commits ---- */

static json_t *actions_of(struct hosted *h, const struct step *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->file.n; i++) {
        const struct bot_file *f = &h->repo->plan.file[s->file.v[i].file];
        json_t *o = json_pack("{s:s,s:s}", "action", "update", "encoding", "base64");
        api_set(api_set(o, "file_path", f->path), "content",
                base64_encode(h->arena, s->file.v[i].text));
        json_array_append_new(list, o);
    }
    return list;
}

/* The first commit begins the branch at the base; the others follow it. A run that ends between
 * leaves a series that is not whole. One that is there is moved by git: the API would begin it anew
 * over whatever somebody has pushed meanwhile. */
static bool put(struct hosted *h, struct proposal *p, struct str old, struct str *head,
                struct err *e)
{
    struct repo *r = h->repo;

    if (r->policy->by_push || r->policy->sign || old.n)
        return host_push(h, p, old, head, e);
    for (size_t i = 0; i < p->nstep; i++) {
        json_t *o, *ask = json_pack("{s:o}", "actions", actions_of(h, &p->step[i]));
        api_set(api_set(ask, "branch", p->branch), "commit_message", p->step[i].message);
        if (i == 0)
            api_set(ask, "start_sha", r->at.commit);
        if (!api_call(h, "POST", api_at(h, "/repository/commits"), ask, &o, e)) {
            h->postponed |= h->status == 400 && i == 0; /* another run was quicker */
            return false;
        }
        *head = json_text(h->arena, o, "id");
        json_decref(o);
    }
    return git_is_object(*head) || err_set(e, "the answer to a commit names none");
}

/* ---- checks, merging, the dashboard ---- */

static bool checks(struct hosted *h, struct str branch, struct str head, enum checks *out,
                   struct err *e)
{
    json_t *list;

    if (!api_call(h, "GET",
                  api_at(h, "/pipelines?sha=" STR_FMT "&ref=" STR_FMT "&per_page=1", STR_ARG(head),
                         STR_ARG(percent_encode(h->arena, branch))),
                  NULL, &list, e))
        return false;
    struct str state = json_text(h->arena, json_array_get(list, 0), "status");
    *out = !state.n                                   ? CHECKS_NONE
           : word_is_one_of(state, "success skipped") ? CHECKS_PASSED
           : word_is_one_of(state, "failed canceled") ? CHECKS_FAILED
                                                      : CHECKS_RUN;
    json_decref(list);
    return true;
}

/* By its name of today, and by that of before 17.11; of this head and no other. */
static bool automerge(struct hosted *h, const struct pull *p, bool on, struct err *e)
{
    long long n = (long long)p->number;

    if (!on)
        return api_call(h, "POST",
                        api_at(h, "/merge_requests/%lld/cancel_merge_when_pipeline_succeeds", n),
                        NULL, NULL, e);
    json_t *ask = json_pack("{s:b,s:b,s:b}", "auto_merge", 1, "merge_when_pipeline_succeeds", 1,
                            "should_remove_source_branch", 1);
    return api_call(h, "PUT", api_at(h, "/merge_requests/%lld/merge", n),
                    api_set(ask, "sha", p->marker.head), NULL, e);
}

static bool find_board(struct hosted *h, struct str title, struct err *e)
{
    return api_find_board(h, api_at(h, "/issues?state=all&labels=dfix&per_page=100"), title, "iid",
                          "description", e);
}

static bool put_board(struct hosted *h, struct str title, struct str body, struct err *e)
{
    json_t *o = api_set(json_object(), "description", body);

    if (h->board.number)
        return api_call(h, "PUT", api_at(h, "/issues/%lld", (long long)h->board.number), o, NULL,
                        e);
    api_set(api_set(o, "title", title), "labels", S("dfix"));
    return api_call(h, "POST", api_at(h, "/issues"), o, NULL, e);
}

static bool close_issue(struct hosted *h, int64_t number, struct err *e)
{
    return api_call(h, "PUT", api_at(h, "/issues/%lld", (long long)number),
                    json_pack("{s:s}", "state_event", "close"), NULL, e);
}

const struct host host_gitlab = {.name = "gitlab",
                                 .user = "oauth2",
                                 .draft = "Draft: ",
                                 .place = place,
                                 .open = api_open,
                                 .pulls = pulls,
                                 .put = put,
                                 .drop = host_push_gone,
                                 .read = read_pull,
                                 .create = create,
                                 .change = change,
                                 .dress = dress,
                                 .checks = checks,
                                 .automerge = automerge,
                                 .find_board = find_board,
                                 .put_board = put_board,
                                 .close_issue = close_issue,
                                 .has_pulls = true};
