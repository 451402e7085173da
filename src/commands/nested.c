/* nested.c - text that a command hands to another shell (`sh -c '...'`, eval, su -c), read as
 * the shell that gets it will read it, and where its bytes stand in the file. */
#include "commands/commands.h"
#include "model/scope.h"

/* sh -c TEXT, bash -euxo pipefail -c TEXT, su - USER -c TEXT: the word behind -c. A shell's
 * options end at its first operand. */
static size_t text_of_c(const struct field *f, size_t n, bool stops_at_words)
{
    for (size_t i = 1; i + 1 < n; i++) {
        struct str word = f[i].value.text;
        if (f[i].value.certainty != VALUE_KNOWN)
            return 0;
        bool dash = str_starts(word, S("-")), letters = dash && !str_starts(word, S("--"));
        if (str_eq(word, S("--command")) || (letters && word.n > 1 && str_ends(word, S("c"))))
            return i + 1;
        if (stops_at_words && word.n && !dash && word.p[0] != '+')
            return 0;
        i += dash && str_ends(word, S("o")); /* -o pipefail */
    }
    return 0;
}

size_t nested_text_of(const struct program_row *p, const struct field *f, size_t n)
{
    if (!p)
        return 0;
    if (p->flags & (SHELL | SU))
        return text_of_c(f, n, p->flags & SHELL);
    return p->program == PROGRAM_EVAL && n == 2 ? 1 : 0;
}

/* The text, with `$_` for what is not known: the words around it are still told apart. */
static struct str text_with_gaps(struct arena *a, const struct value *v)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < v->npiece; i++)
        buf_add(&b, v->piece[i].known ? v->piece[i].text : S("$_"));
    return buf_str(&b);
}

const struct nested_text *nested_open(struct arena *a, const struct field *text, struct span place,
                                      bool bash)
{
    if (text->value.certainty == VALUE_UNKNOWN)
        return NULL;
    struct str whole = text_with_gaps(a, &text->value);
    if (!whole.n || whole.n > NESTED_MAX)
        return NULL;
    struct nested_text *s = arena_new(a, struct nested_text, 1);
    s->word = text->word;
    s->place = place;
    s->value = text->value;
    s->scope = scope_of_text(a, tree_parse_shell(a, whole, bash));
    return s->scope.tree->nerror ? NULL : s;
}

bool nested_span(const struct nested_text *s, struct span in, struct span *out)
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

/* What a tree of its own says of a field, said of the file: its pieces count as written where
 * their bytes stand in the text as they are. */
void nested_place(const struct nested_text *s, struct arena *a, struct field *f)
{
    struct piece *p = arena_new(a, struct piece, f->value.npiece + 1);

    for (size_t i = 0; i < f->value.npiece; i++) {
        p[i] = f->value.piece[i];
        p[i].literal = p[i].literal && nested_span(s, p[i].span, &p[i].span);
        if (!p[i].literal)
            p[i].span = s->place;
        p[i].node = s->word;
    }
    f->value.piece = p;
    f->word = s->word;
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
