/* feed_lists.c - JSON documents that are one list: Debian's security tracker, Alpine's security
 * database, CISA's catalogue of known exploited vulnerabilities. */
#include <string.h>

#include "dfix/date.h"
#include "dfix/facts.h"
#include "index/advisories/layout.h"
#include "reader/feeds.h"

/* ---- Debian: package, vulnerability, release ---- */

struct tracked {
    struct str status, fixed, urgency, reason;
    bool no_advisory;
};

static void read_tracked(struct pull *j, struct tracked *t)
{
    struct str none = S(""), name;
    *t = (struct tracked){none, none, none, none, false};
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        if (str_eq(name, S("status"))) {
            t->status = pull_text(j);
        } else if (str_eq(name, S("fixed_version"))) {
            t->fixed = pull_text(j);
        } else if (str_eq(name, S("urgency"))) {
            t->urgency = pull_text(j);
        } else if (str_eq(name, S("nodsa_reason"))) {
            t->reason = pull_text(j);
        } else {
            t->no_advisory |= str_eq(name, S("nodsa"));
            pull_skip(j);
        }
    }
}

/* "ignored" is never; "postponed" and other reasons why there is no advisory are not now. */
static enum fix_state outlook(const struct tracked *t)
{
    if (str_eq(t->urgency, S("end-of-life")) || str_eq(t->reason, S("ignored")))
        return FIX_NEVER;
    return t->no_advisory || t->reason.n ? FIX_POSTPONED : FIX_NONE;
}

static bool is_rating(struct str urgency)
{
    return !str_eq(urgency, S("not yet assigned")) && !str_eq(urgency, S("end-of-life"));
}

static void add_tracked(struct feed_source *s, uint32_t vuln, struct str scope, struct str package,
                        const struct tracked *t)
{
    struct str none = S("");
    struct feed_entry e = {.scope = scope,
                           .name = package,
                           .range = {none, none, none, false},
                           .state = ROW_RANGE,
                           .fix = outlook(t),
                           .advisory = none,
                           .rating = is_rating(t->urgency) ? t->urgency : none};
    if (str_eq(t->status, S("resolved")) && str_eq(t->fixed, S("0")))
        e.state = ROW_NOT_AFFECTED;
    else if (str_eq(t->status, S("resolved")) && deb_valid(t->fixed))
        e.range.fixed = t->fixed;
    else if (!str_eq(t->status, S("open")))
        e.state = ROW_UNDETERMINED;
    if (e.range.fixed.n)
        e.fix = FIX_RELEASED;
    feed_writer_add(s->writer, vuln, &e);
}

/* Releases come over and over: each name is looked up once. */
struct scopes {
    VEC(struct str) codename, scope;
};

static struct str scope_of(struct feed_source *s, struct scopes *x, struct str codename)
{
    struct release r;
    for (size_t i = 0; i < x->codename.n; i++)
        if (str_eq(x->codename.v[i], codename))
            return x->scope.v[i];
    struct str scope =
        release_find(S("debian"), codename, &r) ? ecosystem_of_release(s->arena, &r) : S("");
    vec_push(s->arena, &x->codename, codename);
    vec_push(s->arena, &x->scope, scope);
    return scope;
}

static void read_cve(struct feed_source *s, struct pull *j, struct scopes *x, struct str package,
                     struct str id)
{
    struct str name, codename;
    struct vulnerability v = feed_named(feed_id(s, id));
    v.rated_by = S("Debian");
    if (!pull_object(j))
        return;
    uint32_t vuln = feed_writer_vuln(s->writer, &v, false);
    while (pull_member(j, &name)) {
        if (!str_eq(name, S("releases")) || !pull_is(j, '{')) {
            pull_skip(j);
            continue;
        }
        pull_object(j);
        while (pull_member(j, &codename)) {
            struct tracked t;
            struct str scope = scope_of(s, x, codename);
            read_tracked(j, &t);
            if (scope.n)
                add_tracked(s, vuln, scope, package, &t);
            else
                s->meta.dropped++;
        }
    }
}

bool feed_read_debian(struct feed_source *s, struct pull *j)
{
    struct str package, id;
    struct scopes x = {{0}, {0}};
    s->meta.kind = FEED_DEBIAN;
    s->meta.name = S("debian");
    s->meta.title = S("Debian security tracker");
    if (!pull_object(j))
        return false;
    while (pull_member(j, &package)) {
        bool good = deb_name_valid(package) && pull_is(j, '{');
        if (!good) {
            s->meta.dropped++;
            pull_skip(j);
            continue;
        }
        pull_object(j);
        while (pull_member(j, &id))
            read_cve(s, j, &x, package, id);
        s->documents++;
    }
    return true;
}

/* ---- Alpine: source package, version, what it fixes ---- */

static void add_fixes(struct feed_source *s, struct str scope, struct str package,
                      struct str version, struct str ids)
{
    struct str id, none = S("");
    bool never = str_eq(version, S("0"));
    while (word_next(&ids, &id)) {
        struct vulnerability v = feed_named(feed_id(s, id));
        struct feed_entry e = {.scope = scope,
                               .name = package,
                               .range = {none, never ? none : version, none, false},
                               .state = never ? ROW_NOT_AFFECTED : ROW_RANGE,
                               .fix = FIX_RELEASED,
                               .advisory = none,
                               .rating = none};
        feed_writer_add(s->writer, feed_writer_vuln(s->writer, &v, false), &e);
    }
}

/* Fixes come before the package's name, or behind it: they are read when it is known. */
static void read_package(struct feed_source *s, struct pull *j, struct str scope)
{
    struct str name, package = S(""), version;
    struct pull fixes = {.p = NULL};
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        if (str_eq(name, S("name"))) {
            package = pull_text(j);
        } else {
            if (str_eq(name, S("secfixes")))
                fixes = *j;
            pull_skip(j);
        }
    }
    bool good = apk_name_valid(package) && fixes.p && !j->bad;
    s->meta.dropped += !good;
    if (!good || !pull_object(&fixes))
        return;
    while (pull_member(&fixes, &version))
        if (pull_array(&fixes))
            while (pull_item(&fixes))
                add_fixes(s, scope, package, version, pull_text(&fixes));
}

static void read_packages(struct feed_source *s, struct pull *j, struct str scope)
{
    struct str name;
    if (!pull_array(j))
        return;
    while (pull_item(j)) {
        if (!pull_object(j))
            continue;
        while (pull_member(j, &name))
            if (str_eq(name, S("pkg")))
                read_package(s, j, scope);
            else
                pull_skip(j);
        s->documents++;
    }
}

bool feed_read_alpine(struct feed_source *s, struct pull *j)
{
    struct str name, branch = S(""), repository = S("");
    struct pull packages = {.p = NULL};
    if (!pull_object(j))
        return false;
    while (pull_member(j, &name)) {
        if (str_eq(name, S("distroversion"))) {
            branch = pull_text(j);
        } else if (str_eq(name, S("reponame"))) {
            repository = pull_text(j);
        } else {
            if (str_eq(name, S("packages")))
                packages = *j;
            pull_skip(j);
        }
    }
    struct release r;
    if (str_starts(branch, S("v")))
        branch = str_from(branch, 1);
    if (!release_find(S("alpine"), branch, &r) || !apk_name_valid(repository) || !packages.p)
        return err_set(s->err, "it does not say which release of Alpine it is of");
    struct str scope = ecosystem_of_release(s->arena, &r);
    s->meta.kind = FEED_ALPINE;
    s->meta.name =
        str_fmt(s->arena, "alpine-" STR_FMT "-" STR_FMT, STR_ARG(r.version), STR_ARG(repository));
    s->meta.title = str_fmt(s->arena, "Alpine security database, " STR_FMT "/" STR_FMT,
                            STR_ARG(r.version), STR_ARG(repository));
    feed_writer_scope(s->writer, scope);
    read_packages(s, &packages, scope);
    j->bad |= packages.bad;
    return true;
}

/* ---- CISA ---- */

static void read_exploited(struct feed_source *s, struct pull *j)
{
    struct str name;
    struct vulnerability v = feed_named(S(""));
    v.exploited = true;
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        struct str value = pull_text(j);
        if (str_eq(name, S("cveID")))
            v.id = value;
        else if (str_eq(name, S("dateAdded")))
            v.kev_added = date_is_valid(value) ? value : S("");
        else if (str_eq(name, S("dueDate")))
            v.kev_due = date_is_valid(value) ? value : S("");
        else if (str_eq(name, S("vulnerabilityName")))
            v.summary = value;
        else if (str_eq(name, S("knownRansomwareCampaignUse")))
            v.ransomware = str_eq(value, S("Known"));
    }
    if (feed_id_valid(v.id))
        feed_writer_vuln(s->writer, &v, false);
    else
        s->meta.dropped++;
    s->documents++;
}

/* A catalogue says how many it lists: one that has lost some on the way is not taken. */
static bool has_all(struct feed_source *s, struct str count)
{
    struct str listed = str_fmt(s->scratch, "%u", (unsigned)s->documents);

    return !count.n || str_eq(count, listed) ||
           err_set(s->err, "it says that it lists " STR_FMT " vulnerabilities, and lists " STR_FMT,
                   STR_ARG(count), STR_ARG(listed));
}

bool feed_read_kev(struct feed_source *s, struct pull *j)
{
    struct str name, count = S("");
    s->meta.kind = FEED_KEV;
    s->meta.name = S("kev");
    s->meta.title = S("CISA's catalogue of known exploited vulnerabilities");
    if (!pull_object(j))
        return false;
    while (pull_member(j, &name)) {
        if (str_eq(name, S("dateReleased")))
            s->meta.dated = feed_date(pull_text(j));
        else if (str_eq(name, S("count")))
            count = pull_scalar(j);
        else if (!str_eq(name, S("vulnerabilities")))
            pull_skip(j);
        else if (pull_array(j))
            while (pull_item(j))
                read_exploited(s, j);
    }
    return j->bad || has_all(s, count);
}
