/* starts.h - what a stage's CMD and ENTRYPOINT start: between starts.c and homes.c. */
#ifndef DFIX_STARTS_H
#define DFIX_STARTS_H

#include "dfix/user.h"
#include "runtime/runtime.h"

struct started {
    const struct image *im;
    struct arena *arena;
    unsigned stage;
    node_id entrypoint, command; /* 0: the base's, if any */
    const struct base_facts *facts;
    bool joins;                 /* both in exec form: the words of CMD stand behind the other's */
    struct command_list joined; /* of all these words */
};
struct started started_of(const struct image *im, struct arena *a, unsigned stage);
/* What an instruction starts, with the words of CMD behind an ENTRYPOINT in exec form. */
struct command_list started_commands(const struct started *s, node_id instruction);
/* What words of an image's config start. */
struct command_list commands_of_config(struct arena *a, const struct str *word, size_t n);
/* The first program that CMD or ENTRYPOINT start, behind what only starts another; false: none is
 * known. */
bool started_program(const struct started *s, struct str *word);
/* The text of the file that a program's word starts, when it is known. */
bool started_text(const struct started *s, struct str word, struct str *text);
/* The texts of the shell scripts that it starts, as far as they are known. */
size_t started_scripts(const struct started *s, const struct str **out);
/* installed.c. Does what is started stand on that stage? */
bool started_is_on(const struct started *s, unsigned stage);
/* Is it a package of that kind, `of` what is asked about? */
typedef bool package_test(struct str package, struct str of);
/* The first such package that apt or apk install for what is started; "" none. */
struct str started_distro_package(const struct started *s, package_test *is, struct str of);
/* The same of these programs' packages, too: "yum dnf pip". */
struct str started_package(const struct started *s, const char *programs, package_test *is,
                           struct str of);
/* libraries.c. The library of its program that talks to Docker, and the file that asks for it; ""
 * none. */
struct str started_docker_library(const struct started *s, struct str *file);
/* The same of a library that why_package speaks of. */
struct str started_root_library(const struct started *s, struct str *file);
/* Does one of them keep what it downloads in its user's home? */
bool started_caches(const struct started *s);
/* Why it would find no place for what a library of its program keeps; "" nothing shows it. */
struct str started_keeping(const struct started *s);
/* tools.c. Does the stage say that it is a service: EXPOSE, HEALTHCHECK, VOLUME? */
bool started_exposes(const struct started *s);
/* Does the name say that it goes on running: server, exporter, bot? */
bool names_service(struct arena *a, struct str name);
/* tools.c. The program is no service, as what is around it says; gives its name where it has one.
 */
bool started_tool(const struct started *s, struct str *program);
/* containers.c. Why compose runs it in a way that another user can make no use of; "" it does not.
 */
struct str started_container(const struct started *s);
/* doubts.c. Why a package with that name needs what is root's: "works on raw sockets …"; NULL it
 * does not. */
const char *why_package(struct str name);
/* One of the services that a host has for itself, which it may give to a container. */
bool port_is_hosts(struct str port);
/* A script in a folder of root's whose text is not at hand. */
struct str started_unread(const struct started *s);
/* loaded.c. A script that is run as it is written, and what it loads of the modules beside it. */
struct script_text {
    struct str name, text;
    bool loaded;
};
size_t started_script_texts(const struct started *s, const struct script_text **out);
/* Why they would write to, or look for, what root owns; "" nothing shows it. */
struct str started_source_writes(const struct started *s);
/* Do they look for their user's home? */
bool started_looks_home(const struct started *s);
/* Does one of them name the path? */
bool started_names(const struct started *s, struct str path);
/* writes.c. Why what is started would write to a folder of root's; "" nothing shows it. */
struct str started_writes(const struct started *s);
struct str started_text_writes(const struct started *s, struct str text);
/* Does it, or a script that it starts, write to its user's home: mkdir "$HOME/.app"? */
bool started_writes_home(const struct started *s);
/* package_script.c. `npm start`, `yarn run serve`: the script of package.json that these words run;
 * and its text, false: it is not known, nor is there a package.json when not `at_hand`. */
bool package_script_name(const struct field *f, size_t n, struct str *name);
bool package_script_text(const struct started *s, struct str name, bool *at_hand, struct str *out);
/* The first of the "dependencies" of a package.json; its key is the name. NULL: none. */
const struct data *package_dependencies(struct arena *a, struct str text);
/* doubts.c. Why what stands around the program speaks against another user; "" nothing does. */
struct str started_doubt(const struct started *s);
/* The words of what is started. */
size_t started_words(const struct started *s, const struct field **out);
bool starts_interpreter(const struct field *f, size_t n);
/* supervisors.c. What needs root of the programs that supervisord's settings, a Procfile or s6's
 * service folders list; "" nothing shows it. */
struct str started_supervised(const struct started *s);
/* origins.c. Why where the program comes from, or what the build did with it, speaks against
 * another user; "" nothing does. */
struct str started_origin(const struct started *s);
/* The program works on what it is given when somebody runs it. */
bool started_by_hand(const struct started *s, struct str *program);
/* settings.c. Why the settings that a server is given on its line, or a folder that ENV names for
 * its data, speak against another user; "" they do not. */
struct str started_settings(const struct started *s);
struct str started_data(const struct started *s);
/* homes.c. Why another user does not find what the program needs in root's home; "" it does. */
struct str started_home(const struct started *s);

#endif
