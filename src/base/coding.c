/* Bytes written as text: base64 and percent signs. */
#include "dfix/coding.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str base64_encode(struct arena *a, struct str bytes)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
        unsigned bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? (unsigned char)bytes.p[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            buf_char(&b, k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=');
    }
    return buf_str(&b);
}

bool base64_decode(struct arena *a, struct str text, struct str *out)
{
    struct buf b = {.arena = a};
    unsigned bits = 0, n = 0;

    while (str_ends(text, S("=")))
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] ? strchr(digits, text.p[i]) : NULL;
        if (!at)
            return false;
        bits = (bits << 6 | (unsigned)(at - digits)) & 0xffff;
        n += 6;
        if (n >= 8) {
            n -= 8;
            buf_char(&b, (char)(bits >> n & 0xff));
        }
    }
    *out = buf_str(&b);
    return true;
}

struct str percent_encode(struct arena *a, struct str bytes)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-_.~", c));
        if (plain)
            buf_char(&b, c);
        else
            buf_fmt(&b, "%%%02X", (unsigned)(unsigned char)c);
    }
    return buf_str(&b);
}

struct str percent_decode(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < text.n; i++) {
        bool coded = text.p[i] == '%' && i + 2 < text.n && hex_digit(text.p[i + 1]) >= 0 &&
                     hex_digit(text.p[i + 2]) >= 0;
        buf_char(&b, coded ? (char)(hex_digit(text.p[i + 1]) * 16 + hex_digit(text.p[i + 2]))
                           : text.p[i]);
        i += coded ? 2 : 0;
    }
    return b.n ? buf_str(&b) : S("");
}
