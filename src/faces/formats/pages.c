/* Where a rule is explained: on the site that ./dev docs makes. */
#include "faces/formats/formats.h"

#include <unistd.h>

#include "host/process.h"

#ifndef DFIX_DOCS_URL
#define DFIX_DOCS_URL ""
#endif

/* The site that was installed with the program; "" none. */
static struct str installed(struct arena *a)
{
    struct str program = process_own_path(a);
    ptrdiff_t slash = str_rchr(program, '/');

    if (slash == STR_NONE)
        return S("");
    struct str bin = str_sub(program, 0, (size_t)slash);
    slash = str_rchr(bin, '/');
    if (slash == STR_NONE)
        return S("");
    struct str site =
        str_fmt(a, STR_FMT "/share/doc/dfix/html", STR_ARG(str_sub(bin, 0, (size_t)slash)));
    return access(site.p, R_OK) == 0 ? str_fmt(a, "file://" STR_FMT, STR_ARG(document_uri(a, site)))
                                     : S("");
}

struct str pages_site(struct arena *a, struct str named)
{
    struct str site = named.n ? named : S(DFIX_DOCS_URL);

    return site.n ? str_without_end(site, '/') : installed(a);
}

struct str format_page(const struct writer *w, struct arena *a, const struct finding *x)
{
    struct str site = w->report->site;

    return site.n ? str_fmt(a, STR_FMT "/rules/%s.html", STR_ARG(site), x->rule) : x->url;
}
