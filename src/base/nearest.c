/* Which known name a mistyped one stands for. */
#include "dfix/base.h"

enum { LONGEST = 63 };

/* Edit distance with swaps of neighbours; both within LONGEST. */
static size_t distance(struct str a, struct str b)
{
    size_t row[3][LONGEST + 1];

    for (size_t j = 0; j <= b.n; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[a.n % 3][b.n];
}

struct str str_nearest(struct str name, const struct str *known, size_t n)
{
    struct str nearest = S("");
    size_t least = name.n < 6 ? 1 : 2;

    for (size_t i = 0; i < n; i++)
        if (str_eq(name, known[i]))
            return known[i];
    for (size_t i = 0; i < n; i++) {
        size_t d = name.n <= LONGEST && known[i].n <= LONGEST ? distance(name, known[i]) : LONGEST;
        if (d <= least && (d < least || !nearest.n)) {
            nearest = known[i];
            least = d;
        }
    }
    return nearest;
}
