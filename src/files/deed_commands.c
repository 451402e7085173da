/* deed_commands.c - what commands do to files: cp and its like, tar, curl, sed -i, rm, chmod. */
#include "files/deeds.h"

/* A command line whose pieces are said of the tree that it stands in. */
struct line {
    const struct command *c;
    const struct command_line *read;
    const struct field *f;
    size_t n;
};

static struct line line_of(struct doer *d, const struct command *c)
{
    struct line l = {.c = c};

    l.n = command_raw(d->arena, c, &l.f);
    if (!c->within) {
        l.read = command_line_of(c);
        return l;
    }
    struct command_line *read = arena_new(d->arena, struct command_line, 1);
    command_line_read(d->arena, c->program, l.f, l.n, read);
    l.read = read;
    return l;
}

static const struct command_option *option_of(const struct line *l, const char *name)
{
    const struct command_option *found = NULL;

    for (size_t i = 0; i < l->read->option.n; i++)
        if (str_eq(l->read->option.v[i].name, str_of(name)))
            found = &l->read->option.v[i];
    return found;
}

static bool has(const struct line *l, const char *name)
{
    return option_of(l, name) != NULL;
}

static const struct value *value_of(const struct line *l, const char *name)
{
    const struct command_option *o = option_of(l, name);
    return o && o->has_value ? &o->value.value : NULL;
}

static const struct value *operand(const struct line *l, size_t i)
{
    return &l->read->operand.v[i]->value;
}

static struct str known_text(const struct value *v)
{
    return v && v->certainty == VALUE_KNOWN ? v->text : S("");
}

/* What is said, or "?": it is said, and not known, or a build may say something else. */
static struct str said(const struct value *v)
{
    if (!v)
        return S("");
    return value_is_sure(v) ? v->text : S("?");
}

/* ---- one path after the other ---- */

static void of_each(struct doer *d, const struct line *l, size_t first, struct deed how)
{
    for (size_t i = first; i < l->read->operand.n; i++) {
        struct deed *x = deed_add(d, how.kind, place_of(d, operand(l, i)));
        x->deep = how.deep;
        x->owner = how.owner;
        x->mode = how.mode;
        x->append = how.append;
        x->text = how.text;
        x->text_known = how.text_known;
        x->fetched = how.fetched;
    }
}

static struct deed plain(enum deed_kind kind)
{
    return (struct deed){.kind = kind, .text = S(""), .owner = S(""), .mode = S("")};
}

/* chmod [-R] MODE PATH...; a mode may begin as options do: -x. */
static void changed(struct doer *d, const struct line *l)
{
    enum deed_kind kind = l->c->program == PROGRAM_CHMOD ? DEED_MODE : DEED_OWNER;
    bool deep = has(l, "recursive"), given = has(l, "reference");
    struct str value = given ? S("?") : S("");

    for (size_t i = 1; i < l->n; i++) {
        struct str word = l->f[i].value.text;
        bool dash = l->f[i].value.certainty == VALUE_KNOWN && word.n > 1 && word.p[0] == '-';
        if (dash && !(kind == DEED_MODE && str_chr(S("rwxst"), word.p[1]) != STR_NONE))
            continue;
        if (!value.n) {
            value = said(&l->f[i].value);
            continue;
        }
        struct deed *x = deed_add(d, kind, place_of(d, &l->f[i].value));
        x->deep = deep;
        if (kind == DEED_MODE)
            x->mode = value;
        else
            x->owner = l->c->program == PROGRAM_CHGRP
                           ? str_fmt(d->arena, ":" STR_FMT, STR_ARG(value))
                           : value;
    }
}

/* ---- what is put somewhere else ---- */

/* cp, mv, ln, install, rsync */
static void copied(struct doer *d, const struct line *l)
{
    bool link = l->c->program == PROGRAM_LN, install = l->c->program == PROGRAM_INSTALL;
    bool simple = l->c->program == PROGRAM_CP || install;
    const struct value *folder = value_of(l, "target-directory");
    size_t n = l->read->operand.n, sources = folder ? n : n ? n - 1 : 0;
    bool deep = !simple || has(l, "r") || has(l, "R") || has(l, "a") || has(l, "recursive") ||
                has(l, "archive");
    bool keeps_mode = l->c->program != PROGRAM_CP || has(l, "a") || has(l, "p") ||
                      has(l, "archive") || has(l, "preserve");

    if (install && has(l, "directory")) {
        struct deed how = plain(DEED_FOLDER);
        how.mode = said(value_of(l, "mode"));
        how.owner = said(value_of(l, "owner"));
        of_each(d, l, 0, how);
        return;
    }
    for (size_t i = 0; i < sources || (link && n == 1 && !i); i++) {
        bool here = link && n == 1; /* ln -s TARGET: by its own name here */
        struct place to =
            here ? place_of_text(d, S(".")) : place_of(d, folder ? folder : operand(l, n - 1));
        struct deed *x = deed_add(d, link && has(l, "s") ? DEED_LINK : DEED_COPY, to);
        x->from = place_of(d, operand(l, i));
        if (x->kind == DEED_LINK)
            x->from.path = pattern_of(d, operand(l, i));
        x->into = here || folder || sources > 1 || to.folder;
        x->deep = deep;
        x->moves = l->c->program == PROGRAM_MV;
        x->mask = keeps_mode ? 0 : d->now.mask;
        x->mode = install ? said(value_of(l, "mode")) : S("");
        x->owner = install ? said(value_of(l, "owner")) : S("");
    }
}

/* What the options of a program that fetches are called. */
struct fetch_words {
    const char *to, *folder, *named; /* named: NULL, it takes the URL's name unless told another */
};

static struct fetch_words words_of(enum program p)
{
    if (p == PROGRAM_CURL)
        return (struct fetch_words){"output", "output-dir", "remote-name"};
    if (p == PROGRAM_WGET)
        return (struct fetch_words){"output-document", "directory-prefix", NULL};
    return (struct fetch_words){"out", "dir", NULL};
}

static struct place inside(struct doer *d, const struct value *folder, const struct value *to)
{
    struct doer in = *d;

    if (!folder)
        return to ? place_of(d, to) : place_of_text(d, S("."));
    if (!to)
        return place_of(d, folder);
    in.at = place_of(d, folder).path;
    return place_of(&in, to);
}

/* curl -o FILE, -O; wget -O FILE, -P DIR, and by its own name */
static void fetched(struct doer *d, const struct line *l)
{
    struct fetch_words w = words_of(l->c->program);
    const struct value *to = value_of(l, w.to), *folder = value_of(l, w.folder);
    bool named = !to && (!w.named || has(l, w.named));
    size_t urls = l->read->operand.n;

    if ((!to && !named) || word_is_one_of(known_text(to), "- /dev/stdout /dev/null"))
        return;
    struct place at = inside(d, folder, to);
    for (size_t i = 0; i < (named ? urls : 1); i++) {
        struct str url = i < urls ? pattern_of(d, operand(l, i)) : S("");
        struct deed *x = deed_add(d, DEED_FETCH, at);
        x->from = (struct place){.path = url, .known = path_is_known(url)};
        x->into = named;
        x->fetched = true;
    }
}

/* ---- archives ---- */

static bool takes_out(const struct line *l)
{
    return l->c->program == PROGRAM_UNZIP || has(l, "extract");
}

/* Members that are named are all that tar takes out. */
static void unpacked_to(struct doer *d, const struct line *l, struct place to)
{
    struct doer inside = *d;
    bool whole = l->c->program != PROGRAM_TAR || !l->read->operand.n ||
                 has(l, "strip-components") || has(l, "transform");

    if (whole) {
        deed_add(d, DEED_UNPACK, to)->deep = true;
        return;
    }
    inside.at = to.path;
    for (size_t i = 0; i < l->read->operand.n; i++) {
        struct str member = pattern_of(d, operand(l, i));
        while (str_starts(member, S("/")))
            member = str_from(member, 1);
        struct deed *x = deed_add(d, DEED_UNPACK, place_of_text(&inside, member));
        x->from = place_of_text(&inside, member);
        x->deep = true;
    }
}

/* What the option for the folder is called, into which they take it out. */
static const char *folder_option(enum program p)
{
    if (p == PROGRAM_TAR || p == PROGRAM_CPIO)
        return "directory";
    return "d";
}

/* tar, unzip, cpio: into the folder that is named, else the working folder. */
static void unpacked(struct doer *d, const struct line *l)
{
    const struct value *folder = value_of(l, folder_option(l->c->program));

    if (!takes_out(l))
        return;
    unpacked_to(d, l, folder ? place_of(d, folder) : place_of_text(d, S(".")));
}

/* dpkg -x FILE FOLDER */
static void of_dpkg(struct doer *d, const struct line *l)
{
    if (l->n == 4 && word_is_one_of(known_text(&l->f[1].value), "-x -X --extract --vextract"))
        deed_add(d, DEED_UNPACK, place_of(d, &l->f[3].value))->deep = true;
}

/* The last name of a repository's address, without what git leaves out of it. */
static struct str name_of_repository(struct str address)
{
    struct str name = path_basename(path_without_slash(address));
    ptrdiff_t colon = str_rchr(name, ':'); /* git@host:name.git */

    name = str_from(name, (size_t)(colon + 1));
    return str_ends(name, S(".git")) ? str_sub(name, 0, name.n - 4) : name;
}

/* git [-C FOLDER] clone URL [FOLDER]: into a folder that is new or empty, so that nothing which the
 * image has is touched, wherever one lies that is not known. */
static void of_git(struct doer *d, const struct line *l)
{
    const struct value *within = value_of(l, "C");
    struct doer inside = *d;
    size_t n = l->read->operand.n;

    if (!str_eq(l->read->subcommand, S("clone")) || !n)
        return;
    if (within)
        inside.at = place_of(d, within).path;
    struct place to =
        n > 1 ? place_of(&inside, operand(l, 1))
              : place_of_text(&inside, name_of_repository(pattern_of(d, operand(l, 0))));
    if (!to.known)
        to.path = str_fmt(d->arena, "%c", PATH_OWN);
    if (!str_eq(to.path, S("/")))
        deed_add(d, DEED_UNPACK, to)->deep = true;
}

/* ---- sed ---- */

/* -i.bak, -ri, -e SCRIPT, -Ee SCRIPT */
static bool read_letters(const struct line *l, size_t *i, struct sed_script *s, struct buf *text)
{
    struct str word = l->f[*i].value.text;

    for (size_t k = 1; k < word.n; k++) {
        switch (word.p[k]) {
        case 'E':
        case 'r':
            s->extended = true;
            break;
        case 's':
            break;
        case 'i':
            s->understood = true;
            return true; /* what follows is the suffix of a copy */
        case 'e':
            if (k + 1 == word.n && ++*i == l->n)
                return false;
            buf_add(text, k + 1 < word.n ? str_from(word, k + 1) : l->f[*i].value.text);
            buf_char(text, '\n');
            return true;
        default:
            return false;
        }
    }
    return true;
}

/* Which of the words the files begin with; 0: an option is not known. */
static size_t read_sed(const struct line *l, struct sed_script *s, struct buf *text)
{
    size_t i = 1;

    for (; i < l->n && str_starts(l->f[i].value.text, S("-")); i++) {
        struct str word = l->f[i].value.text;
        if (str_eq(word, S("--regexp-extended")))
            s->extended = true;
        else if (str_starts(word, S("--in-place")))
            s->understood = true;
        else if (str_starts(word, S("--expression=")))
            buf_fmt(text, STR_FMT "\n", STR_ARG(str_from(word, 13)));
        else if (str_starts(word, S("--")) || !read_letters(l, &i, s, text))
            return 0;
    }
    if (!text->n && i < l->n)
        buf_add(text, l->f[i++].value.text);
    s->text = text->n ? buf_str(text) : S("");
    return i;
}

static bool edits_in_place(const struct line *l)
{
    if (l->c->program == PROGRAM_SED)
        return has(l, "in-place");
    for (size_t i = 1; i < l->n; i++) {
        struct str word = known_text(&l->f[i].value);
        if (str_starts(word, S("-")) && !str_starts(word, S("--")) &&
            str_chr(word, 'i') != STR_NONE)
            return true;
    }
    return false;
}

/* sed -i, perl -pi: the files behind the script. */
static void edited(struct doer *d, const struct line *l)
{
    struct buf text = {.arena = d->arena};
    struct sed_script *s = arena_new(d->arena, struct sed_script, 1);
    size_t first = 0;

    if (!edits_in_place(l))
        return;
    s->text = S("");
    if (l->c->program == PROGRAM_SED)
        first = read_sed(l, s, &text);
    for (size_t i = 1; i < l->n; i++)
        s->understood = s->understood && l->f[i].value.certainty == VALUE_KNOWN;
    s->understood = s->understood && first && s->text.n;
    bool script = !first; /* it comes before the files */
    for (size_t i = first ? first : 1; i < l->n; i++) {
        struct str word = known_text(&l->f[i].value);
        if (!first && word.n > 1 && word.p[0] == '-')
            continue;
        if (!script)
            deed_add(d, DEED_EDIT, place_of(d, &l->f[i].value))->sed = s;
        script = false;
    }
}

/* ---- text ---- */

static void teed(struct doer *d, const struct line *l)
{
    struct deed how = plain(DEED_WRITE);
    bool other = false; /* an option that is not known */

    for (size_t i = 0; i < l->read->option.n; i++)
        other |= !word_is_one_of(l->read->option.v[i].name, "append");
    how.append = has(l, "append");
    how.text_known = !other && text_fed(d, l->c->node, &how.text);
    how.fetched = fetched_upstream(l->c) != NULL;
    of_each(d, l, 0, how);
}

static void of_dd(struct doer *d, const struct line *l)
{
    for (size_t i = 1; i < l->n; i++) {
        struct str word = pattern_of(d, &l->f[i].value);
        if (str_starts(word, S("of=")))
            deed_add(d, DEED_WRITE, place_of_text(d, str_from(word, 3)));
    }
}

/* ---- which program it is ---- */

static void of_rm(struct doer *d, const struct line *l)
{
    struct deed how = plain(DEED_REMOVE);

    how.deep = has(l, "recursive") || has(l, "R");
    of_each(d, l, 0, how);
}

static void of_mkdir(struct doer *d, const struct line *l)
{
    struct deed how = plain(DEED_FOLDER);

    how.mode = said(value_of(l, "mode"));
    of_each(d, l, 0, how);
}

static void of_touch(struct doer *d, const struct line *l)
{
    of_each(d, l, 0, plain(DEED_TOUCH));
}

typedef void does(struct doer *d, const struct line *l);
static does *const by_program[PROGRAMS] = {
    [PROGRAM_CHMOD] = changed,  [PROGRAM_CHOWN] = changed,  [PROGRAM_CHGRP] = changed,
    [PROGRAM_CP] = copied,      [PROGRAM_MV] = copied,      [PROGRAM_LN] = copied,
    [PROGRAM_INSTALL] = copied, [PROGRAM_RSYNC] = copied,   [PROGRAM_CURL] = fetched,
    [PROGRAM_WGET] = fetched,   [PROGRAM_TAR] = unpacked,   [PROGRAM_UNZIP] = unpacked,
    [PROGRAM_CPIO] = unpacked,  [PROGRAM_DPKG] = of_dpkg,   [PROGRAM_SED] = edited,
    [PROGRAM_TEE] = teed,       [PROGRAM_RM] = of_rm,       [PROGRAM_MKDIR] = of_mkdir,
    [PROGRAM_TOUCH] = of_touch, [PROGRAM_ARIA2C] = fetched, [PROGRAM_GIT] = of_git,
};
/* Those that have no options of their own in the table. */
static const struct {
    const char *name;
    does *does;
} by_name[] = {{"dd", of_dd},    {"dpkg-deb", of_dpkg}, {"perl", edited},
               {"rmdir", of_rm}, {"unlink", of_rm},     {"truncate", of_touch}};

static does *what_it_does(const struct command *c)
{
    if (c->program != PROGRAM_OTHER)
        return by_program[c->program];
    for (size_t i = 0; i < sizeof by_name / sizeof by_name[0]; i++)
        if (str_eq(c->name, str_of(by_name[i].name)))
            return by_name[i].does;
    return NULL;
}

bool command_acts(const struct command *c)
{
    return what_it_does(c) != NULL;
}

void deeds_of_command(struct doer *d, const struct command *c)
{
    does *it = what_it_does(c);

    if (!it)
        return;
    struct line l = line_of(d, c);
    d->now.maybe = command_may_not_run(c);
    it(d, &l);
}
