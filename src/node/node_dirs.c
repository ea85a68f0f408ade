/* SPDX-License-Identifier: Apache-2.0 */
#include "node_dirs.h"

#include <fcntl.h>
#include <stdlib.h>

#include <ekube/file.h>

void ek_node_dirs_name(struct ek_node_dirs *d, const struct ek_node_options *o)
{
	*d = (struct ek_node_dirs){
		.pods = ek_path_join(o->data_dir, "pods"),
		.containers = ek_path_join(o->data_dir, "containers"),
		.logs = o->log_dir ? ek_str_dup(o->log_dir) : ek_path_join(o->data_dir, "logs"),
		.memory = ek_path_join(o->run_dir, "volumes"),
		.ns = ek_path_join(o->run_dir, "ns"),
		.shm = ek_path_join(o->run_dir, "shm"),
		.runtime = ek_path_join(o->run_dir, "runtime"),
	};
}

int ek_node_dirs_make(const struct ek_node_dirs *d, struct ek_err *err)
{
	static const mode_t open_mode = 0755, closed = 0700;
	const struct {
		const char *path;
		mode_t      mode;
	} all[] = {
		{ d->pods, 0750 },	{ d->containers, closed }, { d->logs, open_mode },
		{ d->memory, closed },	{ d->ns, closed },	   { d->shm, closed },
		{ d->runtime, closed },
	};
	int rc = 0;

	for (size_t i = 0; i < EK_ARRAY_LEN(all) && rc == 0; i++)
		rc = ek_dir_make(AT_FDCWD, all[i].path, all[i].mode, err);
	return rc;
}

void ek_node_dirs_done(struct ek_node_dirs *d)
{
	char *all[] = { d->pods, d->containers, d->logs, d->memory, d->ns, d->shm, d->runtime };

	for (size_t i = 0; i < EK_ARRAY_LEN(all); i++)
		free(all[i]);
	*d = (struct ek_node_dirs){ 0 };
}
