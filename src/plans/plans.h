/* plans.h - what the files beside a Dockerfile say of its builds and its containers: bake files,
 * compose, action.yml. Pure: their texts come in. What they say only holds back an edit or a
 * finding, so what is not understood is left out. */
#ifndef DFIX_PLANS_H
#define DFIX_PLANS_H

#include "dfix/base.h"

/* ---- their texts as data ---- */

enum data_kind { DATA_UNKNOWN, DATA_TEXT, DATA_LIST, DATA_MAP };
struct data {
    enum data_kind kind;
    struct str key;  /* in a map; "" in a list */
    struct str text; /* DATA_TEXT's */
    struct data *first, *last, *next;
};
/* yaml.c. JSON is YAML, too. Of several documents the first; DATA_UNKNOWN: it is no YAML. */
const struct data *data_of_yaml(struct arena *a, struct str text);
/* hcl.c. `target "x" { }` is "x" of the map "target", as in JSON. */
const struct data *data_of_hcl(struct arena *a, struct str text);
/* data.c. What a map has there, or what `<<` brings into it; NULL: nothing. */
const struct data *data_at(const struct data *map, struct str key);
struct str data_text(const struct data *map, struct str key); /* "" none, or no text */
struct data *data_new(struct arena *a, enum data_kind kind, struct str text);
void data_put(struct data *in, struct str key, struct data *value);

/* ---- what they plan ---- */

struct plan_mount {
    struct str from, to; /* from "": a volume without a name */
    bool bind;           /* a folder or file of the host; else a volume */
    bool read_only;
};
struct plan_context {
    struct str name, value;
};
/* A bake target, a service of compose or an action. */
struct plan {
    struct str file, name;
    bool builds;
    bool place_known;      /* else it may build any Dockerfile */
    struct str dockerfile; /* its path, as far as the folder of the file's is one */
    struct str target;     /* the stage; "" the last */
    const struct plan_context *context;
    size_t ncontext;
    const struct str *image; /* names that it gets, or that are run */
    size_t nimage;
    const struct plan_mount *mount;
    size_t nmount;
    struct str user;     /* the container's; "" not said */
    const char *as_root; /* "privileged: true": what only root makes use of; NULL: nothing */
    bool runs;           /* a service, or an action */
    bool action;         /* of GitHub's */
};
struct plan_list {
    const struct plan *v;
    size_t n;
};
/* Is a file of that name one that plans are read from? */
bool plan_file_is(struct str name);
/* plans.c. What the file of that name says, which lies in the folder. env: the text of `.env`
 * beside it, from which compose takes variables (Compose specification, "Interpolation"); "" none.
 */
struct plan_list plans_of(struct arena *a, struct str folder, struct str name, struct str text,
                          struct str env);
/* Does it take variables from `.env`? */
bool plan_file_has_env(struct str name);
/* The image's name without tag and digest; "" it is not known. */
struct str plan_image_name(struct str image);

#endif
