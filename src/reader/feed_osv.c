/* feed_osv.c - documents of OSV (schema 1.x): one vulnerability each, with the packages that it
 * affects. */
#include <string.h>

#include "dfix/facts.h"
#include "index/advisories/layout.h"
#include "reader/feeds.h"

enum { EVENTS_MANY = 256 }; /* of one package: more are taken as they come */
enum event_kind { INTRODUCED, FIXED, LAST };
struct event {
    enum event_kind kind;
    struct str version;
};
struct affected {
    struct str scope, name, rating;
    bool paid;               /* the fix is for subscribers */
    VEC(struct event) event; /* of one range after the other; INTRODUCED "" ends one */
    VEC(struct str) version;
};
struct document {
    struct vulnerability is;
    struct buf names; /* aliases, and what it brings together */
    bool withdrawn;
    VEC(struct affected) affected;
};

/* ---- ecosystems ---- */

/* "Debian:12", "Ubuntu:22.04:LTS", "Ubuntu:Pro:16.04:LTS", "Alpine:v3.20", "PyPI"; "": not one of
 * dfix's. */
static struct str scope_of(struct arena *a, struct str ecosystem, bool *paid)
{
    static const char *const plain[] = {"PyPI", "npm", "Go", "Maven", "RubyGems", "crates.io"};
    struct str rest = ecosystem, distro = S(""), said = S("");
    struct release r;
    *paid = false;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (str_eq(ecosystem, str_of(plain[i])))
            return str_lower(a, ecosystem);
    str_cut(&rest, ':', &distro);
    str_cut(&rest, ':', &said);
    if (str_eq(distro, S("Ubuntu")) && str_eq(said, S("Pro"))) {
        *paid = true;
        str_cut(&rest, ':', &said);
    }
    distro = str_lower(a, distro);
    if (!str_eq(distro, S("alpine")) && !str_eq(distro, S("debian")) &&
        !str_eq(distro, S("ubuntu")))
        return S("");
    if (str_starts(said, S("v")))
        said = str_from(said, 1);
    if (!said.n || !release_find(distro, said, &r))
        return S("");
    struct str scope = ecosystem_of_release(a, &r);
    if (*paid && scope.n)
        scope = str_fmt(a, "ubuntu-pro:" STR_FMT, STR_ARG(r.version));
    return scope;
}

/* ---- what is affected ---- */

static void read_events(struct arena *a, struct pull *j, struct affected *x)
{
    static const char *const names[] = {"introduced", "fixed", "last_affected"};
    struct str name;
    if (!pull_array(j))
        return;
    while (pull_item(j)) {
        if (!pull_object(j))
            continue;
        while (pull_member(j, &name)) {
            struct str version = pull_text(j);
            for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                if (str_eq(name, str_of(names[i])) && version.n)
                    vec_push(a, &x->event, (struct event){(enum event_kind)i, version});
        }
    }
}

/* Those of git are of no package. */
static void read_range(struct arena *a, struct pull *j, struct affected *x)
{
    struct str name, type = S("");
    struct pull events = {.p = NULL};
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        if (str_eq(name, S("type"))) {
            type = pull_text(j);
        } else {
            if (str_eq(name, S("events")))
                events = *j;
            pull_skip(j);
        }
    }
    if (!events.p || str_eq(type, S("GIT")) || j->bad)
        return;
    read_events(a, &events, x);
    vec_push(a, &x->event, (struct event){INTRODUCED, S("")});
}

static void read_specific(struct pull *j, struct affected *x)
{
    struct str name;
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        bool rates = str_eq(name, S("urgency")) || str_eq(name, S("ubuntu_priority"));
        struct str value = pull_text(j);
        if (rates && !str_eq(value, S("not yet assigned")))
            x->rating = value;
    }
}

static void read_affected(struct arena *a, struct pull *j, struct affected *x)
{
    struct str name, key;
    struct str none = S("");
    *x = (struct affected){.scope = none, .name = none, .rating = none};
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        if (str_eq(name, S("package")) && pull_is(j, '{')) {
            pull_object(j);
            while (pull_member(j, &key)) {
                struct str value = pull_text(j);
                if (str_eq(key, S("ecosystem")))
                    x->scope = scope_of(a, value, &x->paid);
                else if (str_eq(key, S("name")))
                    x->name = value;
            }
        } else if (str_eq(name, S("ranges")) && pull_is(j, '[')) {
            pull_array(j);
            while (pull_item(j))
                read_range(a, j, x);
        } else if (str_eq(name, S("versions")) && pull_is(j, '[')) {
            pull_array(j);
            while (pull_item(j))
                vec_push(a, &x->version, pull_text(j));
        } else if (str_eq(name, S("ecosystem_specific"))) {
            read_specific(j, x);
        } else {
            pull_skip(j);
        }
    }
}

/* ---- the vulnerability ---- */

/* "UBUNTU-CVE-2021-3782" is CVE-2021-3782. */
static struct str without_publisher(struct str id)
{
    ptrdiff_t at = str_find(id, S("-CVE-"));
    return at == STR_NONE ? id : str_from(id, (size_t)at + 1);
}

static bool is_cve(struct str id)
{
    return str_starts(id, S("CVE-"));
}

static void add_names(struct pull *j, struct document *d, bool only_cves)
{
    if (!pull_array(j))
        return;
    while (pull_item(j)) {
        struct str id = without_publisher(pull_text(j));
        bool wanted =
            feed_id_valid(id) && (!only_cves || is_cve(id)) && !words_have(buf_str(&d->names), id);
        if (wanted)
            buf_fmt(&d->names, "%s" STR_FMT, d->names.n ? " " : "", STR_ARG(id));
    }
}

static void read_severity(struct pull *j, struct document *d)
{
    struct str name;
    if (!pull_array(j))
        return;
    while (pull_item(j)) {
        struct str type = S(""), score = S("");
        if (!pull_object(j))
            continue;
        while (pull_member(j, &name)) {
            if (str_eq(name, S("type")))
                type = pull_text(j);
            else if (str_eq(name, S("score")))
                score = pull_text(j);
            else
                pull_skip(j);
        }
        if (str_eq(type, S("Ubuntu"))) {
            d->is.rating = score;
            d->is.rated_by = S("Ubuntu");
        } else if (str_eq(type, S("CVSS_V3")) || !d->is.cvss.n) {
            d->is.cvss = score;
        }
    }
}

static void read_database(struct pull *j, struct document *d)
{
    struct str name;
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        bool rates = str_eq(name, S("severity")) && pull_is(j, '"');
        struct str value = pull_text(j);
        if (rates && !d->is.rating.n) {
            d->is.rating = value;
            d->is.rated_by = str_starts(d->is.id, S("GHSA-")) || !d->is.id.n ? S("GitHub") : S("");
        }
    }
}

static void read_member(struct feed_source *s, struct pull *j, struct str name, struct document *d)
{
    struct arena *a = s->scratch;
    if (str_eq(name, S("id")))
        d->is.id = pull_text(j);
    else if (str_eq(name, S("summary")))
        d->is.summary = pull_text(j);
    else if (str_eq(name, S("published")))
        d->is.published = pull_text(j);
    else if (str_eq(name, S("modified"))) {
        int64_t when = feed_date(pull_text(j));
        s->meta.dated = when > s->meta.dated ? when : s->meta.dated;
    } else if (str_eq(name, S("withdrawn"))) {
        d->withdrawn = pull_text(j).n > 0;
    } else if (str_eq(name, S("aliases")) || str_eq(name, S("upstream")))
        add_names(j, d, false);
    else if (str_eq(name, S("related")))
        add_names(j, d, true);
    else if (str_eq(name, S("severity")))
        read_severity(j, d);
    else if (str_eq(name, S("database_specific")))
        read_database(j, d);
    else if (str_eq(name, S("affected")) && pull_is(j, '[')) {
        pull_array(j);
        while (pull_item(j)) {
            struct affected x;
            read_affected(a, j, &x);
            vec_push(a, &d->affected, x);
        }
    } else {
        pull_skip(j);
    }
}

/* ---- into the feed ---- */

/* By version, as far as they have an order. */
static void sort_events(struct str scope, struct event *v, size_t n)
{
    if (n > EVENTS_MANY)
        return;
    for (size_t i = 0; i < n; i++)
        if (!str_eq(v[i].version, S("0")) && !ecosystem_valid(scope, v[i].version))
            return;
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0; k--) {
            bool zero = str_eq(v[k].version, S("0")) && v[k].kind == INTRODUCED;
            bool before = zero ? !str_eq(v[k - 1].version, S("0"))
                               : !str_eq(v[k - 1].version, S("0")) &&
                                     ecosystem_compare(scope, v[k].version, v[k - 1].version) < 0;
            if (!before)
                break;
            struct event swap = v[k];
            v[k] = v[k - 1];
            v[k - 1] = swap;
        }
}

static void add_range(struct feed_source *s, uint32_t vuln, const struct affected *x,
                      struct advisory_range range)
{
    enum fix_state released = x->paid ? FIX_PAID : FIX_RELEASED;
    struct feed_entry e = {.scope = x->scope,
                           .name = x->name,
                           .range = range,
                           .state = range.exact ? ROW_EXACT : ROW_RANGE,
                           .fix = range.fixed.n ? released : FIX_NONE,
                           .advisory = S(""),
                           .rating = x->rating};
    feed_writer_add(s->writer, vuln, &e);
}

/* The intervals of one range: each begins with what introduces it. */
static void add_events(struct feed_source *s, uint32_t vuln, const struct affected *x,
                       struct event *v, size_t n)
{
    struct str none = S("");
    struct advisory_range open = {none, none, none, false};
    bool is_open = false;
    sort_events(x->scope, v, n);
    for (size_t i = 0; i < n; i++) {
        if (v[i].kind == INTRODUCED && !is_open) {
            open = (struct advisory_range){v[i].version, none, none, false};
            is_open = true;
        } else if (v[i].kind != INTRODUCED && is_open) {
            if (v[i].kind == FIXED)
                open.fixed = v[i].version;
            else
                open.last = v[i].version;
            add_range(s, vuln, x, open);
            is_open = false;
        }
    }
    if (is_open)
        add_range(s, vuln, x, open);
}

/* Is the version in one of the intervals that were added? Lists of versions mostly spell out what
 * the ranges say. */
static bool is_covered(const struct affected *x, struct str version)
{
    bool affected = false;
    if (x->event.n > EVENTS_MANY || !ecosystem_valid(x->scope, version))
        return false;
    for (size_t i = 0; i < x->event.n; i++) {
        const struct event *e = &x->event.v[i];
        if (!e->version.n) { /* the end of a range */
            if (affected)
                return true;
            continue;
        }
        bool zero = str_eq(e->version, S("0"));
        if (!zero && !ecosystem_valid(x->scope, e->version))
            return false;
        int d = zero ? 1 : ecosystem_compare(x->scope, version, e->version);
        if (e->kind == INTRODUCED && d >= 0)
            affected = true;
        else if ((e->kind == FIXED && d >= 0) || (e->kind == LAST && d > 0))
            affected = false;
    }
    return false;
}

/* By versions, that is; commits of a repository are none. */
static bool says_which(const struct affected *x)
{
    for (size_t i = 0; i < x->event.n; i++)
        if (x->event.v[i].version.n && x->event.v[i].kind == INTRODUCED)
            return true;
    for (size_t i = 0; i < x->version.n; i++)
        if (x->version.v[i].n)
            return true;
    return false;
}

static void add_affected(struct feed_source *s, uint32_t vuln, struct affected *x)
{
    struct str none = S("");
    size_t begin = 0;
    if (!x->scope.n || !x->name.n) {
        s->meta.dropped++;
        return;
    }
    x->name = ecosystem_name(s->scratch, x->scope, x->name);
    if (!says_which(x)) {
        const struct feed_entry e = {.scope = x->scope,
                                     .name = x->name,
                                     .range = {none, none, none, false},
                                     .state = ROW_UNDETERMINED,
                                     .fix = FIX_NONE,
                                     .advisory = none,
                                     .rating = x->rating};
        feed_writer_add(s->writer, vuln, &e);
    }
    for (size_t i = 0; i < x->event.n; i++)
        if (!x->event.v[i].version.n) {
            add_events(s, vuln, x, x->event.v + begin, i - begin);
            begin = i + 1;
        }
    for (size_t i = 0; i < x->version.n; i++)
        if (x->version.v[i].n && !is_covered(x, x->version.v[i]))
            add_range(s, vuln, x, (struct advisory_range){x->version.v[i], none, none, true});
}

/* A notice that brings several vulnerabilities together. */
static bool is_bundle(struct str id)
{
    static const char *const begins[] = {"USN-", "DSA-", "DLA-", "ELA-", "LSN-", "DTSA-"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (str_starts(id, str_of(begins[i])))
            return true;
    return false;
}

/* The CVE is its name where it has one, and only one. */
static void name_it(struct arena *a, struct document *d)
{
    struct str rest = buf_str(&d->names), word, cve = S("");
    size_t cves = 0;
    d->is.id = without_publisher(d->is.id);
    while (d->names.n && word_next(&rest, &word))
        if (is_cve(word)) {
            cve = word;
            cves++;
        }
    if (!is_cve(d->is.id) && !is_bundle(d->is.id) && cves == 1) {
        if (!words_have(buf_str(&d->names), d->is.id))
            buf_fmt(&d->names, " " STR_FMT, STR_ARG(d->is.id));
        d->is.id = str_dup(a, cve);
    }
    struct buf others = {.arena = a};
    rest = d->names.n ? buf_str(&d->names) : S("");
    while (word_next(&rest, &word))
        if (!str_eq(word, d->is.id))
            buf_fmt(&others, "%s" STR_FMT, others.n ? " " : "", STR_ARG(word));
    d->is.aliases = others.n ? buf_str(&others) : S("");
}

static void read_document(struct feed_source *s, struct pull *j)
{
    struct document d = {.is = feed_named(S("")), .names = {.arena = s->scratch}};
    struct str name;
    if (!pull_object(j)) {
        s->meta.dropped++;
        return;
    }
    while (pull_member(j, &name))
        read_member(s, j, name, &d);
    if (j->bad || d.withdrawn)
        return;
    bool is_named = feed_id_valid(d.is.id);
    d.is.id = feed_id(s, d.is.id);
    if (str_starts(d.is.id, S("GHSA-")) && d.is.rating.n)
        d.is.rated_by = S("GitHub");
    bool bundle = is_bundle(d.is.id);
    name_it(s->scratch, &d);
    if (d.is.published.n > 10)
        d.is.published = str_sub(d.is.published, 0, 10);
    uint32_t vuln = feed_writer_vuln(s->writer, &d.is, bundle);
    for (size_t i = 0; i < d.affected.n; i++)
        add_affected(s, vuln, &d.affected.v[i]);
    s->documents += is_named;
}

bool feed_read_osv(struct feed_source *s, struct pull *j)
{
    struct arena_mark mark = arena_mark(s->scratch);
    if (!pull_is(j, '[')) {
        read_document(s, j);
        arena_rewind(s->scratch, mark);
        return true;
    }
    pull_array(j);
    while (pull_item(j)) {
        read_document(s, j);
        arena_rewind(s->scratch, mark);
    }
    return true;
}
