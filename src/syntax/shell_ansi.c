/* shell_ansi.c - the escapes of $'...' (the bash manual, ANSI-C quoting). */
#include "syntax/shell.h"

#include <string.h>

static uint32_t digits_end(const struct shell *s, uint32_t i, uint32_t most, const char *set)
{
    uint32_t end = i;
    while (end < s->end && end - i < most && s->p[end] && strchr(set, s->p[end]))
        end++;
    return end;
}

uint32_t shell_ansi_escape_end(const struct shell *s, uint32_t i)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    switch (s->p[i + 1]) {
    case 'x':
        return digits_end(s, i + 2, 2, hex);
    case 'u':
        return digits_end(s, i + 2, 4, hex);
    case 'U':
        return digits_end(s, i + 2, 8, hex);
    case 'c':
        return i + 2 < s->end && s->p[i + 2] != '\'' ? i + 3 : i + 2;
    default: {
        uint32_t end = digits_end(s, i + 1, 3, "01234567");
        return end > i + 1 ? end : i + 2;
    }
    }
}
