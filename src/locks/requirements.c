/* requirements.c - pip's requirements files: a requirement a line (PEP 508), options, comments. */
#include "locks/locks.h"

/* A comment begins the line, or stands behind a blank. */
static struct str without_comment(struct str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '#' && (!i || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
            return str_sub(line, 0, i);
    return line;
}

/* The next line, with those that a backslash joins to it. */
static bool next_line(struct arena *a, struct str *rest, uint32_t *number, uint32_t *first,
                      struct str *out)
{
    struct str line;
    struct buf b = {.arena = a};
    *first = *number + 1;
    while (str_cut(rest, '\n', &line)) {
        ++*number;
        line = str_without_end(line, '\r');
        if (!str_ends(line, S("\\"))) {
            buf_add(&b, without_comment(line));
            *out = str_trim(buf_str(&b));
            return true;
        }
        buf_add(&b, str_sub(line, 0, line.n - 1));
        buf_char(&b, ' ');
    }
    *out = b.n ? str_trim(buf_str(&b)) : S("");
    return b.n > 0;
}

static size_t name_end(struct str s)
{
    size_t n = 0;
    while (n < s.n && str_chr(S(" \t[(=<>!~;@"), s.p[n]) == STR_NONE)
        n++;
    return n;
}

/* "-r other.txt", "--requirement=other.txt" */
static void read_option(struct lock_reader *r, struct str line)
{
    static const char *const files[] = {"--requirement", "-r"};
    static const char *const projects[] = {"--editable", "-e"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (str_starts(line, str_of(files[i]))) {
            struct str path = str_trim(str_from(line, str_of(files[i]).n));
            lock_add_file(r, str_starts(path, S("=")) ? str_trim(str_from(path, 1)) : path);
            return;
        }
        if (str_starts(line, str_of(projects[i]))) {
            lock_add_unknown(r, str_trim(str_from(line, str_of(projects[i]).n)),
                             "it is installed from a folder or repository");
            return;
        }
    }
}

static void read_requirement(struct lock_reader *r, struct str line, uint32_t number)
{
    size_t n = name_end(line);
    struct str name = str_sub(line, 0, n), rest = str_trim(str_from(line, n)), version = S("");
    if (str_starts(rest, S("["))) {
        ptrdiff_t close = str_chr(rest, ']');
        rest = close == STR_NONE ? S("") : str_trim(str_from(rest, (size_t)close + 1));
    }
    bool exact = str_starts(rest, S("=="));
    rest = str_from(rest, exact ? 2 + str_starts(rest, S("===")) : 0);
    str_cut(&rest, ';', &version);
    struct str word = version, first;
    if (word_next(&word, &first))
        version = first; /* options follow: --hash=... */
    if (!name.n || str_chr(name, '/') != STR_NONE || str_chr(name, ':') != STR_NONE)
        lock_add_unknown(r, name, "it is installed from a file or URL");
    else if (exact && str_chr(version, ',') == STR_NONE && str_chr(version, '*') == STR_NONE)
        lock_add(r, name, version, number);
    else
        lock_add_unknown(r, name, version.n ? "its version is a range" : "no version is given");
}

void lock_read_requirements(struct lock_reader *r, struct str text)
{
    struct str line;
    uint32_t number = 0, first;
    while (next_line(r->arena, &text, &number, &first, &line)) {
        if (str_starts(line, S("-")))
            read_option(r, line);
        else if (line.n)
            read_requirement(r, line, first);
    }
}
