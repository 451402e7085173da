/* The moment that a stage can be tied to in its distribution's dated archive. */
#include "dfix/fixer.h"

static enum answer ask(struct fix_ctx *c, const struct stage *s, struct str name,
                       struct package_info *info)
{
    const struct question q = {
        .manager = &manager_apt, .release = &s->release, .archs = s->archs, .name = name};

    return lookup_package(c->lookup, q, info);
}

/* When the newest Release file of the release's suites was made; 0: not known. A suite that has
 * none of the file's packages counts too: those of the base come from it. False: not asked yet. */
static bool newest_release(struct fix_ctx *c, const struct stage *s, int64_t *date)
{
    struct package_info info = {.dated = 0};
    enum answer known = ask(c, s, S("apt"), &info);

    *date = known == ANSWER_FOUND || known == ANSWER_ABSENT ? info.dated : 0;
    return known != ANSWER_PENDING;
}

/* A package of the base that no suite has in so new a version: what depends on it could not be
 * installed. "" none, or that is not known. */
static struct str newer_in_base(struct fix_ctx *c, const struct stage *s)
{
    const struct base_facts *f = s->facts;

    for (size_t i = 0; f && f->installed_known && i < f->ninstalled; i++) {
        const struct installed *held = &f->installed[i];
        struct package_info info;
        if (ask(c, s, held->name, &info) == ANSWER_FOUND && info.noffer &&
            deb_valid(held->version) && deb_compare(held->version, info.offer[0].version) > 0)
            return str_fmt(c->arena, STR_FMT " " STR_FMT, STR_ARG(held->name),
                           STR_ARG(held->version));
    }
    return S("");
}

bool snapshot_date(struct fix_ctx *c, const struct stage *s, int64_t *date, struct str *why)
{
    *why = S("");
    if (!newest_release(c, s, date))
        return false;
    struct str newer = *date > 0 ? newer_in_base(c, s) : S("");
    if (newer.n)
        *why = str_fmt(c->arena,
                       "the base image has " STR_FMT
                       ", newer than anything in the index, so packages that depend on it could "
                       "not be installed from that day's archive",
                       STR_ARG(newer));
    if (*date <= 0)
        *why = S("none of the available indexes has a date");
    return true;
}
