/* digest.c - content digests. */
#include "host/digest.h"

#include <string.h>

#include "host/sha2.h"

enum { PREFIX = 7 /* "sha256:" */ };

static const char hex[] = "0123456789abcdef";

/* Bytes of the sum; 0: no known algorithm. */
static size_t sum_size(struct str digest)
{
    if (str_starts(digest, S("sha256:")))
        return SHA256_BYTES;
    return str_starts(digest, S("sha512:")) ? SHA512_BYTES : 0;
}

bool digest_valid(struct str digest)
{
    size_t size = sum_size(digest);
    if (!size || digest.n != PREFIX + 2 * size)
        return false;
    for (size_t i = PREFIX; i < digest.n; i++)
        if (!digest.p[i] || !strchr(hex, digest.p[i]))
            return false;
    return true;
}

struct str digest_spell(const uint8_t *sum, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = hex[sum[i] >> 4];
        text[2 * i + 1] = hex[sum[i] & 15];
    }
    return (struct str){text, 2 * n};
}

bool digest_matches(struct str want, struct str bytes)
{
    uint8_t sum[SHA512_BYTES];
    char text[2 * sizeof sum];
    if (!digest_valid(want))
        return false;
    size_t size = sum_size(want);
    (size == SHA256_BYTES ? sha256 : sha512)(bytes, sum);
    return str_eq(str_from(want, PREFIX), digest_spell(sum, size, text));
}

struct str digest_of(struct arena *a, struct str bytes)
{
    uint8_t sum[SHA256_BYTES];
    char text[2 * sizeof sum];
    sha256(bytes, sum);
    struct str spelled = digest_spell(sum, sizeof sum, text);
    return str_fmt(a, "sha256:" STR_FMT, STR_ARG(spelled));
}
