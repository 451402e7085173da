/* ages.c - the cooldown: a pin moves to a version or digest only once that is old enough, unless it
 * fixes a vulnerability or the pin is dead. How old it is tells who published it (when the package
 * was built, when the pool's file was made), or else dfix, which remembers when it first saw it: in
 * the folder of --state for all repositories, in its pull requests and dashboard for each by
 * itself.
 */
#include "faces/bot/bot.h"

#include "dfix/date.h"
#include "host/host.h"
#include "index/store/store.h"

static int64_t age_wanted(const struct bot_settings *b)
{
    return b->min_age < 0 ? 0 : b->min_age ? b->min_age : BOT_MIN_AGE;
}

/* By what it is remembered. */
static struct str key_of(struct arena *a, const struct bot_change *x)
{
    if (x->image)
        return str_fmt(a, "image " STR_FMT " " STR_FMT, STR_ARG(x->name), STR_ARG(x->to));
    return str_fmt(a, "%s " STR_FMT " " STR_FMT, x->manager->name, STR_ARG(x->name),
                   STR_ARG(x->version));
}

/* ---- who published it ---- */

/* The archive whose verified index has the suite. */
static struct str archive_of(struct repo *r, const struct bot_change *x)
{
    struct arena *a = r->arena;
    struct str cache = world_cache_dir(r->bot->workspace.world), uri = S("");
    size_t n = 0;
    struct str *path = cache.n ? store_list(a, cache, &n) : NULL;

    for (size_t i = 0; i < n && !uri.n; i++) {
        struct err e;
        struct store *s = store_open(path[i], NULL, &e);
        if (!s)
            continue;
        struct store_meta m = store_meta(s);
        struct str suite =
            m.manager->does.suite_is_whole
                ? str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(m.suite), STR_ARG(m.component))
                : m.suite;
        if (m.manager == x->manager && (str_eq(suite, x->suite) || str_eq(m.suite, x->suite)) &&
            (!x->component.n || str_eq(m.component, x->component)))
            uri = str_dup(a, m.uri);
        store_close(s);
    }
    return uri;
}

/* pool/main/c/curl/curl_7.88.1-10_amd64.deb; v3.20/main/x86_64/curl-8.9.1-r1.apk */
static struct str file_of(struct arena *a, struct str archive, const struct bot_change *x,
                          struct str arch)
{
    struct str version = x->version, source = x->source.n ? x->source : x->name;
    ptrdiff_t epoch = str_chr(version, ':');

    if (x->manager == &manager_apk)
        return str_fmt(a, STR_FMT "/" STR_FMT "/" STR_FMT "/" STR_FMT "-" STR_FMT ".apk",
                       STR_ARG(archive), STR_ARG(x->suite), STR_ARG(arch_apk(x->arch)),
                       STR_ARG(x->name), STR_ARG(version));
    if (epoch != STR_NONE)
        version = str_from(version, (size_t)epoch + 1);
    size_t first = str_starts(source, S("lib")) && source.n > 3 ? 4 : 1;
    return str_fmt(a,
                   STR_FMT "/pool/" STR_FMT "/" STR_FMT "/" STR_FMT "/" STR_FMT "_" STR_FMT
                           "_" STR_FMT ".deb",
                   STR_ARG(archive), STR_ARG(x->component.n ? x->component : S("main")),
                   STR_ARG(str_sub(source, 0, first)), STR_ARG(source), STR_ARG(x->name),
                   STR_ARG(version), STR_ARG(arch));
}

static int64_t made_at(struct repo *r, struct str url)
{
    struct str none = S("");
    struct fetch_request q = {.url = url,
                              .method = S("HEAD"),
                              .body = none,
                              .file = none,
                              .plain_http = true,
                              .local_file = str_starts(url, S("file://")),
                              .ca_file = none,
                              .proxy = none,
                              .etag = none,
                              .modified = none,
                              .arena = r->arena};

    fetch_add(r->bot->fetcher, &q);
    fetch_run(r->bot->fetcher);
    int64_t when;
    bool told = fetch_ok(&q) && date_read_moment(fetch_header(&q, S("last-modified")), &when);
    return told ? when : 0;
}

/* The index does not say which of apt's packages are the same for all architectures. */
static int64_t published(struct repo *r, const struct bot_change *x)
{
    struct str archive = x->made ? S("") : archive_of(r, x);
    bool local = str_starts(archive, S("file://"));

    if (x->made)
        return x->made;
    if (!archive.n || (!local && r->bot->workspace.base.settings.offline))
        return 0;
    int64_t made = made_at(r, file_of(r->arena, archive, x, arch_name(x->arch)));
    if (!made && x->manager == &manager_apt)
        made = made_at(r, file_of(r->arena, archive, x, S("all")));
    return made;
}

/* ---- what is remembered ---- */

void ages_remember(struct repo *r, const struct sighting *v, size_t n, int64_t host_made)
{
    for (size_t i = 0; host_made > 0 && i < n; i++) {
        struct sighting x = v[i];
        if (x.since < host_made)
            x.since = host_made;
        if (x.since <= r->bot->now)
            vec_push(r->arena, &r->seen, x);
    }
}

/* The earliest of all that is known; 0: never. */
static int64_t known_since(const struct repo *r, struct str key)
{
    int64_t since = seen_since(r->bot, key);

    for (size_t i = 0; i < r->seen.n; i++)
        if (str_eq(r->seen.v[i].key, key) && (!since || r->seen.v[i].since < since))
            since = r->seen.v[i].since;
    return since;
}

/* ---- what waits ---- */

/* A pin or digest that was there goes on to another; not one that no longer works. */
static bool is_move(const struct bot_change *x)
{
    return x->from.n && x->to.n && !x->security && !x->dead &&
           (x->image || (x->manager && x->version.n));
}

/* Since when: what is asked of the publisher when that may matter, is for all repositories. */
static int64_t since_of(struct repo *r, const struct bot_change *x, struct str key, int64_t wanted)
{
    int64_t now = r->bot->now, since = known_since(r, key), made = 0;

    if (!since || now - since < wanted)
        made = x->image ? 0 : published(r, x);
    if (made > 0 && made <= now)
        seen_add(r->bot, key, made);
    else if (!seen_since(r->bot, key))
        seen_add(r->bot, key, now);
    return known_since(r, key);
}

static struct str wait_of(struct repo *r, const struct bot_change *x, int64_t wanted)
{
    struct arena *a = r->arena;
    struct str key = key_of(a, x);
    int64_t since = since_of(r, x, key, wanted), age = r->bot->now - since;

    if (age >= wanted)
        return S("");
    vec_push(a, &r->young, (struct sighting){key, str_dup(a, x->name), since});
    /* In words that stay the same until it has waited. */
    return str_fmt(a,
                   "waits: what it would move to is known since " STR_FMT
                   ", and has to be %lld hours old (bot.min-age)",
                   STR_ARG(date_text(a, since)), (long long)(wanted / 3600));
}

size_t ages_hold(struct repo *r, const struct bot_change *x, size_t n, struct held_back *out)
{
    int64_t wanted = age_wanted(r->policy);
    size_t held = 0;

    for (size_t i = 0; wanted && i < n; i++) {
        struct str why = is_move(&x[i]) ? wait_of(r, &x[i], wanted) : S("");
        if (why.n)
            out[held++] = (struct held_back){x[i].name, x[i].to, why};
    }
    return held;
}
