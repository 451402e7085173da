/* conf.c - reads apt's configuration files: `Name "value";`, `Name { ... };`, comments,
 * #clear. Lists are left out: nothing that dfix asks for is one. */
#include "index/apt/conf.h"
#include "dfix/url.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"

enum { CONF_MAX = 1 << 20, FILES_MAX = 1000, DEPTH_MAX = 32 };

/* ---- tokens ---- */

enum token { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_STOP };

static void skip_past(struct str *rest, struct str end)
{
    ptrdiff_t at = str_find(*rest, end);
    *rest = at == STR_NONE ? S("") : str_from(*rest, (size_t)at + end.n);
}

/* True: something was skipped. */
static bool skip_one(struct str *rest)
{
    bool directive = str_starts(*rest, S("#clear")) || str_starts(*rest, S("#include"));
    if (rest->n && strchr(" \t\r\n\v\f", rest->p[0]) && rest->p[0])
        *rest = str_from(*rest, 1);
    else if (str_starts(*rest, S("/*")))
        skip_past(rest, S("*/"));
    else if (str_starts(*rest, S("//")) || (str_starts(*rest, S("#")) && !directive))
        skip_past(rest, S("\n"));
    else
        return false;
    return true;
}

static enum token next_token(struct str *rest, struct str *out)
{
    while (skip_one(rest))
        continue;
    if (!rest->n)
        return TOKEN_END;
    char c = rest->p[0];
    if (c == '{' || c == '}' || c == ';') {
        *rest = str_from(*rest, 1);
        return c == '{' ? TOKEN_OPEN : c == '}' ? TOKEN_CLOSE : TOKEN_STOP;
    }
    if (c == '"') {
        struct str body = str_from(*rest, 1);
        ptrdiff_t end = str_chr(body, '"');
        *out = end == STR_NONE ? body : str_sub(body, 0, (size_t)end);
        *rest = end == STR_NONE ? S("") : str_from(body, (size_t)end + 1);
        return TOKEN_TEXT;
    }
    size_t n = 0;
    while (n < rest->n && rest->p[n] && !strchr(" \t\r\n\v\f{};\"", rest->p[n]))
        n++;
    n = n ? n : 1; /* a NUL is a word of its own: nothing has such a name */
    *out = str_sub(*rest, 0, n);
    *rest = str_from(*rest, n);
    return TOKEN_WORD;
}

/* ---- statements ---- */

struct reading {
    struct arena *arena;
    struct apt_conf *conf;
    struct str scope[DEPTH_MAX];
    size_t depth;
    struct str tag, value; /* of the statement so far */
    bool has_value;
};

static struct str full_name(struct reading *r, struct str tag)
{
    struct str scope = r->depth ? r->scope[r->depth - 1] : S("");
    return scope.n && tag.n ? str_fmt(r->arena, STR_FMT "::" STR_FMT, STR_ARG(scope), STR_ARG(tag))
                            : str_dup(r->arena, scope.n ? scope : tag);
}

static void clear(struct apt_conf *c, struct str name)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->v.n; i++) {
        struct str known = c->v.v[i].name;
        struct str head = known.n < name.n ? known : str_sub(known, 0, name.n);
        bool below = known.n == name.n || str_starts(str_from(known, head.n), S("::"));
        if (!(str_ieq(head, name) && below))
            c->v.v[kept++] = c->v.v[i];
    }
    c->v.n = kept;
}

static void end_statement(struct reading *r)
{
    if (str_eq(r->tag, S("#clear")) && r->has_value)
        clear(r->conf, r->value);
    else if (r->tag.n && r->has_value && !str_starts(r->tag, S("#")) && !str_ends(r->tag, S("::")))
        vec_push(r->arena, &r->conf->v,
                 (struct apt_option){full_name(r, r->tag), str_dup(r->arena, r->value)});
    r->tag = r->value = S("");
    r->has_value = false;
}

static void open_scope(struct reading *r)
{
    struct str scope = full_name(r, r->tag);
    end_statement(r);
    if (r->depth < DEPTH_MAX)
        r->scope[r->depth] = scope;
    r->depth += r->depth < DEPTH_MAX;
}

static void take_text(struct reading *r, enum token t, struct str text)
{
    if (t == TOKEN_WORD && !r->tag.n) {
        r->tag = text;
        return;
    }
    r->value = text;
    r->has_value = true;
}

void apt_conf_parse(struct arena *a, struct str text, struct apt_conf *c)
{
    struct reading r = {.arena = a, .conf = c, .tag = S(""), .value = S("")};
    struct str word = S("");
    for (enum token t; (t = next_token(&text, &word)) != TOKEN_END;) {
        switch (t) {
        case TOKEN_WORD:
        case TOKEN_TEXT:
            take_text(&r, t, word);
            break;
        case TOKEN_OPEN:
            open_scope(&r);
            break;
        case TOKEN_CLOSE:
            end_statement(&r);
            r.depth -= r.depth > 0;
            break;
        case TOKEN_STOP:
        case TOKEN_END:
            end_statement(&r);
            break;
        }
    }
    end_statement(&r);
}

/* ---- what is set ---- */

struct str apt_conf_find(const struct apt_conf *c, const char *name, struct str fallback)
{
    for (size_t i = c->v.n; i-- > 0;)
        if (str_ieq(c->v.v[i].name, str_of(name)))
            return c->v.v[i].value;
    return fallback;
}

/* A path below another one, unless it is absolute. */
static struct str below(struct arena *a, struct str folder, struct str path)
{
    if (str_starts(path, S("/")))
        return path;
    return str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(str_without_end(folder, '/')), STR_ARG(path));
}

struct str apt_conf_path(struct arena *a, const struct apt_conf *c, const char *group,
                         const char *fallback_group, const char *name, const char *fallback)
{
    struct str root = apt_conf_find(c, "Dir", S("/"));
    struct str folder = below(a, root, apt_conf_find(c, group, str_of(fallback_group)));
    return below(a, folder,
                 apt_conf_find(c, str_fmt(a, "%s::%s", group, name).p, str_of(fallback)));
}

/* ---- files ---- */

static void read_one(struct arena *a, const char *path, struct apt_conf *c)
{
    struct str text;
    struct err e;
    if (file_read(a, path, CONF_MAX, &text, &e))
        apt_conf_parse(a, text, c);
}

/* As apt picks them: plain names with no ending, or with .conf. */
static bool counts(const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t plain = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-_.");
    return name[0] != '.' && !name[plain] && (!dot || strcmp(dot, ".conf") == 0);
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static void read_parts(struct arena *a, struct str folder, struct apt_conf *c)
{
    VEC(struct str) names = {0};
    DIR *d = opendir(str_cstr(a, folder));
    if (!d)
        return;
    for (struct dirent *x; (x = readdir(d)) && names.n < FILES_MAX;)
        if (counts(x->d_name))
            vec_push(a, &names, str_dup(a, str_of(x->d_name)));
    closedir(d);
    if (names.n)
        qsort(names.v, names.n, sizeof names.v[0], by_name);
    for (size_t i = 0; i < names.n; i++)
        read_one(a, str_cstr(a, below(a, folder, names.v[i])), c);
}

struct apt_conf apt_conf_read(struct arena *a)
{
    struct apt_conf c = {0};
    const char *first = getenv("APT_CONFIG");
    if (first && *first)
        read_one(a, first, &c);
    read_parts(a, apt_conf_path(a, &c, "Dir::Etc", "etc/apt", "parts", "apt.conf.d"), &c);
    read_one(a, str_cstr(a, apt_conf_path(a, &c, "Dir::Etc", "etc/apt", "main", "apt.conf")), &c);
    return c;
}

/* ---- proxies ---- */

static struct str without_port(struct str host)
{
    ptrdiff_t colon = str_rchr(host, ':');
    bool port = colon != STR_NONE && !str_ends(host, S("]"));
    return port ? str_sub(host, 0, (size_t)colon) : host;
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 127)
            return false;
    return true;
}

struct str apt_conf_proxy(struct arena *a, const struct apt_conf *c, struct str url)
{
    /* apt's method for https asks for its own options first, then for those of http. */
    static const char *const methods[] = {"https", "http"};
    struct str host = without_port(url_cut(url).host), proxy = S("");
    if (!url_is_http(url))
        return proxy;
    size_t from = str_starts(url, S("https://")) ? 0 : 1;
    for (size_t i = from; i < 2 && !proxy.n; i++)
        proxy = apt_conf_find(
            c, str_fmt(a, "Acquire::%s::Proxy::" STR_FMT, methods[i], STR_ARG(host)).p, S(""));
    for (size_t i = from; i < 2 && !proxy.n; i++)
        proxy = apt_conf_find(c, str_fmt(a, "Acquire::%s::Proxy", methods[i]).p, S(""));
    if (str_ieq(proxy, S("DIRECT")))
        return S("DIRECT");
    return is_plain(proxy) ? proxy : S("");
}
