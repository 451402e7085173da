/* The gate: what an environment lets in, what stands in the way, and that whatever is not known
 * does. Images are OCI layouts made here; advisories come from files. */
#include "program.h"

#include "gate/gate.h"
#include "host/digest.h"
#include "needs_module.h"
#include "tarball.h"

/* ---- conditions, one by one ---- */

struct bench {
    struct gate_policy policy;
    struct gate_input in;
    struct base_facts facts;
    struct gate_image image;
    struct component component;
    struct advisory_match match;
    struct match_list list;
    enum answer answer;
    struct acceptance accept;
    struct gate_secret secret;
};
static struct bench b;

static void empty_match(void)
{
    struct str none = S("");

    b.match = (struct advisory_match){.is = {.id = S("CVE-2024-1"),
                                             .aliases = S("GHSA-1 DSA-1"),
                                             .summary = none,
                                             .published = S("2026-11-20"),
                                             .url = none,
                                             .rating = S("low"),
                                             .rated_by = S("Debian"),
                                             .cvss = none,
                                             .cvss_score = -1,
                                             .kev_added = none,
                                             .kev_due = none,
                                             .epss = -1,
                                             .percentile = -1},
                                      .verdict = VERDICT_AFFECTED,
                                      .fix = FIX_RELEASED,
                                      .fixed = S("3.0.2"),
                                      .advisory = none,
                                      .feed = S("test"),
                                      .reason = none};
}

/* An image in which one vulnerability of no weight is open: it may go anywhere. */
static int set_bench(void **state)
{
    struct str none = S("");

    if (state) /* else it is set anew within a test */
        arena = arena_open();
    empty_match();
    b.policy = gate_default(S("production"));
    b.facts = (struct base_facts){.release = {S("debian"), S("12"), S("bookworm")},
                                  .user = S("1000"),
                                  .digest = none,
                                  .arch = S("amd64"),
                                  .created = S("2026-11-01T10:00:00Z"),
                                  .why = none};
    b.image = (struct gate_image){.platform = S("amd64"),
                                  .digest = none,
                                  .facts = &b.facts,
                                  .packages_known = true,
                                  .user_known = true,
                                  .why = S("not read")};
    b.component = (struct component){.ecosystem = S("debian:12"),
                                     .name = S("libssl3"),
                                     .version = S("3.0.1"),
                                     .source = S("openssl"),
                                     .source_version = none,
                                     .arch = S("amd64"),
                                     .brought = BROUGHT_BY_IMAGE,
                                     .by = none};
    b.list = (struct match_list){.v = &b.match, .n = 1, .dated = 1000000, .why = none};
    b.answer = ANSWER_FOUND;
    b.accept = accept_empty();
    b.accept.id = S("GHSA-1");
    b.accept.reason = S("why");
    b.accept.owner = S("@corp/web");
    b.accept.decided = S("2026-11-01");
    b.accept.expires = S("2026-12-31");
    b.accept.trusted = true;
    b.secret = (struct gate_secret){S("amd64"), S("API_TOKEN")};
    b.in = (struct gate_input){.policy = &b.policy,
                               .name = S("registry.example/app"),
                               .image = S("registry.example/app"),
                               .digest = S("sha256:11"),
                               .file = none,
                               .today = S("2026-11-30"),
                               .now = 1000000 + 3600,
                               .platform = &b.image,
                               .nplatform = 1,
                               .component = &b.component,
                               .matches = &b.list,
                               .answer = &b.answer,
                               .ncomponent = 1,
                               .dated = 1000000,
                               .kev_dated = 1000000,
                               .accept = &b.accept,
                               .secret = &b.secret};
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static void expect_verdict(enum gate_verdict verdict, enum gate_key key, const char *where)
{
    struct gate_result r;

    gate_judge(arena, &b.in, &r);
    if (r.verdict != verdict)
        fail_msg("%s: %s, not %s", where, gate_verdict_word(r.verdict), gate_verdict_word(verdict));
    if (verdict != GATE_PASSED)
        assert_int_equal(r.item.v[0].key, key);
    set_bench(NULL);
}

#define PASSES()          expect_verdict(GATE_PASSED, GATE_KEYS, __FILE__ ": passes")
#define REFUSES(key)      expect_verdict(GATE_REFUSED, key, #key)
#define CANNOT_JUDGE(key) expect_verdict(GATE_UNJUDGED, key, #key)
#define SET(key, value_)  (b.policy.value[key] = (value_))

static void severity_is_the_distros_else_cvss(void **state)
{
    (void)state;
    PASSES();
    b.match.is.rating = S("high");
    REFUSES(GATE_SEVERITY);
    b.match.is.rating = S("high");
    SET(GATE_SEVERITY, GATE_HIGH);
    PASSES();
    b.match.is.rating = S("unimportant");
    b.match.is.cvss_score = 98;
    PASSES();
    b.match.is.rating = S("");
    b.match.is.cvss_score = 98;
    REFUSES(GATE_SEVERITY);
    b.match.is.rating = S("not yet assigned");
    REFUSES(GATE_UNRATED);
    b.match.is.rating = S("");
    SET(GATE_UNRATED, GATE_ALLOW);
    PASSES();
    SET(GATE_SEVERITY, GATE_NONE);
    REFUSES(GATE_SEVERITY);
    b.match.verdict = VERDICT_UNKNOWN; /* what may hold, holds */
    b.match.is.rating = S("critical");
    REFUSES(GATE_SEVERITY);
}

static void what_is_exploited_is_refused_however_low(void **state)
{
    (void)state;
    b.match.is.exploited = true;
    REFUSES(GATE_KEV);
    b.match.is.exploited = true;
    SET(GATE_KEV, GATE_ALLOW);
    PASSES();
    b.match.is.exploited = true;
    b.match.fix = FIX_NONE;
    SET(GATE_UNFIXED, GATE_ALLOW);
    REFUSES(GATE_KEV);
    b.in.kev_dated = 0; /* nobody knows what is */
    CANNOT_JUDGE(GATE_KEV);
    b.in.kev_dated = 1000000 - 10 * 24 * 3600;
    CANNOT_JUDGE(GATE_KEV);
    b.in.kev_dated = 0;
    SET(GATE_KEV, GATE_ALLOW);
    PASSES();
}

static void a_fix_has_to_be_taken_in_time(void **state)
{
    (void)state;
    b.match.is.published = S("2026-10-01");
    REFUSES(GATE_FIX_AGE);
    b.match.is.published = S("2026-10-01T10:00:00Z");
    b.match.fix = FIX_NONE;
    PASSES();
    b.match.is.published = S(""); /* nobody says since when */
    REFUSES(GATE_FIX_AGE);
    b.match.is.published = S("2099-01-01"); /* nor is it believed */
    REFUSES(GATE_FIX_AGE);
    b.match.is.published = S("2020-01-01");
    SET(GATE_FIX_AGE, gate_any_time);
    PASSES();
    b.match.is.rating = S("high");
    b.match.fix = FIX_NEVER;
    REFUSES(GATE_SEVERITY);
    b.match.is.rating = S("high");
    b.match.fix = FIX_NEVER;
    SET(GATE_UNFIXED, GATE_ALLOW);
    PASSES();
}

static void what_is_not_known_stands_in_the_way(void **state)
{
    (void)state;
    b.in.dated = 0;
    CANNOT_JUDGE(GATE_FEED_AGE);
    b.in.now = b.in.dated + 25 * 3600;
    b.in.kev_dated = b.in.now;
    CANNOT_JUDGE(GATE_FEED_AGE);
    b.in.now = b.in.dated - 3 * 24 * 3600; /* of the future */
    b.in.kev_dated = b.in.now;
    CANNOT_JUDGE(GATE_FEED_AGE);
    b.answer = ANSWER_UNAVAILABLE;
    CANNOT_JUDGE(GATE_NOT_CHECKED);
    b.answer = ANSWER_PENDING;
    CANNOT_JUDGE(GATE_NOT_CHECKED);
    b.answer = ANSWER_UNAVAILABLE;
    SET(GATE_NOT_CHECKED, GATE_ALLOW);
    PASSES();
    b.image.packages_known = false;
    CANNOT_JUDGE(GATE_NOT_CHECKED);
    b.image.user_known = false;
    CANNOT_JUDGE(GATE_USER);
    b.in.others = true;
    CANNOT_JUDGE(GATE_NOT_CHECKED);
    SET(GATE_INVENTORY, GATE_REFUSE);
    CANNOT_JUDGE(GATE_INVENTORY);
    b.in.source_only = true;
    CANNOT_JUDGE(GATE_SOURCE_ONLY);
    SET(GATE_PINS, GATE_REFUSE); /* which only a Dockerfile tells */
    CANNOT_JUDGE(GATE_PINS);
    SET(GATE_DIGEST, GATE_REFUSE);
    CANNOT_JUDGE(GATE_DIGEST);
    b.facts.created = S("");
    SET(GATE_IMAGE_AGE, 90 * 24 * 3600);
    CANNOT_JUDGE(GATE_IMAGE_AGE);
    b.in.support_of = S("debian:12");
    CANNOT_JUDGE(GATE_END_OF_LIFE);
    b.in.support_of = S("debian:12");
    b.in.support_dated = b.in.now - 10 * 24 * 3600;
    CANNOT_JUDGE(GATE_END_OF_LIFE);
    b.in.support_of = S("debian:12");
    b.in.support_dated = b.in.now;
    PASSES();
    b.in.support_of = S("debian:12");
    SET(GATE_END_OF_LIFE, GATE_ALLOW);
    PASSES();
}

static void an_image_is_held_to_the_rest(void **state)
{
    (void)state;
    b.facts.user_root = true;
    REFUSES(GATE_USER);
    b.facts.user_root = true;
    SET(GATE_USER, GATE_ALLOW);
    PASSES();
    b.facts.release = (struct release){S("debian"), S("10"), S("buster")};
    b.image.end = S("2024-06-30");
    b.image.has_end = true;
    REFUSES(GATE_END_OF_LIFE);
    b.in.nsecret = 1;
    REFUSES(GATE_SECRETS);
    SET(GATE_IMAGE_AGE, 90 * 24 * 3600);
    PASSES();
    SET(GATE_IMAGE_AGE, 20 * 24 * 3600);
    REFUSES(GATE_IMAGE_AGE);
    SET(GATE_REGISTRY, GATE_REFUSE);
    REFUSES(GATE_REGISTRY);
    SET(GATE_REGISTRY, GATE_REFUSE);
    b.in.trusted_registry = true;
    PASSES();
}

/* A package that its distro has given up, in a release that lives. */
static void what_nobody_looks_after_is_refused(void **state)
{
    struct component two[2];
    struct match_list lists[2];
    enum answer answers[2] = {ANSWER_FOUND, ANSWER_UNAVAILABLE};
    struct gate_result r;

    (void)state;
    b.list.support_end = S("2026-12-01"); /* tomorrow */
    PASSES();
    b.list.support = S("see the notes"); /* within limits */
    b.list.support_end = S("");
    PASSES();
    b.list.support_end = S("2026-11-30");
    REFUSES(GATE_END_OF_LIFE);
    b.list.support_end = S("2026-11-30");
    SET(GATE_END_OF_LIFE, GATE_ALLOW);
    PASSES();
    b.list.support_end = S("2026-11-30"); /* whether it is vulnerable is another question */
    b.answer = ANSWER_UNAVAILABLE;
    SET(GATE_NOT_CHECKED, GATE_ALLOW);
    REFUSES(GATE_END_OF_LIFE);
    /* Packages of one source are told together, and nothing else is. */
    b.list.support_end = S("2026-11-30");
    b.list.support = S("upstream is gone");
    two[0] = two[1] = b.component;
    two[1].name = S("openssl");
    lists[0] = lists[1] = b.list;
    b.in.component = two;
    b.in.matches = lists;
    b.in.answer = answers;
    b.in.ncomponent = 2;
    gate_judge(arena, &b.in, &r);
    assert_int_equal(r.count[GATE_REFUSED], 1);
    assert_string_equal(str_cstr(arena, r.item.v[0].title),
                        "Security support of libssl3, openssl in debian:12 ended on 2026-11-30");
    assert_string_equal(str_cstr(arena, r.item.v[0].why),
                        "upstream is gone; use another package, or another release");
    two[1].source = S("openssl1.1");
    gate_judge(arena, &b.in, &r);
    assert_int_equal(r.count[GATE_REFUSED], 2);
    set_bench(NULL);
    /* It is accepted by the package's name; by that of a vulnerability nothing else is. */
    b.in.naccept = 1;
    b.list.support_end = S("2026-11-30");
    REFUSES(GATE_END_OF_LIFE);
    b.in.naccept = 1;
    b.accept.id = S("");
    b.accept.package = S("openssl");
    b.list.support_end = S("2026-11-30");
    PASSES();
}

static void expect_accepted(bool accepted, const char *what)
{
    struct gate_result r;

    b.in.naccept = 1;
    b.match.is.rating = S("high");
    gate_judge(arena, &b.in, &r);
    if ((r.verdict == GATE_PASSED) != accepted || (r.faulty.n == 0) != accepted)
        fail_msg("%s: %s", what, gate_verdict_word(r.verdict));
    set_bench(NULL);
}

static void acceptances_count_within_the_policy(void **state)
{
    (void)state;
    expect_accepted(true, "a whole one");
    b.accept.expires = S("2026-11-29");
    expect_accepted(false, "over");
    b.accept.owner = S("");
    expect_accepted(false, "ownerless");
    b.accept.expires = S("");
    expect_accepted(false, "endless");
    b.accept.trusted = false;
    expect_accepted(false, "a repository's");
    b.accept.trusted = false;
    SET(GATE_ACCEPT, GATE_ACCEPT_REPOSITORY);
    expect_accepted(true, "a repository's, by the operator's word");
    SET(GATE_ACCEPT, GATE_ACCEPT_NONE);
    expect_accepted(false, "none is taken");
    SET(GATE_ACCEPT_SEVERITY, GATE_MEDIUM);
    expect_accepted(false, "too severe");
    SET(GATE_ACCEPT_FOR, 30 * 24 * 3600);
    expect_accepted(false, "for too long");
    b.accept.decided = S("");
    expect_accepted(false, "nobody knows since when");
    b.accept.decided = S("");
    SET(GATE_ACCEPT_FOR, gate_any_time);
    expect_accepted(true, "since whenever");
}

/* ---- the program ---- */

static struct str blob(struct str bytes, size_t *size)
{
    struct str digest = digest_of(arena, bytes);

    *size = bytes.n;
    sandbox_write(
        &box, str_fmt(arena, "work/layout/blobs/sha256/" STR_FMT, STR_ARG(str_from(digest, 7))).p,
        bytes);
    return digest;
}

static const char *more; /* a file of the image: a Node.js package */

/* work/layout: an image of Debian 12 with two packages; its manifest's digest. */
static struct str make_layout(const char *user, const char *env)
{
    struct buf tar = {.arena = arena};
    size_t layer_size, config_size, size;

    tarball_file(&tar, "etc/os-release",
                 "ID=debian\nVERSION_ID=\"12\"\n"
                 "VERSION_CODENAME=bookworm\n");
    tarball_file(&tar, "etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:0:0::/:/bin/sh\n");
    tarball_file(&tar, "var/lib/dpkg/status",
                 "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\n"
                 "Source: openssl\nVersion: 3.0.11-1~deb12u1\n\n"
                 "Package: bash\nStatus: install ok installed\nArchitecture: amd64\n"
                 "Version: 5.2.15-2+b2\n");
    if (more)
        tarball_file(&tar, more, "{\"name\":\"lodash\",\"version\":\"4.17.20\"}");
    static const char zeros[1024];
    buf_add(&tar, (struct str){zeros, sizeof zeros});
    struct str layer = blob(tarball_gzip(arena, buf_str(&tar)), &layer_size);
    struct str config = blob(
        str_fmt(arena,
                "{\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":\"2026-01-01T00:00:00Z\","
                "\"config\":{\"User\":\"%s\",\"Env\":[\"PATH=/bin\"%s]}}",
                user, env),
        &config_size);
    struct str digest = blob(
        str_fmt(arena,
                "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":"
                "\"" STR_FMT "\",\"size\":%zu},\"layers\":[{\"mediaType\":"
                "\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"" STR_FMT
                "\",\"size\":%zu}]}",
                STR_ARG(config), config_size, STR_ARG(layer), layer_size),
        &size);
    put("layout/index.json",
        str_fmt(arena,
                "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":"
                "\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"" STR_FMT
                "\",\"size\":%zu}]}",
                STR_ARG(digest), size)
            .p);
    return digest;
}

static const char tracker[] =
    "{\"openssl\":{\"CVE-2024-5535\":{\"scope\":\"local\",\"releases\":{\"bookworm\":{\"status\":"
    "\"resolved\",\"fixed_version\":\"3.0.15-1~deb12u1\",\"repositories\":{\"bookworm\":"
    "\"3.0.15-1~deb12u1\"},\"urgency\":\"high\"}}}}}";
static const char kev[] =
    "{\"title\":\"CISA Catalog of Known Exploited Vulnerabilities\",\"catalogVersion\":"
    "\"2026.11.01\",\"dateReleased\":\"2026-11-01T00:00:00Z\",\"count\":1,\"vulnerabilities\":["
    "{\"cveID\":\"CVE-1999-1\",\"vendorProject\":\"x\",\"product\":\"y\",\"vulnerabilityName\":"
    "\"z\",\"dateAdded\":\"2026-01-01\",\"shortDescription\":\"s\",\"requiredAction\":\"a\","
    "\"dueDate\":\"2026-02-01\",\"knownRansomwareCampaignUse\":\"Unknown\",\"notes\":\"\"}]}";

static void set_policy(const char *gate)
{
    sandbox_write(&box, "dfix/dfix.yaml",
                  str_fmt(arena,
                          "index: {apt: {debian: {mirror: 'file://" SAMPLE "debian', security: "
                          "'file://" SAMPLE "debian-security', keyring: '" SAMPLE "keyring.gpg'}}, "
                          "advisories: {debian: 'file://%s', kev: 'file://%s', epss: "
                          "'file:///nowhere'}}\n%s\n",
                          sandbox_path(&box, arena, "tracker.json"),
                          sandbox_path(&box, arena, "kev.json"), gate));
}

static int set_up(void **state)
{
    program_set_up(state);
    setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1); /* no registry answers */
    put(".git/HEAD", "ref: refs/heads/main\n");
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get update && apt-get install -y libssl3\n");
    sandbox_write(&box, "tracker.json", str_of(tracker));
    sandbox_write(&box, "kev.json", str_of(kev));
    set_policy("gate: {production: {end-of-life: allow}}");
    return 0;
}

static void expect(int status, const char *words, const char *text)
{
    int got = shell("dfix gate %s", words);

    if (got != status || !(strstr(out(), text) || strstr(err(), text)))
        fail_msg("dfix gate %s: %d, not %d, or without \"%s\"\n%s%s", words, got, status, text,
                 out(), err());
}

static void the_status_says_whether_it_may_go(void **state)
{
    (void)state;
    make_layout("1000", "");
    expect(
        1, "--env production --layout layout --dockerfile Dockerfile",
        "refused     severity         CVE-2024-5535 in libssl3 3.0.11-1~deb12u1  (Dockerfile:2)");
    assert_non_null(strstr(out(), "fixed in 3.0.15-1~deb12u1"));
    set_policy("gate: {production: {end-of-life: allow, severity: high, fix-age: any}}");
    expect(0, "--env production --layout layout", "passed for production");
    expect(2, "--env prodution --layout layout", "did you mean production?");
    expect(2, "--layout layout", "needs --env");
    make_layout("web", ""); /* another name for root */
    expect(1, "--env production --layout layout", "The container runs as root");
    make_layout("1000", ",\"API_TOKEN=abc\",\"GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568\","
                        "\"KEY_FILE=/run/key\"");
    expect(1, "--env production --layout layout", "environment has API_TOKEN");
    assert_null(strstr(out(), "GPG_KEY"));
    assert_null(strstr(out(), "KEY_FILE"));
}

static void what_the_image_holds_besides_counts(void **state)
{
    (void)state;
    set_policy("gate: {production: {end-of-life: allow, severity: critical, fix-age: any, "
               "inventory: required}}");
    more = NULL;
    make_layout("1000", "");
    expect(0, "--env production --layout layout", "passed for production");
    more = "app/node_modules/lodash/package.json";
    make_layout("1000", "");
    expect(2, "--env production --layout layout", "1 of 3 packages could not be checked (lodash)");
    put("lodash.json",
        "{\"id\":\"GHSA-1\",\"modified\":\"2026-01-01T00:00:00Z\",\"published\":"
        "\"2026-01-01T00:00:00Z\",\"severity\":[{\"type\":\"CVSS_V3\",\"score\":"
        "\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H\"}],\"affected\":[{\"package\":"
        "{\"ecosystem\":\"npm\",\"name\":\"lodash\"},\"ranges\":[{\"type\":\"SEMVER\","
        "\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"4.17.21\"}]}]}]}\n");
    assert_int_equal(shell("dfix advisories update lodash.json"), 0);
    set_policy("gate: {production: {end-of-life: allow, severity: high, fix-age: any}}");
    expect(1, "--env production --layout layout", "GHSA-1 in lodash 4.17.20");
    more = "app/node_modules/lodash/no.json";
    make_layout("1000", "");
    expect(0, "--env production --layout layout", "passed for production");
    more = NULL;
}

static void the_gate_is_closed_for_what_is_missing(void **state)
{
    struct str digest = make_layout("1000", "");
    (void)state;

    set_policy("gate: {production: {end-of-life: allow, severity: critical, fix-age: any}}");
    /* No feed, or one that is cut off. */
    sandbox_write(&box, "tracker.json", str_sub(str_of(tracker), 0, 90));
    expect(2, "--env production --layout layout --attest vsa.json", "not judged");
    assert_int_equal(shell("test -e vsa.json"), 1);
    sandbox_write(&box, "tracker.json", str_of(tracker));
    sandbox_write(&box, "kev.json", S("{}"));
    assert_int_equal(sandbox_run(&box, "rm -rf cache"), 0);
    expect(2, "--env production --layout layout", "exploited");
    sandbox_write(&box, "kev.json", str_of(kev));
    expect(0, "--env production --layout layout", "passed");
    /* A layer that is not what its digest says. */
    struct str other =
        str_fmt(arena, "work/layout/blobs/sha256/" STR_FMT, STR_ARG(str_from(digest, 7)));
    sandbox_write(&box, other.p, S("{}"));
    assert_int_equal(sandbox_run(&box, "rm -rf cache"), 0);
    expect(2, "--env production --layout layout", "dfix: ");
    expect(2, "--env production --layout nowhere", "nowhere");
    expect(2, "--env production", "needs an image");
    expect(2, "--env production debian:12", "name the image by its digest");
    expect(2, "--env production --dockerfile Dockerfile", "source only");
    assert_non_null(strstr(out(), "1 of 2 packages could not be checked (libssl3)"));
    assert_non_null(
        strstr(out(), "1 of 2 packages could not be checked (what debian:bookworm holds)"));
    assert_null(strstr(out(), "nobody publishes advisories for it"));
    set_policy("gate: {production: {end-of-life: allow, source-only: allow, not-checked: allow}}");
    expect(2, "--env production --dockerfile Dockerfile --attest x.json",
           "no attestation is written");
    assert_int_equal(shell("test -e x.json"), 1);
    expect(2, "--env production --layout layout x@sha256:1", "judges one image");
}

static void a_repository_only_makes_it_stricter(void **state)
{
    (void)state;
    make_layout("1000", "");
    put("dfix.yaml", "gate: {production: {severity: critical, kev: allow}}\n");
    expect(1, "--env production --layout layout", "\"severity\" is ignored here");
    set_policy("gate: {production: {end-of-life: allow, severity: high, fix-age: any}}");
    put("dfix.yaml", "gate: {production: {severity: low}}\n");
    expect(1, "--env production --layout layout", "CVE-2024-5535");
    put("dfix.yaml", "gate: {test: {user: non-root}}\n");
    expect(2, "--env test --layout layout", "no policy that counts knows");
    /* Nor does it let itself in by what it accepts. */
    put("dfix.yaml", "accept: [{id: CVE-2024-5535, reason: x, owner: '@corp/web', decided: "
                     "2026-11-01, expires: 2099-01-01}]\n");
    set_policy("gate: {production: {end-of-life: allow, accept-for: any}}");
    expect(1, "--env production --layout layout", "does not count: the policy does not take it");
    set_policy("gate: {production: {end-of-life: allow, accept-for: any, accept: repository}}");
    expect(0, "--env production --layout layout", "accepted    severity");
    put("dfix.yaml", "accept: [{id: CVE-2024-5535, reason: x, owner: '@corp/web', expires: "
                     "2020-01-01}]\n");
    expect(1, "--env production --layout layout", "it expired on 2020-01-01");
    put("dfix.yaml", "accept: [{id: CVE-2024-9, where: Dockerfile, reason: x, owner: '@corp/web', "
                     "expires: 2099-01-01}]\n");
    expect(1, "--env production --layout layout --dockerfile Dockerfile",
           "nothing here is covered");
}

static void what_its_maker_says_counts_when_it_is_named(void **state)
{
    (void)state;
    make_layout("1000", "");
    put("vex.json", "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\"Example\","
                    "\"timestamp\":\"2026-01-01T00:00:00Z\",\"statements\":[{\"vulnerability\":"
                    "{\"name\":\"CVE-2024-5535\"},\"products\":[{\"@id\":"
                    "\"pkg:deb/debian/openssl@3.0.11-1~deb12u1\"}],\"status\":\"not_affected\","
                    "\"justification\":\"component_not_present\"}]}");
    expect(0, "--env production --layout layout --vex vex.json", "by Example");
    put(".trivyignore", "CVE-2024-5535\n");
    expect(2, "--env production --layout layout --vex .trivyignore", "neither OpenVEX nor CSAF");
}

static void an_inventory_can_be_judged_but_not_attested(void **state)
{
    (void)state;
    put("sbom.json", "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"purl\":\"pkg:deb/debian/"
                     "libssl3@3.0.11-1~deb12u1?arch=amd64&upstream=openssl&distro=debian-12\"}]}");
    expect(1, "--env production --sbom sbom.json", "CVE-2024-5535 in libssl3");
    set_policy("gate: {production: {end-of-life: allow, severity: high, fix-age: any, user: any}}");
    expect(0, "--env production --sbom sbom.json", "passed");
    expect(2, "--env production --sbom sbom.json --attest x.json", "no attestation is written");
    put("sbom.json", "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"purl\":\"pkg:deb/debian/"
                     "libssl3@3.0.11-1~deb12u1?arch=amd64\"}]}");
    expect(2, "--env production --sbom sbom.json", "of which release");
}

static void an_inventory_beside_an_image_adds_to_it(void **state)
{
    (void)state;
    make_layout("1000", "");
    set_policy("gate: {production: {end-of-life: allow, severity: high, fix-age: any, inventory: "
               "required}}");
    expect(0, "--env production --layout layout", "passed"); /* its files were looked into */
    put("sbom.json", "{\"bomFormat\":\"CycloneDX\",\"components\":[]}");
    expect(2, "--env production --layout layout --sbom sbom.json", "lists no");
    put("sbom.json", "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"purl\":\"pkg:oci/app@1\"}]}");
    expect(0, "--env production --layout layout --sbom sbom.json --attest vsa.json", "passed");
    assert_non_null(strstr(get("vsa.json"), "\"uri\": \"file:sbom.json\""));
    /* What nobody watches over is never clean. */
    put("sbom.json", "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"purl\":\"pkg:rpm/x@1\"}]}");
    expect(2, "--env production --layout layout --sbom sbom.json", "1 of 3 packages could not be");
}

/* What Debian supports no more comes from a file or from its index, and says since when. */
static void support_ends_before_the_release_does(void **state)
{
    static const char args[] = "--env production --layout layout";
    static const char end[] = "Security support of libssl3 in debian:12 ended on 2024-10-01";

    (void)state;
    make_layout("1000", "");
    set_policy("gate: {production: {severity: high, fix-age: any}}");
    expect(2, args, "not judged  end-of-life      What debian:12 supports no more is not known");
    set_policy("gate: {production: {severity: high, fix-age: any, end-of-life: allow}}");
    expect(0, args, "passed");
    set_policy("gate: {production: {severity: high, fix-age: any}}");
    put("security-support-ended.deb12", "openssl 3.0 2024-10-01 nobody looks after it\n");
    assert_int_equal(shell("dfix advisories update security-support-ended.deb12"), 0);
    assert_string_equal(out(), "debian-security-support in debian:12: 1 entry\n");
    expect(1, "--env production --layout layout --dockerfile Dockerfile",
           "refused     end-of-life      Security support of libssl3 in debian:12 ended on "
           "2024-10-01  (Dockerfile:2)");
    assert_non_null(strstr(out(), "nobody looks after it; use another package"));
    assert_null(strstr(out(), "supports no more is not known"));
    expect(1, "--env production --layout layout --format ndjson -o gate.ndjson", "");
    assert_non_null(strstr(get("gate.ndjson"), "\"ended\":\"2024-10-01\""));
    assert_non_null(strstr(get("gate.ndjson"), "\"package\":\"libssl3\""));
    expect(1, "--env production --layout layout --format sarif", end);
    assert_int_equal(shell("dfix report --html r.html gate.ndjson"), 0);
    assert_non_null(strstr(get("r.html"), end));
    put("sbom.json", "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"purl\":\"pkg:deb/debian/"
                     "bash@5.0-4?distro=debian-10\"}]}");
    expect(1, "--env production --sbom sbom.json --dockerfile Dockerfile",
           "debian 10 reached end of life on 2024-06-30  (Dockerfile:1)");
    set_policy("gate: {production: {severity: high, fix-age: any, end-of-life: allow}}");
    expect(0, args, "passed");
    assert_null(strstr(out(), "Security support"));
    set_policy("gate: {production: {severity: high, fix-age: any}}\naccept: [{package: openssl, "
               "reason: x, owner: '@corp/web', decided: 2026-11-01, expires: 2099-01-01}]");
    expect(1, args, "does not count: the policy does not take it");
    set_policy("gate: {production: {severity: high, fix-age: any, accept-for: any}}\naccept: "
               "[{package: openssl, reason: x, owner: '@corp/web', decided: 2026-11-01, expires: "
               "2099-01-01}]");
    expect(0, args, "accepted    end-of-life");
}

/* A comment in the file that is judged says nothing here. */
static void a_dockerfile_cannot_excuse_itself(void **state)
{
    (void)state;
    make_layout("1000", "");
    set_policy(
        "gate: {production: {end-of-life: allow, severity: high, fix-age: any, digest: pinned}}");
    put("Dockerfile", "# dfix ignore-file=secret-in-env because we say so\nFROM debian:bookworm\n"
                      "# dfix ignore=secret-in-env because we say so\nENV API_TOKEN=abc\n");
    expect(1, "--env production --layout layout --dockerfile Dockerfile", "(Dockerfile:4)");
    assert_non_null(strstr(out(), "The base debian:bookworm has no digest  (Dockerfile:2)"));
    put("dfix.yaml", "rules: {secret-in-env: off}\nper-file: {Dockerfile: {secret-in-env: off}}\n");
    expect(1, "--env production --layout layout --dockerfile Dockerfile --ignore secret-in-env",
           "(Dockerfile:4)");
}

static void check_schema(const char *schema, const char *file)
{
    if (shell("python3 " DFIX_ROOT "/tests/schemas/validate.py " DFIX_ROOT
              "/tests/schemas/%s.json whole %s",
              schema, file) != 0)
        fail_msg("%s: %s\n%s", schema, err(), get(file));
}

static void documents_are_as_their_schemas_say(void **state)
{
    struct str digest = make_layout("1000", "");
    (void)state;

    needs_module("jsonschema");
    expect(1,
           "--env production --layout layout --attest vsa.json --format sarif -o x.sarif "
           "--dockerfile Dockerfile",
           "");
    check_schema("vsa", "vsa.json");
    check_schema("sarif", "x.sarif");
    assert_non_null(strstr(get("vsa.json"), str_cstr(arena, str_from(digest, 7))));
    assert_non_null(strstr(get("vsa.json"), "\"verificationResult\": \"FAILED\""));
    assert_non_null(strstr(get("x.sarif"), "\"startLine\":2"));
    set_policy("gate: {production: {end-of-life: allow, severity: high, fix-age: any}}");
    expect(0, "--env production --layout layout --attest vsa.json --json",
           "\"verdict\":\"passed\"");
    const char *said = out();
    check_schema("vsa", "vsa.json");
    assert_non_null(strstr(get("vsa.json"), "\"verificationResult\": \"PASSED\""));
    /* The digest of the policy is that of its text. */
    const char *line = strstr(said, "\"policyDigest\":\"sha256:");
    assert_non_null(line);
    assert_non_null(strstr(get("vsa.json"), str_cstr(arena, (struct str){line + 23, 64})));
}

static const char rego_text[] =
    "# Made by `dfix gate --rego` from the policy of the environment production.\n"
    "# buildx 0.31 and later reads it beside the Dockerfile. What is installed in the image\n"
    "# is not asked here: `dfix gate` judges that.\n"
    "\n"
    "package docker\n"
    "\n"
    "default allow := false\n"
    "\n"
    "trusted := [\n"
    "\t\"^registry\\\\.corp\\\\.example(/.*)?$\",\n"
    "\t\"^[^/]*\\\\.corp\\\\.example(/.*)?$\",\n"
    "\t\"^quay\\\\.io/.*/app$\",\n"
    "]\n"
    "\n"
    "blocked := []\n"
    "\n"
    "is_trusted if {\n"
    "\tsome pattern in trusted\n"
    "\tregex.match(pattern, input.image.fullRepo)\n"
    "}\n"
    "\n"
    "is_blocked if {\n"
    "\tsome pattern in blocked\n"
    "\tregex.match(pattern, input.image.fullRepo)\n"
    "}\n"
    "\n"
    "allow if input.local\n"
    "\n"
    "allow if input.git\n"
    "\n"
    "allow if {\n"
    "\tinput.http.schema == \"https\"\n"
    "}\n"
    "\n"
    "allow if {\n"
    "\tinput.image\n"
    "\tcount(image_faults) == 0\n"
    "}\n"
    "\n"
    "image_faults contains msg if {\n"
    "\tis_blocked\n"
    "\tmsg := sprintf(\"%s is from a registry that the policy blocks\", [input.image.ref])\n"
    "}\n"
    "\n"
    "image_faults contains msg if {\n"
    "\tinput.image\n"
    "\tnot is_trusted\n"
    "\tmsg := sprintf(\"%s is from no trusted registry\", [input.image.ref])\n"
    "}\n"
    "\n"
    "image_faults contains msg if {\n"
    "\tinput.image\n"
    "\tnot input.image.isCanonical\n"
    "\tmsg := sprintf(\"%s has no digest\", [input.image.ref])\n"
    "}\n"
    "\n"
    "deny_msg contains msg if {\n"
    "\tsome msg in image_faults\n"
    "}\n"
    "\n"
    "deny_msg contains msg if {\n"
    "\tinput.http\n"
    "\tinput.http.schema != \"https\"\n"
    "\tmsg := sprintf(\"%s is not fetched by https\", [input.http.url])\n"
    "}\n"
    "\n"
    "decision := {\"allow\": allow, \"deny_msg\": deny_msg}\n";

static void a_build_holds_to_what_it_can(void **state)
{
    (void)state;
    set_policy("gate: {production: {registry: trusted, digest: pinned}}\n"
               "registries: {trusted: [registry.corp.example, '*.corp.example', 'quay.io/*/app']}");
    expect(0, "--env production --rego Dockerfile.rego", "");
    assert_string_equal(get("Dockerfile.rego"), rego_text);
}

/* Whatever the policy says, what comes of it is Rego, and trusts what the policy trusts. */
static void the_policy_of_a_build_is_rego(void **state)
{
    static const struct {
        const char *policy, *names;
    } v[] = {
        {"gate: {production: {registry: trusted, digest: pinned}}\n"
         "registries: {trusted: [registry.corp.example, '*.corp.example', 'quay.io/*/app']}",
         "registry.corp.example/a/b x.corp.example/a quay.io/team/app '!quay.io/team/other' "
         "'!registry.corp.example.evil/a' '!evil/registry.corp.example/a'"},
        {"gate: {production: {severity: high}}", "'!docker.io/library/debian'"},
        {"gate: {production: {registry: "
         "trusted}}\nregistries: "
         "{trusted: ['localhost:5000', 'a.b/c.d'], blocked: ['evil.example', '*.evil.example']}",
         "localhost:5000/x '!localhost:50000/x' a.b/c.d/x '!aXb/c.d' '!a.b/cXd'"},
    };

    (void)state;
    needs("python3");
    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        set_policy(v[i].policy);
        expect(0, "--env production --rego Dockerfile.rego", "");
        if (shell("python3 " DFIX_ROOT "/tests/integration/rego.py Dockerfile.rego %s",
                  v[i].names) != 0)
            fail_msg("%s\n%s", err(), get("Dockerfile.rego"));
    }
    /* The parser refuses what is none. */
    static const char *const damage[] = {
        "s/^package/pakage/",        "s/if {/if/", "s/:=/=:/", "s/default allow/default/",
        "s/is_trusted if/other if/", "s/\",$/,/",  "s/^}$//",  "s/input.image/inptu.image/"};
    set_policy(v[0].policy);
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        expect(0, "--env production --rego Dockerfile.rego", "");
        assert_int_equal(shell("sed -i '%s' Dockerfile.rego", damage[i]), 0);
        if (shell("python3 " DFIX_ROOT "/tests/integration/rego.py Dockerfile.rego") == 0)
            fail_msg("%s is taken", damage[i]);
    }
}

int main(void)
{
#define UNIT(f) cmocka_unit_test_setup_teardown(f, set_bench, close_bench)
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(severity_is_the_distros_else_cvss),
        UNIT(what_is_exploited_is_refused_however_low),
        UNIT(a_fix_has_to_be_taken_in_time),
        UNIT(what_is_not_known_stands_in_the_way),
        UNIT(an_image_is_held_to_the_rest),
        UNIT(what_nobody_looks_after_is_refused),
        UNIT(acceptances_count_within_the_policy),
        CASE(the_status_says_whether_it_may_go),
        CASE(what_the_image_holds_besides_counts),
        CASE(the_gate_is_closed_for_what_is_missing),
        CASE(a_repository_only_makes_it_stricter),
        CASE(what_its_maker_says_counts_when_it_is_named),
        CASE(an_inventory_can_be_judged_but_not_attested),
        CASE(an_inventory_beside_an_image_adds_to_it),
        CASE(support_ends_before_the_release_does),
        CASE(a_dockerfile_cannot_excuse_itself),
        CASE(documents_are_as_their_schemas_say),
        CASE(a_build_holds_to_what_it_can),
        CASE(the_policy_of_a_build_is_rego),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
