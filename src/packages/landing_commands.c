/* What commands write, copy, unpack and fetch into places that cannot be read here. */
#include "packages/landing.h"

/* ---- what is printed into a file ---- */

static bool tells_of_sources(struct str text)
{
    static const char *const signs[] = {"deb",     "://", "Types", "Package", "Pin",
                                        "Acquire", "APT", "Dir",   "cdrom"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (str_find(text, str_of(signs[i])) != STR_NONE)
            return true;
    return false;
}

static bool prints_else(const struct landing *l, node_id command)
{
    const struct field *f;
    size_t n = image_fields(l->im, l->arena, command, &f);
    struct str program = n ? command_program(f) : S("");
    node_id instruction = node_up(l->im->tree, command, NODE_INSTRUCTION);

    if (word_is_one_of(program, "gpg apt-key openssl sha256sum sha512sum md5sum date"))
        return true; /* keys, sums: no sources */
    if (str_eq(program, S("cat")) && n == 1 && instruction)
        return !tells_of_sources(node_text(l->im->tree, instruction));
    for (size_t i = 1; i < n; i++)
        if (f[i].value.certainty != VALUE_KNOWN || tells_of_sources(f[i].value.text))
            return false;
    return word_is_one_of(program, "echo printf true : touch");
}

/* All that is printed by the statement is known, and is no source. */
static bool is_other_text(const struct landing *l, node_id statement)
{
    const struct tree *t = l->im->tree;
    bool any = false;

    for (node_id n = statement; n < t->node[statement].after; n++) {
        const struct field *f;
        if (node_kind(t, n) != NODE_COMMAND)
            continue;
        if (image_fields(l->im, l->arena, n, &f) && str_eq(command_program(f), S("tee")))
            continue;
        if (!prints_else(l, n))
            return false;
        any = true;
    }
    return any;
}

void landing_of_redirect(struct landing *l, node_id redirect, node_id statement)
{
    const struct tree *t = l->im->tree;
    enum redirect op = (enum redirect)t->node[redirect].op;
    node_id word = node_next(t, redirect, 0, NODE_WORD);

    if (!word || (op != REDIR_OUT && op != REDIR_APPEND && op != REDIR_CLOBBER &&
                  op != REDIR_BOTH && op != REDIR_BOTH_APPEND))
        return;
    struct value v = image_value(l->im, l->arena, word);
    struct str p = landing_pattern(l, &v);
    if (landing_may_be_file(l, p) && !is_other_text(l, statement))
        landing_of_file(l, p);
}

/* ---- commands ---- */

struct words {
    const struct field *f;
    size_t n;
};

static struct str text_at(const struct words *w, size_t i)
{
    return i < w->n ? w->f[i].value.text : S("");
}

static bool is_option(const struct words *w, size_t i)
{
    return w->f[i].value.certainty == VALUE_KNOWN && w->f[i].value.text.n > 1 &&
           w->f[i].value.text.p[0] == '-';
}

/* The value of an option, in its two or three spellings: `-C DIR`, `-CDIR`, `--directory=DIR`. */
static bool option_value(const struct landing *l, const struct words *w, const char *letter,
                         const char *name, struct str *out)
{
    struct str dash = str_fmt(l->arena, "-%s", letter), two = str_fmt(l->arena, "--%s", name);
    struct str equal = str_fmt(l->arena, "--%s=", name);

    for (size_t i = 1; i < w->n; i++) {
        struct str p =
            landing_pattern(&(struct landing){.im = l->im, .arena = l->arena}, &w->f[i].value);
        bool next = str_eq(p, dash) || str_eq(p, two);
        if (next && i + 1 < w->n)
            *out = landing_pattern(l, &w->f[i + 1].value);
        else if (str_starts(p, equal))
            *out = str_from(p, equal.n);
        else if (str_starts(p, dash) && !str_starts(p, S("--")))
            *out = str_from(p, dash.n);
        else
            continue;
        return out->n > 0;
    }
    return false;
}

/* cp, mv, install, ln, rsync */
static void moved(struct landing *l, const struct words *w, struct str program)
{
    struct str to = S("");
    bool deep = !word_is_one_of(program, "cp install"), given = false;
    size_t last = 0;

    given = option_value(l, w, "t", "target-directory", &to) && !str_eq(program, S("rsync"));
    for (size_t i = 1; i < w->n; i++) {
        struct str word = text_at(w, i);
        if (!is_option(w, i))
            last = i;
        else if (str_starts(word, S("--")))
            deep |= word_is_one_of(word, "--recursive --archive");
        else
            deep |= str_chr(word, 'r') != STR_NONE || str_chr(word, 'R') != STR_NONE ||
                    str_chr(word, 'a') != STR_NONE;
    }
    if (!given && last)
        to = landing_pattern(l, &w->f[last].value);
    for (size_t i = 1; i < w->n && to.n; i++) {
        if (is_option(w, i) || (i == last && !given))
            continue;
        struct str from = landing_pattern(l, &w->f[i].value), name = path_basename(from);
        bool inside = !name.n || str_eq(name, S(".")) || !landing_is_known(name);
        if (!deep || landing_is_file_name(name))
            landing_of_named(l, to, inside ? S("*") : name);
        else if (inside)
            landing_of_tree(l, to);
        else
            landing_of_tree(l, landing_below(l, to, name));
        if (deep && !inside && !landing_is_known(to))
            landing_of_named(l, to, name);
    }
}

/* The word before is an option that takes this one: `-xzf FILE`, `-C DIR`. */
static bool is_options_value(const struct words *w, size_t i)
{
    struct str before = text_at(w, i - 1);

    return (i == 2 || is_option(w, i - 1)) &&
           (str_ends(before, S("f")) || str_ends(before, S("C")) ||
            word_is_one_of(before, "-I --file --directory --use-compress-program"));
}

/* Members that are named are all that tar takes out. */
static bool members_elsewhere(const struct words *w)
{
    bool any = false;

    for (size_t i = 2; i < w->n; i++) {
        struct str word = text_at(w, i);
        if (is_option(w, i) || is_options_value(w, i))
            continue;
        if (w->f[i].value.certainty != VALUE_KNOWN || str_starts(word, S("etc")) ||
            str_starts(word, S("./etc")) || str_eq(word, S(".")))
            return false;
        any = true;
    }
    return any;
}

/* tar, bsdtar, unzip, cpio: into the folder that is named, else the working folder. */
static void unpacked(struct landing *l, const struct words *w, struct str program)
{
    struct str to = S(""), mode = text_at(w, 1);
    bool tar = str_ends(program, S("tar"));
    bool takes_out = !tar;

    for (size_t i = 1; i < w->n && tar; i++) {
        struct str word = text_at(w, i);
        bool letters = i == 1 || (is_option(w, i) && !str_starts(word, S("--")));
        takes_out |=
            (letters && str_chr(word, 'x') != STR_NONE) || word_is_one_of(word, "--extract --get");
        if (str_find(word, S("s6-overlay")) != STR_NONE)
            return; /* it has files of its own alone */
    }
    if (!takes_out || (str_eq(program, S("cpio")) && str_chr(mode, 'i') == STR_NONE))
        return;
    bool named = option_value(l, w,
                              tar                          ? "C"
                              : str_eq(program, S("cpio")) ? "D"
                                                           : "d",
                              "directory", &to);
    if (!named)
        to = landing_folder(l);
    if (to.n && !(tar && members_elsewhere(w)))
        landing_of_tree(l, to);
}

/* curl -o FILE, wget -O FILE, wget -P DIR */
static void downloaded(struct landing *l, const struct words *w, struct str program)
{
    bool curl = str_eq(program, S("curl"));
    struct str to;

    if (option_value(l, w, curl ? "o" : "O", curl ? "output" : "output-document", &to))
        landing_of_file(l, to);
    if (option_value(l, w, "P", curl ? "output-dir" : "directory-prefix", &to))
        landing_of_named(l, to, path_basename(text_at(w, w->n - 1)));
}

/* sed -i, perl -pi: files that are not named. */
static void edited(struct landing *l, const struct words *w)
{
    bool in_place = false;
    size_t first = 1;

    for (size_t i = 1; i < w->n; i++) {
        in_place |=
            is_option(w, i) &&
            (str_starts(text_at(w, i), S("--in-place")) ||
             (!str_starts(text_at(w, i), S("--")) && str_chr(text_at(w, i), 'i') != STR_NONE));
        if (!is_option(w, i) && first == 1)
            first = i + 1;
    }
    for (size_t i = first; i < w->n && in_place; i++)
        if (!is_option(w, i))
            landing_of_file(l, landing_pattern(l, &w->f[i].value));
}

void landing_of_command(struct landing *l, node_id n)
{
    struct words w;
    unsigned wrappers = 0;

    for (node_id r = 0; (r = node_next(l->im->tree, n, r, NODE_REDIRECT));)
        landing_of_redirect(l, r, n);
    w.n = image_fields(l->im, l->arena, n, &w.f);
    size_t at = wrappers_end(w.f, w.n, &wrappers);
    if (at >= w.n)
        return;
    w.f += at;
    w.n -= at;
    struct str program = command_program(w.f), to;
    if (word_is_one_of(program, "cp mv install ln rsync"))
        moved(l, &w, program);
    else if (word_is_one_of(program, "tar bsdtar gtar unzip cpio"))
        unpacked(l, &w, program);
    else if (word_is_one_of(program, "curl wget"))
        downloaded(l, &w, program);
    else if (word_is_one_of(program, "sed perl"))
        edited(l, &w);
    else if (word_is_one_of(program, "dpkg dpkg-deb") &&
             word_is_one_of(text_at(&w, 1), "-x -X --extract --vextract") && w.n == 4)
        landing_of_tree(l, landing_pattern(l, &w.f[3].value));
    for (size_t i = 1; i < w.n; i++)
        if (str_eq(program, S("dd"))) {
            to = landing_pattern(l, &w.f[i].value);
            if (str_starts(to, S("of=")))
                landing_of_file(l, str_from(to, 3));
        } else if (str_eq(program, S("tee")) && !is_option(&w, i)) {
            to = landing_pattern(l, &w.f[i].value);
            node_id up = l->im->tree->node[n].parent;
            bool piped = node_kind(l->im->tree, up) == NODE_PIPELINE;
            if (landing_may_be_file(l, to) && !is_other_text(l, piped ? up : n))
                landing_of_file(l, to);
        }
}
