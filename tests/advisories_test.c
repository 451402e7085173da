/* Feeds of every kind, compiled and asked: verdicts, what is done about each, names, and what is
 * never called clean. */
#include "feeds.h"

static const struct advisory_match *only(struct test_feeds *t, const char *ecosystem,
                                         const char *name, const char *version)
{
    struct match_list *l = arena_new(t->arena, struct match_list, 1);
    enum answer answer = feeds_ask(t, ecosystem, name, version, l);
    if (l->n + l->nsettled != 1)
        fail_msg("%s %s: %zu matches, %s", name, version, l->n + l->nsettled, l->why.p);
    assert_int_equal(answer, l->n ? ANSWER_FOUND : ANSWER_ABSENT);
    return l->n ? &l->v[0] : &l->settled[0];
}

#define IS(text, wanted) assert_string_equal(str_cstr(t->arena, text), wanted)

static const char tracker[] =
    "{\"openssl\":{"
    "\"CVE-2024-1\":{\"scope\":\"remote\",\"releases\":{\"bookworm\":{\"status\":\"resolved\","
    "\"repositories\":{\"bookworm\":\"3\"},\"fixed_version\":\"3.0.14-1\",\"urgency\":\"medium**\"}"
    ","
    "\"nosuch\":{\"status\":\"open\"}}}},"
    "\"a2\":{\"CVE-2024-2\":{\"releases\":{\"bookworm\":{\"status\":\"open\",\"urgency\":\"not yet "
    "assigned\"}}}},"
    "\"a3\":{\"CVE-2024-3\":{\"releases\":{\"bookworm\":{\"status\":\"open\",\"nodsa\":\"Minor\","
    "\"nodsa_reason\":\"ignored\",\"urgency\":\"unimportant\"}}}},"
    "\"a4\":{\"CVE-2024-4\":{\"releases\":{\"bookworm\":{\"status\":\"open\",\"nodsa\":\"Minor\","
    "\"nodsa_reason\":\"\"}}}},"
    "\"a5\":{\"CVE-2024-5\":{\"releases\":{\"bookworm\":{\"status\":\"resolved\",\"fixed_version\":"
    "\"0\"}}}},"
    "\"a6\":{\"CVE-2024-6\":{\"releases\":{\"bookworm\":{\"status\":\"undetermined\"}}}},"
    "\"a7\":{\"CVE-2024-7\":{\"releases\":{\"bookworm\":{\"status\":\"open\",\"urgency\":"
    "\"end-of-life\"}}}}}";

static void test_debian(void **state)
{
    struct test_feeds *t = feeds_open();
    const struct advisory_match *m;
    struct match_list l;
    (void)state;
    feeds_add(t, tracker, "json");
    assert_int_equal(t->v[0].meta.kind, FEED_DEBIAN);
    m = only(t, "debian:12", "openssl", "3.0.11-1~deb12u2");
    assert_int_equal(m->verdict, VERDICT_AFFECTED);
    assert_int_equal(m->fix, FIX_RELEASED);
    IS(m->fixed, "3.0.14-1");
    IS(m->is.rating, "medium**");
    IS(m->is.rated_by, "Debian");
    IS(m->reason, "openssl 3.0.11-1~deb12u2 is below 3.0.14-1, which holds the fix");
    assert_int_equal(only(t, "debian:12", "openssl", "3.0.14-1+b1")->verdict, VERDICT_FIXED);
    assert_int_equal(only(t, "debian:12", "a2", "1-1")->fix, FIX_NONE);
    assert_int_equal(only(t, "debian:12", "a3", "1-1")->fix, FIX_NEVER);
    IS(only(t, "debian:12", "a3", "1-1")->is.rating, "unimportant");
    assert_int_equal(only(t, "debian:12", "a4", "1-1")->fix, FIX_POSTPONED);
    assert_int_equal(only(t, "debian:12", "a5", "1-1")->verdict, VERDICT_NOT_AFFECTED);
    assert_int_equal(only(t, "debian:12", "a6", "1-1")->verdict, VERDICT_UNKNOWN);
    assert_int_equal(only(t, "debian:12", "a7", "1-1")->fix, FIX_NEVER);
    /* The tracker is whole: its silence counts, but only of what it speaks of. */
    assert_int_equal(feeds_ask(t, "debian:12", "nosuch", "1-1", &l), ANSWER_ABSENT);
    assert_int_equal(feeds_ask(t, "debian:9", "openssl", "1-1", &l), ANSWER_UNAVAILABLE);
    IS(l.why, "no advisories for debian:9 are at hand");
    assert_int_equal(feeds_ask(t, "debian:12", "openssl", "", &l), ANSWER_UNAVAILABLE);
    IS(l.why, "its version is not known");
    assert_int_equal(feeds_ask(t, "debian:12", "openssl", "-", &l), ANSWER_UNAVAILABLE);
    assert_int_equal(feeds_ask(t, "", "openssl", "1", &l), ANSWER_UNAVAILABLE);
    feeds_close(t);
}

/* A binary package is judged as its source. */
static void test_sources(void **state)
{
    struct test_feeds *t = feeds_open();
    struct component c = component_of("debian:12", S("libssl3"), S("3.0.11-1~deb12u2+b1"));
    struct match_list l;
    (void)state;
    feeds_add(t, tracker, "json");
    assert_int_equal(advisories_match(t->arena, &t->held, &c, false, &l), ANSWER_ABSENT);
    c.source = S("openssl");
    c.source_version = S("3.0.11-1~deb12u2");
    assert_int_equal(advisories_match(t->arena, &t->held, &c, false, &l), ANSWER_FOUND);
    IS(l.v[0].reason,
       "source package openssl 3.0.11-1~deb12u2 is below 3.0.14-1, which holds the fix");
    IS(l.v[0].is.url, "https://security-tracker.debian.org/tracker/CVE-2024-1");
    feeds_close(t);
}

#define SECDB(repository, packages)                                                                \
    "{\"reponame\":\"" repository "\",\"distroversion\":\"v3.20\",\"packages\":[" packages "]}"

static void test_alpine(void **state)
{
    struct test_feeds *t = feeds_open();
    struct match_list l;
    (void)state;
    feeds_add(t,
              SECDB("main", "{\"pkg\":{\"name\":\"zlib\",\"secfixes\":{\"1.2.12-r2\":["
                            "\"CVE-2022-37434 XSA-1\"],\"0\":[\"CVE-2023-45853\"]}}}"),
              "main.json");
    assert_int_equal(feeds_ask(t, "alpine:3.20", "zlib", "1.2.12-r0", &l), ANSWER_FOUND);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.not_affected, 1);
    IS(l.v[0].is.id, "CVE-2022-37434");
    assert_int_equal(feeds_ask(t, "alpine:3.20", "zlib", "1.2.12-r2", &l), ANSWER_ABSENT);
    assert_int_equal(l.fixed, 2);
    /* What main does not have may be in community, which is not at hand. */
    assert_int_equal(feeds_ask(t, "alpine:3.20", "docker", "1-r0", &l), ANSWER_UNAVAILABLE);
    feeds_add(t,
              SECDB("community", "{\"pkg\":{\"secfixes\":{\"2-r0\":[\"CVE-2022-1\"]},\"name\":"
                                 "\"docker\"}}"),
              "community.json");
    assert_int_equal(feeds_ask(t, "alpine:3.20", "docker", "1-r0", &l), ANSWER_FOUND);
    assert_int_equal(feeds_ask(t, "alpine:3.20", "busybox", "1-r0", &l), ANSWER_ABSENT);
    assert_int_equal(feeds_ask(t, "alpine:3.19", "busybox", "1-r0", &l), ANSWER_UNAVAILABLE);
    feeds_close(t);
}

/* A vulnerability is there, whatever it is called, and whether or not it says of which versions. */
static void test_never_clean(void **state)
{
    struct test_feeds *t = feeds_open();
    struct match_list l;
    (void)state;
    feeds_add(t,
              SECDB("main", "{\"pkg\":{\"name\":\"varnish\",\"secfixes\":{\"7.2.1-r0\":"
                            "[\"VSV00010\",\"CVE-\?\?\?\?-\?\?\?\",\"\\u00e9 <b>\"]}}}"),
              "main.json");
    assert_int_equal(feeds_ask(t, "alpine:3.20", "varnish", "7.2.0-r0", &l), ANSWER_FOUND);
    assert_int_equal(l.n, 4);
    for (size_t i = 0; i < l.n; i++)
        assert_int_equal(l.v[i].verdict, VERDICT_AFFECTED);
    assert_int_equal(t->v[0].meta.dropped, 2);
    feeds_add(
        t,
        "{\"vim\":{\"TEMP-0000000-A1B2C3\":{\"releases\":{\"bookworm\":{\"status\":\"resolved\","
        "\"fixed_version\":\"2:9-1\"}}},\"no "
        "name\":{\"releases\":{\"bookworm\":{\"status\":\"open\"}}}}}",
        "json");
    assert_int_equal(feeds_ask(t, "debian:12", "vim", "2:8-1", &l), ANSWER_FOUND);
    assert_int_equal(l.n, 2);
    feeds_add(
        t,
        "{\"id\":\"GHSA-aaaa-bbbb-cccc\",\"modified\":\"2024-05-01T00:00:00Z\",\"affected\":["
        "{\"package\":{\"ecosystem\":\"npm\",\"name\":\"git\"},\"ranges\":[{\"type\":\"GIT\","
        "\"events\":[{\"introduced\":\"0\"}]}]},{\"package\":{\"ecosystem\":\"npm\",\"name\":"
        "\"bare\"}},{\"package\":{\"ecosystem\":\"npm\",\"name\":\"end\"},\"ranges\":[{\"type\":"
        "\"SEMVER\",\"events\":[{\"fixed\":\"2.0.0\"}]}]}]}\n",
        "npm.json");
    static const char *const names[] = {"git", "bare", "end"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(feeds_ask(t, "npm", names[i], "1.0.0", &l), ANSWER_FOUND);
        assert_int_equal(l.v[0].verdict, VERDICT_UNKNOWN);
    }
    feeds_close(t);
}

static void test_osv(void **state)
{
    struct test_feeds *t = feeds_open();
    const struct advisory_match *m;
    struct match_list l;
    (void)state;
    feeds_add(
        t,
        "{\"id\":\"GHSA-aaaa-bbbb-cccc\",\"aliases\":[\"CVE-2023-1\"],\"summary\":\"bad\\nthing\","
        "\"severity\":[{\"type\":\"CVSS_V4\",\"score\":\"CVSS:4.0/AV:N\"},{\"type\":\"CVSS_V3\","
        "\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"}],"
        "\"database_specific\":{\"severity\":\"CRITICAL\"},\"modified\":\"2024-05-01T00:00:00Z\","
        "\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"Django_Rest\"},\"ranges\":["
        "{\"type\":\"ECOSYSTEM\",\"events\":[{\"fixed\":\"3.2\"},{\"introduced\":\"3.0\"},"
        "{\"introduced\":\"0\"},{\"fixed\":\"2.5\"}]}],\"versions\":[\"1.0\",\"2.9.weird1\"]},"
        "{\"package\":{\"ecosystem\":\"npm\",\"name\":\"only-git\"},\"ranges\":[{\"type\":\"GIT\","
        "\"events\":[{\"introduced\":\"0\"}]}],\"versions\":[\"1.0.0\"]}]}\n"
        "{\"id\":\"GHSA-dddd-eeee-ffff\",\"withdrawn\":\"2024-01-01T00:00:00Z\",\"affected\":[{"
        "\"package\":{\"ecosystem\":\"npm\",\"name\":\"gone\"},\"ranges\":[{\"type\":\"SEMVER\","
        "\"events\":[{\"introduced\":\"0\"}]}]}]}\n"
        "{\"id\":\"GO-2024-1\",\"affected\":[{\"package\":{\"ecosystem\":\"Go\",\"name\":\"x.org/"
        "y\"},"
        "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"1.0.0\"},{\"last_"
        "affected\":"
        "\"1.4.0\"}]}]}]}",
        "some.jsonl");
    assert_true(t->v[0].meta.partial);
    m = only(t, "pypi", "django.rest", "3.1");
    IS(m->is.id, "CVE-2023-1");
    IS(m->is.aliases, "GHSA-aaaa-bbbb-cccc");
    IS(m->is.summary, "bad thing");
    IS(m->is.rating, "CRITICAL");
    IS(m->is.rated_by, "GitHub");
    IS(m->fixed, "3.2");
    assert_int_equal(m->is.cvss_score, 98);
    IS(only(t, "pypi", "django-rest", "2.4")->fixed, "2.5");
    assert_int_equal(only(t, "npm", "only-git", "1.0.0")->fix, FIX_NONE);
    assert_int_equal(only(t, "go", "x.org/y", "v1.4.0")->verdict, VERDICT_AFFECTED);
    /* It is a part: what it does not speak of, or calls fixed, is not known to be clean. */
    assert_int_equal(feeds_ask(t, "pypi", "django-rest", "2.7", &l), ANSWER_UNAVAILABLE);
    assert_int_equal(feeds_ask(t, "npm", "gone", "1.0.0", &l), ANSWER_UNAVAILABLE);
    assert_int_equal(feeds_ask(t, "pypi", "flask", "1.0", &l), ANSWER_UNAVAILABLE);
    feeds_close(t);
}

/* A notice of several vulnerabilities names the advisory of those that are known by themselves. */
static void test_notices(void **state)
{
    struct test_feeds *t = feeds_open();
    const struct advisory_match *m;
    struct match_list l;
    (void)state;
    feeds_add(
        t,
        "{\"id\":\"UBUNTU-CVE-2021-1\",\"upstream\":[\"CVE-2021-1\"],\"severity\":[{\"type\":"
        "\"Ubuntu\",\"score\":\"medium\"}],\"affected\":[{\"package\":{\"ecosystem\":"
        "\"Ubuntu:22.04:LTS\",\"name\":\"w\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{"
        "\"introduced\":\"0\"},{\"fixed\":\"2-1\"}]}]},{\"package\":{\"ecosystem\":"
        "\"Ubuntu:Pro:22.04:LTS\",\"name\":\"old\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":"
        "[{"
        "\"introduced\":\"0\"},{\"fixed\":\"2-1+esm1\"}]}]}]}"
        "{\"id\":\"USN-1-1\",\"upstream\":[\"CVE-2021-1\"],\"affected\":[{\"package\":{"
        "\"ecosystem\":"
        "\"Ubuntu:22.04:LTS\",\"name\":\"w\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{"
        "\"introduced\":\"0\"},{\"fixed\":\"2-1\"}]}]}]}"
        "{\"id\":\"USN-2-1\",\"related\":[\"CVE-2021-2\",\"CVE-2021-3\"],\"affected\":[{"
        "\"package\":{"
        "\"ecosystem\":\"Ubuntu:22.04:LTS\",\"name\":\"w\"},\"ranges\":[{\"type\":\"ECOSYSTEM\","
        "\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"3-1\"}]}]}]}",
        "ubuntu.jsonl");
    assert_int_equal(feeds_ask(t, "ubuntu:22.04", "w", "1-1", &l), ANSWER_FOUND);
    assert_int_equal(l.n, 2);
    IS(l.v[0].is.id, "CVE-2021-1");
    IS(l.v[0].advisory, "USN-1-1");
    IS(l.v[0].is.rating, "medium");
    IS(l.v[1].is.id, "USN-2-1");
    IS(l.v[1].is.aliases, "CVE-2021-2 CVE-2021-3");
    /* What only subscribers get is open for all others. */
    m = only(t, "ubuntu:22.04", "old", "1-1");
    assert_int_equal(m->verdict, VERDICT_AFFECTED);
    assert_int_equal(m->fix, FIX_PAID);
    feeds_close(t);
}

static void test_beside(void **state)
{
    struct test_feeds *t = feeds_open();
    struct match_list l;
    (void)state;
    feeds_add(t, tracker, "json");
    assert_int_equal(feeds_ask(t, "debian:12", "a2", "1-1", &l), ANSWER_FOUND);
    assert_false(l.exploited_known || l.epss_known);
    assert_int_equal(l.v[0].is.epss, ADVISORY_UNSCORED);
    feeds_add(
        t,
        "{\"catalogVersion\":\"1\",\"dateReleased\":\"2025-08-25T17:04:19Z\",\"vulnerabilities\":[{"
        "\"cveID\":\"CVE-2024-2\",\"dateAdded\":\"2024-02-03\",\"dueDate\":\"2024-02-24\","
        "\"knownRansomwareCampaignUse\":\"Known\",\"cwes\":[\"CWE-59\"]}]}",
        "kev.json");
    feeds_add(t,
              "#model_version:v2025.03.14,score_date:2025-11-30T00:00:00Z\ncve,epss,percentile\n"
              "CVE-2024-2,0.94358,0.99951\nCVE-2024-9,1,1\nCVE-1999-1,1e-05,0.00123\nbad,line\n",
              "epss.csv");
    assert_int_equal(t->v[2].meta.dropped, 1);
    assert_int_equal(feed_vulns(t->v[2].feed), 3);
    assert_int_equal(feeds_ask(t, "debian:12", "a2", "1-1", &l), ANSWER_FOUND);
    assert_true(l.exploited_known && l.epss_known && l.v[0].is.exploited && l.v[0].is.ransomware);
    IS(l.v[0].is.kev_added, "2024-02-03");
    IS(l.v[0].is.kev_due, "2024-02-24");
    assert_int_equal(l.v[0].is.epss, 94358);
    assert_int_equal(l.v[0].is.percentile, 99951);
    assert_int_equal(l.dated, 1000);
    feeds_add(t, "# ended\na2   1.2-3  2024-03-04  upstream is gone\n",
              "/usr/share/security-support-ended.deb12");
    assert_int_equal(feeds_ask(t, "debian:12", "a2", "1-1", &l), ANSWER_FOUND);
    IS(l.support_end, "2024-03-04");
    IS(l.support, "upstream is gone");
    feeds_close(t);
}

static void test_what_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "[1]",
        "nonsense",
        "{\"packages\":[]}",
        "PK\003\004",
        "{\"id\":\"x y\",\"affected\":[]}",
        "{\"id\":\"CVE-1-1\"",
        "cve,epss,percentile\n",
        "{\"catalogVersion\":\"1\",\"vulnerabilities\":[]}",
        "{\"catalogVersion\":\"1\",\"count\":2,\"vulnerabilities\":[{\"cveID\":\"CVE-2024-2\"}]}",
        SECDB("main", ""),
        "{\"reponame\":\"main\",\"distroversion\":\"v9.99\",\"packages\":[{}]}"};
    struct test_feeds *t = feeds_open();
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (feeds_compile(t, str_of(bad[i]), "x", &e))
            fail_msg("%s is taken", bad[i]);
    /* A text that is cut off anywhere. */
    for (size_t n = 1; n < sizeof tracker - 1; n += 7)
        assert_false(feeds_compile(t, (struct str){tracker, n}, "json", &e));
    feeds_close(t);
}

/* A byte that is not what was written is seen before anything is said by it. */
static void test_damage(void **state)
{
    struct test_feeds *t = feeds_open();
    struct str none = S(""), image;
    const struct feed_meta given = {
        .name = none, .title = none, .url = none, .etag = none, .modified = none};
    struct err e;
    (void)state;
    assert_true(feed_compile(t->arena, str_of(tracker), S("json"), &given, &image, &e));
    char *copy = arena_new(t->arena, char, image.n);
    for (size_t i = 0; i < image.n; i++) {
        memcpy(copy, image.p, image.n);
        copy[i] ^= 0x20;
        struct feed *f = feed_of((struct str){copy, image.n}, &e);
        if (f && feed_check(f, &e))
            fail_msg("byte %zu", i);
        feed_close(f);
    }
    assert_null(feed_of((struct str){image.p, image.n - 8}, &e));
    feeds_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_debian), cmocka_unit_test(test_sources),
        cmocka_unit_test(test_alpine), cmocka_unit_test(test_never_clean),
        cmocka_unit_test(test_osv),    cmocka_unit_test(test_notices),
        cmocka_unit_test(test_beside), cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
