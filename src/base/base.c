/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/base.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void ek_bug_(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "ekube: %s:%d: broken promise: %s\n", file, line, what);
	abort();
}

EK_NORETURN static void no_memory(size_t n, size_t size)
{
	(void)fprintf(stderr, "ekube: out of memory: %zu x %zu bytes\n", n, size);
	abort();
}

/* Size 0 still gives a pointer of its own, so that NULL never means "empty". */
void *ek_malloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		no_memory(1, size);
	return p;
}

void *ek_calloc(size_t n, size_t size)
{
	void *p = n && size ? calloc(n, size) : calloc(1, 1);

	if (!p)
		no_memory(n, size);
	return p;
}

void *ek_realloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		no_memory(1, size);
	return q;
}

void *ek_memdup(const void *p, size_t size)
{
	void *copy = ek_malloc(size);

	if (size)
		memcpy(copy, p, size);
	return copy;
}

void ek_freep(void *pp)
{
	void *p;

	/* pp is a T ** of any T: copying the bytes is the way that aliasing rules allow */
	memcpy(&p, pp, sizeof(p));
	free(p);
}

void ek_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}
