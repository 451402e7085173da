/* keys.c - the public keys that sign apk's indexes: those that dfix brings, and files' text. */
#include "reader/keys.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "dfix/facts.h"

enum { KEY_BITS_MIN = 2048 };

static bool is_good(const EVP_PKEY *key)
{
    return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
           EVP_PKEY_get_bits(key) >= KEY_BITS_MIN;
}

static void add(struct arena *a, struct apk_keys *k, struct str name, struct str archs,
                EVP_PKEY *key)
{
    vec_push(a, &k->v, (struct apk_key){name, archs, key});
}

static EVP_PKEY *key_of_base64(struct arena *a, struct str text)
{
    unsigned char *der = arena_new(a, unsigned char, text.n + 1);
    int n = EVP_DecodeBlock(der, (const unsigned char *)text.p, (int)text.n);
    const unsigned char *p = der;

    return n > 0 ? d2i_PUBKEY(NULL, &p, n) : NULL;
}

void apk_keys_builtin(struct arena *a, struct apk_keys *k)
{
    const struct alpine_key *key;
    size_t n = alpine_keys(&key);

    k->from = S("Alpine's own");
    for (size_t i = 0; i < n; i++) {
        EVP_PKEY *p = key_of_base64(a, str_of(key[i].der));
        if (p)
            add(a, k, str_of(key[i].name), str_of(key[i].archs), p);
    }
}

bool apk_keys_add(struct arena *a, struct apk_keys *k, const struct key_text *text, struct err *e)
{
    BIO *bio = BIO_new_mem_buf(text->pem.p, (int)text->pem.n);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!is_good(key)) {
        EVP_PKEY_free(key);
        return err_set(e,
                       "the index's signing keys: " STR_FMT
                       ": not a public RSA key of %d bits or more in PEM form",
                       STR_ARG(text->name), KEY_BITS_MIN);
    }
    add(a, k, text->name, S(""), key);
    return true;
}

void apk_keys_close(struct apk_keys *k)
{
    for (size_t i = 0; i < k->v.n; i++)
        EVP_PKEY_free(k->v.v[i].key);
    k->v.n = 0;
}

static bool signs_for(const struct apk_key *k, struct str arch)
{
    struct str rest = k->archs, one;

    while (str_cut(&rest, ' ', &one))
        if (str_eq(one, arch))
            return true;
    return !k->archs.n;
}

const struct apk_key *apk_keys_find(const struct apk_keys *k, struct str name, struct str arch)
{
    for (size_t i = 0; i < k->v.n; i++)
        if (str_eq(k->v.v[i].name, name) && signs_for(&k->v.v[i], arch))
            return &k->v.v[i];
    return NULL;
}
