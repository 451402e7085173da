/* options.c - a command line as its program reads it: options, subcommand, operands. */
#include "commands/list.h"

/* A part of a field's text, where it stands. */
static struct field part_of(struct arena *a, const struct field *f, size_t from)
{
    struct field x = *f;
    struct piece *p = arena_new(a, struct piece, f->value.npiece + 1);
    size_t n = 0, skip = from;

    for (size_t i = 0; i < f->value.npiece; i++) {
        struct piece one = f->value.piece[i];
        size_t cut = skip < one.text.n ? skip : one.text.n;
        skip -= cut;
        one.text = str_from(one.text, cut);
        if (one.literal)
            one.span.start += (uint32_t)cut;
        if (one.text.n)
            p[n++] = one;
    }
    x.value = value_of_pieces(a, p, n);
    return x;
}

struct reader {
    struct arena *arena;
    const struct program_row *program;
    const struct field *f;
    size_t n, at;
    struct command_line *line;
};

static void push_option(struct reader *r, struct command_option o, const struct option_kind *k)
{
    if (!o.has_value && k->value && !k->glued && r->at + 1 < r->n) {
        o.value = r->f[++r->at];
        o.has_value = true;
    }
    vec_push(r->arena, &r->line->option, o);
}

static void read_long(struct reader *r, const struct field *f, size_t dashes)
{
    struct str word = str_from(f->value.text, dashes);
    ptrdiff_t eq = str_chr(word, '=');
    struct str name = eq == STR_NONE ? word : str_sub(word, 0, (size_t)eq);
    struct option_kind k = option_of_name(r->program, name);
    struct command_option o = {
        .name = k.name.n ? k.name : name, .arg = (uint32_t)r->at, .has_value = eq != STR_NONE};

    if (o.has_value)
        o.value = part_of(r->arena, f, dashes + (size_t)eq + 1);
    push_option(r, o, &k);
}

/* -qy, -t stable, -tstable, -q=2 */
static void read_letters(struct reader *r, const struct field *f)
{
    struct str w = f->value.text;
    uint32_t arg = (uint32_t)r->at;

    for (size_t i = 1; i < w.n; i++) {
        struct option_kind k = option_of_letter(r->program, w.p[i]);
        bool rest = i + 1 < w.n, equals = rest && w.p[i + 1] == '=';
        struct command_option o = {.name = k.name.n ? k.name : str_sub(w, i, i + 1), .arg = arg};
        o.has_value = rest && (k.value || equals);
        if (o.has_value)
            o.value = part_of(r->arena, f, i + 1 + equals);
        push_option(r, o, &k);
        if (o.has_value)
            return;
    }
}

/* tar xzf FILE -C DIR */
static void read_bare_letters(struct reader *r, struct str word)
{
    uint32_t arg = (uint32_t)r->at;

    for (size_t i = 0; i < word.n; i++) {
        struct option_kind k = option_of_letter(r->program, word.p[i]);
        struct command_option o = {.name = k.name.n ? k.name : str_sub(word, i, i + 1), .arg = arg};
        push_option(r, o, &k);
    }
}

static void read_arg(struct reader *r, bool *only_operands, bool *subcommand)
{
    const struct field *f = &r->f[r->at];
    bool known = f->value.certainty == VALUE_KNOWN;
    struct str w = f->value.text;
    bool letters = r->at == 1 && known && r->program && (r->program->flags & LETTERS);
    bool dash = known && !*only_operands && w.n > 1 && w.p[0] == '-';
    bool one_dash = r->program && (r->program->flags & ONE_DASH);

    r->line->open |= !known;
    if (dash && str_eq(w, S("--")))
        *only_operands = true;
    else if (dash && (w.p[1] == '-' || one_dash))
        read_long(r, f, w.p[1] == '-' ? 2 : 1);
    else if (dash)
        read_letters(r, f);
    else if (letters)
        read_bare_letters(r, w);
    else if (*subcommand) {
        *subcommand = false;
        r->line->subcommand = known ? w : S("");
        r->line->subcommand_arg = (uint32_t)r->at;
    } else
        vec_push(r->arena, &r->line->operand, f);
}

void command_line_read(struct arena *a, enum program p, const struct field *f, size_t n,
                       struct command_line *out)
{
    struct reader r = {.arena = a, .program = program_row(p), .f = f, .n = n, .at = 1, .line = out};
    bool only_operands = false, subcommand = r.program && (r.program->flags & SUBCOMMAND);

    out->subcommand = S("");
    for (; r.at < n; r.at++)
        read_arg(&r, &only_operands, &subcommand);
}

struct str command_subcommand(const struct command *c)
{
    return command_line_of(c)->subcommand;
}

size_t command_head(const struct command *c)
{
    return command_line_of(c)->subcommand_arg;
}

bool command_is(const struct command *c, enum program p, const char *subcommand)
{
    return c->program == p && (!subcommand || str_eq(command_subcommand(c), str_of(subcommand)));
}

bool command_is_open(const struct command *c)
{
    return command_line_of(c)->open || (c->wrappers & WRAP_XARGS);
}

const struct command_option *command_option(const struct command *c, const char *name,
                                            const struct command_option *after)
{
    const struct command_line *l = command_line_of(c);

    for (size_t i = after ? (size_t)(after - l->option.v) + 1 : 0; i < l->option.n; i++)
        if (!name || str_eq(l->option.v[i].name, str_of(name)))
            return &l->option.v[i];
    return NULL;
}

bool command_has(const struct command *c, const char *name)
{
    return command_option(c, name, NULL);
}

size_t command_operands(const struct command *c, const struct field *const **out)
{
    const struct command_line *l = command_line_of(c);

    *out = l->operand.v;
    return l->operand.n;
}
