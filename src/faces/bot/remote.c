/* remote.c - where a repository is, by its URL. */
#include "dfix/url.h"
#include "faces/bot/bot.h"
#include "host/files.h"

static bool has_blanks(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 127)
            return true;
    return false;
}

/* "git@host:owner/name", as ssh(1) is told. */
static bool is_scp(struct str text)
{
    ptrdiff_t colon = str_chr(text, ':'), slash = str_chr(text, '/');

    return str_find(text, S("://")) == STR_NONE && colon > 0 &&
           (slash == STR_NONE || slash > colon);
}

static bool path_is_sound(struct str path)
{
    struct str part;

    if (!path.n)
        return false;
    while (str_cut(&path, '/', &part))
        if (!part.n || str_eq(part, S(".")) || str_eq(part, S("..")) || part.p[0] == '-')
            return false;
    return true;
}

static struct str plain_path(struct str path)
{
    while (str_starts(path, S("/")))
        path = str_from(path, 1);
    path = str_without_end(path, '/');
    return str_ends(path, S(".git")) ? str_sub(path, 0, path.n - 4) : path;
}

static bool refuse_login(struct err *e)
{
    return err_set(e, "a login in a URL ends up in logs; leave it out and give the token in "
                      "the environment (DFIX_TOKEN)");
}

static bool read_web(struct arena *a, struct str text, struct remote *out, struct err *e)
{
    struct url u = url_cut(text);

    if (u.login.n && (!str_eq(u.scheme, S("ssh")) || str_chr(u.login, ':') != STR_NONE))
        return refuse_login(e);
    out->scheme = str_dup(a, u.scheme);
    out->host = str_lower(a, u.host);
    out->path = str_dup(a, plain_path(u.path));
    if (!u.host.n || u.host.p[0] == '-' || !path_is_sound(out->path))
        return err_set(e, "this does not name a repository");
    if (str_eq(u.scheme, S("http")) && !remote_is_loopback(out->host))
        return err_set(e, "plain http is only for this machine itself");
    return true;
}

bool remote_is_loopback(struct str host)
{
    struct str name = host;
    ptrdiff_t colon = str_rchr(host, ':');

    if (colon != STR_NONE && !str_ends(host, S("]")))
        name = str_sub(host, 0, (size_t)colon);
    return str_eq(name, S("localhost")) || str_eq(name, S("127.0.0.1")) || str_eq(name, S("[::1]"));
}

bool remote_read(struct arena *a, struct str text, struct remote *out, struct err *e)
{
    struct str none = S("");

    *out = (struct remote){str_dup(a, text), none, none, none};
    if (!text.n || text.p[0] == '-' || has_blanks(text) || str_find(text, S("::")) != STR_NONE)
        return err_set(e, "this is not the URL of a repository");
    if (str_starts(text, S("file://")) || str_starts(text, S("/")) || str_starts(text, S("."))) {
        out->scheme = S("file");
        out->path = str_starts(text, S("file://")) ? str_from(text, 7) : path_absolute(a, text);
        out->url = out->path;
        return true;
    }
    if (str_starts(text, S("https://")) || str_starts(text, S("http://")) ||
        str_starts(text, S("ssh://")))
        return read_web(a, text, out, e);
    if (!is_scp(text))
        return err_set(e, "this is not the URL of a repository: https://, ssh://, git@host:path, "
                          "or a folder");
    struct str rest = text, login;
    str_cut(&rest, ':', &login);
    ptrdiff_t password = str_chr(rest, '@'), slash = str_chr(rest, '/');
    if (password != STR_NONE && (slash == STR_NONE || password < slash))
        return refuse_login(e);
    ptrdiff_t at = str_rchr(login, '@');
    out->scheme = S("ssh");
    out->host = str_lower(a, str_from(login, (size_t)(at + 1)));
    out->path = str_dup(a, plain_path(rest));
    return path_is_sound(out->path) || err_set(e, "this does not name a repository");
}
