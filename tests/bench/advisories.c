/* Feeds: what compiling takes beside reading, and what 1,500 files take to match.
 *
 *     bench_advisories [--once] [DOCUMENT...]   (default: those of the shared data)
 *
 * Time depends on the machine: beside it stands what it takes to start a program that does nothing
 * for each of the files. Where there is valgrind, instructions are counted as well, in a run of its
 * own that does everything once, and so are those of parsing 1,500 files. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/instructions.h"
#include "dfix/dfix.h"
#include "dfix/pull.h"
#include "dfix/syntax.h"
#include "host/files.h"
#include "index/advisories/advisories.h"
#include "reader/feeds.h"
#include "reader/unpack.h"

enum { FILES = 1500, PACKAGES = 40, ROUNDS = 5, DOCUMENT_MAX = 1 << 30 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static bool add_block(void *user, struct str block, struct err *e)
{
    (void)e;
    buf_add(user, block);
    return true;
}

/* Read, unpacked and gone through once as JSON: what nobody can do without. */
static __attribute__((noinline)) double reading(struct arena *a, struct str bytes)
{
    double start = now();
    struct arena_mark mark = arena_mark(a);
    struct buf b = {.arena = a};
    struct err e;
    struct pull j;
    enum packing p = str_starts(bytes, S("\xfd"
                                         "7zXZ"))
                         ? PACKING_XZ
                         : PACKING_PLAIN;
    struct unpacker *u = unpack_open(p, DOCUMENT_MAX, add_block, &b);
    if (!unpack_feed(u, bytes, &e) || !unpack_finish(u, &e))
        exit(1);
    unpack_close(u);
    pull_open(&j, a, buf_str(&b));
    while (pull_more(&j))
        pull_skip(&j);
    arena_rewind(a, mark);
    return now() - start;
}

static double compiling(struct arena *a, struct str bytes, const char *name, struct feed **out)
{
    struct str none = S(""), image;
    const struct feed_meta given = {
        .name = none, .title = none, .url = none, .etag = none, .modified = none};
    struct err e;
    double start = now();
    if (!feed_compile(a, bytes, str_of(name), &given, &image, &e)) {
        fprintf(stderr, "%s: %s\n", name, e.text);
        exit(1);
    }
    double took = now() - start;
    *out = feed_of(image, &e);
    return took;
}

/* The feed of these bytes, and the best of so many rounds, added to both. */
static struct feed *best_of(struct arena *a, struct str bytes, const char *path, int rounds,
                            double *read, double *compiled)
{
    struct feed *feed = NULL;
    double best = 0, least = 0;
    for (int round = 0; round < rounds; round++) {
        double r = reading(a, bytes), c;
        feed_close(feed);
        c = compiling(a, bytes, path, &feed);
        best = !round || r < best ? r : best;
        least = !round || c < least ? c : least;
    }
    *read += best;
    *compiled += least;
    return feed;
}

/* Packages of the feeds themselves, so that every question has rows to judge. */
static size_t match(struct arena *a, const struct held_feeds *feeds)
{
    size_t matches = 0, asked = 0;
    struct arena_mark mark = arena_mark(a);
    for (size_t i = 0; asked < FILES * PACKAGES; i++) {
        const struct feed *f = feeds->v[i % feeds->n].feed;
        uint32_t vuln;
        struct feed_entry e = feed_row(f, (uint32_t)(i * 7919 % (feed_packages(f) + 1)), &vuln);
        struct match_list l;
        if (!e.name.n)
            continue;
        const struct component c = {.ecosystem = e.scope,
                                    .name = e.name,
                                    .version = S("1.1-1"),
                                    .source = S(""),
                                    .source_version = S("")};
        advisories_match(a, feeds, &c, false, &l);
        matches += l.n;
        if (++asked % PACKAGES == 0)
            arena_rewind(a, mark);
    }
    return matches;
}

/* The files themselves, as far as the shared corpus goes. */
static __attribute__((noinline)) size_t parsing(void)
{
    const char *folder = DFIX_SHARED "/corpus/public";
    DIR *d = opendir(folder);
    size_t files = 0;
    for (struct dirent *x; d && files < FILES && (x = readdir(d));) {
        struct arena *a = arena_open();
        struct str text;
        struct err e;
        if (str_ends(str_of(x->d_name), S(".Dockerfile")) &&
            file_read(a, str_fmt(a, "%s/%s", folder, x->d_name).p, TEXT_MAX, &text, &e)) {
            tree_parse(a, text);
            files++;
        }
        arena_close(a);
    }
    if (d)
        closedir(d);
    return files;
}

/* Milliseconds of processor time that the start and the end of an empty program take; before this
 * one has much to hand on. */
static double starting(void)
{
    enum { STARTS = 100 };
    struct rusage before, after;
    getrusage(RUSAGE_CHILDREN, &before);
    for (int i = 0; i < STARTS; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            execl("/bin/true", "true", (char *)NULL);
            _exit(127);
        }
        waitpid(pid, NULL, 0);
    }
    getrusage(RUSAGE_CHILDREN, &after);
    const struct timeval of[] = {before.ru_utime, before.ru_stime, after.ru_utime, after.ru_stime};
    double ms[4];
    for (int i = 0; i < 4; i++)
        ms[i] = (double)of[i].tv_sec * 1000 + (double)of[i].tv_usec / 1000;
    return (ms[2] + ms[3] - ms[0] - ms[1]) / STARTS;
}

static void count(const char *program, int argc, char **argv)
{
    char command[2048];
    size_t at = (size_t)snprintf(command, sizeof command, "%s --once", program);
    for (int i = 1; i < argc && at < sizeof command; i++)
        at += (size_t)snprintf(command + at, sizeof command - at, " '%s'", argv[i]);
    double read = instructions_in("reading", command);
    double compiled = instructions_in("feed_compile", command);
    double matched = instructions_in("advisories_match", command);
    double parsed = instructions_in("parsing", command);
    if (read > 0 && compiled > 0)
        printf("reading %.0f M instructions, compiling %.0f M: %.2f times\n", read / 1e6,
               compiled / 1e6, compiled / read);
    if (read > 0 && matched > 0)
        printf("matching %.0f M instructions, %.0f a package; reading %.0f M: %.2f times\n",
               matched / 1e6, matched / (FILES * PACKAGES), read / 1e6, matched / read);
    if (parsed > 0 && matched > 0)
        printf("reading and parsing as many files %.0f M: matching is %.1f times that\n",
               parsed / 1e6, matched / parsed);
}

int main(int argc, char **argv)
{
    static const char *const shared[] = {"secdb/3.20-main.json.xz",
                                         "secdb/3.20-community.json.xz",
                                         "secdb/3.16-main.json.xz",
                                         "secdb/3.16-community.json.xz",
                                         "secdb/edge-community.json.xz",
                                         "debian/osv-debian-dsa-dla-2023-2025.jsonl.xz",
                                         "kev/known_exploited_vulnerabilities.json.xz"};
    struct arena *a = arena_open();
    const char *program = argv[0];
    bool once = argc > 1 && strcmp(argv[1], "--once") == 0;
    int rounds = once ? 1 : ROUNDS;
    argc -= once;
    argv += once;
    size_t n = argc > 1 ? (size_t)argc - 1 : sizeof shared / sizeof shared[0];
    struct held_feed *v = arena_new(a, struct held_feed, n);
    double start = starting() * FILES, read = 0, compiled = 0, matched = 0;
    struct held_feeds feeds = {.v = v, .n = n};
    for (size_t i = 0; i < n; i++) {
        const char *path =
            argc > 1 ? argv[i + 1] : str_fmt(a, "%s/data/%s", DFIX_SHARED, shared[i]).p;
        struct str bytes;
        struct err e;
        if (!file_read(a, path, DOCUMENT_MAX, &bytes, &e)) {
            fprintf(stderr, "%s\n", e.text);
            return 1;
        }
        v[i].feed = best_of(a, bytes, path, rounds, &read, &compiled);
        v[i].meta = feed_meta(v[i].feed);
    }
    for (int round = 0; round < rounds; round++) {
        double begun = now();
        match(a, &feeds);
        double took = now() - begun;
        matched = !round || took < matched ? took : matched;
    }
    printf("reading %.1f ms, compiling %.1f ms: %.2f times\n", read, compiled, compiled / read);
    printf("%d files of %d packages, none asked before: %.1f ms; starting as many empty programs "
           "%.0f ms: %.2f times that\n",
           FILES, PACKAGES, matched, start, matched / start);
    if (once)
        parsing();
    else
        count(program, argc, argv);
    advisories_close(&feeds);
    arena_close(a);
    return 0;
}
