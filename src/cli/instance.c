/* SPDX-License-Identifier: Apache-2.0 */
#include "instance.h"

#include "advice.h"

#include <ekube/crypto.h>
#include <ekube/file.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

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

/* Of the process that holds the lock; 0 when it has just ended. */
static int holder_of(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK ? (int)l.l_pid : 0;
}

static int lock_file(const struct instance *i, int flags, int *ret_lock, struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(i->data_dir, "lock");
	EK_CLOSE int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0)
		return ek_fail_errno(err, "open %s", path);
	if (fcntl(fd, F_SETLK, &whole) < 0) {
		if (errno != EACCES && errno != EAGAIN)
			return ek_fail_errno(err, "lock %s", path);
		return ek_fail(err, EK_ECONFLICT, "%s is in use by ekube, process %d", i->data_dir,
			       holder_of(fd));
	}
	*ret_lock = ek_steal_fd(fd);
	return 0;
}

int instance_lock(const struct instance *i, int *ret_lock, struct ek_err *err)
{
	return lock_file(i, 0, ret_lock, err);
}

int instance_prepare(const struct instance *i, int *ret_lock, struct ek_err *err)
{
	EK_FREE char *file = ek_path_join(i->data_dir, "layout");
	EK_FREE char *found = NULL;
	EK_CLOSE int lock = -1;
	int rc = ek_dir_make(AT_FDCWD, i->data_dir, 0700, err);

	if (rc < 0)
		return ek_wrap(err, rc, "data directory (--data-dir chooses another)");
	rc = ek_file_read(AT_FDCWD, file, 64, &found, NULL, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (rc == 0) {
		found[strcspn(found, "\n")] = '\0';
		if (!ek_streq(found, LAYOUT_VERSION))
			return ek_fail(
				err, EK_EINVALID,
				"%s was written by another version of ekube (layout %.16s, this one reads " LAYOUT_VERSION
				"): start that version, or give another --data-dir",
				i->data_dir, found);
	}
	rc = lock_file(i, O_CREAT, &lock, err);
	if (rc == EK_ECONFLICT)
		return advise(err, rc, "stop it, or give another --data-dir");
	if (rc == 0 && !found)
		rc = ek_file_write(AT_FDCWD, file, LAYOUT_VERSION "\n", strlen(LAYOUT_VERSION) + 1,
				   0600, true, err);
	if (rc == 0)
		*ret_lock = ek_steal_fd(lock);
	return rc;
}
