/* Reads the JSON of registries: manifests, indexes, configs, tokens, tag lists. */
#include "registry/document.h"

#include <string.h>

#include "dfix/reference.h"
#include "host/digest.h"
#include "host/json.h"

#define OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"

enum { LIST_MAX = 4096 };

const char manifest_accept[] =
    "Accept: " OCI_INDEX ", " DOCKER_LIST ", " OCI_MANIFEST ", " DOCKER_MANIFEST;

/* ---- descriptors ---- */

static bool size_of(const json_t *j, uint64_t *out)
{
    const json_t *size = json_object_get(j, "size");
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return false;
    *out = (uint64_t)json_integer_value(size);
    return true;
}

static arch_set platform_arch(struct arena *a, const struct descriptor *d)
{
    if (d->os.n && !str_eq(d->os, S("linux")))
        return 0;
    if (!d->variant.n)
        return arch_of(d->architecture);
    arch_set exact =
        arch_of(str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(d->architecture), STR_ARG(d->variant)));
    /* arm without a known variant is one of three; others differ only in speed. */
    return exact || str_eq(d->architecture, S("arm")) ? exact : arch_of(d->architecture);
}

static bool descriptor_parse(struct arena *a, const json_t *j, struct descriptor *d, struct err *e)
{
    const json_t *platform = json_object_get(j, "platform");
    const json_t *notes = json_object_get(j, "annotations");
    *d = (struct descriptor){
        .media_type = json_text(a, j, "mediaType"),
        .digest = json_text(a, j, "digest"),
        .os = json_text(a, platform, "os"),
        .architecture = json_text(a, platform, "architecture"),
        .variant = json_text(a, platform, "variant"),
        .name = json_text(a, notes, "org.opencontainers.image.ref.name"),
        .full_name = json_text(a, notes, "io.containerd.image.name"),
    };
    if (!digest_valid(d->digest) || !size_of(j, &d->size))
        return err_set(e, "a manifest has an entry without a valid digest and size");
    d->arch = platform_arch(a, d);
    return true;
}

static bool descriptors(struct arena *a, const json_t *array, size_t max,
                        const struct descriptor **out, size_t *nout, struct err *e)
{
    size_t n = json_array_size(array);
    if (!json_is_array(array) || n > max)
        return err_set(e, "a manifest lists no parts, or more than %zu", max);
    struct descriptor *d = arena_new(a, struct descriptor, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!descriptor_parse(a, json_array_get(array, i), &d[i], e))
            return false;
    *out = d;
    *nout = n;
    return true;
}

/* ---- manifests ---- */

/* Parameters ("; charset=utf-8") do not count. */
static struct str plain_type(struct str type)
{
    ptrdiff_t semicolon = str_chr(type, ';');
    return str_trim(semicolon == STR_NONE ? type : str_sub(type, 0, (size_t)semicolon));
}

static bool is_index_type(struct str t)
{
    return str_eq(t, S(OCI_INDEX)) || str_eq(t, S(DOCKER_LIST));
}

static bool is_manifest_type(struct str t)
{
    return str_eq(t, S(OCI_MANIFEST)) || str_eq(t, S(DOCKER_MANIFEST));
}

static bool manifest_fill(struct arena *a, const json_t *j, struct str asked, struct manifest *out,
                          struct err *e)
{
    struct str said = json_text(a, j, "mediaType");
    const json_t *version = json_object_get(j, "schemaVersion");
    const json_t *children = json_object_get(j, "manifests");
    const json_t *layers = json_object_get(j, "layers"), *config = json_object_get(j, "config");
    asked = plain_type(asked);
    if (json_integer_value(version) == 1 || json_object_get(j, "fsLayers"))
        return err_set(
            e, "the image uses the insecure schema 1 format; push it again with a current tool");
    if (json_integer_value(version) != 2)
        return err_set(e, "what the registry sent is not an image manifest");
    /* One document must not be an index to one reader and a manifest to another. */
    if (children && (layers || config))
        return err_set(e, "a manifest claims to be an index and an image at once");
    struct str type = said.n ? said : asked;
    bool known = is_index_type(asked) || is_manifest_type(asked);
    if (said.n && known && !str_eq(said, asked))
        return err_set(e, "a manifest declares itself " STR_FMT ", but its registry says " STR_FMT,
                       STR_ARG(said), STR_ARG(asked));
    if (said.n && !is_index_type(said) && !is_manifest_type(said))
        return err_set(e, "the manifest's media type " STR_FMT " is not an image's", STR_ARG(said));
    out->index = is_manifest_type(type) ? false : is_index_type(type) || children;
    if (out->index) {
        bool good = descriptors(a, children, CHILDREN_MAX, &out->child, &out->nchild, e);
        /* What goes with an image (attestations) is for no platform: "unknown". */
        for (size_t i = 0; good && i < out->nchild; i++)
            out->others |= !out->child[i].arch && !str_eq(out->child[i].os, S("unknown"));
        return good;
    }
    return descriptor_parse(a, config, &out->config, e) &&
           descriptors(a, layers, LAYERS_MAX, &out->layer, &out->nlayer, e);
}

bool manifest_parse(struct arena *a, struct str json, struct str type, struct manifest *out,
                    struct err *e)
{
    *out = (struct manifest){.nlayer = 0};
    if (json.n > MANIFEST_MAX)
        return err_set(e, "a manifest is larger than %d bytes", MANIFEST_MAX);
    json_t *j = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
    bool ok = json_is_object(j) ? manifest_fill(a, j, type, out, e)
                                : err_set(e, "what the registry sent is not an image manifest");
    json_decref(j);
    return ok;
}

static struct descriptor keep(struct arena *a, const struct descriptor *d)
{
    struct str none = S("");
    return (struct descriptor){.media_type = none,
                               .digest = str_dup(a, d->digest),
                               .size = d->size,
                               .os = none,
                               .architecture = none,
                               .variant = none,
                               .name = none,
                               .full_name = none,
                               .arch = d->arch};
}

bool manifest_read(struct arena *a, struct str json, struct str type, struct manifest *out,
                   struct err *e)
{
    struct arena *scratch = arena_open();
    struct manifest m;
    arch_set seen = 0;
    bool ok = manifest_parse(scratch, json, type, &m, e);
    *out = (struct manifest){.index = ok && m.index, .others = ok && m.others};
    if (ok && m.config.digest.n)
        out->config = keep(a, &m.config);
    struct descriptor *child = arena_new(a, struct descriptor, ARCH_MAX);
    for (size_t i = 0; ok && i < m.nchild; i++) {
        if (m.child[i].arch & ~seen)
            child[out->nchild++] = keep(a, &m.child[i]);
        seen |= m.child[i].arch;
    }
    struct descriptor *layer = arena_new(a, struct descriptor, ok ? m.nlayer + 1 : 1);
    for (size_t i = 0; ok && i < m.nlayer; i++)
        layer[out->nlayer++] = keep(a, &m.layer[i]);
    out->child = child;
    out->layer = layer;
    arena_close(scratch);
    return ok;
}

arch_set manifest_archs(const struct manifest *index)
{
    arch_set all = 0;
    for (size_t i = 0; i < index->nchild; i++)
        all |= index->child[i].arch;
    return all;
}

const struct descriptor *manifest_child(const struct manifest *index, arch_set archs,
                                        arch_set *which)
{
    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        *which = (arch_set)1 << bit;
        if (!(archs & *which))
            continue;
        /* Of several for one platform the first is what a client takes. */
        for (size_t i = 0; i < index->nchild; i++)
            if (index->child[i].arch == *which)
                return &index->child[i];
    }
    *which = 0;
    return NULL;
}

/* ---- configs ---- */

static bool is_port(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '/' || s.p[i] == '-' ||
              (s.p[i] >= 'a' && s.p[i] <= 'z')))
            return false;
    return s.n > 0 && s.n < 32;
}

static void ports(struct arena *a, json_t *object, struct image_config *out)
{
    struct str *port = arena_new(a, struct str, json_object_size(object) + 1);
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (is_port(str_of(key)) && out->nport < LIST_MAX)
            port[out->nport++] = str_dup(a, str_of(key));
    }
    out->port = port;
}

bool config_parse(struct arena *a, struct str json, struct image_config *out, struct err *e)
{
    *out = (struct image_config){.user = S(""), .os = S(""), .created = S("")};
    json_t *j = json.n > CONFIG_MAX ? NULL : json_object_of(json);
    if (!j)
        return err_set(e, "the image's config is not JSON, or too large");
    const json_t *c = json_object_get(j, "config");
    struct descriptor platform = {.os = json_text(a, j, "os"),
                                  .architecture = json_text(a, j, "architecture"),
                                  .variant = json_text(a, j, "variant")};
    out->os = platform.os;
    out->arch = platform_arch(a, &platform);
    out->user = json_text(a, c, "User");
    out->created = json_text(a, j, "created");
    out->nenv = json_texts(a, json_object_get(c, "Env"), LIST_MAX, &out->env);
    out->nentrypoint = json_texts(a, json_object_get(c, "Entrypoint"), LIST_MAX, &out->entrypoint);
    out->ncommand = json_texts(a, json_object_get(c, "Cmd"), LIST_MAX, &out->command);
    out->nshell = json_texts(a, json_object_get(c, "Shell"), LIST_MAX, &out->shell);
    out->onbuild = json_array_size(json_object_get(c, "OnBuild")) > 0;
    ports(a, json_object_get(c, "ExposedPorts"), out);
    json_decref(j);
    return true;
}

/* ---- tokens and tags ---- */

struct str token_parse(struct arena *a, struct str json)
{
    json_t *j = json_object_of(json);
    struct str token = json_text(a, j, "token");
    if (!token.n)
        token = json_text(a, j, "access_token");
    json_decref(j);
    /* It goes into a header: no blanks, no line ends. */
    for (size_t i = 0; i < token.n; i++)
        if ((unsigned char)token.p[i] <= ' ' || (unsigned char)token.p[i] >= 127)
            return S("");
    return token;
}

bool tags_parse(struct arena *a, struct str json, struct tag_list *out)
{
    json_t *j = json_object_of(json);
    const json_t *tags = json_object_get(j, "tags");
    bool ok = json_is_array(tags) || json_is_null(tags);
    for (size_t i = 0; i < json_array_size(tags) && out->list.n < TAGS_MAX; i++) {
        struct str tag = json_text_of(a, json_array_get(tags, i));
        if (tag_valid(tag))
            vec_push(a, &out->list, tag);
    }
    json_decref(j);
    return ok;
}
