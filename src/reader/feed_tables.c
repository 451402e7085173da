/* feed_tables.c - texts of lines: the scores of EPSS, and the packages that Debian supports no
 * more. */
#include <string.h>

#include "dfix/date.h"
#include "dfix/facts.h"
#include "index/advisories/layout.h"
#include "reader/feeds.h"

/* ---- EPSS: "#model_version:v2025.03.14,score_date:2025-11-30T..", then cve,epss,percentile ----
 */

/* "0.00043" in parts of ADVISORY_WHOLE, rounded down; "4e-05", too. False: no such number. */
static bool read_share(struct str s, int *out)
{
    int n = 0, unit = ADVISORY_WHOLE;
    for (size_t i = 0; i < s.n; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (i && str_eq(str_from(s, i), S("e-05"))) {
            *out = s.p[0] - '0';
            return true;
        }
        if (i && str_starts(str_from(s, i), S("e-"))) {
            *out = 0;
            return true;
        }
        if (i == 1 ? s.p[i] != '.' : !digit)
            return false;
        n += digit ? (s.p[i] - '0') * unit : 0;
        unit /= digit ? 10 : 1;
    }
    *out = n;
    return s.n && n <= ADVISORY_WHOLE;
}

static void read_score(struct feed_source *s, struct str line)
{
    struct str id = S(""), score = S(""), percentile = line;
    str_cut(&percentile, ',', &id);
    str_cut(&percentile, ',', &score);
    struct vulnerability v = feed_named(str_trim(id));
    bool good = feed_id_valid(v.id) && read_share(str_trim(score), &v.epss) &&
                read_share(str_trim(percentile), &v.percentile);
    if (good)
        feed_writer_vuln(s->writer, &v, false);
    else
        s->meta.dropped++;
    s->documents++;
}

bool feed_read_epss(struct feed_source *s, struct str text)
{
    struct str line;
    s->meta.kind = FEED_EPSS;
    s->meta.name = S("epss");
    s->meta.title = S("EPSS");
    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        ptrdiff_t date = str_find(line, S("score_date:"));
        if (str_starts(line, S("#")) && date != STR_NONE)
            s->meta.dated = feed_date(str_from(line, (size_t)date + 11));
        else if (line.n && line.p[0] != '#' && !str_starts(line, S("cve,")))
            read_score(s, line);
    }
    return true;
}

/* ---- security-support-ended.debN, security-support-limited ---- */

static struct str scope_of_name(struct feed_source *s)
{
    struct release r;
    ptrdiff_t at = str_find(s->from, S(".deb"));
    struct str number = at == STR_NONE ? S("") : str_from(s->from, (size_t)at + 4);
    return number.n && release_find(S("debian"), number, &r) ? ecosystem_of_release(s->arena, &r)
                                                             : S("");
}

/* "php-horde.*" is all whose names begin so: rows of the name ".*" hold the beginning. Other
 * patterns are not understood. */
static bool read_names(struct str word, struct feed_entry *row)
{
    struct str all = S(".*");
    bool pattern = str_ends(word, all);
    struct str name = pattern ? str_sub(word, 0, word.n - all.n) : word;
    row->name = pattern ? all : name;
    row->advisory = pattern ? name : S("");
    return deb_name_valid(name);
}

static void add_support(struct feed_source *s, struct feed_entry *row, struct str id,
                        struct str date, struct str text)
{
    struct vulnerability v = feed_named(id);
    v.published = date;
    v.summary = str_trim(text);
    feed_writer_add(s->writer, feed_writer_vuln(s->writer, &v, false), row);
    s->documents++;
}

/* Package, last version, date, and perhaps a reason. */
static void read_ended(struct feed_source *s, struct feed_entry *row, struct str line)
{
    struct str package, version, date;
    bool good = word_next(&line, &package) && word_next(&line, &version) &&
                word_next(&line, &date) && read_names(package, row) && date_is_valid(date);
    row->state = ROW_UNSUPPORTED;
    if (good)
        add_support(s, row,
                    str_fmt(s->arena, "END-" STR_FMT "-" STR_FMT, STR_ARG(date), STR_ARG(package)),
                    date, line);
    else
        s->meta.dropped++;
}

/* Package, and perhaps a reason. */
static void read_limited(struct feed_source *s, struct feed_entry *row, struct str line)
{
    struct str package;
    row->state = ROW_LIMITED;
    if (word_next(&line, &package) && read_names(package, row))
        add_support(s, row, str_fmt(s->arena, "LIMITED-" STR_FMT, STR_ARG(package)), S(""), line);
    else
        s->meta.dropped++;
}

bool feed_read_support(struct feed_source *s, struct str scope, struct str ended,
                       struct str limited)
{
    struct str line, none = S("");
    struct feed_entry row = {
        .scope = scope, .range = {none, none, none, false}, .fix = FIX_NEVER, .rating = none};
    s->meta.kind = FEED_SUPPORT;
    s->meta.name = str_fmt(s->arena, "support-" STR_FMT, STR_ARG(str_from(scope, 7)));
    s->meta.title = S("debian-security-support");
    s->meta.partial = true;
    feed_writer_scope(s->writer, scope);
    while (str_cut(&ended, '\n', &line))
        if (str_trim(line).n && line.p[0] != '#')
            read_ended(s, &row, line);
    while (str_cut(&limited, '\n', &line))
        if (str_trim(line).n && line.p[0] != '#')
            read_limited(s, &row, line);
    return true;
}

bool feed_read_support_file(struct feed_source *s, struct str text)
{
    struct str scope = scope_of_name(s);
    return scope.n ? feed_read_support(s, scope, text, S(""))
                   : err_set(s->err, "its name says no release of Debian "
                                     "(security-support-ended.deb12)");
}

/* ---- debian.csv, ubuntu.csv: a release a line, its ends by the names of the columns ---- */

/* Which ends count: Debian's own and its LTS team's, not those that are paid for. */
struct columns {
    bool end[16];
    bool debian;
};

static bool read_columns(struct str head, struct columns *out)
{
    struct str name;
    bool ubuntu = false;
    *out = (struct columns){.debian = false};
    for (size_t i = 0; i < 16 && str_cut(&head, ',', &name); i++) {
        name = str_trim(name);
        out->end[i] =
            str_eq(name, S("eol")) || str_eq(name, S("eol-lts")) || str_eq(name, S("eol-server"));
        out->debian |= str_eq(name, S("eol-lts"));
        ubuntu |= str_eq(name, S("eol-esm"));
    }
    return out->debian != ubuntu;
}

static void read_life(struct feed_source *s, const struct columns *c, struct str line)
{
    struct str none = S(""), cell, version = none, word, end = none;
    struct release r = {none, none, none};
    for (size_t i = 0; i < 16 && str_cut(&line, ',', &cell); i++) {
        cell = str_trim(cell);
        if (i == 0)
            version = cell;
        if (c->end[i] && date_is_valid(cell) && str_cmp(cell, end) > 0)
            end = cell;
    }
    if (!version.n || !end.n) /* sid, and what nobody has set an end for */
        return;
    r.distro = c->debian ? S("debian") : S("ubuntu");
    if (!word_next(&version, &word)) /* "24.04 LTS" */
        return;
    r.version = word;
    struct str scope = ecosystem_of_release(s->arena, &r);
    struct vulnerability v = feed_named(str_fmt(s->arena, "END-" STR_FMT, STR_ARG(scope)));
    v.published = end;
    struct feed_entry e = {.scope = scope,
                           .name = S("release"),
                           .range = {none, none, none, false},
                           .state = ROW_UNSUPPORTED,
                           .fix = FIX_NEVER,
                           .advisory = none,
                           .rating = none};
    if (!scope.n)
        return;
    feed_writer_scope(s->writer, scope);
    feed_writer_add(s->writer, feed_writer_vuln(s->writer, &v, false), &e);
    s->documents++;
}

bool feed_read_life(struct feed_source *s, struct str text)
{
    struct str line = S("");
    struct columns c;
    str_cut(&text, '\n', &line);
    if (!read_columns(line, &c))
        return err_set(s->err, "it is neither Debian's table of releases nor Ubuntu's");
    s->meta.kind = FEED_LIFE;
    s->meta.name = c.debian ? S("life-debian") : S("life-ubuntu");
    s->meta.title = c.debian ? S("distro-info (Debian)") : S("distro-info (Ubuntu)");
    s->meta.partial = true;
    while (str_cut(&text, '\n', &line))
        read_life(s, &c, line);
    return true;
}
