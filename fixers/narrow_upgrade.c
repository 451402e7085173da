/* narrow-upgrade: `apt-get upgrade -y` becomes an upgrade of the packages that have
 * security fixes waiting, by name. */
#include "dfix/fixer.h"

#include <stdlib.h>

static const char doc[] =
    "A bare upgrade (`apt-get upgrade`, `dist-upgrade`, `full-upgrade`, `apk upgrade`) takes in\n"
    "whatever the archive holds on the day of the build: nobody reads from the file what\n"
    "changed. It is reported. What else happens is `mode`'s say:\n"
    "\n"
    "- `narrow`: the packages of the base are compared with the verified index. Those that are\n"
    "  below the version of the -security suite (Debian, Ubuntu) or of an advisory (Alpine) are\n"
    "  named, with the others of their source that would move with them; the rest stays as the\n"
    "  base has it. apt is told the version whole, since a pattern would admit versions below\n"
    "  the fix; apk is told the least version. With nothing to upgrade, the command goes, and\n"
    "  an `update` with it that nothing else needs.\n"
    "- `remove`: the command goes, whatever the base holds.\n"
    "- `allow`: nothing is said. To accept one place, write above it\n"
    "  `# dfix ignore=narrow-upgrade until=2027-03-01 because ...`.\n"
    "\n"
    "The packages of the base come from its layers, or from `--installed FILE`.\n"
    "\n"
    "Left alone, with the reason: bases whose packages or release are not known, other package\n"
    "sources, `-t SUITE`, commands without `update` before them, inside `sh -c` or the exec form.\n"
    "\n"
    "Safety: unsafe. What was upgraded besides is upgraded no more.\n";

static const struct option_doc options[] = {
    {"mode", "report", "report|narrow|remove|allow", "what to do about bare upgrades"},
    {"comments", "no", "no|yes", "write above each package why it is upgraded"},
    {NULL, NULL, NULL, NULL},
};

/* A package of the base that must move. */
struct upgrade {
    struct str name, source;
    struct str version;    /* that it moves to */
    struct str constraint; /* "=3.0.15-1~deb12u1", ">=1.2.12-r2" */
    struct str reason;     /* "CVE-2022-37434", "bookworm-security" */
};

struct call {
    struct fix_ctx *c;
    const struct install *install;
    const struct stage *stage;
    VEC(struct upgrade) upgrades;
    bool pending;
    struct str why; /* why it cannot be told */
};

static bool is_apt(const struct call *k)
{
    return k->install->manager == MANAGER_APT;
}

/* "apt-get dist-upgrade", for messages */
static struct str called(const struct call *k)
{
    const struct install *in = k->install;
    return str_fmt(k->c->arena, STR_FMT " %s", STR_ARG(in->program),
                   in->verb == VERB_DIST_UPGRADE ? "dist-upgrade" : "upgrade");
}

/* ---- what must move ---- */

static bool is_backports(struct str suite)
{
    return str_find(suite, S("-backports")) != STR_NONE;
}

/* What the manager takes on one architecture. Offers come newest first. */
static const struct offer *candidate(const struct package_info *info, arch_set arch)
{
    for (size_t i = 0; i < info->noffer; i++)
        if ((info->offer[i].archs & arch) && !is_backports(info->offer[i].suite))
            return &info->offer[i];
    return NULL;
}

/* The newest version of the suites that bring security fixes only. */
static const struct offer *security_offer(const struct package_info *info)
{
    for (size_t i = 0; i < info->noffer; i++)
        if (info->offer[i].security)
            return &info->offer[i];
    return NULL;
}

/* The oldest of the candidates of all architectures; NULL: one has none. */
static const struct offer *least_candidate(const struct call *k, const struct package_info *info)
{
    const struct offer *least = NULL;

    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        if (!(k->stage->archs >> bit & 1))
            continue;
        const struct offer *o = candidate(info, 1u << bit);
        if (!o)
            return NULL;
        if (!least || version_compare(k->install->manager, o->version, least->version) < 0)
            least = o;
    }
    return least;
}

/* apt's constraint: the version whole; where a rebuild of one architecture adds to it (+b1), a
 * pattern that begins with it, as long as that admits nothing below `fixed`. */
static bool apt_constraint(const struct call *k, const struct package_info *info, struct str least,
                           struct str fixed, struct str *out)
{
    struct str pattern = str_fmt(k->c->arena, STR_FMT "*", STR_ARG(least));
    bool same = true;

    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        const struct offer *o = k->stage->archs >> bit & 1 ? candidate(info, 1u << bit) : NULL;
        if (!o)
            continue;
        same &= str_eq(o->version, least);
        if (!deb_matches(o->version, pattern))
            return false;
    }
    for (size_t i = 0; !same && i < info->noffer; i++)
        if (deb_matches(info->offer[i].version, pattern) &&
            deb_compare(info->offer[i].version, fixed) < 0)
            return false;
    *out = str_fmt(k->c->arena, "=" STR_FMT, STR_ARG(same ? least : pattern));
    return true;
}

static bool is_advisory_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char x = id.p[i];
        if (!(x >= 'A' && x <= 'Z') && !(x >= '0' && x <= '9') && x != '-')
            return false;
    }
    return id.n > 0 && id.n <= 40;
}

/* The version that holds all fixes that the installed one lacks; "" none is lacking. */
static struct str advised(struct call *k, const struct installed *p, struct str *reason)
{
    struct fix_ctx *c = k->c;
    const struct advisory *v = NULL;
    size_t n = 0;
    struct str fixed = S("");
    struct buf ids = {.arena = c->arena};
    struct str source = p->source.n ? p->source : p->name;

    switch (
        c->lookup->advisories(c->lookup->self, MANAGER_APK, &k->stage->release, source, &v, &n)) {
    case ANSWER_FOUND:
        break;
    case ANSWER_ABSENT:
        return fixed;
    case ANSWER_UNAVAILABLE:
        k->why = S("the advisories of this release cannot be read");
        return fixed;
    case ANSWER_PENDING:
        k->pending = true;
        return fixed;
    }
    for (size_t i = 0; i < n; i++) {
        if (!apk_valid(v[i].fixed) || str_eq(v[i].fixed, S("0")) ||
            apk_compare(p->version, v[i].fixed) >= 0)
            continue;
        if (!fixed.n || apk_compare(v[i].fixed, fixed) > 0)
            fixed = v[i].fixed;
        if (is_advisory_id(v[i].id) && str_find(buf_str(&ids), v[i].id) == STR_NONE)
            buf_fmt(&ids, "%s" STR_FMT, ids.n ? " " : "", STR_ARG(v[i].id));
    }
    *reason = buf_str(&ids);
    return fixed;
}

static bool is_listed(const struct call *k, struct str name)
{
    for (size_t i = 0; i < k->upgrades.n; i++)
        if (str_eq(k->upgrades.v[i].name, name))
            return true;
    return false;
}

static bool find_info(struct call *k, const struct installed *p, struct package_info *info)
{
    struct fix_ctx *c = k->c;
    enum manager m = k->install->manager;

    if (!version_valid(m, p->version) || !(is_apt(k) ? deb_name_valid : apk_name_valid)(p->name))
        return false;
    switch (c->lookup->package(c->lookup->self, m, &k->stage->release, k->stage->archs, NULL, 0,
                               p->name, info)) {
    case ANSWER_FOUND:
        return info->noffer > 0;
    case ANSWER_ABSENT:
        return false;
    case ANSWER_UNAVAILABLE:
        k->why = info->why;
        return false;
    case ANSWER_PENDING:
        k->pending = true;
        return false;
    }
    return false;
}

/* The package moves to the candidate, if that is newer and at least `fixed`. */
static void add_upgrade(struct call *k, const struct installed *p, const struct package_info *info,
                        struct str fixed, struct str reason)
{
    enum manager m = k->install->manager;
    const struct offer *o = least_candidate(k, info);
    struct upgrade u = {.name = p->name, .source = p->source, .reason = reason};

    if (is_listed(k, p->name))
        return;
    if (!o || version_compare(m, o->version, fixed) < 0 ||
        version_compare(m, o->version, p->version) <= 0) {
        fix_skip(k->c, k->install->command,
                 STR_FMT " " STR_FMT " has a fix in " STR_FMT
                         ", which the index does not have on every architecture",
                 STR_ARG(p->name), STR_ARG(p->version), STR_ARG(fixed));
        return;
    }
    u.version = o->version;
    if (!is_apt(k)) {
        u.constraint = str_fmt(k->c->arena, ">=" STR_FMT, STR_ARG(fixed));
    } else if (!apt_constraint(k, info, o->version, fixed, &u.constraint)) {
        fix_skip(k->c, k->install->command,
                 STR_FMT " has a fix waiting, in versions that no one pattern names on all "
                         "architectures",
                 STR_ARG(p->name));
        return;
    }
    vec_push(k->c->arena, &k->upgrades, u);
}

static void consider(struct call *k, const struct installed *p)
{
    struct package_info info = {0};
    struct str fixed = S(""), reason = S("");

    if (!find_info(k, p, &info))
        return;
    if (is_apt(k)) {
        const struct offer *o = security_offer(&info);
        if (o && deb_compare(p->version, o->version) < 0) {
            fixed = o->version;
            reason = o->suite;
        }
    } else {
        fixed = advised(k, p, &reason);
    }
    if (fixed.n)
        add_upgrade(k, p, &info, fixed, reason);
}

/* Binaries of one source often depend on each other's very version: those that the base has
 * move with the ones that must. */
static void consider_sibling(struct call *k, const struct installed *p)
{
    struct package_info info = {0};

    for (size_t i = 0; p->source.n && i < k->upgrades.n; i++) {
        const struct upgrade *u = &k->upgrades.v[i];
        if (!str_eq(u->source, p->source) || is_listed(k, p->name) || !find_info(k, p, &info))
            continue;
        const struct offer *o = least_candidate(k, &info);
        if (o && str_eq(o->version, u->version) &&
            version_compare(k->install->manager, p->version, o->version) < 0)
            add_upgrade(k, p, &info, o->version,
                        str_fmt(k->c->arena, "with " STR_FMT, STR_ARG(u->name)));
    }
}

static int by_name(const void *x, const void *y)
{
    const struct upgrade *a = x, *b = y;
    return str_cmp(a->name, b->name);
}

/* Fills `upgrades`; false: pending, or `why` says why it cannot be told. */
static bool find_upgrades(struct call *k)
{
    struct fix_ctx *c = k->c;
    const struct stage *root = k->stage;
    struct base_facts asked = {0};
    const struct base_facts *facts = k->stage->facts;

    while (root->base == BASE_STAGE)
        root = &c->image->stage[root->base_stage];
    if (root->base == BASE_IMAGE && (!facts || !facts->installed_known)) {
        enum answer answer =
            c->lookup->base(c->lookup->self, root->reference.text, root->archs, &asked);
        k->pending = answer == ANSWER_PENDING;
        if (k->pending)
            return false;
        facts = &asked;
    }
    if (!facts || !facts->installed_known) {
        k->why = str_fmt(c->arena,
                         "which packages its base holds is not known (" STR_FMT
                         "): give them with --installed",
                         STR_ARG(facts && facts->why.n ? facts->why : S("it was not read")));
        return false;
    }
    for (size_t i = 0; i < facts->ninstalled; i++)
        consider(k, &facts->installed[i]);
    for (size_t i = 0; i < facts->ninstalled; i++)
        consider_sibling(k, &facts->installed[i]);
    if (k->pending || k->why.n)
        return false;
    if (k->upgrades.n)
        qsort(k->upgrades.v, k->upgrades.n, sizeof(*k->upgrades.v), by_name);
    return true;
}

/* ---- what is left alone ---- */

static bool has_option(const struct install *in, const char *const *spelled)
{
    for (; *spelled; spelled++)
        if (install_option(in, str_of(*spelled)))
            return true;
    return false;
}

/* Looks, or fetches, and changes nothing. */
static bool is_harmless(const struct install *in)
{
    static const char *const names[] = {"simulate", "just-print", "dry-run",       "recon",
                                        "no-act",   "print-uris", "download-only", NULL};
    return has_option(in, names);
}

static const struct install *install_of(const struct image *im, node_id command)
{
    for (size_t i = 0; i < im->ninstall; i++)
        if (im->install[i].command == command)
            return &im->install[i];
    return NULL;
}

/* Were the lists brought up to date before this call, in its stage or one below? */
static bool is_updated(const struct call *k)
{
    static const char *const apk_fetches[] = {"no-cache", "update-cache", "update", NULL};
    const struct image *im = k->c->image;

    if (!is_apt(k) && has_option(k->install, apk_fetches))
        return true;
    for (size_t i = 0; i < im->ninstall; i++) {
        const struct install *in = &im->install[i];
        if (in->manager == k->install->manager && in->verb == VERB_UPDATE &&
            in->command < k->install->command &&
            image_is_built_on(im, k->install->stage, in->stage))
            return true;
    }
    return false;
}

/* Why the command itself is not one that can be rewritten; "" none. */
static struct str why_not_here(const struct call *k)
{
    const struct install *in = k->install;

    if (in->onbuild)
        return S("it runs in images built on this one, whose packages are not known");
    if (in->root.n)
        return S("its packages are not this image's");
    if (in->wrappers & (WRAP_SH_C | WRAP_EXEC_FORM | WRAP_OTHER))
        return S("it stands inside another program's argument: write it as a command of RUN");
    return S("");
}

/* Why packages cannot be named for it; "" none. */
static struct str why_not_named(const struct call *k)
{
    struct arena *a = k->c->arena;
    const struct install *in = k->install;
    const struct stage *s = k->stage;
    bool apt_distro =
        str_eq(s->release.distro, S("debian")) || str_eq(s->release.distro, S("ubuntu"));

    if (in->target_release.n || in->target_unknown)
        return S("it moves to the suite given with -t, which is a choice of its own");
    if (str_eq(in->program, S("aptitude")))
        return S("aptitude cannot be told to upgrade only what is installed: use apt-get");
    if (!s->release.distro.n)
        return str_fmt(a, "the release of this stage is not known: %s",
                       s->release_why ? s->release_why : "its base image is not in the tables");
    if (is_apt(k) != apt_distro)
        return str_fmt(a, "the stage is built on " STR_FMT ", which has no such packages",
                       STR_ARG(s->release.distro));
    const struct added_source *source = image_source_before(k->c->image, in);
    if (source)
        return str_fmt(a, "the package source added in line %u (" STR_FMT ") may hold newer ones",
                       text_place(k->c->tree->text, node_span(k->c->tree, source->node).start).line,
                       STR_ARG(source->what));
    if (is_apt(k) && !is_updated(k))
        return S("no `apt-get update` comes before it, so it upgrades nothing for sure");
    return S("");
}

/* ---- taking it out ---- */

/* The word after the program that is no option; "" not known. */
static struct str subcommand(const struct field *f, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (f[i].value.certainty == VALUE_KNOWN && !str_starts(f[i].value.text, S("-")))
            return f[i].value.text;
    return S("");
}

static bool is_list_path(struct str path)
{
    return str_starts(path, S("/var/lib/apt/lists")) || str_starts(path, S("/var/cache/apt")) ||
           str_starts(path, S("/var/cache/apk"));
}

/* Serves nothing but the upgrade: refreshing lists, tidying up after it. */
static bool is_attendant(const struct call *k, node_id command)
{
    const struct image *im = k->c->image;
    const struct install *in = install_of(im, command);
    const struct field *f;
    size_t n = image_fields(im, k->c->arena, command, &f);

    if (in && in->verb != VERB_OTHER)
        return in->verb == VERB_UPDATE;
    if (!n || f[0].value.certainty != VALUE_KNOWN)
        return false;
    struct str program = f[0].value.text, sub = subcommand(f, n);
    if (str_eq(program, S("apt-get")) || str_eq(program, S("apt")))
        return str_eq(sub, S("clean")) || str_eq(sub, S("autoclean")) ||
               str_eq(sub, S("autoremove"));
    if (str_eq(program, S("apk")))
        return str_eq(sub, S("cache"));
    if (str_eq(program, S("set")))
        return true;
    if (!str_eq(program, S("rm")))
        return false;
    for (size_t i = 1; i < n; i++)
        if (f[i].value.certainty != VALUE_KNOWN ||
            (!str_starts(f[i].value.text, S("-")) && !is_list_path(f[i].value.text)))
            return false;
    return true;
}

static bool is_bare(const struct install *in)
{
    return (in->verb == VERB_UPGRADE || in->verb == VERB_DIST_UPGRADE) && !in->npackage &&
           !is_harmless(in);
}

/* Does anything after this call still want the lists that were brought up to date? */
static bool lists_are_needed(const struct call *k)
{
    const struct image *im = k->c->image;
    const struct install *self = k->install;
    node_id refreshed = 0; /* the instruction with the latest `update` */

    for (size_t i = 0; i < im->ninstall; i++) {
        const struct install *in = &im->install[i];
        if (in->manager != self->manager || in->command <= self->command ||
            !image_is_built_on(im, in->stage, self->stage))
            continue;
        if (in->verb == VERB_UPDATE)
            refreshed = in->instruction;
        else if (in->verb != VERB_OTHER && in->verb != VERB_REMOVE &&
                 (in->instruction == self->instruction || in->instruction != refreshed))
            return true;
    }
    return false;
}

/* Is there nothing in the instruction but this and other bare upgrades and what serves them? */
static bool is_all_there_is(const struct call *k)
{
    const struct tree *t = k->c->tree;
    node_id instruction = k->install->instruction;

    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        switch (node_kind(t, n)) {
        case NODE_COMMAND: {
            const struct install *in = install_of(k->c->image, n);
            if (!(in && is_bare(in)) && !is_attendant(k, n))
                return false;
            break;
        }
        case NODE_DATA:
        case NODE_IF:
        case NODE_LOOP:
        case NODE_FOR:
        case NODE_CASE:
        case NODE_FUNCTION:
        case NODE_SUBST:
        case NODE_TEST:
        case NODE_ARITH:
            return false;
        default:
            break;
        }
    }
    return true;
}

static node_id previous_sibling(const struct tree *t, node_id n)
{
    node_id found = 0;

    for (node_id k = node_first(t, t->node[n].parent); k && k < n; k = node_sibling(t, k))
        found = k;
    return found;
}

static void take_out(const struct call *k, struct fix *f)
{
    const struct tree *t = k->c->tree;
    node_id first = k->install->command, last = first, n;

    if (!lists_are_needed(k)) {
        if (is_all_there_is(k)) {
            fix_delete_instruction(f, k->install->instruction);
            return;
        }
        while ((n = previous_sibling(t, first)) && t->node[n].kind == NODE_COMMAND &&
               install_of(k->c->image, n) && install_of(k->c->image, n)->verb == VERB_UPDATE)
            first = n;
        while (first != k->install->command && (n = node_sibling(t, last)) &&
               t->node[n].kind == NODE_COMMAND && is_attendant(k, n))
            last = n;
    }
    fix_delete_commands(f, first, last);
}

/* ---- naming the packages ---- */

/* The blanks that its line begins with. */
static struct str indentation_at(const struct tree *t, uint32_t offset)
{
    uint32_t start = offset, end;

    while (start > 0 && t->text.p[start - 1] != '\n')
        start--;
    for (end = start; end < offset && (t->text.p[end] == ' ' || t->text.p[end] == '\t');)
        end++;
    return str_sub(t->text, start, end);
}

/* The packages as they follow the command: one a line, in the indentation of its line; in a
 * heredoc, whose line ends are the shell's, all in one. */
static struct str package_words(const struct call *k)
{
    struct fix_ctx *c = k->c;
    const struct tree *t = c->tree;
    node_id command = k->install->command;
    struct str indent = indentation_at(t, node_span(t, command).start);
    struct str eol = t->crlf ? S("\r\n") : S("\n");
    bool heredoc = node_up(t, command, NODE_HEREDOC) != 0;
    bool comments = fix_option_is(c, "comments", "yes") && !heredoc;
    bool lines = (k->upgrades.n > 1 && !heredoc) || comments;
    struct buf b = {.arena = c->arena};

    for (size_t i = 0; i < k->upgrades.n; i++) {
        const struct upgrade *u = &k->upgrades.v[i];
        struct str word =
            str_fmt(c->arena, STR_FMT STR_FMT, STR_ARG(u->name), STR_ARG(u->constraint));
        buf_char(&b, ' ');
        if (lines) {
            buf_char(&b, t->escape);
            buf_add(&b, eol);
            if (comments)
                buf_fmt(&b, STR_FMT "    # " STR_FMT STR_FMT, STR_ARG(indent), STR_ARG(u->reason),
                        STR_ARG(eol));
            buf_fmt(&b, STR_FMT "    ", STR_ARG(indent));
        }
        buf_add(&b, fix_quote(c, command, word));
    }
    return buf_str(&b);
}

/* Options that only an upgrade knows; *refused: one shares its word with others. */
static void drop_options(const struct call *k, struct fix *f, bool *refused)
{
    static const char *const only[] = {"with-new-pkgs",  "available", "latest",
                                       "prune",          "ignore",    "self-upgrade-only",
                                       "no-self-upgrade"};
    const struct install *in = k->install;

    for (size_t i = 0; i < in->noption; i++)
        for (size_t o = 0; o < sizeof only / sizeof only[0]; o++) {
            const struct option *x = &in->option[i];
            if (!str_eq(x->spelled, str_of(only[o])))
                continue;
            struct str word = node_text(k->c->tree, x->name.word);
            *refused |= x->has_value || (!str_starts(word, S("--")) && word.n != 2);
            fix_delete(f, x->name.word);
        }
}

static node_id verb_word(const struct call *k)
{
    static const char *const verbs[] = {"upgrade", "dist-upgrade", "full-upgrade"};
    struct fix_ctx *c = k->c;
    const struct field *f;
    size_t n = image_fields(c->image, c->arena, k->install->command, &f);

    for (size_t i = 0; i < n; i++)
        for (size_t v = 0; v < 3; v++)
            if (f[i].value.certainty == VALUE_KNOWN && str_eq(f[i].value.text, str_of(verbs[v])) &&
                str_eq(node_text(c->tree, f[i].word), str_of(verbs[v])))
                return f[i].word;
    return 0;
}

static struct str new_verb(const struct call *k)
{
    static const char *const yes[] = {"yes", "assume-yes", NULL};
    static const char *const no_recommends[] = {"no-install-recommends", NULL};
    static const char *const only_upgrade[] = {"only-upgrade", NULL};
    const struct install *in = k->install;

    if (!is_apt(k))
        return is_updated(k) ? S("add --upgrade") : S("add --no-cache --upgrade");
    return str_fmt(k->c->arena, "install%s%s%s", has_option(in, yes) ? "" : " -y",
                   has_option(in, no_recommends) ? "" : " --no-install-recommends",
                   has_option(in, only_upgrade) ? "" : " --only-upgrade");
}

static struct str names(const struct call *k)
{
    struct buf b = {.arena = k->c->arena};

    for (size_t i = 0; i < k->upgrades.n && i < 5; i++)
        buf_fmt(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(k->upgrades.v[i].name));
    if (k->upgrades.n > 5)
        buf_fmt(&b, " and %zu more", k->upgrades.n - 5);
    return buf_str(&b);
}

static void name_packages(struct call *k)
{
    struct fix_ctx *c = k->c;
    const struct tree *t = c->tree;
    node_id command = k->install->command, verb = verb_word(k), last = 0, w = 0;
    bool refused = false;

    while ((w = node_next(t, command, w, NODE_WORD)))
        last = w;
    struct fix *f = fix_begin(c, command, UNSAFE, "Upgrade only what has security fixes: " STR_FMT,
                              STR_ARG(names(k)));
    if (verb) {
        fix_replace_code(f, verb, new_verb(k));
        drop_options(k, f, &refused);
    }
    if (!verb || refused)
        fix_refuse(f, "its words cannot be carried over to a command that names packages");
    else
        fix_insert_code(f, command, node_span(t, last).end, package_words(k));
}

/* ---- one call ---- */

/* A bare upgrade of the same manager, surely run before this one. */
static bool is_repeated(const struct call *k)
{
    const struct image *im = k->c->image;

    for (size_t i = 0; i < im->ninstall; i++) {
        const struct install *in = &im->install[i];
        if (in->command >= k->install->command)
            return false;
        if (in->manager == k->install->manager && in->stage == k->install->stage && is_bare(in) &&
            !in->conditional && in->instruction == k->install->instruction)
            return true;
    }
    return false;
}

static void narrow(struct call *k)
{
    struct fix_ctx *c = k->c;
    node_id command = k->install->command;
    struct str why = why_not_here(k);

    if (!why.n)
        why = why_not_named(k);
    if (!why.n && !find_upgrades(k)) {
        if (k->pending)
            return;
        why = k->why;
    }
    if (why.n) {
        fix_skip(c, command, STR_FMT " is left as it is: " STR_FMT, STR_ARG(called(k)),
                 STR_ARG(why));
    } else if (is_repeated(k)) {
        take_out(k, fix_begin(c, command, UNSAFE, "Remove " STR_FMT ": another comes before it",
                              STR_ARG(called(k))));
    } else if (!k->upgrades.n) {
        take_out(k, fix_begin(c, command, UNSAFE,
                              "Remove " STR_FMT ": no package of the base has a security fix "
                              "waiting",
                              STR_ARG(called(k))));
    } else {
        name_packages(k);
    }
}

static void remove_upgrade(struct call *k)
{
    struct fix_ctx *c = k->c;
    struct str why = why_not_here(k);

    if (why.n && !k->install->onbuild) {
        fix_skip(c, k->install->command, STR_FMT " is left as it is: " STR_FMT, STR_ARG(called(k)),
                 STR_ARG(why));
        return;
    }
    bool known = k->stage->facts && k->stage->facts->installed_known;
    take_out(k, fix_begin(c, k->install->command, UNSAFE, "Remove " STR_FMT ", as policy asks%s",
                          STR_ARG(called(k)),
                          known ? "" : "; which fixes its base lacks is not known"));
}

static void run(struct fix_ctx *c)
{
    if (fix_option_is(c, "mode", "allow"))
        return;
    for (size_t i = 0; i < c->image->ninstall; i++) {
        const struct install *in = &c->image->install[i];
        struct call k = {.c = c, .install = in, .stage = &c->image->stage[in->stage], .why = S("")};
        if (!is_bare(in))
            continue;
        if (fix_option_is(c, "mode", "narrow"))
            narrow(&k);
        else if (fix_option_is(c, "mode", "remove"))
            remove_upgrade(&k);
        else
            fix_hint(c, in->command,
                     STR_FMT " takes in whatever is there on the day of the build: name what needs "
                             "upgrading (`mode: narrow` does it)",
                     STR_ARG(called(&k)));
    }
}

const struct fixer fixer_narrow_upgrade = {
    .id = "narrow-upgrade",
    .aliases = "",
    .title = "Upgrade only the packages that have security fixes",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .options = options,
    .run = run,
};
