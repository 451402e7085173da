/* parse.c - parsing the public corpus in memory, one thread; beside it, counting
 * line ends in the same bytes. With arguments N KIND: parse one hostile text of N bytes
 * (for an instruction counter, which is repeatable where time is not). */
#include "dfix/syntax.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 40 };

struct corpus {
    struct str file[4096];
    size_t n, bytes;
};

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

static void bench_corpus(const struct corpus *c)
{
    double best = 1e9, scan = 1e9;
    size_t tokens = 0, nodes = 0, instructions = 0, lines = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        tokens = nodes = instructions = 0;
        for (size_t i = 0; i < c->n; i++) {
            struct arena *a = arena_open();
            struct tree *t = tree_parse(a, c->file[i]);
            tokens += t->ntok;
            nodes += t->nnode;
            for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
                instructions += node_kind(t, n) == NODE_INSTRUCTION;
            arena_close(a);
        }
        double took = now() - start;
        best = took < best ? took : best;
        start = now();
        lines = 0;
        for (size_t i = 0; i < c->n; i++)
            lines += count_lines(c->file[i]);
        took = now() - start;
        scan = took < scan ? took : scan;
    }
    double bytes = (double)c->bytes;
    printf("%zu files, %zu bytes, %zu lines\n", c->n, c->bytes, lines);
    printf("parse   %7.1f MB/s\n", bytes / best / 1e6);
    printf("memchr  %7.1f MB/s, %.1f times as fast\n", bytes / scan / 1e6, best / scan);
    printf("%zu tokens (%.2f bytes each), %zu nodes, %zu instructions\n", tokens,
           bytes / (double)tokens, nodes, instructions);
    printf("tree    %.1f bytes a token\n",
           ((double)tokens * sizeof(struct token) + (double)nodes * sizeof(struct node)) /
               (double)tokens);
}

static const struct hostile {
    const char *kind, *head, *piece;
} hostile[] = {
    {"continuations", "FROM a\nRUN ", "\\\n"},
    {"comments", "FROM a\nRUN a \\\n", "# c\n"},
    {"quotes", "FROM a\nRUN ", "\""},
    {"env-quotes", "FROM a\nENV a=", "\"'"},
    {"expansions", "FROM a\nENV a=", "${a:-"},
    {"substitutions", "FROM a\nRUN ", "$("},
    {"heredocs", "FROM a\n", "RUN <<E\na\nE\n"},
    {"heredoc-words", "FROM a\nRUN ", "<<E "},
    {"flags", "FROM a\nRUN ", "--mount=a "},
    {"json", "FROM a\nCMD [", "\"a\","},
    {"stages", "", "FROM a AS b\nSHELL [\"bash\"]\n"},
};

static int parse_hostile(size_t size, const char *kind)
{
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        if (strcmp(hostile[i].kind, kind) != 0)
            continue;
        struct arena *a = arena_open();
        struct buf b = {.arena = a};
        buf_add(&b, str_of(hostile[i].head));
        while (b.n < size)
            buf_add(&b, str_of(hostile[i].piece));
        struct tree *t = tree_parse(a, buf_str(&b));
        printf("%s: %zu bytes, %u tokens, %u nodes\n", kind, b.n, t->ntok, t->nnode);
        arena_close(a);
        return 0;
    }
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
        printf("%s\n", hostile[i].kind);
    return 2;
}

int main(int argc, char **argv)
{
    static struct corpus corpus;
    if (argc == 3)
        return parse_hostile(strtoul(argv[1], NULL, 10), argv[2]);
    const char *shared = getenv("DFIX_SHARED");
    struct arena *a = arena_open();
    load(&corpus, a, str_fmt(a, "%s/corpus/public", shared ? shared : "../shared").p);
    if (corpus.n)
        bench_corpus(&corpus);
    else
        printf("skipped: no corpus beside the project\n");
    arena_close(a);
    return 0;
}
