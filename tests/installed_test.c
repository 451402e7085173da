/* Packages of a base given by hand: every format that --installed takes, broken ones too. */
#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "dfix/facts.h"
#include "world/installed.h"

static struct arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = arena_open();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static const struct installed *find(const struct installed_list *l, const char *name)
{
    for (size_t i = 0; i < l->list.n; i++)
        if (str_eq(l->list.v[i].name, str_of(name)))
            return &l->list.v[i];
    return NULL;
}

static void expect(const struct installed_list *l, const char *name, const char *version,
                   const char *source)
{
    const struct installed *p = find(l, name);
    assert_non_null(p);
    assert_true(str_eq(p->version, str_of(version)));
    assert_true(str_eq(p->source, str_of(source)));
}

static struct installed_list parse(const char *text)
{
    struct installed_list l;
    struct err e;
    if (!installed_parse(arena, str_of(text), &l, &e))
        fail_msg("%s", e.text);
    return l;
}

static void refuses(const char *text, const char *why)
{
    struct installed_list l;
    struct err e;
    assert_false(installed_parse(arena, str_of(text), &l, &e));
    if (!strstr(e.text, why))
        fail_msg("said: %s", e.text);
}

static void reads_dpkg_status(void **state)
{
    (void)state;
    struct installed_list l = parse("Package: libssl1.1\nStatus: install ok installed\n"
                                    "Architecture: amd64\nSource: openssl (1.1.1w-0+deb11u1)\n"
                                    "Version: 1.1.1w-0+deb11u1\n\n"
                                    "Package: gone\nStatus: deinstall ok config-files\n"
                                    "Version: 1.0\n");
    assert_int_equal(l.list.n, 1);
    expect(&l, "libssl1.1", "1.1.1w-0+deb11u1", "openssl");
}

static void reads_dpkg_query(void **state)
{
    (void)state;
    struct installed_list l = parse("adduser\t3.118\nlibc6:amd64\t2.31-13+deb11u11\nnever\t\n");
    assert_int_equal(l.list.n, 2);
    expect(&l, "libc6", "2.31-13+deb11u11", "libc6");
    assert_true(str_eq(find(&l, "libc6")->arch, S("amd64")));
    l = parse("adduser 3.118\nlibc6 2.31-13+deb11u11\n");
    expect(&l, "adduser", "3.118", "adduser");
}

static void reads_apk_database(void **state)
{
    (void)state;
    struct installed_list l =
        parse("C:Q1x=\nP:zlib\nV:1.2.11-r3\nA:x86_64\no:zlib\nF:lib\nR:libz.so.1\n\n"
              "P:ssl_client\nV:1.31.1-r21\no:busybox\n\n");
    assert_int_equal(l.list.n, 2);
    expect(&l, "ssl_client", "1.31.1-r21", "busybox");
}

static void reads_cyclonedx(void **state)
{
    (void)state;
    struct installed_list l = parse(
        "{\"bomFormat\":\"CycloneDX\",\"components\":["
        "{\"name\":\"libssl3\",\"purl\":\"pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64"
        "&upstream=openssl&distro=debian-12\"},"
        "{\"name\":\"git\",\"purl\":\"pkg:deb/debian/git@2.39.5-0%2Bdeb12u2?arch=amd64&epoch=1\","
        "\"properties\":[{\"name\":\"aquasecurity:trivy:SrcName\",\"value\":\"git\"}]},"
        "{\"name\":\"left-pad\",\"purl\":\"pkg:npm/left-pad@1.3.0\"},{\"name\":\"bare\"}]}");
    assert_int_equal(l.list.n, 2);
    expect(&l, "libssl3", "3.0.15-1~deb12u1", "openssl");
    expect(&l, "git", "1:2.39.5-0+deb12u2", "git");
}

static void reads_spdx(void **state)
{
    (void)state;
    const char *packages =
        "\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{\"name\":\"zlib\",\"externalRefs\":["
        "{\"referenceType\":\"cpe23Type\",\"referenceLocator\":\"cpe:2.3:a\"},"
        "{\"referenceType\":\"purl\",\"referenceLocator\":"
        "\"pkg:apk/alpine/zlib@1.2.12-r2?arch=x86_64&distro=alpine-3.16.2\"}]},{\"name\":\"x\"}]";
    struct installed_list l = parse(str_fmt(arena, "{%s}", packages).p);
    assert_int_equal(l.list.n, 1);
    expect(&l, "zlib", "1.2.12-r2", "zlib");
    l = parse(str_fmt(arena, "{\"predicateType\":\"p\",\"predicate\":{%s}}", packages).p);
    expect(&l, "zlib", "1.2.12-r2", "zlib");
    l = parse(str_fmt(arena, "{\"sbom\":{%s}}", packages).p);
    expect(&l, "zlib", "1.2.12-r2", "zlib");
}

static void refuses_what_it_is_not(void **state)
{
    (void)state;
    refuses("", "empty");
    refuses("\n \n", "empty");
    refuses("{", "is not");
    refuses("{\"packages\":[]}", "neither");
    refuses("{\"bomFormat\":\"CycloneDX\",\"components\":7}", "no dpkg or apk packages");
    refuses("one-word-lines\nare-nothing\n", "no dpkg or apk packages");
    refuses("FROM debian\nRUN x\n", "no dpkg or apk packages");
}

/* Names and versions end in a Dockerfile: nothing else may pass for one. */
static void keeps_commands_out(void **state)
{
    (void)state;
    struct installed_list l =
        parse("$(reboot)\t1.0\nfine\t1.0\nlibx\t1.0;reboot\nliby\t1.0 && z\n");
    assert_int_equal(l.list.n, 1);
    assert_true(l.broken);
    expect(&l, "fine", "1.0", "fine");
    l = parse(
        "{\"bomFormat\":\"CycloneDX\",\"components\":["
        "{\"purl\":\"pkg:deb/debian/a%24%28b%29@1.0\"},{\"purl\":\"pkg:deb/debian/a@1%0A2\"},"
        "{\"purl\":\"pkg:deb/debian/ab@1.0?epoch=1%0A\"},{\"purl\":\"pkg:deb/debian/ok@1.0\"},"
        "{\"purl\":\"pkg:deb/debian/@\"},{\"purl\":\"pkg:deb/\"},{\"purl\":\"pkg:apk/%\"}]}");
    assert_int_equal(l.list.n, 1);
    expect(&l, "ok", "1.0", "ok");
}

static void reads_real_ones(void **state)
{
    (void)state;
    struct installed_list l;
    struct err e;
    if (!installed_read(arena, S(DFIX_SHARED "/data/alpine/3.12.12/lib/apk/db/installed"), &l,
                        &e)) {
        print_message("no shared data: %s\n", e.text);
        skip();
    }
    assert_false(l.broken);
    assert_int_equal(l.list.n, 14);
    expect(&l, "zlib", "1.2.12-r0", "zlib");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_dpkg_status, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(reads_dpkg_query, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(reads_apk_database, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(reads_cyclonedx, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(reads_spdx, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(refuses_what_it_is_not, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(keeps_commands_out, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(reads_real_ones, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
