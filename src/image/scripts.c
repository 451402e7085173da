/* Text that a command hands to another shell (`sh -c '...'`, eval, su -c), read as the shell that
 * gets it will read it, and where its bytes stand in the file. */
#include "values.h"

enum { SCRIPT_MAX = 256 * 1024 }; /* bytes */

/* Asked of most words of a file, so that it compares in place. */
bool word_is_one_of(struct str s, const char *list)
{
    for (const char *word = list; *word;) {
        size_t n = 0;
        while (word[n] && word[n] != ' ' && n < s.n && word[n] == s.p[n])
            n++;
        bool ends = !word[n] || word[n] == ' ';
        if (ends && n == s.n)
            return true;
        while (word[n] && word[n] != ' ')
            n++;
        word += n + (word[n] == ' ');
    }
    return false;
}

/* The argument of -c: sh -c TEXT, bash -euxo pipefail -c TEXT, su - USER -c TEXT. */
static size_t text_of_c(const struct field *f, size_t n, bool stops_at_words)
{
    for (size_t i = 1; i + 1 < n; i++) {
        struct str word = f[i].value.text;
        if (f[i].value.certainty != VALUE_KNOWN)
            return 0;
        if (str_eq(word, S("--command")))
            return i + 1;
        if (word.n > 1 && word.p[0] == '-' && word.p[1] != '-' && str_ends(word, S("c")))
            return i + 1;
        bool value = str_ends(word, S("o")) && word.p[0] == '-'; /* -o pipefail */
        if (stops_at_words && word.n && word.p[0] != '-' && word.p[0] != '+')
            return 0;
        i += value;
    }
    return 0;
}

size_t script_field(const struct field *f, size_t n, bool *bash)
{
    if (!n || f[0].value.certainty != VALUE_KNOWN)
        return 0;
    struct str program = path_basename(f[0].value.text);

    *bash = str_eq(program, S("bash"));
    if (word_is_one_of(program, "sh bash dash ash ksh zsh"))
        return text_of_c(f, n, true);
    if (word_is_one_of(program, "su runuser"))
        return text_of_c(f, n, false);
    return str_eq(program, S("eval")) && n == 2 ? 1 : 0;
}

struct script *script_of(struct arena *a, const struct field *f, size_t n)
{
    bool bash;
    size_t text = script_field(f, n, &bash);
    struct script *s = text ? arena_new(a, struct script, 1) : NULL;

    return s && script_read(a, &f[text], bash, s) ? s : NULL;
}

struct str script_path(const struct field *f, size_t n, bool shell)
{
    if (!shell)
        return str_chr(f[0].value.text, '/') == STR_NONE ? S("") : f[0].value.text;
    for (size_t i = 1; i < n; i++)
        if (f[i].value.certainty == VALUE_KNOWN && !str_starts(f[i].value.text, S("-")))
            return f[i].value.text;
    return S("");
}

/* The text, with `$_` for what is not known: the words around it are still told apart. */
static struct str text_of(struct arena *a, const struct value *v)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < v->npiece; i++)
        buf_add(&b, v->piece[i].known ? v->piece[i].text : S("$_"));
    return buf_str(&b);
}

bool script_read(struct arena *a, const struct field *f, bool bash, struct script *out)
{
    struct str text = text_of(a, &f->value);

    if (f->value.certainty == VALUE_UNKNOWN || !text.n || text.n > SCRIPT_MAX)
        return false;
    *out = (struct script){.word = f->word, .value = f->value};
    out->image.tree = tree_parse_shell(a, text, bash);
    out->image.scope.tree = out->image.tree;
    return !out->image.tree->nerror;
}

bool script_place(const struct script *s, struct span in, struct span *out)
{
    size_t at = 0;

    for (size_t i = 0; i < s->value.npiece; i++) {
        const struct piece *p = &s->value.piece[i];
        size_t n = p->known ? p->text.n : 2; /* `$_` */
        if (p->literal && p->known && in.start >= at && in.end <= at + n) {
            *out = (struct span){p->span.start + (uint32_t)(in.start - at),
                                 p->span.start + (uint32_t)(in.end - at)};
            return true;
        }
        at += n;
    }
    return false;
}
