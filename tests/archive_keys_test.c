/* The keys that dfix brings for Debian's and Ubuntu's archives: they are the keys that their
 * fingerprints name, they verify what Debian signed, and they accept nothing else. */
#include <glob.h>

#include "apt_bed.h"
#include "dfix/facts.h"
#include "index/apt/keyring.h"
#include "reader/gpgv.h"

static void test_each_key_has_its_fingerprint(void **state)
{
    (void)state;
    needs("gpg base64");
    struct sandbox box = sandbox_open();
    struct arena *a = arena_open();
    const struct archive_key *key;
    size_t n = archive_keys(&key);
    assert_true(n > 10);
    for (size_t i = 0; i < n; i++) {
        sandbox_write(&box, "key", str_of(key[i].key));
        assert_int_equal(sandbox_run(&box,
                                     "export GNUPGHOME=\"$PWD\"; base64 -d key | gpg --batch -q "
                                     "--with-colons --show-keys 2>/dev/null >shown"),
                         0);
        struct str shown = sandbox_read(&box, a, "shown");
        expect_has(shown, str_fmt(a, ":%s:", key[i].fingerprint).p);
        expect_has(shown, key[i].name);
        assert_int_equal(sandbox_run(&box, "test \"$(grep -c ^pub: shown)\" = 1"), 0);
    }
    arena_close(a);
    sandbox_close(&box);
}

static bool verifies(struct arena *a, const char *file, const char *keyring)
{
    struct str ring = str_of(keyring);
    struct signed_file s = {
        .path = str_of(file), .signature = S(""), .keyring = &ring, .nkeyring = 1};
    struct err e = {0};
    bool ok = keyring_verify(a, &s, &e);
    if (s.broken)
        fail_msg("%s", e.text);
    return ok;
}

/* What the host's apt has of Debian, by its whole keyring and by ours. */
static void test_debian_is_verified_without_its_keyring(void **state)
{
    glob_t g;
    (void)state;
    needs("gpgv sed");
    if (glob("/var/lib/apt/lists/*_debian*_dists_*_InRelease", 0, NULL, &g) != 0) {
        print_message("skipped: the host's apt has no lists of Debian\n");
        skip();
    }
    struct sandbox box = sandbox_open();
    struct arena *a = arena_open();
    for (size_t i = 0; i < g.gl_pathc; i++) {
        assert_true(verifies(a, g.gl_pathv[i], KEYRING_BUILTIN "debian"));
        assert_false(verifies(a, g.gl_pathv[i], KEYRING_BUILTIN "ubuntu"));
        assert_false(verifies(a, g.gl_pathv[i], KEYRING_BUILTIN "fedora"));
        assert_int_equal(sandbox_run(&box, "sed 's/^Codename: ./&x/' '%s' >changed", g.gl_pathv[i]),
                         0);
        assert_false(verifies(a, sandbox_path(&box, a, "changed"), KEYRING_BUILTIN "debian"));
    }
    globfree(&g);
    arena_close(a);
    sandbox_close(&box);
}

static const struct release bed_noble = {{"ubuntu", 6}, {"24.04", 5}, {"noble", 5}};

static void noble(struct bed *b)
{
    static const char *const suites[] = {"noble", "noble-updates", "noble-security"};
    for (int i = 0; i < 3; i++) {
        const char *folder = str_fmt(b->arena, "dists/%s", suites[i]).p;
        bed_packages(b, folder, "main", "amd64", "tool 1.0-1");
        bed_packages(b, folder, "universe", "amd64", "toy 1.0-1");
        bed_sign(b, folder, "noble", suites[i], "ORIGIN=Ubuntu");
    }
}

/* An archive that somebody else signed: refused by the keys that dfix brings, taken with the
 * keyring that policy names; and no word of a package that this host may not have. */
static void test_others_are_not_believed(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    noble(b);
    struct str named = b->index[1].keyring;
    b->index[1].keyring = S("");
    unsetenv("DFIX_UBUNTU_KEYRING");
    struct outcome o = bed_ask(b, &bed_noble, "amd64", NULL, 0, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.notes, "is not in the keyring");
    assert_true(str_find(o.notes, S("install")) == STR_NONE);
    b->index[1].keyring = named;
    o = bed_ask(b, &bed_noble, "amd64", NULL, 0, "tool");
    assert_int_equal(o.answer, ANSWER_FOUND);
    /* Policy's keyring stands alone. */
    b->index[1].keyring = S("/nowhere/ring.gpg");
    b->settings.cache_dir = str_of(sandbox_path(&b->box, b->arena, "other-cache"));
    o = bed_ask(b, &bed_noble, "amd64", NULL, 0, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.notes, "the keyring /nowhere/ring.gpg cannot be read");
    bed_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_key_has_its_fingerprint),
        cmocka_unit_test(test_debian_is_verified_without_its_keyring),
        cmocka_unit_test(test_others_are_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
