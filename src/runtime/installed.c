/* installed.c - packages that the stage of what is started installs, whoever installs them. */
#include "dfix/manager.h"
#include "files/files.h"
#include "runtime/start.h"

bool started_is_on(const struct started *s, unsigned stage)
{
    return stage != UINT32_MAX && image_is_built_on(s->im, s->stage, stage);
}

/* pyserial==3.5, docker-ce, @scope/x: up to what says the version. */
static struct str package_part(struct str word)
{
    size_t end = word.n ? 1 : 0;

    while (end < word.n && str_chr(S("=<>~![@"), word.p[end]) == STR_NONE)
        end++;
    return str_sub(word, 0, end);
}

/* One that a command installs which image_installs does not list. */
static struct str package_of_command(const struct command *c, package_test *is, struct str of)
{
    const struct field *f;
    size_t n = command_args(c, &f);

    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        if (f[i].value.certainty != VALUE_KNOWN || str_starts(word, S("-")))
            continue;
        if (word_is_one_of(word, "remove erase autoremove uninstall"))
            return S("");
        if (is(package_part(word), of))
            return package_part(word);
    }
    return S("");
}

struct str started_distro_package(const struct started *s, package_test *is, struct str of)
{
    size_t n;
    const struct install *install = image_installs(s->im, &n);

    for (size_t i = 0; i < n; i++) {
        const struct install *in = &install[i];
        if (in->verb != VERB_INSTALL || !started_is_on(s, in->stage))
            continue;
        for (size_t k = 0; k < in->npackage; k++) {
            const struct package *p = &in->package[k];
            if (p->kind <= PACKAGE_CONSTRAINED && p->name.n && is(p->name, of))
                return p->name;
        }
    }
    return S("");
}

struct str started_package(const struct started *s, const char *programs, package_test *is,
                           struct str of)
{
    struct str name = started_distro_package(s, is, of);

    for (const struct command *c = NULL; !name.n && (c = command_next(s->im, c, PHASE_BUILD));)
        if (started_is_on(s, c->stage) && word_is_one_of(c->name, programs))
            name = package_of_command(c, is, of);
    return name;
}
