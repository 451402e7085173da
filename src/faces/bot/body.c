/* body.c - what people read of a proposal: its title, its body, and its commits' messages. */
#include "faces/bot/bot.h"

#include <ctype.h>

enum { SUBJECT_MAX = 72, ROWS = 100, REASONS = 30, TITLES = 30, WIDTH = 72 };
/* A host takes 64 KiB, with the marker. Up to where in it each part may begin another line. */
enum { TABLE_END = 14 << 10, INSIDE_END = 24 << 10, WHY_END = 34 << 10, LEFT_END = 40 << 10 };
enum { PATH_SHOWN = 200, WORDS_SHOWN = 400, COMMAND_MOST = 2000 };

static struct str prefix_of(const struct repo *r)
{
    return r->policy->prefix.n ? r->policy->prefix : S("build(docker)");
}

/* A path's end tells more than its beginning. */
static struct str path_code(struct arena *a, struct str path)
{
    size_t from = path.n > PATH_SHOWN ? path.n - PATH_SHOWN : 0;

    while (from && from < path.n && ((unsigned char)path.p[from] & 0xC0) == 0x80)
        from++;
    if (from)
        path = str_fmt(a, "..." STR_FMT, STR_ARG(str_from(path, from)));
    return markup_code(a, path);
}

static struct str name_code(struct arena *a, struct str name)
{
    return markup_code(a, markup_short(a, name, PATH_SHOWN));
}

static struct str words_cell(struct arena *a, struct str words)
{
    return markup_cell(a, markup_short(a, words, WORDS_SHOWN));
}

/* "build(docker): pin curl to 7.88.*": as titles of commits go, the first letter is small. */
static struct str subject_of(const struct repo *r, struct str what, const char *tail)
{
    struct arena *a = r->arena;
    struct str plain = markup_plain(a, what);
    size_t room = SUBJECT_MAX - prefix_of(r).n - 2 - strlen(tail);
    bool capital =
        plain.n > 1 && isupper((unsigned char)plain.p[0]) && islower((unsigned char)plain.p[1]);
    struct str first =
        capital ? str_lower(a, str_sub(plain, 0, 1)) : str_sub(plain, 0, plain.n > 0);
    struct str whole =
        str_fmt(a, STR_FMT STR_FMT, STR_ARG(first), STR_ARG(str_from(plain, first.n)));

    return str_fmt(a, STR_FMT ": " STR_FMT "%s", STR_ARG(prefix_of(r)),
                   STR_ARG(markup_short(a, whole, room)), tail);
}

static struct str what_of_step(struct arena *a, const struct step *s)
{
    struct str title = s->title.n == 1 ? s->title.v[0] : str_of(s->rule->title);

    return s->fixes == 1 ? title : str_fmt(a, STR_FMT " (%zu)", STR_ARG(title), s->fixes);
}

static size_t count_files(const struct repo *r, const struct proposal *p, size_t *last)
{
    struct str text;
    size_t n = 0;

    for (size_t i = 0; i < r->plan.n; i++)
        if (proposal_text(p, i, &text)) {
            *last = i;
            n++;
        }
    return n;
}

static void write_title(struct repo *r, struct proposal *p)
{
    struct arena *a = r->arena;
    size_t fixes = 0, last = 0, files = count_files(r, p, &last);
    struct str what;

    for (size_t i = 0; i < p->nstep; i++)
        fixes += p->step[i].fixes;
    if (p->nstep == 1)
        what = what_of_step(a, &p->step[0]);
    else if (files == 1)
        what = str_fmt(a, "fix %zu findings in " STR_FMT, fixes, STR_ARG(r->plan.file[last].path));
    else
        what = str_fmt(a, "fix %zu findings in %zu Dockerfiles", fixes, files);
    p->title = subject_of(r, what, p->security ? " [security]" : "");
}

/* ---- commits ---- */

static void add_wrapped(struct buf *b, struct str text)
{
    struct str word;
    size_t column = 0;

    while (word_next(&text, &word)) {
        if (column && column + 1 + word.n > WIDTH) {
            buf_char(b, '\n');
            column = 0;
        }
        if (column)
            buf_char(b, ' ');
        buf_add(b, word);
        column += word.n + (column > 0);
    }
    buf_char(b, '\n');
}

static void write_message(struct repo *r, const struct proposal *p, size_t i)
{
    struct step *s = &p->step[i];
    struct buf b = {.arena = r->arena};

    s->subject = subject_of(r, what_of_step(r->arena, s), "");
    buf_fmt(&b, STR_FMT "\n\n", STR_ARG(s->subject));
    if (s->rule->why) {
        add_wrapped(&b, str_of(s->rule->why));
        buf_char(&b, '\n');
    }
    for (size_t k = 0; k < s->title.n && k < TITLES; k++)
        buf_fmt(&b, "- " STR_FMT "\n", STR_ARG(markup_plain(r->arena, s->title.v[k])));
    if (s->title.n > TITLES)
        buf_fmt(&b, "- and %zu more\n", s->title.n - TITLES);
    buf_fmt(&b, "\nDfix-Rule: %s\nDfix-Series: " STR_FMT " %zu/%zu\n", s->rule->id, STR_ARG(p->sum),
            i + 1, p->nstep);
    if (r->policy->sign_off)
        buf_fmt(&b, "Signed-off-by: " STR_FMT " <" STR_FMT ">\n", STR_ARG(r->bot->identity.name),
                STR_ARG(r->bot->identity.email));
    s->message = buf_str(&b);
}

/* ---- the body ---- */

/* A digest is told by its beginning. */
static struct str version_cell(struct arena *a, struct str version, const char *none)
{
    if (!version.n)
        return str_of(none);
    if (str_starts(version, S("sha256:")) && version.n > 19)
        version = str_sub(version, 0, 19);
    return name_code(a, version);
}

static void add_table(struct buf *b, const struct repo *r, const struct proposal *p)
{
    struct arena *a = r->arena;
    size_t n = 0;

    if (!p->nchange)
        return;
    buf_add(b, S("\n| file | what | from | to | today | suite | advisories |\n"
                 "| --- | --- | --- | --- | --- | --- | --- |\n"));
    for (; n < p->nchange && n < ROWS && b->n < TABLE_END; n++) {
        const struct bot_change *x = &p->change[n];
        buf_fmt(b, "| " STR_FMT " | " STR_FMT " | " STR_FMT " | " STR_FMT " | " STR_FMT,
                STR_ARG(path_code(a, r->plan.file[x->file].path)), STR_ARG(name_code(a, x->name)),
                STR_ARG(version_cell(a, x->from, "-")), STR_ARG(version_cell(a, x->to, "any")),
                STR_ARG(version_cell(a, x->version, "-")));
        buf_fmt(b, " | " STR_FMT " | " STR_FMT " |\n", STR_ARG(words_cell(a, x->suite)),
                STR_ARG(x->fixes.n    ? words_cell(a, x->fixes)
                        : x->security ? S("security update")
                                      : S("")));
    }
    if (p->nchange > n)
        buf_fmt(b, "\n... and %zu more.\n", p->nchange - n);
}

static void add_reasons(struct buf *b, const struct repo *r, const struct proposal *p)
{
    buf_add(b, S("\n### Why\n\n"));
    for (size_t i = 0; i < p->nstep; i++) {
        const struct step *s = &p->step[i];
        size_t shown = 0;
        buf_fmt(b, "- **%s**", s->rule->id);
        if (s->rule->aliases[0])
            buf_fmt(b, " (%s)", s->rule->aliases);
        buf_fmt(b, ": %s", s->rule->title);
        if (s->rule->why && b->n < WHY_END)
            buf_fmt(b, ". %s", s->rule->why);
        buf_char(b, '\n');
        for (; shown < s->title.n && shown < 5 && b->n < WHY_END; shown++)
            buf_fmt(b, "  - " STR_FMT "\n", STR_ARG(words_cell(r->arena, s->title.v[shown])));
        if (s->title.n > shown)
            buf_fmt(b, "  - and %zu more\n", s->title.n - shown);
    }
}

/* What the rules of this proposal left alone, and what nobody judged. */
static void add_left(struct buf *b, const struct repo *r, const struct proposal *p)
{
    struct arena *a = r->arena;
    struct str text;
    size_t n = 0, shown = 0;

    for (size_t i = 0; i < r->plan.n; i++) {
        const struct bot_file *f = &r->plan.file[i];
        struct told *told = told_of(a, f->result);
        if (!proposal_text(p, i, &text))
            continue;
        for (size_t k = 0; k < f->result->nfinding; k++) {
            const struct finding *x = &f->result->finding[k];
            if (!x->skip || !told[k].count)
                continue;
            if (n == 0)
                buf_add(b, S("\n### Not changed, and why\n\n"));
            n++;
            if (shown >= REASONS || b->n > LEFT_END)
                continue;
            buf_fmt(b, "- " STR_FMT ":%u %s: " STR_FMT STR_FMT "\n", STR_ARG(path_code(a, f->path)),
                    x->start.line, x->rule, STR_ARG(words_cell(a, x->message)),
                    STR_ARG(words_cell(a, told[k].also)));
            shown++;
        }
    }
    if (n > shown)
        buf_fmt(b, "- and %zu more: `dfix -v`\n", n - shown);
}

/* Words that the shell takes as one. */
static struct str shell_word(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    bool plain = text.n > 0 && text.p[0] != '-';

    for (size_t i = 0; i < text.n; i++)
        plain &= isalnum((unsigned char)text.p[i]) || strchr("_./-", text.p[i]);
    if (plain)
        return text;
    buf_char(&b, '\'');
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\'')
            buf_add(&b, S("'\\''"));
        else
            buf_char(&b, text.p[i]);
    buf_char(&b, '\'');
    return buf_str(&b);
}

static void add_advice(struct buf *b, const struct repo *r, const struct proposal *p)
{
    struct arena *a = r->arena;
    struct buf command = {.arena = a};
    const struct fixer *rule = p->step[0].rule;
    struct str text;

    buf_add(&command, S("dfix --diff --refresh"));
    for (size_t i = 0; str_starts(p->group, str_of(rule->id)) && i < p->nstep; i++)
        buf_fmt(&command, " --select %s", p->step[i].rule->id);
    for (size_t i = 0, n = 0; i < r->plan.n && n < 20 && command.n < COMMAND_MOST; i++)
        if (proposal_text(p, i, &text) && r->plan.file[i].path.n < COMMAND_MOST) {
            buf_fmt(&command, " " STR_FMT, STR_ARG(shell_word(a, r->plan.file[i].path)));
            n++;
        }
    buf_fmt(b,
            "\n### What you can do\n\n"
            "- See the same on your machine: " STR_FMT "\n"
            "- Keep one place as it is: put `# dfix ignore=%s because ...` above it.\n"
            "- Turn a rule off: `rules: {%s: off}` in `dfix.yaml`; leave a package or image alone: "
            "`bot: {ignore: [NAME]}`.\n"
            "- An edited title stays. Push to this branch, and dfix leaves it to you. Close "
            "this, and it does not come back with the same content. The label `" BOT_STOP
            "` stops dfix here; "
            "`bot: {enabled: false}` in `dfix.yaml` stops it everywhere.\n",
            STR_ARG(markup_code(a, buf_str(&command))), rule->id, rule->id);
}

void body_write(struct repo *r, struct proposal *p)
{
    struct buf b = {.arena = r->arena};
    size_t last = 0, files = count_files(r, p, &last);

    write_title(r, p);
    for (size_t i = 0; i < p->nstep; i++)
        write_message(r, p, i);
    buf_fmt(&b, "dfix %s proposes this for %zu Dockerfile%s, a commit for each rule. %s\n",
            DFIX_VERSION, files, files == 1 ? "" : "s",
            p->safe
                ? "Each fix is safe: the build succeeds as before, and every program finds what "
                  "it found."
                : "Policy lets rules here change how the build or the container behaves: look "
                  "closely.");
    add_table(&b, r, p);
    for (size_t i = 0; !r->policy->no_inside && i < p->nchange && b.n < INSIDE_END; i++)
        inside_write(r, &p->change[i], INSIDE_END, &b);
    add_reasons(&b, r, p);
    add_left(&b, r, p);
    add_advice(&b, r, p);
    p->body = buf_str(&b);
}
