/* Completion: what may stand where the cursor is. Instructions, flags and their keys, stages,
 * variables, images and tags that are known, and packages of the release's index with their
 * versions. Nothing is offered that does not exist. */
#include "faces/lsp/facts.h"
#include "faces/lsp/words.h"

enum {
    KIND_VARIABLE = 6,
    KIND_MODULE = 9,
    KIND_PROPERTY = 10,
    KIND_VALUE = 12,
    KIND_KEYWORD = 14,
    KIND_REFERENCE = 18
};
enum { ITEMS_MAX = 200 };

struct offering {
    struct request *r;
    const struct image *im;
    uint32_t offset;
    struct span word;       /* that is being written, up to the cursor */
    struct str prefix;      /* what of it is there */
    struct str line;        /* of the instruction, up to the cursor */
    struct str instruction; /* "" none: it is being written */
    json_t *items;
    bool more; /* there are others */
};

static void offer(struct offering *o, struct str label, int kind, const char *detail,
                  struct str insert)
{
    if (!str_starts(str_lower(o->r->arena, label), str_lower(o->r->arena, o->prefix)))
        return;
    if (json_array_size(o->items) >= ITEMS_MAX) {
        o->more = true;
        return;
    }
    json_t *item = json_pack("{s:o,s:i,s:{s:o,s:o}}", "label", document_str(label), "kind", kind,
                             "textEdit", "range", lsp_range(o->r->s, o->r->d, o->word), "newText",
                             document_str(insert.n ? insert : label));
    if (detail && detail[0])
        json_object_set_new(item, "detail", document_str(str_of(detail)));
    json_array_append_new(o->items, item);
}

/* ---- where the cursor is ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Does the line before go on in this one? */
static bool goes_on(const struct document *d, size_t line, char escape)
{
    uint32_t end = line_end(d->text, &d->lines, line);

    while (end > d->lines.start[line] && is_blank(d->text.p[end - 1]))
        end--;
    return end > d->lines.start[line] && d->text.p[end - 1] == escape;
}

static bool is_comment(const struct document *d, size_t line)
{
    struct str s =
        str_trim(str_sub(d->text, d->lines.start[line], line_end(d->text, &d->lines, line)));
    return str_starts(s, S("#"));
}

/* False: in a comment, or in a heredoc, where nothing is offered but packages and variables. */
static bool find_place(struct offering *o)
{
    const struct document *d = o->r->d;
    size_t line = line_at_offset(&d->lines, o->offset), first = line;
    uint32_t from;

    if (is_comment(d, line))
        return false;
    while (first &&
           (goes_on(d, first - 1, o->im->tree->escape) || (is_comment(d, first - 1) && first > 1)))
        first--;
    while (first < line && is_comment(d, first))
        first++;
    o->line = str_sub(d->text, d->lines.start[first], o->offset);
    for (from = o->offset; from > d->lines.start[first] && !is_blank(d->text.p[from - 1]); from--)
        continue;
    o->word = (struct span){from, o->offset};
    struct str rest = o->line, word;
    o->instruction = S("");
    word_next(&rest, &word);
    if (word.n && word.p + word.n < d->text.p + o->offset)
        o->instruction = word;
    if (str_ieq(o->instruction, S("ONBUILD"))) {
        bool whole = word_next(&rest, &word) && word.p + word.n < d->text.p + o->offset;
        o->instruction = whole ? word : S("");
    }
    return true;
}

static void set_prefix(struct offering *o, uint32_t from)
{
    o->word.start = from;
    o->prefix = str_sub(o->r->d->text, from, o->offset);
}

/* ---- words ---- */

static void offer_instructions(struct offering *o)
{
    size_t n;
    const struct word_doc *w = words_instructions(&n);
    bool small = o->prefix.n && o->prefix.p[0] >= 'a' && o->prefix.p[0] <= 'z';

    for (size_t i = 0; i < n; i++) {
        struct str name = str_of(w[i].name);
        offer(o, small ? str_lower(o->r->arena, name) : name, KIND_KEYWORD, w[i].doc, S(""));
    }
}

static void offer_flags(struct offering *o)
{
    size_t n;
    const struct word_doc *w = words_flags(&n);

    for (size_t i = 0; i < n; i++)
        if (str_ieq(o->instruction, str_of(w[i].of)))
            offer(o, str_fmt(o->r->arena, "--%s%s", w[i].name, w[i].value[0] ? "=" : ""),
                  KIND_PROPERTY, w[i].doc, S(""));
}

static void offer_keys(struct offering *o)
{
    size_t n;
    const struct word_doc *w = words_keys(&n);

    for (size_t i = 0; i < n; i++)
        offer(o, str_fmt(o->r->arena, "%s%s", w[i].name, w[i].value[0] ? "=" : ""), KIND_PROPERTY,
              w[i].doc, S(""));
}

/* "a|b|c" */
static void offer_choices(struct offering *o, const char *choices)
{
    struct str rest = str_of(choices), one;

    while (str_cut(&rest, '|', &one))
        if (one.n && one.p[0] >= 'a' && one.p[0] <= 'z')
            offer(o, one, KIND_VALUE, "", S(""));
}

static unsigned stage_here(const struct offering *o)
{
    const struct image *im = o->im;
    unsigned n = 0;

    while (n < im->nstage && node_span(im->tree, im->stage[n].from).start < o->offset)
        n++;
    return n;
}

/* Those before the one at hand. */
static void offer_stages(struct offering *o)
{
    unsigned here = stage_here(o);

    for (unsigned i = 0; i + 1 < here; i++) {
        const struct stage *g = &o->im->stage[i];
        if (g->alias)
            offer(o, node_text(o->im->tree, g->alias), KIND_MODULE,
                  str_cstr(o->r->arena, node_text(o->im->tree, g->from)), S(""));
    }
}

static void offer_variables(struct offering *o)
{
    const struct tree *t = o->im->tree;

    for (node_id n = 1; n < t->nnode && node_span(t, n).start < o->offset; n++) {
        enum instruction i = node_instruction(t, t->node[n].parent);
        node_id key = node_kind(t, n) == NODE_PAIR && (i == INST_ARG || i == INST_ENV)
                          ? node_next(t, n, 0, NODE_NAME)
                          : 0;
        bool known = false;
        for (node_id k = 1; key && k < n; k++)
            known |= node_kind(t, k) == NODE_PAIR && node_next(t, k, 0, NODE_NAME) &&
                     str_eq(node_text(t, node_next(t, k, 0, NODE_NAME)), node_text(t, key));
        if (key && !known)
            offer(o, node_text(t, key), KIND_VARIABLE,
                  str_cstr(o->r->arena, node_text(t, t->node[n].parent)), S(""));
    }
}

/* ---- images ---- */

static void offer_tags(struct offering *o, struct str image, uint32_t from)
{
    struct release release;
    struct arena *a = o->r->arena;
    struct str end, today = o->r->d->settings->today;

    set_prefix(o, from);
    for (size_t i = release_count(); i > 0; i--) {
        release_nth(i - 1, &release);
        if (!str_eq(release.distro, image) || release_rolls(&release, today) ||
            !release_end(&release, &end) || str_cmp(end, today) < 0)
            continue;
        const char *detail = str_fmt(a, STR_FMT ", supported until " STR_FMT,
                                     STR_ARG(facts_release(a, &release)), STR_ARG(end))
                                 .p;
        bool debian = str_eq(image, S("debian"));
        offer(o, release.version, KIND_VALUE, detail, S(""));
        if (debian)
            offer(o, str_fmt(a, STR_FMT "-slim", STR_ARG(release.version)), KIND_VALUE, detail,
                  S(""));
        if (release.codename.n && !str_eq(image, S("alpine")))
            offer(o, release.codename, KIND_VALUE, detail, S(""));
        if (debian)
            offer(o, str_fmt(a, STR_FMT "-slim", STR_ARG(release.codename)), KIND_VALUE, detail,
                  S(""));
    }
}

static void offer_images(struct offering *o)
{
    ptrdiff_t colon = str_chr(o->prefix, ':');

    if (colon != STR_NONE) {
        offer_tags(o, str_sub(o->prefix, 0, (size_t)colon), o->word.start + (uint32_t)colon + 1);
        return;
    }
    offer_stages(o);
    for (size_t i = 0; i < known_image_count(); i++) {
        struct str name = known_image_nth(i);
        if (str_chr(name, '*') == STR_NONE)
            offer(o, name, KIND_REFERENCE, str_chr(name, '/') == STR_NONE ? "official image" : "",
                  S(""));
    }
    offer(o, S("scratch"), KIND_REFERENCE, "nothing at all", S(""));
}

/* ---- packages ---- */

static void offer_versions(struct offering *o, const struct package_at *at)
{
    struct package_info info;
    struct str text = str_sub(o->r->d->text, o->word.start, o->offset);
    ptrdiff_t sign = str_rchr(text, '=');

    if (sign == STR_NONE)
        sign = str_rchr(text, '~');
    if (sign == STR_NONE || facts_package(o->r, at, &info) != ANSWER_FOUND)
        return;
    set_prefix(o, o->word.start + (uint32_t)sign + 1);
    for (size_t i = 0; i < info.noffer; i++)
        offer(o, info.offer[i].version, KIND_VALUE, str_cstr(o->r->arena, info.offer[i].suite),
              S(""));
}

static void offer_packages(struct offering *o, const struct package_at *at)
{
    struct name_list names;
    const struct package *p = at->package;

    if (p->operator_.n) {
        offer_versions(o, at);
        return;
    }
    if (p->span.start > o->offset || p->span.end < p->span.start)
        return;
    set_prefix(o, p->span.start);
    o->word.end = p->span.end > o->offset ? p->span.end : o->offset;
    if (!facts_names(o->r, at, o->prefix, &names))
        return;
    o->more |= names.n >= NAMES_MOST;
    for (size_t i = 0; i < names.n; i++)
        offer(o, names.v[i], KIND_MODULE, "", S(""));
}

/* ---- all together ---- */

static bool is_image_word(const struct offering *o)
{
    struct str rest = o->line, word;
    unsigned words = 0;

    if (!str_ieq(o->instruction, S("FROM")))
        return false;
    while (word_next(&rest, &word))
        words += !str_starts(word, S("--"));
    return words == (o->word.end > o->word.start ? 2 : 1);
}

static void offer_flag_value(struct offering *o)
{
    struct str word = str_sub(o->r->d->text, o->word.start + 2, o->offset), name = S("");
    struct str value = word;

    str_cut(&value, '=', &name);
    struct str one = value;
    ptrdiff_t comma = str_rchr(value, ',');
    if (comma != STR_NONE)
        one = str_from(value, (size_t)comma + 1);
    ptrdiff_t sign = str_chr(one, '=');
    struct str key = sign == STR_NONE ? S("") : str_sub(one, 0, (size_t)sign);
    bool mount = str_eq(name, S("mount"));
    set_prefix(o, o->offset - (uint32_t)(sign == STR_NONE ? one.n : one.n - key.n - 1));
    if (str_eq(name, S("from")) || (mount && str_eq(key, S("from")))) {
        offer_stages(o);
    } else if (mount && !key.n) {
        offer_keys(o);
    } else if (mount && str_eq(key, S("type"))) {
        offer_choices(o, "bind|cache|tmpfs|secret|ssh");
    } else if (mount && str_eq(key, S("sharing"))) {
        offer_choices(o, "shared|private|locked");
    } else if (!mount) {
        const struct word_doc *w = words_flag(o->instruction, name);
        if (w && strchr(w->value, '|'))
            offer_choices(o, w->value);
    }
}

static void offer_here(struct offering *o)
{
    struct str word = str_sub(o->r->d->text, o->word.start, o->offset);
    ptrdiff_t dollar = str_rchr(word, '$');
    struct package_at at;

    if (dollar != STR_NONE && str_chr(str_from(word, (size_t)dollar), '}') == STR_NONE) {
        bool brace = (size_t)dollar + 1 < word.n && word.p[dollar + 1] == '{';
        set_prefix(o, o->word.start + (uint32_t)dollar + 1 + brace);
        offer_variables(o);
        return;
    }
    if (o->instruction.n && facts_package_at(o->im, o->offset, &at)) {
        offer_packages(o, &at);
        return;
    }
    set_prefix(o, o->word.start);
    if (!o->instruction.n)
        offer_instructions(o);
    else if (str_starts(word, S("--")) && str_chr(word, '=') != STR_NONE)
        offer_flag_value(o);
    else if (str_starts(word, S("-")))
        offer_flags(o);
    else if (is_image_word(o))
        offer_images(o);
}

json_t *completion_list(struct request *r)
{
    struct offering o = {.r = r, .im = document_image(r->s, r->d), .items = json_array()};

    o.offset = lsp_offset(r->s, r->d, json_object_get(r->params, "position"));
    if (o.im && find_place(&o))
        offer_here(&o);
    return json_pack("{s:b,s:o}", "isIncomplete", o.more, "items", o.items);
}

/* ---- signatures ---- */

static json_t *signature_of(struct request *r, const struct word_doc *flag, const char *active)
{
    struct buf label = {.arena = r->arena};
    json_t *parameters = json_array();
    size_t n, at = 0, found = 0;
    const struct word_doc *w = words_keys(&n);

    buf_fmt(&label, "--%s=", flag->name);
    for (size_t i = 0; str_eq(str_of(flag->name), S("mount")) && i < n; i++) {
        size_t from = label.n + (at > 0);
        buf_fmt(&label, "%s%s%s%s", at ? "," : "", w[i].name, w[i].value[0] ? "=" : "", w[i].value);
        if (active && strcmp(active, w[i].name) == 0)
            found = at;
        json_t *name = r->s->client.label_offsets
                           ? json_pack("[I,I]", (json_int_t)from, (json_int_t)label.n)
                           : document_str(str_sub(buf_str(&label), from, label.n));
        json_array_append_new(parameters,
                              json_pack("{s:o,s:s}", "label", name, "documentation", w[i].doc));
        at++;
    }
    if (!at)
        buf_add(&label, str_of(flag->value));
    return json_pack("{s:[{s:o,s:s,s:o}],s:i,s:I}", "signatures", "label",
                     document_str(buf_str(&label)), "documentation", flag->doc, "parameters",
                     parameters, "activeSignature", 0, "activeParameter", (json_int_t)found);
}

json_t *signature_help(struct request *r)
{
    struct offering o = {.r = r, .im = document_image(r->s, r->d)};

    o.offset = lsp_offset(r->s, r->d, json_object_get(r->params, "position"));
    if (!o.im || !find_place(&o) || !o.instruction.n)
        return NULL;
    struct str word = str_sub(r->d->text, o.word.start, o.offset), name = S("");
    if (!str_starts(word, S("--")) || str_chr(word, '=') == STR_NONE)
        return NULL;
    word = str_from(word, 2);
    str_cut(&word, '=', &name);
    const struct word_doc *flag = words_flag(o.instruction, name);
    if (!flag)
        return NULL;
    ptrdiff_t comma = str_rchr(word, ',');
    struct str key = comma == STR_NONE ? word : str_from(word, (size_t)comma + 1), only = key;
    str_cut(&key, '=', &only);
    return signature_of(r, flag, str_cstr(r->arena, only));
}
