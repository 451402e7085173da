/* The table of formats, and what several of them ask of a finding. */
#include "faces/formats/formats.h"

#include <stdlib.h>

static const struct format *const table[] = {
#define FORMAT(name) &format_##name,
#include "faces/formats/formats.def"
#undef FORMAT
};
enum { FORMATS = sizeof(table) / sizeof(table[0]) };

/* NULL: none. */
static const struct format *format_of_name(struct str name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (str_eq(name, str_of(table[i]->name)))
            return table[i];
    return NULL;
}

bool format_named(struct arena *a, const char *option, struct str name, const struct format **out,
                  struct err *e)
{
    struct str known[FORMATS];

    *out = format_of_name(name);
    if (*out)
        return true;
    for (size_t i = 0; i < FORMATS; i++)
        known[i] = str_of(table[i]->name);
    struct str near = str_nearest(name, known, FORMATS);
    if (near.n)
        return err_set(e, "dfix: %s: unknown format " STR_FMT "; did you mean " STR_FMT "?", option,
                       STR_ARG(name), STR_ARG(near));
    return err_set(e, "dfix: %s: unknown format " STR_FMT " (" STR_FMT ")", option, STR_ARG(name),
                   STR_ARG(format_names(a)));
}

struct str format_names(struct arena *a)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < FORMATS; i++)
        buf_fmt(&b, "%s%s", i ? ", " : "", table[i]->name);
    return buf_str(&b);
}

bool format_lists(const struct report_file *f, size_t finding)
{
    const struct finding *x = &f->result->finding[finding];
    bool mended = f->mode == MODE_FIX && x->applied && !f->unwritten;

    return f->told[finding].count && !x->skip && !mended;
}

/* ---- places ---- */

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

struct place_lc format_place(struct str text, uint32_t at, struct place_lc place)
{
    uint32_t column = 1;

    for (uint32_t i = at - (place.column - 1); i < at; i++)
        column += begins_character(text.p[i]);
    return (struct place_lc){place.line, column};
}

struct format_range format_range(const struct report_file *f, const struct finding *x)
{
    return (struct format_range){format_place(f->text, x->span.start, x->start),
                                 format_place(f->text, x->span.end, x->end)};
}

uint32_t format_last_line(struct format_range r)
{
    return r.end.line > r.start.line && r.end.column == 1 ? r.end.line - 1 : r.end.line;
}

/* ---- names ---- */

struct str format_code(const struct finding *x)
{
    return x->code.n ? x->code : str_of(x->rule);
}

/* Of those on the same text by the same rule, which one? */
static size_t rank_of(const struct report_file *f, size_t finding, struct str line)
{
    const struct finding *v = f->result->finding;
    size_t rank = 0;

    for (size_t i = 0; i < finding; i++) {
        uint32_t start;
        rank += str_eq(str_of(v[i].rule), str_of(v[finding].rule)) &&
                str_eq(v[i].title, v[finding].title) &&
                str_eq(source_line_at(f->text, v[i].span.start, &start), line);
    }
    return rank;
}

struct str format_fingerprint(const struct report_file *f, size_t finding)
{
    const struct finding *x = &f->result->finding[finding];
    uint32_t start;
    struct str line = source_line_at(f->text, x->span.start, &start);
    struct str all =
        str_fmt(f->arena, STR_FMT "\n%s\n" STR_FMT "\n" STR_FMT "\n%zu", STR_ARG(f->label), x->rule,
                STR_ARG(x->code), STR_ARG(str_trim(line)), rank_of(f, finding, line));

    return str_fmt(f->arena, "%016llx%016llx", (unsigned long long)str_hash(all),
                   (unsigned long long)str_hash(str_fmt(f->arena, "dfix " STR_FMT, STR_ARG(all))));
}
