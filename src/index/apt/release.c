/* Reads Release files of apt archives, and judges their dates and names. */
#include "index/apt/release.h"
#include "dfix/date.h"
#include "dfix/sources.h"

#include <stdio.h>
#include <string.h>

enum { RELEASE_MAX = 64 << 20, CLOCK_SLACK = 3600 };

/* ---- numbers and dates ---- */

bool apt_size_read(struct str s, uint64_t *out)
{
    *out = 0;
    if (s.n == 0 || s.n > 15)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(s.p[i] - '0');
    }
    return true;
}

enum { SHOWN_MAX = 64 };

static const char *show_date(int64_t when, char text[SHOWN_MAX])
{
    struct date d = date_at(when);
    unsigned minutes = (unsigned)(when % (24 * 60 * 60) / 60);

    snprintf(text, SHOWN_MAX, "%04lld-%02u-%02u %02u:%02u UTC", (long long)d.year, d.month, d.day,
             minutes / 60, minutes % 60);
    return text;
}

/* ---- fields ---- */

static bool set_field(struct apt_release *r, struct str name, struct str value, struct err *e)
{
    if (str_ieq(name, S("Origin")))
        r->origin = value;
    else if (str_ieq(name, S("Label")))
        r->label = value;
    else if (str_ieq(name, S("Suite")))
        r->suite = value;
    else if (str_ieq(name, S("Codename")))
        r->codename = value;
    else if (str_ieq(name, S("Architectures")))
        r->archs = value;
    else if (str_ieq(name, S("No-Support-for-Architecture-all")))
        r->all_inside = str_ieq(value, S("Packages"));
    else if (str_ieq(name, S("Acquire-By-Hash")))
        r->by_hash = str_ieq(value, S("yes"));
    else if (str_ieq(name, S("Date")) && !date_read_moment(value, &r->date))
        return err_set(e, "its Date cannot be read");
    else if (str_ieq(name, S("Valid-Until")) && !date_read_moment(value, &r->valid_until))
        return err_set(e, "its Valid-Until cannot be read");
    return true;
}

/* Past the lines that are indented as `line` is: the tables have thousands. Returns the last. */
static struct str skip_indented(struct str line, struct str *rest)
{
    while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
        const char *end = memchr(rest->p, '\n', rest->n);
        size_t n = end ? (size_t)(end - rest->p) : rest->n;

        line = str_sub(*rest, 0, n);
        *rest = str_from(*rest, end ? n + 1 : n);
    }
    return line;
}

bool release_parse(struct str text, struct apt_release *out, struct err *e)
{
    *out = (struct apt_release){.origin = S(""),
                                .label = S(""),
                                .suite = S(""),
                                .codename = S(""),
                                .archs = S(""),
                                .table = S("")};
    if (text.n > RELEASE_MAX)
        return err_set(e, "it is too large for a Release file");
    struct str rest = text, line;
    const char *table = NULL;
    while (str_cut(&rest, '\n', &line)) {
        if (line.n && (line.p[0] == ' ' || line.p[0] == '\t')) {
            line = skip_indented(line, &rest);
            if (table)
                out->table = (struct str){table, (size_t)(line.p + line.n - table)};
            continue;
        }
        table = NULL;
        ptrdiff_t colon = str_chr(line, ':');
        if (colon == STR_NONE)
            continue;
        struct str name = str_sub(line, 0, (size_t)colon);
        if (str_ieq(name, S("SHA256")) && out->table.n == 0)
            table = rest.p;
        else if (!set_field(out, name, str_trim(str_from(line, (size_t)colon + 1)), e))
            return false;
    }
    return out->table.n > 0 || err_set(e, "it lists no SHA256 sums");
}

/* ---- the table: " <64 hex digits> <size> <name>" ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool apt_sum_read(struct str text, uint8_t sum[32])
{
    if (text.n != 64)
        return false;
    for (size_t i = 0; i < 32; i++) {
        int high = hex(text.p[2 * i]), low = hex(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        sum[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

bool release_file(const struct apt_release *r, struct str name, struct apt_file *out)
{
    struct str rest = r->table, line;
    while (str_cut(&rest, '\n', &line)) {
        struct str words = line, sum, size, file;
        line = str_trim(line);
        if (!str_ends(line, name) || !word_next(&words, &sum) || !word_next(&words, &size) ||
            !word_next(&words, &file))
            continue;
        if (str_starts(file, S("./")))
            file = str_from(file, 2);
        if (!str_eq(file, name))
            continue;
        *out = (struct apt_file){.name = name};
        out->broken = !apt_size_read(size, &out->size) || !apt_sum_read(sum, out->sha256);
        return true;
    }
    return false;
}

/* ---- judging ---- */

static bool has_word(struct str list, struct str word)
{
    struct str w;
    while (word_next(&list, &w))
        if (str_eq(w, word))
            return true;
    return false;
}

bool release_has_arch(const struct apt_release *r, struct str arch)
{
    return has_word(r->archs, arch);
}

/* "jammy-updates" where the codename is jammy: then the suite alone tells which one it is. */
static bool suite_tells(const struct apt_release *r)
{
    return r->suite.n > r->codename.n && r->codename.n && str_starts(r->suite, r->codename) &&
           r->suite.p[r->codename.n] == '-';
}

/* The security suites up to Debian 10 are called buster/updates, with the codename and suite
 * of the release itself: the label tells them apart. */
static bool is_old_security(const struct apt_release *r)
{
    return str_eq(r->label, S("Debian-Security")) && !str_ends(r->codename, S("-security"));
}

static bool is_named(const struct apt_release *r, struct str dist)
{
    struct str updates = S("/updates");
    if (!r->codename.n && !r->suite.n)
        return true;
    if (str_ends(dist, updates) || is_old_security(r)) {
        if (!is_old_security(r) || !str_ends(dist, updates))
            return false;
        dist = str_sub(dist, 0, dist.n - updates.n);
        return str_eq(r->codename, dist) || str_eq(r->suite, dist);
    }
    return str_eq(r->suite, dist) || (!suite_tells(r) && str_eq(r->codename, dist));
}

bool release_is_past(int64_t date, int64_t now)
{
    return date <= now + CLOCK_SLACK;
}

enum release_verdict release_judge(const struct apt_release *r, struct str dist, int64_t newest,
                                   int64_t now, struct err *e)
{
    char when[SHOWN_MAX], than[SHOWN_MAX];
    if (dist.n && !is_named(r, dist)) {
        err_set(e, "it is for \"" STR_FMT "\" (" STR_FMT "), not for " STR_FMT,
                STR_ARG(r->codename), STR_ARG(r->suite), STR_ARG(dist));
        return RELEASE_OTHER;
    }
    if (!release_is_past(r->date, now)) {
        err_set(e, "it is dated %s, in the future; check this machine's clock",
                show_date(r->date, when));
        return RELEASE_OTHER;
    }
    if (r->date < newest) {
        err_set(e, "it is dated %s, older than the one that the mirror served before (%s)",
                show_date(r->date, when), show_date(newest, than));
        return RELEASE_OLDER;
    }
    if (r->valid_until && r->valid_until < now) {
        err_set(e, "it expired on %s; the mirror is out of date or withholds updates",
                show_date(r->valid_until, when));
        return RELEASE_EXPIRED;
    }
    return RELEASE_FITS;
}
