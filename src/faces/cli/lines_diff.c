/* Two short texts, line by line: what both have, what goes and what comes. */
#include "faces/cli/site.h"

enum { LINES_MAX = 200 };

static size_t split(struct str text, struct str *line)
{
    size_t n = 0;

    while (text.n && n < LINES_MAX && str_cut(&text, '\n', &line[n]))
        n++;
    return n;
}

size_t lines_diff(struct arena *a, struct str before, struct str after, struct diff_line **out)
{
    struct str x[LINES_MAX], y[LINES_MAX];
    size_t n = split(before, x), m = split(after, y), count = 0, i = 0, j = 0;
    /* How many lines of the rest both have, from here on. */
    uint16_t *same = arena_new(a, uint16_t, (n + 1) * (m + 1));
    struct diff_line *v = arena_new(a, struct diff_line, n + m + 1);

    for (size_t p = n; p-- > 0;)
        for (size_t q = m; q-- > 0;) {
            uint16_t down = same[(p + 1) * (m + 1) + q], right = same[p * (m + 1) + q + 1];
            uint16_t both = (uint16_t)(same[(p + 1) * (m + 1) + q + 1] + 1);
            same[p * (m + 1) + q] = str_eq(x[p], y[q]) ? both : down > right ? down : right;
        }
    while (i < n || j < m) {
        bool goes = i < n && (j == m || same[(i + 1) * (m + 1) + j] >= same[i * (m + 1) + j + 1]);
        if (i < n && j < m && str_eq(x[i], y[j])) {
            v[count++] = (struct diff_line){' ', x[i++]};
            j++;
        } else if (goes) {
            v[count++] = (struct diff_line){'-', x[i++]};
        } else {
            v[count++] = (struct diff_line){'+', y[j++]};
        }
    }
    *out = v;
    return count;
}
