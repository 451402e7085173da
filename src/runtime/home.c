/* What an image keeps in root's home, where no other user finds it. */
#include "dfix/command.h"
#include "runtime/start.h"

/* "/root" and what is in it, at the beginning of a path. */
static bool mentions_home(struct str text)
{
    static const char within[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "_.-/}";
    struct str within_path = str_of(within);

    for (ptrdiff_t at; (at = str_find(text, S("/root"))) != STR_NONE;) {
        size_t start = (size_t)at, end = start + 5;
        bool begins = !start || str_chr(within_path, text.p[start - 1]) == STR_NONE;
        bool ends =
            end == text.n || text.p[end] == '/' || str_chr(within_path, text.p[end]) == STR_NONE;
        if (begins && ends)
            return true;
        text = str_from(text, end);
    }
    return false;
}

/* Settings of tools that a build uses, or a shell. */
static bool is_for_build(struct str path)
{
    return word_is_one_of(path_basename(path_without_slash(path)),
                          ".npmrc .netrc .yarnrc .yarnrc.yml .pypirc pip.conf settings.xml .ssh "
                          "id_rsa known_hosts .gitconfig .bashrc .bash_profile .profile .vimrc "
                          ".irbrc .inputrc .curlrc .wgetrc .condarc .Rprofile");
}

/* Does COPY put something there that is not for the build alone? */
static bool copies_home(const struct started *s)
{
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);
    struct str rest;

    for (size_t i = 0; i < n; i++) {
        const struct deed *d = &deed[i];
        struct str to = d->to.path, name = path_basename(d->into ? d->from.path : to);
        bool copies = d->node == d->instruction && d->kind != DEED_FOLDER && !d->onbuild;
        if (!copies || !image_is_built_on(s->im, s->stage, d->stage))
            continue;
        if ((path_is_below(to, S("/root"), &rest) || str_eq(to, S("/root"))) &&
            !is_for_build(name) && !is_for_build(to))
            return true;
    }
    return false;
}

/* The program, or what it reads, is kept in root's home, which others may not enter. */
static bool is_in_home(const struct started *s)
{
    const struct tree *t = s->im->tree;
    unsigned stage = s->stage;

    if (image_gives_away(s->im, stage, S("/root")))
        return false;
    if (mentions_home(image_working_folder(s->im, s->arena, stage)) || copies_home(s))
        return true;
    for (;; stage = s->im->stage[stage].base_stage) {
        const struct stage *x = &s->im->stage[stage];
        for (node_id n = x->from; n && n <= x->last; n = node_sibling(t, n)) {
            if (node_kind(t, n) != NODE_INSTRUCTION)
                continue;
            enum instruction op = node_instruction(t, n);
            bool read =
                op == INST_ENV || op == INST_VOLUME || n == s->entrypoint || n == s->command;
            if (read && mentions_home(node_text(t, n)))
                return true;
        }
        if (x->base != BASE_STAGE)
            return false;
    }
}

/* What programs put into the home of whoever runs them, when nothing says otherwise: in a build
 * that is root's, where the program of another user does not find it. */
static const struct homely {
    const char *text, *unless; /* unless: what says otherwise, blanks between */
} homely[] = {
    {"playwright install", "PLAYWRIGHT_BROWSERS_PATH"},
    {"uv python install", "UV_PYTHON_INSTALL_DIR --install-dir"},
    {"poetry install", "POETRY_VIRTUALENVS virtualenvs. POETRY_CACHE_DIR VIRTUAL_ENV"},
    {"pipenv install", "--system PIPENV_VENV_IN_PROJECT WORKON_HOME VIRTUAL_ENV"},
    {"pipenv sync", "--system PIPENV_VENV_IN_PROJECT WORKON_HOME VIRTUAL_ENV"},
    {"pip install --user", "PYTHONUSERBASE"},
    {"pip3 install --user", "PYTHONUSERBASE"},
    {"nltk.downloader", "NLTK_DATA -d"},
    {"nltk.download(", "NLTK_DATA download_dir"},
    {"puppeteer browsers install", "PUPPETEER_CACHE_DIR"},
    {"npm install puppeteer", "PUPPETEER_CACHE_DIR PUPPETEER_SKIP"},
    {"npm i puppeteer", "PUPPETEER_CACHE_DIR PUPPETEER_SKIP"},
    {"cypress install", "CYPRESS_CACHE_FOLDER"},
    {"huggingface-cli download", "HF_HOME HF_HUB_CACHE --local-dir --cache-dir"},
    {"sh.rustup.rs", "CARGO_HOME"},
    {"nvm-sh/nvm", "NVM_DIR"},
};
/* Programs that write to that home when they run: settings and caches. */
static const char home_users[] =
    "aws gcloud az kubectl helm gpg gpg-agent dirmngr uv uvx poetry pipenv mvn gradle sbt cargo "
    "lein go npm npx yarn pnpm streamlit chromium chromium-browser google-chrome chromedriver "
    "huggingface-cli vault mlflow dask-worker dask-scheduler aria2c";
/* The same of what they are there to keep: a new home would not hold it. */
static const char home_keepers[] =
    "bitcoind litecoind dogecoind dashd zcashd monerod geth parity openethereum ipfs lnd hsd odind "
    "blocknetdxd tor urbit syncthing transmission-daemon deluged qbittorrent-nox rtorrent caddy "
    "weechat irssi znc rclone restic borg duplicity ollama jupyterhub";

/* What makes one file of a program and all that it needs, which the file puts into its user's home
 * when it starts. */
static const struct packer {
    const char *programs; /* that the build runs; blanks between */
    const char *option;   /* one of its words then; "" any */
    const char *unless;   /* a variable that says where to put it */
} packers[] = {
    {"pkg pkg-fetch", "", "PKG_NATIVE_CACHE_PATH"},
    {"nexe caxa", "", "CAXA_TEMP_DIR"},
    {"dotnet", "PublishSingleFile=true", "DOTNET_BUNDLE_EXTRACT_BASE_DIR"},
};

/* OpenJ9 ends where it cannot make the cache that its line asks for: in its user's home, unless the
 * same option says otherwise. */
static bool shares_classes(const struct started *s)
{
    static const char *const otherwise[] = {"cacheDir=", "groupAccess", "nonFatal", "nonfatal",
                                            "none"};
    const struct field *f;
    size_t n = started_words(s, &f);
    bool shares = false;

    for (size_t i = 0; i < n && !shares; i++) {
        struct str word = f[i].value.text;
        shares = str_starts(word, S("-Xshareclasses"));
        for (size_t k = 0; k < sizeof otherwise / sizeof otherwise[0]; k++)
            shares &= str_find(word, str_of(otherwise[k])) == STR_NONE;
    }
    return shares;
}

static bool mentions_any(const struct image *im, unsigned stage, struct str words)
{
    struct str word;

    while (str_cut(&words, ' ', &word))
        if (word.n && image_stage_says(im, stage, word))
            return true;
    return false;
}

static struct str why_home(const struct started *s)
{
    if (image_stage_defines(s->im, s->stage, S("HOME")))
        return S("");
    for (size_t i = 0; i < sizeof homely / sizeof homely[0]; i++)
        if (image_stage_says(s->im, s->stage, str_of(homely[i].text)) &&
            !mentions_any(s->im, s->stage, str_of(homely[i].unless)))
            return str_fmt(s->arena, "`%s` puts things into root's home, where no other user looks",
                           homely[i].text);
    return S("");
}

struct str started_home(const struct started *s)
{
    struct str why = why_home(s);

    if (!why.n && is_in_home(s))
        return S("it keeps files in /root, which no other user can enter");
    return why;
}

/* `npx pkg .` runs pkg. */
static bool packs(const struct command *c, const struct packer *p)
{
    const struct field *f;
    size_t n = command_args(c, &f);
    bool npx = n > 1 && word_is_one_of(c->name, "npx pnpx bunx");
    bool option = !p->option[0];

    if (!word_is_one_of(npx ? f[1].value.text : c->name, p->programs))
        return false;
    for (size_t i = 1; i < n && !option; i++)
        option = str_ends(f[i].value.text, str_of(p->option));
    return option;
}

/* Is it a program of its own that the build has packed so? */
static bool unpacks_itself(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);
    const struct command *c = NULL;

    if (!n || starts_interpreter(f, n) || str_eq(path_basename(f[0].value.text), S("dotnet")))
        return false;
    while ((c = command_next(s->im, c, PHASE_BUILD)))
        for (size_t i = 0; i < sizeof packers / sizeof packers[0]; i++)
            if (packs(c, &packers[i]) &&
                !image_stage_defines(s->im, s->stage, str_of(packers[i].unless)))
                return true;
    return false;
}

struct str image_wants_home(const struct image *im, struct arena *a, unsigned stage, bool *keeps)
{
    struct str program;
    bool starts = image_starts(im, stage, &program) == STARTS_PROGRAM;

    *keeps = starts && word_is_one_of(program, home_keepers);
    if (!starts || image_stage_defines(im, stage, S("HOME")))
        return S("");
    bool uses = (*keeps || word_is_one_of(program, home_users)) &&
                !mentions_any(im, stage, S("UV_CACHE_DIR UV_NO_CACHE"));
    struct started s = started_of(im, a, stage);
    return uses || started_writes_home(&s) || unpacks_itself(&s) || shares_classes(&s) ||
                   started_caches(&s) || started_looks_home(&s)
               ? program
               : S("");
}
