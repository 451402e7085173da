/* BuildKit's own comment: `# check=skip=A,B;error=true;experimental=all`. At the top of the file
 * it is a directive for all of it; above an instruction it is for that one. */
#include "engine.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* `check = VALUE` */
static bool read_key(struct str comment, struct str *value)
{
    size_t n = 0;

    while (n < comment.n &&
           (is_letter(comment.p[n]) || (n && comment.p[n] >= '0' && comment.p[n] <= '9')))
        n++;
    struct str rest = str_trim(str_from(comment, n));
    if (!str_ieq(str_sub(comment, 0, n), S("check")) || !str_starts(rest, S("=")))
        return false;
    *value = str_trim(str_from(rest, 1));
    return value->n > 0;
}

/* Go's strconv.ParseBool. */
static bool read_bool(struct str s, bool *out)
{
    *out = word_is_one_of(s, "1 t T TRUE true True");
    return *out || word_is_one_of(s, "0 f F FALSE false False");
}

/* One of `skip=A,B`, `experimental=A`, `error=true`. */
static bool read_option(struct str option, struct check *out)
{
    struct str value = option, key;

    if (str_chr(option, '=') == STR_NONE || !str_cut(&value, '=', &key))
        return false;
    key = str_trim(key);
    value = str_trim(value);
    if (str_eq(key, S("skip")))
        out->skip = value;
    else if (str_eq(key, S("experimental")))
        out->experimental = value;
    else
        return str_eq(key, S("error")) && read_bool(value, &out->error);
    return true;
}

static bool read_options(struct str comment, bool whole, struct check *out)
{
    enum { OPTIONS_MAX = 3 };
    struct str value, option, rest;

    *out = (struct check){.skip = S(""), .experimental = S("")};
    if (!read_key(str_trim(comment), &value))
        return false;
    rest = value;
    if (!whole)
        str_cut(&rest, ' ', &value);
    for (int i = 1; value.n && i <= OPTIONS_MAX; i++) {
        if (i == OPTIONS_MAX) {
            option = value;
            value = S("");
        } else {
            str_cut(&value, ';', &option);
        }
        if (!read_option(option, out))
            return false;
    }
    return true;
}

bool check_read(struct str comment, struct check *out)
{
    return read_options(comment, false, out);
}

/* Is one of the codes on BuildKit's list? "all": is one of them BuildKit's? */
static bool is_listed(struct str list, struct str codes)
{
    struct str name, code, rest;

    while (str_cut(&list, ',', &name))
        for (rest = codes; word_next(&rest, &code);)
            if (str_eq(str_trim(name), code) ||
                (str_eq(str_trim(name), S("all")) && code_is_buildkits(code)))
                return true;
    return false;
}

/* Its experimental check is asked for by name, and cannot be skipped. */
static bool is_experimental(struct str codes)
{
    return str_listed(codes, S("InvalidDefinitionDescription"));
}

bool check_skips(const struct check *x, struct str codes)
{
    return !is_experimental(codes) && is_listed(x->skip, codes);
}

bool check_turns_on(const struct check *x, const struct fixer *f)
{
    if (!x->experimental.n)
        return false;
    struct str codes = str_of(f->aliases);
    return is_experimental(codes) && is_listed(x->experimental, codes);
}

bool check_raises(const struct check *x, struct str codes)
{
    return x->error && is_listed(S("all"), codes);
}

struct check check_of_file(const struct tree *t)
{
    struct check x;

    for (node_id n = node_first(t, 0); n && node_kind(t, n) == NODE_DIRECTIVE;
         n = node_sibling(t, n))
        if (t->node[n].op == DIRECTIVE_CHECK &&
            read_options(str_from(node_text(t, n), 1), true, &x))
            return x;
    return (struct check){.skip = S(""), .experimental = S("")};
}
