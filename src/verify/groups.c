/* An instruction taken to pieces: its commands with their words, and what links them. */
#include "parts.h"

struct taker {
    struct arena *arena;
    const struct side *side;
    const struct tree *tree; /* the file's, or a text's that a command hands on */
    enum instruction op;
    struct command_list commands; /* of the instruction */
    struct span at;               /* of what is read, in the file; a text's is its command's */
    VEC(struct part) piece;       /* of the group that is open */
    VEC(struct group) group;
    const struct command *command;
    unsigned depth; /* of texts in texts */
    bool open;      /* a group is */
    bool shell;     /* what is read is a shell's */
    bool lines;     /* a line end there ends a command: in the text of a heredoc */
    bool began;     /* the last link was one behind which a line end means nothing */
    bool separate;  /* `;` or a line end was there since */
};

static void take(struct taker *t, node_id n);
static void take_inside(struct taker *t, node_id n);

uint64_t verify_hash(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 1099511628211u + (hash >> 29);
}

static struct span span_of(const struct taker *t, node_id n)
{
    return t->tree == t->side->tree ? node_span(t->tree, n) : t->at;
}

static int by_text(struct part x, struct part y)
{
    return x.kind == PIECE_FLAG && y.kind == PIECE_FLAG ? str_cmp(x.text, y.text) : 0;
}

/* Flags stand in one order: they are told apart by their names. */
static void sort_flags(struct taker *t)
{
    for (size_t i = 1; i < t->piece.n; i++)
        for (size_t k = i; k && by_text(t->piece.v[k - 1], t->piece.v[k]) > 0; k--) {
            struct part x = t->piece.v[k];
            t->piece.v[k] = t->piece.v[k - 1];
            t->piece.v[k - 1] = x;
        }
}

/* Several sources go into a folder, with a slash at its end or without. */
static void end_target(struct taker *t)
{
    size_t words = 0, last = 0;

    for (size_t i = 0; i < t->piece.n; i++)
        if (t->piece.v[i].kind == PIECE_WORD || t->piece.v[i].kind == PIECE_REDIRECT) {
            words++;
            last = i;
        }
    for (size_t i = 0; i < t->piece.n; i++)
        if (t->piece.v[i].kind == PIECE_WORD)
            last = i;
    if (words > 2)
        t->piece.v[last].text = str_without_end(t->piece.v[last].text, '/');
}

/* 80 is 80/tcp; a port of the host in front has no effect. */
static void name_port(struct taker *t)
{
    for (size_t i = 0; i < t->piece.n; i++) {
        struct str *s = &t->piece.v[i].text;
        if (memchr(s->p, '$', s->n))
            continue;
        *s = str_lower(t->arena, str_from(*s, (size_t)(str_rchr(*s, ':') + 1)));
        if (str_chr(*s, '/') == STR_NONE)
            *s = str_fmt(t->arena, STR_FMT "/tcp", STR_ARG(*s));
    }
}

/* Of the words that an instruction begins with. */
static void settle_words(struct taker *t)
{
    sort_flags(t);
    if (t->op == INST_COPY || t->op == INST_ADD)
        end_target(t);
    if (t->op == INST_EXPOSE)
        name_port(t);
}

static void close_group(struct taker *t)
{
    struct group g = {.n = t->piece.n, .command = t->command, .at = t->at};

    if (t->open && !t->group.n && !t->depth)
        settle_words(t);
    t->open = false;
    t->command = NULL;
    if (!g.n)
        return;
    g.piece = arena_copy(t->arena, t->piece.v, t->piece.n, sizeof(struct part));
    g.hash = 1469598103934665603u;
    for (size_t i = 0; i < g.n; i++)
        g.hash = verify_hash(verify_hash(g.hash, g.piece[i].kind), str_hash(g.piece[i].text));
    vec_push(t->arena, &t->group, g);
    t->piece.n = 0;
}

static void open_group(struct taker *t, struct span at)
{
    close_group(t);
    t->at = at;
    t->open = true;
}

static void put_link(struct taker *t, struct str text, struct span at)
{
    open_group(t, at);
    vec_push(t->arena, &t->piece, (struct part){.kind = PIECE_LINK, .text = text, .tree = t->tree});
    close_group(t);
}

/* `;` and line ends come before what they separate, and where nothing does they mean nothing. */
static void put_separator(struct taker *t, struct span at)
{
    if (t->separate && !t->began)
        put_link(t, S(";"), at);
    t->separate = false;
    t->began = false;
}

static void put_piece(struct taker *t, enum piece_kind kind, node_id n, struct str text)
{
    bool alone = !t->open;

    if (alone) {
        put_separator(t, span_of(t, n));
        open_group(t, span_of(t, n));
    }
    vec_push(t->arena, &t->piece,
             (struct part){.kind = kind, .text = text, .tree = t->tree, .node = n});
    if (alone)
        close_group(t);
}

static const struct command *command_of(const struct taker *t, node_id n)
{
    for (size_t i = 0; i < t->commands.n; i++)
        if (t->commands.v[i].node == n && t->commands.v[i].scope->tree == t->tree)
            return &t->commands.v[i];
    return NULL;
}

/* ---- what stands between commands ---- */

static void take_token(struct taker *t, node_id parent, uint32_t tok)
{
    struct span s = token_span(t->tree, tok);
    struct str text = str_sub(t->tree->text, s.start, s.end);
    struct span at = t->tree == t->side->tree ? s : t->at;
    enum token_kind kind = (enum token_kind)t->tree->tok[tok].kind;

    if (kind == TOK_NEWLINE && t->shell && t->lines &&
        node_kind(t->tree, parent) != NODE_FUNCTION) {
        close_group(t);
        if (text.n > 1) /* CR LF: the shell gets the CR */
            put_link(t, S("\r"), at);
        t->separate = true;
        return;
    }
    if (!t->shell || kind <= TOK_BOM)
        return;
    close_group(t);
    if (str_eq(text, S(";"))) {
        t->separate = true;
        return;
    }
    if (word_is_one_of(text, ") ;; ;& ;;&"))
        t->separate = false;
    put_separator(t, at);
    put_link(t, text, at);
    t->began = word_is_one_of(text, "&& || | |& & ;; ;& ;;& ( { then do else elif if while until "
                                    "in !");
}

/* ---- words ---- */

/* Names of stages may be written in any letters. */
static struct str stage_named(const struct taker *t, struct str word, bool is_image)
{
    bool stage = is_image && image_stage_named(t->side->image, t->arena, word) != UINT32_MAX;
    return stage ? str_lower(t->arena, word) : word;
}

static void take_word(struct taker *t, node_id n)
{
    struct buf b = {.arena = t->arena};

    if (t->shell)
        word_of_shell(&b, t->tree, n);
    else if (node_kind(t->tree, n) == NODE_ALIAS)
        buf_fmt(&b, "as " STR_FMT, STR_ARG(str_lower(t->arena, node_text(t->tree, n))));
    else
        buf_add(&b, stage_named(t, word_of_file(t->arena, t->tree, n),
                                node_kind(t->tree, n) == NODE_IMAGE));
    put_piece(t, PIECE_WORD, n, buf_str(&b));
}

static void take_assignment(struct taker *t, node_id n)
{
    struct buf b = {.arena = t->arena};
    node_id name = node_next(t->tree, n, 0, NODE_NAME),
            value = name ? node_sibling(t->tree, name) : 0;

    if (name)
        buf_add(&b, node_text(t->tree, name));
    buf_add(&b, t->tree->node[n].flags & NODE_APPEND ? S("+=\7") : S("=\7")); /* no plain word */
    for (node_id i = value; i; i = node_sibling(t->tree, i)) {
        word_of_shell(&b, t->tree, i);
        buf_char(&b, '\7');
    }
    put_piece(t, PIECE_WORD, n, buf_str(&b));
}

static bool is_heredoc(const struct tree *t, node_id redirect)
{
    return t->node[redirect].op == REDIR_HEREDOC || t->node[redirect].op == REDIR_HEREDOC_TABS;
}

static bool is_quoted(struct str s)
{
    return str_chr(s, '\'') != STR_NONE || str_chr(s, '"') != STR_NONE ||
           str_chr(s, '\\') != STR_NONE;
}

/* The delimiter of a heredoc is a name only for COPY and ADD, which call the file so. */
static void take_redirect(struct taker *t, node_id n)
{
    struct buf b = {.arena = t->arena};
    node_id target = node_first(t->tree, n);
    bool copies = t->op == INST_COPY || t->op == INST_ADD, heredoc = is_heredoc(t->tree, n);

    for (uint32_t i = t->tree->node[n].tok;
         i < t->tree->node[n].tok_end && (!target || i < t->tree->node[target].tok); i++)
        if (t->tree->tok[i].kind > TOK_BOM) {
            struct span s = token_span(t->tree, i);
            buf_add(&b, str_sub(t->tree->text, s.start, s.end));
        }
    if (heredoc)
        b.n -= b.n && b.p[b.n - 1] == '-'; /* the body tells */
    buf_char(&b, ' ');
    if (target && heredoc && is_quoted(node_text(t->tree, target)))
        buf_add(&b, S("quoted "));
    if (target && (!heredoc || copies))
        word_of_shell(&b, t->tree, target);
    put_piece(t, PIECE_REDIRECT, n, buf_str(&b));
}

static void take_flag(struct taker *t, node_id n)
{
    struct buf b = {.arena = t->arena};
    node_id name = node_next(t->tree, n, 0, NODE_NAME), value = node_next(t->tree, n, 0, NODE_WORD);

    if (name)
        buf_add(&b, node_text(t->tree, name));
    if (value)
        buf_fmt(&b, "=" STR_FMT,
                STR_ARG(stage_named(t, word_of_file(t->arena, t->tree, value),
                                    name && str_eq(node_text(t->tree, name), S("from")))));
    bool says_nothing = t->op == INST_FROM && !t->side->platform_given &&
                        str_eq(buf_str(&b), S("platform=\1$TARGETPLATFORM\3"));
    if (!says_nothing)
        put_piece(t, PIECE_FLAG, n, buf_str(&b));
}

/* ---- bodies ---- */

static struct str without_tabs(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\t' || (i && s.p[i - 1] != '\n' && b.n && b.p[b.n - 1] != '\n'))
            buf_char(&b, s.p[i]);
    return buf_str(&b);
}

/* Bytes that no shell known here reads: those of a heredoc as they are, others with each
 * continuation gone. */
static void take_data(struct taker *t, node_id n)
{
    node_id body = t->tree->node[n].parent;
    bool heredoc = node_kind(t->tree, body) == NODE_HEREDOC;
    struct buf b = {.arena = t->arena};

    if (heredoc) {
        struct str text = node_text(t->tree, n);
        bool tabs = t->tree->node[body].flags & NODE_TABS;
        buf_add(&b, tabs ? without_tabs(t->arena, text) : text);
    }
    for (uint32_t i = t->tree->node[n].tok; !heredoc && i < t->tree->node[n].tok_end; i++) {
        enum token_kind k = (enum token_kind)t->tree->tok[i].kind;
        struct span s = token_span(t->tree, i);
        if (k != TOK_CONTINUATION && k != TOK_COMMENT && k != TOK_NEWLINE)
            buf_add(&b, str_sub(t->tree->text, s.start, s.end));
    }
    close_group(t);
    put_piece(t, PIECE_DATA, n, buf_str(&b));
}

/* The line that names a script's interpreter. */
static void take_interpreter(struct taker *t, node_id heredoc)
{
    struct span s = node_span(t->tree, heredoc);
    struct str text = str_sub(t->tree->text, s.start, s.end), line = S("");

    if (str_starts(text, S("#!")) && str_cut(&text, '\n', &line))
        put_link(t, str_trim(line), s);
}

static void take_heredoc(struct taker *t, node_id n)
{
    bool lines = t->lines, shell = t->shell;

    close_group(t);
    t->separate = false;
    put_link(t, S("<<"), span_of(t, n));
    if (node_next(t->tree, n, 0, NODE_SHELL))
        take_interpreter(t, n);
    t->lines = true;
    t->began = true;
    for (node_id c = 0; (c = node_next(t->tree, n, c, NODE_DATA));)
        take(t, c);
    for (node_id c = 0; (c = node_next(t->tree, n, c, NODE_SHELL));)
        take(t, c);
    close_group(t);
    t->lines = lines;
    t->shell = shell;
    t->separate = false;
    t->began = true;
}

/* ---- commands ---- */

/* The tree of the text that the command hands to a shell; NULL: none that is all there. */
static const struct tree *text_of(const struct taker *t, const struct command *c, node_id *word)
{
    const struct field *f;
    size_t which = c && command_holds(c) ? command_text(c) : 0;

    if (!which || command_args(c, &f) <= which || !word_is_plain(c->scope->tree, f[which].word))
        return NULL;
    *word = f[which].word;
    for (size_t i = 0; i < t->commands.n; i++)
        if (t->commands.v[i].holder == c->index && t->commands.v[i].within)
            return t->commands.v[i].scope->tree;
    return NULL;
}

/* A bracket around a text: none of the file's, it goes with the command that hands the text on. */
static void put_bracket(struct taker *t, struct str text, size_t holder)
{
    put_link(t, text, t->at);
    t->group.v[t->group.n - 1].holder = holder;
}

static void take_text(struct taker *t, const struct tree *text, struct span at)
{
    struct taker inner = *t;
    size_t holder = t->group.n;

    if (t->depth > 8 || !text->nnode)
        return;
    inner.tree = text;
    inner.depth++;
    inner.at = at;
    inner.open = false;
    inner.shell = true;
    inner.lines = true;
    inner.began = true;
    inner.separate = false;
    inner.piece.v = NULL;
    inner.piece.n = inner.piece.cap = 0;
    put_bracket(&inner, S("("), holder);
    take_inside(&inner, 0);
    close_group(&inner);
    inner.separate = false;
    inner.at = at;
    put_bracket(&inner, S(")"), holder);
    t->group.v = inner.group.v;
    t->group.n = inner.group.n;
    t->group.cap = inner.group.cap;
}

static void take_command(struct taker *t, node_id n)
{
    bool exec = node_kind(t->tree, n) == NODE_EXEC, names = t->op == INST_COPY || t->op == INST_ADD;
    const struct command *c = command_of(t, n);
    struct span at = span_of(t, n);
    node_id word = 0;
    const struct tree *text = text_of(t, c, &word);

    if (!exec || !names) {
        put_separator(t, at);
        open_group(t, at);
        t->command = c;
        if (exec && t->op != INST_VOLUME)
            put_piece(t, PIECE_EXEC, n, S("["));
    }
    take_inside(t, n);
    for (size_t i = 0; text && i < t->piece.n; i++)
        if (t->piece.v[i].node == word)
            t->piece.v[i].text = S("\5"); /* its commands follow */
    if (exec && names)
        return;
    close_group(t);
    if (text)
        take_text(t, text, at);
}

static void take_part_of_shell(struct taker *t, node_id n)
{
    bool shell = t->shell;

    close_group(t);
    if (!shell) {
        t->began = true;
        t->separate = false;
    }
    t->shell = true;
    take_inside(t, n);
    close_group(t);
    t->shell = shell;
}

static struct str raw_text(struct arena *a, const struct tree *t, node_id n)
{
    struct buf b = {.arena = a};

    for (uint32_t i = t->node[n].tok; i < t->node[n].tok_end; i++) {
        struct span s = token_span(t, i);
        bool gap = t->tok[i].kind == TOK_CONTINUATION || t->tok[i].kind == TOK_COMMENT;
        buf_add(&b, gap ? S("") : str_sub(t->text, s.start, s.end));
    }
    return str_trim(buf_str(&b));
}

static void take_keyword(struct taker *t, node_id n)
{
    struct str text = node_text(t->tree, n);

    if (str_ieq(text, S("NONE")))
        put_piece(t, PIECE_WORD, n, S("NONE"));
}

static void take(struct taker *t, node_id n)
{
    switch (node_kind(t->tree, n)) {
    case NODE_KEYWORD:
        take_keyword(t, n);
        break;
    case NODE_WORD:
    case NODE_IMAGE:
    case NODE_ALIAS:
    case NODE_STRING:
    case NODE_NAME:
        take_word(t, n);
        break;
    case NODE_ASSIGN:
        take_assignment(t, n);
        break;
    case NODE_REDIRECT:
        take_redirect(t, n);
        break;
    case NODE_FLAG:
        take_flag(t, n);
        break;
    case NODE_INSTRUCTION:
        put_piece(t, PIECE_WORD, n, instruction_name(node_instruction(t->tree, n)));
        take_inside(t, n);
        break;
    case NODE_EXEC:
    case NODE_COMMAND:
        take_command(t, n);
        break;
    case NODE_HEREDOC:
        take_heredoc(t, n);
        break;
    case NODE_DATA:
        take_data(t, n);
        break;
    case NODE_PAIR:
        take_inside(t, n);
        break;
    case NODE_TEST:
    case NODE_ARITH:
    case NODE_ERROR:
        close_group(t);
        put_piece(t, PIECE_DATA, n, raw_text(t->arena, t->tree, n));
        break;
    default:
        take_part_of_shell(t, n);
    }
}

static void take_inside(struct taker *t, node_id n)
{
    const struct tree *tree = t->tree;
    node_id child = node_first(tree, n);

    for (uint32_t i = tree->node[n].tok; i < tree->node[n].tok_end || child;) {
        if (child && tree->node[child].tok <= i) {
            take(t, child);
            i = tree->node[child].tok_end > i ? tree->node[child].tok_end : i;
            child = node_sibling(tree, child);
        } else {
            take_token(t, n, i++);
        }
    }
}

/* ---- an instruction ---- */

struct unit unit_of(struct arena *a, const struct side *s, node_id instruction, node_id part)
{
    struct taker t = {.arena = a, .side = s, .tree = s->tree};
    node_id inner = instruction_inner(s->tree, instruction);
    struct unit u = {.op = inner ? node_instruction(s->tree, inner) : INST_UNKNOWN,
                     .onbuild = inner && inner != instruction,
                     .node = instruction,
                     .part = part,
                     .hash = 14695981039346656u};

    t.op = u.op;
    t.commands = commands_of_instruction(s->image, inner ? inner : instruction);
    open_group(&t, node_span(s->tree, part ? part : instruction));
    if (part)
        take(&t, part);
    else if (inner)
        take_inside(&t, inner);
    else
        take(&t, instruction);
    close_group(&t);
    u.group = t.group.v;
    u.n = t.group.n;
    u.hash = verify_hash(verify_hash(u.hash, u.op), u.onbuild);
    for (size_t i = 0; i < u.n; i++)
        u.hash = verify_hash(u.hash, u.group[i].hash);
    return u;
}
