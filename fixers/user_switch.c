/* user-switch: the image runs as a numbered user, and root is there only while the build
 * needs it. */
#include "dfix/fixer.h"

static const char doc[] =
    "A container process that runs as root gives an attacker who breaks into it far more\n"
    "than the program needs. This rule makes the last stage (and the stages named in `targets`) "
    "end\n"
    "with a user that is not root.\n\n"
    "`USER` goes before the `CMD` or `ENTRYPOINT` that follows the last `RUN` and `WORKDIR`,\n"
    "so that the build does not change; `COPY` and `ADD` ignore it. Volumes that root\n"
    "owns are given to the user. The user is the first of these: the one in force before\n"
    "the file switched to root; the one in its `COPY --chown`, or else its `chown`;\n"
    "one that the file creates (`useradd`, `adduser`); one that the base image is known to have\n"
    "(`node`); else `10001:10001`. It is written as a number where that is known, so that\n"
    "Kubernetes' `runAsNonRoot` can check it. If the program needs an entry in\n"
    "`/etc/passwd`, or a home to write to, the user is created first, the way the distribution\n"
    "does it.\n\n"
    "If the base image does not run as root and a `RUN` needs root (it installs packages, creates\n"
    "accounts, writes to system directories), `USER 0` goes before the first such `RUN` and the\n"
    "base image's user is restored after the last.\n\n"
    "Only reported: images that start no program of their own (no CMD or ENTRYPOINT, or a shell,\n"
    "a REPL, `sleep`, a build tool). Whoever starts a program in them chooses its user.\n\n"
    "Not changed, with the reason: start scripts and `package.json` that are not in the build\n"
    "context, programs that must start as root or drop root privileges themselves,\n"
    "scripts that may start such servers, compose files that run the image as root, with what\n"
    "only root makes use of (`privileged`, `cap_add`, devices, the host's network), with\n"
    "Docker's socket or with folders of root's, labels whose `docker run` does so, GitHub's\n"
    "actions (`action.yml`), folders for data that nothing makes, libraries in `go.mod`,\n"
    "`package.json` and their like that keep data in files, scripts that write files,\n"
    "programs in `/root` or that only root can run (`chmod 700`),\n"
    "files that the build puts into root's home, init systems, `FROM scratch` without\n"
    "`/etc/passwd` and a port above 1023, Windows, images meant as bases (`ONBUILD`, or\n"
    "`role: base`), users or owners that come from a build argument, base images\n"
    "whose user is unknown.\n\n"
    "Safety: unsafe. The program may rely on root, to write next to itself or to listen on a port\n"
    "below 1024. A policy that demands a user says `level: unsafe`, and the fix is applied\n"
    "without `--unsafe`.\n";

static const struct option_doc options[] = {
    {"user", "", "text",
     "the user of every image, as `uid:gid`; not set: one that is there already, else 10001:10001"},
    {"create", "auto", "auto|always|never",
     "make an entry in `/etc/passwd` for that number; `auto`: where the base's programs want one"},
    {"numbers", "fixed", "fixed|arbitrary",
     "`arbitrary`: the container may run as any number (`docker run --user`, OpenShift): of group "
     "0, to which its folders are given"},
    {"role", "application", "application|base",
     "`base`: the images are meant to be built on, and may end with root"},
    {"targets", "", "list", "names of stages that must not end with root either"},
    {NULL, NULL, NULL, NULL},
};

static const char runs_as_root[] = "The image runs as root";
static const char code_root[] = "DL3002", code_name[] = "DL3066";

struct state {
    struct fix_ctx *c;
    unsigned index;   /* of the stage in hand */
    struct user last; /* the user in force last, root left out; who: WHO_UNKNOWN none */
    struct accounts accounts;
};

static const struct stage *stage_of(const struct state *s)
{
    return &s->c->image->stage[s->index];
}

static bool is_before(const struct state *s, node_id a, node_id b)
{
    return node_span(s->c->tree, a).start < node_span(s->c->tree, b).start;
}

static struct str numbered(const struct state *s, struct str user)
{
    return user_numbered(s->c->image, s->c->arena, &s->accounts, s->index, user);
}

/* ---- what is left alone ---- */

/* Why this stage keeps its root; "" when nothing speaks for that. */
static struct str why_image(const struct state *s, const struct user *end)
{
    struct arena *a = s->c->arena;
    const struct stage *stage = stage_of(s);
    struct str image = stage->reference.text;

    if (fix_option_is(s->c, "role", "base"))
        return S("the policy says that it is meant as a base image");
    if (stage->windows)
        return S("Windows has no root user and no numeric users");
    if (image_has_onbuild(s->c->image, s->index))
        return S("its ONBUILD instructions run in the images built on it, as this user");
    if (end->argument)
        return S("its user comes from a build argument; change that argument's default");
    if (stage->known.init)
        return str_fmt(a, STR_FMT " runs an init system", STR_ARG(image));
    if (stage->known.drops_root)
        return str_fmt(a, STR_FMT " drops root privileges itself", STR_ARG(image));
    if (stage->known.needs_root)
        return str_fmt(a, STR_FMT " is designed to run as root", STR_ARG(image));
    return S("");
}

/* The same of what it starts. */
static struct str why_program(const struct state *s)
{
    const struct image *im = s->c->image;

    if (!fix_option(s->c, "user").n && image_lacks_passwd(im, s->c->arena, s->index))
        return S("a scratch image has no /etc/passwd; if the program needs none, add `USER "
                 "65532:65532`");
    return image_starts_as_root(s->c->image, s->c->arena, s->index);
}

static enum create create_wish(const struct fix_ctx *c)
{
    if (fix_option_is(c, "create", "never"))
        return CREATE_NEVER;
    return fix_option_is(c, "create", "always") ? CREATE_ALWAYS : CREATE_AUTO;
}

static bool of_anybody(const struct state *s)
{
    return fix_option_is(s->c, "numbers", "arbitrary");
}

static bool choose(const struct state *s, struct user_choice *out)
{
    const struct user_wish wish = {
        .user = fix_option(s->c, "user"),
        .create = create_wish(s->c),
        .anybody = of_anybody(s),
        .last = s->last,
    };
    return image_choose_user(s->c->image, s->c->arena, &s->accounts, s->index, &wish, out);
}

/* ---- the end of a stage ---- */

/* A RUN as the shell of that place takes it: where SHELL is none of sh's kind, sh is named. */
static struct str run_line(const struct state *s, node_id place, struct str command)
{
    struct arena *a = s->c->arena;

    return image_shell_is_posix(s->c->image, a, s->index, place)
               ? str_fmt(a, "RUN " STR_FMT, STR_ARG(command))
               : str_fmt(a, "RUN [\"/bin/sh\", \"-c\", \"" STR_FMT "\"]", STR_ARG(command));
}

/* ---- folders ---- */

/* mkdir -p /data && chown 1000 /data; with all that is in them where the build puts some there. */
static struct str giving(const struct state *s, struct str paths, bool filled, struct str user)
{
    struct arena *a = s->c->arena;
    const char *deep = filled ? "-R " : "";

    if (of_anybody(s))
        return str_fmt(a, "mkdir -p" STR_FMT " && chgrp %s0" STR_FMT " && chmod %sg=u" STR_FMT,
                       STR_ARG(paths), deep, STR_ARG(paths), deep, STR_ARG(paths));
    return str_fmt(a, "mkdir -p" STR_FMT " && chown %s" STR_FMT STR_FMT, STR_ARG(paths), deep,
                   STR_ARG(user), STR_ARG(paths));
}

/* The volumes that one instruction declares are given away together, before it. */
static void give_folders(const struct state *s, struct fix *f, struct str user, node_id place)
{
    struct fix_ctx *c = s->c;
    const struct folder *v;
    size_t n = image_root_folders(c->image, c->arena, s->index, &v);

    for (size_t i = 0; i < n;) {
        struct buf paths = {.arena = c->arena};
        node_id volume = v[i].volume;
        bool filled = false;
        for (; i < n && v[i].volume == volume; i++)
            if (folder_is_given(s->c->image, &v[i], place)) {
                buf_fmt(&paths, " " STR_FMT, STR_ARG(v[i].path));
                filled |= v[i].filled;
            }
        if (paths.n)
            fix_line_before(f, volume,
                            run_line(s, volume, giving(s, buf_str(&paths), filled, user)));
    }
}

/* The file went over to root from a user that only its base knows, and names no other. */
static bool goes_back_unknown(const struct state *s)
{
    bool several;

    return s->last.who == WHO_UNKNOWN && !fix_option(s->c, "user").n &&
           image_first_user(s->c->image, s->index).who == WHO_UNKNOWN &&
           !account_made(s->c->image, &s->accounts, s->index, &several) && !several &&
           !image_chown_user(s->c->image, s->c->arena, s->index).n;
}

/* The base has a user of its own, and a program for it: the file went over to root and forgot to
 * go back. */
static bool forgot_base_user(const struct state *s)
{
    return s->last.who == WHO_USER && !s->last.written &&
           image_base_starts_program(s->c->image, s->c->arena, s->index);
}

/* hadolint's code stands for a `USER root` that is written. */
static void call_root(const struct tree *t, struct fix *f, node_id at)
{
    fix_code(f, code_root);
    if (node_instruction(t, at) == INST_USER)
        fix_found(f);
    else
        fix_not_found(f);
}

static void skip_root(struct fix_ctx *c, node_id at, struct str why)
{
    struct fix *f = fix_skip(c, at, "%s", runs_as_root);

    fix_excused_at(f, image_start_near(c->image, at));

    fix_why(f, STR_FMT, STR_ARG(why));
    call_root(c->tree, f, at);
}

/* Only the file's own `USER root` is worth a hint: there is nothing to take out elsewhere. */
static void tell_left(const struct state *s, node_id at, struct str why)
{
    struct fix_ctx *c = s->c;
    struct fix *f = at == stage_of(s)->from ? fix_skip(c, at, "%s", runs_as_root)
                                            : fix_hint(c, at, "%s", runs_as_root);

    fix_why(f, "it " STR_FMT, STR_ARG(why));
    fix_excused_at(f, image_start_near(c->image, at));
    fix_severity(f, SEVERITY_INFO);
    call_root(c->tree, f, at);
}

/* Nobody knows that what runs in the image can do without root: at most a hint. */
static bool is_left(const struct state *s, node_id at)
{
    struct fix_ctx *c = s->c;
    struct str what;
    enum starts starts = image_starts(c->image, s->index, &what);

    if (goes_back_unknown(s)) {
        struct fix *f = fix_hint(c, at, "%s", runs_as_root);
        fix_why(f, "the user of its base image is unknown");
        fix_help(f, "end with `USER` and that user");
        fix_excused_at(f, image_start_near(c->image, at));
        call_root(c->tree, f, at);
        if (starts != STARTS_PROGRAM)
            fix_severity(f, SEVERITY_INFO);
        return true;
    }
    switch (starts) {
    case STARTS_NOTHING:
        if (forgot_base_user(s) || (stage_of(s)->facts && why_program(s).n))
            return false;
        tell_left(s, at, S("starts no program of its own"));
        return true;
    case STARTS_SHELL:
    case STARTS_TOOL:
        tell_left(s, at, str_fmt(c->arena, "only starts " STR_FMT, STR_ARG(what)));
        return true;
    case STARTS_UNREAD:
        if (why_program(s).n)
            return false;
        skip_root(c, at, what);
        return true;
    case STARTS_PROGRAM:
        break;
    }
    return false;
}

struct place {
    node_id at;    /* where the user changes: the instruction that is replaced, or before which USER
                      goes; 0: at the stage's end */
    bool replaces; /* the USER there */
};

static struct place place_of(const struct state *s, node_id written, const struct user_choice *x)
{
    node_id root, start;

    image_user_place(s->c->image, s->index, &root, &start);
    if (written && !x->create.n && is_before(s, root, written))
        return (struct place){written, true};
    if (written && start && is_before(s, start, written))
        start = 0;
    return (struct place){start, false};
}

static void write_user(const struct state *s, node_id at, node_id written,
                       const struct user_choice *x)
{
    struct fix_ctx *c = s->c;
    struct place place = place_of(s, written, x);
    size_t several;
    struct str given = image_folder_names(c->image, c->arena, s->index, place.at, true, &several);
    struct fix *f = fix_begin(c, at, UNSAFE, "Run as " STR_FMT ", not as root%s" STR_FMT,
                              STR_ARG(x->user), given.n ? ", and give it " : "", STR_ARG(given));

    fix_why(f, STR_FMT, STR_ARG(image_user_caveats(c->image, c->arena, s->index, place.at)));
    fix_excused_at(f, image_start_near(c->image, at));
    call_root(c->tree, f, at);
    give_folders(s, f, x->user, place.at);
    if (place.replaces) {
        fix_replace_code(f, node_next(c->tree, written, 0, NODE_WORD), x->user);
        return;
    }
    struct str create =
        x->create.n ? run_line(s, place.at ? place.at : UINT32_MAX, x->create) : S("");
    struct str line = str_fmt(c->arena, STR_FMT "%sUSER " STR_FMT, STR_ARG(create),
                              create.n ? "\n" : "", STR_ARG(x->user));
    if (place.at)
        fix_line_before(f, place.at, line);
    else
        fix_line_after(f, stage_of(s)->last, line);
}

static void end_root(const struct state *s, const struct user *end)
{
    struct fix_ctx *c = s->c;
    const struct stage *stage = stage_of(s);
    node_id written = end->stage == s->index ? end->written : 0;
    node_id at = written ? written : stage->from;
    struct str why = why_image(s, end);
    struct user_choice x;

    if (!why.n && is_left(s, at))
        return;
    if (!why.n)
        why = why_program(s);
    if (!why.n && !choose(s, &x))
        why = x.why;
    if (!why.n)
        why = image_kept_volume(c->image, c->arena, s->index, place_of(s, written, &x).at);
    if (why.n) {
        skip_root(c, at, why);
        return;
    }
    write_user(s, at, written, &x);
}

/* The user is a name: only a number tells a cluster that it is not root. */
static void end_named(const struct state *s, const struct user *end)
{
    struct fix_ctx *c = s->c;
    bool here = end->written && end->stage == s->index;
    node_id word = here ? node_next(c->tree, end->written, 0, NODE_WORD) : 0;
    struct str plain, number = numbered(s, end->value);

    if (!word || stage_of(s)->windows || user_is_number(user_name(end->value)))
        return;
    if (!number.n || !node_value(c->tree, word, c->arena, &plain)) {
        struct fix *skip = fix_skip(c, end->written,
                                    "The user " STR_FMT " has no known numeric UID, and "
                                    "Kubernetes' runAsNonRoot cannot check a name",
                                    STR_ARG(end->value));
        fix_code(skip, code_name);
        fix_found(skip);
        return;
    }
    struct fix *f =
        fix_begin(c, end->written, UNSAFE, "Use numeric user " STR_FMT " instead of name " STR_FMT,
                  STR_ARG(number), STR_ARG(end->value));
    fix_code(f, code_name);
    fix_replace(f, word, number);
}

static void end_unknown(const struct state *s, const struct user *end)
{
    const struct stage *stage = stage_of(s);
    struct fix_ctx *c = s->c;

    if (stage->windows)
        fix_skip(c, stage->from, "The image's user is a name, and Windows has no numeric users");
    else if (end->written)
        fix_skip(c, end->written, "The user is known only at build time");
    else if (stage->base == BASE_UNKNOWN)
        fix_skip(c, stage->from,
                 "The image's user is unknown because its base image is known only at build time");
    else if (stage->facts && stage->facts->user_known)
        fix_skip(c, stage->from,
                 "The image's user is unknown because " STR_FMT " names " STR_FMT
                 " and its /etc/passwd was not read",
                 STR_ARG(stage->reference.text), STR_ARG(stage->facts->user));
    else
        fix_skip(c, stage->from,
                 "The image's user is unknown because dfix does not know its base image, " STR_FMT
                 ", and the registry did not provide it",
                 STR_ARG(stage->reference.text));
}

/* Is the stage built last, or named in policy? */
static bool must_end_unprivileged(const struct state *s)
{
    struct str list = fix_option(s->c, "targets"), name;

    if (s->index + 1 == s->c->image->nstage)
        return true;
    while (str_cut(&list, '\n', &name))
        if (stage_of(s)->name.n && str_ieq(str_trim(name), stage_of(s)->name))
            return true;
    return false;
}

/* ---- root in the middle ---- */

/* Neighbouring instructions that need root while another user is in force. */
struct section {
    node_id first, last;
    const char *why;
};

static void close_section(const struct state *s, struct section *x, const struct user *u,
                          bool switched)
{
    struct fix_ctx *c = s->c;
    struct section done = *x;

    *x = (struct section){0};
    if (!done.first || stage_of(s)->windows)
        return;
    struct str policy = fix_option(c, "user");
    struct str user = user_as_written(c->image, c->arena, &s->accounts, s->index, u);
    if (!u->written && user_is_value(policy))
        user = policy;
    if (!user.n) {
        fix_skip(
            c, done.first,
            "This %s, which needs root, but the user before it has a name that cannot be restored",
            done.why);
        return;
    }
    struct fix *f =
        fix_begin(c, done.first, UNSAFE, "Switch to root where the build %s, then back to " STR_FMT,
                  done.why, STR_ARG(user));
    fix_line_before(f, done.first, S("USER 0"));
    if (!switched)
        fix_line_after(f, done.last, str_fmt(c->arena, "USER " STR_FMT, STR_ARG(user)));
}

/* A user that the file itself chose: its author has seen the build work with it. */
static const char *why_root(const struct fix_ctx *c, const struct user *u, node_id n)
{
    if (u->who != WHO_USER || c->tree->node[n].kind != NODE_INSTRUCTION ||
        (u->written && !image_surely_needs_root(c->image, n)))
        return NULL;
    return image_needs_root(c->image, c->arena, n);
}

/* The stage's instructions in order, and who runs them; gives who runs the image. */
static struct user walk(struct state *s)
{
    struct fix_ctx *c = s->c;
    const struct tree *t = c->tree;
    const struct stage *stage = stage_of(s);
    struct user u = image_first_user(c->image, s->index);
    struct section section = {0};

    s->last = u.who == WHO_USER ? u : (struct user){0};
    for (node_id n = stage->from; n != stage->last;) {
        n = node_sibling(t, n);
        enum instruction op =
            t->node[n].kind == NODE_INSTRUCTION ? node_instruction(t, n) : INST_RUN;
        if (op == INST_USER) {
            close_section(s, &section, &u, true);
            u = image_written_user(c->image, n);
            if (u.who == WHO_USER)
                s->last = u;
        } else if (op == INST_RUN || op == INST_WORKDIR) {
            const char *why = why_root(c, &u, n);
            if (!why)
                close_section(s, &section, &u, false);
            else if (!section.first)
                section = (struct section){n, n, why};
            else
                section.last = n;
        }
    }
    close_section(s, &section, &u, false);
    return u;
}

/* ---- what hadolint reports besides ---- */

/* The stage's own `USER root` at its end, though no image is made of it. */
static void tell_build_stage(const struct state *s, const struct user *end)
{
    struct fix_ctx *c = s->c;

    if (end->who != WHO_ROOT || !end->written || end->stage != s->index ||
        !fix_asks_code(c, code_root))
        return;
    struct fix *f = fix_skip(c, end->written, "The stage ends as root");
    fix_why(f, "it is not the last one, and runs nothing");
    call_root(c->tree, f, end->written);
}

static void run(struct fix_ctx *c)
{
    struct state s = {.c = c};

    s.accounts = image_accounts(c->image, c->arena);
    for (s.index = 0; s.index < c->image->nstage; s.index++) {
        struct user end = walk(&s);
        if (!must_end_unprivileged(&s)) {
            tell_build_stage(&s, &end);
            continue;
        }
        switch (end.who) {
        case WHO_ROOT:
            end_root(&s, &end);
            break;
        case WHO_USER:
            end_named(&s, &end);
            break;
        case WHO_UNKNOWN:
            end_unknown(&s, &end);
            break;
        }
    }
}

const struct fixer fixer_user_switch = {
    .id = "user-switch",
    .aliases = "DL3002 DL3066",
    .title = "Run as a user that is not root",
    .why = "Whoever breaks into a process of root's gets far more than the program needs, and a "
           "host cannot check that a name is not root.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .security = true,
    .options = options,
    .run = run,
};
