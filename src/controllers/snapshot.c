/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

static struct ek_json *tree_of(struct ek_object *o)
{
	struct ek_json *tree = ek_json_ref(ek_object_tree(o));

	ek_object_slim(o);
	return tree;
}

void snapshot_set(struct snapshot *s, struct ek_object *o)
{
	ek_json_unref(s->object);
	s->object = o ? tree_of(o) : NULL;
}

void snapshot_add(struct snapshot *s, unsigned list, struct ek_object *o)
{
	EK_ASSERT(list < SNAPSHOT_LISTS);
	ek_vec_push(&s->list[list], tree_of(o));
}

void snapshot_done(struct snapshot *s)
{
	ek_json_unref(s->object);
	for (unsigned l = 0; l < SNAPSHOT_LISTS; l++) {
		for (size_t i = 0; i < s->list[l].n; i++)
			ek_json_unref(s->list[l].items[i]);
		ek_vec_done(&s->list[l]);
	}
	*s = (struct snapshot){ 0 };
}
