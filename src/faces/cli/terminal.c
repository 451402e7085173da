/* Text of others' making on its way to a terminal or a CI's log: what would steer one of them is
 * spelled out. */
#include "faces/faces.h"

size_t terminal_character(struct str s, size_t i, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)s.p[i];
    size_t n = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    *out = first;
    if (n < 2)
        return n;
    if (first > 0xF4 || s.n - i < n)
        return 0;
    uint32_t c = first & (0x7FU >> n);
    for (size_t k = 1; k < n; k++) {
        unsigned char more = (unsigned char)s.p[i + k];
        if ((more & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (more & 0x3F);
    }
    if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0;
    *out = c;
    return n;
}

/* Controls, and what Unicode calls formats: marks that turn, hide or join what stands beside. */
static bool steers(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } range[] = {
        {0, 0x1F},          {0x7F, 0x9F},       {0xAD, 0xAD},       {0x61C, 0x61C},
        {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
        {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    };

    if (c >= ' ' && c <= '~')
        return false; /* nearly all */
    for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++)
        if (c >= range[i].first && c <= range[i].last)
            return true;
    return false;
}

/* Azure's commands, and GitHub's old ones, count in the middle of a line too. */
static bool commands(struct str rest)
{
    return str_starts(rest, S("##[")) || str_starts(rest, S("##vso["));
}

static void spell(FILE *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        fprintf(out, "\\x%02x", (unsigned char)s.p[i]);
}

bool terminal_is_plain(struct str s, size_t i, uint32_t c)
{
    return !steers(c) && (c != '#' || !commands(str_from(s, i)));
}

void report_text(FILE *out, struct str text)
{
    size_t from = 0, n;

    for (size_t i = 0; i < text.n; i += n) {
        uint32_t c;
        n = 1;
        if (text.p[i] >= ' ' && text.p[i] <= '~' && text.p[i] != '#')
            continue; /* nearly all */
        n = terminal_character(text, i, &c);
        bool plain = n && terminal_is_plain(text, i, c);
        n += !n;
        if (plain)
            continue;
        fwrite(text.p + from, 1, i - from, out);
        spell(out, str_sub(text, i, i + n));
        from = i + n;
    }
    fwrite(text.p + from, 1, text.n - from, out);
}

bool report_notes(struct world *w)
{
    bool lacking = false;
    size_t n;
    const struct world_note *note = world_notes(w, &n);

    fflush(stdout);
    for (size_t i = 0; i < n; i++) {
        fputs(note[i].error ? "dfix: " : "dfix: warning: ", stderr);
        report_text(stderr, note[i].text);
        fputc('\n', stderr);
        lacking |= note[i].error;
    }
    return lacking;
}

void report_line_start(FILE *out, struct str text)
{
    size_t blank = 0;

    while (blank < text.n && (text.p[blank] == ' ' || text.p[blank] == '\t'))
        blank++;
    if (str_starts(str_from(text, blank), S("::"))) { /* a command of GitHub's */
        report_text(out, str_sub(text, 0, blank));
        spell(out, S(":"));
        text = str_from(text, blank + 1);
    }
    report_text(out, text);
}

void say_error(const char *text)
{
    report_line_start(stderr, str_of(text));
    fputc('\n', stderr);
}
