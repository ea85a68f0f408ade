/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <seccomp.h>
#include <sys/socket.h>

#include <ekube/str.h>

#include "spec_security.h"

/*
 * RuntimeDefault: everything fails with EPERM but what is listed, as with containerd and Docker.
 * Names that
 * the library has not heard of are left out, so that the runtime need not wonder.
 */

/* clang-format off */
static const char *const always[] = {
	"accept", "accept4", "access", "adjtimex", "alarm", "bind", "brk", "cachestat", "capget", "capset", "chdir",
	"chmod", "chown", "chown32", "clock_adjtime", "clock_adjtime64", "clock_getres", "clock_getres_time64",
	"clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "close", "close_range",
	"connect", "copy_file_range", "creat", "dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl",
	"epoll_ctl_old", "epoll_pwait", "epoll_pwait2", "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "execve",
	"execveat", "exit", "exit_group", "faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fallocate",
	"fanotify_mark", "fchdir", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchown32", "fchownat", "fcntl",
	"fcntl64", "fdatasync", "fgetxattr", "flistxattr", "flock", "fork", "fremovexattr", "fsetxattr", "fstat",
	"fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "futex", "futex_requeue",
	"futex_time64", "futex_wait", "futex_waitv", "futex_wake", "futimesat", "getcpu", "getcwd", "getdents",
	"getdents64", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups", "getgroups32",
	"getitimer", "getpeername", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid",
	"getresgid32", "getresuid", "getresuid32", "getrlimit", "get_robust_list", "getrusage", "getsid", "getsockname",
	"getsockopt", "get_thread_area", "gettid", "gettimeofday", "getuid", "getuid32", "getxattr", "inotify_add_watch",
	"inotify_init", "inotify_init1", "inotify_rm_watch", "io_cancel", "ioctl", "io_destroy", "io_getevents",
	"io_pgetevents", "io_pgetevents_time64", "ioprio_get", "ioprio_set", "io_setup", "io_submit", "ipc", "kill",
	"landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "lchown", "lchown32", "lgetxattr",
	"link", "linkat", "listen", "listxattr", "llistxattr", "_llseek", "lremovexattr", "lseek", "lsetxattr", "lstat",
	"lstat64", "madvise", "map_shadow_stack", "membarrier", "memfd_create", "memfd_secret", "mincore", "mkdir",
	"mkdirat", "mknod", "mknodat", "mlock", "mlock2", "mlockall", "mmap", "mmap2", "mprotect", "mq_getsetattr",
	"mq_notify", "mq_open", "mq_timedreceive", "mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64",
	"mq_unlink", "mremap", "msgctl", "msgget", "msgrcv", "msgsnd", "msync", "munlock", "munlockall", "munmap",
	"name_to_handle_at", "nanosleep", "newfstatat", "_newselect", "open", "openat", "openat2", "pause",
	"pidfd_getfd", "pidfd_open", "pidfd_send_signal", "pipe", "pipe2", "pkey_alloc", "pkey_free", "pkey_mprotect",
	"poll", "ppoll", "ppoll_time64", "prctl", "pread64", "preadv", "preadv2", "prlimit64", "process_mrelease",
	"process_vm_readv", "process_vm_writev", "pselect6", "pselect6_time64", "ptrace", "pwrite64", "pwritev", "pwritev2",
	"read", "readahead", "readlink", "readlinkat", "readv", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64",
	"recvmsg", "remap_file_pages", "removexattr", "rename", "renameat", "renameat2", "restart_syscall", "rmdir",
	"rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
	"rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sched_getaffinity", "sched_getattr",
	"sched_getparam", "sched_get_priority_max", "sched_get_priority_min", "sched_getscheduler",
	"sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam",
	"sched_setscheduler", "sched_yield", "seccomp", "select", "semctl", "semget", "semop", "semtimedop",
	"semtimedop_time64", "send", "sendfile", "sendfile64", "sendmmsg", "sendmsg", "sendto", "setfsgid", "setfsgid32",
	"setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups", "setgroups32", "setitimer", "setpgid", "setpriority",
	"setregid", "setregid32", "setresgid", "setresgid32", "setresuid", "setresuid32", "setreuid", "setreuid32",
	"setrlimit", "set_robust_list", "setsid", "setsockopt", "set_thread_area", "set_tid_address", "setuid",
	"setuid32", "setxattr", "shmat", "shmctl", "shmdt", "shmget", "shutdown", "sigaltstack", "signalfd", "signalfd4",
	"sigprocmask", "sigreturn", "socketcall", "socketpair", "splice", "stat", "stat64", "statfs", "statfs64",
	"statx", "symlink", "symlinkat", "sync", "sync_file_range", "syncfs", "sysinfo", "tee", "tgkill", "time",
	"timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64", "timer_settime",
	"timer_settime64", "timerfd_create", "timerfd_gettime", "timerfd_gettime64", "timerfd_settime",
	"timerfd_settime64", "times", "tkill", "truncate", "truncate64", "ugetrlimit", "umask", "uname", "unlink",
	"unlinkat", "utime", "utimensat", "utimensat_time64", "utimes", "vfork", "vmsplice", "wait4", "waitid", "waitpid",
	"write", "writev",
	/* of single architectures */
	"arch_prctl", "modify_ldt", "arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint",
	"cacheflush", "set_tls", "s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr", "riscv_flush_icache",
	NULL,
};

/* What a capability opens up. */
static const struct {
	const char *cap;
	const char *names[20];
} with_cap[] = {
	{ "CAP_DAC_READ_SEARCH", { "open_by_handle_at" } },
	{ "CAP_SYS_ADMIN", { "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick",
			     "lookup_dcookie", "mount", "mount_setattr", "move_mount", "open_tree", "perf_event_open" } },
	{ "CAP_SYS_ADMIN", { "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns", "syslog", "umount",
			     "umount2", "unshare" } },
	{ "CAP_SYS_BOOT", { "reboot" } },
	{ "CAP_SYS_CHROOT", { "chroot" } },
	{ "CAP_SYS_MODULE", { "delete_module", "init_module", "finit_module" } },
	{ "CAP_SYS_PACCT", { "acct" } },
	{ "CAP_SYS_PTRACE", { "kcmp", "pidfd_getfd", "process_madvise" } },
	{ "CAP_SYS_RAWIO", { "iopl", "ioperm" } },
	{ "CAP_SYS_TIME", { "settimeofday", "stime", "clock_settime", "clock_settime64" } },
	{ "CAP_SYS_TTY_CONFIG", { "vhangup" } },
	{ "CAP_SYS_NICE", { "get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node" } },
	{ "CAP_SYSLOG", { "syslog" } },
	{ "CAP_BPF", { "bpf" } },
	{ "CAP_PERFMON", { "perf_event_open" } },
};
/* clang-format on */

enum { CLONE_NAMESPACES = 0x7e020000 }; /* every CLONE_NEW* flag that clone() takes */

#ifdef __s390x__
enum { CLONE_FLAGS = 1 }; /* there flags and stack are the other way round */
#else
enum { CLONE_FLAGS = 0 };
#endif

/* Known to the library; those of the 32-bit forms that this machine runs as well are negative. */
static bool is_here(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

static struct ek_json *rule(const char *name, const char *action)
{
	return ek_json_make("{'names':[%s],'action':%s}", name, action);
}

/* One condition on one argument. */
static void allow_if(struct ek_json *rules, const char *name, int arg, const char *op,
		     int64_t value, int64_t value_two)
{
	struct ek_json *r;

	if (!is_here(name))
		return;
	r = rule(name, "SCMP_ACT_ALLOW");
	ek_json_set(r, "args", ek_json_make("[{'index':%d,'value':%D,'valueTwo':%D,'op':%s}]", arg, value,
					    value_two, op));
	ek_json_append(rules, r);
}

static void add_names(struct ek_json *list, const char *const *names)
{
	for (; *names; names++)
		if (is_here(*names) && !ek_json_has_str(list, *names))
			ek_json_append(list, ek_json_new_str(*names));
}

static struct ek_json *allowed_names(const struct ek_json *capabilities)
{
	struct ek_json *list = ek_json_array();

	/* without looking for doubles: there are none in the table */
	for (const char *const *name = always; *name; name++)
		if (is_here(*name))
			ek_json_append(list, ek_json_new_str(*name));
	for (size_t i = 0; i < EK_ARRAY_LEN(with_cap); i++)
		if (ek_json_has_str(capabilities, with_cap[i].cap))
			add_names(list, with_cap[i].names);
	return list;
}

static void add_conditions(struct ek_json *rules, bool admin)
{
	static const int64_t personas[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffff };

	for (size_t i = 0; i < EK_ARRAY_LEN(personas); i++)
		allow_if(rules, "personality", 0, "SCMP_CMP_EQ", personas[i], 0);
	/* vsock reaches the hypervisor past every network namespace */
	allow_if(rules, "socket", 0, "SCMP_CMP_NE", AF_VSOCK, 0);
	if (admin)
		return;
	allow_if(rules, "clone", CLONE_FLAGS, "SCMP_CMP_MASKED_EQ", CLONE_NAMESPACES, 0);
	/* its flags are in memory, out of reach: libraries fall back to clone() */
	if (is_here("clone3")) {
		struct ek_json *r = rule("clone3", "SCMP_ACT_ERRNO");

		ek_json_set_int(r, "errnoRet", ENOSYS);
		ek_json_append(rules, r);
	}
}

/* The names that OCI has for this machine, with the 32-bit form that it runs as well. */
static struct ek_json *architectures(void)
{
#if defined(__x86_64__)
	return ek_json_make("['SCMP_ARCH_X86_64','SCMP_ARCH_X86','SCMP_ARCH_X32']");
#elif defined(__aarch64__)
	return ek_json_make("['SCMP_ARCH_AARCH64','SCMP_ARCH_ARM']");
#elif defined(__arm__)
	return ek_json_make("['SCMP_ARCH_ARM']");
#elif defined(__riscv) && __riscv_xlen == 64
	return ek_json_make("['SCMP_ARCH_RISCV64']");
#elif defined(__i386__)
	return ek_json_make("['SCMP_ARCH_X86']");
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return ek_json_make("['SCMP_ARCH_PPC64LE']");
#elif defined(__s390x__)
	return ek_json_make("['SCMP_ARCH_S390X','SCMP_ARCH_S390']");
#else
	return NULL; /* the runtime's own */
#endif
}

struct ek_json *ek_spec_seccomp_default(const struct ek_json *capabilities)
{
	struct ek_json *rules = ek_json_array();
	struct ek_json *profile, *first;

	first = ek_json_object();
	ek_json_set(first, "names", allowed_names(capabilities));
	ek_json_set_str(first, "action", "SCMP_ACT_ALLOW");
	ek_json_append(rules, first);
	add_conditions(rules, ek_json_has_str(capabilities, "CAP_SYS_ADMIN"));
	profile = ek_json_make("{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':%d}", EPERM);
	ek_json_set(profile, "architectures", architectures());
	ek_json_set(profile, "syscalls", rules);
	return profile;
}

int ek_spec_seccomp_check(const struct ek_json *profile, struct ek_err *err)
{
	const struct ek_json *rules = ek_json_get(profile, "syscalls");

	if (!ek_json_str_at(profile, "defaultAction"))
		return ek_fail(err, EK_EINVALID, "a seccomp profile needs a defaultAction");
	if (rules && !ek_json_is_array(rules))
		return ek_fail(err, EK_EINVALID, "a seccomp profile's syscalls are a list");
	for (size_t i = 0; i < ek_json_len(rules); i++)
		if (!ek_json_is_array(ek_json_get(ek_json_elem(rules, i), "names")) ||
		    !ek_json_str_at(ek_json_elem(rules, i), "action"))
			return ek_fail(err, EK_EINVALID, "a seccomp profile's rule %zu needs names and an action", i);
	return 0;
}
