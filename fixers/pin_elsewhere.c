/* pin-elsewhere: packages without a version, of managers whose versions are held in place by
 * another file, or written by hand. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports packages without a version that yum, dnf, zypper, pip, npm, gem and go install, and "
    "says\n"
    "what would hold them in place: a requirements file, a lock file, or the version itself.\n\n"
    "Silent for files, URLs, groups, patterns and local paths, which have no versions; for pip "
    "beside a\n"
    "requirements or constraints file; for words known only at build time.\n\n"
    "Safety: only reported. dfix does not read the indexes of these managers.\n";

static const struct {
    const struct manager *manager;
    const char *code;
} codes[] = {
    {&manager_pip, "DL3013"}, {&manager_npm, "DL3016"},    {&manager_gem, "DL3028"},
    {&manager_yum, "DL3033"}, {&manager_zypper, "DL3037"}, {&manager_dnf, "DL3041"},
    {&manager_go, "DL3062"},
};

static const char *code_of(const struct manager *m)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].manager == m)
            return codes[i].code;
    return NULL;
}

/* The package has no version, and could have one. */
static bool is_open(const struct manager *m, const struct field *f, struct package *p)
{
    struct str word = f->value.text;

    *p = (struct package){.kind = PACKAGE_UNKNOWN, .name = S("")};
    if (f->value.certainty != VALUE_KNOWN || !word.n)
        return false;
    m->package_read(p, word);
    return p->kind == PACKAGE_NAME && p->name.n;
}

static void report(struct fix_ctx *c, const struct command *k, const struct manager *m,
                   const char *code)
{
    const struct field *const *f;
    size_t n = m->packages(k, &f);

    for (size_t i = 0; i < n; i++) {
        struct package p;
        if (!is_open(m, f[i], &p))
            continue;
        struct fix *x = fix_hint(c, f[i]->word, STR_FMT " has no version", STR_ARG(p.name));
        fix_code(x, code);
        fix_help(x, "%s", m->pinned_by);
    }
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));) {
        const struct manager *m = manager_of_program(k->program);
        const char *code = m ? code_of(m) : NULL;
        if (code)
            report(c, k, m, code);
    }
}

const struct fixer fixer_pin_elsewhere = {
    .id = "pin-elsewhere",
    .aliases = "DL3013 DL3016 DL3028 DL3033 DL3037 DL3041 DL3062",
    .title = "Pin packages of pip, npm, gem, go, yum, dnf and zypper",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
