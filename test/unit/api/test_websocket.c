/* SPDX-License-Identifier: Apache-2.0 */
#include "session/websocket.h"

#include <ekube/str.h>
#include <ek_test.h>

#include "api/fake_wire.h"

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, FIN = 0x80 };

struct scene {
	struct websocket *ws;
	struct fake_wire  wire;
	struct ek_buf     in, log; /* log: "t:text " "b:text " "drained " "gone" */
	bool              close_on_message, pause_on_message;
	int               n_freed;
};

static void on_opened(struct websocket *ws)
{
	(void)websocket_send(ws, true, "h", 1, "ello", 4);
}

static void on_message(struct websocket *ws, bool is_text, char *data, size_t n)
{
	struct scene *s = websocket_owner(ws);

	(void)ek_buf_fmt(&s->log, "%c:%.*s ", is_text ? 't' : 'b', (int)n, n ? data : "");
	if (s->pause_on_message)
		websocket_pause(ws, true);
	if (s->close_on_message)
		websocket_close(ws, WS_GOING_AWAY);
}

static void on_drained(struct websocket *ws)
{
	struct scene *s = websocket_owner(ws);

	(void)ek_buf_str(&s->log, "drained ");
}

static void on_gone(struct websocket *ws)
{
	struct scene *s = websocket_owner(ws);

	(void)ek_buf_str(&s->log, "gone");
	websocket_close(ws, WS_NORMAL);
}

static void on_freed(void *owner)
{
	struct scene *s = owner;

	s->ws = NULL;
	s->n_freed++;
}

static const struct websocket_events events = {
	.opened = on_opened,
	.message = on_message,
	.drained = on_drained,
	.gone = on_gone,
	.freed = on_freed,
};

static void scene_open(struct scene *s)
{
	*s = (struct scene){ .in = EK_BUF_INIT(16 << 20), .log = EK_BUF_INIT(4 << 20) };
	s->ws = websocket_new(&events, s);
	fake_wire_bind(&s->wire, websocket_wire(s->ws));
	websocket_begin(s->ws);
	ck_assert_uint_eq(s->wire.out.len, 7);
	ck_assert_mem_eq(s->wire.out.data, "\x81\x05hello", 7); /* not masked */
	ek_buf_clear(&s->wire.out);
}

static void scene_close(struct scene *s)
{
	if (s->ws)
		websocket_close(s->ws, WS_NORMAL);
	ck_assert_int_eq(s->n_freed, 1);
	ck_assert_int_eq(s->wire.n_closed, 1);
	fake_wire_done(&s->wire);
	ek_buf_done(&s->in);
	ek_buf_done(&s->log);
}

/* A length of 16 bits, or of 64 where `n` or `wide` want it. */
static void put(struct scene *s, int first, const char *data, size_t n, bool wide)
{
	static const char key[4] = { 'k', 'e', 'y', '!' };

	(void)ek_buf_char(&s->in, (char)first);
	if (n < 126 && !wide) {
		(void)ek_buf_char(&s->in, (char)(0x80 | n));
	} else {
		(void)ek_buf_char(&s->in, (char)(n < 65536 && !wide ? 0x80 | 126 : 0x80 | 127));
		for (int shift = n < 65536 && !wide ? 8 : 56; shift >= 0; shift -= 8)
			(void)ek_buf_char(&s->in, (char)((uint64_t)n >> shift));
	}
	(void)ek_buf_append(&s->in, key, 4);
	for (size_t i = 0; i < n; i++)
		(void)ek_buf_char(&s->in, (char)(data[i] ^ key[i % 4]));
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

static void wrote(struct scene *s, const void *bytes, size_t n)
{
	ck_assert_uint_eq(s->wire.out.len, n);
	ck_assert_mem_eq(s->wire.out.data, bytes, n);
	ek_buf_clear(&s->wire.out);
}

static const size_t pieces[] = { 1, 2, 3, 7, 100000 };

START_TEST(takes_frames_in_any_pieces)
{
	struct scene s;

	scene_open(&s);
	put(&s, FIN | BINARY, "one", 3, false);
	put(&s, FIN | TEXT, "two", 3, false);
	put(&s, BINARY, "th", 2, false);
	put(&s, FIN | PONG, "", 0, false); /* control frames come between */
	put(&s, 0, "", 0, false);
	put(&s, 0, "re", 2, false);
	put(&s, FIN, "e", 1, false);
	put(&s, FIN | BINARY, "", 0, false);
	put(&s, TEXT, "", 0, false);
	put(&s, FIN, "", 0, false);
	put(&s, FIN | BINARY, "wide", 4, true);
	say(&s, pieces[_i]);
	saw(&s, "b:one t:two b:three b: t: b:wide ");
	scene_close(&s);
}
END_TEST

static const struct {
	size_t      n;
	const char *head;
	size_t      head_len;
} lengths[] = {
	{ 0, "\x82\x00", 2 },
	{ 125, "\x82\x7d", 2 },
	{ 126, "\x82\x7e\x00\x7e", 4 },
	{ 65535, "\x82\x7e\xff\xff", 4 },
	{ 65536, "\x82\x7f\0\0\0\0\0\1\0\0", 10 },
};

START_TEST(writes_lengths)
{
	EK_FREE char *data = ek_calloc(1, lengths[_i].n + 1);
	struct scene s;

	memset(data, 'a', lengths[_i].n);
	scene_open(&s);
	ck_assert(websocket_send(s.ws, false, "", 0, data, lengths[_i].n));
	ck_assert_uint_eq(s.wire.out.len, lengths[_i].head_len + lengths[_i].n);
	ck_assert_mem_eq(s.wire.out.data, lengths[_i].head, lengths[_i].head_len);
	/* and reads them */
	put(&s, FIN | BINARY, data, lengths[_i].n, false);
	say(&s, 1000);
	ck_assert_uint_eq(s.log.len, lengths[_i].n + 3);
	scene_close(&s);
}
END_TEST

START_TEST(answers_pings)
{
	struct scene s;

	scene_open(&s);
	put(&s, FIN | PING, "a", 1, false);
	say(&s, 1000);
	wrote(&s,
	      "\x8a\x01"
	      "a",
	      3);
	/* but not who does not read */
	s.wire.is_full = true;
	ck_assert(!websocket_send(s.ws, false, "", 0, "x", 1));
	ek_buf_clear(&s.wire.out);
	for (int i = 0; i < 1000; i++)
		put(&s, FIN | PING, "b", 1, false);
	say(&s, 100000);
	ck_assert_uint_eq(s.wire.out.len, 0);
	fake_wire_drains(&s.wire);
	saw(&s, "drained ");
	put(&s, FIN | PING, "c", 1, false);
	say(&s, 1000);
	wrote(&s,
	      "\x8a\x01"
	      "c",
	      3);
	scene_close(&s);
}
END_TEST

START_TEST(says_goodbye_once)
{
	struct scene s;

	scene_open(&s);
	put(&s, FIN | CLOSE, "\x03\xe9 going", 8, false);
	put(&s, FIN | BINARY, "after", 5, false);
	say(&s, 1000);
	saw(&s, "gone");
	wrote(&s, "\x88\x02\x03\xe9", 4);
	ck_assert_int_eq(s.n_freed, 1);
	scene_close(&s);
}
END_TEST

START_TEST(may_be_closed_inside_a_callback)
{
	struct scene s;

	scene_open(&s);
	s.close_on_message = true;
	put(&s, FIN | BINARY, "a", 1, false);
	put(&s, FIN | BINARY, "b", 1, false);
	say(&s, 1000);
	saw(&s, "b:a ");
	wrote(&s, "\x88\x02\x03\xe9", 4);
	ck_assert_int_eq(s.n_freed, 1);
	scene_close(&s);
}
END_TEST

START_TEST(keeps_frames_while_paused)
{
	struct scene s;

	scene_open(&s);
	s.pause_on_message = true;
	put(&s, FIN | BINARY, "a", 1, false);
	put(&s, FIN | BINARY, "b", 1, false);
	put(&s, FIN | BINARY, "c", 1, false);
	say(&s, 1000);
	saw(&s, "b:a ");
	ck_assert(s.wire.paused);
	websocket_pause(s.ws, false);
	saw(&s, "b:b ");
	s.pause_on_message = false;
	websocket_pause(s.ws, false);
	saw(&s, "b:c ");
	ck_assert(!s.wire.paused);
	fake_wire_ends(&s.wire);
	saw(&s, "gone");
	ck_assert_uint_eq(s.wire.out.len, 0); /* nobody hears it */
	scene_close(&s);
}
END_TEST

static const struct {
	const char *bytes;
	size_t      n;
	int         code;
} broken[] = {
	{ "\x82\x01x", 3, 1002 },                              /* not masked (known once its mask should be there) */
	{ "\xc2\x81keyx", 6, 1002 },                           /* reserved bits */
	{ "\x83\x81key!x", 7, 1002 },                          /* unknown opcodes */
	{ "\x8b\x81key!x", 7, 1002 },
	{ "\x80\x81key!x", 7, 1002 },                          /* goes on with nothing */
	{ "\x02\x81key!x\x82\x81key!x", 14, 1002 },            /* begins inside another */
	{ "\x09\x81key!x", 7, 1002 },                          /* a control frame in fragments */
	{ "\x89\xfe\0\x7ekey!", 8, 1002 },                     /* a control frame of 126 bytes */
	{ "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffkey!", 14, 1009 }, /* more than there is */
};

START_TEST(ends_with_who_breaks_the_rules)
{
	struct scene s;

	scene_open(&s);
	fake_wire_says(&s.wire, broken[_i].bytes, broken[_i].n, 1000);
	saw(&s, "gone");
	ck_assert_uint_eq(s.wire.out.len, 4);
	ck_assert_mem_eq(s.wire.out.data, "\x88\x02", 2);
	ck_assert_int_eq((unsigned char)s.wire.out.data[2] << 8 | (unsigned char)s.wire.out.data[3],
			 broken[_i].code);
	scene_close(&s);
}
END_TEST

EK_TESTS("api/websocket", EK_ROWS(takes_frames_in_any_pieces, pieces), EK_ROWS(writes_lengths, lengths), answers_pings,
	 says_goodbye_once, may_be_closed_inside_a_callback, keeps_frames_while_paused,
	 EK_ROWS(ends_with_who_breaks_the_rules, broken))
