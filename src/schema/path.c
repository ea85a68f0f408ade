/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/schema.h>
#include <ekube/str.h>
#include <stdio.h>

/* What does not fit is cut; the mark stays right, so popping always restores. */
static size_t append(struct ek_path *p, const char *pre, const char *s, const char *post)
{
	size_t mark = p->len, room = sizeof(p->text) - p->len;
	int n = snprintf(p->text + p->len, room, "%s%s%s", pre, s, post);

	if (n > 0)
		p->len += EK_MIN((size_t)n, room - 1);
	return mark;
}

size_t ek_path_push(struct ek_path *p, const char *field)
{
	return append(p, p->len ? "." : "", field, "");
}

size_t ek_path_index(struct ek_path *p, size_t i)
{
	return append(p, "[", EK_I((int64_t)i), "]");
}

size_t ek_path_key(struct ek_path *p, const char *key)
{
	return append(p, "[", key, "]");
}

void ek_path_pop(struct ek_path *p, size_t mark)
{
	p->len = mark;
	p->text[mark] = '\0';
}
