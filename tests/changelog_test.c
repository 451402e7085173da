/* dfix advisories changelog: packages found by the signed index, held against it, read, and asked
 * again without a network; the same of files. */
#include "program.h"

static void says(const char *file, const char *text)
{
    if (str_find(sandbox_read(&box, arena, file), str_of(text)) == STR_NONE)
        fail_msg("%s lacks: %s\n" STR_FMT, file, text, STR_ARG(sandbox_read(&box, arena, file)));
}

static void is_silent_on(const char *file, const char *text)
{
    if (str_find(sandbox_read(&box, arena, file), str_of(text)) != STR_NONE)
        fail_msg("%s has: %s\n" STR_FMT, file, text, STR_ARG(sandbox_read(&box, arena, file)));
}

/* Builds NAME VERSION, with the files in "root", into the pool, and adds it to Packages. The folder
 * is the usual one of a source "tool"; that of others is another. */
static void build(const char *name, const char *version, const char *folder)
{
    sandbox_write(&box, "root/DEBIAN/control",
                  str_fmt(arena,
                          "Package: %s\nVersion: %s\nArchitecture: amd64\nSource: tool\n"
                          "Maintainer: A <a@example.org>\nDescription: x\n",
                          name, version));
    assert_int_equal(
        sandbox_run(
            &box,
            "f=%s/%s_%s_amd64.deb && mkdir -p %s dists/bookworm/main/binary-amd64 && "
            "dpkg-deb --root-owner-group -b root $f >log && { "
            "cat root/DEBIAN/control; printf 'Filename: %%s\\nSize: %%s\\nSHA256: %%s\\n\\n' "
            "$f $(stat -c %%s $f) $(sha256sum <$f | cut -d' ' -f1); } "
            ">>dists/bookworm/main/binary-amd64/Packages && rm -r root",
            folder, name, version, folder),
        0);
}

static void document(const char *path, const char *text)
{
    sandbox_write(&box, str_fmt(arena, "root/usr/share/%s", path).p, str_of(text));
}

static const char changelog[] = "tool (2.0-1+deb12u1) bookworm-security; urgency=high\n\n"
                                "  * CVE-2024-0002: read past the end\n\n"
                                " -- A Person <a@example.org>  Thu, 05 Sep 2024 23:00:00 +0200\n\n"
                                "tool (2.0-1) unstable; urgency=medium\n\n"
                                "  * New upstream release (CVE-2023-0001)\n\n"
                                " -- A Person <a@example.org>  Mon, 02 Jan 2023 00:00:00 +0000\n";

/* The archive, made once: each case has a copy. */
static struct sandbox made;

static void make_archive(void)
{
    struct sandbox own = box;
    box = made = sandbox_open();
    setenv("DFIX_BUILD", DFIX_BUILD, 0);
    document("doc/libtool1/changelog.Debian", changelog);
    build("libtool1", "2.0-1+deb12u1", "pool/main/t/tool");
    assert_int_equal(sandbox_run(&box, "mkdir -p root/usr/share/doc && ln -s libtool1 "
                                       "root/usr/share/doc/tool-dev"),
                     0);
    build("tool-dev", "2.0-1+deb12u1", "pool/elsewhere");
    document("debian-security-support/security-support-ended.deb12",
             "tool 2.0-1 2024-10-01 nobody looks after it\n");
    build("debian-security-support", "12", "pool/main/d/debian-security-support");
    assert_int_equal(
        sandbox_run(&box,
                    "'%s/tests/signed.sh' key good . && for s in bookworm-updates "
                    "bookworm-security; do mkdir -p dists/$s/main/binary-amd64 && "
                    "touch dists/$s/main/binary-amd64/Packages; done && "
                    "for s in bookworm bookworm-updates bookworm-security; do "
                    "NAME=changelog-$s-$$ '%s/tests/signed.sh' archive dists/$s $s $s || exit 1; "
                    "done",
                    DFIX_ROOT, DFIX_ROOT),
        0);
    box = own;
}

static int remove_archive(void **state)
{
    (void)state;
    if (made.dir[0])
        sandbox_close(&made);
    return 0;
}

/* First in each case. */
static void open_archive(void)
{
    needs("dpkg-deb gpg gpgv xz");
    if (!made.dir[0])
        make_archive();
    assert_int_equal(sandbox_run(&box, "cp -r %s/. .", made.dir), 0);
    sandbox_write(&box, "tracker.json",
                  S("{\"other\":{\"CVE-2024-2222\":{\"releases\":{\"bookworm\":"
                    "{\"status\":\"open\"}}}}}"));
    sandbox_write(&box, "kev.json",
                  S("{\"catalogVersion\":\"1\",\"vulnerabilities\":[{\"cveID\":"
                    "\"CVE-2024-9999\",\"dateAdded\":\"2024-02-03\"}]}"));
    sandbox_write(&box, "epss.csv", S("cve,epss,percentile\nCVE-2024-9999,0.9,0.9\n"));
    sandbox_write(
        &box, "dfix/dfix.yaml",
        str_fmt(arena,
                "architectures: [amd64]\n"
                "index:\n  apt: {debian: {mirror: 'file://%s', security: 'file://%s', "
                "keyring: '%s/good.gpg'}}\n"
                "  advisories: {debian: 'file://%s/tracker.json', kev: 'file://%s/kev.json', "
                "epss: 'file://%s/epss.csv', distro-info: 'file://%s/life'}\n",
                box.dir, box.dir, box.dir, box.dir, box.dir, box.dir, box.dir));
}

static void from_the_archive(void **state)
{
    (void)state;
    open_archive();
    assert_int_equal(shell("dfix advisories changelog bookworm libtool1"), 0);
    assert_string_equal(out(), "changelog of libtool1 2.0-1+deb12u1 in debian:12, dated "
                               "2024-09-05: names 2 vulnerabilities as fixed\n"
                               "  2.0-1+deb12u1                2024-09-05  CVE-2024-0002\n"
                               "  2.0-1                        2023-01-02  CVE-2023-0001\n");
    /* From here on without the package. */
    assert_int_equal(sandbox_run(&box, "rm -r pool"), 0);
    assert_int_equal(shell("dfix advisories changelog bookworm libtool1"), 0);
    assert_int_equal(shell("dfix --offline advisories changelog debian:12 libtool1=2.0-1+deb12u1"),
                     0);
    says("out", "names 2 vulnerabilities");
    assert_int_equal(shell("dfix --offline advisories show CVE-2024-0002"), 0);
    says("out", "fixed in 2.0-1+deb12u1  (by the changelog of libtool1, 2024-09-05)");
    assert_int_equal(shell("dfix --offline advisories package tool"), 0);
    says("out", "fixed in 2.0-1  (by the changelog of libtool1, 2023-01-02)");
    /* No tracker: the changelog is told, and the version counts as not checked all the same. */
    assert_int_equal(shell("dfix --offline advisories package debian:12 tool=2.0-1+deb12u1"), 2);
    says("out", "names 2 vulnerabilities as fixed");
    says("err", "not checked");
    assert_int_equal(shell("dfix --offline advisories package debian:12 tool=2.0-1"), 2);
    is_silent_on("out", "as fixed");
    assert_int_equal(shell("dfix advisories list"), 0);
    says("out", "changelog of libtool1");
    assert_int_equal(shell("dfix index verify"), 0);
    says("out", "4 of 4 other files are intact");
}

static void what_cannot_be_told(void **state)
{
    (void)state;
    open_archive();
    assert_int_equal(shell("dfix advisories changelog debian:12 tool-dev"), 2);
    says("err", "its changelog is that of libtool1: ask for that package");
    assert_int_equal(shell("dfix advisories changelog debian:12 tool"), 2);
    says("err", "the index of debian:12 has no package tool");
    assert_int_equal(shell("dfix advisories changelog debian:12 libtool1=9-9"), 2);
    says("err", "the index of debian:12 has no package libtool1 9-9");
    assert_int_equal(shell("dfix --offline advisories changelog debian:12 libtool1"), 2);
    says("err", "dfix runs offline");
    assert_int_equal(shell("dfix advisories changelog alpine:3.20 curl"), 2);
    assert_int_equal(shell("dfix advisories changelog libtool1"), 2);
    says("err", "takes a release of Debian or Ubuntu");
    assert_int_equal(shell("dfix advisories changelog debian:12 'x;y'"), 2);
    says("err", "it is no name of a package");
    assert_int_equal(shell("dfix advisories changelog debian:12 ./none.deb"), 2);
    says("err", "./none.deb: ");
}

/* Nothing of a package that is not the one that was signed for is looked at. */
static void another_package(void **state)
{
    (void)state;
    open_archive();
    assert_int_equal(shell("dfix index update --release bookworm"), 0);
    assert_int_equal(sandbox_run(&box, "f=pool/main/t/tool/libtool1_2.0-1+deb12u1_amd64.deb && "
                                       "cp $f copy.deb && printf X | dd of=$f bs=1 seek=200 "
                                       "conv=notrunc 2>/dev/null"),
                     0);
    assert_int_equal(shell("dfix advisories changelog debian:12 libtool1"), 2);
    says("err", "its bytes are not those that the index has signed for");
    assert_int_equal(shell("dfix advisories list"), 0);
    is_silent_on("out", "changelog");
    /* Longer and shorter ones. */
    assert_int_equal(sandbox_run(&box, "f=pool/main/t/tool/libtool1_2.0-1+deb12u1_amd64.deb && "
                                       "(cat copy.deb; echo more) >$f"),
                     0);
    assert_int_equal(shell("dfix advisories changelog debian:12 libtool1"), 2);
    assert_int_equal(sandbox_run(&box, "head -c 300 copy.deb "
                                       ">pool/main/t/tool/libtool1_2.0-1+deb12u1_amd64.deb"),
                     0);
    assert_int_equal(shell("dfix advisories changelog debian:12 libtool1"), 2);
    says("err", "its bytes are not those that the index has signed for");
    assert_int_equal(sandbox_run(&box, "rm -r pool"), 0);
    assert_int_equal(shell("dfix advisories changelog debian:12 libtool1"), 2);
    says("err", "libtool1 2.0-1+deb12u1: ");
}

static void as_files(void **state)
{
    (void)state;
    open_archive();
    assert_int_equal(sandbox_run(&box, "mkdir work/debs && cp pool/main/t/tool/* "
                                       "pool/main/d/*/* work/debs && "
                                       "cp pool/main/t/tool/*.deb work/debs/other.deb"),
                     0);
    assert_int_equal(shell("dfix advisories changelog debian:12 debs/"), 0);
    says("out", "changelog of libtool1 2.0-1+deb12u1");
    says("out", "debian-security-support in debian:12: 1 entry");
    says("out", "not held against an index: its name does not say which version it is");
    assert_int_equal(shell("dfix --offline advisories package debian:12 tool=2.0-1"), 2);
    says("out",
         "Security support of tool in debian:12 ended on 2024-10-01: nobody looks after it\n");
    /* One that only calls itself so. */
    assert_int_equal(sandbox_run(&box, "cp pool/elsewhere/*.deb "
                                       "work/debs/libtool1_2.0-1+deb12u1_amd64.deb"),
                     0);
    assert_int_equal(
        shell("dfix advisories changelog debian:12 debs/libtool1_2.0-1+deb12u1_amd64.deb"), 2);
    says("err", "its bytes are not those that the index has signed for");
    /* A version that the index does not have (any more), and no index at all. */
    assert_int_equal(shell("mv debs/other.deb debs/libtool1_1.0-1_amd64.deb && "
                           "dfix advisories changelog debian:12 debs/libtool1_1.0-1_amd64.deb"),
                     0);
    says("out", "not held against the index, which does not have this version");
    assert_int_equal(
        shell("dfix --offline advisories changelog debian:11 debs/libtool1_1.0-1_amd64.deb"), 0);
    says("out", "not held against an index: ");
    assert_int_equal(shell("mkdir none && dfix advisories changelog debian:12 none/"), 2);
    says("err", "there is no package in it");
    assert_int_equal(shell("dfix advisories update debs/libtool1_1.0-1_amd64.deb"), 2);
    says("err", "it does not say of which release it is");
}

static void support_by_its_package(void **state)
{
    (void)state;
    open_archive();
    assert_int_equal(shell("dfix advisories changelog debian:12 debian-security-support"), 0);
    assert_string_equal(out(), "debian-security-support in debian:12: 1 entry\n");
    assert_int_equal(shell("dfix advisories update debian:12"), 0);
    says("out", "what debian:12 supports no more is current");
    assert_int_equal(shell("dfix --offline advisories package tool"), 0);
    says("out", "not supported any more  (2024-10-01: nobody looks after it)");
    assert_int_equal(shell("dfix advisories update"), 0);
    says("out", "what debian:12 supports no more is current");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, program_set_up, program_tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {CASE(from_the_archive), CASE(what_cannot_be_told),
                                       CASE(another_package), CASE(as_files),
                                       CASE(support_by_its_package)};
    return cmocka_run_group_tests(tests, NULL, remove_archive);
}
