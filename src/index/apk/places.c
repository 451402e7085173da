/* places.c - where Alpine's packages come from: the mirror of policy, environment or Alpine
 * itself; and which repositories that a file adds may be read.
 *
 * Environment: DFIX_ALPINE_MIRROR, DFIX_ALPINE_KEYS, DFIX_ALPINE_SECDB. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dfix/facts.h"
#include "dfix/url.h"
#include "index/apk/apk.h"
#include "host/fetched.h"
#include "host/digest.h"

enum { FIRST_WITH_COMMUNITY = 3 }; /* v3.3 */

struct asked {
    struct apk *apk;
    struct str mirror, branch;
    arch_set archs;
    index_parts *out;
    struct str *why;
};

static bool refuse(struct asked *q, struct str why)
{
    *q->why = why;
    return false;
}

static bool made_of(struct str s, const char *bytes)
{
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || !strchr(bytes, s.p[i]))
            return false;
    return s.n > 0;
}

const struct index_settings *apk_policy(const struct apk *apk)
{
    for (size_t i = 0; i < apk->run->settings->nindex; i++)
        if (str_eq(apk->run->settings->index[i].distro, S("alpine")))
            return &apk->run->settings->index[i];
    return NULL;
}

struct str apk_server(struct apk *apk, struct str policy, const char *env, const char *fallback)
{
    const char *set = getenv(env);
    struct str uri = policy.n ? policy : str_of(set && *set ? set : fallback);
    uri = str_without_end(uri, '/');
    if (str_starts(uri, S("/")))
        return str_fmt(apk->run->arena, "file://" STR_FMT, STR_ARG(uri));
    return str_dup(apk->run->arena, uri);
}

/* ---- keys ---- */

static struct apk_ring *new_ring(struct apk *apk, struct str name)
{
    struct apk_ring *k = arena_new(apk->run->arena, struct apk_ring, 1);
    *k = (struct apk_ring){.next = apk->rings,
                           .name = str_dup(apk->run->arena, name),
                           .signer = S(""),
                           .from = S("Alpine's own"),
                           .why = S("")};
    apk->rings = k;
    return k;
}

static void read_keys(struct apk *apk, struct apk_ring *k, struct str path)
{
    struct err e;
    k->from = str_dup(apk->run->arena, path);
    if (!key_files_read(apk->run->arena, path, &k->keys, &e))
        k->why = str_fmt(apk->run->arena, "the index's signing keys: %s", e.text);
}

/* Where the keys of a ring are: its own file or folder; else policy's, else the environment's, else
 * those of the host's own apk. None: Alpine's, which are built in. */
static size_t key_paths(struct apk *apk, const struct apk_ring *k, const struct str **out)
{
    static const char host[] = "/etc/apk/keys";
    const struct index_settings *x = apk_policy(apk);
    const char *env = getenv("DFIX_ALPINE_KEYS");
    struct str *one = arena_new(apk->run->arena, struct str, 1);
    *out = one;
    if (k->name.n) {
        *one = k->name;
    } else if (x && x->nkey) {
        *out = x->key;
        return x->nkey;
    } else if (env && *env) {
        *one = str_of(env);
    } else if (access(host, R_OK) == 0) {
        *one = str_of(host);
    }
    return one->n > 0;
}

static void read_ring(struct apk *apk, struct apk_ring *k)
{
    const struct str *path;
    size_t n = key_paths(apk, k, &path);
    for (size_t i = 0; i < n && !k->why.n; i++)
        read_keys(apk, k, path[i]);
}

static struct str builtin_fingerprint(struct arena *a)
{
    const struct alpine_key *key;
    struct buf b = {.arena = a};
    size_t n = alpine_keys(&key);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s %s %016llx\n", key[i].name, key[i].archs,
                (unsigned long long)str_hash(str_of(key[i].der)));
    return str_from(digest_of(a, buf_str(&b)), 7);
}

/* `path` "": Alpine's. */
static struct apk_ring *ring_of(struct apk *apk, struct str path)
{
    for (struct apk_ring *k = apk->rings; k; k = k->next)
        if (str_eq(k->name, path))
            return k;
    struct apk_ring *k = new_ring(apk, path);
    const struct str *file;
    size_t n = key_paths(apk, k, &file);
    struct str cache = n ? world_cache_dir(apk->run->world) : S("");
    k->signer = n ? index_fingerprint(apk->run->arena, cache, file, n)
                  : builtin_fingerprint(apk->run->arena);
    return k;
}

bool apk_ring_open(struct apk *apk, struct apk_ring *k)
{
    if (!k->read)
        read_ring(apk, k);
    k->read = true;
    return !k->why.n;
}

/* ---- parts ---- */

static bool add_parts(struct asked *q, const struct apk_part *like)
{
    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        struct apk_part part = *like;
        if (!(q->archs >> bit & 1))
            continue;
        if (!arch_apk(bit).n)
            return refuse(q, str_fmt(q->apk->run->arena, "Alpine has no packages for " STR_FMT,
                                     STR_ARG(arch_name(bit))));
        part.arch = bit;
        struct index_part *p = &apk_part(q->apk, &part)->part;
        for (size_t i = 0; i < q->out->n; i++)
            if (q->out->v[i] == p)
                p = NULL;
        if (p)
            vec_push(q->apk->run->arena, q->out, p);
    }
    return true;
}

/* "v3.22/main" of the mirror. */
static bool add_own(struct asked *q, struct str branch, struct str component)
{
    struct arena *a = q->apk->run->arena;
    struct str suite = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(branch), STR_ARG(component));
    struct apk_part like = {.uri =
                                str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(q->mirror), STR_ARG(suite)),
                            .part.suite = suite,
                            .branch = str_dup(a, branch),
                            .part.component = str_dup(a, component),
                            .part.from = S(""),
                            .ring = ring_of(q->apk, S(""))};
    if (!str_eq(branch, q->branch))
        like.part.from = like.uri;
    return add_parts(q, &like);
}

/* ---- repositories that a file adds ---- */

/* Is it kept by Alpine, so that the mirror has the same? `path`: below the folder "alpine". */
static bool is_alpines(const struct asked *q, struct str uri, struct str *path)
{
    struct str host = url_cut(uri).host, folder = S("/alpine/");
    if (str_starts(uri, q->mirror) && uri.n > q->mirror.n && uri.p[q->mirror.n] == '/') {
        *path = str_from(uri, q->mirror.n + 1);
        return true;
    }
    if (!url_is_http(uri) || !str_ends(host, S(".alpinelinux.org")))
        return false;
    struct str rest = url_cut(uri).path;
    while (str_starts(rest, S("//")))
        rest = str_from(rest, 1);
    if (!str_starts(rest, folder))
        return false;
    *path = str_from(rest, folder.n);
    return true;
}

static bool add_branch(struct asked *q, struct str uri, struct str path)
{
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz-", version[] = "0123456789.";
    struct str rest = path, branch = S("");
    while (str_starts(rest, S("/")))
        rest = str_from(rest, 1);
    str_cut(&rest, '/', &branch);
    while (str_starts(rest, S("/")))
        rest = str_from(rest, 1);
    if (str_eq(branch, S("latest-stable")))
        return refuse(q, S("latest-stable will point to another release later, which would break "
                           "the pins; name the release in the repository"));
    bool known = str_eq(branch, S("edge")) ||
                 (str_starts(branch, S("v")) && made_of(str_from(branch, 1), version));
    if (!known || !made_of(rest, lower) || branch.n > 16 || rest.n > 32)
        return refuse(q, str_fmt(q->apk->run->arena, STR_FMT " is not an Alpine repository",
                                 STR_ARG(url_without_login(q->apk->run->arena, uri))));
    return add_own(q, branch, rest);
}

static bool add_stranger(struct asked *q, struct str uri)
{
    struct apk *apk = q->apk;
    struct str keyring = index_keyring(apk->run->settings, uri), host = url_cut(uri).host;
    struct str shown = url_without_login(apk->run->arena, uri);
    if (!url_is_http(uri))
        return refuse(q, str_fmt(apk->run->arena,
                                 STR_FMT " is a repository that exists only in the build",
                                 STR_ARG(shown)));
    if (!keyring.n && !index_is_trusted(apk->run->settings, host))
        return refuse(q, str_fmt(apk->run->arena,
                                 "the file adds packages from " STR_FMT
                                 ", which the policy does not allow; add " STR_FMT
                                 " and its key to index.sources in dfix.yaml",
                                 STR_ARG(host), STR_ARG(shown)));
    return add_parts(q, &(struct apk_part){.uri = str_dup(apk->run->arena, uri),
                                           .part.suite = str_dup(apk->run->arena, shown),
                                           .branch = S(""),
                                           .part.component = S(""),
                                           .part.from = str_dup(apk->run->arena, shown),
                                           .ring = ring_of(apk, keyring)});
}

static bool add_extra(struct asked *q, const struct source *x)
{
    struct arena *a = q->apk->run->arena;
    struct str uri = str_without_end(x->uri, '/'), path;
    if (!x->uri.n)
        return add_branch(q, x->suite, x->suite);
    if (x->suite.n)
        uri =
            str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(uri), STR_ARG(str_without_end(x->suite, '/')));
    return is_alpines(q, uri, &path) ? add_branch(q, uri, path) : add_stranger(q, uri);
}

static bool has_community(struct str branch)
{
    if (!str_starts(branch, S("v3.")))
        return !str_starts(branch, S("v2."));
    return branch.n > 4 || branch.p[3] - '0' >= FIRST_WITH_COMMUNITY;
}

bool apk_places(struct apk *apk, const struct question *asked, index_parts *out, struct str *why)
{
    const struct index_settings *x = apk_policy(apk);
    struct asked q = {.apk = apk, .archs = asked->archs, .out = out, .why = why};
    bool replaced = false;

    q.mirror = apk_server(apk, x ? x->mirror : S(""), "DFIX_ALPINE_MIRROR",
                          "https://dl-cdn.alpinelinux.org/alpine");
    q.branch = alpine_branch(apk->run->arena, asked->release);
    if (!q.branch.n)
        return refuse(&q, S("dfix knows no apk index for the release"));
    for (size_t i = 0; i < asked->nsource; i++)
        replaced |= asked->source[i].replaces;
    if (!replaced && (!add_own(&q, q.branch, S("main")) ||
                      (has_community(q.branch) && !add_own(&q, q.branch, S("community")))))
        return false;
    for (size_t i = 0; i < asked->nsource; i++)
        if (!add_extra(&q, &asked->source[i]))
            return false;
    return true;
}
