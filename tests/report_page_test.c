/* The report: what the lines of runs come to, on the page and beside it; and the page itself, which
 * needs no network and no script. */
#include "program.h"

#include "needs_module.h"

static const char lines[] =
    "{\"type\":\"risk\",\"verdict\":\"refused\",\"id\":\"CVE-2024-1\",\"title\":\"CVE-2024-1 in "
    "libssl3 "
    "3.0.1\",\"package\":\"libssl3\",\"version\":\"3.0.1\",\"fixed\":\"3.0.2\",\"severity\":"
    "\"high\","
    "\"exploited\":true,\"published\":\"2020-01-01\",\"image\":\"registry.example/app\",\"file\":"
    "\"services/Dockerfile\",\"line\":7}\n"
    "{\"type\":\"risk\",\"verdict\":\"passed\",\"id\":\"CVE-2024-2\",\"title\":\"CVE-2024-2 in "
    "libssl3 "
    "3.0.1\",\"package\":\"libssl3\",\"version\":\"3.0.1\",\"fixed\":\"3.0.2\",\"severity\":"
    "\"low\","
    "\"image\":\"registry.example/app\",\"file\":\"services/Dockerfile\",\"line\":7}\n"
    "{\"type\":\"risk\",\"verdict\":\"accepted\",\"id\":\"CVE-2024-3\",\"title\":\"t\","
    "\"severity\":"
    "\"high\"}\n"
    "{\"type\":\"condition\",\"condition\":\"user\",\"verdict\":\"refused\",\"title\":\"The "
    "container "
    "runs as root\",\"image\":\"registry.example/app\"}\n"
    "{\"type\":\"condition\",\"condition\":\"end-of-life\",\"verdict\":\"refused\",\"title\":"
    "\"Security support of pdns in debian:12 ended on 2020-01-02\",\"why\":\"gone; use another\","
    "\"ended\":\"2020-01-02\",\"package\":\"pdns\",\"image\":\"registry.example/app\",\"file\":"
    "\"services/Dockerfile\",\"line\":9}\n"
    "{\"type\":\"condition\",\"condition\":\"end-of-life\",\"verdict\":\"accepted\",\"title\":"
    "\"Security support of lxd in debian:12 ended on 2020-01-02\",\"ended\":\"2020-01-02\","
    "\"package\":\"lxd\"}\n"
    "{\"type\":\"finding\",\"rule\":\"pin-apt\",\"severity\":\"warning\",\"safety\":\"safe\","
    "\"title\":"
    "\"=HYPERLINK(<b>&)\",\"leftAlone\":false,\"applied\":false,\"file\":\"Dockerfile\",\"line\":2,"
    "\"edits\":[{}]}\n"
    "{\"type\":\"base\",\"file\":\"Dockerfile\",\"image\":\"debian:12\",\"release\":\"debian "
    "12\"}\n"
    "{\"kind\":\"group\",\"repository\":\"corp/app\",\"state\":\"opened\",\"title\":\"Pin "
    "packages\","
    "\"url\":\"https://git.example/1\",\"changes\":[{\"advisories\":\"CVE-1 CVE-2\"}]}\n"
    "no json\n";

static int set_up(void **state)
{
    program_set_up(state);
    program_options = "--offline";
    put(".git/HEAD", "ref: refs/heads/main\n");
    put(".github/CODEOWNERS", "/services/ @corp/web\n");
    put("now.ndjson", lines);
    put(".dfix/accept.yaml", "accept:\n  - {id: CVE-2024-3, reason: later, owner: '@corp/web', "
                             "decided: 2026-01-01, expires: 2099-01-01}\n"
                             "  - {package: zlib, reason: x, expires: 2020-01-01}\n");
    return 0;
}

static void expect(int status, const char *words)
{
    int got = shell("dfix report %s", words);

    if (got != status)
        fail_msg("dfix report %s: %d, not %d\n%s", words, got, status, err());
}

static void expect_text(const char *text, const char *want)
{
    if (!strstr(text, want))
        fail_msg("\"%s\" is not in:\n%s", want, text);
}

static void runs_are_counted_and_told(void **state)
{
    (void)state;
    put("runs/2026-01-01.ndjson", lines);
    put("runs/2026-02-30.ndjson", "no day\n");
    expect(0, "--html r.html --runs runs now.ndjson");
    expect_text(err(), "lines are none of dfix's");
    const char *page = get("r.html"), *json = get("r.json"), *csv = get("r.csv");
    expect_text(page, "known to be exploited");
    expect_text(page, "libssl3 to 3.0.2 in services/Dockerfile</td><td class=\"n\">2</td>");
    expect_text(page, "@corp/web");
    expect_text(page, "=HYPERLINK(&lt;b&gt;&amp;)");
    expect_text(page, "does not count: it has no owner, and it expired on 2020-01-01");
    expect_text(page, "The container runs as root (refused)");
    expect_text(page, "https://git.example/1");
    expect_text(page, "<h2 id=\"ended\">Support that has ended</h2>");
    expect_text(page,
                "<td>Security support of pdns in debian:12 ended on 2020-01-02</td><td>"
                "services/Dockerfile:9</td><td>@corp/web</td><td class=\"d\">2020-01-02</td>");
    expect_text(page, "<td>gone; use another</td>");
    assert_null(strstr(page, "lxd"));
    expect_text(page, "<polyline");
    assert_null(strstr(page, "<b>&)"));
    expect_text(json, "\"date\": \"2026-01-01\"");
    expect_text(json, "\"closes\": 2");
    expect_text(json, "\"ended\": \"2020-01-02\"");
    expect_text(json, "\"image\": \"debian:12\"");
    expect_text(csv, "\"'=HYPERLINK(<b>&)\"");
    expect_text(csv, "\"vulnerability\",\"high\",\"CVE-2024-1\",\"libssl3\",\"3.0.1\",\"3.0.2\","
                     "\"services/Dockerfile\",\"7\"");
    assert_int_equal(shell("ls runs | grep -c ndjson"), 0);
    assert_string_equal(out(), "3\n"); /* the third is of this day */
}

static void files_are_checked_when_they_are_named(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\n");
    expect(0, "--html r.html Dockerfile");
    expect_text(get("r.json"), "\"file\": \"Dockerfile\"");
    expect_text(get("r.json"), "\"image\": \"debian:bookworm\"");
    expect(0, "--html out Dockerfile");
    expect_text(get("out.csv"), "kind,severity,id");
    expect(2, "Dockerfile");
    expect(2, "--html r.html none.ndjson");
    expect(2, "--html no/such/r.html now.ndjson");
    put("empty/x", "");
    expect(0, "--html r.html empty");
}

/* The page asks for nothing and runs nothing. */
static void the_page_needs_nothing_else(void **state)
{
    (void)state;
    expect(0, "--html r.html now.ndjson");
    const char *page = get("r.html");
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<link"));
    assert_null(strstr(page, "src="));
    assert_null(strstr(page, "@import"));
    assert_null(strstr(page, "url("));
    expect_text(page, "default-src 'none'");
    expect_text(page, "prefers-color-scheme:dark");
    expect_text(page, "@media print");
    /* Each element is closed: it is XML but for its empty ones. */
    needs("python3");
    put("balance.py",
        "import html.parser, sys\n"
        "class P(html.parser.HTMLParser):\n"
        "    open = []\n"
        "    def handle_starttag(self, tag, attrs):\n"
        "        if tag not in ('meta', 'br', 'circle', 'line', 'polyline'): "
        "self.open.append(tag)\n"
        "    def handle_endtag(self, tag):\n"
        "        assert self.open and self.open.pop() == tag, (tag, self.getpos())\n"
        "p = P()\np.feed(open('r.html', encoding='utf-8').read())\nassert not p.open, p.open\n");
    if (shell("python3 balance.py") != 0)
        fail_msg("%s", err());
}

/* A browser draws it: the numbers stand in what it makes of the page. */
static void a_browser_shows_it(void **state)
{
    (void)state;
    needs("chromium");
    expect(0, "--html r.html now.ndjson");
    assert_int_equal(shell("timeout 300 chromium --headless --no-sandbox --disable-gpu "
                           "--user-data-dir=$PWD/../browser --dump-dom file://$PWD/r.html"),
                     0);
    expect_text(out(), "CVE-2024-1 in libssl3 3.0.1");
    assert_int_equal(shell("timeout 300 chromium --headless --no-sandbox --disable-gpu "
                           "--user-data-dir=$PWD/../browser --window-size=1200,2000 "
                           "--screenshot=$PWD/r.png file://$PWD/r.html"),
                     0);
    assert_int_equal(shell("test -s r.png"), 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(runs_are_counted_and_told),
        CASE(files_are_checked_when_they_are_named),
        CASE(the_page_needs_nothing_else),
        CASE(a_browser_shows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
