/* accept.c - which accepted risks count, and what the others lack. */
#include "accept/accept.h"

#include <stdlib.h>

#include "config/config.h"
#include "dfix/date.h"
#include "host/gitignore.h"

struct acceptance accept_empty(void)
{
    struct str none = S("");

    return (struct acceptance){.id = none,
                               .package = none,
                               .version = none,
                               .where = none,
                               .reason = none,
                               .owner = none,
                               .decided = none,
                               .expires = none,
                               .status = none,
                               .impact = none,
                               .path = none,
                               .folder = none};
}

bool accept_is_here(const struct acceptance *x, const struct accept_subject *of)
{
    struct path_glob glob = {x->folder, x->where};
    ptrdiff_t at = str_find(x->where, S("@sha256:"));

    if (!x->where.n)
        return true;
    if (at != STR_NONE)
        return of->digest.n && str_eq(str_from(x->where, (size_t)at + 1), of->digest) &&
               (at == 0 || str_eq(str_sub(x->where, 0, (size_t)at), of->image));
    if (of->origin.n && glob_fits_path(x->where, of->origin))
        return true;
    return (of->file.n && path_glob_fits(&glob, of->file)) ||
           (of->image.n && globs_fit(x->where, of->image));
}

bool accept_fits(const struct acceptance *x, const struct accept_subject *of)
{
    return acceptance_names(x, of) && accept_is_here(x, of);
}

unsigned accept_faults(const struct acceptance *x, struct str today,
                       const struct codeowners *owners)
{
    unsigned faults = 0;

    if (!x->reason.n && !x->impact.n && !x->status.n)
        faults |= ACCEPT_NO_REASON;
    if (!x->owner.n || (!x->vendor && !codeowner_valid(x->owner)))
        faults |= ACCEPT_NO_OWNER;
    else if (owners && !x->vendor && !x->trusted && !codeowners_have(owners, x->owner))
        faults |= ACCEPT_STRANGER;
    if (!x->expires.n && !x->vendor)
        faults |= ACCEPT_NO_END;
    else if (x->expires.n && str_cmp(x->expires, today) < 0)
        faults |= ACCEPT_EXPIRED;
    return faults;
}

struct str accept_fault_text(struct arena *a, const struct acceptance *x, unsigned faults)
{
    struct buf b = {.arena = a};
    const struct {
        unsigned fault;
        struct str text;
    } words[] = {
        {ACCEPT_NO_REASON, S("it has no reason")},
        {ACCEPT_NO_OWNER, x->owner.n
                              ? str_fmt(a,
                                        "\"" STR_FMT "\" is no owner (@name, @org/team or an "
                                        "address)",
                                        STR_ARG(x->owner))
                              : S("it has no owner")},
        {ACCEPT_STRANGER, str_fmt(a, "CODEOWNERS does not know " STR_FMT, STR_ARG(x->owner))},
        {ACCEPT_NO_END, S("it has no end")},
        {ACCEPT_EXPIRED, str_fmt(a, "it expired on " STR_FMT, STR_ARG(x->expires))},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (faults & words[i].fault)
            buf_fmt(&b, "%s" STR_FMT, b.n ? ", and " : "", STR_ARG(words[i].text));
    return b.n ? buf_str(&b) : S("");
}

/* Policy that forbids comments about known vulnerabilities has the operator decide. */
static bool is_forbidden(const struct settings *s)
{
    for (size_t i = 0; i < s->nforbid; i++)
        if (word_is_one_of(s->forbid[i], "known-vulnerabilities all"))
            return true;
    return false;
}

void accept_for_file(struct arena *a, struct settings *s, struct str real,
                     const struct codeowners *owners)
{
    struct str none = S("");
    const struct accept_subject of = {.file = real, .origin = none, .image = none, .digest = none};
    struct accepted *v = arena_new(a, struct accepted, s->naccept + 1);
    bool forbidden = is_forbidden(s);

    for (size_t i = 0; i < s->naccept; i++) {
        const struct acceptance *x = &s->accept[i];
        v[i] = (struct accepted){x, accept_is_here(x, &of),
                                 accept_fault_text(a, x, accept_faults(x, s->today, owners))};
        if (!v[i].fault.n && forbidden && !x->trusted)
            v[i].fault = S("policy lets only the operator accept it");
    }
    s->accepted = v;
    s->naccepted = s->naccept;
}

bool accept_days_left(const struct acceptance *x, struct str today, int64_t *days)
{
    int64_t end, now;

    if (!date_read(x->expires, &end) || !date_read(today, &now))
        return false;
    *days = end - now;
    return true;
}

struct str accept_name(struct arena *a, const struct acceptance *x)
{
    if (!x->package.n || !x->id.n)
        return x->id.n ? x->id : x->package;
    return str_fmt(a, STR_FMT " in " STR_FMT, STR_ARG(x->id), STR_ARG(x->package));
}

struct str accept_status_words(struct str status)
{
    static const struct {
        const char *status, *words;
    } v[] = {
        {"component_not_present", "the component is not there"},
        {"vulnerable_code_not_present", "the vulnerable code is not there"},
        {"vulnerable_code_not_in_execute_path", "the vulnerable code is never run"},
        {"vulnerable_code_cannot_be_controlled_by_adversary",
         "the vulnerable code is out of an attacker's reach"},
        {"inline_mitigations_already_exist", "it is mitigated"},
        {"fixed", "it is fixed"},
    };

    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
        if (str_eq(status, str_of(v[i].status)))
            return str_of(v[i].words);
    return S("");
}
