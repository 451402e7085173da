/* Calls of package managers: which, with what options, and of which packages. */
#include "values.h"

#include <string.h>

typedef VEC(struct option) option_list;
typedef VEC(struct package) package_list;

struct reader {
    struct image *im;
    struct arena *arena;
    const struct field *field;
    size_t n, at;
    struct install in;
    option_list option;
    package_list package;
};

static bool known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

/* Step over what only starts another command: sudo -E, env A=b, timeout 60. */
static bool skip_wrappers(struct reader *r)
{
    if (r->at == r->n)
        return false;
    r->at += wrappers_end(r->field + r->at, r->n - r->at, &r->in.wrappers);
    return r->at < r->n && known(&r->field[r->at]);
}

static const char *const apt_long_values =
    "option config-file target-release default-release host-architecture build-profiles solver "
    "planner with-source comment snapshot";
static const char *const apk_long_values = "repository root arch keys-dir repositories-file "
                                           "repository-config cache-dir cache-max-age wait "
                                           "timeout progress-fd uvol-manager virtual";

static struct str spelled_of(enum manager m, char letter)
{
    static const struct {
        enum manager manager;
        char letter;
        const char *name;
    } names[] = {
        {MANAGER_APT, 't', "target-release"}, {MANAGER_APT, 'o', "option"},
        {MANAGER_APT, 'c', "config-file"},    {MANAGER_APT, 'a', "host-architecture"},
        {MANAGER_APT, 'P', "build-profiles"}, {MANAGER_APT, 'y', "yes"},
        {MANAGER_APT, 'q', "quiet"},          {MANAGER_APT, 's', "simulate"},
        {MANAGER_APT, 'd', "download-only"},  {MANAGER_APK, 'X', "repository"},
        {MANAGER_APK, 'p', "root"},           {MANAGER_APK, 't', "virtual"},
        {MANAGER_APK, 'q', "quiet"},          {MANAGER_APK, 'U', "update-cache"},
        {MANAGER_APK, 'u', "upgrade"},        {MANAGER_APK, 'l', "latest"},
        {MANAGER_APK, 's', "simulate"},       {MANAGER_APK, 'a', "available"},
        {MANAGER_APK, 'l', "latest"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].manager == m && names[i].letter == letter)
            return str_of(names[i].name);
    return S("");
}

static bool takes_value(enum manager m, struct str spelled)
{
    return word_is_one_of(spelled, m == MANAGER_APT ? apt_long_values : apk_long_values);
}

/* getopt takes any beginning of a long option: --virt is --virtual. Several could be meant by
 * --repo, which getopt refuses. */
static struct str unabbreviated(enum manager m, struct str spelled)
{
    struct str rest = str_of(apk_long_values), word, found = spelled;
    unsigned n = 0;

    if (m != MANAGER_APK || takes_value(m, spelled) || str_starts(S("verbose"), spelled))
        return spelled;
    while (str_cut(&rest, ' ', &word))
        if (spelled.n && str_starts(word, spelled)) {
            found = word;
            n++;
        }
    return n == 1 ? found : spelled;
}

static struct field part_of(struct reader *r, const struct field *f, size_t from)
{
    struct field x = *f;
    struct piece *p = arena_new(r->arena, struct piece, 1);

    *p = (struct piece){.text = str_from(f->value.text, from), .node = f->word, .known = true};
    x.value = (struct value){VALUE_KNOWN, p->text, p, 1};
    return x;
}

static void add_option(struct reader *r, struct option o)
{
    if (!o.has_value && takes_value(r->in.manager, o.spelled) && r->at + 1 < r->n) {
        o.value = r->field[++r->at];
        o.has_value = true;
    }
    vec_push(r->arena, &r->option, o);
}

static void read_option(struct reader *r, const struct field *f)
{
    struct str w = f->value.text;
    struct option o = {.name = *f};

    if (str_starts(w, S("--"))) {
        ptrdiff_t eq = str_chr(w, '=');
        o.spelled = unabbreviated(r->in.manager,
                                  eq == STR_NONE ? str_from(w, 2) : str_sub(w, 2, (size_t)eq));
        o.has_value = eq != STR_NONE;
        if (o.has_value)
            o.value = part_of(r, f, (size_t)eq + 1);
        add_option(r, o);
        return;
    }
    for (size_t i = 1; i < w.n; i++) {
        o.spelled = spelled_of(r->in.manager, w.p[i]);
        o.has_value = takes_value(r->in.manager, o.spelled) && i + 1 < w.n;
        if (o.has_value)
            o.value = part_of(r, f, i + 1 + (w.p[i + 1] == '='));
        add_option(r, o);
        if (o.has_value || (i + 1 < w.n && w.p[i + 1] == '='))
            break; /* -q=2 */
    }
}

static enum verb verb_of(enum manager m, struct str w)
{
    if (word_is_one_of(w, m == MANAGER_APT ? "install" : "add"))
        return VERB_INSTALL;
    if (str_eq(w, S("update")))
        return VERB_UPDATE;
    if (word_is_one_of(w, "upgrade safe-upgrade"))
        return VERB_UPGRADE;
    if (word_is_one_of(w, "dist-upgrade full-upgrade"))
        return VERB_DIST_UPGRADE;
    return word_is_one_of(w, "remove purge del autoremove") ? VERB_REMOVE : VERB_OTHER;
}

/* apt-get purge $TOOLS, in the RUN that installs them: removing takes `name=version` as well. */
static bool only_removes(const struct reader *r, node_id param, node_id install)
{
    const struct tree *t = r->im->tree;
    node_id command = node_up(t, param, NODE_COMMAND);
    const struct field *f;
    unsigned wrappers = 0;

    if (r->in.manager != MANAGER_APT || !command ||
        node_up(t, command, NODE_INSTRUCTION) != node_up(t, install, NODE_INSTRUCTION))
        return false;
    size_t n = image_fields(r->im, r->arena, command, &f), at = wrappers_end(f, n, &wrappers);
    if (at >= n || !word_is_one_of(command_program(&f[at]), "apt-get apt"))
        return false;
    for (at++; at < n; at++)
        if (known(&f[at]) && !str_starts(f[at].value.text, S("-")))
            return word_is_one_of(f[at].value.text, "remove purge autoremove autopurge");
    return false;
}

/* How many other places read the variable that wrote this field. */
static unsigned other_uses(const struct reader *r, const struct field *f, node_id writer)
{
    enum { ENOUGH = 8 }; /* of them to know */
    const struct tree *t = r->im->tree;
    node_id param = 0;

    if (writer == f->word)
        return 0;
    for (node_id n = f->word + 1; !param && n < t->node[f->word].after; n++)
        if (node_kind(t, n) == NODE_PARAM)
            param = node_next(t, n, 0, NODE_NAME);
    if (!param)
        return 1;
    /* A loop's variable is written where it is read; those of the shell live as long as their
     * instruction; ARG and ENV are read anywhere. */
    struct str name = node_text(t, param);
    node_id instruction = node_up(t, writer, NODE_INSTRUCTION), within = 0;
    if (f->each)
        within = node_up(t, writer, NODE_FOR);
    else if (instruction && node_instruction(t, instruction) == INST_RUN)
        within = instruction;
    unsigned uses = 0;
    node_id n = within;
    while (uses < ENOUGH && (n = image_next_use(r->im, name, n, t->node[within].after)))
        uses += !only_removes(r, n, f->word);
    return uses - 1;
}

static size_t name_end(enum manager m, struct str w)
{
    size_t i = 0;

    while (i < w.n && !strchr(m == MANAGER_APT ? "=/:" : "=<>~@", w.p[i]))
        i++;
    return i;
}

static void classify_apt(struct package *p, struct str w)
{
    size_t end = name_end(MANAGER_APT, w);
    struct str rest = str_from(w, end);

    p->name = str_sub(w, 0, end);
    if (rest.n && rest.p[0] == ':') {
        size_t n = 1;
        while (n < rest.n && rest.p[n] != '=' && rest.p[n] != '/')
            n++;
        p->qualifier = str_sub(rest, 1, n);
        rest = str_from(rest, n);
    }
    if (rest.n) {
        p->kind = PACKAGE_CONSTRAINED;
        p->operator_ = str_sub(rest, 0, 1);
        p->version = str_from(rest, 1);
    } else if (deb_name_valid(p->name)) {
        p->kind = PACKAGE_NAME;
        if (str_ends(w, S("-")) || (str_ends(w, S("+")) && !str_ends(w, S("++"))))
            p->kind = str_ends(w, S("-")) ? PACKAGE_REMOVED : PACKAGE_ADDED;
    } else {
        p->kind = str_ends(w, S("^")) ? PACKAGE_TASK : PACKAGE_PATTERN;
    }
}

static void classify_apk(struct package *p, struct str w)
{
    size_t end = name_end(MANAGER_APK, w), op = end;

    p->name = str_sub(w, 0, end);
    while (op < w.n && strchr("=<>~@", w.p[op]))
        op++;
    p->kind = PACKAGE_NAME;
    if (str_starts(w, S("!"))) { /* with a version or without */
        p->kind = PACKAGE_REMOVED;
    } else if (end < w.n) {
        p->kind = PACKAGE_CONSTRAINED;
        p->operator_ = str_sub(w, end, op);
        p->version = str_from(w, op);
    } else if (str_chr(w, ':') != STR_NONE || str_starts(w, S("/"))) {
        p->kind = PACKAGE_PROVIDES;
    } else if (!apk_name_valid(w)) {
        p->kind = PACKAGE_PATTERN;
    }
}

/* apk takes any word with .apk in it for a file, and no other: /bin/sh is what packages provide. */
static bool is_file(enum manager m, struct str w)
{
    if (m == MANAGER_APK)
        return str_find(w, S(".apk")) != STR_NONE;
    return str_starts(w, S("/")) || str_starts(w, S("./")) || str_starts(w, S("../")) ||
           str_ends(w, S(".deb"));
}

/* `make>4` without quotes: a redirection to a file named 4, and hardly meant so. */
static bool meets_redirect(const struct tree *t, node_id word)
{
    node_id next = node_sibling(t, word);
    node_id target = next && node_kind(t, next) == NODE_REDIRECT ? node_first(t, next) : 0;

    if (!target || node_span(t, next).start != node_span(t, word).end)
        return false;
    char first = t->text.p[node_span(t, target).start];
    return (first >= '0' && first <= '9') || first == '=' || first == '~';
}

static void read_package(struct reader *r, const struct field *f)
{
    struct package p = {.kind = PACKAGE_UNKNOWN,
                        .name = S(""),
                        .qualifier = S(""),
                        .operator_ = S(""),
                        .version = S(""),
                        .field = *f,
                        .node = f->word,
                        .span = node_span(r->im->tree, f->word)};
    struct str w = f->value.text;

    if (known(f) && !w.n)
        return;
    if (known(f)) {
        if (str_find(w, S("://")) != STR_NONE)
            p.kind = PACKAGE_URL;
        else if (is_file(r->in.manager, w))
            p.kind = PACKAGE_FILE;
        else if (r->in.manager == MANAGER_APT)
            classify_apt(&p, w);
        else
            classify_apk(&p, w);
        if (!p.name.n)
            p.name = w;
    }
    if (f->value.npiece == 1 && f->value.piece[0].literal) {
        p.literal = true;
        p.node = f->value.piece[0].node;
        p.span = f->value.piece[0].span;
        p.shared = other_uses(r, f, p.node);
    }
    p.redirected = p.kind == PACKAGE_NAME && meets_redirect(r->im->tree, f->word);
    vec_push(r->arena, &r->package, p);
}

static void add_unknown_package(struct reader *r, const struct field *at, struct str name)
{
    struct field f = *at;

    f.value = (struct value){.certainty = VALUE_UNKNOWN, .text = S("")};
    read_package(r, &f);
    r->package.v[r->package.n - 1].name = name;
}

static void settle_options(struct reader *r)
{
    VEC(struct str) repositories = {0};
    struct install *in = &r->in;

    in->target_release = in->virtual_ = in->root = S("");
    for (size_t i = 0; i < r->option.n; i++) {
        const struct option *o = &r->option.v[i];
        struct str value = o->has_value && known(&o->value) ? o->value.value.text : S("");
        if (word_is_one_of(o->spelled, "target-release default-release")) {
            in->target_release = value;
            in->target_unknown = !value.n;
        } else if (str_eq(o->spelled, S("option")) && value.n >= 20 &&
                   str_ieq(str_sub(value, 0, 20), S("APT::Default-Release"))) {
            in->target_release = str_trim(str_from(value, 20 + (value.n > 20)));
            in->target_unknown = !in->target_release.n;
        } else if (str_eq(o->spelled, S("option")) &&
                   (str_starts(value, S("Dir")) || str_starts(value, S("RootDir")) || !value.n)) {
            in->root = value.n ? value : S("an option known when built");
        } else if (word_is_one_of(o->spelled, "config-file host-architecture snapshot root arch "
                                              "repositories-file repository-config")) {
            in->root = o->spelled;
        } else if (str_eq(o->spelled, S("virtual"))) {
            in->virtual_ = value;
        } else if (str_eq(o->spelled, S("repository"))) {
            vec_push(r->arena, &repositories, value);
        }
    }
    in->repository = repositories.v;
    in->nrepository = repositories.n;
}

static void settle(struct reader *r)
{
    settle_options(r);
    r->in.option = r->option.v;
    r->in.noption = r->option.n;
    r->in.package = r->package.v;
    r->in.npackage = r->package.n;
}

/* One command; true: it calls a package manager. */
static bool read_call(struct reader *r)
{
    bool verb = false, only_words = false;

    if (!skip_wrappers(r))
        return false;
    struct str program = command_program(&r->field[r->at]);
    if (!word_is_one_of(program, "apt-get apt aptitude apk"))
        return false;
    r->in.program = program;
    r->in.manager = str_eq(program, S("apk")) ? MANAGER_APK : MANAGER_APT;
    r->in.verb = VERB_OTHER;
    for (r->at++; r->at < r->n; r->at++) {
        const struct field *f = &r->field[r->at];
        struct str w = f->value.text;
        if (known(f) && !only_words && str_eq(w, S("--")))
            only_words = true;
        else if (known(f) && !only_words && w.n > 1 && w.p[0] == '-')
            read_option(r, f);
        else if (!verb && !known(f))
            return false;
        else if (!verb) {
            verb = true;
            r->in.verb = verb_of(r->in.manager, w);
        } else
            read_package(r, f);
    }
    if (r->in.wrappers & WRAP_XARGS)
        add_unknown_package(r, &r->field[0], S("what xargs adds"));
    settle(r);
    return true;
}

const struct option *install_option(const struct install *in, struct str spelled)
{
    for (size_t i = 0; i < in->noption; i++)
        if (str_eq(in->option[i].spelled, spelled))
            return &in->option[i];
    return NULL;
}

struct finder {
    struct image *im;
    struct arena *arena;
    VEC(struct install) list;
};

/* What was read in a script's own tree, said of the word of the file that holds it. */
static void place_field(const struct script *s, struct arena *a, struct field *f)
{
    struct piece *p = arena_new(a, struct piece, f->value.npiece + 1);

    for (size_t i = 0; i < f->value.npiece; i++) {
        p[i] = f->value.piece[i];
        p[i].literal = p[i].literal && script_place(s, p[i].span, &p[i].span);
        p[i].node = s->word;
    }
    f->value.piece = p;
    f->word = s->word;
}

static void place_package(const struct finder *x, const struct script *s, struct package *p)
{
    const struct tree *t = s->image.tree;
    struct span word = node_span(t, p->node);

    if (!p->name.n)
        p->name = s->value.certainty == VALUE_KNOWN ? node_text(t, p->field.word)
                                                    : S("a package of this text");
    p->script = true;
    p->bare = p->span.start == word.start && p->span.end == word.end;
    p->literal =
        p->literal && s->value.certainty == VALUE_KNOWN && script_place(s, p->span, &p->span);
    if (!p->literal)
        p->span = node_span(x->im->tree, s->word);
    p->node = s->word;
    place_field(s, x->arena, &p->field);
}

static void read_script(struct finder *x, const struct field *f, bool bash, struct install outer);
static void read_unread(struct finder *x, const struct field *f, struct str by, struct str text,
                        struct install in);

/* A call behind a program that is not known: retry 3 apt-get install -y curl. Programs that only
 * look or print are left out. */
static void read_carried(struct finder *x, const struct reader *r, struct install in)
{
    static const char printers[] =
        "echo printf grep sed awk test [ cat tee exit command type which";
    const struct field *program = &r->field[r->at];
    struct str name = command_program(program), before = S("");

    if (!name.n || word_is_one_of(name, printers))
        return;
    if (str_eq(name, S("install_packages")))
        read_unread(x, program, name, name, in);
    for (size_t i = r->at; i < r->n; i++) {
        struct str word = r->field[i].value.text;
        if (!known(&r->field[i]) || str_starts(word, S("-")))
            continue;
        bool apt =
            str_ends(before, S("apt-get")) || word_is_one_of(before, "apt aptitude apt-fast nala");
        bool apk = str_eq(before, S("apk")) || str_ends(before, S("-apk"));
        if ((apt && str_eq(word, S("install"))) || (apk && str_eq(word, S("add")))) {
            read_unread(x, program, name,
                        str_fmt(x->arena, STR_FMT " " STR_FMT, STR_ARG(before), STR_ARG(word)), in);
            return;
        }
        before = path_basename(word);
    }
}

/* The calls of one command. `script`: its tree is that one's; NULL: the file's. */
static void read_command(struct finder *x, const struct script *script, node_id n,
                         struct install outer)
{
    const struct image *im = script ? &script->image : x->im;
    struct reader r = {.im = (struct image *)(uintptr_t)im, .arena = x->arena, .in = outer};
    bool bash = false;
    size_t text;

    r.n = image_fields(im, x->arena, n, &r.field);
    if (!skip_wrappers(&r))
        return;
    text = script_field(r.field + r.at, r.n - r.at, &bash);
    if (text && !script) {
        outer.wrappers |= r.in.wrappers | WRAP_SH_C;
        read_script(x, &r.field[r.at + text], bash, outer);
        return;
    }
    if (!read_call(&r)) {
        if (!script && r.at < r.n)
            read_carried(x, &r, outer);
        return;
    }
    for (size_t i = 0; script && i < r.in.npackage; i++)
        place_package(x, script, &r.package.v[i]);
    for (size_t i = 0; script && i < r.in.noption; i++) {
        place_field(script, x->arena, &r.option.v[i].name);
        if (r.option.v[i].has_value)
            place_field(script, x->arena, &r.option.v[i].value);
    }
    vec_push(x->arena, &x->list, r.in);
}

/* A text that cannot be read, but shows that it installs something. `by`: the program whose words
 * they are; "" none. */
static void read_unread(struct finder *x, const struct field *f, struct str by, struct str text,
                        struct install in)
{
    static const struct {
        const char *text, *program;
        enum manager manager;
    } signs[] = {{"apt-get install", "apt-get", MANAGER_APT},
                 {"apt install", "apt", MANAGER_APT},
                 {"aptitude install", "aptitude", MANAGER_APT},
                 {"apt-fast install", "apt-fast", MANAGER_APT},
                 {"nala install", "nala", MANAGER_APT},
                 {"install_packages", "install_packages", MANAGER_APT},
                 {"apk add", "apk", MANAGER_APK}};

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (str_find(text, str_of(signs[i].text)) == STR_NONE)
            continue;
        struct reader r = {.im = x->im, .arena = x->arena, .in = in};
        r.in.manager = signs[i].manager;
        r.in.program = str_of(signs[i].program);
        r.in.verb = VERB_INSTALL;
        add_unknown_package(
            &r, f,
            by.n ? str_fmt(x->arena, "what " STR_FMT " does with `%s`", STR_ARG(by), signs[i].text)
                 : S("what this text installs"));
        settle(&r);
        vec_push(x->arena, &x->list, r.in);
    }
}

static void read_script(struct finder *x, const struct field *f, bool bash, struct install outer)
{
    struct script s;

    if (!script_read(x->arena, f, bash, &s)) {
        read_unread(x, f, S(""), node_text(x->im->tree, f->word), outer);
        return;
    }
    for (node_id n = 1; n < s.image.tree->nnode; n++) {
        struct install in = outer;
        if (node_kind(s.image.tree, n) != NODE_COMMAND)
            continue;
        in.conditional |= node_in_branch(s.image.tree, n) || node_after_or(s.image.tree, n);
        read_command(x, &s, n, in);
    }
}

void installs_find(struct image *im, struct arena *a)
{
    const struct tree *t = im->tree;
    struct finder x = {.im = im, .arena = a};

    for (node_id n = 1; n < t->nnode; n++) {
        enum node_kind k = node_kind(t, n);
        if (k != NODE_COMMAND && k != NODE_EXEC)
            continue;
        node_id instruction = node_up(t, n, NODE_INSTRUCTION);
        unsigned stage = image_stage_of(im, n);
        if (node_instruction(t, instruction) != INST_RUN || stage == UINT32_MAX ||
            node_has_error(t, n))
            continue;
        read_command(&x, NULL, n,
                     (struct install){
                         .instruction = instruction,
                         .command = n,
                         .stage = stage,
                         .conditional = node_in_branch(t, n) || node_after_or(t, n),
                         .wrappers = k == NODE_EXEC ? WRAP_EXEC_FORM : 0,
                         .onbuild = t->node[instruction].parent != 0,
                     });
    }
    im->install = x.list.v;
    im->ninstall = x.list.n;
}
