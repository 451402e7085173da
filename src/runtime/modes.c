/* modes.c - may others than root run the program that an image starts, and read what it is given?
 */
#include "dfix/file.h"
#include "runtime/runtime.h"

/* What an interpreter reads has to be readable, too. */
static bool is_script(struct str path)
{
    return str_ends(path, S(".sh")) || str_ends(path, S(".py")) || str_ends(path, S(".pl")) ||
           str_ends(path, S(".rb")) || str_ends(path, S(".js"));
}

/* Is it somebody else's, or may be? */
static bool is_given(const struct file *f)
{
    return f->owner.n && !user_is_root(f->owner);
}

/* Is it known that others than its owner, root, may not do that? */
static bool is_refused(const struct file *f, unsigned bit)
{
    return !is_given(f) && (f->mode_known & bit) && !(f->mode & bit);
}

/* A folder that it is in, and that only root may enter. */
static bool is_locked(const struct image *im, unsigned stage, struct str path)
{
    struct str at = path;
    bool locked = false;

    for (ptrdiff_t slash; !locked && (slash = str_rchr(at, '/')) > 0;) {
        at = str_sub(at, 0, (size_t)slash);
        struct file f = file_at(im, stage, UINT32_MAX, at);
        locked = is_refused(&f, 01);
    }
    return locked;
}

bool image_may_run(const struct image *im, unsigned stage, struct str program)
{
    struct file f = file_of_program(im, stage, UINT32_MAX, file_folder(im, stage), program);
    bool refused = is_refused(&f, 01) || (is_script(program) && is_refused(&f, 04));

    return is_given(&f) || (!refused && !is_locked(im, stage, f.path));
}

struct str image_closed_file(const struct image *im, unsigned stage, struct str path)
{
    struct file f = file_of_program(im, stage, UINT32_MAX, file_folder(im, stage), path);
    bool there = f.kind == FILE_PLAIN || f.kind == FILE_SOME;
    bool closed = there && !is_given(&f) && (is_refused(&f, 04) || is_locked(im, stage, f.path));

    return closed ? f.path : S("");
}
