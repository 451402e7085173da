/* dfix advisories, and the rule that asks them: feeds fetched, taken from files, refused, and
 * missing.
 */
#include "loopback.h"
#include "program.h"

static bool said(const char *file, const char *text)
{
    return str_find(sandbox_read(&box, arena, file), str_of(text)) != STR_NONE;
}

static void says(const char *file, const char *text)
{
    if (!said(file, text))
        fail_msg("%s lacks: %s\n" STR_FMT, file, text, STR_ARG(sandbox_read(&box, arena, file)));
}

static const char tracker[] = "{\"curl\":{\"CVE-2024-1\":{\"releases\":{\"bookworm\":{\"status\":"
                              "\"resolved\",\"fixed_version\":"
                              "\"7.88.1-10+deb12u15\",\"urgency\":\"high\"}}}},\"bash\":{\"CVE-"
                              "2024-2\":{\"releases\":{\"bookworm\":{"
                              "\"status\":\"open\"}}}}}";
static const char kev[] =
    "{\"catalogVersion\":\"1\",\"dateReleased\":\"2025-08-25\",\"vulnerabilities\":[{\"cveID\":"
    "\"CVE-2024-1\",\"dateAdded\":\"2024-02-03\",\"dueDate\":\"2024-02-24\"}]}";
static const char epss[] =
    "#model_version:v1,score_date:2025-11-30\ncve,epss,percentile\nCVE-2024-1,0.94358,0.99951\n";

/* Buster gets longer here than the table knows, stretch less long. */
static const char life[] =
    "version,codename,series,created,release,eol,eol-lts,eol-elts\n"
    "9,Stretch,stretch,2015-04-25,2017-06-17,2020-07-18,2021-06-30,2027-06-30\n"
    "10,Buster,buster,2017-06-17,2019-07-06,2022-09-10,2099-06-30,2029-06-30\n"
    "14,Forky,forky,2025-08-09\n,Sid,sid,1993-08-16,1993-08-16\n";

static int set_up(void **state)
{
    program_set_up(state);
    sandbox_write(&box, "tracker.json", str_of(tracker));
    sandbox_write(&box, "kev.json", str_of(kev));
    sandbox_write(&box, "epss.csv", str_of(epss));
    assert_int_equal(sandbox_run(&box, "mkdir -p life"), 0);
    sandbox_write(&box, "life/debian.csv", str_of(life));
    assert_int_equal(
        sandbox_run(&box, "mkdir -p osv/PyPI && cp '%s/tests/fuzz/feed/pypi.zip' osv/PyPI/all.zip",
                    DFIX_ROOT),
        0);
    struct str own = str_fmt(
        arena,
        "architectures: [amd64, arm64]\nindex:\n  apt: {debian: {mirror: 'file://" SAMPLE
        "debian', "
        "security: 'file://" SAMPLE "debian-security', keyring: '" SAMPLE "keyring.gpg'}}\n"
        "  advisories: {debian: 'file://%s/tracker.json', kev: 'file://%s/kev.json', "
        "epss: 'file://%s/epss.csv', osv: 'file://%s/osv', distro-info: 'file://%s/life'}\n",
        box.dir, box.dir, box.dir, box.dir, box.dir);
    sandbox_write(&box, "dfix/dfix.yaml", own);
    return 0;
}

static void damaged_feeds_are_found_and_removed(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix advisories update ../tracker.json ../kev.json"), 0);
    assert_int_equal(shell("dfix index verify"), 0);
    says("out", "2 of 2 other files are intact");
    assert_int_equal(shell("f=../cache/dfix/advisories/debian.adv && printf X | dd of=$f bs=1 "
                           "seek=$(($(stat -c %%s $f) - 3)) conv=notrunc 2>/dev/null"),
                     0);
    assert_int_equal(shell("dfix index verify"), 2);
    says("out", "1 of 2 other files are intact");
    says("err", "debian.adv: damaged");
    assert_int_equal(shell("dfix index prune"), 0);
    says("out", "1 other files and folders removed");
    assert_int_equal(shell("dfix index verify"), 0);
    assert_int_equal(shell("touch -d '40 days ago' ../cache/dfix/advisories/kev.adv"), 0);
    assert_int_equal(shell("dfix index prune"), 0);
    says("out", "0 of 0 indexes removed"); /* it was fetched today */
    assert_int_equal(shell("test -e ../cache/dfix/advisories/kev.adv"), 0);
}

/* A release's end moves on when a team takes care of it longer. */
static void ends_of_life_are_made_current(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:10\n");
    assert_int_equal(shell("dfix --offline --select release-eol"), 1);
    says("out", "reached end of life on 2024-06-30");
    assert_int_equal(shell("dfix advisories update debian"), 0);
    assert_int_equal(shell("dfix advisories"), 0);
    says("out", "distro-info (Debian)");
    assert_int_equal(shell("dfix --offline --select release-eol"), 0);
    put("Dockerfile", "FROM debian:9\n");
    assert_int_equal(shell("dfix --offline --select release-eol"), 1);
    says("out", "reached end of life on 2022-06-30");
    put("ubuntu.csv", "version,codename,series,created,release,eol\n1,a,a,,,2000-01-01\n");
    assert_int_equal(shell("dfix advisories update ubuntu.csv"), 2);
    says("err", "neither Debian's table of releases nor Ubuntu's");
}

static void an_empty_cache(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix advisories"), 0);
    says("err", "The cache holds no advisories");
    assert_int_equal(shell("dfix advisories update"), 0);
    says("err", "Nothing to update");
    assert_int_equal(shell("dfix advisories show CVE-2024-1"), 0);
    says("out", "no feed of the cache knows it");
    assert_int_equal(shell("dfix advisories package debian:12 nosuch"), 0);
    says("out", "nosuch: no feed of the cache knows it\n");
    assert_int_equal(shell("dfix advisories eat"), 2);
    assert_int_equal(shell("dfix advisories update cobol"), 2);
    says("err", "neither a file nor an ecosystem");
}

static void feeds_are_fetched_and_asked(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix advisories update debian pypi"), 0);
    says("out", "advisories for debian are current");
    says("out", "advisories for pypi are current");
    assert_int_equal(shell("dfix advisories list"), 0);
    assert_int_equal(
        sandbox_run(
            &box,
            "test $(grep -c vulnerabilities out) = 4 && grep -q 'life-debian .* 2 releases' out"),
        0);
    assert_int_equal(shell("dfix advisories show CVE-2024-1 GHSA-aaaa-bbbb-cccc"), 0);
    says("out", "fixed in 7.88.1-10+deb12u15");
    says("out", "known since 2024-02-03, due 2024-02-24");
    says("out", "94.35 %");
    says("out", "CVE-2023-1\n");
    assert_int_equal(shell("dfix advisories package bookworm curl=7.88.1-10"), 0);
    says("out", "curl 7.88.1-10 is below 7.88.1-10+deb12u15, which holds the fix; known to be "
                "exploited");
    assert_int_equal(shell("dfix advisories package pypi Django=3.2.1 Django=3.3 other=1"), 0);
    says("out", "CVE-2023-1");
    says("out", "other 1: 0 open, 0 fixed, 0 not affected");
    assert_int_equal(shell("dfix advisories issue CVE-2024-2 debian:12 bash=5.2.15-2"), 0);
    says("out", "To: submit@bugs.debian.org");
    says("out", "CVE-2024-2 affects bash 5.2.15-2 in debian:12, and no version of it holds a fix");
    assert_int_equal(shell("dfix advisories issue CVE-2024-1 debian:12 curl=7.88.1-10"), 2);
    says("err", "7.88.1-10+deb12u15 holds the fix");
    assert_int_equal(shell("dfix advisories issue CVE-2024-1 debian:12 bash=1-1"), 2);
    assert_int_equal(shell("dfix advisories issue CVE-2024-1"), 2);
    assert_int_equal(shell("dfix advisories package debian:9 curl=1-1"), 2);
    says("err", "not checked");
    assert_int_equal(shell("dfix advisories update"), 0);
    says("out", "are current");
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix advisories update debian"), 0);
    /* Cut off, and another document: the old one stays. */
    assert_int_equal(sandbox_run(&box, "head -c 100 tracker.json > t && mv t tracker.json"), 0);
    assert_int_equal(shell("dfix advisories update debian"), 2);
    says("err", "it is no whole JSON document");
    says("err", "using the Debian security tracker of less than an hour ago");
    assert_int_equal(sandbox_run(&box, "cp kev.json tracker.json"), 0);
    assert_int_equal(shell("dfix advisories update debian"), 2);
    says("err", "not what was asked for");
    assert_int_equal(shell("dfix advisories package bookworm curl=7.88.1-10"), 0);
    assert_int_equal(shell("dfix advisories update alpine:3.20"), 2);
    assert_int_equal(sandbox_run(&box, "f=cache/dfix/advisories/debian.adv && "
                                       "n=$(($(stat -c %%s $f) - 9)) && printf X | "
                                       "dd of=$f bs=1 seek=$n conv=notrunc 2>/dev/null"),
                     0);
    assert_int_equal(shell("dfix advisories package bookworm curl=7.88.1-10"), 2);
    says("err", "damaged");
}

static void files_serve_closed_networks(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix advisories update ../tracker.json ../kev.json ../epss.csv"), 0);
    says("out", "Debian security tracker: 2 vulnerabilities in 2 packages");
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get update && apt-get install -y curl\n");
    assert_int_equal(shell("dfix index update --release bookworm"), 0);
    assert_int_equal(shell("dfix --offline --concise -s known-vulnerabilities Dockerfile"), 0);
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get update && "
                      "apt-get install -y curl=7.88.1-10+deb12u5\n");
    assert_int_equal(shell("dfix --offline --concise -s known-vulnerabilities Dockerfile"), 1);
    says("out", "Dockerfile:2");
    says("out", "1 known vulnerability");
    put("one.json",
        "{\"id\":\"CVE-2025-1\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":"
        "\"x\"},\"versions\":[\"1.0.0\"]}]}");
    assert_int_equal(shell("dfix advisories update ./one.json"), 0);
    says("out", "a part only");
    put("bad.json", "{}");
    assert_int_equal(shell("dfix advisories update ./bad.json"), 2);
    says("err", "it is no document of advisories that dfix knows");
}

/* What was asked for by name and could not be had is no clean file. */
static void a_missing_feed_is_a_failure(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get update && apt-get install -y curl\n");
    assert_int_equal(shell("dfix index update --release bookworm"), 0);
    assert_int_equal(shell("dfix --offline -s known-vulnerabilities Dockerfile"), 2);
    says("err", "no advisories for debian:12 are at hand");
}

static void osv_answers(struct loopback_request *q)
{
    if (strcmp(q->path, "/v1/querybatch") == 0)
        loopback_text(
            q, 200, "",
            strstr(q->body, "\"name\":\"django\",\"ecosystem\":\"PyPI\"")
                ? "{\"results\":[{\"vulns\":[{\"id\":\"GHSA-aaaa-bbbb-cccc\",\"modified\":\"x\"}]},"
                  "{}]}"
                : "{\"results\":[{}]}");
    else if (strcmp(q->path, "/v1/vulns/GHSA-aaaa-bbbb-cccc") == 0)
        loopback_text(
            q, 200, "",
            "{\"id\":\"GHSA-aaaa-bbbb-cccc\",\"affected\":[{\"package\":{\"ecosystem\":"
            "\"PyPI\",\"name\":\"django\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{"
            "\"introduced\":\"0\"},{\"fixed\":\"3.2.2\"}]}]}]}");
    else
        loopback_text(q, 404, "", "");
}

/* In place of an export: one question for all packages, and each document once. */
static void the_api_is_asked(void **state)
{
    (void)state;
    struct loopback *server = loopback_start(osv_answers, NULL);
    struct str own = str_fmt(arena,
                             "index:\n  advisories: {osv-api: 'http://127.0.0.1:%u', kev: "
                             "'file://%s/kev.json', epss: 'file://%s/epss.csv'}\n",
                             server->port, box.dir, box.dir);
    sandbox_write(&box, "dfix/dfix.yaml", own);
    put("Dockerfile", "FROM scratch\nRUN pip install Django==3.2.1 flask==1.0\n");
    assert_int_equal(shell("dfix --concise -v -s known-vulnerabilities Dockerfile"), 1);
    says("out", "Django 3.2.1 has 1 known vulnerability");
    assert_false(said("out", "not checked"));
    assert_false(said("out", "flask"));
    put("Dockerfile", "FROM scratch\nRUN pip install flask==1.0\n");
    assert_int_equal(shell("dfix --concise -v -s known-vulnerabilities Dockerfile"), 0);
    assert_false(said("out", "not checked"));
    loopback_stop(server);
    assert_int_equal(shell("dfix --concise -s known-vulnerabilities Dockerfile"), 2);
    says("err", "no advisories for pypi are at hand");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(ends_of_life_are_made_current),
                                       CASE(an_empty_cache),
                                       CASE(damaged_feeds_are_found_and_removed),
                                       CASE(feeds_are_fetched_and_asked),
                                       CASE(what_is_wrong_is_refused),
                                       CASE(files_serve_closed_networks),
                                       CASE(a_missing_feed_is_a_failure),
                                       CASE(the_api_is_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
