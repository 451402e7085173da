/* Text that a command hands to another shell (`sh -c '...'`, eval, su -c), read as the shell that
 * gets it will read it, and where its bytes stand in the file. */
#include "commands/commands.h"

size_t script_field(const struct field *f, size_t n, bool *bash)
{
    if (!n || f[0].value.certainty != VALUE_KNOWN)
        return 0;
    const struct program_row *p = program_row_of(path_basename(f[0].value.text));

    *bash = p && p->program == PROGRAM_BASH;
    return nested_text_of(p, f, n);
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

    if (f->value.certainty == VALUE_UNKNOWN || !text.n || text.n > NESTED_MAX)
        return false;
    *out = (struct script){.word = f->word, .value = f->value};
    out->image.tree = tree_parse_shell(a, text, bash);
    out->image.scope = scope_of_text(a, out->image.tree);
    return !out->image.tree->nerror;
}
