/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the interpreters share: a type as they see it, and Go's way of spelling things. */

#include <ekube/schema.h>

/* One field as the interpreters meet it: inlined types are dissolved, defaults are parsed. */
struct ek_type_row {
	const struct ek_field *f;
	struct ek_json        *dflt;    /* NULL: none */
	bool                   always;  /* encoded even when it was not given */
	bool                   checked; /* validation has something to look at, here or below */
	bool                   deep;    /* there are defaults below */
};

/*
 * Made from a type when it is first met and kept with it. Rows are in the order of the tables;
 * lookups go through a small open-addressed hash.
 */
enum { EK_TYPE_FEW = 64 }; /* objects of types with more rows take their scratch from the heap */

struct ek_type_index {
	size_t             n;
	bool               checks; /* some row is checked */
	bool               deep;   /* some row has defaults below */
	struct ek_type_row *rows;
	size_t             n_dflt;
	uint16_t          *dflt;  /* numbers of the rows with a default */
	uint16_t          *slots; /* number of a row + 1, 0: empty */
	uint32_t           mask;
};

const struct ek_type_index *ek_type_index(const struct ek_type *t);
/* The number of the row of that name, -1 when there is none. */
int ek_type_find(const struct ek_type_index *ix, const char *name);

/* Without a tag that says omitempty, or of a Go struct type where the tag means nothing. */
bool ek_field_always(const struct ek_field *f);

/* ---- Go's spelling, for messages ---- */
void ek_go_print(struct ek_buf *out, const struct ek_json *v);                      /* %v of unstructured */
void ek_go_syntax(struct ek_buf *out, const struct ek_json *v);                     /* %#v, types guessed */
/* "int32", "[]v1.Container", "map[string]string". */
void ek_go_type(struct ek_buf *out, const struct ek_field *f, enum ek_fshape shape);
/* The last part, or the last two parts, of "io.k8s.api.core.v1.Container". */
const char *ek_go_struct(const struct ek_type *t);
const char *ek_go_package_struct(const struct ek_type *t);
