/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Objects as the client asked for them: as they are, as PartialObjectMetadata, or as rows of a Table.
 * As they are costs no parsing.
 */

#include <ekube/object.h>

#include "negotiate.h"
#include "query.h"

struct encoder {
	const struct ek_kind *kind;
	struct media_choice   choice;
	const char           *include; /* includeObject of tables: "None", "Metadata", "Object" */
};

/* includeObject is checked: EK_EBADREQUEST. */
int encoder_init(struct encoder *e, const struct ek_kind *kind, const char *accept, const struct query *q,
		 struct ek_err *err);

/* A whole answer with one object. */
int encode_object(const struct encoder *e, struct ek_object *o, struct ek_buf *out);
/* An answer that is no stored object (Status, review, Scale). */
int encode_json(const struct encoder *e, const struct ek_json *v, struct ek_buf *out);

/* A list: head, items with commas between, tail. YAML is not streamed: see handler_list.c. */
int encode_list_head(const struct encoder *e, struct ek_buf *out);
int encode_list_item(const struct encoder *e, struct ek_object *o, bool first, struct ek_buf *out);
int encode_list_tail(const struct encoder *e, int64_t rev, const char *next, int64_t remaining, struct ek_buf *out);

/* One line of a watch in a form other than AS_IS. Tables carry their columns in the first event only. */
int encode_event(const struct encoder *e, const char *type, struct ek_object *o, bool first, struct ek_buf *out);

const char *encoder_type(const struct encoder *e); /* Content-Type */
