/* known_world.h - a world in which each package and image is known, for tests that want every fix.
 */
#ifndef DFIX_TESTS_KNOWN_WORLD_H
#define DFIX_TESTS_KNOWN_WORLD_H

#include "dfix/lookup.h"
#include "dfix/manager.h"

static const char digest[] =
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* The one offer there is, for anything. */
static enum answer package(const struct question *q, struct package_info *out)
{
    static struct offer apt, apk;
    apt = (struct offer){
        .version = S("2:1.22.333-4+deb12u1"), .suite = q->release->codename, .archs = q->archs};
    apk = (struct offer){.version = S("1.22.333-r4"), .suite = S("main"), .archs = q->archs};
    apt.component = apk.component = S("main");
    apt.source = apk.source = q->name;
    apt.source_version = apt.version;
    apk.source_version = apk.version;
    *out = (struct package_info){
        .offer = q->manager == &manager_apt ? &apt : &apk, .noffer = 1, .why = S("")};
    return ANSWER_FOUND;
}

typedef enum answer tell_base(const struct question *q, struct base_facts *out);

static enum answer tell_nothing(const struct question *q, struct base_facts *out)
{
    (void)q;
    *out = (struct base_facts){.why = S("not asked in this test")};
    return ANSWER_UNAVAILABLE;
}

/* What a lookup here tells of bases is all that sets it apart. */
struct teller {
    tell_base *base;
};

static enum answer ask(void *self, const struct question *q, struct reply *out)
{
    const struct teller *t = self;
    switch (q->kind) {
    case ASK_PACKAGE:
        return package(q, &out->package);
    case ASK_BASE:
        return t->base(q, &out->base);
    case ASK_IMAGE:
        out->image = (struct image_info){
            .digest = str_of(digest), .archs = UINT32_MAX, .better_tag = S("9.9"), .why = S("")};
        return ANSWER_FOUND;
    case ASK_ADVISORIES:
        return ANSWER_ABSENT;
    case ASK_NAMES:
    case ASK_NEEDS:
    case ASK_MATCHES:
    case ASK_REMARKS:
    case ASK_LIFE:
    case ASK_POM:
    case ASK_DEB:
    case ASK_FILE:
        break;
    }
    return ANSWER_UNAVAILABLE;
}

static struct teller silent = {tell_nothing};
static const struct lookup world = {.self = &silent, .ask = ask};

#endif
