/* SPDX-License-Identifier: Apache-2.0 */
#include "user.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "podspec.h"

enum { PASSWD_MAX = 1 << 20 };

const struct ek_json *ek_security_field(const struct ek_json *pod, const struct ek_json *container,
					const char *name)
{
	const struct ek_json *v = ek_json_get(ek_json_get(container, "securityContext"), name);

	return v ? v : ek_json_get(ek_json_at(pod, "spec.securityContext"), name);
}

/* ---- passwd and group: "name:x:number:..." ---- */

/* A file of the image: nothing in it may lead out of the image. NULL when there is none. */
static char *read_beneath(int root_fd, const char *path)
{
	EK_CLOSE int fd =
		ek_open_beneath(root_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0, false);
	char at[32], *text = NULL;

	if (fd < 0)
		return NULL;
	(void)snprintf(at, sizeof(at), "/proc/self/fd/%d", fd);
	(void)ek_file_read(AT_FDCWD, at, PASSWD_MAX, &text, NULL, NULL);
	return text;
}

struct line {
	char  *field[7];
	size_t n;
};

/* The next line, cut into fields in place; false at the end. */
static bool next_line(char **text, struct line *l)
{
	char *line = *text, *end;

	if (!line || !*line)
		return false;
	end = strchr(line, '\n');
	*text = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	l->n = ek_str_split(line, ':', l->field, EK_ARRAY_LEN(l->field));
	return true;
}

static int64_t number(const char *s)
{
	int64_t n;

	return ek_str_to_int(s, 0, UINT32_MAX - 1, &n) < 0 ? -1 : n;
}

/* By name (when given) or by number. */
static bool find_user(char *passwd, const char *name, int64_t uid, struct ek_user *u)
{
	struct line l;

	while (next_line(&passwd, &l)) {
		if (l.n < 4 || number(l.field[2]) < 0)
			continue;
		if (name ? !ek_streq(l.field[0], name) : number(l.field[2]) != uid)
			continue;
		u->uid = number(l.field[2]);
		u->gid = EK_MAX(number(l.field[3]), (int64_t)0);
		(void)snprintf(u->name, sizeof(u->name), "%s", l.field[0]);
		if (l.n >= 6 && l.field[5][0] == '/')
			(void)snprintf(u->home, sizeof(u->home), "%s", l.field[5]);
		return true;
	}
	return false;
}

static int64_t find_group(char *group, const char *name)
{
	struct line l;

	while (next_line(&group, &l))
		if (l.n >= 3 && ek_streq(l.field[0], name))
			return number(l.field[2]);
	return -1;
}

static void add_group(struct ek_user *u, int64_t gid)
{
	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i] == gid)
			return;
	if (gid >= 0 && u->n_groups < EK_USER_GROUPS_MAX)
		u->groups[u->n_groups++] = gid;
}

/* Is `name` in the comma-separated list? */
static bool is_member(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += n)
		if ((at == list || at[-1] == ',') && (at[n] == ',' || !at[n]))
			return true;
	return false;
}

static void add_groups_of(char *group, struct ek_user *u)
{
	struct line l;

	while (u->name[0] && next_line(&group, &l))
		if (l.n >= 4 && is_member(l.field[3], u->name))
			add_group(u, number(l.field[2]));
}

/* ---- the three who may say it ---- */

static int from_image(const char *image_user, char *passwd, char *group, struct ek_user *u,
		      struct ek_err *err)
{
	EK_FREE char *user = ek_str_dup(image_user);
	char *colon = strchr(user, ':');
	int64_t uid, gid;

	if (colon)
		*colon++ = '\0';
	uid = *user ? number(user) : 0;
	if (uid >= 0) {
		if (!find_user(passwd, NULL, uid, u))
			u->uid = uid;
	} else if (!find_user(passwd, user, 0, u)) {
		return ek_fail(err, EK_EINVALID, "unable to find user %s: no matching entries in passwd file", user);
	}
	if (!colon)
		return 0;
	gid = number(colon);
	if (gid < 0)
		gid = find_group(group, colon);
	if (gid < 0)
		return ek_fail(err, EK_EINVALID, "unable to find group %s: no matching entries in group file", colon);
	u->gid = gid;
	return 0;
}

static int check_non_root(const struct ek_json *pod, const struct ek_json *container,
			  const char *image_user, const struct ek_user *u, struct ek_err *err)
{
	EK_FREE char *label = ek_podspec_label(pod);
	const char *name = ek_json_str_at(container, "name");
	const struct ek_json *run_as = ek_security_field(pod, container, "runAsUser");
	EK_FREE char *user = ek_str_ndup(image_user, strcspn(image_user, ":"));

	if (!ek_json_bool(ek_security_field(pod, container, "runAsNonRoot"), false))
		return 0;
	if (run_as)
		return ek_json_int(run_as, 0) != 0 ? 0 :
			ek_fail(err, EK_EINVALID, "container's runAsUser breaks non-root policy (pod: \"%s\", container: %s)",
				label, name);
	if (*user && number(user) < 0)
		return ek_fail(err, EK_EINVALID, "container has runAsNonRoot and image has non-numeric user (%s), cannot verify "
			       "user is non-root (pod: \"%s\", container: %s)", user, label, name);
	if (u->uid == 0)
		return ek_fail(err, EK_EINVALID, "container has runAsNonRoot and image will run as root (pod: \"%s\", container: %s)",
			       label, name);
	return 0;
}

int ek_user_resolve(int root_fd, const struct ek_json *pod, const struct ek_json *container,
		    const char *image_user, struct ek_user *ret, struct ek_err *err)
{
	const struct ek_json *run_as = ek_security_field(pod, container, "runAsUser");
	const struct ek_json *run_group = ek_security_field(pod, container, "runAsGroup");
	const struct ek_json *more = ek_json_at(pod, "spec.securityContext.supplementalGroups");
	const struct ek_json *fs_group = ek_json_at(pod, "spec.securityContext.fsGroup");
	EK_FREE char *passwd = read_beneath(root_fd, "etc/passwd");
	EK_FREE char *group = read_beneath(root_fd, "etc/group"), *group2 = ek_str_dup(group);
	bool strict = ek_streq(ek_json_str(ek_json_at(pod, "spec.securityContext.supplementalGroupsPolicy")), "Strict");
	struct ek_user u = { .home = "/" };
	int rc = 0;

	if (run_as) {
		if (!find_user(passwd, NULL, ek_json_int(run_as, 0), &u))
			u.uid = ek_json_int(run_as, 0);
	} else {
		rc = from_image(image_user, passwd, group, &u, err);
	}
	if (rc == 0)
		rc = check_non_root(pod, container, image_user, &u, err);
	if (rc < 0)
		return rc;
	if (run_group)
		u.gid = ek_json_int(run_group, 0);
	add_group(&u, u.gid);
	if (!strict)
		add_groups_of(group2, &u);
	for (size_t i = 0; i < ek_json_len(more); i++)
		add_group(&u, ek_json_int(ek_json_elem(more, i), -1));
	if (fs_group)
		add_group(&u, ek_json_int(fs_group, -1));
	*ret = u;
	return 0;
}
