/* plays.c - what one deed makes of a file. */
#include "dfix/user.h"
#include "files/find.h"
#include "files/sed.h"

enum { DEEPEST = 8 }; /* looks for what was copied from what was copied */

/* ---- who has it, and who may use it ---- */

static bool of_instruction(const struct deed *d) /* COPY, ADD, WORKDIR */
{
    return d->node == d->instruction;
}

static bool may_not(const struct deed *d)
{
    return d->maybe || d->onbuild;
}

/* Whose it is when nothing says so; "" not known. COPY asks no USER. */
static struct str doer_of(const struct look *l, const struct deed *d)
{
    struct user u = image_user_at(l->im, d->instruction);

    if (of_instruction(d) || u.who == WHO_ROOT ||
        (d->command && (d->command->wrappers & WRAP_SUDO)))
        return S("root");
    return u.who == WHO_USER ? u.value : S("");
}

static void give(const struct look *l, struct file *f, const struct deed *d, unsigned mode,
                 unsigned known)
{
    unsigned taken = d->mask & ~0022U; /* these two are taken from `mode` already */

    f->owner = d->owner.n ? d->owner : doer_of(l, d);
    f->mode = mode & ~taken;
    f->mode_known = known | taken;
    if (d->mode.n)
        mode_change(d->mode, f->kind == FILE_FOLDER, d->mask, &f->mode, &f->mode_known);
}

/* ":app" changes the group alone. */
static void change_owner(struct file *f, const struct deed *d)
{
    if (!str_starts(d->owner, S(":")))
        f->owner = d->owner;
}

static void unknown_text(struct file *f)
{
    f->text = S("");
    f->text_known = false;
}

/* Something may be there now that cannot be told. */
static void make_some(struct file *f, const struct deed *d)
{
    unknown_text(f);
    f->kind = FILE_SOME;
    f->by = d;
    if (d->fetched)
        f->fetched = d;
}

static void make_plain(const struct look *l, struct file *f, const struct deed *d)
{
    bool is_new = f->kind != FILE_PLAIN && f->kind != FILE_SOME;

    unknown_text(f);
    f->kind = FILE_PLAIN;
    f->fetched = d->fetched ? d : NULL;
    f->by = d;
    if (is_new || of_instruction(d))
        give(l, f, d, 0644, 0777);
}

/* ---- texts ---- */

/* The text grows where it lies, so that many lines cost no more than their bytes. */
static struct str lengthened(struct buf *b, struct str text, struct str by)
{
    if (b->p != text.p || b->n != text.n) {
        *b = (struct buf){.arena = b->arena};
        buf_add(b, text);
    }
    buf_add(b, by);
    return buf_str(b);
}

static void play_write(const struct look *l, const struct deed *d, struct file *f)
{
    bool adds = d->append && f->kind != FILE_GONE;
    bool known = d->text_known && (!adds || (f->kind == FILE_PLAIN && f->text_known));
    struct str before = adds ? f->text : S("");

    if (may_not(d)) {
        make_some(f, d);
        return;
    }
    make_plain(l, f, d);
    if (!known)
        return;
    f->text_known = true;
    f->text = before.n ? lengthened(l->text, before, d->text) : d->text;
}

static void play_edit(const struct look *l, const struct deed *d, struct file *f)
{
    struct str text = S("");
    bool known = f->text_known && !may_not(d) && d->sed && d->sed->understood &&
                 sed_apply(l->arena, d->sed->text, d->sed->extended, f->text, &text);

    unknown_text(f);
    f->text_known = known;
    f->text = text;
}

/* ---- copies ---- */

static struct file of_context(const struct look *l, struct str path)
{
    struct file x = {.kind = FILE_SOME, .text = S(""), .link = S(""), .owner = S("")};
    const struct build_context *context = image_own(l->im)->context;
    bool folder;
    struct str text;

    switch (build_context_read(context, path, &folder, &text)) {
    case ANSWER_FOUND:
        x.kind = folder ? FILE_FOLDER : FILE_PLAIN;
        x.text_known = !folder;
        x.text = folder ? S("") : text;
        break;
    case ANSWER_ABSENT:
        x.kind = FILE_GONE;
        break;
    default:
        break;
    }
    return x;
}

/* What is copied from there; GONE: it is known that there is no such thing. */
static struct file source_at(const struct look *l, const struct deed *d, struct str path)
{
    struct file some = {.kind = FILE_SOME, .text = S(""), .link = S(""), .owner = S("")};
    unsigned stage = d->origin == ORIGIN_STAGE ? d->origin_stage : d->stage;

    if (d->origin == ORIGIN_CONTEXT)
        return of_context(l, path);
    if (d->origin == ORIGIN_IMAGE || l->depth >= DEEPEST)
        return some;
    struct file x = look_before(l, stage, d, path);
    return x.kind == FILE_NONE ? some : x;
}

/* Is it a file by its name? "run.sh", and not "conf.d". */
static bool is_file_name(struct str name)
{
    ptrdiff_t dot = str_rchr(name, '.');
    struct str end = dot > 0 ? str_from(name, (size_t)dot + 1) : S("");

    return end.n && end.n <= 5 && path_is_known(end) && !str_eq(end, S("d"));
}

/* What came to lie there; what it was before stays where that cannot be. */
static void put(const struct look *l, const struct deed *d, struct file *f, const struct file *x)
{
    bool keeps = d->origin != ORIGIN_CONTEXT && !d->owner.n && d->moves;

    f->fetched = x->fetched;
    if (may_not(d) || x->kind == FILE_SOME) {
        make_some(f, d);
        give(l, f, d, 0, 0);
        if (d->moves)
            f->owner = S("");
        return;
    }
    f->kind = x->kind;
    f->text = x->text;
    f->text_known = x->text_known;
    f->link = x->link;
    f->by = d;
    bool install = d->command && d->command->program == PROGRAM_INSTALL;
    give(l, f, d, install ? 0755 : x->mode, install ? 0777 : x->mode_known);
    if (keeps)
        f->owner = x->owner;
}

/* The name, or what a pattern of names takes. */
static bool is_named(struct str name, struct str pattern)
{
    return str_eq(name, pattern) || glob_fits(pattern, name, GLOB_PATH);
}

/* The path of the source that would come to lie `rest` below a folder; "" none. A folder is copied
 * as what is in it by COPY, and by its own name by others. `first`: by its own name. */
static struct str source_below(const struct look *l, const struct deed *d, struct str rest,
                               bool first)
{
    struct str name = path_basename(d->from.path), head = rest, more = S("");
    ptrdiff_t slash = str_chr(rest, '/');

    if (!first)
        return path_from(l->arena, d->from.path, rest);
    if (slash != STR_NONE) {
        head = str_sub(rest, 0, (size_t)slash);
        more = str_from(rest, (size_t)slash + 1);
    }
    if (!is_named(head, name))
        return S("");
    struct str at = path_from(l->arena, folder_around(d->from.path), head);
    return more.n ? path_from(l->arena, at, more) : at;
}

/* Below the place, or in it: by its own name, else as something in a folder that is copied. */
static void copy_below(const struct look *l, const struct deed *d, struct str rest, struct file *f)
{
    bool pattern = !d->from.known, instruction = !d->command;
    struct str name = path_basename(d->from.path), own = source_below(l, d, rest, true);
    struct file from = {.kind = FILE_SOME};

    if (!pattern)
        from = source_at(l, d, d->from.path);
    if (from.kind == FILE_GONE) /* it is made before the build, or is ignored */
        from.kind = FILE_SOME;
    bool folder = from.kind == FILE_FOLDER || d->from.folder;
    bool in_it = instruction ? folder : folder && (d->from.folder || !d->into);
    if (own.n && !(instruction && folder)) {
        struct file x = source_at(l, d, own);
        if (x.kind == FILE_GONE && str_chr(rest, '/') == STR_NONE && !pattern)
            x.kind = FILE_SOME;
        if (x.kind != FILE_GONE)
            put(l, d, f, &x);
        return;
    }
    if (in_it) {
        struct file x = source_at(l, d, source_below(l, d, rest, false));
        if (x.kind != FILE_GONE)
            put(l, d, f, &x);
    } else if (from.kind == FILE_SOME && d->deep && !is_file_name(name) &&
               (!d->into || instruction || pattern)) {
        struct file x = {.kind = FILE_SOME}; /* it may be a folder */
        if (!pattern && d->origin != ORIGIN_CONTEXT)
            x = source_at(l, d, source_below(l, d, rest, false));
        if (x.kind != FILE_GONE &&
            (x.kind != FILE_SOME || f->kind != FILE_PLAIN || d->origin == ORIGIN_CONTEXT))
            put(l, d, f, &x);
    }
}

static void copy_to(const struct look *l, const struct deed *d, struct file *f)
{
    struct file x = {.kind = FILE_SOME};

    if (d->into || f->kind == FILE_FOLDER)
        return;
    if (d->from.known)
        x = source_at(l, d, d->from.path);
    if (x.kind == FILE_LINK && !d->moves && d->origin == ORIGIN_HERE)
        x.kind = FILE_SOME;
    if (x.kind == FILE_GONE)
        x.kind = FILE_SOME;
    put(l, d, f, &x);
}

static void play_copy(const struct look *l, const struct deed *d, struct file *f)
{
    struct str rest;

    switch (place_fits(&d->to, l->path, true, &rest)) {
    case FITS:
        copy_to(l, d, f);
        break;
    case FITS_BELOW:
        copy_below(l, d, rest, f);
        break;
    case FITS_PERHAPS:
        make_some(f, d);
        break;
    case FITS_NOT:
        break;
    }
    if (!d->moves || place_fits(&d->from, l->path, true, &rest) == FITS_NOT)
        return;
    unknown_text(f);
    f->kind = may_not(d) ? FILE_SOME : FILE_GONE;
    f->by = d;
}

/* ---- the others ---- */

struct str name_of_url(struct str url)
{
    ptrdiff_t query = str_chr(url, '?');
    return path_basename(query == STR_NONE ? url : str_sub(url, 0, (size_t)query));
}

static void play_fetch(const struct look *l, const struct deed *d, enum fit fit, struct str rest,
                       struct file *f)
{
    bool named = fit == FITS_BELOW && str_eq(rest, name_of_url(d->from.path));

    if (named || (fit == FITS && !d->into))
        make_plain(l, f, d);
    else if (fit == FITS_PERHAPS)
        make_some(f, d);
}

static void play_link(const struct look *l, const struct deed *d, enum fit fit, struct str rest,
                      struct file *f)
{
    bool named = fit == FITS_BELOW && str_eq(rest, path_basename(d->from.path));

    if (may_not(d) && (named || fit == FITS)) {
        make_some(f, d);
    } else if (named || (fit == FITS && !d->into && f->kind != FILE_FOLDER)) {
        unknown_text(f);
        f->kind = FILE_LINK;
        f->link = path_from(l->arena, folder_around(l->path), d->from.path);
        f->by = d;
    }
}

static void play_remove(const struct deed *d, enum fit fit, struct file *f)
{
    unknown_text(f);
    f->kind = may_not(d) || fit == FITS_PERHAPS ? FILE_SOME : FILE_GONE;
    f->by = d;
}

static void play_folder(const struct look *l, const struct deed *d, struct file *f)
{
    if (f->kind == FILE_FOLDER)
        return;
    unknown_text(f);
    f->kind = FILE_FOLDER;
    f->by = d;
    give(l, f, d, 0755, 0777);
}

static void play_touch(const struct look *l, const struct deed *d, struct file *f)
{
    bool gone = f->kind == FILE_GONE;

    if (!gone && f->kind != FILE_NONE)
        return;
    make_plain(l, f, d);
    f->text_known = gone && !may_not(d);
}

/* What it makes of the path itself, or of what is in a folder that it is about. */
static void play_at(const struct look *l, const struct deed *d, enum fit fit, struct file *f)
{
    bool sure = fit != FITS_PERHAPS;

    switch (d->kind) {
    case DEED_WRITE:
        if (fit == FITS)
            play_write(l, d, f);
        else if (!sure)
            make_some(f, d);
        break;
    case DEED_EDIT:
        if (fit == FITS)
            play_edit(l, d, f);
        else if (!sure)
            unknown_text(f);
        break;
    case DEED_REMOVE:
        play_remove(d, fit, f);
        break;
    case DEED_FOLDER:
        if (fit == FITS)
            play_folder(l, d, f);
        break;
    case DEED_TOUCH:
        if (fit == FITS)
            play_touch(l, d, f);
        break;
    case DEED_OWNER:
        if (sure)
            change_owner(f, d);
        else
            f->owner = S("?");
        break;
    case DEED_MODE:
        mode_change(sure ? d->mode : S("?"), f->kind == FILE_FOLDER, d->mask, &f->mode,
                    &f->mode_known);
        break;
    default:
        break;
    }
}

void deed_play(const struct look *l, const struct deed *d, struct file *f)
{
    struct str rest = S("");
    bool deep = d->deep || d->kind == DEED_FETCH || d->kind == DEED_LINK;

    if (d->kind == DEED_COPY) {
        play_copy(l, d, f);
        return;
    }
    enum fit fit = place_fits(&d->to, l->path, deep, &rest);
    if (fit == FITS_NOT)
        return;
    if (d->kind == DEED_FETCH)
        play_fetch(l, d, fit, rest, f);
    else if (d->kind == DEED_LINK)
        play_link(l, d, fit, rest, f);
    else if (d->kind != DEED_UNPACK)
        play_at(l, d, fit, f);
    else if (f->kind == FILE_NONE || f->kind == FILE_GONE)
        make_some(f, d); /* an archive is not taken to hold what the file itself puts there */
}
