/* dfix gate: may this image go to that environment? 0: it may, 1: it may not, 2: that could not be
 * judged. Whatever is not known stands in the way. */
#include "faces/gate/gate_face.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "dfix/facts.h"
#include "host/digest.h"
#include "host/files.h"
#include "host/output.h"
#include "index/advisories/advisories.h"

static int fail(const char *text)
{
    streams_check(stdout);
    say_error(text);
    return EXIT_FAILED;
}

/* ---- the policy ---- */

/* Whoever has named environments has meant one of those; who has named none gets what dfix holds
 * to by itself, and a repository can make that stricter only. */
static bool find_policy(struct gate_command *c, struct err *e)
{
    struct str name = options_value(c->line, OPT_ENV);
    struct str known[64];
    const struct gate_policy *found = NULL;
    size_t n = 0;

    if (!name.n)
        return err_set(e, "dfix: gate needs --env ENV, the environment that the image is to go to");
    for (size_t i = 0; i < c->settings.ngate; i++) {
        const struct gate_policy *p = &c->settings.gate[i];
        if (str_eq(p->name, name))
            found = p;
        if (p->trusted && n < 64)
            known[n++] = p->name;
    }
    if (n && (!found || !found->trusted)) {
        struct str near = str_nearest(name, known, n);
        return err_set(
            e, "dfix: no policy that counts knows the environment " STR_FMT "%s" STR_FMT "%s",
            STR_ARG(name), near.n ? "; did you mean " : "", STR_ARG(near), near.n ? "?" : "");
    }
    c->policy = found ? *found : gate_default(name);
    return true;
}

static bool read_vex(struct gate_command *c, struct err *e)
{
    for (size_t i = 0; i < c->line->value[OPT_VEX].n; i++) {
        const char *name = str_cstr(c->arena, c->line->value[OPT_VEX].v[i]);
        struct accept_list list;
        struct str text;
        if (!file_read(c->arena, name, ACCEPT_FILE_MAX, &text, e) ||
            !accept_import(c->arena, name, text, &list, e))
            return false;
        vec_push(c->arena, &c->used, (struct gate_used){str_of(name), digest_of(c->arena, text)});
        for (size_t k = 0; k < list.v.n; k++) {
            struct acceptance *x = &list.v.v[k];
            if (!x->vendor)
                return err_set(e, "dfix: --vex: %s is neither OpenVEX nor CSAF", name);
            x->path = str_of(name);
            x->trusted = true; /* the operator has named it */
            vec_push(c->arena, &c->accept, *x);
        }
    }
    return true;
}

static bool open_gate(struct gate_command *c, struct err *e)
{
    struct policies policies;

    c->file = options_value(c->line, OPT_DOCKERFILE);
    if (c->line->set[OPT_INSTALLED])
        return err_set(e, "dfix: gate does not take --installed; --sbom names an inventory");
    if (!settings_wishes(c->arena, c->line, &c->wishes, e) ||
        !policies_load(c->arena, &c->wishes, &c->base, e))
        return false;
    policies_open(&policies, c->arena, &c->wishes, &c->base);
    struct str beside = c->file.n ? c->file : S("./Dockerfile");
    const struct config *here = policies_for(&policies, beside, e);
    if (!here)
        return false;
    c->settings = here->settings;
    c->settings.installed_file = S("");
    for (size_t i = 0; i < here->warning.n; i++)
        say_error(str_cstr(c->arena, here->warning.v[i]));
    for (size_t i = 0; i < c->settings.naccept; i++)
        vec_push(c->arena, &c->accept, c->settings.accept[i]);
    struct str folder = path_absolute(c->arena, path_folder(c->arena, beside));
    if (codeowners_find(c->arena, file_repository(c->arena, folder), &c->owners))
        c->in.owners = &c->owners;
    return find_policy(c, e) && read_vex(c, e);
}

/* ---- what is known of what it holds ---- */

/* When the feed of this kind, which speaks of that ecosystem ("": any), was last current; 0: it is
 * not in the cache. */
static int64_t feed_dated(const struct held_feeds *feeds, enum feed_kind kind, struct str ecosystem)
{
    int64_t dated = 0;

    for (size_t i = 0; i < feeds->n; i++)
        if (feeds->v[i].meta.kind == kind &&
            (!ecosystem.n || feed_speaks_of(feeds->v[i].feed, ecosystem)))
            dated = feeds->v[i].meta.fetched;
    return dated;
}

/* Debian alone publishes which packages it looks after no more. */
static void ask_support(struct gate_command *c, const struct held_feeds *feeds)
{
    struct gate_input *in = &c->in;
    struct str last = S("");

    in->support_of = S("");
    for (size_t i = 0; i < c->component.n; i++) {
        struct str of = c->component.v[i].ecosystem;
        if (!str_starts(of, S("debian:")) || str_eq(of, last))
            continue;
        last = of;
        int64_t dated = feed_dated(feeds, FEED_SUPPORT, of);
        if (!in->support_of.n || dated < in->support_dated) {
            in->support_of = of;
            in->support_dated = dated;
        }
    }
}

static void ask_matches(struct gate_command *c)
{
    struct match_report report;
    struct gate_input *in = &c->in;
    enum answer *answer = arena_new(c->arena, enum answer, c->component.n + 1);

    matches_find(c->arena, world_lookup(c->world), c->component.v, c->component.n, false, &report);
    for (size_t i = 0; i < c->component.n; i++)
        answer[i] = report.list[i].n       ? ANSWER_FOUND
                    : report.list[i].why.n ? ANSWER_UNAVAILABLE
                    : report.list[i].dated ? ANSWER_ABSENT
                                           : ANSWER_UNAVAILABLE;
    for (size_t i = 0; i < c->gap.n; i++)
        report.list[c->first_gap + i].why = c->gap.v[i];
    in->component = c->component.v;
    in->ncomponent = c->component.n;
    in->matches = report.list;
    in->answer = answer;
    in->dated = report.dated;
    struct held_feeds feeds = advisories_open(c->arena, world_cache_dir(c->world));
    in->kev_dated = feed_dated(&feeds, FEED_KEV, S(""));
    ask_support(c, &feeds);
    advisories_close(&feeds);
}

static void fill_input(struct gate_command *c)
{
    struct gate_input *in = &c->in;
    bool contents = c->platform.n > 0;

    for (size_t i = 0; i < c->platform.n; i++) {
        struct gate_image *p = &c->platform.v[i];
        contents = contents && p->facts->contents_known;
        p->has_end = p->facts->release.distro.n > 0 &&
                     release_end_now(world_lookup(c->world), &p->facts->release, &p->end);
    }
    in->inventory = in->inventory || contents;
    in->policy = &c->policy;
    in->today = c->settings.today;
    in->now = time(NULL);
    in->platform = c->platform.v;
    in->nplatform = c->platform.n;
    in->accept = c->accept.v;
    in->naccept = c->accept.n;
    in->secret = c->secret.v;
    in->nsecret = c->secret.n;
    in->used = c->used.v;
    in->nused = c->used.n;
    ask_matches(c);
}

/* ---- what is written ---- */

/* An attestation speaks of all that its digest stands for, and only of what was judged. */
static bool write_attestation(struct gate_command *c, const struct gate_result *r, struct err *e)
{
    struct str name = options_value(c->line, OPT_ATTEST);

    if (!name.n)
        return true;
    unlink(str_cstr(c->arena, name)); /* none of another run is taken for this one's */
    if (r->verdict == GATE_UNJUDGED)
        return err_set(e, "dfix: no attestation is written of what could not be judged");
    if (!c->in.digest.n)
        return err_set(e, "dfix: no attestation is written without an image's digest%s",
                       c->in.source_only ? ": this is source only" : "");
    if (!c->whole)
        return err_set(e, "dfix: no attestation is written: --platform left out some of what the "
                          "digest stands for");
    return output_write(c->arena, name, gate_vsa(c->arena, &c->in, r, DFIX_VERSION), e);
}

static bool print_result(struct gate_command *c, const struct gate_result *r, struct err *e)
{
    struct str format = options_value(c->line, OPT_FORMAT),
               name = options_value(c->line, OPT_OUTPUT);
    struct output to = {.stream = stdout};

    if (!c->line->set[OPT_FORMAT])
        format = c->line->set[OPT_JSON] ? S("json") : S("text");
    if (name.n && !output_open(c->arena, name, &to, e))
        return false;
    FILE *out = to.stream;
    if (str_eq(format, S("sarif")))
        gate_sarif(out, c, r);
    else if (str_eq(format, S("json")) || str_eq(format, S("ndjson")))
        gate_json(out, c, r, str_eq(format, S("ndjson")));
    else
        gate_tell(out, c, r, c->line->set[OPT_VERBOSE]);
    if (name.n)
        return output_close(&to, e);
    return !ferror(out) || err_set(e, "standard output: not written");
}

static int judge(struct gate_command *c)
{
    static const int status[] = {EXIT_CLEAN, EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS};
    struct gate_result r;
    struct err e;

    if (!gate_take(c, &e) || !gate_take_source(c, &e))
        return fail(e.text);
    fill_input(c);
    gate_judge(c->arena, &c->in, &r);
    bool printed = print_result(c, &r, &e);
    report_notes(c->world);
    if (!printed || !write_attestation(c, &r, &e))
        return fail(e.text);
    return status[r.verdict];
}

int command_gate(struct arena *a, const struct command_line *line)
{
    struct str none = S(""), rego = options_value(line, OPT_REGO);
    struct gate_command c = {.arena = a,
                             .line = line,
                             .in = {.name = none, .image = none, .digest = none, .file = none}};
    struct err e;
    struct str format = options_value(line, OPT_FORMAT);

    if (line->set[OPT_FORMAT] && !word_is_one_of(format, "text json ndjson sarif"))
        return fail("dfix: gate: --format takes text, json, ndjson or sarif");
    if (!open_gate(&c, &e))
        return fail(e.text);
    if (rego.n && !output_write(a, rego, gate_rego(a, &c.policy, &c.settings), &e))
        return fail(e.text);
    bool only_rego =
        rego.n && !line->word.n && !line->set[OPT_LAYOUT] && !line->set[OPT_SBOM] && !c.file.n;
    int s = only_rego ? EXIT_CLEAN : judge(&c);
    if (c.world)
        world_close(c.world);
    return s;
}
