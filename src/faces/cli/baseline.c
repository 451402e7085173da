/* --baseline FILE: findings that were there when the baseline was written do not count. A finding
 * is known by its rule and the text of its line, so that it stays known when lines move. */
#include "faces/formats/formats.h"

#include <jansson.h>
#include <stdlib.h>

#include "host/files.h"

enum { BASELINE_MAX = 64 << 20, FORM = 1 };

static int by_text(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static bool read_prints(struct baseline *b, const json_t *o)
{
    const json_t *list = json_object_get(o, "findings");

    if (json_integer_value(json_object_get(o, "dfix-baseline")) != FORM || !json_is_array(list))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *print =
            json_string_value(json_object_get(json_array_get(list, i), "fingerprint"));
        if (!print)
            return false;
        vec_push(b->arena, &b->known, str_dup(b->arena, str_of(print)));
    }
    if (b->known.n)
        qsort(b->known.v, b->known.n, sizeof(*b->known.v), by_text);
    return true;
}

bool baseline_open(struct baseline *b, struct arena *a, const struct command_line *c, struct err *e)
{
    struct str text;

    *b = (struct baseline){
        .arena = a, .file = options_value(c, OPT_BASELINE), .writes = c->set[OPT_WRITE_BASELINE]};
    if (b->writes && !b->file.n)
        return err_set(e, "dfix: --write-baseline needs --baseline FILE");
    if (!b->file.n || b->writes)
        return true;
    if (!file_read(a, str_cstr(a, b->file), BASELINE_MAX, &text, e))
        return false;
    json_t *o = json_loadb(text.p, text.n, 0, NULL);
    bool good = read_prints(b, o);
    json_decref(o);
    return good || err_set(e, STR_FMT ": not a baseline of dfix; write it with --write-baseline",
                           STR_ARG(b->file));
}

static bool is_known(const struct baseline *b, struct str print)
{
    return b->known.n && bsearch(&print, b->known.v, b->known.n, sizeof(*b->known.v), by_text);
}

void baseline_apply(struct baseline *b, struct job *j)
{
    struct result *r = &j->result;
    struct report_file f = {.arena = j->arena, .label = j->label, .text = j->text, .result = r};
    struct str *print = arena_new(j->arena, struct str, r->nfinding);
    size_t kept = 0;

    if (!b->file.n)
        return;
    for (size_t i = 0; i < r->nfinding; i++)
        print[i] = format_fingerprint(&f, i);
    for (size_t i = 0; i < r->nfinding; i++) {
        const struct finding *x = &r->finding[i];
        if (b->writes && !x->skip)
            vec_push(b->arena, &b->entry,
                     (struct baseline_entry){str_dup(b->arena, j->label), x->rule,
                                             str_dup(b->arena, print[i])});
        if (x->skip || x->applied || (!b->writes && !is_known(b, print[i])))
            r->finding[kept++] = *x;
    }
    r->nfinding = kept;
}

bool baseline_close(struct baseline *b, struct err *e)
{
    struct buf text = {.arena = b->arena};

    if (!b->writes)
        return true;
    json_t *list = json_array();
    for (size_t i = 0; i < b->entry.n; i++)
        json_array_append_new(
            list, json_pack("{s:o,s:s,s:o}", "file", document_str(b->entry.v[i].file), "rule",
                            b->entry.v[i].rule, "fingerprint", document_str(b->entry.v[i].print)));
    json_t *o = json_pack("{s:i,s:o}", "dfix-baseline", FORM, "findings", list);
    char *dump = json_dumps(o, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    buf_fmt(&text, "%s\n", dump);
    free(dump);
    json_decref(o);
    return output_write(b->arena, b->file, buf_str(&text), e);
}
