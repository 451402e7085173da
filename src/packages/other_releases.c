/* other_releases.c - other releases that a stage is built for, as the files beside it say what its
 * FROM takes from a build argument: the bake file, compose, the workflows of GitHub. What they name
 * only holds a pin back: a word too many leaves a package as it is. */
#include "packages/packages.h"

#include "dfix/facts.h"
#include "model/model.h"

enum { NAMES = 16, RELEASES = 16, FILES = 32, TEXT_LONG = 1 << 17 };

struct search {
    const struct image *im;
    struct arena *arena;
    const struct stage *stage;
    struct str file;        /* that is read */
    struct str name[NAMES]; /* what the argument is called, in lower case */
    size_t nname;
    bool follows; /* the line goes on with what the one before named */
    VEC(struct other_release) list;
};

static bool is_word(char c)
{
    return char_is_of_name(c) || c == '.' || c == '-';
}

/* The next word of a line, of letters, digits, `_`, `.` and `-`. */
static bool next_word(struct str *line, struct str *word)
{
    size_t from = 0, end;

    while (from < line->n && !is_word(line->p[from]))
        from++;
    for (end = from; end < line->n && is_word(line->p[end]);)
        end++;
    *word = str_sub(*line, from, end);
    *line = str_from(*line, end);
    return word->n > 0;
}

static bool is_name(const struct search *s, struct str word)
{
    struct str lower = str_lower(s->arena, word);

    for (size_t i = 0; i < s->nname; i++)
        if (str_eq(s->name[i], lower))
            return true;
    return false;
}

static void add_name(struct search *s, struct str word)
{
    static const char of_files[] =
        "args build-args build_args default variable matrix inputs target name with environment";

    if (s->nname < NAMES && word.n && !is_name(s, word) && !word_is_one_of(word, of_files))
        s->name[s->nname++] = str_lower(s->arena, word);
}

/* The arguments that the image's word expands: DEBIAN of ${DEBIAN:-bookworm}. */
static void names_of_from(struct search *s)
{
    const struct tree *t = s->im->tree;
    struct str text = node_text(t, s->stage->image), word;

    for (ptrdiff_t at; (at = str_chr(text, '$')) != STR_NONE;) {
        size_t end, from;
        text = str_from(text, (size_t)at + 1);
        from = text.n && text.p[0] == '{';
        for (end = from; end < text.n && char_is_of_name(text.p[end]);)
            end++;
        word = str_sub(text, from, end);
        add_name(s, word);
    }
}

/* The image with another word in the place of one that a default gives. */
static struct str image_with(const struct search *s, size_t which, struct str word)
{
    const struct value *v = &s->stage->reference;
    struct buf b = {.arena = s->arena};

    for (size_t i = 0; i < v->npiece; i++)
        buf_add(&b, i == which ? word : v->piece[i].text);
    return buf_str(&b);
}

static bool is_listed(const struct search *s, const struct release *r)
{
    bool listed = str_eq(r->version, s->stage->release.version);

    for (size_t i = 0; i < s->list.n && !listed; i++)
        listed = str_eq(r->version, s->list.v[i].release.version);
    return listed;
}

/* Does the word, as the argument's value, make a known release of the same distribution? */
static void try_word(struct search *s, struct str word)
{
    const struct value *v = &s->stage->reference;
    struct known_image known;
    struct reference r;

    for (size_t i = 0; i < v->npiece && s->list.n < RELEASES; i++) {
        if (!v->piece[i].default_ || !reference_parse(image_with(s, i, word), &r) || r.digest.n)
            continue;
        known_image_find(reference_name(s->arena, &r), r.tag.n ? r.tag : S("latest"), &known);
        if (str_eq(known.release.distro, s->stage->release.distro) && !is_listed(s, &known.release))
            vec_push(s->arena, &s->list, ((struct other_release){known.release, s->file}));
    }
}

/* A line of a list, or a default: of what the line before named. */
static bool goes_on(struct str line)
{
    line = str_trim(line);
    return !line.n || str_chr(S("-\"'],["), line.p[0]) != STR_NONE ||
           str_starts(line, S("default"));
}

/* One line: does it name the argument, and what else does it say? `DEBIAN = distro` and
 * `DEBIAN=${{ matrix.distro }}` give it another name. */
static void read_line(struct search *s, struct str line, bool names)
{
    struct str rest = line, word;
    bool named = s->follows && goes_on(line);

    while (next_word(&rest, &word))
        named |= is_name(s, word);
    s->follows = named;
    while (named && next_word(&line, &word)) {
        ptrdiff_t dot = str_rchr(word, '.');
        if (!names)
            try_word(s, word);
        else if (str_starts(word, S("matrix.")) || str_starts(word, S("inputs.")))
            add_name(s, str_from(word, (size_t)dot + 1));
        else if (str_chr(word, '.') == STR_NONE && str_find(line, S("=")) == STR_NONE)
            add_name(s, word);
    }
}

static void read_lines(struct search *s, struct str text, bool names)
{
    struct str line;

    s->follows = false;
    while (str_cut(&text, '\n', &line)) {
        ptrdiff_t comment = str_chr(line, '#');
        if (comment == 0 || (comment > 0 && line.p[comment - 1] == ' '))
            line = str_sub(line, 0, (size_t)comment);
        read_line(s, line, names);
    }
}

static void read_text(struct search *s, struct str path, struct str text)
{
    size_t nname = s->nname;

    s->file = path;
    read_lines(s, text, true);
    read_lines(s, text, false);
    s->nname = nname; /* another file has its own */
}

static void read_file(struct search *s, struct str path)
{
    const struct build_context *context = image_own(s->im)->context;
    bool folder = false;
    struct str text;

    if (build_context_read(context, path, &folder, &text) == ANSWER_FOUND && !folder &&
        text.n <= TEXT_LONG)
        read_text(s, path, text);
}

static void read_workflows(struct search *s)
{
    static const struct str folder = {".github/workflows", sizeof ".github/workflows" - 1};
    const struct build_context *context = image_own(s->im)->context;
    bool is_folder = false;
    struct str names, name;

    if (build_context_read(context, folder, &is_folder, &names) != ANSWER_FOUND || !is_folder)
        return;
    for (unsigned n = 0; n < FILES && str_cut(&names, '\n', &name); n++)
        if (str_ends(name, S(".yml")) || str_ends(name, S(".yaml")))
            read_file(s, str_fmt(s->arena, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name)));
}

size_t stage_other_releases(const struct image *im, struct arena *a, const struct stage *stage,
                            const struct other_release **out)
{
    struct search s = {.im = im, .arena = a, .stage = stage, .file = S("")};

    *out = NULL;
    while (s.stage->base == BASE_STAGE)
        s.stage = &im->stage[s.stage->base_stage];
    if (!s.stage->release_given)
        return 0;
    names_of_from(&s);
    const struct beside *beside = image_beside(im);
    for (size_t i = 0; i < beside->ntext; i++)
        read_text(&s, beside->text[i].file, beside->text[i].text);
    read_workflows(&s);
    *out = s.list.v;
    return s.list.n;
}
