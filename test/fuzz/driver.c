/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A small engine for fuzz targets where clang's is missing: it runs every file it is given (or
 * every file of a directory), then random mutations of them until the time is over. It follows
 * no coverage; it keeps the corpus honest and finds what is near it. The input in work is kept in
 * a shared mapping, so that the parent can write it down when the target dies.
 *
 * Options as libFuzzer spells them: -max_total_time=SECONDS -max_len=BYTES -timeout=SECONDS
 * -artifact_prefix=PATH -seed=N. Others are ignored.
 */

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEDS_MAX = 4096, INPUT_MAX = 1 << 20 };

struct seed {
	uint8_t *data;
	size_t size;
};

struct shared {
	uint64_t runs;
	size_t size; /* of the input in work */
	uint8_t data[INPUT_MAX];
};

static struct options {
	unsigned long seconds, max_len, timeout, seed;
	const char *artifact_prefix;
} opt = { .max_len = 65536, .timeout = 20, .artifact_prefix = "" };

static struct seed seeds[SEEDS_MAX];
static size_t n_seeds;
static struct shared *now;
static uint64_t random_state;

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(2);
}

/* splitmix64 */
static uint64_t rnd(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static size_t below(size_t n)
{
	return n ? (size_t)(rnd() % n) : 0;
}

static void add_file(int dir_fd, const char *path)
{
	struct stat st;
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("cannot open %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > INPUT_MAX || n_seeds == SEEDS_MAX) {
		close(fd);
		return;
	}
	seeds[n_seeds].data = malloc((size_t)st.st_size + 1);
	n = read(fd, seeds[n_seeds].data, (size_t)st.st_size);
	if (n < 0)
		die("cannot read %s", path);
	seeds[n_seeds++].size = (size_t)n;
	close(fd);
}

static void add_path(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	if (!dir) {
		add_file(AT_FDCWD, path);
		return;
	}
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			add_file(dirfd(dir), e->d_name);
	closedir(dir);
}

/* ---- mutations: each changes at most one place, a run applies a few ---- */

static const char *const tokens[] = {
	"null", "true", "-0", "1e999", "9223372036854775808", "\"\"", "{}", "[]", "{\"a\":", "[[[[[[[[",
	"\\u0000", "\\ud800", "\xff\xfe", "\xc0\x80", "..", "../", "/", "%00", "%2e%2e", "\r\n", "\n\n",
	"~1", "~0", ",", ":", "=", "&", "*a", "&a", "!!", "- ", "\t", "\"", "'", "\\", "-1", "65536",
};

static void cut(uint8_t *p, size_t *n)
{
	size_t at = below(*n), len = 1 + below(*n - at);

	len = len > 16 && rnd() % 4 ? 1 + below(16) : len;
	memmove(p + at, p + at + len, *n - at - len);
	*n -= len;
}

static void insert(uint8_t *p, size_t *n, size_t max, const uint8_t *what, size_t len)
{
	size_t at = below(*n + 1);

	if (len > max - *n)
		return;
	memmove(p + at + len, p + at, *n - at);
	memmove(p + at, what, len);
	*n += len;
}

static void insert_token(uint8_t *p, size_t *n, size_t max)
{
	const char *t = tokens[below(sizeof(tokens) / sizeof(tokens[0]))];

	insert(p, n, max, (const uint8_t *)t, strlen(t));
}

static void insert_piece(uint8_t *p, size_t *n, size_t max)
{
	const struct seed *s = &seeds[below(n_seeds)];
	size_t at = below(s->size), len = below(s->size - at + 1);

	insert(p, n, max, s->data + at, len > 256 ? below(256) : len);
}

static void repeat_piece(uint8_t *p, size_t *n, size_t max)
{
	uint8_t piece[64];
	size_t at = below(*n), len = 1 + below(sizeof(piece) - 1);

	len = len > *n - at ? *n - at : len;
	memcpy(piece, p + at, len);
	for (size_t times = 1 + below(200); times; times--)
		insert(p, n, max, piece, len);
}

static void mutate_once(uint8_t *p, size_t *n, size_t max)
{
	switch (rnd() % (*n ? 7 : 2)) {
	case 0: insert_token(p, n, max);                             break;
	case 1: insert_piece(p, n, max);                             break;
	case 2: p[below(*n)] ^= (uint8_t)(1u << (rnd() % 8));        break;
	case 3: p[below(*n)] = (uint8_t)rnd();                       break;
	case 4: cut(p, n);                                           break;
	case 5: repeat_piece(p, n, max);                             break;
	case 6: *n = below(*n);                                      break;
	}
}

static void run(void)
{
	/* an allocation of exactly this size, so that a sanitizer sees a read past the end */
	uint8_t *copy = malloc(now->size ? now->size : 1);

	memcpy(copy, now->data, now->size);
	alarm((unsigned)opt.timeout);
	LLVMFuzzerTestOneInput(copy, now->size);
	now->runs++;
	free(copy);
}

static void work(void)
{
	time_t end = time(NULL) + (time_t)opt.seconds;

	for (size_t i = 0; i < n_seeds; i++) {
		memcpy(now->data, seeds[i].data, seeds[i].size);
		now->size = seeds[i].size;
		run();
	}
	while (time(NULL) < end) {
		const struct seed *s = &seeds[below(n_seeds)];
		size_t n = s->size < opt.max_len ? s->size : opt.max_len;

		memcpy(now->data, s->data, n);
		for (size_t i = 1 + below(8); i; i--)
			mutate_once(now->data, &n, opt.max_len);
		now->size = n;
		run();
	}
}

static void save_input(void)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%scrash-%llu", opt.artifact_prefix, (unsigned long long)now->runs);
	f = fopen(path, "w");
	if (!f || fwrite(now->data, 1, now->size, f) != now->size || fclose(f) != 0)
		die("cannot write %s", path);
	fprintf(stderr, "the input of %zu bytes is in %s\n", now->size, path);
}

static void parse_option(const char *arg)
{
	const struct {
		const char *name;
		unsigned long *value;
	} numbers[] = {
		{ "-max_total_time=", &opt.seconds },
		{ "-max_len=", &opt.max_len },
		{ "-timeout=", &opt.timeout },
		{ "-seed=", &opt.seed },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strncmp(arg, numbers[i].name, strlen(numbers[i].name)) == 0)
			*numbers[i].value = strtoul(arg + strlen(numbers[i].name), NULL, 10);
	if (strncmp(arg, "-artifact_prefix=", 17) == 0)
		opt.artifact_prefix = arg + 17;
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	opt.seed = (unsigned long)time(NULL) ^ (unsigned long)getpid();
	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-')
			parse_option(argv[i]);
		else
			add_path(argv[i]);
	if (opt.max_len > INPUT_MAX)
		opt.max_len = INPUT_MAX;
	if (n_seeds == 0)
		seeds[n_seeds++].data = malloc(1); /* begin with nothing */
	random_state = opt.seed;

	now = mmap(NULL, sizeof(*now), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (now == MAP_FAILED)
		die("no memory");
	pid = fork();
	if (pid == 0) {
		work();
		_exit(0); /* no leak report for the seeds */
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("cannot fork");
	fprintf(stderr, "%llu runs of %zu seeds, -seed=%lu\n", (unsigned long long)now->runs, n_seeds, opt.seed);
	if (status == 0)
		return 0;
	fprintf(stderr, WIFSIGNALED(status) ? "killed by signal %d\n" : "ended with code %d\n",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	save_input();
	return 1;
}
