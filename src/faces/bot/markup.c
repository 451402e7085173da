/* markup.c - text of others' making in titles, commits and Markdown. */
#include "faces/bot/bot.h"

static bool is_digit(struct str s, size_t i)
{
    return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* "[skip ci]" and its like in a commit's message would keep its checks from running. */
static bool is_order(struct str s, size_t i)
{
    static const char *const first[] = {"skip", "ci", "no ci", "actions"};
    bool found = false;

    for (size_t k = 0; s.p[i] == '[' && k < sizeof(first) / sizeof(first[0]); k++) {
        struct str rest = str_from(s, i + 1), word = str_of(first[k]);
        found |= rest.n > word.n && str_ieq(str_sub(rest, 0, word.n), word);
    }
    return found;
}

/* "@name", "#12", "!12", "GH-12", "www." and "://", which a host would link: behind this byte a
 * blank goes. */
static bool is_link(struct str s, size_t i)
{
    if (is_order(s, i) || (s.p[i] == ':' && str_starts(str_from(s, i), S("://"))))
        return true;
    if (s.p[i] == '.')
        return i >= 3 && str_ieq(str_sub(s, i - 3, i), S("www")) &&
               (i == 3 || !char_is_of_name(s.p[i - 4]));
    if (s.p[i] == '@')
        return (i == 0 || !char_is_of_name(s.p[i - 1])) && i + 1 < s.n &&
               char_is_of_name(s.p[i + 1]);
    if (s.p[i] == '#' || s.p[i] == '!')
        return is_digit(s, i + 1);
    return s.p[i] == '-' && i >= 2 && (s.p[i - 1] | 32) == 'h' && (s.p[i - 2] | 32) == 'g' &&
           is_digit(s, i + 1);
}

/* One line; what steers is left out, and a link has a blank in it. */
struct str markup_plain(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < text.n;) {
        uint32_t c = 0;
        size_t n = terminal_character(text, i, &c);
        if (!n || !terminal_is_plain(text, i, c))
            buf_char(&b, ' ');
        else
            buf_add(&b, str_sub(text, i, i + n));
        if (is_link(text, i))
            buf_char(&b, ' ');
        i += n ? n : 1;
    }
    return str_trim(buf_str(&b));
}

/* Cut between two words; a letter in the middle of its bytes is never cut. */
struct str markup_short(struct arena *a, struct str text, size_t most)
{
    size_t n = most - 3;

    if (text.n <= most)
        return text;
    while (n > most / 2 && text.p[n] != ' ')
        n--;
    if (text.p[n] != ' ')
        n = most - 3;
    while (n && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    return str_fmt(a, STR_FMT "...", STR_ARG(str_sub(text, 0, n)));
}

/* For a table or a list: no sign of Markdown's or HTML's has a meaning. */
struct str markup_cell(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    struct str plain = markup_plain(a, text);

    for (size_t i = 0; i < plain.n; i++) {
        char c = plain.p[i];
        if (c == '<')
            buf_add(&b, S("&lt;"));
        else if (c == '>')
            buf_add(&b, S("&gt;"));
        else if (c == '&')
            buf_add(&b, S("&amp;"));
        else {
            if (strchr("\\`*_{}[]()|~$", c))
                buf_char(&b, '\\');
            buf_char(&b, c);
        }
    }
    return buf_str(&b);
}

/* As code, between more backticks than stand in it; a bar would end a table's cell. */
struct str markup_code(struct arena *a, struct str text)
{
    struct buf in = {.arena = a}, b = {.arena = a};
    size_t longest = 0, run = 0;

    for (size_t i = 0; i < text.n;) {
        uint32_t c = 0;
        size_t n = terminal_character(text, i, &c);
        bool plain = n && terminal_is_plain(text, i, c);
        if (plain && text.p[i] == '|')
            buf_char(&in, '\\');
        buf_add(&in, plain ? str_sub(text, i, i + n) : S("?"));
        run = text.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
        i += n ? n : 1;
    }
    for (size_t i = 0; i <= longest; i++)
        buf_char(&b, '`');
    bool apart = longest > 0 || in.n == 0;
    buf_add(&b, apart ? S(" ") : S(""));
    buf_add(&b, buf_str(&in));
    buf_add(&b, apart ? S(" ") : S(""));
    for (size_t i = 0; i <= longest; i++)
        buf_char(&b, '`');
    return buf_str(&b);
}
