/* sums.c - by what a proposal is known again: what it says, wherever in the files that stands; and
 * the files that it leaves. */
#include "faces/bot/bot.h"

#include <stdlib.h>

#include "host/digest.h"
#include "host/sha2.h"

enum { SUM_DIGITS = 40 };

static struct str sum_of(struct arena *a, struct str text)
{
    uint8_t sum[SHA256_BYTES];
    char digits[2 * SHA256_BYTES];

    sha256(text, sum);
    return str_dup(a, str_sub(digest_spell(sum, sizeof(sum), digits), 0, SUM_DIGITS));
}

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static size_t sorted_lines(struct arena *a, struct str text, struct str **out)
{
    VEC(struct str) lines = {0};
    struct str line;

    while (str_cut(&text, '\n', &line))
        vec_push(a, &lines, line);
    if (lines.n)
        qsort(lines.v, lines.n, sizeof(*lines.v), by_bytes);
    *out = lines.v;
    return lines.n;
}

/* The lines that only one of the texts has. */
static void add_differences(struct buf *b, struct str old, struct str new)
{
    struct str *x, *y;
    size_t n = sorted_lines(b->arena, old, &x), m = sorted_lines(b->arena, new, &y);

    for (size_t i = 0, k = 0; i < n || k < m;) {
        int c = i == n ? 1 : k == m ? -1 : str_cmp(x[i], y[k]);
        if (c < 0)
            buf_fmt(b, "-" STR_FMT "\n", STR_ARG(x[i]));
        else if (c > 0)
            buf_fmt(b, "+" STR_FMT "\n", STR_ARG(y[k]));
        i += c <= 0;
        k += c >= 0;
    }
}

struct str sum_of_file(struct arena *a, struct str path, struct str mode, struct str text)
{
    return str_fmt(a, STR_FMT "\t" STR_FMT "\t" STR_FMT "\n", STR_ARG(sum_of(a, text)),
                   STR_ARG(mode), STR_ARG(path));
}

struct str sum_of_files(struct arena *a, struct str *line, size_t n)
{
    struct buf b = {.arena = a};

    if (n)
        qsort(line, n, sizeof(*line), by_bytes);
    for (size_t i = 0; i < n; i++)
        buf_add(&b, line[i]);
    return sum_of(a, buf_str(&b));
}

struct str sum_of_steps(struct repo *r, const struct proposal *p, size_t n)
{
    struct proposal part = *p;
    struct arena *scratch = arena_open();
    VEC(struct str) line = {0};
    struct str text;

    part.nstep = n;
    for (size_t i = 0; i < r->plan.n; i++) {
        const struct bot_file *f = &r->plan.file[i];
        if (proposal_text(&part, i, &text))
            vec_push(scratch, &line, sum_of_file(scratch, f->path, f->mode, text));
    }
    struct str sum = str_dup(r->arena, sum_of_files(scratch, line.v, line.n));
    arena_close(scratch);
    return sum;
}

void sums_make(struct repo *r, struct proposal *p)
{
    struct arena *scratch = arena_open();
    struct buf content = {.arena = scratch};
    struct str text;

    for (size_t i = 0; i < r->plan.n; i++) {
        if (!proposal_text(p, i, &text))
            continue;
        buf_fmt(&content, "=" STR_FMT "\n", STR_ARG(r->plan.file[i].path));
        add_differences(&content, r->plan.file[i].text, text);
    }
    p->content = sum_of(r->arena, buf_str(&content));
    p->sum = sum_of_steps(r, p, p->nstep);
    arena_close(scratch);
}
