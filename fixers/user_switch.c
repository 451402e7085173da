/* user-switch: the image runs as a numbered user, and root is there only while the build
 * needs it. */
#include "dfix/fixer.h"

static const char doc[] =
    "A container whose process runs as root gives whoever breaks into the process far more\n"
    "than it needs. This rule makes the last stage (and the stages named in `targets`) end\n"
    "with a user that is not root.\n"
    "\n"
    "`USER` goes before the `CMD` or `ENTRYPOINT` that follows the last `RUN` and `WORKDIR`,\n"
    "so that the build stays what it is; `COPY` and `ADD` do not heed it. The user is, in this\n"
    "order: the one that was in force before the file went over to root; one that the file\n"
    "makes (`useradd`, `adduser`); one that the base is known to bring (`node`); else\n"
    "`10001:10001`. It is written as a number where that is known, so that Kubernetes'\n"
    "`runAsNonRoot` can check it. Where the program wants an entry in `/etc/passwd`, the user\n"
    "is made first, the way the distro does it.\n"
    "\n"
    "Where the base does not run as root and a `RUN` needs to (it installs packages, makes\n"
    "accounts, writes to system directories), `USER 0` goes before the first such `RUN` and the\n"
    "base's user comes back after the last.\n"
    "\n"
    "Left alone, with the reason: images whose entrypoint gives up root itself, init systems,\n"
    "`FROM scratch` without `/etc/passwd`, Windows, images meant as bases (`ONBUILD`, or\n"
    "`role: base`), users that only a build argument tells, bases whose user is not known.\n"
    "\n"
    "Safety: unsafe. The program may rely on root: to write next to itself, to listen on a port\n"
    "below 1024.\n";

static const struct option_doc options[] = {
    {"user", "", "text",
     "the user of every image, as `uid:gid`; not set: one that is there already, else 10001:10001"},
    {"create", "auto", "auto|always|never",
     "make an entry in `/etc/passwd` for that number; `auto`: where the base's programs want one"},
    {"role", "application", "application|base",
     "`base`: the images are meant to be built on, and may end with root"},
    {"targets", "", "list", "names of stages that must not end with root either"},
    {NULL, NULL, NULL, NULL},
};

enum who { WHO_UNKNOWN, WHO_ROOT, WHO_USER };
struct user {
    enum who who;
    struct str value; /* resolved: "app:app" */
    struct str text;  /* as it is written in a USER instruction of this stage */
    node_id written;  /* that instruction; 0: the base's */
    bool argument;    /* a build argument can change it */
    bool from_base;
};

struct state {
    struct fix_ctx *c;
    unsigned index;   /* of the stage in hand */
    struct user *end; /* by stage: in force at its end */
    struct user last; /* the user in force last, root left out */
    const struct account *account;
    size_t naccount;
};

static const struct stage *stage_of(const struct state *s)
{
    return &s->c->image->stage[s->index];
}

/* ---- who is who ---- */

static struct str user_part(struct str user)
{
    ptrdiff_t colon = str_chr(user, ':');
    return colon == STR_NONE ? user : str_sub(user, 0, (size_t)colon);
}

static struct str group_part(struct str user)
{
    ptrdiff_t colon = str_chr(user, ':');
    return colon == STR_NONE ? S("") : str_from(user, (size_t)colon + 1);
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* "", "root", "0", "00", "0:0" */
static bool is_root(struct str user)
{
    struct str name = user_part(user);

    if (str_starts(name, S("+")))
        name = str_from(name, 1);
    if (!name.n || str_eq(name, S("root")))
        return true;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] != '0')
            return false;
    return true;
}

static struct user user_named(struct str name)
{
    return (struct user){.who = is_root(name) ? WHO_ROOT : WHO_USER, .value = name, .text = name};
}

static struct user base_user(const struct state *s, const struct stage *stage)
{
    struct user u = {.who = WHO_UNKNOWN, .value = S(""), .text = S("")};

    switch (stage->base) {
    case BASE_STAGE:
        u = s->end[stage->base_stage];
        u.text = u.value;
        u.written = 0;
        return u;
    case BASE_SCRATCH:
        return user_named(S(""));
    case BASE_UNKNOWN:
        return u;
    case BASE_IMAGE:
        break;
    }
    if (stage->facts && stage->facts->user_known) {
        u = user_named(stage->facts->user);
        if (stage->facts->user_root)
            u.who = WHO_ROOT;
    } else if (stage->known.user_known) {
        u = user_named(stage->known.user);
    }
    u.from_base = true;
    return u;
}

static struct user written_user(const struct state *s, node_id instruction)
{
    const struct image *im = s->c->image;
    const struct tree *t = im->tree;
    node_id word = node_next(t, instruction, 0, NODE_WORD);
    struct user u = {.who = WHO_UNKNOWN, .value = S(""), .text = S(""), .written = instruction};

    for (size_t i = 0; i < im->nuser; i++) {
        const struct value *v = &im->user[i].user;
        if (im->user[i].instruction != instruction || v->certainty != VALUE_KNOWN)
            continue;
        u.who = is_root(v->text) ? WHO_ROOT : WHO_USER;
        u.value = v->text;
        for (size_t k = 0; k < v->npiece; k++)
            u.argument |= v->piece[k].default_;
    }
    if (word)
        u.text = node_text(t, word);
    return u;
}

/* ---- accounts ---- */

/* Is `stage` the one in hand, or one that it is built on? */
static bool is_below(const struct state *s, unsigned stage)
{
    const struct image *im = s->c->image;
    unsigned at = s->index;

    while (at != stage && im->stage[at].base == BASE_STAGE)
        at = im->stage[at].base_stage;
    return at == stage;
}

static const struct account *account_named(const struct state *s, struct str name, bool group)
{
    for (size_t i = s->naccount; i-- > 0;)
        if (s->account[i].group == group && str_eq(s->account[i].name, name) &&
            is_below(s, s->account[i].stage))
            return &s->account[i];
    return NULL;
}

/* The only user that the file makes for this stage; *several: there are more. */
static const struct account *account_made(const struct state *s, bool *several)
{
    const struct account *found = NULL;

    *several = false;
    for (size_t i = 0; i < s->naccount; i++) {
        const struct account *x = &s->account[i];
        if (x->group || is_root(x->uid.n ? x->uid : x->name) || !is_below(s, x->stage))
            continue;
        *several |= found && !str_eq(found->name, x->name);
        found = x;
    }
    return found;
}

static struct str uid_of(const struct state *s, struct str name)
{
    const struct account *x = account_named(s, name, false);
    const struct known_image *known = &stage_of(s)->known;

    if (x && x->uid.n)
        return x->uid;
    if (!x && known->spare_uid.n && str_eq(known->spare_user, name))
        return known->spare_uid;
    return S("");
}

/* "app:app" as "1000:1000"; "" when the numbers are not known. */
static struct str numbered(const struct state *s, struct str user)
{
    struct str name = user_part(user), group = group_part(user);
    struct str uid = is_number(name) ? name : uid_of(s, name);

    if (!uid.n || !group.n)
        return uid;
    const struct account *g = account_named(s, group, true);
    struct str gid = is_number(group) ? group : g && is_number(g->gid) ? g->gid : S("");
    return gid.n ? str_fmt(s->c->arena, STR_FMT ":" STR_FMT, STR_ARG(uid), STR_ARG(gid)) : S("");
}

/* ---- what is left alone ---- */

static bool stage_mentions(const struct state *s, struct str what)
{
    const struct image *im = s->c->image;
    const struct tree *t = s->c->tree;

    for (unsigned i = s->index;; i = im->stage[i].base_stage) {
        struct str text = str_sub(t->text, node_span(t, im->stage[i].from).start,
                                  node_span(t, im->stage[i].last).end);
        if (str_find(text, what) != STR_NONE)
            return true;
        if (im->stage[i].base != BASE_STAGE)
            return false;
    }
}

static bool has_onbuild(const struct state *s)
{
    const struct tree *t = s->c->tree;
    const struct stage *stage = stage_of(s);

    for (node_id n = stage->from; n; n = node_sibling(t, n)) {
        if (t->node[n].kind == NODE_INSTRUCTION && t->node[n].op == INST_ONBUILD)
            return true;
        if (n == stage->last)
            break;
    }
    return false;
}

/* What the stage starts, or what it holds, is meant to start as root. */
static struct str why_program(const struct state *s)
{
    struct str why = image_starts_as_root(s->c->image, s->c->arena, s->index);

    if (why.n)
        return why;
    if (stage_mentions(s, S("gosu")))
        return S("it uses gosu, so its entrypoint gives up root itself");
    if (stage_mentions(s, S("su-exec")))
        return S("it uses su-exec, so its entrypoint gives up root itself");
    return S("");
}

/* Why this stage keeps its root; "" when nothing speaks for that. */
static struct str why_root(const struct state *s, const struct user *end)
{
    struct arena *a = s->c->arena;
    const struct stage *stage = stage_of(s);
    struct str image = stage->reference.text;

    if (fix_option_is(s->c, "role", "base"))
        return S("policy says that it is meant as a base");
    if (stage->windows)
        return S("Windows has no root and no numbered users");
    if (has_onbuild(s))
        return S("its ONBUILD instructions run in the images built on it, as this user");
    if (end->argument)
        return S("its user is a build argument: give that another default");
    if (stage->known.init)
        return str_fmt(a, STR_FMT " runs an init system", STR_ARG(image));
    if (stage->known.drops_root)
        return str_fmt(a, "what " STR_FMT " starts gives up root itself", STR_ARG(image));
    if (stage->base == BASE_SCRATCH && !fix_option(s->c, "user").n &&
        !stage_mentions(s, S("/etc/passwd")) && !stage_mentions(s, S("rootfs")))
        return S(
            "a scratch image has no /etc/passwd; if the program needs none, `USER 65532:65532` "
            "will do");
    return why_program(s);
}

/* ---- the user to run as ---- */

struct choice {
    struct str user;
    struct str create; /* RUN instruction that makes it; "" none */
    struct str why;    /* no choice: why */
};

/* Bases whose programs ask /etc/passwd who they are. */
static bool wants_passwd(struct str path)
{
    static const char *const names[] = {
        "adoptopenjdk", "amazoncorretto", "clojure",    "eclipse-temurin",
        "elixir",       "erlang",         "groovy",     "ibm-semeru-runtimes",
        "java",         "jetty",          "jruby",      "maven",
        "openjdk",      "r-base",         "sapmachine", "tomcat",
    };
    ptrdiff_t slash = str_rchr(path, '/');
    struct str name = slash == STR_NONE ? path : str_from(path, (size_t)slash + 1);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq(name, str_of(names[i])))
            return true;
    return false;
}

static bool must_create(const struct state *s)
{
    struct reference r;

    if (fix_option_is(s->c, "create", "never"))
        return false;
    return fix_option_is(s->c, "create", "always") ||
           (reference_parse(stage_of(s)->reference.text, &r) && wants_passwd(r.path));
}

/* The account, made as the distro makes one for a service. */
static bool creation(const struct state *s, struct str user, struct choice *out)
{
    struct arena *a = s->c->arena;
    struct str distro = stage_of(s)->release.distro;
    struct str uid = user_part(user), gid = group_part(user);

    if (!gid.n)
        gid = uid;
    if (str_eq(distro, S("alpine"))) {
        out->create = str_fmt(
            a, "RUN addgroup -S -g " STR_FMT " app && adduser -S -D -H -u " STR_FMT " -G app app",
            STR_ARG(gid), STR_ARG(uid));
        return true;
    }
    if (str_eq(distro, S("debian")) || str_eq(distro, S("ubuntu"))) {
        out->create = str_fmt(a,
                              "RUN groupadd --system --gid " STR_FMT
                              " app && useradd --system --no-log-init --uid " STR_FMT
                              " --gid " STR_FMT " app",
                              STR_ARG(gid), STR_ARG(uid), STR_ARG(gid));
        return true;
    }
    out->why = S("its program wants an entry in /etc/passwd, and how this distro makes one is not "
                 "known");
    return false;
}

static bool is_user_value(struct str user)
{
    struct str gid = group_part(user);
    return is_number(user_part(user)) && !is_root(user) &&
           (is_number(gid) || str_chr(user, ':') == STR_NONE);
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

static bool made_up(const struct state *s, struct str user, struct choice *out)
{
    out->user = user;
    return !must_create(s) || creation(s, user, out);
}

static bool choose(const struct state *s, struct choice *out)
{
    struct str policy = fix_option(s->c, "user"), number;
    const struct known_image *known = &stage_of(s)->known;
    bool several;

    *out = (struct choice){S(""), S(""), S("")};
    if (policy.n) {
        out->why = S("policy's `user` is not a number (`10001:10001`)");
        return is_user_value(policy) && made_up(s, policy, out);
    }
    if (s->last.who == WHO_USER) {
        number = numbered(s, s->last.value);
        out->user = number.n ? number : s->last.text;
        out->why = S("the base's user has a name that cannot be written");
        return !s->last.from_base || is_plain_user(out->user);
    }
    const struct account *x = account_made(s, &several);
    if (several) {
        out->why = S("the file makes several users: say with `USER` which one it is");
        return false;
    }
    if (x) {
        out->user = x->uid.n ? x->uid : x->name;
        out->why = S("the user that the file makes has a name that cannot be written");
        return is_plain_user(out->user);
    }
    if (known->spare_uid.n) {
        out->user = known->spare_uid;
        return true;
    }
    return made_up(s, S("10001:10001"), out);
}

/* ---- the end of a stage ---- */

static bool is_before(const struct state *s, node_id a, node_id b)
{
    return node_span(s->c->tree, a).start < node_span(s->c->tree, b).start;
}

/* What the user of the build matters to: what comes before the switch. */
static bool heeds_user(const struct tree *t, node_id n)
{
    if (t->node[n].kind != NODE_INSTRUCTION)
        return t->node[n].kind == NODE_ERROR;
    return t->node[n].op == INST_RUN || t->node[n].op == INST_WORKDIR ||
           t->node[n].op == INST_UNKNOWN || t->node[n].op == INST_FROM;
}

/* The last instruction of the stage that root may be needed for, and the first CMD or
 * ENTRYPOINT after it. */
static void find_place(const struct state *s, node_id *root, node_id *start)
{
    const struct tree *t = s->c->tree;
    const struct stage *stage = stage_of(s);

    *root = stage->from;
    *start = 0;
    for (node_id n = stage->from; n; n = node_sibling(t, n)) {
        if (heeds_user(t, n)) {
            *root = n;
            *start = 0;
        } else if (!*start && (t->node[n].op == INST_CMD || t->node[n].op == INST_ENTRYPOINT)) {
            *start = n;
        }
        if (n == stage->last)
            return;
    }
}

/* ", ports 22, 80 are below 1024 ..." */
static struct str port_note(const struct state *s)
{
    const struct tree *t = s->c->tree;
    const struct stage *stage = stage_of(s);
    struct buf b = {.arena = s->c->arena};
    unsigned count = 0;

    for (node_id n = stage->from; n; n = node_sibling(t, n)) {
        node_id word = 0;
        bool expose = t->node[n].kind == NODE_INSTRUCTION && t->node[n].op == INST_EXPOSE;
        while (expose && (word = node_next(t, n, word, NODE_WORD))) {
            struct value v = image_value(s->c->image, s->c->arena, word);
            unsigned port = 0;
            for (size_t i = 0; v.certainty == VALUE_KNOWN && i < v.text.n && i < 5; i++) {
                if (v.text.p[i] < '0' || v.text.p[i] > '9')
                    break;
                port = port * 10 + (unsigned)(v.text.p[i] - '0');
            }
            if (port > 0 && port < 1024)
                buf_fmt(&b, "%s%u", count++ ? ", " : "", port);
        }
        if (n == stage->last)
            break;
    }
    if (!count)
        return S("");
    return str_fmt(s->c->arena,
                   " (port%s " STR_FMT ": below 1024, some runtimes want NET_BIND_SERVICE for it)",
                   count > 1 ? "s" : "", STR_ARG(buf_str(&b)));
}

static void end_root(const struct state *s, const struct user *end)
{
    struct fix_ctx *c = s->c;
    const struct stage *stage = stage_of(s);
    node_id at = end->written ? end->written : stage->from;
    struct str why = why_root(s, end);
    struct choice x;
    node_id root, start;

    if (why.n || !choose(s, &x)) {
        fix_skip(c, at, "The image runs as root, and is left so: " STR_FMT,
                 STR_ARG(why.n ? why : x.why));
        return;
    }
    find_place(s, &root, &start);
    struct fix *f = fix_begin(c, at, UNSAFE, "Run as " STR_FMT ", not as root" STR_FMT,
                              STR_ARG(x.user), STR_ARG(port_note(s)));
    node_id word = end->written ? node_next(c->tree, end->written, 0, NODE_WORD) : 0;
    if (word && !x.create.n && is_before(s, root, end->written)) {
        fix_replace_code(f, word, x.user);
        return;
    }
    struct str line = str_fmt(c->arena, STR_FMT "%sUSER " STR_FMT, STR_ARG(x.create),
                              x.create.n ? "\n" : "", STR_ARG(x.user));
    if (start && (!end->written || is_before(s, end->written, start)))
        fix_line_before(f, start, line);
    else
        fix_line_after(f, stage->last, line);
}

/* The user is a name: only a number tells a cluster that it is not root. */
static void end_named(const struct state *s, const struct user *end)
{
    struct fix_ctx *c = s->c;
    node_id word = end->written ? node_next(c->tree, end->written, 0, NODE_WORD) : 0;
    struct str plain, number = numbered(s, end->value);

    if (!word || stage_of(s)->windows || is_number(user_part(end->value)))
        return;
    if (!number.n || !node_value(c->tree, word, c->arena, &plain)) {
        fix_hint(c, end->written,
                 "The user " STR_FMT " is a name, which Kubernetes' runAsNonRoot cannot check: "
                 "write its number",
                 STR_ARG(end->value));
        return;
    }
    struct fix *f =
        fix_begin(c, end->written, UNSAFE, "Write the user " STR_FMT " as its number " STR_FMT,
                  STR_ARG(end->value), STR_ARG(number));
    fix_replace(f, word, number);
}

static void end_unknown(const struct state *s, const struct user *end)
{
    const struct stage *stage = stage_of(s);
    struct fix_ctx *c = s->c;

    if (stage->windows)
        fix_skip(c, stage->from,
                 "The image's user is left as it is: Windows has no numbered users");
    else if (end->written)
        fix_skip(c, end->written, "The user is known only when the image is built");
    else if (stage->base == BASE_UNKNOWN)
        fix_skip(c, stage->from,
                 "Which user the image runs as is not known: its base is given "
                 "only when it is built");
    else
        fix_skip(c, stage->from,
                 "Which user the image runs as is not known: its base, " STR_FMT
                 ", is not in the tables, and its registry told nothing",
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
    struct str policy = fix_option(c, "user"), user = u->text;
    struct section done = *x;

    *x = (struct section){0};
    if (!done.first || stage_of(s)->windows)
        return;
    if (u->from_base && is_user_value(policy))
        user = policy;
    else if (u->from_base && numbered(s, u->value).n)
        user = numbered(s, u->value);
    if (u->from_base && !is_plain_user(user)) {
        fix_skip(c, done.first,
                 "This %s, which needs root, and the base's user has a name that "
                 "cannot be written back",
                 done.why);
        return;
    }
    struct fix *f =
        fix_begin(c, done.first, UNSAFE, "Become root for what %s, and " STR_FMT " again after it",
                  done.why, STR_ARG(user));
    fix_line_before(f, done.first, S("USER 0"));
    if (!switched)
        fix_line_after(f, done.last, str_fmt(c->arena, "USER " STR_FMT, STR_ARG(user)));
}

/* The stage's instructions in order, and who runs them. */
static struct user walk(struct state *s)
{
    struct fix_ctx *c = s->c;
    const struct tree *t = c->tree;
    const struct stage *stage = stage_of(s);
    struct user u = base_user(s, stage);
    struct section section = {0};

    s->last = u.who == WHO_USER ? u : (struct user){0};
    for (node_id n = stage->from; n != stage->last;) {
        n = node_sibling(t, n);
        enum instruction op =
            t->node[n].kind == NODE_INSTRUCTION ? node_instruction(t, n) : INST_RUN;
        if (op == INST_USER) {
            close_section(s, &section, &u, true);
            u = written_user(s, n);
            if (u.who == WHO_USER)
                s->last = u;
        } else if (op == INST_RUN || op == INST_WORKDIR) {
            const char *why = u.who == WHO_USER && t->node[n].kind == NODE_INSTRUCTION
                                  ? image_needs_root(c->image, c->arena, n)
                                  : NULL;
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

static void run(struct fix_ctx *c)
{
    struct state s = {.c = c, .end = arena_new(c->arena, struct user, c->image->nstage + 1)};

    s.account = image_accounts(c->image, c->arena, &s.naccount);
    for (s.index = 0; s.index < c->image->nstage; s.index++) {
        struct user *end = &s.end[s.index];
        *end = walk(&s);
        if (!must_end_unprivileged(&s))
            continue;
        switch (end->who) {
        case WHO_ROOT:
            end_root(&s, end);
            break;
        case WHO_USER:
            end_named(&s, end);
            break;
        case WHO_UNKNOWN:
            end_unknown(&s, end);
            break;
        }
    }
}

const struct fixer fixer_user_switch = {
    .id = "user-switch",
    .aliases = "DL3002 DL3066",
    .title = "Run as a user that is not root",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .options = options,
    .run = run,
};
