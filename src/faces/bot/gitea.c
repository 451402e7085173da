/* gitea.c - Gitea and Forgejo, by their API v1. Its contents API cannot begin a branch anew, so
 * commits go by git. */
#include "faces/bot/host.h"

#include "host/json.h"

enum { PAGE = 50, PAGES = 10 };

static void place(struct hosted *h)
{
    api_place(h, "/api/v1");
}

/* All of a list; an instance may give less in a page than is asked for. NULL: it could not be had.
 */
static json_t *list_all(struct hosted *h, const char *what, struct err *e)
{
    json_t *all = json_array(), *list;

    for (int page = 1; page <= PAGES; page++) {
        struct str path = api_at(h, "/%slimit=%d&page=%d", what, PAGE, page);
        if (!api_call(h, "GET", path, NULL, &list, e)) {
            json_decref(all);
            return NULL;
        }
        size_t n = json_array_size(list);
        json_array_extend(all, list);
        json_decref(list);
        if (!n || (h->total < 0 ? n < PAGE : (int64_t)json_array_size(all) >= h->total))
            break;
    }
    return all;
}

static bool read_pull(struct hosted *h, const json_t *o, struct pull *out)
{
    struct arena *a = h->arena;
    const json_t *head = json_object_get(o, "head"), *base = json_object_get(o, "base");

    if (json_integer_value(json_object_get(head, "repo_id")) !=
        json_integer_value(json_object_get(base, "repo_id")))
        return false;
    *out = (struct pull){.number = json_integer_value(json_object_get(o, "number")),
                         .created = api_time(json_text(a, o, "created_at")),
                         .branch = json_text(a, head, "ref"),
                         .head = json_text(a, head, "sha"),
                         .title = json_text(a, o, "title"),
                         .body = json_text(a, o, "body"),
                         .url = json_text(a, o, "html_url"),
                         .id = S(""),
                         .open = str_eq(json_text(a, o, "state"), S("open")),
                         .merged = json_is_true(json_object_get(o, "merged")),
                         .stopped = api_has_label(o, BOT_STOP),
                         .base = json_text(a, base, "ref"),
                         .author = json_text(a, json_object_get(o, "user"), "login"),
                         .conflicts = json_is_false(json_object_get(o, "mergeable"))};
    api_read_draft(h, out);
    /* Where the branch is gone the name of its ref is another. */
    struct str label = json_text(a, head, "label");
    if (str_starts(label, S(BOT_BRANCH)))
        out->branch = label;
    out->marked = marker_read(a, out->body, &out->marker);
    out->automerged = out->marker.automerge; /* it is not told of one */
    return true;
}

/* There is no search by branch: the newest of them are looked through, once. */
static bool pulls(struct hosted *h, struct str branch, struct err *e)
{
    json_t *list, *o;
    size_t i;

    (void)branch;
    if (h->listed)
        return true;
    list = list_all(h, "pulls?state=all&", e);
    if (!list)
        return false;
    json_array_foreach(list, i, o)
    {
        struct pull p;
        if (read_pull(h, o, &p) && str_starts(p.branch, S(BOT_BRANCH)))
            vec_push(h->arena, &h->pull, p);
    }
    json_decref(list);
    h->listed = true;
    return true;
}

static bool create(struct hosted *h, const struct proposal *p, struct str body, struct pull *out,
                   struct err *e)
{
    json_t *ask = api_set(api_set(json_object(), "head", p->branch), "base", h->repo->at.branch);

    api_set(api_set(ask, "title", api_draft_title(h, p->title, h->repo->policy->draft)), "body",
            body);
    return api_create(h, "/pulls", "pull request", ask, out, e);
}

/* ---- labels go by number ---- */

static bool label_number(struct hosted *h, struct str name, json_t **out, struct err *e)
{
    json_t *list, *o;
    size_t i;

    *out = NULL;
    list = list_all(h, "labels?", e);
    if (!list)
        return false;
    json_array_foreach(list, i, o)
    {
        json_t *id = json_object_get(o, "id");
        if (!*out && json_is_integer(id) && str_eq(json_text(h->arena, o, "name"), name))
            *out = json_incref(id);
    }
    json_decref(list);
    if (*out)
        return true;
    if (!api_call(h, "POST", api_at(h, "/labels"),
                  api_set(json_pack("{s:s}", "color", "#1d63ed"), "name", name), &o, e))
        return h->status == 403 || h->status == 422;
    if (json_is_integer(json_object_get(o, "id")))
        *out = json_incref(json_object_get(o, "id"));
    json_decref(o);
    return true;
}

/* NULL: one could not be had. */
static json_t *label_numbers(struct hosted *h, const struct str *v, size_t n, struct err *e)
{
    json_t *ids = json_array(), *id;

    for (size_t i = 0; i < n; i++) {
        if (!label_number(h, v[i], &id, e)) {
            json_decref(ids);
            return NULL;
        }
        if (id)
            json_array_append_new(ids, id);
    }
    return ids;
}

static bool add_labels(struct hosted *h, int64_t number, const struct str *v, size_t n,
                       struct err *e)
{
    json_t *ids = label_numbers(h, v, n, e);

    return ids && api_attempt(h, "POST", api_at(h, "/issues/%lld/labels", (long long)number),
                              json_pack("{s:o}", "labels", ids), e);
}

static bool dress(struct hosted *h, const struct pull *p, const struct str *reviewer,
                  size_t nreviewer, struct err *e)
{
    const struct bot_settings *b = h->repo->policy;

    if (b->nlabel && !add_labels(h, p->number, b->label, b->nlabel, e))
        return false;
    if (b->nassignee &&
        !api_attempt(h, "PATCH", api_at(h, "/issues/%lld", (long long)p->number),
                     json_pack("{s:o}", "assignees", api_list(b->assignee, b->nassignee)), e))
        return false;
    return api_ask_reviewers(h, p->number, reviewer, nreviewer, e);
}

/* ---- checks, merging, the dashboard ---- */

static bool checks(struct hosted *h, struct str branch, struct str head, enum checks *out,
                   struct err *e)
{
    (void)branch;
    return api_status(h, head, out, e);
}

static bool automerge(struct hosted *h, const struct pull *p, bool on, struct err *e)
{
    struct str path = api_at(h, "/pulls/%lld/merge", (long long)p->number);

    if (!on) /* 404: there is none */
        return api_call(h, "DELETE", path, NULL, NULL, e) || h->status == 404;
    json_t *ask = json_pack("{s:s,s:b,s:b}", "Do", "merge", "merge_when_checks_succeed", 1,
                            "delete_branch_after_merge", 1);
    return api_call(h, "POST", path, api_set(ask, "head_commit_id", p->marker.head), NULL, e);
}

/* The label tells it from what anybody may open with that title. */
static bool find_board(struct hosted *h, struct str title, struct err *e)
{
    return api_find_board(h, api_at(h, "/issues?state=all&type=issues&labels=dfix&limit=%d", PAGE),
                          title, "number", "body", e);
}

static bool put_board(struct hosted *h, struct str title, struct str body, struct err *e)
{
    json_t *o = api_set(json_object(), "body", body);

    if (h->board.number)
        return api_call(h, "PATCH", api_at(h, "/issues/%lld", (long long)h->board.number), o, NULL,
                        e);
    json_t *ids = label_numbers(h, &S("dfix"), 1, e);
    if (!json_array_size(ids)) {
        bool told = ids == NULL;
        json_decref(ids);
        json_decref(o);
        return !told && err_set(e, "the dashboard needs the label dfix, which cannot be made");
    }
    json_object_set_new(o, "labels", ids);
    return api_call(h, "POST", api_at(h, "/issues"), api_set(o, "title", title), NULL, e);
}

const struct host host_gitea = {.name = "gitea",
                                .user = "dfix",
                                .draft = "WIP: ",
                                .place = place,
                                .open = api_open,
                                .pulls = pulls,
                                .put = host_push,
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
