/* Arena, slices, buffers, arrays, errors. */
#include <fnmatch.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "cmocka_all.h"
#include "base/sanitized.h"
#include "dfix/base.h"
#include "dfix/coding.h"
#include "dfix/date.h"
#include "dfix/url.h"
#include "random.h"

#if SANITIZED
#include <sanitizer/asan_interface.h>
#endif

#define assert_str(s, literal) assert_true(str_eq((s), S(literal)))

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    for (size_t n = 1; n < 300000; n = n * 3 + 1) {
        struct arena_mark m = arena_mark(a);
        for (int round = 0; round < 2; round++) {
            char *p = arena_new(a, char, n);
            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(p[i], 0);
            memset(p, 'x', n); /* what the second round must not see */
            arena_rewind(a, m);
        }
    }
    assert_non_null(arena_alloc(a, 0, 8));
    arena_close(a);
}

static void arena_rewind_keeps_what_is_older(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct str kept = str_dup(a, S("kept"));
    struct arena_mark m = arena_mark(a);
    char *gone = arena_new(a, char, 10);
    for (int i = 0; i < 100; i++)
        arena_new(a, char, 5000); /* several blocks */
    arena_rewind(a, m);
    assert_str(kept, "kept");
    char *again = arena_new(a, char, 10);
    assert_ptr_equal(gone, again);
    arena_close(a);

    /* A mark of an arena that holds nothing yet. */
    a = arena_open();
    m = arena_mark(a);
    arena_new(a, char, 100000);
    arena_rewind(a, m);
    assert_non_null(arena_new(a, char, 1));
    arena_close(a);
}

/* What fnmatch(3) says of every text is what glob_fits says. */
static void globs_are_those_of_fnmatch(void **state)
{
    struct arena *a = arena_open();
    unsigned matches = 0, rounds = 200000;

    (void)state;
#ifndef __GLIBC__
    rounds = 0; /* musl's takes what is escaped for the end of a range */
#endif
    for (unsigned round = 0; round < rounds; round++) {
        struct arena_mark m = arena_mark(a);
        struct random r = random_of(round);
        unsigned how = random_below(&r, 4);
        /* The C library does not find an escaped slash behind a star. */
        struct str signs = how & GLOB_PATH ? S("aB/1*?[]!^-") : S("aB/1*?[]!^-\\*");
        struct str pattern = random_text(&r, a, 8, signs);
        struct str text = random_text(&r, a, 5, S("abB/1-]"));
        int flags = (how & GLOB_FOLD ? FNM_CASEFOLD : 0) | (how & GLOB_PATH ? FNM_PATHNAME : 0);
        bool is = glob_fits(pattern, text, how);
        bool should = fnmatch(str_cstr(a, pattern), str_cstr(a, text), flags) == 0;
        if (is != should)
            fail_msg("`%s` on `%s`, %x: %d, fnmatch says %d", str_cstr(a, pattern),
                     str_cstr(a, text), how, is, should);
        matches += is;
        arena_rewind(a, m);
    }
    assert_true(!rounds || matches > 1000);
    assert_true(glob_fits(S("[[:digit:]]*"), S("1.2"), 0));
    assert_false(glob_fits(S("[[:digit:]]*"), S("a1"), 0));
    assert_false(glob_fits(S("[[:dogit:]]*"), S("1"), 0));
    assert_true(glob_fits(S("[a"), S("[a"), 0));
    arena_close(a);
}

static void dates_are_those_of_the_calendar(void **state)
{
    static const char *const no_dates[] = {"2026-02-29", "2100-02-29", "2026-04-31", "2026-13-01",
                                           "2026-00-10", "2026-01-00", "2026-1-01",  "0000-01-01",
                                           "2026/01/01", "2026-01-0x", "",           "+026-01-01",
                                           "2026-01-011"};
    struct arena *a = arena_open();

    (void)state;
    for (int64_t day = -200000; day < 200000; day++) {
        struct date d = date_at(day * 86400 + 86399);
        time_t t = (time_t)(day * 86400);
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        assert_int_equal(d.year, tm.tm_year + 1900);
        assert_int_equal(d.month, tm.tm_mon + 1);
        assert_int_equal(d.day, tm.tm_mday);
        assert_int_equal(date_days(d), day);
    }
    assert_str(date_text(a, 1795494964), "2026-11-24");
    assert_true(date_is_valid(S("2024-02-29")));
    assert_true(date_is_valid(S("2000-02-29")));
    assert_true(date_is_valid(S("2026-12-31")));
    for (size_t i = 0; i < sizeof no_dates / sizeof no_dates[0]; i++)
        assert_false(date_is_valid(str_of(no_dates[i])));

    int64_t days;
    assert_true(date_read(S("1970-01-01"), &days));
    assert_int_equal(days, 0);
    assert_true(date_read(S("2026-11-24"), &days));
    assert_int_equal(days, 20781);
    assert_false(date_read(S("2026-02-29"), &days));
    arena_close(a);
}

static void moments_are_read(void **state)
{
    static const char *const none[] = {"",
                                       "06 Nov 1994 08:49:37 GMT",
                                       "Sun, 00 Nov 1994 08:49:37 GMT",
                                       "Sun, 32 Nov 1994 08:49:37 GMT",
                                       "Sun, 06 ovD 1994 08:49:37 GMT",
                                       "Sun, 06 Nov 94 08:49:37 GMT",
                                       "Sun, 06 Nov 1994 08:49 GMT",
                                       "Sun, 06 Nov 1994 08:49:99 GMT",
                                       "Sun, 06 Nov 1994 08:-9:37 GMT",
                                       "Sun, 06 Nov 1994 08:49:37",
                                       "Sun, 06 Nov 1994 08:49:37 +0100",
                                       "Sun, 99999999999 Nov 1994 08:49:37 GMT"};
    int64_t seconds;

    (void)state;
    assert_true(date_read_moment(S("Sun, 06 Nov 1994 08:49:37 GMT"), &seconds));
    assert_int_equal(seconds, 784111777);
    assert_true(date_read_moment(S("Thu, 01 Jan 1970 00:00:00 UTC"), &seconds));
    assert_int_equal(seconds, 0);
    assert_true(date_read_moment(S("Sat, 21 Nov 2026  0:53:02 +0000"), &seconds));
    assert_int_equal(seconds, 1795222382);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(date_read_moment(str_of(none[i]), &seconds));
}

static void urls_are_cut(void **state)
{
    static const struct {
        const char *text, *scheme, *login, *host, *path, *shown;
    } urls[] = {
        {"https://me:word@host:443/a/b?q#f", "https", "me:word", "host:443", "/a/b?q#f",
         "https://host:443/a/b?q#f"},
        {"http://host", "http", "", "host", "", "http://host"},
        {"host/a", "", "", "host", "/a", "host/a"},
        {"me@host/a", "", "me", "host", "/a", "host/a"},
        {"file:///a/b", "file", "", "", "/a/b", "file:///a/b"},
        {"http://a@b@host/", "http", "a@b", "host", "/", "http://host/"},
        {"http://one?@two/", "http", "", "one", "?@two/", "http://one?@two/"},
        {"http://one#@two/", "http", "", "one", "#@two/", "http://one#@two/"},
        {"http://host/x@y", "http", "", "host", "/x@y", "http://host/x@y"},
        {"me:word@host/go?to=http://x", "", "me:word", "host", "/go?to=http://x",
         "host/go?to=http://x"},
        {"me:word@host://x", "", "me:word", "host:", "//x", "host://x"},
        {"http://[::1]:80/a", "http", "", "[::1]:80", "/a", "http://[::1]:80/a"},
        {"", "", "", "", "", ""},
    };
    struct arena *a = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct url u = url_cut(str_of(urls[i].text));
        assert_string_equal(str_cstr(a, u.scheme), urls[i].scheme);
        assert_string_equal(str_cstr(a, u.login), urls[i].login);
        assert_string_equal(str_cstr(a, u.host), urls[i].host);
        assert_string_equal(str_cstr(a, u.path), urls[i].path);
        assert_true(u.place.p == u.host.p && u.place.n == u.host.n + u.path.n);
        struct str shown = url_without_login(a, str_of(urls[i].text));
        assert_string_equal(str_cstr(a, shown), urls[i].shown);
    }
    assert_true(url_is_http(S("http://x")) && url_is_http(S("https://x")));
    assert_false(url_is_http(S("httpx://x")) || url_is_http(S("http:/x")));
    arena_close(a);
}

static void globs_fit_whole_texts(void **state)
{
    (void)state;
    assert_true(str_glob(S("a*c"), S("abbc"), false));
    assert_true(str_glob(S("*a*b"), S("xaab"), false));
    assert_true(str_glob(S("a**"), S("a"), false));
    assert_true(str_glob(S(""), S(""), false));
    assert_false(str_glob(S("a*c"), S("abcd"), false));
    assert_false(str_glob(S("a"), S(""), false));
    assert_true(str_glob(S("a?c"), S("a?c"), false));
    assert_false(str_glob(S("a?c"), S("abc"), false));
    assert_true(str_glob(S("a?c*"), S("abc"), true));
    assert_false(str_glob(S("a?"), S("a"), true));
}

static void arena_trim_gives_the_end_back(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    for (size_t n = 10; n < 100000; n *= 7) { /* in the first block, and in one of its own */
        char *p = arena_room(a, n, 4);
        memset(p, 'x', 4 * n);
        arena_trim(a, p, 3, n, 4);
        char *next = arena_room(a, 1, 1);
        assert_true(next >= p + 12 && next < p + 4 * n);
        assert_memory_equal(p, "xxxxxxxxxxxx", 12);
        /* What is not the newest stays as it is. */
        arena_trim(a, p, 1, 3, 4);
        assert_true((char *)arena_room(a, 1, 1) > next);
    }
    arena_close(a);
}

static void arena_poisons_what_is_not_handed_out(void **state)
{
    (void)state;
#if SANITIZED
    struct arena *a = arena_open();
    struct arena_mark m = arena_mark(a);
    char *p = arena_new(a, char, 24);
    assert_false(__asan_address_is_poisoned(p + 23));
    assert_true(__asan_address_is_poisoned(p + 24));
    arena_mark(a);
    p = arena_new(a, char, 1);
    m = arena_mark(a);
    char *q = arena_new(a, char, 8);
    arena_rewind(a, m);
    assert_true(__asan_address_is_poisoned(q));
    assert_false(__asan_address_is_poisoned(p));
    arena_close(a);
#else
    skip();
#endif
}

static void slices_find_and_cut(void **state)
{
    (void)state;
    struct str s = S("one,two,,three");
    assert_int_equal(str_chr(s, ','), 3);
    assert_int_equal(str_rchr(s, ','), 8);
    assert_int_equal(str_chr(s, 'x'), STR_NONE);
    assert_int_equal(str_rchr(S(""), 'x'), STR_NONE);
    assert_int_equal(str_find(s, S("two")), 4);
    assert_int_equal(str_find(s, S("")), 0);
    assert_int_equal(str_find(s, S("threex")), STR_NONE);
    assert_int_equal(str_find(S("aab"), S("ab")), 1);
    assert_int_equal(str_find(S("ab"), S("abc")), STR_NONE);
    assert_int_equal(str_find(S(""), S("a")), STR_NONE);
    /* In a longer one it is found by its rarest byte, wherever that stands in it. */
    struct str text = S("a text in which nothing but one word has that letter, and it is a taxi");
    assert_int_equal(str_find(text, S("taxi")), (ptrdiff_t)text.n - 4);
    assert_int_equal(str_find(text, S("xi")), (ptrdiff_t)text.n - 2);
    assert_int_equal(str_find(text, S("a text")), 0);
    assert_int_equal(str_find(text, S("taxis")), STR_NONE);
    assert_int_equal(str_find(text, S("has that")), str_find(str_from(text, 1), S("has that")) + 1);

    struct str part;
    assert_true(str_cut(&s, ',', &part));
    assert_str(part, "one");
    assert_true(str_cut(&s, ',', &part));
    assert_true(str_cut(&s, ',', &part));
    assert_str(part, "");
    assert_true(str_cut(&s, ',', &part));
    assert_str(part, "three");
    assert_false(str_cut(&s, ',', &part));
}

static void slices_compare(void **state)
{
    (void)state;
    assert_true(str_eq(str_of(NULL), S("")));
    assert_non_null(str_of(NULL).p);
    assert_true(str_ieq(S("FROM"), S("from")));
    assert_false(str_ieq(S("FROM"), S("fro")));
    assert_false(str_ieq(S("["), S("{"))); /* a bit apart, as letters' cases are */
    assert_true(str_cmp(S("a"), S("ab")) < 0);
    assert_true(str_cmp(S("b"), S("ab")) > 0);
    assert_true(str_cmp(S("\xff"), S("a")) > 0); /* unsigned */
    assert_int_equal(str_cmp(S(""), S("")), 0);
    assert_true(str_starts(S("apt-get"), S("apt")));
    assert_false(str_starts(S("ap"), S("apt")));
    assert_true(str_ends(S("x.Dockerfile"), S(".Dockerfile")));
    assert_false(str_ends(S("file"), S(".Dockerfile")));
    assert_str(str_trim(S(" \t a b\r\n")), "a b");
    assert_str(str_trim(S(" \r\n")), "");
    assert_true(str_hash(S("a")) != str_hash(S("b")));
}

static void buffers_grow(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct buf b = {.arena = a};
    assert_str(buf_str(&b), "");
    for (int i = 0; i < 1000; i++) {
        buf_char(&b, 'a');
        buf_add(&b, S("bc"));
        buf_fmt(&b, "%d", i % 10);
    }
    assert_int_equal(b.n, 4000);
    assert_true(str_ends(buf_str(&b), S("abc8abc9")));
    assert_str(str_fmt(a, "%s-%d%c", "x", 7, 'y'), "x-7y");
    assert_str(str_lower(a, S("AbC-Z[")), "abc-z[");
    assert_string_equal(str_cstr(a, str_sub(S("abcdef"), 1, 3)), "bc");
    arena_close(a);
}

static void arrays_grow(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    VEC(int) v = {0};
    for (int i = 0; i < 1000; i++)
        vec_push(a, &v, i);
    assert_int_equal(v.n, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(v.v[i], i);
    arena_close(a);
}

/* The vectors of RFC 4648, section 10. */
static void names_are_told_from_words(void **state)
{
    (void)state;
    assert_true(str_is_name(S("_PATH2")));
    assert_true(str_is_name(S("a")));
    assert_false(str_is_name(S("")));
    assert_false(str_is_name(S("2a")));
    assert_false(str_is_name(S("a-b")));
    assert_false(str_is_name(S("caf\xC3\xA9")));
}

static void bytes_are_coded(void **state)
{
    static const char *const pairs[][2] = {{"f", "Zg=="},         {"fo", "Zm8="},
                                           {"foo", "Zm9v"},       {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    struct arena *a = arena_open();
    struct str out;

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_true(str_eq(base64_encode(a, str_of(pairs[i][0])), str_of(pairs[i][1])));
        assert_true(base64_decode(a, str_of(pairs[i][1]), &out));
        assert_true(str_eq(out, str_of(pairs[i][0])));
    }
    assert_false(base64_decode(a, S("Zm9v YmFy"), &out));
    assert_str(percent_encode(a, S("a/b c-._~\377")), "a%2Fb%20c-._~%FF");
    assert_str(percent_decode(a, S("a%2fb%20c%FF%4")), "a/b c\377%4");
    assert_str(percent_decode(a, S("100%zz")), "100%zz");
    arena_close(a);
}

static void errors_are_cut_not_overrun(void **state)
{
    (void)state;
    struct err e;
    char big[2 * sizeof(e.text)];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = 0;
    assert_false(err_set(&e, "%s: %s", "file", big));
    assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
    assert_memory_equal(e.text, "file: xxx", 9);
}

/* Against the list gone through word by word: lists shorter and longer than what is compared at
 * once, words that others begin or end with, words with a blank in them. */
static void a_word_is_one_of_a_list(void **state)
{
    (void)state;
    struct random r = random_of(7);
    char list[120], word[8];
    for (int round = 0; round < 200000; round++) {
        size_t n = random_below(&r, sizeof list - 1), k = random_below(&r, sizeof word);
        for (size_t i = 0; i < n; i++)
            list[i] = "ab c"[random_below(&r, 4)];
        for (size_t i = 0; i < k; i++)
            word[i] = random_below(&r, 20) ? "abc"[random_below(&r, 3)] : ' ';
        list[n] = 0;
        struct str rest = {list, n}, one, want = {word, k};
        bool is = false;
        while (str_cut(&rest, ' ', &one))
            is |= one.n && str_eq(one, want);
        assert_int_equal(word_is_one_of(want, list), is);
    }
}

/* Against the same table gone through from its beginning: of none, one and many names. */
static void a_name_is_among_sorted_ones(void **state)
{
    (void)state;
    struct random r = random_of(8);
    char table[32][3], word[4];
    for (int round = 0; round < 20000; round++) {
        size_t n = 0, k = random_below(&r, sizeof word);
        unsigned skip = random_below(&r, 6);
        for (int a = 'a'; a <= 'e'; a++)
            for (int b = 'a' - 1; b <= 'e'; b++) {
                if (random_below(&r, 6) < skip)
                    continue;
                table[n][0] = (char)a;
                table[n][1] = (char)(b >= 'a' ? b : 0);
                table[n++][2] = 0;
            }
        for (size_t i = 0; i < k; i++)
            word[i] = (char)('a' + random_below(&r, 6));
        struct str want = {word, k};
        const char *is = NULL;
        for (size_t i = 0; i < n; i++)
            is = str_eq(str_of(table[i]), want) ? table[i] : is;
        assert_ptr_equal(name_among(want, table[0], sizeof table[0], n), is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_rewind_keeps_what_is_older),
        cmocka_unit_test(arena_trim_gives_the_end_back),
        cmocka_unit_test(globs_fit_whole_texts),
        cmocka_unit_test(globs_are_those_of_fnmatch),
        cmocka_unit_test(dates_are_those_of_the_calendar),
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(urls_are_cut),
        cmocka_unit_test(arena_poisons_what_is_not_handed_out),
        cmocka_unit_test(slices_find_and_cut),
        cmocka_unit_test(slices_compare),
        cmocka_unit_test(buffers_grow),
        cmocka_unit_test(arrays_grow),
        cmocka_unit_test(names_are_told_from_words),
        cmocka_unit_test(bytes_are_coded),
        cmocka_unit_test(errors_are_cut_not_overrun),
        cmocka_unit_test(a_word_is_one_of_a_list),
        cmocka_unit_test(a_name_is_among_sorted_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
