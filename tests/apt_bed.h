/* apt_bed.h - archives of the test's own making, signed with its own keys, served on loopback,
 * and runs that ask dfix about them. Each test begins with bed_open. */
#ifndef DFIX_TEST_APT_BED_H
#define DFIX_TEST_APT_BED_H

#include <dirent.h>
#include <time.h>

#include "loopback.h"
#include "dfix/manager.h"
#include "sandbox.h"
#include "index/store/store.h"
#include "world/world.h"

struct bed {
    struct sandbox box;
    struct arena *arena;
    struct loopback *server; /* serves the sandbox; NULL: file:// */
    atomic_bool down;        /* the server closes every connection */
    const char *gone;        /* a part of the paths that are not there */
    unsigned gone_status;    /* 0: 404 */
    struct settings settings;
    struct index_settings index[2];
};

/* What came of one run. */
struct outcome {
    enum answer answer;
    struct str offers; /* "VERSION SUITE/COMPONENT[ FROM]|", newest first */
    struct str why, notes;
    unsigned errors;
    struct package_info info; /* of a world that is closed: counts only */
};

/* True, or the test is skipped. */
static inline bool bed_usable(void)
{
    needs("gpg gpgv xz");
    return true;
}

/* The file's time is its ETag and its Last-Modified. */
static inline void bed_answer(struct loopback_request *q)
{
    struct bed *b = q->server->user;
    char path[2048], etag[64], seen[128], headers[256];
    struct stat st;
    FILE *f;

    if (b->down)
        return;
    snprintf(path, sizeof path, "%s%s", b->box.dir, q->path);
    if (b->gone && strstr(q->path, b->gone)) {
        loopback_text(q, b->gone_status ? (int)b->gone_status : 404, "", "gone");
        return;
    }
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || !(f = fopen(path, "rb"))) {
        loopback_text(q, 404, "", "not here");
        return;
    }
    snprintf(etag, sizeof etag, "\"%lld-%lld\"", (long long)st.st_mtim.tv_sec,
             (long long)st.st_mtim.tv_nsec);
    snprintf(headers, sizeof headers,
             "ETag: %s\r\nLast-Modified: Mon, 02 Nov 2026 00:00:00 GMT\r\n", etag);
    if (loopback_header(q, "If-None-Match", seen, sizeof seen) && strcmp(seen, etag) == 0) {
        fclose(f);
        loopback_text(q, 304, headers, "");
        return;
    }
    char *bytes = malloc((size_t)st.st_size + 1);
    size_t n = bytes ? fread(bytes, 1, (size_t)st.st_size, f) : 0;
    fclose(f);
    loopback_reply(q, 200, headers, bytes, n);
    free(bytes);
}

/* A key called `name` that signs; its keyring is NAME.gpg. `more`: options of gpg. */
static inline void bed_key(struct bed *b, const char *name, const char *more)
{
    assert_int_equal(
        sandbox_run(&b->box, "'%s/tests/signed.sh' key '%s' . %s", DFIX_ROOT, name, more), 0);
}

static inline struct bed *bed_open(void)
{
    struct bed *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->box = sandbox_open();
    b->arena = arena_open();
    char day[16];
    time_t now = time(NULL);
    strftime(day, sizeof(day), "%F", gmtime(&now));
    setenv("DFIX_SIGNED_DAY", day, 0);
    setenv("DFIX_BUILD", DFIX_BUILD, 0);
    bed_key(b, "good", "");
    /* The host's own lists and sources are no part of this. */
    sandbox_write(&b->box, "apt.conf", str_fmt(b->arena, "Dir \"%s/host/\";\n", b->box.dir));
    setenv("APT_CONFIG", sandbox_path(&b->box, b->arena, "apt.conf"), 1);
    for (int i = 0; i < 2; i++)
        b->index[i] =
            (struct index_settings){.distro = i ? S("ubuntu") : S("debian"),
                                    .mirror = str_fmt(b->arena, "file://%s", b->box.dir),
                                    .security = str_fmt(b->arena, "file://%s", b->box.dir),
                                    .keyring = str_of(sandbox_path(&b->box, b->arena, "good.gpg")),
                                    .snapshot = S(""),
                                    .ports = S(""),
                                    .archive = S("")};
    b->settings = (struct settings){.max_age = -1,
                                    .index = b->index,
                                    .nindex = 2,
                                    .today = S("2026-11-24"),
                                    .installed_file = S(""),
                                    .cache_dir = str_of(sandbox_path(&b->box, b->arena, "cache"))};
    return b;
}

/* From here on over HTTP. */
static inline void bed_serve(struct bed *b)
{
    b->server = loopback_start(bed_answer, b);
    for (int i = 0; i < 2; i++)
        b->index[i].mirror = b->index[i].security =
            str_fmt(b->arena, "http://127.0.0.1:%u", b->server->port);
}

static inline void bed_close(struct bed *b)
{
    if (b->server)
        loopback_stop(b->server);
    sandbox_close(&b->box);
    arena_close(b->arena);
    free(b);
}

/* Put `packages` ("name version|name version") into an index. */
static inline void bed_packages(struct bed *b, const char *folder, const char *component,
                                const char *arch, const char *packages)
{
    struct buf text = {.arena = b->arena};
    struct str rest = str_of(packages), one, name;
    while (str_cut(&rest, '|', &one))
        if (str_cut(&one, ' ', &name))
            buf_fmt(&text, "Package: " STR_FMT "\nVersion: " STR_FMT "\nArchitecture: %s\n\n",
                    STR_ARG(name), STR_ARG(one), *arch ? arch : "all");
    const char *path =
        *arch ? str_fmt(b->arena, "%s/%s/binary-%s/Packages", folder, component, arch).p
              : str_fmt(b->arena, "%s/Packages", folder).p;
    sandbox_write(&b->box, path, buf_str(&text));
}

/* Two sums (FNV-1a) of all that an archive is made of. */
struct bed_sum {
    uint64_t a, b;
};

static inline void bed_sum_add(struct bed_sum *sum, struct str bytes)
{
    for (size_t i = 0; i <= bytes.n; i++) {
        unsigned char c = i < bytes.n ? (unsigned char)bytes.p[i] : 0xff;
        sum->a = (sum->a ^ c) * 0x100000001b3u;
        sum->b = (sum->b ^ (c + 0x9eu)) * 0x100000001b3u + (sum->b >> 47);
    }
}

/* The folder's Packages files, in the order of their names. */
static inline void bed_sum_folder(struct bed *b, struct bed_sum *sum, const char *folder)
{
    struct dirent **entry;
    const char *path = sandbox_path(&b->box, b->arena, folder);
    int n = scandir(path, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = entry[i]->d_name;
        struct str below = str_fmt(b->arena, "%s/%s", folder, name);
        if (strcmp(name, "Packages") == 0) {
            bed_sum_add(sum, below);
            bed_sum_add(sum, sandbox_read(&b->box, b->arena, below.p));
        } else if (name[0] != '.' && strcmp(name, "by-hash") != 0 && entry[i]->d_type == DT_DIR) {
            bed_sum_folder(b, sum, below.p);
        }
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
}

/* `set`: settings of archive.sh ("VALID=yesterday"). What was signed before is copied. */
static inline void bed_sign(struct bed *b, const char *folder, const char *codename,
                            const char *suite, const char *set)
{
    struct bed_sum sum = {0xcbf29ce484222325u, 0x84222325cbf29ce4u};
    const char *const words[] = {folder, codename, suite, set};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        bed_sum_add(&sum, str_of(words[i]));
    bed_sum_folder(b, &sum, folder);
    assert_int_equal(sandbox_run(&b->box,
                                 "%s NAME=%016llx%016llx '%s/tests/signed.sh' archive '%s' '%s' "
                                 "'%s'",
                                 set, (unsigned long long)sum.a, (unsigned long long)sum.b,
                                 DFIX_ROOT, folder, codename, suite),
                     0);
}

/* bookworm, bookworm-updates and bookworm-security for amd64, each with its own `tool`. */
static inline void bed_debian(struct bed *b)
{
    static const char *const suites[] = {"bookworm", "bookworm-updates", "bookworm-security"};
    static const char *const tools[] = {"tool 1.0-1|other 2.0-1", "tool 1.0-2",
                                        "tool 1.0-1+deb12u1"};
    for (int i = 0; i < 3; i++) {
        const char *folder = str_fmt(b->arena, "dists/%s", suites[i]).p;
        bed_packages(b, folder, "main", "amd64", tools[i]);
        bed_sign(b, folder, suites[i], suites[i], "");
    }
}

static inline struct outcome bed_ask(struct bed *b, const struct release *r, const char *archs,
                                     const struct source *extra, size_t nextra, const char *name)
{
    struct world *w = world_open(&b->settings);
    const struct lookup *l = world_lookup(w);
    struct outcome out = {.answer = ANSWER_PENDING};
    struct package_info *info = &out.info;
    struct str rest = str_of(archs), one;
    arch_set set = 0;
    while (str_cut(&rest, ',', &one))
        set |= arch_of(one);
    for (int i = 0; i < 6 && out.answer == ANSWER_PENDING; i++) {
        out.answer = lookup_package(l,
                                    (struct question){.manager = &manager_apt,
                                                      .release = r,
                                                      .archs = set,
                                                      .source = extra,
                                                      .nsource = nextra,
                                                      .name = str_of(name)},
                                    info);
        if (out.answer == ANSWER_PENDING)
            l->resolve(l->self);
    }
    struct buf offers = {.arena = b->arena}, notes = {.arena = b->arena};
    for (size_t i = 0; i < info->noffer; i++) {
        const struct offer *o = &info->offer[i];
        buf_fmt(&offers, STR_FMT " " STR_FMT "/" STR_FMT "%s" STR_FMT "|", STR_ARG(o->version),
                STR_ARG(o->suite), STR_ARG(o->component), o->from.n ? " " : "", STR_ARG(o->from));
    }
    size_t n;
    const struct world_note *note = world_notes(w, &n);
    for (size_t i = 0; i < n; i++) {
        buf_fmt(&notes, "%s" STR_FMT "\n", note[i].error ? "error: " : "", STR_ARG(note[i].text));
        out.errors += note[i].error;
    }
    out.offers = buf_str(&offers);
    out.notes = buf_str(&notes);
    out.why = str_dup(b->arena, info->why);
    world_close(w);
    return out;
}

static const struct release bed_bookworm = {{"debian", 6}, {"12", 2}, {"bookworm", 8}};

static inline struct outcome bed_tool(struct bed *b)
{
    return bed_ask(b, &bed_bookworm, "amd64", NULL, 0, "tool");
}

#define expect_has(text, what)                                                                     \
    do {                                                                                           \
        if (str_find((text), str_of(what)) == STR_NONE)                                            \
            fail_msg("no \"%s\" in: " STR_FMT, (what), STR_ARG(text));                             \
    } while (0)
#define expect_text(text, what)                                                                    \
    do {                                                                                           \
        if (!str_eq((text), str_of(what)))                                                         \
            fail_msg("\"%s\" expected, but it is: " STR_FMT, (what), STR_ARG(text));               \
    } while (0)
/* Found, and nothing to say about it. */
static inline void expect_offers(struct outcome o, const char *what)
{
    if (o.answer != ANSWER_FOUND || o.notes.n)
        fail_msg("answer %d, " STR_FMT ": " STR_FMT, (int)o.answer, STR_ARG(o.why),
                 STR_ARG(o.notes));
    if (!str_eq(o.offers, str_of(what)))
        fail_msg("%s expected, but it is: " STR_FMT, what, STR_ARG(o.offers));
}

#endif
