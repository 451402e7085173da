/* package_script.c - package.json: what `npm start` and its like run, and which libraries a program
 * is made with. */
#include "dfix/command.h"
#include "runtime/start.h"

/* ---- package.json, as far as it is needed ---- */

struct json {
    struct str text;
    size_t at;
};

static char peek(struct json *j)
{
    while (j->at < j->text.n && str_chr(S(" \t\r\n"), j->text.p[j->at]) != STR_NONE)
        j->at++;
    return j->at < j->text.n ? j->text.p[j->at] : 0;
}

/* A string without its quotes, escapes as they are. */
static bool string(struct json *j, struct str *out)
{
    size_t from = j->at + 1;

    if (peek(j) != '"')
        return false;
    from = j->at + 1;
    for (size_t end = from; end < j->text.n; end++) {
        if (j->text.p[end] == '\\') {
            end++;
        } else if (j->text.p[end] == '"') {
            *out = str_sub(j->text, from, end);
            j->at = end + 1;
            return true;
        }
    }
    return false;
}

/* Past any value. */
static bool skip(struct json *j)
{
    struct str ignored;
    size_t depth = 0;

    do {
        char c = peek(j);
        if (!c)
            return false;
        if (c == '"') {
            if (!string(j, &ignored))
                return false;
            continue;
        }
        depth += c == '{' || c == '[';
        if (c == '}' || c == ']') {
            if (!depth)
                return false;
            depth--;
        }
        j->at++;
        while (c != ',' && c != ':' && j->at < j->text.n && depth == 0 &&
               str_chr(S(",:{}[]\" \t\r\n"), j->text.p[j->at]) == STR_NONE)
            j->at++; /* a number, true, null */
    } while (depth);
    return true;
}

/* Stands on the object's value of that key then. */
static bool enter(struct json *j, struct str key)
{
    struct str name;

    if (peek(j) != '{')
        return false;
    do {
        j->at++;
        if (!string(j, &name) || peek(j) != ':')
            return false;
        j->at++;
        if (str_eq(name, key))
            return true;
    } while (skip(j) && peek(j) == ',');
    return false;
}

/* ---- what is started ---- */

static bool is_known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

bool package_script_name(const struct field *f, size_t n, struct str *name)
{
    size_t i = 1;

    if (!n || !is_known(f) ||
        !word_is_one_of(path_basename(f[0].value.text), "npm yarn yarnpkg pnpm bun"))
        return false;
    while (i < n && is_known(&f[i]) && str_starts(f[i].value.text, S("-")))
        i++;
    bool runs = i < n && is_known(&f[i]) && word_is_one_of(f[i].value.text, "run run-script");
    i += runs;
    while (i < n && is_known(&f[i]) && str_starts(f[i].value.text, S("-")))
        i++;
    if (i == n || !is_known(&f[i]))
        return false;
    *name = f[i].value.text;
    if (str_chr(*name, '.') != STR_NONE || str_chr(*name, '/') != STR_NONE)
        return false; /* bun run x.ts */
    return runs || word_is_one_of(*name, "start stop test restart") ||
           word_is_one_of(path_basename(f[0].value.text), "yarn yarnpkg pnpm");
}

bool package_script_text(const struct started *s, struct str name, bool *at_hand, struct str *out)
{
    struct str text;

    *at_hand = started_text(s, S("./package.json"), &text);
    struct json j = {*at_hand ? text : S(""), 0};
    return enter(&j, S("scripts")) && enter(&j, name) && string(&j, out) &&
           str_chr(*out, '\\') == STR_NONE;
}

struct str package_dependencies(struct str text)
{
    struct json j = {text, 0};

    return enter(&j, S("dependencies")) && peek(&j) == '{' ? str_from(text, j.at) : S("");
}

bool package_dependency(struct str *rest, struct str *name)
{
    struct json j = {*rest, 1};
    bool found = rest->n && string(&j, name) && peek(&j) == ':';

    j.at += found;
    if (found && skip(&j) && peek(&j) == ',')
        *rest = str_from(*rest, j.at);
    else
        *rest = S("");
    return found;
}
