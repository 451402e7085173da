/* JSON of the protocol: places, ranges and edits, and members of what came. */
#include "faces/lsp/lsp.h"

#include <stdlib.h>

/* The value of `\\uXXXX` at `p`; -1: it is none. */
static long escaped(struct str s, size_t at)
{
    long value = 0;

    if (at + 6 > s.n || s.p[at] != '\\' || s.p[at + 1] != 'u')
        return -1;
    for (size_t i = at + 2; i < at + 6; i++) {
        const char *digits = "0123456789abcdef", *d = strchr(digits, s.p[i] | 32);
        if (!s.p[i] || !d)
            return -1;
        value = value * 16 + (d - digits);
    }
    return value;
}

static struct str without_halves(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < s.n;) {
        long first = escaped(s, i), second = escaped(s, i + 6);
        bool high = first >= 0xD800 && first < 0xDC00, low = first >= 0xDC00 && first < 0xE000;
        bool pair = high && second >= 0xDC00 && second < 0xE000;
        size_t n = pair ? 12 : first >= 0 ? 6 : s.p[i] == '\\' && i + 1 < s.n ? 2 : 1;
        buf_add(&b, (high && !pair) || low ? S("\\ufffd") : str_sub(s, i, i + n));
        i += n;
    }
    return buf_str(&b);
}

json_t *lsp_parse(struct str body)
{
    enum { HOW = JSON_ALLOW_NUL | JSON_DECODE_ANY };
    json_t *j = json_loadb(body.p, body.n, HOW, NULL);
    struct arena *a;

    if (j || str_find(body, S("\\u")) == STR_NONE)
        return j;
    a = arena_open();
    body = without_halves(a, body);
    j = json_loadb(body.p, body.n, HOW, NULL);
    arena_close(a);
    return j;
}

/* As JSON. Few texts are more than plain ASCII. */
void lsp_add_text(struct buf *b, struct str s)
{
    size_t plain = 0;

    while (plain < s.n && s.p[plain] >= ' ' && s.p[plain] < 0x7F && s.p[plain] != '"' &&
           s.p[plain] != '\\')
        plain++;
    if (plain == s.n) {
        buf_char(b, '"');
        buf_add(b, s);
        buf_char(b, '"');
        return;
    }
    json_t *j = document_str(s);
    char *text = json_dumps(j, JSON_ENCODE_ANY);
    buf_add(b, str_of(text));
    free(text);
    json_decref(j);
}

static void add_number(struct buf *b, uint32_t n)
{
    char digits[10];
    size_t i = sizeof(digits);

    do
        digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    buf_add(b, (struct str){digits + i, sizeof(digits) - i});
}

static void add_position(struct buf *b, const struct lsp *s, const struct document *d, uint32_t at)
{
    struct position p = position_at(d->text, &d->lines, s->client.encoding, at);

    buf_add(b, S("{\"line\":"));
    add_number(b, p.line);
    buf_add(b, S(",\"character\":"));
    add_number(b, p.character);
    buf_char(b, '}');
}

void lsp_add_range(struct buf *b, const struct lsp *s, const struct document *d, struct span span)
{
    buf_add(b, S("{\"start\":"));
    add_position(b, s, d, span.start);
    buf_add(b, S(",\"end\":"));
    add_position(b, s, d, span.end);
    buf_char(b, '}');
}

struct str lsp_str(const json_t *j)
{
    if (!json_is_string(j))
        return S("");
    return (struct str){json_string_value(j), json_string_length(j)};
}

struct str lsp_member(const json_t *object, const char *key)
{
    return lsp_str(json_object_get(object, key));
}

const json_t *lsp_at(const json_t *object, const char *path)
{
    struct str rest = str_of(path), key;
    char name[64];

    while (object && str_cut(&rest, '.', &key)) {
        memcpy(name, key.p, key.n);
        name[key.n] = '\0';
        object = json_object_get(object, name);
    }
    return object;
}

bool lsp_true(const json_t *object, const char *path)
{
    return json_is_true(lsp_at(object, path));
}

static bool read_count(const json_t *j, uint32_t *out)
{
    json_int_t n = json_integer_value(j);

    *out = n > INT32_MAX ? INT32_MAX : (uint32_t)n;
    return json_is_integer(j) && n >= 0;
}

bool lsp_position(const json_t *j, struct position *out)
{
    return read_count(json_object_get(j, "line"), &out->line) &&
           read_count(json_object_get(j, "character"), &out->character);
}

json_t *lsp_position_json(const struct lsp *s, const struct document *d, uint32_t offset)
{
    struct position p = position_at(d->text, &d->lines, s->client.encoding, offset);
    json_t *j = json_object();

    json_object_set_new(j, "line", json_integer(p.line));
    json_object_set_new(j, "character", json_integer(p.character));
    return j;
}

json_t *lsp_range(const struct lsp *s, const struct document *d, struct span span)
{
    json_t *j = json_object();

    json_object_set_new(j, "start", lsp_position_json(s, d, span.start));
    json_object_set_new(j, "end", lsp_position_json(s, d, span.end));
    return j;
}

uint32_t lsp_offset(const struct lsp *s, const struct document *d, const json_t *position)
{
    struct position p = {0, 0};

    lsp_position(position, &p);
    return offset_at(d->text, &d->lines, s->client.encoding, p);
}

bool lsp_span(const struct lsp *s, const struct document *d, const json_t *range, struct span *out)
{
    struct position from, to;

    if (!lsp_position(json_object_get(range, "start"), &from) ||
        !lsp_position(json_object_get(range, "end"), &to))
        return false;
    out->start = offset_at(d->text, &d->lines, s->client.encoding, from);
    out->end = offset_at(d->text, &d->lines, s->client.encoding, to);
    if (out->end < out->start) {
        uint32_t swap = out->start;
        out->start = out->end;
        out->end = swap;
    }
    return true;
}

/* What both sides have at their ends is not changed. No character is cut, nor a line end. */
static struct edit cut_down(struct str text, struct edit e)
{
    struct str old = str_sub(text, e.span.start, e.span.end);
    uint32_t most = (uint32_t)(old.n < e.text.n ? old.n : e.text.n), front = 0, back = 0;

    while (front < most && old.p[front] == e.text.p[front])
        front++;
    while (front && (character_start(old, front) != front ||
                     character_start(e.text, front) != front || old.p[front - 1] == '\r'))
        front--;
    while (back < most - front && old.p[old.n - 1 - back] == e.text.p[e.text.n - 1 - back])
        back++;
    while (back && (((unsigned char)old.p[old.n - back] & 0xC0) == 0x80 ||
                    (back < old.n && old.p[old.n - back] == '\n')))
        back--;
    return (struct edit){{e.span.start + front, e.span.end - back},
                         str_sub(e.text, front, e.text.n - back)};
}

json_t *lsp_edits(const struct lsp *s, const struct document *d, struct edits e)
{
    json_t *list = json_array();

    for (size_t i = 0; i < e.n; i++) {
        struct edit x = cut_down(d->text, e.v[i]);
        if (x.span.start == x.span.end && !x.text.n)
            continue;
        json_t *one = json_object();
        json_object_set_new(one, "range", lsp_range(s, d, x.span));
        json_object_set_new(one, "newText", document_str(x.text));
        json_array_append_new(list, one);
    }
    return list;
}

json_t *lsp_workspace_edit(const struct lsp *s, const struct document *d, json_t *edits)
{
    json_t *uri = document_str(d->uri);

    if (!s->client.document_changes) {
        json_t *changes = json_object();
        json_object_set_new(changes, json_string_value(uri), edits);
        json_decref(uri);
        return json_pack("{s:o}", "changes", changes);
    }
    return json_pack("{s:[{s:{s:o,s:I},s:o}]}", "documentChanges", "textDocument", "uri", uri,
                     "version", (json_int_t)d->version, "edits", edits);
}
