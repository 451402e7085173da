/* rpm.c - packages as yum and dnf have them: NAME, NAME-VERSION, NAME-EPOCH:VERSION-RELEASE.ARCH,
 * @GROUP, MODULE:STREAM, files. */
#include "packages/rpm.h"

const char *const rpm_verbs[] = {
    [VERB_INSTALL] = "install in localinstall",
    [VERB_UPGRADE] = "update upgrade up",
    [VERB_DIST_UPGRADE] = "distro-sync distribution-synchronization dsync",
    [VERB_UPDATE] = "makecache check-update",
    [VERB_REMOVE] = "remove erase autoremove",
    [VERB_OTHER] = NULL,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_version_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           str_chr(S(".~^_:+"), c) != STR_NONE;
}

/* Where the version begins: behind the first '-' that a digit follows. A '-' always parts a name
 * from it. */
static size_t version_at(struct str word)
{
    size_t at = 0;

    for (size_t i = 1; i < word.n; i++) {
        if (word.p[i - 1] == '-' && is_digit(word.p[i]) && !at)
            at = i;
        if (!is_version_char(word.p[i]) && word.p[i] != '-')
            return at && word.p[i] == '*' ? at : 0;
    }
    return at;
}

static bool is_file(struct str word)
{
    return str_ends(word, S(".rpm")) || str_chr(word, '/') != STR_NONE;
}

void rpm_package_read(struct package *p, struct str word)
{
    size_t version = version_at(word);
    ptrdiff_t stream = str_chr(word, ':');

    p->name = word;
    p->kind = PACKAGE_NAME;
    if (is_file(word)) {
        p->kind = PACKAGE_FILE;
    } else if (str_starts(word, S("@"))) {
        p->kind = PACKAGE_TASK;
    } else if (version || stream != STR_NONE) {
        size_t end = version ? version - 1 : (size_t)stream;
        p->kind = PACKAGE_CONSTRAINED;
        p->name = str_sub(word, 0, end);
        p->operator_ = str_sub(word, end, end + 1);
        p->version = str_from(word, end + 1);
    }
}

/* `module install`, `group install`: the words behind that; groups have no versions. */
size_t rpm_packages(const struct command *c, const struct field *const **out)
{
    struct str said = command_subcommand(c);
    size_t n = command_operands(c, out);

    if (manager_verb(manager_of_program(c->program), said) == VERB_INSTALL)
        return n;
    bool module = str_eq(said, S("module")) && n && str_eq((*out)[0]->value.text, S("install"));
    if (!module)
        return 0;
    (*out)++;
    return n - 1;
}

/* yum is dnf under another name where there is dnf, and the other way round. */
bool rpm_cleans(const struct command *c)
{
    static const char caches[] = "/var/cache/dnf /var/cache/yum /var/cache/libdnf";

    if (c->program == PROGRAM_DNF || c->program == PROGRAM_MICRODNF || c->program == PROGRAM_YUM)
        return says_words(c, "clean", "all");
    return removes_from(c, caches);
}
