/* told.c - what became of a group, and of a repository: lines for people, or NDJSON whose shape
 * `dfix schema pr` gives. */
#include "faces/bot/bot.h"

#include <jansson.h>

#include "faces/formats/formats.h"

static const char group_states[] = "proposed|written|opened|updated|unchanged|closed|merged|left|"
                                   "refused|stopped|waiting|moot|failed";

/* ---- JSON ---- */

static json_t *changes_of(const struct repo *r, const struct proposal *p)
{
    json_t *list = json_array();

    for (size_t i = 0; i < p->nchange; i++) {
        const struct bot_change *x = &p->change[i];
        json_array_append_new(
            list, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:b}", "file",
                            document_str(r->plan.file[x->file].path), "name", document_str(x->name),
                            "from", document_str(x->from), "to", document_str(x->to), "version",
                            document_str(x->version), "suite", document_str(x->suite), "advisories",
                            document_str(x->fixes), "security", x->security, "image", x->image));
    }
    return list;
}

static json_t *rules_of(const struct proposal *p)
{
    json_t *list = json_array();

    for (size_t i = 0; i < p->nstep; i++)
        json_array_append_new(list, json_string(p->step[i].rule->id));
    return list;
}

static void print_line(struct repo *r, json_t *o)
{
    char *text;

    json_object_set_new(o, "dfix", json_string(DFIX_VERSION));
    json_object_set_new(o, "repository", document_str(r->name));
    text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    puts(text ? text : "{}");
    streams_check(stdout);
    free(text);
    json_decref(o);
    r->bot->printed++;
}

static void tell_json(struct repo *r, const struct told_group *t)
{
    json_t *o = json_pack("{s:s,s:o,s:o,s:s}", "kind", "group", "group", document_str(t->group),
                          "branch", document_str(t->branch), "state", t->state);

    if (t->why.n)
        json_object_set_new(o, "why", document_str(t->why));
    if (t->url.n)
        json_object_set_new(o, "url", document_str(t->url));
    if (t->number)
        json_object_set_new(o, "number", json_integer((json_int_t)t->number));
    if (t->proposal) {
        json_object_set_new(o, "title", document_str(t->proposal->title));
        json_object_set_new(o, "content", document_str(t->proposal->content));
        json_object_set_new(o, "security", json_boolean(t->proposal->security));
        json_object_set_new(o, "safe", json_boolean(t->proposal->safe));
        json_object_set_new(o, "rules", rules_of(t->proposal));
        json_object_set_new(o, "changes", changes_of(r, t->proposal));
    }
    print_line(r, o);
}

/* ---- people ---- */

static void print_text(const char *before, struct str text)
{
    struct str line;

    while (text.n && str_cut(&text, '\n', &line)) {
        fputs(before, stdout);
        report_line_start(stdout, line);
        fputc('\n', stdout);
    }
}

static void tell_people(struct repo *r, const struct told_group *t)
{
    struct arena *a = r->arena;
    struct str number = t->number ? str_fmt(a, " #%lld", (long long)t->number) : S("");
    struct str what = t->why.n ? t->why : t->proposal ? t->proposal->title : S("");

    report_line_start(stdout, str_fmt(a, STR_FMT ": " STR_FMT " %s" STR_FMT "%s" STR_FMT,
                                      STR_ARG(r->name), STR_ARG(t->branch), t->state,
                                      STR_ARG(number), what.n ? ": " : "", STR_ARG(what)));
    fputc('\n', stdout);
    if (t->url.n)
        print_text("  ", t->url);
    if (r->bot->dry && t->proposal)
        print_text("  ", t->proposal->body);
    streams_check(stdout);
}

void bot_tell(struct repo *r, const struct told_group *t)
{
    if (r->bot->json)
        tell_json(r, t);
    else if (!r->bot->line->set[OPT_QUIET])
        tell_people(r, t);
}

void bot_tell_repository(struct repo *r, struct bot_cost cost)
{
    long long took = (long long)cost.took, git = (long long)r->at.git.spent;
    long long own = (long long)cost.own;

    if (r->bot->json) {
        json_t *left = json_array();
        for (size_t i = 0; i < r->plan.left.n; i++)
            json_array_append_new(left, document_str(r->plan.left.v[i]));
        print_line(r, json_pack("{s:s,s:I,s:I,s:o,s:I,s:I,s:I}", "kind", "repository", "files",
                                (json_int_t)r->plan.n, "groups", (json_int_t)r->nproposal, "left",
                                left, "took", took, "git", git, "own", own));
        return;
    }
    for (size_t i = 0; r->bot->line->set[OPT_VERBOSE] && i < r->plan.left.n; i++)
        print_text("  ", r->plan.left.v[i]);
    if (r->bot->line->set[OPT_TIMING])
        print_text("  ",
                   str_fmt(r->arena,
                           "%lld ms, of these %lld ms in git; %lld.%03lld ms of dfix's own work",
                           took, git, own / 1000, own % 1000));
}

void bot_fail(struct repo *r, const char *why)
{
    struct str text = secrets_hide(r->arena, &r->bot->secrets, str_of(why));

    r->bot->failed++;
    if (r->bot->json)
        print_line(r, json_pack("{s:s,s:o}", "kind", "error", "why", document_str(text)));
    say_error(str_fmt(r->arena, "dfix: " STR_FMT ": " STR_FMT, STR_ARG(r->name), STR_ARG(text)).p);
}

void bot_note(struct repo *r, const char *why)
{
    struct str text = secrets_hide(r->arena, &r->bot->secrets, str_of(why));

    if (!r->bot->line->set[OPT_QUIET])
        say_error(str_fmt(r->arena, "dfix: warning: " STR_FMT ": " STR_FMT, STR_ARG(r->name),
                          STR_ARG(text))
                      .p);
}

/* ---- the schema of a line ---- */

static json_t *object_with(json_t *properties, const char *const *always)
{
    json_t *required = json_array();

    for (; *always; always++)
        json_array_append_new(required, json_string(*always));
    return json_pack("{s:s,s:b,s:o,s:o}", "type", "object", "additionalProperties", 0, "required",
                     required, "properties", properties);
}

static json_t *properties_of(const char *const (*fields)[3])
{
    json_t *o = json_object();

    for (; (*fields)[0]; fields++) {
        const char *type = (*fields)[1];
        json_t *t = strchr(type, '|') ? document_enum(type)
                    : strcmp(type, "strings") == 0
                        ? json_pack("{s:s,s:{s:s}}", "type", "array", "items", "type", "string")
                    : strcmp(type, "changes") == 0
                        ? json_pack("{s:s,s:{s:s}}", "type", "array", "items", "$ref",
                                    "#/definitions/change")
                        : json_pack("{s:s}", "type", type);
        json_object_set_new(t, "description", json_string((*fields)[2]));
        json_object_set_new(o, (*fields)[0], t);
    }
    return o;
}

void bot_schema(FILE *out)
{
    static const char *const line[][3] = {
        {"dfix", "string", "The version of dfix"},
        {"repository", "string", "Its URL without a login, or its folder"},
        {"kind", "group|repository|error", "What the line is about"},
        {"group", "string", "all, a rule's name, or a file's path"},
        {"branch", "string", "The branch of the pull request"},
        {"state", group_states, "What became of the group"},
        {"why", "string", "Why, where the state does not say it all"},
        {"url", "string", "Of the pull request, or where one can be opened"},
        {"number", "integer", "Of the pull request"},
        {"title", "string", "Its title"},
        {"content", "string", "By which the same proposal is known again"},
        {"security", "boolean", "It closes an advisory"},
        {"safe", "boolean", "All of its fixes are safe"},
        {"rules", "strings", "Their names, a commit each"},
        {"changes", "changes", "Packages and images"},
        {"files", "integer", "Dockerfiles that were judged"},
        {"groups", "integer", "Groups that have something to propose"},
        {"left", "strings", "Files that were left alone, and why"},
        {"took", "integer", "Milliseconds for the repository"},
        {"git", "integer", "Of these, in git"},
        {"own", "integer", "Microseconds of a processor that dfix itself took"},
        {NULL, NULL, NULL}};
    static const char *const change[][3] = {
        {"file", "string", "From the top of the repository"},
        {"name", "string", "Of the package or image"},
        {"from", "string", "The version or digest before; empty: none"},
        {"to", "string", "The one after"},
        {"version", "string", "What a build takes today"},
        {"suite", "string", "Where that comes from"},
        {"advisories", "string", "Those that it closes"},
        {"security", "boolean", "It is a security update"},
        {"image", "boolean", "It is an image"},
        {NULL, NULL, NULL}};
    json_t *s =
        object_with(properties_of(line), (const char *const[]){"dfix", "repository", "kind", NULL});

    json_object_set_new(s, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
    json_object_set_new(s, "title", json_string("A line of dfix pr --json"));
    json_object_set_new(
        s, "definitions",
        json_pack("{s:o}", "change",
                  object_with(properties_of(change),
                              (const char *const[]){"file", "name", "from", "to", NULL})));
    json_dumpf(s, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(s);
}
