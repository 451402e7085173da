/* content_files.c - the packages that one file of an image tells of: by its path, and by its text.
 */
#include "reader/contents.h"

#include "dfix/pull.h"
#include "reader/feeds.h"

enum { PROGRAM_MIN = 100 * 1000, JARS_DEEPEST = 4, FIELD_MAX = 255, PATH_SHOWN = 200 };

/* ---- by path ---- */

static struct str cut_last(struct str *path)
{
    ptrdiff_t slash = str_rchr(*path, '/');
    struct str last = slash == STR_NONE ? *path : str_from(*path, (size_t)slash + 1);

    *path = slash == STR_NONE ? S("") : str_sub(*path, 0, (size_t)slash);
    return last;
}

static bool is_jar(struct str name)
{
    ptrdiff_t dot = str_rchr(name, '.');

    return dot != STR_NONE &&
           word_is_one_of(str_from(name, (size_t)dot + 1), "jar war ear par sar kar nar jpi hpi");
}

static bool is_python(struct str name, struct str folder)
{
    return (str_eq(name, S("METADATA")) && str_ends(folder, S(".dist-info"))) ||
           (str_eq(name, S("PKG-INFO")) && str_ends(folder, S(".egg-info"))) ||
           str_ends(name, S(".egg-info"));
}

/* node_modules/NAME/package.json, node_modules/@SCOPE/NAME/package.json */
static bool is_node(struct str name, struct str above)
{
    struct str package, folder;

    if (!str_eq(name, S("package.json")))
        return false;
    package = cut_last(&above);
    folder = cut_last(&above);
    if (str_starts(folder, S("@")))
        folder = cut_last(&above);
    return str_eq(folder, S("node_modules")) && !str_starts(package, S("@"));
}

enum content_kind content_kind(struct str path, uint64_t size)
{
    struct str above = path, name = cut_last(&above);

    if (is_jar(name))
        return CONTENT_JAR;
    if (is_python(name, above))
        return CONTENT_PYTHON;
    if (is_node(name, above))
        return CONTENT_NODE;
    return size >= PROGRAM_MIN ? CONTENT_PROGRAM : CONTENT_NONE;
}

/* ---- what is found ---- */

/* As all of these ecosystems have names and versions. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 127)
            return false;
    return s.n > 0 && s.n <= FIELD_MAX;
}

struct str content_text(struct arena *a, struct str path)
{
    bool cut = path.n > PATH_SHOWN;
    struct buf b = {.arena = a};

    if (cut) {
        buf_add(&b, S("..."));
        path = str_from(path, path.n - PATH_SHOWN);
    }
    for (size_t i = 0; i < path.n; i++)
        buf_char(&b, (unsigned char)path.p[i] < ' ' || (unsigned char)path.p[i] >= 127 ? '?'
                                                                                       : path.p[i]);
    return b.n ? buf_str(&b) : S("");
}

bool content_add(struct content_list *list, const char *ecosystem, struct str name,
                 struct str version, struct str path)
{
    if (!is_plain(name) || (version.n && !is_plain(version)))
        return false;
    if (list->v.n == CONTENTS_MAX) {
        list->full = true;
        return false;
    }
    struct content c = {.ecosystem = str_of(ecosystem),
                        .name = str_dup(list->arena, name),
                        .version = str_dup(list->arena, version),
                        .path = content_text(list->arena, path)};
    vec_push(list->arena, &list->v, c);
    return true;
}

/* ---- Python ---- */

static bool take_python(struct content_list *list, struct str path, struct str bytes)
{
    struct str line, name = S(""), version = S("");

    while (str_cut(&bytes, '\n', &line) && str_trim(line).n) {
        if (str_starts(line, S("Name:")))
            name = str_trim(str_from(line, 5));
        else if (str_starts(line, S("Version:")))
            version = str_trim(str_from(line, 8));
    }
    return content_add(list, "pypi", name, version, path);
}

/* ---- Node.js ---- */

static bool take_node(struct content_list *list, struct str path, struct str bytes)
{
    struct pull j;
    struct str key, name = S(""), version = S("");

    if (str_starts(bytes, S("\xef\xbb\xbf"))) /* a byte-order mark, which npm steps over */
        bytes = str_from(bytes, 3);
    pull_open(&j, list->scratch, bytes);
    if (pull_object(&j))
        while (pull_member(&j, &key)) {
            if (str_eq(key, S("name")))
                name = pull_text(&j);
            else if (str_eq(key, S("version")))
                version = pull_text(&j);
            else
                pull_skip(&j);
        }
    if (!pull_end(&j))
        return false;
    /* What is of one's own and was never published needs neither. */
    return !name.n || !version.n || content_add(list, "npm", name, version, path);
}

/* ---- Java ---- */

struct jar {
    struct content_list *list;
    struct str path;
    unsigned depth;
    size_t found; /* packages, of this jar and those within */
    bool whole;
};

static bool take_jar(struct content_list *list, struct str path, struct str name, struct str bytes,
                     unsigned depth);

static bool is_wanted(void *user, struct str name)
{
    (void)user;
    return is_jar(name) ||
           (str_starts(name, S("META-INF/maven/")) && str_ends(name, S("/pom.properties")));
}

static bool take_properties(struct jar *jar, struct str text)
{
    struct str line, key, group = S(""), artifact = S(""), version = S("");

    while (str_cut(&text, '\n', &line)) {
        struct str value = str_trim(line);
        if (!str_cut(&value, '=', &key))
            continue;
        key = str_trim(key);
        if (str_eq(key, S("groupId")))
            group = str_trim(value);
        else if (str_eq(key, S("artifactId")))
            artifact = str_trim(value);
        else if (str_eq(key, S("version")))
            version = str_trim(value);
    }
    return group.n && artifact.n &&
           content_add(
               jar->list, "maven",
               str_fmt(jar->list->scratch, STR_FMT ":" STR_FMT, STR_ARG(group), STR_ARG(artifact)),
               version, jar->path);
}

static bool take_member(void *user, struct str name, struct str bytes, struct err *e)
{
    struct jar *jar = user;
    bool good;

    (void)e;
    if (is_jar(name))
        good = take_jar(jar->list, jar->path, path_basename(name), bytes, jar->depth + 1);
    else
        good = take_properties(jar, bytes);
    jar->found += good;
    jar->whole &= good;
    return true;
}

/* One that says nothing of what it is, is a package that cannot be checked. */
static bool take_jar(struct content_list *list, struct str path, struct str name, struct str bytes,
                     unsigned depth)
{
    struct jar jar = {.list = list, .path = path, .depth = depth, .whole = true};
    const struct zip_reader r = {.wanted = is_wanted, .take = take_member, .user = &jar};
    struct err e;

    if (depth > JARS_DEEPEST || !zip_read(bytes, list->left, &r, &e))
        return false;
    return (jar.found || content_add(list, "maven", name, S(""), path)) && jar.whole;
}

bool content_take(struct content_list *list, enum content_kind kind, struct str path,
                  struct str bytes)
{
    switch (kind) {
    case CONTENT_JAR:
        return take_jar(list, path, path_basename(path), bytes, 0);
    case CONTENT_PYTHON:
        return take_python(list, path, bytes);
    case CONTENT_NODE:
        return take_node(list, path, bytes);
    case CONTENT_PROGRAM:
    case CONTENT_NONE:
        break;
    }
    return true;
}
