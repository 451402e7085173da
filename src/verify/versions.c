/* Which words differ in a version alone. */
#include "parts.h"

#include "dfix/calls.h"
#include "dfix/facts.h"

/* ---- values that are a version ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_version(struct str s)
{
    struct str hex = str_starts(s, S("sha256:")) ? str_from(s, 7) : s;

    if (hex.n && (hex.p[0] == 'v' || hex.p[0] == 'V') && hex.p == s.p)
        hex = str_from(hex, 1);
    if (!hex.n || (!is_digit(hex.p[0]) && hex.p == s.p))
        return false;
    for (size_t i = 0; i < hex.n; i++)
        if (!is_digit(hex.p[i]) && !is_letter(hex.p[i]) && !strchr("._+~:*-", hex.p[i]))
            return false;
    return true;
}

/* Words of a tag that are no version: "slim", "alpine". */
static struct str flavour_of(struct arena *a, struct str tag)
{
    struct buf b = {.arena = a};
    struct release r;

    for (size_t i = 0; i < tag.n;) {
        size_t end = i;
        while (end < tag.n && is_letter(tag.p[end]))
            end++;
        struct str word = str_sub(tag, i, end);
        if (word.n && !release_find(S(""), word, &r) && !word_is_one_of(word, "v latest stable"))
            buf_fmt(&b, STR_FMT " ", STR_ARG(word));
        i = end + (end == i);
    }
    return buf_str(&b);
}

/* An expansion becomes a name of its own: two of them are one where they are written alike. */
static struct str without_expansions(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < s.n; i++) {
        size_t end = i;
        while (s.p[i] == '\1' && end < s.n && s.p[end] != '\3')
            end++;
        if (end == i)
            buf_char(&b, s.p[i]);
        else
            buf_fmt(&b, "x%llx", (unsigned long long)str_hash(str_sub(s, i, end)));
        i = end;
    }
    return buf_str(&b);
}

static struct str tag_of(const struct reference *r)
{
    return r->tag.n || r->digest.n ? r->tag : S("latest");
}

enum difference_kind images_differ(struct arena *a, struct str x, struct str y)
{
    struct reference p, q;

    x = without_expansions(a, x);
    y = without_expansions(a, y);
    if (!reference_parse(x, &p) || !reference_parse(y, &q) ||
        !str_eq(reference_name(a, &p), reference_name(a, &q)) ||
        !str_eq(flavour_of(a, p.tag), flavour_of(a, q.tag)))
        return DIFFERENCE_BEHAVIOUR;
    bool same = str_eq(tag_of(&p), tag_of(&q)) && str_eq(p.digest, q.digest);
    return same ? DIFFERENCE_LAYOUT : DIFFERENCE_VERSIONS;
}

/* "from=debian:12" as an image of its own, and the rest the same. */
enum difference_kind flags_differ(struct arena *a, struct str x, struct str y)
{
    enum difference_kind worst = DIFFERENCE_NONE;
    struct str p, q;

    if (str_starts(x, S("mount=")) && str_starts(y, S("mount="))) {
        x = str_from(x, 6);
        y = str_from(y, 6);
    }
    while (true) {
        bool more = str_cut(&x, ',', &p), also = str_cut(&y, ',', &q);
        if (!more || !also)
            return more == also ? worst : DIFFERENCE_BEHAVIOUR;
        if (str_eq(p, q))
            continue;
        if (!str_starts(p, S("from=")) || !str_starts(q, S("from=")))
            return DIFFERENCE_BEHAVIOUR;
        enum difference_kind k = images_differ(a, str_from(p, 5), str_from(q, 5));
        worst = k > worst ? k : worst;
    }
}

/* ---- packages ---- */

static bool read_package(const struct manager *m, struct str word, struct package *out)
{
    *out =
        (struct package){.name = S(""), .qualifier = S(""), .operator_ = S(""), .version = S("")};
    if (!word.n || str_starts(word, S("-")) || memchr(word.p, '\1', word.n))
        return false;
    m->package_read(out, word);
    bool named = out->kind == PACKAGE_NAME || out->kind == PACKAGE_CONSTRAINED ||
                 out->kind == PACKAGE_ADDED; /* g++ looks like one */
    return named && out->name.n;
}

/* Is that what the shell's word comes to, whose marks tell what of it is quoted? */
static bool comes_to(struct str word, struct str value)
{
    enum { MARK_LITERAL = 4 };
    size_t n = 0;

    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == MARK_LITERAL)
            continue;
        if (n == value.n || value.p[n] != word.p[i])
            return false;
        n++;
    }
    return n == value.n;
}

bool package_of_piece(const struct group *g, const struct part *p, struct package *out)
{
    const struct command *k = g->command;
    const struct manager *m = k ? manager_of_program(k->program) : NULL;
    const struct field *const *field;

    if (!m || p->kind != PIECE_WORD || command_verb(k) != VERB_INSTALL ||
        !word_is_plain(p->tree, p->node))
        return false;
    size_t n = m->packages(k, &field);
    for (size_t i = 0; i < n; i++)
        if (field[i]->value.certainty == VALUE_KNOWN && comes_to(p->text, field[i]->value.text))
            return read_package(m, field[i]->value.text, out);
    return false;
}

/* ---- values ---- */

/* Is it the name of a variable that holds a version? NODE_VERSION, TAG */
static bool names_version(struct arena *a, struct str name)
{
    struct str lower = str_lower(a, name), word;

    while (str_cut(&lower, '_', &word))
        if (str_ends(word, S("version")) ||
            word_is_one_of(word, "ver tag release digest revision sha256"))
            return true;
    return false;
}

/* The manager whose packages are named inside the span; NULL: none. */
static const struct manager *packages_within(const struct comparison *c, struct span s)
{
    size_t n;
    const struct install *in = image_installs(c->before.image, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < in[i].npackage; k++)
            if (in[i].package[k].literal && in[i].package[k].span.start >= s.start &&
                in[i].package[k].span.end <= s.end)
                return in[i].manager;
    return NULL;
}

static bool lists_differ_in_version(const struct manager *m, struct str x, struct str y)
{
    struct str p, q;
    struct package old, new;

    while (true) {
        bool more = word_next(&x, &p), also = word_next(&y, &q);
        if (!more || !also)
            return more == also;
        if (!str_eq(p, q) &&
            !(read_package(m, p, &old) && read_package(m, q, &new) && str_eq(old.name, new.name)))
            return false;
    }
}

/* NAME=value, of a shell's assignment or a word of export. */
static bool cut_assignment(struct str word, struct str *name, struct str *value)
{
    ptrdiff_t at = str_chr(word, '=');

    if (at == STR_NONE)
        return false;
    *name = str_sub(word, 0, (size_t)at);
    *value = str_without_end(str_from(word, (size_t)at + 1), '\7');
    if (str_starts(*value, S("\7")))
        *value = str_from(*value, 1);
    return true;
}

bool assignments_differ_in_version(const struct comparison *c, const struct part *x,
                                   const struct part *y)
{
    struct str name, value, new_name, new_value;

    if (x->tree != c->before.tree || !cut_assignment(x->text, &name, &value) ||
        !cut_assignment(y->text, &new_name, &new_value) || !str_eq(name, new_name))
        return false;
    const struct manager *m = packages_within(c, node_span(x->tree, x->node));
    return m && lists_differ_in_version(m, value, new_value);
}

/* Is an image of the file written there? */
static bool images_within(const struct comparison *c, struct span s)
{
    const struct image_place *place;
    size_t n = image_places(c->before.image, c->arena, &place);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < place[i].value.npiece; k++)
            if (place[i].value.piece[k].span.start >= s.start &&
                place[i].value.piece[k].span.end <= s.end)
                return true;
    return false;
}

bool values_differ_in_version(const struct comparison *c, const struct unit *x, struct str old,
                              struct str new)
{
    struct span s = node_span(c->before.tree, x->part);
    const struct manager *m = packages_within(c, s);
    bool versions = is_version(old) && is_version(new);

    if (m && lists_differ_in_version(m, old, new))
        return true;
    if (images_within(c, s))
        return images_differ(c->arena, old, new) <= DIFFERENCE_VERSIONS ||
               (is_version(old) && str_eq(flavour_of(c->arena, old), flavour_of(c->arena, new)));
    return versions && names_version(c->arena, x->group[0].piece[0].text);
}
