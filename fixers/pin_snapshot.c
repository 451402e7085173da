/* pin-snapshot: a stage's apt sources become the distribution's dated archive. */
#include "dfix/fixer.h"

static const char doc[] =
    "Makes a stage use the dated archive of its distribution (snapshot.debian.org,\n"
    "snapshot.ubuntu.com), so that every later build installs today's packages, dependencies\n"
    "included. Before the first apt command it adds a `RUN` that writes the release's own sources "
    "for\n"
    "that moment; only these may be older than their Valid-Until, and signatures are still "
    "checked.\n"
    "`rules: {pin-apt: {pin: snapshot}}` enables it and makes `pin-apt` write whole versions.\n"
    "The service's host comes from `index: {apt: {debian: {snapshot: URL}}}`; the URL is http\n"
    "unless that says https, because minimal images have no certificates and apt checks "
    "signatures.\n\n"
    "The moment is shortly after the newest Release file of the release's suites, when the\n"
    "archive is sure to have it. To move on, delete the `RUN` and run dfix again.\n\n"
    "Not changed, with the reason: stages whose release is unknown, whose base image has package\n"
    "sources of its own or packages newer than the index, that change their sources themselves, "
    "or\n"
    "that run apt as a user other than root.\n\n"
    "Safety: safe where the policy says `pin: snapshot`; unsafe where the rule is only selected: "
    "such\n"
    "a stage gets no security fixes until it is moved on.\n";

enum { HOUR = 60 * 60, DAY = 24 * HOUR };

/* What is known of a distribution's service. */
struct service {
    const char *distro, *base;
    int64_t delay; /* seconds that it may lag behind the archive */
};
static const struct service services[] = {
    {"debian", "http://snapshot.debian.org/archive", 4 * HOUR}, /* four imports a day */
    {"ubuntu", "http://snapshot.ubuntu.com/ubuntu", HOUR},
};
enum { SERVICES = sizeof(services) / sizeof(services[0]) };

static const struct service *service_of(const struct stage *s)
{
    for (size_t i = 0; i < SERVICES; i++)
        if (str_eq(s->release.distro, str_of(services[i].distro)))
            return &services[i];
    return NULL;
}

/* It stands between single quotes and blanks. */
static bool is_plain(struct str url)
{
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] > '~' || str_chr(S("'\\`$\"[]"), url.p[i]) != STR_NONE)
            return false;
    return url.n > 0;
}

static struct str base_url(const struct fix_ctx *c, const struct service *service)
{
    struct str url = str_of(service->base);

    for (size_t i = 0; i < c->settings->nindex; i++)
        if (str_eq(c->settings->index[i].distro, str_of(service->distro)) &&
            is_plain(c->settings->index[i].snapshot))
            url = c->settings->index[i].snapshot;
    return str_without_end(url, '/');
}

/* 20261124T041604Z */
static struct str stamp(struct arena *a, int64_t seconds)
{
    struct date d = date_at(seconds);
    unsigned rest = (unsigned)(seconds % DAY);

    return str_fmt(a, "%04lld%02u%02uT%02u%02u%02uZ", (long long)d.year, d.month, d.day,
                   rest / HOUR, rest % HOUR / 60, rest % 60);
}

static void add_line(struct buf *b, char escape, struct str url, struct str suite,
                     const char *components)
{
    buf_fmt(b, " %c\n    'deb [check-valid-until=no] " STR_FMT " " STR_FMT " %s'", escape,
            STR_ARG(url), STR_ARG(suite), components);
}

/* The instruction that replaces the release's own sources, those of its official image. */
static struct str instruction(const struct fix_ctx *c, const struct stage *s, struct str when)
{
    static const char *const pockets[] = {"", "-updates", "-security"};
    static const char all[] = "main restricted universe multiverse";
    struct arena *a = c->arena;
    struct buf b = {.arena = a};
    struct str base = base_url(c, service_of(s)), name = s->release.codename;
    bool debian = str_eq(s->release.distro, S("debian")), sid = str_eq(name, S("sid"));
    char escape = c->tree->escape;

    buf_fmt(&b, "RUN rm -f /etc/apt/sources.list.d/" STR_FMT ".sources && printf '%%s\\n'",
            STR_ARG(s->release.distro));
    for (size_t i = 0; i < (sid ? 1u : 3u); i++) {
        struct str suite = str_fmt(a, STR_FMT "%s", STR_ARG(name), pockets[i]);
        if (!debian) {
            struct str url = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(base), STR_ARG(when));
            add_line(&b, escape, url, suite, all);
            continue;
        }
        bool old = s->release.version.n < 2 || str_eq(s->release.version, S("10"));
        if (i == 2 && old) /* until buster, security had another shape */
            suite = str_fmt(a, STR_FMT "/updates", STR_ARG(name));
        struct str url = str_fmt(a, STR_FMT "/debian%s/" STR_FMT, STR_ARG(base),
                                 i == 2 ? "-security" : "", STR_ARG(when));
        add_line(&b, escape, url, suite, "main");
    }
    buf_fmt(&b, " %c\n    > /etc/apt/sources.list", escape);
    return buf_str(&b);
}

static void tie(struct fix_ctx *c, const struct install *in)
{
    const struct stage *s = &c->image->stage[in->stage];
    int64_t date;

    if (install_is_dated(c->image, c->arena, in))
        return;
    struct str why = install_untieable(c->image, c->arena, in);
    if (!why.n && !service_of(s))
        why = S("dfix knows no dated archive for its distribution");
    if (why.n) {
        fix_skip(c, in->command, STR_FMT, STR_ARG(why));
        return;
    }
    if (!snapshot_date(c, s, &date, &why))
        return;
    if (why.n) {
        fix_skip(c, in->command, STR_FMT, STR_ARG(why));
        return;
    }
    struct str when = stamp(c->arena, date + service_of(s)->delay);
    struct fix *f =
        fix_begin(c, in->command, fix_asked_in_policy(c) ? SAFE : UNSAFE,
                  "Take packages from the archive as it was at " STR_FMT, STR_ARG(when));
    fix_line_before(f, in->instruction, instruction(c, s, when));
}

static void run(struct fix_ctx *c)
{
    size_t ninstall;
    const struct install *install = image_installs(c->image, &ninstall);

    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        if (in == image_first_install(c->image, &manager_apt, in->stage))
            tie(c, in);
    }
}

const struct fixer fixer_pin_snapshot = {
    .id = "pin-snapshot",
    .aliases = "",
    .title = "Use a dated archive for apt packages",
    .why = "From a dated archive every later build installs the same packages.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .asked_by = "pin-apt.pin=snapshot",
    .run = run,
};
