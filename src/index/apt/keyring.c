/* keyring.c - the keyrings that verify an archive, and having dfix-read do it. */
#include "index/apt/keyring.h"

#include "host/digest.h"
#include "host/fetched.h"
#include "host/reading.h"

bool keyring_holds(struct str name, const struct archive_key *key)
{
    bool ended = str_ends(name, S("-ended"));
    struct str distro = ended ? str_sub(name, 0, name.n - S("-ended").n) : name;
    return key->ended == ended && str_eq(distro, str_of(key->distro));
}

bool keyring_is_builtin(struct str name)
{
    const struct archive_key *key;
    size_t n = archive_keys(&key), i = 0;
    while (i < n && !keyring_holds(name, &key[i]))
        i++;
    return i < n;
}

/* "debian" of "builtin:debian"; "": it is a file. */
static struct str builtin_name(struct str keyring)
{
    struct str begin = S(KEYRING_BUILTIN);
    return str_starts(keyring, begin) ? str_from(keyring, begin.n) : S("");
}

static bool put_keyrings(struct reading *r, const struct signed_file *s, struct err *e)
{
    for (size_t i = 0; i < s->nkeyring; i++) {
        struct str name = builtin_name(s->keyring[i]);
        if (name.n)
            wire_text(&r->request, READ_BUILTIN, name);
        else if (!reading_file(r, s->keyring[i], e))
            return false;
    }
    return true;
}

bool keyring_verify(struct arena *a, struct signed_file *s, struct err *e)
{
    struct reading r;
    struct str rest, value;
    reading_begin(&r, a, READ_SIGNED);
    wire_number(&r.request, READ_ENDED, s->ended);
    wire_number(&r.request, READ_SIGNATURE, s->signature.n > 0);
    bool ok = reading_file(&r, s->path, e) &&
              (!s->signature.n || reading_file(&r, s->signature, e)) && put_keyrings(&r, s, e) &&
              reading_run(&r, e);
    reading_end(&r);
    s->broken = r.broken;
    s->text = S("");
    rest = r.answer;
    for (int tag; ok && (tag = wire_field(&rest, &value)) > 0;)
        if (tag == READ_TEXT)
            s->text = value;
    return ok && (s->text.n || err_set(e, "its signature covers no text"));
}

struct str keyring_fingerprint(struct arena *a, struct str cache_dir, const struct str *keyring,
                               size_t n)
{
    struct str *file = arena_new(a, struct str, n + 1);
    struct buf b = {.arena = a};
    const struct archive_key *key;
    size_t nfile = 0, nkey = archive_keys(&key);
    for (size_t i = 0; i < n; i++) {
        struct str name = builtin_name(keyring[i]);
        if (!name.n)
            file[nfile++] = keyring[i];
        for (size_t k = 0; k < nkey && name.n; k++)
            if (keyring_holds(name, &key[k]))
                buf_fmt(&b, "%s\n", key[k].fingerprint);
    }
    struct str files = nfile ? index_fingerprint(a, cache_dir, file, nfile) : S("");
    if (nfile && !files.n)
        return S("");
    if (!b.n)
        return files;
    buf_add(&b, files);
    return str_from(digest_of(a, buf_str(&b)), S("sha256:").n);
}
