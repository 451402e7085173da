/* narrow-upgrade: `apt-get upgrade -y` becomes an upgrade of the packages that have
 * security fixes waiting, by name. */
#include "dfix/fixer.h"

static const char doc[] =
    "A bare upgrade (`apt-get upgrade`, `dist-upgrade`, `full-upgrade`, aptitude's\n"
    "`safe-upgrade`, `apk upgrade`) upgrades to whatever the archive holds at build time, and the\n"
    "file does not show what changed. This rule reports it. `mode` selects what else it does:\n\n"
    "- `narrow`: compares the packages of the base image with the verified index. The command is\n"
    "  changed to name those that are older than the version of the -security suite (Debian, "
    "Ubuntu)\n"
    "  or of an advisory (Alpine), with the packages of the same source that have to move with "
    "them;\n"
    "  all others stay as the base image has them. For apt it writes the name\n"
    "  (`--only-upgrade libssl3`), which after an `update` in the same `RUN` gets what the index "
    "has\n"
    "  then: the fix, or its successor. With `style: exact`, and for aptitude, it writes the "
    "whole\n"
    "  version, which disappears with the next fix. For apk it writes the lowest fixed version. "
    "With\n"
    "  nothing to upgrade, the command is removed, and with it an `update` that nothing else may "
    "need.\n"
    "- `remove`: removes the command, whatever the base image holds.\n"
    "- `allow`: reports nothing. To accept a single command, write above it\n"
    "  `# dfix ignore=narrow-upgrade until=2027-03-01 because ...`.\n\n"
    "The packages of the base image come from its layers, or from `--installed FILE`, which must\n"
    "match the stage's distribution and release.\n\n"
    "Not changed, with the reason: base images whose packages or release are unknown, fixes that "
    "the\n"
    "index does not have for every architecture or that other package sources may offer, `-t\n"
    "SUITE`, commands without `update` before them, commands inside `sh -c` or the exec form.\n\n"
    "Safety: unsafe. Packages that the bare upgrade would also have updated no longer are. A "
    "policy\n"
    "that wants this without `--unsafe` says `level: unsafe`.\n";

static const struct option_doc options[] = {
    {"mode", "report", "report|narrow|remove|allow", "what to do about bare upgrades"},
    {"style", "floor", "floor|exact", "`floor`: the fix or newer; `exact`: apt's whole versions"},
    {"comments", "no", "no|yes", "write above each package why it is upgraded"},
    {NULL, NULL, NULL, NULL},
};

struct call {
    struct fix_ctx *c;
    const struct install *install;
    const struct stage *stage;
    struct upgrades upgrades;
};

static bool is_aptitude(const struct call *k)
{
    return str_eq(k->install->program, S("aptitude"));
}

/* A bare name is "at least" what fresh lists have. */
static bool is_floor(const struct call *k)
{
    return k->install->manager->does.install_upgrades && !is_aptitude(k) &&
           !fix_option_is(k->c, "style", "exact");
}

/* hadolint's code; NULL: it has none. */
static struct fix *with_code(const struct install *in, struct fix *f)
{
    if (in->manager == &manager_apk)
        fix_code(f, "DL3017");
    else if (in->verb == VERB_DIST_UPGRADE && str_eq(in->program, S("apt-get")))
        fix_code(f, "DL3005");
    return f;
}

/* The word that says "upgrade"; 0: it is not written as such. */
static node_id verb_word(const struct call *k)
{
    static const char *const verbs[] = {"upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade"};
    struct fix_ctx *c = k->c;
    const struct field *f;
    size_t n = image_fields(c->image, c->arena, k->install->command, &f);

    for (size_t i = 0; i < n; i++)
        for (size_t v = 0; v < sizeof verbs / sizeof verbs[0]; v++)
            if (f[i].value.certainty == VALUE_KNOWN && str_eq(f[i].value.text, str_of(verbs[v])) &&
                str_eq(node_text(c->tree, f[i].word), str_of(verbs[v])))
                return f[i].word;
    return 0;
}

/* "apt-get dist-upgrade", for messages */
static struct str called(const struct call *k)
{
    return str_fmt(k->c->arena, STR_FMT " " STR_FMT, STR_ARG(k->install->program),
                   STR_ARG(k->install->said));
}

/* ---- what is left alone ---- */

/* Why the command itself is not one that can be rewritten; "" none. */
static struct str why_not_here(const struct call *k)
{
    const struct install *in = k->install;

    if (in->onbuild)
        return S("it runs in images built from this one, whose packages are unknown");
    if (in->root.n)
        return S("its packages are not this image's");
    if (in->wrappers & (WRAP_SH_C | WRAP_EXEC_FORM))
        return S("it is inside another program's argument; write it as a plain RUN command");
    if (in->npackage)
        return S("it upgrades everything, not only the packages it names; use `install "
                 "--only-upgrade` for those");
    return S("");
}

/* Why packages cannot be named for it; "" none. */
static struct str why_not_named(const struct call *k)
{
    struct arena *a = k->c->arena;
    const struct install *in = k->install;
    const struct stage *s = k->stage;

    if (in->target_release.n || in->target_unknown)
        return S("it moves to the suite given with -t, which is a deliberate choice");
    if (!s->release.distro.n)
        return str_fmt(a, "the release of this stage is unknown (%s)",
                       s->release_why ? s->release_why : "dfix does not know its base image");
    if (!in->manager->serves(s->release.distro))
        return str_fmt(a, "the stage is built on " STR_FMT ", which has no such packages",
                       STR_ARG(s->release.distro));
    if (!*in->manager->fresh_options && !install_updated(k->c->image, in))
        return str_fmt(a,
                       "no `" STR_FMT " update` comes before it, so it finds nothing to upgrade, "
                       "or only what another build left",
                       STR_ARG(in->program));
    if (is_floor(k) && !install_updated_together(k->c->image, in))
        return str_fmt(a,
                       "a cached build may have old package lists; run `" STR_FMT
                       " update` in the same RUN",
                       STR_ARG(in->program));
    return S("");
}

/* ---- taking it out ---- */

static void take_out(const struct call *k, struct fix *f)
{
    node_id first, last;

    with_code(k->install, f);
    if (install_takes_along(k->c->image, k->install, &first, &last))
        fix_delete_instruction(f, k->install->instruction);
    else
        fix_delete_commands(f, first, last);
}

/* ---- naming the packages ---- */

/* Does `&& more` or `|| more` stand behind the command in its line? */
static bool is_followed(const struct tree *t, node_id command)
{
    uint32_t tok = t->node[command].tok_end;

    if (t->tok[tok].kind != TOK_BLANK || t->tok[tok + 1].kind != TOK_OPERATOR)
        return false;
    struct str op = str_sub(t->text, t->tok[tok + 1].start, t->tok[tok + 2].start);
    bool goes_on = t->tok[tok + 2].kind == TOK_BLANK && t->tok[tok + 3].kind != TOK_CONTINUATION;
    return goes_on && (str_eq(op, S("&&")) || str_eq(op, S("||")));
}

/* The packages as they follow the command: one a line, in the indentation of its line; in a
 * heredoc, whose line ends are the shell's, all in one. */
static struct str package_words(const struct call *k)
{
    struct fix_ctx *c = k->c;
    const struct tree *t = c->tree;
    node_id command = k->install->command;
    struct str indent = line_indent(t, node_span(t, command).start);
    struct str eol = t->crlf ? S("\r\n") : S("\n");
    bool heredoc = node_up(t, command, NODE_HEREDOC) != 0;
    bool comments = fix_option_is(c, "comments", "yes") && !heredoc;
    bool lines = (k->upgrades.n > 1 && !heredoc) || comments;
    struct buf b = {.arena = c->arena};

    for (size_t i = 0; i < k->upgrades.n; i++) {
        const struct upgrade *u = &k->upgrades.v[i];
        struct str word = str_fmt(c->arena, STR_FMT STR_FMT, STR_ARG(u->name),
                                  STR_ARG(is_floor(k) ? S("") : u->constraint));
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
    /* What goes on behind the last package goes on in a line of its own. */
    if (lines && is_followed(t, command))
        buf_fmt(&b, " %c" STR_FMT STR_FMT "   ", t->escape, STR_ARG(eol), STR_ARG(indent));
    return buf_str(&b);
}

/* A word of single-letter options without one of them. */
static void drop_letter(const struct call *k, struct fix *f, const struct field *word, char letter)
{
    struct buf b = {.arena = k->c->arena};

    for (size_t i = 0; i < word->value.text.n; i++)
        if (word->value.text.p[i] != letter)
            buf_char(&b, word->value.text.p[i]);
    if (b.n > 1)
        fix_replace(f, word->word, buf_str(&b));
    else
        fix_delete(f, word->word);
}

/* Options that only an upgrade knows. */
static void drop_options(const struct call *k, struct fix *f)
{
    static const char *const only[] = {
        "with-new-pkgs", "without-new-pkgs", "available",         "prune",
        "ignore",        "no-self-upgrade",  "self-upgrade-only", "preupgrade-depends"};
    const struct install *in = k->install;

    for (size_t i = 0; i < in->noption; i++)
        for (size_t o = 0; o < sizeof only / sizeof only[0]; o++) {
            const struct option *x = &in->option[i];
            if (!str_eq(x->spelled, str_of(only[o])))
                continue;
            if (str_starts(x->name.value.text, S("--")))
                fix_delete(f, x->name.word);
            else
                drop_letter(k, f, &x->name, only[o][0]);
        }
}

static struct str new_verb(const struct call *k)
{
    const struct install *in = k->install;
    return in->manager->upgrade_by_name(k->c->arena, in, install_updated(k->c->image, in));
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

/* A fix that no one constraint names; NULL none. */
static const struct upgrade *unnamed(const struct call *k)
{
    for (size_t i = 0; i < k->upgrades.n && !is_floor(k); i++)
        if (!k->upgrades.v[i].constraint.n)
            return &k->upgrades.v[i];
    return NULL;
}

/* aptitude takes a version, and no pattern. */
static bool has_pattern(const struct call *k)
{
    for (size_t i = 0; i < k->upgrades.n; i++)
        if (str_ends(k->upgrades.v[i].constraint, S("*")))
            return true;
    return false;
}

static void name_packages(const struct call *k)
{
    struct fix_ctx *c = k->c;
    const struct tree *t = c->tree;
    node_id command = k->install->command, verb = verb_word(k), last = 0, w = 0;

    while ((w = node_next(t, command, w, NODE_WORD)))
        last = w;
    struct fix *f =
        with_code(k->install, fix_begin(c, command, UNSAFE,
                                        "Upgrade only packages with security fixes (" STR_FMT ")",
                                        STR_ARG(names(k))));
    if (!verb) {
        fix_refuse(f, "its options cannot be carried over to a command that names packages");
    } else if (is_aptitude(k) && has_pattern(k)) {
        fix_refuse(f, "aptitude accepts no version patterns, and the versions differ between "
                      "architectures; use apt-get");
    } else {
        fix_replace_code(f, verb, new_verb(k));
        drop_options(k, f);
        fix_insert_code(f, command, node_span(t, last).end, package_words(k));
    }
}

/* ---- one call ---- */

/* A bare upgrade of the same manager, surely run before this one, in its stage or one below, and
 * rewritten like it. */
static bool is_repeated(const struct call *k)
{
    const struct image *im = k->c->image;
    size_t ninstall;
    const struct install *install = image_installs(im, &ninstall);

    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        struct call before = {.c = k->c, .install = in, .stage = &im->stage[in->stage]};
        if (in->command >= k->install->command)
            return false;
        if (in->manager == k->install->manager &&
            image_is_built_on(im, k->install->stage, in->stage) && install_upgrades_all(in) &&
            !in->conditional && !why_not_here(&before).n && !why_not_named(&before).n &&
            verb_word(&before))
            return true;
    }
    return false;
}

static void say_notes(const struct call *k)
{
    for (size_t i = 0; i < k->upgrades.nnote; i++)
        fix_skip(k->c, k->install->command, STR_FMT, STR_ARG(k->upgrades.note[i]));
}

static void narrow(struct call *k)
{
    struct fix_ctx *c = k->c;
    node_id command = k->install->command;
    struct str why = why_not_here(k);

    if (!why.n)
        why = why_not_named(k);
    if (!why.n) {
        upgrades_find(c->arena, c->image, k->install, c->lookup,
                      fix_option_is(c, "comments", "yes"), &k->upgrades);
        if (k->upgrades.pending)
            return;
        why = k->upgrades.why;
        const struct upgrade *u = why.n ? NULL : unnamed(k);
        if (u)
            why = str_fmt(c->arena,
                          STR_FMT " has a security fix, but no single pattern matches its "
                                  "versions on all architectures",
                          STR_ARG(u->name));
    }
    if (why.n) {
        fix_skip(c, command, STR_FMT " was kept because " STR_FMT, STR_ARG(called(k)),
                 STR_ARG(why));
        return;
    }
    say_notes(k);
    if (is_repeated(k))
        take_out(k,
                 fix_begin(c, command, UNSAFE, "Remove " STR_FMT ", as another one comes before it",
                           STR_ARG(called(k))));
    else if (!k->upgrades.n)
        take_out(k, fix_begin(c, command, UNSAFE,
                              "Remove " STR_FMT
                              ", as no package of the base image has a pending security fix",
                              STR_ARG(called(k))));
    else
        name_packages(k);
}

static void remove_upgrade(struct call *k)
{
    struct fix_ctx *c = k->c;
    struct str why = why_not_here(k);

    if (why.n && !k->install->onbuild) {
        fix_skip(c, k->install->command, STR_FMT " was kept because " STR_FMT, STR_ARG(called(k)),
                 STR_ARG(why));
        return;
    }
    bool known = k->stage->facts && k->stage->facts->installed_known;
    take_out(k, fix_begin(c, k->install->command, UNSAFE,
                          "Remove " STR_FMT ", as the policy demands%s", STR_ARG(called(k)),
                          known ? "" : "; which security fixes the base image lacks is unknown"));
}

/* ---- what is only reported ---- */

static const char told[] = STR_FMT " upgrades to whatever the archive holds at build time";

static const struct manager_code codes[] = {
    {&manager_yum, "DL3031"}, {&manager_dnf, "DL3039"}, {&manager_zypper, "DL3035"}, {NULL, NULL}};

/* Managers whose index is not read. */
static void report(struct fix_ctx *c, const struct command *k)
{
    const struct manager *m = manager_of_program(k->program);
    const char *code = m ? manager_code_of(codes, m) : NULL;
    const struct field *const *f;

    if (!code)
        return;
    enum verb verb = command_verb(k);
    bool all = verb == VERB_DIST_UPGRADE || (verb == VERB_UPGRADE && !command_operands(k, &f));
    if (!all || command_has(k, "dry-run") || command_has(k, "assumeno"))
        return;
    struct str what =
        str_fmt(c->arena, STR_FMT " " STR_FMT, STR_ARG(k->name), STR_ARG(command_subcommand(k)));
    struct fix *x = fix_hint(c, k->outer, told, STR_ARG(what));
    fix_help(x, "name the packages to upgrade instead");
    if (m != &manager_zypper || verb == VERB_DIST_UPGRADE)
        fix_code(x, code);
}

static void run(struct fix_ctx *c)
{
    if (fix_option_is(c, "mode", "allow"))
        return;
    size_t ninstall;
    const struct install *install = image_installs(c->image, &ninstall);

    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        struct call k = {.c = c, .install = in, .stage = &c->image->stage[in->stage]};
        if (!install_upgrades_all(in))
            continue;
        if (fix_option_is(c, "mode", "narrow"))
            narrow(&k);
        else if (fix_option_is(c, "mode", "remove"))
            remove_upgrade(&k);
        else
            fix_help(
                with_code(in, fix_hint(c, in->command, told, STR_ARG(called(&k)))),
                "name the packages to upgrade; dfix does that with `rules: {narrow-upgrade: {mode: "
                "narrow}}` in dfix.yaml");
    }
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));)
        report(c, k);
}

const struct fixer fixer_narrow_upgrade = {
    .id = "narrow-upgrade",
    .aliases = "DL3005 DL3017 DL3031 DL3035 DL3039",
    .title = "Upgrade only the packages that have security fixes",
    .why = "What is upgraded depends on the day of the build, and the file does not show it.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .options = options,
    .run = run,
};
