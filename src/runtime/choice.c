/* Which user an image can run as: one that it has, one that it makes, or a number. */
#include "dfix/user.h"
#include "runtime/runtime.h"

struct work {
    const struct image *im;
    struct arena *arena;
    const struct accounts *accounts;
    unsigned stage;
    const struct user_wish *wish;
};

static const struct stage *stage_of(const struct work *w)
{
    return &w->im->stage[w->stage];
}

static struct str numbered(const struct work *w, struct str user)
{
    return user_numbered(w->im, w->arena, w->accounts, w->stage, user);
}

bool user_is_value(struct str user)
{
    struct str gid = user_group(user);
    return user_is_number(user_name(user)) && !user_is_root(user) &&
           (user_is_number(gid) || str_chr(user, ':') == STR_NONE);
}

/* What others gave goes into the file only when it is a user and nothing else. */
static bool is_plain_user(struct str user)
{
    for (size_t i = 0; i < user.n; i++) {
        char x = user.p[i];
        bool letter = (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || x == '_';
        if (!letter && !(x >= '0' && x <= '9') && !(i > 0 && (x == '-' || x == '.' || x == ':')))
            return false;
    }
    return user.n > 0 && user.n <= 64;
}

/* ---- an account in /etc/passwd ---- */

/* Bases whose programs ask /etc/passwd who they are. */
static bool wants_passwd(struct str path)
{
    static const char names[] =
        "adoptopenjdk amazoncorretto clojure eclipse-temurin elixir erlang groovy "
        "ibm-semeru-runtimes java jetty jruby maven openjdk r-base sapmachine tomcat";

    return word_is_one_of(path_basename(path), names);
}

/* The image at the root of the stages that it is built on. */
static struct str root_image(const struct work *w)
{
    return w->im->stage[image_root_stage(w->im, w->stage)].reference.text;
}

/* Whose way to make accounts counts: the tag tells that where it is too new for the tables, or a
 * digest leaves the release open. */
static struct str family_of(const struct work *w)
{
    static const char *const suites[] = {"bullseye", "bookworm", "trixie",
                                         "focal",    "jammy",    "noble"};
    struct str distro = stage_of(w)->release.distro;
    struct reference r;

    if (distro.n || !reference_parse(root_image(w), &r))
        return distro;
    if (str_find(r.tag, S("alpine")) != STR_NONE)
        return S("alpine");
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (str_find(r.tag, str_of(suites[i])) != STR_NONE)
            return S("debian");
    return S("");
}

static bool must_create(const struct work *w)
{
    struct reference r;

    if (w->wish->create == CREATE_NEVER)
        return false;
    return w->wish->create == CREATE_ALWAYS ||
           (reference_parse(root_image(w), &r) && wants_passwd(r.path));
}

/* A name that no account of the file has: where it makes any, one that it does not mention, and
 * only when it does not mention the numbers, either. */
static bool free_name(const struct work *w, struct str uid, struct str gid, struct str *name)
{
    static const char *const names[] = {"nonroot", "appuser", "service-user"};

    *name = S("app");
    if (!image_stage_runs(w->im, w->stage, "useradd adduser groupadd addgroup"))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        *name = str_of(names[i]);
        if (!image_stage_says(w->im, w->stage, *name))
            return !image_stage_says(w->im, w->stage, uid) &&
                   !image_stage_says(w->im, w->stage, gid);
    }
    return false;
}

/* The account, made as the distro makes one for a service; with a home where `home`. */
static bool creation(const struct work *w, struct str user, bool home, struct user_choice *out)
{
    struct arena *a = w->arena;
    struct str distro = family_of(w);
    struct str uid = user_name(user), gid = user_group(user), name;

    if (!gid.n)
        gid = uid;
    if (!free_name(w, uid, gid, &name)) {
        out->why = S("its program needs an /etc/passwd entry, but this Dockerfile already creates "
                     "accounts that could conflict");
        return false;
    }
    if (str_eq(distro, S("alpine"))) {
        out->create = str_fmt(a,
                              "addgroup -S -g " STR_FMT " " STR_FMT
                              " && adduser -S -D%s -u " STR_FMT " -G " STR_FMT " " STR_FMT,
                              STR_ARG(gid), STR_ARG(name), home ? "" : " -H", STR_ARG(uid),
                              STR_ARG(name), STR_ARG(name));
        return true;
    }
    if (str_eq(distro, S("debian")) || str_eq(distro, S("ubuntu"))) {
        out->create = str_fmt(a,
                              "groupadd --system --gid " STR_FMT " " STR_FMT
                              " && useradd --system --no-log-init%s --uid " STR_FMT
                              " --gid " STR_FMT " " STR_FMT,
                              STR_ARG(gid), STR_ARG(name), home ? " --create-home" : "",
                              STR_ARG(uid), STR_ARG(gid), STR_ARG(name));
        return true;
    }
    out->why = S("its program needs an /etc/passwd entry, and dfix does not know how this "
                 "distribution creates one");
    return false;
}

/* Java asks who it is whatever base it runs on, but can do without where nobody knows how to tell.
 */
static bool may_create(const struct work *w)
{
    struct str program;

    return w->wish->create == CREATE_AUTO &&
           image_starts(w->im, w->stage, &program) == STARTS_PROGRAM && str_eq(program, S("java"));
}

static bool made_up(const struct work *w, struct str user, struct user_choice *out)
{
    out->user = user;
    if (must_create(w))
        return creation(w, user, false, out);
    struct user_choice made = *out;
    if (may_create(w) && creation(w, user, false, &made))
        *out = made;
    return true;
}

/* ---- users that are there ---- */

static struct str as_written(const struct work *w, const struct user *u)
{
    const struct tree *t = w->im->tree;
    struct str as_number = u->argument ? S("") : numbered(w, u->value);

    if (as_number.n)
        return as_number;
    if (u->written && u->stage == w->stage)
        return node_text(t, node_next(t, u->written, 0, NODE_WORD));
    return !u->argument && is_plain_user(u->value) ? u->value : S("");
}

struct str user_as_written(const struct image *im, struct arena *a, const struct accounts *l,
                           unsigned stage, const struct user *u)
{
    const struct work w = {.im = im, .arena = a, .accounts = l, .stage = stage};
    return as_written(&w, u);
}

static bool choose_made(const struct work *w, const struct account *x, struct user_choice *out)
{
    out->user = x->uid.n ? x->uid : x->name;
    out->why = S("the user that the file creates has a name that cannot be written");
    if (x->uid.n || !x->argument)
        return is_plain_user(out->user);
    out->why = str_fmt(w->arena,
                       "the name of the user that the file creates, " STR_FMT
                       ", can be changed by a build argument; end with `USER` and that name",
                       STR_ARG(x->name));
    return false;
}

static struct str owner_of_files(const struct work *w)
{
    struct str owner = image_chown_user(w->im, w->arena, w->stage);

    if (!owner.n || !is_plain_user(owner))
        return S("");
    struct str number = numbered(w, owner);
    if (!number.n) /* the group's is not known: the user's own group will do */
        number = numbered(w, user_name(owner));
    return number.n ? number : owner;
}

/* It writes to a home that neither a number nor a service's account has. */
static struct str why_homeless(const struct work *w, bool *keeps)
{
    struct str program = image_wants_home(w->im, w->arena, w->stage, keeps);

    return program.n ? str_fmt(w->arena,
                               STR_FMT ", which it starts, writes to its user's home directory; "
                                       "create a user with one, and end with `USER` and its name",
                               STR_ARG(program))
                     : S("");
}

/* One that the file or its base has; false: none, or *out says why none can be taken. */
static bool choose_existing(const struct work *w, struct user_choice *out)
{
    const struct known_image *known = &stage_of(w)->known;
    bool several, keeps;
    const struct account *x = account_made(w->im, w->accounts, w->stage, &several);

    out->user = owner_of_files(w);
    if (out->user.n)
        return true;
    if (several)
        out->why = S("the file creates several users; select one with `USER`");
    else if (x)
        return choose_made(w, x, out);
    else if (image_owner_unknown(w->im, w->arena, w->stage))
        out->why = S("it gives files to a user that is known only at build time; end with "
                     "`USER` and that user");
    else if (known->spare_uid.n && !account_gone(w->im, w->accounts, w->stage, known->spare_user)) {
        out->user = known->spare_uid;
        out->why = why_homeless(w, &keeps);
        if (word_is_one_of(known->spare_user, "node app") && !keeps) /* it has a home */
            out->why = S("");
        return !out->why.n;
    }
    return false;
}

/* A user of the file's own, with a home, where the distribution's way to make one is known. */
static bool made_with_home(const struct work *w, struct user_choice *out)
{
    struct user_choice made = {S("10001:10001"), S(""), S("")};

    if (w->wish->create == CREATE_NEVER || w->wish->anybody || !creation(w, made.user, true, &made))
        return false;
    *out = made;
    return true;
}

/* The container may run as any number, of group 0: nobody's entry or home is of use. */
static bool of_anybody(const struct work *w, struct user_choice *out)
{
    if (!user_is_number(user_name(out->user))) {
        out->why =
            str_fmt(w->arena, "the policy wants a number, and that of " STR_FMT " is not known",
                    STR_ARG(out->user));
        return false;
    }
    out->user = str_fmt(w->arena, STR_FMT ":0", STR_ARG(user_name(out->user)));
    out->create = S("");
    return true;
}

static bool choose(const struct work *w, struct user_choice *out)
{
    const struct user_wish *wish = w->wish;
    bool keeps;

    if (wish->user.n) {
        out->why = S("the policy's `user` is not numeric (such as `10001:10001`)");
        return user_is_value(wish->user) && made_up(w, wish->user, out);
    }
    if (wish->last.who == WHO_USER) {
        out->user = as_written(w, &wish->last);
        out->why = S("the user that was in force before has a name that cannot be written here");
        return out->user.n > 0;
    }
    if (choose_existing(w, out))
        return true;
    if (out->why.n)
        return false;
    out->why = why_homeless(w, &keeps);
    if (keeps)
        return false;
    return out->why.n ? made_with_home(w, out) : made_up(w, S("10001:10001"), out);
}

bool image_choose_user(const struct image *im, struct arena *a, const struct accounts *l,
                       unsigned stage, const struct user_wish *wish, struct user_choice *out)
{
    const struct work w = {im, a, l, stage, wish};

    *out = (struct user_choice){S(""), S(""), S("")};
    return choose(&w, out) && (!wish->anybody || of_anybody(&w, out));
}
