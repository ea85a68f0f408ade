/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#include <ekube/str.h>

#include "spec_security.h"

enum { CAPS_MAX = 64 };

/* What containerd and Docker give. */
static const cap_value_t defaults[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,	     CAP_FOWNER,
	CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,	     CAP_SETUID,
	CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
	CAP_KILL,    CAP_AUDIT_WRITE,
};

static bool is_known(cap_value_t value)
{
	return value < CAPS_MAX && value < cap_max_bits(); /* to the running kernel */
}

/* All that can be given: what this process was denied itself, no runtime can grant. */
static uint64_t all_caps(void)
{
	uint64_t bits = 0;

	for (cap_value_t i = 0; is_known(i); i++)
		if (cap_get_bound(i) > 0)
			bits |= UINT64_C(1) << i;
	return bits;
}

/* "NET_ADMIN" or "CAP_NET_ADMIN", in any case; "ALL" is all of them. */
static int read_cap(const char *name, uint64_t *ret, struct ek_err *err)
{
	EK_FREE char *full = ek_str_fmt("%s%s", strncasecmp(name, "cap_", 4) == 0 ? "" : "cap_", name);
	cap_value_t value;

	for (char *c = full; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (ek_streq(full, "cap_all")) {
		*ret = all_caps();
		return 0;
	}
	if (cap_from_name(full, &value) < 0 || !is_known(value))
		return ek_fail(err, EK_EINVALID, "unknown capability \"%s\"", name);
	*ret = UINT64_C(1) << value;
	return 0;
}

static int read_list(const struct ek_json *list, uint64_t *ret, bool *ret_all, struct ek_err *err)
{
	*ret = 0;
	*ret_all = false;
	for (size_t i = 0; i < ek_json_len(list); i++) {
		const char *name = ek_json_str(ek_json_elem(list, i));
		uint64_t bits = 0;
		int rc = read_cap(name ? name : "", &bits, err);

		if (rc < 0)
			return rc;
		*ret |= bits;
		*ret_all |= name && strcasecmp(name, "ALL") == 0;
	}
	return 0;
}

static struct ek_json *names(uint64_t bits)
{
	struct ek_json *list = ek_json_array();

	for (int i = 0; i < CAPS_MAX; i++) {
		char *name = bits >> i & 1 ? cap_to_name(i) : NULL;

		if (!name)
			continue;
		for (char *c = name; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		ek_json_append(list, ek_json_new_str(name));
		cap_free(name);
	}
	return list;
}

int ek_spec_capabilities(bool privileged, const struct ek_json *change, struct ek_json **ret,
			 struct ek_err *err)
{
	uint64_t bits = 0, add, drop;
	bool add_all, drop_all;
	int rc;

	for (size_t i = 0; i < EK_ARRAY_LEN(defaults); i++)
		bits |= UINT64_C(1) << defaults[i];
	rc = read_list(ek_json_get(change, "add"), &add, &add_all, err);
	if (rc == 0)
		rc = read_list(ek_json_get(change, "drop"), &drop, &drop_all, err);
	if (rc < 0)
		return rc;
	/* ALL is the ground that the other list then changes: "drop ALL, add X" leaves X */
	if (add_all)
		bits = all_caps();
	if (drop_all)
		bits = 0;
	if (!add_all)
		bits |= add;
	if (!drop_all)
		bits &= ~drop;
	*ret = names(privileged ? all_caps() : bits);
	return 0;
}
