/* What cannot be done by anyone but root: in a build, and by what an image starts. */
#include "dfix/user.h"
#include "values.h"

#include <string.h>

struct program {
    const char *name, *why;
};
static const struct program programs[] = {
    {"apt", "installs packages"},
    {"apt-get", "installs packages"},
    {"aptitude", "installs packages"},
    {"apk", "installs packages"},
    {"dpkg", "installs packages"},
    {"yum", "installs packages"},
    {"dnf", "installs packages"},
    {"microdnf", "installs packages"},
    {"tdnf", "installs packages"},
    {"zypper", "installs packages"},
    {"pacman", "installs packages"},
    {"emerge", "installs packages"},
    {"docker-php-ext-install", "installs PHP extensions"},
    {"docker-php-ext-enable", "enables PHP extensions"},
    {"useradd", "makes accounts"},
    {"adduser", "makes accounts"},
    {"groupadd", "makes accounts"},
    {"addgroup", "makes accounts"},
    {"usermod", "changes accounts"},
    {"groupmod", "changes accounts"},
    {"userdel", "changes accounts"},
    {"deluser", "changes accounts"},
    {"chpasswd", "changes accounts"},
    {"chown", "changes owners"},
    {"chgrp", "changes owners"},
    {"setcap", "gives capabilities"},
    {"update-ca-certificates", "changes system files"},
    {"update-alternatives", "changes system files"},
    {"update-rc.d", "changes system files"},
    {"ldconfig", "changes system files"},
    {"locale-gen", "changes system files"},
    {"dpkg-reconfigure", "changes system files"},
    {"a2enmod", "changes system files"},
    {"a2ensite", "changes system files"},
    {"a2dismod", "changes system files"},
    {"a2dissite", "changes system files"},
};

/* Only root writes here, in any image; /usr/share, /usr/src and /opt are left out, as
 * applications own parts of them. */
static const char *const system_paths[] = {
    "/etc/",
    "/bin/",
    "/sbin/",
    "/lib/",
    "/lib64/",
    "/boot/",
    "/usr/bin/",
    "/usr/sbin/",
    "/usr/lib/",
    "/usr/local/bin/",
    "/usr/local/sbin/",
    "/usr/local/lib/",
    "/usr/share/keyrings/",
    "/usr/local/share/ca-certificates/",
};
/* They write to the paths that they are given, or to the last of them. */
static const char *const writers[] = {"mkdir", "touch", "rm", "tee", "mv", "rmdir"};
static const char *const writers_to_last[] = {"cp", "ln", "install"};

static struct str base_name(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');
    return slash == STR_NONE ? path : str_from(path, (size_t)slash + 1);
}

static bool is_one_of(struct str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(name, str_of(list[i])))
            return true;
    return false;
}

static bool is_system_path(struct str path)
{
    for (size_t i = 0; i < sizeof system_paths / sizeof system_paths[0]; i++)
        if (str_starts(path, str_of(system_paths[i])))
            return true;
    return false;
}

static const char *why_program(struct str name)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (str_eq(name, str_of(programs[i].name)))
            return programs[i].why;
    return NULL;
}

/* Programs that the text of `sh -c` starts, by its words: those at its beginning and behind what
 * ends a command. */
static const char *why_text(struct str text)
{
    bool first = true;

    for (size_t i = 0; i < text.n;) {
        size_t start = i;
        while (i < text.n && !memchr(" \t\r\n;&|()\\'\"", text.p[i], 13))
            i++;
        struct str word = str_sub(text, start, i);
        const char *why = first && word.n ? why_program(base_name(word)) : NULL;
        if (why)
            return why;
        if (word.n)
            first = str_chr(word, '=') != STR_NONE || str_eq(word, S("then")) ||
                    str_eq(word, S("do")) || str_eq(word, S("else"));
        if (i < text.n)
            first |= memchr("\n;&|(", text.p[i++], 6) != NULL;
    }
    return NULL;
}

static struct str script_text(const struct field *f, size_t n)
{
    bool bash;
    size_t i = script_field(f, n, &bash);
    return i ? f[i].value.text : S("");
}

static const char *why_words(const struct field *f, size_t n)
{
    if (!n || f[0].value.certainty != VALUE_KNOWN)
        return NULL;
    struct str name = base_name(f[0].value.text);
    if (str_eq(name, S("sudo")))
        return NULL;
    const char *why = why_program(name);
    if (!why)
        why = why_text(script_text(f, n));
    if (why)
        return why;
    bool all = is_one_of(name, writers, sizeof writers / sizeof writers[0]);
    bool last =
        is_one_of(name, writers_to_last, sizeof writers_to_last / sizeof writers_to_last[0]);
    for (size_t i = last ? n - 1 : 1; (all || last) && i < n; i++)
        if (f[i].value.certainty == VALUE_KNOWN && is_system_path(f[i].value.text))
            return "writes to a system directory";
    return NULL;
}

/* `> /etc/...`; the shell itself opens it, so sudo before the command does not help. */
static bool writes_to_system(const struct image *im, struct arena *a, node_id redirect)
{
    const struct tree *t = im->tree;
    node_id word = node_next(t, redirect, 0, NODE_WORD);

    switch ((enum redirect)t->node[redirect].op) {
    case REDIR_OUT:
    case REDIR_APPEND:
    case REDIR_CLOBBER:
    case REDIR_BOTH:
    case REDIR_BOTH_APPEND:
        break;
    case REDIR_IN:
    case REDIR_RDWR:
    case REDIR_DUP_IN:
    case REDIR_DUP_OUT:
    case REDIR_HEREDOC:
    case REDIR_HEREDOC_TABS:
    case REDIR_HERESTRING:
        return false;
    }
    if (!word)
        return false;
    struct value v = image_value(im, a, word);
    return v.certainty == VALUE_KNOWN && is_system_path(v.text);
}

static const char *why_exec(const struct image *im, struct arena *a, node_id exec)
{
    const struct tree *t = im->tree;
    VEC(struct field) words = {0};

    for (node_id s = node_next(t, exec, 0, NODE_STRING); s;
         s = node_next(t, exec, s, NODE_STRING)) {
        struct field f = {.word = s};
        if (node_value(t, s, a, &f.value.text))
            f.value.certainty = VALUE_KNOWN;
        vec_push(a, &words, f);
    }
    return why_words(words.v, words.n);
}

const char *image_needs_root(const struct image *im, struct arena *a, node_id instruction)
{
    const struct tree *t = im->tree;

    if (t->node[instruction].op != INST_RUN)
        return NULL;
    for (size_t i = 0; i < im->ninstall; i++) {
        const struct install *in = &im->install[i];
        if (in->instruction == instruction && !(in->wrappers & WRAP_SUDO) && in->verb != VERB_OTHER)
            return "installs packages";
    }
    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        const struct field *f;
        const char *why = NULL;
        if (t->node[n].kind == NODE_COMMAND) {
            size_t count = image_fields(im, a, n, &f);
            why = why_words(f, count);
        } else if (t->node[n].kind == NODE_EXEC) {
            why = why_exec(im, a, n);
        } else if (t->node[n].kind == NODE_REDIRECT && writes_to_system(im, a, n)) {
            why = "writes to a system directory";
        }
        if (why)
            return why;
    }
    return NULL;
}

/* ---- what an image starts ---- */

/* Programs that start as root on purpose. */
static const struct program root_programs[] = {
    {"gosu", "gives up root itself"},
    {"su-exec", "gives up root itself"},
    {"setpriv", "gives up root itself"},
    {"runuser", "gives up root itself"},
    {"su", "gives up root itself"},
    {"chpst", "gives up root itself"},
    {"setuidgid", "gives up root itself"},
    {"s6-setuidgid", "gives up root itself"},
    {"nginx", "gives up root itself"},
    {"httpd", "gives up root itself"},
    {"httpd-foreground", "gives up root itself"},
    {"apache2", "gives up root itself"},
    {"apache2ctl", "gives up root itself"},
    {"apachectl", "gives up root itself"},
    {"apache2-foreground", "gives up root itself"},
    {"sshd", "starts sessions of other users"},
    {"cron", "starts jobs of other users"},
    {"crond", "starts jobs of other users"},
    {"dockerd", "must be root"},
    {"init", "is an init system"},
    {"systemd", "is an init system"},
    {"my_init", "is an init system"},
    {"runsvdir", "is an init system"},
    {"runsvdir-start", "is an init system"},
    {"runit", "is an init system"},
    {"s6-svscan", "is an init system"},
    {"supervisord", "starts programs of other users"},
    {"service", "starts system services"},
    {"systemctl", "starts system services"},
    {"rc-service", "starts system services"},
};

static const struct program *root_program(struct str word)
{
    struct str name = base_name(word);

    for (size_t i = 0; i < sizeof root_programs / sizeof root_programs[0]; i++)
        if (str_eq(name, str_of(root_programs[i].name)))
            return &root_programs[i];
    return NULL;
}

/* Only starts the program that follows it. */
static bool is_starter(struct str word)
{
    struct str name = base_name(word);
    return str_starts(word, S("-")) || str_chr(word, '=') != STR_NONE || str_eq(name, S("tini")) ||
           str_eq(name, S("dumb-init")) || str_eq(name, S("exec")) || str_eq(name, S("env")) ||
           str_eq(name, S("catatonit"));
}

/* A program of a CMD or ENTRYPOINT that wants to be root. */
static const struct program *starts_root_program(const struct tree *t, struct arena *a,
                                                 node_id instruction)
{
    bool first = true;

    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        enum node_kind parent = node_kind(t, t->node[n].parent);
        struct str word;
        if (t->node[n].kind == NODE_COMMAND)
            first = true;
        if (!first || !node_is_word(t, n) || parent == NODE_REDIRECT || parent == NODE_ASSIGN ||
            !node_value(t, n, a, &word))
            continue;
        const struct program *p = root_program(word);
        if (p)
            return p;
        first = is_starter(word);
    }
    return NULL;
}

/* The instruction of the stage, or of those below, that is in force at its end. */
static node_id last_of(const struct image *im, unsigned stage, enum instruction which)
{
    const struct tree *t = im->tree;

    for (;; stage = im->stage[stage].base_stage) {
        node_id found = 0;
        for (node_id n = im->stage[stage].from; n; n = node_sibling(t, n)) {
            if (t->node[n].kind == NODE_INSTRUCTION && t->node[n].op == which)
                found = n;
            if (n == im->stage[stage].last)
                break;
        }
        if (found || im->stage[stage].base != BASE_STAGE)
            return found;
    }
}

/* The same of what the base image's own config starts. */
static const struct program *config_root_program(const struct str *word, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct program *p = root_program(word[i]);
        if (p || !is_starter(word[i]))
            return p;
    }
    return NULL;
}

bool image_stage_mentions(const struct image *im, unsigned stage, struct str what)
{
    const struct tree *t = im->tree;

    for (;; stage = im->stage[stage].base_stage) {
        const struct stage *s = &im->stage[stage];
        struct str text = str_sub(t->text, node_span(t, s->from).start, node_span(t, s->last).end);
        if (str_find(text, what) != STR_NONE)
            return true;
        if (s->base != BASE_STAGE)
            return false;
    }
}

struct str image_starts_as_root(const struct image *im, struct arena *a, unsigned stage)
{
    const struct base_facts *facts = im->stage[stage].facts;
    node_id entrypoint = last_of(im, stage, INST_ENTRYPOINT),
            command = last_of(im, stage, INST_CMD);
    const struct program *p = NULL;

    if (entrypoint)
        p = starts_root_program(im->tree, a, entrypoint);
    else if (facts)
        p = config_root_program(facts->entrypoint, facts->nentrypoint);
    if (!p && command)
        p = starts_root_program(im->tree, a, command);
    else if (!p && facts && !entrypoint)
        p = config_root_program(facts->command, facts->ncommand);
    if (p)
        return str_fmt(a, "%s, which it starts, %s", p->name, p->why);
    if (image_stage_mentions(im, stage, S("gosu")))
        return S("it uses gosu, so its entrypoint gives up root itself");
    if (image_stage_mentions(im, stage, S("su-exec")))
        return S("it uses su-exec, so its entrypoint gives up root itself");
    return S("");
}
