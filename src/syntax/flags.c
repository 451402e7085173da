/* flags.c - the --name=value that stand before an instruction's arguments. */
#include "syntax/dockerfile.h"

#include <string.h>

enum flag_type {
    FLAG_TEXT,
    FLAG_BOOL,
    FLAG_LIST,
    FLAG_MOUNT, /* a list too */
    FLAG_NETWORK,
    FLAG_SECURITY,
    FLAG_DURATION,
    FLAG_COUNT
};

#define RULE(instruction, name, type)                                                              \
    {                                                                                              \
        instruction, {name, sizeof(name) - 1}, type                                                \
    }
static const struct flag_rule {
    enum instruction instruction;
    struct str name;
    enum flag_type type;
} rules[] = {
    RULE(INST_FROM, "platform", FLAG_TEXT),
    RULE(INST_ADD, "chown", FLAG_TEXT),
    RULE(INST_ADD, "chmod", FLAG_TEXT),
    RULE(INST_ADD, "link", FLAG_BOOL),
    RULE(INST_ADD, "keep-git-dir", FLAG_BOOL),
    RULE(INST_ADD, "checksum", FLAG_TEXT),
    RULE(INST_ADD, "unpack", FLAG_BOOL),
    RULE(INST_ADD, "exclude", FLAG_LIST),
    RULE(INST_COPY, "chown", FLAG_TEXT),
    RULE(INST_COPY, "from", FLAG_TEXT),
    RULE(INST_COPY, "chmod", FLAG_TEXT),
    RULE(INST_COPY, "link", FLAG_BOOL),
    RULE(INST_COPY, "parents", FLAG_BOOL),
    RULE(INST_COPY, "exclude", FLAG_LIST),
    RULE(INST_RUN, "mount", FLAG_MOUNT),
    RULE(INST_RUN, "network", FLAG_NETWORK),
    RULE(INST_RUN, "security", FLAG_SECURITY),
    RULE(INST_RUN, "device", FLAG_LIST),
    RULE(INST_HEALTHCHECK, "interval", FLAG_DURATION),
    RULE(INST_HEALTHCHECK, "timeout", FLAG_DURATION),
    RULE(INST_HEALTHCHECK, "start-period", FLAG_DURATION),
    RULE(INST_HEALTHCHECK, "start-interval", FLAG_DURATION),
    RULE(INST_HEALTHCHECK, "retries", FLAG_COUNT),
};
#undef RULE

enum { NRULES = sizeof(rules) / sizeof(rules[0]) };

/* The end of the flag that begins at p; quotes and escapes inside. */
static size_t flag_end(struct str s, size_t at)
{
    char quote = 0;
    while (at < s.n) {
        char c = s.p[at];
        if (c == FLAG_ESCAPE && at + 1 < s.n) {
            at += 2;
            continue;
        }
        if (!quote && is_byte_space(c))
            break;
        if (quote ? c == quote : c == '\'' || c == '"')
            quote = quote ? 0 : c;
        at++;
    }
    return at;
}

size_t flag_decode(char *out, struct str s)
{
    char quote = 0;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == FLAG_ESCAPE) {
            if (++i < s.n)
                out[n++] = s.p[i];
        } else if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? 0 : c;
        } else {
            out[n++] = c;
        }
    }
    return n;
}

static size_t digits(struct str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

static double decimal(struct str digit)
{
    double value = 0;
    for (size_t i = 0; i < digit.n; i++)
        value = value * 10 + (digit.p[i] - '0');
    return value;
}

/* number unit, at the start of *s, which is left after it; false: it is none. */
static bool duration_part(struct str *s, double *ns)
{
    static const struct {
        struct str name;
        double ns;
    } units[] = {{{"ns", 2}, 1},          {{"us", 2}, 1e3},  {{"\xC2\xB5s", 3}, 1e3},
                 {{"\xCE\xBCs", 3}, 1e3}, {{"ms", 2}, 1e6},  {{"s", 1}, 1e9},
                 {{"m", 1}, 60e9},        {{"h", 1}, 3600e9}};
    struct str whole = str_sub(*s, 0, digits(*s)), part = S("");
    *s = str_from(*s, whole.n);
    if (str_starts(*s, S("."))) {
        *s = str_from(*s, 1);
        part = str_sub(*s, 0, digits(*s));
        *s = str_from(*s, part.n);
    }
    for (size_t i = 0; whole.n + part.n && i < sizeof(units) / sizeof(units[0]); i++) {
        if (!str_starts(*s, units[i].name))
            continue;
        double fraction = 0;
        for (size_t k = part.n; k-- > 0;)
            fraction = (fraction + (part.p[k] - '0')) / 10;
        *ns += (double)(int64_t)(fraction * units[i].ns) + decimal(whole) * units[i].ns;
        *s = str_from(*s, units[i].name.n);
        return true;
    }
    return false;
}

/* duration = [sign] ("0" | {digits ["." digits] unit}): nothing, or 1 ms and more; "": not set */
static bool is_duration(struct str s)
{
    const double least = 1e6, limit = 9.2e18;
    double ns = 0;
    if (!s.n)
        return true;
    bool negative = s.p[0] == '-';
    if (negative || s.p[0] == '+')
        s = str_from(s, 1);
    if (str_eq(s, S("0")))
        return true;
    do
        if (!duration_part(&s, &ns))
            return false;
    while (s.n);
    return ns <= 0 || (!negative && ns >= least && ns < limit);
}

static bool is_count(struct str s)
{
    if (!s.n)
        return true;
    bool negative = s.p[0] == '-';
    if (negative || s.p[0] == '+')
        s = str_from(s, 1);
    return s.n && digits(s) == s.n && decimal(s) <= (negative ? 0 : INT32_MAX);
}

/* mount = key ["=" value] {"," key ["=" value]}; what `from` names may not be a variable */
static bool is_mount(struct str s)
{
    struct str part, key;
    if (!s.n)
        return false;
    while (str_cut(&s, ',', &part)) {
        if (!str_cut(&part, '=', &key) || !str_ieq(key, S("from")))
            continue;
        ptrdiff_t dollar = str_chr(part, '$');
        if (dollar != STR_NONE && (size_t)dollar + 1 < part.n)
            return false;
    }
    return true;
}

static bool value_fits(enum flag_type t, bool has, struct str value)
{
    switch (t) {
    case FLAG_TEXT:
    case FLAG_LIST:
        return has;
    case FLAG_MOUNT:
        return has && is_mount(value);
    case FLAG_NETWORK:
        return has && (str_eq(value, S("default")) || str_eq(value, S("none")) ||
                       str_eq(value, S("host")));
    case FLAG_SECURITY:
        return has && (str_eq(value, S("sandbox")) || str_eq(value, S("insecure")));
    case FLAG_BOOL:
        return !has || str_ieq(value, S("true")) || str_ieq(value, S("false"));
    case FLAG_DURATION:
        return has && is_duration(value);
    case FLAG_COUNT:
        return has && is_count(value);
    }
    return false;
}

/* Does the instruction take this flag, now? `seen`: rules used already. */
static bool flag_fits(enum instruction i, struct str flag, uint32_t *seen)
{
    if (i == INST_ARG || i == INST_STOPSIGNAL || i == INST_UNKNOWN)
        return true; /* not looked at */
    struct str name = str_from(flag, 2), value = S("");
    ptrdiff_t eq = str_chr(name, '=');
    if (eq != STR_NONE) {
        value = str_from(name, (size_t)eq + 1);
        name = str_sub(name, 0, (size_t)eq);
    }
    for (unsigned r = 0; r < NRULES; r++) {
        if (rules[r].instruction != i || !str_eq(name, rules[r].name))
            continue;
        bool list = rules[r].type == FLAG_LIST || rules[r].type == FLAG_MOUNT;
        bool again = *seen & 1u << r && !list;
        *seen |= 1u << r;
        return !again && value_fits(rules[r].type, eq != STR_NONE, value);
    }
    return false;
}

/* flag = "--" name ["=" word] */
static node_id flag_emit(struct builder *b, uint32_t end)
{
    const char *p = b->view->p;
    const char *eq = memchr(p + b->pos, '=', end - b->pos);
    node_id n = build_open(b, NODE_FLAG, 0);
    build_emit(b, TOK_OPERATOR, b->pos + 2);
    build_leaf(b, NODE_NAME, TOK_TEXT, eq ? (uint32_t)(eq - p) : end);
    if (eq) {
        build_emit(b, TOK_OPERATOR, b->pos + 1);
        word_parse(b, NODE_WORD, end, WORD_FLAG);
    }
    build_close(b, n);
    return n;
}

/* HEALTHCHECK NONE takes whatever flags there are. */
static bool flags_ignored(enum instruction i, struct str s, size_t at)
{
    if (i != INST_HEALTHCHECK)
        return false;
    struct str word;
    do {
        at = skip_byte_space(s.p, (uint32_t)at, (uint32_t)s.n);
        size_t end = flag_end(s, at);
        word = str_sub(s, at, end);
        at = end;
    } while (str_starts(word, S("--")));
    return str_ieq(word, S("NONE"));
}

static inline scan_bytes may_end_plain(scan_bytes v)
{
    return (scan_bytes)((v <= ' ') | (v == '"') | (v == '\'') | (v == FLAG_ESCAPE) | (v > '~'));
}

/* White space, or what makes a flag more than the bytes that are written. */
static inline bool stops_plain(char c)
{
    return is_byte_space(c) || c == '"' || c == '\'' || c == FLAG_ESCAPE;
}

uint32_t flags_parse(struct parser *p, enum instruction i, uint32_t end)
{
    struct builder *b = &p->b;
    struct str s = {b->view->p, end};
    uint32_t at = b->pos, seen = 0;
    char *decoded = NULL;
    bool ignored = flags_ignored(i, s, at);
    while (true) {
        at = skip_byte_space(s.p, at, end);
        if (end - at < 2 || s.p[at] != '-' || s.p[at + 1] != '-')
            break;
        uint32_t stop = scan(s.p, at, end, b->wide, may_end_plain, stops_plain);
        struct str flag = str_sub(s, at, stop);
        if (stop < end && !is_byte_space(s.p[stop])) {
            if (!decoded)
                decoded = arena_room(b->scratch, end - at, 1);
            stop = (uint32_t)flag_end(s, at);
            flag = (struct str){decoded, flag_decode(decoded, str_sub(s, at, stop))};
        }
        build_emit(b, TOK_BLANK, at);
        if (str_eq(flag, S("--"))) {
            build_emit(b, TOK_OPERATOR, stop);
            at = stop;
            break;
        }
        node_id n = flag_emit(b, stop);
        if (!ignored && !flag_fits(i, flag, &seen))
            build_error(b, n, SYNTAX_BAD_FLAG);
        at = stop;
    }
    return at;
}

struct str flag_text_of(const struct builder *b, node_id instruction, struct str name)
{
    for (node_id n = instruction + 1; n < b->nnode; n = b->node[n].after)
        if (b->node[n].kind == NODE_FLAG && str_eq(source_of(b, n + 1), name))
            return n + 2 < b->node[n].after ? source_of(b, n + 2) : S("");
    return S("");
}
