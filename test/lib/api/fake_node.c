/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_node.h"

#include <check.h>
#include <ekube/str.h>

static struct fake_node *of(struct ek_session *s)
{
	return s->back_state;
}

static bool user_pushes(struct ek_session *s, int channel, const void *data, size_t n)
{
	ck_assert_int_lt(channel, FAKE_CHANNELS);
	ck_assert_int_eq(ek_buf_append(&of(s)->got[channel], data, n), 0);
	return !of(s)->is_full;
}

static void user_ends(struct ek_session *s, int channel)
{
	of(s)->ended[channel] = true;
}

static void user_resumes(struct ek_session *s, int channel)
{
	(void)channel;
	of(s)->n_resumed++;
}

static void user_resizes(struct ek_session *s, int cols, int rows)
{
	of(s)->cols = cols;
	of(s)->rows = rows;
}

static void user_connects(struct ek_session *s, int channel, int port)
{
	of(s)->channel = channel;
	of(s)->port = port;
}

static void user_closes(struct ek_session *s)
{
	struct fake_node *n = of(s);

	n->n_closed++;
	n->is_closed = true;
	n->session = NULL;
}

static const struct ek_session_back back = {
	.push = user_pushes,
	.push_end = user_ends,
	.resume = user_resumes,
	.resize = user_resizes,
	.connect = user_connects,
	.close = user_closes,
};

static void describe(struct fake_node *n, const struct ek_session_spec *s)
{
	static const char *const kinds[] = { "logs", "exec", "attach", "forward" };
	EK_BUF struct ek_buf b = EK_BUF_INIT(sizeof(n->words));

	(void)ek_buf_fmt(&b, "%s %s/%s", kinds[s->kind], s->ns, s->pod);
	if (s->container)
		(void)ek_buf_fmt(&b, " %s", s->container);
	for (const char *const *word = s->command; word && *word; word++)
		(void)ek_buf_fmt(&b, "%s%s", word == s->command ? " [" : " ", *word);
	(void)ek_buf_fmt(&b, "%s%s%s%s%s", s->command ? "]" : "", s->in ? " in" : "",
			 s->out ? " out" : "", s->err ? " err" : "", s->tty ? " tty" : "");
	(void)ek_str_into(n->words, sizeof(n->words), "%s", b.data);
}

static void node_open(struct ek_node_access *a, const struct ek_session_spec *spec,
		      struct ek_session *s)
{
	struct fake_node *n = ek_container_of(a, struct fake_node, access);

	describe(n, spec);
	n->spec = *spec;
	n->n_opened++;
	n->session = s;
	s->back = &back;
	s->back_state = n;
	if (n->refuse)
		fake_node_ends(n, n->refuse_rc, 0, n->refuse);
	else if (!n->is_silent)
		s->front->ready(s);
}

void fake_node_init(struct fake_node *n)
{
	*n = (struct fake_node){ .access.open = node_open };
	for (int i = 0; i < FAKE_CHANNELS; i++)
		ek_buf_init(&n->got[i], 64 << 20);
}

void fake_node_done(struct fake_node *n)
{
	for (int i = 0; i < FAKE_CHANNELS; i++)
		ek_buf_done(&n->got[i]);
}

bool fake_node_says(struct fake_node *n, int channel, const char *text)
{
	return n->session->front->push(n->session, channel, text, strlen(text));
}

void fake_node_ends(struct fake_node *n, int rc, int exit_code, const char *message)
{
	struct ek_session *s = n->session;

	n->session = NULL;
	s->front->closed(s, rc, exit_code, message);
}
