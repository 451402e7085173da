/* APKINDEX.tar.gz: real ones read like a few lines of awk read them; ones that were tampered with
 * are refused with the reason. */
#include "apk_made.h"
#include "dfix/manager.h"

#include "reader/apkindex.h"
#include "host/files.h"

static struct arena *arena;
static EVP_PKEY *key;

static int set_up(void **state)
{
    (void)state;
    arena = arena_open();
    key = made_key();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    arena_close(arena);
    return 0;
}

/* ---- real indexes ---- */

static const struct real {
    const char *file, *arch, *key, *description, *branch;
    size_t packages;
    uint32_t invalid; /* versions such as 1.9.5p2-r0, which apk takes no more */
} reals[] = {
    /* Named so where it was found, but it is of x86: every package says so. */
    {"APKINDEX-v3.12.12-45-main-x86_64.tar.gz", "x86",
     "alpine-devel@lists.alpinelinux.org-4a6a0840.rsa.pub", "v3.12.12-45-g8116a127ec", "v3.12",
     4828, 9},
    {"APKINDEX-v3.16.3-13-main-x86_64.tar.gz", "x86_64",
     "alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub", "v3.16.3-13-g4d933a1fa3", "v3.16", 4929,
     6},
    {"APKINDEX-v3.22.2-206-main-x86_64.tar.gz", "x86_64",
     "alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub", "v3.22.2-206-ge2cfd1f9853", "v3.22",
     5646, 0},
};

static struct str read_real(const char *name)
{
    struct str bytes, path = str_fmt(arena, "%s/data/apk/%s", DFIX_SHARED, name);
    struct err e;
    if (!file_read(arena, path.p, APKINDEX_MAX, &bytes, &e)) {
        printf("skipped: no %s\n", path.p);
        skip();
    }
    return bytes;
}

/* One fact a line, from GNU tar and awk: "P name version arch origin built", "p name provider". */
static struct str awk_reading(const char *name)
{
    struct buf b = {.arena = arena};
    char chunk[65536];
    struct str command = str_fmt(
        arena,
        "tar -xzOf '%s/data/apk/%s' APKINDEX 2>/dev/null | awk '"
        "/^P:/{P=substr($0,3)} /^V:/{V=substr($0,3)} /^A:/{A=substr($0,3)} /^o:/{o=substr($0,3)} "
        "/^t:/{t=substr($0,3)} /^p:/{p=substr($0,3)} /^$/{print \"P\",P,V,A,o,t; n=split(p,x,\" "
        "\"); "
        "for(i=1;i<=n;i++){sub(/[<>=~].*/,\"\",x[i]); print \"p\",x[i],P} p=\"\"}'",
        DFIX_SHARED, name);
    FILE *f = popen(command.p, "r");
    assert_non_null(f);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        buf_add(&b, (struct str){chunk, n});
    assert_int_equal(pclose(f), 0);
    return buf_str(&b);
}

static struct store *compile(const struct real *r, const struct apkindex *x)
{
    struct store_writer *w = store_writer_open(&manager_apk);
    struct store_meta meta = {.manager = &manager_apk,
                              .uri = S("u"),
                              .suite = S("s"),
                              .component = S("main"),
                              .arch = str_of(r->arch),
                              .etag = S(""),
                              .modified = S("")};
    struct err e;
    if (!apkindex_read(x->text, str_of(r->arch), w, &e))
        fail_msg("%s: %s", r->file, e.text);
    struct store *s = store_build(w, &meta, &e);
    assert_non_null(s);
    store_writer_close(w);
    return s;
}

static bool has_provider(const struct store *s, struct str name, struct str by)
{
    struct store_range r = store_providers(s, name);
    for (uint32_t i = r.first; i < r.end; i++)
        if (str_eq(store_provider(s, i).name, by))
            return true;
    return false;
}

static void check_fact(const struct store *s, arch_set arch, struct str line)
{
    struct str word[6] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}};
    for (size_t i = 0; i < 6 && str_cut(&line, ' ', &word[i]); i++)
        ;
    bool provides = str_eq(word[0], S("p"));
    struct store_range r = store_find(s, word[provides ? 2 : 1]);
    struct store_record got = store_record(s, r.first);
    assert_int_equal(r.end - r.first, 1);
    if (provides) {
        assert_true(!got.version.n || has_provider(s, word[1], word[2]));
        return;
    }
    struct store_part part = {.store = s, .suite = S("v3/main"), .component = S("main")};
    struct package_info info;
    enum answer answer = store_merge(arena, &manager_apk, &part, 1, arch, word[1], &info);
    if (!apk_valid(word[2])) {
        assert_int_equal(answer, ANSWER_UNAVAILABLE);
        return;
    }
    assert_true(str_eq(got.version, word[2]));
    assert_true(str_eq(got.arch, word[3]));
    assert_true(str_eq(got.source, word[4]));
    assert_int_equal(answer, ANSWER_FOUND);
    assert_int_equal(info.noffer, 1);
    assert_true(str_eq(info.offer[0].version, word[2]));
    assert_true(info.offer[0].made > 0);
    assert_true(str_eq(str_fmt(arena, "%lld", (long long)info.offer[0].made), word[5]));
}

static void real_indexes_read_like_awk(void **state)
{
    (void)state;
    struct apk_keys keys = {.from = S("")};
    struct str file[sizeof reals / sizeof reals[0]];
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        file[i] = read_real(reals[i].file); /* skips: nothing may be held yet */
    apk_keys_builtin(arena, &keys);
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        const struct real *r = &reals[i];
        struct str bytes = file[i], line;
        struct apkindex x;
        struct err e;
        if (!apkindex_open(arena, bytes, &keys, str_of(r->arch), &x, &e))
            fail_msg("%s: %s", r->file, e.text);
        assert_true(str_eq(x.key, str_of(r->key)));
        assert_true(str_eq(x.description, str_of(r->description)));
        for (size_t k = 0; k < sizeof reals / sizeof reals[0]; k++)
            assert_int_equal(apkindex_is_of(x.description, str_of(reals[k].branch)), i == k);
        struct store *s = compile(r, &x);
        assert_int_equal(store_meta(s).dropped, r->invalid);
        assert_int_equal(store_records(s), r->packages);
        size_t facts = 0;
        for (struct str facts_left = awk_reading(r->file); str_cut(&facts_left, '\n', &line);)
            if (line.n) {
                check_fact(s, arch_of(str_of(r->arch)), line);
                facts++;
            }
        assert_true(facts > r->packages);
        assert_int_equal(store_find(s, S("no-such-package")).end, 0);
        store_close(s);
    }
    apk_keys_close(&keys);
}

/* libc-dev is what musl-dev provides in its own version; two packages provide openssh-client. */
static void real_names_that_one_package_provides(void **state)
{
    (void)state;
    const struct real *r = reals;
    struct apk_keys keys = {.from = S("")};
    struct apkindex x;
    struct err e;
    struct package_info musl, info;

    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        if (str_find(str_of(reals[i].file), S("v3.22")) != STR_NONE)
            r = &reals[i];
    assert_true(str_find(str_of(r->file), S("v3.22")) != STR_NONE);
    struct str bytes = read_real(r->file);
    apk_keys_builtin(arena, &keys);
    assert_true(apkindex_open(arena, bytes, &keys, str_of(r->arch), &x, &e));
    struct store *s = compile(r, &x);
    struct store_part part = {.store = s, .suite = S("v3.22/main"), .component = S("main")};
    arch_set arch = arch_of(str_of(r->arch));
    assert_int_equal(store_merge(arena, &manager_apk, &part, 1, arch, S("musl-dev"), &musl),
                     ANSWER_FOUND);
    assert_int_equal(store_merge(arena, &manager_apk, &part, 1, arch, S("libc-dev"), &info),
                     ANSWER_FOUND);
    assert_int_equal(info.noffer, 1);
    assert_true(str_eq(info.offer[0].version, musl.offer[0].version));
    assert_true(str_eq(info.offer[0].source, S("musl")));
    store_merge(arena, &manager_apk, &part, 1, arch, S("openssh-client"), &info);
    assert_true(info.noffer == 0 && info.nprovider > 1);
    /* udev=176, of eudev, is no version that eudev takes part in */
    store_merge(arena, &manager_apk, &part, 1, arch, S("udev"), &info);
    assert_true(info.noffer == 0 && info.nprovider == 1);
    store_merge(arena, &manager_apk, &part, 1, arch, S("cmd:curl"), &info);
    assert_true(info.noffer == 0 && info.nprovider == 1);
    store_close(s);
    apk_keys_close(&keys);
}

static void three_signatures_and_their_keys(void **state)
{
    (void)state;
    struct str bytes = read_real("APKINDEX-chainguard-3xRSA256.tar.gz");
    struct str folder = str_fmt(arena, "%s/data/apk/keys", DFIX_SHARED);
    struct apk_keys all = {.from = S("")}, alpine = {.from = S("")};
    struct apkindex x;
    struct err e;
    struct key_texts texts = {0};
    assert_true(key_files_read(arena, folder, &texts, &e));
    for (size_t i = 0; i < texts.v.n; i++)
        assert_true(apk_keys_add(arena, &all, &texts.v.v[i], &e));
    assert_int_equal(all.v.n, 7);
    assert_true(apkindex_open(arena, bytes, &all, S("x86_64"), &x, &e));
    assert_true(str_starts(x.key, S("chainguard-")));
    assert_true(
        apkindex_open(arena, read_real("APKINDEX-rsa256-test.tar.gz"), &all, S("aarch64"), &x, &e));
    assert_true(str_eq(x.key, S("test-rsa256.rsa.pub")));
    /* Keys that are not at hand are named. */
    apk_keys_builtin(arena, &alpine);
    assert_false(apkindex_open(arena, bytes, &alpine, S("x86_64"), &x, &e));
    assert_non_null(strstr(e.text, "signed by chainguard-0106f58b"));
    /* One of the three is enough, if the others are not known. */
    struct apk_keys one = {.from = S("")};
    for (size_t i = 0; i < all.v.n && !one.v.n; i++)
        if (str_starts(all.v.v[i].name, S("chainguard-")))
            vec_push(arena, &one.v, all.v.v[i]);
    assert_true(apkindex_open(arena, bytes, &one, S("x86_64"), &x, &e));
    /* A key signs for its own architectures only. */
    assert_int_equal(alpine.v.n, 17);
    assert_false(apkindex_open(arena, read_real(reals[2].file), &alpine, S("aarch64"), &x, &e));
    assert_non_null(strstr(e.text, "not among the keys for aarch64"));
    apk_keys_close(&alpine);
    apk_keys_close(&all);
}

/* Any byte that differs, in either member, and any byte too few. */
static void real_index_tampered(void **state)
{
    (void)state;
    struct str bytes = read_real(reals[2].file);
    struct apk_keys keys = {.from = S("")};
    apk_keys_builtin(arena, &keys);
    for (size_t i = 0; i < 300; i++) {
        struct arena *a = arena_open();
        struct str copy = str_dup(a, bytes);
        size_t at = i < 150 ? i * 5 : 748 + (i - 150) * ((bytes.n - 749) / 150);
        ((char *)(uintptr_t)copy.p)[at] ^= 0x20;
        struct apkindex x;
        struct err e = {""};
        /* The gzip header says a time and a system too: they are part of no signature, and of
         * no use. */
        bool header = at >= 4 && at < 10;
        if (apkindex_open(a, copy, &keys, S("x86_64"), &x, &e) && !header)
            fail_msg("byte %zu", at);
        assert_true(header || e.text[0]);
        size_t cut = i < 150 ? i * 5 : bytes.n - 1 - (i - 150) * 997;
        assert_false(apkindex_open(a, str_sub(bytes, 0, cut), &keys, S("x86_64"), &x, &e));
        arena_close(a);
    }
    apk_keys_close(&keys);
}

/* ---- made-up ones ---- */

static const char text[] = "C:Q1xxx=\nP:curl\nV:8.14.1-r2\nA:x86_64\nS:1\no:curl\n"
                           "p:cmd:curl=8.14.1-r2\n\nP:sh\nV:1.0-r0\nA:noarch\no:sh\n\n";

static void expect(struct str bytes, const char *says)
{
    struct apk_keys keys = made_keys(arena, key);
    struct apkindex x;
    struct err e = {""};
    bool ok = apkindex_open(arena, bytes, &keys, S("x86_64"), &x, &e);
    apk_keys_close(&keys);
    if (!says) {
        if (!ok)
            fail_msg("%s", e.text);
        return;
    }
    if (ok || !strstr(e.text, says))
        fail_msg("wanted \"%s\", got \"%s\"", says, e.text);
}

static struct str content_of(struct buf *tar)
{
    return made_signed(arena, key, made_gzip(arena, buf_str(tar)));
}

static void signatures(void **state)
{
    (void)state;
    struct str content = made_content(arena, "v3.22.0-1-gx", str_of(text));
    struct str other = made_content(arena, "v3.22.0-1-gx", S("P:x\nV:1-r0\n\n"));
    struct str sum = made_signature(arena, key, EVP_sha256(), content);
    struct buf tar;

    expect(made_signed(arena, key, content), NULL);
    expect(made_join(arena, made_signed(arena, key, content), S("x")), "is not valid");
    expect(made_join(arena, made_signed(arena, key, content), content), "is not valid");
    expect(made_signed(arena, key, made_join(arena, content, content)), "bytes follow");
    expect(content, "does not begin with its signature");
    expect(made_join(arena, content, made_signed(arena, key, content)),
           "does not begin with its signature");
    expect(S(""), "it is truncated");
    expect(S("not gzip at all"), "damaged");
    struct str whole = made_signed(arena, key, other);
    struct str stolen = str_sub(whole, 0, whole.n - other.n);
    expect(made_join(arena, stolen, content), "is not valid");

    tar = (struct buf){.arena = arena};
    made_entry(&tar, ".SIGN.RSA256.evil.rsa.pub", '0', sum, "");
    expect(made_join(arena, made_gzip(arena, buf_str(&tar)), content),
           "signed by evil.rsa.pub, which is not among the keys for x86_64 (the test's)");

    tar = (struct buf){.arena = arena};
    made_entry(&tar, ".SIGN.RSA.test.rsa.pub", '0', sum, ""); /* SHA-256 said to be SHA-1 */
    expect(made_join(arena, made_gzip(arena, buf_str(&tar)), content), "is not valid");

    tar = (struct buf){.arena = arena};
    made_entry(&tar, ".SIGN.RSA.test.rsa.pub", '0', made_signature(arena, key, EVP_sha1(), content),
               "");
    expect(made_join(arena, made_gzip(arena, buf_str(&tar)), content), NULL);
    made_entry(&tar, ".SIGN.RSA256.test.rsa.pub", '0', sum, "");
    made_entry(&tar, ".SIGN.RSA512.other.rsa.pub", '0', sum, ""); /* of a kind to come */
    expect(made_join(arena, made_gzip(arena, buf_str(&tar)), content), NULL);
    made_entry(&tar, ".SIGN.RSA256.test.rsa.pub", '0', S("not a signature"), "");
    expect(made_join(arena, made_gzip(arena, buf_str(&tar)), content), "is not valid");

    tar = (struct buf){.arena = arena};
    made_entry(&tar, ".SIGN.DSA.test.rsa.pub", '0', sum, "");
    expect(made_join(arena, made_gzip(arena, buf_str(&tar)), content), "not signed");
    tar = (struct buf){.arena = arena};
    made_end(&tar);
    expect(made_join(arena, made_gzip(arena, buf_str(&tar)), content), "not signed");
}

static void archive_tricks(void **state)
{
    (void)state;
    static const struct {
        const char *name, *size, *says;
        char type;
    } tricks[] = {
        {"APKINDEX", "77777777777", "declares a wrong size", '0'},
        {"APKINDEX", "\x80\0\0\0\0\0\0\1\0\0\0\0", "declares a wrong size", '0'},
        {"APKINDEX", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "declares a wrong size",
         '0'},
        {"APKINDEX", "-0000000010", "declares a wrong size", '0'},
        {"APKINDEX", "40000000000", "declares a wrong size", '0'},
        {"APKINDEX", "", "of an unexpected type", '2'},
        {"APKINDEX", "", "of an unexpected type", '5'},
        {"APKINDEX", "", "of an unexpected type", 'L'},
        {"APKINDEX", "", "of an unexpected type", 'S'},
        {"././@PaxHeader", "", "of an unexpected type", 'x'},
        {"APKINDEX2", "", "it has no package list", '0'},
    };
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        struct buf tar = {.arena = arena};
        struct str data = tricks[i].type == 'x' ? S("20 path=APKINDEX\n") : str_of(text);
        char h[512] = {0};
        made_entry(&tar, tricks[i].name, tricks[i].type, data, tricks[i].size);
        if (tricks[i].size[0]) { /* sizes with zero bytes in them */
            memcpy(tar.p + 124, tricks[i].size, 12);
            memcpy(h, tar.p, 512);
            made_sum(h);
            memcpy(tar.p, h, 512);
        }
        made_end(&tar);
        expect(content_of(&tar), tricks[i].says);
    }
}

static void archives(void **state)
{
    (void)state;
    struct buf tar = {.arena = arena};
    made_entry(&tar, "APKINDEX", '0', str_of(text), "");
    expect(content_of(&tar), NULL); /* without an end, as apk's own tools leave the first */
    made_entry(&tar, "APKINDEX", '0', str_of(text), "");
    expect(content_of(&tar), "two package lists");

    tar = (struct buf){.arena = arena};
    made_entry(&tar, "PaxHeader", 'x', S("30 mtime=1763292262.149326535\n"), "");
    made_entry(&tar, "APKINDEX", '0', str_of(text), "");
    made_end(&tar);
    expect(content_of(&tar), NULL);
    buf_add(&tar, S("more"));
    expect(content_of(&tar), "data after its end");

    tar = (struct buf){.arena = arena};
    made_entry(&tar, "APKINDEX", '0', str_of(text), "");
    tar.p[150] ^= 1;
    expect(content_of(&tar), "archive is damaged");

    tar = (struct buf){.arena = arena};
    for (int i = 0; i < 100; i++)
        made_entry(&tar, "x", '0', S(""), "");
    expect(content_of(&tar), "more entries");

    tar = (struct buf){.arena = arena};
    char h[512];
    made_entry(&tar, "APKINDEX", '0', str_of(text), "");
    memcpy(h, tar.p, 512);
    h[345] = 'x';
    made_sum(h);
    memcpy(tar.p, h, 512);
    expect(content_of(&tar), "truncated name");
}

static void bombs(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    size_t n = (size_t)300 * 1024 * 1024;
    struct str zeros = {arena_new(a, char, n), n};
    struct str bomb = str_dup(arena, made_gzip(a, zeros));
    arena_close(a);
    expect(made_signed(arena, key, bomb), "decompresses to more than 268435456 bytes");
    expect(bomb, "decompresses to more than 262144 bytes"); /* before any signature was seen */
}

/* ---- what the stanzas say ---- */

static struct store *store_of(const char *stanzas)
{
    struct store_writer *w = store_writer_open(&manager_apk);
    struct store_meta meta = {.manager = &manager_apk,
                              .uri = S("u"),
                              .suite = S("s"),
                              .component = S("main"),
                              .arch = S("amd64"),
                              .etag = S(""),
                              .modified = S("")};
    struct err e;
    assert_true(apkindex_read(str_of(stanzas), S("x86_64"), w, &e));
    struct store *s = store_build(w, &meta, &e);
    store_writer_close(w);
    assert_non_null(s);
    return s;
}

/* A validly signed index may still hold anything: nothing of it becomes an offer. */
static void hostile_content(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "P:x\nV:1;reboot\n\n",
        "P:x\nV:$(id)\n\n",
        "P:x\nV:1.0-r0 y\n\n",
        "P:x\nV:1`id`\n\n",
        "P:x\nV:\n\n",
        "P:x\n\n",
        "P:x\nV:1\nV:2\n\n",
        "P:x;id\nV:1-r0\n\n",
        "P:$(id)\nV:1-r0\n\n",
        "P:-x\nV:1-r0\n\n",
        "P:x y\nV:1-r0\n\n",
        "V:1-r0\n\n",
        "P:x\nV:1.a\n\n",
        "P:x\nV:1_foo\n\n",
        "P:x\nV:1-2\n\n",
        "P:x\nV:1-r0\nnot a line\n\n",
        "P:x\nV:1-r0\no:$(id)\n\n",
        "P:x\nV:1'-r0\n\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct store *s = store_of(bad[i]);
        struct store_part part = {.store = s, .suite = S("s"), .component = S("main")};
        struct package_info info;
        if (store_meta(s).dropped != 1)
            fail_msg("taken: %s", bad[i]);
        enum answer got =
            store_merge(arena, &manager_apk, &part, 1, arch_of(S("amd64")), S("x"), &info);
        if (got == ANSWER_FOUND || info.noffer)
            fail_msg("offered: %s", bad[i]);
        bool named = strncmp(bad[i], "P:x\n", 4) == 0;
        assert_int_equal(got, named ? ANSWER_UNAVAILABLE : ANSWER_ABSENT);
        store_close(s);
    }
}

static void providers(void **state)
{
    (void)state;
    struct store *s = store_of("P:a\nV:1-r0\nA:noarch\np:cmd:[=1-r0 so:libx.so.1=1.2 pc:x>=2 v\n\n"
                               "P:b\nV:2-r0\nA:x86_64\np:v cmd:$(id)\n");
    struct store_part part = {.store = s, .suite = S("s"), .component = S("main")};
    struct package_info info;
    arch_set amd64 = arch_of(S("amd64"));
    assert_true(has_provider(s, S("cmd:["), S("a")));
    assert_true(has_provider(s, S("so:libx.so.1"), S("a")));
    assert_true(has_provider(s, S("pc:x"), S("a")));
    assert_int_equal(store_merge(arena, &manager_apk, &part, 1, amd64, S("v"), &info),
                     ANSWER_FOUND);
    assert_int_equal(info.noffer, 0);
    assert_int_equal(info.nprovider, 2);
    assert_true(str_eq(info.provider[1], S("b"))); /* the last stanza needs no empty line */
    store_close(s);
}

static void other_architecture(void **state)
{
    (void)state;
    struct store_writer *w = store_writer_open(&manager_apk);
    struct err e;
    assert_false(apkindex_read(str_of(text), S("aarch64"), w, &e));
    assert_string_equal(e.text, "it is of x86_64, not of aarch64");
    store_writer_close(w);
}

static void releases(void **state)
{
    (void)state;
    assert_true(apkindex_is_of(S("v3.22.2-206-ge2cfd1f9853"), S("v3.22")));
    assert_true(apkindex_is_of(S("v3.22_rc1-2-gx"), S("v3.22")));
    assert_false(apkindex_is_of(S("v3.22.2-206-ge2cfd1f9853"), S("v3.2")));
    assert_false(apkindex_is_of(S("v3.2.3-1-gx"), S("v3.22")));
    assert_true(apkindex_is_of(S("v20250108-11-gx"), S("v3.22")));
    assert_true(apkindex_is_of(S("v20250108-11-gx"), S("edge")));
    assert_true(apkindex_is_of(S(""), S("v3.22")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_indexes_read_like_awk),
        cmocka_unit_test(real_names_that_one_package_provides),
        cmocka_unit_test(three_signatures_and_their_keys),
        cmocka_unit_test(real_index_tampered),
        cmocka_unit_test(signatures),
        cmocka_unit_test(archive_tricks),
        cmocka_unit_test(archives),
        cmocka_unit_test(bombs),
        cmocka_unit_test(hostile_content),
        cmocka_unit_test(providers),
        cmocka_unit_test(other_architecture),
        cmocka_unit_test(releases),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
