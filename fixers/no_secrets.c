/* no-secrets: private keys, passwords and tokens that a build writes into its image. */
#include "dfix/fixer.h"

#include <stdlib.h>

static const char doc[] =
    "Whoever has the image has what is in its layers and its history. This rule reports private "
    "keys\n"
    "that COPY brings (`id_rsa`, `server.key`, or what the build context shows to be one), "
    "private\n"
    "keys in heredocs and commands, tokens of well-known services (GitHub, GitLab, AWS, Slack, "
    "npm,\n"
    "Stripe and others), passwords in URLs, and values that look random where a name says that "
    "they\n"
    "are secret. The value is never shown.\n\n"
    "An ARG or ENV with such a value, used by one RUN of the stage alone, becomes a secret of "
    "that\n"
    "RUN: `RUN --mount=type=secret,id=TOKEN,env=TOKEN`, and the build is given it by\n"
    "`--secret id=TOKEN`.\n\n"
    "Silent on public keys, certificates, hashes, digests, commits, and values that are "
    "variables.\n\n"
    "Safety: unsafe. The build fails until it is given the secret.\n";

/* ---- what a secret looks like ---- */

/* Letters, digits, _ - and . by their bits: asked of every byte of a file. */
static bool is_of_token(char c)
{
    static const uint32_t set[8] = {0, 0x03FF6000, 0x87FFFFFE, 0x07FFFFFE};
    unsigned char u = (unsigned char)c;

    return set[u / 32] >> u % 32 & 1;
}

static size_t token_length(struct str s)
{
    size_t n = 0;

    while (n < s.n && is_of_token(s.p[n]))
        n++;
    return n;
}

/* Of a whole token, by the beginnings that services give theirs, and how long they are at least. */
static const char *service_of(struct str s)
{
    static const struct {
        const char *start;
        size_t length;
        const char *service;
    } known[] = {
        {"ghp_", 40, "GitHub"},          {"gho_", 40, "GitHub"},      {"ghu_", 40, "GitHub"},
        {"ghs_", 40, "GitHub"},          {"ghr_", 40, "GitHub"},      {"github_pat_", 40, "GitHub"},
        {"glpat-", 26, "GitLab"},        {"AKIA", 20, "AWS"},         {"ASIA", 20, "AWS"},
        {"xoxb-", 24, "Slack"},          {"xoxp-", 24, "Slack"},      {"xoxa-", 24, "Slack"},
        {"sk_live_", 24, "Stripe"},      {"rk_live_", 24, "Stripe"},  {"AIza", 39, "Google"},
        {"ya29.", 30, "Google"},         {"npm_", 40, "npm"},         {"pypi-AgE", 50, "PyPI"},
        {"sk-ant-", 30, "Anthropic"},    {"sk-proj-", 40, "OpenAI"},  {"SG.", 60, "SendGrid"},
        {"dop_v1_", 60, "DigitalOcean"}, {"hf_", 34, "Hugging Face"}, {"dckr_pat_", 30, "Docker"},
    };

    if (!s.n || !strchr("gAxsrynpSdh", s.p[0]))
        return NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (s.n >= known[i].length && str_starts(s, str_of(known[i].start)))
            return known[i].service;
    return NULL;
}

/* The next run of such bytes, as long as a secret is at least, from *at on, which goes behind it.
 * It looks at the last byte first, so that most of a text is stepped over. */
static bool next_run(struct str s, size_t *at, struct str *run)
{
    enum { LEAST = 14 };
    size_t from = *at;

    while (from + LEAST <= s.n) {
        size_t begin = from + LEAST, end = begin;
        while (begin > from && is_of_token(s.p[begin - 1]))
            begin--;
        if (begin > from) {
            from = begin;
            continue;
        }
        while (end < s.n && is_of_token(s.p[end]))
            end++;
        *run = str_sub(s, from, end);
        *at = end;
        return true;
    }
    return false;
}

/* A token anywhere in the text, at the beginning of a word. */
static const char *token_in(struct str s)
{
    const char *service = NULL;
    struct str run;

    for (size_t at = 0; !service && next_run(s, &at, &run);)
        service = service_of(run);
    return service;
}

static bool has_private_key(struct str s)
{
    ptrdiff_t begin;

    while ((begin = str_find(s, S("-----BEGIN "))) != STR_NONE) {
        s = str_from(s, (size_t)begin + 11);
        ptrdiff_t end = str_find(s, S("-----"));
        if (end != STR_NONE && end < 40 && str_ends(str_sub(s, 0, (size_t)end), S("PRIVATE KEY")))
            return true;
    }
    return false;
}

/* https://user:password@host, with a password that is written out. */
static bool has_password_in_url(struct str s)
{
    ptrdiff_t at = str_find(s, S("://"));

    if (at == STR_NONE)
        return false;
    struct str rest = str_from(s, (size_t)at + 3);
    size_t n = 0, colon = 0;
    while (n < rest.n && !strchr("@/ \t\"'?#$", rest.p[n])) {
        colon = !colon && rest.p[n] == ':' ? n : colon;
        n++;
    }
    return n < rest.n && rest.p[n] == '@' && colon && n - colon > 3 &&
           !word_is_one_of(str_sub(rest, colon + 1, n),
                           "password passwd pass secret token xxx xxxx");
}

/* Different characters. */
static size_t count_kinds(struct str s)
{
    bool seen[256] = {false};
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        n += !seen[(unsigned char)s.p[i]];
        seen[(unsigned char)s.p[i]] = true;
    }
    return n;
}

static bool has_word(struct str name, const char *const *words)
{
    for (; *words; words++) {
        struct str word = str_of(*words);
        for (size_t i = 0; i + word.n <= name.n; i++)
            if ((name.p[i] | 32) == (word.p[0] | 32) && str_ieq(str_sub(name, i, i + word.n), word))
                return true;
    }
    return false;
}

static bool names_secret(struct str name)
{
    static const char *const secret[] = {"password",   "passwd",  "secret",  "token",
                                         "apikey",     "api_key", "api-key", "private_key",
                                         "access_key", NULL};
    static const char *const other[] = {"sha",     "hash", "digest", "checksum", "commit", "public",
                                        "version", "url",  "file",   "path",     "_id",    NULL};

    return has_word(name, secret) && !has_word(name, other);
}

static bool has_digit_and_letter(struct str s)
{
    bool digit = false, letter = false;

    for (size_t i = 0; i < s.n; i++) {
        digit |= s.p[i] >= '0' && s.p[i] <= '9';
        letter |= (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z');
    }
    return digit && letter;
}

/* Letters of both cases or with digits, in no order that anybody would write. */
static bool looks_random(struct str s)
{
    return s.n >= 16 && token_length(s) + 2 >= s.n &&
           !has_word(s, (const char *const[]){"example", "changeme", NULL}) &&
           has_digit_and_letter(s) && count_kinds(s) >= 11;
}

/* What a text may hold, as far as a look at all of it tells. */
enum { MAY_BE_KEY = 1, MAY_BE_URL = 2, MAY_BE_TOKEN = 4, MAY_BE_VALUE = 8, MAY_BE_ANY = 15 };

/* In most texts there is none of it, and that is all they cost. */
static unsigned may_hold(struct str s)
{
    enum { TAIL = 2 }; /* bytes that looks_random lets follow */
    unsigned may = str_find(s, S("PRIVATE KEY")) != STR_NONE ? MAY_BE_KEY : 0;
    struct str run;

    if (str_chr(s, '@') != STR_NONE && str_find(s, S("://")) != STR_NONE)
        may |= MAY_BE_URL;
    for (size_t at = 0; next_run(s, &at, &run);) {
        bool value = run.p > s.p && strchr("='\"", run.p[-1]);
        if (service_of(run))
            may |= MAY_BE_TOKEN;
        run.n = s.n - at < TAIL ? run.n + s.n - at : run.n + TAIL;
        if (value && !(may & MAY_BE_VALUE) && has_digit_and_letter(run))
            may |= MAY_BE_VALUE;
    }
    return may;
}

/* What is secret in a value, for people, of what there may be; NULL: nothing that shows. */
static const char *secret_in(struct fix_ctx *c, unsigned may, struct str name, struct str value)
{
    const char *service = may & MAY_BE_TOKEN ? token_in(value) : NULL;

    if (service)
        return str_fmt(c->arena, "a token for %s", service).p;
    if ((may & MAY_BE_KEY) && has_private_key(value))
        return "a private key";
    if ((may & MAY_BE_URL) && has_password_in_url(value))
        return "a URL with a password";
    if ((may & MAY_BE_VALUE) && name.n && looks_random(value) && names_secret(name))
        return "a value that looks secret";
    return NULL;
}

/* ---- ARG, ENV ---- */

/* The RUN that alone uses the variable behind its definition, in shell form; 0: none, or more do.
 */
static node_id sole_use(struct fix_ctx *c, node_id definition, struct str name)
{
    const struct tree *t = c->tree;
    node_id use = image_next_use(c->image, name, t->node[definition].after - 1);

    while (use && t->node[use].parent)
        use = t->node[use].parent;
    if (!use || image_next_use(c->image, name, t->node[use].after - 1) ||
        image_stage_of(c->image, use) != image_stage_of(c->image, definition) ||
        node_instruction(t, use) != INST_RUN || !node_next(t, use, 0, NODE_SHELL))
        return 0;
    return use;
}

static void look_at_pair(struct fix_ctx *c, node_id instruction, node_id pair)
{
    const struct tree *t = c->tree;
    node_id key = node_next(t, pair, 0, NODE_NAME), word = node_next(t, pair, 0, NODE_WORD);
    struct str name, value;

    if (!key || !word || !node_value(t, key, c->arena, &name) ||
        !node_value(t, word, c->arena, &value))
        return;
    const char *what = secret_in(c, MAY_BE_ANY, name, value);
    if (!what)
        return;
    bool alone = !node_next(t, instruction, pair, NODE_PAIR) &&
                 node_next(t, instruction, 0, NODE_PAIR) == pair && !t->node[instruction].parent;
    node_id use = alone ? sole_use(c, instruction, name) : 0;
    if (!use) {
        fix_help(
            fix_hint(c, key, STR_FMT " holds %s, which stays in the image", STR_ARG(name), what),
            "withdraw it, and give the build a secret by RUN --mount=type=secret");
        return;
    }
    struct fix *f =
        fix_begin(c, key, UNSAFE, "Take " STR_FMT " as a secret of the build", STR_ARG(name));
    fix_why(f, "it holds %s; withdraw it", what);
    fix_delete_instruction(f, instruction);
    fix_declares(f, use);
    fix_insert_code(f, use, node_span(t, node_next(t, use, 0, NODE_KEYWORD)).end,
                    str_fmt(c->arena, " --mount=type=secret,id=" STR_FMT ",env=" STR_FMT,
                            STR_ARG(name), STR_ARG(name)));
}

/* ---- RUN, COPY ---- */

/* The first word, string or heredoc of an instruction that holds a secret. */
static void look_at_words(struct fix_ctx *c, node_id instruction)
{
    const struct tree *t = c->tree;
    unsigned may = may_hold(node_text(t, instruction));

    for (node_id n = instruction + 1; may && n < t->node[instruction].after; n++) {
        enum node_kind k = node_kind(t, n);
        if (k != NODE_WORD && k != NODE_STRING && k != NODE_DATA && k != NODE_ASSIGN)
            continue;
        struct str text = node_text(t, n), name = S("");
        if (k == NODE_ASSIGN || (k == NODE_WORD && str_starts(text, S("--")))) {
            ptrdiff_t equals = str_chr(text, '=');
            name = equals == STR_NONE ? S("") : str_sub(text, 0, (size_t)equals);
            text = str_from(text, equals == STR_NONE ? 0 : (size_t)equals + 1);
        }
        while (text.n > 1 && (text.p[0] == '"' || text.p[0] == '\''))
            text = str_sub(text, 1, text.n - 1);
        const char *what = secret_in(c, may, name, text);
        if (!what)
            continue;
        fix_help(fix_hint(c, n, "%s holds %s, which stays in the image",
                          instruction_name(node_instruction(t, instruction)).p, what),
                 "withdraw it, and use RUN --mount=type=secret");
        return;
    }
}

/* A private key by its name; not one that is public or signs packages. */
static bool is_key_file(struct str path)
{
    static const char *const others[] = {"pub", "gpg", "apt", "repo", "sign", "cert", "ca.", NULL};
    struct str name = path_basename(path_without_slash(path));

    if (word_is_one_of(name, "id_rsa id_dsa id_ecdsa id_ed25519 .ssh"))
        return true;
    bool key = str_ends(name, S(".key")) || str_ends(name, S("_rsa")) ||
               str_ends(name, S("privkey.pem")) || str_ends(name, S("key.pem")) ||
               str_ends(name, S(".p12")) || str_ends(name, S(".pfx"));
    return key && !has_word(name, others);
}

/* Made of nothing but logins, by its name. */
static bool is_password_file(struct str path)
{
    return word_is_one_of(path_basename(path_without_slash(path)),
                          ".netrc _netrc .git-credentials .pgpass");
}

/* Does the build context hold a private key at that path? */
static bool context_has_key(struct fix_ctx *c, struct str path, bool *known)
{
    struct question q = {.kind = ASK_FILE, .name = path, .folder = c->settings->folder};
    struct reply r;

    while (str_starts(q.name, S("./")) || str_starts(q.name, S("/")))
        q.name = str_from(q.name, q.name.p[0] == '/' ? 1 : 2);
    *known = lookup_ask(c->lookup, &q, &r) == ANSWER_FOUND && !r.file.is_folder;
    return *known && has_private_key(r.file.text);
}

static void look_at_copy(struct fix_ctx *c, node_id copy)
{
    const struct tree *t = c->tree;
    const node_id *word;
    size_t n = instruction_words(t, c->arena, copy, &word);
    bool elsewhere = instruction_flag(t, copy, S("from")) != 0;

    for (size_t i = 0; i + 1 < n; i++) {
        if (node_kind(t, word[i]) == NODE_REDIRECT)
            continue;
        struct value v = image_value(c->image, c->arena, word[i]);
        bool known = false;
        bool told = v.certainty == VALUE_KNOWN;
        bool key = told && !elsewhere && context_has_key(c, v.text, &known);
        bool passwords = told && is_password_file(v.text);
        if (!key && !passwords && (known || !told || !is_key_file(v.text)))
            continue;
        fix_help(fix_hint(c, word[i],
                          passwords ? STR_FMT " holds passwords, which stay in the image"
                                    : STR_FMT " is a private key, which stays in the image",
                          STR_ARG(v.text)),
                 "use RUN --mount=type=secret or --mount=type=ssh");
    }
    look_at_words(c, copy);
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = 0; (n = instruction_next(t, n));)
        switch (node_instruction(t, n)) {
        case INST_ARG:
        case INST_ENV:
        case INST_LABEL:
            for (node_id p = 0; (p = node_next(t, n, p, NODE_PAIR));)
                look_at_pair(c, n, p);
            break;
        case INST_COPY:
        case INST_ADD:
            look_at_copy(c, n);
            break;
        case INST_RUN:
        case INST_CMD:
        case INST_ENTRYPOINT:
            look_at_words(c, n);
            break;
        default:
            break;
        }
}

const struct fixer fixer_no_secrets = {
    .id = "no-secrets",
    .aliases = "",
    .title = "Keep private keys and tokens out of the image",
    .why = "Whoever has the image can read all that was ever put into it.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_ERROR,
    .security = true,
    .hides = true,
    .run = run,
};
