/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Validation's shorthand: a path, and where the causes go. `field` names a member (or a dotted path)
 * below the place where the check stands; NULL means the place itself.
 *
 *	size_t mark = ek_check_elem(c, "containers", i);
 *	...
 *	ek_check_pop(c, mark);
 */

#include <ekube/schema.h>

struct ek_check {
	struct ek_path at;
	struct ek_causes *causes;
};

size_t ek_check_push(struct ek_check *c, const char *field);
size_t ek_check_index(struct ek_check *c, size_t i);
size_t ek_check_elem(struct ek_check *c, const char *list, size_t i);	   /* "list[i]" */
size_t ek_check_key(struct ek_check *c, const char *map, const char *key); /* "map[key]" */
void ek_check_pop(struct ek_check *c, size_t mark);

void ek_check_required(struct ek_check *c, const char *field, const char *detail);
void ek_check_forbidden(struct ek_check *c, const char *field, const char *fmt, ...)
	EK_PRINTF(3, 4);
void ek_check_invalid(struct ek_check *c, const char *field, const struct ek_json *bad,
		      const char *fmt, ...) EK_PRINTF(4, 5);
void ek_check_invalid_str(struct ek_check *c, const char *field, const char *bad, const char *fmt,
			  ...) EK_PRINTF(4, 5);
/* The offending value is already in Go's syntax. */
void ek_check_invalid_text(struct ek_check *c, const char *field, const char *text,
			   const char *detail);
void ek_check_duplicate(struct ek_check *c, const char *field, const char *bad);
void ek_check_notfound(struct ek_check *c, const char *field, const char *bad);
void ek_check_unsupported(struct ek_check *c, const char *field, const char *bad,
			  const char *const *supported);

/* Checks of one value. */
void ek_check_name(struct ek_check *c, const char *field, const char *s, ek_name_check check);
void ek_check_nonnegative(struct ek_check *c, const char *field, const struct ek_json *n);
bool ek_check_ip(struct ek_check *c, const char *field, const char *s);
void ek_check_ip_special(struct ek_check *c, const char *field, const char *s);
void ek_check_cidr(struct ek_check *c, const char *field, const char *s);
void ek_check_port_or_name(struct ek_check *c, const char *field, const struct ek_json *port);
/* An update may not change the member. `of` is the type of the whole, for the message. */
void ek_check_immutable(struct ek_check *c, const struct ek_type *of, const char *field,
			const struct ek_json *obj, const struct ek_json *old);
/* Is one part of the path ".."? */
bool ek_check_has_backstep(const char *path);
/* No part of the path is "..". */
void ek_check_backsteps(struct ek_check *c, const char *field, const char *path);
/* A relative path that stays below where it starts; reserved: and whose names do not begin with "..". */
void ek_check_path_below(struct ek_check *c, const char *field, const char *path);
void ek_check_path_reserved(struct ek_check *c, const char *field, const char *path);

/* Is s among the strings, ended by NULL? */
bool ek_check_one_of(const char *s, const char *const *values);
/* A value as Go's %#v shows it, malloc'd; `path` is where it stands in the type: "spec.containers.securityContext". */
char *ek_check_text_of(const struct ek_type *of, const char *path, const struct ek_json *v);
/* The same as the server's own type, which is what upstream prints of most: "core.Taint{...}". */
char *ek_check_text_own(const struct ek_type *of, const char *path, const struct ek_json *v,
			const char *package);
char *ek_check_text_intorstr(const struct ek_json *v);
char *ek_check_text_quantity(const struct ek_json *v);
