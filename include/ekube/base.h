/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What every file of ekube may rely on: attributes, ownership helpers, assertions and
 * allocation that does not fail.
 *
 * Ownership reads from the names: `ret_x` is set only on success and then belongs to the
 * caller; `take_x` is owned by the callee from the call on, also when it fails; every other
 * pointer is borrowed for the duration of the call.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EK_CLEANUP(fn)      __attribute__((cleanup(fn)))
#define EK_PRINTF(f, a)     __attribute__((format(printf, f, a)))
#define EK_MUST_USE         __attribute__((warn_unused_result))
#define EK_NORETURN         __attribute__((noreturn))
#define EK_SENTINEL         __attribute__((sentinel))
#define EK_BIT(n)           (1u << (n))
#define EK_ARRAY_LEN(a)     (sizeof(a) / sizeof((a)[0]))
#define EK_MIN(a, b)        ((a) < (b) ? (a) : (b))
#define EK_MAX(a, b)        ((a) > (b) ? (a) : (b))

/* Move ownership out of a variable that has a cleanup handler: `*ret_text = ek_steal(text);` */
#define ek_steal(p)                            \
	__extension__({                        \
		__typeof__(p) ek_tmp_ = (p);   \
		(p) = NULL;                    \
		ek_tmp_;                       \
	})

/* The same for a file descriptor: leaves -1 behind. */
#define ek_steal_fd(fd)                        \
	__extension__({                        \
		int ek_tmp_ = (fd);            \
		(fd) = -1;                     \
		ek_tmp_;                       \
	})

#define ek_container_of(ptr, type, field) \
	((type *)(void *)((char *)(ptr) - offsetof(type, field)))

EK_NORETURN void ek_bug_(const char *file, int line, const char *what);

/* A broken promise inside ekube: says where and aborts. Never for outside input. */
#define EK_ASSERT(c) ((c) ? (void)0 : ek_bug_(__FILE__, __LINE__, #c))

/*
 * Allocation aborts with a message when the machine has no memory left. In exchange every
 * size that comes from outside has a maximum, checked before it gets here.
 */
void *ek_malloc(size_t size) EK_MUST_USE;
void *ek_calloc(size_t n, size_t size) EK_MUST_USE;
void *ek_realloc(void *p, size_t size) EK_MUST_USE;
void *ek_memdup(const void *p, size_t size) EK_MUST_USE;

/* A zeroed object of `type`. */
#define ek_new(type) ((type *)ek_calloc(1, sizeof(type)))

/* Cleanup handlers for EK_CLEANUP. */
void ek_freep(void *pp);   /* free(*(void **)pp) */
void ek_closep(int *fd);   /* close when >= 0, errno kept */
#define EK_FREE  EK_CLEANUP(ek_freep)
#define EK_CLOSE EK_CLEANUP(ek_closep)
