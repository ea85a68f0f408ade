/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Decoding, between its two files: decode.c walks objects, decode_scalar.c reads leaves. */

#include "type.h"

/* Where a value is: a chain on the C stack, spelled out only when there is something to report. */
struct ek_place {
	const struct ek_place *up; /* NULL at the root */
	enum { EK_AT_ROOT, EK_AT_FIELD, EK_AT_KEY, EK_AT_INDEX } kind;
	const struct ek_type *in;  /* EK_AT_FIELD: the type that has the field; EK_AT_ROOT: the root's */
	const char           *name;
	size_t                i;
};

struct ek_decode {
	enum ek_strictness strictness;
	struct ek_json    *findings; /* "unknown field ..." */
	/*
	 * encoding/json goes on after a value of the wrong type and reports the first one at the
	 * end, but what a type's own UnmarshalJSON refuses ends everything at once.
	 */
	bool               failed, fatal;
	struct ek_err      err;
};

/* "json: cannot unmarshal <what> into Go struct field T.a.b of type <type>" */
void ek_decode_mismatch(struct ek_decode *d, const struct ek_place *at, const char *what, const char *type);
/* A message of its own that does not stop the decoding, and one that does. */
void ek_decode_failed(struct ek_decode *d, const char *msg);
void ek_decode_fatal(struct ek_decode *d, const char *msg);
/* "string", "number", "number 1.5" (as encoding/json calls them), "array" ... */
const char *ek_decode_what(const struct ek_json *v, bool with_number, char out[64]);

/* A leaf: a new value, or NULL when it was refused. `in` is not null. */
struct ek_json *ek_decode_scalar(struct ek_decode *d, const struct ek_field *f, const struct ek_json *in,
				 const struct ek_place *at);

/* time.Parse(RFC3339) and RFC3339Micro: NULL and a message in Go's words when malformed. */
struct ek_json *ek_decode_time(struct ek_decode *d, const char *s, bool micro);
