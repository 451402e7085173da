/* inside.c - what changed inside an image whose digest moves: the packages that came, went and
 * moved between the two, and the advisories that this closes. */
#include "faces/bot/bot.h"

#include <stdlib.h>

#include "dfix/manager.h"

enum { ROUNDS = 8, ROWS = 40, NAMED = 4, NAME_SHOWN = 100 };

/* A package on both sides, or on one. */
struct row {
    const struct installed *old, *new;
    struct str fixes;
};
struct inside {
    struct arena *arena;
    const struct lookup *lookup;
    const struct base_facts *old, *new;
    VEC(struct row) row;
    size_t moved, came, went, closed, most;
};

/* Asked until the answer is there, or nothing more comes. */
static bool ask(const struct lookup *l, struct arena *a, struct str image, arch_set archs,
                struct base_facts *out)
{
    struct str name = str_dup(a, image);

    for (int i = 0; i < ROUNDS; i++) {
        enum answer answer = lookup_base(l, name, archs, BASE_BY_LAYERS, out);
        if (answer != ANSWER_PENDING)
            return answer == ANSWER_FOUND;
        if (!l->resolve || !l->resolve(l->self))
            return false;
    }
    return false;
}

static enum answer ask_advisories(const struct lookup *l, const struct manager *m,
                                  const struct release *of, struct str source,
                                  struct advisory_list *out)
{
    enum answer answer = ANSWER_PENDING;

    for (int i = 0; i < ROUNDS && answer == ANSWER_PENDING; i++) {
        answer = lookup_advisories(l, m, of, source, out);
        if (answer == ANSWER_PENDING && (!l->resolve || !l->resolve(l->self)))
            break;
    }
    return answer;
}

static int by_name(const void *x, const void *y)
{
    const struct installed *a = *(const struct installed *const *)x;
    const struct installed *b = *(const struct installed *const *)y;
    int c = str_cmp(a->name, b->name);

    return c ? c : str_cmp(a->arch, b->arch);
}

static const struct installed **sorted(struct arena *a, const struct base_facts *f)
{
    const struct installed **v = arena_new(a, const struct installed *, f->ninstalled + 1);

    for (size_t i = 0; i < f->ninstalled; i++)
        v[i] = &f->installed[i];
    if (f->ninstalled)
        qsort(v, f->ninstalled, sizeof(*v), by_name);
    return v;
}

/* What is fixed above the old version, and not above the new one. */
static struct str closed_by(struct inside *s, const struct row *r)
{
    const struct manager *m = manager_of_distro(s->new->release.distro);
    struct str from = r->old->source_version.n ? r->old->source_version : r->old->version;
    struct str to = r->new->source_version.n ? r->new->source_version : r->new->version;
    struct str source = r->new->source.n ? r->new->source : r->new->name;
    const struct between of = {m, from, to, NAMED};
    struct advisory_list list;
    size_t n;

    if (!m || !version_valid(m, from) || !version_valid(m, to) ||
        ask_advisories(s->lookup, m, &s->new->release, source, &list) != ANSWER_FOUND)
        return S("");
    struct str named = advisories_between(s->arena, &list, &of, &n);
    s->closed += n;
    return named;
}

static void add(struct inside *s, const struct installed *old, const struct installed *new)
{
    struct row r = {old, new, S("")};

    if (old && new &&str_eq(old->version, new->version))
        return;
    s->moved += old && new;
    s->came += !old;
    s->went += !new;
    if (old && new)
        r.fixes = closed_by(s, &r);
    vec_push(s->arena, &s->row, r);
}

static void compare(struct inside *s)
{
    const struct installed **x = sorted(s->arena, s->old), **y = sorted(s->arena, s->new);
    size_t n = s->old->ninstalled, m = s->new->ninstalled;

    for (size_t i = 0, k = 0; i < n || k < m;) {
        int c = i == n ? 1 : k == m ? -1 : by_name(&x[i], &y[k]);
        add(s, c <= 0 ? x[i] : NULL, c >= 0 ? y[k] : NULL);
        i += c <= 0;
        k += c >= 0;
    }
}

static struct str code(const struct inside *s, struct str text)
{
    return markup_code(s->arena, markup_short(s->arena, text, NAME_SHOWN));
}

/* Those that close something first; else by name. */
static void print(struct inside *s, struct buf *b)
{
    struct arena *a = s->arena;
    size_t shown = 0;

    buf_add(b, S("\n| package | from | to | advisories |\n| --- | --- | --- | --- |\n"));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < s->row.n && shown < ROWS && b->n < s->most; i++) {
            const struct row *r = &s->row.v[i];
            if ((r->fixes.n > 0) != (pass == 0))
                continue;
            shown++;
            buf_fmt(b, "| " STR_FMT " | " STR_FMT " | " STR_FMT " | " STR_FMT " |\n",
                    STR_ARG(code(s, (r->new ? r->new : r->old)->name)),
                    STR_ARG(r->old ? code(s, r->old->version) : S("-")),
                    STR_ARG(r->new ? code(s, r->new->version) : S("gone")),
                    STR_ARG(markup_cell(a, r->fixes)));
        }
    if (s->row.n > shown)
        buf_fmt(b, "\n... and %zu more.\n", s->row.n - shown);
}

static void tell(struct inside *s, const struct bot_change *x, struct buf *b)
{
    struct arena *a = s->arena;

    buf_fmt(b, "\n### What changed inside " STR_FMT "\n\n", STR_ARG(code(s, x->name)));
    if (!s->old->installed_known || !s->new->installed_known) {
        struct str why = s->old->installed_known ? s->new->why : s->old->why;
        buf_fmt(b, "dfix could not look inside%s" STR_FMT ".\n", why.n ? ": " : "",
                STR_ARG(markup_cell(a, markup_short(a, why, 2 * NAME_SHOWN))));
        return;
    }
    compare(s);
    if (!s->row.n) {
        buf_add(b, S("No package: both images hold the same versions.\n"));
        return;
    }
    buf_fmt(b, "%zu packages moved, %zu came, %zu went", s->moved, s->came, s->went);
    if (s->closed)
        buf_fmt(b, "; %zu advisories are closed", s->closed);
    buf_add(b, S(".\n"));
    print(s, b);
}

void inside_write(struct repo *r, const struct bot_change *x, size_t most, struct buf *b)
{
    struct base_facts old, new;
    const struct settings *set = r->plan.file[x->file].settings;
    struct inside s = {.arena = r->arena,
                       .lookup = world_lookup(r->bot->workspace.world),
                       .old = &old,
                       .new = &new,
                       .most = most};
    arch_set archs = set->archs ? set->archs : arch_of(S("amd64")) | arch_of(S("arm64"));

    if (!x->image || !str_starts(x->from, S("sha256:")) || !str_starts(x->to, S("sha256:")))
        return;
    struct str was = str_fmt(r->arena, STR_FMT "@" STR_FMT, STR_ARG(x->name), STR_ARG(x->from));
    struct str now = str_fmt(r->arena, STR_FMT "@" STR_FMT, STR_ARG(x->name), STR_ARG(x->to));
    if (ask(s.lookup, r->arena, was, archs, &old) && ask(s.lookup, r->arena, now, archs, &new))
        tell(&s, x, b);
}
