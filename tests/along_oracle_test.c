/* What packages bring along, held against apt itself: on an empty root, `apt-get -s install` names
 * the packages that the inventory of the same line has, in the same versions. */
#include "cmocka_all.h"
#include "dfix/dfix.h"
#include "dfix/inventory.h"
#include "dfix/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "world/world.h"

enum { PACKAGES = 4000, ROUNDS = 12 };

static struct str codename_of_host(struct arena *a)
{
    char line[256];
    struct str name = S("");
    bool debian = false;
    FILE *f = fopen("/etc/os-release", "r");

    while (f && fgets(line, sizeof(line), f)) {
        struct str s = str_trim(str_of(line));
        debian |= str_eq(s, S("ID=debian"));
        if (str_starts(s, S("VERSION_CODENAME=")))
            name = str_dup(a, str_from(s, 17));
    }
    if (f)
        fclose(f);
    return debian ? name : S("");
}

/* ---- the world, but for the base: it holds nothing ---- */

struct bare {
    const struct lookup *world;
    struct lookup lookup;
};

static enum answer ask(void *self, const struct question *q, struct reply *out)
{
    const struct bare *b = self;

    if (q->kind != ASK_BASE)
        return lookup_ask(b->world, q, out);
    out->base = base_facts_none();
    out->base.installed_known = out->base.sources_known = true;
    out->base.user_known = out->base.user_root = true;
    return ANSWER_FOUND;
}

static bool resolve(void *self)
{
    const struct bare *b = self;
    return b->world->resolve(b->world->self);
}

/* ---- both answers, as sorted lines ---- */

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

struct lines {
    struct str v[PACKAGES];
    size_t n;
};

/* "Inst curl (7.88.1-10 Debian:12/stable [amd64])" */
static void of_apt(struct arena *a, const char *root, const char *options, struct str name,
                   struct lines *out)
{
    char line[4096];
    struct str command = str_fmt(
        a, "LC_ALL=C apt-get -s -y %s install -o Dir::State::status=%s/status " STR_FMT " 2>&1",
        options, root, STR_ARG(name));
    FILE *f = popen(command.p, "r");

    out->n = 0;
    while (f && fgets(line, sizeof(line), f)) {
        struct str rest = str_of(line), word, package, version;
        if (!word_next(&rest, &word) || !str_eq(word, S("Inst")) || !word_next(&rest, &package) ||
            !word_next(&rest, &version) || out->n == PACKAGES)
            continue;
        out->v[out->n++] =
            str_fmt(a, STR_FMT " " STR_FMT, STR_ARG(package), STR_ARG(str_from(version, 1)));
    }
    if (f)
        pclose(f);
    if (out->n)
        qsort(out->v, out->n, sizeof(*out->v), by_bytes);
}

static bool of_dfix(struct arena *a, const struct lookup *l, struct str codename,
                    const char *options, struct str name, struct lines *out)
{
    struct str text = str_fmt(
        a, "FROM debian:" STR_FMT "\nRUN apt-get update && apt-get install -y %s " STR_FMT "\n",
        STR_ARG(codename), options, STR_ARG(name));
    struct settings s = {.today = S("2026-11-30"), .archs = arch_of(S("amd64"))};
    struct inventory held = {.pending = true};

    for (int round = 0; held.pending && round < ROUNDS; round++) {
        struct result r = dfix_check(a, text, &dfix_rules, &s, l);
        inventory_of(a, dfix_image(&r), l, S(""), &held);
        if (held.pending && !l->resolve(l->self))
            break;
    }
    out->n = 0;
    for (size_t i = 0; i < held.n && out->n < PACKAGES; i++)
        out->v[out->n++] = str_fmt(a, STR_FMT " " STR_FMT, STR_ARG(held.v[i].is.name),
                                   STR_ARG(held.v[i].is.version));
    if (out->n)
        qsort(out->v, out->n, sizeof(*out->v), by_bytes);
    return !held.pending && out->n > 0;
}

/* ---- the same? ---- */

static size_t tell_other(const char *what, struct str name, const struct lines *x,
                         const struct lines *y)
{
    size_t other = 0;

    for (size_t i = 0; i < x->n; i++) {
        if (bsearch(&x->v[i], y->v, y->n, sizeof(*y->v), by_bytes))
            continue;
        print_message(STR_FMT ": only %s: " STR_FMT "\n", STR_ARG(name), what, STR_ARG(x->v[i]));
        other++;
    }
    return other;
}

static size_t pick_names(struct arena *a, struct str *v, size_t most)
{
    static const char *const well_known[] = {
        "git",   "curl",       "build-essential", "default-jre-headless", "ca-certificates",
        "nginx", "python3-pip"};
    size_t n = 0;
    char line[256];
    const char *tier = getenv("DFIX_TEST_TIER");
    bool all = tier && strcmp(tier, "all") == 0;
    FILE *f = popen("apt-cache pkgnames 2>/dev/null | LC_ALL=C sort | awk 'NR % 1021 == 7'", "r");

    for (size_t i = 0; i < sizeof(well_known) / sizeof(well_known[0]); i++)
        v[n++] = str_of(well_known[i]);
    while (all && f && n < most && fgets(line, sizeof(line), f))
        v[n++] = str_dup(a, str_trim(str_of(line)));
    if (f)
        pclose(f);
    return n;
}

static void what_apt_brings_along(void **state)
{
    static const char *const options[] = {"--no-install-recommends", ""};
    static struct lines apt, own;
    struct arena *a = arena_open();
    struct str codename = codename_of_host(a), name[128];
    char root[] = "/tmp/dfix-test-XXXXXX";
    size_t compared = 0, packages = 0, other = 0, n = pick_names(a, name, 64);

    (void)state;
    assert_non_null(mkdtemp(root));
    assert_int_equal(system(str_fmt(a, ": >%s/status", root).p), 0);
    struct settings s = {.offline = true, .max_age = -1, .cache_dir = str_of(root)};
    struct world *w = codename.n ? world_open(&s) : NULL;
    struct bare b = {.world = w ? world_lookup(w) : NULL};
    b.lookup = (struct lookup){&b, ask, resolve};
    for (size_t i = 0; w && i < n; i++) {
        for (size_t k = 0; k < 2; k++) {
            of_apt(a, root, options[k], name[i], &apt);
            if (!apt.n || !of_dfix(a, &b.lookup, codename, options[k], name[i], &own))
                continue;
            compared++;
            packages += apt.n;
            other += tell_other("apt", name[i], &apt, &own);
            other += tell_other("dfix", name[i], &own, &apt);
        }
    }
    print_message("%zu calls and %zu packages compared with apt, %zu not the same\n", compared,
                  packages, other);
    if (w)
        world_close(w);
    assert_int_equal(system(str_fmt(a, "rm -rf '%s'", root).p), 0);
    arena_close(a);
    if (!compared) {
        print_message("skipped: no Debian lists of the host's apt\n");
        skip();
    }
    assert_true(other * 100 <= packages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_apt_brings_along)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
