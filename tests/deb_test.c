/* What packages of Debian's tell: those that dpkg-deb builds, and those that nobody should. */
#include "dfix/date.h"
#include "boxed.h"
#include "feeds.h"
#include "tarball.h"

static struct err e;

static const char changelog[] =
    "tool (2.0-1+deb12u2) bookworm-security; urgency=high\n\n"
    "  * Non-maintainer upload.\n"
    "  * CVE-2024-0002: read past the end; see also CVE-2024-0003\n"
    "    and CVE-2024-0002 again\n"
    "  * Revert the fix of CVE-2023-0009, which broke things:\n"
    "    - drop CVE-2023-0008.patch\n"
    "  * This version is not affected by CVE-2024-0004.\n"
    "  * CVE-2024-1 and CVE-20-12345 are none, and XCVE-2024-00055 is one.\n\n"
    " -- A Person <a@example.org>  Thu, 05 Sep 2024 23:00:00 +0200\n\n"
    "tool (2.0-1) unstable; urgency=medium\n\n"
    "  [ A Person ]\n"
    "  * New upstream release (CVE-2023-0001, CVE-2023-0008, CVE-2023-0009)\n\n"
    " -- A Person <a@example.org>  Mon, 02 Jan 2023 00:00:00 +0000\n\n"
    "tool-old (9.0-1) unstable; urgency=medium\n\n"
    "  * CVE-2020-0001\n\n"
    " -- A Person <a@example.org>  Mon, 02 Jan 2020 00:00:00 +0000\n";

/* The package `name` of what lies in the folder "root", packed so. */
static struct str build(const char *name, const char *version, const char *packing)
{
    needs("dpkg-deb");
    sandbox_write(&box, "root/DEBIAN/control",
                  str_fmt(arena,
                          "Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: A "
                          "<a@example.org>\nDescription: x\n",
                          name, version));
    if (sandbox_run(&box, "dpkg-deb --root-owner-group %s -b root made.deb >log 2>&1", packing) !=
        0)
        fail_msg(STR_FMT, STR_ARG(sandbox_read(&box, arena, "log")));
    return sandbox_read(&box, arena, "made.deb");
}

static void document(const char *path, const char *text)
{
    sandbox_write(&box, str_fmt(arena, "root/usr/share/doc/%s", path).p, str_of(text));
    if (str_ends(str_of(path), S(".gz")))
        assert_int_equal(sandbox_run(&box,
                                     "cd root/usr/share/doc && mv %s x && gzip -n x && mv x.gz %s",
                                     path, path),
                         0);
}

static struct feed *compile_for(struct str bytes, struct str scope)
{
    struct str none = S(""), image;
    const struct feed_meta given = {
        .name = none, .title = none, .url = none, .etag = none, .modified = none, .scope = scope};
    if (!feed_compile(arena, bytes, S("x.deb"), &given, &image, &e))
        return NULL;
    struct feed *f = feed_of(image, &e);
    assert_non_null(f);
    assert_true(feed_check(f, &e));
    return f;
}

static struct feed *compile(struct str bytes)
{
    return compile_for(bytes, S("debian:12"));
}

/* "VERSION ID EVIDENCE\n" of each row. */
static struct str rows(struct feed *f, const char *name)
{
    struct buf b = {.arena = arena};
    struct feed_range r = feed_rows(f, S("debian:12"), str_of(name));
    for (uint32_t i = r.first; i < r.end; i++) {
        uint32_t vuln;
        bool bundle;
        struct feed_entry x = feed_row(f, i, &vuln);
        buf_fmt(&b, STR_FMT " " STR_FMT " " STR_FMT "\n", STR_ARG(x.range.fixed),
                STR_ARG(feed_vuln(f, vuln, &bundle).id), STR_ARG(x.advisory));
    }
    return b.n ? buf_str(&b) : S("");
}

#define IS(got, want)                                                                              \
    do {                                                                                           \
        if (!str_eq((got), str_of(want)))                                                          \
            fail_msg("%s expected, but it is: " STR_FMT, (want), STR_ARG(got));                    \
    } while (0)

static void refused(struct str bytes, const char *why)
{
    if (compile(bytes))
        fail_msg("taken, where this should be said: %s", why);
    if (!strstr(e.text, why))
        fail_msg("%s: %s", why, e.text);
}

static void a_changelog(void **state)
{
    static const char *const packing[] = {"-Zxz", "-Zgzip", "-Zzstd", "-Znone"};
    (void)state;
    document("libtool1/changelog.Debian.gz", changelog);
    document("libtool1/changelog.gz", "2.0: all is new\n");
    for (size_t i = 0; i < sizeof packing / sizeof packing[0]; i++) {
        struct feed *f = compile(build("libtool1", "2.0-1+deb12u2+b1", packing[i]));
        if (!f)
            fail_msg("%s: %s", packing[i], e.text);
        struct feed_meta m = feed_meta(f);
        IS(m.name, "changelog=debian:12=tool=2.0-1+deb12u2");
        IS(m.title, "changelog of libtool1 2.0-1+deb12u2+b1");
        IS(date_text(arena, m.dated), "2024-09-05");
        assert_true(m.partial);
        IS(rows(f, "tool"), "2.0-1+deb12u2 CVE-2024-0002 libtool1, 2024-09-05\n"
                            "2.0-1+deb12u2 CVE-2024-0003 libtool1, 2024-09-05\n"
                            "2.0-1+deb12u2 CVE-2024-00055 libtool1, 2024-09-05\n"
                            "2.0-1 CVE-2023-0001 libtool1, 2023-01-02\n");
        feed_close(f);
    }
}

/* By itself it calls nothing vulnerable, and nothing clean. */
static void it_is_no_verdict(void **state)
{
    (void)state;
    struct match_list l;
    document("tool/changelog.Debian.gz", changelog);
    struct feed *f = compile(build("tool", "2.0-1+deb12u2", ""));
    assert_non_null(f);
    struct held_feed held = {f, feed_meta(f), S("")};
    const struct held_feeds feeds = {.v = &held, .n = 1};
    struct component c = component_of("debian:12", S("tool"), S("1.0-1"));
    assert_int_equal(advisories_match(arena, &feeds, &c, true, &l), ANSWER_UNAVAILABLE);
    assert_int_equal(l.n + l.fixed, 0);
    feed_close(f);
}

static void which_changelog(void **state)
{
    (void)state;
    document("native/changelog.gz", "native (3) unstable; urgency=low\n\n  * CVE-2024-0001\n\n"
                                    " -- A <a@b.c>  Thu, 05 Sep 2024 23:00:00 +0200\n");
    struct feed *f = compile(build("native", "3", ""));
    assert_non_null(f);
    IS(rows(f, "native"), "3 CVE-2024-0001 native, 2024-09-05\n");
    feed_close(f);
    /* That of the program, where Debian's is missing. */
    refused(build("native", "3-1", ""), "it has no changelog of Debian's");
    refused(build("another", "3", ""), "it has no changelog of Debian's");
    assert_int_equal(sandbox_run(&box, "rm -r root/usr"), 0);
    document("tool/changelog.Debian", "Nothing like that\n");
    refused(build("tool", "1-1", ""), "its changelog is none of Debian's");
    /* An entry that nobody has signed counts for nothing. */
    document("tool/changelog.Debian", "tool (1-1) unstable; urgency=low\n\n  * CVE-2024-0001\n");
    f = compile(build("tool", "1-1", ""));
    assert_non_null(f);
    IS(rows(f, "tool"), "");
    feed_close(f);
}

static void links_are_told(void **state)
{
    (void)state;
    assert_int_equal(sandbox_run(&box, "mkdir -p root/usr/share/doc && ln -s libtool1 "
                                       "root/usr/share/doc/tool-dev"),
                     0);
    refused(build("tool-dev", "1-1", ""), "its changelog is that of libtool1");
    assert_int_equal(sandbox_run(&box, "cd root/usr/share/doc && rm tool-dev && mkdir tool-dev && "
                                       "ln -s ../libtool1/changelog.Debian.gz tool-dev"),
                     0);
    refused(build("tool-dev", "1-1", ""), "its changelog is that of libtool1");
    assert_int_equal(sandbox_run(&box, "cd root/usr/share/doc && mkdir -p tool-dev && ln -sf "
                                       "/etc/x tool-dev/changelog.Debian.gz"),
                     0);
    refused(build("tool-dev", "1-1", ""), "leads to no package");
    assert_int_equal(sandbox_run(&box, "cd root/usr/share/doc && ln -sf "
                                       "/usr/share/doc/./libtool1/changelog.Debian.gz tool-dev"),
                     0);
    refused(build("tool-dev", "1-1", ""), "its changelog is that of libtool1");
    assert_int_equal(
        sandbox_run(&box, "cd root/usr/share/doc && ln -sf .. tool-dev/changelog.Debian.gz"), 0);
    refused(build("tool-dev", "1-1", ""), "leads to no package");
}

static void of_which_release(void **state)
{
    (void)state;
    document("tool/changelog.Debian.gz", changelog);
    assert_null(compile_for(build("tool", "2.0-1+deb12u2", ""), S("")));
    assert_non_null(strstr(e.text, "it does not say of which release it is"));
}

static void support_lists(void **state)
{
    (void)state;
    struct match_list l;
    document("debian-security-support/changelog.gz", "x");
    sandbox_write(&box, "root/usr/share/debian-security-support/security-support-ended.deb12",
                  S("# list\n\npdns  4.7.3-2  2025-10-01  No support upstream\n"
                    "php-horde.*\t0\t2025-03-22\thttps://example.org\n"
                    "(a|b) 0 2025-03-22\n"));
    sandbox_write(&box, "root/usr/share/debian-security-support/security-support-ended.deb11",
                  S("other 1 2024-01-01\n"));
    sandbox_write(&box, "root/usr/share/debian-security-support/security-support-limited",
                  S("binutils  Only suitable for trusted content\ngolang.* See the notes\n"));
    struct str deb = build("debian-security-support", "1:12+2026.06.30", "");
    struct feed *f = compile(deb);
    assert_non_null(f);
    IS(feed_meta(f).name, "support-12");
    assert_int_equal(feed_meta(f).dropped, 1);
    struct held_feed held = {f, feed_meta(f), S("")};
    const struct held_feeds feeds = {.v = &held, .n = 1};
    static const struct {
        const char *name, *end, *text;
    } want[] = {{"pdns", "2025-10-01", "No support upstream"},
                {"php-horde-core", "2025-03-22", "https://example.org"},
                {"php", "", ""},
                {"binutils", "", "Only suitable for trusted content"},
                {"golang-1.19", "", "See the notes"},
                {"other", "", ""}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct component c = component_of("debian:12", str_of(want[i].name), S("1-1"));
        advisories_match(arena, &feeds, &c, false, &l);
        IS(l.support_end, want[i].end);
        IS(l.support, want[i].text);
    }
    feed_close(f);
    f = compile_for(deb, S("debian:11"));
    assert_non_null(f);
    IS(feed_meta(f).name, "support-11");
    feed_close(f);
}

/* ---- what nobody should build ---- */

static void add_member(struct buf *b, const char *name, struct str bytes, const char *size)
{
    buf_fmt(b, "%-16s0           0     0     100644  %-10s`\n", name,
            size ? size : str_fmt(arena, "%zu", bytes.n).p);
    buf_add(b, bytes);
    if (bytes.n & 1)
        buf_char(b, '\n');
}

static struct str tarball_of(const char *path, struct str bytes)
{
    static const char zeros[1024];
    struct buf b = {.arena = arena};
    tarball_add(&b, '0', path, "", bytes);
    buf_add(&b, (struct str){zeros, sizeof zeros});
    return buf_str(&b);
}

/* `size`: what is said of the size of its data; NULL: the truth. */
static struct str forge(struct str control, struct str data, const char *size)
{
    struct buf b = {.arena = arena};
    buf_add(&b, S("!<arch>\n"));
    add_member(&b, "debian-binary", S("2.0\n"), NULL);
    add_member(&b, "control.tar", control, NULL);
    add_member(&b, "data.tar", data, size);
    return buf_str(&b);
}

static void hostile_archives(void **state)
{
    (void)state;
    struct str control = tarball_of("./control", S("Package: tool\nVersion: 2.0-1+deb12u2\n"));
    struct str data = tarball_of("./usr/share/doc/tool/changelog.Debian", str_of(changelog));
    struct feed *f = compile(forge(control, data, NULL));
    assert_non_null(f);
    feed_close(f);
    refused(forge(control, data, "9999999999"), "cut off");
    refused(forge(control, data, "-1"), "a damaged package");
    refused(forge(control, data, "12x"), "a damaged package");
    refused(forge(control, data, "0"), "damaged package"); /* what follows is no member */
    refused(forge(control, S(""), NULL), "without control or data");
    refused(forge(tarball_of("control", S("Package: ../x\nVersion: 1\n")), data, NULL),
            "which package it is");
    refused(forge(tarball_of("other", S("Package: tool\nVersion: 1\n")), data, NULL),
            "which package it is");
    refused(forge(control, S("nonsense, and much more of it than a header needs"), NULL),
            "its data is not a tar archive");
    refused(S("!<arch>\n"), "no package that dfix can read");
    /* A path that leads elsewhere is passed over. */
    refused(forge(control, tarball_of("../usr/share/doc/tool/changelog.Debian", str_of(changelog)),
                  NULL),
            "no changelog");
    /* Cut off anywhere: an error, never half an answer. */
    struct str whole = forge(control, data, NULL);
    for (size_t n = 8; n + 1024 < whole.n; n += 97)
        assert_null(compile(str_sub(whole, 0, n)));
}

/* 34 MB of blanks in some kilobytes. */
static void a_giant(void **state)
{
    (void)state;
    document("tool/changelog.Debian", "");
    assert_int_equal(
        sandbox_run(&box,
                    "cd root/usr/share/doc/tool && head -c 34000000 /dev/zero | tr '\\0' ' ' | "
                    "gzip -1n >changelog.Debian.gz && rm changelog.Debian"),
        0);
    refused(build("tool", "1-1", "-Zgzip"), "more bytes than allowed");
    assert_int_equal(sandbox_run(&box, "cd root/usr/share/doc/tool && truncate -s 17000000 "
                                       "changelog.Debian && rm changelog.Debian.gz"),
                     0);
    refused(build("tool", "1-1", "-Zgzip"), "its data has a file of 17000000 bytes");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {CASE(a_changelog),      CASE(it_is_no_verdict),
                                       CASE(which_changelog),  CASE(links_are_told),
                                       CASE(of_which_release), CASE(support_lists),
                                       CASE(hostile_archives), CASE(a_giant)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
