/* The index against apt itself: the newest version that dfix finds in the lists of the host's
 * apt is the newest that `apt-cache madison` names from the same suites. */
#include "cmocka_all.h"
#include "dfix/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "world/world.h"

enum { PACKAGES = 500 };

/* The release of the host, when it is Debian and its apt keeps lists; "" otherwise. */
static struct str host_codename(struct arena *a)
{
    char line[256];
    struct str name = S("");
    bool debian = false;
    FILE *f = fopen("/etc/os-release", "r");

    while (f && fgets(line, sizeof(line), f)) {
        struct str s = str_trim(str_of(line));
        debian |= str_eq(s, S("ID=debian"));
        if (str_starts(s, S("VERSION_CODENAME=")))
            name = str_dup(a, str_from(s, 17));
    }
    if (f)
        fclose(f);
    return debian ? name : S("");
}

struct row {
    struct str name, newest;
};

/* "   curl | 7.88.1-10 | http://mirror/debian bookworm/main amd64 Packages" */
static size_t read_madison(struct arena *a, struct str codename, const char *command,
                           struct row *rows)
{
    char line[1024];
    size_t n = 0;
    FILE *f = popen(command, "r");

    while (f && fgets(line, sizeof(line), f)) {
        struct str rest = str_of(line), name, version;
        if (!str_cut(&rest, '|', &name) || !str_cut(&rest, '|', &version))
            continue;
        name = str_trim(name);
        version = str_trim(version);
        struct str at = str_fmt(a, " " STR_FMT, STR_ARG(codename));
        if (str_find(rest, at) == STR_NONE || str_find(rest, S(" Sources")) != STR_NONE ||
            str_find(rest, S("/main ")) == STR_NONE)
            continue;
        if (!n || !str_eq(rows[n - 1].name, name)) {
            if (n == PACKAGES)
                break;
            rows[n++] = (struct row){str_dup(a, name), str_dup(a, version)};
        } else if (deb_compare(version, rows[n - 1].newest) > 0) {
            rows[n - 1].newest = str_dup(a, version);
        }
    }
    if (f)
        pclose(f);
    return n;
}

static void test_newest_is_what_apt_names(void **state)
{
    struct arena *a = arena_open();
    struct row *rows = arena_new(a, struct row, PACKAGES);
    struct str codename = host_codename(a);
    char cache[] = "/tmp/dfix-test-XXXXXX";
    size_t n = 0, asked = 0;

    (void)state;
    if (codename.n)
        n = read_madison(a, codename,
                         "apt-cache pkgnames 2>/dev/null | LC_ALL=C sort | awk 'NR % 97 == 0' | "
                         "head -700 | xargs apt-cache madison 2>/dev/null",
                         rows);
    if (n < 10) {
        print_message("skipped: no Debian lists of the host's apt\n");
        arena_close(a);
        skip();
    }
    assert_non_null(mkdtemp(cache));
    struct settings s = {.offline = true, .max_age = -1, .cache_dir = str_of(cache)};
    struct world *w = world_open(&s);
    const struct lookup *l = world_lookup(w);
    struct release r = {S("debian"), S("12"), codename};
    for (int round = 0; round < 2; round++) {
        asked = 0;
        for (size_t i = 0; i < n; i++) {
            struct package_info info = {.noffer = 0};
            const struct question q = {.manager = &manager_apt,
                                       .release = &r,
                                       .archs = arch_of(S("amd64")),
                                       .name = rows[i].name};
            enum answer got = lookup_package(l, q, &info);
            if (got == ANSWER_UNAVAILABLE)
                break;
            if (got == ANSWER_PENDING)
                continue;
            asked++;
            assert_int_equal(got, ANSWER_FOUND);
            assert_true(info.noffer > 0);
            if (deb_compare(info.offer[0].version, rows[i].newest) != 0)
                fail_msg(STR_FMT ": " STR_FMT ", but apt has " STR_FMT, STR_ARG(rows[i].name),
                         STR_ARG(info.offer[0].version), STR_ARG(rows[i].newest));
        }
        l->resolve(l->self);
    }
    printf("%zu packages compared with apt\n", asked);
    if (!asked)
        printf("skipped: the lists of the host's apt do not cover its own release\n");
    world_close(w);
    assert_int_equal(system(str_cstr(a, str_fmt(a, "rm -rf '%s'", cache))), 0);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_newest_is_what_apt_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
