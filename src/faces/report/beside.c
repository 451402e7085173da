/* beside.c - the report as CSV, for tables, and as JSON. */
#include <jansson.h>
#include <stdlib.h>

#include "faces/formats/formats.h"
#include "faces/report/report_face.h"

/* A program for tables takes what begins so for a formula. */
static void add_cell(struct buf *b, struct str s, bool first)
{
    buf_add(b, first ? S("\"") : S(",\""));
    if (s.n && strchr("=+-@\t\r", s.p[0]))
        buf_char(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_char(b, '"');
        buf_char(b, s.p[i]);
    }
    buf_char(b, '"');
}

struct str report_csv(struct report_data *d)
{
    struct buf b = {.arena = d->arena};

    buf_add(&b,
            S("kind,severity,id,package,version,fixed,file,line,image,owners,days,exploited,what,"
              "fix\r\n"));
    for (size_t i = 0; i < d->entry.n; i++) {
        const struct open_entry *x = &d->entry.v[i];
        const struct str cell[] = {x->risk ? S("vulnerability") : S("finding"),
                                   str_of(grade_word(x->grade)),
                                   x->id,
                                   x->package,
                                   x->version,
                                   x->fixed,
                                   x->file,
                                   x->line ? str_fmt(d->arena, "%u", x->line) : S(""),
                                   x->image,
                                   x->owners,
                                   x->age >= 0 ? str_fmt(d->arena, "%lld", (long long)x->age)
                                               : S(""),
                                   x->exploited ? S("yes") : S("no"),
                                   x->what,
                                   x->fix};
        for (size_t k = 0; k < sizeof(cell) / sizeof(cell[0]); k++)
            add_cell(&b, cell[k], !k);
        buf_add(&b, S("\r\n"));
    }
    return buf_str(&b);
}

/* ---- JSON ---- */

static void set(json_t *o, const char *name, struct str text)
{
    if (text.n)
        json_object_set_new(o, name, document_str(text));
}

static void set_number(json_t *o, const char *name, int64_t n)
{
    json_object_set_new(o, name, json_integer((json_int_t)n));
}

static json_t *entry_json(const struct open_entry *x)
{
    json_t *o = json_pack("{s:s,s:s,s:b}", "kind", x->risk ? "vulnerability" : "finding",
                          "severity", grade_word(x->grade), "exploited", x->exploited);

    set(o, "id", x->id);
    set(o, "what", x->what);
    set(o, "package", x->package);
    set(o, "version", x->version);
    set(o, "fixed", x->fixed);
    set(o, "file", x->file);
    set(o, "image", x->image);
    set(o, "owners", x->owners);
    set(o, "published", x->published);
    set(o, "url", x->url);
    set(o, "fix", x->fix);
    set(o, "ended", x->ended);
    set(o, "why", x->why);
    if (x->line)
        set_number(o, "line", x->line);
    if (x->age >= 0)
        set_number(o, "days", x->age);
    return o;
}

static void set_counts(json_t *o, const size_t *count, size_t findings)
{
    for (int g = 0; g < GRADES; g++)
        set_number(o, grade_word((enum grade)g), (int64_t)count[g]);
    set_number(o, "findings", (int64_t)findings);
}

static json_t *sums_json(const struct report_data *d, enum sum_by by)
{
    struct sums s = report_sums(d, by);
    json_t *list = json_array();

    for (size_t i = 0; i < s.n; i++) {
        json_t *o = json_object();
        set(o, "name", s.v[i].name);
        set_counts(o, s.v[i].count, s.v[i].findings);
        set_number(o, "all", (int64_t)s.v[i].all);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *accepted_json(const struct accepted_entry *x)
{
    json_t *o = json_pack("{s:b,s:b}", "counts", x->counts, "unused", x->unused);

    set(o, "id", x->id);
    set(o, "package", x->package);
    set(o, "where", x->where);
    set(o, "reason", x->reason);
    set(o, "owner", x->owner);
    set(o, "expires", x->expires);
    set(o, "fault", x->fault);
    if (x->ends)
        set_number(o, "daysLeft", x->left);
    return o;
}

static json_t *pull_json(const struct report_pull *x)
{
    json_t *o = json_object();

    set(o, "repository", x->repository);
    set(o, "state", x->state);
    set(o, "title", x->title);
    set(o, "url", x->url);
    set(o, "why", x->why);
    set_number(o, "closes", (int64_t)x->closes);
    return o;
}

static json_t *lists_json(const struct report_data *d)
{
    json_t *open = json_array(), *accepted = json_array(), *runs = json_array();
    json_t *pulls = json_array(), *notes = json_array();

    for (size_t i = 0; i < d->entry.n; i++)
        json_array_append_new(open, entry_json(&d->entry.v[i]));
    for (size_t i = 0; i < d->accepted.n; i++)
        json_array_append_new(accepted, accepted_json(&d->accepted.v[i]));
    for (size_t i = 0; i < d->run.n; i++) {
        json_t *o = json_object();
        set(o, "date", d->run.v[i].date);
        set_counts(o, d->run.v[i].count, d->run.v[i].findings);
        json_array_append_new(runs, o);
    }
    for (size_t i = 0; i < d->pull.n; i++)
        json_array_append_new(pulls, pull_json(&d->pull.v[i]));
    for (size_t i = 0; i < d->note.n; i++)
        json_array_append_new(notes, document_str(d->note.v[i]));
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "open", open, "accepted", accepted, "runs", runs,
                     "pullRequests", pulls, "notes", notes);
}

struct str report_json(struct report_data *d)
{
    json_t *root = lists_json(d);

    json_object_set_new(root, "dfix", json_string(DFIX_VERSION));
    set(root, "date", d->today);
    json_object_set_new(root, "owners", sums_json(d, BY_OWNER));
    json_object_set_new(root, "bases", sums_json(d, BY_BASE));
    json_object_set_new(root, "fixes", sums_json(d, BY_FIX));
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    struct str out = str_fmt(d->arena, "%s\n", text ? text : "");

    free(text);
    json_decref(root);
    return out;
}
