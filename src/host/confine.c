/* confine.c - landlock and seccomp for the helper programs. */
#include "host/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#if defined __has_include
#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif
#endif

#include "base/sanitized.h"

bool confine_begin(struct err *e)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ||
           err_set(e, "cannot give up privileges: %s", strerror(errno));
}

/* ---- files ---- */

#if defined LANDLOCK_CREATE_RULESET_VERSION && defined SYS_landlock_create_ruleset

/* Rights of the first version of landlock, and those that later ones know besides. */
enum { READS = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR };
enum { RUNS = LANDLOCK_ACCESS_FS_EXECUTE };
enum { REFER = 1 << 13, TRUNCATE = 1 << 14 };
enum { FIRST_RIGHTS = (1 << 13) - 1, FILE_RIGHTS = (1 << 3) - 1 };

static uint64_t rights_known(int version)
{
    uint64_t rights = FIRST_RIGHTS;
    if (version >= 2)
        rights |= REFER;
    if (version >= 3)
        rights |= TRUNCATE;
    return rights;
}

static bool allow(int rules, const struct confine_path *p, uint64_t known)
{
    struct landlock_path_beneath_attr rule = {.parent_fd = open(p->path, O_PATH | O_CLOEXEC)};
    struct stat st;
    if (rule.parent_fd < 0)
        return true;
    if (p->uses & CONFINE_WRITE)
        rule.allowed_access |= known & ~(uint64_t)(READS | RUNS);
    if (p->uses & CONFINE_READ)
        rule.allowed_access |= READS;
    if (p->uses & CONFINE_RUN)
        rule.allowed_access |= RUNS;
    if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= FILE_RIGHTS | (known & TRUNCATE);
    bool ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(rule.parent_fd);
    return ok;
}

bool confine_files(const struct confine_path *path, size_t n, struct err *e)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1 || SANITIZED)
        return true; /* this kernel has none */
    struct landlock_ruleset_attr all = {.handled_access_fs = rights_known((int)version)};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    bool ok = rules >= 0;
    for (size_t i = 0; ok && i < n; i++)
        ok = allow(rules, &path[i], all.handled_access_fs);
    ok = ok && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    if (!ok)
        err_set(e, "cannot give up files: %s", strerror(errno));
    if (rules >= 0)
        close(rules);
    return ok;
}

#else

bool confine_files(const struct confine_path *path, size_t n, struct err *e)
{
    (void)path, (void)n, (void)e;
    return true;
}

#endif

/* ---- system calls ---- */

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define X32_CALLS    0x40000000U
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define X32_CALLS    UINT32_MAX
#endif

#ifdef ARCHITECTURE

enum { CALLS_MAX = 96, FILTER_MAX = CALLS_MAX + 8 };

struct filter {
    struct sock_filter step[FILTER_MAX];
    unsigned short n;
};

static void add(struct filter *f, struct sock_filter step)
{
    if (f->n < FILTER_MAX)
        f->step[f->n++] = step;
}

static const struct sock_filter refused =
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA));
static const struct sock_filter allowed = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

/* Those of the list are `those`, all others `others`. Another architecture's calls are the end. */
static bool install(const int *call, size_t n, struct sock_filter those, struct sock_filter others,
                    struct err *e)
{
    static const struct sock_filter begin[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct filter f = {.n = 0};
    for (size_t i = 0; i < sizeof begin / sizeof begin[0]; i++)
        add(&f, begin[i]);
    for (size_t i = 0; i < n; i++) { /* equal: to the last step, which is beyond `others` */
        unsigned char over = (unsigned char)(n - i);
        add(&f,
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call[i], over, 0));
    }
    add(&f, others);
    add(&f, those);
    struct sock_fprog program = {.len = f.n, .filter = f.step};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 || errno == EINVAL)
        return true; /* EINVAL: this kernel has none */
    return err_set(e, "cannot give up system calls: %s", strerror(errno));
}

bool confine_to_computing(struct err *e)
{
    static const int calls[] = {
        SYS_read,           SYS_pread64,      SYS_readv,   SYS_write,           SYS_writev,
        SYS_lseek,          SYS_close,        SYS_fcntl,   SYS_fstat,           SYS_newfstatat,
        SYS_sendto,         SYS_recvfrom,     SYS_mmap,    SYS_munmap,          SYS_mremap,
        SYS_mprotect,       SYS_madvise,      SYS_brk,     SYS_futex,           SYS_rt_sigaction,
        SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_exit,    SYS_exit_group,      SYS_clock_gettime,
        SYS_gettimeofday,   SYS_getrandom,    SYS_getpid,  SYS_gettid,          SYS_tgkill,
        SYS_tkill,          SYS_sched_yield,  SYS_sysinfo, SYS_restart_syscall,
    };
    _Static_assert(sizeof calls / sizeof calls[0] <= CALLS_MAX, "they fit");
    return SANITIZED || install(calls, sizeof calls / sizeof calls[0], allowed, refused, e);
}

bool confine_calls(struct confine_need need, struct err *e)
{
    static const int never[] = {
        SYS_ptrace,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_bpf,
        SYS_perf_event_open,
        SYS_userfaultfd,
        SYS_keyctl,
        SYS_add_key,
        SYS_request_key,
        SYS_mount,
        SYS_umount2,
        SYS_pivot_root,
        SYS_chroot,
        SYS_unshare,
        SYS_setns,
        SYS_init_module,
        SYS_finit_module,
        SYS_delete_module,
        SYS_kexec_load,
        SYS_reboot,
        SYS_swapon,
        SYS_swapoff,
        SYS_acct,
        SYS_settimeofday,
        SYS_io_uring_setup,
        SYS_io_uring_enter,
        SYS_io_uring_register,
    };
    static const int network[] = {SYS_socket, SYS_socketpair, SYS_connect, SYS_bind,
                                  SYS_listen, SYS_accept,     SYS_accept4};
    static const int programs[] = {SYS_execve, SYS_execveat};
    int calls[CALLS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        calls[n++] = never[i];
    for (size_t i = 0; !need.network && i < sizeof network / sizeof network[0]; i++)
        calls[n++] = network[i];
    for (size_t i = 0; !need.programs && i < sizeof programs / sizeof programs[0]; i++)
        calls[n++] = programs[i];
    return SANITIZED || install(calls, n, refused, allowed, e);
}

#else

bool confine_to_computing(struct err *e)
{
    (void)e;
    return true;
}

bool confine_calls(struct confine_need need, struct err *e)
{
    (void)need, (void)e;
    return true;
}

#endif
