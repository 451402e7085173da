/* What images cost: COUNT distinct ones from a loopback docker-registry, and the facts of one with
 * a layer of LAYER_MB against inflating that layer with zlib to where its last wanted file ends.
 *
 *   bench_registry [COUNT [LAYER_MB]]     (200 and 70) */
#include <fcntl.h>
#include <time.h>

#include "../registries.h"
#include "host/digest.h"
#include "reader/layer_facts.h"
#include "registry/facts.h"
#include "reader/tar.h"
#include "world/world.h"

#include <zlib.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *why)
{
    fprintf(stderr, "bench_registry: %s\n", why);
    exit(1);
}

/* ---- many images ---- */

enum asked { IMAGE, BASE };

static double ask_all(const struct settings *s, enum asked q, unsigned count)
{
    struct arena *a = arena_open();
    double start = now();
    struct world *w = world_open(s);
    const struct lookup *l = world_lookup(w);
    unsigned found = 0;
    for (int round = 0; round < 2; round++) {
        found = 0;
        for (unsigned i = 0; i < count; i++) {
            struct str ref = str_fmt(a, STR_FMT "/many/%u:1", STR_ARG(s->insecure[0]), i);
            struct image_info info;
            struct base_facts facts;
            enum answer answer = q == IMAGE ? lookup_image(l, ref, &info)
                                            : lookup_base(l, ref, 1, BASE_BY_LAYERS, &facts);
            found += answer == ANSWER_FOUND && (q == IMAGE || facts.installed_known);
        }
        if (round == 0 && found < count)
            l->resolve(l->self);
    }
    world_close(w);
    arena_close(a);
    if (found != count)
        die("not all images were found");
    return now() - start;
}

static void many(const struct registries *r, const char *folder, unsigned count)
{
    struct str host = registries_said(r, "open");
    struct settings s = {.max_age = -1, .insecure = &host, .ninsecure = 1, .ca_file = S("")};
    struct arena *a = arena_open();
    s.cache_dir = str_fmt(a, "%s/one", folder);
    printf("%u images, digest and platforms, nothing cached: %.3f s\n", count,
           ask_all(&s, IMAGE, count));
    s.cache_dir = str_fmt(a, "%s/two", folder);
    printf("%u images, facts from layers, nothing cached:    %.3f s\n", count,
           ask_all(&s, BASE, count));
    printf("%u images, facts, all cached:                    %.3f s\n", count,
           ask_all(&s, BASE, count));
    s.refresh = true;
    printf("%u images, facts, cached but asked anew:         %.3f s\n", count,
           ask_all(&s, BASE, count));
    arena_close(a);
}

/* ---- one large layer ---- */

static int open_layer(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die("no layer");
    return fd;
}

/* Where the data of the last wanted file ends in the inflated layer. */
static uint64_t end_of_last(const char *path)
{
    int fd = open_layer(path);
    struct tar *t = calloc(1, sizeof *t);
    struct tar_entry entry;
    struct err e;
    struct blob *b = blob_open(fd, S(""), 0, &e);
    uint64_t at = 0, last = 0;
    if (!t || !b)
        die("the layer cannot be read");
    tar_open(t, b);
    while (tar_next(t, &entry, &e) == TAR_ENTRY) {
        at += 512 + (entry.size + 511) / 512 * 512;
        if (str_eq(entry.path, S("var/lib/dpkg/status")))
            last = at;
    }
    blob_close(b);
    close(fd);
    free(t);
    return last;
}

static double inflate_to(const char *path, uint64_t end)
{
    static unsigned char in[256 * 1024], out[256 * 1024];
    double start = now();
    z_stream z = {0};
    int fd = open(path, O_RDONLY), rc = Z_OK;
    uint64_t made = 0;
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        abort();
    while (made < end && rc == Z_OK) {
        if (!z.avail_in) {
            ssize_t n = read(fd, in, sizeof in);
            z.next_in = in;
            z.avail_in = n > 0 ? (uInt)n : 0;
        }
        z.next_out = out;
        z.avail_out = sizeof out;
        rc = inflate(&z, Z_NO_FLUSH);
        made += sizeof out - z.avail_out;
    }
    inflateEnd(&z);
    close(fd);
    return now() - start;
}

static double facts(const char *path, struct str digest, uint64_t size)
{
    struct arena *a = arena_open();
    struct layer_file layer = {open_layer(path), digest, size};
    struct image_config c = {.user = S("")};
    struct base_facts f;
    struct err e;
    struct layers_left left = {UINT64_MAX, UINT64_MAX};
    double start = now();
    facts_of_config(&c, &f);
    if (!facts_of_layers(a, (struct layers){&layer, 1, &left}, &f, &e) || f.ninstalled != 1)
        die(e.text);
    close(layer.fd);
    arena_close(a);
    return now() - start;
}

static double hash(const char *path, struct str digest, uint64_t size)
{
    struct err e;
    int fd = open_layer(path);
    double start = now();
    struct blob *b = blob_open(fd, digest, size, &e);
    if (!b || !blob_finish(b, &e))
        die(e.text);
    blob_close(b);
    close(fd);
    return now() - start;
}

static struct str digest_of_file(struct arena *a, const char *path, uint64_t *size)
{
    FILE *f = fopen(path, "r");
    if (!f)
        die("no layer");
    fseek(f, 0, SEEK_END);
    *size = (uint64_t)ftell(f);
    rewind(f);
    char *p = arena_new(a, char, *size + 1);
    if (fread(p, 1, *size, f) != *size)
        die("the layer cannot be read");
    fclose(f);
    return digest_of(a, (struct str){p, *size});
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void large(const char *path)
{
    struct arena *a = arena_open();
    uint64_t size, end = end_of_last(path);
    struct str digest = digest_of_file(a, path, &size);
    double inflating = 1e9, reading = 1e9, hashing = 1e9, both = 1e9;
    for (int i = 0; i < 5; i++) {
        inflating = least(inflating, inflate_to(path, end));
        reading = least(reading, facts(path, S(""), 0));
        hashing = least(hashing, hash(path, digest, size));
        both = least(both, facts(path, digest, size));
    }
    printf("a layer of %.0f MB, last wanted file ends at %.0f MB inflated (best of 5)\n",
           (double)size / 1e6, (double)end / 1e6);
    printf("  inflating so far with zlib:      %.3f s\n", inflating);
    printf("  facts, not verified:             %.3f s, %.2f times that\n", reading,
           reading / inflating);
    printf("  hashing all of it:               %.3f s\n", hashing);
    printf("  facts, verified to the end:      %.3f s\n", both);
    arena_close(a);
}

int main(int argc, char **argv)
{
    const char *count = argc > 1 ? argv[1] : "200", *megabytes = argc > 2 ? argv[2] : "70";
    char folder[] = "/tmp/dfix-bench-XXXXXX";
    struct arena *a = arena_open();
    struct registries r;
    if (!registries_possible()) {
        printf("docker-registry, python3 or openssl is not installed: not measured\n");
        return 0;
    }
    if (!mkdtemp(folder))
        die("no folder");
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!registries_start(&r, a, folder, count, megabytes))
        die("the registry did not start");
    many(&r, folder, (unsigned)strtoul(count, NULL, 10));
    if (strcmp(megabytes, "0") != 0)
        large(str_fmt(a, "%s/big.tar.gz", folder).p);
    registries_stop(&r);
    if (system(str_fmt(a, "rm -rf %s", folder).p) != 0)
        die("the folder could not be removed");
    arena_close(a);
    return 0;
}
