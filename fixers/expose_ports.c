/* expose-ports: EXPOSE takes PORT[-PORT][/PROTOCOL], the protocol in lower case. */
#include "dfix/fixer.h"

static const char doc[] =
    "EXPOSE names ports of the container: a number up to 65535 or a range, and a protocol in\n"
    "lower case. Addresses and host ports belong to `docker run -p`; BuildKit drops them today\n"
    "and will refuse them in a later release.\n\n"
    "Only reported: ports above 65535, and what comes from a variable.\n\n"
    "Safety: safe. The image exposes the same ports.\n";

enum { PORT_MAX = 65535 };

/* An EXPOSE word as the build sees it. */
struct port {
    struct str text; /* [[address:]host:]port[/protocol] */
    size_t own;      /* where the container's port begins */
    size_t slash;    /* text.n: no protocol */
    bool literal;    /* written so in one piece, at `span` */
    struct span span;
};

static bool is_too_high(struct str number)
{
    uint32_t v = 0;

    for (size_t i = 0; i < number.n; i++) {
        if (number.p[i] < '0' || number.p[i] > '9')
            return false;
        v = v > PORT_MAX ? v : v * 10 + (uint32_t)(number.p[i] - '0');
    }
    return v > PORT_MAX;
}

static bool read_port(struct fix_ctx *c, node_id word, struct port *p)
{
    struct value v = image_value(c->image, c->arena, word);

    if (v.certainty != VALUE_KNOWN || !v.text.n)
        return false;
    *p = (struct port){.text = v.text, .slash = v.text.n};
    ptrdiff_t slash = str_rchr(v.text, '/');
    if (slash != STR_NONE)
        p->slash = (size_t)slash;
    p->own = (size_t)(str_rchr(str_sub(v.text, 0, p->slash), ':') + 1);
    struct span whole = node_span(c->tree, word);
    p->literal = v.npiece == 1 && v.piece[0].literal;
    if (p->literal)
        p->span = v.piece[0].span;
    p->literal &= p->span.start >= whole.start && p->span.end <= whole.end;
    return true;
}

static void look_at_range(struct fix_ctx *c, node_id word, const struct port *p)
{
    struct str range = str_sub(p->text, p->own, p->slash), one;

    while (str_cut(&range, '-', &one)) {
        if (!is_too_high(one))
            continue;
        struct fix *f = fix_hint(c, word, "Port " STR_FMT " is above 65535", STR_ARG(one));
        fix_code(f, "DL3011");
        fix_severity(f, SEVERITY_ERROR);
        return;
    }
}

static void look_at_protocol(struct fix_ctx *c, node_id word, const struct port *p)
{
    struct str protocol = str_from(p->text, p->slash), lower = str_lower(c->arena, protocol);
    struct fix *f;

    if (str_eq(protocol, lower))
        return;
    if (p->literal) {
        f = fix_begin(c, word, SAFE, "Write the protocol of " STR_FMT " in lower case",
                      STR_ARG(p->text));
        fix_replace_code_at(f, word, (struct span){p->span.start + (uint32_t)p->slash, p->span.end},
                            lower);
    } else {
        f = fix_hint(c, word,
                     "The protocol of " STR_FMT
                     " is not in lower case; change it where the word is put "
                     "together",
                     STR_ARG(p->text));
    }
    fix_code(f, "ExposeProtoCasing");
}

static void look_at_address(struct fix_ctx *c, node_id word, const struct port *p)
{
    struct fix *f;

    if (!p->own)
        return;
    if (p->literal) {
        f = fix_begin(c, word, SAFE,
                      "Expose " STR_FMT " without address or host port: it is " STR_FMT,
                      STR_ARG(p->text), STR_ARG(str_from(p->text, p->own)));
        fix_delete_code(f, word, (struct span){p->span.start, p->span.start + (uint32_t)p->own});
    } else {
        f = fix_hint(c, word,
                     "EXPOSE takes no address or host port, as in " STR_FMT
                     "; change it where the word is put together",
                     STR_ARG(p->text));
    }
    fix_code(f, "ExposeInvalidFormat");
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    struct port p;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        node_id own = instruction_inner(t, n);
        if (!own || node_instruction(t, own) != INST_EXPOSE)
            continue;
        for (node_id w = 0; (w = node_next(t, own, w, NODE_WORD));) {
            if (!read_port(c, w, &p))
                continue;
            look_at_range(c, w, &p);
            if (own == n) {
                look_at_protocol(c, w, &p);
                look_at_address(c, w, &p);
            }
        }
    }
}

const struct fixer fixer_expose_ports = {
    .id = "expose-ports",
    .aliases = "DL3011 ExposeInvalidFormat ExposeProtoCasing",
    .title = "Expose ports of the container, with the protocol in lower case",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
