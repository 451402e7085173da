/* peace.c - Renovate and Dependabot: what their configuration in the repository says that they
 * manage, dfix does not move. What cannot be read counts as managed. */
#include "faces/bot/bot.h"

#include <jansson.h>

#include "config/yaml_tree.h"
#include "host/files.h"
#include "host/json.h"

enum { CONFIG_MAX = 1 << 20 };

/* ---- JSON5 as JSON ---- */

static bool is_name(char c)
{
    return char_is_of_name(c) || c == '$';
}

/* A string in either kind of quotes; how far it goes. */
static size_t copy_string(struct buf *b, struct str s, size_t i)
{
    char quote = s.p[i];

    buf_char(b, '"');
    for (i++; i < s.n && s.p[i] != quote; i++) {
        if (s.p[i] == '"')
            buf_char(b, '\\');
        if (s.p[i] == '\\' && i + 1 < s.n) {
            i++;
            if (s.p[i] != '\'' && s.p[i] != '\n')
                buf_char(b, '\\');
            if (s.p[i] == '\n')
                continue;
        }
        buf_char(b, s.p[i]);
    }
    buf_char(b, '"');
    return i;
}

static size_t skip_comment(struct str s, size_t i)
{
    bool line = s.p[i + 1] == '/';
    ptrdiff_t end = str_find(str_from(s, i), line ? S("\n") : S("*/"));

    return end == STR_NONE ? s.n : i + (size_t)end + (line ? 0 : 1);
}

static bool is_key(struct str s, size_t end)
{
    while (end < s.n && strchr(" \t\r\n", s.p[end]))
        end++;
    return end < s.n && s.p[end] == ':';
}

/* Comments and commas before an end go; keys and strings get double quotes. */
static struct str plain_json(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '"' || c == '\'') {
            i = copy_string(&b, s, i);
        } else if (c == '/' && i + 1 < s.n && (s.p[i + 1] == '/' || s.p[i + 1] == '*')) {
            i = skip_comment(s, i);
        } else if (is_name(c)) {
            size_t end = i;
            while (end < s.n && is_name(s.p[end]))
                end++;
            bool key = is_key(s, end);
            buf_fmt(&b, "%s" STR_FMT "%s", key ? "\"" : "", STR_ARG(str_sub(s, i, end)),
                    key ? "\"" : "");
            i = end - 1;
        } else {
            while ((c == '}' || c == ']') && b.n && strchr(" \t\r\n,", b.p[b.n - 1]))
                b.n--;
            buf_char(&b, c);
        }
    }
    return buf_str(&b);
}

/* ---- Renovate ---- */

static bool is_off(const json_t *o)
{
    return json_is_false(json_object_get(o, "enabled"));
}

static bool lists(const json_t *array, const char *word)
{
    size_t i;
    json_t *x;

    json_array_foreach((json_t *)(uintptr_t)array, i, x)
    {
        if (json_is_string(x) && strcmp(json_string_value(x), word) == 0)
            return true;
    }
    return false;
}

/* A rule that turns all of the manager off. */
static bool turns_off(const json_t *rule)
{
    const char *key;
    json_t *value;
    bool names = false, others = false;

    json_object_foreach((json_t *)(uintptr_t)rule, key, value)
    {
        bool whose = strcmp(key, "matchManagers") == 0;
        names |= whose && lists(value, "dockerfile");
        others |= strncmp(key, "match", 5) == 0 && !whose;
    }
    return is_off(rule) && names && !others;
}

static bool manages(const json_t *o)
{
    const json_t *only = json_object_get(o, "enabledManagers");
    size_t i;
    json_t *rule;

    if (is_off(o) || is_off(json_object_get(o, "dockerfile")) ||
        is_off(json_object_get(o, "docker")) || (json_is_array(only) && !lists(only, "dockerfile")))
        return false;
    json_array_foreach(json_object_get(o, "packageRules"), i, rule)
    {
        if (turns_off(rule))
            return false;
    }
    return true;
}

/* The file that speaks of Renovate; "" there is none. */
static const char *renovates(struct repo *r)
{
    static const char *const places[] = {"renovate.json",           "renovate.jsonc",
                                         "renovate.json5",          ".github/renovate.json",
                                         ".github/renovate.jsonc",  ".github/renovate.json5",
                                         ".gitlab/renovate.json",   ".gitlab/renovate.jsonc",
                                         ".gitlab/renovate.json5",  ".gitea/renovate.json",
                                         ".gitea/renovate.jsonc",   ".gitea/renovate.json5",
                                         ".forgejo/renovate.json",  ".forgejo/renovate.jsonc",
                                         ".forgejo/renovate.json5", ".renovaterc",
                                         ".renovaterc.json",        ".renovaterc.jsonc",
                                         ".renovaterc.json5",       "package.json"};
    struct arena *a = r->arena;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        bool folder = false, package = strcmp(places[i], "package.json") == 0;
        struct str text;
        if (!file_below(a, r->at.folder, str_of(places[i]), CONFIG_MAX, &folder, &text) || folder)
            continue;
        json_t *whole = json_object_of(plain_json(a, text));
        const json_t *o = package ? json_object_get(whole, "renovate") : whole;
        bool says = package ? o != NULL : true;
        bool managed = says && (!o || manages(o));
        json_decref(whole);
        if (says)
            return managed ? places[i] : "";
    }
    return "";
}

/* ---- Dependabot ---- */

static const struct yaml_node *value_of(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++)
        if (str_eq(map->pair[i].key->text, str_of(key)))
            return map->pair[i].value;
    return NULL;
}

/* A folder, or a pattern of folders. */
static bool covers(struct arena *a, const struct yaml_node *place, struct str path)
{
    struct str folder = path_folder(a, path), wanted;

    if (!place)
        return false;
    if (place->kind == YAML_LIST) {
        for (size_t i = 0; i < place->n; i++)
            if (covers(a, place->item[i], path))
                return true;
        return false;
    }
    wanted = str_without_end(place->text, '/');
    if (str_starts(wanted, S("/")))
        wanted = str_from(wanted, 1);
    if (str_eq(folder, S(".")))
        folder = S("");
    return str_eq(wanted, folder) || glob_fits(wanted, folder, GLOB_PATH) ||
           str_eq(wanted, S("**")) || str_eq(wanted, S("**/*"));
}

static bool dependabot_covers(struct repo *r, struct str path)
{
    static const char *const places[] = {".github/dependabot.yml", ".github/dependabot.yaml"};
    struct arena *a = r->arena;

    for (size_t i = 0; i < 2; i++) {
        bool folder = false;
        struct str text;
        struct yaml_node *root = NULL;
        struct err e;
        if (!file_below(a, r->at.folder, str_of(places[i]), CONFIG_MAX, &folder, &text) || folder)
            continue;
        if (!yaml_parse(a, places[i], text, &root, &e))
            return true;
        const struct yaml_node *updates = value_of(root, "updates");
        for (size_t k = 0; updates && updates->kind == YAML_LIST && k < updates->n; k++) {
            const struct yaml_node *what = value_of(updates->item[k], "package-ecosystem");
            if (what && str_eq(what->text, S("docker")) &&
                (covers(a, value_of(updates->item[k], "directory"), path) ||
                 covers(a, value_of(updates->item[k], "directories"), path)))
                return true;
        }
    }
    return false;
}

size_t peace_hold(struct repo *r, struct str path, struct held_back *out)
{
    size_t n = 0;

    if (!r->renovate)
        r->renovate = renovates(r);
    if (r->renovate[0])
        out[n++] = (struct held_back){
            S("*"), S(""),
            str_fmt(r->arena, "is left to Renovate, which %s sets up; bot.take-over changes that",
                    r->renovate)};
    /* An image that can be moved has a tag, and no package has a colon in its name. */
    if (dependabot_covers(r, path))
        out[n++] = (struct held_back){
            S("*:*"), S(""),
            S("is left to Dependabot, which .github/dependabot.yml sets up; bot.take-over changes "
              "that")};
    return n;
}
