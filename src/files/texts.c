/* texts.c - the texts that a build writes into files, as far as they are known: `echo x > f`,
 * printf, `| tee f`, `cat <<EOF > f`, `{ echo x; echo y; } > f`. */
#include "files/deeds.h"

static bool is_output(const struct tree *t, node_id redirect)
{
    enum redirect op = (enum redirect)t->node[redirect].op;
    return op == REDIR_OUT || op == REDIR_CLOBBER || op == REDIR_APPEND || op == REDIR_BOTH ||
           op == REDIR_BOTH_APPEND;
}

static bool is_heredoc(const struct tree *t, node_id redirect)
{
    enum redirect op = (enum redirect)t->node[redirect].op;
    return op == REDIR_HEREDOC || op == REDIR_HEREDOC_TABS;
}

/* > and >> of standard output: neither 2> nor &>. */
static bool is_plain_output(const struct tree *t, node_id redirect)
{
    enum redirect op = (enum redirect)t->node[redirect].op;
    return (op == REDIR_OUT || op == REDIR_CLOBBER || op == REDIR_APPEND) &&
           str_starts(node_text(t, redirect), S(">"));
}

/* ---- idioms ---- */

/* Without blanks, quotes and braces, so that one spelling stands for many. */
static struct str squeezed(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < s.n; i++)
        if (str_chr(S(" \t\"'{}"), s.p[i]) == STR_NONE)
            buf_char(&b, s.p[i]);
    return buf_str(&b);
}

/* What people write for the release's codename and the machine's architecture; `around` is the
 * text of the instruction that it stands in. */
static bool idiom(struct arena *a, struct str written, struct str around, const struct stage *stage,
                  struct str *out)
{
    static const char *const codename[] = {
        "$(lsb_release-cs)",
        "$(lsb_release-sc)",
        "$(lsb_release-c-s)",
        "$(lsb_release-s-c)",
        "$(lsb_release--codename--short)",
        "$(./etc/os-release&&echo$VERSION_CODENAME)",
        "$(./etc/os-release;echo$VERSION_CODENAME)",
        "$(source/etc/os-release&&echo$VERSION_CODENAME)",
        "$(./etc/os-release&&echo$UBUNTU_CODENAME:-$VERSION_CODENAME)",
        "`lsb_release-cs`",
        "`lsb_release-sc`",
    };
    struct str s = squeezed(a, written);

    if (str_eq(s, S("$(dpkg--print-architecture)")) || str_eq(s, S("`dpkg--print-architecture`"))) {
        *out = S("native");
        return true;
    }
    bool wanted =
        str_eq(s, S("$VERSION_CODENAME")) && str_find(around, S("/etc/os-release")) != STR_NONE;
    for (size_t i = 0; i < sizeof(codename) / sizeof(codename[0]); i++)
        wanted |= str_eq(s, str_of(codename[i]));
    if (!wanted)
        return false;
    *out = stage->release.codename;
    return out->n > 0;
}

static struct str text_around(const struct tree *t, node_id n)
{
    return node_text(t, node_up(t, n, NODE_INSTRUCTION));
}

bool written_value(const struct scope *sc, struct arena *a, const struct stage *stage,
                   const struct value *v, struct str *out)
{
    struct buf b = {.arena = a};

    if (v->certainty == VALUE_KNOWN) {
        *out = v->text;
        return true;
    }
    for (size_t i = 0; i < v->npiece; i++) {
        struct str text = v->piece[i].text;
        node_id n = v->piece[i].node;
        if (!v->piece[i].known &&
            !idiom(a, node_text(sc->tree, n), text_around(sc->tree, n), stage, &text))
            return false;
        buf_add(&b, text);
    }
    *out = v->npiece ? buf_str(&b) : S("");
    return v->npiece > 0;
}

/* ---- echo and printf ---- */

/* A printf format: \n, \t, \\ and %% are put in; %s takes the words. */
static bool format(struct str f, const struct str *word, size_t n, struct buf *out)
{
    size_t used = 0;

    do {
        for (size_t i = 0; i < f.n; i++) {
            char next = i + 1 < f.n ? f.p[i + 1] : 0;
            if (f.p[i] != '\\' && f.p[i] != '%') {
                buf_char(out, f.p[i]);
                continue;
            }
            if (f.p[i] == '%' && next == 's')
                buf_add(out, used < n ? word[used++] : S(""));
            else if (f.p[i] == '%' && next == '%')
                buf_char(out, '%');
            else if (f.p[i] == '\\' && (next == 'n' || next == 't' || next == '\\'))
                buf_char(out, next == 'n' ? '\n' : next == 't' ? '\t' : '\\');
            else
                return false;
            i++;
        }
    } while (used && used < n);
    return used == n;
}

static bool echoed(const struct str *word, size_t n, struct buf *out)
{
    bool open = n > 1 && str_eq(word[1], S("-n"));
    size_t first = 1 + open;

    if (first < n && str_starts(word[first], S("-")))
        return false; /* -e: shells differ */
    for (size_t i = first; i < n; i++) {
        if (str_chr(word[i], '\\') != STR_NONE)
            return false; /* here too */
        buf_fmt(out, "%s" STR_FMT, i > first ? " " : "", STR_ARG(word[i]));
    }
    if (!open)
        buf_char(out, '\n');
    return true;
}

static const struct command *command_of(const struct doer *d, node_id n)
{
    return n == d->step->node ? d->step->command : command_of_node(d->im, d->now.scope, n);
}

/* What a command at the node prints, when all of it is known. */
static bool printed(struct doer *d, node_id n, struct buf *out)
{
    const struct command *c = command_of(d, n);
    const struct field *f;

    if (!c ||
        (c->program != PROGRAM_ECHO && c->program != PROGRAM_PRINTF &&
         !word_is_one_of(c->name, ": true")) ||
        (c->wrappers & (WRAP_XARGS | WRAP_FIND)))
        return false;
    if (c->program == PROGRAM_OTHER)
        return true;
    size_t count = command_raw(d->arena, c, &f);
    struct str *word = arena_new(d->arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++)
        if (f[i].each ||
            !written_value(c->scope, d->arena, &d->im->stage[c->stage], &f[i].value, &word[i]))
            return false;
    if (c->program == PROGRAM_ECHO)
        return echoed(word, count, out);
    return count >= 2 && !str_starts(word[1], S("-")) && format(word[1], word + 2, count - 2, out);
}

/* ---- heredocs ---- */

static void find_bodies(struct doer *d, const struct tree *t, node_id instruction)
{
    struct bodies *b = &d->bodies;

    if (b->tree == t && b->instruction == instruction)
        return;
    b->tree = t;
    b->instruction = instruction;
    b->operator_.n = b->body.n = 0;
    for (node_id n = instruction + 1; n < t->node[instruction].after; n++)
        if (node_kind(t, n) == NODE_REDIRECT && is_heredoc(t, n))
            vec_push(d->arena, &b->operator_, n);
        else if (node_kind(t, n) == NODE_HEREDOC)
            vec_push(d->arena, &b->body, n);
}

/* The body that a heredoc operator takes: both come in one order. */
static node_id body_of(struct doer *d, node_id redirect)
{
    const struct tree *t = d->now.scope->tree;
    struct bodies *b = &d->bodies;
    struct str delimiter;

    find_bodies(d, t, node_up(t, redirect, NODE_INSTRUCTION));
    struct bisect at = {.high = b->operator_.n};
    while (bisect_next(&at))
        bisect_take(&at, b->operator_.v[at.at] < redirect);
    node_id n = at.low < b->body.n ? b->body.v[at.low] : 0;
    node_id word = node_next(t, redirect, 0, NODE_WORD);
    if (!n || !word || !node_value(t, word, d->arena, &delimiter))
        return 0;
    struct span last = token_span(t, t->node[n].tok_end - 1);
    return str_eq(str_trim(str_sub(t->text, last.start, last.end)), delimiter) ? n : 0;
}

/* How long what begins with this `$` is: ${NAME}, $NAME, $(COMMAND). 0: something else. */
static size_t dollar_length(struct str s, struct str *name)
{
    bool braced = s.n > 1 && s.p[1] == '{';
    size_t from = braced ? 2 : 1, n = from;

    *name = S("");
    if (str_starts(s, S("$("))) {
        ptrdiff_t end = str_chr(s, ')');
        return end > 0 ? (size_t)end + 1 : 0;
    }
    while (n < s.n && char_is_of_name(s.p[n]) && !(n == from && s.p[n] >= '0' && s.p[n] <= '9'))
        n++;
    *name = str_sub(s, from, n);
    if (n == from || (braced && (n == s.n || s.p[n] != '}')))
        return 0;
    return n + braced;
}

/* What stands in a body for that: a variable of the file's or the shell's, or an idiom. */
static bool dollar_value(struct doer *d, node_id redirect, struct str written, struct str name,
                         struct str *out)
{
    const struct scope *sc = d->now.scope;
    bool in_stage = d->now.stage != UINT32_MAX;

    if (name.n) {
        struct value v = scope_variable(sc, d->arena, redirect, name);
        *out = v.text;
        if (v.certainty == VALUE_KNOWN)
            return true;
    }
    return in_stage && node_up(sc->tree, redirect, NODE_SHELL) &&
           idiom(d->arena, written, text_around(sc->tree, redirect), &d->im->stage[d->now.stage],
                 out);
}

enum { BODY_LONG = 1 << 16 }; /* with what is put in */

/* A body with what the builder or the shell puts in; false: not all of that is known. */
static bool expand_body(struct doer *d, node_id redirect, struct str text, struct str *out)
{
    struct buf b = {.arena = d->arena};
    struct str name, value;

    for (size_t i = 0; i < text.n;) {
        struct str rest = str_from(text, i);
        bool dollar = text.p[i] == '$';
        size_t n = dollar ? dollar_length(rest, &name) : 1;
        if (!n || b.n > BODY_LONG || text.p[i] == '\\' || text.p[i] == '`' ||
            (dollar && !dollar_value(d, redirect, str_sub(rest, 0, n), name, &value)))
            return false;
        buf_add(&b, dollar ? value : str_sub(rest, 0, 1));
        i += n;
    }
    *out = b.n ? buf_str(&b) : S("");
    return true;
}

/* <<-: without the tabs that its lines begin with. */
static struct str without_tabs(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < text.n; i++) {
        bool begins = !b.n || b.p[b.n - 1] == '\n';
        if (!begins || text.p[i] != '\t')
            buf_char(&b, text.p[i]);
    }
    return b.n ? buf_str(&b) : S("");
}

bool text_of_body(struct doer *d, node_id redirect, struct str *out)
{
    const struct tree *t = d->now.scope->tree;
    node_id body = body_of(d, redirect), data = body ? node_next(t, body, 0, NODE_DATA) : 0;

    *out = S("");
    if (!body || (node_first(t, body) && !data))
        return false;
    if (data)
        *out = node_text(t, data);
    if (t->node[body].flags & NODE_TABS)
        *out = without_tabs(d->arena, *out);
    return t->node[body].flags & NODE_QUOTED || expand_body(d, redirect, *out, out);
}

/* ---- redirections ---- */

/* Those of a command, when it has at most one of each kind. */
struct ends {
    node_id heredoc, output; /* 0: none */
    bool other;              /* more of them than that */
};

static struct ends ends_of(const struct tree *t, node_id command)
{
    struct ends e = {0};

    for (node_id r = node_first(t, command); r; r = node_sibling(t, r)) {
        if (node_kind(t, r) != NODE_REDIRECT)
            continue;
        node_id *place = is_heredoc(t, r) ? &e.heredoc : is_plain_output(t, r) ? &e.output : NULL;
        e.other |= !place || *place;
        if (place && !*place)
            *place = r;
    }
    return e;
}

/* What the command prints into its one output, or its heredoc says. */
static bool text_of_command(struct doer *d, node_id command, const struct ends *e, struct str *out)
{
    const struct tree *t = d->now.scope->tree;
    const struct command *c = command_of(d, command);
    const struct field *f;
    struct buf b = {.arena = d->arena};

    if (e->other)
        return false;
    if (c && c->program == PROGRAM_CAT && e->heredoc && command_args(c, &f) == 1)
        return text_of_body(d, e->heredoc, out);
    bool known = !e->heredoc && (!node_next(t, command, 0, NODE_WORD) || printed(d, command, &b));
    *out = b.n ? buf_str(&b) : S("");
    return known;
}

/* The first command of the pipeline, when it is all that comes before this one; 0: it is not. */
static node_id feeding(const struct tree *t, node_id command)
{
    node_id up = t->node[command].parent, first = node_first(t, up);

    if (node_kind(t, up) != NODE_PIPELINE || node_sibling(t, first) != command ||
        node_kind(t, first) != NODE_COMMAND)
        return 0;
    return first;
}

bool text_fed(struct doer *d, node_id command, struct str *out)
{
    const struct tree *t = d->now.scope->tree;
    bool piped = node_kind(t, t->node[command].parent) == NODE_PIPELINE;
    struct ends own = ends_of(t, command);
    node_id from = feeding(t, command);

    *out = S("");
    if (own.heredoc)
        return (!piped || command == node_first(t, t->node[command].parent)) &&
               text_of_body(d, own.heredoc, out);
    if (!from)
        return false;
    struct ends source = ends_of(t, from);
    return !source.output && text_of_command(d, from, &source, out);
}

static struct deed *written_to(struct doer *d, node_id redirect)
{
    const struct tree *t = d->now.scope->tree;
    enum redirect op = (enum redirect)t->node[redirect].op;
    node_id word = node_next(t, redirect, 0, NODE_WORD);

    if (!word)
        return NULL;
    struct value file = scope_value(d->now.scope, d->arena, word);
    if (str_starts(file.text, S("/dev/")))
        return NULL;
    struct deed *x = deed_add(d, DEED_WRITE, place_of(d, &file));
    x->append = op == REDIR_APPEND || op == REDIR_BOTH_APPEND;
    x->redirect = redirect;
    const struct command *c = d->now.command;
    x->fetched = c && (is_fetcher(c) || fetched_upstream(c));
    return x;
}

static bool node_may_not_run(const struct doer *d, node_id n)
{
    const struct tree *t = d->now.scope->tree;
    const struct command *holder = d->step->holder;

    return node_in_branch(t, n) || node_after_or(t, n) || (holder && command_may_not_run(holder));
}

void deeds_of_redirects(struct doer *d, node_id command)
{
    const struct tree *t = d->now.scope->tree;
    bool first = true;

    for (node_id r = node_first(t, command); r; r = node_sibling(t, r)) {
        if (node_kind(t, r) != NODE_REDIRECT || !is_output(t, r))
            continue;
        if (first)
            d->now.maybe = node_may_not_run(d, command);
        first = false;
        struct deed *x = written_to(d, r);
        struct ends e = ends_of(t, command);
        bool piped = node_kind(t, t->node[command].parent) == NODE_PIPELINE;
        if (x && e.output == r && !piped) {
            struct str text = S("");
            bool known = text_of_command(d, command, &e, &text);
            x->text = text;
            x->text_known = known;
        }
    }
}

/* { echo ...; echo ...; } > PATH: nothing inside but what prints. */
static bool text_of_group(struct doer *d, node_id group, node_id redirect, struct str *out)
{
    const struct tree *t = d->now.scope->tree;
    struct buf b = {.arena = d->arena};

    if ((node_kind(t, group) != NODE_GROUP && node_kind(t, group) != NODE_SUBSHELL) ||
        !is_plain_output(t, redirect))
        return false;
    for (node_id n = group + 1; n < t->node[group].after; n++) {
        enum node_kind k = node_kind(t, n);
        if (k == NODE_PIPELINE || k == NODE_IF || k == NODE_FOR || k == NODE_LOOP ||
            k == NODE_CASE || k == NODE_FUNCTION || (k == NODE_REDIRECT && n != redirect))
            return false;
        if (k == NODE_COMMAND && node_kind(t, t->node[n].parent) != NODE_SUBST &&
            (node_after_or(t, n) || !printed(d, n, &b)))
            return false;
    }
    *out = b.n ? buf_str(&b) : S("");
    return true;
}

void deed_of_group(struct doer *d, node_id redirect)
{
    const struct tree *t = d->now.scope->tree;
    node_id group = t->node[redirect].parent;
    struct str text = S("");

    if (!is_output(t, redirect))
        return;
    d->now.maybe = node_may_not_run(d, group);
    struct deed *x = written_to(d, redirect);
    if (!x)
        return;
    x->text_known = text_of_group(d, group, redirect, &text);
    x->text = text;
}

bool script_is_shells(struct str text)
{
    struct str line = S("");

    str_cut(&text, '\n', &line);
    return !str_starts(line, S("#!")) || str_find(line, S("sh")) != STR_NONE;
}
