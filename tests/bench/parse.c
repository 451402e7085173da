/* parse.c - parsing the public corpus in memory, one thread; beside it, counting
 * line ends in the same bytes. With an argument: parse it once, for callgrind. */
#include "dfix/syntax.h"

#include "bench/instructions.h"

#include <dirent.h>
#include <time.h>

enum { ROUNDS = 200 };

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

static void nothing(struct str text)
{
    (void)text;
}

/* Seconds that all files take, one after the other, each by its fastest round: what else the
 * machine does in between does not count. */
static double fastest(const struct corpus *c, void (*work)(struct str text))
{
    static double best[sizeof(c->file) / sizeof(c->file[0])];
    double all = 0;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < c->n; i++) {
            double start = now();
            work(c->file[i]);
            double took = now() - start;
            best[i] = round && best[i] < took ? best[i] : took;
        }
    for (size_t i = 0; i < c->n; i++)
        all += best[i];
    return all;
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
    double clock = fastest(c, nothing);
    double parsing = fastest(c, only_parse) - clock, counting = fastest(c, only_count) - clock;
    printf("%zu files, %zu bytes, %zu lines: %zu tokens, %zu nodes, %zu instructions\n", c->n,
           c->bytes, lines, sum.tokens, sum.nodes, sum.instructions);
    budget("parsing, MB/s", bytes / parsing / 1e6, 300, true);
    budget("counting line ends, times as fast", parsing / counting, 10, false);
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
