/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <ekube/str.h>

#include "podspec.h"
#include "runtime_spec.h"

void ek_spec_mount_done(struct ek_spec_mount *m)
{
	free(m->source);
	free(m->target);
}

/* What every container has; `options` of the privileged form when it differs. */
static const struct {
	const char *target, *type, *source, *options, *privileged;
} usual[] = {
	{ "/proc", "proc", "proc", "nosuid,noexec,nodev", NULL },
	{ "/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k", NULL },
	{ "/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5", NULL },
	{ "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev", NULL },
	{ "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro", "nosuid,noexec,nodev,rw" },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro", "nosuid,noexec,nodev,relatime,rw" },
};

static struct ek_json *words(const char *commas)
{
	EK_FREE char *copy = ek_str_dup(commas);
	struct ek_json *list = ek_json_array();
	char *parts[16];
	size_t n = ek_str_split(copy, ',', parts, EK_ARRAY_LEN(parts));

	for (size_t i = 0; i < n; i++)
		ek_json_append(list, ek_json_new_str(parts[i]));
	return list;
}

static struct ek_json *mount_of(const char *target, const char *type, const char *source,
				const char *options)
{
	struct ek_json *m = ek_json_make("{'destination':%s,'type':%s,'source':%s}", target, type, source);

	ek_json_set(m, "options", words(options));
	return m;
}

/* "/a/" and "/a" are one place. */
static bool same_place(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	while (n > 1 && a[n - 1] == '/')
		n--;
	while (m > 1 && b[m - 1] == '/')
		m--;
	return n == m && memcmp(a, b, n) == 0;
}

static bool is_taken(const struct ek_spec_input *in, const char *target)
{
	for (size_t i = 0; i < in->n_mounts; i++)
		if (same_place(in->mounts[i].target, target))
			return true;
	return false;
}

static struct ek_json *bind(const struct ek_spec_mount *m)
{
	static const char *const propagations[] = { "rprivate", "rslave", "rshared" };
	EK_FREE char *options = ek_str_fmt("rbind,%s,%s%s", propagations[m->propagation], m->read_only ? "ro" : "rw",
					   m->read_only && m->recursive_read_only ? ",rro" : "");

	return mount_of(m->target, "bind", m->source, options);
}

static size_t depth(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += path[0] == '/' && path[1] && path[1] != '/';
	return n;
}

struct placed {
	const struct ek_spec_mount *m;
	size_t                      at;
};

/* A mount on another one's folder comes after it; else the order of the pod holds. */
static int by_depth(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	size_t dx = depth(x->m->target), dy = depth(y->m->target);

	if (dx != dy)
		return dx < dy ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void add_binds(const struct ek_spec_input *in, struct ek_json *list)
{
	struct placed *order = ek_calloc(in->n_mounts + 1, sizeof(*order));

	for (size_t i = 0; i < in->n_mounts; i++)
		order[i] = (struct placed){ &in->mounts[i], i };
	qsort(order, in->n_mounts, sizeof(*order), by_depth);
	for (size_t i = 0; i < in->n_mounts; i++)
		ek_json_append(list, bind(order[i].m));
	free(order);
}

struct ek_json *ek_spec_mounts(const struct ek_spec_input *in)
{
	bool privileged = ek_spec_is_privileged(in->container);
	struct ek_json *list = ek_json_array();

	for (size_t i = 0; i < EK_ARRAY_LEN(usual); i++) {
		const char *options = privileged && usual[i].privileged ? usual[i].privileged :
									  usual[i].options;

		if (!is_taken(in, usual[i].target))
			ek_json_append(list, mount_of(usual[i].target, usual[i].type,
						      usual[i].source, options));
	}
	if (!is_taken(in, "/dev/shm"))
		ek_json_append(list, mount_of("/dev/shm", "bind", in->shm ? in->shm : "/dev/shm", "rbind,rw"));
	add_binds(in, list);
	return list;
}
