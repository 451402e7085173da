/* scan.h - looking for the first byte of a set, 16 bytes at a time where the machine can.
 *
 * Each word ends somewhere else: a loop over its bytes costs a branch that no processor
 * foresees. The bits of a comparison of 16 bytes tell the end without one. */
#ifndef DFIX_SYNTAX_SCAN_H
#define DFIX_SYNTAX_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SCAN_WIDE = 16 };
typedef unsigned char scan_bytes __attribute__((vector_size(SCAN_WIDE)));
typedef signed char scan_signed __attribute__((vector_size(SCAN_WIDE)));

#ifdef __SSE2__
#include <emmintrin.h>
/* One bit a byte of a comparison's result. */
#define SCAN_BITS(v) ((unsigned)_mm_movemask_epi8((__m128i)(v)))
static inline scan_bytes scan_load(const char *p)
{
    scan_bytes v;
    memcpy(&v, p, SCAN_WIDE);
    return v;
}
#endif

/* Before this offset 16 bytes may be read, of so many that may be read in all. */
static inline uint32_t scan_wide(uint32_t room)
{
    return room < SCAN_WIDE ? 0 : room - SCAN_WIDE + 1;
}

/* Where the first of the bytes p[i ... end) is that `stops`; end: none. `may` tells the like
 * of 16 bytes at once, all ones for a byte that may stop: for each that does, and few others.
 * From offsets before `wide`, 16 bytes may be read; none is looked at far behind `end`. */
static inline __attribute__((always_inline)) uint32_t scan(const char *p, uint32_t i, uint32_t end,
                                                           uint32_t wide,
                                                           scan_bytes (*may)(scan_bytes),
                                                           bool (*stops)(char))
{
#ifdef SCAN_BITS
    if (wide > end)
        wide = end;
    for (; i < wide; i += SCAN_WIDE) {
        unsigned bits = SCAN_BITS(may(scan_load(p + i)));
        for (; bits; bits &= bits - 1) {
            uint32_t at = i + (uint32_t)__builtin_ctz(bits);
            if ((at >= end) | stops(p[at])) /* one branch, nearly always taken */
                return at < end ? at : end;
        }
    }
#else
    (void)wide;
    (void)may;
#endif
    while (i < end && !stops(p[i]))
        i++;
    return i < end ? i : end;
}

static inline scan_bytes scan_is_no_name(scan_bytes v)
{
    return (scan_bytes)(((v | 32) - 'a' > 25) & (v - '0' > 9) & (v != '_'));
}

static inline bool scan_stops_name(char c)
{
    return (unsigned char)((c | 32) - 'a') > 25 && (unsigned char)(c - '0') > 9 && c != '_';
}

/* Over letters of ASCII, digits and _. */
static inline uint32_t scan_name(const char *p, uint32_t i, uint32_t end, uint32_t wide)
{
    return scan(p, i, end, wide, scan_is_no_name, scan_stops_name);
}

/* What ends a text in single quotes. */
static inline scan_bytes scan_is_single(scan_bytes v)
{
    return (scan_bytes)(v == '\'');
}

static inline bool scan_stops_single(char c)
{
    return c == '\'';
}

static inline uint32_t scan_single(const char *p, uint32_t i, uint32_t end, uint32_t wide)
{
    return scan(p, i, end, wide, scan_is_single, scan_stops_single);
}

/* Over spaces and tabs. Those behind `end` may be looked at: callers do not come back to them. */
static inline uint32_t scan_blanks(const char *p, uint32_t i, uint32_t end, uint32_t wide)
{
#ifdef SCAN_BITS
    for (; i < wide; i += SCAN_WIDE) {
        scan_bytes v = scan_load(p + i);
        unsigned blanks = SCAN_BITS((v == ' ') | (v == '\t'));
        if (blanks != (1u << SCAN_WIDE) - 1) {
            i += (uint32_t)__builtin_ctz(~blanks);
            return i < end ? i : end;
        }
    }
#else
    (void)wide;
#endif
    while (i < end && (p[i] == ' ' || p[i] == '\t'))
        i++;
    return i < end ? i : end;
}

/* A bit for each line end in the first 64 of n bytes; `before`: bytes that may be read before p. */
static inline uint64_t scan_line_ends(const char *p, size_t n, size_t before)
{
    uint64_t bits = 0;
#ifdef SCAN_BITS
    size_t back = n < 64 ? 64 - n : 0;
    if (back <= before) {
        p -= back;
        for (unsigned i = 0; i < 64; i += SCAN_WIDE)
            bits |= (uint64_t)SCAN_BITS(scan_load(p + i) == '\n') << i;
        return bits >> back;
    }
#else
    (void)before;
#endif
    const char *end = p + (n < 64 ? n : 64);
    for (const char *at = p; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        bits |= (uint64_t)1 << (at - p);
    return bits;
}

/* lines.c. Bytes of the white space character at p (n left), as Unicode has it; 0: none. */
uint32_t wide_space_len(const char *p, size_t n);
static inline uint32_t space_len(const char *p, size_t n)
{
    if (n == 0)
        return 0;
    unsigned char c = (unsigned char)*p;
    return c < 0x80 ? c == ' ' || (unsigned char)(c - '\t') < 5 : wide_space_len(p, n);
}

#endif
