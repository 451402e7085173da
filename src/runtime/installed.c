/* installed.c - packages that the stage of what is started installs, whoever installs them, and
 * libraries that the build context says its program is made with. */
#include "dfix/manager.h"
#include "files/files.h"
#include "runtime/start.h"

bool started_is_on(const struct started *s, unsigned stage)
{
    return stage != UINT32_MAX && image_is_built_on(s->im, s->stage, stage);
}

/* pyserial==3.5, docker-ce, @scope/x: up to what says the version. */
static struct str package_part(struct str word)
{
    size_t end = word.n ? 1 : 0;

    while (end < word.n && str_chr(S("=<>~![@"), word.p[end]) == STR_NONE)
        end++;
    return str_sub(word, 0, end);
}

/* One that a command installs which image_installs does not list. */
static struct str package_of_command(const struct command *c, package_test *is, struct str of)
{
    const struct field *f;
    size_t n = command_args(c, &f);

    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        if (f[i].value.certainty != VALUE_KNOWN || str_starts(word, S("-")))
            continue;
        if (word_is_one_of(word, "remove erase autoremove uninstall"))
            return S("");
        if (is(package_part(word), of))
            return package_part(word);
    }
    return S("");
}

struct str started_distro_package(const struct started *s, package_test *is, struct str of)
{
    size_t n;
    const struct install *install = image_installs(s->im, &n);

    for (size_t i = 0; i < n; i++) {
        const struct install *in = &install[i];
        if (in->verb != VERB_INSTALL || !started_is_on(s, in->stage))
            continue;
        for (size_t k = 0; k < in->npackage; k++) {
            const struct package *p = &in->package[k];
            if (p->kind <= PACKAGE_CONSTRAINED && p->name.n && is(p->name, of))
                return p->name;
        }
    }
    return S("");
}

struct str started_package(const struct started *s, const char *programs, package_test *is,
                           struct str of)
{
    struct str name = started_distro_package(s, is, of);

    for (const struct command *c = NULL; !name.n && (c = command_next(s->im, c, PHASE_BUILD));)
        if (started_is_on(s, c->stage) && word_is_one_of(c->name, programs))
            name = package_of_command(c, is, of);
    return name;
}

/* ---- what the build context asks for ---- */

/* Libraries that talk to Docker, by the file that asks for them and who reads that. */
static const struct manifest {
    const char *file, *programs, *library;
} manifests[] = {
    {"go.mod", "go xx-go goreleaser make mage task", "github.com/docker/docker"},
    {"go.mod", "go xx-go goreleaser make mage task", "github.com/moby/moby/client"},
    {"go.mod", "go xx-go goreleaser make mage task", "github.com/fsouza/go-dockerclient"},
    {"package.json", "npm yarn pnpm bun", "dockerode"},
    {"requirements.txt", "pip pip3 uv python python3", "docker"},
};

/* A line of its own asks for it, not what something else needs. */
static bool asks_for(struct str text, struct str library)
{
    struct str line;

    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, S("require ")))
            line = str_trim(str_from(line, 8));
        if (str_starts(line, S("\"")))
            line = str_from(line, 1);
        if (!str_starts(line, library) || str_find(line, S("// indirect")) != STR_NONE)
            continue;
        if (line.n == library.n || str_chr(S(" \"=<>~![;"), line.p[library.n]) != STR_NONE)
            return true;
    }
    return false;
}

static bool builds_with(const struct image *im, const char *programs)
{
    for (const struct command *c = NULL; (c = command_next(im, c, PHASE_BUILD));)
        if (word_is_one_of(c->name, programs))
            return true;
    return false;
}

/* Nothing builds it here: it comes from the context, where the repository's own tools put it. */
static bool comes_built(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);

    return n && !starts_interpreter(f, n) &&
           !builds_with(s->im, "go xx-go goreleaser make mage "
                               "task npm yarn pnpm bun cargo gcc");
}

struct str started_docker_library(const struct started *s, struct str *file)
{
    for (size_t i = 0; i < sizeof manifests / sizeof manifests[0]; i++) {
        const struct manifest *m = &manifests[i];
        struct str text, library = str_of(m->library);
        bool folder;
        *file = str_of(m->file);
        bool built =
            builds_with(s->im, m->programs) || (str_eq(*file, S("go.mod")) && comes_built(s));
        if (built &&
            build_context_read(image_own(s->im)->context, *file, &folder, &text) == ANSWER_FOUND &&
            !folder && asks_for(text, library))
            return library;
    }
    return S("");
}
