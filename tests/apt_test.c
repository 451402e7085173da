/* A mirror that lies: nothing is taken from it, and the run says so. The mirror is a folder with
 * the InRelease that the host's apt verified, changed in one way. */
#include "cmocka_all.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "services/index/store.h"
#include "services/world.h"

struct lie {
    const char *script; /* run in the mirror's folder */
    const char *says;   /* part of what the run says */
};

static const struct lie lies[] = {
    {"sed -i 's/^Codename: .*/Codename: other/' dists/*/InRelease", ""},
    {"sed -i '1,3d' dists/*/InRelease", ""},
    {"head -c 2000 dists/*/InRelease > x; cp x dists/*/InRelease", ""},
    {": > dists/bookworm/InRelease", ""},
    {"sed -i 's/^=..../=AAAA/' dists/*/InRelease", ""},
    /* The signature holds; what it speaks of does not. */
    {"mkdir -p dists/bookworm/main/binary-amd64/by-hash/SHA256; "
     "for h in $(awk '/SHA256:/{s=1} s && /main\\/binary-amd64\\/Packages/{print $1}' "
     "dists/bookworm/InRelease); do echo 'Package: curl' > "
     "dists/bookworm/main/binary-amd64/by-hash/SHA256/$h; done",
     ""},
    {"true", ""}, /* no Packages at all */
};

static struct str host_release(struct arena *a)
{
    glob_t g;
    struct str path = S("");

    if (glob("/var/lib/apt/lists/*_dists_bookworm_InRelease", 0, NULL, &g) == 0)
        path = str_dup(a, str_of(g.gl_pathv[0]));
    globfree(&g);
    return path;
}

static void shell(struct arena *a, struct str command)
{
    assert_int_equal(system(str_cstr(a, command)), 0);
}

/* Nothing may be found; what the run says must hold `says`. */
static void expect_refused(struct arena *a, struct str dir, const struct lie *lie)
{
    struct str mirror = str_fmt(a, "file://" STR_FMT, STR_ARG(dir));
    struct index_settings index = {.distro = S("debian"),
                                   .mirror = mirror,
                                   .security = mirror,
                                   .keyring = S(""),
                                   .snapshot = S(""),
                                   .ports = S(""),
                                   .archive = S("")};
    struct settings s = {.max_age = -1,
                         .index = &index,
                         .nindex = 1,
                         .cache_dir = str_fmt(a, STR_FMT "/cache", STR_ARG(dir))};
    struct world *w = world_open(&s);
    const struct lookup *l = world_lookup(w);
    struct release r = {S("debian"), S("12"), S("bookworm")};
    struct package_info info = {.why = S("")};
    enum answer got = ANSWER_PENDING;

    for (int i = 0; i < 4 && got == ANSWER_PENDING; i++) {
        got = l->package(l->self, MANAGER_APT, &r, arch_of(S("amd64")), NULL, 0, S("curl"), &info);
        if (got == ANSWER_PENDING)
            l->resolve(l->self);
    }
    assert_int_equal(got, ANSWER_UNAVAILABLE);
    assert_true(info.why.n > 0);
    if (str_find(info.why, str_of(lie->says)) == STR_NONE)
        fail_msg("%s: said " STR_FMT, lie->script, STR_ARG(info.why));
    size_t stored;
    store_list(a, s.cache_dir, &stored);
    assert_int_equal(stored, 0);
    world_close(w);
}

static void test_lies_are_refused(void **state)
{
    struct arena *a = arena_open();
    struct str release = host_release(a);

    (void)state;
    if (!release.n || access("/usr/share/keyrings/debian-archive-keyring.gpg", R_OK) != 0) {
        printf("skipped: no bookworm lists of the host's apt\n");
        arena_close(a);
        return;
    }
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        char dir[] = "/tmp/dfix-test-XXXXXX";
        assert_non_null(mkdtemp(dir));
        shell(a, str_fmt(a,
                         "cd %s && mkdir -p dists/bookworm && cp " STR_FMT
                         " dists/bookworm/InRelease && %s",
                         dir, STR_ARG(release), lies[i].script));
        expect_refused(a, str_of(dir), &lies[i]);
        shell(a, str_fmt(a, "rm -rf %s", dir));
    }
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lies_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
