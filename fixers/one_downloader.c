/* one-downloader: a stage that uses wget and curl. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports a stage that downloads with wget and with curl: one of them is enough, and one "
    "package\n"
    "less. Calls of wget with a URL, a name for the file, and options about its output become "
    "curl,\n"
    "where the stage has used or installed curl before.\n\n"
    "Only reported: other calls of wget, and those of curl.\n\n"
    "Safety: unsafe. The programs differ in how often they try again, and in certificates.\n";

/* A call of wget that curl can do. */
struct call {
    struct str file, url; /* as written; file "": the URL's last part */
    bool out;             /* to standard output */
    bool insecure;
};

static struct str as_written(const struct command *k, const struct field *f)
{
    return node_text(k->scope->tree, f->word);
}

/* False: it asks for more than curl is given here. */
static bool read_option(const struct command *k, const struct command_option *o, struct call *out)
{
    if (word_is_one_of(
            o->name, "quiet no-verbose progress show-progress verbose server-response continue") ||
        (str_eq(o->name, S("n")) && str_eq(o->value.value.text, S("v"))))
        return !str_eq(o->name, S("continue"));
    if (str_eq(o->name, S("no-check-certificate"))) {
        out->insecure = true;
        return true;
    }
    if (!str_eq(o->name, S("output-document")))
        return false;
    out->out = str_eq(o->value.value.text, S("-"));
    out->file = as_written(k, &o->value);
    ptrdiff_t glued = str_starts(out->file, S("-")) ? str_chr(out->file, '=') : STR_NONE;
    if (glued != STR_NONE) /* --output-document=FILE */
        out->file = str_from(out->file, (size_t)glued + 1);
    return out->out || !str_starts(out->file, S("-"));
}

/* A word of which nothing is known may be an option. */
static bool has_unknown(const struct command *k)
{
    const struct field *arg;

    for (size_t i = command_args(k, &arg); i-- > 1;)
        if (arg[i].value.certainty == VALUE_UNKNOWN)
            return true;
    return false;
}

static bool read_call(const struct command *k, struct call *out)
{
    const struct field *const *word;
    size_t n = command_operands(k, &word);

    *out = (struct call){.file = S(""), .url = S("")};
    if (n != 1 || k->within || k->wrappers || has_unknown(k))
        return false;
    for (const struct command_option *o = NULL; (o = command_option(k, NULL, o));)
        if (!read_option(k, o, out))
            return false;
    out->url = as_written(k, word[0]);
    struct str url = word[0]->value.text;
    bool named = url.n && !str_ends(url, S("/")) && str_chr(url, '?') == STR_NONE &&
                 word[0]->value.certainty == VALUE_KNOWN;
    return out->file.n || out->out || named;
}

/* Its words stand one after the other, with nothing between that is not one. */
static bool is_plain(const struct tree *t, node_id command, struct span *words)
{
    node_id last = 0;

    for (node_id n = node_first(t, command); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) == NODE_WORD && (last || n == node_first(t, command)))
            last = n;
        else if (node_kind(t, n) == NODE_WORD)
            return false;
        else if (!last)
            return false;
    }
    if (!last)
        return false;
    for (node_id n = node_first(t, command); n != last; n = node_sibling(t, n))
        if (node_kind(t, n) != NODE_WORD)
            return false;
    *words = (struct span){node_span(t, command).start, node_span(t, last).end};
    return str_chr(str_sub(t->text, words->start, words->end), '\n') == STR_NONE;
}

/* The commands in reading order, and what the stage has come to have. */
struct walk {
    struct fix_ctx *c;
    const struct install *install; /* the next one that is not behind the command in hand */
    size_t ninstall;
    unsigned stage, used;
    bool curl; /* it was used, or installed */
};

/* Does the command install curl? */
static bool brings_curl(struct walk *w, const struct command *k)
{
    bool brings = false;

    while (w->ninstall && w->install->call->index < k->index) {
        w->install++;
        w->ninstall--;
    }
    for (size_t i = 0; i < w->ninstall && w->install[i].call == k; i++)
        for (size_t p = 0; p < w->install[i].npackage; p++)
            brings |= str_eq(w->install[i].package[p].name, S("curl"));
    return brings;
}

static void replace(const struct walk *w, struct fix *f, const struct command *k)
{
    struct fix_ctx *c = w->c;
    struct call x;
    struct span words;

    if (!read_call(k, &x) || !is_plain(c->tree, k->node, &words)) {
        fix_refuse(f, "a call of wget has options that curl has no equal for");
        return;
    }
    if (!w->curl) {
        fix_refuse(f, "curl may not be there yet");
        return;
    }
    struct buf b = {.arena = c->arena};
    buf_fmt(&b, "curl -fsSL%s", x.insecure ? "k" : "");
    if (!x.out)
        buf_fmt(&b, x.file.n ? " -o " STR_FMT : "O" STR_FMT, STR_ARG(x.file));
    buf_fmt(&b, " " STR_FMT, STR_ARG(x.url));
    fix_delete_code(f, k->node, words);
    fix_insert_code(f, k->node, words.start, buf_str(&b));
}

enum { USES_WGET = 1, USES_CURL = 2, USES_BOTH = USES_WGET | USES_CURL };

static unsigned use_of(const struct command *k)
{
    if (k->program == PROGRAM_WGET)
        return USES_WGET;
    return k->program == PROGRAM_CURL ? USES_CURL : 0;
}

static void step(struct walk *w, const struct command *k)
{
    if (k->stage != w->stage) {
        w->used = 0;
        w->curl = false;
    }
    w->stage = k->stage;
    w->used |= use_of(k);
}

/* One finding for the commands of an instruction, when the stage uses both by its end. */
static void look(struct walk *w, struct command_list l)
{
    const struct command *first = NULL, *curl = NULL;
    struct fix *f = NULL;
    unsigned used = l.n && l.v[0].stage == w->stage ? w->used : 0;

    for (size_t i = 0; i < l.n; i++) {
        used |= use_of(&l.v[i]);
        first = !first && use_of(&l.v[i]) == USES_WGET ? &l.v[i] : first;
        curl = !curl && use_of(&l.v[i]) == USES_CURL ? &l.v[i] : curl;
    }
    if (used == USES_BOTH && first)
        f = fix_begin(w->c, first->outer, UNSAFE,
                      "Use curl in place of wget, as the stage does elsewhere");
    else if (used == USES_BOTH && curl)
        fix_help(fix_hint(w->c, curl->outer, "The stage uses wget and curl"), "use one of them");
    for (size_t i = 0; i < l.n; i++) {
        const struct command *k = &l.v[i];
        step(w, k);
        if (f && use_of(k) == USES_WGET)
            replace(w, f, k);
        w->curl |= use_of(k) == USES_CURL || brings_curl(w, k);
    }
}

static void run(struct fix_ctx *c)
{
    struct walk w = {.c = c, .stage = UINT32_MAX};

    w.install = image_installs(c->image, &w.ninstall);
    for (node_id n = 0; (n = instruction_next(c->tree, n));)
        if (node_instruction(c->tree, n) == INST_RUN)
            look(&w, commands_of_instruction(c->image, n));
}

const struct fixer fixer_one_downloader = {
    .id = "one-downloader",
    .aliases = "DL4001",
    .title = "Use wget or curl, not both",
    .why = "Each of them is a package that the image carries and has to update.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
