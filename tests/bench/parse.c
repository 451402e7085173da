/* parse.c - parsing the public corpus in memory, one thread; beside it, counting
 * line ends in the same bytes. With an argument: parse it once, for callgrind. */
#include "dfix/syntax.h"

#include "bench/instructions.h"

#include <dirent.h>
#include <time.h>

enum { TURNS = 6, ROUNDS = 50, GROUP = 64 * 1024 /* bytes */ };
enum { PARSING, COUNTING, WORKS };

struct corpus {
    struct str file[4096];
    size_t n, bytes;
};

/* The linker sends the library's allocations here. */
static size_t allocations;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    allocations++;
    return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    allocations++;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    allocations++;
    return __real_realloc(p, n);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void load(struct corpus *c, struct arena *a, const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d)) && c->n < 4096;) {
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(str_fmt(a, "%s/%s", dir, e->d_name).p, "rb");
        if (!f)
            continue;
        struct buf b = {.arena = a};
        char chunk[8192];
        for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
            buf_add(&b, (struct str){chunk, n});
        fclose(f);
        c->file[c->n++] = buf_str(&b);
        c->bytes += b.n;
    }
    closedir(d);
}

static size_t count_lines(struct str s)
{
    size_t n = 0;
    for (const char *p = s.p, *end = p + s.n; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

struct totals {
    size_t tokens, nodes, instructions;
    size_t measured, bytes; /* tokens of trees that fit into one block; what they take of it */
};

static void parse(struct str text, struct totals *sum)
{
    struct arena *a = arena_open();
    struct arena_mark from = arena_mark(a);
    struct tree *t = tree_parse(a, text);
    struct arena_mark to = arena_mark(a);
    if (from.block == to.block) {
        sum->measured += t->ntok;
        sum->bytes += to.used - from.used;
    }
    sum->tokens += t->ntok;
    sum->nodes += t->nnode;
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        sum->instructions += node_kind(t, n) == NODE_INSTRUCTION;
    arena_close(a);
}

static void once(const struct corpus *c, struct totals *sum)
{
    *sum = (struct totals){0};
    for (size_t i = 0; i < c->n; i++)
        parse(c->file[i], sum);
}

static void only_parse(struct str text)
{
    struct arena *a = arena_open();
    tree_parse(a, text);
    arena_close(a);
}

static volatile size_t lines_seen;
static void only_count(struct str text)
{
    lines_seen += count_lines(text);
}

typedef void work(struct str text);

/* Seconds that a group of files takes, from `first` on; `next`: behind it. */
static double group(const struct corpus *c, work *do_work, size_t first, size_t *next)
{
    size_t bytes = 0;
    double start = now();
    for (*next = first; *next < c->n && bytes < GROUP; ++*next) {
        do_work(c->file[*next]);
        bytes += c->file[*next].n;
    }
    return now() - start;
}

static void round_of(const struct corpus *c, work *do_work, double *best)
{
    for (size_t i = 0, next; i < c->n; i = next) {
        double took = group(c, do_work, i, &next);
        if (!best[i] || took < best[i])
            best[i] = took;
    }
}

/* Seconds that each work takes for all files, one after the other: in groups of so many that
 * reading the clock costs next to nothing, each by its fastest round, since what else the machine
 * does in between does not count. The works take turns, since it may do that for seconds; many
 * rounds a turn, since each work is faster when it comes right after itself. */
static void fastest(const struct corpus *c, work *const works[WORKS], double all[WORKS])
{
    static double best[WORKS][sizeof(c->file) / sizeof(c->file[0])];
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < WORKS * ROUNDS; i++)
            round_of(c, works[i / ROUNDS], best[i / ROUNDS]);
    for (int w = 0; w < WORKS; w++) {
        all[w] = 0;
        for (size_t i = 0; i < c->n; i++)
            all[w] += best[w][i];
    }
}

static void budget(const char *what, double value, double limit, bool at_least)
{
    bool met = at_least ? value >= limit : value <= limit;
    printf("%-34s %8.1f  budget: %s %g, %s\n", what, value, at_least ? "at least" : "at most",
           limit, met ? "met" : "MISSED");
}

static void bench_corpus(const struct corpus *c, const char *program)
{
    struct totals sum;
    size_t lines = 0;
    double bytes = (double)c->bytes;
    allocations = 0;
    once(c, &sum);
    double each = (double)allocations / (double)c->n;
    for (size_t i = 0; i < c->n; i++)
        lines += count_lines(c->file[i]);
    static work *const works[WORKS] = {[PARSING] = only_parse, [COUNTING] = only_count};
    double took[WORKS];
    fastest(c, works, took);
    printf("%zu files, %zu bytes, %zu lines: %zu tokens, %zu nodes, %zu instructions\n", c->n,
           c->bytes, lines, sum.tokens, sum.nodes, sum.instructions);
    budget("parsing, MB/s", bytes / took[PARSING] / 1e6, 300, true);
    budget("counting line ends, times as fast", took[PARSING] / took[COUNTING], 10, false);
    budget("tree, bytes a token", (double)sum.bytes / (double)sum.measured, 24, false);
    budget("allocations a file", each, 6, false);
    char command[1024];
    snprintf(command, sizeof(command), "%s once", program);
    double count = instructions_of(command);
    if (count)
        printf("%-34s %8.1f\n", "instructions a byte", count / bytes);
}

int main(int argc, char **argv)
{
    static struct corpus corpus;
    const char *shared = getenv("DFIX_SHARED");
    struct arena *a = arena_open();
    load(&corpus, a, str_fmt(a, "%s/corpus/public", shared ? shared : "../shared").p);
    if (!corpus.n)
        printf("skipped: no corpus beside the project\n");
    else if (argc > 1)
        once(&corpus, &(struct totals){0});
    else
        bench_corpus(&corpus, argv[0]);
    arena_close(a);
    return 0;
}
