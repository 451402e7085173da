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

bool api_find_board(struct hosted *h, struct str path, struct str title, const char *number,
                    const char *text, struct err *e)
{
    json_t *list, *o;
    size_t i;

    h->board = (struct issue){0, S(""), 0};
    if (!api_call(h, "GET", path, NULL, &list, e))
        return false;
    json_array_foreach(list, i, o)
    {
        bool issue = !json_is_object(json_object_get(o, "pull_request"));
        if (issue && !h->board.number && str_eq(json_text(h->arena, o, "title"), title))
            h->board = (struct issue){json_integer_value(json_object_get(o, number)),
                                      json_text(h->arena, o, text),
                                      api_time(json_text(h->arena, o, "created_at"))};
    }
    json_decref(list);
    return true;
}
