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

/* ---- security-support-ended.debN: package, last version, date, and perhaps a reason ---- */

static struct str scope_of_name(struct feed_source *s)
{
    struct release r;
    ptrdiff_t at = str_find(s->from, S(".deb"));
    struct str number = at == STR_NONE ? S("") : str_from(s->from, (size_t)at + 4);
    return number.n && release_find(S("debian"), number, &r) ? ecosystem_of_release(s->arena, &r)
                                                             : S("");
}

static void read_ended(struct feed_source *s, struct str scope, struct str line)
{
    struct str package, version, date, none = S("");
    bool good = word_next(&line, &package) && word_next(&line, &version) &&
                word_next(&line, &date) && deb_name_valid(package) && date_is_valid(date);
    if (!good) {
        s->meta.dropped++;
        return;
    }
    struct vulnerability v =
        feed_named(str_fmt(s->arena, "END-" STR_FMT "-" STR_FMT, STR_ARG(date), STR_ARG(package)));
    v.published = date;
    v.summary = str_trim(line);
    struct feed_entry e = {.scope = scope,
                           .name = package,
                           .range = {none, none, none, false},
                           .state = ROW_UNSUPPORTED,
                           .fix = FIX_NEVER,
                           .advisory = none,
                           .rating = none};
    feed_writer_add(s->writer, feed_writer_vuln(s->writer, &v, false), &e);
    s->documents++;
}

bool feed_read_support(struct feed_source *s, struct str text)
{
    struct str line, scope = scope_of_name(s);
    if (!scope.n)
        return err_set(s->err, "its name says no release of Debian (security-support-ended.deb12)");
    s->meta.kind = FEED_SUPPORT;
    s->meta.name = str_fmt(s->arena, "support-" STR_FMT, STR_ARG(str_from(scope, 7)));
    s->meta.title = S("debian-security-support");
    s->meta.partial = true;
    feed_writer_scope(s->writer, scope);
    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.n && line.p[0] != '#')
            read_ended(s, scope, line);
    }
    return true;
}
