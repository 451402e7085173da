/* useradd-no-log: useradd with a high number, which makes two files of as many entries. */
#include "dfix/fixer.h"

static const char doc[] =
    "Adds -l to useradd where the user's number is 100000 or more. useradd enters each user in\n"
    "/var/log/lastlog and /var/log/faillog at the place of its number; the files have holes that "
    "fill\n"
    "the layer, by gigabytes for numbers of directories.\n\n"
    "Silent where the number is not known. hadolint misses `--uid=NUMBER`, and takes a variable's "
    "name\n"
    "for a number.\n\n"
    "Safety: safe. Only those two logs have no entry of the user.\n";

enum { HIGH = 6 }; /* digits */

static bool is_high(const struct command *k)
{
    const struct command_option *o = command_option(k, "uid", NULL);
    struct str uid =
        o && o->has_value && o->value.value.certainty == VALUE_KNOWN ? o->value.value.text : S("");
    size_t zeros = 0;

    while (zeros < uid.n && uid.p[zeros] == '0')
        zeros++;
    for (size_t i = 0; i < uid.n; i++)
        if (uid.p[i] < '0' || uid.p[i] > '9')
            return false;
    return uid.n - zeros >= HIGH;
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL;
         (k = command_next_of(c->image, k, PROGRAM_USERADD, PHASE_BUILD));)
        if (!command_has(k, "no-log-init") && is_high(k)) {
            struct fix *f = fix_begin(c, k->outer, SAFE, "Add -l to useradd");
            fix_add_argument(f, k, 0, S("-l"));
        }
}

const struct fixer fixer_useradd_no_log = {
    .id = "useradd-no-log",
    .aliases = "DL3046",
    .title = "Keep users with high numbers out of the login logs",
    .why = "Two logs grow with the highest number of a user, and the layer with them.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
