/* digest_of runs on every start, where what the library's algorithm tables take to load is a third
 * of a warm run: it calls the algorithm by its own name, which OpenSSL 3 calls deprecated. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "host/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

static const EVP_MD *algorithm(struct str digest, size_t *prefix)
{
    if (str_starts(digest, S("sha256:"))) {
        *prefix = 7;
        return digest.n == 7 + 64 ? EVP_sha256() : NULL;
    }
    if (str_starts(digest, S("sha512:"))) {
        *prefix = 7;
        return digest.n == 7 + 128 ? EVP_sha512() : NULL;
    }
    return NULL;
}

bool digest_valid(struct str digest)
{
    size_t prefix;
    if (!algorithm(digest, &prefix))
        return false;
    for (size_t i = prefix; i < digest.n; i++)
        if (!digest.p[i] || !strchr(hex, digest.p[i]))
            return false;
    return true;
}

/* A library that cannot make a context or hash has no memory left. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

void digest_begin(struct digest *d, struct str want)
{
    size_t prefix;
    *d = (struct digest){NULL, want};
    if (!want.n)
        return;
    d->ctx = EVP_MD_CTX_new();
    must(d->ctx && EVP_DigestInit_ex(d->ctx, algorithm(want, &prefix), NULL) == 1);
}

void digest_add(struct digest *d, const void *p, size_t n)
{
    if (d->ctx && n)
        must(EVP_DigestUpdate(d->ctx, p, n) == 1);
}

static size_t spell(const unsigned char *sum, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = hex[sum[i] >> 4];
        text[2 * i + 1] = hex[sum[i] & 15];
    }
    return 2 * n;
}

static size_t finish(struct digest *d, char *text)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    must(EVP_DigestFinal_ex(d->ctx, sum, &n) == 1);
    EVP_MD_CTX_free(d->ctx);
    d->ctx = NULL;
    return spell(sum, n, text);
}

bool digest_end(struct digest *d)
{
    char text[2 * EVP_MAX_MD_SIZE];
    if (!d->ctx)
        return true;
    size_t n = finish(d, text);
    return str_eq(str_from(d->want, 7), (struct str){text, n});
}

bool digest_matches(struct str want, struct str bytes)
{
    struct digest d;
    if (!digest_valid(want))
        return false;
    digest_begin(&d, want);
    digest_add(&d, bytes.p, bytes.n);
    return digest_end(&d);
}

struct str digest_of(struct arena *a, struct str bytes)
{
    unsigned char sum[SHA256_DIGEST_LENGTH];
    char text[2 * sizeof sum];
    SHA256_CTX c;
    must(SHA256_Init(&c) == 1 && SHA256_Update(&c, bytes.p, bytes.n) == 1 &&
         SHA256_Final(sum, &c) == 1);
    return str_fmt(a, "sha256:%.*s", (int)spell(sum, sizeof sum, text), text);
}
