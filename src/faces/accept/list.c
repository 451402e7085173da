/* dfix accept list: what is accepted here, as a table and as documents. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "faces/accept/accept_face.h"
#include "faces/formats/formats.h"
#include "host/files.h"
#include "host/output.h"

/* ---- the order ---- */

static int by_end(const void *x, const void *y)
{
    const struct acceptance *a = *(const struct acceptance *const *)x;
    const struct acceptance *b = *(const struct acceptance *const *)y;
    int order = str_cmp(a->expires, b->expires);

    if (!order)
        order = str_cmp(a->id, b->id);
    return order ? order : (a > b) - (a < b);
}

const struct acceptance **accept_sorted(struct accept_command *c)
{
    size_t n = c->settings.naccept;
    const struct acceptance **v = arena_new(c->arena, const struct acceptance *, n + 1);

    for (size_t i = 0; i < n; i++)
        v[i] = &c->settings.accept[i];
    if (n)
        qsort(v, n, sizeof(*v), by_end);
    return v;
}

/* ---- for people ---- */

static struct str days_left(struct accept_command *c, const struct acceptance *x)
{
    int64_t days;

    if (!accept_days_left(x, c->settings.today, &days))
        return S("without an end");
    if (days < 0)
        return str_fmt(c->arena, "ended " STR_FMT, STR_ARG(x->expires));
    return str_fmt(c->arena, "until " STR_FMT " (%lld day%s)", STR_ARG(x->expires), (long long)days,
                   days == 1 ? "" : "s");
}

static void print_one(FILE *out, struct accept_command *c, const struct acceptance *x)
{
    unsigned faults = accept_command_faults(c, x);

    report_line_start(out, accept_name(c->arena, x));
    if (x->where.n) {
        fputs(" for ", out);
        report_text(out, x->where);
    }
    fprintf(out, ": " STR_FMT ", by ", STR_ARG(days_left(c, x)));
    report_text(out, x->owner.n ? x->owner : S("nobody"));
    fputs(x->trusted ? " (operator)\n    " : "\n    ", out);
    if (x->status.n)
        fprintf(out, "not affected: " STR_FMT "; ", STR_ARG(accept_status_words(x->status)));
    report_text(out, x->reason.n ? x->reason : x->impact.n ? x->impact : S("no reason is given"));
    fputc('\n', out);
    if (!faults)
        return;
    fputs("    does not count: ", out);
    report_text(out, accept_fault_text(c->arena, x, faults));
    fputc('\n', out);
}

static void print_text(FILE *out, struct accept_command *c)
{
    const struct acceptance **v = accept_sorted(c);
    size_t bad = 0;

    for (size_t i = 0; i < c->settings.naccept; i++) {
        print_one(out, c, v[i]);
        bad += accept_command_faults(c, v[i]) != 0;
    }
    streams_check(out);
    fprintf(stderr, "dfix: %zu accepted, %zu of them count\n", c->settings.naccept,
            c->settings.naccept - bad);
}

/* ---- for programs ---- */

static void set(json_t *o, const char *name, struct str text)
{
    if (text.n)
        json_object_set_new(o, name, document_str(text));
}

static json_t *acceptance_json(struct accept_command *c, const struct acceptance *x)
{
    unsigned faults = accept_command_faults(c, x);
    json_t *o =
        json_pack("{s:s,s:b,s:b}", "type", "acceptance", "counts", !faults, "operator", x->trusted);
    int64_t days;

    set(o, "id", x->id);
    set(o, "package", x->package);
    set(o, "version", x->version);
    set(o, "where", x->where);
    set(o, "reason", x->reason);
    set(o, "owner", x->owner);
    set(o, "decided", x->decided);
    set(o, "expires", x->expires);
    set(o, "status", x->status);
    set(o, "impact", x->impact);
    set(o, "file", x->path);
    set(o, "fault", accept_fault_text(c->arena, x, faults));
    json_object_set_new(o, "line", json_integer((json_int_t)x->line));
    if (accept_days_left(x, c->settings.today, &days))
        json_object_set_new(o, "daysLeft", json_integer((json_int_t)days));
    return o;
}

static void print_json(FILE *out, struct accept_command *c, bool lines)
{
    const struct acceptance **v = accept_sorted(c);

    if (!lines)
        fputs("[", out);
    for (size_t i = 0; i < c->settings.naccept; i++) {
        fputs(lines || !i ? "" : ",\n", out);
        document_put(out, acceptance_json(c, v[i]));
        fputs(lines ? "\n" : "", out);
    }
    if (!lines)
        fputs("]\n", out);
}

/* ---- documents ---- */

static struct str moment_of(struct arena *a, time_t now)
{
    struct tm t;
    char text[32] = "";

    if (gmtime_r(&now, &t))
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &t);
    return str_dup(a, str_of(text));
}

/* Those that count; a document of the others would say what is not so. */
static struct accept_document document_of(struct accept_command *c)
{
    struct acceptance *v = arena_new(c->arena, struct acceptance, c->settings.naccept + 1);
    const struct acceptance **sorted = accept_sorted(c);
    struct str owner = options_value(c->line, OPT_OWNER);
    size_t n = 0;

    for (size_t i = 0; i < c->settings.naccept; i++)
        if (!accept_command_faults(c, sorted[i]))
            v[n++] = *sorted[i];
    struct str folder = c->repository.n ? c->repository : path_absolute(c->arena, S("."));
    return (struct accept_document){.v = v,
                                    .n = n,
                                    .author = owner.n ? owner
                                              : n     ? v[0].owner
                                                      : S("nobody"),
                                    .product = path_basename(folder).n ? path_basename(folder)
                                                                       : S("repository"),
                                    .moment = moment_of(c->arena, time(NULL)),
                                    .tool = "dfix " DFIX_VERSION};
}

static bool print_document(FILE *out, struct accept_command *c, bool csaf)
{
    struct accept_document d = document_of(c);

    if (!d.n) {
        say_error("dfix: accept list: nothing that counts is accepted here, and such a document "
                  "says something");
        return false;
    }
    struct str text = (csaf ? csaf_write : vex_write)(c->arena, &d);
    fwrite(text.p, 1, text.n, out);
    return true;
}

static bool print_as(FILE *out, struct accept_command *c, struct str format)
{
    if (str_eq(format, S("html"))) {
        struct str page = accept_page(c, S("Accepted risks"));
        return fwrite(page.p, 1, page.n, out) == page.n;
    }
    if (str_eq(format, S("openvex")) || str_eq(format, S("csaf")))
        return print_document(out, c, str_eq(format, S("csaf")));
    if (str_eq(format, S("json")) || str_eq(format, S("ndjson")))
        print_json(out, c, str_eq(format, S("ndjson")));
    else
        print_text(out, c);
    return true;
}

int accept_list_print(struct accept_command *c)
{
    struct str format = options_value(c->line, OPT_FORMAT),
               name = options_value(c->line, OPT_OUTPUT);
    struct output to = {.stream = stdout};
    struct err e;

    if (!c->line->set[OPT_FORMAT])
        format = c->line->set[OPT_JSON] ? S("json") : S("text");
    if (!word_is_one_of(format, "text json ndjson openvex csaf html")) {
        say_error("dfix: accept list: --format takes text, json, ndjson, openvex, csaf or html");
        return EXIT_FAILED;
    }
    if (name.n && !output_open(c->arena, name, &to, &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    bool good = print_as(to.stream, c, format);
    if (name.n && !output_close(&to, &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    if (!good)
        return EXIT_FAILED;
    for (size_t i = 0; i < c->settings.naccept; i++)
        if (accept_command_faults(c, &c->settings.accept[i]))
            return c->line->set[OPT_EXIT_ZERO] || c->line->set[OPT_NO_FAIL] ? EXIT_CLEAN
                                                                            : EXIT_FINDINGS;
    return EXIT_CLEAN;
}
