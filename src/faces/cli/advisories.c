/* dfix advisories: what is known to be vulnerable, and care for the feeds that say so. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dfix/advisory.h"
#include "dfix/date.h"
#include "dfix/facts.h"
#include "faces/cli/advisories.h"
#include "host/fetched.h"
#include "index/advisories/layout.h"

void advisories_complain(struct advisories_command *c, struct str text)
{
    streams_check(stdout);
    say_error(str_cstr(c->arena, text));
    c->status = EXIT_FAILED;
}

/* ---- words ---- */

bool advisories_ecosystem(struct arena *a, struct str word, struct str *out)
{
    struct release r;
    struct str version = word, distro = S("");
    if (str_chr(word, ':') != STR_NONE)
        str_cut(&version, ':', &distro);
    if (release_find(distro, version, &r) && !str_eq(version, S(""))) {
        *out = ecosystem_of_release(a, &r);
        return out->n > 0;
    }
    *out = word;
    return ecosystem_known(word) && !str_eq(word, S("alpine"));
}

static bool is_file(struct arena *a, struct str word)
{
    return access(str_cstr(a, word), R_OK) == 0 && str_chr(word, ':') == STR_NONE &&
           (str_chr(word, '.') != STR_NONE || str_chr(word, '/') != STR_NONE);
}

static bool is_wanted(const struct advisories_command *c, struct str scope)
{
    struct str pro = S("ubuntu-pro:");
    for (size_t i = 0; i < c->ecosystem.n; i++) {
        struct str x = c->ecosystem.v[i];
        if (str_eq(x, scope) || (str_starts(scope, x) && scope.p[x.n] == ':') ||
            (str_starts(scope, pro) && str_starts(x, S("ubuntu:")) &&
             str_eq(str_from(scope, pro.n), str_from(x, 7))))
            return true;
    }
    return !c->ecosystem.n;
}

/* ---- list ---- */

static struct str day(struct arena *a, int64_t when)
{
    return when ? date_text(a, when) : S("-");
}

static void list(struct advisories_command *c)
{
    for (size_t i = 0; i < c->feeds.n; i++) {
        const struct held_feed *f = &c->feeds.v[i];
        bool life = f->meta.kind == FEED_LIFE;
        struct str packages = str_fmt(c->arena, "%6zu packages", feed_packages(f->feed));
        printf("%-22s %7zu %-15s  %15s  %6zu KiB  dated %-10s  checked %s ago%s  %s\n",
               str_cstr(c->arena, f->meta.name), feed_vulns(f->feed),
               life ? "releases" : "vulnerabilities", life ? "" : packages.p,
               feed_bytes(f->feed) / 1024, str_cstr(c->arena, day(c->arena, f->meta.dated)),
               str_cstr(c->arena, index_age(c->arena, c->now, f->meta.fetched)),
               f->meta.partial && !life ? "  part only" : "", str_cstr(c->arena, f->meta.title));
    }
    if (!c->feeds.n)
        fprintf(stderr, "The cache holds no advisories; `dfix advisories update debian` fetches "
                        "some.\n");
}

/* ---- update ---- */

struct component advisories_probe(struct str ecosystem)
{
    struct str none = S("");
    bool alpine = str_starts(ecosystem, S("alpine:"));
    return (struct component){.ecosystem = ecosystem,
                              .name = S("dfix"),
                              .version = alpine ? S("1") : S("1.0.0"),
                              .source = none,
                              .source_version = none,
                              .arch = none,
                              .by = none};
}

static void take_file(struct advisories_command *c, struct str file)
{
    struct err e;
    struct str none = S("");
    const struct feed_document d = {
        .file = file,
        .from = file,
        .wanted = none,
        .given = {.url = none, .etag = none, .modified = none, .fetched = c->now}};
    struct feed *f = advisories_take(c->arena, world_cache_dir(c->world), &d, &e);
    if (!f) {
        advisories_complain(c, str_fmt(c->arena, "dfix: " STR_FMT ": %s", STR_ARG(file), e.text));
        return;
    }
    struct feed_meta meta = feed_meta(f);
    advisories_print_taken(f);
    if (meta.dropped)
        printf("%u entr%s not understood\n", meta.dropped, meta.dropped > 1 ? "ies were" : "y was");
    feed_close(f);
}

static void add_ecosystem(struct advisories_command *c, struct str ecosystem)
{
    for (size_t i = 0; i < c->ecosystem.n; i++)
        if (str_eq(c->ecosystem.v[i], ecosystem))
            return;
    vec_push(c->arena, &c->ecosystem, ecosystem);
}

/* Those whose feeds the cache has: one of each feed is enough. */
static void ecosystems_of_cache(struct advisories_command *c)
{
    for (size_t i = 0; i < c->feeds.n; i++)
        if ((!c->feeds.v[i].meta.partial || c->feeds.v[i].meta.kind == FEED_SUPPORT) &&
            feed_scopes(c->feeds.v[i].feed))
            add_ecosystem(c, str_dup(c->arena, feed_scope(c->feeds.v[i].feed, 0)));
}

static const struct held_feed *feed_named(const struct held_feeds *feeds, struct str name)
{
    for (size_t i = 0; i < feeds->n; i++)
        if (str_eq(feeds->v[i].meta.name, name))
            return &feeds->v[i];
    return NULL;
}

/* Is every feed of the ecosystem as new as this run, and does one speak of it? */
static void tell_updated(struct advisories_command *c, const struct held_feeds *feeds,
                         struct str ecosystem)
{
    struct feed_want want[WANTS_MOST];
    size_t n = advisories_want(c->arena, &c->settings, ecosystem, want);
    bool current = n > 0, spoken = str_chr(ecosystem, ':') == STR_NONE;
    for (size_t i = 0; i < n; i++) {
        const struct held_feed *f = feed_named(feeds, want[i].name);
        current = current && (f ? f->meta.fetched >= c->now : want[i].may_lack);
        spoken |= f && feed_speaks_of(f->feed, ecosystem);
    }
    if (current && spoken)
        printf("advisories for " STR_FMT " are current\n", STR_ARG(ecosystem));
    else
        advisories_complain(c, str_fmt(c->arena, "dfix: advisories for " STR_FMT " %s",
                                       STR_ARG(ecosystem),
                                       current ? "are not in the feed" : "could not be updated"));
}

/* When their releases end is made current with them. */
static void fetch_lives(struct advisories_command *c)
{
    const struct lookup *l = world_lookup(c->world);
    struct str version, distro;
    bool pending = true;
    while (pending) {
        pending = false;
        for (size_t i = 0; i < c->ecosystem.n; i++) {
            version = c->ecosystem.v[i];
            if (!str_cut(&version, ':', &distro))
                continue;
            const struct release r = {.distro = distro, .version = version, .codename = S("")};
            const struct question q = {.kind = ASK_LIFE, .release = &r};
            struct reply reply;
            pending |= lookup_ask(l, &q, &reply) == ANSWER_PENDING;
        }
        pending = pending && l->resolve(l->self);
    }
}

/* What a release supports no more, where it is named or was asked for before: its index is needed
 * for that. */
static void fetch_support(struct advisories_command *c)
{
    for (size_t i = 0; i < c->ecosystem.n; i++) {
        struct str version = c->ecosystem.v[i], distro;
        str_cut(&version, ':', &distro);
        struct str name = str_fmt(c->arena, "support-" STR_FMT, STR_ARG(version));
        if (c->line->word.n > 1 || feed_named(&c->feeds, name))
            advisories_fetch_support(c, c->ecosystem.v[i]);
    }
}

static void fetch(struct advisories_command *c)
{
    fetch_lives(c);
    struct component *v = arena_new(c->arena, struct component, c->ecosystem.n + 1);
    struct match_report report;
    for (size_t i = 0; i < c->ecosystem.n; i++)
        v[i] = advisories_probe(c->ecosystem.v[i]);
    matches_find(c->arena, world_lookup(c->world), v, c->ecosystem.n, false, &report);
    struct held_feeds feeds = advisories_open(c->arena, world_cache_dir(c->world));
    fetch_support(c);
    for (size_t i = 0; i < c->ecosystem.n; i++)
        tell_updated(c, &feeds, c->ecosystem.v[i]);
    advisories_close(&feeds);
}

static void update(struct advisories_command *c)
{
    size_t files = 0;
    for (size_t i = 1; i < c->line->word.n; i++) {
        struct str word = c->line->word.v[i], ecosystem;
        if (is_file(c->arena, word)) {
            take_file(c, word);
            files++;
        } else if (advisories_ecosystem(c->arena, word, &ecosystem)) {
            add_ecosystem(c, ecosystem);
        } else {
            advisories_complain(
                c, str_fmt(c->arena,
                           "dfix: advisories update: " STR_FMT
                           " is neither a file nor an ecosystem (such as debian, jammy, "
                           "alpine:3.20, pypi, npm, go, maven, rubygems, crates.io)",
                           STR_ARG(word)));
            return;
        }
    }
    if (c->line->word.n == 1)
        ecosystems_of_cache(c);
    if (c->ecosystem.n)
        fetch(c);
    else if (!files)
        fprintf(stderr, "Nothing to update; name ecosystems or files.\n");
}

/* ---- show, package ---- */

static struct str share(struct arena *a, int n)
{
    return str_fmt(a, "%d.%02d %%", n / 1000, n / 10 % 100);
}

static void print_line(const char *name, struct str value)
{
    if (!value.n)
        return;
    printf("  %-12s ", name);
    report_text(stdout, value);
    putchar('\n');
}

static void print_vulnerability(struct advisories_command *c, const struct vulnerability *v)
{
    struct arena *a = c->arena;
    report_text(stdout, v->id);
    putchar('\n');
    print_line("also", v->aliases);
    print_line("summary", v->summary);
    print_line("published", v->published);
    if (v->rating.n)
        print_line("rated", str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(v->rating),
                                    v->rated_by.n ? " by " : "", STR_ARG(v->rated_by)));
    if (v->cvss_score >= 0)
        print_line("CVSS", str_fmt(a, "%d.%d %s " STR_FMT, v->cvss_score / 10, v->cvss_score % 10,
                                   cvss_word(v->cvss_score), STR_ARG(v->cvss)));
    else
        print_line("CVSS", v->cvss);
    if (v->exploited)
        print_line("exploited",
                   str_fmt(a, "known since " STR_FMT ", due " STR_FMT "%s", STR_ARG(v->kev_added),
                           STR_ARG(v->kev_due), v->ransomware ? ", in ransomware campaigns" : ""));
    if (v->epss >= 0)
        print_line("EPSS", str_fmt(a, STR_FMT ", more than " STR_FMT " of all",
                                   STR_ARG(share(a, v->epss)), STR_ARG(share(a, v->percentile))));
    print_line("see", str_fmt(a, "https://osv.dev/vulnerability/" STR_FMT, STR_ARG(v->id)));
}

static const char *state_word(const struct feed_entry *e)
{
    static const char *const fixes[] = {[FIX_RELEASED] = "fixed in",
                                        [FIX_NONE] = "not fixed",
                                        [FIX_POSTPONED] = "postponed",
                                        [FIX_NEVER] = "will not be fixed",
                                        [FIX_PAID] = "fixed for subscribers in"};
    switch (e->state) {
    case ROW_NOT_AFFECTED:
        return "not affected";
    case ROW_UNDETERMINED:
        return "not determined";
    case ROW_UNSUPPORTED:
        return "not supported any more";
    case ROW_LIMITED:
        return "supported within limits";
    default:
        return fixes[e->fix];
    }
}

/* Of versions, or of support. */
static struct str row_detail(struct arena *a, const struct feed_entry *e,
                             const struct vulnerability *v)
{
    const struct advisory_range *r = &e->range;
    struct buf b = {.arena = a};
    if (e->state == ROW_UNSUPPORTED || e->state == ROW_LIMITED)
        return str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(v->published),
                       v->published.n && v->summary.n ? ": " : "", STR_ARG(v->summary));
    if (r->introduced.n && !str_eq(r->introduced, S("0")))
        buf_fmt(&b, "%s" STR_FMT, r->exact ? "only " : "from ", STR_ARG(r->introduced));
    if (r->last.n)
        buf_fmt(&b, "%sup to " STR_FMT, b.n ? " " : "", STR_ARG(r->last));
    return buf_str(&b);
}

static void print_row(struct advisories_command *c, const struct held_feed *f,
                      const struct feed_entry *e, const struct vulnerability *v)
{
    struct arena *a = c->arena;
    if (!is_wanted(c, e->scope))
        return;
    struct str detail = f->meta.kind == FEED_CHANGELOG
                            ? str_fmt(a, "by the changelog of " STR_FMT, STR_ARG(e->advisory))
                            : row_detail(a, e, v);
    printf("%-16s %-28s %-18s %s%s", str_cstr(a, e->scope), str_cstr(a, e->name),
           str_cstr(a, v->id), state_word(e), e->range.fixed.n ? " " : "");
    report_text(stdout, e->range.fixed);
    if (detail.n) {
        printf("  (");
        report_text(stdout, detail);
        putchar(')');
    }
    putchar('\n');
    c->rows++;
}

/* What all feeds know of one vulnerability, each thing once. */
static bool gather(struct advisories_command *c, struct str name, struct vulnerability *out)
{
    bool found = false, bundle;
    for (size_t i = 0; i < c->feeds.n; i++) {
        uint32_t after = 0, at;
        while (feed_find(c->feeds.v[i].feed, name, &after, &at)) {
            struct vulnerability v = feed_vuln(c->feeds.v[i].feed, at, &bundle);
            if (bundle && !str_eq(v.id, name))
                continue;
            if (!found)
                *out = v;
            found = true;
            struct str *const to[] = {&out->aliases,   &out->summary,  &out->published,
                                      &out->rating,    &out->rated_by, &out->cvss,
                                      &out->kev_added, &out->kev_due};
            const struct str from[] = {v.aliases,  v.summary, v.published, v.rating,
                                       v.rated_by, v.cvss,    v.kev_added, v.kev_due};
            for (size_t k = 0; k < sizeof from / sizeof from[0]; k++)
                if (!to[k]->n)
                    *to[k] = from[k];
            out->cvss_score = cvss_base(out->cvss);
            out->exploited |= v.exploited;
            out->ransomware |= v.ransomware;
            out->epss = v.epss > out->epss ? v.epss : out->epss;
            out->percentile = v.percentile > out->percentile ? v.percentile : out->percentile;
        }
    }
    return found;
}

static void tell_unknown(struct str name)
{
    report_line_start(stdout, name);
    puts(": no feed of the cache knows it");
}

static void show_one(struct advisories_command *c, struct str name)
{
    struct vulnerability v;
    if (!gather(c, name, &v)) {
        tell_unknown(name);
        return;
    }
    print_vulnerability(c, &v);
    for (size_t i = 0; i < c->feeds.n; i++) {
        const struct held_feed *f = &c->feeds.v[i];
        uint32_t after = 0, at, vuln;
        while (feed_find(f->feed, name, &after, &at)) {
            struct feed_range r = feed_refs(f->feed, at);
            bool bundle;
            struct vulnerability x = feed_vuln(f->feed, at, &bundle);
            for (uint32_t k = r.first; k < r.end; k++) {
                struct feed_entry e = feed_row(f->feed, feed_ref(f->feed, k), &vuln);
                print_row(c, f, &e, &x);
            }
        }
    }
}

static void show(struct advisories_command *c)
{
    for (size_t i = 1; i < c->line->word.n; i++)
        show_one(c, c->line->word.v[i]);
    if (c->line->word.n < 2)
        advisories_complain(c, S("dfix: advisories show needs names, such as CVE-2024-5535"));
}

/* name, or name=version: what of it counts for this version. */
static void judge(struct advisories_command *c, struct str scope, struct str name,
                  struct str version)
{
    struct component x = advisories_probe(scope);
    struct match_list l;
    x.name = name;
    x.version = version;
    enum answer answer = advisories_match(c->arena, &c->feeds, &x, false, &l);
    advisories_print_fixes(c, scope, name, version);
    const struct support support = {name, scope, l.support_end, l.support};
    struct str told = support_text(c->arena, &support, c->settings.today);
    if (told.n) {
        printf("%-16s ", str_cstr(c->arena, scope));
        report_text(stdout, told);
        putchar('\n');
    }
    if (answer == ANSWER_UNAVAILABLE) {
        advisories_complain(c, str_fmt(c->arena, "dfix: " STR_FMT " was not checked: " STR_FMT,
                                       STR_ARG(name), STR_ARG(l.why)));
        return;
    }
    for (size_t i = 0; i < l.n; i++)
        printf("%-16s %-18s " STR_FMT "%s\n", str_cstr(c->arena, scope),
               str_cstr(c->arena, l.v[i].is.id), STR_ARG(l.v[i].reason),
               l.v[i].is.exploited ? "; known to be exploited" : "");
    printf("%-16s " STR_FMT " " STR_FMT ": %zu open, %zu fixed, %zu not affected\n",
           str_cstr(c->arena, scope), STR_ARG(name), STR_ARG(version), l.n, l.fixed,
           l.not_affected);
}

static void list_package(struct advisories_command *c, const struct held_feed *f, struct str scope,
                         struct str name)
{
    struct feed_range r = feed_rows(f->feed, scope, ecosystem_name(c->arena, scope, name));
    for (uint32_t k = r.first; k < r.end; k++) {
        uint32_t vuln;
        bool bundle;
        struct feed_entry e = feed_row(f->feed, k, &vuln);
        struct vulnerability v = feed_vuln(f->feed, vuln, &bundle);
        print_row(c, f, &e, &v);
    }
}

static void package(struct advisories_command *c)
{
    size_t names = 0;
    for (size_t i = 1; i < c->line->word.n; i++) {
        struct str version = c->line->word.v[i], name, ecosystem;
        if (!names && advisories_ecosystem(c->arena, version, &ecosystem)) {
            vec_push(c->arena, &c->ecosystem, ecosystem);
            continue;
        }
        bool judged = str_chr(version, '=') != STR_NONE;
        str_cut(&version, '=', &name);
        names++;
        for (size_t k = 0; k < c->ecosystem.n && judged; k++)
            judge(c, c->ecosystem.v[k], name, version);
        if (judged && !c->ecosystem.n)
            advisories_complain(
                c, S("dfix: advisories package: a version needs its ecosystem before it, such as "
                     "debian:12 openssl=3.0.11-1~deb12u2"));
        c->rows = 0;
        for (size_t k = 0; k < c->feeds.n && !judged; k++)
            for (size_t s = 0; s < feed_scopes(c->feeds.v[k].feed); s++)
                list_package(c, &c->feeds.v[k], feed_scope(c->feeds.v[k].feed, s), name);
        if (!judged && !c->rows)
            tell_unknown(name);
    }
    if (!names)
        advisories_complain(c, S("dfix: advisories package needs the name of a package"));
}

/* ---- the command ---- */

static void open_feeds(struct advisories_command *c)
{
    struct held_feeds feeds = advisories_open(c->arena, world_cache_dir(c->world));
    struct held_feeds logs = advisories_changelogs(c->arena, world_cache_dir(c->world));
    struct held_feed *all = arena_new(c->arena, struct held_feed, feeds.n + logs.n + 1);
    if (feeds.n)
        memcpy(all, feeds.v, feeds.n * sizeof *all);
    if (logs.n)
        memcpy(all + feeds.n, logs.v, logs.n * sizeof *all);
    c->feeds = (struct held_feeds){.v = all, .n = feeds.n + logs.n};
}

int command_advisories(struct arena *a, const struct command_line *line)
{
    static const struct {
        const char *name;
        void (*run)(struct advisories_command *c);
    } verbs[] = {{"list", list},       {"show", show},
                 {"package", package}, {"issue", advisories_issue},
                 {"update", update},   {"changelog", advisories_changelog}};
    struct advisories_command c = {.arena = a, .line = line, .now = time(NULL)};
    struct str name = line->word.n ? line->word.v[0] : S("list");
    struct config config;
    struct err e;
    size_t verb = 0;
    while (verb < sizeof verbs / sizeof verbs[0] && !str_eq(name, str_of(verbs[verb].name)))
        verb++;
    if (verb == sizeof verbs / sizeof verbs[0]) {
        advisories_complain(
            &c, S("dfix: advisories takes list, show CVE..., package NAME..., issue CVE "
                  "ECOSYSTEM NAME=VERSION, changelog RELEASE NAME... or update"));
        return c.status;
    }
    if (!settings_load(a, line, &config, &e)) {
        advisories_complain(&c, str_of(e.text));
        return c.status;
    }
    c.settings = config.settings;
    if (str_eq(name, S("update")))
        c.settings.max_age = 0; /* ask, however young */
    c.world = world_open(&c.settings);
    progress_watch(a, c.world, line);
    open_feeds(&c);
    verbs[verb].run(&c);
    if (report_notes(c.world))
        c.status = EXIT_FAILED;
    advisories_close(&c.feeds);
    world_close(c.world);
    return c.status;
}
