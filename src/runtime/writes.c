/* Folders of root's that what an image starts writes to, as far as its words tell. */
#include "dfix/command.h"
#include "runtime/start.h"

enum { WORDS_MAX = 100 }; /* of one command that are looked at */

/* What an option for a folder that a program keeps things in is called. */
static const char *const keeps[] = {
    "data",    "state",    "storage", "store",  "database", "db-path", "dbpath",  "cache",
    "workdir", "work-dir", "library", "upload", "download", "logdir",  "log-dir", "log_dir",
    "pid",     "persist",  "save",    "home",   "root-dir", "output"};

static bool is_anybodys(struct str path)
{
    static const char *const open[] = {"/tmp/", "/var/tmp/", "/dev/", "/proc/", "/home/"};

    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        if (str_starts(path, str_of(open[i])))
            return true;
    return path.n < 2 || path.p[0] != '/' || str_eq(path, S("/tmp"));
}

static bool contains(struct str text, const char *word)
{
    struct str w = str_of(word);

    for (size_t i = 0; i + w.n <= text.n; i++)
        if (str_ieq(str_sub(text, i, i + w.n), w))
            return true;
    return false;
}

/* The fix gives volumes to the user. */
static bool is_given_volume(const struct started *s, struct str path)
{
    const struct folder *v;
    size_t n = image_root_folders(s->im, s->arena, s->stage, &v);

    for (size_t i = 0; i < n; i++) {
        bool in =
            str_starts(path, v[i].path) && (path.n == v[i].path.n || path.p[v[i].path.n] == '/');
        if (v[i].volume && v[i].givable && in)
            return true;
    }
    return false;
}

static bool is_roots(const struct started *s, struct str path)
{
    return !is_anybodys(path) && !image_gives_away(s->im, s->stage, path) &&
           !is_given_volume(s, path);
}

/* --data-dir=/x, -Ddatabase.location=/x, --data-dir /x */
static struct str kept_at(const struct field *f, size_t n, size_t i)
{
    struct str word = f[i].value.text, value = word, name;
    bool named = false;

    if (!str_starts(word, S("-")))
        return S("");
    if (!str_cut(&value, '=', &name))
        return S("");
    if (name.n == word.n)
        value = i + 1 < n && f[i + 1].value.certainty == VALUE_KNOWN ? f[i + 1].value.text : S("");
    for (size_t k = 0; k < sizeof keeps / sizeof keeps[0]; k++)
        named |= contains(name, keeps[k]);
    return named ? value : S("");
}

static struct str says_roots(const struct started *s, struct str path)
{
    return str_fmt(s->arena, "the program it starts writes to " STR_FMT ", which root owns",
                   STR_ARG(path));
}

/* celery beat, celery worker -B: what it has to do is kept in a file where it works, unless an
 * option names another place. */
static bool keeps_schedule(const struct field *f, size_t n)
{
    bool beats = false;

    if (!n || !str_eq(path_basename(f[0].value.text), S("celery")))
        return false;
    for (size_t i = 1; i < n && i < WORDS_MAX; i++) {
        struct str word = f[i].value.text;
        if (str_eq(word, S("-s")) || str_eq(word, S("-S")) || str_starts(word, S("--schedule")))
            return false;
        beats |= word_is_one_of(word, "beat -B --beat");
    }
    return beats;
}

static struct str why_command(const struct started *s, const struct command *c)
{
    const struct field *f;
    const struct field *const *path;
    size_t n = command_args(c, &f), nwritten = command_written(c, &path);
    struct str at = image_working_folder(s->im, s->arena, s->stage);

    if (keeps_schedule(f, n) && !is_anybodys(at) && is_roots(s, at))
        return S("celery's beat writes its schedule where it works, which root owns; use "
                 "`--schedule`");
    for (size_t i = 0; i < nwritten && i < WORDS_MAX; i++)
        if (path[i]->value.certainty == VALUE_KNOWN && is_roots(s, path[i]->value.text))
            return says_roots(s, path[i]->value.text);
    for (size_t i = 0; i < n && i < WORDS_MAX; i++) { /* options alone, too */
        struct str kept = f[i].value.certainty == VALUE_KNOWN ? kept_at(f, n, i) : S("");
        if (is_roots(s, kept))
            return says_roots(s, kept);
    }
    return S("");
}

/* What a start script writes itself: its commands, and its shell. */
struct str started_text_writes(const struct started *s, struct str text)
{
    struct command_list all;
    struct str why = S("");

    if (!commands_of_text(s->arena, text, &all) || !all.n)
        return why;
    for (size_t i = 0; i < all.n && !why.n; i++)
        why = why_command(s, &all.v[i]);
    const struct scope *sc = all.v[0].scope;
    for (node_id n = 1; n < sc->tree->nnode && !why.n; n++) {
        struct str path =
            node_kind(sc->tree, n) == NODE_REDIRECT ? redirect_output(sc, s->arena, n) : S("");
        if (is_roots(s, path))
            why = says_roots(s, path);
    }
    return why;
}

struct str started_writes(const struct started *s)
{
    node_id instruction[] = {s->entrypoint, s->command};
    struct str why = S("");

    for (size_t k = 0; k < 2; k++) {
        struct command_list all = commands_of_instruction(s->im, instruction[k]);
        for (size_t i = 0; i < all.n && !why.n; i++)
            why = all.v[i].program == PROGRAM_UNKNOWN ? S("") : why_command(s, &all.v[i]);
    }
    return why;
}

/* ---- its user's home ---- */

/* "$HOME/.app", ~/.app: where nothing gives HOME a value */
static bool is_at_home(const struct tree *t, node_id word, const struct value *v)
{
    const struct piece *first = v->npiece ? v->piece : NULL;
    struct str text = node_text(t, word);

    if (str_eq(text, S("~")) || str_starts(text, S("~/")))
        return true;
    if (!first || first->known || node_kind(t, first->node) != NODE_PARAM)
        return false;
    node_id name = node_next(t, first->node, 0, NODE_NAME);
    return name && str_eq(node_text(t, name), S("HOME"));
}

static bool writes_home(const struct command *c)
{
    const struct field *const *path;
    size_t n = command_written(c, &path);

    for (size_t i = 0; i < n && i < WORDS_MAX; i++)
        if (is_at_home(c->scope->tree, path[i]->word, &path[i]->value))
            return true;
    return false;
}

/* The redirections of a text, from this node on and before that one. */
static bool puts_home(const struct scope *sc, struct arena *a, node_id from, node_id to)
{
    for (node_id n = from; n < to; n++) {
        node_id word = redirect_writes(sc->tree, n);
        struct value v = word ? scope_value(sc, a, word) : (struct value){0};
        if (word && is_at_home(sc->tree, word, &v))
            return true;
    }
    return false;
}

static bool text_writes_home(const struct started *s, struct str text)
{
    struct command_list all;
    bool writes = false;

    if (!commands_of_text(s->arena, text, &all) || !all.n)
        return false;
    for (size_t i = 0; i < all.n && !writes; i++)
        writes = writes_home(&all.v[i]);
    const struct scope *sc = all.v[0].scope;
    return writes || puts_home(sc, s->arena, 1, sc->tree->nnode);
}

bool started_writes_home(const struct started *s)
{
    const struct tree *t = s->im->tree;
    node_id instruction[] = {s->entrypoint, s->command};
    const struct str *text;
    size_t n = started_scripts(s, &text);
    bool writes = false;

    for (size_t i = 0; i < n && !writes; i++)
        writes = text_writes_home(s, text[i]);
    for (size_t k = 0; k < 2 && !writes; k++) {
        struct command_list all = commands_of_instruction(s->im, instruction[k]);
        for (size_t i = 0; i < all.n && !writes; i++)
            writes = writes_home(&all.v[i]);
        if (instruction[k] && !writes)
            writes = puts_home(&s->im->scope, s->arena, instruction[k] + 1,
                               t->node[instruction[k]].after);
    }
    return writes;
}
