/* apk_made.h - package indexes of a test's own making: tar, gzip, and signatures by keys that are
 * made for the run. */
#ifndef TESTS_APK_MADE_H
#define TESTS_APK_MADE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cmocka_all.h"
#include "reader/keys.h"

static inline struct str made_gzip(struct arena *a, struct str plain)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)plain.p, .avail_in = (uInt)plain.n};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uLong most = deflateBound(&z, (uLong)plain.n);
    char *out = arena_new(a, char, most);
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)most;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    struct str s = {out, z.total_out};
    deflateEnd(&z);
    return s;
}

static inline void made_sum(char *h)
{
    unsigned sum = 0;
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
}

/* One entry; `size` "": that of the data. */
static inline void made_entry(struct buf *tar, const char *name, char type, struct str data,
                              const char *size)
{
    char h[512] = {0};
    snprintf(h, 100, "%s", name);
    memcpy(h + 100, "0000644", 7);
    if (size[0])
        memcpy(h + 124, size, strlen(size));
    else
        snprintf(h + 124, 12, "%011o", (unsigned)data.n);
    h[156] = type;
    memcpy(h + 257, "ustar\00000", 8);
    made_sum(h);
    buf_add(tar, (struct str){h, sizeof h});
    buf_add(tar, data);
    while (tar->n % 512)
        buf_char(tar, 0);
}

static inline void made_end(struct buf *tar)
{
    for (int i = 0; i < 1024; i++)
        buf_char(tar, 0);
}

static inline EVP_PKEY *made_key(void)
{
    EVP_PKEY *k = EVP_RSA_gen(2048);
    assert_non_null(k);
    return k;
}

static inline struct str made_signature(struct arena *a, EVP_PKEY *key, const EVP_MD *md,
                                        struct str bytes)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t n = 1024;
    unsigned char *out = arena_new(a, unsigned char, n);
    assert_int_equal(EVP_DigestSignInit(c, NULL, md, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(c, out, &n, (const unsigned char *)bytes.p, bytes.n), 1);
    EVP_MD_CTX_free(c);
    return (struct str){(const char *)out, n};
}

/* The second member: DESCRIPTION and APKINDEX. */
static inline struct str made_content(struct arena *a, const char *description, struct str text)
{
    struct buf tar = {.arena = a};
    made_entry(&tar, "DESCRIPTION", '0', str_of(description), "");
    made_entry(&tar, "APKINDEX", '0', text, "");
    made_end(&tar);
    return made_gzip(a, buf_str(&tar));
}

static inline struct str made_join(struct arena *a, struct str x, struct str y)
{
    struct buf b = {.arena = a};
    buf_add(&b, x);
    buf_add(&b, y);
    return buf_str(&b);
}

/* `content` signed by the key, as `.SIGN.RSA256.test.rsa.pub`. */
static inline struct str made_signed(struct arena *a, EVP_PKEY *key, struct str content)
{
    struct buf tar = {.arena = a};
    made_entry(&tar, ".SIGN.RSA256.test.rsa.pub", '0',
               made_signature(a, key, EVP_sha256(), content), "");
    return made_join(a, made_gzip(a, buf_str(&tar)), content);
}

static inline struct apk_keys made_keys(struct arena *a, EVP_PKEY *key)
{
    struct apk_keys k = {.from = S("the test's")};
    EVP_PKEY_up_ref(key);
    vec_push(a, &k.v, (struct apk_key){S("test.rsa.pub"), S(""), key});
    return k;
}

static inline struct str made_pem(struct arena *a, EVP_PKEY *key)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *p;
    assert_int_equal(PEM_write_bio_PUBKEY(b, key), 1);
    long n = BIO_get_mem_data(b, &p);
    struct str s = str_dup(a, (struct str){p, (size_t)n});
    BIO_free(b);
    return s;
}

#endif
