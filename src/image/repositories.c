/* What a file writes into /etc/apk/repositories: `echo [@tag] URL >> /etc/apk/repositories`, and
 * the same with `>`, which replaces what the image has. */
#include "values.h"

static bool is_known(struct value v)
{
    return v.certainty == VALUE_KNOWN;
}

/* The command's only redirection; its word is the file. 0: there are more, or others. */
static node_id only_redirect(const struct tree *t, node_id command, bool *replaces)
{
    node_id found = 0;

    for (node_id n = node_first(t, command); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_REDIRECT)
            continue;
        enum redirect op = (enum redirect)t->node[n].op;
        bool writes = op == REDIR_OUT || op == REDIR_CLOBBER || op == REDIR_APPEND;
        if (found || !writes || !str_starts(node_text(t, n), S(">")))
            return 0;
        *replaces = op != REDIR_APPEND;
        found = n;
    }
    return found;
}

/* "[@tag] URL"; nothing else. */
static bool read_line(struct str line, struct source *out)
{
    struct str rest = str_trim(line), word = S("");

    *out = (struct source){
        .uri = S(""), .suite = S(""), .components = S(""), .signed_by = S(""), .tag = S("")};
    str_cut(&rest, ' ', &word);
    if (str_starts(word, S("@"))) {
        out->tag = str_from(word, 1);
        rest = str_trim(rest);
        word = S("");
        str_cut(&rest, ' ', &word);
        if (!out->tag.n)
            return false;
    }
    out->uri = word;
    return word.n > 0 && !str_trim(rest).n && str_find(word, S("://")) != STR_NONE;
}

/* What echo prints, when nothing of it is left to the build or to echo's own escapes. */
static bool printed(const struct image *im, struct arena *a, node_id command, struct str *out)
{
    const struct field *f;
    size_t n = image_fields(im, a, command, &f);
    struct buf b = {.arena = a};

    if (n < 2 || !is_known(f[0].value) || !str_eq(f[0].value.text, S("echo")))
        return false;
    for (size_t i = 1; i < n; i++) {
        if (!is_known(f[i].value) || f[i].each || (i == 1 && str_starts(f[i].value.text, S("-"))))
            return false;
        buf_fmt(&b, "%s" STR_FMT, i > 1 ? " " : "", STR_ARG(f[i].value.text));
    }
    *out = buf_str(&b);
    return str_chr(*out, '\\') == STR_NONE;
}

bool repositories_read(const struct image *im, struct arena *a, node_id command,
                       const struct source **out, size_t *n)
{
    const struct tree *t = im->tree;
    VEC(struct source) v = {0};
    struct str text, line;
    bool replaces = false, untagged = false;

    if (node_kind(t, command) != NODE_COMMAND || node_in_branch(t, command) ||
        node_after_or(t, command) || node_kind(t, t->node[command].parent) == NODE_PIPELINE)
        return false;
    node_id redirect = only_redirect(t, command, &replaces);
    node_id word = redirect ? node_next(t, redirect, 0, NODE_WORD) : 0;
    struct value file = word ? image_value(im, a, word) : (struct value){.text = S("")};
    if (!is_known(file) || !str_eq(file.text, S("/etc/apk/repositories")) ||
        !printed(im, a, command, &text))
        return false;
    while (str_cut(&text, '\n', &line)) {
        struct source s;
        if (!str_trim(line).n || str_starts(str_trim(line), S("#")))
            continue;
        if (!read_line(line, &s))
            return false;
        s.replaces = replaces;
        untagged |= !s.tag.n;
        vec_push(a, &v, s);
    }
    *out = v.v;
    *n = v.n;
    return v.n > 0 && (untagged || !replaces); /* a list of tagged ones alone has nothing else */
}
