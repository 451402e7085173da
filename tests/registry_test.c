/* The registry service against loopback registries, well and badly behaved. */
#include "cmocka_all.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loopback.h"
#include "host/files.h"
#include "host/digest.h"
#include "registry/jobs.h"
#include "world/world.h"
#include "tarball.h"

#define assert_str(got, want)                                                                      \
    do {                                                                                           \
        struct str got_ = (got);                                                                   \
        if (!str_eq(got_, str_of(want)))                                                           \
            fail_msg("'" STR_FMT "' is not '%s'", STR_ARG(got_), (want));                          \
    } while (0)
#define assert_says(got, part)                                                                     \
    do {                                                                                           \
        struct str says_ = (got);                                                                  \
        if (str_find(says_, str_of(part)) == STR_NONE)                                             \
            fail_msg("'" STR_FMT "' does not say '%s'", STR_ARG(says_), (part));                   \
    } while (0)

#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define LIST_TYPE     "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_TYPE   "application/vnd.docker.distribution.manifest.v2+json"
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar+gzip"

/* ---- the registries ---- */

enum login { OPEN_TO_ALL, WANTS_BASIC, WANTS_BEARER, HIDES_ITS_WISH };

struct item {
    struct str path, type, body, digest;
};
struct fake {
    struct loopback *server;
    enum login login;
    char host[32];
    VEC(struct item) items;
    char seen[256]; /* Authorization of the last request to /stolen */
};

static struct arena *arena;
static struct fake plain, basic, bearer, hides, blobs;
static struct fake *const fakes[] = {&plain, &basic, &bearer, &hides, &blobs};
static char folder[] = "/tmp/dfix-registry-test-XXXXXX";

static const char *const user_secret = "Basic dXNlcjpzZWNyZXQ="; /* user:secret */

static bool starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool let_in(struct fake *f, struct loopback_request *q)
{
    char given[256] = "", headers[512];
    loopback_header(q, "Authorization", given, sizeof given);
    switch (f->login) {
    case OPEN_TO_ALL:
        return true;
    case WANTS_BASIC:
        if (strcmp(given, user_secret) == 0)
            return true;
        loopback_text(q, 401, "WWW-Authenticate: Basic realm=\"a registry\"\r\n", "");
        return false;
    case HIDES_ITS_WISH:
        if (strcmp(q->path, "/v2/") == 0)
            return true;
        break;
    case WANTS_BEARER:
        break;
    }
    /* A token is good for its repository alone, and each only five times. */
    char want[512], repository[256] = "";
    sscanf(q->path, "/v2/%255[^/]/", repository);
    snprintf(want, sizeof want, "Bearer token-for-%s-", repository);
    if (starts(given, want) && repository[0] && !starts(q->path, "/v2/closed/"))
        return true;
    snprintf(headers, sizeof headers,
             "WWW-Authenticate: Bearer realm=\"http://%s/token?x=1\",service=\"the, service\","
             "scope=\"repository:%s:pull\"\r\n",
             f->host, repository);
    loopback_text(q, 401, headers, "{\"errors\":[]}");
    return false;
}

static void give_token(struct loopback_request *q)
{
    char given[256] = "", body[256], repository[128] = "";
    bool known = !loopback_header(q, "Authorization", given, sizeof given) ||
                 strcmp(given, user_secret) == 0;
    const char *scope = strstr(q->path, "scope=repository%3A");
    if (!known || !scope || !strstr(q->path, "?x=1&service=the%2C%20service&")) {
        loopback_text(q, 401, "", "{}");
        return;
    }
    sscanf(scope, "scope=repository%%3A%127[^%%]%%3Apull", repository);
    snprintf(body, sizeof body, "{\"%s\": \"token-for-%s-%s\"}",
             strcmp(repository, "other") == 0 ? "access_token" : "token", repository,
             given[0] ? "user" : "anybody");
    loopback_text(q, 200, "", body);
}

static bool misbehaves(struct loopback_request *q)
{
    char headers[2048], line[1100];
    snprintf(line, sizeof line, "%s %s", q->method, q->path);
    if (starts(q->path, "/v2/broken/")) {
        loopback_text(q, 500, "", "");
    } else if (starts(q->path, "/v2/busy/")) {
        loopback_text(q, 429, "Retry-After: 0\r\n", "");
    } else if (starts(q->path, "/v2/later/") && loopback_asked(q->server, line) == 1) {
        loopback_text(q, 429, "Retry-After: 1\r\n", "");
    } else if (starts(q->path, "/v2/headless/") && strcmp(q->method, "HEAD") == 0) {
        loopback_text(q, 405, "", "");
    } else if (starts(q->path, "/v2/round/")) {
        snprintf(headers, sizeof headers, "Location: %s\r\n", q->path);
        loopback_text(q, 302, headers, "");
    } else if (starts(q->path, "/v2/cut/blobs/")) {
        loopback_raw(q->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 44);
    } else if (starts(q->path, "/v2/lies/manifests/")) {
        snprintf(headers, sizeof headers,
                 "Docker-Content-Digest: sha256:%064d\r\nContent-Type: " MANIFEST_TYPE "\r\n", 7);
        loopback_text(q, 200, headers, "{}");
    } else if (starts(q->path, "/v2/moved/blobs/") || starts(q->path, "/v2/hidden/blobs/")) {
        snprintf(headers, sizeof headers, "Location: http://%s/stolen/%s\r\n", blobs.host,
                 strrchr(q->path, '/') + 1);
        loopback_text(q, 307, headers, "");
    } else {
        return false;
    }
    return true;
}

static const struct item *item_at(struct fake *f, const char *path)
{
    for (size_t i = 0; i < f->items.n; i++)
        if (str_eq(f->items.v[i].path, str_of(path)))
            return &f->items.v[i];
    return NULL;
}

static void answer(struct loopback_request *q)
{
    struct fake *f = q->server->user;
    char headers[512];
    if (starts(q->path, "/token")) {
        give_token(q);
        return;
    }
    if (starts(q->path, "/stolen/")) {
        f->seen[0] = 0;
        loopback_header(q, "Authorization", f->seen, sizeof f->seen);
    } else if (!let_in(f, q) || misbehaves(q)) {
        return;
    }
    const struct item *item = item_at(f, q->path);
    if (strcmp(q->path, "/v2/") == 0) {
        loopback_text(q, 200, "", "{}");
    } else if (!item) {
        loopback_text(q, 404, "", "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}");
    } else {
        snprintf(headers, sizeof headers, "Content-Type: " STR_FMT "\r\n" STR_FMT,
                 STR_ARG(item->type), STR_ARG(item->digest));
        loopback_reply(q, 200, headers, item->body.p, item->body.n);
    }
}

/* ---- images ---- */

static void put(struct fake *f, struct str path, const char *type, struct str body,
                struct str headers)
{
    vec_push(arena, &f->items, (struct item){path, str_of(type), body, headers});
}

static struct str put_blob(struct fake *f, const char *repository, struct str bytes)
{
    struct str digest = digest_of(arena, bytes);
    put(f, str_fmt(arena, "/v2/%s/blobs/" STR_FMT, repository, STR_ARG(digest)),
        "application/octet-stream", bytes, S(""));
    put(&blobs, str_fmt(arena, "/stolen/" STR_FMT, STR_ARG(digest)), "application/octet-stream",
        bytes, S(""));
    return digest;
}

static struct str put_manifest(struct fake *f, const char *repository, const char *tag,
                               const char *type, struct str body)
{
    struct str digest = digest_of(arena, body);
    struct str header = str_fmt(arena, "Docker-Content-Digest: " STR_FMT "\r\n", STR_ARG(digest));
    if (tag)
        put(f, str_fmt(arena, "/v2/%s/manifests/%s", repository, tag), type, body, header);
    put(f, str_fmt(arena, "/v2/%s/manifests/" STR_FMT, repository, STR_ARG(digest)), type, body,
        header);
    return digest;
}

static struct str descriptor(const char *type, struct str digest, size_t size, const char *more)
{
    return str_fmt(arena, "{\"mediaType\":\"%s\",\"digest\":\"" STR_FMT "\",\"size\":%zu%s}", type,
                   STR_ARG(digest), size, more);
}

struct pushed {
    struct str digest, body;
};

/* A Debian root of one layer. `config`: what stands in the config's "config". */
static struct pushed push(struct fake *f, const char *repository, const char *tag, const char *arch,
                          const char *config, struct str layer)
{
    struct pushed p;
    struct str text =
        str_fmt(arena, "{\"architecture\":\"%s\",\"os\":\"linux\",\"config\":%s}", arch, config);
    struct str c = put_blob(f, repository, text), l = put_blob(f, repository, layer);
    p.body = str_fmt(
        arena,
        "{\"schemaVersion\":2,\"mediaType\":\"" DOCKER_TYPE "\",\"config\":" STR_FMT
        ",\"layers\":[" STR_FMT "]}",
        STR_ARG(descriptor("application/vnd.docker.container.image.v1+json", c, text.n, "")),
        STR_ARG(descriptor(LAYER_TYPE, l, layer.n, "")));
    p.digest = put_manifest(f, repository, tag, DOCKER_TYPE, p.body);
    return p;
}

static struct str debian_layer(const char *version)
{
    struct buf b = {.arena = arena};
    tarball_add(&b, '2', "./etc/os-release", "../usr/lib/os-release", S(""));
    tarball_file(&b, "./usr/lib/os-release",
                 "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
    tarball_file(&b, "./etc/apt/sources.list", "deb http://deb.example/debian bookworm main\n");
    tarball_file(
        &b, "./var/lib/dpkg/status",
        str_fmt(arena, "Package: base-files\nStatus: install ok installed\nVersion: %s\n", version)
            .p);
    return tarball_gzip(arena, buf_str(&b));
}

static const char *const plain_config =
    "{\"User\":\"www-data\",\"Env\":[\"A=b\"],\"ExposedPorts\":{\"80/tcp\":{}},"
    "\"Entrypoint\":[\"/e\"],\"OnBuild\":[\"RUN x\"]}";

static struct str push_index(struct fake *f, const char *repository, const char *tag,
                             const char *type)
{
    struct pushed a = push(f, repository, NULL, "amd64", plain_config, debian_layer("12.amd64"));
    struct pushed b = push(f, repository, NULL, "arm64", "{}", debian_layer("12.arm64"));
    struct str body = str_fmt(
        arena,
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[" STR_FMT "," STR_FMT "," STR_FMT
        "]}",
        type,
        STR_ARG(descriptor(DOCKER_TYPE, b.digest, b.body.n,
                           ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\","
                           "\"variant\":\"v8\"}")),
        STR_ARG(descriptor(DOCKER_TYPE, a.digest, a.body.n,
                           ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}")),
        STR_ARG(descriptor(DOCKER_TYPE, a.digest, a.body.n,
                           ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}")));
    return put_manifest(f, repository, tag, type, body);
}

static struct str single_digest, index_digest;

static void fill(void)
{
    single_digest = push(&plain, "single", "1", "amd64", plain_config, debian_layer("12")).digest;
    index_digest = push_index(&plain, "multi", "1", INDEX_TYPE);
    push_index(&plain, "docker", "1", LIST_TYPE);
    static const char *const closed[] = {"closed", "open", "other", "hidden"};
    for (size_t i = 0; i < 4; i++) {
        /* Each its own bytes: what one registry gave would serve for another. */
        struct str user = str_fmt(arena, "{\"User\":\"%s\"}", closed[i]);
        push(&bearer, closed[i], "1", "amd64", user.p, debian_layer("12"));
        push(&hides, closed[i], "1", "amd64", user.p, debian_layer("12"));
    }
    push(&basic, "mine", "1", "amd64", "{}", debian_layer("12"));
    push(&basic, "moved", "1", "amd64", "{}", debian_layer("12"));
    push(&plain, "later", "1", "amd64", "{}", debian_layer("12"));
    push(&plain, "headless", "1", "amd64", "{}", debian_layer("12"));
    push(&plain, "cut", "1", "amd64", "{}", debian_layer("12"));

    struct pushed liar = push(&plain, "other-layer", "1", "amd64", "{}", debian_layer("13"));
    struct str layer = debian_layer("14");
    for (size_t i = 0; i < plain.items.n; i++)
        if (str_starts(plain.items.v[i].path, S("/v2/other-layer/blobs/")) &&
            plain.items.v[i].body.p[0] == 0x1f)
            plain.items.v[i].body = layer;
    (void)liar;
    /* A manifest that says nothing of how large a layer is would have it fetched without a bound.
     */
    struct pushed sizeless = push(&plain, "sizeless", "1", "amd64", "{}", debian_layer("15"));
    ptrdiff_t size = str_find(sizeless.body, S("\"layers\""));
    size += str_find(str_from(sizeless.body, (size_t)size), S("\"size\":")) + 7;
    put_manifest(&plain, "sizeless", "0", DOCKER_TYPE,
                 str_fmt(arena, STR_FMT "0}]}", STR_ARG(str_sub(sizeless.body, 0, (size_t)size))));

    put_manifest(&plain, "schema1", "1",
                 "application/vnd.docker.distribution.manifest.v1+prettyjws",
                 S("{\"schemaVersion\":1,\"fsLayers\":[]}"));
    put_manifest(&plain, "text", "1", "text/html", S("<html>not a registry</html>"));
    put_manifest(&plain, "both", "1", INDEX_TYPE,
                 S("{\"schemaVersion\":2,\"manifests\":[],\"layers\":[],\"config\":{}}"));
    put_manifest(&plain, "confused", "1", INDEX_TYPE,
                 S("{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE "\"}"));
    struct str bomb = str_fmt(arena, "%*s", 5 << 20, "{}");
    put_manifest(&plain, "huge", "1", INDEX_TYPE, bomb);

    /* latest = 3.1.2 = 3.1 = 3; 3.2 is newer, but another. */
    struct pushed latest = push(&plain, "tags", "latest", "amd64", "{}", debian_layer("12"));
    static const char *const same[] = {"3", "3.1", "3.1.2", "v1"};
    for (size_t i = 0; i < 4; i++)
        put_manifest(&plain, "tags", same[i], DOCKER_TYPE, latest.body);
    push(&plain, "tags", "3.2", "amd64", "{\"User\":\"x\"}", debian_layer("12"));
    put(&plain, S("/v2/tags/tags/list?n=1000"), "application/json",
        S("{\"name\":\"tags\",\"tags\":[\"latest\",\"3\",\"3.2\",\"20240101\",\"3.1-alpine\"]}"),
        S("Link: </v2/tags/tags/list?last=x&n=5>; rel=\"next\"\r\n"));
    put(&plain, S("/v2/tags/tags/list?last=x&n=5"), "application/json",
        S("{\"name\":\"tags\",\"tags\":[\"3.1\",\"3.1.2\",\"v1\",\"bad tag\",7]}"), S(""));
}

/* ---- asking ---- */

static struct str insecure[5];

static struct settings settings_for(const char *cache)
{
    struct settings s = {.max_age = -1, .insecure = insecure, .ninsecure = 5};
    for (size_t i = 0; i < 5; i++)
        insecure[i] = str_of(fakes[i]->host);
    s.cache_dir = str_fmt(arena, "%s/%s", folder, cache);
    s.ca_file = S("");
    return s;
}

static struct str name(const struct fake *f, const char *rest)
{
    return str_fmt(arena, "%s/%s", f->host, rest);
}

static enum answer image(struct world *w, struct str ref, struct image_info *out)
{
    const struct lookup *l = world_lookup(w);
    enum answer a = lookup_image(l, ref, out);
    if (a == ANSWER_PENDING && l->resolve(l->self))
        a = lookup_image(l, ref, out);
    return a;
}

static enum answer base(struct world *w, struct str ref, const char *arch, struct base_facts *out)
{
    const struct lookup *l = world_lookup(w);
    arch_set archs = arch_of(str_of(arch));
    enum answer a = lookup_base(l, ref, archs, BASE_BY_LAYERS, out);
    if (a == ANSWER_PENDING && l->resolve(l->self))
        a = lookup_base(l, ref, archs, BASE_BY_LAYERS, out);
    return a;
}

static void test_index(void **state)
{
    (void)state;
    struct settings s = settings_for("index");
    struct world *w = world_open(&s);
    struct image_info i;
    assert_int_equal(image(w, name(&plain, "multi:1"), &i), ANSWER_FOUND);
    assert_true(str_eq(i.digest, index_digest));
    assert_int_equal(i.archs, arch_of(S("amd64")) | arch_of(S("arm64")));
    struct base_facts f;
    assert_int_equal(base(w, name(&plain, "multi:1"), "amd64", &f), ANSWER_FOUND);
    assert_str(f.installed[0].version, "12.amd64");
    assert_true(str_eq(f.digest, index_digest));
    assert_int_equal(base(w, name(&plain, "docker:1"), "arm64", &f), ANSWER_FOUND);
    assert_str(f.installed[0].version, "12.arm64");
    assert_str(f.arch, "arm64");
    assert_int_equal(base(w, name(&plain, "multi:1"), "s390x", &f), ANSWER_UNAVAILABLE);
    assert_says(f.why, "no image for s390x");
    world_close(w);
}

static void test_facts(void **state)
{
    (void)state;
    struct settings s = settings_for("facts");
    struct base_facts f;
    /* From the registry, then from the cache, then without a network. */
    for (int round = 0; round < 3; round++) {
        s.offline = round == 2;
        size_t before = plain.server->requests;
        struct world *w = world_open(&s);
        assert_int_equal(base(w, name(&plain, "single:1"), "amd64", &f), ANSWER_FOUND);
        assert_str(f.release.codename, "bookworm");
        assert_str(f.release.version, "12");
        assert_str(f.user, "www-data");
        assert_true(f.user_known && !f.user_root && f.user_looked_up);
        assert_true(f.installed_known && f.sources_known);
        assert_true(f.onbuild);
        assert_int_equal(f.nport, 1);
        assert_str(f.port[0], "80/tcp");
        assert_int_equal(f.nenv, 1);
        assert_str(f.env[0], "A=b");
        assert_str(f.entrypoint[0], "/e");
        assert_int_equal(f.ninstalled, 1);
        assert_str(f.installed[0].name, "base-files");
        assert_str(f.source[0].uri, "http://deb.example/debian");
        assert_str(f.spoke, "registry");
        assert_true(str_eq(f.digest, single_digest));
        assert_int_equal(f.archs, arch_of(S("amd64")));
        world_close(w);
        if (round)
            assert_int_equal(plain.server->requests, before);
    }
    /* Stale: one HEAD tells that nothing changed. */
    s.offline = false;
    s.refresh = true;
    struct world *w = world_open(&s);
    size_t gets = loopback_asked(plain.server, "GET /v2/single/manifests/1");
    assert_int_equal(base(w, name(&plain, "single:1"), "amd64", &f), ANSWER_FOUND);
    world_close(w);
    assert_int_equal(loopback_asked(plain.server, "GET /v2/single/manifests/1"), gets);
    assert_int_equal(loopback_asked(plain.server, "HEAD /v2/single/manifests/1"), 1);
}

/* A config alone is asked for without the layers, and told without what only they tell. */
static void test_config_alone(void **state)
{
    (void)state;
    struct settings s = settings_for("config");
    struct world *w = world_open(&s);
    const struct lookup *l = world_lookup(w);
    arch_set arm = arch_of(S("arm64")), amd = arch_of(S("amd64"));
    struct str plain_user = name(&plain, "multi:1"), named = name(&plain, "single:1");
    struct base_facts f;
    size_t before = plain.server->requests;
    assert_int_equal(lookup_base(l, plain_user, arm, BASE_BY_CONFIG, &f), ANSWER_PENDING);
    assert_true(l->resolve(l->self));
    assert_int_equal(lookup_base(l, plain_user, arm, BASE_BY_CONFIG, &f), ANSWER_FOUND);
    assert_true(f.user_known && f.user_root && !f.installed_known && !f.sources_known);
    assert_str(f.arch, "arm64");
    assert_str(f.release.distro, "");
    assert_true(str_eq(f.digest, index_digest));
    assert_int_equal(plain.server->requests, before + 4); /* /v2/, index, manifest, config */
    /* Then the layers: nothing is asked for twice. */
    assert_int_equal(lookup_base(l, plain_user, arm, BASE_BY_LAYERS, &f), ANSWER_PENDING);
    assert_true(l->resolve(l->self));
    assert_int_equal(lookup_base(l, plain_user, arm, BASE_BY_LAYERS, &f), ANSWER_FOUND);
    assert_str(f.installed[0].version, "12.arm64");
    assert_int_equal(plain.server->requests, before + 5);
    /* www-data: is that root? Only etc/passwd can tell. */
    assert_int_equal(lookup_base(l, named, amd, BASE_BY_CONFIG, &f), ANSWER_PENDING);
    assert_true(l->resolve(l->self));
    assert_int_equal(lookup_base(l, named, amd, BASE_BY_CONFIG, &f), ANSWER_FOUND);
    assert_true(f.user_known && !f.user_root && !f.installed_known);
    assert_int_equal(plain.server->requests, before + 8); /* manifest, config, layer */
    world_close(w);
    /* Another run knows it all, and tells no more of a config. */
    before = plain.server->requests;
    w = world_open(&s);
    l = world_lookup(w);
    assert_int_equal(lookup_base(l, plain_user, arm, BASE_BY_CONFIG, &f), ANSWER_FOUND);
    assert_true(!f.installed_known && !f.release.distro.n);
    assert_int_equal(plain.server->requests, before);
    world_close(w);
    /* At once: nothing was missing, so that no file is judged again. */
    struct image_info i;
    w = world_open(&s);
    l = world_lookup(w);
    assert_int_equal(lookup_image(l, plain_user, &i), ANSWER_FOUND);
    assert_int_equal(lookup_base(l, plain_user, arm, BASE_BY_LAYERS, &f), ANSWER_FOUND);
    assert_str(f.installed[0].version, "12.arm64");
    assert_int_equal(plain.server->requests, before);
    world_close(w);
}

static void test_offline_without_cache(void **state)
{
    (void)state;
    struct settings s = settings_for("nothing");
    struct image_info i;
    s.offline = true;
    struct world *w = world_open(&s);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_UNAVAILABLE);
    assert_says(i.why, "offline");
    world_close(w);
}

static void test_by_digest(void **state)
{
    (void)state;
    struct settings s = settings_for("digest");
    struct world *w = world_open(&s);
    struct image_info i;
    struct str good = str_fmt(arena, STR_FMT "@" STR_FMT, STR_ARG(name(&plain, "single:other")),
                              STR_ARG(single_digest));
    struct str other = str_fmt(arena, STR_FMT "@sha256:%064d", STR_ARG(name(&plain, "single")), 1);
    assert_int_equal(image(w, good, &i), ANSWER_FOUND);
    assert_true(str_eq(i.digest, single_digest));
    assert_int_equal(image(w, other, &i), ANSWER_ABSENT);
    world_close(w);
}

static void test_absent(void **state)
{
    (void)state;
    struct settings s = settings_for("absent");
    struct world *w = world_open(&s);
    struct image_info i;
    struct base_facts f;
    assert_int_equal(image(w, name(&plain, "single:2"), &i), ANSWER_ABSENT);
    assert_int_equal(base(w, name(&plain, "no/such/thing"), "amd64", &f), ANSWER_ABSENT);
    assert_int_equal(base(w, name(&plain, "single:2"), "amd64", &f), ANSWER_ABSENT);
    assert_int_equal(image(w, S("Not A Reference"), &i), ANSWER_UNAVAILABLE);
    world_close(w);
}

/* What was not there a moment ago is not asked for again by the next run, but with --refresh. */
static void test_failures_are_remembered(void **state)
{
    (void)state;
    struct settings s = settings_for("failures");
    struct image_info i;
    struct str gone = S("127.0.0.1:1/nobody/listens:1"); /* https, and nothing there */
    for (int run = 0; run < 2; run++) {
        size_t before = plain.server->requests;
        struct world *w = world_open(&s);
        assert_int_equal(image(w, name(&plain, "none:1"), &i), ANSWER_ABSENT);
        assert_int_equal(image(w, gone, &i), ANSWER_UNAVAILABLE);
        assert_says(i.why, "cannot fetch");
        if (run)
            assert_int_equal(plain.server->requests, before);
        /* Another image of that registry is asked for; of the one that is not there none is. */
        setenv("DFIX_FETCH", "/nowhere", 1);
        assert_int_equal(image(w, S("127.0.0.1:1/another:1"), &i), ANSWER_UNAVAILABLE);
        assert_says(i.why, "127.0.0.1:1/v2/");
        unsetenv("DFIX_FETCH");
        world_close(w);
    }
    s.refresh = true;
    size_t before = plain.server->requests;
    struct world *w = world_open(&s);
    assert_int_equal(image(w, name(&plain, "none:1"), &i), ANSWER_ABSENT);
    assert_true(plain.server->requests > before);
    world_close(w);
}

/* Whether a tag has moved is asked by HEAD, which not all registries know. */
static void test_without_head(void **state)
{
    (void)state;
    struct settings s = settings_for("headless");
    struct image_info i;
    for (int run = 0; run < 2; run++) {
        s.refresh = run == 1;
        struct world *w = world_open(&s);
        assert_int_equal(image(w, name(&plain, "headless:1"), &i), ANSWER_FOUND);
        world_close(w);
    }
    assert_int_equal(loopback_asked(plain.server, "HEAD /v2/headless/manifests/1"), 1);
    assert_int_equal(loopback_asked(plain.server, "GET /v2/headless/manifests/1"), 2);
}

static void test_one_image_by_many_names(void **state)
{
    (void)state;
    struct settings s = settings_for("names");
    struct world *w = world_open(&s);
    const struct lookup *l = world_lookup(w);
    struct image_info one, other;
    assert_int_equal(image(w, name(&plain, "single:1"), &one), ANSWER_FOUND);
    struct str by_digest =
        str_fmt(arena, STR_FMT "@" STR_FMT, STR_ARG(name(&plain, "single")), STR_ARG(one.digest));
    struct str with_tag =
        str_fmt(arena, STR_FMT "@" STR_FMT, STR_ARG(name(&plain, "single:1")), STR_ARG(one.digest));
    assert_int_equal(image(w, name(&plain, "tags"), &one), ANSWER_FOUND);
    assert_int_equal(lookup_image(l, name(&plain, "tags:latest"), &other), ANSWER_FOUND);
    assert_true(str_eq(one.digest, other.digest));
    assert_int_equal(image(w, by_digest, &one), ANSWER_FOUND);
    assert_int_equal(lookup_image(l, with_tag, &other), ANSWER_FOUND);
    world_close(w);
}

/* When a registry tells nothing, the built-in tables are all that speaks: said once. */
static void test_tables_speak_alone(void **state)
{
    (void)state;
    struct settings s = settings_for("tables");
    struct base_facts f;
    size_t n;
    struct world *w = world_open(&s);
    assert_int_equal(base(w, S("127.0.0.1:1/a:1"), "amd64", &f), ANSWER_UNAVAILABLE);
    assert_int_equal(base(w, S("127.0.0.1:1/b:1"), "amd64", &f), ANSWER_UNAVAILABLE);
    const struct world_note *note = world_notes(w, &n);
    assert_int_equal(n, 1);
    assert_false(note[0].error);
    assert_says(note[0].text,
                "using built-in tables for images from 127.0.0.1:1, as 127.0.0.1:1/a:1");
    world_close(w);
    s.offline = true;
    w = world_open(&s);
    assert_int_equal(base(w, S("127.0.0.1:1/a:1"), "amd64", &f), ANSWER_UNAVAILABLE);
    world_notes(w, &n);
    assert_int_equal(n, 0);
    world_close(w);
}

/* M2's kind: what a registry said that nobody had to verify is not what a run that verifies takes.
 */
static void test_names_belong_to_how_their_registry_is_known(void **state)
{
    (void)state;
    struct settings s = settings_for("trust");
    struct image_info i;
    struct world *w = world_open(&s);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_FOUND);
    world_close(w);
    s.offline = true;
    w = world_open(&s);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_FOUND);
    world_close(w);
    s.ninsecure = 0;
    w = world_open(&s);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_UNAVAILABLE);
    world_close(w);
}

/* ---- what a run takes of all registries ---- */

extern const struct world_service service_registry;

struct sated {
    struct world *world;
    struct registry *registry;
    struct fetcher *fetcher;
};

/* Asks the service itself, once more after it was fetched for. */
static enum answer sated_ask(struct sated *s, const struct question *q, struct reply *out)
{
    enum answer a = service_registry.ask(s->registry, q, out);
    if (a != ANSWER_PENDING)
        return a;
    service_registry.gather(s->registry, s->fetcher);
    fetch_run(s->fetcher);
    service_registry.settle(s->registry);
    return service_registry.ask(s->registry, q, out);
}

static enum answer sated_image(struct sated *s, struct str ref, struct image_info *out)
{
    struct reply r;
    enum answer a = sated_ask(s, &(struct question){.kind = ASK_IMAGE, .name = ref}, &r);
    *out = r.image;
    return a;
}

static enum answer sated_base(struct sated *s, struct str ref, struct base_facts *out)
{
    struct reply r;
    const struct question q = {
        .kind = ASK_BASE, .name = ref, .archs = arch_of(S("amd64")), .depth = BASE_BY_LAYERS};
    enum answer a = sated_ask(s, &q, &r);
    *out = r.base;
    return a;
}

/* A run that has asked for one image, so that its totals are there to be changed. */
static struct sated sated_open(const struct settings *settings)
{
    struct world *w = world_open(settings);
    struct sated s = {w, service_registry.open(w), fetch_open(NULL)};
    struct image_info i;
    assert_int_equal(sated_image(&s, name(&plain, "later:1"), &i), ANSWER_FOUND);
    return s;
}

static void sated_close(struct sated *s)
{
    service_registry.close(s->registry);
    fetch_close(s->fetcher);
    world_close(s->world);
}

static void test_documents_of_a_run(void **state)
{
    (void)state;
    struct settings settings = settings_for("documents");
    struct image_info i;
    /* Not enough for whatever a manifest may be. */
    static const uint64_t room[] = {0, (4 << 20) - 1};
    for (size_t k = 0; k < 2; k++) {
        struct sated s = sated_open(&settings);
        uint64_t before = s.registry->left.documents;
        assert_true(k || before < budget_of_run(0).documents);
        s.registry->left.documents = room[k];
        assert_int_equal(sated_image(&s, name(&plain, "multi:1"), &i), ANSWER_UNAVAILABLE);
        assert_says(i.why, "reached its limit of registry data");
        sated_close(&s);
    }
    /* The next run does not know that as a failure of the image. */
    struct sated s = sated_open(&settings);
    assert_int_equal(sated_image(&s, name(&plain, "multi:1"), &i), ANSWER_FOUND);
    sated_close(&s);
}

/* What policy allows is asked, and the next run goes on; HEAD does not count. */
static void test_requests_of_a_run(void **state)
{
    (void)state;
    struct settings settings = settings_for("requests");
    struct image_info i;
    settings.max_requests = 3;
    struct sated s = sated_open(&settings); /* a manifest and its config */
    assert_int_equal(sated_image(&s, name(&plain, "multi:1"), &i), ANSWER_FOUND);
    assert_int_equal(sated_image(&s, name(&plain, "single:1"), &i), ANSWER_UNAVAILABLE);
    assert_says(i.why, "as often in this run as policy allows (registries.requests)");
    sated_close(&s);
    settings.refresh = true;
    s = sated_open(&settings); /* is current, says HEAD */
    assert_int_equal(sated_image(&s, name(&plain, "multi:1"), &i), ANSWER_FOUND);
    assert_int_equal(sated_image(&s, name(&plain, "single:1"), &i), ANSWER_FOUND);
    sated_close(&s);
}

static void test_tag_pages_of_a_run(void **state)
{
    (void)state;
    static const char *const better[] = {"", "3"};
    for (size_t pages = 0; pages < 2; pages++) {
        struct settings settings = settings_for(pages ? "pages-1" : "pages-0");
        struct sated s = sated_open(&settings);
        struct image_info i;
        size_t before = loopback_asked(plain.server, "GET /v2/tags/tags/list?n=1000");
        size_t second = loopback_asked(plain.server, "GET /v2/tags/tags/list?last=x&n=5");
        s.registry->left.tag_pages = pages;
        assert_int_equal(sated_image(&s, name(&plain, "tags"), &i), ANSWER_FOUND);
        assert_str(i.better_tag, better[pages]);
        assert_int_equal(loopback_asked(plain.server, "GET /v2/tags/tags/list?n=1000"),
                         before + pages);
        assert_int_equal(loopback_asked(plain.server, "GET /v2/tags/tags/list?last=x&n=5"), second);
        sated_close(&s);
    }
}

static void test_layers_and_facts_of_a_run(void **state)
{
    (void)state;
    static const char *const why[] = {"reached its limit of layers to read",
                                      "reached its limit of image data to keep"};
    struct settings settings = settings_for("sated");
    struct base_facts f;
    for (size_t k = 0; k < 2; k++) {
        struct sated s = sated_open(&settings);
        if (k)
            s.registry->left.facts = 10;
        else
            s.registry->left.fetched_layers = 0;
        assert_int_equal(sated_base(&s, name(&plain, "single:1"), &f), ANSWER_FOUND);
        assert_true(f.user_known); /* what the config says stands */
        assert_false(f.installed_known);
        assert_says(f.why, why[k]);
        sated_close(&s);
    }
    struct sated s = sated_open(&settings);
    assert_int_equal(sated_base(&s, name(&plain, "single:1"), &f), ANSWER_FOUND);
    assert_true(f.installed_known);
    assert_true(s.registry->left.facts < budget_of_run(0).facts);
    assert_int_equal(s.registry->left.fetched_layers, budget_of_run(0).fetched_layers - 1);
    sated_close(&s);
}

/* All at once, so that the waits between tries are waited once. */
static void test_bad_registries(void **state)
{
    (void)state;
    static const struct {
        const char *image, *why;
    } bad[] = {
        {"broken:1", "500"},
        {"busy:1", "rate limit"},
        {"round:1", "redirect"},
        {"lies:1", "does not match its digest"},
        {"schema1:1", "schema 1"},
        {"text:1", "not an image manifest"},
        {"both:1", "at once"},
        {"confused:1", "declares itself"},
        {"huge:1", ""},
        {"cut:1", ""},
    };
    enum { N = sizeof bad / sizeof bad[0] };
    struct settings s = settings_for("bad");
    struct world *w = world_open(&s);
    const struct lookup *l = world_lookup(w);
    struct image_info i;
    for (size_t k = 0; k < N; k++)
        assert_int_equal(lookup_image(l, name(&plain, bad[k].image), &i), ANSWER_PENDING);
    assert_int_equal(lookup_image(l, name(&plain, "later:1"), &i), ANSWER_PENDING);
    assert_true(l->resolve(l->self));
    for (size_t k = 0; k < N; k++) {
        assert_int_equal(lookup_image(l, name(&plain, bad[k].image), &i), ANSWER_UNAVAILABLE);
        assert_true(i.why.n > 0);
        assert_says(i.why, bad[k].why);
    }
    assert_int_equal(lookup_image(l, name(&plain, "later:1"), &i), ANSWER_FOUND);
    assert_false(l->resolve(l->self));
    world_close(w);
}

/* The config still speaks when a layer is not what it should be. */
static void test_bad_layers(void **state)
{
    (void)state;
    struct settings s = settings_for("layers");
    struct world *w = world_open(&s);
    struct base_facts f;
    assert_int_equal(base(w, name(&plain, "other-layer:1"), "amd64", &f), ANSWER_FOUND);
    assert_true(f.user_known);
    assert_false(f.installed_known);
    assert_str(f.release.distro, "");
    assert_says(f.why, "digest");
    world_close(w);
    w = world_open(&s); /* M5 */
    assert_int_equal(base(w, name(&plain, "sizeless:0"), "amd64", &f), ANSWER_FOUND);
    assert_false(f.installed_known);
    assert_says(f.why, "declares an empty layer");
    world_close(w);
    s.max_layers = -1;
    w = world_open(&s);
    assert_int_equal(base(w, name(&plain, "single:1"), "amd64", &f), ANSWER_FOUND);
    assert_false(f.installed_known);
    assert_says(f.why, "policy");
    world_close(w);
    s.max_layers = 10;
    w = world_open(&s);
    assert_int_equal(base(w, name(&plain, "single:1"), "amd64", &f), ANSWER_FOUND);
    assert_says(f.why, "more than the policy");
    world_close(w);
}

static void test_latest_gets_a_better_tag(void **state)
{
    (void)state;
    struct settings s = settings_for("tags");
    for (int round = 0; round < 2; round++) {
        size_t before = plain.server->requests;
        struct world *w = world_open(&s);
        struct image_info i;
        assert_int_equal(image(w, name(&plain, "tags"), &i), ANSWER_FOUND);
        assert_str(i.better_tag, "3.1.2");
        assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_FOUND);
        assert_str(i.better_tag, "");
        world_close(w);
        if (round)
            assert_int_equal(plain.server->requests, before);
    }
}

static void docker_config(const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/config.json", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_basic(void **state)
{
    (void)state;
    struct settings s = settings_for("basic");
    struct image_info i;
    docker_config("{}");
    struct world *w = world_open(&s);
    assert_int_equal(image(w, name(&basic, "mine:1"), &i), ANSWER_UNAVAILABLE);
    assert_says(i.why, "login");
    world_close(w);
    docker_config(
        str_fmt(arena, "{\"auths\":{\"%s\":{\"auth\":\"dXNlcjp3cm9uZw==\"}}}", basic.host).p);
    w = world_open(&s);
    assert_int_equal(image(w, name(&basic, "mine:1"), &i), ANSWER_UNAVAILABLE);
    assert_says(i.why, "with the configured login");
    world_close(w);
    docker_config(
        str_fmt(arena, "{\"auths\":{\"%s\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}", basic.host).p);
    w = world_open(&s);
    assert_int_equal(image(w, name(&basic, "mine:1"), &i), ANSWER_FOUND);
    world_close(w);
}

static void test_redirects_keep_secrets(void **state)
{
    (void)state;
    struct settings s = settings_for("moved");
    struct base_facts f;
    docker_config(str_fmt(arena,
                          "{\"auths\":{\"%s\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"},\"%s\":{\"auth\":"
                          "\"dXNlcjpzZWNyZXQ=\"}}}",
                          basic.host, bearer.host)
                      .p);
    struct world *w = world_open(&s);
    strcpy(blobs.seen, "not asked");
    assert_int_equal(base(w, name(&basic, "moved:1"), "amd64", &f), ANSWER_FOUND);
    assert_true(f.installed_known);
    assert_string_equal(blobs.seen, "");
    strcpy(blobs.seen, "not asked");
    assert_int_equal(base(w, name(&bearer, "hidden:1"), "amd64", &f), ANSWER_FOUND);
    assert_string_equal(blobs.seen, "");
    world_close(w);
    docker_config("{}");
}

static void test_bearer(void **state)
{
    (void)state;
    struct fake *const both[] = {&bearer, &hides};
    docker_config("{}");
    for (int k = 0; k < 2; k++) {
        struct settings s = settings_for(k ? "hides" : "bearer");
        struct world *w = world_open(&s);
        struct base_facts f;
        struct image_info i;
        assert_int_equal(base(w, name(both[k], "open:1"), "amd64", &f), ANSWER_FOUND);
        assert_true(f.installed_known);
        assert_int_equal(image(w, name(both[k], "other:1"), &i), ANSWER_FOUND);
        assert_int_equal(image(w, name(both[k], "closed:1"), &i), ANSWER_UNAVAILABLE);
        assert_says(i.why, "needs a login");
        world_close(w);
        /* One token a repository, one more for the one that was refused. */
        struct str token = S("GET /token?x=1&service=the%2C%20service&scope=repository%3A");
        assert_int_equal(loopback_asked(both[k]->server,
                                        str_fmt(arena, STR_FMT "open%%3Apull", STR_ARG(token)).p),
                         1);
        assert_true(loopback_asked(both[k]->server,
                                   str_fmt(arena, STR_FMT "closed%%3Apull", STR_ARG(token)).p) <=
                    2);
    }
}

static void test_credential_helper(void **state)
{
    (void)state;
    char path[256], search[4096];
    snprintf(path, sizeof path, "%s/docker-credential-dfixtest", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "#!/bin/sh\n[ \"$1\" = get ] || exit 3\nread host\necho run >>\"$0.runs\"\n"
            "[ \"$host\" = '%s' ] || { echo 'credentials not found in native keychain'; exit 1; }\n"
            "echo '{\"ServerURL\":\"x\",\"Username\":\"user\",\"Secret\":\"secret\"}'\n",
            basic.host);
    fclose(f);
    chmod(path, 0700);
    const char *old = getenv("PATH");
    snprintf(search, sizeof search, "%s:%s", folder, old ? old : "/usr/bin:/bin");
    setenv("PATH", search, 1);
    static const char *const config[] = {
        "{\"credsStore\":\"dfixtest\"}",
        "{\"credHelpers\":{\"%s\":\"dfixtest\"}}",
        ("{\"credHelpers\":{\"%s\":\"no-such-helper\"},"
         "\"auths\":{\"%s\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}"),
        "{\"credHelpers\":{\"%s\":\"../../bin/evil\"}}",
        "{\"credHelpers\":{\"elsewhere.example\":\"dfixtest\"}}",
    };
    for (size_t i = 0; i < 5; i++) {
        struct settings s = settings_for(str_fmt(arena, "helper%zu", i).p);
        struct image_info info;
        struct buf text = {.arena = arena};
        struct str rest = str_of(config[i]), part;
        /* "%s" stands for the host */
        for (ptrdiff_t at; (at = str_find(rest, S("%s"))) != STR_NONE; rest = part) {
            buf_add(&text, str_sub(rest, 0, (size_t)at));
            buf_add(&text, str_of(basic.host));
            part = str_from(rest, (size_t)at + 2);
        }
        buf_add(&text, rest);
        docker_config(str_cstr(arena, buf_str(&text)));
        struct world *w = world_open(&s);
        size_t notes;
        assert_int_equal(image(w, name(&basic, "mine:1"), &info),
                         i < 3 ? ANSWER_FOUND : ANSWER_UNAVAILABLE);
        world_notes(w, &notes);
        assert_int_equal(notes, i == 2 || i == 3 ? 1 : 0);
        world_close(w);
    }
    /* One run of a helper is enough for all repositories of a registry. */
    char runs[300];
    struct err e;
    struct str said;
    struct settings s = settings_for("helper-once");
    struct image_info info;
    snprintf(runs, sizeof runs, "%s.runs", path);
    unlink(runs);
    docker_config("{\"credsStore\":\"dfixtest\"}");
    struct world *w = world_open(&s);
    assert_int_equal(image(w, name(&basic, "mine:1"), &info), ANSWER_FOUND);
    assert_int_equal(image(w, name(&basic, "theirs:1"), &info), ANSWER_ABSENT);
    world_close(w);
    assert_true(file_read(arena, runs, 1000, &said, &e));
    assert_str(said, "run\n");
    docker_config("{}");
}

static void test_plain_http_only_by_policy(void **state)
{
    (void)state;
    struct settings s = settings_for("https");
    s.ninsecure = 0;
    struct image_info i;
    struct world *w = world_open(&s);
    size_t before = plain.server->requests;
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_UNAVAILABLE);
    assert_int_equal(plain.server->requests, before);
    world_close(w);
}

/* Credentials go over plain http only where nothing answers over https. */
static void test_https_comes_first(void **state)
{
    (void)state;
    struct settings s = settings_for("https-first");
    struct image_info i;
    struct world *w = world_open(&s);
    const char *before = plain.server->log + strlen(plain.server->log);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_FOUND);
    world_close(w);
    assert_true(starts(before, "TLS hello\nGET /v2/\n"));
}

/* A run without its helper says nothing of the registry: the next one asks it. */
static void test_local_mishaps_are_forgotten(void **state)
{
    (void)state;
    struct settings s = settings_for("mishaps");
    struct image_info i;
    setenv("DFIX_FETCH", "/nowhere", 1);
    struct world *w = world_open(&s);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_UNAVAILABLE);
    assert_says(i.why, "cannot run /nowhere");
    world_close(w);
    unsetenv("DFIX_FETCH");
    s.deadline = 1;
    w = world_open(&s);
    usleep(1100 * 1000);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_UNAVAILABLE);
    assert_says(i.why, "the time limit for the network was reached");
    world_close(w);
    s.deadline = 0;
    w = world_open(&s);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_FOUND);
    world_close(w);
}

static void test_blocked(void **state)
{
    (void)state;
    struct settings s = settings_for("blocked");
    struct str blocked[] = {name(&plain, "single")};
    s.blocked = blocked;
    s.nblocked = 1;
    struct image_info i;
    struct world *w = world_open(&s);
    assert_int_equal(image(w, name(&plain, "single:1"), &i), ANSWER_UNAVAILABLE);
    assert_says(i.why, "policy");
    assert_int_equal(image(w, name(&plain, "multi:1"), &i), ANSWER_FOUND);
    world_close(w);
}

/* ---- layouts ---- */

static void write_at(const char *path, struct str bytes)
{
    char *copy = strdup(path);
    assert_non_null(copy);
    for (char *p = copy + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            mkdir(copy, 0700);
            *p = '/';
        }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fwrite(bytes.p, 1, bytes.n, f);
    fclose(f);
    free(copy);
}

static void test_layout(void **state)
{
    (void)state;
    struct settings s = settings_for("layout");
    struct mirror layout = {S("docker.io/library"), str_fmt(arena, "%s/layouts", folder)};
    s.layout = &layout;
    s.nlayout = 1;
    s.offline = true;
    const char *dir = str_fmt(arena, "%s/layouts/debian", folder).p;
    size_t size = 0;
    for (size_t i = 0; i < plain.items.n; i++) {
        const struct item *it = &plain.items.v[i];
        ptrdiff_t at = str_find(it->path, S("sha256:"));
        if (str_starts(it->path, S("/v2/multi/")) && at != STR_NONE) {
            struct str hex = str_from(it->path, (size_t)at + 7);
            write_at(str_fmt(arena, "%s/blobs/sha256/" STR_FMT, dir, STR_ARG(hex)).p, it->body);
            if (str_find(index_digest, hex) != STR_NONE)
                size = it->body.n;
        }
    }
    write_at(str_fmt(arena, "%s/index.json", dir).p,
             str_fmt(arena, "{\"schemaVersion\":2,\"manifests\":[" STR_FMT "]}",
                     STR_ARG(descriptor(INDEX_TYPE, index_digest, size,
                                        ",\"annotations\":{\"org.opencontainers.image.ref.name\":"
                                        "\"12\"}"))));
    struct world *w = world_open(&s);
    struct base_facts f;
    struct image_info i;
    assert_int_equal(base(w, S("debian:12"), "arm64", &f), ANSWER_FOUND);
    assert_str(f.spoke, "layout");
    assert_str(f.installed[0].version, "12.arm64");
    assert_int_equal(image(w, S("docker.io/library/debian:12"), &i), ANSWER_FOUND);
    assert_true(str_eq(i.digest, index_digest));
    assert_int_equal(image(w, S("debian:11"), &i), ANSWER_UNAVAILABLE);
    assert_says(i.why, "offline");
    world_close(w);
}

/* ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int open_all(void **state)
{
    static const enum login login[] = {OPEN_TO_ALL, WANTS_BASIC, WANTS_BEARER, HIDES_ITS_WISH,
                                       OPEN_TO_ALL};
    (void)state;
    arena = arena_open();
    assert_non_null(mkdtemp(folder));
    setenv("DOCKER_CONFIG", folder, 1);
    setenv("HOME", folder, 1);
    unsetenv("XDG_RUNTIME_DIR");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("REGISTRY_AUTH_FILE");
    for (size_t i = 0; i < 5; i++) {
        fakes[i]->login = login[i];
        fakes[i]->server = loopback_start(answer, fakes[i]);
        snprintf(fakes[i]->host, sizeof fakes[i]->host, "127.0.0.1:%u", fakes[i]->server->port);
    }
    fill();
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++)
        loopback_stop(fakes[i]->server);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_close(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_config_alone),
        cmocka_unit_test(test_offline_without_cache),
        cmocka_unit_test(test_by_digest),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_failures_are_remembered),
        cmocka_unit_test(test_local_mishaps_are_forgotten),
        cmocka_unit_test(test_https_comes_first),
        cmocka_unit_test(test_without_head),
        cmocka_unit_test(test_one_image_by_many_names),
        cmocka_unit_test(test_tables_speak_alone),
        cmocka_unit_test(test_names_belong_to_how_their_registry_is_known),
        cmocka_unit_test(test_documents_of_a_run),
        cmocka_unit_test(test_requests_of_a_run),
        cmocka_unit_test(test_tag_pages_of_a_run),
        cmocka_unit_test(test_layers_and_facts_of_a_run),
        cmocka_unit_test(test_bad_registries),
        cmocka_unit_test(test_bad_layers),
        cmocka_unit_test(test_latest_gets_a_better_tag),
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_redirects_keep_secrets),
        cmocka_unit_test(test_bearer),
        cmocka_unit_test(test_credential_helper),
        cmocka_unit_test(test_plain_http_only_by_policy),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_layout),
    };
    return cmocka_run_group_tests_name("registry", tests, open_all, close_all);
}
