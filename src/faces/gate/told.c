/* told.c - the answer of the gate, for people and for programs. */
#include <jansson.h>

#include "faces/formats/formats.h"
#include "faces/gate/gate_face.h"

static size_t open_ones(const struct gate_result *r)
{
    return r->count[GATE_REFUSED] + r->count[GATE_UNJUDGED];
}

/* ---- for people ---- */

static void put_item(FILE *out, const struct gate_item *x)
{
    fprintf(out, "  %-10s  %-15s  ", gate_verdict_word(x->verdict), gate_key_name(x->key).p);
    report_text(out, x->title);
    if (x->file.n && x->line) {
        fputs("  (", out);
        report_text(out, x->file);
        fprintf(out, ":%u)", x->line);
    }
    fputc('\n', out);
    if (x->why.n) {
        fprintf(out, "  %29s", "");
        report_text(out, x->why);
        fputc('\n', out);
    }
    if (x->by) {
        fprintf(out, "  %29sby ", "");
        report_text(out, x->by->owner);
        if (x->by->expires.n)
            fprintf(out, " until " STR_FMT, STR_ARG(x->by->expires));
        fputs(": ", out);
        report_text(out, x->by->reason.n   ? x->by->reason
                         : x->by->impact.n ? x->by->impact
                                           : accept_status_words(x->by->status));
        fputc('\n', out);
    }
}

static void put_head(FILE *out, const struct gate_command *c)
{
    const struct gate_input *in = &c->in;

    report_line_start(out, in->name);
    if (in->source_only)
        fputs(": source only, no image was judged", out);
    else if (in->digest.n && str_find(in->name, in->digest) == STR_NONE)
        fprintf(out, " (" STR_FMT ")", STR_ARG(in->digest));
    fputc('\n', out);
    for (size_t i = 0; i < c->platform.n; i++) {
        const struct base_facts *f = c->platform.v[i].facts;
        fputs("  ", out);
        if (f->arch.n)
            fprintf(out, STR_FMT ": ", STR_ARG(f->arch));
        if (f->release.distro.n)
            fprintf(out, STR_FMT " " STR_FMT ", ", STR_ARG(f->release.distro),
                    STR_ARG(f->release.version));
        size_t n = f->ninstalled ? f->ninstalled : c->component.n;
        fprintf(out, "%zu package%s", n, n == 1 ? "" : "s");
        if (c->platform.v[i].user_known) {
            fputs(", user ", out);
            report_text(out, f->user.n ? f->user : S("root"));
        }
        fputc('\n', out);
    }
}

static void put_acceptances(FILE *out, const struct gate_command *c, const struct gate_result *r)
{
    for (size_t i = 0; i < r->faulty.n; i++) {
        const struct acceptance *x = r->faulty.v[i];
        unsigned faults = accept_faults(x, c->in.today, c->in.owners);
        fputs("  note: what is accepted for ", out);
        report_text(out, accept_name(c->arena, x));
        fputs(" does not count: ", out);
        report_text(out, faults ? accept_fault_text(c->arena, x, faults)
                                : S("the policy does not take it (whose it is, how severe, or for "
                                    "how long)"));
        fprintf(out, " (" STR_FMT ":%u)\n", STR_ARG(x->path), x->line);
    }
    for (size_t i = 0; i < r->unused.n; i++) {
        fputs("  note: nothing here is covered by what is accepted for ", out);
        report_text(out, accept_name(c->arena, r->unused.v[i]));
        fprintf(out, " (" STR_FMT ":%u)\n", STR_ARG(r->unused.v[i]->path), r->unused.v[i]->line);
    }
}

void gate_tell(FILE *out, const struct gate_command *c, const struct gate_result *r, bool verbose)
{
    put_head(out, c);
    for (size_t i = 0; i < r->item.n; i++)
        if (r->item.v[i].verdict != GATE_PASSED || verbose)
            put_item(out, &r->item.v[i]);
    put_acceptances(out, c, r);
    if (!c->in.inventory && !c->in.source_only)
        fputs("  note: what pip, npm, Maven and the like put into the image is not known; --sbom "
              "names an inventory of it\n",
              out);
    streams_check(out);
    fprintf(stderr,
            "dfix: %s for " STR_FMT ": %zu refused, %zu not judged, %zu accepted, %zu below the "
            "policy's limits\n",
            gate_verdict_word(r->verdict), STR_ARG(c->policy.name), r->count[GATE_REFUSED],
            r->count[GATE_UNJUDGED], r->count[GATE_ACCEPTED], r->count[GATE_PASSED]);
    if (open_ones(r) && !verbose && r->verdict == GATE_REFUSED && c->in.source_only)
        fputs("dfix: source only: what a build of it holds is not known\n", stderr);
}

/* ---- for programs ---- */

static void set(json_t *o, const char *name, struct str text)
{
    if (text.n)
        json_object_set_new(o, name, document_str(text));
}

static void set_match(json_t *o, const struct gate_item *x)
{
    const struct vulnerability *v = &x->match->is;

    set(o, "id", v->id);
    set(o, "aliases", v->aliases);
    set(o, "fixed", x->match->fixed);
    set(o, "severity", x->severity);
    set(o, "rating", v->rating);
    set(o, "published", v->published);
    set(o, "released", x->match->released);
    set(o, "url", v->url);
    if (v->cvss_score >= 0)
        json_object_set_new(o, "cvss", json_real(v->cvss_score / 10.0));
    if (v->epss >= 0)
        json_object_set_new(o, "epss", json_real((double)v->epss / ADVISORY_WHOLE));
    json_object_set_new(o, "exploited", json_boolean(v->exploited));
}

static void set_component(json_t *o, const struct gate_item *x)
{
    set(o, "package", x->packages);
    set(o, "version", x->component->version);
    set(o, "source", x->component->source);
    set(o, "path", x->component->by);
}

static json_t *item_json(const struct gate_command *c, const struct gate_item *x)
{
    json_t *o = json_pack("{s:s,s:o,s:s,s:o}", "type", x->match ? "risk" : "condition", "condition",
                          document_str(gate_key_name(x->key)), "verdict",
                          gate_verdict_word(x->verdict), "title", document_str(x->title));

    set(o, "why", x->why);
    set(o, "image", c->in.image.n ? c->in.image : c->in.name);
    set(o, "environment", c->policy.name);
    set(o, "file", x->file);
    if (x->line)
        json_object_set_new(o, "line", json_integer((json_int_t)x->line));
    set(o, "ended", x->ended);
    if (x->component)
        set_component(o, x);
    if (x->match)
        set_match(o, x);
    if (x->by) {
        set(o, "owner", x->by->owner);
        set(o, "expires", x->by->expires);
        set(o, "reason", x->by->reason);
    }
    return o;
}

static json_t *sum_json(const struct gate_command *c, const struct gate_result *r)
{
    json_t *o = json_pack(
        "{s:s,s:s,s:o,s:s,s:o,s:o,s:b,s:I,s:I,s:I,s:I}", "type", "gate", "dfix", DFIX_VERSION,
        "environment", document_str(c->policy.name), "verdict", gate_verdict_word(r->verdict),
        "name", document_str(c->in.name), "policyDigest", document_str(r->policy_digest),
        "sourceOnly", c->in.source_only, "refused", (json_int_t)r->count[GATE_REFUSED], "notJudged",
        (json_int_t)r->count[GATE_UNJUDGED], "accepted", (json_int_t)r->count[GATE_ACCEPTED],
        "below", (json_int_t)r->count[GATE_PASSED]);

    json_object_set_new(o, "inventory", json_boolean(c->in.inventory));
    set(o, "image", c->in.image);
    set(o, "digest", c->in.digest);
    set(o, "date", c->in.today);
    return o;
}

void gate_json(FILE *out, const struct gate_command *c, const struct gate_result *r, bool lines)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->item.n; i++) {
        json_t *o = item_json(c, &r->item.v[i]);
        if (!lines) {
            json_array_append_new(list, o);
            continue;
        }
        document_put(out, o);
        fputc('\n', out);
    }
    json_t *sum = sum_json(c, r);
    if (lines)
        json_decref(list);
    else
        json_object_set_new(sum, "items", list);
    document_put(out, sum);
    fputc('\n', out);
}
