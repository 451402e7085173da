/* Every real Dockerfile of the shared corpus in one run against a registry on loopback that has
 * all images: each distinct image is asked for once, and no request is made twice. */
#include <ftw.h>

#include "cmocka_all.h"
#include "dfix/dfix.h"
#include "loopback.h"
#include "sandbox.h"
#include "host/files.h"
#include "host/digest.h"
#include "world/world.h"
#include "tarball.h"

#define OCI "application/vnd.oci.image."

enum { FILE_MAX = 1 << 20, ROUNDS_MAX = 6, NAMES = 8192 };

struct document {
    const char *type;
    struct str body, digest;
};
static struct fleet {
    struct arena *arena;
    struct document layer, config, manifest, index;
    char host[32];
    const struct lookup *world;
    VEC(struct str) path;
    struct str image[NAMES]; /* that were asked for: a hash table */
    size_t nimage;
} fleet;

/* ---- the registry ---- */

static struct document document(const char *type, struct str body)
{
    return (struct document){type, body, digest_of(fleet.arena, body)};
}

static struct str descriptor(const struct document *d, const char *more)
{
    return str_fmt(fleet.arena, "{\"mediaType\":\"%s\",\"digest\":\"" STR_FMT "\",\"size\":%zu%s}",
                   d->type, STR_ARG(d->digest), d->body.n, more);
}

static void make_image(void)
{
    struct arena *a = fleet.arena;
    struct buf root = {.arena = a};
    tarball_file(&root, "etc/os-release",
                 "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
    tarball_file(&root, "var/lib/dpkg/status", "Package: base-files\nVersion: 12\n");
    fleet.layer = document(OCI "layer.v1.tar+gzip", tarball_gzip(a, buf_str(&root)));
    fleet.config = document(OCI "config.v1+json",
                            S("{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{}}"));
    fleet.manifest = document(
        OCI "manifest.v1+json",
        str_fmt(a, "{\"schemaVersion\":2,\"config\":" STR_FMT ",\"layers\":[" STR_FMT "]}",
                STR_ARG(descriptor(&fleet.config, "")), STR_ARG(descriptor(&fleet.layer, ""))));
    fleet.index =
        document(OCI "index.v1+json",
                 str_fmt(a, "{\"schemaVersion\":2,\"manifests\":[" STR_FMT "]}",
                         STR_ARG(descriptor(&fleet.manifest, ",\"platform\":{\"os\":\"linux\","
                                                             "\"architecture\":\"amd64\"}"))));
}

static void answer(struct loopback_request *q)
{
    const struct document *all[] = {&fleet.layer, &fleet.config, &fleet.manifest},
                          *d = &fleet.index;
    struct str path = str_of(q->path), what = path;
    char headers[256];

    what = str_from(what, (size_t)(str_rchr(what, '/') + 1));
    for (size_t i = 0; i < 3; i++)
        if (str_eq(what, all[i]->digest))
            d = all[i];
    snprintf(headers, sizeof headers, "Content-Type: %s\r\nDocker-Content-Digest: " STR_FMT "\r\n",
             d->type, STR_ARG(d->digest));
    if (str_eq(path, S("/v2/")) || str_find(path, S("/tags/list")) != STR_NONE)
        loopback_text(q, 200, "", "{\"tags\":[\"latest\",\"1.2.3\"]}");
    else if (str_starts(what, S("sha256:")) && d == &fleet.index)
        loopback_text(q, 404, "", "{}"); /* a digest that some file has pinned */
    else
        loopback_reply(q, 200, headers, d->body.p, d->body.n);
}

/* ---- the questions ---- */

/* Is it one for the registry? Then it is noted by what it means, not by how it is spelled. */
static bool note(struct str image)
{
    struct arena *a = fleet.arena;
    struct reference r;
    if (!reference_parse(image, &r) || r.domain.n)
        return false;
    bool digest = r.digest.n > 0;
    struct str name = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(r.path), digest ? "@" : ":",
                              STR_ARG(digest    ? r.digest
                                      : r.tag.n ? r.tag
                                                : S("latest")));
    size_t i = str_hash(name) % NAMES;
    while (fleet.image[i].n && !str_eq(fleet.image[i], name))
        i = (i + 1) % NAMES;
    fleet.nimage += !fleet.image[i].n;
    fleet.image[i] = name;
    return true;
}

static enum answer ask(void *self, const struct question *q, struct reply *out)
{
    (void)self;
    bool of_image = q->kind == ASK_BASE || q->kind == ASK_IMAGE;
    return of_image && note(q->name) ? lookup_ask(fleet.world, q, out) : ANSWER_UNAVAILABLE;
}

static int collect(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)at;
    if (kind == FTW_F && st->st_size < FILE_MAX)
        vec_push(fleet.arena, &fleet.path, str_dup(fleet.arena, str_of(path)));
    return 0;
}

static void ask_all(const struct settings *s)
{
    const struct lookup l = {.ask = ask};
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        for (size_t i = 0; i < fleet.path.n; i++) {
            struct arena *a = arena_open();
            struct str text;
            struct err e;
            assert_true(file_read(a, fleet.path.v[i].p, FILE_MAX, &text, &e));
            dfix_check(a, text, &dfix_rules, s, &l);
            arena_close(a);
        }
        if (!fleet.world->resolve(fleet.world->self))
            return;
    }
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* How many images were asked for by name or by a digest written in a file. */
static size_t judge(const char *log)
{
    VEC(struct str) line = {0};
    struct str rest = str_of(log), one;
    size_t images = 0;
    while (str_cut(&rest, '\n', &one)) {
        vec_push(fleet.arena, &line, one);
        bool manifest = str_starts(one, S("GET ")) && str_find(one, S("/manifests/")) != STR_NONE;
        images += manifest && !str_ends(one, fleet.manifest.digest);
    }
    if (line.v)
        qsort(line.v, line.n, sizeof *line.v, by_text);
    for (size_t i = 1; i < line.n; i++)
        if (str_eq(line.v[i - 1], line.v[i]))
            fail_msg("asked twice: " STR_FMT, STR_ARG(line.v[i]));
    print_message("%zu files, %zu distinct images, %zu requests\n", fleet.path.n, fleet.nimage,
                  line.n);
    return images;
}

static void each_image_is_asked_for_once(void **state)
{
    (void)state;
    static const char folder[] = DFIX_SHARED "/corpus/public";
    if (access(folder, R_OK) != 0) {
        print_message("skipped: no %s\n", folder);
        skip();
    }
    fleet.arena = arena_open();
    make_image();
    assert_int_equal(nftw(folder, collect, 16, FTW_PHYS), 0);
    struct sandbox box = sandbox_open();
    struct loopback *server = loopback_start(answer, NULL);
    snprintf(fleet.host, sizeof fleet.host, "127.0.0.1:%u", server->port);
    struct str host = str_of(fleet.host), only[] = {S("pin-digest"), S("user-switch")};
    struct settings s = {.max_age = -1,
                         .today = S("2026-01-01"),
                         .short_names = host,
                         .insecure = &host,
                         .ninsecure = 1,
                         .ca_file = S(""),
                         .select = only,
                         .nselect = 2,
                         .cache_dir = str_of(sandbox_path(&box, fleet.arena, "cache"))};
    struct world *w = world_open(&s);
    fleet.world = world_lookup(w);
    ask_all(&s);
    world_close(w);
    assert_true(fleet.nimage > 500);
    assert_int_equal(judge(server->log), fleet.nimage);
    loopback_stop(server);
    sandbox_close(&box);
    arena_close(fleet.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_image_is_asked_for_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
