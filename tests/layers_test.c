/* The rules of the map, checked by reading the includes: who may know whom, which system
 * headers and calls stay out of the pure part, and which libraries stay behind one door. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "dfix/base.h"

/* Longest `place` that begins a file's path counts. Headers and places are prefixes; a
 * quoted include is resolved to its path from the root first. */
#define BASE                                                                                       \
    "include/dfix/base.h include/dfix/coding.h include/dfix/date.h include/dfix/edit.h "           \
    "include/dfix/pull.h include/dfix/url.h"
#define FACTS                                                                                      \
    "include/dfix/version.h include/dfix/reference.h include/dfix/lookup.h include/dfix/facts.h "  \
    "include/dfix/manager.h include/dfix/username.h include/dfix/advisory.h " BASE
#define MODEL                                                                                      \
    "include/dfix/syntax.h include/dfix/image.h include/dfix/command.h include/dfix/user.h "       \
    "include/dfix/calls.h include/dfix/upgrade.h include/dfix/pick.h include/dfix/sources.h "      \
    "include/dfix/file.h " FACTS
#define SERVICE                                                                                    \
    "include/dfix/settings.h include/dfix/gate.h include/dfix/policy.h "                           \
    "include/dfix/sources.h " FACTS
static const struct layer {
    const char *place;
    const char *may; /* blank separated */
    bool pure;       /* no files, printing, clock, environment, network */
} layers[] = {
    /* The interfaces. */
    {"include/dfix/base.h", "", true},
    {"include/dfix/coding.h", "include/dfix/base.h", true},
    {"include/dfix/date.h", "include/dfix/base.h", true},
    {"include/dfix/edit.h", "include/dfix/base.h", true},
    {"include/dfix/url.h", "include/dfix/base.h", true},
    {"include/dfix/pull.h", "include/dfix/base.h", true},
    {"include/dfix/label.h", "include/dfix/base.h", true},
    {"include/dfix/version.h", "include/dfix/base.h", true},
    {"include/dfix/reference.h", "include/dfix/base.h", true},
    {"include/dfix/lookup.h", "include/dfix/base.h include/dfix/edit.h include/dfix/version.h",
     true},
    {"include/dfix/advisory.h", "include/dfix/lookup.h", true},
    {"include/dfix/lock.h", "include/dfix/base.h", true},
    {"include/dfix/inventory.h", "include/dfix/", true},
    {"include/dfix/pick.h", "include/dfix/lookup.h", true},
    {"include/dfix/manager.h",
     "include/dfix/lookup.h include/dfix/version.h src/packages/managers.def", true},
    {"include/dfix/sources.h", "include/dfix/lookup.h", true},
    {"include/dfix/gate.h", "include/dfix/base.h", true},
    {"include/dfix/settings.h", "include/dfix/base.h include/dfix/gate.h include/dfix/lookup.h",
     true},
    {"include/dfix/policy.h",
     "include/dfix/base.h include/dfix/reference.h include/dfix/settings.h", true},
    {"include/dfix/facts.h", "include/dfix/base.h include/dfix/lookup.h", true},
    {"include/dfix/syntax.h", "include/dfix/base.h include/dfix/edit.h", true},
    {"include/dfix/image.h",
     "include/dfix/base.h include/dfix/edit.h include/dfix/version.h include/dfix/reference.h "
     "include/dfix/lookup.h include/dfix/facts.h include/dfix/syntax.h",
     true},
    {"include/dfix/command.h", "include/dfix/image.h src/commands/programs.def", true},
    {"include/dfix/file.h", "include/dfix/command.h", true},
    {"include/dfix/manager.h", "include/dfix/ src/packages/managers.def", true},
    {"include/dfix/calls.h", "include/dfix/command.h include/dfix/manager.h", true},
    {"include/dfix/upgrade.h", "include/dfix/image.h", true},
    {"include/dfix/user.h", "include/dfix/image.h include/dfix/username.h", true},
    {"include/dfix/username.h", "include/dfix/base.h", true},
    {"include/dfix/verify.h", "include/dfix/lookup.h include/dfix/syntax.h", true},
    {"include/dfix/fixer.h", "include/dfix/ fixers/fixers.def", true},
    {"include/dfix/dfix.h", "include/dfix/", true},
    /* What is pure, from left to right. */
    {"src/base/", "src/base/ " BASE, true},
    {"src/syntax/", "src/syntax/ include/dfix/syntax.h " BASE, true},
    {"src/distro/", "src/distro/ include/dfix/sources.h " FACTS, true},
    {"src/versions/", "src/versions/ include/dfix/pick.h " FACTS, true},
    {"src/advisories/", "src/advisories/ include/dfix/gate.h " FACTS, true},
    {"src/locks/", "src/locks/ include/dfix/lock.h " BASE, true},
    {"src/names/",
     "src/names/ include/dfix/settings.h include/dfix/policy.h include/dfix/label.h " FACTS, true},
    {"src/plans/", "src/plans/ " BASE, true},
    {"src/model/", "src/model/ src/plans/ " MODEL, true},
    {"src/commands/", "src/commands/ src/model/ " MODEL, true},
    {"src/files/", "src/files/ src/commands/ src/model/ " MODEL, true},
    {"src/packages/", "src/packages/ src/files/ src/commands/ src/model/ " MODEL, true},
    {"src/inventory/",
     "src/inventory/ include/dfix/inventory.h include/dfix/lock.h include/dfix/gate.h " MODEL,
     true},
    {"src/runtime/", "src/runtime/ src/packages/ src/files/ src/commands/ src/model/ " MODEL, true},
    {"src/rewrite/", "src/rewrite/ src/commands/ src/model/ " MODEL, true},
    /* The model, and nothing of what makes or guards an edit. */
    {"src/verify/",
     "src/verify/ src/packages/managers.def include/dfix/verify.h include/dfix/calls.h "
     "include/dfix/command.h include/dfix/facts.h",
     true},
    {"fixers/", "include/dfix/fixer.h", true},
    {"src/engine/", "src/engine/ include/dfix/ fixers/fixers.def", true},
    /* The world; a service never sees a Dockerfile. */
    {"src/host/", "src/host/ src/base/sanitized.h " SERVICE, false},
    {"src/fetcher/", "src/fetcher/ src/host/ include/dfix/base.h", false},
    {"src/config/", "src/config/ src/host/ " SERVICE, false},
    {"src/accept/", "src/accept/ src/config/ src/host/ " SERVICE, false},
    {"src/index/", "src/index/index.h src/index/readers.def src/index/store/ src/host/ " SERVICE,
     false},
    {"src/index/store/", "src/index/store/ src/host/ " SERVICE, false},
    {"src/index/apt/", "src/index/apt/ src/index/index.h src/index/store/ src/host/ " SERVICE,
     false},
    {"src/index/advisories/",
     "src/index/advisories/ src/index/store/ src/host/ include/dfix/advisory.h " SERVICE, false},
    {"src/index/apk/", "src/index/apk/ src/index/index.h src/index/store/ src/host/ " SERVICE,
     false},
    {"src/registry/", "src/registry/ src/host/ " SERVICE, false},
    {"src/reader/",
     "src/reader/ src/registry/facts.h src/registry/installed.h src/registry/budget.h "
     "src/registry/memory.h src/index/ src/host/ include/dfix/username.h " SERVICE,
     false},
    {"src/world/", "src/world/ src/config/ src/registry/ src/index/ src/host/ " SERVICE, false},
    {"src/gate/", "src/gate/ src/accept/ src/config/ src/host/ include/dfix/", false},
    {"src/workspace/",
     "src/workspace/ src/world/ src/accept/ src/config/ src/registry/ src/index/ src/host/ "
     "include/dfix/",
     false},
    {"src/faces/",
     "src/faces/ src/workspace/ src/gate/ src/world/ src/accept/ src/config/ src/registry/ "
     "src/index/ "
     "src/host/ "
     "include/dfix/",
     false},
    {"src/programs/", "src/faces/faces.h src/fetcher/program.h src/reader/program.h", false},
};
enum { LAYERS = sizeof(layers) / sizeof(layers[0]) };

/* System headers that the pure part may use. stdio.h: for snprintf only. */
static const char pure_headers[] = "assert.h ctype.h inttypes.h limits.h setjmp.h stdarg.h "
                                   "stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h "
                                   "sanitizer/asan_interface.h emmintrin.h";
/* Calls that are a way out into the world. */
static const char *const impure_calls[] = {"fopen(",  "open(",    "printf(", "fprintf(", "puts(",
                                           "fputs(",  "putchar(", "fwrite(", "getenv(",  "setenv(",
                                           "system(", "popen(",   "time(",   "exit(",    "rand("};

/* Libraries, and the only files that may know them. */
static const struct {
    const char *header, *files;
} doors[] = {
    {"yaml.h", "src/config/yaml_tree.c src/plans/yaml.c"},
    {"curl/", "src/fetcher/"},
    {"linux/", "src/host/"}, /* and what else no other system has */
    {"sys/prctl.h", "src/host/"},
    {"sys/random.h", "src/host/"},
    {"sys/syscall.h", "src/host/"},
    {"sys/xattr.h", "src/host/"},
    {"openssl/", "src/reader/"},
    {"zlib.h", "src/reader/"},
    {"lzma.h", "src/reader/"},
    {"zstd.h", "src/reader/"},
    {"lz4frame.h", "src/reader/"},
    {"jansson.h", "src/host/ src/accept/ src/gate/ src/registry/ src/world/ "
                  "src/index/apk/secdb_parse.c src/faces/"},
};

static unsigned breaches;
static bool quiet;

static void breach(const char *file, unsigned line, const char *what, struct str which)
{
    if (!quiet)
        print_error(STR_FMT ":%u: %s " STR_FMT "\n", STR_ARG(str_of(file)), line, what,
                    STR_ARG(which));
    breaches++;
}

/* Does a word of the list begin `path`? */
static bool listed(const char *list, struct str path, bool whole)
{
    struct str rest = str_of(list), word;
    while (str_cut(&rest, ' ', &word))
        if (word.n && (whole ? str_eq(path, word) : str_starts(path, word)))
            return true;
    return false;
}

static const struct layer *layer_of(struct str file)
{
    const struct layer *best = NULL;
    for (size_t i = 0; i < LAYERS; i++)
        if (str_starts(file, str_of(layers[i].place)) &&
            (!best || strlen(layers[i].place) > strlen(best->place)))
            best = &layers[i];
    return best;
}

static bool is_file(struct str path)
{
    char name[512];
    snprintf(name, sizeof(name), "%s/" STR_FMT, DFIX_ROOT, STR_ARG(path));
    FILE *f = fopen(name, "r");
    if (f)
        fclose(f);
    return f != NULL;
}

/* Where a quoted include leads: beside the file, or below include/ or src/. */
static struct str resolve(struct arena *a, struct str file, struct str name)
{
    struct str folder = str_sub(file, 0, (size_t)(str_rchr(file, '/') + 1));
    struct str beside = str_fmt(a, STR_FMT STR_FMT, STR_ARG(folder), STR_ARG(name));
    if (str_starts(name, S("../../")))
        return str_from(name, 6); /* from a folder two below the root */
    if (is_file(beside))
        return beside;
    struct str in_include = str_fmt(a, "include/" STR_FMT, STR_ARG(name));
    return is_file(in_include) ? in_include : str_fmt(a, "src/" STR_FMT, STR_ARG(name));
}

static void check_system(const struct layer *layer, const char *file, unsigned line,
                         struct str header)
{
    bool door = false;
    for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
        if (!str_starts(header, str_of(doors[i].header)))
            continue;
        door = true;
        if (!listed(doors[i].files, str_of(file), false))
            breach(file, line, "another door's library:", header);
    }
    if (layer->pure && !door && !listed(pure_headers, header, true))
        breach(file, line, "not for the pure part:", header);
}

static bool is_word(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void check_calls(const char *file, unsigned line, struct str code)
{
    for (size_t i = 0; i < sizeof(impure_calls) / sizeof(impure_calls[0]); i++) {
        struct str call = str_of(impure_calls[i]), rest = code;
        for (ptrdiff_t at; (at = str_find(rest, call)) != STR_NONE;
             rest = str_from(rest, (size_t)at + call.n))
            if (rest.p + at == code.p || !is_word(rest.p[at - 1]))
                breach(file, line, "a way out of the pure part:", call);
    }
}

/* Half of a file is never left in the place of a whole one: host/ has the writers, beside a log to
 * which lines are added and what the helper fetches. */
static void check_writing(const char *file, unsigned line, struct str code)
{
    static const char *const ways[] = {"\"w\")", "\"we\")", "\"wb\")", "O_TRUNC"};
    static const char writers[] = "src/host/ src/fetcher/transfer.c src/faces/bot/state.c";

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (str_find(code, str_of(ways[i])) != STR_NONE && !listed(writers, str_of(file), false))
            breach(file, line, "writes past host/output.h and host/atomic.h:", str_of(ways[i]));
}

static void check_line(struct arena *a, const struct layer *layer, const char *file,
                       unsigned number, struct str line)
{
    struct str path = str_of(file), name = line;
    if (!str_starts(line, S("#include"))) {
        check_writing(file, number, line);
        /* That memory is out is all that may be said. */
        bool last_words =
            str_find(line, S("fputs(\"dfix: out of memory\\n\", stderr)")) != STR_NONE;
        bool comment = str_starts(str_trim(line), S("*")) || str_starts(str_trim(line), S("/*"));
        if (layer->pure && !last_words && !comment && !str_starts(line, S("#")))
            check_calls(file, number, line);
        return;
    }
    name = str_from(name, (size_t)(str_find(name, S("\"")) + 1));
    if (name.n == line.n) { /* no quote: <header> */
        name = str_from(line, (size_t)(str_chr(line, '<') + 1));
        check_system(layer, file, number, str_sub(name, 0, (size_t)str_chr(name, '>')));
        return;
    }
    name = str_sub(name, 0, (size_t)str_chr(name, '"'));
    struct str target = resolve(a, path, name);
    if (!str_eq(target, path) && !listed(layer->may, target, false))
        breach(file, number, "may not know", target);
}

static void check_file(const char *file)
{
    struct arena *a = arena_open();
    char path[512], line[4096];
    const struct layer *layer = layer_of(str_of(file));
    snprintf(path, sizeof(path), "%s/%s", DFIX_ROOT, file);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    if (!layer)
        breach(file, 1, "belongs to no layer:", str_of(file));
    for (unsigned number = 1; layer && fgets(line, sizeof(line), f); number++)
        check_line(a, layer, file, number, str_of(line));
    fclose(f);
    arena_close(a);
}

static void includes_go_left(void **state)
{
    (void)state;
    static const char *const where[] = {"include/*/*.h",  "src/*.[ch]",       "src/*/*.[ch]",
                                        "src/*/*/*.[ch]", "src/*/*/*/*.[ch]", "fixers/*.[ch]"};
    size_t files = 0;
    breaches = 0;
    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        char pattern[512];
        glob_t found;
        snprintf(pattern, sizeof(pattern), "%s/%s", DFIX_ROOT, where[i]);
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++, files++)
            check_file(found.gl_pathv[k] + strlen(DFIX_ROOT) + 1);
        globfree(&found);
    }
    assert_true(files > 30);
    if (breaches)
        fail_msg("%u breaches of the map", breaches);
}

/* Circles inside a folder: x.c and x.h are one unit, and know what either includes. A header that
 * has no .c of its own is the folder's, and no unit. */
struct unit {
    struct str name; /* "src/index/store/writer" */
    VEC(size_t) knows;
    int state; /* 0 not seen, 1 on the way, 2 done */
};
static struct {
    struct arena *arena;
    VEC(struct unit) unit;
} map;

static struct str stem_of(struct str file)
{
    return str_sub(file, 0, (size_t)str_rchr(file, '.'));
}

static size_t unit_named(struct str name)
{
    for (size_t i = 0; i < map.unit.n; i++)
        if (str_eq(map.unit.v[i].name, name))
            return i;
    return map.unit.n;
}

static void read_unit(struct unit *u, const char *end)
{
    char path[512], line[4096];
    struct str file = str_fmt(map.arena, STR_FMT "%s", STR_ARG(u->name), end);
    struct str folder = str_sub(file, 0, (size_t)str_rchr(file, '/') + 1);
    snprintf(path, sizeof(path), "%s/" STR_FMT, DFIX_ROOT, STR_ARG(file));
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        struct str s = str_of(line);
        ptrdiff_t from = str_chr(s, '"'), to = str_rchr(s, '"');
        if (!str_starts(s, S("#include \"")) || to <= from)
            continue;
        struct str target = resolve(map.arena, file, str_sub(s, (size_t)from + 1, (size_t)to));
        size_t other = str_ends(target, S(".h")) ? unit_named(stem_of(target)) : map.unit.n;
        bool here = str_starts(target, folder);
        if (here && other < map.unit.n && other != (size_t)(u - map.unit.v))
            vec_push(map.arena, &u->knows, other);
    }
    if (f)
        fclose(f);
}

/* Called with the units on the way; complains of the first circle through this one. */
static void walk(size_t at)
{
    struct unit *u = &map.unit.v[at];
    u->state = 1;
    for (size_t i = 0; i < u->knows.n; i++) {
        struct unit *next = &map.unit.v[u->knows.v[i]];
        if (next->state == 1)
            breach(str_cstr(map.arena, u->name), 1, "stands in a circle with", next->name);
        else if (!next->state)
            walk(u->knows.v[i]);
    }
    u->state = 2;
}

static void folders_have_no_circles(void **state)
{
    (void)state;
    static const char *const where[] = {"src/*/*.c", "src/*/*/*.c"};
    map.arena = arena_open();
    breaches = 0;
    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        char pattern[512];
        glob_t found;
        snprintf(pattern, sizeof(pattern), "%s/%s", DFIX_ROOT, where[i]);
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++) {
            struct str file = str_of(found.gl_pathv[k] + strlen(DFIX_ROOT) + 1);
            vec_push(map.arena, &map.unit,
                     (struct unit){.name = str_dup(map.arena, stem_of(file))});
        }
        globfree(&found);
    }
    assert_true(map.unit.n > 100);
    for (size_t i = 0; i < map.unit.n; i++) {
        read_unit(&map.unit.v[i], ".c");
        read_unit(&map.unit.v[i], ".h");
    }
    for (size_t i = 0; i < map.unit.n; i++)
        if (!map.unit.v[i].state)
            walk(i);
    arena_close(map.arena);
    if (breaches)
        fail_msg("%u circles", breaches);
}

/* The check itself sees what it should. */
static void breaches_are_seen(void **state)
{
    (void)state;
    static const struct {
        const char *file, *line;
        bool wrong;
    } v[] = {
        {"src/base/x.c", "#include \"dfix/syntax.h\"\n", true},
        {"src/base/x.c", "#include \"dfix/edit.h\"\n", false},
        {"src/syntax/x.c", "#include \"syntax/build.h\"\n", false},
        {"src/syntax/x.c", "#include \"build.h\"\n", false},
        {"src/syntax/x.c", "#include \"dfix/lookup.h\"\n", true},
        {"src/versions/x.c", "#include \"dfix/fixer.h\"\n", true},
        {"src/model/x.c", "#include \"commands/commands.h\"\n", true},
        {"src/commands/x.c", "#include \"model/model.h\"\n", false},
        {"src/commands/x.c", "#include \"packages/packages.h\"\n", true},
        {"src/packages/x.c", "#include \"runtime/runtime.h\"\n", true},
        {"src/runtime/x.c", "#include \"packages/packages.h\"\n", false},
        {"src/host/x.c", "#include \"dfix/fixer.h\"\n", true},
        {"src/index/apt/x.c", "#include \"dfix/syntax.h\"\n", true},
        {"src/index/apt/x.c", "#include \"index/apk/apk.h\"\n", true},
        {"src/registry/x.c", "#include \"world/world.h\"\n", true},
        {"src/config/x.c", "#include <yaml.h>\n", true},
        {"src/config/yaml_tree.c", "#include <yaml.h>\n", false},
        {"src/plans/x.c", "#include <yaml.h>\n", true},
        {"src/plans/yaml.c", "#include <yaml.h>\n", false},
        {"src/host/fetch.c", "#include <curl/curl.h>\n", true},
        {"src/fetcher/transfer.c", "#include <curl/curl.h>\n", false},
        {"src/reader/x.c", "#include <sys/prctl.h>\n", true},
        {"src/host/x.c", "#include <linux/landlock.h>\n", false},
        {"src/fetcher/x.c", "#include \"host/fetch.h\"\n", false},
        {"src/fetcher/x.c", "#include \"dfix/lookup.h\"\n", true},
        {"src/engine/x.c", "#include \"host/files.h\"\n", true},
        {"src/verify/x.c", "#include \"engine/engine.h\"\n", true},
        {"src/verify/x.c", "#include \"dfix/edit.h\"\n", true},
        {"src/verify/x.c", "#include \"dfix/fixer.h\"\n", true},
        {"src/engine/x.c", "#include \"verify/parts.h\"\n", true},
        {"src/engine/x.c", "#include <jansson.h>\n", true},
        {"src/faces/x.c", "#include \"host/files.h\"\n", false},
        {"src/faces/lsp/x.c", "#include \"workspace/workspace.h\"\n", false},
        {"src/workspace/x.c", "#include \"faces/faces.h\"\n", true},
        {"fixers/x.c", "#include \"dfix/image.h\"\n", true},
        {"fixers/x.c", "#include \"pin.h\"\n", true},
        {"fixers/x.c", "#include \"dfix/fixer.h\"\n", false},
        {"fixers/x.c", "#include <unistd.h>\n", true},
        {"fixers/x.c", "    x = getenv(\"HOME\");\n", true},
        {"fixers/x.c", "    n = snprintf(p, 3, \"x\");\n", false},
        {"src/host/x.c", "    x = getenv(\"HOME\");\n", false},
        {"src/host/x.c", "    f = fopen(name, \"we\");\n", false},
        {"src/faces/x.c", "    f = fopen(name, \"we\");\n", true},
        {"src/faces/x.c", "    f = fopen(name, \"re\");\n", false},
        {"src/config/x.c", "    fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);\n", true},
    };
    struct arena *a = arena_open();
    quiet = true;
    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        breaches = 0;
        check_line(a, layer_of(str_of(v[i].file)), v[i].file, 1, str_of(v[i].line));
        if ((breaches > 0) != v[i].wrong)
            fail_msg("%s: %s", v[i].file, v[i].line);
    }
    quiet = false;
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(includes_go_left),
        cmocka_unit_test(folders_have_no_circles),
        cmocka_unit_test(breaches_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
