/* Programs that are no services, by what the file around them says: a command whose arguments are
 * given when it is run, a desktop program, an image that people develop in. */
#include "dfix/command.h"
#include "runtime/start.h"

static bool is_known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

bool names_service(struct arena *a, struct str name)
{
    static const char *const services[] = {
        "app",      "main",      "server", "serve",   "service",    "api",
        "web",      "bot",       "worker", "daemon",  "run",        "start",
        "wsgi",     "asgi",      "index",  "manage",  "agent",      "exporter",
        "monitor",  "watch",     "listen", "proxy",   "gateway",    "consumer",
        "producer", "scheduler", "celery", "handler", "controller", "operator"};
    struct str lower = str_lower(a, path_basename(name));

    for (size_t k = 0; k < sizeof services / sizeof services[0]; k++)
        if (str_find(lower, str_of(services[k])) != STR_NONE)
            return true;
    return false;
}

bool started_exposes(const struct started *s)
{
    return image_stage_has(s->im, s->stage, INST_EXPOSE) ||
           image_stage_has(s->im, s->stage, INST_HEALTHCHECK) ||
           image_stage_has(s->im, s->stage, INST_VOLUME);
}

/* Does the file put the program there, rather than a package or a download? */
static bool is_copied(const struct started *s, struct str name)
{
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);

    for (size_t i = 0; i < n; i++) {
        const struct deed *d = &deed[i];
        if (d->node != d->instruction || d->kind == DEED_FOLDER || d->kind == DEED_FETCH)
            continue;
        if (!place_is_said(&d->from) || !place_is_said(&d->to) ||
            str_eq(path_basename(d->from.path), name) || str_eq(path_basename(d->to.path), name))
            return true;
    }
    return false;
}

static bool is_same(struct str package, struct str of)
{
    return str_eq(package, of);
}

/* Is the program a package that the file installs: apk add jq, pip install httpie==3.2? */
static bool is_package(const struct started *s, struct str name)
{
    return started_package(s,
                           "pip pip2 pip3 pipx npm yarn pnpm gem cargo easy_install yum dnf "
                           "microdnf zypper pacman",
                           is_same, name)
               .n > 0;
}

/* The only word of a CMD or ENTRYPOINT; false: it has several, or none. */
static bool only_word(const struct started *s, node_id instruction, struct str *out)
{
    struct command_list all = commands_of_instruction(s->im, instruction);
    const struct field *f;
    size_t n = all.n == 1 ? command_args(all.v, &f) : 0;

    if (n != 1 || !is_known(f) || command_starts_another(all.v) || root_program(s->arena, all).n)
        return false;
    *out = f->value.text;
    return true;
}

static bool has_words(const struct started *s, node_id instruction)
{
    const struct tree *t = s->im->tree;
    node_id exec = instruction ? node_next(t, instruction, 0, NODE_EXEC) : 0;

    return instruction && (!exec || node_next(t, exec, 0, NODE_STRING));
}

/* Does ADD take more than what it downloads? */
static bool adds_own(const struct started *s)
{
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);

    for (size_t i = 0; i < n; i++)
        if (deed[i].node == deed[i].instruction && deed[i].kind == DEED_COPY &&
            node_instruction(s->im->tree, deed[i].instruction) == INST_ADD)
            return true;
    return false;
}

/* Nothing in the image is its author's own, nor has its author thought of a user. */
static bool wraps_others_work(const struct started *s)
{
    return !image_stage_runs(s->im, s->stage, "useradd adduser chown addgroup groupadd") &&
           !image_stage_has(s->im, s->stage, INST_COPY) && !adds_own(s) &&
           !image_stage_has(s->im, s->stage, INST_USER);
}

/* They do nothing but tell how they are used when they are given no word. */
static const char want_words[] =
    "consul serf vault nomad boundary waypoint packer terraform kubectl helm etcdctl ipfs geth "
    "rclone restic minio mc tusd traefik-certs-dumper step step-ca cloudflared ngrok frpc chisel "
    "drone-cli fly flyctl argocd velero kustomize skaffold";

/* EXPOSE or HEALTHCHECK: something answers there. A VOLUME may as well be what a tool works on. */
static bool listens(const struct started *s)
{
    return image_stage_has(s->im, s->stage, INST_EXPOSE) ||
           image_stage_has(s->im, s->stage, INST_HEALTHCHECK);
}

/* One word, and nothing that listens, is a command: its arguments, and the files that it works on,
 * are given when it is run. So is what is built and copied, when its name is none of a service. */
static bool is_command(const struct started *s, struct str *program)
{
    node_id first = s->entrypoint ? s->entrypoint : s->command;
    struct str word;

    if (!first || (s->entrypoint && has_words(s, s->command)) || !only_word(s, first, &word))
        return false;
    *program = path_basename(word);
    if (word_is_one_of(*program, want_words))
        return true;
    if (started_exposes(s))
        return false;
    bool installed = str_chr(word, '/') == STR_NONE || str_starts(word, S("/usr/bin/")) ||
                     str_starts(word, S("/usr/local/bin/")) || str_starts(word, S("/bin/"));
    if (!s->entrypoint)
        return installed && (is_package(s, *program) || wraps_others_work(s));
    return installed && !(is_copied(s, *program) && names_service(s->arena, *program));
}

static bool is_drawn_with(struct str package, struct str of)
{
    return globs_fit(of, package);
}

/* Libraries that draw on a screen. Servers that drive a browser have some of them, too; there an
 * interpreter is what starts. */
static bool draws(const struct started *s)
{
    static const char globs[] =
        "libcanberra-gtk* hicolor-icon-theme qml-module-* xauth x11-* dbus-x11 "
        "libgtk* gtk+* gtk2* gtk3* mesa-dri-* libqt5widgets* qt5-* kde-* "
        "python-qt* python3-pyqt* python-wxgtk* python3-wxgtk* gnome-* xfce4* lxde* firefox* "
        "chromium* qt5* sdl sdl2 sdl_* sdl2_* libsdl* SDL SDL2 i3lock scrot xkeyboard-config "
        "xterm* xorg-server*";
    static const char interpreters[] =
        "node npm yarn python python3 java ruby php dotnet deno bun go "
        "perl bundle gunicorn uvicorn";
    struct str word;

    if (!started_program(s, &word) || word_is_one_of(path_basename(word), interpreters) ||
        image_stage_has(s->im, s->stage, INST_EXPOSE))
        return false;
    return started_package(s, "yum dnf microdnf zypper pacman", is_drawn_with, str_of(globs)).n > 0;
}

/* By its name the stage is one to develop or test in; or it makes the user of an editor's. */
static bool is_workshop(const struct started *s)
{
    static const char names[] =
        "dev development develop devel dev-env dev-envs devenv devcontainer "
        "test tests testing ci lint debug debugger local workspace vscode";
    static const char *const accounts[] = {" vscode", " gitpod", " codespace", " coder"};
    struct str name = s->im->stage[s->stage].name;

    if (name.n && word_is_one_of(name, names))
        return true;
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++)
        if (image_stage_says(s->im, s->stage, str_of(accounts[i])) &&
            image_stage_runs(s->im, s->stage, "useradd adduser"))
            return true;
    return false;
}

bool started_tool(const struct started *s, struct str *program)
{
    return is_command(s, program) || draws(s) || is_workshop(s) ||
           (!listens(s) && started_by_hand(s, program));
}
