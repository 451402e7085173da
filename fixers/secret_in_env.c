/* secret-in-env: ARG and ENV keep what they are given in the image, for all to read. */
#include "dfix/fixer.h"

static const char doc[] =
    "The values of ENV are part of the image, and those of ARG of its history: whoever has the\n"
    "image can read them. A name with `password`, `token`, `key` or the like in it says that the\n"
    "value is a secret. Take it as `RUN --mount=type=secret,id=NAME`, or give it to the container\n"
    "when it starts.\n\n"
    "Silent for names with `public`, `file` or `version` in them, for names that end with what is\n"
    "said of a secret (`TOKEN_LABEL`, `KEY_PATH`, `KEY_ID`, `TOKEN_TTL`), for names of users "
    "(`USERNAME`),\n"
    "and for values that are the path of a file or the fingerprint of a key of GnuPG's, which are\n"
    "no secret, though hadolint or BuildKit reports them. hadolint goes by a list of "
    "names and parts of names (DL3064), BuildKit by the "
    "parts between\n"
    "underscores (SecretsUsedInArgOrEnv): a finding has the codes of those that report it.\n\n"
    "Safety: only reported.\n";

/* Names are asked about in small letters. */

/* Is one of the words, which begin with these letters, a part of the name between underscores? */
static bool has_part(struct str name, const char *letters, const char *words)
{
    struct str part;

    while (str_cut(&name, '_', &part))
        if (part.n && strchr(letters, part.p[0]) && word_is_one_of(part, words))
            return true;
    return false;
}

/* What a name ends with that says something of a secret, and does not hold it: HSM_TOKEN_LABEL,
 * SSH_KEY_PATH. An ID is one of a key or token; Vault's SECRET_ID is a secret itself. */
static bool is_about(struct str name)
{
    static const char about[] =
        "label name names path paths dir directory folder ttl url uri endpoint host hostname port "
        "type kind format alg algorithm length len size bits count min max limit timeout expiry "
        "expires expiration lifetime age header prefix suffix field claim issuer audience policy "
        "scope scopes enabled disabled required rotation interval provider backend store mount";
    ptrdiff_t last = str_rchr(name, '_');
    struct str end = str_from(name, (size_t)(last + 1)), before = S("");

    if (last <= 0)
        return false;
    if (str_eq(end, S("id"))) {
        before = str_sub(name, 0, (size_t)last);
        before = str_from(before, (size_t)(str_rchr(before, '_') + 1));
    }
    return word_is_one_of(end, about) || word_is_one_of(before, "key token");
}

static bool names_no_secret(struct str name)
{
    return has_part(name, "pfvt", "public file version tokenizer tokenizers") || is_about(name);
}

static bool is_secret(struct str name)
{
    return has_part(name, "ackpst",
                    "apikey auth credential credentials key password pword passwd secret token") &&
           !names_no_secret(name);
}

/* By hadolint's list of names, and of what is in them. */
static bool is_hadolints(struct str name)
{
    static const char known[] =
        "application_key aws_access_key_id bittrex_api_secret cf_username ci_deploy_user "
        "circle_token docker_email docker_username facebook_app_id firebase_token "
        "heroku_api_user okta_authn_groupid okta_client_orgurl okta_oauth2_clientid "
        "okta_oauth2_clientsecret os_username stripe_device_name travis_os_name "
        "travis_secure_env_vars travis_sudo vault_client_key";
    static const char *const parts[] = {"api_key", "client_key", "password",
                                        "private", "secret",     "token"};

    if (word_is_one_of(name, known))
        return true;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (str_find(name, str_of(parts[i])) != STR_NONE)
            return !names_no_secret(name);
    return false;
}

/* The codes of those that say so; NULL: nobody does. BuildKit does not look before the first FROM
 * and into ONBUILD. */
static const char *codes_of(struct fix_ctx *c, struct str name, bool outer)
{
    struct str small = str_lower(c->arena, name);
    bool theirs = is_hadolints(small), ours = is_secret(small);

    if (!theirs && !ours)
        return NULL;
    if (!theirs)
        return outer ? "" : "SecretsUsedInArgOrEnv";
    return ours && !outer ? "DL3064 SecretsUsedInArgOrEnv" : "DL3064";
}

/* /run/secrets/key.json: where the secret lies. */
static bool is_path(const struct fix_ctx *c, node_id word)
{
    static const char roots[] =
        "app config data etc home mnt opt root run secrets srv tmp usr var certs";
    struct value v = image_value(c->image, c->arena, word);
    struct str path = v.text, root;

    if (v.certainty != VALUE_KNOWN || !str_starts(path, S("/")) || path_basename(path).n == 0)
        return false;
    path = str_from(path, 1);
    str_cut(&path, '/', &root);
    for (size_t i = 0; i < path.n; i++)
        if (!char_is_of_name(path.p[i]) && str_chr(S("/.-"), path.p[i]) == STR_NONE)
            return false;
    return path.n && word_is_one_of(root, roots);
}

/* `ENV GPG_KEY=A035C8C1…`: 40 digits that name a public key, perhaps several of them. */
static bool is_fingerprint(const struct fix_ctx *c, struct str name, node_id word)
{
    struct value v = image_value(c->image, c->arena, word);
    struct str rest = str_trim(v.text);
    size_t digits = 0;

    if (v.certainty != VALUE_KNOWN || !has_part(str_lower(c->arena, name), "gp", "gpg pgp"))
        return false;
    for (size_t i = 0; i < rest.n; i++) {
        if (memchr("0123456789abcdefABCDEF", rest.p[i], 22))
            digits++;
        else if (rest.p[i] != ' ')
            return false;
    }
    return digits && digits % 40 == 0;
}

static void look(struct fix_ctx *c, node_id n, bool onbuild)
{
    const struct tree *t = c->tree;
    const char *what = instruction_name(node_instruction(t, n)).p;
    bool outer = image_stage_of(c->image, n) == UINT32_MAX;

    for (node_id p = 0; (p = node_next(t, n, p, NODE_PAIR));) {
        node_id name = node_next(t, p, 0, NODE_NAME);
        const char *codes = name ? codes_of(c, node_text(t, name), outer || onbuild) : NULL;
        node_id value = node_next(t, p, 0, NODE_WORD);
        if (!codes ||
            (value && (is_path(c, value) || is_fingerprint(c, node_text(t, name), value))))
            continue;
        struct fix *f = fix_hint(c, name,
                                 "%s " STR_FMT " stays readable in the image; use RUN "
                                 "--mount=type=secret,id=" STR_FMT,
                                 what, STR_ARG(node_text(t, name)), STR_ARG(node_text(t, name)));
        fix_code(f, codes);
    }
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        node_id own = instruction_inner(t, n);
        if (own && (node_instruction(t, own) == INST_ARG || node_instruction(t, own) == INST_ENV))
            look(c, own, own != n);
    }
}

const struct fixer fixer_secret_in_env = {
    .id = "secret-in-env",
    .aliases = "DL3064 SecretsUsedInArgOrEnv",
    .title = "Keep secrets out of ARG and ENV",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .security = true,
    .hides = true,
    .run = run,
};
