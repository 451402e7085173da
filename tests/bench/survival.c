/* survival.c - do pins live? Every pkg=version that people wrote in the public corpus for a
 * release whose index is at hand (the host's apt lists, the shared APKINDEX files; with the
 * argument "online" whatever mirrors still have): how many of
 * them today's index still satisfies as they stand, and how many it would had they been written
 * as dfix does. Then, for every package that a Debian release and its -security suite hold in
 * different versions: how many pins made of the older one let the newer one in. Last, history
 * replayed: pins as they would have been written on a release's first day, a month later, a year
 * later and at the end of what is known of it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfix/image.h"
#include "dfix/pick.h"
#include "reader/apkindex.h"
#include "dfix/manager.h"
#include "host/files.h"
#include "world/installed.h"
#include "world/world.h"

enum { FILE_MOST = 1 << 20 };

static const struct {
    const char *version, *file, *arch;
} alpines[] = {{"3.12", "APKINDEX-v3.12.12-45-main-x86_64.tar.gz", "x86"}, /* as it says inside */
               {"3.16", "APKINDEX-v3.16.3-13-main-x86_64.tar.gz", "x86_64"},
               {"3.22", "APKINDEX-v3.22.2-206-main-x86_64.tar.gz", "x86_64"}};
enum { ALPINES = sizeof(alpines) / sizeof(alpines[0]) };

struct tally {
    unsigned pins, whole; /* all; those that name one version */
    unsigned alive, alive_whole, alive_compatible;
    unsigned no_release, no_index, not_there;
};

static struct store *apk_store[ALPINES];
static struct world *world;

/* ---- what is at hand ---- */

static struct store *read_apkindex(struct arena *a, const char *file, struct str arch)
{
    struct apk_keys keys = {.from = S("dfix")};
    struct apkindex index;
    struct str bytes;
    struct err e = {""};
    struct store_meta meta = {.manager = &manager_apk, .uri = S("x"), .suite = S("main")};
    struct store *s = NULL;
    const char *path = str_fmt(a, "%s/data/apk/%s", DFIX_SHARED, file).p;

    meta.component = meta.etag = meta.modified = S("");
    meta.arch = arch_name((unsigned)__builtin_ctz(arch_of(arch)));
    if (!file_read(a, path, APKINDEX_MAX, &bytes, &e))
        return NULL;
    apk_keys_builtin(a, &keys);
    struct store_writer *w = store_writer_open(&manager_apk);
    if (apkindex_open(a, bytes, &keys, arch, &index, &e) && apkindex_read(index.text, arch, w, &e))
        s = store_build(w, &meta, &e);
    else
        fprintf(stderr, "%s: %s\n", file, e.text);
    store_writer_close(w);
    apk_keys_close(&keys);
    return s;
}

static enum answer ask(void *self, const struct question *q, struct reply *out)
{
    const struct lookup *l = world_lookup(world);

    if (q->kind != ASK_PACKAGE)
        return ANSWER_UNAVAILABLE;
    if (q->manager == &manager_apt) {
        enum answer got = lookup_ask(l, q, out);
        while (got == ANSWER_PENDING && l->resolve(l->self))
            got = lookup_ask(l, q, out);
        return got;
    }
    for (size_t i = 0; i < ALPINES; i++)
        if (apk_store[i] && str_eq(q->release->version, str_of(alpines[i].version))) {
            struct store_part part = {
                .store = apk_store[i], .suite = S("main"), .component = S("")};
            part.from = S("");
            return store_merge(self, q->manager, &part, 1, ~(arch_set)0, q->name, &out->package);
        }
    return ANSWER_UNAVAILABLE;
}

static enum answer ask_package(struct arena *a, const struct manager *m, const struct release *r,
                               struct str name, struct package_info *out)
{
    const struct lookup l = {.self = a, .ask = ask};
    const struct question q = {
        .manager = m, .release = r, .archs = arch_of(S("amd64")), .name = name};
    return lookup_package(&l, q, out);
}

/* ---- pins of the corpus ---- */

static bool holds_any(const struct manager *m, const struct package_info *info, struct str op,
                      struct str wanted)
{
    return pick_constrained(m, info, ~(arch_set)0, op, wanted).newest != NULL;
}

static void count_pin(struct arena *a, struct tally *t, const struct install *in,
                      const struct stage *s, const struct package *p)
{
    struct package_info info;
    struct str pin, why;

    if (!s->release.distro.n) {
        t->no_release++;
        return;
    }
    enum answer known = ask_package(a, in->manager, &s->release, p->name, &info);
    if (known != ANSWER_FOUND || !info.noffer) {
        t->no_index += known == ANSWER_UNAVAILABLE || known == ANSWER_PENDING;
        t->not_there += known == ANSWER_ABSENT || known == ANSWER_FOUND;
        return;
    }
    bool lives = holds_any(in->manager, &info, p->operator_, p->version);
    t->pins++;
    t->alive += lives;
    if (!constraint_exact(in->manager, p->operator_, p->version))
        return;
    t->whole++;
    t->alive_whole += lives;
    if (pin_compatible(a, in->manager, p->version, &p->version, 1, PRECISION_MINOR, &pin, &why))
        t->alive_compatible +=
            holds_any(in->manager, &info, str_of(in->manager->open_operator), pin);
}

static void count_file(const char *path, struct tally tally[2])
{
    struct arena *a = arena_open();
    struct lookup l = {.self = a, .ask = ask};
    struct image_settings settings = {.archs = arch_of(S("amd64"))};
    struct str text;
    struct err e;

    if (file_read(a, path, FILE_MOST, &text, &e)) {
        struct image *im = image_of(a, tree_parse(a, text), &l, &settings);
        size_t ninstall;
        const struct install *install = image_installs(im, &ninstall);
        for (size_t i = 0; i < ninstall; i++) {
            const struct install *in = &install[i];
            for (size_t k = 0; in->verb == VERB_INSTALL && k < in->npackage; k++)
                if (in->package[k].kind == PACKAGE_CONSTRAINED &&
                    constraint_known(in->manager, in->package[k].operator_, in->package[k].version))
                    count_pin(a, &tally[manager_number(in->manager)], in, &im->stage[in->stage],
                              &in->package[k]);
        }
    }
    arena_close(a);
}

static double share(unsigned part, unsigned all)
{
    return all ? 100.0 * part / all : 0;
}

static void tell_corpus(void)
{
    struct tally tally[2] = {{0}, {0}};
    static const char *const name[] = {"apt", "apk"};
    struct arena *a = arena_open();
    const char *folder = DFIX_SHARED "/corpus/public";
    DIR *d = opendir(folder);

    if (!d)
        puts("skipped: no public corpus");
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            count_file(str_fmt(a, "%s/%s", folder, e->d_name).p, tally);
    if (d)
        closedir(d);
    for (int m = 0; d && m < 2; m++) {
        const struct tally *t = &tally[m];
        printf("%s: %u pins judged; not judged: %u of other releases, %u of unknown ones, %u of "
               "packages that are not in the index\n",
               name[m], t->pins, t->no_index, t->no_release, t->not_there);
        printf("    alive as written                 %4u  %5.1f %%\n", t->alive,
               share(t->alive, t->pins));
        printf("    of %4u whole versions, alive    %4u  %5.1f %%\n", t->whole, t->alive_whole,
               share(t->alive_whole, t->whole));
        printf("    had they been compatible pins    %4u  %5.1f %%\n", t->alive_compatible,
               share(t->alive_compatible, t->whole));
    }
    arena_close(a);
}

/* ---- what a system holds, had it been pinned when it was made ---- */

static void tell_system(const struct manager *m, const struct release *r, const char *path)
{
    struct arena *a = arena_open();
    struct installed_list held = {.list = {0}};
    unsigned pins = 0, exact = 0, compatible = 0;
    struct err e;

    if (!installed_read(a, str_of(path), &held, &e)) {
        printf("skipped: %s\n", e.text);
        arena_close(a);
        return;
    }
    for (size_t i = 0; i < held.list.n; i++) {
        const struct installed *p = &held.list.v[i];
        struct package_info info;
        struct str pin, why;
        if (ask_package(a, m, r, p->name, &info) != ANSWER_FOUND || !info.noffer)
            continue;
        pins++;
        exact += holds_any(m, &info, S("="), p->version);
        if (pin_compatible(a, m, p->version, &p->version, 1, PRECISION_MINOR, &pin, &why))
            compatible += holds_any(m, &info, str_of(m->open_operator), pin);
    }
    printf("%s, its %u packages as pins: exact %.1f %% alive, compatible %.1f %%\n", path, pins,
           share(exact, pins), share(compatible, pins));
    arena_close(a);
}

/* ---- a release and its security suite ---- */

static bool is_security(struct str suite)
{
    return str_ends(suite, S("-security"));
}

static void tell_table(const struct release *r)
{
    static const struct {
        const char *name;
        enum precision precision;
    } rows[] = {
        {"minor", PRECISION_MINOR}, {"major", PRECISION_MAJOR}, {"upstream", PRECISION_UPSTREAM}};
    unsigned differ = 0, jumpers = 0, lives[3] = {0};
    char line[512];
    FILE *f = popen("apt-cache pkgnames", "r");

    while (f && fgets(line, sizeof(line), f)) {
        struct arena *a = arena_open();
        struct package_info info = {.noffer = 0};
        struct str old = S(""), new = S(""), pin, why;
        if (ask_package(a, &manager_apt, r, str_trim(str_of(line)), &info) != ANSWER_FOUND)
            info.noffer = 0;
        for (size_t i = info.noffer; i-- > 0;) {
            if (is_security(info.offer[i].suite))
                new = info.offer[i].version;
            else if (str_eq(info.offer[i].suite, r->codename))
                old = info.offer[i].version;
        }
        int order = old.n && new.n ? deb_compare(new, old) : 0;
        bool left_alone =
            order && (source_moves(r, info.offer[0].source) || deb_outgrows(order > 0 ? old : new));
        jumpers += left_alone;
        if (order && !left_alone) { /* after a point release the suite may be the newer one */
            struct str first = order > 0 ? old : new, then = order > 0 ? new : old;
            differ++;
            for (int i = 0; i < 3; i++)
                lives[i] += pin_compatible(a, &manager_apt, first, &first, 1, rows[i].precision,
                                           &pin, &why) &&
                            deb_matches(then, pin);
        }
        arena_close(a);
    }
    if (f)
        pclose(f);
    printf("%.*s: %u packages differ from -security, and %u that take no pin; pins of the older "
           "version that let the newer in:\n",
           STR_ARG(r->codename), differ, jumpers);
    printf("    %-10s %5u  %5.1f %%\n", "exact", 0u, 0.0);
    for (int i = 0; i < 3; i++)
        printf("    %-10s %5u  %5.1f %%\n", rows[i].name, lives[i], share(lives[i], differ));
}

/* ---- a release's history ---- */

enum { STYLES = 3, MOMENTS = 3, VERSIONS = 512 };

struct replay {
    struct release release;
    unsigned known, unknown;         /* sources, by whether the first day's version is known */
    unsigned pinned[STYLES];         /* by style; evidence leaves some without a pin */
    unsigned alive[STYLES][MOMENTS]; /* after a month, a year, at the end */
    bool dated;                      /* what came within the first year is known */
};

struct version_day {
    struct str version, day; /* "-": the day is not known */
};

/* YYYY-MM-DD, a month or a year on; the day of the month does not matter here. */
static struct str later(struct arena *a, struct str day, int months)
{
    int year = 0, month = 0;

    sscanf(str_cstr(a, day), "%d-%d", &year, &month);
    month += months - 1;
    return str_fmt(a, "%04d-%02d-%02d", year + month / 12, month % 12 + 1, 28);
}

/* The newest version that was there on a day; "" the last that is known. */
static struct str newest_on(const struct manager *m, const struct version_day *v, size_t n,
                            struct str day)
{
    struct str newest = S("");

    for (size_t i = 0; i < n; i++)
        if ((!day.n || (!str_eq(v[i].day, S("-")) && str_cmp(v[i].day, day) <= 0)) &&
            (!newest.n || version_compare(m, v[i].version, newest) > 0))
            newest = v[i].version;
    return newest;
}

static void replay_source(struct arena *a, struct replay *r, struct str released, struct str source,
                          const struct version_day *v, size_t n)
{
    const struct manager *m = str_eq(r->release.distro, S("alpine")) ? &manager_apk : &manager_apt;
    const struct str moments[MOMENTS] = {later(a, released, 1), later(a, released, 12), S("")};
    struct str first = newest_on(m, v, n, released), pin, why;

    if (!first.n) {
        r->unknown++;
        return;
    }
    r->known++;
    for (size_t i = 0; i < n; i++)
        r->dated |= str_cmp(v[i].day, S("-")) > 0 && str_cmp(v[i].day, released) > 0 &&
                    str_cmp(v[i].day, moments[1]) <= 0;
    bool can = pin_compatible(a, m, first, &first, 1, PRECISION_MINOR, &pin, &why);
    const bool has[STYLES] = {true, can, can && !source_moves(&r->release, source)};
    for (int style = 0; style < STYLES; style++)
        for (int i = 0; i < MOMENTS && has[style]; i++) {
            struct str then = newest_on(m, v, n, moments[i]);
            r->pinned[style] += !i;
            r->alive[style][i] += style ? m->pin_matches(then, pin) : str_eq(then, first);
        }
}

static void tell_replay(const struct replay *r)
{
    static const char *const style[STYLES] = {"exact", "default", "default, by history"};

    printf("%.*s %.*s: %u sources whose first version is known, %u unknown; alive after a month, a "
           "year, at the end:\n",
           STR_ARG(r->release.distro), STR_ARG(r->release.version), r->known, r->unknown);
    for (int i = 0; i < STYLES && r->known; i++) {
        printf("    %-21s %5u pins", style[i], r->pinned[i]);
        for (int k = 0; k < MOMENTS; k++)
            if (r->dated || k + 1 == MOMENTS)
                printf("  %5.1f %%", share(r->alive[i][k], r->pinned[i]));
            else
                printf("  unknown");
        puts("");
    }
}

enum { DISTRO, RELEASE, RELEASED, SOURCE, VERSION, DAY, FIELDS };

static bool read_line(struct arena *a, FILE *f, struct str field[FIELDS])
{
    char line[512];

    if (!fgets(line, sizeof line, f))
        return false;
    struct str rest = str_dup(a, str_trim(str_of(line)));
    for (int i = 0; i < FIELDS; i++)
        if (!str_cut(&rest, '\t', &field[i]))
            field[i] = S("");
    return true;
}

static bool same_until(struct str *a, struct str *b, int last)
{
    int i = 0;
    while (i <= last && str_eq(a[i], b[i]))
        i++;
    return i > last;
}

/* Lines of a release stand together, and those of a source in it. */
static void tell_history(struct arena *a)
{
    FILE *f = popen("python3 " DFIX_ROOT "/src/distro/moves.py " DFIX_SHARED "/data history", "r");
    struct str at[FIELDS] = {{0}}, field[FIELDS];
    struct version_day v[VERSIONS];
    struct replay r = {0};
    size_t n = 0;
    bool more = f != NULL;

    while (more) {
        more = read_line(a, f, field);
        if (n && (!more || !same_until(at, field, SOURCE))) {
            replay_source(a, &r, at[RELEASED], at[SOURCE], v, n);
            n = 0;
        }
        if (at[DISTRO].n && (!more || !same_until(at, field, RELEASED))) {
            tell_replay(&r);
            r = (struct replay){0};
        }
        if (more && !r.release.distro.n)
            more = release_find(field[DISTRO], field[RELEASE], &r.release);
        for (int i = 0; i < FIELDS; i++)
            at[i] = more ? field[i] : S("");
        if (more && n < VERSIONS)
            v[n++] = (struct version_day){field[VERSION], field[DAY]};
    }
    if (f)
        pclose(f);
}

int main(int argc, char **argv)
{
    struct settings settings = {.max_age = -1, .cache_dir = S("")};
    struct arena *a = arena_open();
    struct release r;

    settings.offline = argc < 2 || strcmp(argv[1], "online") != 0;
    settings.today = settings.installed_file = settings.ca_file = S("");
    settings.archs = arch_of(S("amd64"));
    world = world_open(&settings);
    for (size_t i = 0; i < ALPINES; i++)
        apk_store[i] = read_apkindex(a, alpines[i].file, str_of(alpines[i].arch));
    tell_corpus();
    if (release_find(S("alpine"), S("3.12"), &r))
        tell_system(&manager_apk, &r, DFIX_SHARED "/data/alpine/3.12.12/lib/apk/db/installed");
    if (release_find(S("debian"), S("bookworm"), &r)) {
        tell_system(&manager_apt, &r, "/var/lib/dpkg/status");
        tell_table(&r);
    }
    tell_history(a);
    for (size_t i = 0; i < ALPINES; i++)
        store_close(apk_store[i]);
    world_close(world);
    arena_close(a);
    return 0;
}
