/* Feeds and inventories that lie, before dfix gate: whatever they say, it ends by itself, lets
 * nothing pass that it could not judge, and prints nothing that steers a terminal or a workflow. */
#include <stdlib.h>

#include "cmocka_all.h"
#include "program.h"

static const char tracker[] =
    "{\"openssl\":{\"CVE-2024-5535\":{\"scope\":\"local\",\"releases\":{\"bookworm\":{\"status\":"
    "\"resolved\",\"fixed_version\":\"3.0.15-1~deb12u1\",\"repositories\":{\"bookworm\":"
    "\"3.0.15-1~deb12u1\"},\"urgency\":\"high\"}}}}}";
static const char kev[] =
    "{\"title\":\"CISA Catalog of Known Exploited Vulnerabilities\",\"catalogVersion\":"
    "\"2026.11.01\",\"dateReleased\":\"2026-11-01T00:00:00Z\",\"count\":1,\"vulnerabilities\":["
    "{\"cveID\":\"CVE-1999-1\",\"dateAdded\":\"2026-01-01\"}]}";
static const char inventory[] =
    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"metadata\":{\"component\":{\"type\":"
    "\"container\",\"name\":\"x\"}},\"components\":[{\"type\":\"operating-system\",\"name\":"
    "\"debian\",\"version\":\"12\"},{\"type\":\"library\",\"name\":\"libssl3\",\"version\":"
    "\"3.0.11-1~deb12u1\",\"purl\":\"pkg:deb/debian/"
    "libssl3@3.0.11-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl\"}]}";

static void write_policy(void)
{
    sandbox_write(&box, "dfix/dfix.yaml",
                  str_fmt(arena,
                          "index: {advisories: {debian: 'file://%s', kev: 'file://%s', epss: "
                          "'file:///nowhere'}}\n"
                          "gate: {production: {end-of-life: allow, user: any}}\n",
                          sandbox_path(&box, arena, "tracker.json"),
                          sandbox_path(&box, arena, "kev.json")));
}

static int set_up(void **state)
{
    program_set_up(state);
    setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1); /* no host answers */
    sandbox_write(&box, "tracker.json", str_of(tracker));
    sandbox_write(&box, "kev.json", str_of(kev));
    write_policy();
    return 0;
}

static struct str nested(const char *open, size_t n)
{
    struct buf b = {.arena = arena};

    for (size_t i = 0; i < n; i++)
        buf_add(&b, str_of(open));
    return buf_str(&b);
}

/* The document with one of its words replaced everywhere. */
static struct str with(const char *document, const char *word, const char *by)
{
    struct str rest = str_of(document);
    struct buf b = {.arena = arena};
    ptrdiff_t at;

    while ((at = str_find(rest, str_of(word))) != STR_NONE) {
        buf_add(&b, str_sub(rest, 0, (size_t)at));
        buf_add(&b, str_of(by));
        rest = str_from(rest, (size_t)at + strlen(word));
    }
    buf_add(&b, rest);
    return buf_str(&b);
}

/* What the gate says of it; it must end by itself. */
static int judge(const char *what)
{
    sandbox_write(&box, "work/sbom.json", str_of(inventory));
    int status = shell("dfix gate --env production --sbom sbom.json");

    if (status > 2)
        fail_msg("%s: %d\n%s%s", what, status, out(), err());
    for (const char *texts[] = {out(), err()}, **t = texts; t < texts + 2; t++)
        if (strpbrk(*t, "\033\007") || strstr(*t, "\n::add-mask"))
            fail_msg("%s: it steers: %s", what, *t);
    return status;
}

static void an_honest_feed_refuses(void **state)
{
    (void)state;
    assert_int_equal(judge("honest"), 1);
    assert_non_null(strstr(out(), "CVE-2024-5535"));
}

static void no_feed_that_is_none_lets_pass(void **state)
{
    (void)state;
    const struct str lies[] = {
        S(""),
        S("null"),
        S("[]"),
        S("{}"),
        S("3"),
        S("\"openssl\""),
        S("<!DOCTYPE html>"),
        S("{\"openssl\":"),
        S("{\"openssl\":{}}"),
        S("{\"openssl\":{\"CVE-2024-5535\":{}}}"),
        S("{\"openssl\":{\"CVE-2024-5535\":{\"releases\":{\"bookworm\":[]}}}}"),
        S("{\"openssl\":[\"CVE-2024-5535\"]}"),
        S("\xff\xfe\x00{"),
        str_sub(str_of(tracker), 0, sizeof(tracker) - 40),
        nested("[", 300000),
        nested("{\"openssl\":", 100000),
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
        for (int which = 0; which < 2; which++) {
            const char *name = which ? "kev.json" : "tracker.json";
            assert_int_equal(sandbox_run(&box, "rm -rf cache"), 0);
            sandbox_write(&box, name, lies[i]);
            int status = judge(name);
            if (status == 0)
                fail_msg("%s, lie %zu: %d\n%s%s", name, i, status, out(), err());
            sandbox_write(&box, name, str_of(which ? kev : tracker));
        }
}

static void words_that_steer(void **state)
{
    (void)state;
    static const char *const words[] = {"CVE-2024-5535", "openssl", "bookworm",
                                        "resolved",      "high",    "3.0.15-1~deb12u1"};
    static const char *const by[] = {
        "\\u001b]0;owned\\u0007",
        "x\\n::add-mask::owned",
        "\\u0000",
        "\\ud83d\\ude00\\u202e",
        "../../../../etc/passwd",
        "--option",
        "%s%n$(id)`id`",
        "99999999999999999999999999999999999999999999:9-9",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (size_t j = 0; j < sizeof(by) / sizeof(by[0]); j++) {
            assert_int_equal(sandbox_run(&box, "rm -rf cache"), 0);
            sandbox_write(&box, "tracker.json", with(tracker, words[i], by[j]));
            judge(words[i]);
        }
    sandbox_write(&box, "tracker.json", str_of(tracker));
}

static void inventories_that_lie(void **state)
{
    (void)state;
    const struct str lies[] = {
        S(""),
        S("null"),
        S("{}"),
        S("[[[["),
        S("{\"bomFormat\":\"CycloneDX\"}"),
        S("{\"bomFormat\":\"CycloneDX\",\"components\":{}}"),
        S("{\"bomFormat\":\"CycloneDX\",\"components\":[1,null,{\"purl\":7},{\"purl\":\"pkg:\"}]}"),
        S("{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{}]}"),
        nested("[", 300000),
        nested("{\"components\":[", 100000),
        with(inventory, "libssl3", "\\u001b]0;owned\\u0007"),
        with(inventory, "3.0.11-1~deb12u1", "x\\n::add-mask::owned"),
        with(inventory, "debian-12", "debian-99999999999999999999"),
        with(inventory, "pkg:deb/debian/", "pkg:deb/../../"),
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        sandbox_write(&box, "work/lie.json", lies[i]);
        int status = shell("dfix gate --env production --sbom lie.json");
        if (status > 2 || strpbrk(out(), "\033\007") || strpbrk(err(), "\033\007") ||
            strstr(out(), "\n::add-mask") || strstr(err(), "\n::add-mask"))
            fail_msg("lie %zu: %d\n%s%s", i, status, out(), err());
        if (i < 10 && status == 0)
            fail_msg("lie %zu passed\n%s%s", i, out(), err());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_feed_refuses),
        cmocka_unit_test(no_feed_that_is_none_lets_pass),
        cmocka_unit_test(words_that_steer),
        cmocka_unit_test(inventories_that_lie),
    };
    return cmocka_run_group_tests(tests, set_up, program_tear_down);
}
