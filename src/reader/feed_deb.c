/* feed_deb.c - what a package of Debian's tells of security: its changelog, of what each version
 * has fixed; debian-security-support, of what is supported no more. */
#include <stdlib.h>
#include <string.h>

#include "dfix/date.h"
#include "index/advisories/layout.h"
#include "reader/deb.h"
#include "reader/feeds.h"

enum { PACKED_MAX = 16 << 20, CHANGELOG_MAX = 32 << 20, UNDONE_MAX = 200 };

/* ---- the files that are wanted ---- */

enum { DEBIAN_OWN = 2, NATIVE = 1, NO_FILE = 0 };
struct wanted {
    struct feed_source *source;
    struct str folder; /* usr/share/doc/NAME */
    int rank;
    struct str changelog, link; /* where a link in its place leads */
    struct str ended, limited;  /* of debian-security-support */
};

static struct str below(struct str path, struct str folder)
{
    bool is = str_starts(path, folder) && path.n > folder.n && path.p[folder.n] == '/';
    return is ? str_from(path, folder.n + 1) : S("");
}

/* Where a link at `path` leads: a path from the root, without dots. */
static struct str follow(struct arena *a, struct str path, struct str link)
{
    VEC(struct str) part = {0};
    struct buf b = {.arena = a};
    struct str one, rest = path;
    while (!str_starts(link, S("/")) && str_cut(&rest, '/', &one) && rest.n)
        vec_push(a, &part, one);
    while (str_cut(&link, '/', &one))
        if (str_eq(one, S("..")))
            part.n -= part.n > 0;
        else if (one.n && !str_eq(one, S(".")))
            vec_push(a, &part, one);
    for (size_t i = 0; i < part.n; i++)
        buf_fmt(&b, "%s" STR_FMT, i ? "/" : "", STR_ARG(part.v[i]));
    return b.n ? buf_str(&b) : S("");
}

static bool take_text(struct wanted *w, struct tar *t, struct str *out, struct err *e)
{
    struct str packed;
    return tar_data(t, w->source->arena, PACKED_MAX, &packed, e) &&
           feed_unpack(w->source->arena, packed, CHANGELOG_MAX, out, e);
}

/* A changelog may stand in for the link that the folder is; else only the best one counts. */
static enum deb_step take_document(void *user, struct tar *t, const struct tar_entry *x,
                                   struct err *e)
{
    struct wanted *w = user;
    struct str name = below(x->path, w->folder);
    bool debian = str_eq(name, S("changelog.Debian.gz")) || str_eq(name, S("changelog.Debian"));
    bool native = str_eq(name, S("changelog.gz")) || str_eq(name, S("changelog"));
    int rank = debian ? DEBIAN_OWN : native ? NATIVE : NO_FILE;
    if (x->type == TAR_SYMLINK || x->type == TAR_HARDLINK) {
        if (debian || str_eq(x->path, w->folder))
            w->link = follow(w->source->arena, x->type == TAR_HARDLINK ? S("") : x->path, x->link);
        return DEB_ON;
    }
    if (x->type != TAR_FILE || rank <= w->rank)
        return DEB_ON;
    if (!take_text(w, t, &w->changelog, e))
        return DEB_ERROR;
    w->rank = rank;
    return rank == DEBIAN_OWN ? DEB_ENOUGH : DEB_ON;
}

/* ---- a changelog ---- */

struct changelog {
    struct feed_source *s;
    struct str package, source, version; /* of the first entry */
    struct str at; /* the version of the entry in hand; "": it is of something else */
    VEC(struct str) id;
    VEC(struct str) undone; /* what this entry or a newer one has taken back */
    bool takes_back;        /* the item in hand */
};

/* "openssl (3.0.11-1~deb12u1) bookworm-security; urgency=medium" */
static bool read_head(struct str line, struct str *source, struct str *version)
{
    ptrdiff_t open = str_find(line, S(" (")), close = str_chr(line, ')');
    if (!line.n || line.p[0] == ' ' || line.p[0] == '\t' || open < 0 || close < open ||
        str_chr(line, ';') < close)
        return false;
    *source = str_sub(line, 0, (size_t)open);
    *version = str_sub(line, (size_t)open + 2, (size_t)close);
    return deb_name_valid(*source) && deb_valid(*version);
}

/* The day in its own time, as " -- Name <mail>  Thu, 05 Sep 2024 12:00:00 +0200" has it. */
static int64_t read_day(struct str line, struct arena *a)
{
    int64_t when;
    ptrdiff_t from = str_rchr(line, '>'), zone = str_rchr(line, ' ');
    if (from == STR_NONE || zone <= from)
        return 0;
    struct str moment =
        str_fmt(a, STR_FMT " UTC", STR_ARG(str_sub(line, (size_t)from + 1, (size_t)zone)));
    return date_read_moment(moment, &when) ? when : 0;
}

static bool has_any(struct str line, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at + strlen(words[i]) <= line.n; at++)
            if (str_ieq(str_sub(line, at, at + strlen(words[i])), str_of(words[i])))
                return true;
    return false;
}

static size_t id_length(struct str s)
{
    size_t year = 4, n = year;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    if (n != year + 4 || n == s.n || s.p[n] != '-')
        return 0;
    size_t number = ++n;
    while (n < s.n && n - number < 19 && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n - number >= 4 ? n : 0;
}

/* What an entry takes back it has not fixed, and neither have those before it; what it only speaks
 * of is left out. */
static void take_line(struct changelog *c, struct str line)
{
    static const char *const back[] = {"revert"};
    static const char *const open[] = {"not affected", "not vulnerable", "not fix", "unfixed",
                                       "still vulnerable"};
    bool undone = has_any(line, back, 1);
    if (str_starts(line, S("  * ")))
        c->takes_back = undone;
    bool spoken = has_any(line, open, sizeof open / sizeof open[0]);
    for (ptrdiff_t at; (at = str_find(line, S("CVE-"))) != STR_NONE;) {
        line = str_from(line, (size_t)at);
        size_t n = id_length(line);
        struct str id = str_sub(line, 0, n);
        if (n && (undone || c->takes_back))
            vec_push(c->s->arena, &c->undone, id);
        else if (n && !spoken)
            vec_push(c->s->arena, &c->id, id);
        line = str_from(line, n ? n : 4);
    }
}

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static bool is_undone(const struct changelog *c, struct str id)
{
    for (size_t i = 0; i < c->undone.n; i++)
        if (str_eq(c->undone.v[i], id))
            return true;
    return false;
}

static void end_entry(struct changelog *c, int64_t day)
{
    struct arena *a = c->s->arena;
    struct str none = S(""), last = none;
    struct feed_entry row = {.scope = c->s->meta.scope,
                             .name = c->source,
                             .range = {none, c->at, none, false},
                             .state = ROW_RANGE,
                             .fix = FIX_RELEASED,
                             .rating = none};
    row.advisory = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(c->package), day ? ", " : "",
                           STR_ARG(day ? date_text(a, day) : none));
    if (!c->s->meta.dated && str_eq(c->at, c->version))
        c->s->meta.dated = day;
    if (c->id.n)
        qsort(c->id.v, c->id.n, sizeof *c->id.v, by_bytes);
    for (size_t i = 0; i < c->id.n && c->at.n; i++) {
        struct vulnerability v = feed_named(c->id.v[i]);
        if (!str_eq(v.id, last) && !is_undone(c, v.id))
            feed_writer_add(c->s->writer, feed_writer_vuln(c->s->writer, &v, false), &row);
        last = v.id;
    }
    c->id.n = 0;
    c->at = none;
}

/* An entry of another source package, or of a version above the first, is another history. */
static void begin_entry(struct changelog *c, struct str source, struct str version)
{
    if (!c->source.n) {
        c->source = source;
        c->version = version;
    }
    bool own = str_eq(source, c->source) && deb_compare(version, c->version) <= 0;
    c->at = own ? version : S("");
    c->id.n = 0;
    c->takes_back = false;
}

static bool read_changelog(struct feed_source *s, const struct deb *d, struct str text)
{
    struct changelog c = {
        .s = s, .package = d->name, .source = S(""), .version = S(""), .at = S("")};
    struct str line, source, version;
    while (c.undone.n <= UNDONE_MAX && str_cut(&text, '\n', &line)) {
        if (read_head(line, &source, &version))
            begin_entry(&c, source, version);
        else if (!c.source.n && str_trim(line).n)
            break;
        else if (str_starts(line, S(" -- ")))
            end_entry(&c, read_day(line, s->arena));
        else
            take_line(&c, line);
    }
    if (c.undone.n > UNDONE_MAX)
        return err_set(s->err, "its changelog takes back more fixes than dfix reads");
    if (!c.source.n)
        return err_set(s->err, "its changelog is none of Debian's");
    s->meta.kind = FEED_CHANGELOG;
    s->meta.name = feed_changelog_name(s->arena, s->meta.scope, c.source, c.version);
    s->meta.title = str_fmt(s->arena, "changelog of " STR_FMT " " STR_FMT, STR_ARG(d->name),
                            STR_ARG(d->version));
    s->meta.partial = true;
    feed_writer_scope(s->writer, s->meta.scope);
    return true;
}

/* ---- a package ---- */

static bool refuse_link(struct feed_source *s, struct str link)
{
    struct str rest = below(link, S("usr/share/doc")), package = S("");
    str_cut(&rest, '/', &package);
    if (!deb_name_valid(package))
        return err_set(s->err, "its changelog is a link that leads to no package");
    return err_set(s->err, "its changelog is that of " STR_FMT ": ask for that package",
                   STR_ARG(package));
}

static bool read_documents(struct feed_source *s, const struct deb *d)
{
    struct wanted w = {.source = s,
                       .folder = str_fmt(s->arena, "usr/share/doc/" STR_FMT, STR_ARG(d->name)),
                       .changelog = S(""),
                       .link = S("")};
    const struct deb_files files = {take_document, &w};
    if (!deb_read(d, &files, s->err))
        return false;
    /* One that is not Debian's own is that of the program, where the two differ. */
    if (w.rank == NATIVE && str_chr(d->version, '-') != STR_NONE)
        w.rank = NO_FILE;
    if (w.rank == NO_FILE && w.link.n)
        return refuse_link(s, w.link);
    return w.rank ? read_changelog(s, d, w.changelog)
                  : err_set(s->err, "it has no changelog of Debian's");
}

static enum deb_step take_support(void *user, struct tar *t, const struct tar_entry *x,
                                  struct err *e)
{
    struct wanted *w = user;
    struct str name = below(x->path, S("usr/share/debian-security-support"));
    struct str number = w->source->meta.scope, distro;
    str_cut(&number, ':', &distro);
    struct str ended =
        str_fmt(w->source->arena, "security-support-ended.deb" STR_FMT, STR_ARG(number));
    bool is_limited = str_eq(name, S("security-support-limited"));
    if (x->type != TAR_FILE || (!is_limited && !str_eq(name, ended)))
        return DEB_ON;
    return take_text(w, t, is_limited ? &w->limited : &w->ended, e) ? DEB_ON : DEB_ERROR;
}

static bool read_support(struct feed_source *s, const struct deb *d)
{
    struct wanted w = {.source = s, .ended = S(""), .limited = S("")};
    const struct deb_files files = {take_support, &w};
    if (!deb_read(d, &files, s->err))
        return false;
    return w.ended.n || w.limited.n ? feed_read_support(s, s->meta.scope, w.ended, w.limited)
                                    : err_set(s->err, "it says nothing of that release");
}

bool feed_read_deb(struct feed_source *s, struct str bytes)
{
    struct deb d;
    if (!s->meta.scope.n)
        return err_set(s->err, "it does not say of which release it is; name that before it, such "
                               "as debian:12");
    if (!deb_open(s->arena, bytes, &d, s->err))
        return false;
    bool support =
        str_eq(d.name, S("debian-security-support")) && str_starts(s->meta.scope, S("debian:"));
    return support ? read_support(s, &d) : read_documents(s, &d);
}
