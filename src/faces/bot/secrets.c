/* secrets.c - what no message may show. */
#include "faces/bot/secrets.h"

#include "faces/faces.h"

enum { SHORTEST = 4 }; /* shorter ones are no secrets, and stand everywhere */

void secrets_add(struct secrets *s, struct str text)
{
    for (size_t i = 0; i < s->text.n; i++)
        if (str_eq(s->text.v[i], text))
            return;
    if (text.n >= SHORTEST)
        vec_push(s->arena, &s->text, str_dup(s->arena, text));
}

static size_t secret_at(const struct secrets *s, struct str rest)
{
    size_t longest = 0;

    for (size_t i = 0; s && i < s->text.n; i++)
        if (s->text.v[i].n > longest && str_starts(rest, s->text.v[i]))
            longest = s->text.v[i].n;
    return longest;
}

struct str secrets_hide(struct arena *a, const struct secrets *s, struct str text)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < text.n;) {
        size_t secret = secret_at(s, str_from(text, i));
        uint32_t c = 0;
        size_t n = terminal_character(text, i, &c);
        if (secret)
            buf_add(&b, S("***"));
        else if (n && terminal_is_plain(text, i, c))
            buf_add(&b, str_sub(text, i, i + n));
        else
            buf_char(&b, '?');
        i += secret ? secret : n ? n : 1;
    }
    return buf_str(&b);
}
