/* containers.c - how compose, or GitHub as an action, runs what the file builds: what is mounted
 * where, and what is asked for that only root can make use of. */
#include "dfix/command.h"
#include "files/files.h"
#include "runtime/start.h"

static bool is_socket(struct str path)
{
    return str_ends(path, S("/docker.sock")) || str_ends(path, S("/podman.sock")) ||
           str_ends(path, S("/containerd.sock"));
}

/* Is it of the home of an account that the image has? */
static bool is_own_home(const struct started *s, struct str path)
{
    struct str name = str_from(path, sizeof "/home/" - 1), first = name;
    struct str spare = s->im->stage[s->stage].known.spare_user;

    str_cut(&name, '/', &first);
    return (first.n && str_eq(first, spare)) ||
           (image_stage_runs(s->im, s->stage, "useradd adduser") &&
            image_stage_says(s->im, s->stage, first));
}

static bool is_file(struct str path)
{
    return str_chr(path_basename(path), '.') > 0;
}

/* A folder that is mounted to be written to, by its name. */
static bool keeps_data(struct str path)
{
    return word_is_one_of(path_basename(path),
                          "backup backups cache data database databases db log logs persist "
                          "state storage store tmp upload uploads");
}

/* Does a path of the host lie in the repository? Docker makes what is not there, as root. */
static bool is_at_hand(const struct started *s, struct str from)
{
    bool folder;
    struct str text;

    while (str_starts(from, S("./")) || str_starts(from, S("../")))
        from = str_from(from, from.p[1] == '/' ? 2 : 3);
    return !from.n || str_eq(from, S(".")) || str_eq(from, S("..")) ||
           build_context_read(image_own(s->im)->context, from, &folder, &text) == ANSWER_FOUND;
}

/* VOLUMEs of the file are given to its user, or speak for themselves. */
static bool is_volume(const struct started *s, struct str path)
{
    const struct folder *v;
    size_t n = image_root_folders(s->im, s->arena, s->stage, &v);

    for (size_t i = 0; i < n; i++)
        if (v[i].volume && str_eq(v[i].path, path))
            return true;
    return false;
}

/* What is wrong with another user there; NULL: nothing. */
static const char *why_mount(const struct started *s, const struct plan_mount *m)
{
    struct str rest, to = path_without_slash(m->to);

    if (is_socket(m->from) || is_socket(to))
        return "a socket that belongs to root";
    if (str_eq(to, S("/root")) || path_is_below(to, S("/root"), &rest))
        return "which only root can reach";
    if (path_is_below(to, S("/home"), &rest) && !is_own_home(s, to))
        return "the home of somebody else";
    if (m->read_only || !to.n || to.p[0] != '/' || path_is_below(to, S("/tmp"), &rest))
        return NULL;
    if (!m->bind)
        return image_gives_away(s->im, s->stage, to) || is_volume(s, to)
                   ? NULL
                   : "a volume that root owns; `chown` it first";
    if (is_file(to))
        return NULL;
    if (!is_at_hand(s, m->from))
        return "a folder of the host that Docker makes as root";
    return keeps_data(to) ? "a folder of the host that another user may not write to" : NULL;
}

static struct str why_mounts(const struct started *s, const struct plan *p)
{
    for (size_t i = 0; i < p->nmount; i++) {
        const char *why = why_mount(s, &p->mount[i]);
        if (why)
            return str_fmt(s->arena, STR_FMT " mounts " STR_FMT ", %s", STR_ARG(p->file),
                           STR_ARG(p->mount[i].to), why);
    }
    return S("");
}

static struct str why_plan(const struct started *s, const struct plan *p)
{
    if (p->action)
        return str_fmt(s->arena,
                       STR_FMT " makes it an action, and GitHub's workspace is not open to other "
                               "users than root",
                       STR_ARG(p->file));
    if (p->user.n && user_is_root(p->user))
        return str_fmt(s->arena, STR_FMT " runs it as root: `user: " STR_FMT "`", STR_ARG(p->file),
                       STR_ARG(p->user));
    if (p->as_root)
        return str_fmt(s->arena,
                       STR_FMT " runs it with `%s`, which other users can make little use of",
                       STR_ARG(p->file), p->as_root);
    return why_mounts(s, p);
}

/* ---- `docker run` in a label ---- */

/* A port of the container that is one of the host's own: 53 of 53:53/udp. */
static bool is_hosts_port(struct str published)
{
    struct str port = str_from(published, (size_t)(str_rchr(published, ':') + 1));
    ptrdiff_t slash = str_chr(port, '/');

    return port_is_hosts(slash == STR_NONE ? port : str_sub(port, 0, (size_t)slash));
}

/* What a line of `docker run` asks for that only root makes use of; "" nothing. */
static struct str wish_of_line(struct str line)
{
    static const char *const wishes[] = {"--privileged", "--cap-add",      "--device",
                                         "--net=host",   "--network=host", "--pid=host"};
    struct str word, before = S("");

    for (; word_next(&line, &word); before = word) {
        for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++)
            if (str_starts(word, str_of(wishes[i])))
                return word;
        bool host = word_is_one_of(before, "--net --network --pid") && str_eq(word, S("host"));
        bool port = word_is_one_of(before, "-p --publish") && is_hosts_port(word);
        if (host || port || str_find(word, S("docker.sock")) != STR_NONE)
            return word;
    }
    return S("");
}

static bool is_of_run(struct str label)
{
    return str_find(label, S("docker.cmd")) != STR_NONE || str_ieq(label, S("run"));
}

static struct str why_label(const struct started *s)
{
    const struct tree *t = s->im->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        bool label = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_LABEL &&
                     started_is_on(s, image_stage_of(s->im, n));
        for (node_id p = 0; label && (p = node_next(t, n, p, NODE_PAIR));) {
            node_id name = node_first(t, p), value = node_next(t, p, 0, NODE_WORD);
            if (!value || !is_of_run(node_text(t, name)))
                continue;
            struct str wish = wish_of_line(image_value(s->im, s->arena, value).text);
            if (wish.n)
                return str_fmt(s->arena, "its label " STR_FMT " runs it with `" STR_FMT "`",
                               STR_ARG(node_text(t, name)), STR_ARG(wish));
        }
    }
    return S("");
}

/* Does it run what the file is, under a name that its labels or its folder give it? */
static bool runs_named(const struct started *s, const struct plan *p)
{
    bool named = false;

    for (size_t i = 0; i < p->nimage && !p->builds && !named; i++)
        named = image_is_called(s->im, p->image[i]);
    return named;
}

struct str started_container(const struct started *s)
{
    const struct beside *b = image_beside(s->im);
    struct str name = s->im->stage[s->stage].name, why = why_label(s);
    bool last = s->stage + 1 == s->im->nstage;

    for (size_t i = 0; i < b->nplan && !why.n; i++) {
        const struct plan *p = &b->plan[i];
        bool stage = p->target.n ? str_ieq(p->target, name) : last || !p->builds;
        if (p->runs && stage && (plan_is_of(s->im, p) || runs_named(s, p)))
            why = why_plan(s, p);
    }
    return why;
}
