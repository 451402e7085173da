/* loaded.c - the texts of the program that is started, where it is run as it is written: its own,
 * those of the modules beside it that it loads, and what they show of where it writes. */
#include "dfix/command.h"
#include "files/files.h"
#include "runtime/start.h"

enum { SOURCES = 24 }; /* that are read */

struct gathering {
    const struct started *s;
    VEC(struct script_text) found;
};

static const char servers[] = "uvicorn gunicorn hypercorn daphne granian waitress-serve";

static bool is_script(struct str word)
{
    static const char *const ends[] = {".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".php", ".pl"};
    bool is = false;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0] && !is; i++)
        is = str_ends(word, str_of(ends[i]));
    return is;
}

static bool add_file(struct gathering *r, struct str path, bool loaded)
{
    struct str text;

    for (size_t i = 0; i < r->found.n; i++)
        if (str_eq(r->found.v[i].name, path))
            return true;
    if (r->found.n == SOURCES || !started_text(r->s, path, &text) ||
        (str_starts(text, S("#!")) && script_is_shells(text)))
        return false;
    vec_push(r->s->arena, &r->found, ((struct script_text){path, text, loaded}));
    return true;
}

/* folder/a/b.py, or that folder's own file, of the module a.b */
static void add_module(struct gathering *r, struct str folder, struct str module, const char *own,
                       bool loaded)
{
    struct buf path = {.arena = r->s->arena};
    struct arena *a = r->s->arena;

    if (folder.n && !str_eq(folder, S(".")))
        buf_fmt(&path, STR_FMT "/", STR_ARG(folder));
    for (size_t i = 0; i < module.n; i++)
        buf_char(&path, module.p[i] == '.' ? '/' : module.p[i]);
    struct str at = buf_str(&path);
    if (module.n && !add_file(r, str_fmt(a, STR_FMT ".py", STR_ARG(at)), loaded))
        add_file(r, str_fmt(a, STR_FMT "/%s.py", STR_ARG(at), own), loaded);
}

/* ---- what is started ---- */

/* The file that FLASK_APP names; "app" where nothing does. */
static struct str flask_app(const struct started *s)
{
    const struct tree *t = s->im->tree;
    struct str app = S("app");

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        bool env = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_ENV &&
                   started_is_on(s, image_stage_of(s->im, n));
        for (node_id p = 0; env && (p = node_next(t, n, p, NODE_PAIR));)
            if (node_next(t, p, 0, NODE_WORD) &&
                str_eq(node_text(t, node_first(t, p)), S("FLASK_APP")))
                app = image_value(s->im, s->arena, node_next(t, p, 0, NODE_WORD)).text;
    }
    return app;
}

static void add_app(struct gathering *r, struct str word)
{
    struct str module = word;

    str_cut(&word, ':', &module);
    if (is_script(module))
        add_file(r, module, false);
    else
        add_module(r, S(""), module, "__init__", false);
}

static void add_words(struct gathering *r, const struct field *f, size_t n)
{
    struct str name = n ? path_basename(f[0].value.text) : S("");
    bool interprets = starts_interpreter(f, n), first = interprets;

    if (!interprets && n && str_chr(f[0].value.text, '/') != STR_NONE)
        add_file(r, f[0].value.text, false);
    for (size_t i = 1; i < n && f[i].value.certainty == VALUE_KNOWN; i++) {
        struct str word = f[i].value.text;
        bool module = interprets && str_eq(f[i - 1].value.text, S("-m"));
        if (module)
            name = word;
        if (module && !word_is_one_of(word, servers))
            add_module(r, S(""), word, "__main__", false);
        else if (word_is_one_of(name, servers) && str_chr(word, ':') > 0)
            add_app(r, word);
        else if (!str_starts(word, S("-")) && (first || is_script(word)) && !module)
            first &= !add_file(r, word, false) && str_starts(word, S("-"));
    }
    if (str_eq(name, S("flask")))
        add_app(r, flask_app(r->s));
}

/* `npm start`: the words of that script. */
static void add_package_script(struct gathering *r, struct str name)
{
    struct command_list all;
    struct str text;
    bool at_hand;
    const struct field *f;

    if (!package_script_text(r->s, name, &at_hand, &text) ||
        !commands_of_text(r->s->arena, text, &all))
        return;
    for (size_t i = 0; i < all.n; i++) {
        size_t n = command_args(&all.v[i], &f);
        add_words(r, f, n);
    }
}

/* ---- what that loads ---- */

/* `import a.b`, `from .a import b` */
static void add_python_import(struct gathering *r, struct str folder, struct str line)
{
    struct str word, module;

    if (!word_next(&line, &word) || !word_is_one_of(word, "import from") ||
        !word_next(&line, &module))
        return;
    while (str_starts(module, S(".")))
        module = str_from(module, 1);
    if (str_ends(module, S(",")))
        module = str_sub(module, 0, module.n - 1);
    add_module(r, folder, module, "__init__", true);
}

/* require('./a'), from "./a" */
static void add_node_import(struct gathering *r, struct str folder, struct str line)
{
    ptrdiff_t at = str_find(line, S("./"));
    struct arena *a = r->s->arena;

    if (at <= 0 || (line.p[at - 1] != '\'' && line.p[at - 1] != '"') ||
        (str_find(line, S("require")) == STR_NONE && str_find(line, S("from ")) == STR_NONE &&
         !str_starts(line, S("import"))))
        return;
    char quote = line.p[at - 1];
    struct str rest = str_from(line, (size_t)at + 2), name;
    if (!str_cut(&rest, quote, &name) || !name.n)
        return;
    struct str path = str_eq(folder, S("."))
                          ? name
                          : str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name));
    if (!add_file(r, path, true) && !add_file(r, str_fmt(a, STR_FMT ".js", STR_ARG(path)), true))
        add_file(r, str_fmt(a, STR_FMT "/index.js", STR_ARG(path)), true);
}

static void add_imports(struct gathering *r, const struct script_text *from)
{
    struct str text = from->text, line;
    struct str folder = folder_around(from->name);
    bool python = str_ends(from->name, S(".py"));

    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (python)
            add_python_import(r, folder, line);
        else
            add_node_import(r, folder, line);
    }
}

size_t started_script_texts(const struct started *s, const struct script_text **out)
{
    struct gathering r = {.s = s};
    const struct field *f;
    size_t n = started_words(s, &f);
    struct str name;

    if (n && f[0].value.certainty == VALUE_KNOWN) {
        if (package_script_name(f, n, &name))
            add_package_script(&r, name);
        else
            add_words(&r, f, n);
    }
    for (size_t i = 0, own = r.found.n; i < own; i++) {
        struct script_text from = r.found.v[i];
        add_imports(&r, &from);
    }
    *out = r.found.v;
    return r.found.n;
}

/* ---- what they show ---- */

/* What writes files, in the languages of scripts that are read where they lie. */
static const char *const writing[] = {"writeFile",
                                      "createWriteStream(",
                                      "appendFile(",
                                      "mkdirSync(",
                                      "fs.mkdir(",
                                      "fs.rename",
                                      "sqlite3.Database(",
                                      "sqlite3.connect(",
                                      "sqlite:///",
                                      "multer({",
                                      "lowdb",
                                      "nedb",
                                      "FileHandler(",
                                      "os.makedirs(",
                                      "os.mkdir(",
                                      ".mkdir(",
                                      ".save(file",
                                      ".save(path",
                                      ".save(os.path",
                                      ".save('",
                                      ".save(\"",
                                      ".save(f",
                                      "download_to_filename(",
                                      "download_file(",
                                      "'w')",
                                      "\"w\")",
                                      "'a')",
                                      "\"a\")",
                                      "'wb')",
                                      "\"wb\")",
                                      "File.write(",
                                      "file_put_contents("};

static bool writes(struct str text)
{
    bool found = false;

    for (size_t k = 0; k < sizeof writing / sizeof writing[0] && !found; k++)
        found = str_find(text, str_of(writing[k])) != STR_NONE;
    return found;
}

/* A folder of those that storage is mounted to, in quotes, that the image does not have. */
static struct str mounted_folder(const struct started *s, struct str text)
{
    static const char *const begins[] = {"/mnt/", "/media/", "/data/", "/var/lib/", "/var/cache/"};

    for (size_t at = 0; at + 1 < text.n; at++) {
        char quote = text.p[at];
        if ((quote != '"' && quote != '\'') || text.p[at + 1] != '/')
            continue;
        struct str rest = str_from(text, at + 1), path;
        for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
            if (str_starts(rest, str_of(begins[i])) && str_cut(&rest, quote, &path) &&
                path_is_known(path) &&
                file_at(s->im, s->stage, UINT32_MAX, path_without_slash(path)).kind == FILE_NONE &&
                !image_gives_away(s->im, s->stage, path))
                return path;
    }
    return S("");
}

static struct str why_source(const struct started *s, const struct script_text *x)
{
    const char *verb = x->loaded ? "loads" : "starts";

    if (writes(x->text))
        return str_fmt(s->arena,
                       STR_FMT ", which it %s, may write files, and its folder belongs to root; "
                               "`chown` what it writes to",
                       STR_ARG(x->name), verb);
    struct str folder = mounted_folder(s, x->text);
    return folder.n ? str_fmt(s->arena,
                              STR_FMT ", which it %s, names " STR_FMT
                                      ", which nothing puts there, and whose that will be is not "
                                      "known",
                              STR_ARG(x->name), verb, STR_ARG(folder))
                    : S("");
}

struct str started_source_writes(const struct started *s)
{
    struct str at = image_working_folder(s->im, s->arena, s->stage), why = S("");
    const struct script_text *x;
    size_t n = at.n && image_gives_away(s->im, s->stage, at) ? 0 : started_script_texts(s, &x);

    for (size_t i = 0; i < n && !why.n; i++)
        why = why_source(s, &x[i]);
    return why;
}

bool started_looks_home(const struct started *s)
{
    static const char *const looks[] = {"expanduser(", "Path.home(", "os.homedir(", "\"~/", "'~/"};
    const struct script_text *x;
    size_t n = started_script_texts(s, &x);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof looks / sizeof looks[0]; k++)
            if ((k < 3 || str_ends(x[i].name, S(".py"))) &&
                str_find(x[i].text, str_of(looks[k])) != STR_NONE)
                return true;
    return false;
}

bool started_names(const struct started *s, struct str path)
{
    const struct script_text *x;
    size_t n = started_script_texts(s, &x);
    bool names = false;

    for (size_t i = 0; i < n && !names; i++)
        names = str_find(x[i].text, path) != STR_NONE;
    return names;
}
