/* SPDX-License-Identifier: Apache-2.0 */
#include "instance.h"

#include <ekube/crypto.h>
#include <ekube/file.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define DEFAULT_DATA_DIR "/var/lib/ekube"
#define LAYOUT_VERSION   "1"

enum { MAX_DATA_DIR = 512 };

/* Without "//", "/./" and a slash at the end, so that one directory has one name. */
static char *clean_path(const char *path)
{
	char *out = ek_malloc(strlen(path) + 1);
	char *w = out;

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 0) {
			p++;
			continue;
		}
		if (!(n == 1 && p[0] == '.')) {
			*w++ = '/';
			memcpy(w, p, n);
			w += n;
		}
		p += n;
	}
	*w = '\0';
	return out;
}

static void name_parts(struct instance *i, const char *id)
{
	bool main_one = ek_str_empty(id);

	i->run_dir = main_one ? ek_str_dup("/run/ekube") : ek_str_fmt("/run/ekube-%s", id);
	i->bridge = main_one ? ek_str_dup("ekube0") : ek_str_fmt("ek-%s", id);
	i->table = main_one ? ek_str_dup("ekube") : ek_str_fmt("ekube-%s", id);
	i->cgroup = ek_str_dup(i->table);
}

int instance_of(const char *data_dir, struct instance *ret, struct ek_err *err)
{
	uint8_t digest[32];
	char id[9];

	if (!data_dir || data_dir[0] != '/' || strlen(data_dir) > MAX_DATA_DIR ||
	    strstr(data_dir, "/../"))
		return ek_fail(err, EK_EINVALID,
			       "--data-dir must be an absolute path of at most %d bytes",
			       MAX_DATA_DIR);
	*ret = (struct instance){ .data_dir = clean_path(data_dir) };
	if (ek_streq(ret->data_dir, DEFAULT_DATA_DIR)) {
		name_parts(ret, "");
		return 0;
	}
	ek_sha256(ret->data_dir, strlen(ret->data_dir), digest);
	ek_hex(digest, 4, id);
	name_parts(ret, id);
	return 0;
}

void instance_done(struct instance *i)
{
	free(i->data_dir);
	free(i->run_dir);
	free(i->bridge);
	free(i->table);
	free(i->cgroup);
	*i = (struct instance){ 0 };
}

int instance_prepare(const struct instance *i, struct ek_err *err)
{
	EK_FREE char *file = ek_path_join(i->data_dir, "layout");
	EK_FREE char *found = NULL;
	int rc = ek_dir_make(AT_FDCWD, i->data_dir, 0700, err);

	if (rc < 0)
		return rc;
	rc = ek_file_read(AT_FDCWD, file, 64, &found, NULL, err);
	if (rc == -ENOENT)
		return ek_file_write(AT_FDCWD, file, LAYOUT_VERSION "\n",
				     strlen(LAYOUT_VERSION) + 1, 0600, true, err);
	if (rc < 0)
		return rc;
	found[strcspn(found, "\n")] = '\0';
	if (!ek_streq(found, LAYOUT_VERSION))
		return ek_fail(
			err, EK_EINVALID,
			"%s was written by another version of ekube (layout %.16s, this one reads " LAYOUT_VERSION
			"): start that version, or give another --data-dir",
			i->data_dir, found);
	return 0;
}
