/* Tables of releases and known images: rules against the tables that they were drawn from. */
#include "dfix/facts.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static struct arena *arena;

static void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want)))
        fail_msg("got '" STR_FMT "', want '%s'", STR_ARG(got), want);
}

static struct known_image known(const char *name, const char *tag)
{
    struct known_image k;
    known_image_find(str_of(name), str_of(tag), &k);
    return k;
}

static void test_releases(void **state)
{
    (void)state;
    static const struct {
        const char *distro, *name, *version, *codename;
    } good[] = {
        {"debian", "12", "12", "bookworm"}, {"debian", "12.5", "12", "bookworm"},
        {"debian", "6.0", "6", "squeeze"},  {"", "bookworm", "12", "bookworm"},
        {"", "noble", "24.04", "noble"},    {"ubuntu", "22.04.3", "22.04", "jammy"},
        {"alpine", "3.20.3", "3.20", ""},   {"alpine", "edge", "edge", ""},
        {"alpine", "3.31", "3.31", ""},     {"debian", "sid", "sid", "sid"},
    };
    struct release r;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(release_find(str_of(good[i].distro), str_of(good[i].name), &r));
        assert_str(r.version, good[i].version);
        assert_str(r.codename, good[i].codename);
    }
    assert_false(release_find(S(""), S("12"), &r));
    assert_false(release_find(S("debian"), S("jammy"), &r));
    assert_false(release_find(S("ubuntu"), S("12"), &r));
    assert_false(release_find(S("alpine"), S("3"), &r));
    assert_false(release_find(S("alpine"), S("3.x"), &r));
    assert_false(release_find(S("debian"), S(""), &r));
    assert_true(release_moving(S("stable"), &r));
    assert_str(r.codename, "trixie");
    assert_false(release_moving(S("stabler"), &r));
}

static void test_life(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct release r;
    struct str end;
    assert_true(release_find(S("debian"), S("buster"), &r));
    assert_true(release_end(&r, &end));
    assert_str(end, "2024-06-30");
    assert_str(release_next(a, &r, S("2026-01-01")), "bullseye, bookworm, trixie");
    assert_str(release_next(a, &r, S("2026-10-01")), "bookworm, trixie");
    assert_true(release_find(S("alpine"), S("3.19"), &r));
    assert_str(release_next(a, &r, S("2026-12-01")), "3.22, 3.23, 3.24");
    assert_true(release_find(S("debian"), S("sid"), &r));
    assert_false(release_end(&r, &end));
    assert_str(release_next(a, &r, S("")), "");
    arena_close(a);
}

static void test_rolling(void **state)
{
    static const struct {
        const char *distro, *suite, *today;
        bool rolls;
    } cases[] = {
        {"debian", "sid", "", true},
        {"debian", "unstable", "", true},
        {"debian", "experimental", "", true},
        {"debian", "rc-buggy", "", true},
        {"debian", "testing-security", "", true},
        {"debian", "forky", "", true},
        {"debian", "forky-updates", "", true},
        {"debian", "stable", "", true},
        {"debian", "trixie", "2025-08-08", true},
        {"debian", "trixie", "2025-08-09", false},
        {"debian", "trixie", "", false},
        {"debian", "bookworm-backports", "", false},
        {"debian", "buster/updates", "", false},
        {"debian", "bookworm-pgdg", "", false},
        {"ubuntu", "devel", "", true},
        {"ubuntu", "devel-proposed", "", true},
        {"ubuntu", "stonking-security", "2026-10-14", true},
        {"ubuntu", "stonking-security", "2026-10-15", false},
        {"alpine", "edge/main", "", true},
        {"alpine", "edge", "", true},
        {"alpine", "latest-stable/main", "", true},
        {"alpine", "v3.20/main", "", false},
    };
    struct release r;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (suite_rolls(str_of(cases[i].distro), str_of(cases[i].suite), str_of(cases[i].today)) !=
            cases[i].rolls)
            fail_msg("%s %s at \"%s\"", cases[i].distro, cases[i].suite, cases[i].today);
    assert_true(release_find(S("alpine"), S("edge"), &r));
    assert_true(release_rolls(&r, S("")));
    assert_true(release_find(S("debian"), S("sid"), &r));
    assert_true(release_rolls(&r, S("2026-12-01")));
    assert_true(release_find(S("debian"), S("bookworm"), &r));
    assert_false(release_rolls(&r, S("2026-12-01")));
    assert_true(archive_rolls(S("http://mirror.example.org/alpine/edge/testing")));
    assert_false(archive_rolls(S("http://edge.example.org/alpine/v3.20/main")));
}

/* What one release showed stands for that, what several did for all. */
static void test_moves(void **state)
{
    static const struct {
        const char *distro, *release, *source;
        bool moves;
    } cases[] = {
        {"debian", "12", "chromium", true},
        {"debian", "13", "chromium", true},
        {"debian", "10", "chromium", true},
        {"debian", "11", "openjdk-17", true},
        {"debian", "12", "openjdk-17", false},
        {"debian", "13", "tzdata", true},
        {"debian", "13", "postgresql-17", true},
        {"debian", "12", "curl", false},
        {"alpine", "3.16", "curl", true},
        {"alpine", "3.22", "curl", false},
        {"alpine", "3.22", "tzdata", true},
        {"alpine", "3.22", "chromium", false},
        {"ubuntu", "24.04", "nvidia-graphics-drivers-550", true},
        {"ubuntu", "24.04", "curl", false},
    };
    struct release r;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(release_find(str_of(cases[i].distro), str_of(cases[i].release), &r));
        if (source_moves(&r, str_of(cases[i].source)) != cases[i].moves)
            fail_msg("%s %s: %s", cases[i].distro, cases[i].release, cases[i].source);
    }
}

static void test_tags(void **state)
{
    (void)state;
    static const struct {
        const char *name, *tag, *distro, *version;
        bool exact;
    } cases[] = {
        {"docker.io/library/debian", "bookworm-slim", "debian", "12", true},
        {"docker.io/library/debian", "11.11-slim", "debian", "11", true},
        {"docker.io/library/debian", "stable", "debian", "13", false},
        {"docker.io/library/debian", "stable-slim", "debian", "13", false},
        {"docker.io/library/debian", "latest", "debian", "13", false},
        {"docker.io/library/ubuntu", "latest", "ubuntu", "26.04", false},
        {"docker.io/library/ubuntu", "22.04", "ubuntu", "22.04", true},
        {"docker.io/library/ubuntu", "noble-20240605", "ubuntu", "24.04", true},
        {"docker.io/arm64v8/ubuntu", "jammy", "ubuntu", "22.04", true},
        {"docker.io/library/alpine", "3.20", "alpine", "3.20", true},
        {"docker.io/library/alpine", "3", "alpine", "3.24", false},
        {"docker.io/library/alpine", "20240315", "alpine", "edge", false},
        {"docker.io/library/python", "3.12-slim-bookworm", "debian", "12", true},
        {"docker.io/library/python", "3.12", "debian", "13", false},
        {"docker.io/library/python", "3.8", "debian", "12", false},
        {"docker.io/library/python", "3.12-alpine3.20", "alpine", "3.20", true},
        {"docker.io/library/node", "20-slim", "debian", "12", false},
        {"docker.io/library/node", "14", "debian", "10", false},
        {"docker.io/library/eclipse-temurin", "17-jre-alpine-3.21", "alpine", "3.21", true},
        {"docker.io/library/fedora", "43", "", "", false},
        {"docker.io/library/nothing", "43", "", "", false},
        {"docker.io/nvidia/cuda", "12.2.0-devel-ubuntu22.04", "ubuntu", "22.04", true},
        {"docker.io/nvidia/cuda", "12.2.0-devel-ubuntu2204", "ubuntu", "22.04", true},
        {"docker.io/library/ros", "kinetic-perception-xenial", "ubuntu", "16.04", true},
        {"docker.io/foo/bar", "bookworm-jammy", "", "", false},
        {"docker.io/foo/bar", "", "", "", false},
        {"docker.io/foo/debian", "12", "", "", false},
        {"quay.io/x/debian", "debian-12-r3", "debian", "12", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct known_image k = known(cases[i].name, cases[i].tag);
        if (!str_eq(k.release.distro, str_of(cases[i].distro)) ||
            !str_eq(k.release.version, str_of(cases[i].version)) || k.exact != cases[i].exact)
            fail_msg("%s:%s is '" STR_FMT "' '" STR_FMT "' %d", cases[i].name, cases[i].tag,
                     STR_ARG(k.release.distro), STR_ARG(k.release.version), k.exact);
        assert_int_equal(!k.release.distro.n, k.why != NULL);
    }
    assert_true(known("docker.io/library/python", "3.12-windowsservercore-ltsc2022").windows);
    assert_true(known("mcr.microsoft.com/windows/servercore", "ltsc2022").windows);
    assert_true(known("mcr.microsoft.com/windows/nanoserver", "").windows); /* by digest */
    assert_true(known("mcr.microsoft.com/windows", "20H2").windows);
    assert_true(known("mcr.microsoft.com/dotnet/framework/sdk", "4.8").windows);
    assert_true(known("mcr.microsoft.com/powershell", "nanoserver-1809").windows);
    assert_true(known("docker.io/sixeyed/openjdk-nanoserver", "8").windows);
    assert_true(known("docker.io/microsoft/mssql-server-windows-express", "").windows);
    assert_false(known("mcr.microsoft.com/dotnet/aspnet", "8.0").windows);
    assert_false(known("docker.io/microsoft/aspnetcore", "2.0").windows);
}

static void test_users(void **state)
{
    (void)state;
    struct known_image k = known("docker.io/library/node", "20");
    assert_true(k.user_known);
    assert_str(k.user, "");
    assert_str(k.spare_uid, "1000");
    assert_str(k.touched, "");
    k = known("docker.io/library/postgres", "16");
    assert_true(k.drops_root);
    assert_str(k.touched, "*");
    assert_str(known("docker.io/library/postgres", "16-alpine3.20").touched, "");
    assert_str(known("docker.io/library/php", "8.3-apache-bookworm").touched, "php*");
    assert_str(known("docker.io/library/debian", "bookworm-backports").touched, "*");
    assert_str(known("docker.io/library/haproxy", "3.0").user, "haproxy");
    assert_false(known("docker.io/library/haproxy", "2.1.4").user_known);
    assert_str(known("docker.io/library/wordpress", "cli-2.12").user, "www-data");
    assert_str(known("docker.io/library/mariadb", "11-ubi9").user, "mysql");
    assert_str(known("docker.io/nginxinc/nginx-unprivileged", "1").user, "101");
    assert_true(known("docker.io/phusion/baseimage", "focal-1.2.0").init);
    assert_str(known("public.ecr.aws/docker/library/node", "20-bookworm").spare_uid, "1000");
    assert_str(known("public.ecr.aws/docker/library/node", "20-bookworm").release.version, "12");
    assert_false(known("public.ecr.aws/other/node", "20").user_known);
    assert_str(known("docker.io/library/php", "8.3-fpm-bookworm").spare_uid, "33");
    assert_str(known("docker.io/library/php", "8.3-fpm-alpine3.20").spare_uid, "82");
    assert_str(known("docker.io/library/php", "8.3-fpm").spare_user, "www-data");
    assert_true(known("docker.io/library/docker", "27-dind").needs_root);
    assert_str(known("registry.access.redhat.com/ubi9/nodejs-20", "latest").user, "1001");
    assert_false(known("registry.access.redhat.com/ubi9/ubi-minimal", "latest").user_known);
    assert_str(known("mcr.microsoft.com/dotnet/aspnet", "8.0-alpine").spare_uid, "1654");
    assert_str(known("mcr.microsoft.com/dotnet/runtime", "10.0").spare_user, "app");
    assert_str(known("mcr.microsoft.com/dotnet/aspnet", "7.0").spare_uid, "");
    assert_str(known("mcr.microsoft.com/dotnet/aspnet", "9.0-nanoserver-1809").spare_uid, "");
    assert_str(known("mcr.microsoft.com/dotnet/framework/aspnet", "4.8").spare_uid, "");
    assert_str(known("mcr.microsoft.com/mssql/server", "2017-latest").user, "");
    assert_str(known("mcr.microsoft.com/mssql/server", "2022-latest").user, "mssql");
    assert_str(known("quay.io/keycloak/keycloak", "26.0").user, "1000");
    assert_false(known("docker.io/someone/node", "20").user_known);
    assert_false(known("docker.io/node", "20").user_known);
}

struct score {
    unsigned rows, right, unknown, wrong;
};

static struct score score_of(const char *file, bool users)
{
    struct score s = {0};
    char line[1024];
    gzFile f = gzopen(file, "rb");
    if (!f)
        return s;
    gzgets(f, line, sizeof line);
    while (gzgets(f, line, sizeof line)) {
        char *save = NULL, name[256], *rest = line;
        line[strcspn(line, "\n")] = '\0';
        char *col[5] = {0};
        for (int i = 0; i < 5 && (col[i] = strtok_r(rest, "\t", &save)); i++)
            rest = NULL;
        if (!col[3] || !strcmp(col[2], "?"))
            continue;
        snprintf(name, sizeof name, "docker.io/library/%s", col[0]);
        struct known_image k = known(name, col[1]);
        struct release want = {S(""), S(""), S("")};
        bool ours =
            !strcmp(col[2], "debian") || !strcmp(col[2], "ubuntu") || !strcmp(col[2], "alpine");
        if (ours && !release_find(str_of(col[2]), str_of(col[3]), &want))
            fail_msg("no release %s %s", col[2], col[3]);
        s.rows++;
        if (users && col[4] && k.user_known &&
            !str_eq(k.user, str_of(strcmp(col[4], "(none)") ? col[4] : "")) && !k.windows)
            fail_msg("%s:%s runs as %s", name, col[1], col[4]);
        if (!ours)
            k.release.distro.n ? s.wrong++ : s.right++;
        else if (!k.release.distro.n)
            s.unknown++;
        else if (str_eq(k.release.distro, want.distro) && str_eq(k.release.version, want.version))
            s.right++;
        else
            s.wrong++;
        if (getenv("DFIX_SHOW") && ours && !str_eq(k.release.version, want.version))
            printf("%s:%s is %s, not " STR_FMT "\n", col[0], col[1], col[3],
                   STR_ARG(k.release.version));
    }
    gzclose(f);
    return s;
}

static void test_official_tags(void **state)
{
    (void)state;
    struct score now = score_of(DFIX_SHARED "/data/official-tags-current.tsv.gz", true);
    if (!now.rows) {
        print_message("no tables of official tags beside the project: skipped\n");
        skip();
    }
    print_message("current tags: %u, right %u, unknown %u, wrong %u\n", now.rows, now.right,
                  now.unknown, now.wrong);
    assert_int_equal(now.wrong, 0);
    assert_true(now.right * 1000 >= now.rows * 995);
    struct score past = score_of(DFIX_SHARED "/data/official-tags-history.tsv.gz", false);
    print_message("past tags: %u, right %u, unknown %u, wrong %u\n", past.rows, past.right,
                  past.unknown, past.wrong);
    assert_true(past.wrong * 100 < past.rows);
    assert_true(past.right * 100 >= past.rows * 75);
}

static bool holds(const struct known_image *k, const char *package)
{
    return globs_fit(k->holds, str_of(package));
}

/* Every package that a real image holds is among those of the table; false: no data. */
static bool check_bases(const char *name, const char *tag, const char *command)
{
    struct known_image k = known(name, tag);
    char line[256];
    unsigned n = 0;
    FILE *f = popen(command, "r");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (!holds(&k, line))
            fail_msg("%s:%s holds %s", name, tag, line);
        n++;
    }
    if (f)
        pclose(f);
    return n > 0;
}

/* " owner/name 0123456789ab " */
static bool names_commit(struct str s)
{
    struct str name, commit = str_trim(s);
    bool hex = str_cut(&commit, ' ', &name) && commit.n == 12 && str_chr(name, '/') != STR_NONE;

    for (size_t i = 0; i < commit.n && hex; i++)
        hex = str_chr(S("0123456789abcdef"), commit.p[i]) != STR_NONE;
    return hex;
}

/* What is known of an image was read somewhere, and the row says where. */
static void test_rows_name_their_source(void **state)
{
    (void)state;
    FILE *f = fopen(DFIX_ROOT "/src/distro/known_images.def", "r");
    char line[512];
    unsigned rows = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        struct str row = str_trim(str_of(line));
        bool is_row = str_starts(row, S("KNOWN(")) || str_starts(row, S("TAG_")) ||
                      str_starts(row, S("SPARE_SINCE(")) || str_starts(row, S("UNTOUCHED("));
        ptrdiff_t at = str_find(row, S(") /* "));
        if (!is_row || str_starts(row, S("KNOWN(\"scratch\"")))
            continue;
        rows++;
        if (at == STR_NONE || !str_ends(row, S(" */")) ||
            !names_commit(str_sub(row, (size_t)at + 5, row.n - 3)))
            fail_msg("no repository and commit: %s", line);
    }
    fclose(f);
    assert_true(rows > 100);
}

static void test_base_packages(void **state)
{
    (void)state;
    arena = arena_open();
    struct known_image alpine = known("docker.io/library/alpine", "3.20");
    struct known_image debian = known("docker.io/library/debian", "bookworm-slim");
    struct known_image old = known("docker.io/library/debian", "jessie");
    struct known_image other = known("docker.io/library/python", "3.12-bookworm");
    struct known_image foreign = known("quay.io/team/debian", "bookworm");
    assert_true(holds(&alpine, "musl") && !holds(&alpine, "curl"));
    assert_true(holds(&debian, "libc6") && !holds(&debian, "curl") && !holds(&debian, "gnupg"));
    assert_true(holds(&old, "curl") && holds(&other, "curl") && holds(&foreign, "curl"));
    bool data = true;
    static const char *const alpines[] = {"3.12.12", "3.16.9", "3.20.3"};
    for (size_t i = 0; i < sizeof alpines / sizeof alpines[0]; i++)
        data &=
            check_bases("docker.io/library/alpine", alpines[i],
                        str_fmt(arena, "sed -n 's/^P://p' %s/data/alpine/%s/lib/apk/db/installed",
                                DFIX_SHARED, alpines[i])
                            .p);
    data &= check_bases("docker.io/library/debian", "bullseye",
                        "xz -dc " DFIX_SHARED
                        "/data/debian/dpkg-status-bullseye-11.11-minbase.xz 2>/dev/null | "
                        "sed -n 's/^Package: //p'");
    arena_close(arena);
    if (!data) {
        print_message("no installed databases beside the project: skipped\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_releases),      cmocka_unit_test(test_life),
        cmocka_unit_test(test_rolling),       cmocka_unit_test(test_moves),
        cmocka_unit_test(test_tags),          cmocka_unit_test(test_users),
        cmocka_unit_test(test_official_tags), cmocka_unit_test(test_rows_name_their_source),
        cmocka_unit_test(test_base_packages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
