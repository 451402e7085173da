/* release-eol: a base release that gets no more security fixes. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports a stage that is built on a distribution release after its end of life: its packages\n"
    "get no more security fixes, and its index moves to an archive. Names the supported releases.\n"
    "Paid extensions (ELTS, ESM) count if the policy lists them under `extended`.\n\n"
    "Silent when the release is unknown, and for rolling ones (sid, edge).\n\n"
    "Safety: a hint. Another release is another image.\n";

static const struct option_doc options[] = {
    {"extended", "", "list",
     "releases that are supported longer than by their distribution, and until when: "
     "`ubuntu:20.04=2030-04-30`"},
    {NULL, NULL, NULL, NULL},
};

/* The end that the policy names for the release; "" none. */
static struct str extended_end(const struct fix_ctx *c, const struct release *r)
{
    struct str rest = fix_option(c, "extended"), line, distro, version;

    while (str_cut(&rest, '\n', &line))
        if (str_cut(&line, ':', &distro) && str_cut(&line, '=', &version) &&
            str_eq(distro, r->distro) &&
            (str_eq(version, r->version) || (r->codename.n && str_eq(version, r->codename))))
            return date_is_valid(line) ? line : S("");
    return S("");
}

/* "stretch", and who says that it is that release when the tag does not. */
static struct str details(struct fix_ctx *c, const struct stage *s)
{
    const char *who = str_eq(s->release_from, S("layout"))     ? "its layout"
                      : str_eq(s->release_from, S("registry")) ? "its registry"
                      : s->release_exact                       ? NULL
                                                               : "dfix's built-in table";
    struct str codename = s->release.codename;

    if (!who && !codename.n)
        return S("");
    return str_fmt(c->arena, " (" STR_FMT "%s%s%s)", STR_ARG(codename),
                   who && codename.n ? "; " : "", who ? "per " : "", who ? who : "");
}

static void look(struct fix_ctx *c, const struct stage *s)
{
    const struct release *r = &s->release;
    struct str today = c->settings->today, end;

    if (s->base != BASE_IMAGE || !r->distro.n || !today.n || !release_end_now(c->lookup, r, &end))
        return;
    struct str extended = extended_end(c, r);
    if (str_cmp(extended, end) > 0)
        end = extended;
    if (str_cmp(today, end) <= 0)
        return;
    struct str next = release_next(c->arena, r, today);
    struct fix *f =
        fix_hint(c, s->image, STR_FMT " " STR_FMT STR_FMT " reached end of life on " STR_FMT,
                 STR_ARG(r->distro), STR_ARG(r->version), STR_ARG(details(c, s)), STR_ARG(end));
    if (next.n)
        fix_help(f, "upgrade to " STR_FMT, STR_ARG(next));
}

static void run(struct fix_ctx *c)
{
    for (size_t i = 0; i < c->image->nstage; i++)
        look(c, &c->image->stage[i]);
}

const struct fixer fixer_release_eol = {
    .id = "release-eol",
    .aliases = "",
    .title = "Report base releases that get no more security fixes",
    .why = "Its packages get no more security fixes.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .security = true,
    .options = options,
    .run = run,
};
