/* supervisors.c - programs that start what a file of their own lists: supervisord's settings, a
 * Procfile, the service folders of s6. */
#include "dfix/command.h"
#include "files/files.h"
#include "runtime/runtime.h"
#include "runtime/start.h"

/* ---- the commands that a file lists ---- */

/* `key = value` of an INI line, without the blanks. */
static bool setting(struct str line, const char *key, struct str *value)
{
    struct str name;

    *value = line;
    if (str_chr(line, '=') == STR_NONE || !str_cut(value, '=', &name))
        return false;
    *value = str_trim(*value);
    return str_eq(str_trim(name), str_of(key));
}

/* The part of a line before a comment of INI's. */
static struct str without_comment(struct str line)
{
    ptrdiff_t at = str_find(line, S(" ;"));

    line = str_trim(at == STR_NONE ? line : str_sub(line, 0, (size_t)at));
    return str_starts(line, S(";")) || str_starts(line, S("#")) ? S("") : line;
}

/* What supervisord's settings start, a command a line; `user`: whom one of them is run as. */
static struct str supervised(struct arena *a, struct str text, struct str *user)
{
    struct buf b = {.arena = a};
    struct str line, value;
    bool program = false;

    *user = S("");
    while (str_cut(&text, '\n', &line)) {
        line = without_comment(line);
        if (str_starts(line, S("[")))
            program = str_starts(line, S("[program:")) || str_starts(line, S("[fcgi-program:")) ||
                      str_starts(line, S("[eventlistener:"));
        else if (program && setting(line, "command", &value))
            buf_fmt(&b, STR_FMT "\n", STR_ARG(value));
        else if (program && setting(line, "user", &value) && !user_is_root(value) && !user->n)
            *user = value;
    }
    return b.n ? buf_str(&b) : S("");
}

/* What a Procfile starts, a command a line; `which`: that process alone, "" all of them. */
static struct str processes(struct arena *a, struct str text, struct str which)
{
    struct buf b = {.arena = a};
    struct str line, name;

    while (str_cut(&text, '\n', &line)) {
        struct str command = line;
        if (str_starts(line, S("#")) || str_chr(line, ':') == STR_NONE)
            continue;
        str_cut(&command, ':', &name);
        if (!which.n || str_eq(str_trim(name), which))
            buf_fmt(&b, STR_FMT "\n", STR_ARG(str_trim(command)));
    }
    return b.n ? buf_str(&b) : S("");
}

/* ---- what starts them ---- */

/* The value of an option of one letter or a name: -c FILE, --configuration=FILE; "" none. */
static struct str option(const struct field *f, size_t n, const char *letter, const char *name)
{
    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text, rest = word, before;
        if (f[i].value.certainty != VALUE_KNOWN)
            continue;
        if ((str_eq(word, str_of(letter)) || str_eq(word, str_of(name))) && i + 1 < n &&
            f[i + 1].value.certainty == VALUE_KNOWN)
            return f[i + 1].value.text;
        if (str_starts(word, S("--")) && str_cut(&rest, '=', &before) &&
            str_eq(before, str_of(name)))
            return rest;
    }
    return S("");
}

static struct str why_commands(const struct started *s, struct str by, struct str text)
{
    struct str why = root_program_of_script(s->arena, text);

    if (!why.n)
        why = started_text_writes(s, text);
    return why.n
               ? str_fmt(s->arena, "of what " STR_FMT " lists, " STR_FMT, STR_ARG(by), STR_ARG(why))
               : S("");
}

static struct str why_supervisord(const struct started *s, const struct field *f, size_t n)
{
    static const char *const usual[] = {"/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
                                        "/etc/supervisor/conf.d/supervisord.conf"};
    struct str path = option(f, n, "-c", "--configuration"), text, user;
    bool read = path.n && started_text(s, path, &text);

    for (size_t i = 0; !path.n && i < sizeof usual / sizeof usual[0] && !read; i++) {
        read = started_text(s, str_of(usual[i]), &text);
        path = read ? str_of(usual[i]) : path;
    }
    if (!read)
        return S("");
    struct str commands = supervised(s->arena, text, &user);
    return user.n ? str_fmt(s->arena,
                            "supervisord runs a program as " STR_FMT ", as " STR_FMT
                            " says, for which it must start as root",
                            STR_ARG(user), STR_ARG(path))
                  : why_commands(s, path, commands);
}

static struct str why_procfile(const struct started *s, const struct field *f, size_t n)
{
    struct str path = option(f, n, "-f", "--procfile"), which = S(""), text;

    if (!path.n)
        path = S("./Procfile");
    for (size_t i = 2; i < n; i++) {
        bool process = f[i].value.certainty == VALUE_KNOWN && f[i].value.text.n &&
                       f[i].value.text.p[0] != '-' && f[i - 1].value.text.n &&
                       f[i - 1].value.text.p[0] != '-' && str_chr(f[i].value.text, '=') == STR_NONE;
        which = process ? f[i].value.text : which;
    }
    if (!started_text(s, path, &text))
        return S("Procfile, which says what it starts, is not in the build context");
    text = processes(s->arena, text, which);
    return text.n ? why_commands(s, S("Procfile"), text)
                  : S("Procfile does not list what it starts");
}

/* ---- s6's service folders ---- */

static bool is_service(struct str path)
{
    bool within = str_find(path, S("/services.d/")) != STR_NONE ||
                  str_find(path, S("/s6-rc.d/")) != STR_NONE ||
                  str_find(path, S("/cont-init.d/")) != STR_NONE;

    return within && (str_ends(path, S("/run")) || str_ends(path, S("/up")) ||
                      str_find(path, S("/cont-init.d/")) != STR_NONE);
}

/* What a script of a service folder, that the file itself puts there, needs root for. */
static struct str why_s6(const struct started *s)
{
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);
    struct str why = S(""), text;

    for (size_t i = 0; i < n && !why.n; i++) {
        struct str path = deed[i].to.path;
        if (started_is_on(s, deed[i].stage) && deed[i].kind <= DEED_COPY && is_service(path) &&
            started_text(s, path, &text))
            why = root_program_of_script(s->arena, text);
        if (why.n)
            why = str_fmt(s->arena, "of its services, " STR_FMT " (" STR_FMT ")", STR_ARG(why),
                          STR_ARG(path));
    }
    return why;
}

struct str started_supervised(const struct started *s)
{
    static const char by_procfile[] =
        "honcho foreman forego goreman hivemind overmind shoreman forman node-foreman nf";
    const struct field *f;
    size_t n = started_words(s, &f);

    if (!n || f[0].value.certainty != VALUE_KNOWN)
        return S("");
    size_t at = word_is_one_of(f[0].value.text, "bundle poetry pipenv npx") && n > 2 &&
                        word_is_one_of(f[1].value.text, "exec run")
                    ? 2
                    : 0;
    struct str name = path_basename(f[at].value.text);
    if (str_eq(name, S("supervisord")))
        return why_supervisord(s, f + at, n - at);
    if (word_is_one_of(name, by_procfile))
        return why_procfile(s, f + at, n - at);
    return str_eq(f[0].value.text, S("/init")) ? why_s6(s) : S("");
}
