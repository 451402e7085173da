/* places.c - where the packages of a release come from: mirrors by policy, environment, the
 * host's own apt, or the distro's well-known hosts; and which sources that a file adds may be
 * read.
 *
 * Environment: DFIX_DEBIAN_MIRROR, DFIX_DEBIAN_SECURITY, DFIX_DEBIAN_ARCHIVE,
 * DFIX_DEBIAN_KEYRING, DFIX_UBUNTU_MIRROR, DFIX_UBUNTU_PORTS, DFIX_UBUNTU_ARCHIVE,
 * DFIX_UBUNTU_KEYRING. */
#include "index/apt/apt.h"
#include "dfix/url.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dfix/date.h"
#include "dfix/facts.h"
#include "index/apt/keyring.h"
#include "host/files.h"
#include "host/fetched.h"

/* What a distro has where, when nobody says otherwise. */
struct distro {
    const char *name;
    const char *components; /* that its official images enable */
    const char *mirror, *security, *ports, *archive, *archive_security;
    const char *mirror_env, *security_env, *ports_env, *archive_env, *keyring_env;
    const char *host_path, *host_security, *host_ports; /* ends of its mirrors' paths */
    const char *keyring[2], *removed;
};

static const struct distro distros[] = {
    {.name = "debian",
     .components = "main",
     .mirror = "http://ftp.debian.org/debian",
     .security = "http://security.debian.org/debian-security",
     .archive = "http://archive.debian.org/debian",
     .archive_security = "http://archive.debian.org/debian-security",
     .mirror_env = "DFIX_DEBIAN_MIRROR",
     .security_env = "DFIX_DEBIAN_SECURITY",
     .archive_env = "DFIX_DEBIAN_ARCHIVE",
     .keyring_env = "DFIX_DEBIAN_KEYRING",
     .host_path = "/debian",
     .host_security = "/debian-security",
     .keyring = {"/usr/share/keyrings/debian-archive-keyring.gpg",
                 "/usr/share/keyrings/debian-archive-keyring.pgp"},
     .removed = "/usr/share/keyrings/debian-archive-removed-keys.gpg"},
    {.name = "ubuntu",
     .components = "main restricted universe multiverse",
     .mirror = "http://archive.ubuntu.com/ubuntu",
     .ports = "http://ports.ubuntu.com/ubuntu-ports",
     .archive = "http://old-releases.ubuntu.com/ubuntu",
     .mirror_env = "DFIX_UBUNTU_MIRROR",
     .ports_env = "DFIX_UBUNTU_PORTS",
     .archive_env = "DFIX_UBUNTU_ARCHIVE",
     .keyring_env = "DFIX_UBUNTU_KEYRING",
     .host_path = "/ubuntu",
     .host_ports = "/ubuntu-ports",
     .keyring = {"/usr/share/keyrings/ubuntu-archive-keyring.gpg",
                 "/etc/apt/trusted.gpg.d/ubuntu-keyring-2018-archive.gpg"},
     .removed = "/usr/share/keyrings/ubuntu-archive-removed-keys.gpg"},
};

struct mirror_choice {
    struct str uri;
    bool chosen;               /* by policy or environment */
    const struct source *host; /* the host's, when it is that; NULL */
};

/* One question, while its parts are gathered. */
struct asked {
    struct apt *apt;
    const struct distro *distro;
    const struct release *release;
    const struct index_settings *policy; /* NULL: none */
    arch_set archs;
    struct str ended; /* when the release's life ended; "" */
    index_parts *parts;
    struct mirror_choice mirror[2][2]; /* by security and ports; without bytes: not chosen yet */
};

/* ---- words that go into URLs and paths ---- */

static bool plain(struct str s, const char *also)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (c == 0 || !strchr(also, c)))
            return false;
    }
    return s.n > 0 && s.n <= 200 && str_find(s, S("..")) == STR_NONE;
}

static bool plain_url(struct str s)
{
    return (url_is_http(s) || str_starts(s, S("file:///"))) && plain(s, "-._+~/:%");
}

/* A mirror as a person wrote it: file:/x, and a plain folder. */
static struct str clean_url(struct arena *a, struct str uri)
{
    uri = str_without_end(uri, '/');
    if (str_starts(uri, S("/")))
        return str_fmt(a, "file://" STR_FMT, STR_ARG(uri));
    if (str_starts(uri, S("file:/")) && !str_starts(uri, S("file://")))
        return str_fmt(a, "file://" STR_FMT, STR_ARG(str_from(uri, 5)));
    return str_dup(a, uri);
}

static bool is_security(struct str suite)
{
    return str_ends(suite, S("-security")) || str_ends(suite, S("/updates"));
}

/* ---- mirrors ---- */

static struct str from_env(const char *name)
{
    return name ? str_of(getenv(name)) : S("");
}

static bool can_be_fetched(struct str uri)
{
    return url_is_http(uri) || str_starts(uri, S("file:/"));
}

/* "bookworm" of "bookworm-security" and of "buster/updates". */
static struct str codename_of(struct str suite)
{
    size_t n = 0;
    while (n < suite.n && suite.p[n] != '-' && suite.p[n] != '/')
        n++;
    return str_sub(suite, 0, n);
}

/* The source of the host's apt that is a mirror of the distro, by the end of its path. */
static const struct source *host_source(struct asked *q, const char *end)
{
    const struct apt_host *h = apt_host(q->apt);
    for (size_t i = 0; end && i < h->nsource; i++) {
        const struct source *s = &h->source[i];
        struct release r;
        if (can_be_fetched(s->uri) && str_ends(s->uri, str_of(end)) &&
            words_have(s->components, S("main")) &&
            release_find(str_of(q->distro->name), codename_of(s->suite), &r))
            return s;
    }
    return NULL;
}

static struct mirror_choice choose(struct asked *q, struct str policy, const char *env,
                                   const char *host_path, const char *fallback)
{
    struct mirror_choice m = {.uri = policy.n ? policy : from_env(env)};
    m.chosen = m.uri.n > 0;
    if (!m.chosen && (m.host = host_source(q, host_path)))
        m.uri = m.host->uri;
    if (!m.uri.n)
        m.uri = str_of(fallback);
    m.uri = clean_url(q->apt->run->arena, m.uri);
    return m;
}

static struct mirror_choice choose_mirror(struct asked *q, bool security, bool ports)
{
    const struct distro *d = q->distro;
    const struct index_settings *x = q->policy;
    if (security && d->security)
        return choose(q, x ? x->security : S(""), d->security_env, d->host_security, d->security);
    if (!ports)
        return choose(q, x ? x->mirror : S(""), d->mirror_env, d->host_path, d->mirror);
    struct str policy = x && x->ports.n ? x->ports : S("");
    if (!policy.n && !from_env(d->ports_env).n) /* a mirror that was chosen is meant for all */
        policy = x && x->mirror.n ? x->mirror : from_env(d->mirror_env);
    return choose(q, policy, d->ports_env, d->host_ports, d->ports);
}

static struct mirror_choice mirror_of(struct asked *q, bool security, bool ports)
{
    struct mirror_choice *m = &q->mirror[security][ports];

    if (!m->uri.p)
        *m = choose_mirror(q, security, ports);
    return *m;
}

/* Where releases go in the end; "" when policy has chosen a mirror and names no such place. */
static struct str archive_of(struct asked *q, bool security, bool chosen)
{
    const struct distro *d = q->distro;
    struct str uri =
        q->policy && q->policy->archive.n ? q->policy->archive : from_env(d->archive_env);
    if (!uri.n && chosen)
        return S("");
    if (!uri.n)
        return str_of(security && d->archive_security ? d->archive_security : d->archive);
    uri = clean_url(q->apt->run->arena, uri);
    return security && d->archive_security
               ? str_fmt(q->apt->run->arena, STR_FMT "-security", STR_ARG(uri))
               : uri;
}

/* ---- keyrings ---- */

static void add_keyring(struct apt_archive *ar, struct str path)
{
    struct arena *a = ar->apt->run->arena;
    if (path.n && ar->nkeyring < APT_KEYRINGS && access(str_cstr(a, path), R_OK) == 0)
        ar->keyring[ar->nkeyring++] = path_absolute(a, path);
}

/* Behind those of the host: what it says of a key, as that it was revoked, counts first. */
static void add_builtin(struct apt_archive *ar, const char *distro, const char *kind)
{
    struct arena *a = ar->apt->run->arena;
    struct str name = str_fmt(a, "%s%s", distro, kind);
    if (keyring_is_builtin(name) && ar->nkeyring < APT_KEYRINGS)
        ar->keyring[ar->nkeyring++] = str_fmt(a, KEYRING_BUILTIN STR_FMT, STR_ARG(name));
}

/* The paths of a Signed-By. */
static void add_keyrings(struct apt_archive *ar, struct str list)
{
    size_t from = 0;
    for (size_t i = 0; i <= list.n; i++) {
        if (i < list.n && !strchr(" ,\t\r\n", list.p[i]))
            continue;
        struct str word = str_sub(list, from, i);
        if (str_starts(word, S("/")))
            add_keyring(ar, word);
        from = i + 1;
    }
}

static void set_keyrings(struct asked *q, struct apt_archive *ar, const struct source *host)
{
    const struct distro *d = q->distro;
    struct arena *a = q->apt->run->arena;
    struct str chosen =
        q->policy && q->policy->keyring.n ? q->policy->keyring : from_env(d->keyring_env);
    if (chosen.n) {
        add_keyring(ar, chosen);
        ar->no_keyring = str_fmt(a, "the keyring " STR_FMT " cannot be read", STR_ARG(chosen));
        return;
    }
    if (host)
        add_keyrings(ar, host->signed_by);
    for (size_t i = 0; i < 2 && !ar->nkeyring; i++)
        add_keyring(ar, str_of(d->keyring[i]));
    if (ar->ended.n)
        add_keyring(ar, str_of(d->removed));
    add_builtin(ar, d->name, "");
    if (ar->ended.n)
        add_builtin(ar, d->name, "-ended");
}

/* Read once for all archives that it signs. */
static struct str fingerprint(struct apt *apt, const struct apt_archive *of)
{
    for (const struct apt_archive *ar = apt->archives; ar; ar = ar->next) {
        bool same = ar != of && ar->signer.n && ar->nkeyring == of->nkeyring;
        for (size_t i = 0; i < of->nkeyring && same; i++)
            same = str_eq(ar->keyring[i], of->keyring[i]);
        if (same)
            return ar->signer;
    }
    struct arena *scratch = arena_open();
    struct str sum =
        str_dup(apt->run->arena, keyring_fingerprint(scratch, world_cache_dir(apt->run->world),
                                                     of->keyring, of->nkeyring));
    arena_close(scratch);
    return sum;
}

/* ---- archives ---- */

static struct apt_archive *find_archive(struct asked *q, struct str place, struct str suite,
                                        bool *made)
{
    struct apt *apt = q->apt;
    for (struct apt_archive *ar = apt->archives; ar; ar = ar->next)
        if (str_eq(ar->place[0], place) && str_eq(ar->suite, suite)) {
            *made = false;
            return ar;
        }
    struct apt_archive *ar = arena_new(apt->run->arena, struct apt_archive, 1);
    *ar = (struct apt_archive){.next = apt->archives,
                               .apt = apt,
                               .place = {str_dup(apt->run->arena, place)},
                               .nplace = 1,
                               .suite = str_dup(apt->run->arena, suite),
                               .flat = str_ends(suite, S("/")),
                               .security = is_security(suite),
                               .ended = S(""),
                               .signer = S(""),
                               .no_keyring = S("")};
    apt->archives = ar;
    *made = true;
    return ar;
}

static struct apt_archive *own_archive(struct asked *q, struct str suite, bool ports)
{
    bool made, security = is_security(suite);
    struct mirror_choice m = mirror_of(q, security, ports);
    struct apt_archive *ar = find_archive(q, m.uri, suite, &made);
    if (!made)
        return ar;
    ar->own = true;
    ar->of_host = m.host != NULL;
    ar->base = str_eq(suite, q->release->codename);
    ar->spare = str_eq(str_of(q->distro->name), S("ubuntu")) && str_ends(suite, S("-backports"));
    if (str_eq(codename_of(suite), q->release->codename))
        ar->ended = q->ended;
    if (ar->ended.n) {
        struct str archive = archive_of(q, security, m.chosen);
        if (archive.n && !str_eq(archive, m.uri))
            ar->place[ar->nplace++] = archive;
    }
    set_keyrings(q, ar, m.host);
    ar->signer = fingerprint(q->apt, ar);
    return ar;
}

static void add_part(struct asked *q, struct apt_archive *ar, struct str component, struct str arch)
{
    struct index_part *p = &apt_part(ar, component, arch)->part;
    for (size_t i = 0; i < q->parts->n; i++)
        if (q->parts->v[i] == p)
            return;
    vec_push(q->apt->run->arena, q->parts, p);
}

/* Ubuntu keeps all but two architectures at another host. */
static bool needs_ports(const struct distro *d, struct str arch)
{
    return d->ports && !str_eq(arch, S("amd64")) && !str_eq(arch, S("i386"));
}

static void add_own_suite(struct asked *q, struct str suite, struct str components, arch_set archs)
{
    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        struct str arch = arch_name(bit), rest = components, component;
        if (!(archs >> bit & 1))
            continue;
        struct apt_archive *ar = own_archive(q, suite, needs_ports(q->distro, arch));
        while (word_next(&rest, &component))
            add_part(q, ar, component, arch);
    }
}

/* The release's own suites: itself, -updates, -security; -backports where its images have them. */
static void add_release(struct asked *q, struct str components, arch_set archs)
{
    bool ubuntu = str_eq(q->release->distro, S("ubuntu"));
    add_own_suite(q, q->release->codename, components, archs);
    if (str_eq(q->release->codename, S("sid")))
        return;
    for (enum pocket p = POCKET_UPDATES; p <= (ubuntu ? POCKET_BACKPORTS : POCKET_SECURITY); p++)
        add_own_suite(q, release_pocket(q->apt->run->arena, q->release, p), components, archs);
}

/* ---- sources that a file adds ---- */

static bool is_own(struct asked *q, struct str uri)
{
    struct str clean = clean_url(q->apt->run->arena, uri);
    if (!uri.n || archive_is_official(str_of(q->distro->name), uri))
        return true;
    for (int i = 0; i < 4; i++)
        if (str_eq(clean, mirror_of(q, i & 1, i & 2).uri))
            return true;
    return false;
}

/* Policy's keyring; for a host that it trusts, the one of that name on this machine, in the
 * folders where its administrator keeps such. */
static bool third_party_keyring(struct asked *q, struct apt_archive *ar, struct str signed_by)
{
    static const char *const folders[] = {"/usr/share/keyrings/", "/etc/apt/keyrings/"};
    add_keyring(ar, index_keyring(q->apt->run->settings, ar->place[0]));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && !ar->nkeyring; i++)
        if (str_starts(signed_by, str_of(folders[i])) && plain(signed_by, "-._+/"))
            add_keyring(ar, signed_by);
    ar->signer = fingerprint(q->apt, ar);
    return ar->nkeyring > 0;
}

static bool add_third_party(struct asked *q, const struct source *x, arch_set archs,
                            struct str *why)
{
    struct arena *a = q->apt->run->arena;
    struct str uri = clean_url(a, x->uri), rest = x->components, component;
    bool made;
    if (!index_keyring(q->apt->run->settings, uri).n &&
        !index_is_trusted(q->apt->run->settings, url_cut(uri).host)) {
        *why = str_fmt(a,
                       "packages may come from " STR_FMT
                       ", which the policy does not allow; add " STR_FMT
                       " and its keyring to index.sources in dfix.yaml",
                       STR_ARG(url_cut(uri).host), STR_ARG(uri));
        return false;
    }
    struct apt_archive *ar = find_archive(q, uri, x->suite, &made);
    if (!ar->nkeyring && !third_party_keyring(q, ar, x->signed_by)) {
        *why =
            str_fmt(a, "no keyring is known for " STR_FMT "; add it to index.sources in dfix.yaml",
                    STR_ARG(uri));
        return false;
    }
    if (ar->flat) {
        add_part(q, ar, S(""), S(""));
        return true;
    }
    while (word_next(&rest, &component)) {
        for (unsigned bit = 0; bit < ARCH_MAX; bit++)
            if (archs >> bit & 1)
                add_part(q, ar, component, arch_name(bit));
        add_part(q, ar, component, S("all"));
    }
    return true;
}

static bool is_readable(const struct source *x)
{
    bool flat = str_ends(x->suite, S("/"));
    return (!x->uri.n || plain_url(str_without_end(x->uri, '/'))) &&
           (!x->suite.n || (plain(x->suite, "-._+~/") && (flat || x->suite.p[0] != '/'))) &&
           (!x->components.n || plain(x->components, "-._+~/ ")) &&
           (!x->uri.n || (x->suite.n && (flat || x->components.n)));
}

static bool add_source(struct asked *q, const struct source *x, struct str *why)
{
    struct arena *a = q->apt->run->arena;
    arch_set archs = x->archs ? x->archs & q->archs : q->archs;
    struct str components = x->components.n ? x->components : str_of(q->distro->components);
    if (!is_readable(x)) {
        *why = str_fmt(a, "the source \"" STR_FMT " " STR_FMT "\" cannot be read", STR_ARG(x->uri),
                       STR_ARG(x->suite));
        return false;
    }
    if (!archs)
        return true; /* it is for others */
    if (!is_own(q, x->uri) || str_ends(x->suite, S("/")))
        return add_third_party(q, x, archs, why);
    if (!x->suite.n) {
        add_release(q, components, archs);
        return true;
    }
    /* A suite without its place is one of the release's own mirror, and of the release. */
    if (!x->uri.n && !str_eq(codename_of(x->suite), q->release->codename)) {
        *why = str_fmt(a, "the suite " STR_FMT " is not one of %s " STR_FMT, STR_ARG(x->suite),
                       q->distro->name, STR_ARG(q->release->codename));
        return false;
    }
    add_own_suite(q, x->suite, components, archs);
    return true;
}

/* ---- the whole ---- */

static const struct distro *find_distro(struct str name)
{
    for (size_t i = 0; i < sizeof distros / sizeof distros[0]; i++)
        if (str_eq(str_of(distros[i].name), name))
            return &distros[i];
    return NULL;
}

static struct str end_of_life(struct apt *apt, const struct release *r)
{
    struct str today = apt->run->settings->today, end;

    if (!today.n)
        today = date_text(apt->run->arena, apt->run->now);
    return release_end(r, &end) && str_cmp(end, today) < 0 ? end : S("");
}

bool apt_places(struct apt *apt, const struct question *asked, index_parts *out, struct str *why)
{
    const struct release *r = asked->release;
    struct asked q = {.apt = apt,
                      .release = r,
                      .distro = find_distro(r->distro),
                      .archs = asked->archs,
                      .parts = out};
    bool replaced = false;
    if (!q.distro || !plain(r->codename, "-")) {
        *why = S("dfix knows no apt index for the distribution");
        return false;
    }
    for (size_t i = 0; i < apt->run->settings->nindex; i++)
        if (str_eq(apt->run->settings->index[i].distro, r->distro))
            q.policy = &apt->run->settings->index[i];
    q.ended = end_of_life(apt, r);
    for (size_t i = 0; i < asked->nsource; i++)
        replaced |= asked->source[i].replaces;
    if (!replaced)
        add_release(&q, str_of(q.distro->components), asked->archs);
    for (size_t i = 0; i < asked->nsource; i++)
        if (!add_source(&q, &asked->source[i], why))
            return false;
    return true;
}
