/* Loads the public keys that sign apk's indexes, built in or from a folder. */
#include "index/apk/keys.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>

#include "dfix/facts.h"
#include "host/files.h"

enum { KEY_MAX = 16 * 1024, KEY_BITS_MIN = 2048, KEYS_MAX = 256 };

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

static bool read_file(struct arena *a, struct str path, struct apk_keys *k, struct err *e)
{
    struct str pem, file = str_dup(a, path);
    ptrdiff_t slash = str_rchr(file, '/');

    if (!file_read(a, str_cstr(a, file), KEY_MAX, &pem, e))
        return false;
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!is_good(key)) {
        EVP_PKEY_free(key);
        return err_set(e, "%s: not a public RSA key of %d bits or more in PEM form", file.p,
                       KEY_BITS_MIN);
    }
    add(a, k, str_from(file, (size_t)(slash + 1)), S(""), key);
    return true;
}

static bool read_folder(struct arena *a, struct str path, struct apk_keys *k, struct err *e)
{
    DIR *d = opendir(str_cstr(a, path));
    bool ok = true, any = false;

    if (!d)
        return err_set(e, STR_FMT ": %s", STR_ARG(path), strerror(errno));
    for (struct dirent *x; ok && (x = readdir(d)) && k->v.n < KEYS_MAX;)
        if (str_ends(str_of(x->d_name), S(".pub"))) {
            ok = read_file(a, path_join(a, path, str_of(x->d_name)), k, e);
            any = true;
        }
    closedir(d);
    return !ok ? false : any || err_set(e, "%s: no key (*.pub) in this folder", str_cstr(a, path));
}

bool apk_keys_read(struct arena *a, struct str path, struct apk_keys *k, struct err *e)
{
    struct str name = str_dup(a, path);
    struct stat st;

    k->from = name;
    if (stat(str_cstr(a, name), &st) != 0)
        return err_set(e, STR_FMT ": %s", STR_ARG(name), strerror(errno));
    return S_ISDIR(st.st_mode) ? read_folder(a, name, k, e) : read_file(a, name, k, e);
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
