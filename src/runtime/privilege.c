/* What cannot be done by anyone but root. */
#include "dfix/command.h"
#include "dfix/user.h"
#include "runtime/runtime.h"

struct needs_root {
    const char *name, *why;
};
static const struct needs_root programs[] = {
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
    {"rpm", "installs packages"},
    {"install_packages", "installs packages"},
    {"apt-key", "adds package sources"},
    {"add-apt-repository", "adds package sources"},
    {"yum-config-manager", "adds package sources"},
    {"install-php-extensions", "installs PHP extensions"},
    {"docker-php-ext-install", "installs PHP extensions"},
    {"docker-php-ext-enable", "enables PHP extensions"},
    {"useradd", "creates accounts"},
    {"adduser", "creates accounts"},
    {"groupadd", "creates accounts"},
    {"addgroup", "creates accounts"},
    {"usermod", "changes accounts"},
    {"groupmod", "changes accounts"},
    {"userdel", "changes accounts"},
    {"deluser", "changes accounts"},
    {"chpasswd", "changes accounts"},
    {"gpasswd", "changes accounts"},
    {"passwd", "changes accounts"},
    {"chown", "changes owners"},
    {"chgrp", "changes owners"},
    {"setcap", "gives capabilities"},
    {"update-ca-certificates", "changes system files"},
    {"update-alternatives", "changes system files"},
    {"update-rc.d", "changes system files"},
    {"ldconfig", "changes system files"},
    {"locale-gen", "changes system files"},
    {"dpkg-reconfigure", "changes system files"},
    {"dpkg-divert", "changes system files"},
    {"debconf-set-selections", "changes system files"},
    {"a2enmod", "changes system files"},
    {"a2ensite", "changes system files"},
    {"a2dismod", "changes system files"},
    {"a2dissite", "changes system files"},
};

/* Of these only some uses need root: with one of these words, of which options stand for what they
 * begin with. */
static const struct {
    const char *names, *words;
} some_uses[] = {
    {"apt apt-get aptitude",
     "install update upgrade dist-upgrade full-upgrade safe-upgrade remove purge autoremove "
     "autopurge clean autoclean build-dep reinstall hold unhold markauto edit-sources"},
    {"apk", "add del fix upgrade update cache"},
    {"dpkg", "-i --install -r --remove -P --purge --configure --unpack --add-architecture "
             "--remove-architecture --set-selections --clear-avail --force"},
    {"rpm", "-i -U -F -e -v --install --upgrade --freshen --erase --import --rebuilddb"},
    {"yum dnf microdnf tdnf",
     "install localinstall groupinstall group module update upgrade remove erase clean makecache "
     "reinstall swap distro-sync autoremove config-manager copr builddep downgrade mark"},
    {"zypper", "in install ref refresh up update dup rm remove ar addrepo rr patch clean mr"},
    {"pacman", "-S -U -R -D --sync --upgrade --remove"},
};

/* Does this use of the program only ask for something? */
static bool only_asks(struct str name, const struct field *f, size_t n)
{
    const char *words = NULL;

    for (size_t i = 0; i < sizeof some_uses / sizeof some_uses[0] && !words; i++)
        if (word_is_one_of(name, some_uses[i].names))
            words = some_uses[i].words;
    if (str_eq(name, S("ldconfig")))
        return n == 2 && word_is_one_of(f[1].value.text, "-p --print-cache");
    if (!words)
        return false;
    for (size_t i = 1; i < n; i++) {
        struct str rest = str_of(words), word;
        if (f[i].value.certainty != VALUE_KNOWN)
            return false;
        while (str_cut(&rest, ' ', &word))
            if (str_eq(f[i].value.text, word) ||
                (word.p[0] == '-' && str_starts(f[i].value.text, word)))
                return false;
    }
    return true;
}

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
/* What the options are called that say where they write to. */
static const char *const options_for_paths[PROGRAMS][2] = {
    [PROGRAM_CP] = {"target-directory"},
    [PROGRAM_CURL] = {"output", "output-dir"},
    [PROGRAM_INSTALL] = {"target-directory"},
    [PROGRAM_LN] = {"target-directory"},
    [PROGRAM_MV] = {"target-directory"},
    [PROGRAM_TAR] = {"directory"},
    [PROGRAM_UNZIP] = {"d"},
    [PROGRAM_WGET] = {"output-document", "directory-prefix"},
};

bool is_system_path(struct str path)
{
    for (size_t i = 0; i < sizeof system_paths / sizeof system_paths[0]; i++)
        if (str_starts(path, str_of(system_paths[i])))
            return true;
    return false;
}

/* Where an archive is unpacked to. */
static bool is_system_folder(struct arena *a, struct str path)
{
    return str_eq(path, S("/")) || str_eq(path, S("/usr")) || str_eq(path, S("/usr/local")) ||
           is_system_path(path) || is_system_path(str_fmt(a, STR_FMT "/", STR_ARG(path)));
}

static const char *why_program(struct str name)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (str_eq(name, str_of(programs[i].name)))
            return programs[i].why;
    return NULL;
}

static bool writes_by_option(struct arena *a, const struct command *c, const char *name)
{
    for (const struct command_option *o = NULL; name && (o = command_option(c, name, o));)
        if (o->has_value && o->value.value.certainty == VALUE_KNOWN &&
            is_system_folder(a, o->value.value.text))
            return true;
    return false;
}

/* Does it write to a folder of the system, as far as its words tell? */
static bool writes_to_system_by_words(struct arena *a, const struct command *c)
{
    const char *const *option = options_for_paths[c->program];
    const struct field *const *path;
    size_t n = command_written(c, &path);

    for (size_t i = 0; i < n; i++)
        if (path[i]->value.certainty == VALUE_KNOWN && is_system_path(path[i]->value.text))
            return true;
    return writes_by_option(a, c, option[0]) || writes_by_option(a, c, option[1]);
}

const char *command_needs_root(struct arena *a, const struct command *c)
{
    const struct field *f;
    struct str name = c->name;

    if (!name.n || (c->wrappers & WRAP_SUDO))
        return NULL;
    size_t n = command_args(c, &f);
    const char *why = only_asks(name, f, n) ? NULL : why_program(name);
    if (why)
        return why;
    return writes_to_system_by_words(a, c) ? "writes to a system directory" : NULL;
}

/* `npm install -g`: to /usr/local, when nothing has moved that. */
static bool installs_globally(const struct image *im, const struct field *f, size_t n,
                              unsigned stage)
{
    bool global = false, install = false;

    if (stage >= im->nstage || !n || f[0].value.certainty != VALUE_KNOWN ||
        !word_is_one_of(f[0].value.text, "npm corepack") ||
        !str_eq(im->stage[stage].known.spare_user, S("node")))
        return false;
    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        global |= word_is_one_of(word, "-g --global --location=global enable");
        install |= word_is_one_of(word, "install i add update uninstall link enable");
    }
    return global && install && !image_stage_says(im, stage, S("prefix")) &&
           !image_stage_says(im, stage, S("PREFIX"));
}

node_id redirect_writes(const struct tree *t, node_id redirect)
{
    if (node_kind(t, redirect) != NODE_REDIRECT)
        return 0;
    switch ((enum redirect)t->node[redirect].op) {
    case REDIR_OUT:
    case REDIR_APPEND:
    case REDIR_CLOBBER:
    case REDIR_BOTH:
    case REDIR_BOTH_APPEND:
        return node_next(t, redirect, 0, NODE_WORD);
    case REDIR_IN:
    case REDIR_RDWR:
    case REDIR_DUP_IN:
    case REDIR_DUP_OUT:
    case REDIR_HEREDOC:
    case REDIR_HEREDOC_TABS:
    case REDIR_HERESTRING:
        break;
    }
    return 0;
}

struct str redirect_output(const struct scope *sc, struct arena *a, node_id redirect)
{
    node_id word = redirect_writes(sc->tree, redirect);

    if (!word)
        return S("");
    struct value v = scope_value(sc, a, word);
    return v.certainty == VALUE_KNOWN ? v.text : S("");
}

/* `> /etc/...`; the shell itself opens it, so sudo before the command does not help. */
static bool writes_to_system(const struct scope *sc, struct arena *a, node_id redirect)
{
    return is_system_path(redirect_output(sc, a, redirect));
}

static bool shell_writes_to_system(struct arena *a, const struct command *c)
{
    for (node_id r = 0; (r = node_next(c->scope->tree, c->node, r, NODE_REDIRECT));)
        if (!(c->wrappers & WRAP_SUDO) && writes_to_system(c->scope, a, r))
            return true;
    return false;
}

/* A command of the file, and those of texts that it hands on. */
static const char *why_command(const struct image *im, struct arena *a, const struct command *c)
{
    const struct field *f;
    const char *why = command_needs_root(a, c);

    size_t n = command_args(c, &f);

    if (!why && installs_globally(im, f, n, c->stage))
        why = "installs programs for all";
    if (!why && c->within && shell_writes_to_system(a, c))
        why = "writes to a system directory";
    return why;
}

const char *image_needs_root(const struct image *im, struct arena *a, node_id instruction)
{
    const struct tree *t = im->tree;
    const char *why = NULL;

    for (const struct install *in = NULL; (in = install_of_instruction(im, instruction, in));)
        if (!(in->wrappers & WRAP_SUDO) && in->verb != VERB_OTHER)
            return "installs packages";
    for (node_id n = instruction + 1; n < t->node[instruction].after && !why; n++) {
        struct command_list all = commands_at(im, n);
        for (size_t i = 0; i < all.n && !why; i++)
            why = why_command(im, a, &all.v[i]);
        if (node_kind(t, n) == NODE_REDIRECT && writes_to_system(&im->scope, a, n))
            why = "writes to a system directory";
    }
    return why;
}

/* `npm install -g` into a folder that nobody has given away. */
static bool surely_installs(const struct image *im, const struct field *f, size_t n, unsigned stage)
{
    return installs_globally(im, f, n, stage) &&
           !image_gives_away(im, stage, S("/usr/local/lib/node_modules"));
}

/* Programs that fail for every other user, whatever the image holds. */
bool image_surely_needs_root(const struct image *im, node_id instruction)
{
    struct command_list all = commands_of_instruction(im, instruction);

    for (size_t i = 0; i < all.n; i++) {
        const struct command *c = &all.v[i];
        const struct field *f;
        if ((c->wrappers & WRAP_SUDO) || command_may_not_run(c) || command_may_fail(c))
            continue;
        size_t n = command_args(c, &f);
        if (word_is_one_of(c->name, "apt apt-get apk yum dnf microdnf useradd groupadd adduser "
                                    "addgroup userdel deluser groupdel usermod") &&
            !only_asks(c->name, f, n))
            return true;
        if (surely_installs(im, f, n, c->stage))
            return true;
    }
    return false;
}
