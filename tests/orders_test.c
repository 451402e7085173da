/* The orders of languages' versions against the vectors that their ecosystems publish, and what an
 * advisory's interval says of a version. */
#include "dfix/advisory.h"
#include "dfix/facts.h"
#include "dfix/version.h"

#include "cmocka_all.h"

static int sign(int d)
{
    return (d > 0) - (d < 0);
}

/* Each is below all that follow. */
static void ascending(const char *ecosystem, const char *const *v, size_t n)
{
    struct str e = str_of(ecosystem);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            struct str a = str_of(v[i]), b = str_of(v[j]);
            assert_true(ecosystem_valid(e, a));
            int d = sign(ecosystem_compare(e, a, b)), wanted = (i > j) - (i < j);
            if (d != wanted)
                fail_msg("%s: %s and %s: %d", ecosystem, v[i], v[j], d);
        }
}

static void same(const char *ecosystem, const char *a, const char *b)
{
    struct str e = str_of(ecosystem);
    assert_true(ecosystem_valid(e, str_of(a)) && ecosystem_valid(e, str_of(b)));
    if (ecosystem_compare(e, str_of(a), str_of(b)) || ecosystem_compare(e, str_of(b), str_of(a)))
        fail_msg("%s: %s and %s differ", ecosystem, a, b);
}

static void refused(const char *ecosystem, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ecosystem_valid(str_of(ecosystem), str_of(v[i])))
            fail_msg("%s: %s is taken", ecosystem, v[i]);
}

#define LIST(...)         ((const char *const[]){__VA_ARGS__})
#define COUNT(...)        (sizeof LIST(__VA_ARGS__) / sizeof(char *))
#define ASCENDING(e, ...) ascending(e, LIST(__VA_ARGS__), COUNT(__VA_ARGS__))
#define REFUSED(e, ...)   refused(e, LIST(__VA_ARGS__), COUNT(__VA_ARGS__))

/* The list that pypa/packaging tests with, and PEP 440's own normal forms. */
static void test_pep440(void **state)
{
    (void)state;
    ASCENDING("pypi", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12",
              "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456", "1.0b2.post345", "1.0b2-346",
              "1.0c1.dev456", "1.0c1", "1.0rc2", "1.0c3", "1.0", "1.0.post456.dev34", "1.0.post456",
              "1.1.dev1", "1.2+123abc", "1.2+123abc456", "1.2+abc", "1.2+abc123", "1.2+abc123def",
              "1.2+1234.abc", "1.2+123456", "1.2.r32+123456", "1.2.rev33+123456", "1!1.0.dev456",
              "1!1.0a1", "1!1.0", "1!1.2.rev33+123456");
    same("pypi", "1.0", "v1.0.0");
    same("pypi", "1.0.dev0", "1.0-DEV");
    same("pypi", "1.0a1", "1.0.alpha-1");
    same("pypi", "1.0a0", "1.0_ALPHA");
    same("pypi", "1.0b1", "1.0BETA1");
    same("pypi", "1.0rc1", "1.0-pre.1");
    same("pypi", "1.0rc1", "1.0preview1");
    same("pypi", "1.0.post5", "1.0-5");
    same("pypi", "1.0.post0", "1.0post");
    same("pypi", "1.0+ubuntu.1", "1.0+Ubuntu-1");
    same("pypi", " 1.0\n", "0!1");
    same("pypi", "00001.000", "1");
    REFUSED("pypi", "french toast", "1.0+a+", "1.0++", "1.0+_foobar", "1.0+foo&asd", "1.0+1+1", "",
            "1.0.x", "1..0", "!1", "1.0-");
}

/* semver.org, section 11. */
static void test_semver(void **state)
{
    (void)state;
    ASCENDING("npm", "1.0.0-0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
              "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1",
              "10.0.0", "99999999999999999999999.0.0");
    ASCENDING("go", "v0.0.0-20190101000000-abcdefabcdef", "v0.1.0-pre", "v0.1.0", "v1.2.3");
    same("npm", "1.0.0+build.1", "1.0.0+other");
    same("go", "v2.0.0+incompatible", "2.0.0");
    same("crates.io", "1", "1.0.0");
    REFUSED("npm", "", "1.", "1.0.0-", "1.0.0-a..b", "1.0.0+", "latest", "1.0.0 ", "^1.0.0", "1.x",
            "1.0.0.0");
}

/* Maven's ComparableVersionTest, and its version order specification. */
static void test_maven(void **state)
{
    (void)state;
    ASCENDING("maven", "1-alpha2snapshot", "1-alpha2", "1-alpha-123", "1-beta-2", "1-beta123",
              "1-m2", "1-m11", "1-rc", "1-cr2", "1-rc123", "1-SNAPSHOT", "1", "1-sp", "1-sp2",
              "1-sp123", "1-abc", "1-def", "1-pom-1", "1-1-snapshot", "1-1", "1-2", "1-123");
    ASCENDING("maven", "2.0", "2.0.a", "2-1", "2.0.2", "2.0.123", "2.1.0", "2.1-a", "2.1b", "2.1-c",
              "2.1-1", "2.1.0.1", "2.2", "2.123", "11.a2", "11.a11", "11.b2", "11.b11", "11.m2",
              "11.m11", "11", "11.a", "11b", "11c", "11m");
    ASCENDING("maven", "1.0-alpha-1-SNAPSHOT", "1.0-alpha-1", "1.0-beta-1", "1.0-SNAPSHOT", "1.0",
              "1.0-1", "1.0.1");
    same("maven", "1", "1.0-0");
    same("maven", "1", "1.0.0-ga");
    same("maven", "1.0", "1-FINAL");
    same("maven", "1a1", "1-alpha-1");
    same("maven", "1b2", "1-beta-2");
    same("maven", "1m3", "1-milestone-3");
    same("maven", "1-cr1", "1-RC1");
    same("maven", "1.0.0x", "1-x");
    same("maven", "1.0.RC2", "1.0-RC2");
    ASCENDING("maven", "6.1.0.M3", "6.1.0rc3", "6.1H.5-beta", "20190126.230843");
    REFUSED("maven", "", "1 2", "${project.version}", "[1.0,2.0)");
}

/* RubyGems' test_gem_version. */
static void test_gem(void **state)
{
    (void)state;
    ASCENDING("rubygems", "0.0.0", "1.0.a", "1.0", "1.8.2.a9", "1.8.2.a10", "1.8.2.b", "1.8.2",
              "1.9.2.99", "1.9.3", "1.9.3.1", "5.a", "5.0.0.rc2", "5.x", "5");
    ASCENDING("rubygems", "1.0-2", "1", "1.0.1-1");
    same("rubygems", "1.0", "1.0.0");
    same("rubygems", "0.beta.1", "0.0.beta.1");
    same("rubygems", "1.0.0-1", "1.0.0.pre.1");
    same("rubygems", "1.a.0", "1.a");
    same("rubygems", " 1.2 ", "1.2.0.0");
    ASCENDING("rubygems", "0.0.beta", "0.beta.1", "0.beta.1.0.1");
    REFUSED("rubygems", "", "junk", "1.0\n2.0", "1..2", "1.2 3.4", "2.3422222.222.222222222.22222.",
            ".1", "1.");
}

static enum verdict judge(const char *ecosystem, const char *version, struct advisory_range r)
{
    return range_judge(str_of(ecosystem), str_of(version), &r);
}

static void test_ranges(void **state)
{
    struct str none = S("");
    struct advisory_range from2 = {S("2.0"), S("2.5"), none, false},
                          to3 = {S("0"), none, S("3.0"), false},
                          one = {S("1.0.0"), none, none, true}, all = {none, none, none, false},
                          odd = {S("0"), S("no version"), none, false};
    (void)state;
    assert_int_equal(judge("pypi", "1.9", from2), VERDICT_NOT_AFFECTED);
    assert_int_equal(judge("pypi", "2.0", from2), VERDICT_AFFECTED);
    assert_int_equal(judge("pypi", "2.5rc1", from2), VERDICT_AFFECTED);
    assert_int_equal(judge("pypi", "2.5", from2), VERDICT_FIXED);
    assert_int_equal(judge("pypi", "3.0", to3), VERDICT_AFFECTED);
    assert_int_equal(judge("pypi", "3.0.post1", to3), VERDICT_NOT_AFFECTED);
    assert_int_equal(judge("pypi", "1.0", one), VERDICT_AFFECTED);
    assert_int_equal(judge("pypi", "1.1", one), VERDICT_NOT_AFFECTED);
    assert_int_equal(judge("pypi", "7", all), VERDICT_AFFECTED);
    assert_int_equal(judge("pypi", ">=7", all), VERDICT_UNKNOWN);
    assert_int_equal(judge("pypi", "7", odd), VERDICT_UNKNOWN);
    assert_int_equal(judge("cobol", "7", all), VERDICT_UNKNOWN);
    assert_int_equal(judge("debian:12", "3.0.11-1~deb12u2",
                           (struct advisory_range){none, S("3.0.15-1~deb12u1"), none, false}),
                     VERDICT_AFFECTED);
    assert_int_equal(judge("alpine:3.20", "1.2.12-r2",
                           (struct advisory_range){none, S("1.2.12-r2"), none, false}),
                     VERDICT_FIXED);
}

/* The examples of the specifications 3.0 and 3.1, and NVD's numbers. */
static void test_cvss(void **state)
{
    (void)state;
    assert_int_equal(cvss_base(S("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")), 98);
    assert_int_equal(cvss_base(S("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H")), 100);
    assert_int_equal(cvss_base(S("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N")), 61);
    assert_int_equal(cvss_base(S("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N")), 37);
    assert_int_equal(cvss_base(S("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:H")), 66);
    assert_int_equal(cvss_base(S("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H")), 78);
    assert_int_equal(cvss_base(S("CVSS:3.0/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N")), 0);
    assert_int_equal(cvss_base(S("CVSS:3.1/AV:N")), ADVISORY_UNSCORED);
    assert_int_equal(
        cvss_base(S("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")),
        ADVISORY_UNSCORED);
    assert_int_equal(cvss_base(S("7.5")), ADVISORY_UNSCORED);
    assert_string_equal(cvss_word(98), "critical");
    assert_string_equal(cvss_word(39), "low");
    assert_string_equal(cvss_word(ADVISORY_UNSCORED), "");
    assert_string_equal(rating_word(S("medium**")), "medium");
    assert_string_equal(rating_word(S("unimportant")), "low");
    assert_string_equal(rating_word(S("not yet assigned")), "");
}

static void ecosystem_is(struct arena *a, const char *purl, const char *wanted)
{
    struct release r = {S("debian"), S("12"), S("bookworm")};
    struct str got = ecosystem_of_purl(a, str_of(purl), &r);
    if (!str_eq(got, str_of(wanted)))
        fail_msg("%s: " STR_FMT, purl, STR_ARG(got));
}

static void test_ecosystems(void **state)
{
    struct arena *a = arena_open();
    struct release r;
    (void)state;
    ecosystem_is(a, "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-11", "debian:11");
    ecosystem_is(a, "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64", "debian:12");
    ecosystem_is(a, "pkg:deb/ubuntu/libssl3@3.0.11-1?distro=jammy", "ubuntu:22.04");
    ecosystem_is(a, "pkg:deb/ubuntu/libssl3@3.0.11-1", "");
    ecosystem_is(a, "pkg:apk/alpine/zlib@1.2.12-r2?distro=alpine-3.20.3", "alpine:3.20");
    ecosystem_is(a, "pkg:pypi/django@4.2", "pypi");
    ecosystem_is(a, "pkg:golang/golang.org/x/net@v0.1.0", "go");
    ecosystem_is(a, "pkg:gem/rails@7.0.0", "rubygems");
    ecosystem_is(a, "pkg:rpm/fedora/curl@7", "");
    assert_true(release_find(S("debian"), S("sid"), &r));
    assert_true(str_eq(ecosystem_of_release(a, &r), S("debian:sid")));
    assert_true(release_find(S("alpine"), S("edge"), &r));
    assert_true(str_eq(ecosystem_of_release(a, &r), S("alpine:edge")));
    assert_true(
        str_eq(ecosystem_name(a, S("pypi"), S("Flask__SQL.Alchemy")), S("flask-sql-alchemy")));
    assert_true(str_eq(ecosystem_name(a, S("npm"), S("@Types/node_x")), S("@Types/node_x")));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pep440),    cmocka_unit_test(test_semver),
        cmocka_unit_test(test_maven),     cmocka_unit_test(test_gem),
        cmocka_unit_test(test_ranges),    cmocka_unit_test(test_cvss),
        cmocka_unit_test(test_ecosystems)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
