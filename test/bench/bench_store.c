/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_store [DIR]: what the store costs, one line of JSON a measure. DIR (default /tmp) decides
 * which disk is asked.
 *
 * "baseline" lines measure the machine: a loop of append and fdatasync of as many bytes as a lone
 * write makes, since disks of shared machines differ by ten from one minute to the next.
 */

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/store.h>
#include <ekube/str.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct ek_loop *loop;
static struct ek_store *store;
static char dir[256];

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of a line of /proc/self/status, in kB. */
static long status_kb(const char *name)
{
	EK_FREE char *text = NULL;
	const char *at;

	if (ek_file_read(AT_FDCWD, "/proc/self/status", 1 << 16, &text, NULL, NULL) < 0)
		return -1;
	at = strstr(text, name);
	return at ? strtol(at + strlen(name) + 1, NULL, 10) : -1;
}

static void report(const char *what, double value, const char *unit, const char *note)
{
	printf("{\"bench\":\"store\",\"what\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"note\":\"%s\"}\n",
	       what, value, unit, note);
	fflush(stdout);
}

/* ---- clients that write one after the other ---- */

struct client {
	struct ek_store_write w;
	char key[96];
	struct ek_bytes *value, *index;
	enum ek_write_op op;
	unsigned flags;
};

static int64_t issued, answered, wanted;
static int64_t key_space; /* updates choose among so many */
static bool all_answered;

static void key_of(int64_t n, char out[96])
{
	/* names as controllers make them: spread over the order of keys */
	snprintf(out, 96, "/core/pods/ns-%d/web-%08x-%05d", (int)(n % 20),
		 (unsigned)(n * 2654435761u), (int)(n % 99999));
}

static void next_write(struct client *c);

static void on_written(struct ek_store_write *w, int rc)
{
	struct client *c = ek_container_of(w, struct client, w);

	if (rc < 0) {
		fprintf(stderr, "bench_store: %s: %s\n", c->key, w->err.msg);
		exit(1);
	}
	if (++answered == wanted)
		all_answered = true;
	if (issued < wanted)
		next_write(c);
}

static void next_write(struct client *c)
{
	int64_t n = issued++;

	key_of(c->op == EK_WRITE_UPDATE ? (n * 7919) % key_space : n, c->key);
	c->w = (struct ek_store_write){ .op = c->op,
					.key = c->key,
					.value = c->op == EK_WRITE_DELETE ? NULL : c->value,
					.index = c->index,
					.flags = c->flags,
					.cb = on_written };
	ek_store_write(store, &c->w);
}

static double run_writes(int clients, int64_t n, size_t size, enum ek_write_op op, unsigned flags)
{
	struct client *c = ek_calloc((size_t)clients, sizeof(*c));
	struct ek_bytes *value = ek_bytes_new(NULL, size);
	struct ek_bytes *index = ek_bytes_new(NULL, 150);
	double start = now_s();

	memset(value->data, 'v', size);
	issued = answered = 0;
	wanted = n;
	all_answered = false;
	for (int i = 0; i < clients; i++) {
		c[i].value = value;
		c[i].index = index;
		c[i].op = op;
		c[i].flags = flags;
		next_write(&c[i]);
	}
	ek_loop_until(loop, &all_answered, 600 * 1000);
	start = now_s() - start;
	ek_bytes_unref(value);
	ek_bytes_unref(index);
	free(c);
	return start;
}

static void bench_writes(const char *what, int clients, int64_t n, size_t size, enum ek_write_op op,
			 unsigned flags)
{
	struct ek_store_stats before, after;
	double cpu = cpu_s();
	double s;
	char note[160];

	ek_store_stats(store, &before);
	s = run_writes(clients, n, size, op, flags);
	cpu = cpu_s() - cpu;
	ek_store_stats(store, &after);
	snprintf(note, sizeof(note),
		 "%d clients, %zu bytes; %.1f us cpu, %.0f bytes to disk, %.2f commits each",
		 clients, size, cpu * 1e6 / (double)n,
		 (double)(after.bytes_written - before.bytes_written) / (double)n,
		 (double)(after.commits - before.commits) / (double)n);
	report(what, (double)n / s, "writes/s", note);
}

static void bench_baseline(void)
{
	enum { N = 300 };
	EK_FREE char *path = ek_str_fmt("%s/baseline", dir);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	static char page[5 * 4120];
	double start = now_s();

	for (int i = 0; i < N; i++)
		if (pwrite(fd, page, sizeof(page), (off_t)(i % 200) * (off_t)sizeof(page)) < 0 ||
		    fdatasync(fd) < 0)
			exit(1);
	report("baseline", N / (now_s() - start), "fdatasync/s", "20 KB each");
	close(fd);
	unlink(path);
}

/* ---- reads ---- */

static int64_t listed_bytes, listed;

static bool on_listed(struct ek_store_list *l, const struct ek_record *r)
{
	(void)l;
	listed_bytes += r->value->len;
	listed++;
	return true;
}

static void on_list_done(struct ek_store_list *l, int rc, bool more)
{
	(void)l;
	(void)more;
	if (rc < 0)
		exit(1);
}

static double list_once(int64_t at_rev)
{
	struct ek_store_list l = { .prefix = "/core/pods/",
				   .at_rev = at_rev,
				   .on_record = on_listed,
				   .done = on_list_done };
	double start = now_s();

	listed = listed_bytes = 0;
	ek_store_list(store, &l);
	return (now_s() - start) * 1e3;
}

static void bench_list(const char *what, int64_t at_rev)
{
	double best = 1e9;
	char note[96];
	long before = status_kb("VmHWM:");

	for (int i = 0; i < 7; i++)
		best = EK_MIN(best, list_once(at_rev));
	snprintf(note, sizeof(note), "%" PRId64 " records, %.1f MB; peak memory +%ld kB", listed,
		 (double)listed_bytes / 1e6, status_kb("VmHWM:") - before);
	report(what, best, "ms", note);
}

static void on_got(void *arg, int rc, const struct ek_record *r)
{
	*(int64_t *)arg += rc == 0 ? r->value->len : 0;
}

static void bench_get(int64_t keys)
{
	enum { N = 100000 };
	int64_t bytes = 0;
	double start = now_s();
	char key[96];

	for (int64_t i = 0; i < N; i++) {
		key_of((i * 7919) % keys, key);
		ek_store_get(store, key, on_got, &bytes);
	}
	report("get", N / (now_s() - start), "gets/s", "2000 bytes, random keys");
}

static void bench_count(void)
{
	double start = now_s();
	int64_t n = 0;

	for (int i = 0; i < 100; i++)
		n += ek_store_count(store, "/core/pods/");
	report("count", (now_s() - start) * 1e4, "us", EK_F("%" PRId64 " records", n / 100));
}

/* ---- watches ---- */

struct watcher {
	struct ek_store_watch w;
};
static int64_t events;

static bool on_event(struct ek_store_watch *w, const struct ek_store_event *e)
{
	(void)w;
	if (!*e->shared)
		*e->shared = ek_bytes_new(e->value->data, e->value->len);
	events++;
	return true;
}

static struct watcher *watch_many(int n, bool spread, int64_t from)
{
	struct watcher *w = ek_calloc((size_t)n, sizeof(*w));

	for (int i = 0; i < n; i++) {
		char prefix[64];

		snprintf(prefix, sizeof(prefix), spread ? "/core/pods/other-%d/" : "/core/pods/",
			 i);
		w[i].w = (struct ek_store_watch){ .prefix = prefix,
						  .from_rev = from,
						  .on_event = on_event };
		if (ek_store_watch(store, &w[i].w, NULL) < 0)
			exit(1);
	}
	return w;
}

static void stop_many(struct watcher *w, int n)
{
	for (int i = 0; i < n; i++)
		ek_store_watch_stop(&w[i].w);
	free(w);
}

static void bench_fan_out(int n, bool spread)
{
	enum { WRITES = 300 };
	struct watcher *w;
	double without, with, cpu;

	cpu = cpu_s();
	run_writes(1, WRITES, 1000, EK_WRITE_UPDATE, EK_PUT_VOLATILE);
	without = cpu_s() - cpu;
	w = watch_many(n, spread, 0);
	events = 0;
	cpu = cpu_s();
	run_writes(1, WRITES, 1000, EK_WRITE_UPDATE, EK_PUT_VOLATILE);
	with = cpu_s() - cpu;
	report(spread ? "fan-out, others' prefixes" : "fan-out",
	       EK_MAX(with - without, 0) * 1e6 / WRITES, "us/event",
	       EK_F("%d watchers, %.1f callbacks an event", n, (double)events / WRITES));
	stop_many(w, n);
}

static void bench_replay(void)
{
	struct watcher *w;
	double start;
	int64_t rev = ek_store_rev(store);

	events = 0;
	start = now_s();
	w = watch_many(1, false, rev - 5000);
	report("replay, first", (now_s() - start) * 1e3, "ms", EK_F("%" PRId64 " events", events));
	stop_many(w, 1);
	events = 0;
	start = now_s();
	w = watch_many(1, false, rev - 5000);
	report("replay", (now_s() - start) * 1e3, "ms", EK_F("%" PRId64 " events", events));
	stop_many(w, 1);
	start = now_s();
	w = watch_many(1000, false, rev - 10);
	report("1000 replays of 10", (now_s() - start) * 1e3, "ms", "");
	stop_many(w, 1000);
}

/* ---- rest ---- */

static int64_t later_ms;

static int64_t later_mono(void *arg)
{
	(void)arg;
	return later_ms;
}

static int64_t later_wall(void *arg)
{
	(void)arg;
	return later_ms * 1000;
}

/* A minute later: timers have fired, threads have copied, memory was given back. */
static void rest(void)
{
	static const struct ek_clock_source later = { later_mono, later_wall, NULL };

	later_ms = ek_clock_mono_ms();
	ek_clock_set_source(&later);
	for (int i = 0; i < 600; i++) {
		later_ms += 100;
		ek_loop_advance(loop);
		ek_loop_turn(loop);
		if (i > 590)
			usleep(10000);
	}
	ek_clock_set_source(NULL);
}

/* ---- opening ---- */

static void open_store(void)
{
	struct ek_store_options o = { .path = dir };
	struct ek_err err = { 0 };

	if (ek_store_open_sqlite(loop, &o, &store, &err) < 0) {
		fprintf(stderr, "bench_store: %s\n", err.msg);
		exit(1);
	}
}

static void bench_open(const char *what)
{
	double best = 1e9, sum = 0;
	struct ek_store_stats st;

	ek_store_stats(store, &st);
	for (int i = 0; i < 9; i++) {
		double start;

		ek_store_close(store);
		start = now_s();
		open_store();
		sum += (now_s() - start) * 1e3;
		best = EK_MIN(best, (now_s() - start) * 1e3);
	}
	report(what, best, "ms",
	       EK_F("mean %.2f ms, file %.1f MB", sum / 9, (double)st.file_bytes / 1e6));
}

int main(int argc, char **argv)
{
	enum { KEYS = 10000 };
	double start;

	snprintf(dir, sizeof(dir), "%s/ek-bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
	if (!mkdtemp(dir)) {
		perror(dir);
		return 1;
	}
	loop = ek_loop_new();
	start = now_s();
	open_store();
	report("open, new", (now_s() - start) * 1e3, "ms", "");
	report("memory", (double)status_kb("VmRSS:"), "kB", "open and empty");
	bench_baseline();
	bench_writes("create", 1, 500, 1000, EK_WRITE_CREATE, 0);
	bench_open("open, small");
	key_space = 500;
	bench_writes("update", 1, 500, 1000, EK_WRITE_UPDATE, 0);
	bench_writes("update, volatile", 1, 20000, 500, EK_WRITE_UPDATE, EK_PUT_VOLATILE);
	bench_writes("delete", 1, 500, 1000, EK_WRITE_DELETE, 0);
	bench_baseline();
	bench_writes("create", 64, KEYS, 2000, EK_WRITE_CREATE, 0);
	key_space = KEYS;
	report("memory", (double)status_kb("VmRSS:"), "kB", "10000 records of 2 KB written");
	bench_list("list", 0);
	bench_writes("update", 16, 10000, 2000, EK_WRITE_UPDATE, 0);
	bench_writes("update", 64, 20000, 2000, EK_WRITE_UPDATE, 0);
	bench_list("list, after updates", 0);
	bench_list("list, 5000 changes ago", ek_store_rev(store) - 5000);
	bench_get(KEYS);
	bench_count();
	bench_replay();
	bench_fan_out(1000, false);
	bench_fan_out(10000, true);
	report("memory", (double)status_kb("VmRSS:"), "kB", "after all");
	rest();
	report("memory", (double)status_kb("VmRSS:"), "kB", "at rest");
	bench_open("open, large");
	bench_writes("delete", 64, KEYS, 0, EK_WRITE_DELETE, 0);
	ek_store_close(store);
	ek_loop_free(loop);
	return ek_dir_remove(AT_FDCWD, dir, NULL) < 0;
}
