/* modes.c - what chmod's words make of a mode, of which not all bits need be known. */
#include "files/find.h"

enum { ALL_BITS = 07777, RUN_BITS = 0111 };

static bool of_number(struct str mode, unsigned *bits)
{
    *bits = 0;
    for (size_t i = 0; i < mode.n; i++) {
        if (mode.p[i] < '0' || mode.p[i] > '7' || mode.n > 5)
            return false;
        *bits = *bits * 8 + (unsigned)(mode.p[i] - '0');
    }
    return mode.n > 0;
}

/* The bits that a clause is about: of u, g and o, each for r, w and x. */
static unsigned bits_of(struct str who, struct str what, unsigned mask)
{
    unsigned whose = 0, bits = 0;

    for (size_t i = 0; i < who.n; i++)
        whose |= who.p[i] == 'u'   ? 0700U
                 : who.p[i] == 'g' ? 0070U
                 : who.p[i] == 'o' ? 0007U
                                   : 0777U;
    for (size_t i = 0; i < what.n; i++)
        bits |= what.p[i] == 'r' ? 0444U : what.p[i] == 'w' ? 0222U : what.p[i] == 'x' ? 0111U : 0U;
    if (who.n)
        return whose & bits;
    return bits & ~mask;
}

/* One of u+x,go=rx. */
static void of_clause(struct str clause, bool folder, unsigned mask, unsigned *bits,
                      unsigned *known)
{
    size_t i = 0, end;

    while (i < clause.n && str_chr(S("ugoa"), clause.p[i]) != STR_NONE)
        i++;
    struct str who = str_sub(clause, 0, i);
    for (; i < clause.n; i = end) {
        char how = clause.p[i];
        for (end = i + 1; end < clause.n && str_chr(S("+-="), clause.p[end]) == STR_NONE;)
            end++;
        struct str what = str_sub(clause, i + 1, end);
        unsigned all = bits_of(who.n ? who : S("a"), S("rwx"), 0);
        unsigned these = bits_of(who, what, how == '-' ? 0 : mask);
        bool perhaps = str_chr(what, 'X') != STR_NONE; /* x, where anybody may run it already */
        if (perhaps && folder)
            these |= all & RUN_BITS;
        else if (perhaps)
            *known &= ~(unsigned)RUN_BITS;
        /* Who lets the owner run it says that nobody could. */
        if (how == '+' && (these & 0100) && !(*known & 0001) && !(these & 0001)) {
            *known |= RUN_BITS;
            *bits &= ~(unsigned)RUN_BITS;
        }
        if (how == '=') {
            *bits &= ~all;
            *known |= all;
        }
        *bits = how == '-' ? *bits & ~these : *bits | these;
        *known |= these;
    }
}

void mode_change(struct str mode, bool folder, unsigned mask, unsigned *bits, unsigned *known)
{
    struct str clause;
    unsigned number;

    if (of_number(mode, &number)) {
        *bits = number;
        *known = ALL_BITS;
        return;
    }
    if (str_eq(mode, S("?"))) {
        *bits = *known = 0;
        return;
    }
    while (str_cut(&mode, ',', &clause))
        of_clause(clause, folder, mask, bits, known);
    *bits &= *known;
}

unsigned mask_after(struct str word, unsigned mask)
{
    unsigned number, bits = 0777U & ~mask, known = 0777U;

    if (of_number(word, &number))
        return number & 0777U;
    if (!word.n || str_starts(word, S("-")))
        return mask;
    mode_change(word, true, 0, &bits, &known);
    return 0777U & ~bits;
}
