/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "container.h"

enum { RECORD_MAX = 64 << 10, PROCESS_MAX = 4 << 20 };

#define RECORD "record.json"

void ek_ctr_record_done(struct ek_ctr_record *r)
{
	char *texts[] = { r->uid,    r->ns,	  r->pod,	r->container,
			  r->image,  r->image_id, r->image_key, r->image_spec,
			  r->cgroup, r->log_path, r->term_path };

	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++)
		free(texts[i]);
	*r = (struct ek_ctr_record){ 0 };
}

int ek_ctr_record_write(const char *dir, const struct ek_ctr_record *r, struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(dir, RECORD);
	EK_JSON struct ek_json *v = ek_json_make(
		"{'uid':%s,'namespace':%s,'pod':%s,'container':%s,'attempt':%d,'image':%s,'imageID':%s,'imageKey':%s,"
		"'imageSpec':%s,'cgroup':%s,'log':%s,'termination':%s,'stopSignal':%s,'tty':%b,'stdin':%b,"
		"'backoffMs':%D,'backoffWall':%D}",
		r->uid, r->ns, r->pod, r->container, r->attempt, r->image, r->image_id,
		r->image_key, r->image_spec, r->cgroup, r->log_path, r->term_path, r->stop_signal,
		r->tty, r->has_stdin, r->backoff.ms, r->backoff.updated_ms);
	EK_FREE char *text = ek_json_text(v);

	return ek_file_write(AT_FDCWD, path, text, strlen(text), 0600, false, err);
}

int ek_ctr_record_read(const char *dir, struct ek_ctr_record *ret, struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(dir, RECORD);
	EK_FREE char *text = NULL;
	EK_JSON struct ek_json *v = NULL;
	size_t n;
	int rc = ek_file_read(AT_FDCWD, path, RECORD_MAX, &text, &n, err);

	if (rc == 0)
		rc = ek_json_parse(text, n, RECORD_MAX, &v, NULL, err);
	if (rc < 0)
		return rc;
	if (!ek_json_str_at(v, "uid") || !ek_json_str_at(v, "container") || !ek_json_str_at(v, "cgroup"))
		return ek_fail(err, EK_EINVALID, "%s is not a container's record", path);
	*ret = (struct ek_ctr_record){
		.uid = ek_str_dup(ek_json_str_at(v, "uid")),
		.ns = ek_str_dup(ek_json_str_at(v, "namespace")),
		.pod = ek_str_dup(ek_json_str_at(v, "pod")),
		.container = ek_str_dup(ek_json_str_at(v, "container")),
		.image = ek_str_dup(ek_json_str_at(v, "image")),
		.image_id = ek_str_dup(ek_json_str_at(v, "imageID")),
		.image_key = ek_str_dup(ek_json_str_at(v, "imageKey")),
		.image_spec = ek_str_dup(ek_json_str_at(v, "imageSpec")),
		.cgroup = ek_str_dup(ek_json_str_at(v, "cgroup")),
		.log_path = ek_str_dup(ek_json_str_at(v, "log")),
		.term_path = ek_str_dup(ek_json_str_at(v, "termination")),
		.attempt = (int)ek_json_int_at(v, "attempt", 0),
		.tty = ek_json_bool_at(v, "tty", false),
		.has_stdin = ek_json_bool_at(v, "stdin", false),
		.backoff = { .ms = ek_json_int_at(v, "backoffMs", 0), .updated_ms = ek_json_int_at(v, "backoffWall", 0) },
	};
	(void)ek_str_into(ret->stop_signal, sizeof(ret->stop_signal), "%s",
			  ek_json_str_at(v, "stopSignal") ? ek_json_str_at(v, "stopSignal") : "");
	return 0;
}

/* ---- exec ---- */

int ek_ctr_exec_process(const struct ek_ctr *c, const char *const *command, bool tty, char **ret,
			struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(c->dir, "process.json");
	EK_FREE char *text = NULL;
	EK_JSON struct ek_json *process = NULL, *config = NULL, *made = NULL;
	size_t n;
	int rc = ek_file_read(AT_FDCWD, path, PROCESS_MAX, &text, &n, err);

	if (rc == 0)
		rc = ek_json_parse(text, n, PROCESS_MAX, &process, NULL, err);
	if (rc < 0)
		return rc;
	config = ek_json_object();
	ek_json_set(config, "process", ek_steal(process));
	made = ek_runtime_spec_exec(config, command, tty);
	*ret = ek_json_text(made);
	return 0;
}
