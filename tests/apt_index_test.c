/* The apt service against archives of the test's own making: which suites, components and places
 * an answer is made of, when the network is asked, and what is done when it says no. */
#include "apt_bed.h"

#define ALL_TOOLS                                                                                  \
    "1.0-2 bookworm-updates/main|1.0-1+deb12u1 bookworm-security/main|1.0-1 bookworm/main|"

static void test_suites_make_a_release(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    struct outcome o = bed_tool(b);
    expect_offers(o, ALL_TOOLS);
    o = bed_ask(b, &bed_bookworm, "amd64", NULL, 0, "other");
    expect_offers(o, "2.0-1 bookworm/main|");
    o = bed_ask(b, &bed_bookworm, "amd64", NULL, 0, "none");
    assert_int_equal(o.answer, ANSWER_ABSENT);
    /* The release is not for that one: nothing is known then. */
    o = bed_ask(b, &bed_bookworm, "amd64,arm64", NULL, 0, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "bookworm has no packages for arm64");
    bed_close(b);
}

static void noble(struct bed *b, const char *place)
{
    static const char *const suites[] = {"noble", "noble-updates", "noble-security"};
    for (int i = 0; i < 3; i++) {
        const char *folder = str_fmt(b->arena, "%sdists/%s", place, suites[i]).p;
        bed_packages(b, folder, "main", *place ? "arm64" : "amd64", "tool 1.0-1");
        bed_packages(b, folder, "universe", *place ? "arm64" : "amd64",
                     i == 1 ? "toy 3.0-2" : "toy 3.0-1");
        bed_sign(b, folder, "noble", suites[i], "ORIGIN=Ubuntu");
    }
}

static const struct release bed_noble = {{"ubuntu", 6}, {"24.04", 5}, {"noble", 5}};

static void test_ubuntu_has_four_components_and_ports(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    noble(b, "");
    struct outcome o = bed_ask(b, &bed_noble, "amd64", NULL, 0, "toy");
    expect_offers(
        o, "3.0-2 noble-updates/universe|3.0-1 noble/universe|3.0-1 noble-security/universe|");
    noble(b, "ports/");
    b->index[1].ports = str_fmt(b->arena, "file://%s/ports", b->box.dir);
    o = bed_ask(b, &bed_noble, "amd64,arm64", NULL, 0, "toy");
    assert_int_equal(o.info.noffer, 3);
    expect_offers(
        o, "3.0-2 noble-updates/universe|3.0-1 noble/universe|3.0-1 noble-security/universe|");
    /* Ubuntu's images have -backports among their sources. */
    bed_packages(b, "dists/noble-backports", "main", "amd64", "tool 2.0-1");
    bed_packages(b, "dists/noble-backports", "universe", "amd64", "toy 4.0-1");
    bed_sign(b, "dists/noble-backports", "noble", "noble-backports", "ORIGIN=Ubuntu");
    assert_int_equal(sandbox_run(&b->box, "rm -rf cache"), 0);
    o = bed_ask(b, &bed_noble, "amd64", NULL, 0, "toy");
    expect_offers(o, "4.0-1 noble-backports/universe|3.0-2 noble-updates/universe|"
                     "3.0-1 noble/universe|3.0-1 noble-security/universe|");
    /* A suite that calls itself by the release's codename, too, is still not the release. */
    assert_int_equal(sandbox_run(&b->box, "rm -rf cache dists/noble; cp -r dists/noble-updates "
                                          "dists/noble"),
                     0);
    o = bed_ask(b, &bed_noble, "amd64", NULL, 0, "toy");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.notes, "it is for \"noble\" (noble-updates), not for noble");
    bed_close(b);
}

static void test_the_network_is_asked_once(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    expect_offers(bed_tool(b), ALL_TOOLS);
    assert_int_equal(b->server->requests, 6);
    /* Fresh: not at all. */
    expect_offers(bed_tool(b), ALL_TOOLS);
    assert_int_equal(b->server->requests, 6);
    /* Always ask: three times "not modified". */
    b->settings.max_age = 0;
    expect_offers(bed_tool(b), ALL_TOOLS);
    assert_int_equal(b->server->requests, 9);
    assert_int_equal(loopback_asked(b->server, "GET /dists/bookworm/InRelease"), 2);
    /* Signed anew, the same packages: they are not fetched again. */
    bed_sign(b, "dists/bookworm", "bookworm", "bookworm", "DATE='now + 1 minute'");
    expect_offers(bed_tool(b), ALL_TOOLS);
    assert_int_equal(b->server->requests, 12);
    /* New packages. */
    bed_packages(b, "dists/bookworm", "main", "amd64", "tool 1.0-9");
    bed_sign(b, "dists/bookworm", "bookworm", "bookworm", "DATE='now + 2 minutes'");
    expect_offers(bed_tool(b), "1.0-9 bookworm/main|1.0-2 bookworm-updates/main|"
                               "1.0-1+deb12u1 bookworm-security/main|");
    assert_int_equal(b->server->requests, 16);
    bed_close(b);
}

static void test_an_old_index_serves_when_the_network_fails(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    bed_tool(b);
    b->settings.max_age = 0;
    b->gone = "InRelease";
    b->gone_status = 403;
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_FOUND);
    assert_int_equal(o.errors, 0);
    expect_text(o.offers, ALL_TOOLS);
    expect_has(o.notes, "using an index of bookworm-security from less than an hour ago");
    expect_has(o.notes, "the server says 403");
    /* Nothing to fall back on. */
    b->settings.cache_dir = str_of(sandbox_path(&b->box, b->arena, "empty"));
    o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    assert_true(o.errors > 0);
    expect_has(o.why, "the server says 403");
    bed_close(b);
}

static void test_offline_never_asks(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    b->settings.offline = true;
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    assert_int_equal(o.errors, 0);
    expect_has(o.why, "dfix runs offline");
    assert_int_equal(b->server->requests, 0);
    b->settings.offline = false;
    bed_tool(b);
    size_t asked = b->server->requests;
    b->settings.offline = true;
    expect_offers(bed_tool(b), ALL_TOOLS);
    b->settings.max_age = 0;
    o = bed_tool(b);
    expect_text(o.offers, ALL_TOOLS);
    assert_int_equal(o.errors, 0);
    expect_has(o.notes, "dfix runs offline");
    assert_int_equal(b->server->requests, asked);
    bed_close(b);
}

static void test_what_a_mirror_lacks_is_remembered(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    b->gone = "bookworm-updates";
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    assert_int_equal(o.errors, 1);
    expect_has(o.why, "does not hold bookworm-updates");
    size_t asked = b->server->requests;
    o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    assert_int_equal(o.errors, 1);
    assert_int_equal(b->server->requests, asked);
    b->gone = NULL;
    b->settings.max_age = 0;
    expect_offers(bed_tool(b), ALL_TOOLS);
    bed_close(b);
}

static void test_forms_of_an_archive(void **state)
{
    static const struct {
        const char *set, *gone;
    } forms[] = {
        {"", "/InRelease"}, /* Release and Release.gpg */
        {"", "/by-hash/"},  /* listed, but not there */
        {"BYHASH=no", "/by-hash/"},
        {"FORMS=gz", NULL},
        {"FORMS=zst", NULL},
        {"FORMS=lz4", NULL},
        {"FORMS=", NULL},
        {"BYHASH=no FORMS='xz gz'", "Packages.xz"},
        {"FORMS='xz gz'", "-amd64/by-hash"},
    };
    (void)state;
    needs("gpg gpgv xz zstd lz4");
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_int_equal(sandbox_run(&b->box, "rm -rf cache"), 0);
        bed_sign(b, "dists/bookworm", "bookworm", "bookworm", forms[i].set);
        b->gone = forms[i].gone;
        struct outcome o = bed_tool(b);
        if (o.answer != ANSWER_FOUND || o.notes.n || !str_eq(o.offers, S(ALL_TOOLS)))
            fail_msg("%s without %s: " STR_FMT " " STR_FMT, forms[i].set,
                     forms[i].gone ? forms[i].gone : "nothing", STR_ARG(o.offers),
                     STR_ARG(o.notes));
    }
    bed_close(b);
}

/* buster, past its end of life, with what was never needed later left out. */
static void test_ended_releases(void **state)
{
    static const struct release buster = {{"debian", 6}, {"10", 2}, {"buster", 6}};
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_serve(b);
    struct outcome o = bed_ask(b, &buster, "amd64", NULL, 0, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    assert_int_equal(o.errors, 0); /* that it is gone is no fault of the run's */
    expect_has(o.why, "does not hold buster, which reached end of life on 2024-06-30");
    /* An expired key signed it, and its Valid-Until is long past. */
    bed_key(b, "old", "--faked-system-time 20240601T000000!");
    b->index[0].keyring = str_of(sandbox_path(&b->box, b->arena, "old.gpg"));
    bed_packages(b, "kept/debian/dists/buster", "main", "amd64", "tool 0.9-1");
    bed_packages(b, "kept/debian-security/dists/buster/updates", "main", "amd64", "tool 0.9-2");
    const char *old = "KEY=old GPG='--faked-system-time 20240601T000000!' DATE=2024-06-01 ";
    bed_sign(b, "kept/debian/dists/buster", "buster", "oldoldstable",
             str_fmt(b->arena, "%s VALID=2024-06-10", old).p);
    bed_sign(b, "kept/debian-security/dists/buster/updates", "buster", "oldoldstable",
             str_fmt(b->arena, "%s LABEL=Debian-Security", old).p);
    b->index[0].archive = str_fmt(b->arena, "http://127.0.0.1:%u/kept/debian", b->server->port);
    b->settings.max_age = 0;
    o = bed_ask(b, &buster, "amd64", NULL, 0, "tool");
    assert_int_equal(o.errors, 0);
    expect_text(o.offers, "0.9-2 buster/updates/main|0.9-1 buster/main|");
    expect_has(o.notes, "its index will not change again");
    /* The release itself does not pass for its security suite. */
    assert_int_equal(sandbox_run(&b->box, "rm -rf cache kept/debian-security/dists/buster/updates; "
                                          "cp -r kept/debian/dists/buster "
                                          "kept/debian-security/dists/buster/updates"),
                     0);
    o = bed_ask(b, &buster, "amd64", NULL, 0, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.notes, "not for buster/updates");
    /* All of that is refused for a release that lives. */
    bed_packages(b, "dists/bookworm", "main", "amd64", "tool 1.0-1");
    bed_sign(b, "dists/bookworm", "bookworm", "bookworm", old);
    o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.notes, "expired or revoked");
    bed_close(b);
}

static void test_a_mirror_does_not_go_back_in_time(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    bed_packages(b, "dists/bookworm-security", "main", "amd64", "tool 1.0-0");
    bed_sign(b, "dists/bookworm-security", "bookworm-security", "bookworm-security",
             "DATE='now - 2 days'");
    assert_int_equal(sandbox_run(&b->box, "mv dists/bookworm-security old"), 0);
    bed_packages(b, "dists/bookworm-security", "main", "amd64", "tool 1.0-1+deb12u1");
    bed_sign(b, "dists/bookworm-security", "bookworm-security", "bookworm-security", "");
    expect_offers(bed_tool(b), ALL_TOOLS);
    assert_int_equal(sandbox_run(&b->box, "rm -r dists/bookworm-security; "
                                          "mv old dists/bookworm-security"),
                     0);
    b->settings.max_age = 0;
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_FOUND);
    expect_text(o.offers, ALL_TOOLS);
    expect_has(o.notes, "than the one that the mirror served before");
    bed_close(b);
}

static void test_keyrings(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_key(b, "other", "");
    struct str good = b->index[0].keyring;
    b->index[0].keyring = str_of(sandbox_path(&b->box, b->arena, "other.gpg"));
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.notes, "is not in the keyring");
    /* The environment's, when the policy has none; the policy's first. */
    b->index[0].keyring = S("");
    setenv("DFIX_DEBIAN_KEYRING", str_cstr(b->arena, good), 1);
    expect_offers(bed_tool(b), ALL_TOOLS);
    b->index[0].keyring = S("/nowhere.gpg");
    b->settings.max_age = 0;
    assert_int_equal(sandbox_run(&b->box, "rm -r cache"), 0);
    o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "the keyring /nowhere.gpg cannot be read");
    unsetenv("DFIX_DEBIAN_KEYRING");
    bed_close(b);
}

/* The lists of the host's apt, of amd64. */
static void bed_lists(struct bed *b)
{
    static const char *const suites[] = {"bookworm", "bookworm-updates", "bookworm-security"};

    for (int i = 0; i < 3; i++)
        assert_int_equal(
            sandbox_run(
                &b->box,
                "mkdir -p host/var/lib/apt/lists/partial; cd host/var/lib/apt/lists; "
                "p=127.0.0.1:%u_dists_%s_; cp ../../../../../dists/%s/InRelease ${p}InRelease; "
                "lz4 -q ../../../../../dists/%s/main/binary-amd64/Packages "
                "${p}main_binary-amd64_Packages.lz4",
                b->server->port, suites[i], suites[i], suites[i]),
            0);
}

/* Without the network while they are fresh, and in need. */
static void test_lists_of_the_host(void **state)
{
    (void)state;
    needs("gpg gpgv xz lz4");
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    bed_lists(b);
    expect_offers(bed_tool(b), ALL_TOOLS);
    assert_int_equal(b->server->requests, 0);
    /* Now from the store that was made of them. */
    assert_int_equal(sandbox_run(&b->box, "mv host gone"), 0);
    expect_offers(bed_tool(b), ALL_TOOLS);
    assert_int_equal(b->server->requests, 0);
    /* Three days old: the network is asked first. */
    assert_int_equal(sandbox_run(&b->box, "mv gone host; rm -r cache; find host -exec touch -d "
                                          "'now - 73 hours' {} +"),
                     0);
    expect_offers(bed_tool(b), ALL_TOOLS);
    assert_int_equal(b->server->requests, 6);
    assert_int_equal(sandbox_run(&b->box, "rm -r cache"), 0);
    b->gone = "InRelease";
    b->gone_status = 403;
    struct outcome o = bed_tool(b);
    assert_int_equal(o.errors, 0);
    expect_text(o.offers, ALL_TOOLS);
    expect_has(o.notes, "using this machine's apt lists for bookworm from 3 days ago");
    bed_close(b);
}

/* What they have for one architecture is made ready, and nobody waits for it: the other one's is
 * not to be had. Nothing of it is left behind, which the sanitizer sees. */
static void test_lists_of_one_architecture(void **state)
{
    (void)state;
    needs("gpg gpgv xz lz4");
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    bed_lists(b);
    b->settings.offline = true;
    struct outcome o = bed_ask(b, &bed_bookworm, "amd64,arm64", NULL, 0, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "for every architecture");
    assert_int_equal(b->server->requests, 0);
    bed_close(b);
}

/* ---- sources that a file adds ---- */

static struct source source_of(const char *uri, const char *suite, const char *components)
{
    return (struct source){.uri = str_of(uri),
                           .suite = str_of(suite),
                           .components = str_of(components),
                           .signed_by = S(""),
                           .tag = S("")};
}

static struct outcome ask_with(struct bed *b, struct source x, const char *name)
{
    return bed_ask(b, &bed_bookworm, "amd64", &x, 1, name);
}

static void test_backports_of_the_release(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_packages(b, "dists/bookworm-backports", "main", "amd64", "tool 2.0-1~bpo12+1");
    bed_packages(b, "dists/bookworm-backports", "contrib", "amd64", "game 1-1");
    bed_sign(b, "dists/bookworm-backports", "bookworm-backports", "stable-backports", "");
    expect_offers(bed_tool(b), ALL_TOOLS);
    expect_offers(ask_with(b, source_of("", "bookworm-backports", ""), "tool"),
                  "2.0-1~bpo12+1 bookworm-backports/main|" ALL_TOOLS);
    /* By any name of the distribution's own places. */
    struct source x = source_of("http://ftp.debian.org/debian/", "bookworm-backports", "contrib");
    expect_offers(ask_with(b, x, "game"), "1-1 bookworm-backports/contrib|");
    assert_int_equal(ask_with(b, source_of("", "bookworm-backports", ""), "game").answer,
                     ANSWER_ABSENT);
    /* The file's sources instead of the release's own. */
    x.replaces = true;
    assert_int_equal(ask_with(b, x, "tool").answer, ANSWER_ABSENT);
    /* What is not the release's, and what is no suite at all. */
    struct outcome o = ask_with(b, source_of("", "testing", ""), "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "the suite testing is not one of debian bookworm");
    o = ask_with(b, source_of("", "../../../etc", ""), "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "cannot be read");
    /* More components of all suites. */
    bed_packages(b, "dists/bookworm", "contrib", "amd64", "game 1-0");
    bed_sign(b, "dists/bookworm", "bookworm", "bookworm", "");
    b->settings.max_age = 0;
    expect_offers(ask_with(b, source_of("", "", "contrib"), "game"), "1-0 bookworm/contrib|");
    bed_close(b);
}

static void test_third_party_sources(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    bed_key(b, "vendor", "");
    bed_packages(b, "vendor/apt/dists/stable", "main", "amd64", "tool 9.0|thing 1.5");
    bed_packages(b, "vendor/apt/dists/stable", "main", "all", "docs 7");
    bed_sign(b, "vendor/apt/dists/stable", "stable", "stable", "KEY=vendor");
    const char *uri = str_fmt(b->arena, "http://127.0.0.1:%u/vendor/apt", b->server->port).p;
    struct source x = source_of(uri, "stable", "main");
    struct outcome o = ask_with(b, x, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    assert_int_equal(b->server->requests, 0);
    expect_has(o.why, "which the policy does not allow");
    /* The host is trusted, but nobody says whose keys sign it. */
    struct str host = str_fmt(b->arena, "127.0.0.1:%u", b->server->port);
    b->settings.trusted_source = &host;
    b->settings.ntrusted_source = 1;
    x.signed_by = S("/usr/share/keyrings/../../etc/shadow");
    o = ask_with(b, x, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "no keyring is known");
    b->settings.ntrusted_source = 0;
    struct source_settings policy = {str_fmt(b->arena, "http://%.*s/vendor", STR_ARG(host)),
                                     str_of(sandbox_path(&b->box, b->arena, "vendor.gpg"))};
    b->settings.source = &policy;
    b->settings.nsource = 1;
    o = ask_with(b, x, "tool");
    assert_int_equal(o.answer, ANSWER_FOUND);
    expect_text(o.offers, str_fmt(b->arena, "9.0 stable/main %s|" ALL_TOOLS, uri).p);
    assert_int_equal(ask_with(b, x, "docs").answer, ANSWER_FOUND);
    /* For another architecture only: then it has no say in this one. */
    x.archs = arch_of(S("arm64"));
    expect_offers(ask_with(b, x, "tool"), ALL_TOOLS);
    x.archs = 0;
    /* The distribution's keys do not sign for others. */
    policy.keyring = b->index[0].keyring;
    b->settings.max_age = 0;
    bed_sign(b, "vendor/apt/dists/stable", "stable", "stable", "KEY=vendor");
    o = ask_with(b, x, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "is not in the keyring");
    bed_close(b);
}

static void test_flat_archives(void **state)
{
    static const char *const folders[] = {"./", "binary/", "/"};
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    struct source_settings policy = {str_fmt(b->arena, "http://127.0.0.1:%u/flat", b->server->port),
                                     b->index[0].keyring};
    b->settings.source = &policy;
    b->settings.nsource = 1;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *path = str_fmt(b->arena, "flat/%s", folders[i]).p;
        sandbox_write(&b->box, str_fmt(b->arena, "%s/Packages", path).p,
                      S("Package: flat\nVersion: 4.1\nArchitecture: amd64\n\n"
                        "Package: flat\nVersion: 4.2\nArchitecture: arm64\n\n"
                        "Package: every\nVersion: 5\nArchitecture: all\n"));
        bed_sign(b, path, "", "", "");
        struct source x = source_of(policy.uri.p, folders[i], "");
        struct outcome o = ask_with(b, x, "flat");
        assert_int_equal(o.answer, ANSWER_FOUND);
        expect_text(o.offers, str_fmt(b->arena, "4.1 %s/ %s|", folders[i], policy.uri.p).p);
        assert_int_equal(ask_with(b, x, "every").answer, ANSWER_FOUND);
        assert_int_equal(sandbox_run(&b->box, "rm -r flat"), 0);
    }
    bed_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suites_make_a_release),
        cmocka_unit_test(test_ubuntu_has_four_components_and_ports),
        cmocka_unit_test(test_the_network_is_asked_once),
        cmocka_unit_test(test_an_old_index_serves_when_the_network_fails),
        cmocka_unit_test(test_offline_never_asks),
        cmocka_unit_test(test_what_a_mirror_lacks_is_remembered),
        cmocka_unit_test(test_forms_of_an_archive),
        cmocka_unit_test(test_ended_releases),
        cmocka_unit_test(test_a_mirror_does_not_go_back_in_time),
        cmocka_unit_test(test_keyrings),
        cmocka_unit_test(test_lists_of_the_host),
        cmocka_unit_test(test_lists_of_one_architecture),
        cmocka_unit_test(test_backports_of_the_release),
        cmocka_unit_test(test_third_party_sources),
        cmocka_unit_test(test_flat_archives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
