/* What documents for programs are made of: JSON and XML. */
#include "faces/formats/formats.h"

#include <jansson.h>
#include <stdlib.h>

/* JSON holds UTF-8 only; bytes that are not are shown as U+FFFD each. */
json_t *document_str(struct str s)
{
    json_t *j = json_stringn(s.p, s.n);
    struct arena *scratch;
    struct buf b;

    if (j)
        return j;
    scratch = arena_open();
    b = (struct buf){.arena = scratch};
    for (size_t i = 0; i < s.n; i++)
        buf_add(&b, (unsigned char)s.p[i] < 0x80 ? str_sub(s, i, i + 1) : S("\xEF\xBF\xBD"));
    j = json_stringn(buf_str(&b).p, b.n);
    arena_close(scratch);
    return j;
}

json_t *document_enum(const char *values)
{
    json_t *list = json_array();
    struct str rest = str_of(values), value;

    while (str_cut(&rest, '|', &value))
        json_array_append_new(list, document_str(value));
    return json_pack("{s:o}", "enum", list);
}

/* A `#` stands in strings alone: two of them could begin a command of a CI's. */
void document_put(FILE *out, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);

    for (const char *p = text; p && *p; p++)
        if (p[0] == '#' && p[1] == '#')
            fputs("\\u0023", out);
        else
            fputc(*p, out);
    free(text);
    json_decref(o);
}

/* A plain message has links, `[text](where)`, and places to fill, `{0}`: outside text has none. */
struct str document_message(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool filled = c == '{' && i + 1 < text.n && text.p[i + 1] >= '0' && text.p[i + 1] <= '9';
        buf_add(&b, c == '[' || c == ']' || c == '\\' ? S("\\") : filled ? S("{") : S(""));
        buf_char(&b, c);
    }
    return buf_str(&b);
}

void document_item(struct writer *w, json_t *o)
{
    fputs(w->printed++ ? ",\n" : "\n", w->out);
    document_put(w->out, o);
}

json_t *document_edits(struct str text, struct edits e)
{
    json_t *list = json_array();
    struct place_lc at = {1, 1};
    uint32_t from = 0;

    for (size_t i = 0; i < e.n; i++) {
        const struct edit *x = &e.v[i];
        at = text_place_on(text, at, from, x->span.start);
        from = x->span.start;
        struct place_lc end = text_place_on(text, at, from, x->span.end);
        json_array_append_new(
            list, json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "start", (json_int_t)x->span.start,
                            "end", (json_int_t)x->span.end, "line", (json_int_t)at.line, "column",
                            (json_int_t)at.column, "endLine", (json_int_t)end.line, "endColumn",
                            (json_int_t)end.column, "text", document_str(x->text)));
    }
    return list;
}

/* ---- XML ---- */

/* XML 1.0 has no way to say a control character, nor these two. */
static bool is_of_xml(uint32_t c)
{
    return c == '\t' || c == '\n' || (c >= ' ' && c != 0x7F && c != 0xFFFE && c != 0xFFFF);
}

void document_xml(FILE *out, struct str s)
{
    size_t n;

    for (size_t i = 0; i < s.n; i += n) {
        uint32_t c;
        n = terminal_character(s, i, &c);
        if (!n || !is_of_xml(c))
            fputs("\xEF\xBF\xBD", out);
        else if (strchr("<>&\"'#\t\n", (int)(c < 0x80 ? c : 'a')))
            fprintf(out, "&#%u;", c);
        else
            fwrite(s.p + i, 1, n, out);
        n += !n;
    }
}

/* ---- names of files ---- */

struct str document_uri(struct arena *a, struct str path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-._~/!$&'()*+,;=@";
    struct buf b = {.arena = a};

    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] && strchr(plain, path.p[i]))
            buf_char(&b, path.p[i]);
        else
            buf_fmt(&b, "%%%02X", (unsigned char)path.p[i]);
    return buf_str(&b);
}
