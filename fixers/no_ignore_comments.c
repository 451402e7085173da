/* no-ignore-comments: comments that silence hadolint for one instruction. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports `# hadolint ignore=` above an instruction, for those who want every exception in the\n"
    "policy file. Off by default.\n\n"
    "Safety: only reported.\n";

static bool is_ignore(struct str comment)
{
    struct str word, rest = str_from(comment, 1);

    return word_next(&rest, &word) && str_eq(word, S("hadolint")) && word_next(&rest, &word) &&
           (str_starts(word, S("ignore=")) || str_eq(word, S("ignore")));
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (uint32_t i = 0; i < t->ntok; i++) {
        struct span s = token_span(t, i);
        if (t->tok[i].kind != TOK_COMMENT || !is_ignore(str_sub(t->text, s.start, s.end)))
            continue;
        struct fix *f = fix_hint(c, 0, "A comment tells hadolint to ignore this");
        fix_help(f, "say it in the policy file");
        fix_point(f, s);
    }
}

const struct fixer fixer_no_ignore_comments = {
    .id = "no-ignore-comments",
    .aliases = "DL1001",
    .title = "Keep exceptions in the policy file",
    .why = "Exceptions that are strewn over files are seen by nobody.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
