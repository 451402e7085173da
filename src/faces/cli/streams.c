/* The three streams that every program is given, or is not. */
#include "faces/faces.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"

static int lost_out, lost_err; /* the first errno of a write that failed */

/* A file that the run opens must not become a stream that was closed. What is written to a closed
 * standard output is lost, and has to fail; who closes standard error wants no messages. */
void streams_open(void)
{
    static const int as[] = {O_WRONLY, O_RDONLY, O_WRONLY};

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", as[fd]) != fd)
            _exit(EXIT_FAILED);
}

void streams_join(void)
{
    struct stat out, err;

    if (fstat(STDOUT_FILENO, &out) != 0 || fstat(STDERR_FILENO, &err) != 0 ||
        out.st_dev != err.st_dev || out.st_ino != err.st_ino)
        return;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDERR_FILENO);
        close(null);
    }
}

bool streams_is_output(const char *path)
{
    struct stat out, other;

    return stat(path, &other) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
           out.st_dev == other.st_dev && out.st_ino == other.st_ino;
}

/* Right after writing, while errno is about that. Who opened another file looks after it. */
void streams_check(FILE *out)
{
    int other = 0;
    int *lost = out == stdout ? &lost_out : out == stderr ? &lost_err : &other;
    bool failed = ferror(out);
    int why = errno;

    if (fflush(out) != 0) {
        failed = true;
        why = errno;
    }
    if (failed && !*lost)
        *lost = why ? why : EIO;
}

bool streams_put(struct str text)
{
    if (!lost_out && !file_put(STDOUT_FILENO, text))
        lost_out = errno;
    return !lost_out;
}

bool streams_end(void)
{
    streams_check(stdout);
    if (lost_out)
        fprintf(stderr, "dfix: standard output: %s\n", strerror(lost_out));
    streams_check(stderr);
    return !lost_out && !lost_err;
}
