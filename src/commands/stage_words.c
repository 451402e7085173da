/* stage_words.c - what the instructions of a stage say, word by word: no comment, no label, no
 * layout. A word counts as it is written; those of one command stand on one line. */
#include "dfix/command.h"
#include "dfix/user.h"
#include "commands/commands.h"

static bool says_nothing(enum instruction op)
{
    return op == INST_LABEL || op == INST_MAINTAINER;
}

/* The lines of a file that a heredoc holds, without those that most languages take for comments. */
static void add_data(struct buf *b, struct str text)
{
    struct str line;

    while (str_cut(&text, '\n', &line)) {
        struct str bare = str_trim(line);
        if (!str_starts(bare, S("#")) || str_starts(bare, S("#!")))
            buf_fmt(b, STR_FMT "\n", STR_ARG(bare));
    }
}

/* A word as it is written, but for continuations and the comments between them. */
static void add_word(struct buf *b, const struct tree *t, node_id n)
{
    const struct node *w = &t->node[n];

    if (b->n && b->p[b->n - 1] != '\n' && b->p[b->n - 1] != '=')
        buf_char(b, ' ');
    if (w->tok_end == w->tok + 1) { /* as most are */
        buf_add(b, node_text(t, n));
        return;
    }
    for (uint32_t i = w->tok; i < w->tok_end; i++) {
        struct span s = token_span(t, i);
        if (t->tok[i].kind != TOK_COMMENT && t->tok[i].kind != TOK_CONTINUATION &&
            t->tok[i].kind != TOK_NEWLINE)
            buf_add(b, str_sub(t->text, s.start, s.end));
    }
}

static void end_line(struct buf *b)
{
    if (b->n && b->p[b->n - 1] != '\n')
        buf_char(b, '\n');
}

static void add_instruction(struct buf *b, const struct tree *t, node_id instruction)
{
    for (node_id n = instruction + 1; n < t->node[instruction].after;) {
        node_id next = n + 1;
        switch (node_kind(t, n)) {
        case NODE_DATA:
            add_data(b, node_text(t, n));
            break;
        case NODE_COMMAND:
        case NODE_EXEC:
        case NODE_FOR:
            end_line(b);
            break;
        case NODE_NAME:
            add_word(b, t, n);
            buf_char(b, '=');
            break;
        case NODE_KEYWORD:
        case NODE_WORD:
        case NODE_STRING:
            add_word(b, t, n);
            next = t->node[n].after; /* but commands inside have lines of their own */
            for (node_id k = n + 1; k < next; k++)
                if (node_kind(t, k) == NODE_COMMAND)
                    next = k;
            break;
        default:
            break;
        }
        n = next;
    }
    end_line(b);
}

static struct str words_of(const struct image *im, unsigned stage)
{
    struct image_late *late = image_own(im)->late;
    struct arena *a = image_own(im)->definitions.arena;
    const struct stage *s = &im->stage[stage];

    if (!late->words)
        late->words = arena_new(a, struct str, im->nstage);
    if (!late->words[stage].p) {
        struct buf b = {.arena = a};
        for (node_id n = s->from; n && n <= s->last; n = node_sibling(im->tree, n))
            if (node_kind(im->tree, n) == NODE_INSTRUCTION &&
                !says_nothing(node_instruction(im->tree, n)))
                add_instruction(&b, im->tree, n);
        late->words[stage] = b.n ? buf_str(&b) : S("");
    }
    return late->words[stage];
}

/* Does the word before the continuation go on behind it? Not where the next line is indented. */
static bool goes_on(const struct tree *t, uint32_t continuation)
{
    uint32_t next = continuation;

    while (next < t->ntok && t->tok[next].kind <= TOK_BOM)
        next++;
    return next < t->ntok && t->tok[continuation - 1].kind > TOK_BOM &&
           t->tok[next - 1].kind != TOK_BLANK;
}

static bool find_split(const struct tree *t)
{
    for (uint32_t i = 1; i < t->ntok; i++)
        if (t->tok[i].kind == TOK_CONTINUATION && goes_on(t, i))
            return true;
    return false;
}

/* Does a word go on in the next line, so that its bytes do not stand together? */
static bool splits_words(const struct image *im)
{
    struct image_late *late = image_own(im)->late;

    if (late->split == SPLIT_UNKNOWN)
        late->split = find_split(im->tree) ? SPLIT_SOME : SPLIT_NONE;
    return late->split == SPLIT_SOME;
}

/* Has its text each word of it? Those of most stages need not be put together for that. */
static bool may_say(const struct image *im, unsigned stage, struct str what)
{
    const struct tree *t = im->tree;
    uint32_t from = node_span(t, im->stage[stage].from).start;
    uint32_t end = node_span(t, im->stage[stage].last).end;
    bool may = true;
    struct str word;

    if (splits_words(im) || str_chr(what, '=') != STR_NONE)
        return true;
    while (may && str_cut(&what, ' ', &word))
        may = str_find(str_sub(t->text, from, end), word) != STR_NONE;
    return may;
}

bool image_stage_says(const struct image *im, unsigned stage, struct str what)
{
    for (;; stage = im->stage[stage].base_stage) {
        if (may_say(im, stage, what) && str_find(words_of(im, stage), what) != STR_NONE)
            return true;
        if (im->stage[stage].base != BASE_STAGE)
            return false;
    }
}

bool image_stage_defines(const struct image *im, unsigned stage, struct str name)
{
    const struct definitions *d = &image_own(im)->definitions;

    for (size_t i = 0; i < d->n; i++)
        if (d->v[i].env && d->v[i].stage != UINT32_MAX && str_eq(d->v[i].name, name) &&
            image_is_built_on(im, stage, d->v[i].stage))
            return true;
    return false;
}

bool image_stage_runs(const struct image *im, unsigned stage, const char *programs)
{
    for (int phase = PHASE_BUILD; phase <= PHASE_START; phase++)
        for (const struct command *c = NULL; (c = command_next(im, c, (enum phase)phase));)
            if (word_is_one_of(c->name, programs) && image_is_built_on(im, stage, c->stage))
                return true;
    return false;
}
