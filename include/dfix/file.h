/* file.h - what a build puts where.
 *
 * A deed is what one instruction or command does to one path: it writes a text there, copies,
 * fetches, unpacks, edits, removes, gives it an owner or a mode. Deeds stand in the order in which
 * the build does them; they are worked out once, when they are first asked for. What a path holds
 * in the end is told by file_at, which plays the deeds that may touch it: work grows with those.
 *
 * Paths go from the root on, without `.`, `..` and a slash at the end. Where the base image's own
 * working folder is not known they go from there on, and begin with no slash: such a path is
 * another than any that begins with one.
 *
 * "Not known" is an answer of its own, and never the same as "not there": a text that only the
 * build makes, a file out of an archive or another image, a command that may not run. */
#ifndef DFIX_FILE_H
#define DFIX_FILE_H

#include "dfix/command.h"

/* Bytes of a path that is not known whole. `*`, `?` and `[` are the shell's, besides. */
enum {
    PATH_ANY = '\1', /* any text that only the build tells */
    PATH_OWN =
        '\2' /* a folder that a program has for itself: mktemp's, $GOPATH; no setting is there */
};
struct place {
    struct str path; /* "": none */
    bool known;      /* none of those bytes, and no pattern */
    bool folder;     /* written as one: `/opt/`, `.` */
};

enum deed_kind {
    DEED_WRITE, /* what a command prints, a heredoc's text: >, >>, tee, dd, COPY <<EOF */
    DEED_COPY,  /* COPY, ADD, a mount, cp, install, rsync, ln without -s; mv, which takes it away */
    DEED_LINK,  /* ln -s */
    DEED_FETCH, /* curl, wget, ADD of a URL; `from` is that */
    DEED_UNPACK, /* an archive: into the folder, or as the member that is named */
    DEED_EDIT,   /* sed -i */
    DEED_REMOVE, /* rm, rmdir */
    DEED_FOLDER, /* mkdir, install -d, WORKDIR */
    DEED_TOUCH,  /* there from then on */
    DEED_OWNER,  /* chown, chgrp */
    DEED_MODE    /* chmod */
};
enum origin {
    ORIGIN_HERE,    /* a path of the stage itself */
    ORIGIN_CONTEXT, /* of the build context */
    ORIGIN_STAGE,   /* of another stage */
    ORIGIN_IMAGE    /* of another image, or one that is not known */
};

/* What sed is given. */
struct sed_script {
    struct str text;
    bool extended;
    bool understood; /* its options are known, and it edits in place */
};

struct deed {
    enum deed_kind kind;
    const struct command *command; /* NULL: an instruction itself, a mount, a group's redirection */
    const struct scope *scope;     /* of `node` */
    node_id node;                  /* COMMAND, EXEC, INSTRUCTION, FLAG, REDIRECT */
    node_id outer;                 /* the same, or the one of the file whose text it stands in */
    node_id instruction;
    unsigned stage;
    bool maybe;      /* it may not happen */
    bool onbuild;    /* it is done in the builds of others */
    bool mount;      /* only while its instruction runs */
    bool deep;       /* with all that is below it: -r, -R, -a */
    bool append;     /* WRITE */
    bool moves;      /* COPY: what is copied is gone then */
    bool into;       /* COPY, LINK, FETCH: `to` is a folder, in which it gets its own name */
    bool text_known; /* WRITE: `text` is all of it */
    bool fetched;    /* it is what curl or the like gets */
    enum origin origin;
    unsigned origin_stage;
    struct place to;
    struct place from;      /* COPY, LINK (as written), FETCH; UNPACK: a member */
    struct str text;        /* WRITE */
    struct str owner, mode; /* as written; "" none is given */
    unsigned mask;          /* of umask: bits that what it makes does not get */
    struct str folder;      /* that it works in */
    node_id redirect;       /* WRITE, FETCH: the redirection that leads there; 0: a word does */
    const struct sed_script *sed; /* EDIT; NULL: not sed */
};

/* All of a file, in the order in which they are done. */
const struct deed *image_deeds(const struct image *im, size_t *n);

enum file_kind {
    FILE_NONE,   /* the file puts nothing there; the base image may */
    FILE_GONE,   /* there is nothing: it was removed, or the stage begins from scratch */
    FILE_PLAIN,  /* a file */
    FILE_FOLDER, /* a folder */
    FILE_LINK,   /* a symbolic link, to `link` */
    FILE_SOME    /* something may be there: which kind, or whether, only the build tells */
};
struct file {
    enum file_kind kind;
    bool text_known; /* PLAIN: `text` is what it holds */
    struct str text, link;
    struct str path;       /* where it was found: what was asked for, or where links lead */
    struct str owner;      /* "app", "1000:1000"; "" nothing says it, "?" only the build does */
    unsigned mode;         /* of chmod(2): the bits that are known, 0 elsewhere */
    unsigned mode_known;   /* which those are */
    const struct deed *by; /* what put it there; NULL: nothing */
    const struct deed *fetched; /* what downloaded it; NULL: nothing did */
};
/* What lies at the path when the instruction or command at node `before` of the file begins;
 * UINT32_MAX: at the end of the stage. */
struct file file_at(const struct image *im, unsigned stage, node_id before, struct str path);
/* The same with symbolic links followed. */
struct file file_behind_links(const struct image *im, unsigned stage, node_id before,
                              struct str path);
/* What a program's word, or that of a script which a shell is given, starts: by its path, from the
 * folder on; without a slash it is looked for in the folders of PATH first. Where it is not found
 * so, and the working folder is not known, the file that was last put anywhere by that name: what
 * `path` says then is the file's. */
struct file file_of_program(const struct image *im, unsigned stage, node_id before,
                            struct str folder, struct str word);
/* The working folder at the end of the stage, and that of a command of RUN, CMD or ENTRYPOINT; ""
 * is the base image's own, that is not known. */
struct str file_folder(const struct image *im, unsigned stage);
struct str command_folder(const struct image *im, const struct command *c);

#endif
