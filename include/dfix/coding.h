/* coding.h - bytes written as text: base64 (RFC 4648, section 4), and what URLs write with percent
 * signs (RFC 3986, section 2.1). */
#ifndef DFIX_CODING_H
#define DFIX_CODING_H

#include "dfix/base.h"

/* -1: it is none. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct str base64_encode(struct arena *a, struct str bytes);
/* False: another character is in it. How many `=` end it is not judged. */
bool base64_decode(struct arena *a, struct str text, struct str *out);

/* All but letters, digits and -._~ is coded: fit for one part of a path, and for a query. */
struct str percent_encode(struct arena *a, struct str bytes);
/* A percent sign that two digits do not follow stands for itself. */
struct str percent_decode(struct arena *a, struct str text);

#endif
