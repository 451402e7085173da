/* apk.c - apk of Alpine: apk(8), apk-world(5), apk-repositories(5). */
#include "dfix/command.h"
#include "dfix/facts.h"
#include "dfix/manager.h"
#include "dfix/pick.h"
#include "packages/lists.h"
#include "packages/words.h"

static bool serves(struct str distro)
{
    return str_eq(distro, S("alpine"));
}

/* v3.20/main */
static bool release_of(struct str suite, struct release *out)
{
    struct str name = S("");

    str_cut(&suite, '/', &name);
    return release_find(S("alpine"), str_from(name, str_starts(name, S("v"))), out);
}

static const char *const identity[] = {"alpine-baselayout", "musl", NULL};

/* ---- words ---- */

static const unsigned programs[] = {PROGRAM_APK, 0};

static const char *const verbs[] = {
    [VERB_INSTALL] = "add",   [VERB_UPGRADE] = "upgrade", [VERB_DIST_UPGRADE] = NULL,
    [VERB_UPDATE] = "update", [VERB_REMOVE] = "del",      [VERB_OTHER] = NULL,
};

static const struct manager_call calls[] = {{"apk add", "apk"}, {NULL, NULL}};

static bool is_called(struct str word)
{
    return str_eq(word, S("apk")) || str_ends(word, S("-apk"));
}

static bool removes_pinned(const struct command *c)
{
    (void)c;
    return false;
}

static void add_repository(struct arena *a, struct install *in, struct str url)
{
    struct str *all = arena_new(a, struct str, in->nrepository + 1);

    for (size_t i = 0; i < in->nrepository; i++)
        all[i] = in->repository[i];
    all[in->nrepository++] = url;
    in->repository = all;
}

static void option_read(struct arena *a, struct install *in, const struct option *o,
                        struct str value)
{
    if (word_is_one_of(o->spelled, "root arch repositories-file repository-config"))
        in->root = o->spelled;
    else if (str_eq(o->spelled, S("virtual")))
        in->virtual_ = value;
    else if (str_eq(o->spelled, S("repository")))
        add_repository(a, in, value);
}

static bool takes_recommended(const struct install *in)
{
    (void)in;
    return false;
}

static bool sweeps(const struct install *in)
{
    (void)in;
    return true;
}

static bool upgrades_along(const struct install *in)
{
    (void)in;
    return false;
}

static struct str upgrade_by_name(struct arena *a, const struct install *in, bool updated)
{
    (void)a;
    (void)in;
    return updated ? S("add --upgrade") : S("add --no-cache --upgrade");
}

/* ---- packages ---- */

static const char operators[] = "=<>~@";

/* Any word with .apk in it is a file, and no other: /bin/sh is what packages provide. */
static bool is_file(struct str word)
{
    return str_find(word, S(".apk")) != STR_NONE;
}

/* [!]name[operator version | @tag] */
static void package_read(struct package *p, struct str word)
{
    struct str ops = str_of(operators);
    size_t end = 0, op;

    if (is_file(word)) {
        p->kind = PACKAGE_FILE;
        return;
    }
    while (end < word.n && str_chr(ops, word.p[end]) == STR_NONE)
        end++;
    for (op = end; op < word.n && str_chr(ops, word.p[op]) != STR_NONE;)
        op++;
    p->name = str_sub(word, 0, end);
    p->kind = PACKAGE_NAME;
    if (str_starts(word, S("!"))) { /* with a version or without */
        p->kind = PACKAGE_REMOVED;
    } else if (end < word.n) {
        p->kind = PACKAGE_CONSTRAINED;
        p->operator_ = str_sub(word, end, op);
        p->version = str_from(word, op);
    } else if (str_chr(word, ':') != STR_NONE || str_starts(word, S("/"))) {
        p->kind = PACKAGE_PROVIDES;
    } else if (!apk_name_valid(word)) {
        p->kind = PACKAGE_PATTERN;
    }
}

/* ---- versions ---- */

static struct str upstream(struct str version)
{
    ptrdiff_t revision = str_find(version, S("-r"));
    return revision == STR_NONE ? version : str_sub(version, 0, (size_t)revision);
}

static size_t epoch_end(struct str version)
{
    (void)version;
    return 0;
}

static bool is_fuzzy(struct str operator_)
{
    return word_is_one_of(operator_, "~ =~ ~=");
}

static bool is_known(struct str operator_, struct str wanted)
{
    return operator_.n && word_is_one_of(operator_, "= ~ =~ ~= < <= > >=") && apk_valid(wanted);
}

static bool holds(struct str operator_, struct str wanted, struct str version)
{
    if (!is_known(operator_, wanted) || !apk_valid(version))
        return false;
    if (is_fuzzy(operator_))
        return apk_fuzzy(version, wanted);
    int order = apk_compare(version, wanted);
    if (order == 0)
        return str_chr(operator_, '=') != STR_NONE;
    return operator_.p[0] == (order < 0 ? '<' : '>');
}

static bool is_open(struct str operator_, struct str wanted)
{
    return operator_.n && is_fuzzy(operator_) && apk_valid(wanted);
}

/* It goes by version alone. */
static int priority(const struct offer *o, struct str target)
{
    (void)o;
    (void)target;
    return 0;
}

/* ---- pins ---- */

/* A repository has one version of a package: what it takes is all that there is. */
static bool pin_counts(const struct offer *o, const struct pick *x)
{
    unsigned bit = 0;

    while (bit < ARCH_MAX && x->on[bit] != o)
        bit++;
    return bit < ARCH_MAX;
}

/* ---- sources ---- */

static bool is_list(struct str path)
{
    return str_eq(path, S("/etc/apk/repositories"));
}

/* The world, the architecture, protected paths: each decides what is installed. */
static bool is_harmless(struct arena *a, struct str path, struct str text)
{
    (void)a;
    (void)path;
    (void)text;
    return false;
}

/* Packages bring no repositories. */
static bool brings_sources(struct str program, const struct field *f, size_t n)
{
    (void)program;
    (void)f;
    (void)n;
    return false;
}

static const char *prefers(struct arena *a, struct str path, struct str text, struct str *touched)
{
    (void)a;
    (void)path;
    (void)text;
    (void)touched;
    return NULL;
}

/* Its revisions do not tell updates of a release from others. */
static bool outgrows_never(struct str version)
{
    (void)version;
    return false;
}

const struct manager manager_apk = {
    .name = "apk",
    .programs = programs,
    .verbs = verbs,
    .package_read = package_read,
    .packages = install_operands,
    .pin_form = "=VERSION",
    .lock_file = "",
    .tidy_words = "cache",
    .caches = "/var/cache/apk",
    .asks = "",
    .yes = "",
    .yes_options = "",
    .fills = "",
    .clean = "",
    .cleans = cleans_nothing,
    .cache_serves = serves_nothing,
    .purl = "pkg:apk/",
    .identity = identity,
    .serves = serves,
    .release_of = release_of,
    .calls = calls,
    .is_called = is_called,
    .removes_pinned = removes_pinned,
    .option_read = option_read,
    .fresh_options = "no-cache update-cache update",
    .upgrades_along = upgrades_along,
    .takes_recommended = takes_recommended,
    .sweeps = sweeps,
    .upgrade_by_name = upgrade_by_name,
    .lists_folder = "/var/cache/apk",
    .name_valid = apk_name_valid,
    .version_valid = apk_valid,
    .version_compare = apk_compare,
    .version_upstream = upstream,
    .epoch_end = epoch_end,
    .constraint_known = is_known,
    .constraint_holds = holds,
    .constraint_open = is_open,
    .at_least = ">=",
    .priority = priority,
    .open_operator = "=~",
    .star = "",
    .outgrows = outgrows_never,
    .pin_core = upstream,
    .pin_matches = apk_fuzzy,
    .pin_counts = pin_counts,
    .settings = "/etc/apk",
    .settings_variable = "",
    .lists_prefix = "/etc/apk/repositories",
    .changes_lists = "changes apk's repositories",
    .changes_settings = "changes apk's settings",
    .is_list = is_list,
    .folders = "/etc/apk /etc/apk/keys",
    .keys = "/etc/apk/keys",
    .is_harmless = is_harmless,
    .sources = lists_apk_sources,
    .brings_sources = brings_sources,
    .prefers = prefers,
    .moving_branch = "/latest-stable/",
    .archive_rolls = archive_rolls,
    .does = {.suite_is_whole = true},
};
