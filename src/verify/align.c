/* Which parts of two lists are the same, in one order: their longest common subsequence. */
#include "parts.h"

enum { CELLS_MAX = 4 << 20 };

/* Lists too long for a table of both: each takes the next one of its kind. */
static void align_greedily(const uint64_t *x, size_t n, const uint64_t *y, size_t m, uint32_t *out)
{
    enum { WINDOW = 2000 };
    size_t next = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = next; j < m && j < next + WINDOW; j++)
            if (x[i] == y[j]) {
                out[i] = (uint32_t)j;
                next = j + 1;
                break;
            }
}

static void align_by_table(struct arena *a, const uint64_t *x, size_t n, const uint64_t *y,
                           size_t m, uint32_t *out)
{
    struct arena_mark mark = arena_mark(a);
    size_t w = m + 1;
    uint32_t *same = arena_new(a, uint32_t, (n + 1) * w); /* how many, from here on */

    for (size_t i = n; i-- > 0;) {
        arena_tick(a);
        for (size_t j = m; j-- > 0;) {
            uint32_t down = same[(i + 1) * w + j], right = same[i * w + j + 1];
            same[i * w + j] = x[i] == y[j] ? same[(i + 1) * w + j + 1] + 1 : down;
            if (same[i * w + j] < right)
                same[i * w + j] = right;
        }
    }
    for (size_t i = 0, j = 0; i < n && j < m;) {
        if (x[i] == y[j])
            out[i++] = (uint32_t)j++;
        else if (same[(i + 1) * w + j] >= same[i * w + j + 1])
            i++;
        else
            j++;
    }
    arena_rewind(a, mark);
}

uint32_t *verify_align(struct arena *a, const uint64_t *x, size_t n, const uint64_t *y, size_t m)
{
    uint32_t *out = arena_new(a, uint32_t, n + 1);
    size_t front = 0, back = 0;

    for (size_t i = 0; i < n; i++)
        out[i] = ALIGN_NONE;
    for (; front < n && front < m && x[front] == y[front]; front++)
        out[front] = (uint32_t)front;
    for (; back < n - front && back < m - front && x[n - 1 - back] == y[m - 1 - back]; back++)
        out[n - 1 - back] = (uint32_t)(m - 1 - back);
    size_t p = n - front - back, q = m - front - back;
    if (p && q && p < CELLS_MAX / (q + 1))
        align_by_table(a, x + front, p, y + front, q, out + front);
    else
        align_greedily(x + front, p, y + front, q, out + front);
    for (size_t i = front; i < n - back; i++)
        if (out[i] != ALIGN_NONE)
            out[i] += (uint32_t)front;
    return out;
}
