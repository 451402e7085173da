/* Reads APKINDEX.tar.gz: checks its signature first, then unpacks its list of packages. */
#include "reader/apkindex.h"

#include <openssl/evp.h>
#include <string.h>

#include "reader/archive.h"

enum { SIGNATURES_PLAIN_MAX = 256 * 1024, DESCRIPTION_MAX = 256 };

/* ---- signatures ---- */

/* ".SIGN.RSA256.NAME": the hash and the key's name. False: no signature, or of a kind that is not
 * known here. */
static bool signature_name(struct str file, const EVP_MD **md, struct str *key)
{
    static const struct {
        struct str prefix;
        const EVP_MD *(*md)(void);
    } kinds[] = {{{".SIGN.RSA.", 10}, EVP_sha1}, {{".SIGN.RSA256.", 13}, EVP_sha256}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_starts(file, kinds[i].prefix)) {
            *md = kinds[i].md();
            *key = str_from(file, kinds[i].prefix.n);
            return true;
        }
    return false;
}

static bool signature_holds(EVP_PKEY *key, const EVP_MD *md, struct str signature, struct str bytes)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestVerifyInit(c, NULL, md, NULL, key) == 1 &&
              EVP_DigestVerify(c, (const unsigned char *)signature.p, signature.n,
                               (const unsigned char *)bytes.p, bytes.n) == 1;
    EVP_MD_CTX_free(c);
    return ok;
}

/* Every signature by a key at hand must hold, and there must be one. */
static bool verify(struct arena *a, struct str plain, struct str bytes, const struct apk_keys *keys,
                   struct str arch, struct str *by, struct err *e)
{
    struct archive t = {.rest = plain};
    struct archive_file f;
    struct buf unknown = {.arena = a};
    enum archive_step step;

    *by = S("");
    while ((step = archive_next(&t, &f, e)) == ARCHIVE_FILE) {
        const EVP_MD *md;
        struct str name;
        if (!str_starts(f.name, S(".SIGN.")))
            return err_set(e, "it does not begin with its signature");
        if (!signature_name(f.name, &md, &name))
            continue;
        const struct apk_key *key = apk_keys_find(keys, name, arch);
        if (!key)
            buf_fmt(&unknown, "%s" STR_FMT, unknown.n ? ", " : "", STR_ARG(name));
        else if (!signature_holds(key->key, md, f.data, bytes))
            return err_set(e,
                           "the signature by " STR_FMT
                           " is not valid; the file was damaged or tampered with",
                           STR_ARG(name));
        else
            *by = key->name;
    }
    if (step == ARCHIVE_ERROR)
        return false;
    if (!by->n && unknown.n)
        return err_set(e,
                       "it is signed by " STR_FMT ", which is not among the keys for " STR_FMT
                       " (" STR_FMT ")",
                       STR_ARG(buf_str(&unknown)), STR_ARG(arch), STR_ARG(keys->from));
    return by->n || err_set(e, "it is not signed");
}

/* ---- content ---- */

static bool take_files(struct str plain, struct apkindex *out, struct err *e)
{
    struct archive t = {.rest = plain};
    struct archive_file f;
    enum archive_step step;
    bool index = false;

    out->text = out->description = S("");
    while ((step = archive_next(&t, &f, e)) == ARCHIVE_FILE) {
        if (str_eq(f.name, S("APKINDEX"))) {
            if (index)
                return err_set(e, "it has two package lists");
            index = true;
            out->text = f.data;
        } else if (str_eq(f.name, S("DESCRIPTION"))) {
            out->description =
                str_sub(f.data, 0, f.data.n < DESCRIPTION_MAX ? f.data.n : DESCRIPTION_MAX);
        }
    }
    if (step == ARCHIVE_ERROR)
        return false;
    return index || err_set(e, "it has no package list");
}

bool apkindex_open(struct arena *a, struct str bytes, const struct apk_keys *keys, struct str arch,
                   struct apkindex *out, struct err *e)
{
    struct str rest = bytes, signatures, plain;

    if (bytes.n > APKINDEX_MAX)
        return err_set(e, "it is larger than %d bytes", APKINDEX_MAX);
    if (!archive_member(a, &rest, SIGNATURES_PLAIN_MAX, &signatures, e) ||
        !verify(a, signatures, rest, keys, arch, &out->key, e) ||
        !archive_member(a, &rest, APKINDEX_PLAIN_MAX, &plain, e))
        return false;
    if (rest.n)
        return err_set(e, "%zu bytes follow its end", rest.n);
    return take_files(plain, out, e);
}

bool apkindex_is_of(struct str description, struct str branch)
{
    if (!str_starts(description, S("v3.")) || !str_starts(branch, S("v")))
        return true; /* a tree that says no release: built from the branch in development */
    struct str next = str_from(description, branch.n < description.n ? branch.n : description.n);
    return str_starts(description, branch) && (!next.n || next.p[0] < '0' || next.p[0] > '9');
}

/* ---- stanzas ---- */

struct stanza {
    struct str value[128]; /* by the letter of its line */
    bool set[128], bad, any;
};

static void take_line(struct stanza *s, struct str line)
{
    unsigned char letter = (unsigned char)line.p[0];

    s->any = true;
    if (line.n < 2 || line.p[1] != ':' || letter >= 128 || s->set[letter]) {
        s->bad = true;
        return;
    }
    s->set[letter] = true;
    s->value[letter] = str_from(line, 2);
}

/* A name that packages have, not a file or library in one. */
static bool names_package(struct str name)
{
    return str_chr(name, ':') == STR_NONE && str_chr(name, '/') == STR_NONE;
}

/* "cmd:curl=8.14.1-r2 so:libcurl.so.4=4.8.0": the names alone. `libc-dev=1.2.5-r10` of a package
 * with this very version is another package's name, and takes its versions: that is provided as it
 * is written, too. */
static size_t provided(struct arena *a, struct str list, struct str version, const struct str **out)
{
    VEC(struct str) names = {0};
    struct str word;

    while (str_cut(&list, ' ', &word)) {
        size_t n = 0;
        while (n < word.n && !strchr("<>=~", word.p[n]))
            n++;
        if (!n)
            continue;
        struct str name = str_sub(word, 0, n);
        vec_push(a, &names, name);
        if (n < word.n && word.p[n] == '=' && str_eq(str_from(word, n + 1), version) &&
            names_package(name))
            vec_push(a, &names, word);
    }
    *out = names.v;
    return names.n;
}

/* "so:libz.so.1 busybox>=1 !conflict" as "so:libz.so.1,busybox>=1;". */
static struct str needed(struct arena *a, struct str list)
{
    struct buf b = {.arena = a};
    struct str word;

    while (str_cut(&list, ' ', &word))
        if (word.n && word.p[0] != '!')
            buf_fmt(&b, "%s" STR_FMT, b.n ? "," : "", STR_ARG(word));
    buf_char(&b, ';');
    return buf_str(&b);
}

/* Of "t:1700000000"; 0: it is no such number. */
static int64_t seconds(struct str text)
{
    int64_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || text.n > 12)
            return 0;
        n = n * 10 + (text.p[i] - '0');
    }
    return n;
}

static bool end_stanza(struct stanza *s, struct str arch, struct store_writer *w, struct err *e)
{
    struct store_record r = {.name = s->value['P'],
                             .version = s->value['V'],
                             .arch = s->value['A'],
                             .source = s->value['o'],
                             .source_version = S(""),
                             .made = seconds(s->value['t'])};
    const struct str *names;

    if (!s->any)
        return true;
    if (!s->bad && r.arch.n && !str_eq(r.arch, arch) && !str_eq(r.arch, S("noarch")))
        return err_set(e, "it is of " STR_FMT ", not of " STR_FMT,
                       STR_ARG(str_sub(r.arch, 0, r.arch.n < 32 ? r.arch.n : 32)), STR_ARG(arch));
    if (s->bad)
        r.version = S(""); /* dropped, and known to be */
    struct arena *a = arena_open();
    size_t n = provided(a, s->value['p'], r.version, &names);
    r.needs = needed(a, s->value['D']);
    store_add(w, &r, names, n);
    arena_close(a);
    return true;
}

bool apkindex_read(struct str text, struct str arch, struct store_writer *w, struct err *e)
{
    struct stanza s;
    struct str line;
    bool ok = true;

    memset(&s, 0, sizeof s);
    for (size_t i = 0; i < 128; i++)
        s.value[i] = S("");
    const struct stanza none = s;
    while (ok && str_cut(&text, '\n', &line)) {
        if (line.n) {
            take_line(&s, line);
            continue;
        }
        ok = end_stanza(&s, arch, w, e);
        s = none;
    }
    return ok && end_stanza(&s, arch, w, e);
}
