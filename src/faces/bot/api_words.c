/* api_words.c - what the APIs of hosts have in common. */
#include "faces/bot/host.h"

#include "host/json.h"

json_t *api_set(json_t *o, const char *key, struct str text)
{
    json_object_set_new(o, key, json_of(text));
    return o;
}

json_t *api_list(const struct str *v, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_of(v[i]));
    return list;
}

struct str api_at(struct hosted *h, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    struct str tail = str_vfmt(h->arena, fmt, ap);
    va_end(ap);
    return str_fmt(h->arena, STR_FMT STR_FMT, STR_ARG(h->project), STR_ARG(tail));
}

bool api_attempt(struct hosted *h, const char *method, struct str path, json_t *body, struct err *e)
{
    bool good = api_call(h, method, path, body, NULL, e);

    return good || h->status == 403 || h->status == 404 || h->status == 422;
}

bool api_create(struct hosted *h, const char *path, const char *word, json_t *ask, struct pull *out,
                struct err *e)
{
    json_t *o;

    if (!api_call(h, "POST", api_at(h, "%s", path), ask, &o, e)) {
        h->postponed |= h->status == 422; /* another run was quicker, or the base is gone */
        return false;
    }
    bool good = h->host->read(h, o, out);
    json_decref(o);
    return good || err_set(e, "the answer to a new %s is not understood", word);
}

/* Labels are texts, or objects that have a name. */
bool api_has_label(const json_t *pull, const char *name)
{
    size_t i;
    json_t *label;

    json_array_foreach(json_object_get(pull, "labels"), i, label)
    {
        const char *text =
            json_string_value(json_is_string(label) ? label : json_object_get(label, "name"));
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

void api_place(struct hosted *h, const char *version)
{
    struct arena *a = h->arena;
    const struct remote *r = &h->repo->remote;
    const char *scheme = str_eq(r->scheme, S("http")) ? "http" : "https";
    struct str name = r->path, owner;

    str_cut(&name, '/', &owner);
    h->api = str_fmt(a, "%s://" STR_FMT "%s", scheme, STR_ARG(r->host), version);
    h->project = str_fmt(a, "/repos/" STR_FMT "/" STR_FMT, STR_ARG(percent_encode(a, owner)),
                         STR_ARG(percent_encode(a, name)));
}

void api_read_draft(const struct hosted *h, struct pull *p)
{
    p->draft = str_starts(p->title, str_of(h->host->draft));
    if (p->draft)
        p->title = str_from(p->title, strlen(h->host->draft));
}

struct str api_draft_title(struct hosted *h, struct str title, bool draft)
{
    const char *mark = h->host->draft;

    return draft && mark ? str_fmt(h->arena, "%s" STR_FMT, mark, STR_ARG(title)) : title;
}

bool api_change(struct hosted *h, const struct pull *p, struct str title, struct str body,
                bool close, struct err *e)
{
    json_t *o =
        api_set(api_set(json_object(), "title", api_draft_title(h, title, p->draft)), "body", body);

    if (close)
        json_object_set_new(o, "state", json_string("closed"));
    return api_call(h, "PATCH", api_at(h, "/pulls/%lld", (long long)p->number), o, NULL, e);
}

bool api_close_issue(struct hosted *h, int64_t number, struct err *e)
{
    return api_call(h, "PATCH", api_at(h, "/issues/%lld", (long long)number),
                    json_pack("{s:s}", "state", "closed"), NULL, e);
}

bool api_status(struct hosted *h, struct str head, enum checks *out, struct err *e)
{
    json_t *o;

    if (!api_call(h, "GET", api_at(h, "/commits/" STR_FMT "/status", STR_ARG(head)), NULL, &o, e))
        return false;
    struct str state = json_text(h->arena, o, "state");
    bool any = json_integer_value(json_object_get(o, "total_count")) > 0;
    *out = !any                          ? CHECKS_NONE
           : str_eq(state, S("success")) ? CHECKS_PASSED
           : str_eq(state, S("pending")) ? CHECKS_RUN
                                         : CHECKS_FAILED;
    json_decref(o);
    return true;
}

/* Gitea tells nobody but an administrator about others: those count as readers. */
bool api_may_write(struct hosted *h, struct str login, bool *may, struct err *e)
{
    json_t *o;

    *may = false;
    for (size_t i = 0; i < h->writer.n; i++)
        if (str_eq(h->writer.v[i].login, login)) {
            *may = h->writer.v[i].may;
            return true;
        }
    struct str who = percent_encode(h->arena, login);
    if (login.n &&
        api_call(h, "GET", api_at(h, "/collaborators/" STR_FMT "/permission", STR_ARG(who)), NULL,
                 &o, e)) {
        *may = word_is_one_of(json_text(h->arena, o, "permission"), "write admin owner");
        json_decref(o);
    } else if (login.n && h->status != 403 && h->status != 404)
        return false;
    vec_push(h->arena, &h->writer, (struct writer){login, *may});
    return true;
}

bool api_open(struct hosted *h, struct err *e)
{
    json_t *o;

    if (!api_call(h, "GET", h->project, NULL, &o, e))
        return false;
    h->fork = json_is_true(json_object_get(o, "fork")) ||
              json_is_object(json_object_get(o, "forked_from_project"));
    h->archived = json_is_true(json_object_get(o, "archived"));
    json_decref(o);
    return true;
}

bool api_ask_reviewers(struct hosted *h, int64_t pull, const struct str *v, size_t n, struct err *e)
{
    json_t *users = json_array(), *teams = json_array();

    for (size_t i = 0; i < n; i++) {
        ptrdiff_t slash = str_chr(v[i], '/');
        json_array_append_new(slash == STR_NONE ? users : teams,
                              json_of(str_from(v[i], (size_t)(slash + 1))));
    }
    json_t *ask = json_pack("{s:o,s:o}", "reviewers", users, "team_reviewers", teams);
    if (n)
        return api_attempt(h, "POST", api_at(h, "/pulls/%lld/requested_reviewers", (long long)pull),
                           ask, e);
    json_decref(ask);
    return true;
}

/* Of two the open one, or else the one that was first: runs at the same time may have made both. */
static bool is_better(const struct issue *x, const struct issue *than)
{
    return x->open != than->open ? x->open : x->number < than->number;
}

bool api_find_board(struct hosted *h, struct str path, struct str title, const char *number,
                    const char *text, struct err *e)
{
    struct issue none = {.body = S("")}, x;
    json_t *list, *o;
    size_t i;

    h->board = none;
    if (!api_call(h, "GET", path, NULL, &list, e))
        return false;
    json_array_foreach(list, i, o)
    {
        x = (struct issue){json_integer_value(json_object_get(o, number)),
                           json_text(h->arena, o, text),
                           api_time(json_text(h->arena, o, "created_at")),
                           word_is_one_of(json_text(h->arena, o, "state"), "open opened")};
        if (json_is_object(json_object_get(o, "pull_request")) || x.number <= 0 ||
            !str_eq(json_text(h->arena, o, "title"), title) || !board_is(x.body))
            continue;
        struct issue other = h->board;
        bool better = !other.number || is_better(&x, &other);
        if (better)
            h->board = x;
        else
            other = x;
        if (other.number && other.open)
            vec_push(h->arena, &h->twin, other);
    }
    json_decref(list);
    return true;
}
