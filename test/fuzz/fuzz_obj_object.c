/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/log.h>
#include <ekube/object.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 * Input: a value and an index as a damaged disk might give them back, behind a byte that says how
 * long the index is. And when the value is JSON: an object made of it is found again.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const fields[] = { "spec.nodeName", "status.phase=Pending", "from<a.b|c=0", NULL };

static void ask(const struct ek_bytes *ix)
{
	size_t pos = 0;

	(void)ek_index_uid(ix);
	(void)ek_index_label(ix, "app");
	(void)ek_index_field(ix, "status.phase");
	while (ek_index_owner(ix, &pos))
		continue;
}

static void from_disk(struct ek_bytes *value, struct ek_bytes *index)
{
	EK_OBJECT struct ek_object *o = NULL;
	EK_BUF struct ek_buf out = EK_BUF_INIT(64 << 20);

	ask(index);
	if (ek_object_from_stored(value, index, 5, &o, NULL) < 0)
		return;
	EK_ASSERT(ek_object_write(o, &out) == 0 && ek_object_write_item(o, &out) == 0);
	EK_ASSERT(ek_meta_rev(ek_object_tree(o)) == 5);
}

static void from_tree(const struct ek_json *tree)
{
	EK_OBJECT struct ek_object *o = ek_object_new(tree, 6, fields);
	EK_OBJECT struct ek_object *again = NULL;
	EK_BUF struct ek_buf out = EK_BUF_INIT(64 << 20);
	EK_JSON struct ek_json *sent = NULL;

	ask(o->index);
	EK_ASSERT(ek_object_from_stored(o->value, o->index, 6, &again, NULL) == 0);
	EK_ASSERT(again->body_at == o->body_at && again->rv_at == o->rv_at);
	EK_ASSERT(ek_object_write(o, &out) == 0);
	EK_ASSERT(ek_json_parse(out.data, out.len, out.len, &sent, NULL, NULL) == 0);
	EK_ASSERT(ek_json_equal(sent, ek_object_tree(again)));
}

static void quiet(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *value = NULL;
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *index = NULL;
	EK_JSON struct ek_json *tree = NULL;
	size_t n_index;

	if (size == 0)
		return 0;
	ek_log_capture(quiet, NULL); /* an object that does not parse is logged */
	n_index = EK_MIN(data[0], size - 1);
	index = ek_bytes_new(data + 1, n_index);
	value = ek_bytes_new(data + 1 + n_index, size - 1 - n_index);
	from_disk(value, index);
	if (ek_json_parse(value->data, value->len, size, &tree, NULL, NULL) == 0 &&
	    ek_json_is_object(tree))
		from_tree(tree);
	return 0;
}
