/* programs.c - the table of programs: found by name, and what their options are. */
#include "commands/commands.h"

#include <limits.h>
#include <string.h>

#define APT_OPTIONS                                                                                \
    "y|yes|assume-yes |no-install-recommends q|quiet? s|simulate|just-print|dry-run|recon|no-act " \
    "d|download-only "                                                                             \
    "m|ignore-missing|fix-missing f|fix-broken b|compile|build u|show-upgraded "                   \
    "V|verbose-versions "                                                                          \
    "t|target-release|default-release: o|option: c|config-file: a|host-architecture: "             \
    "P|build-profiles: |assume-no |install-recommends |install-suggests "                          \
    "|no-install-suggests |no-upgrade |only-upgrade |reinstall |purge |allow-downgrades "          \
    "|allow-unauthenticated |allow-remove-essential |allow-change-held-packages |force-yes "       \
    "|no-remove |autoremove|auto-remove |solver: |planner: |with-source: |comment: |snapshot: "    \
    "|fix-policy |trivial-only |no-download |list-cleanup |ignore-hold |print-uris |arch-only"
#define CHOWN_OPTIONS "R|recursive f|silent|quiet v|verbose c|changes h|no-dereference |reference:"
#define CURL_OPTIONS                                                                               \
    "f|fail s|silent S|show-error L|location o|output: O|remote-name "                             \
    "A|user-agent: b|cookie: c|cookie-jar: C|continue-at: d|data|data-ascii: D|dump-header: "      \
    "e|referer: E|cert: F|form: H|header: K|config: m|max-time: P|ftp-port: r|range: "             \
    "T|upload-file: u|user: U|proxy-user: w|write-out: x|proxy: X|request: y|speed-time: "         \
    "Y|speed-limit: z|time-cond: |url: |retry: |retry-delay: |retry-max-time: |connect-timeout: "  \
    "|cacert: |capath: |ciphers: |key: |data-raw: |data-binary: |data-urlencode: |max-redirs: "    \
    "|max-filesize: |limit-rate: |proto: |proto-redir: |resolve: |connect-to: |interface: "        \
    "|output-dir: |oauth2-bearer: |noproxy: |tls-max: |unix-socket: |variable: |json: "            \
    "k|insecure I|head i|include g|globoff "                                                       \
    "|compressed |create-dirs J|remote-header-name |fail-with-body |retry-all-errors"
#define DNF_OPTIONS                                                                                \
    "y|assumeyes q|quiet v|verbose c|config: d|debuglevel: e|errorlevel: R|randomwait: "           \
    "C|cacheonly "                                                                                 \
    "x|exclude|excludepkgs: |repo|repoid: |enablerepo: |disablerepo: |installroot: |releasever: "  \
    "|setopt: |disableexcludes|disableexcludepkgs: |enableplugin: |disableplugin: |comment: "      \
    "|repofrompath: |forcearch: |advisory|advisories: |bz|bzs: |cve|cves: |sec-severity: "         \
    "|downloaddir|destdir: |rpmverbosity: |nodocs |nogpgcheck |allowerasing |best |nobest "        \
    "|skip-broken |refresh |security |bugfix |assumeno |noplugins |setopt: |noallowerasing"
#define PIP_OPTIONS                                                                                \
    "r|requirement: c|constraint: e|editable: t|target: i|index-url|pypi-url: f|find-links: "      \
    "d|dest|download: |extra-index-url: |platform: |python-version: |implementation: |abi: "       \
    "|root: |prefix: |src: |upgrade-strategy: |install-option: |global-option: |build-option: "    \
    "C|config-settings: |no-binary: |only-binary: |progress-bar: |report: |python: |log: "         \
    "|keyring-provider: |proxy: |retries: |timeout: |exists-action: |trusted-host: |cert: "        \
    "|client-cert: |cache-dir: |use-feature: |use-deprecated: |root-user-action: U|upgrade "       \
    "I|ignore-installed q|quiet v|verbose |user |pre |no-deps |no-cache-dir |no-index "            \
    "|no-build-isolation |break-system-packages |force-reinstall |isolated |no-input |dry-run "    \
    "|require-hashes |disable-pip-version-check |no-warn-script-location |no-compile |compile"
#define SHELL_OPTIONS "o: O: c"
#define SU_OPTIONS                                                                                 \
    "c|command: g|group: G|supp-group: s|shell: w|whitelist-environment: |session-command: "       \
    "f|fast l|login m|preserve-environment p P|pty"

static const struct program_row rows[PROGRAMS] = {
#define PROGRAM(id, name, flags, words, options)                                                   \
    [PROGRAM_##id] = {PROGRAM_##id, flags, words, options},
#define ALIAS(id, name)
#include "commands/programs.def"
#undef PROGRAM
#undef ALIAS
};
static const struct program_name {
    const char *text;
    size_t n;
    enum program program;
} names[] = {
#define PROGRAM(id, name, flags, words, options) {name, sizeof(name) - 1, PROGRAM_##id},
#define ALIAS(id, name)                          {name, sizeof(name) - 1, PROGRAM_##id},
#include "commands/programs.def"
#undef PROGRAM
#undef ALIAS
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

const struct program_row *program_row(enum program p)
{
    return p > PROGRAM_OTHER && p < PROGRAMS ? &rows[p] : NULL;
}

/* The first name that begins with the byte, or with a later one. Asked of every command. */
static size_t names_from(char letter)
{
    static _Atomic uint16_t known[UCHAR_MAX + 1]; /* it and one; 0: not asked yet */
    unsigned char byte = (unsigned char)letter;
    struct bisect b = {.high = NAMES};

    if (!known[byte]) {
        while (bisect_next(&b))
            bisect_take(&b, (unsigned char)names[b.at].text[0] < byte);
        known[byte] = (uint16_t)(b.low + 1);
    }
    return known[byte] - 1u;
}

static const struct program_row *row_named(struct str name)
{
    for (size_t i = name.n ? names_from(name.p[0]) : NAMES;
         i < NAMES && names[i].text[0] == name.p[0]; i++)
        if (names[i].n == name.n && memcmp(names[i].text, name.p, name.n) == 0)
            return &rows[names[i].program];
    return NULL;
}

/* python3.11, pip3.9: the version that the name ends in is none of the program's. */
static struct str without_version(struct str name)
{
    size_t n = name.n;

    while (n && ((name.p[n - 1] >= '0' && name.p[n - 1] <= '9') || name.p[n - 1] == '.'))
        n--;
    return str_sub(name, 0, n);
}

const struct program_row *program_row_of(struct str name)
{
    const struct program_row *r = row_named(name);
    struct str plain = r ? S("") : without_version(name);

    return plain.n && plain.n < name.n ? row_named(plain) : r;
}

/* Does a name end there? */
static bool ends_name(char c)
{
    return c == '|' || c == ' ' || c == ':' || c == '?' || !c;
}

/* One entry of a row's options: `y|yes|assume-yes`, `t|target-release:`. */
static struct option_kind kind_of(const char *entry)
{
    size_t letter = 0, first, n;

    while (!ends_name(entry[letter]))
        letter++;
    first = letter + (entry[letter] == '|');
    for (n = first; !ends_name(entry[n]);)
        n++;
    struct str name = n > first ? (struct str){entry + first, n - first} /* the first long one */
                                : (struct str){entry, letter};
    while (entry[n] && entry[n] != ' ')
        n++;
    return (struct option_kind){name, entry[n - 1] == ':', entry[n - 1] == '?'};
}

/* The entry behind this one; NULL: no more. */
static const char *next_entry(const char *entry)
{
    const char *space = strchr(entry, ' ');

    while (space && *space == ' ')
        space++;
    return space && *space ? space : NULL;
}

struct option_kind option_of_letter(const struct program_row *p, char letter)
{
    const char *e = p && p->options[0] ? p->options : NULL;

    for (; e; e = next_entry(e))
        if (e[0] == letter && letter != '|' && ends_name(e[1]))
            return kind_of(e);
    return (struct option_kind){S(""), false, false};
}

/* Is one of an entry's long names this one, or does it begin so? */
static bool entry_begins(const char *entry, struct str name)
{
    for (const char *c = entry; *c && *c != ' '; c++)
        if (*c == '|' && strncmp(c + 1, name.p, name.n) == 0)
            return true;
    return false;
}

/* Any beginning of a long name stands for it, when it is that of one option alone. */
static struct option_kind abbreviated(const struct program_row *p, struct str name)
{
    struct option_kind found = {S(""), false, false};
    unsigned n = 0;

    for (const char *e = p->options; e; e = next_entry(e))
        if (entry_begins(e, name)) {
            found = kind_of(e);
            n++;
        }
    return n == 1 ? found : (struct option_kind){S(""), false, false};
}

/* Can it be a name of the table at all? */
static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (ends_name(name.p[i]))
            return false;
    return name.n > 0;
}

struct option_kind option_of_name(const struct program_row *p, struct str name)
{
    const char *bar = p && is_name(name) ? strchr(p->options, '|') : NULL;

    for (; bar; bar = strchr(bar + 1, '|'))
        if (bar[1] == name.p[0] && strncmp(bar + 1, name.p, name.n) == 0 &&
            ends_name(bar[1 + name.n])) {
            while (bar > p->options && bar[-1] != ' ')
                bar--;
            return kind_of(bar);
        }
    if (p && (p->flags & ABBREVIATES) && p->options[0] && is_name(name))
        return abbreviated(p, name);
    return (struct option_kind){S(""), false, false};
}

size_t wrapper_words(const struct program_row *p, const struct field *f, size_t n)
{
    unsigned words = p->words;
    size_t at = 1;

    for (; at < n && f[at].value.certainty == VALUE_KNOWN; at++) {
        struct str s = f[at].value.text;
        if (str_eq(s, S("--")))
            return at + 1 + words < n ? at + 1 + words : n;
        if (s.n > 1 && s.p[0] == '-') {
            bool long_name = s.p[1] == '-';
            struct option_kind k =
                long_name ? option_of_name(p, str_from(s, 2)) : option_of_letter(p, s.p[s.n - 1]);
            at += k.value && (long_name || s.n == 2);
        } else if (str_chr(s, '=') > 0) {
            continue;
        } else if (!words--) {
            break;
        }
    }
    return at < n ? at : n; /* an option's value may be missing */
}
