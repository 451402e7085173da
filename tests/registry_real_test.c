/* The registry service against real registries: open, Basic and Bearer. Skipped where
 * docker-registry, python3 or openssl are not installed. */
#include "cmocka_all.h"

#include "registries.h"
#include "sandbox.h"
#include "world/world.h"

#define assert_str(got, want)                                                                      \
    do {                                                                                           \
        struct str got_ = (got);                                                                   \
        if (!str_eq(got_, str_of(want)))                                                           \
            fail_msg("'" STR_FMT "' is not '%s'", STR_ARG(got_), (want));                          \
    } while (0)

static struct arena *arena;
static struct sandbox box;
static struct registries real;
static bool there;
static struct str hosts[3];

static struct world *ask(const char *cache, struct settings *s)
{
    *s = (struct settings){.max_age = -1, .insecure = hosts, .ninsecure = 3, .ca_file = S("")};
    s->cache_dir = str_of(sandbox_path(&box, arena, cache));
    return world_open(s);
}

static struct str name(const char *registry, const char *rest)
{
    return str_fmt(arena, STR_FMT "/%s", STR_ARG(registries_said(&real, registry)), rest);
}

static enum answer image(struct world *w, struct str ref, struct image_info *out)
{
    const struct lookup *l = world_lookup(w);
    enum answer a = lookup_image(l, ref, out);
    if (a == ANSWER_PENDING && l->resolve(l->self))
        a = lookup_image(l, ref, out);
    if (a != ANSWER_FOUND)
        print_message(STR_FMT ": " STR_FMT "\n", STR_ARG(ref), STR_ARG(out->why));
    return a;
}

static enum answer base(struct world *w, struct str ref, const char *arch, struct base_facts *out)
{
    const struct lookup *l = world_lookup(w);
    arch_set archs = arch_of(str_of(arch));
    enum answer a = lookup_base(l, ref, archs, BASE_BY_LAYERS, out);
    if (a == ANSWER_PENDING && l->resolve(l->self))
        a = lookup_base(l, ref, archs, BASE_BY_LAYERS, out);
    if (out->why.n)
        print_message(STR_FMT ": " STR_FMT "\n", STR_ARG(ref), STR_ARG(out->why));
    return a;
}

static void need_registries(void)
{
    needs("docker-registry python3 openssl");
    assert_true(there);
}

static void login(const char *registry)
{
    const char *path = sandbox_path(&box, arena, "config.json");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    if (registry) /* pusher:secret */
        fprintf(f, "{\"auths\":{\"" STR_FMT "\":{\"auth\":\"cHVzaGVyOnNlY3JldA==\"}}}",
                STR_ARG(registries_said(&real, registry)));
    else
        fputs("{}", f);
    fclose(f);
}

static void test_single_and_multi(void **state)
{
    (void)state;
    need_registries();
    static const struct {
        const char *image, *key, *archs;
    } c[] = {{"lib/single:1", "single:1", "amd64"},
             {"lib/single:docker", "single:docker", "amd64"},
             {"lib/multi:1", "multi:1", "amd64 arm64"},
             {"lib/multi:list", "multi:list", "amd64 arm64"}};
    struct settings s;
    struct world *w = ask("cache", &s);
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct image_info info;
        struct str names = str_of(c[i].archs), one;
        arch_set archs = 0;
        while (str_cut(&names, ' ', &one))
            archs |= arch_of(one);
        assert_int_equal(image(w, name("open", c[i].image), &info), ANSWER_FOUND);
        assert_str(info.digest, registries_said(&real, c[i].key).p);
        assert_int_equal(info.archs, archs);
        struct str by_digest = str_fmt(arena, STR_FMT "@" STR_FMT,
                                       STR_ARG(name("open", c[i].image)), STR_ARG(info.digest));
        struct image_info again;
        assert_int_equal(image(w, by_digest, &again), ANSWER_FOUND);
        assert_true(str_eq(again.digest, info.digest));
    }
    world_close(w);
}

/* The same as skopeo says, where there is one. */
static void test_as_skopeo(void **state)
{
    (void)state;
    need_registries();
    needs("skopeo");
    struct settings s;
    struct world *w = ask("cache-skopeo", &s);
    struct image_info info;
    assert_int_equal(image(w, name("open", "lib/multi:1"), &info), ANSWER_FOUND);
    assert_int_equal(sandbox_run(&box,
                                 "test \"$(skopeo inspect --tls-verify=false --format "
                                 "'{{.Digest}}' docker://" STR_FMT ")\" = " STR_FMT,
                                 STR_ARG(name("open", "lib/multi:1")), STR_ARG(info.digest)),
                     0);
    world_close(w);
}

static void test_mirror(void **state)
{
    (void)state;
    need_registries();
    struct settings s;
    struct world *w = ask("cache-mirror", &s);
    struct image_info ours, same, other, none;
    assert_int_equal(image(w, name("open", "lib/single:1"), &ours), ANSWER_FOUND);
    assert_int_equal(image(w, name("open", "hub/single:1"), &same), ANSWER_FOUND);
    assert_int_equal(image(w, name("open", "hub/single:2"), &other), ANSWER_FOUND);
    assert_int_equal(image(w, name("open", "hub/single:3"), &none), ANSWER_ABSENT);
    assert_int_equal(image(w, name("open", "hub/nothing:1"), &none), ANSWER_ABSENT);
    assert_true(str_eq(ours.digest, same.digest));
    assert_false(str_eq(ours.digest, other.digest));
    world_close(w);
}

static void test_facts(void **state)
{
    (void)state;
    need_registries();
    struct settings s;
    struct world *w = ask("cache-facts", &s);
    struct base_facts f;
    assert_int_equal(base(w, name("open", "lib/single:1"), "amd64", &f), ANSWER_FOUND);
    assert_str(f.user, "app");
    assert_str(f.release.codename, "bookworm");
    assert_true(f.installed_known && f.sources_known);
    assert_int_equal(f.nsource, 2);
    assert_int_equal(base(w, name("open", "lib/multi:1"), "arm64", &f), ANSWER_FOUND);
    assert_str(f.installed[0].version, "12.arm64");
    assert_int_equal(base(w, name("open", "lib/layers:1"), "amd64", &f), ANSWER_FOUND);
    assert_int_equal(f.ninstalled, 1);
    assert_str(f.installed[0].name, "libc6");
    if (registries_said(&real, "zstd").n) {
        assert_int_equal(base(w, name("open", "lib/zstd:1"), "amd64", &f), ANSWER_FOUND);
        assert_str(f.installed[0].version, "12.zstd");
    }
    world_close(w);
}

/* This machine's own records, against what dpkg itself says of them. */
static void test_a_real_root(void **state)
{
    (void)state;
    need_registries();
    if (system("dpkg-query -W >/dev/null 2>&1") != 0) {
        print_message("not a Debian system: skipped\n");
        skip();
    }
    struct settings s;
    struct world *w = ask("cache-host", &s);
    struct base_facts f;
    assert_int_equal(base(w, name("open", "lib/host:1"), "amd64", &f), ANSWER_FOUND);
    assert_true(f.installed_known);
    FILE *out = fopen(sandbox_path(&box, arena, "ours"), "w");
    assert_non_null(out);
    for (size_t i = 0; i < f.ninstalled; i++)
        fprintf(out, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT "\n",
                STR_ARG(f.installed[i].name), STR_ARG(f.installed[i].version),
                STR_ARG(f.installed[i].arch), STR_ARG(f.installed[i].source),
                STR_ARG(f.installed[i].source_version));
    fclose(out);
    assert_int_equal(
        sandbox_run(&box, "dpkg-query --admindir=dpkg -W -f '${Package} ${Version} ${Architecture} "
                          "${source:Package} ${source:Version} ${db:Status-Status}\\n' | "
                          "sed -n 's/ installed$//p' | sort >theirs && sort ours | diff - theirs"),
        0);
    world_close(w);
}

static void test_latest(void **state)
{
    (void)state;
    need_registries();
    struct settings s;
    struct world *w = ask("cache-tags", &s);
    struct image_info info;
    assert_int_equal(image(w, name("open", "lib/tags"), &info), ANSWER_FOUND);
    assert_str(info.digest, registries_said(&real, "tags").p);
    assert_str(info.better_tag, "2.10.3");
    world_close(w);
}

static void test_basic(void **state)
{
    (void)state;
    need_registries();
    struct settings s;
    struct base_facts f;
    login(NULL);
    struct world *w = ask("cache-basic", &s);
    assert_int_equal(base(w, name("basic", "lib/single:1"), "amd64", &f), ANSWER_UNAVAILABLE);
    world_close(w);
    login("basic");
    w = ask("cache-basic", &s);
    assert_int_equal(base(w, name("basic", "lib/single:1"), "amd64", &f), ANSWER_FOUND);
    assert_str(f.user, "basic");
    assert_true(f.installed_known);
    world_close(w);
}

static void test_bearer(void **state)
{
    (void)state;
    need_registries();
    struct settings s;
    struct base_facts f;
    login(NULL);
    struct world *w = ask("cache-bearer", &s);
    assert_int_equal(base(w, name("bearer", "lib/single:1"), "amd64", &f), ANSWER_FOUND);
    assert_true(f.installed_known);
    assert_int_equal(base(w, name("bearer", "private/single:1"), "amd64", &f), ANSWER_UNAVAILABLE);
    world_close(w);
    login("bearer");
    w = ask("cache-bearer", &s);
    assert_int_equal(base(w, name("bearer", "private/single:1"), "amd64", &f), ANSWER_FOUND);
    assert_str(f.user, "private/single");
    world_close(w);
}

static int open_all(void **state)
{
    (void)state;
    arena = arena_open();
    box = sandbox_open();
    setenv("DOCKER_CONFIG", box.dir, 1);
    setenv("HOME", box.dir, 1);
    unsetenv("XDG_RUNTIME_DIR");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("REGISTRY_AUTH_FILE");
    for (size_t i = 0; i < 3; i++)
        hosts[i] = S("");
    if (!registries_possible())
        return 0;
    there = registries_start(&real, arena, box.dir, "0", "0");
    static const char *const keys[] = {"open", "basic", "bearer"};
    for (size_t i = 0; i < 3; i++)
        hosts[i] = registries_said(&real, keys[i]);
    if (!there)
        registries_stop(&real);
    return there ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    if (there)
        registries_stop(&real);
    sandbox_close(&box);
    arena_close(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_and_multi),
        cmocka_unit_test(test_as_skopeo),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_a_real_root),
        cmocka_unit_test(test_latest),
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_bearer),
    };
    return cmocka_run_group_tests_name("real registries", tests, open_all, close_all);
}
