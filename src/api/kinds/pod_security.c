/* SPDX-License-Identifier: Apache-2.0 */

/* Security contexts, of the pod and of its containers. */

#include "pod_validate.h"

#include <ekube/str.h>

#include <ctype.h>

/* ---- profiles ---- */

static void check_seccomp(struct ek_check *c, const struct ek_json *context)
{
	const struct ek_json *p = ek_json_get(context, "seccompProfile"),
			     *file = ek_json_get(p, "localhostProfile");
	const char *type = ek_json_str_at(p, "type");
	size_t mark = ek_check_push(c, "seccompProfile");

	if (p && ek_str_empty(type))
		ek_check_required(c, "type", "type is required when seccompProfile is set");
	if (ek_streq(type, "Localhost")) {
		if (!file)
			ek_check_required(c, "localhostProfile",
					  "must be set when seccomp type is Localhost");
		ek_check_path_below(c, "localhostProfile", ek_json_str(file));
	} else if (file) {
		ek_check_invalid(c, "localhostProfile", p,
				 "can only be set when seccomp type is Localhost");
	}
	ek_check_pop(c, mark);
}

enum { MAX_APPARMOR_NAME = 4095 };

static void check_apparmor_name(struct ek_check *c, const struct ek_json *file)
{
	static const char blank[] = " \t\n\r\v\f";
	const char *s = ek_json_str(file);
	size_t n = ek_json_str_len(file);

	if (!file || n == 0)
		ek_check_required(c, "localhostProfile",
				  "must be set when AppArmor type is Localhost");
	else if (strchr(blank, s[0]) || strchr(blank, s[n - 1]))
		ek_check_invalid(c, "localhostProfile", file, "must not be padded with whitespace");
	if (n > MAX_APPARMOR_NAME) {
		size_t mark = ek_check_push(c, "localhostProfile");

		ek_cause_add(c->causes, EK_CAUSE_TOOLONG, &c->at, NULL,
			     "may not be more than %d bytes", MAX_APPARMOR_NAME);
		ek_check_pop(c, mark);
	}
}

static void check_apparmor(struct ek_check *c, const struct ek_json *context)
{
	const struct ek_json *p = ek_json_get(context, "appArmorProfile"),
			     *file = ek_json_get(p, "localhostProfile");
	const char *type = ek_json_str_at(p, "type");
	size_t mark = ek_check_push(c, "appArmorProfile");

	if (p && ek_str_empty(type))
		ek_check_required(c, "type", "type is required when appArmorProfile is set");
	else if (ek_streq(type, "Localhost"))
		check_apparmor_name(c, file);
	else if (file)
		ek_check_invalid(c, "localhostProfile", file,
				 "can only be set when AppArmor type is Localhost");
	ek_check_pop(c, mark);
}

/* ---- sysctls ---- */

enum { MAX_SYSCTL = 253 };

/* Words of [-_a-z0-9] that begin and end with a letter or digit, between dots or slashes. */
static bool is_sysctl(const char *s)
{
	bool was_end = false, at_begin = true;

	if (strlen(s) > MAX_SYSCTL)
		return false;
	for (; *s; s++) {
		bool end = islower((unsigned char)*s) || isdigit((unsigned char)*s);

		if (*s == '.' || *s == '/') {
			if (!was_end)
				return false;
			at_begin = true;
			was_end = false;
			continue;
		}
		if (!end && (at_begin || (*s != '-' && *s != '_')))
			return false;
		at_begin = false;
		was_end = end;
	}
	return was_end;
}

/* The kernel namespace that a sysctl belongs to, by its name with dots. */
static const char *namespace_of(const char *sysctl)
{
	static const struct {
		const char *prefix, *ns;
	} prefixes[] = {
		{ "kernel.shm", "ipc" },
		{ "kernel.msg", "ipc" },
		{ "fs.mqueue.", "ipc" },
		{ "net.", "net" },
	};
	EK_FREE char *name = ek_str_dup(sysctl);

	for (char *p = name; *p; p++)
		*p = *p == '/' ? '.' : *p;
	for (size_t i = 0; i < EK_ARRAY_LEN(prefixes); i++)
		if (ek_str_starts(name, prefixes[i].prefix))
			return prefixes[i].ns;
	return ek_streq(name, "kernel.sem") ? "ipc" : "";
}

static void check_sysctl(struct ek_check *c, const struct ek_json *spec, const struct ek_json *list,
			 size_t i)
{
	const char *name = ek_json_str_at(ek_json_elem(list, i), "name");
	size_t first = i, mark = ek_check_elem(c, "sysctls", i);

	if (!ek_str_empty(name)) {
		if (!is_sysctl(name))
			ek_check_invalid_str(
				c, "name", name,
				"must have at most %d characters and match regex "
				"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
				MAX_SYSCTL);
		else if (ek_json_find(list, "name", name, &first) && first != i)
			ek_check_duplicate(c, "name", name);
		if (ek_json_bool_at(spec, "hostNetwork", false) &&
		    ek_streq(namespace_of(name), "net"))
			ek_check_invalid_str(c, "name", name,
					     "may not be specified when 'hostNetwork' is true");
		else if (ek_json_bool_at(spec, "hostIPC", false) &&
			 ek_streq(namespace_of(name), "ipc"))
			ek_check_invalid_str(c, "name", name,
					     "may not be specified when 'hostIPC' is true");
	}
	ek_check_pop(c, mark);
}

/* ---- the pod's ---- */

static void check_host_users(struct ek_check *c, const struct ek_json *spec)
{
	static const struct {
		const char *field, *said;
	} shared[] = { { "hostNetwork", "hostNetwork" },
		       { "hostPID", "HostPID" },
		       { "hostIPC", "HostIPC" } };

	if (ek_json_bool_at(spec, "hostUsers", true))
		return;
	for (size_t i = 0; i < EK_ARRAY_LEN(shared); i++)
		if (ek_json_bool_at(spec, shared[i].field, false))
			ek_check_forbidden(c, shared[i].said, "when `pod.Spec.HostUsers` is false");
}

void ek_pod_security_validate(struct ek_pod_check *p)
{
	static const char *const policies[] = { "MountOption", "Recursive", NULL };
	const struct ek_json *context = ek_json_get(p->spec, "securityContext");
	const struct ek_json *sysctls = ek_json_get(context, "sysctls");
	const char *policy = ek_json_str_at(context, "seLinuxChangePolicy");
	struct ek_check *c = &p->c;
	size_t mark = ek_check_push(c, "securityContext");

	/* upstream's own form of the object has this field here */
	if (ek_json_bool_at(p->spec, "shareProcessNamespace", false) &&
	    ek_json_bool_at(p->spec, "hostPID", false))
		ek_check_invalid(c, "shareProcessNamespace",
				 ek_json_get(p->spec, "shareProcessNamespace"),
				 "ShareProcessNamespace and HostPID cannot both be enabled");
	for (size_t i = 0; i < ek_json_len(sysctls); i++)
		check_sysctl(c, p->spec, sysctls, i);
	check_seccomp(c, context);
	check_apparmor(c, context);
	if (policy && !ek_check_one_of(policy, policies))
		ek_check_unsupported(c, "seLinuxChangePolicy", policy, policies);
	if (ek_json_get(context, "windowsOptions") &&
	    ek_streq(ek_json_str_at(p->spec, "os.name"), "linux"))
		ek_check_forbidden(c, "windowsOptions",
				   "windows options cannot be set for a linux pod");
	ek_check_pop(c, mark);
	check_host_users(c, p->spec);
}

/* ---- a container's ---- */

/* The server's own types, which upstream prints, are those of its package core. */
static void forbid_escalation(struct ek_check *c, const struct ek_json *context, const char *why)
{
	EK_FREE char *own = ek_check_text_own(ek_kind_pod.type, "spec.containers.securityContext",
					      context, "core");

	ek_check_invalid_text(c, NULL, own, why);
}

void ek_pod_container_security_validate(struct ek_check *c, const struct ek_json *container,
					bool host_users)
{
	const struct ek_json *context = ek_json_get(container, "securityContext");
	size_t mark = ek_check_push(c, "securityContext");

	if (host_users && ek_streq(ek_json_str_at(context, "procMount"), "Unmasked"))
		ek_check_invalid_str(c, "procMount", "Unmasked",
				     "`hostUsers` must be false to use `Unmasked`");
	check_seccomp(c, context);
	if (!ek_json_bool_at(context, "allowPrivilegeEscalation", true)) {
		if (ek_json_bool_at(context, "privileged", false))
			forbid_escalation(
				c, context,
				"cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
		if (ek_json_has_str(ek_json_at(context, "capabilities.add"), "CAP_SYS_ADMIN"))
			forbid_escalation(c, context,
					  "cannot set `allowPrivilegeEscalation` to false and "
					  "`capabilities.Add` CAP_SYS_ADMIN");
	}
	check_apparmor(c, context);
	ek_check_pop(c, mark);
}
