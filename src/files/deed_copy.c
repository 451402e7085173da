/* deed_copy.c - what COPY, ADD and mounts bring. */
#include "files/deeds.h"

size_t copy_words(const struct image *im, struct arena *a, node_id instruction,
                  const struct value **out)
{
    const struct tree *t = im->tree;
    node_id list = node_next(t, instruction, 0, NODE_EXEC); /* ["from", "to"] */
    VEC(struct value) words = {0};

    for (node_id w = node_first(t, list ? list : instruction); w; w = node_sibling(t, w))
        if (node_kind(t, w) == NODE_WORD || node_kind(t, w) == NODE_STRING)
            vec_push(a, &words, image_value(im, a, w));
    *out = words.v;
    return words.n;
}

static bool is_archive_name(struct str name)
{
    static const char *const ends[] = {".tar",    ".tgz",     ".tbz2",   ".txz",
                                       ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_ends(name, str_of(ends[i])))
            return true;
    return false;
}

/* The value of a flag; "" none is given, "?" it is not known: a build may give another. */
static struct str flag_text(const struct doer *d, node_id instruction, struct str name)
{
    node_id flag = instruction_flag(d->im->tree, instruction, name);
    node_id word = flag ? node_next(d->im->tree, flag, 0, NODE_WORD) : 0;

    if (!word)
        return S("");
    struct value v = image_value(d->im, d->arena, word);
    return value_is_sure(&v) ? v.text : S("?");
}

/* A stage by its name or number; UINT32_MAX: none that comes before. */
static unsigned stage_called(const struct doer *d, struct str name)
{
    unsigned number = 0;

    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] < '0' || name.p[i] > '9' || number > 9999) {
            unsigned named = stage_first_named(d->im, d->arena, name);
            return named < d->now.stage ? named : UINT32_MAX;
        }
        number = number * 10 + (unsigned)(name.p[i] - '0');
    }
    return name.n && number < d->now.stage ? number : UINT32_MAX;
}

static void take_origin(struct doer *d, struct str from)
{
    d->now.origin = from.n ? ORIGIN_IMAGE : ORIGIN_CONTEXT;
    d->now.origin_stage = from.n ? stage_called(d, from) : UINT32_MAX;
    if (d->now.origin_stage != UINT32_MAX)
        d->now.origin = ORIGIN_STAGE;
}

/* Of the context, or from the root of another image: none of the working folder's. */
static struct place source_of(const struct doer *d, struct str path)
{
    struct doer outside = *d;

    outside.at = d->now.origin == ORIGIN_CONTEXT ? S("") : S("/");
    struct place p = place_of_text(&outside, path);
    while (d->now.origin == ORIGIN_CONTEXT &&
           (str_starts(p.path, S("/")) || str_starts(p.path, S("../"))))
        p.path = str_from(p.path, str_starts(p.path, S("/")) ? 1 : 3);
    if (!p.path.n)
        p.path = S(".");
    return p;
}

static void of_source(struct doer *d, struct str path, struct place to, bool into, bool add)
{
    bool url = str_find(path, S("://")) != STR_NONE;
    bool archive = add && !url && is_archive_name(path_basename(path));
    struct deed *x = deed_add(d, archive ? DEED_UNPACK : url ? DEED_FETCH : DEED_COPY, to);

    x->from = url ? (struct place){.path = path, .known = path_is_known(path)} : source_of(d, path);
    x->into = into;
    x->deep = true;
    x->fetched = url;
    if (url && !x->mode.n)
        x->mode = S("600");
}

/* COPY <<a <<b FOLDER/, COPY <<a FILE: a file each, by its delimiter's name. */
static void of_heredocs(struct doer *d, node_id instruction, struct place to, bool into)
{
    const struct tree *t = d->im->tree;

    for (node_id r = 0; (r = node_next(t, instruction, r, NODE_REDIRECT));) {
        node_id word = node_next(t, r, 0, NODE_WORD);
        struct str name = S(""), text = S("");
        if (word && !node_value(t, word, d->arena, &name))
            name = S("");
        struct doer inside = *d;
        inside.at = to.path;
        bool known = text_of_body(d, r, &text);
        struct deed *x =
            deed_add(d, DEED_WRITE, into && name.n ? place_of_text(&inside, name) : to);
        x->text = text;
        x->text_known = known;
        x->redirect = r;
    }
}

void deeds_of_copy(struct doer *d, node_id instruction)
{
    const struct tree *t = d->im->tree;
    const struct value *word;
    size_t n = copy_words(d->im, d->arena, instruction, &word), heredocs = 0;
    bool add = node_instruction(t, instruction) == INST_ADD;

    if (!n)
        return;
    for (node_id r = 0; (r = node_next(t, instruction, r, NODE_REDIRECT));)
        heredocs++;
    struct place to = place_of(d, &word[n - 1]);
    bool into = to.folder || n - 1 + heredocs > 1;
    d->now.owner = flag_text(d, instruction, S("chown"));
    d->now.mode = flag_text(d, instruction, S("chmod"));
    take_origin(d, flag_text(d, instruction, S("from")));
    for (size_t i = 0; i + 1 < n; i++)
        of_source(d, pattern_of(d, &word[i]), to, into, add);
    of_heredocs(d, instruction, to, into);
}

/* A key of a mount; a variable in it may be anything. */
static struct str mount_text(const struct doer *d, node_id flag, const char *keys)
{
    const struct tree *t = d->im->tree;
    struct buf b = {.arena = d->arena};
    struct str rest = str_of(keys), key;
    struct span at;

    while (word_next(&rest, &key)) {
        if (!flag_key(t, flag, key, &at))
            continue;
        struct str raw = str_sub(t->text, at.start, at.end);
        for (size_t i = 0; i < raw.n; i++) {
            bool variable = raw.p[i] == '$';
            buf_char(&b, variable ? (char)PATH_ANY : raw.p[i]);
            while (variable && i + 1 < raw.n && str_chr(S("/.,"), raw.p[i + 1]) == STR_NONE)
                i++;
        }
        return b.n ? buf_str(&b) : S("");
    }
    return S("");
}

/* RUN --mount=type=bind,from=...,source=...,target=... */
void deeds_of_mount(struct doer *d, node_id flag)
{
    struct str type = mount_text(d, flag, "type"),
               to = mount_text(d, flag, "target dst destination");
    struct str source = mount_text(d, flag, "source src");

    if ((type.n && !str_eq(type, S("bind"))) || !to.n)
        return;
    take_origin(d, mount_text(d, flag, "from"));
    struct deed *x = deed_add(d, DEED_COPY, place_of_text(d, to));
    x->from = source_of(d, source.n ? source : S("."));
    x->deep = x->mount = true;
    d->now.origin = ORIGIN_HERE;
}
