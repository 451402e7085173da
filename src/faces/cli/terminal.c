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

bool terminal_is_plain(struct str s, size_t i, uint32_t c)
{
    return !steers(c) && (c != '#' || !commands(str_from(s, i)));
}

bool terminal_is_ascii(struct str s)
{
    unsigned char other = 0;

    /* To the end, and without a branch: so compilers take many bytes at once. */
    for (size_t i = 0; i < s.n; i++)
        other |= (s.p[i] < ' ') | (s.p[i] > '~') | (s.p[i] == '#');
    return !other;
}

/* Cuts off the front what is shown as it is, and the bytes behind it that are spelled out. */
static bool cut_plain(struct str *rest, struct str *plain, struct str *spelled)
{
    struct str s = *rest;
    size_t i = 0, n = 0;

    if (!s.n)
        return false;
    if (terminal_is_ascii(s))
        i = s.n;
    while (i < s.n) {
        uint32_t c;
        n = terminal_character(s, i, &c);
        if (!n || !terminal_is_plain(s, i, c))
            break;
        i += n;
    }
    n = i < s.n && !n ? 1 : n;
    *plain = str_sub(s, 0, i);
    *spelled = str_sub(s, i, i < s.n ? i + n : i);
    *rest = str_from(s, i + spelled->n);
    return true;
}

void terminal_add(struct buf *b, struct str text)
{
    struct str plain, spelled;

    while (cut_plain(&text, &plain, &spelled)) {
        buf_add(b, plain);
        for (size_t i = 0; i < spelled.n; i++)
            buf_fmt(b, "\\x%02x", (unsigned char)spelled.p[i]);
    }
}

void report_text(FILE *out, struct str text)
{
    struct str plain, spelled;

    while (cut_plain(&text, &plain, &spelled)) {
        fwrite(plain.p, 1, plain.n, out);
        for (size_t i = 0; i < spelled.n; i++)
            fprintf(out, "\\x%02x", (unsigned char)spelled.p[i]);
    }
}

bool report_notes(struct world *w)
{
    bool lacking = false;
    size_t n;
    const struct world_note *note = world_notes(w, &n);

    streams_check(stdout);
    for (size_t i = 0; i < n; i++) {
        fputs(note[i].error ? "dfix: " : "dfix: warning: ", stderr);
        report_text(stderr, note[i].text);
        fputc('\n', stderr);
        lacking |= note[i].error;
    }
    return lacking;
}

/* A line that begins with `::` is a command of GitHub's: its blanks, and whether it is one. */
static bool is_command(struct str line, size_t *blanks)
{
    size_t n = 0;

    while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
        n++;
    *blanks = n;
    return str_starts(str_from(line, n), S("::"));
}

static const char spelled_colon[] = "\\x3a";

void terminal_add_line(struct buf *b, struct str text)
{
    size_t blanks;

    if (is_command(text, &blanks)) {
        terminal_add(b, str_sub(text, 0, blanks));
        buf_add(b, str_of(spelled_colon));
        text = str_from(text, blanks + 1);
    }
    terminal_add(b, text);
}

void report_line_start(FILE *out, struct str text)
{
    size_t blanks;

    if (is_command(text, &blanks)) {
        report_text(out, str_sub(text, 0, blanks));
        fputs(spelled_colon, out);
        text = str_from(text, blanks + 1);
    }
    report_text(out, text);
}

void say_error(const char *text)
{
    report_line_start(stderr, str_of(text));
    fputc('\n', stderr);
}
