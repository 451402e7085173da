/* Finds logins in docker's config.json and the containers tools' auth.json. */
#include "registry/credentials.h"
#include "dfix/coding.h"
#include "dfix/url.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "registry/helper.h"
#include "host/json.h"
#include "registry/memory.h"

enum { FILE_MAX = 4 * 1024 * 1024, HELPER_NAME_MAX = 64 };

static const char hub_key[] = "https://index.docker.io/v1/";

/* ---- names ---- */

/* An entry's key, as a host or a host with a path: docker writes URLs for some. */
static struct str plain_key(struct str key)
{
    /* "https://host/v1/": the path is the API's, not a repository's */
    return url_is_http(key) ? url_cut(key).host : key;
}

static bool is_hub(struct str host)
{
    return str_eq(host, S("docker.io")) || str_eq(host, S("index.docker.io")) ||
           str_eq(host, S("registry-1.docker.io"));
}

static struct str host_of(struct str name)
{
    ptrdiff_t slash = str_chr(name, '/');
    return slash == STR_NONE ? name : str_sub(name, 0, (size_t)slash);
}

/* Does the key stand for the repository: its host, or it and some of its path? */
static bool key_covers(struct str key, struct str repository)
{
    key = plain_key(key);
    struct str host = host_of(key), wanted = host_of(repository);
    if (!str_ieq(host, wanted) && !(is_hub(host) && is_hub(wanted)))
        return false;
    key = str_from(key, host.n);
    repository = str_from(repository, wanted.n);
    return str_starts(repository, key) && (repository.n == key.n || repository.p[key.n] == '/');
}

bool helper_name_valid(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (i == 0 || (c != '-' && c != '_' && c != '.')))
            return false;
    }
    return name.n > 0 && name.n <= HELPER_NAME_MAX;
}

/* ---- one file ---- */

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
            return true;
    return false;
}

static bool login_of_entry(struct arena *a, const json_t *entry, struct login *out)
{
    struct str auth;
    *out = (struct login){json_text(a, entry, "username"), json_text(a, entry, "password"),
                          json_text(a, entry, "identitytoken")};
    if (base64_decode(a, json_text(a, entry, "auth"), &auth) && auth.n) {
        struct str user;
        str_cut(&auth, ':', &user);
        *out = (struct login){user, auth, out->identity};
    }
    if (has_control(out->user) || has_control(out->password) || has_control(out->identity))
        return false;
    return (out->user.n && out->password.n) || out->identity.n;
}

bool login_parse(struct arena *a, struct str json, struct str repository, struct login *out,
                 struct str *helper)
{
    json_t *j = json_object_of(json), *value;
    bool found = false;
    const char *key;
    size_t longest = 0;
    *helper = json_text(a, j, "credsStore");
    json_object_foreach(json_object_get(j, "credHelpers"), key, value)
    {
        if (key_covers(str_of(key), repository) && plain_key(str_of(key)).n >= longest) {
            *helper = json_text_of(a, value);
            longest = plain_key(str_of(key)).n;
        }
    }
    longest = 0;
    json_object_foreach(json_object_get(j, "auths"), key, value)
    {
        struct login login;
        if (key_covers(str_of(key), repository) && plain_key(str_of(key)).n >= longest &&
            login_of_entry(a, value, &login)) {
            *out = login;
            found = true;
            longest = plain_key(str_of(key)).n;
        }
    }
    json_decref(j);
    return found;
}

bool login_of_helper(struct arena *a, struct str json, struct login *out)
{
    json_t *j = json_object_of(json);
    struct str user = json_text(a, j, "Username"), secret = json_text(a, j, "Secret");
    json_decref(j);
    if (!user.n || !secret.n || has_control(user) || has_control(secret))
        return false;
    struct str none = S("");
    *out = str_eq(user, S("<token>")) ? (struct login){none, none, secret}
                                      : (struct login){user, secret, none};
    return true;
}

/* ---- all of them ---- */

static bool run_helper(struct arena *a, const char *program, struct str registry, struct login *out,
                       struct err *e)
{
    struct str answer;
    if (!helper_run(a, program, registry, &answer, e))
        return false;
    if (!answer.n)
        return false; /* it has none for this registry */
    return login_of_helper(a, answer, out) || err_set(e, "%s did not answer with a login", program);
}

static bool ask_helper(struct credentials *c, struct str name, struct str repository,
                       struct login *out, struct err *e)
{
    struct str registry = host_of(repository);
    if (!helper_name_valid(name))
        return err_set(
            e, "docker's config names a credential helper '" STR_FMT "', which is not a valid name",
            STR_ARG(name));
    struct str program = str_fmt(c->arena, "docker-credential-" STR_FMT, STR_ARG(name));
    if (is_hub(registry))
        registry = str_of(hub_key);
    struct helper_answer *h = c->helper;
    while (h && !(str_eq(h->program, program) && str_eq(h->registry, registry)))
        h = h->next;
    if (!h) {
        h = arena_new(c->arena, struct helper_answer, 1);
        *h = (struct helper_answer){
            .next = c->helper, .program = program, .registry = str_dup(c->arena, registry)};
        h->found = run_helper(c->arena, program.p, registry, &h->login, e);
        c->helper = h;
    }
    if (h->found)
        *out = h->login;
    return h->found;
}

static bool look_in(struct credentials *c, struct str path, struct str repository,
                    struct login *out, struct err *e)
{
    struct arena *a = c->arena;
    struct str text, helper;
    struct err unread;
    struct login plain;
    if (!path.n || access(str_cstr(a, path), R_OK) != 0)
        return false;
    if (!file_read(a, str_cstr(a, path), FILE_MAX, &text, &unread)) {
        *e = unread;
        return false;
    }
    /* As docker does: what a helper does not have may still stand in the file. */
    bool found = login_parse(a, text, repository, &plain, &helper);
    if (helper.n && ask_helper(c, helper, repository, out, e))
        return true;
    if (found)
        *out = plain;
    return found;
}

static struct str below(struct arena *a, const char *folder, const char *rest)
{
    return folder && folder[0] == '/' ? str_fmt(a, "%s/%s", folder, rest) : S("");
}

bool credentials_find(struct credentials *c, struct str repository, struct login *out,
                      struct err *e)
{
    struct arena *a = c->arena;
    const char *home = getenv("HOME"), *docker = getenv("DOCKER_CONFIG");
    const char *xdg = getenv("XDG_CONFIG_HOME"), *named = getenv("REGISTRY_AUTH_FILE");
    const struct str path[] = {
        str_of(named),
        below(a, getenv("XDG_RUNTIME_DIR"), "containers/auth.json"),
        xdg ? below(a, xdg, "containers/auth.json")
            : below(a, home, ".config/containers/auth.json"),
        docker ? str_fmt(a, "%s/config.json", docker) : below(a, home, ".docker/config.json"),
    };
    e->text[0] = 0;
    for (size_t i = 0; i < sizeof path / sizeof path[0]; i++)
        if (look_in(c, path[i], repository, out, e))
            return true;
    return false;
}
