/* rego.c - what a build can hold to by itself, for `docker buildx build`: it reads Dockerfile.rego
 * beside the Dockerfile and refuses what that does not allow. Only what the policy says of images
 * and downloads can be asked there; packages are the gate's. */
#include "dfix/settings.h"
#include "gate/gate.h"

/* A text of Rego's is one of JSON's. */
static void add_text(struct buf *b, struct str s)
{
    buf_char(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\')
            buf_char(b, '\\');
        if (c < ' ')
            buf_fmt(b, "\\u%04x", c);
        else
            buf_char(b, (char)c);
    }
    buf_char(b, '"');
}

/* "quay.io/team", or with `*` in it: as a pattern over whole names. Before the first slash it
 * stands for a part of the host alone, as policy_lists has it. */
static void add_pattern(struct buf *b, struct str entry)
{
    struct buf p = {.arena = b->arena};
    bool host = true;

    buf_char(&p, '^');
    for (size_t i = 0; i < entry.n; i++) {
        char c = entry.p[i];
        host = host && c != '/';
        if (c == '*')
            buf_add(&p, host ? S("[^/]*") : S(".*"));
        else if (c && strchr(".+?()[]{}|^$\\", c))
            buf_fmt(&p, "\\%c", c);
        else
            buf_char(&p, c);
    }
    /* A path with `*` in it stands for whole ones. */
    bool path = str_chr(entry, '/') != STR_NONE && str_chr(entry, '*') != STR_NONE;
    buf_add(&p, path ? S("$") : S("(/.*)?$"));
    add_text(b, buf_str(&p));
}

static void add_list(struct buf *b, const char *name, const struct str *v, size_t n)
{
    buf_fmt(b, "%s := [", name);
    for (size_t i = 0; i < n; i++) {
        buf_add(b, i ? S(",\n\t") : S("\n\t"));
        add_pattern(b, v[i]);
    }
    buf_add(b, n ? S(",\n]\n\n") : S("]\n\n"));
}

struct str gate_rego(struct arena *a, const struct gate_policy *p, const struct settings *s)
{
    struct buf b = {.arena = a};
    bool trusted = p->value[GATE_REGISTRY] == GATE_REFUSE;
    bool pinned = p->value[GATE_DIGEST] == GATE_REFUSE;

    buf_fmt(
        &b,
        "# Made by `dfix gate --rego` from the policy of the environment " STR_FMT ".\n"
        "# buildx 0.31 and later reads it beside the Dockerfile. What is installed in the image\n"
        "# is not asked here: `dfix gate` judges that.\n\n"
        "package docker\n\ndefault allow := false\n\n",
        STR_ARG(p->name));
    add_list(&b, "trusted", s->trusted, s->ntrusted);
    add_list(&b, "blocked", s->blocked, s->nblocked);
    buf_add(&b, S("is_trusted if {\n\tsome pattern in trusted\n"
                  "\tregex.match(pattern, input.image.fullRepo)\n}\n\n"
                  "is_blocked if {\n\tsome pattern in blocked\n"
                  "\tregex.match(pattern, input.image.fullRepo)\n}\n\n"));
    buf_add(&b, S("allow if input.local\n\nallow if input.git\n\n"
                  "allow if {\n\tinput.http.schema == \"https\"\n}\n\n"
                  "allow if {\n\tinput.image\n\tcount(image_faults) == 0\n}\n\n"));
    buf_add(&b, S("image_faults contains msg if {\n\tis_blocked\n"
                  "\tmsg := sprintf(\"%s is from a registry that the policy blocks\", "
                  "[input.image.ref])\n}\n\n"));
    if (trusted)
        buf_add(&b, S("image_faults contains msg if {\n\tinput.image\n\tnot is_trusted\n"
                      "\tmsg := sprintf(\"%s is from no trusted registry\", [input.image.ref])\n"
                      "}\n\n"));
    if (pinned)
        buf_add(&b, S("image_faults contains msg if {\n\tinput.image\n"
                      "\tnot input.image.isCanonical\n"
                      "\tmsg := sprintf(\"%s has no digest\", [input.image.ref])\n}\n\n"));
    buf_add(&b, S("deny_msg contains msg if {\n\tsome msg in image_faults\n}\n\n"
                  "deny_msg contains msg if {\n\tinput.http\n\tinput.http.schema != \"https\"\n"
                  "\tmsg := sprintf(\"%s is not fetched by https\", [input.http.url])\n}\n\n"
                  "decision := {\"allow\": allow, \"deny_msg\": deny_msg}\n"));
    return buf_str(&b);
}
