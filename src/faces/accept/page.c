/* page.c - the business owner's page: what was accepted in plain words, until when, by whom. */
#include "faces/accept/accept_face.h"
#include "faces/report/page.h"
#include "faces/cli/site.h"

enum { SOON = 30 };

static struct str what_of(struct arena *a, const struct acceptance *x)
{
    if (!x->id.n)
        return str_fmt(a, "Every known weakness of " STR_FMT, STR_ARG(x->package));
    if (!x->package.n)
        return str_fmt(a, "The weakness " STR_FMT, STR_ARG(x->id));
    return str_fmt(a, "The weakness " STR_FMT " of " STR_FMT "%s" STR_FMT, STR_ARG(x->id),
                   STR_ARG(x->package), x->version.n ? " " : "", STR_ARG(x->version));
}

static struct str why_of(struct arena *a, const struct acceptance *x)
{
    struct str why = x->reason.n ? x->reason : x->impact;

    if (!x->status.n)
        return why.n ? why : S("No reason is given.");
    return str_fmt(a, "It does no harm here: " STR_FMT ". " STR_FMT,
                   STR_ARG(accept_status_words(x->status)), STR_ARG(why));
}

static void put_left(struct buf *b, const struct accept_command *c, const struct acceptance *x)
{
    int64_t days;

    buf_add(b, S("<td>"));
    if (!accept_days_left(x, c->settings.today, &days)) {
        page_mark(b, S("bad"), S("never"));
    } else {
        html_text(b, x->expires);
        buf_add(b, S("<br>"));
        page_mark(b,
                  days < 0       ? S("bad")
                  : days <= SOON ? S("soon")
                                 : S("good"),
                  days < 0 ? S("over") : str_fmt(b->arena, "%lld days left", (long long)days));
    }
    buf_add(b, S("</td>"));
}

static void put_row(struct buf *b, const struct accept_command *c, const struct acceptance *x,
                    unsigned faults)
{
    buf_add(b, S("<tr>"));
    page_cell(b, what_of(b->arena, x));
    page_cell(b, x->where.n ? x->where : S("everywhere"));
    page_cell(b, why_of(b->arena, x));
    page_cell(b, x->owner.n ? x->owner : S("nobody"));
    page_cell(b, x->decided.n ? x->decided : S("not known"));
    put_left(b, c, x);
    if (faults)
        page_cell(b, accept_fault_text(b->arena, x, faults));
    buf_add(b, S("</tr>\n"));
}

static size_t put_table(struct buf *b, struct accept_command *c, bool good)
{
    const struct acceptance **v = accept_sorted(c);
    size_t n = 0;

    for (size_t i = 0; i < c->settings.naccept; i++) {
        unsigned faults = accept_command_faults(c, v[i]);
        if (!faults != good)
            continue;
        if (!n++)
            page_table_begin(
                b, good ? "What|Where|Why|Who answers for it|Decided|Until"
                        : "What|Where|Why|Who answers for it|Decided|Until|What is wrong");
        put_row(b, c, v[i], faults);
    }
    if (n)
        page_table_end(b);
    return n;
}

struct str accept_page(struct accept_command *c, struct str title)
{
    struct buf b = {.arena = c->arena};

    page_begin(&b, title,
               str_fmt(c->arena,
                       "Known weaknesses that somebody decided to live with for a while. Each has "
                       "somebody who answers for it and a day on which the decision ends; after "
                       "that day it stops what goes to production again. As of " STR_FMT ".",
                       STR_ARG(c->settings.today)));
    page_heading(&b, "good", S("In force"));
    if (!put_table(&b, c, true))
        buf_add(&b, S("<p>Nothing is accepted.</p>\n"));
    struct buf other = {.arena = c->arena};
    if (put_table(&other, c, false)) {
        page_heading(&b, "bad", S("Does not count"));
        buf_add(&b,
                S("<p>These decisions are over or not whole. Nobody is covered by them.</p>\n"));
        buf_add(&b, buf_str(&other));
    }
    page_end(&b, S("Made by dfix " DFIX_VERSION "."));
    return buf_str(&b);
}
