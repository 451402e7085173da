/* sha2.c - SHA-256 and SHA-512, one shot each. */
#include "host/sha2.h"

#include <string.h>

/* ---- what both share: numbers with the highest byte first, and the end of a
 * message ---- */

static uint64_t number(const unsigned char *p, size_t n)
{
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++)
        x = x << 8 | p[i];
    return x;
}

static void spell(unsigned char *p, uint64_t x, size_t n)
{
    for (size_t i = n; i > 0; i--, x >>= 8)
        p[i - 1] = (unsigned char)x;
}

/* The rest of a message, a one bit, zeros, and the message's length in bits:
 * whole blocks. */
static size_t close_off(unsigned char *out, struct str rest, uint64_t length, size_t block)
{
    size_t n = rest.n + 1 + block / 8 <= block ? block : 2 * block;
    memset(out, 0, n);
    if (rest.n)
        memcpy(out, rest.p, rest.n);
    out[rest.n] = 0x80;
    spell(out + n - 8, length << 3, 8);
    return n;
}

/* ---- SHA-256 ---- */

enum { ROUNDS_256 = 64, BLOCK_256 = 64 };

static const uint32_t start_256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const uint32_t round_256[ROUNDS_256] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn_256(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void schedule_256(uint32_t w[ROUNDS_256], const unsigned char *p)
{
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)number(p + i * sizeof *w, sizeof *w);
    for (size_t i = 16; i < ROUNDS_256; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turn_256(x, 7) ^ turn_256(x, 18) ^ x >> 3) +
               (turn_256(y, 17) ^ turn_256(y, 19) ^ y >> 10);
    }
}

static void block_256(uint32_t state[8], const unsigned char *p)
{
    uint32_t w[ROUNDS_256], a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    schedule_256(w, p);
    for (size_t i = 0; i < ROUNDS_256; i++) {
        uint32_t big_e = turn_256(e, 6) ^ turn_256(e, 11) ^ turn_256(e, 25);
        uint32_t big_a = turn_256(a, 2) ^ turn_256(a, 13) ^ turn_256(a, 22);
        uint32_t one = h + big_e + ((e & f) ^ (~e & g)) + round_256[i] + w[i];
        uint32_t two = big_a + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + one;
        d = c;
        c = b;
        b = a;
        a = one + two;
    }
    const uint32_t v[8] = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; i++)
        state[i] += v[i];
}

void sha256(struct str bytes, uint8_t out[SHA256_BYTES])
{
    uint32_t state[8];
    unsigned char last[2 * BLOCK_256];
    size_t done = 0;

    memcpy(state, start_256, sizeof state);
    for (; bytes.n - done >= BLOCK_256; done += BLOCK_256)
        block_256(state, (const unsigned char *)bytes.p + done);
    size_t n = close_off(last, str_from(bytes, done), bytes.n, BLOCK_256);
    for (size_t i = 0; i < n; i += BLOCK_256)
        block_256(state, last + i);
    for (size_t i = 0; i < 8; i++)
        spell(out + i * sizeof *state, state[i], sizeof *state);
}

/* ---- SHA-512 ---- */

enum { ROUNDS_512 = 80, BLOCK_512 = 128 };

static const uint64_t start_512[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                      0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                      0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
static const uint64_t round_512[ROUNDS_512] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

static uint64_t turn_512(uint64_t x, unsigned n)
{
    return x >> n | x << (64 - n);
}

static void schedule_512(uint64_t w[ROUNDS_512], const unsigned char *p)
{
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint64_t)number(p + i * sizeof *w, sizeof *w);
    for (size_t i = 16; i < ROUNDS_512; i++) {
        uint64_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turn_512(x, 1) ^ turn_512(x, 8) ^ x >> 7) +
               (turn_512(y, 19) ^ turn_512(y, 61) ^ y >> 6);
    }
}

static void block_512(uint64_t state[8], const unsigned char *p)
{
    uint64_t w[ROUNDS_512], a = state[0], b = state[1], c = state[2], d = state[3];
    uint64_t e = state[4], f = state[5], g = state[6], h = state[7];

    schedule_512(w, p);
    for (size_t i = 0; i < ROUNDS_512; i++) {
        uint64_t big_e = turn_512(e, 14) ^ turn_512(e, 18) ^ turn_512(e, 41);
        uint64_t big_a = turn_512(a, 28) ^ turn_512(a, 34) ^ turn_512(a, 39);
        uint64_t one = h + big_e + ((e & f) ^ (~e & g)) + round_512[i] + w[i];
        uint64_t two = big_a + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + one;
        d = c;
        c = b;
        b = a;
        a = one + two;
    }
    const uint64_t v[8] = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; i++)
        state[i] += v[i];
}

void sha512(struct str bytes, uint8_t out[SHA512_BYTES])
{
    uint64_t state[8];
    unsigned char last[2 * BLOCK_512];
    size_t done = 0;

    memcpy(state, start_512, sizeof state);
    for (; bytes.n - done >= BLOCK_512; done += BLOCK_512)
        block_512(state, (const unsigned char *)bytes.p + done);
    size_t n = close_off(last, str_from(bytes, done), bytes.n, BLOCK_512);
    for (size_t i = 0; i < n; i += BLOCK_512)
        block_512(state, last + i);
    for (size_t i = 0; i < 8; i++)
        spell(out + i * sizeof *state, state[i], sizeof *state);
}
