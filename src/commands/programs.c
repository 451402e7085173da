/* programs.c - the table of programs: found by name, and what their options are. */
#include "commands/commands.h"

#include <string.h>

#define APT_OPTIONS                                                                                \
    "y|yes|assume-yes q|quiet? s|simulate|just-print|dry-run|recon|no-act d|download-only "        \
    "m|ignore-missing|fix-missing f|fix-broken b|compile|build u|show-upgraded "                   \
    "V|verbose-versions "                                                                          \
    "t|target-release|default-release: o|option: c|config-file: a|host-architecture: "             \
    "P|build-profiles: |assume-no |no-install-recommends |install-recommends |install-suggests "   \
    "|no-install-suggests |no-upgrade |only-upgrade |reinstall |purge |allow-downgrades "          \
    "|allow-unauthenticated |allow-remove-essential |allow-change-held-packages |force-yes "       \
    "|no-remove |autoremove|auto-remove |solver: |planner: |with-source: |comment: |snapshot: "    \
    "|fix-policy |trivial-only |no-download |list-cleanup |ignore-hold |print-uris |arch-only"
#define CHOWN_OPTIONS "R|recursive f|silent|quiet v|verbose c|changes h|no-dereference |reference:"
#define CURL_OPTIONS                                                                               \
    "A|user-agent: b|cookie: c|cookie-jar: C|continue-at: d|data|data-ascii: D|dump-header: "      \
    "e|referer: E|cert: F|form: H|header: K|config: m|max-time: o|output: P|ftp-port: r|range: "   \
    "T|upload-file: u|user: U|proxy-user: w|write-out: x|proxy: X|request: y|speed-time: "         \
    "Y|speed-limit: z|time-cond: |url: |retry: |retry-delay: |retry-max-time: |connect-timeout: "  \
    "|cacert: |capath: |ciphers: |key: |data-raw: |data-binary: |data-urlencode: |max-redirs: "    \
    "|max-filesize: |limit-rate: |proto: |proto-redir: |resolve: |connect-to: |interface: "        \
    "|output-dir: |oauth2-bearer: |noproxy: |tls-max: |unix-socket: |variable: |json: f|fail "     \
    "L|location O|remote-name s|silent S|show-error k|insecure I|head i|include g|globoff "        \
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

static const struct program_row rows[] = {
#define PROGRAM(id, name, flags, words, options)                                                   \
    {name, sizeof(name) - 1, PROGRAM_##id, flags, words, options},
#define ALIAS(id, name) {name, sizeof(name) - 1, PROGRAM_##id, 0, 0, NULL},
#include "commands/programs.def"
#undef PROGRAM
#undef ALIAS
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct program_row *program_row(enum program p)
{
    if (p <= PROGRAM_OTHER || p >= PROGRAMS)
        return NULL;
    /* Rows stand in the order of their programs, with the aliases in between. */
    size_t i = (size_t)p - PROGRAM_OTHER - 1;
    while (i < ROWS && (rows[i].program != p || !rows[i].options))
        i++;
    return i < ROWS ? &rows[i] : NULL;
}

const struct program_row *program_row_of(struct str name)
{
    size_t from = 0, to = ROWS;

    while (name.n && from < to) {
        size_t middle = (from + to) / 2;
        const struct program_row *r = &rows[middle];
        int order = (unsigned char)name.p[0] - (unsigned char)r->name[0];
        if (!order)
            order = memcmp(name.p, r->name, name.n < r->n ? name.n : r->n);
        if (!order && name.n == r->n)
            return r->options ? r : program_row(r->program);
        if (order < 0 || (!order && name.n < r->n))
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

/* One entry of a row's options: `y|yes|assume-yes`, `t|target-release:`. */
struct entry {
    struct str names;
    bool value, glued;
};

static bool next_entry(struct str *rest, struct entry *out)
{
    struct str word;

    do {
        if (!str_cut(rest, ' ', &word))
            return false;
    } while (!word.n);
    out->value = str_ends(word, S(":"));
    out->glued = str_ends(word, S("?"));
    out->names = str_sub(word, 0, word.n - (out->value || out->glued));
    return true;
}

/* The first long name, else the letter. */
static struct option_kind kind_of(const struct entry *e)
{
    struct str names = e->names, letter = S(""), first = S("");

    str_cut(&names, '|', &letter);
    str_cut(&names, '|', &first);
    return (struct option_kind){first.n ? first : letter, e->value, e->glued};
}

struct option_kind option_of_letter(const struct program_row *p, char letter)
{
    struct str rest = str_of(p ? p->options : NULL);
    struct entry e;

    while (next_entry(&rest, &e))
        if (e.names.n && e.names.p[0] == letter && (e.names.n == 1 || e.names.p[1] == '|'))
            return kind_of(&e);
    return (struct option_kind){S(""), false, false};
}

/* Is it one of an entry's long names? `begins`: or the beginning of one. */
static bool entry_has(const struct entry *e, struct str name, bool begins)
{
    struct str names = e->names, one;

    str_cut(&names, '|', &one);
    while (str_cut(&names, '|', &one))
        if (one.n && (begins ? str_starts(one, name) : str_eq(one, name)))
            return true;
    return false;
}

struct option_kind option_of_name(const struct program_row *p, struct str name)
{
    struct str rest = str_of(p ? p->options : NULL);
    struct option_kind found = {S(""), false, false};
    struct entry e;
    unsigned n = 0;

    while (next_entry(&rest, &e))
        if (entry_has(&e, name, false))
            return kind_of(&e);
    rest = str_of(p && (p->flags & ABBREVIATES) ? p->options : NULL);
    while (name.n && next_entry(&rest, &e))
        if (entry_has(&e, name, true)) {
            found = kind_of(&e);
            n++;
        }
    return n == 1 ? found : (struct option_kind){S(""), false, false};
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
