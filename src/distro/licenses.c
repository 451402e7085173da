/* licenses.c - licence expressions as SPDX has them: "MIT", "GPL-2.0-only WITH
 * Classpath-exception-2.0", "(MIT OR Apache-2.0)". */
#include "distro/distro.h"

/* Bytes, not pointers: those of a position-independent program are all mended at its start. */
enum { LONGEST = 40 };
static const char licenses[][LONGEST] = {
#define LICENSE(id) id,
#define EXCEPTION(id)
#include "distro/licenses.def"
#undef LICENSE
#undef EXCEPTION
};
static const char exceptions[][LONGEST] = {
#define LICENSE(id)
#define EXCEPTION(id) id,
#include "distro/licenses.def"
#undef LICENSE
#undef EXCEPTION
};

static int compare(struct str a, struct str b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int x = a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] + 32 : a.p[i];
        int y = b.p[i] >= 'A' && b.p[i] <= 'Z' ? b.p[i] + 32 : b.p[i];
        if (x != y)
            return x - y;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static bool is_listed(const char (*list)[LONGEST], size_t n, struct str id)
{
    struct bisect b = {.high = n};

    while (bisect_next(&b))
        bisect_take(&b, compare(str_of(list[b.at]), id) < 0);
    return b.low < n && compare(str_of(list[b.low]), id) == 0;
}

static bool is_reference(struct str id)
{
    static const char *const starts[] = {"LicenseRef-", "DocumentRef-"};

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (str_starts(id, str_of(starts[i])) && id.n > str_of(starts[i]).n)
            return true;
    return false;
}

static bool is_license(struct str id)
{
    if (id.n && id.p[id.n - 1] == '+') /* or any later version */
        id.n--;
    return is_reference(id) || is_listed(licenses, sizeof licenses / sizeof licenses[0], id);
}

/* A bracket, or what stands between blanks and brackets. */
static struct str next_token(struct str *rest)
{
    struct str s = str_trim(*rest);
    size_t n = 0;

    if (s.n && (s.p[0] == '(' || s.p[0] == ')'))
        n = 1;
    else
        while (n < s.n && s.p[n] != ' ' && s.p[n] != '(' && s.p[n] != ')')
            n++;
    *rest = str_from(s, n);
    return str_sub(s, 0, n);
}

bool license_is_valid(struct str expression)
{
    size_t open = 0;
    bool wanted = true; /* a licence, and not an operator */

    for (struct str word; (word = next_token(&expression)).n;) {
        if (wanted && word.p[0] == '(') {
            open++;
        } else if (!wanted && word.p[0] == ')' && open) {
            open--;
        } else if (wanted) {
            if (!is_license(word))
                return false;
            wanted = false;
        } else if (str_ieq(word, S("WITH"))) {
            if (!is_listed(exceptions, sizeof exceptions / sizeof exceptions[0],
                           next_token(&expression)))
                return false;
        } else if (str_ieq(word, S("AND")) || str_ieq(word, S("OR"))) {
            wanted = true;
        } else {
            return false;
        }
    }
    return !wanted && !open;
}
