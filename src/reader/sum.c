/* sum.c - digests by OpenSSL. */
#include "reader/sum.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* A library that cannot make a context or hash has no memory left. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

void sum_begin(struct sum *s, const char *algorithm)
{
    const EVP_MD *md = EVP_get_digestbyname(algorithm);
    s->ctx = EVP_MD_CTX_new();
    must(md && s->ctx && EVP_DigestInit_ex(s->ctx, md, NULL) == 1);
}

void sum_add(struct sum *s, struct str bytes)
{
    if (s->ctx && bytes.n)
        must(EVP_DigestUpdate(s->ctx, bytes.p, bytes.n) == 1);
}

size_t sum_end(struct sum *s, uint8_t out[SUM_MAX])
{
    unsigned n = 0;
    if (!s->ctx)
        return 0;
    must(EVP_DigestFinal_ex(s->ctx, out, &n) == 1);
    EVP_MD_CTX_free(s->ctx);
    s->ctx = NULL;
    return n;
}
