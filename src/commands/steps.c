/* steps.c - what the build does inside an instruction, node by node in the order in which it is
 * written, with what texts for other shells hold in the place of the command that hands them on. */
#include "commands/list.h"

struct walk {
    const struct command *next, *end;
    step_seen *seen;
    void *self;
    struct step at;
};

static bool is_step(const struct tree *t, node_id n)
{
    switch (node_kind(t, n)) {
    case NODE_COMMAND:
    case NODE_EXEC:
    case NODE_FOR:
    case NODE_FLAG:
    case NODE_HEREDOC:
        return true;
    case NODE_REDIRECT: /* a command's own are its */
        return node_kind(t, t->node[n].parent) != NODE_COMMAND;
    default:
        return false;
    }
}

static void tell(struct walk *w, const struct scope *sc, node_id n, const struct command *c,
                 bool again)
{
    struct step s = w->at;

    s.scope = sc;
    s.node = n;
    s.command = c;
    s.again = again;
    s.outer = s.holder ? s.holder->outer : n;
    w->seen(w->self, &s);
}

static void walk_nodes(struct walk *w, const struct scope *sc, node_id from, node_id to)
{
    for (node_id n = from; n < to; n++) {
        bool any = false;
        if (!is_step(sc->tree, n))
            continue;
        while (w->next < w->end && w->next->scope == sc && w->next->node == n) {
            const struct command *c = w->next++;
            const struct command *holder = w->at.holder;
            tell(w, sc, n, c, any);
            any = true;
            if (!command_holds(c))
                continue;
            w->at.holder = c;
            walk_nodes(w, c[1].scope, 1, c[1].scope->tree->nnode);
            w->at.holder = holder;
        }
        if (!any)
            tell(w, sc, n, NULL, false);
    }
}

void steps_of_instruction(const struct image *im, node_id instruction, step_seen *seen, void *self)
{
    struct command_list all = commands_of_instruction(im, instruction);
    struct walk w = {.next = all.v, .end = all.v + all.n, .seen = seen, .self = self};

    w.at = (struct step){
        .scope = &im->scope, .instruction = instruction, .stage = image_stage_of(im, instruction)};
    walk_nodes(&w, &im->scope, instruction + 1, im->tree->node[instruction].after);
}
