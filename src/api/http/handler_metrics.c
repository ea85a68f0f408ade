/* SPDX-License-Identifier: Apache-2.0 */

/* /metrics in Prometheus' text form (version 0.0.4): what the store did, and this process. */

#include <ekube/file.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "handlers.h"
#include "paths.h"

static void add(struct ek_buf *out, const char *name, const char *type, const char *help,
		double value)
{
	(void)ek_buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type,
			 name, value);
}

static int64_t resident_bytes(void)
{
	EK_FREE char *text = NULL;
	int64_t pages = 0;
	char *second;

	if (ek_file_read(AT_FDCWD, "/proc/self/statm", 256, &text, NULL, NULL) < 0)
		return 0;
	second = strchr(text, ' ');
	if (second)
		pages = strtoll(second, NULL, 10);
	return pages * sysconf(_SC_PAGESIZE);
}

void handle_metrics(struct request *rq)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	struct ek_store_stats s;
	struct rusage u;

	ek_store_stats(front_options(rq->front)->store, &s);
	(void)getrusage(RUSAGE_SELF, &u);
	add(&out, "ekube_store_writes_total", "counter", "Writes acknowledged by the store.",
	    (double)s.writes);
	add(&out, "ekube_store_commits_total", "counter", "Commits made durable.",
	    (double)s.commits);
	add(&out, "ekube_store_written_bytes_total", "counter", "Bytes handed to the disk.",
	    (double)s.bytes_written);
	add(&out, "ekube_store_log_records", "gauge", "Changes kept for watches.",
	    (double)s.log_records);
	add(&out, "ekube_store_watchers", "gauge", "Watches that stand.", (double)s.watchers);
	add(&out, "apiserver_storage_db_total_size_in_bytes", "gauge", "Size of the database file.",
	    (double)s.file_bytes);
	add(&out, "process_resident_memory_bytes", "gauge", "Resident memory.",
	    (double)resident_bytes());
	add(&out, "process_cpu_seconds_total", "counter", "CPU time of this process.",
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
	http_reply_text(rq->http, 200, "text/plain; version=0.0.4; charset=utf-8", out.data);
}
