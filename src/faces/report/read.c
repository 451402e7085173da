/* read.c - lines of NDJSON as entries of a report. What is not known is passed over and counted. */
#include <jansson.h>
#include <stdlib.h>

#include "dfix/date.h"
#include "faces/report/report_face.h"
#include "host/json.h"

const char *grade_word(enum grade g)
{
    static const char *const words[] = {"critical", "high", "medium", "low", "unrated"};
    return words[g];
}

static enum grade grade_of(struct str word)
{
    for (int g = 0; g < GRADE_UNRATED; g++)
        if (str_ieq(word, str_of(grade_word((enum grade)g))))
            return (enum grade)g;
    return GRADE_UNRATED;
}

static uint32_t line_of(const json_t *j)
{
    json_int_t n = json_integer_value(json_object_get(j, "line"));
    return n > 0 && n < INT32_MAX ? (uint32_t)n : 0;
}

/* ---- one kind of line each ---- */

static struct open_entry entry_of(struct arena *a, const json_t *j)
{
    struct open_entry x = {.file = json_text(a, j, "file"),
                           .image = json_text(a, j, "image"),
                           .package = json_text(a, j, "package"),
                           .version = json_text(a, j, "version"),
                           .fixed = json_text(a, j, "fixed"),
                           .published = json_text(a, j, "published"),
                           .url = json_text(a, j, "url"),
                           .ended = json_text(a, j, "ended"),
                           .why = S(""),
                           .owners = S(""),
                           .fix = S(""),
                           .line = line_of(j),
                           .age = -1};
    return x;
}

static void read_finding(struct report_data *d, const json_t *j)
{
    struct open_entry x = entry_of(d->arena, j);
    struct str severity = json_text(d->arena, j, "severity");
    struct str safety = json_text(d->arena, j, "safety");

    if (json_is_true(json_object_get(j, "leftAlone")) ||
        json_is_true(json_object_get(j, "applied")))
        return;
    x.id = json_text(d->arena, j, "rule");
    x.what = json_text(d->arena, j, "title");
    if (!x.what.n)
        x.what = json_text(d->arena, j, "message");
    x.grade = str_eq(severity, S("error"))     ? GRADE_HIGH
              : str_eq(severity, S("warning")) ? GRADE_MEDIUM
                                               : GRADE_LOW;
    x.judged = true;
    bool fixable = json_array_size(json_object_get(j, "edits")) > 0;
    if (fixable && !str_eq(safety, S("hint")))
        x.fix = str_fmt(d->arena, "dfix --fix%s --select " STR_FMT,
                        str_eq(safety, S("unsafe")) ? " --unsafe" : "", STR_ARG(x.id));
    x.key = str_fmt(d->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(x.file), STR_ARG(x.id),
                    STR_ARG(x.what));
    vec_push(d->arena, &d->entry, x);
}

static void read_risk(struct report_data *d, const json_t *j)
{
    struct open_entry x = entry_of(d->arena, j);
    struct str verdict = json_text(d->arena, j, "verdict");

    vec_push(d->arena, &d->found, (struct found_risk){json_text(d->arena, j, "id"), x.package});
    if (str_eq(verdict, S("accepted")))
        return; /* they have a table of their own */
    x.risk = true;
    x.id = json_text(d->arena, j, "id");
    x.what = json_text(d->arena, j, "title");
    x.grade = grade_of(json_text(d->arena, j, "severity"));
    x.exploited = json_is_true(json_object_get(j, "exploited"));
    x.judged = true;
    if (x.fixed.n)
        x.fix = str_fmt(d->arena, STR_FMT " to " STR_FMT " in " STR_FMT, STR_ARG(x.package),
                        STR_ARG(x.fixed), STR_ARG(x.file.n ? x.file : x.image));
    x.key = str_fmt(d->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(x.image), STR_ARG(x.id),
                    STR_ARG(x.package));
    vec_push(d->arena, &d->entry, x);
}

static void read_accepted(struct report_data *d, const json_t *j)
{
    struct arena *a = d->arena;
    const json_t *left = json_object_get(j, "daysLeft");

    vec_push(a, &d->accepted,
             (struct accepted_entry){.id = json_text(a, j, "id"),
                                     .package = json_text(a, j, "package"),
                                     .where = json_text(a, j, "where"),
                                     .reason = json_text(a, j, "reason"),
                                     .owner = json_text(a, j, "owner"),
                                     .expires = json_text(a, j, "expires"),
                                     .fault = json_text(a, j, "fault"),
                                     .left = json_integer_value(left),
                                     .ends = json_is_integer(left),
                                     .counts = json_is_true(json_object_get(j, "counts"))});
}

static size_t advisories_in(struct arena *a, const json_t *changes)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(changes); i++) {
        struct str list = json_text(a, json_array_get(changes, i), "advisories"), word;
        while (word_next(&list, &word))
            n++;
    }
    return n;
}

static void read_pull(struct report_data *d, const json_t *j)
{
    struct arena *a = d->arena;

    vec_push(a, &d->pull,
             (struct report_pull){.repository = json_text(a, j, "repository"),
                                  .state = json_text(a, j, "state"),
                                  .title = json_text(a, j, "title"),
                                  .url = json_text(a, j, "url"),
                                  .why = json_text(a, j, "why"),
                                  .closes = advisories_in(a, json_object_get(j, "changes"))});
}

/* A release, or a package in it, that nobody looks after. */
static void read_ended(struct report_data *d, const json_t *j)
{
    struct open_entry x = entry_of(d->arena, j);

    vec_push(d->arena, &d->found, (struct found_risk){S(""), x.package});
    if (!str_eq(json_text(d->arena, j, "verdict"), S("refused")))
        return;
    x.id = json_text(d->arena, j, "condition");
    x.what = json_text(d->arena, j, "title");
    x.why = json_text(d->arena, j, "why");
    x.published = x.ended;
    x.grade = GRADE_MEDIUM;
    x.judged = true;
    x.key = str_fmt(d->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(x.image), STR_ARG(x.id),
                    STR_ARG(x.what));
    vec_push(d->arena, &d->entry, x);
}

static void read_condition(struct report_data *d, const json_t *j)
{
    struct arena *a = d->arena;
    struct str verdict = json_text(a, j, "verdict"), title = json_text(a, j, "title");

    if (json_object_get(j, "ended"))
        read_ended(d, j);
    else if (str_eq(verdict, S("refused")) || str_eq(verdict, S("not judged")))
        vec_push(a, &d->note,
                 str_fmt(a, STR_FMT ": " STR_FMT " (" STR_FMT ")",
                         STR_ARG(json_text(a, j, "image")), STR_ARG(title), STR_ARG(verdict)));
}

static void read_base(struct report_data *d, const json_t *j)
{
    struct arena *a = d->arena;

    vec_push(a, &d->base,
             (struct report_base){json_text(a, j, "file"), json_text(a, j, "image"),
                                  json_text(a, j, "release")});
}

static void read_unchecked(struct report_data *d, const json_t *j)
{
    struct arena *a = d->arena;

    vec_push(a, &d->note,
             str_fmt(a, STR_FMT ": " STR_FMT " was not checked: " STR_FMT,
                     STR_ARG(json_text(a, j, "file")), STR_ARG(json_text(a, j, "rule")),
                     STR_ARG(json_text(a, j, "why"))));
}

static void read_summary(struct report_data *d, const json_t *j)
{
    json_int_t n = json_integer_value(json_object_get(j, "files"));

    d->files += n > 0 && n < INT32_MAX ? (size_t)n : 0;
}

static void read_note(struct report_data *d, const json_t *j)
{
    struct str text = json_text(d->arena, j, "message");

    if (str_eq(json_text(d->arena, j, "severity"), S("error")))
        vec_push(d->arena, &d->note, text);
}

static void read_error(struct report_data *d, const json_t *j)
{
    vec_push(d->arena, &d->note,
             str_fmt(d->arena, STR_FMT ": " STR_FMT, STR_ARG(json_text(d->arena, j, "repository")),
                     STR_ARG(json_text(d->arena, j, "why"))));
}

static void read_nothing(struct report_data *d, const json_t *j)
{
    (void)d;
    (void)j;
}

static void read_line(struct report_data *d, const json_t *j)
{
    static const struct {
        const char *type;
        void (*read)(struct report_data *d, const json_t *j);
    } kinds[] = {
        {"finding", read_finding}, {"risk", read_risk},           {"acceptance", read_accepted},
        {"group", read_pull},      {"condition", read_condition}, {"base", read_base},
        {"summary", read_summary}, {"unchecked", read_unchecked}, {"note", read_note},
        {"error", read_error},     {"gate", read_nothing},        {"repository", read_nothing}};
    struct str type = json_text(d->arena, j, "type");

    if (!type.n)
        type = json_text(d->arena, j, "kind");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (str_eq(type, str_of(kinds[i].type))) {
            kinds[i].read(d, j);
            return;
        }
    d->odd++;
}

static void read_lines(struct report_data *d, struct str text)
{
    struct str line;

    while (text.n && str_cut(&text, '\n', &line)) {
        if (!str_trim(line).n)
            continue;
        json_t *j = json_object_of(line);
        d->lines++;
        if (j)
            read_line(d, j);
        else
            d->odd++;
        json_decref(j);
    }
}

/* ---- runs of the past: they are counted, and tell since when ---- */

static void count_run(struct report_data *d, const struct report_data *past, struct str date)
{
    struct report_run *run = NULL;

    for (size_t i = 0; i < d->run.n; i++)
        if (str_eq(d->run.v[i].date, date))
            run = &d->run.v[i];
    if (!run) {
        vec_push(d->arena, &d->run, (struct report_run){.date = date});
        run = &d->run.v[d->run.n - 1];
    }
    for (size_t i = 0; i < past->entry.n; i++) {
        const struct open_entry *x = &past->entry.v[i];
        if (x->risk)
            run->count[x->grade]++;
        else
            run->findings++;
        vec_push(d->arena, &d->seen, (struct first_seen){x->key, date});
    }
}

void report_read(struct report_data *d, struct str text, struct str date)
{
    struct report_data past = {.arena = d->arena, .today = d->today};

    if (!date.n) {
        read_lines(d, text);
        return;
    }
    read_lines(&past, text);
    d->odd += past.odd;
    count_run(d, &past, date);
}

/* ---- what the lines alone do not tell ---- */

static int by_key(const void *x, const void *y)
{
    const struct first_seen *a = x, *b = y;
    int order = str_cmp(a->key, b->key);
    return order ? order : str_cmp(a->date, b->date);
}

static int by_date(const void *x, const void *y)
{
    const struct report_run *a = x, *b = y;
    return str_cmp(a->date, b->date);
}

static struct str first_day(const struct report_data *d, struct str key)
{
    struct bisect b = {.high = d->seen.n};

    while (bisect_next(&b))
        bisect_take(&b, str_cmp(d->seen.v[b.at].key, key) < 0);
    bool found = b.low < d->seen.n && str_eq(d->seen.v[b.low].key, key);
    return found ? d->seen.v[b.low].date : S("");
}

static int64_t days_between(struct str from, struct str to)
{
    int64_t first, last;

    if (!date_read(from.n > 10 ? str_sub(from, 0, 10) : from, &first) || !date_read(to, &last) ||
        first > last)
        return -1;
    return last - first;
}

static int by_weight(const void *x, const void *y)
{
    const struct open_entry *a = x, *b = y;

    if (a->risk != b->risk)
        return a->risk ? -1 : 1;
    if (a->exploited != b->exploited)
        return a->exploited ? -1 : 1;
    if (a->grade != b->grade)
        return a->grade < b->grade ? -1 : 1;
    if (a->age != b->age)
        return a->age > b->age ? -1 : 1;
    return str_cmp(a->key, b->key);
}

static bool has_package(struct str list, struct str package)
{
    struct str one;

    while (list.n && str_cut(&list, ',', &one))
        if (str_eq(str_trim(one), package))
            return true;
    return false;
}

/* An acceptance that nothing speaks of any more is to go; without a gate's lines nobody knows. */
static void mark_unused(struct report_data *d, struct accepted_entry *x)
{
    for (size_t i = 0; i < d->found.n; i++)
        if ((!x->id.n || str_ieq(x->id, d->found.v[i].id)) &&
            (!x->package.n || has_package(d->found.v[i].package, x->package)))
            return;
    x->unused = d->found.n > 0;
}

void report_complete(struct report_data *d)
{
    for (size_t i = 0; i < d->accepted.n; i++)
        mark_unused(d, &d->accepted.v[i]);
    if (d->seen.n)
        qsort(d->seen.v, d->seen.n, sizeof(*d->seen.v), by_key);
    if (d->run.n)
        qsort(d->run.v, d->run.n, sizeof(*d->run.v), by_date);
    for (size_t i = 0; i < d->entry.n; i++) {
        struct open_entry *x = &d->entry.v[i];
        struct str since = x->published.n ? x->published : first_day(d, x->key);
        x->age = days_between(since, d->today);
        if (d->owners && x->file.n)
            x->owners = codeowners_of(d->owners, x->file);
        for (size_t k = 0; !x->image.n && k < d->base.n; k++)
            if (str_eq(d->base.v[k].file, x->file))
                x->image = d->base.v[k].image;
    }
    if (d->entry.n)
        qsort(d->entry.v, d->entry.n, sizeof(*d->entry.v), by_weight);
}
