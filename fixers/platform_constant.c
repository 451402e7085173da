/* platform-constant: `FROM --platform=linux/amd64` builds for one platform only. */
#include "dfix/fixer.h"

static const char doc[] =
    "A constant `--platform` in FROM takes the same image whatever the build is for. The flag\n"
    "goes; `docker build --platform` says what to build for. Stages that run on the builder take\n"
    "`--platform=$BUILDPLATFORM`.\n\n"
    "BuildKit is silent on a stage whose name says the platform (`build-amd64`), hadolint is not:\n"
    "such a stage is reported with hadolint's code, and not changed. Nor is one whose RUNs name "
    "an\n"
    "architecture: what they fetch is made for it.\n\n"
    "Safety: unsafe. On another machine the image is another one.\n";

/* The OCI names of an operating system and an architecture. */
struct platform {
    struct str os, arch;
};

static bool is_component(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !memchr("_.-", c, 3))
            return false;
    }
    return s.n > 0;
}

static struct str arch_named(struct str s)
{
    if (str_eq(s, S("x86_64")) || str_eq(s, S("x86-64")))
        return S("amd64");
    if (str_eq(s, S("aarch64")))
        return S("arm64");
    return str_eq(s, S("i386")) ? S("386") : s;
}

/* os/arch[/variant]; one part alone is either. False: BuildKit does not take it. */
static bool read_platform(struct fix_ctx *c, struct str text, struct platform *p)
{
    struct str rest = str_lower(c->arena, text), part[3] = {S(""), S(""), S("")};
    size_t n = 0;

    while (n < 3 && str_cut(&rest, '/', &part[n]))
        if (!is_component(part[n++]))
            return false;
    if (str_chr(str_from(text, 0), '/') == STR_NONE) {
        bool os = word_is_one_of(part[0], "linux windows darwin freebsd");
        *p = (struct platform){os ? part[0] : S("linux"), os ? S("") : arch_named(part[0])};
        return true;
    }
    *p = (struct platform){part[0], arch_named(part[1])};
    return !rest.n;
}

/* Does the stage's name say what the platform is? */
static bool is_named_so(const struct stage *s, const struct platform *p)
{
    return str_find(s->name, p->os) != STR_NONE ||
           (p->arch.n && str_find(s->name, p->arch) != STR_NONE);
}

static bool has_variable(const struct tree *t, node_id word)
{
    for (node_id n = word + 1; n < t->node[word].after; n++)
        if (node_kind(t, n) == NODE_PARAM)
            return true;
    return false;
}

/* Does the text name an architecture, as a part of a word between other signs than letters? */
static bool names_arch(struct str s)
{
    static const char *const archs[] = {"amd64", "x86_64", "x86-64",  "arm64",   "aarch64",
                                        "armhf", "armv6",  "armv7",   "arm32",   "i386",
                                        "i686",  "x64",    "ppc64le", "riscv64", "s390x"};

    for (size_t i = 0; i < sizeof archs / sizeof archs[0]; i++) {
        struct str rest = s;
        ptrdiff_t at;
        while ((at = str_find(rest, str_of(archs[i]))) != STR_NONE) {
            char before = at ? rest.p[at - 1] : ' ';
            bool letter = (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z');
            if (!letter)
                return true;
            rest = str_from(rest, (size_t)at + 1);
        }
    }
    return false;
}

/* The stage's first instruction that works for one architecture; 0: none is seen to. */
static node_id made_for_arch(const struct fix_ctx *c, const struct stage *s)
{
    const struct tree *t = c->tree;

    for (node_id n = node_sibling(t, s->from); n && n <= s->last; n = node_sibling(t, n)) {
        enum instruction i = node_instruction(t, n);
        bool runs =
            i == INST_RUN || i == INST_ADD || i == INST_ENV || i == INST_ARG || i == INST_COPY;
        if (node_kind(t, n) == NODE_INSTRUCTION && runs && names_arch(node_text(t, n)))
            return n;
    }
    return 0;
}

static void look(struct fix_ctx *c, const struct stage *s, node_id flag, node_id word)
{
    const struct tree *t = c->tree;
    struct str text = node_text(t, word), value;
    struct platform p;
    bool constant = !has_variable(t, word);

    if (str_find(text, S("BUILDPLATFORM")) != STR_NONE ||
        str_find(text, S("TARGETPLATFORM")) != STR_NONE)
        return;
    bool named = constant && node_value(t, word, c->arena, &value) && read_platform(c, value, &p) &&
                 is_named_so(s, &p);
    if (!constant || named) {
        fix_code(fix_hint(c, flag,
                          "--platform=" STR_FMT
                          " builds for one platform; leave it to docker build --platform",
                          STR_ARG(text)),
                 "DL3029");
        return;
    }
    struct fix *f =
        fix_begin(c, flag, UNSAFE, "Remove the constant --platform=" STR_FMT, STR_ARG(text));
    fix_code(f, "DL3029 FromPlatformFlagConstDisallowed");
    node_id made = made_for_arch(c, s);
    if (made)
        fix_refuse(
            f,
            str_fmt(c->arena, "line %u works for one architecture", image_line(c->image, made)).p);
    fix_declares(f, s->from);
    fix_delete(f, flag);
}

static void run(struct fix_ctx *c)
{
    for (size_t i = 0; i < c->image->nstage; i++) {
        const struct stage *s = &c->image->stage[i];
        node_id flag = instruction_flag(c->tree, s->from, S("platform"));
        node_id word = flag ? node_next(c->tree, flag, 0, NODE_WORD) : 0;
        if (word)
            look(c, s, flag, word);
    }
}

const struct fixer fixer_platform_constant = {
    .id = "platform-constant",
    .aliases = "DL3029 FromPlatformFlagConstDisallowed",
    .title = "Leave the platform to the build",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
