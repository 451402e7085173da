/* The writers of a run: the one of --format, those of --report, and GitHub's annotations. */
#include "faces/formats/formats.h"

#include <errno.h>
#include <stdlib.h>

static bool format_asked(const struct command_line *c, const struct format **out, struct arena *a,
                         struct err *e)
{
    struct str name = options_value(c, OPT_FORMAT);

    if (!c->set[OPT_FORMAT])
        name = c->set[OPT_JSON]         ? S("json")
               : c->set[OPT_CONCISE]    ? S("concise")
               : c->set[OPT_STATISTICS] ? S("statistics")
                                        : S("text");
    return format_named(a, "--format", name, out, e);
}

static struct writer *add(struct outputs *o, struct arena *a, const struct report *r,
                          const struct format *format)
{
    struct writer *w = arena_new(a, struct writer, 1);

    *w = (struct writer){.format = format, .report = r, .arena = a};
    vec_push(a, &o->v, w);
    return w;
}

static bool open_file(struct writer *w, struct str name, struct err *e)
{
    if (w->report->filter && streams_is_output(str_cstr(w->arena, name)))
        return err_set(e, "dfix: " STR_FMT ": the fixed file is already written there",
                       STR_ARG(name));
    bool open = output_open(w->arena, name, &w->file, e);
    w->out = w->file.stream;
    return open;
}

/* Beside a patch or a file on standard output what people read goes to standard error; a
 * document holds the patches itself. */
static bool open_main(struct outputs *o, struct arena *a, const struct command_line *c,
                      struct report *r, struct err *e)
{
    const struct format *format;
    struct str name = options_value(c, OPT_OUTPUT);

    if (!format_asked(c, &format, a, e))
        return false;
    struct writer *w = add(o, a, r, format);
    r->json = !format->people;
    if (c->set[OPT_OUTPUT])
        return open_file(w, name, e);
    w->out = r->mode == MODE_CHECK || !format->people ? stdout : stderr;
    w->colour = format->people && colour_is_wanted(r->colour, w->out);
    return format->people || !r->filter ||
           err_set(e, "dfix: `--fix --%s -` needs --output FILE for the document",
                   c->set[OPT_JSON] ? "json" : str_fmt(a, "format %s", format->name).p);
}

static bool open_report(struct outputs *o, struct arena *a, struct report *r, struct str word,
                        struct err *e)
{
    struct str file = word, name;

    str_cut(&file, '=', &name);
    if (str_chr(word, '=') == STR_NONE || !file.n)
        return err_set(e, "dfix: --report: " STR_FMT " is not FORMAT=FILE", STR_ARG(word));
    const struct format *format;
    return format_named(a, "--report", name, &format, e) &&
           open_file(add(o, a, r, format), file, e);
}

/* In an action's step the annotations come by themselves, beside the text and nothing else. */
static bool wants_annotations(const struct command_line *c, const struct report *r)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    bool plain = r->mode == MODE_CHECK && !r->filter && !r->quiet && !c->set[OPT_FORMAT] &&
                 !c->set[OPT_JSON] && !c->set[OPT_CONCISE] && !c->set[OPT_STATISTICS] &&
                 !c->set[OPT_REPORT] && !c->set[OPT_OUTPUT] && !c->set[OPT_STDIN_FILENAME];

    for (size_t i = 0; i < c->word.n; i++)
        plain &= !str_eq(c->word.v[i], S("-"));
    return plain && !c->set[OPT_NO_ANNOTATIONS] && actions && strcmp(actions, "true") == 0;
}

bool outputs_open(struct outputs *o, struct arena *a, const struct command_line *c,
                  struct report *r, struct err *e)
{
    if (!open_main(o, a, c, r, e))
        return false;
    for (size_t i = 0; i < c->value[OPT_REPORT].n; i++)
        if (!open_report(o, a, r, c->value[OPT_REPORT].v[i], e))
            return false;
    if (wants_annotations(c, r)) {
        add(o, a, r, &format_github)->out = stdout;
        summary_open(o, a, r);
    }
    return true;
}

static bool is_silent(const struct writer *w)
{
    return w->format->people && w->report->quiet;
}

void outputs_begin(struct outputs *o)
{
    for (size_t i = 0; i < o->v.n; i++)
        if (o->v.v[i]->format->begin)
            o->v.v[i]->format->begin(o->v.v[i]);
}

void outputs_file(struct outputs *o, const struct job *j, enum mode mode)
{
    struct report_file f = {.arena = j->arena,
                            .mode = mode,
                            .label = j->label,
                            .target = j->target,
                            .text = j->text,
                            .result = &j->result,
                            .told = told_of(j->arena, &j->result),
                            .unwritten = j->unwritten};

    for (size_t i = 0; i < o->v.n; i++) {
        struct writer *w = o->v.v[i];
        if (is_silent(w))
            continue;
        if (w->format->file)
            w->format->file(w, &f);
        if (w->out == stdout)
            streams_check(stdout);
    }
}

void outputs_end(struct outputs *o, const struct report_sum *sum)
{
    for (size_t i = 0; i < o->v.n; i++)
        if (o->v.v[i]->format->end && !is_silent(o->v.v[i]))
            o->v.v[i]->format->end(o->v.v[i], sum);
}

bool outputs_close(struct outputs *o, size_t *i, struct err *e)
{
    while (*i < o->v.n) {
        struct writer *w = o->v.v[(*i)++];
        if (w->file.stream && !output_close(&w->file, e))
            return false;
    }
    return true;
}
