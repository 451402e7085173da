/* document.c - what OpenVEX and CSAF share. */
#include "accept/document.h"

#include <stdlib.h>

static bool is_image(const struct purl *p)
{
    return str_eq(p->type, S("oci")) || str_eq(p->type, S("docker"));
}

/* docker.io/library/debian@sha256:… as far as the URL says it. */
static struct str image_of(struct arena *a, const struct purl *p)
{
    struct str name = p->repository.n ? p->repository
                      : p->space.n
                          ? str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(p->space), STR_ARG(p->name))
                          : str_fmt(a, "*/" STR_FMT, STR_ARG(p->name));
    bool digest = str_starts(p->version, S("sha256:"));

    return digest ? str_fmt(a, STR_FMT "@" STR_FMT,
                            STR_ARG(str_starts(name, S("*")) ? S("") : name), STR_ARG(p->version))
                  : name;
}

void document_add(struct arena *a, struct accept_list *out, struct acceptance x, struct str product,
                  struct str part)
{
    struct purl whole, piece;
    bool known = purl_parse(a, product, &whole);
    bool image = known && is_image(&whole);

    if (image)
        x.where = image_of(a, &whole);
    else if (known)
        x.package = whole.name;
    else
        x.where = product; /* by a name of the author's own */
    if (known && !image)
        x.version = whole.version;
    if (part.n && purl_parse(a, part, &piece)) {
        x.package = piece.name;
        x.version = piece.version;
    } else if (part.n) {
        out->others++; /* which part that is cannot be told */
        return;
    }
    if (out->v.n < ACCEPT_MANY)
        vec_push(a, &out->v, x);
    else
        out->others++;
}

struct str document_product(struct arena *a, const struct accept_document *d,
                            const struct acceptance *x)
{
    bool image = x->where.n && str_find(x->where, S("*")) == STR_NONE &&
                 (str_find(x->where, S("@sha256:")) != STR_NONE ||
                  str_chr(str_sub(x->where, 0, (size_t)(str_rchr(x->where, '/') + 1)), '.') > 0);

    if (image)
        return purl_of_image(a, x->where);
    if (str_chr(d->product, ':') != STR_NONE)
        return d->product;
    return purl_of_package(a, d->product, S(""));
}

struct str document_words(struct arena *a, const struct acceptance *x)
{
    struct buf b = {.arena = a};
    struct str why = x->reason.n ? x->reason : x->impact;

    if (x->status.n)
        buf_fmt(&b, STR_FMT, STR_ARG(accept_status_words(x->status)));
    else
        buf_add(&b, S("Accepted"));
    if (x->owner.n)
        buf_fmt(&b, "%s by " STR_FMT, x->status.n ? ", said" : "", STR_ARG(x->owner));
    if (x->expires.n)
        buf_fmt(&b, " until " STR_FMT, STR_ARG(x->expires));
    if (x->where.n)
        buf_fmt(&b, " for " STR_FMT, STR_ARG(x->where));
    if (why.n)
        buf_fmt(&b, ": " STR_FMT, STR_ARG(why));
    return buf_str(&b);
}

struct str document_any(struct arena *a, const struct acceptance *x)
{
    return str_fmt(a, "every vulnerability of " STR_FMT, STR_ARG(x->package));
}

struct str document_text(struct arena *a, const json_t *j)
{
    char *text = json_dumps(j, JSON_INDENT(2));
    struct str copy = str_fmt(a, "%s\n", text ? text : "");

    free(text);
    return copy;
}

struct str document_text_of(struct arena *a, json_t *j)
{
    struct str text = document_text(a, j);

    json_decref(j);
    return text;
}
