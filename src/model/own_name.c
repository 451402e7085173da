/* own_name.c - what the image that a file builds is called, as its labels or the folder that it
 * lies in say. A label holds an edit back, and is never a reason for one. */
#include "model/model.h"

/* "https://github.com/owner/name.git#x" as "owner/name". */
static struct str of_repository(struct str url)
{
    struct str rest = str_without_end(url, '/');
    ptrdiff_t end = str_chr(rest, '#'), at = str_find(rest, S("://"));

    rest = end == STR_NONE ? rest : str_sub(rest, 0, (size_t)end);
    rest = str_ends(rest, S(".git")) ? str_sub(rest, 0, rest.n - 4) : rest;
    if (at == STR_NONE || (size_t)at + 3 > rest.n)
        return S("");
    rest = str_from(rest, (size_t)at + 3);
    at = str_chr(rest, '/');
    return at == STR_NONE ? S("") : str_from(rest, (size_t)at + 1);
}

/* Does it end with that name, as a whole part of a path? */
static bool ends_with(struct str image, struct str name)
{
    size_t n = image.n - name.n;

    return name.n && image.n >= name.n && str_ieq(str_from(image, n), name) &&
           (!n || image.p[n - 1] == '/');
}

static bool label_calls(const struct tree *t, struct arena *a, node_id pair, struct str image)
{
    static const char titles[] = "org.opencontainers.image.title org.label-schema.name name";
    static const char places[] =
        "org.opencontainers.image.source org.opencontainers.image.url org.label-schema.vcs-url "
        "org.label-schema.url";
    struct str key = node_text(t, node_first(t, pair)), text;
    node_id value = node_next(t, pair, 0, NODE_WORD);

    if (key.n > 1 && (key.p[0] == '"' || key.p[0] == '\''))
        key = str_sub(key, 1, key.n - 1);
    if (!value || !node_value(t, value, a, &text))
        return false;
    if (word_is_one_of(key, places))
        text = of_repository(text);
    else if (!word_is_one_of(key, titles))
        return false;
    return ends_with(image, text);
}

/* The pairs of every LABEL: found once, since each stage asks. */
struct label_list {
    VEC(node_id) pair;
};

static const struct label_list *labels_of(const struct image *im)
{
    const struct tree *t = im->tree;
    const struct image_own *own = image_own(im);
    struct arena *a = own->definitions.arena;

    if (own->late->labels)
        return own->late->labels;
    struct label_list *l = own->late->labels = arena_new(a, struct label_list, 1);
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        bool label = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_LABEL;
        for (node_id p = 0; label && (p = node_next(t, n, p, NODE_PAIR));)
            vec_push(a, &l->pair, p);
    }
    return l;
}

bool image_is_called(const struct image *im, struct str name)
{
    const struct image_own *own = image_own(im);
    struct str image = plan_image_name(name);
    bool owned = str_chr(image, '/') != STR_NONE;
    bool called = owned && own->context && own->context->folder.n &&
                  ends_with(image, path_basename(own->context->folder));

    if (!image.n || called)
        return called;
    const struct label_list *l = labels_of(im);
    for (size_t i = 0; i < l->pair.n && !called; i++)
        called = label_calls(im->tree, own->definitions.arena, l->pair.v[i], image);
    return called;
}
