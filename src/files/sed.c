/* What sed makes of a text: the small part of its language that Dockerfiles use on package lists,
 * s/// and d. What goes beyond it is refused, not guessed. */
#include "files/sed.h"

enum { ATOMS_MAX = 200, GROUPS_MAX = 9, STEPS_MAX = 100000, TEXT_LONG = 64 * 1024 };

enum atom_kind { ATOM_CHAR, ATOM_ANY, ATOM_SET, ATOM_OPEN, ATOM_CLOSE, ATOM_BEGIN, ATOM_END };
struct atom {
    enum atom_kind kind;
    char c;         /* CHAR; OPEN and CLOSE: which group */
    struct str set; /* SET: what stands between the brackets */
    char repeat;    /* '*', '+', '?'; 0: once */
};
struct pattern {
    bool extended;
    struct atom atom[ATOMS_MAX];
    size_t n;
    unsigned groups;
};
struct match {
    const struct pattern *pattern;
    struct str line;
    size_t start[GROUPS_MAX + 1], end[GROUPS_MAX + 1];
    unsigned steps;
};

/* ---- patterns ---- */

/* "[[:digit:]]", from behind the first bracket: a class alone. */
static bool read_class(struct str *rest, struct str *set)
{
    static const struct {
        struct str class, set;
    } known[] = {{{"[:digit:]]", 10}, {"0-9", 3}},       {{"[:alpha:]]", 10}, {"a-zA-Z", 6}},
                 {{"[:alnum:]]", 10}, {"a-zA-Z0-9", 9}}, {{"[:lower:]]", 10}, {"a-z", 3}},
                 {{"[:upper:]]", 10}, {"A-Z", 3}},       {{"[:space:]]", 10}, {" \t", 2}}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_starts(*rest, known[i].class)) {
            *set = known[i].set;
            *rest = str_from(*rest, known[i].class.n);
            return true;
        }
    return false;
}

/* "[^a-z]", from behind the bracket. */
static bool read_set(struct str *rest, struct str *set)
{
    size_t i = rest->n && rest->p[0] == '^';

    if (read_class(rest, set))
        return true;
    for (i++; i < rest->n && rest->p[i] != ']';) /* a bracket that comes first is itself */
        i++;
    if (i >= rest->n)
        return false;
    *set = str_sub(*rest, 0, i);
    if (str_chr(*set, '[') != STR_NONE || str_chr(*set, '\\') != STR_NONE)
        return false;
    *rest = str_from(*rest, i + 1);
    return true;
}

static bool in_set(struct str set, char c)
{
    bool inverted = set.n && set.p[0] == '^', found = false;

    for (size_t i = inverted; i < set.n; i++) {
        if (i + 2 < set.n && set.p[i + 1] == '-') {
            found |= set.p[i] <= c && c <= set.p[i + 2];
            i += 2;
        } else {
            found |= set.p[i] == c;
        }
    }
    return found != inverted;
}

/* One sign with its backslash, or without; `special`: it means more than itself. */
static char next_sign(struct str *rest, bool extended, bool *special)
{
    bool escaped = rest->p[0] == '\\' && rest->n > 1;
    char c = rest->p[escaped];

    *rest = str_from(*rest, escaped + 1u);
    if (str_chr(S("()+?{}|"), c) != STR_NONE)
        *special = escaped != extended;
    else if (str_chr(S(".*[^$"), c) != STR_NONE)
        *special = !escaped;
    else
        *special = escaped && (((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') ||
                               c == '<' || c == '>' || c == '`' || c == '\'');
    return c;
}

static bool add_special(struct pattern *p, struct atom *atom, char c, struct str *rest,
                        unsigned *open, unsigned *depth)
{
    atom->kind = ATOM_CHAR;
    switch (c) {
    case '.':
        atom->kind = ATOM_ANY;
        return true;
    case '[':
        atom->kind = ATOM_SET;
        return read_set(rest, &atom->set);
    case '^':
        if (!p->n || atom[-1].kind == ATOM_OPEN)
            atom->kind = ATOM_BEGIN;
        return atom->kind == ATOM_BEGIN || !p->extended;
    case '$':
        if (!rest->n || str_starts(*rest, p->extended ? S(")") : S("\\)")))
            atom->kind = ATOM_END;
        return atom->kind == ATOM_END || !p->extended;
    case '(':
        atom->kind = ATOM_OPEN;
        if (p->groups == GROUPS_MAX)
            return false;
        atom->c = (char)++p->groups;
        open[(*depth)++] = p->groups;
        return true;
    case ')':
        atom->kind = ATOM_CLOSE;
        if (!*depth)
            return false;
        atom->c = (char)open[--*depth];
        return true;
    default: /* \b, \{, alternatives, back references */
        return false;
    }
}

static bool pattern_read(struct str rest, bool extended, struct pattern *p)
{
    unsigned open[GROUPS_MAX + 1], depth = 0;

    *p = (struct pattern){.extended = extended};
    while (rest.n && p->n < ATOMS_MAX) {
        bool special;
        struct atom *atom = &p->atom[p->n], *last = p->n ? atom - 1 : NULL;
        char c = next_sign(&rest, extended, &special);
        *atom = (struct atom){.kind = ATOM_CHAR, .c = c};
        if (special && (c == '+' || c == '?' || (c == '*' && last && last->kind != ATOM_BEGIN))) {
            if (!last || last->kind > ATOM_SET || last->repeat)
                return false;
            last->repeat = c;
            continue;
        }
        if (special && c != '*' && !add_special(p, atom, c, &rest, open, &depth))
            return false;
        p->n++;
    }
    return !rest.n && !depth && p->n;
}

static bool fits_one(const struct atom *atom, char c)
{
    return atom->kind == ATOM_ANY || (atom->kind == ATOM_SET ? in_set(atom->set, c) : atom->c == c);
}

static bool match_from(struct match *m, size_t which, size_t at);

/* As many as there are, then fewer. */
static bool match_repeated(struct match *m, size_t which, size_t at)
{
    const struct atom *atom = &m->pattern->atom[which];
    size_t least = atom->repeat == '+', most = atom->repeat == '?' ? 1 : m->line.n, n = 0;

    while (n < most && at + n < m->line.n && fits_one(atom, m->line.p[at + n]))
        n++;
    for (;; n--) {
        if (n < least)
            return false;
        if (match_from(m, which + 1, at + n))
            return true;
        if (!n)
            return false;
    }
}

static bool match_from(struct match *m, size_t which, size_t at)
{
    for (; which < m->pattern->n; which++) {
        const struct atom *atom = &m->pattern->atom[which];
        if (m->steps++ > STEPS_MAX)
            return false;
        if (atom->repeat)
            return match_repeated(m, which, at);
        switch (atom->kind) {
        case ATOM_CHAR:
        case ATOM_ANY:
        case ATOM_SET:
            if (at >= m->line.n || !fits_one(atom, m->line.p[at++]))
                return false;
            break;
        case ATOM_OPEN:
            m->start[(unsigned char)atom->c] = at;
            break;
        case ATOM_CLOSE:
            m->end[(unsigned char)atom->c] = at;
            break;
        case ATOM_BEGIN:
            if (at)
                return false;
            break;
        case ATOM_END:
            if (at != m->line.n)
                return false;
            break;
        }
    }
    m->end[0] = at;
    return true;
}

/* The first place from `at` on; false: none. */
static bool match_at(struct match *m, size_t at)
{
    for (; at <= m->line.n; at++) {
        m->start[0] = at;
        if (match_from(m, 0, at))
            return true;
    }
    return false;
}

/* ---- commands ---- */

struct command {
    bool addressed, deletes, all; /* all: /g */
    struct pattern address, what;
    struct str to;
};

/* Up to the delimiter, which loses its backslash where it stands for itself. */
static bool cut_part(struct arena *a, struct str *rest, char delimiter, struct str *part)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == delimiter) {
            *rest = str_from(*rest, i + 1);
            *part = buf_str(&b);
            return true;
        }
        if (c == '\\' && i + 1 < rest->n) {
            if (rest->p[i + 1] != delimiter)
                buf_char(&b, c);
            c = rest->p[++i];
        }
        buf_char(&b, c);
    }
    return false;
}

static void skip(struct str *s, struct str signs)
{
    while (s->n && str_chr(signs, s->p[0]) != STR_NONE)
        *s = str_from(*s, 1);
}

static bool read_substitution(struct arena *a, struct str *rest, bool extended, struct command *c)
{
    struct str what;
    char delimiter = rest->n > 1 ? rest->p[1] : '\n';

    if (delimiter == '\\' || delimiter == '\n')
        return false;
    *rest = str_from(*rest, 2);
    if (!cut_part(a, rest, delimiter, &what) || !cut_part(a, rest, delimiter, &c->to) ||
        !pattern_read(what, extended, &c->what))
        return false;
    c->all = rest->n && rest->p[0] == 'g';
    skip(rest, S("g"));
    return true;
}

static bool read_command(struct arena *a, struct str *rest, bool extended, struct command *c)
{
    struct str address;

    *c = (struct command){.to = S("")};
    if (rest->p[0] == '/') {
        *rest = str_from(*rest, 1);
        if (!cut_part(a, rest, '/', &address) || !pattern_read(address, extended, &c->address))
            return false;
        c->addressed = true;
        skip(rest, S(" "));
    }
    if (rest->n && rest->p[0] == 's') {
        if (!read_substitution(a, rest, extended, c))
            return false;
    } else if (rest->n && rest->p[0] == 'd') {
        c->deletes = true;
        *rest = str_from(*rest, 1);
    } else {
        return false;
    }
    skip(rest, S(" \t"));
    return !rest->n || rest->p[0] == ';' || rest->p[0] == '\n';
}

/* ---- applied ---- */

static bool add_replacement(struct buf *b, const struct match *m, struct str to)
{
    for (size_t i = 0; i < to.n; i++) {
        char c = to.p[i];
        unsigned group = 0;
        if (c == '\\' && i + 1 < to.n) {
            c = to.p[++i];
            if (c == 'n')
                c = '\n';
            else if (c >= '1' && c <= '9')
                group = (unsigned)(c - '0');
            else if ((c | 32) >= 'a' && (c | 32) <= 'z')
                return false; /* \U and the like */
        } else if (c != '&') {
            buf_char(b, c);
            continue;
        } else {
            buf_add(b, str_sub(m->line, m->start[0], m->end[0]));
            continue;
        }
        if (group > m->pattern->groups)
            return false;
        if (group)
            buf_add(b, str_sub(m->line, m->start[group], m->end[group]));
        else
            buf_char(b, c);
    }
    return true;
}

static bool substitute(struct buf *b, const struct command *c, struct match *m, struct str *line)
{
    size_t from = 0;

    while (match_at(m, from)) {
        bool empty = m->end[0] == m->start[0];
        if (empty && c->all)
            return false; /* where such matches follow others is a matter of its own */
        buf_add(b, str_sub(*line, from, m->start[0]));
        if (!add_replacement(b, m, c->to))
            return false;
        from = m->end[0];
        if (!c->all)
            break;
    }
    buf_add(b, str_from(*line, from));
    *line = buf_str(b);
    return m->steps <= STEPS_MAX;
}

/* *keeps: the line is still there. */
static bool apply_to_line(struct arena *a, const struct command *c, struct str *line, bool *keeps)
{
    struct match m = {.pattern = &c->address, .line = *line};
    struct buf b = {.arena = a};

    if (c->addressed && !match_at(&m, 0))
        return m.steps <= STEPS_MAX;
    if (c->deletes) {
        *keeps = false;
        return true;
    }
    m = (struct match){.pattern = &c->what, .line = *line};
    return substitute(&b, c, &m, line);
}

bool sed_apply(struct arena *a, struct str script, bool extended, struct str text, struct str *out)
{
    struct command c;
    struct str line;

    for (skip(&script, S(" \t;\n")); script.n; skip(&script, S(" \t;\n"))) {
        struct buf b = {.arena = a};
        struct str rest = text;
        if (!read_command(a, &script, extended, &c))
            return false;
        while (str_cut(&rest, '\n', &line)) {
            bool keeps = true;
            if (!apply_to_line(a, &c, &line, &keeps) || b.n + line.n > TEXT_LONG)
                return false;
            if (keeps)
                buf_fmt(&b, STR_FMT "\n", STR_ARG(line));
        }
        text = buf_str(&b);
    }
    *out = text;
    return true;
}
