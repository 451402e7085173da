/* index.c - compiling the largest package list that the host's apt keeps, packed as mirrors
 * serve it, beside inflating the same file; size of what comes of it and memory that it took.
 * All in one run, each round all of them, so that the ratios hold where the times do not. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dfix/manager.h"
#include "reader/packages.h"
#include "reader/packages_file.h"
#include "reader/unpack.h"

enum { ROUNDS = 11 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool count(void *user, struct str block, struct err *e)
{
    (void)e;
    *(uint64_t *)user += block.n;
    return true;
}

static bool parse(void *user, struct str block, struct err *e)
{
    return packages_feed(user, block, e);
}

static void inflate_file(const char *path, unpack_sink *sink, void *user)
{
    static char block[128 * 1024];
    struct err e;
    struct unpacker *u = unpack_open(PACKING_XZ, UINT32_MAX, sink, user);
    FILE *f = fopen(path, "rb");
    size_t n;
    while (f && (n = fread(block, 1, sizeof(block), f)) > 0)
        if (!unpack_feed(u, (struct str){block, n}, &e))
            exit(1);
    if (f)
        fclose(f);
    unpack_close(u);
}

static void sum_file(const char *path, struct packages_file *j)
{
    static char block[128 * 1024];
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    FILE *f = fopen(path, "rb");
    unsigned n = 0;
    EVP_DigestInit_ex(sum, EVP_sha256(), NULL);
    j->size = 0;
    for (size_t got; f && (got = fread(block, 1, sizeof(block), f)) > 0; j->size += got)
        EVP_DigestUpdate(sum, block, got);
    EVP_DigestFinal_ex(sum, j->sha256, &n);
    EVP_MD_CTX_free(sum);
    if (f)
        fclose(f);
}

static struct packages_file job_of(const char *path)
{
    struct packages_file j = {.packing = PACKING_XZ, .sum_of_packed = true, .most = UINT32_MAX};
    sum_file(path, &j);
    return j;
}

/* As dfix-read does it, in this process. */
static struct store *compile(const char *path, struct packages_file *j)
{
    static const struct store_meta meta = {.manager = &manager_apt,
                                           .uri = {"http://localhost/debian", 23},
                                           .suite = {"bookworm", 8},
                                           .component = {"main", 4},
                                           .arch = {"amd64", 5},
                                           .etag = {"", 0},
                                           .modified = {"", 0},
                                           .signer = {"", 0}};
    struct err e = {""};
    j->fd = open(path, O_RDONLY | O_CLOEXEC);
    struct store *s = packages_file_compile(j, &meta, &e);
    close(j->fd);
    if (!s)
        fprintf(stderr, "%s\n", e.text);
    return s;
}

static void budget(const char *what, double value, double limit)
{
    printf("%-28s %8.3f  budget: at most %g, %s\n", what, value, limit,
           value <= limit ? "met" : "MISSED");
}

/* In a process of its own, whose peak is then its children's. */
static void tell_memory(const char *path)
{
    struct rusage r;
    pid_t pid = fork();
    if (pid == 0) {
        struct packages_file j = job_of(path);
        _exit(compile(path, &j) ? 0 : 1);
    }
    wait4(pid, NULL, 0, &r);
    budget("peak memory, MB", (double)r.ru_maxrss / 1024, 64);
}

static bool pack(char *path)
{
    static const char list[] =
        "f=$(ls -S /var/lib/apt/lists/*_main_binary-*_Packages* 2>/dev/null | head -1);"
        " [ -n \"$f\" ] && /usr/lib/apt/apt-helper cat-file \"$f\" | xz -6 -T1 >%s";
    char command[512];
    int fd = mkstemp(path);
    if (fd < 0)
        return false;
    close(fd);
    snprintf(command, sizeof(command), list, path);
    struct stat st;
    return system(command) == 0 && stat(path, &st) == 0 && st.st_size > 1000;
}

int main(void)
{
    char path[] = "/tmp/dfix-bench-XXXXXX";
    double best[4] = {1e9, 1e9, 1e9, 1e9};
    uint64_t plain = 0;
    size_t bytes = 0, records = 0;

    if (!pack(path)) {
        puts("skipped: apt has no package lists here");
        unlink(path);
        return 0;
    }
    tell_memory(path);
    for (int round = 0; round < ROUNDS; round++) {
        struct packages_file j = job_of(path);
        struct store_writer *w = store_writer_open(&manager_apt);
        struct packages *p = packages_open(w);
        double t[5] = {now()};
        plain = 0;
        inflate_file(path, count, &plain);
        t[1] = now();
        sum_file(path, &j);
        t[2] = now();
        inflate_file(path, parse, p);
        t[3] = now();
        struct store *made = compile(path, &j);
        t[4] = now();
        if (!made)
            return 1;
        for (int i = 0; i < 4; i++)
            best[i] = t[i + 1] - t[i] < best[i] ? t[i + 1] - t[i] : best[i];
        bytes = store_bytes(made);
        records = store_records(made);
        packages_close(p);
        store_writer_close(w);
        store_close(made);
    }
    unlink(path);
    static const char *const what[] = {"inflate", "SHA-256 of the packed file",
                                       "inflate and read stanzas", "compile, all in"};
    for (int i = 0; i < 4; i++)
        printf("%-28s %7.1f ms  %5.3f x inflate\n", what[i], best[i] * 1e3, best[i] / best[0]);
    printf("%zu packages, %.1f MB plain\n", records, (double)plain / 1e6);
    budget("compile, times inflating", best[3] / best[0], 1.25);
    budget("mapped file, MB", (double)bytes / 1e6, 8);
    return 0;
}
