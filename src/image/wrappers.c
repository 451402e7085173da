/* Programs that start another command: sudo -E, env A=b, timeout 60. */
#include "values.h"

#include <string.h>

/* Their options with a value, and how many words of their own stand before that command. */
static const struct wrapping {
    const char *name, *values;
    unsigned words;
    unsigned wrapper;
} wrappings[] = {
    {"sudo", "ugpChDRrTtU", 0, WRAP_SUDO}, {"doas", "uC", 0, WRAP_SUDO},
    {"env", "uCS", 0, WRAP_ENV},           {"nice", "n", 0, WRAP_OTHER},
    {"ionice", "cnpP", 0, WRAP_OTHER},     {"timeout", "ks", 1, WRAP_OTHER},
    {"time", "fo", 0, WRAP_OTHER},         {"exec", "a", 0, WRAP_OTHER},
    {"command", "", 0, WRAP_OTHER},        {"builtin", "", 0, WRAP_OTHER},
    {"nohup", "", 0, WRAP_OTHER},          {"eatmydata", "", 0, WRAP_OTHER},
    {"stdbuf", "ioe", 0, WRAP_OTHER},      {"setsid", "", 0, WRAP_OTHER},
    {"unbuffer", "", 0, WRAP_OTHER},       {"eval", "", 0, WRAP_OTHER},
    {"gosu", "", 1, WRAP_OTHER},           {"su-exec", "", 1, WRAP_OTHER},
    {"busybox", "", 0, WRAP_OTHER},        {"xargs", "aEIdLnPs", 0, WRAP_XARGS},
};

static bool known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

struct str path_basename(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');
    return slash == STR_NONE ? path : str_from(path, (size_t)slash + 1);
}

struct str path_without_slash(struct str path)
{
    while (path.n > 1 && str_ends(path, S("/")))
        path.n--;
    return path;
}

struct str command_program(const struct field *f)
{
    return known(f) ? path_basename(f->value.text) : S("");
}

static const struct wrapping *wrapping_of(struct str program)
{
    for (size_t i = 0; i < sizeof(wrappings) / sizeof(wrappings[0]); i++)
        if (str_eq(program, str_of(wrappings[i].name)))
            return &wrappings[i];
    return NULL;
}

/* Past the options of a wrapper, env's assignments and the words of its own. */
static size_t its_words_end(const struct field *f, size_t n, const struct wrapping *w)
{
    unsigned words = w->words;
    size_t at = 1;

    for (; at < n && known(&f[at]); at++) {
        struct str s = f[at].value.text;
        bool flag = s.n > 1 && s.p[0] == '-';
        if (flag && str_eq(s, S("--")))
            return at + 1;
        if (flag && s.n == 2 && strchr(w->values, s.p[1]))
            at++;
        else if (!flag && str_chr(s, '=') > 0)
            continue;
        else if (!flag && words)
            words--;
        else if (!flag)
            break;
    }
    return at < n ? at : n; /* an option's value may be missing */
}

size_t wrappers_end(const struct field *f, size_t n, unsigned *which)
{
    size_t at = 0;

    while (at < n && known(&f[at])) {
        const struct wrapping *w = wrapping_of(command_program(&f[at]));
        if (!w || (str_eq(str_of(w->name), S("eval")) && n - at == 2))
            return at; /* eval TEXT: a script */
        *which |= w->wrapper;
        at += its_words_end(f + at, n - at, w);
    }
    return at;
}
