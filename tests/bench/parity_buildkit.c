/* parity_buildkit.c - BuildKit's checks as another linter reports them (tally's buildkit rules,
 * which read files by BuildKit's own parser), and as dfix does, over the public corpus: precision
 * and recall of each, once an instruction. What stands in parity_buildkit.tsv is left out: places
 * where the other one is wrong, and why. $DFIX_TALLY is its program; without, npm installs it
 * beside the build. An argument: only files whose name begins with it. */
#include "dfix/dfix.h"
#include "host/files.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const checks[] = {
    "StageNameCasing",
    "FromAsCasing",
    "NoEmptyContinuation",
    "ConsistentInstructionCasing",
    "DuplicateStageName",
    "ReservedStageName",
    "JSONArgsRecommended",
    "MaintainerDeprecated",
    "UndefinedArgInFrom",
    "UndefinedVar",
    "WorkdirRelativePath",
    "MultipleInstructionsDisallowed",
    "LegacyKeyValueFormat",
    "RedundantTargetPlatform",
    "SecretsUsedInArgOrEnv",
    "InvalidDefaultArgInFrom",
    "FromPlatformFlagConstDisallowed",
    "CopyIgnoredFile",
    "InvalidDefinitionDescription",
    "ExposeProtoCasing",
    "ExposeInvalidFormat",
    "InvalidBaseImagePlatform",
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]), FILES = 4096, TALLY_BYTES = 1 << 24 };

struct score {
    unsigned both, theirs, ours, listed;
};
static struct score score[CHECKS];
static struct str listed; /* the list of differences */

/* What both say of one file: by instruction and check. */
struct verdicts {
    const char *name;
    const struct tree *tree;
    bool *theirs, *ours; /* [node * CHECKS + check] */
};

static int check_of(struct str name)
{
    for (int i = 0; i < CHECKS; i++)
        if (str_eq(name, str_of(checks[i])))
            return i;
    return -1;
}

/* The instruction that a line is part of; 0: none. */
static node_id instruction_at(const struct tree *t, uint32_t line)
{
    node_id found = 0;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        if (text_place(t->text, node_span(t, n).start).line <= line)
            found = n;
    return found;
}

/* The instructions of a stage that the check is about, told by the earlier or by the later one: the
 * next of its kind. */
static node_id next_alike(const struct tree *t, node_id n)
{
    node_id k = node_sibling(t, n);

    while (k && !(node_kind(t, k) == NODE_INSTRUCTION && t->node[k].op == t->node[n].op))
        k = node_sibling(t, k);
    return k ? k : n;
}

static void mark(struct verdicts *v, bool *list, int check, node_id n)
{
    (void)v;
    if (check >= 0 && n)
        list[(size_t)n * CHECKS + (size_t)check] = true;
}

static void read_theirs(struct verdicts *v, json_t *document)
{
    json_t *file, *one;
    size_t i, k;

    json_array_foreach(json_object_get(document, "files"), i, file)
    {
        json_array_foreach(json_object_get(file, "violations"), k, one)
        {
            struct str rule = str_of(json_string_value(json_object_get(one, "rule"))), space;
            json_t *start = json_object_get(json_object_get(one, "location"), "start");
            str_cut(&rule, '/', &space);
            int check = check_of(rule);
            node_id n = instruction_at(
                v->tree, (uint32_t)json_integer_value(json_object_get(start, "line")));
            if (str_eq(rule, S("MultipleInstructionsDisallowed")))
                n = next_alike(v->tree, n);
            mark(v, v->theirs, check, n);
        }
    }
}

static void read_ours(struct arena *a, struct verdicts *v)
{
    struct str select = S("buildkit");
    struct settings s = {.select = &select, .nselect = 1, .today = S("2026-11-24")};
    struct result r = dfix_check(a, v->tree->text, &dfix_rules, &s, NULL);

    for (size_t i = 0; i < r.nfinding; i++) {
        struct str codes = r.finding[i].codes, code;
        uint32_t line = text_place(v->tree->text, r.finding[i].instruction).line;
        while (word_next(&codes, &code))
            mark(v, v->ours, check_of(code), instruction_at(v->tree, line));
    }
}

static bool is_listed(const char *file, uint32_t line, const char *check)
{
    char key[512];

    snprintf(key, sizeof(key), "%s\t%u\t%s\t", file, line, check);
    return str_find(listed, str_of(key)) != STR_NONE;
}

static void compare(const struct verdicts *v)
{
    for (node_id n = node_first(v->tree, 0); n; n = node_sibling(v->tree, n)) {
        for (size_t i = 0; i < CHECKS; i++) {
            bool theirs = v->theirs[n * CHECKS + i], ours = v->ours[n * CHECKS + i];
            uint32_t line = text_place(v->tree->text, node_span(v->tree, n).start).line;
            if (theirs != ours && is_listed(v->name, line, checks[i])) {
                score[i].listed++;
                continue;
            }
            score[i].both += theirs && ours;
            score[i].theirs += theirs;
            score[i].ours += ours;
            if (theirs != ours)
                printf("%s\t%u\t%s\t%s\n", v->name, line, checks[i],
                       ours ? "only dfix" : "only tally");
        }
    }
}

/* False: it could not read the file. */
static bool ask_tally(const char *tally, const char *path, json_t **out)
{
    char command[1024];

    snprintf(command, sizeof(command),
             "'%s' lint --no-config --no-inline-directives --slow-checks off --ignore '*' "
             "--select 'buildkit/*' --format json '%s' 2>/dev/null",
             tally, path);
    FILE *in = popen(command, "r");
    *out = in ? json_loadf(in, 0, NULL) : NULL;
    if (in)
        pclose(in);
    return *out;
}

static bool look(const char *tally, const char *folder, const char *name)
{
    struct arena *a = arena_open();
    const char *path = str_fmt(a, "%s/%s", folder, name).p;
    struct str text;
    struct err e;
    json_t *document;
    bool read = file_read(a, path, TEXT_MAX, &text, &e) && ask_tally(tally, path, &document);

    if (read) {
        struct verdicts v = {.name = name, .tree = tree_parse(a, text)};
        v.theirs = arena_new(a, bool, (size_t)v.tree->nnode *CHECKS);
        v.ours = arena_new(a, bool, (size_t)v.tree->nnode *CHECKS);
        read_theirs(&v, document);
        read_ours(a, &v);
        compare(&v);
        json_decref(document);
    }
    arena_close(a);
    return read;
}

/* Installed beside the build when nobody gave one; NULL: it cannot be had. */
static const char *tally_program(struct arena *a)
{
    static const char package[] = "@wharflab/tally-linux-x64";
    const char *given = getenv("DFIX_TALLY"), *build = getenv("DFIX_BUILD");

    if (given)
        return given;
    build = build ? build : ".";
    const char *path = str_fmt(a, "%s/tally/node_modules/%s/bin/tally", build, package).p;
    const char *install =
        str_fmt(a, "[ -x '%s' ] || npm install --silent --prefix '%s/tally' %s@0.45.0 >&2", path,
                build, package)
            .p;
    return system(install) ? NULL : path;
}

static int is_dockerfile(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 11 && !strcmp(d->d_name + n - 11, ".Dockerfile");
}

static double percent(unsigned part, unsigned whole)
{
    return whole ? 100.0 * part / whole : 100.0;
}

static void print_scores(unsigned files, unsigned refused)
{
    printf("%u files, %u of them not read by tally\n%-32s %8s %8s %10s %8s %8s\n", files, refused,
           "check", "tally", "dfix", "precision", "recall", "listed");
    for (size_t i = 0; i < CHECKS; i++)
        printf("%-32s %8u %8u %9.1f%% %7.1f%% %8u\n", checks[i], score[i].theirs, score[i].ours,
               percent(score[i].both, score[i].ours), percent(score[i].both, score[i].theirs),
               score[i].listed);
}

int main(int argc, char **argv)
{
    struct arena *a = arena_open();
    const char *shared = getenv("DFIX_SHARED"), *tally = tally_program(a);
    const char *folder = str_fmt(a, "%s/corpus/public", shared ? shared : DFIX_SHARED).p;
    struct dirent **entry;
    struct err e;
    unsigned files = 0, refused = 0;
    int n = scandir(folder, &entry, is_dockerfile, alphasort);

    if (!tally || n <= 0 ||
        !file_read(a, DFIX_ROOT "/tests/bench/parity_buildkit.tsv", TALLY_BYTES, &listed, &e)) {
        fprintf(stderr, "parity_buildkit: %s\n",
                tally ? "no corpus, or no list" : "npm cannot install tally");
        return 1;
    }
    for (int i = 0; i < n; i++) {
        if (argc < 2 || !strncmp(entry[i]->d_name, argv[1], strlen(argv[1]))) {
            files++;
            refused += !look(tally, folder, entry[i]->d_name);
        }
        free(entry[i]);
    }
    free(entry);
    print_scores(files, refused);
    arena_close(a);
    return 0;
}
