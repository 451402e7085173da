/* user.h - who runs the instructions of a file and what its image starts, and what only root
 * can do there. Pure. */
#ifndef DFIX_USER_H
#define DFIX_USER_H

#include "dfix/image.h"
#include "dfix/username.h"

bool user_is_value(struct str user); /* a number, or two, and not root's */

enum who { WHO_UNKNOWN, WHO_ROOT, WHO_USER };
struct user {
    enum who who;
    struct str value; /* resolved: "app:app" */
    node_id written;  /* the USER instruction that set it; 0: none, the base image did */
    unsigned stage;   /* that this stands in */
    bool argument;    /* a build argument can change it */
};
struct user image_written_user(const struct image *im, node_id instruction);
/* In force where the stage begins, and at its end. */
struct user image_first_user(const struct image *im, unsigned stage);
struct user image_last_user(const struct image *im, unsigned stage);
/* In force before this instruction runs. */
struct user image_user_at(const struct image *im, node_id instruction);

/* An account that the file itself makes: useradd, adduser; for groups groupadd, addgroup. */
struct account {
    struct str name, uid, gid; /* numbers as given; "" not given, or not known */
    bool group;
    bool argument; /* its name is one that a build argument can change */
    bool gone;     /* it is removed here: userdel, deluser, groupdel, delgroup */
    node_id command;
    unsigned stage;
};
struct accounts {
    const struct account *v; /* in reading order */
    size_t n;
    bool some_gone;
    const struct by_stage *by_stage; /* image/'s own, like what follows */
    uint32_t *last, *earlier; /* the last one by the hash of its name; the one before of that */
    size_t size;              /* of `last`, a power of two */
};
struct accounts image_accounts(const struct image *im, struct arena *a);
/* The only user that is made for this stage; *several: there are more. */
const struct account *account_made(const struct image *im, const struct accounts *l, unsigned stage,
                                   bool *several);
/* Does the file remove the user before the end of the stage? */
bool account_gone(const struct image *im, const struct accounts *l, unsigned stage,
                  struct str user);
/* "app:app" as "1000:1000"; "" when the numbers are not known there. */
struct str user_numbered(const struct image *im, struct arena *a, const struct accounts *l,
                         unsigned stage, struct str user);
/* The one user, root left out, that all of the stage's COPY --chown name, or else all of its
 * `chown`; "" none. */
struct str image_chown_user(const struct image *im, struct arena *a, unsigned stage);

/* Do files belong to a user that only the build tells, by --chown or `chown`? */
bool image_owner_unknown(const struct image *im, struct arena *a, unsigned stage);

/* Why only root can do what this RUN, CMD or ENTRYPOINT does ("installs packages"); NULL: nothing
 * shows it. */
const char *image_needs_root(const struct image *im, struct arena *a, node_id instruction);
/* Must it be root, whatever the image holds and whoever owns that? */
bool image_surely_needs_root(const struct image *im, node_id instruction);
/* Why what the stage's CMD or ENTRYPOINT starts must begin as root, or cannot be reached by
 * others; "" nothing shows it. */
struct str image_starts_as_root(const struct image *im, struct arena *a, unsigned stage);
/* The program that the stage starts when it is one that writes to its user's home; "" none.
 * *keeps: what it is there to keep lies there. */
struct str image_wants_home(const struct image *im, struct arena *a, unsigned stage, bool *keeps);
/* Do the words of the stage's instructions, or of those below it, hold this text? Comments and
 * labels are none. */
bool image_stage_says(const struct image *im, unsigned stage, struct str what);
/* Does an ENV there set this variable? */
bool image_stage_defines(const struct image *im, unsigned stage, struct str name);
/* Is one of these programs, blank separated, run there? */
bool image_stage_runs(const struct image *im, unsigned stage, const char *programs);
/* Is there such an instruction in the stage, or in those below it? */
bool image_stage_has(const struct image *im, unsigned stage, enum instruction which);
/* The ports below 1024 that the stage exposes: "22, 80"; "" none. */
struct str image_low_ports(const struct image *im, struct arena *a, unsigned stage);
/* Does a shell of sh's kind read what RUN says before this instruction? UINT32_MAX: at the end. */
bool image_shell_is_posix(const struct image *im, struct arena *a, unsigned stage,
                          node_id instruction);
/* The folder that the stage's WORKDIRs lead to; "" none, or not known. */
struct str image_working_folder(const struct image *im, struct arena *a, unsigned stage);
/* Does a command surely change the owner or the mode of this folder, or of one that it is in? */
bool image_gives_away(const struct image *im, unsigned stage, struct str path);
/* The working directory and the volumes of the stage that stay root's, as no command gives them
 * away. */
struct folder {
    struct str path;
    node_id volume; /* the VOLUME instruction that names it; 0: the working directory */
    bool givable;   /* a RUN before that, as root, can give it away */
    bool filled;    /* the build puts something into it before */
};
size_t image_root_folders(const struct image *im, struct arena *a, unsigned stage,
                          const struct folder **out);
/* Can it be given away before `place`, where the user changes (0: at the stage's end)? A volume is
 * there to be written to. */
bool folder_is_given(const struct image *im, const struct folder *x, node_id place);
/* Those of root's folders that are given away, or those that stay as they are: "/data, /srv". */
struct str image_folder_names(const struct image *im, struct arena *a, unsigned stage,
                              node_id place, bool given, size_t *count);

/* place.c. The last instruction of the stage that root may be needed for, and the first CMD or
 * ENTRYPOINT after it (0: none). */
void image_user_place(const struct image *im, unsigned stage, node_id *root, node_id *start);
bool image_has_onbuild(const struct image *im, unsigned stage);
/* The last CMD or ENTRYPOINT of the stage that the node stands in; 0: none. */
node_id image_start_near(const struct image *im, node_id at);
/* What else to know of another user: "port 80: ...; /srv stays owned by root: ..." */
struct str image_user_caveats(const struct image *im, struct arena *a, unsigned stage,
                              node_id place);
/* Why a volume, which is there to be written to, is no use to the user: it stays root's; "" none
 * does. */
struct str image_kept_volume(const struct image *im, struct arena *a, unsigned stage,
                             node_id place);
/* It begins from scratch, and its program may miss an /etc/passwd there. */
bool image_lacks_passwd(const struct image *im, struct arena *a, unsigned stage);

/* Which user the stage can run as. */
enum create { CREATE_AUTO, CREATE_ALWAYS, CREATE_NEVER };
struct user_wish {
    struct str user;    /* policy's; "" none */
    enum create create; /* an entry in /etc/passwd */
    bool anybody;       /* the container may run as any number, of group 0 */
    struct user last;   /* in force last, root left out; who: WHO_UNKNOWN none */
};
struct user_choice {
    struct str user;
    struct str create; /* command that makes it; "" none */
    struct str why;    /* no choice: why */
};
bool image_choose_user(const struct image *im, struct arena *a, const struct accounts *l,
                       unsigned stage, const struct user_wish *wish, struct user_choice *out);
/* A user as USER names it in this stage: its number where that is known. "": it cannot be said. */
struct str user_as_written(const struct image *im, struct arena *a, const struct accounts *l,
                           unsigned stage, const struct user *u);

/* What a container of the stage runs, as far as the file tells. */
enum starts {
    STARTS_NOTHING, /* no CMD or ENTRYPOINT of the file starts a program */
    STARTS_SHELL,   /* a shell, a REPL, sleep: somebody works in it, or keeps it for that */
    STARTS_TOOL,    /* builds, tests or tells how it is used: works on what is mounted */
    STARTS_PROGRAM,
    STARTS_UNREAD /* what starts cannot be read: `what` says why, for people */
};
enum starts image_starts(const struct image *im, unsigned stage, struct str *what);
/* Does the base image start a program by itself, as far as is known of it? */
bool image_base_starts_program(const struct image *im, struct arena *a, unsigned stage);

#endif
