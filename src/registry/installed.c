/* Reads a system's own records: packages of dpkg and apk, release, sources, users. */
#include "registry/installed.h"
#include "dfix/manager.h"

static bool next_line(struct str *text, struct str *line)
{
    if (!str_cut(text, '\n', line))
        return false;
    if (str_ends(*line, S("\r")))
        line->n--;
    return true;
}

static struct str keep(struct arena *a, struct str s)
{
    return s.n ? str_dup(a, s) : S("");
}

void installed_add(struct arena *a, struct installed_list *out, const struct manager *m,
                   struct installed p)
{
    if (!m->name_valid(p.name) || !m->version_valid(p.version) || out->list.n == INSTALLED_MAX) {
        out->broken = true;
        return;
    }
    if (!p.source.n)
        p.source = p.name;
    if (!p.source_version.n)
        p.source_version = p.version;
    vec_push(a, &out->list,
             (struct installed){keep(a, p.name), keep(a, p.version), keep(a, p.arch),
                                keep(a, p.source), keep(a, p.source_version)});
}

/* ---- dpkg: "Field: value" lines, a blank line ends a package ---- */

struct stanza {
    struct installed package;
    struct str status;
    bool any;
};

static void stanza_end(struct arena *a, struct stanza *s, struct installed_list *out)
{
    /* want, flag, state: only the last says whether its files are there. */
    struct str state = s->status;
    ptrdiff_t blank = str_rchr(state, ' ');
    if (blank != STR_NONE)
        state = str_from(state, (size_t)blank + 1);
    bool there = !s->status.n || str_eq(state, S("installed")) ||
                 str_eq(state, S("triggers-pending")) || str_eq(state, S("triggers-awaited")) ||
                 str_eq(state, S("unpacked")) || str_eq(state, S("half-configured"));
    if (s->any && there)
        installed_add(a, out, &manager_apt, s->package);
    struct str none = S("");
    *s = (struct stanza){.package = {none, none, none, none, none}, .status = none};
}

/* "name" or "name (version)". */
static void source_field(struct str value, struct installed *p)
{
    ptrdiff_t open = str_chr(value, '(');
    if (open == STR_NONE) {
        p->source = value;
        return;
    }
    p->source = str_trim(str_sub(value, 0, (size_t)open));
    p->source_version = str_trim(str_from(value, (size_t)open + 1));
    if (str_ends(p->source_version, S(")")))
        p->source_version.n--;
}

static void dpkg_field(struct stanza *s, struct str name, struct str value)
{
    struct installed *p = &s->package;
    s->any = true;
    if (str_ieq(name, S("Package")))
        p->name = value;
    else if (str_ieq(name, S("Version")))
        p->version = value;
    else if (str_ieq(name, S("Architecture")))
        p->arch = value;
    else if (str_ieq(name, S("Source")))
        source_field(value, p);
    else if (str_ieq(name, S("Status")))
        s->status = value;
}

void installed_dpkg(struct arena *a, struct str text, struct installed_list *out)
{
    struct stanza s = {.any = false};
    struct str line;
    stanza_end(a, &s, out);
    while (next_line(&text, &line)) {
        if (!str_trim(line).n) {
            stanza_end(a, &s, out);
            continue;
        }
        if (line.p[0] == ' ' || line.p[0] == '\t')
            continue;
        ptrdiff_t colon = str_chr(line, ':');
        if (colon == STR_NONE) {
            out->broken = true;
            continue;
        }
        dpkg_field(&s, str_sub(line, 0, (size_t)colon),
                   str_trim(str_from(line, (size_t)colon + 1)));
    }
    stanza_end(a, &s, out);
}

/* ---- apk: one-letter fields ---- */

void installed_apk(struct arena *a, struct str text, struct installed_list *out)
{
    struct str none = S(""), line;
    struct installed blank = {none, none, none, none, none}, p = blank;
    for (bool more = true; more;) {
        more = next_line(&text, &line);
        if (!more || !line.n) {
            if (p.name.n || p.version.n)
                installed_add(a, out, &manager_apk, p);
            p = blank;
            continue;
        }
        if (line.n < 2 || line.p[1] != ':')
            continue;
        struct str value = str_from(line, 2);
        switch (line.p[0]) {
        case 'P':
            p.name = value;
            break;
        case 'V':
            p.version = value;
            break;
        case 'A':
            p.arch = value;
            break;
        case 'o':
            p.source = value;
            break;
        }
    }
}

/* ---- os-release: NAME=value with a shell's quotes ---- */

static struct str unquote(struct arena *a, struct str value)
{
    struct buf b = {.arena = a};
    char quote = 0;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (!quote && (c == '"' || c == '\''))
            quote = c;
        else if (quote && c == quote)
            quote = 0;
        else if (c == '\\' && quote != '\'' && i + 1 < value.n)
            buf_char(&b, value.p[++i]);
        else
            buf_char(&b, c);
    }
    return buf_str(&b);
}

/* Words that may go on into messages, URLs and file names. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!char_is_of_name(c) && c != '.' && c != '-')
            return false;
    }
    return s.n > 0 && s.n <= 64 && s.p[0] != '.' && s.p[0] != '-';
}

/* Alpine's releases are named by two numbers; edge calls itself by a date. */
static struct str alpine_version(struct str version, struct str pretty)
{
    if (str_find(pretty, S("edge")) != STR_NONE || str_find(version, S("_alpha")) != STR_NONE)
        return S("edge");
    ptrdiff_t dot = str_chr(version, '.');
    if (dot == STR_NONE)
        return version;
    struct str minor = str_from(version, (size_t)dot + 1);
    ptrdiff_t second = str_chr(minor, '.');
    return second == STR_NONE ? version : str_sub(version, 0, (size_t)(dot + 1 + second));
}

void release_read(struct arena *a, struct str text, struct release *out, struct str *id)
{
    struct str line, version = S(""), codename = S(""), pretty = S("");
    *id = S("");
    *out = (struct release){S(""), S(""), S("")};
    while (next_line(&text, &line)) {
        line = str_trim(line);
        ptrdiff_t equals = str_chr(line, '=');
        if (equals == STR_NONE || line.p[0] == '#')
            continue;
        struct str name = str_sub(line, 0, (size_t)equals);
        struct str value = unquote(a, str_from(line, (size_t)equals + 1));
        if (str_eq(name, S("PRETTY_NAME")))
            pretty = value;
        if (!is_plain(value))
            continue;
        if (str_eq(name, S("ID")))
            *id = value;
        else if (str_eq(name, S("VERSION_ID")))
            version = value;
        else if (str_eq(name, S("VERSION_CODENAME")))
            codename = value;
        else if (str_eq(name, S("UBUNTU_CODENAME")) && !codename.n)
            codename = value;
    }
    if (str_eq(*id, S("alpine")))
        *out = (struct release){*id, alpine_version(version, pretty), S("")};
    else if (str_eq(*id, S("debian")) || str_eq(*id, S("ubuntu")))
        *out = (struct release){*id, version, codename};
}

/* ---- etc/passwd ---- */

bool passwd_is_root(struct str text, struct str user)
{
    struct str line, name, password, uid;
    while (next_line(&text, &line))
        if (str_cut(&line, ':', &name) && str_eq(name, user) && str_cut(&line, ':', &password) &&
            str_cut(&line, ':', &uid))
            return str_eq(uid, S("0"));
    return false;
}
