/* runtime.h - who may run what an image starts: what the files of this room share. */
#ifndef DFIX_RUNTIME_H
#define DFIX_RUNTIME_H

#include "dfix/command.h"
#include "dfix/user.h"
#include "packages/packages.h"

/* privilege.c. Why only root can do what a command does; NULL nothing shows it. */
const char *command_needs_root(struct arena *a, const struct command *c);
bool is_system_path(struct str path); /* where only root writes, in any image */
/* The word of the file that a redirection writes; 0: it writes none, or is no redirection. */
node_id redirect_writes(const struct tree *t, node_id redirect);
/* What that file is; "" none, or not known. */
struct str redirect_output(const struct scope *sc, struct arena *a, node_id redirect);
/* written.c. The operands that name what the command writes to, all that its program takes for
 * such. */
size_t command_written(const struct command *c, const struct field *const **out);
/* root_programs.c. "nginx, which it starts, drops root privileges itself": of what some commands
 * start, and of what stands before them. "" nothing says so. */
struct str root_program(struct arena *a, struct command_list all);
struct str root_program_of_script(struct arena *a, struct str text);
/* modes.c. May others than its owner run the program at this path, as far as the file says? True
 * too when that owner is not root. */
bool image_may_run(const struct image *im, unsigned stage, struct str program);
/* The file that a program is given by this word, when only root can read it; "" no such file. */
struct str image_closed_file(const struct image *im, unsigned stage, struct str path);

#endif
