/* Any text as what the apt service reads before or after a signature was checked: a Release file
 * and what is asked of it, gpgv's status lines, armored keys, kept records, lists of sources.
 * Slices must stay inside the text, and what is accepted must hold what it promises. */
#include <stdlib.h>

#include "reader/gpgv.h"
#include "index/apt/release.h"
#include "index/store/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_inside(struct str text, struct str s)
{
    check(!s.n || (s.p >= text.p && s.p + s.n <= text.p + text.n));
}

static void read_release(struct str text)
{
    static const char *const files[] = {"main/binary-amd64/Packages", "Packages.xz", "a", ""};
    static const char *const dists[] = {"bookworm", "buster/updates", "jammy-updates", ""};
    struct apt_release r;
    struct err e;
    if (!release_parse(text, &r, &e))
        return;
    check_inside(text, r.codename);
    check_inside(text, r.suite);
    check_inside(text, r.table);
    for (size_t i = 0; i < 4; i++) {
        struct apt_file f;
        if (release_file(&r, str_of(files[i]), &f) && !f.broken)
            check(f.size < 1000000000000000);
        enum release_verdict v = release_judge(&r, str_of(dists[i]), 1000, 1764000000, &e);
        check(v != RELEASE_FITS || (r.date >= 1000 && r.date <= 1764000000 + 3600));
    }
    release_has_arch(&r, S("amd64"));
}

static bool has_line(struct str text, struct str begin)
{
    struct str line;
    while (str_cut(&text, '\n', &line))
        if (str_starts(line, begin))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_open();
    struct str text = str_dup(a, (struct str){(const char *)data, n}), key;
    struct record record;
    struct err e;
    read_release(text);
    if (gpgv_judge(text, false, &e))
        check(has_line(text, S("[GNUPG:] GOODSIG")) && has_line(text, S("[GNUPG:] VALIDSIG")) &&
              !has_line(text, S("[GNUPG:] BADSIG ")));
    armor_decode(a, text, &key);
    if (record_parse(text, &record))
        check(str_eq(record_print(a, &record), text) || record.missing);
    arena_close(a);
    return 0;
}
