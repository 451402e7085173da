/* origins.c - where the program that an image starts comes from, and what the build has done with
 * it as root: what a distribution made for a user of its own, what was downloaded and may write
 * beside itself, what root has run already, folders that are there to be written to. */
#include "dfix/command.h"
#include "files/files.h"
#include "runtime/start.h"

/* ---- a package of the distribution ---- */

/* Programs of packages that run the file's own, or have no place of their own to write to. */
static const char plain[] =
    "node nodejs npm npx yarn pnpm bun deno java ruby bundle php perl lua mono dotnet go erl "
    "elixir "
    "mix R Rscript julia gunicorn uwsgi uvicorn hypercorn waitress-serve daphne celery tini "
    "dumb-init catatonit bash make env timeout nice ionice stdbuf xvfb-run socat darkhttpd "
    "memcached "
    "kubectl helm aws";

static bool is_python(struct str name)
{
    return str_starts(name, S("python")) || str_starts(name, S("pypy")) ||
           str_starts(name, S("php")) || str_starts(name, S("java"));
}

/* aria2c of aria2, calibre-server of calibre, tesseract of tesseract-ocr. */
static bool brings(struct str package, struct str program)
{
    size_t least = package.n < program.n ? package.n : program.n;
    struct str rest = str_from(package.n > least ? package : program, least);

    return least >= 3 && str_starts(package, str_sub(program, 0, least)) &&
           (!rest.n || word_is_one_of(rest, "c d -server -daemon") ||
            (package.n > least && least >= 4 && rest.p[0] == '-'));
}

static struct str why_distro(const struct started *s)
{
    struct str word;

    if (!started_program(s, &word))
        return S("");
    struct str program = path_basename(word);
    if (word_is_one_of(program, plain) || is_python(program))
        return S("");
    struct str package = started_distro_package(s, brings, program);
    return package.n
               ? str_fmt(s->arena,
                         STR_FMT ", which it starts, comes from the distribution, whose package "
                                 "has settings and folders for a user of its own",
                         STR_ARG(program))
               : S("");
}

/* theia of ./theia-example_0.0.1_all.deb, as a file of its own that is no index's. */
static bool is_package_file(struct str word, struct str program)
{
    bool file = str_ends(word, S(".deb")) || str_ends(word, S(".rpm")) || str_ends(word, S(".apk"));

    return file && program.n >= 3 && str_starts(path_basename(word), program);
}

/* dpkg -x only unpacks, and -c only tells. */
static bool installs_files(const struct command *c)
{
    static const char installers[] = "apt apt-get gdebi apk rpm yum dnf microdnf tdnf zypper";
    const struct field *f;
    size_t n = str_eq(c->name, S("dpkg")) ? command_args(c, &f) : 0;

    for (size_t i = 1; i < n; i++)
        if (f[i].value.certainty == VALUE_KNOWN &&
            word_is_one_of(f[i].value.text, "-i --install --unpack"))
            return true;
    return word_is_one_of(c->name, installers);
}

static struct str why_package_file(const struct started *s)
{
    struct str word, found = S("");
    const struct field *f;

    if (!started_program(s, &word) || word_is_one_of(path_basename(word), plain))
        return S("");
    for (const struct command *c = NULL; !found.n && (c = command_next(s->im, c, PHASE_BUILD));) {
        bool installs = started_is_on(s, c->stage) && installs_files(c);
        size_t n = installs ? command_args(c, &f) : 0;
        for (size_t i = 1; i < n; i++)
            if (f[i].value.certainty == VALUE_KNOWN &&
                is_package_file(f[i].value.text, path_basename(word)))
                found = path_basename(f[i].value.text);
    }
    return found.n
               ? str_fmt(s->arena,
                         "it runs what " STR_FMT " installs, and it is not known where that writes",
                         STR_ARG(found))
               : S("");
}

/* ---- what is downloaded ---- */

static bool is_in(struct str path, struct str folder)
{
    return str_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

/* Many programs lie there, and none writes beside itself. */
static bool is_for_programs(struct str folder)
{
    return folder.n < 2 || word_is_one_of(path_basename(folder), "bin sbin");
}

/* The file that is started: what an interpreter is given, or the program itself. */
static struct str started_file(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);
    bool script = starts_interpreter(f, n);
    struct str at = image_working_folder(s->im, s->arena, s->stage);

    for (size_t i = script; i < n; i++) {
        struct str word = f[i].value.text;
        if (f[i].value.certainty != VALUE_KNOWN)
            return S("");
        if (script && str_starts(word, S("-")))
            continue;
        bool by_path = script || str_chr(word, '/') != STR_NONE;
        return by_path && (at.n || str_starts(word, S("/"))) ? path_from(s->arena, at, word)
                                                             : S("");
    }
    return S("");
}

/* Does a command of the same instruction download something? */
static bool is_of_download(const struct started *s, const struct deed *d)
{
    struct command_list all = commands_of_instruction(s->im, d->instruction);
    bool fetches = d->fetched;

    for (size_t i = 0; i < all.n && !fetches; i++)
        fetches = is_fetcher(&all.v[i]);
    return fetches;
}

/* Where a download is put that the file is, or lies in; "" it is none, or it puts a program among
 * others. */
static struct str download_to(const struct started *s, const struct deed *d, struct str file)
{
    bool unpacks = d->kind == DEED_UNPACK && d->command && is_of_download(s, d);
    bool fetches = d->kind == DEED_FETCH || (d->kind == DEED_WRITE && d->fetched);
    struct str to = d->to.path;

    if ((!unpacks && !fetches) || !started_is_on(s, d->stage) || !place_is_said(&d->to) ||
        !str_starts(to, S("/")))
        return S("");
    if (fetches && d->into)
        to = path_from(s->arena, to, path_basename(d->from.path));
    bool itself = str_eq(to, file);
    return (fetches && !itself) || !is_in(file, to) ||
                   is_for_programs(itself ? folder_around(to) : to)
               ? S("")
               : to;
}

static struct str why_downloaded(const struct started *s)
{
    struct str file = started_file(s), from;
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);

    if (!file.n || image_gives_away(s->im, s->stage, folder_around(file)))
        return S("");
    for (size_t i = 0; i < n; i++) {
        from = download_to(s, &deed[i], file);
        if (from.n)
            return str_fmt(s->arena,
                           "it runs what the build downloads to " STR_FMT
                           ", and it is not known what that writes there; `chown` it if it does",
                           STR_ARG(from));
    }
    return S("");
}

/* The name of the folder that `git clone` fills; "" it is none, or not known. */
static struct str cloned_folder(const struct started *s, const struct deed *d)
{
    bool clones = d->command && d->command->program == PROGRAM_GIT && d->to.known;

    return clones && started_is_on(s, d->stage) ? path_basename(d->to.path) : S("");
}

/* Is the name one of the folders of the path? */
static bool passes(struct str path, struct str name)
{
    struct str part;

    while (str_cut(&path, '/', &part))
        if (str_eq(part, name))
            return true;
    return false;
}

/* The last WORKDIR of the stage, as written. */
static struct str last_workdir(const struct started *s)
{
    const struct tree *t = s->im->tree;
    const struct stage *stage = &s->im->stage[s->stage];
    struct str last = S("");

    for (node_id n = stage->from; n && n <= stage->last; n = node_sibling(t, n))
        if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_WORKDIR &&
            node_next(t, n, 0, NODE_WORD))
            last = node_text(t, node_next(t, n, 0, NODE_WORD));
    return last;
}

/* Code that the build gets from elsewhere, and that runs where it lies: by an interpreter, or as a
 * program that is named with its folder. */
static struct str why_cloned(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);
    struct str folder = image_working_folder(s->im, s->arena, s->stage);
    struct str last = last_workdir(s);
    struct str file = started_file(s);
    bool by_path = file.n && !is_for_programs(folder_around(file));

    if ((!by_path && !starts_interpreter(f, n)) ||
        (folder.n && image_gives_away(s->im, s->stage, folder)))
        return S("");
    size_t ndeed;
    const struct deed *deed = image_deeds(s->im, &ndeed);
    for (size_t k = 0; k < ndeed; k++) {
        struct str name = cloned_folder(s, &deed[k]);
        bool there = name.n && (passes(folder, name) || passes(last, name));
        for (size_t i = 0; i < n && name.n; i++)
            there |= f[i].value.certainty == VALUE_KNOWN && passes(f[i].value.text, name);
        if (there)
            return str_fmt(s->arena,
                           "it runs what `git clone` put into " STR_FMT
                           ", and it is not known what that writes there; `chown` it if it does",
                           STR_ARG(name));
    }
    return S("");
}

/* ---- what root has run in the build ---- */

static bool only_tells(struct str word)
{
    return word_is_one_of(word, "version help check validate test config-test configtest "
                                "collectstatic compilemessages completion build compile") ||
           str_starts(word, S("-"));
}

/* The subcommand of a program that the build has run; "" none, or one that only tells something. */
static struct str ran(const struct command *c, const struct field *f, size_t n)
{
    static const char prepares[] =
        "migrate syncdb createsuperuser loaddata initdb createcachetable";
    bool script = starts_interpreter(f, n);
    const struct field *x;
    size_t count = command_args(c, &x);

    if (n < 1 || (script && n < 2) || count < (script ? 3u : 2u) ||
        f[script].value.certainty != VALUE_KNOWN || x[script].value.certainty != VALUE_KNOWN ||
        !str_eq(path_basename(x[0].value.text), path_basename(f[0].value.text)) ||
        !str_eq(path_basename(x[script].value.text), path_basename(f[script].value.text)))
        return S("");
    struct str word = x[script + 1].value.text;
    if (x[script + 1].value.certainty != VALUE_KNOWN || only_tells(word))
        return S("");
    return !script || word_is_one_of(word, prepares) ? word : S("");
}

static struct str why_ran(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);
    struct str word = S("");

    for (const struct command *c = NULL; n && !word.n && (c = command_next(s->im, c, PHASE_BUILD));)
        if (started_is_on(s, c->stage))
            word = ran(c, f, n);
    return word.n ? str_fmt(s->arena,
                            "the build runs its program as root, with `" STR_FMT
                            "`, and what that leaves belongs to root",
                            STR_ARG(word))
                  : S("");
}

/* What makes or fills a database; no server is there in a build, so it is a file. */
static const struct {
    const char *program, *words;
} preparing[] = {
    {"manage.py", "migrate syncdb loaddata createsuperuser createcachetable"},
    {"artisan", "migrate migrate:fresh db:seed"},
    {"rails", "db:create db:migrate db:setup db:seed db:prepare db:schema:load"},
    {"rake", "db:create db:migrate db:setup db:seed db:prepare db:schema:load"},
    {"alembic", "upgrade"},
    {"knex", "migrate:latest seed:run"},
    {"sequelize", "db:migrate db:create db:seed:all"},
    {"sequelize-cli", "db:migrate db:create db:seed:all"},
    {"typeorm", "migration:run schema:sync"},
};

/* The word that a command does so with; "" it does not. */
static struct str prepares(const struct command *c)
{
    const struct field *f;
    size_t n = command_args(c, &f);

    for (size_t i = 0; i + 1 < n && f[i].value.certainty == VALUE_KNOWN; i++)
        for (size_t k = 0; k < sizeof preparing / sizeof preparing[0]; k++)
            if (str_eq(path_basename(f[i].value.text), str_of(preparing[k].program)) &&
                f[i + 1].value.certainty == VALUE_KNOWN &&
                word_is_one_of(f[i + 1].value.text, preparing[k].words))
                return f[i + 1].value.text;
    return S("");
}

static struct str why_prepared(const struct started *s)
{
    struct str word = S("");

    if (image_stage_runs(s->im, s->stage, "chown chgrp chmod"))
        return word;
    for (const struct command *c = NULL; !word.n && (c = command_next(s->im, c, PHASE_BUILD));)
        if (started_is_on(s, c->stage))
            word = prepares(c);
    return word.n ? str_fmt(s->arena,
                            "the build makes a database as root, with `" STR_FMT
                            "`, which its program may write to; `chown` it first",
                            STR_ARG(word))
                  : S("");
}

/* ---- folders that are there to be written to ---- */

/* Does an ENV name the folder, or what lies in it? */
static bool env_names(const struct started *s, struct str folder)
{
    const struct tree *t = s->im->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        bool env = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_ENV &&
                   started_is_on(s, image_stage_of(s->im, n));
        for (node_id p = 0; env && (p = node_next(t, n, p, NODE_PAIR));) {
            node_id word = node_next(t, p, 0, NODE_WORD);
            struct value v = word ? image_value(s->im, s->arena, word) : (struct value){0};
            if (v.certainty == VALUE_KNOWN && is_in(v.text, folder))
                return true;
        }
    }
    return false;
}

/* -r /data, --dir=/data */
static bool words_name(const struct started *s, struct str folder)
{
    const struct field *f;
    size_t n = started_words(s, &f);

    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text, name;
        if (f[i].value.certainty != VALUE_KNOWN)
            continue;
        if (str_starts(word, S("-")) && str_chr(word, '=') != STR_NONE)
            str_cut(&word, '=', &name);
        if (str_eq(path_without_slash(word), folder))
            return true;
    }
    return false;
}

/* What is given to the user anyway. */
static bool is_volume(const struct started *s, struct str folder)
{
    const struct folder *v;
    size_t n = image_root_folders(s->im, s->arena, s->stage, &v);

    for (size_t i = 0; i < n; i++)
        if (v[i].volume && (is_in(folder, v[i].path) || is_in(v[i].path, folder)))
            return true;
    return false;
}

/* Does it put a program there, not a single file such as its configuration? */
static bool fills(const struct deed *d, struct str folder)
{
    bool puts = d->kind == DEED_COPY || d->kind == DEED_UNPACK || d->kind == DEED_FETCH ||
                d->kind == DEED_WRITE;
    bool file = d->kind == DEED_COPY && !d->command && !str_eq(d->to.path, folder);

    return puts && !file && is_in(d->to.path, folder);
}

static bool is_filled(const struct started *s, struct str folder)
{
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);

    for (size_t i = 0; i < n; i++)
        if (fills(&deed[i], folder))
            return true;
    return false;
}

/* Folders that programs write to are called so. */
static const char written[] =
    "log logs data db database databases cache run state upload uploads media storage store "
    "sessions output outputs out download downloads backup backups spool pid pids";

/* A folder that the build makes and leaves empty, of a name or named where a program looks. */
static bool is_to_be_written(const struct started *s, struct str folder)
{
    struct str here = image_working_folder(s->im, s->arena, s->stage);

    if (is_in(folder, S("/etc")) || is_in(folder, S("/tmp")) || is_volume(s, folder) ||
        image_gives_away(s->im, s->stage, folder) || is_filled(s, folder))
        return false;
    if (words_name(s, folder) || started_names(s, folder))
        return true;
    if (here.n && is_in(here, folder)) /* an exporter works in an empty folder, too */
        return str_eq(here, folder) && !started_exposes(s);
    bool named = word_is_one_of(path_basename(folder), written) && here.n && is_in(folder, here);
    return named || env_names(s, folder);
}

/* The folder that a program without others works in, called as such are: WORKDIR /data. */
static bool is_for_data(const struct started *s, const struct deed *d)
{
    struct str at = d->to.path;

    return d->node == d->instruction && node_instruction(s->im->tree, d->node) == INST_WORKDIR &&
           started_is_on(s, d->stage) && word_is_one_of(path_basename(at), written) &&
           str_eq(at, image_working_folder(s->im, s->arena, s->stage)) && !is_volume(s, at) &&
           !image_gives_away(s->im, s->stage, at) && !is_filled(s, at);
}

static struct str why_made(const struct started *s)
{
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);

    for (size_t i = 0; i < n; i++) {
        const struct deed *d = &deed[i];
        if (d->kind != DEED_FOLDER || !place_is_said(&d->to) || !str_starts(d->to.path, S("/")))
            continue;
        bool made = d->command && started_is_on(s, d->command->stage);
        if ((made && is_to_be_written(s, d->to.path)) || is_for_data(s, d))
            return str_fmt(s->arena,
                           "the file makes " STR_FMT
                           " for its program, and root owns it; `chown` it first",
                           STR_ARG(d->to.path));
    }
    return S("");
}

struct str started_origin(const struct started *s)
{
    static struct str (*const reasons[])(const struct started *s) = {
        why_distro, why_package_file, why_downloaded, why_cloned, started_source_writes,
        why_ran,    why_prepared,     why_made};
    struct str why = S("");

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0] && !why.n; i++)
        why = reasons[i](s);
    return why;
}
