/* SPDX-License-Identifier: Apache-2.0 */
#include "session/spdy.h"

#include <ekube/str.h>
#include <ek_test.h>

#include "api/fake_wire.h"
#include "api/spdy_text.h"

enum { SYN = 1, REPLY = 2, RST = 3, PING = 6, GOAWAY = 7 };

/* What happens is written down: "+1 " a stream, "1:text ", "1. " its end, "-1 " closed. */
struct scene {
	struct spdy     *spdy;
	struct fake_wire wire;
	struct spdy_text text;
	struct ek_buf    in, log;
	bool             close_on_data, end_on_data, pause_on_data;
	int              n_freed;
};

static void on_opened(struct spdy *sp, struct spdy_stream *st)
{
	struct scene *s = spdy_owner(sp);

	(void)ek_buf_fmt(&s->log, "+%u ", st->id);
}

static void on_data(struct spdy *sp, struct spdy_stream *st, const char *data, size_t n)
{
	struct scene *s = spdy_owner(sp);

	(void)ek_buf_fmt(&s->log, "%u:%.*s ", st->id, (int)n, data);
	if (s->end_on_data)
		spdy_end(sp, st);
	if (s->pause_on_data)
		spdy_pause(sp, true);
	if (s->close_on_data)
		spdy_close(sp);
}

static void on_ended(struct spdy *sp, struct spdy_stream *st)
{
	struct scene *s = spdy_owner(sp);

	(void)ek_buf_fmt(&s->log, "%u. ", st->id);
}

static void on_closed(struct spdy *sp, struct spdy_stream *st)
{
	struct scene *s = spdy_owner(sp);

	(void)ek_buf_fmt(&s->log, "-%u ", st->id);
}

static void on_drained(struct spdy *sp)
{
	struct scene *s = spdy_owner(sp);

	(void)ek_buf_str(&s->log, "drained ");
}

static void on_gone(struct spdy *sp)
{
	struct scene *s = spdy_owner(sp);

	(void)ek_buf_str(&s->log, "gone");
	spdy_close(sp);
}

static void on_freed(void *owner)
{
	struct scene *s = owner;

	s->spdy = NULL;
	s->n_freed++;
}

static const struct spdy_events events = {
	.opened = on_opened,
	.data = on_data,
	.ended = on_ended,
	.closed = on_closed,
	.drained = on_drained,
	.gone = on_gone,
	.freed = on_freed,
};

static void scene_open(struct scene *s)
{
	*s = (struct scene){ .in = EK_BUF_INIT(16 << 20), .log = EK_BUF_INIT(1 << 20) };
	spdy_text_init(&s->text);
	s->spdy = spdy_new(&events, s);
	fake_wire_bind(&s->wire, spdy_wire(s->spdy));
}

static void scene_close(struct scene *s)
{
	if (s->spdy)
		spdy_close(s->spdy);
	ck_assert_int_eq(s->n_freed, 1);
	ck_assert_int_eq(s->wire.n_closed, 1);
	fake_wire_done(&s->wire);
	spdy_text_done(&s->text);
	ek_buf_done(&s->in);
	ek_buf_done(&s->log);
}

static void syn(struct scene *s, uint32_t id, bool fin)
{
	spdy_put_syn(&s->text, &s->in, id, fin,
		     (const char *const[]){ "StreamType", "data", NULL });
}

static void say(struct scene *s, size_t piece)
{
	fake_wire_says(&s->wire, s->in.data, s->in.len, piece);
	ek_buf_clear(&s->in);
}

static void saw(struct scene *s, const char *text)
{
	ck_assert_str_eq(s->log.data ? s->log.data : "", text);
	ek_buf_clear(&s->log);
}

/* The next frame that we wrote. */
static struct spdy_frame wrote(struct scene *s)
{
	static char copy[4096];
	struct spdy_frame f = { 0 };
	size_t n = spdy_get(&s->wire.out, &f);

	ck_assert_uint_gt(n, 0);
	memcpy(copy, f.data, EK_MIN(f.n, sizeof(copy)));
	f.data = copy;
	ek_buf_consume(&s->wire.out, n);
	return f;
}

static const size_t pieces[] = { 1, 2, 7, 64, 100000 };

START_TEST(takes_frames_in_any_pieces)
{
	struct scene s;

	scene_open(&s);
	syn(&s, 1, false);
	syn(&s, 3, true);
	spdy_put_data(&s.in, 1, false, "hello", 5);
	spdy_put_data(&s.in, 1, true, "", 0);
	spdy_put_data(&s.in, 1, false, "after the end", 13);
	spdy_put_data(&s.in, 5, false, "no such stream", 14);
	say(&s, pieces[_i]);
	saw(&s, "+1 +3 3. 1:hello 1. ");
	ck_assert_int_eq(wrote(&s).type, REPLY);
	ck_assert_int_eq(wrote(&s).type, REPLY);
	ck_assert_uint_eq(s.wire.out.len, 0);
	scene_close(&s);
}
END_TEST

START_TEST(refuses_bad_ids)
{
	static const uint32_t ids[] = { 2, 5, 3, 0, 5 };
	struct scene s;

	scene_open(&s);
	for (size_t i = 0; i < EK_ARRAY_LEN(ids); i++)
		syn(&s, ids[i], false);
	say(&s, 1000);
	saw(&s, "+5 ");
	for (size_t i = 0; i < EK_ARRAY_LEN(ids); i++) {
		struct spdy_frame f = wrote(&s);

		ck_assert_int_eq(f.type, i == 1 ? REPLY : RST);
		ck_assert_uint_eq(f.id, ids[i]);
	}
	scene_close(&s);
}
END_TEST

START_TEST(answers_pings)
{
	struct spdy_frame f;
	struct scene s;

	scene_open(&s);
	spdy_put_control(&s.in, PING, 0, "\0\0\0\2",
			 4); /* the answer to a question of ours: there was none */
	spdy_put_control(&s.in, PING, 0, "\0\0\0\7", 4);
	say(&s, 1000);
	f = wrote(&s);
	ck_assert(f.type == PING && f.id == 7);
	ck_assert_uint_eq(s.wire.out.len, 0);
	scene_close(&s);
}
END_TEST

START_TEST(a_stream_goes_when_both_have_ended)
{
	struct spdy_frame f;
	struct scene s;

	scene_open(&s);
	s.end_on_data = true;
	syn(&s, 1, false);
	spdy_put_data(&s.in, 1, false, "a", 1); /* we end it here */
	spdy_put_data(&s.in, 1, true, "b", 1);
	syn(&s, 3, false);
	spdy_put_control(&s.in, RST, 0, "\0\0\0\3\0\0\0\5", 8);
	say(&s, 1000);
	saw(&s, "+1 1:a 1:b 1. +3 3. -1 -3 ");
	(void)wrote(&s);
	f = wrote(&s);
	ck_assert(f.type == 0 && f.id == 1 && f.flags == 1);
	scene_close(&s);
}
END_TEST

START_TEST(may_be_closed_inside_a_callback)
{
	struct spdy_frame f;
	struct scene s;

	scene_open(&s);
	s.close_on_data = true;
	syn(&s, 1, false);
	spdy_put_data(&s.in, 1, false, "a", 1);
	spdy_put_data(&s.in, 1, false, "b", 1);
	say(&s, 1000);
	saw(&s, "+1 1:a ");
	ck_assert_int_eq(s.n_freed, 1);
	(void)wrote(&s);
	f = wrote(&s);
	ck_assert(f.type == GOAWAY && f.id == 1);
	scene_close(&s);
}
END_TEST

START_TEST(keeps_frames_while_paused)
{
	struct scene s;

	scene_open(&s);
	s.pause_on_data = true;
	syn(&s, 1, false);
	spdy_put_data(&s.in, 1, false, "a", 1);
	spdy_put_data(&s.in, 1, false, "b", 1);
	spdy_put_data(&s.in, 1, true, "c", 1);
	say(&s, 3);
	saw(&s, "+1 1:a ");
	ck_assert(s.wire.paused);
	spdy_pause(s.spdy, false); /* and is paused again by the next */
	saw(&s, "1:b ");
	s.pause_on_data = false;
	spdy_pause(s.spdy, false);
	saw(&s, "1:c 1. ");
	ck_assert(!s.wire.paused);
	fake_wire_drains(&s.wire);
	saw(&s, "drained ");
	fake_wire_ends(&s.wire);
	saw(&s, "gone");
	scene_close(&s);
}
END_TEST

START_TEST(reads_header_names_in_lower_case)
{
	struct scene s;

	scene_open(&s);
	spdy_put_syn(&s.text, &s.in, 1, false,
		     (const char *const[]){ "StreamType", "Error", "PORT", "80", NULL });
	say(&s, 1000);
	saw(&s, "+1 ");
	scene_close(&s);
}
END_TEST

START_TEST(bounds_streams)
{
	struct spdy_frame f;
	struct scene s;

	scene_open(&s);
	for (uint32_t i = 0; i < 2049; i++) {
		syn(&s, 2 * i + 1, false);
		say(&s, 1 << 20);
	}
	for (int i = 0; i < 2048; i++)
		ck_assert_int_eq(wrote(&s).type, REPLY);
	f = wrote(&s);
	ck_assert(f.type == RST && f.id == 4097);
	scene_close(&s);
}
END_TEST

/* Each ends the connection. */
static const struct {
	const char *bytes;
	size_t      n;
} broken[] = {
	{ "\x80\x02\0\1\0\0\0\0", 8 },                            /* another version */
	{ "\x80\x03\0\1\0\0\0\4\0\0\0\1", 12 },                   /* too short for a stream */
	{ "\x80\x03\0\1\0\0\0\x0c\0\0\0\1\0\0\0\0\0\0xx", 20 },   /* headers that do not unpack */
	{ "\0\0\0\1\0\x20\0\0", 8 },                              /* 2 MiB of data in one frame */
};

START_TEST(ends_with_who_breaks_the_rules)
{
	struct scene s;

	scene_open(&s);
	fake_wire_says(&s.wire, broken[_i].bytes, broken[_i].n, 1000);
	saw(&s, "gone");
	scene_close(&s);
}
END_TEST

START_TEST(bounds_headers)
{
	EK_FREE char *large = ek_calloc(1, 70001);
	const char *headers[132] = { 0 };
	struct scene s;

	memset(large, 'a', 70000);
	scene_open(&s);
	if (_i == 0) {
		headers[0] = "x";
		headers[1] = large; /* small when packed */
	} else {
		for (int i = 0; i < 130; i++)
			headers[i] = "x";
	}
	spdy_put_syn(&s.text, &s.in, 1, false, headers);
	say(&s, 1 << 20);
	saw(&s, "gone");
	scene_close(&s);
}
END_TEST

static const int two[2];

EK_TESTS("api/spdy", EK_ROWS(takes_frames_in_any_pieces, pieces), refuses_bad_ids, answers_pings,
	 a_stream_goes_when_both_have_ended, may_be_closed_inside_a_callback,
	 keeps_frames_while_paused, reads_header_names_in_lower_case, bounds_streams,
	 EK_ROWS(ends_with_who_breaks_the_rules, broken), EK_ROWS(bounds_headers, two))
