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

/* A host takes 64 KiB, of which the body has most. */
enum { SEEN_MOST = 100, MOVES_MOST = 100, SEEN_BYTES = 9000, MOVES_BYTES = 3000 };

static size_t written_size(struct str text)
{
    size_t n = text.n;

    for (size_t i = 0; i < text.n; i++)
        n += strchr("-<>&", text.p[i]) ? 5 : 0;
    return n;
}

static void set_seen(json_t *o, const struct marker *m, struct arena *a)
{
    json_t *seen = json_object(), *moves = json_array();
    size_t bytes = 0;

    for (size_t i = 0; i < m->seen.n && i < SEEN_MOST && bytes < SEEN_BYTES; i++) {
        bytes += written_size(m->seen.v[i].key) + 14;
        json_object_set_new(seen, str_cstr(a, m->seen.v[i].key),
                            json_integer((json_int_t)m->seen.v[i].since));
    }
    bytes = 0;
    for (size_t i = 0; i < m->moves.n && i < MOVES_MOST && bytes < MOVES_BYTES; i++) {
        bytes += written_size(m->moves.v[i]) + 3;
        json_array_append_new(moves, json_of(m->moves.v[i]));
    }
    if (json_object_size(seen))
        json_object_set(o, "seen", seen);
    if (json_array_size(moves))
        json_object_set(o, "moves", moves);
    json_decref(seen);
    json_decref(moves);
}

struct str marker_write(struct arena *a, const struct marker *m)
{
    const struct {
        const char *key;
        struct str text;
    } field[] = {{"group", m->group}, {"content", m->content}, {"sum", m->sum},
                 {"head", m->head},   {"base", m->base},       {"title", m->title},
                 {"text", m->text},   {"closed", m->closed}};
    json_t *o = json_object();

    for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++)
        if (field[i].text.n)
            json_object_set_new(o, field[i].key, json_of(field[i].text));
    if (m->dressed)
        json_object_set_new(o, "dressed", json_true());
    if (m->automerge)
        json_object_set_new(o, "automerge", json_true());
    set_seen(o, m, a);
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

static void read_seen(struct arena *a, const json_t *o, struct marker *out)
{
    json_t *when, *name;
    const char *key;
    size_t i;

    json_object_foreach(json_object_get(o, "seen"), key, when)
    {
        if (json_is_integer(when) && out->seen.n < SEEN_MOST)
            vec_push(a, &out->seen,
                     (struct sighting){str_dup(a, str_of(key)), S(""), json_integer_value(when)});
    }
    json_array_foreach(json_object_get(o, "moves"), i, name)
    {
        if (json_is_string(name) && out->moves.n < MOVES_MOST)
            vec_push(a, &out->moves, str_dup(a, str_of(json_string_value(name))));
    }
}

bool marker_read(struct arena *a, struct str body, struct marker *out)
{
    struct str text = S("");
    size_t from;
    bool found = find(body, &from, &text);
    json_t *o = json_object_of(text);

    *out = (struct marker){.group = json_text(a, o, "group"),
                           .content = json_text(a, o, "content"),
                           .sum = json_text(a, o, "sum"),
                           .head = json_text(a, o, "head"),
                           .base = json_text(a, o, "base"),
                           .title = json_text(a, o, "title"),
                           .text = json_text(a, o, "text"),
                           .closed = json_text(a, o, "closed"),
                           .dressed = json_is_true(json_object_get(o, "dressed")),
                           .automerge = json_is_true(json_object_get(o, "automerge"))};
    read_seen(a, o, out);
    json_decref(o);
    return found && out->content.n > 0;
}

struct str marker_front(struct str body)
{
    struct str text;
    size_t from;

    if (!find(body, &from, &text))
        return body;
    return str_sub(body, 0, from && body.p[from - 1] == '\n' ? from - 1 : from);
}
