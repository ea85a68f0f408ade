/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/base.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ek_test.h>

/* Does fn abort, and does it say `words` on standard error before? */
static bool aborts_saying(void (*fn)(void), const char *words)
{
	char said[512] = "";
	int ends[2], status;
	size_t n = 0;
	ssize_t r;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		const struct rlimit no_core = { 0 };

		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)dup2(ends[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	(void)close(ends[1]);
	while ((r = read(ends[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)r;
	(void)close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(said, words);
}

static void break_a_promise(void)
{
	EK_ASSERT(1 + 1 == 3);
}

static void keep_a_promise(void)
{
	EK_ASSERT(1 + 1 == 2);
}

START_TEST(broken_promise_aborts)
{
	ck_assert(aborts_saying(break_a_promise, "1 + 1 == 3"));
	ck_assert(aborts_saying(break_a_promise, "test_base.c:"));
	ck_assert(!aborts_saying(keep_a_promise, ""));
}
END_TEST

static void overflow_calloc(void)
{
	volatile size_t many = SIZE_MAX / 2;

	free(ek_calloc(many, 16));
}

START_TEST(no_memory_aborts)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return; /* the sanitizer's allocator ends the process itself */
#endif
	ck_assert(aborts_saying(overflow_calloc, "out of memory"));
}
END_TEST

START_TEST(empty_is_not_null)
{
	EK_FREE char *a = ek_malloc(0);
	EK_FREE char *b = ek_calloc(0, 8);
	EK_FREE char *c = ek_realloc(NULL, 0);
	EK_FREE char *d = ek_memdup(NULL, 0);

	ck_assert(a && b && c && d);
}
END_TEST

START_TEST(new_is_zeroed)
{
	struct thing {
		char *p;
		int n[20];
	};
	EK_FREE struct thing *t = ek_new(struct thing);

	ck_assert_ptr_null(t->p);
	for (size_t i = 0; i < EK_ARRAY_LEN(t->n); i++)
		ck_assert_int_eq(t->n[i], 0);
}
END_TEST

START_TEST(memdup_copies)
{
	const int v[] = { 1, 2, 3 };
	EK_FREE int *copy = ek_memdup(v, sizeof(v));

	ck_assert_ptr_ne(copy, v);
	ck_assert_mem_eq(copy, v, sizeof(v));
}
END_TEST

static char *give_away(void)
{
	EK_FREE char *mine = ek_memdup("mine", 5);

	return ek_steal(mine);
}

START_TEST(steal_moves_ownership)
{
	EK_FREE char *text = give_away();
	int fd = 7;

	ck_assert_str_eq(text, "mine");
	ck_assert_int_eq(ek_steal_fd(fd), 7);
	ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(close_keeps_errno)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int none = -1, bad = 1 << 20;

	ck_assert_int_ge(fd, 0);
	errno = E2BIG;
	ek_closep(&fd);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	errno = E2BIG;
	ek_closep(&none);
	ek_closep(&bad);
	ck_assert_int_eq(errno, E2BIG);
}
END_TEST

START_TEST(container_of_finds_the_owner)
{
	struct {
		int before;
		int field;
	} owner = { 1, 2 };
	int *inner = &owner.field;

	ck_assert_ptr_eq(ek_container_of(inner, __typeof__(owner), field), &owner);
}
END_TEST

EK_TESTS("base/base", broken_promise_aborts, no_memory_aborts, empty_is_not_null, new_is_zeroed,
	 memdup_copies, steal_moves_ownership, close_keeps_errno, container_of_finds_the_owner)
