/* series.c - a proposal's commits, made in the scratch repository by one run of git fast-import:
 * bytes go in as they are, and neither hooks nor filters nor a folder of files have a part in it.
 */
#include "faces/bot/bot.h"

#include <stdlib.h>

static struct str clean_identity(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] >= ' ' && text.p[i] != '<' && text.p[i] != '>')
            buf_char(&b, text.p[i]);
    return str_trim(buf_str(&b));
}

static struct str first_of(struct str x, struct str y, struct str z)
{
    return x.n ? x : y.n ? y : z;
}

/* As git would have it, but for names that it would make up. */
struct identity identity_find(struct bot *b)
{
    struct git git = {.arena = b->arena,
                      .dir = S(""),
                      .header_url = S(""),
                      .header = S(""),
                      .secrets = &b->secrets};
    struct str out, line, name = S(""), email = S("");
    struct err none;

    if (GIT(&git, &out, &none, "config", "--global", "--get-regexp", "^user\\.(name|email)$"))
        while (str_cut(&out, '\n', &line)) {
            if (str_starts(line, S("user.name ")))
                name = str_from(line, 10);
            else if (str_starts(line, S("user.email ")))
                email = str_from(line, 11);
        }
    return (struct identity){
        clean_identity(b->arena, first_of(str_of(getenv("GIT_COMMITTER_NAME")), name, S("dfix"))),
        clean_identity(b->arena, first_of(str_of(getenv("GIT_COMMITTER_EMAIL")), email,
                                          S("dfix@users.noreply.invalid")))};
}

/* A path as fast-import reads it. */
static void add_path(struct buf *b, struct str path)
{
    buf_char(b, '"');
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c == '"' || c == '\\' || c < ' ')
            buf_fmt(b, "\\%03o", c);
        else
            buf_char(b, (char)c);
    }
    buf_char(b, '"');
}

static void add_data(struct buf *b, struct str data)
{
    buf_fmt(b, "data %zu\n", data.n);
    buf_add(b, data);
    buf_char(b, '\n');
}

static void add_commit(struct buf *b, const struct repo *r, const struct step *s, size_t mark)
{
    const struct identity *who = &r->bot->identity;

    buf_fmt(b, "commit refs/dfix/series\nmark :%zu\n", mark);
    for (size_t i = 0; i < 2; i++)
        buf_fmt(b, "%s " STR_FMT " <" STR_FMT "> %lld +0000\n", i ? "committer" : "author",
                STR_ARG(who->name), STR_ARG(who->email), (long long)r->bot->now);
    add_data(b, s->message);
    if (mark == 1)
        buf_fmt(b, "from " STR_FMT "\n", STR_ARG(r->at.commit));
    for (size_t i = 0; i < s->file.n; i++) {
        const struct bot_file *f = &r->plan.file[s->file.v[i].file];
        buf_fmt(b, "M " STR_FMT " inline ", STR_ARG(f->mode));
        add_path(b, f->path);
        buf_char(b, '\n');
        add_data(b, s->file.v[i].text);
    }
    buf_fmt(b, "\nget-mark :%zu\n", mark);
}

/* Whose it is, and of when, as variables that git reads. */
static const char *const *who_and_when(struct repo *r)
{
    struct arena *a = r->arena;
    const struct identity *who = &r->bot->identity;
    VEC(const char *) v = {0};

    for (size_t i = 0; i < 2; i++) {
        const char *role = i ? "COMMITTER" : "AUTHOR";
        vec_push(a, &v, str_fmt(a, "GIT_%s_NAME=" STR_FMT, role, STR_ARG(who->name)).p);
        vec_push(a, &v, str_fmt(a, "GIT_%s_EMAIL=" STR_FMT, role, STR_ARG(who->email)).p);
        vec_push(a, &v, str_fmt(a, "GIT_%s_DATE=@%lld +0000", role, (long long)r->bot->now).p);
    }
    vec_push(a, &v, NULL);
    return v.v;
}

/* Each commit again, with the signature that git makes of the operator's key. */
static bool sign_all(struct repo *r, struct proposal *p, struct err *e)
{
    struct str parent = r->at.commit, out;
    bool good = true;

    r->at.git.more = who_and_when(r);
    for (size_t i = 0; good && i < p->nstep; i++) {
        struct step *s = &p->step[i];
        const char *tree = str_fmt(r->arena, STR_FMT "^{tree}", STR_ARG(s->commit)).p;
        const char *const words[] = {"commit-tree", "-S", "-p", str_cstr(r->arena, parent),
                                     tree,          NULL};
        good = git_run(&r->at.git, s->message, &out, e, words);
        s->commit = str_dup(r->arena, str_trim(out));
        parent = s->commit;
    }
    r->at.git.more = NULL;
    return good;
}

bool series_make(struct repo *r, struct proposal *p, struct err *e)
{
    struct buf b = {.arena = r->arena};
    struct str out, line;

    buf_add(&b, S("feature done\nreset refs/dfix/series\n\n"));
    for (size_t i = 0; i < p->nstep; i++)
        add_commit(&b, r, &p->step[i], i + 1);
    buf_add(&b, S("done\n"));
    if (!git_run(&r->at.git, buf_str(&b), &out, e,
                 (const char *const[]){"fast-import", "--quiet", "--force", NULL}))
        return false;
    for (size_t i = 0; i < p->nstep; i++) {
        if (!str_cut(&out, '\n', &line) || !git_is_object(line))
            return err_set(e, "git fast-import: its answer is not understood");
        p->step[i].commit = str_dup(r->arena, line);
    }
    return !r->policy->sign || sign_all(r, p, e);
}
