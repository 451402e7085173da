/* marker.c - what dfix keeps in the body of a pull request. It stands in a comment of HTML's, so no
 * dash and no angle of it may be one. */
#include "faces/bot/host.h"

#include <stdlib.h>

#include "host/json.h"

static const char begin[] = "\n<!-- dfix: ", end[] = " -->\n";

static struct str disarm(struct arena *a, const char *text)
{
    struct buf b = {.arena = a};

    for (; *text; text++)
        if (strchr("-<>&", *text))
            buf_fmt(&b, "\\u%04x", (unsigned)*text);
        else
            buf_char(&b, *text);
    return buf_str(&b);
}

struct str marker_write(struct arena *a, const struct marker *m)
{
    json_t *o = json_pack("{s:o,s:o,s:o,s:o,s:o,s:b}", "group", json_of(m->group), "content",
                          json_of(m->content), "sum", json_of(m->sum), "head", json_of(m->head),
                          "base", json_of(m->base), "dressed", m->dressed);

    if (m->closed.n)
        json_object_set_new(o, "closed", json_of(m->closed));
    char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    struct str out =
        str_fmt(a, "%s" STR_FMT "%s", begin, STR_ARG(disarm(a, text ? text : "{}")), end);
    free(text);
    json_decref(o);
    return out;
}

/* The last one counts; hosts may have changed line ends. */
static bool find(struct str body, size_t *from, struct str *json)
{
    struct str mark = S("<!-- dfix: "), rest = body;
    bool found = false;

    for (ptrdiff_t at; (at = str_find(rest, mark)) != STR_NONE;) {
        *from = (size_t)(rest.p - body.p) + (size_t)at;
        rest = str_from(rest, (size_t)at + mark.n);
        ptrdiff_t stop = str_find(rest, S("-->"));
        *json = str_trim(str_sub(rest, 0, stop == STR_NONE ? rest.n : (size_t)stop));
        found = true;
    }
    return found;
}

bool marker_read(struct arena *a, struct str body, struct marker *out)
{
    struct str text;
    size_t from;

    if (!find(body, &from, &text))
        return false;
    json_t *o = json_object_of(text);
    *out = (struct marker){json_text(a, o, "group"),
                           json_text(a, o, "content"),
                           json_text(a, o, "sum"),
                           json_text(a, o, "head"),
                           json_text(a, o, "base"),
                           json_text(a, o, "closed"),
                           json_is_true(json_object_get(o, "dressed"))};
    json_decref(o);
    return out->content.n > 0;
}

struct str marker_strip(struct str body)
{
    struct str text;
    size_t from;

    return find(body, &from, &text) ? str_trim(str_sub(body, 0, from)) : str_trim(body);
}
