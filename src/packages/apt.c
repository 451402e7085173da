/* apt.c - apt, apt-get and aptitude of Debian and Ubuntu: apt-get(8), apt_preferences(5). */
#include "dfix/command.h"
#include "dfix/facts.h"
#include "dfix/manager.h"
#include "dfix/pick.h"
#include "dfix/sources.h"
#include "packages/lists.h"
#include "packages/words.h"

static bool serves(struct str distro)
{
    return str_eq(distro, S("debian")) || str_eq(distro, S("ubuntu"));
}

/* bookworm-security */
static bool release_of(struct str suite, struct release *out)
{
    struct str name = S("");

    str_cut(&suite, '-', &name);
    return release_find(S(""), name, out);
}

static const char *const identity[] = {"base-files", NULL};

/* ---- words ---- */

static const unsigned programs[] = {PROGRAM_APT_GET, PROGRAM_APT, PROGRAM_APTITUDE, 0};

static const char *const verbs[] = {
    [VERB_INSTALL] = "install",
    [VERB_UPGRADE] = "upgrade safe-upgrade",
    [VERB_DIST_UPGRADE] = "dist-upgrade full-upgrade",
    [VERB_UPDATE] = "update",
    [VERB_REMOVE] = "remove purge autoremove",
    [VERB_OTHER] = NULL,
};

static const struct manager_call calls[] = {{"apt-get install", "apt-get"},
                                            {"apt install", "apt"},
                                            {"aptitude install", "aptitude"},
                                            {"apt-fast install", "apt-fast"},
                                            {"nala install", "nala"},
                                            {"install_packages", "install_packages"},
                                            {NULL, NULL}};

static bool is_called(struct str word)
{
    return str_ends(word, S("apt-get")) || word_is_one_of(word, "apt aptitude apt-fast nala");
}

static bool removes_pinned(const struct command *c)
{
    return (c->program == PROGRAM_APT_GET || c->program == PROGRAM_APT) &&
           word_is_one_of(command_subcommand(c), "remove purge autoremove autopurge");
}

/* `apt-get distclean` leaves no lists. */
static bool cleans(const struct command *c)
{
    bool apt = c->program == PROGRAM_APT_GET || c->program == PROGRAM_APT;

    if (apt)
        return word_is_one_of(command_subcommand(c), "distclean dist-clean");
    return removes_from(c, "/var/lib/apt/lists");
}

static void read_setting(struct install *in, struct str setting)
{
    struct str suite = S("APT::Default-Release");

    if (setting.n >= suite.n && str_ieq(str_sub(setting, 0, suite.n), suite)) {
        in->target_release = str_trim(str_from(setting, suite.n + (setting.n > suite.n)));
        in->target_unknown = !in->target_release.n;
    } else if (str_starts(setting, S("Dir")) || str_starts(setting, S("RootDir")) || !setting.n) {
        in->root = setting.n ? setting : S("an option known when built");
    }
}

static void option_read(struct arena *a, struct install *in, const struct option *o,
                        struct str value)
{
    (void)a;
    if (word_is_one_of(o->spelled, "target-release default-release")) {
        in->target_release = value;
        in->target_unknown = !value.n;
    } else if (str_eq(o->spelled, S("option"))) {
        read_setting(in, value);
    } else if (word_is_one_of(o->spelled, "config-file host-architecture snapshot")) {
        in->root = o->spelled;
    }
}

static bool is_aptitude(const struct install *in)
{
    return str_eq(in->program, S("aptitude"));
}

/* aptitude takes them alone. */
static bool upgrades_along(const struct install *in)
{
    return !is_aptitude(in);
}

static bool has_one_of(const struct install *in, const char *one, const char *other)
{
    return install_option(in, str_of(one)) || install_option(in, str_of(other));
}

static bool takes_recommended(const struct install *in)
{
    static const char off[] = "APT::Install-Recommends";
    bool on = !has_one_of(in, "no-install-recommends", "without-recommends");

    for (size_t i = 0; i < in->noption; i++) {
        struct str value = in->option[i].value.value.text, name;
        if (str_eq(in->option[i].spelled, S("option")) && str_cut(&value, '=', &name) &&
            str_ieq(str_trim(name), str_of(off)))
            on = !word_is_one_of(str_trim(value), "0 false no off without disable");
    }
    return on;
}

static bool sweeps(const struct install *in)
{
    return is_aptitude(in) || str_eq(in->said, S("autoremove")) ||
           has_one_of(in, "auto-remove", "autoremove");
}

static struct str upgrade_by_name(struct arena *a, const struct install *in, bool updated)
{
    const char *lean = is_aptitude(in) ? " --without-recommends" : " --no-install-recommends";
    bool only = install_option(in, S("only-upgrade")) || is_aptitude(in);

    (void)updated;
    return str_fmt(a, "install%s%s%s", has_one_of(in, "yes", "assume-yes") ? "" : " -y",
                   has_one_of(in, "no-install-recommends", "without-recommends") ? "" : lean,
                   only ? "" : " --only-upgrade");
}

/* ---- packages ---- */

static bool is_file(struct str word)
{
    return str_starts(word, S("/")) || str_starts(word, S("./")) || str_starts(word, S("../")) ||
           str_ends(word, S(".deb"));
}

static size_t find_any(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        for (const char *c = set; *c; c++)
            if (*c == s.p[i])
                return i;
    return s.n;
}

/* Up to what says an architecture, where `arch`, a version or a suite. */
static size_t end_of(struct str s, size_t from, bool arch)
{
    while (from < s.n && s.p[from] != '=' && s.p[from] != '/' && !(arch && s.p[from] == ':'))
        from++;
    return from;
}

static enum package_kind kind_of_name(struct str name, struct str word)
{
    if (!deb_name_valid(name))
        return str_ends(word, S("^")) ? PACKAGE_TASK : PACKAGE_PATTERN;
    if (str_ends(word, S("-")))
        return PACKAGE_REMOVED;
    return str_ends(word, S("+")) && !str_ends(word, S("++")) ? PACKAGE_ADDED : PACKAGE_NAME;
}

/* name[:arch][=version | /suite] */
static void package_read(struct package *p, struct str word)
{
    size_t end = end_of(word, 0, true);
    struct str rest = str_from(word, end);

    if (is_file(word)) {
        p->kind = PACKAGE_FILE;
        return;
    }
    p->name = str_sub(word, 0, end);
    if (rest.n && rest.p[0] == ':') {
        size_t n = end_of(rest, 1, false);
        p->qualifier = str_sub(rest, 1, n);
        rest = str_from(rest, n);
    }
    p->kind = kind_of_name(p->name, word);
    if (rest.n) {
        p->kind = PACKAGE_CONSTRAINED;
        p->operator_ = str_sub(rest, 0, 1);
        p->version = str_from(rest, 1);
    }
}

/* ---- versions ---- */

static struct str upstream(struct str version)
{
    ptrdiff_t revision = str_rchr(version, '-');
    return revision == STR_NONE ? version : str_sub(version, 0, (size_t)revision);
}

static size_t epoch_end(struct str version)
{
    return (size_t)(str_chr(version, ':') + 1);
}

static bool is_known(struct str operator_, struct str wanted)
{
    return wanted.n && str_eq(operator_, S("="));
}

static bool holds(struct str operator_, struct str wanted, struct str version)
{
    return is_known(operator_, wanted) && deb_matches(version, wanted);
}

static bool is_open(struct str operator_, struct str wanted)
{
    return str_eq(operator_, S("=")) && wanted.n > 1 && str_ends(wanted, S("*")) &&
           find_any(wanted, "*?[\\") == wanted.n - 1;
}

static int priority(const struct offer *o, struct str target)
{
    if (target.n && str_eq(o->suite, target))
        return 990;
    if (str_ends(o->suite, S("-backports")) || str_ends(o->suite, S("-backports-sloppy")))
        return 100;
    return str_eq(o->suite, S("experimental")) || str_eq(o->suite, S("rc-buggy")) ? 1 : 500;
}

/* ---- pins ---- */

/* The upstream version. A native one is updated by "+deb12u1", "~bpo12+1", "+nmu1", which are left
 * out of it. */
static struct str pin_core(struct str version)
{
    struct deb_version part = deb_split(version);
    return part.revision.n ? part.upstream
                           : str_sub(part.upstream, 0, find_any(part.upstream, "+~"));
}

/* What the suites that the choice comes from hold today; and what is newer elsewhere, to be kept
 * out. */
static bool pin_counts(const struct offer *o, const struct pick *x)
{
    return (o->archs & x->archs) && (priority(o, x->target) >= priority(x->newest, x->target) ||
                                     deb_compare(o->version, x->newest->version) > 0);
}

/* ---- sources ---- */

static bool is_list(struct str path)
{
    struct str folder = S("/etc/apt/sources.list.d/");

    if (str_eq(path, S("/etc/apt/sources.list")))
        return true;
    return str_starts(path, folder) && str_chr(str_from(path, folder.n), '/') == STR_NONE &&
           (str_ends(path, S(".list")) || str_ends(path, S(".sources")));
}

/* In the folder of lists a file of another name is not read. */
static bool is_harmless(struct arena *a, struct str path, struct str text)
{
    struct str rest;

    if (path_is_below(path, S("/etc/apt/preferences.d"), &rest) ||
        str_eq(path, S("/etc/apt/preferences")))
        return !preferences_matter(text);
    if (path_is_below(path, S("/etc/apt/apt.conf.d"), &rest) ||
        str_eq(path, S("/etc/apt/apt.conf")))
        return !apt_conf_matters(a, text);
    return path_is_below(path, S("/etc/apt/sources.list.d"), &rest);
}

/* dpkg -i x.deb, apt-get install ./x.deb: packages of browsers, clouds and the like bring the list
 * of their archive, which counts from the next `apt-get update` on. */
static bool brings_sources(struct str program, const struct field *f, size_t n)
{
    bool files = str_eq(program, S("gdebi")), dpkg = str_eq(program, S("dpkg"));
    bool apt = word_is_one_of(program, "apt apt-get");

    for (size_t i = 1; i < n && (dpkg || apt) && !files; i++)
        files = dpkg ? word_is_one_of(f[i].value.text, "-i --install --unpack")
                     : str_ends(f[i].value.text, S(".deb"));
    return files;
}

/* The packages that apt's preferences speak of; "*" any. */
static struct str preferred(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    struct str line;

    while (str_cut(&text, '\n', &line)) {
        struct str field = S(""), words = str_trim(line), word;
        if (!str_cut(&words, ':', &field) || !str_ieq(field, S("Package")))
            continue;
        while (word_next(&words, &word)) {
            if (str_eq(word, S("*")) || str_starts(word, S("/")) || str_starts(word, S("src:")))
                return S("*");
            buf_fmt(&b, "%s" STR_FMT, b.n ? " " : "", STR_ARG(word));
        }
    }
    return b.n ? buf_str(&b) : S("*");
}

static const char *prefers(struct arena *a, struct str path, struct str text, struct str *touched)
{
    if (!str_starts(path, S("/etc/apt/preferences")))
        return NULL;
    *touched = preferred(a, text);
    return "changes apt's preferences";
}

/* Branches that roll on are suites here, not archives. */
static bool rolls_never(struct str uri)
{
    (void)uri;
    return false;
}

const struct manager manager_apt = {
    .name = "apt",
    .programs = programs,
    .verbs = verbs,
    .package_read = package_read,
    .packages = install_operands,
    .pin_form = "=VERSION",
    .lock_file = "",
    .tidy_words = "clean autoclean autoremove",
    .caches = "/var/cache/apt",
    .asks = "",
    .yes = "",
    .yes_options = "",
    .fills = "",
    .clean = "",
    .cleans = cleans,
    .cache_serves = serves_nothing,
    .purl = "pkg:deb/",
    .identity = identity,
    .serves = serves,
    .release_of = release_of,
    .calls = calls,
    .is_called = is_called,
    .removes_pinned = removes_pinned,
    .option_read = option_read,
    .fresh_options = "",
    .upgrades_along = upgrades_along,
    .takes_recommended = takes_recommended,
    .sweeps = sweeps,
    .upgrade_by_name = upgrade_by_name,
    .lists_folder = "/var/lib/apt/lists",
    .name_valid = deb_name_valid,
    .version_valid = deb_valid,
    .version_compare = deb_compare,
    .version_upstream = upstream,
    .epoch_end = epoch_end,
    .constraint_known = is_known,
    .constraint_holds = holds,
    .constraint_open = is_open,
    .at_least = "",
    .priority = priority,
    .open_operator = "=",
    .star = "*",
    .outgrows = deb_outgrows,
    .pin_core = pin_core,
    .pin_matches = deb_matches,
    .pin_counts = pin_counts,
    .settings = "/etc/apt",
    .settings_variable = "APT_CONFIG",
    .lists_prefix = "/etc/apt/sources.",
    .changes_lists = "changes apt's sources",
    .changes_settings = "changes apt's settings",
    .is_list = is_list,
    .folders = "/etc/apt /etc/apt/sources.list.d /etc/apt/trusted.gpg.d",
    .keys = "/etc/apt/keyrings /etc/apt/trusted.gpg.d /etc/apt/trusted.gpg",
    .is_harmless = is_harmless,
    .sources = lists_apt_sources,
    .brings_sources = brings_sources,
    .prefers = prefers,
    .moving_branch = "",
    .archive_rolls = rolls_never,
    .does = {.install_upgrades = true,
             .security_suites = true,
             .picks_suites = true,
             .scripts_add = true},
};
