/* pom.h - Maven's pom.xml.
 *
 *     pom.c     what one says
 *     maven.c   what it comes to, with its parents and the bills of materials that it imports */
#ifndef DFIX_LOCKS_POM_H
#define DFIX_LOCKS_POM_H

#include "dfix/base.h"

/* By whom a package is known. */
enum pom_part { POM_GROUP, POM_ARTIFACT, POM_VERSION, POM_PARTS };

struct pom_property {
    struct str name, value;
    bool profile; /* only where the profile is active: its value is not known */
};
struct pom_dependency {
    struct str is[POM_PARTS]; /* as written; "" not given */
    struct str scope, type, classifier;
    uint32_t line;
    bool managed; /* of dependencyManagement: it gives versions, and brings nothing */
};
struct pom {
    struct str is[POM_PARTS];     /* "" not given: its parent's group and version */
    struct str parent[POM_PARTS]; /* all "": it has none */
    struct str parent_path;       /* relativePath; "": it is not in this project */
    VEC(struct pom_property) property;
    VEC(struct pom_dependency) dependency;
    VEC(struct str) module;
    bool profiles; /* some profile has dependencies of its own */
    bool broken;   /* it is not whole, or not XML */
};
void pom_read(struct arena *a, struct str text, struct pom *out);

#endif
