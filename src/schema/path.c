/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/schema.h>
#include <ekube/str.h>

/* What does not fit is cut; marks stay right, so popping always restores. */
static void append(struct ek_path *p, const char *s, size_t n)
{
	n = EK_MIN(n, sizeof(p->text) - 1 - p->len);
	memcpy(p->text + p->len, s, n);
	p->len += n;
	p->text[p->len] = '\0';
}

static size_t append_in_brackets(struct ek_path *p, const char *s, size_t n)
{
	size_t mark = p->len;

	append(p, "[", 1);
	append(p, s, n);
	append(p, "]", 1);
	return mark;
}

size_t ek_path_push(struct ek_path *p, const char *field)
{
	size_t mark = p->len;

	if (mark > 0)
		append(p, ".", 1);
	append(p, field, strlen(field));
	return mark;
}

size_t ek_path_index(struct ek_path *p, size_t i)
{
	char digits[24], *from = digits + sizeof(digits);

	/* every element of every list comes by here: no printf */
	do {
		*--from = (char)('0' + i % 10);
		i /= 10;
	} while (i > 0);
	return append_in_brackets(p, from, (size_t)(digits + sizeof(digits) - from));
}

size_t ek_path_key(struct ek_path *p, const char *key)
{
	return append_in_brackets(p, key, strlen(key));
}

void ek_path_pop(struct ek_path *p, size_t mark)
{
	p->len = mark;
	p->text[mark] = '\0';
}
