/* pin-apk on people's Dockerfiles, moved to a release whose real index is at hand: each pin that
 * is written is looked up in a plain reading of the index by a matcher of this test's own. */
#include "apk_made.h"
#include "sandbox.h"

#include <ctype.h>
#include <regex.h>

static struct arena *arena;

/* "name version" lines of the real index: its packages, then the names that a single one of them
 * provides with a version; looked up by grep's rules: whole names. */
static struct str index_text;

static struct str version_in_index(struct str name)
{
    struct str line = str_fmt(arena, "\n" STR_FMT " ", STR_ARG(name)), rest, version = S("");
    ptrdiff_t at = str_find(index_text, line);
    if (at == STR_NONE)
        return version;
    rest = str_from(index_text, (size_t)at + line.n);
    str_cut(&rest, '\n', &version);
    return version;
}

/* What `=~` lets in, said in bytes: the beginning, cut where no number goes on. */
static bool begins(struct str version, struct str beginning)
{
    if (!str_starts(version, beginning))
        return false;
    struct str rest = str_from(version, beginning.n);
    return !rest.n || !isdigit((unsigned char)rest.p[0]);
}

static bool lay_out(struct sandbox *box)
{
    EVP_PKEY *key = made_key();
    struct str content =
        made_content(arena, "v3.22.2-206-gx", S("P:only-here\nV:1.0-r0\nA:x86_64\n"));
    sandbox_write(box, "m/v3.22/community/x86_64/APKINDEX.tar.gz",
                  made_signed(arena, key, content));
    sandbox_write(box, "keys/test.rsa.pub", made_pem(arena, key));
    sandbox_write(box, "dfix.yaml",
                  str_fmt(arena,
                          "architectures: [amd64]\nindex: {apk: {alpine: {mirror: "
                          "'file://%s/m', keys: [%s/keys]}}}\n",
                          box->dir, box->dir));
    EVP_PKEY_free(key);
    return sandbox_run(box,
                       "mkdir -p m/v3.22/main/x86_64 files && cp "
                       "'%s'/data/apk/APKINDEX-v3.22.2-206-main-x86_64.tar.gz "
                       "m/v3.22/main/x86_64/APKINDEX.tar.gz && "
                       "cp '%s'/data/apk/keys/*6165ee59* keys/ && "
                       "tar -xzOf m/v3.22/main/x86_64/APKINDEX.tar.gz APKINDEX 2>/dev/null | "
                       "awk '/^P:/{p=substr($0,3)} /^V:/{print p,substr($0,3)} "
                       "/^p:/{n=split(substr($0,3),w,\" \"); for(i=1;i<=n;i++) "
                       "{split(w[i],q,\"=\"); c[q[1]]++; v[q[1]]=q[2]}} "
                       "END{for(k in c) if(c[k]==1 && v[k]!=\"\") print k,v[k]}' > index",
                       DFIX_SHARED, DFIX_SHARED) == 0 &&
           sandbox_run(
               box,
               "for f in $(grep -liE '^FROM +alpine' '%s'/corpus/public/*.Dockerfile); do "
               "sed -E 's/^([Ff][Rr][Oo][Mm] +)alpine(:[^ @]*)?(@[^ ]*)?/\\1alpine:3.22/' "
               "$f > files/$(basename $f) || exit 1; done; cp -r files before; ls files > list",
               DFIX_SHARED) == 0;
}

/* The pins that were written into a file; each is checked. */
static size_t check_pins(struct str name, struct str before, struct str after)
{
    regex_t re;
    regmatch_t m[3];
    size_t n = 0;
    assert_int_equal(
        regcomp(&re, "([A-Za-z0-9_][A-Za-z0-9_.+-]*)=~([0-9][A-Za-z0-9_.~-]*)", REG_EXTENDED), 0);
    for (const char *p = str_cstr(arena, after); regexec(&re, p, 3, m, 0) == 0; p += m[0].rm_eo) {
        struct str whole = {p + m[0].rm_so, (size_t)(m[0].rm_eo - m[0].rm_so)};
        struct str package = {p + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so)};
        struct str pin = {p + m[2].rm_so, (size_t)(m[2].rm_eo - m[2].rm_so)};
        if (str_find(before, whole) != STR_NONE)
            continue;
        struct str version = version_in_index(package);
        if (!version.n || !begins(version, pin))
            fail_msg(STR_FMT ": " STR_FMT ", the index has \"" STR_FMT "\"", STR_ARG(name),
                     STR_ARG(whole), STR_ARG(version));
        n++;
    }
    regfree(&re);
    return n;
}

static void pins_of_the_corpus(void **state)
{
    (void)state;
    struct sandbox box = sandbox_open();
    arena = arena_open();
    if (!lay_out(&box)) {
        printf("skipped: no index or corpus in %s\n", DFIX_SHARED);
    } else {
        size_t pins = 0, files = 0, touched = 0;
        struct str list = sandbox_read(&box, arena, "list"), name;
        index_text = str_fmt(arena, "\n" STR_FMT, STR_ARG(sandbox_read(&box, arena, "index")));
        /* 2: bases and releases that nothing here tells of. */
        assert_int_equal(sandbox_run(&box,
                                     "XDG_CACHE_HOME=$PWD/cache '%s/dfix' --config dfix.yaml "
                                     "-s pin-apk --fix -q files > out 2>&1; test $? -le 2",
                                     DFIX_BUILD),
                         0);
        while (str_cut(&list, '\n', &name)) {
            if (!name.n)
                continue;
            struct str was = str_fmt(arena, "before/" STR_FMT, STR_ARG(name));
            struct str is = str_fmt(arena, "files/" STR_FMT, STR_ARG(name));
            size_t n =
                check_pins(name, sandbox_read(&box, arena, was.p), sandbox_read(&box, arena, is.p));
            pins += n;
            touched += n > 0;
            files++;
        }
        printf("%zu pins in %zu of %zu files\n", pins, touched, files);
        assert_true(files > 100 && touched > 50 && pins > 200);
    }
    arena_close(arena);
    sandbox_close(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pins_of_the_corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
