/* SPDX-License-Identifier: Apache-2.0 */
#include "impl.h"

#include <stdlib.h>

/*
 * Drives a cursor of the back end: as long as on_record says true, records go straight from it to
 * the caller. A pause puts the cursor away (no read transaction stays open) and remembers the last
 * key; going on asks for the rest as it was at at_rev.
 */
struct list_state {
	struct ek_list        node;
	struct ek_store_list *list;
	struct cursor         cursor;
	char                  pos[EK_STORE_MAX_KEY + 1]; /* cursor.pos, once there is one */
	size_t                n;
	bool                  running;   /* inside run(): a callback's call only leaves a note */
	bool                  resumed;
	bool                  cancelled;
};

static void state_free(struct list_state *ls)
{
	ls->cursor.store->ops->close_cursor(&ls->cursor);
	ek_list_del(&ls->node);
	free(ls);
}

static void finish(struct list_state *ls, int rc, bool more)
{
	struct ek_store_list *l = ls->list;

	l->private_ = NULL;
	state_free(ls);
	l->done(l, rc, more);
}

static int check_snapshot(const struct list_state *ls)
{
	const struct ek_store *s = ls->cursor.store;

	if (ls->cursor.at_rev > s->rev)
		return EK_EINVALID;
	return ls->cursor.at_rev < s->floor ? EK_EEXPIRED : 0;
}

static void run(struct list_state *ls)
{
	const struct store_ops *ops = ls->cursor.store->ops;
	struct ek_store_list *l = ls->list;
	int rc = check_snapshot(ls);
	struct ek_record r;
	bool go_on;

	ls->running = true;
	while (rc == 0) {
		rc = ops->next(&ls->cursor, &r, NULL);
		if (rc != 0 || (l->limit && ls->n == l->limit))
			break;
		ls->n++;
		ls->cursor.pos = memcpy(ls->pos, r.key, strlen(r.key) + 1);
		ls->resumed = false;
		go_on = l->on_record(l, &r);
		if (ls->cancelled) {
			state_free(ls);
			return;
		}
		if (!go_on && !ls->resumed) {
			ops->suspend(&ls->cursor);
			ls->running = false;
			return;
		}
	}
	finish(ls, rc < 0 ? rc : 0, rc == 0);
}

void ek_store_list(struct ek_store *s, struct ek_store_list *l)
{
	struct list_state *ls = ek_new(struct list_state);

	EK_ASSERT(l->prefix && l->on_record && l->done);
	if (l->at_rev == 0)
		l->at_rev = s->rev;
	l->private_ = ls;
	ls->list = l;
	ls->cursor = (struct cursor){ .store = s, .prefix = l->prefix, .at_rev = l->at_rev };
	/* a token from elsewhere must not widen the list beyond its prefix */
	if (l->after && strcmp(l->after, l->prefix) >= 0)
		ls->cursor.pos = ek_str_into(ls->pos, sizeof(ls->pos), "%s", l->after);
	ek_list_add_tail(&s->lists, &ls->node);
	run(ls);
}

void ek_store_list_resume(struct ek_store_list *l)
{
	struct list_state *ls = l->private_;

	if (!ls)
		return;
	if (ls->running)
		ls->resumed = true;
	else
		run(ls);
}

void ek_store_list_cancel(struct ek_store_list *l)
{
	struct list_state *ls = l->private_;

	if (!ls)
		return;
	l->private_ = NULL;
	if (ls->running)
		ls->cancelled = true;
	else
		state_free(ls);
}

bool lists_need(const struct ek_store *s, const char *key, int64_t from, int64_t before)
{
	EK_LIST_EACH(node, tmp, (struct ek_list *)&s->lists) {
		const struct list_state *ls = ek_container_of(node, struct list_state, node);
		const struct cursor *c = &ls->cursor;

		if (c->at_rev >= from && c->at_rev < before && ek_str_starts(key, c->prefix) &&
		    (!c->pos || strcmp(key, c->pos) > 0))
			return true;
	}
	return false;
}

void lists_drop(struct ek_store *s)
{
	EK_LIST_EACH(node, tmp, &s->lists) {
		struct list_state *ls = ek_container_of(node, struct list_state, node);

		ls->list->private_ = NULL;
		EK_ASSERT(!ls->running);
		state_free(ls);
	}
}
