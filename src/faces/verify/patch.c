/* Patches in the form of diff -u, as diff, git and dfix print them: read and applied in memory.
 * Lines must be there as the patch has them; where they stand may differ. */
#include "faces/verify/verify.h"

static struct str name_of(struct arena *a, struct str line)
{
    struct str rest = str_from(line, 4), name = S("");

    str_cut(&rest, '\t', &name); /* a date may follow */
    name = str_dup(a, str_trim(name));
    if (str_eq(name, S("/dev/null")))
        return S("");
    return str_starts(name, S("a/")) || str_starts(name, S("b/")) ? str_from(name, 2) : name;
}

bool patch_read(struct arena *a, struct str text, patch_list *out)
{
    struct str rest = text, line, before = S("");

    while (rest.n) {
        struct str at = rest;
        str_cut(&rest, '\n', &line);
        if (str_starts(line, S("+++ ")) && str_starts(before, S("--- "))) {
            vec_push(a, out, (struct patch_file){name_of(a, before), name_of(a, line), S("")});
        } else if (out->n && (str_starts(line, S("@@ ")) || out->v[out->n - 1].hunks.n)) {
            /* To the line that begins another file. */
            bool next = str_starts(line, S("diff ")) || str_starts(line, S("--- "));
            struct patch_file *f = &out->v[out->n - 1];
            if (!f->hunks.n)
                f->hunks = str_sub(at, 0, 0);
            if (!next && f->hunks.p + f->hunks.n == at.p)
                f->hunks.n += (size_t)(rest.p - at.p);
        }
        before = line;
    }
    return out->n > 0;
}

/* ---- hunks ---- */

struct hunk {
    size_t line;              /* from 1, in the text before */
    VEC(struct str) old, new; /* lines with their ends */
};

static size_t number_at(struct str *s)
{
    size_t n = 0;

    while (s->n && s->p[0] >= '0' && s->p[0] <= '9' && n < 100000000) {
        n = n * 10 + (size_t)(s->p[0] - '0');
        *s = str_from(*s, 1);
    }
    return n;
}

/* "@@ -1,2 +3,4 @@" */
static bool read_head(struct str line, bool back, struct hunk *h, size_t *old, size_t *new)
{
    size_t *count[2] = {old, new};

    *h = (struct hunk){0};
    for (int i = 0; i < 2; i++) {
        ptrdiff_t sign = str_chr(line, i ? '+' : '-');
        if (sign == STR_NONE)
            return false;
        line = str_from(line, (size_t)sign + 1);
        size_t at = number_at(&line);
        if (i == (back ? 1 : 0))
            h->line = at;
        *count[i] = 1;
        if (str_starts(line, S(","))) {
            line = str_from(line, 1);
            *count[i] = number_at(&line);
        }
    }
    return true;
}

static struct str without_line_end(struct str s)
{
    return str_ends(s, S("\n")) ? str_sub(s, 0, s.n - 1) : s;
}

/* "\ No newline at end of file": of the line before it. */
static void cut_line_end(struct hunk *h, char sign)
{
    if (sign != '+' && h->old.n)
        h->old.v[h->old.n - 1] = without_line_end(h->old.v[h->old.n - 1]);
    if (sign != '-' && h->new.n)
        h->new.v[h->new.n - 1] = without_line_end(h->new.v[h->new.n - 1]);
}

static bool next_hunk(struct arena *a, struct str *rest, bool back, struct hunk *h)
{
    struct str line;
    size_t old, new;
    char mine = ' ';

    if (!str_cut(rest, '\n', &line) || !str_starts(line, S("@@ ")) ||
        !read_head(line, back, h, &old, &new))
        return false;
    while (rest->n) {
        struct str at = *rest;
        bool done = !old && !new;
        if (done && at.p[0] != '\\')
            break;
        str_cut(rest, '\n', &line);
        struct str whole = str_sub(at, 0, line.n + (line.n < at.n));
        if (line.n && line.p[0] == '\\') {
            cut_line_end(h, mine);
            continue;
        }
        char sign = line.n ? line.p[0] : ' '; /* an empty line that lost its blank */
        if (!strchr(" +-", sign) || (sign != '+' && !old) || (sign != '-' && !new))
            return false;
        struct str body = line.n ? str_from(whole, 1) : whole;
        old -= sign != '+';
        new -= sign != '-';
        mine = back && sign != ' ' ? (sign == '+' ? '-' : '+') : sign;
        if (mine != '+')
            vec_push(a, &h->old, body);
        if (mine != '-')
            vec_push(a, &h->new, body);
    }
    return !old && !new;
}

/* ---- applied ---- */

typedef VEC(struct str) line_list;

static line_list lines_of(struct arena *a, struct str text)
{
    line_list l = {0};

    while (text.n) {
        struct str at = text, line;
        str_cut(&text, '\n', &line);
        vec_push(a, &l, str_sub(at, 0, line.n + (line.n < at.n)));
    }
    return l;
}

static bool stands_at(const line_list *l, size_t at, const struct hunk *h)
{
    if (at > l->n || h->old.n > l->n - at)
        return false;
    for (size_t i = 0; i < h->old.n; i++)
        if (!str_eq(l->v[at + i], h->old.v[i]))
            return false;
    return true;
}

/* Where its lines stand: nearest to where the patch says, not before `from`; SIZE_MAX: nowhere. */
static size_t place_of(const line_list *l, const struct hunk *h, size_t from, size_t wanted)
{
    for (size_t d = 0; d <= l->n; d++) {
        if (wanted >= d && wanted - d >= from && stands_at(l, wanted - d, h))
            return wanted - d;
        if (wanted + d >= from && stands_at(l, wanted + d, h))
            return wanted + d;
    }
    return SIZE_MAX;
}

bool patch_apply(struct arena *a, struct str text, struct str hunks, bool back, struct str *out)
{
    line_list l = lines_of(a, text);
    struct buf b = {.arena = a};
    struct hunk h;
    size_t at = 0, any = 0;

    while (hunks.n) {
        if (!str_starts(hunks, S("@@ "))) { /* what a mailer adds */
            struct str line;
            str_cut(&hunks, '\n', &line);
            continue;
        }
        if (!next_hunk(a, &hunks, back, &h))
            return false;
        size_t wanted = h.line ? h.line - (h.old.n ? 1 : 0) : 0;
        size_t place = place_of(&l, &h, at, wanted);
        if (place == SIZE_MAX)
            return false;
        for (; at < place; at++)
            buf_add(&b, l.v[at]);
        for (size_t i = 0; i < h.new.n; i++)
            buf_add(&b, h.new.v[i]);
        at += h.old.n;
        any++;
    }
    for (; at < l.n; at++)
        buf_add(&b, l.v[at]);
    *out = buf_str(&b);
    return any > 0;
}
