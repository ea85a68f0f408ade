/* SPDX-License-Identifier: Apache-2.0 */

/* Answers that flow, over real TLS: what a client receives is whole, and comes in few records. */

#include <ekube/str.h>
#include <ek_test.h>
#include <stdlib.h>

#include "api/api_port.h"

#define MAPS "/api/v1/namespaces/default/configmaps"

enum { LISTED = 300, LARGE = 7, USUAL_BYTES = 2000, LARGE_BYTES = 200 << 10 };

static void create_map(struct port_world *p, int n, size_t bytes)
{
	EK_FREE char *data = ek_malloc(bytes + 1);
	EK_FREE char *text = NULL;

	memset(data, 'a' + n % 26, bytes);
	data[bytes] = '\0';
	text = ek_str_fmt("{'metadata':{'name':'m-%04d'},'data':{'v':'%s'}}", n, data);
	ck_assert_int_eq(world_create(&p->w, &ek_kind_configmap, "default", text), 0);
}

/* A body in chunks up to its end, put together. */
static void read_chunks(struct peer *c, struct ek_buf *body)
{
	for (;;) {
		size_t n, head;

		ck_assert(peer_until(c, "\r\n"));
		n = strtoul(c->in.data, NULL, 16);
		head = strcspn(c->in.data, "\n") + 1;
		ck_assert_msg(peer_read(c, head + n + 2), "a chunk of %zu bytes is not whole", n);
		ck_assert_int_eq(ek_buf_append(body, c->in.data + head, n), 0);
		ck_assert_int_eq(memcmp(c->in.data + head + n, "\r\n", 2), 0);
		peer_take(c, head + n + 2);
		if (n == 0)
			return;
	}
}

static void check_items(const struct ek_json *list)
{
	const struct ek_json *items = ek_json_get(list, "items");

	ck_assert_uint_eq(ek_json_len(items), LISTED);
	for (int i = 0; i < LISTED; i++) {
		const struct ek_json *item = ek_json_elem(items, (size_t)i);
		const char *v = ek_json_str_at(item, "data.v");
		size_t n = i == LARGE ? LARGE_BYTES : USUAL_BYTES;

		ck_assert_str_eq(ek_json_str_at(item, "metadata.name"), EK_F("m-%04d", i));
		ck_assert_uint_eq(strlen(v), n);
		ck_assert_uint_eq(strspn(v, EK_F("%c", 'a' + i % 26)), n);
	}
}

/* In pieces, one of them larger than usual; twice, because the blocks of pieces are used again. */
START_TEST(sends_a_long_list_whole)
{
	struct port_world p;
	struct peer c;

	port_open(&p, NULL);
	for (int i = 0; i < LISTED; i++)
		create_map(&p, i, i == LARGE ? LARGE_BYTES : USUAL_BYTES);
	peer_open(&c, &p, "http/1.1");
	for (int round = 0; round < 2; round++) {
		EK_BUF struct ek_buf body = EK_BUF_INIT(16 << 20);
		EK_JSON struct ek_json *list = NULL;
		struct reply r;

		peer_ask(&c, &r, "GET", MAPS, PORT_ADMIN, NULL, NULL);
		ck_assert_int_eq(r.status, 200);
		read_chunks(&c, &body);
		ck_assert_int_eq(ek_json_parse(body.data, body.len, body.len, &list, NULL, NULL),
				 0);
		check_items(list);
		reply_done(&r);
	}
	peer_close(&c);
	port_close(&p);
}
END_TEST

static void count_record(int is_write, int version, int type, const void *buf, size_t len, SSL *ssl,
			 void *arg)
{
	(void)version;
	(void)buf;
	(void)len;
	(void)ssl;
	if (!is_write && type == SSL3_RT_HEADER)
		++*(int *)arg;
}

/* A record costs each of a thousand watchers more than the copying that saves one. */
START_TEST(sends_an_event_as_one_record)
{
	struct port_world p;
	struct peer c;
	struct reply r;
	int n_records = 0;

	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	peer_ask(&c, &r, "GET", MAPS "?watch=1&resourceVersion=0", PORT_ADMIN, NULL, NULL);
	ck_assert_int_eq(r.status, 200);
	reply_done(&r);
	SSL_set_msg_callback(c.ssl, count_record);
	SSL_set_msg_callback_arg(c.ssl, &n_records);
	for (int i = 1; i < 4; i++) {
		create_map(&p, i, 1000);
		ck_assert(peer_until(&c, "}\n\r\n"));
		ck_assert_int_eq(strtol(c.in.data, NULL, 16), (long)c.in.len - 7);
		ck_assert(ek_str_starts(strchr(c.in.data, '\n') + 1, "{\"type\":\"ADDED\","));
		ck_assert_int_eq(n_records, i);
		peer_take(&c, c.in.len);
	}
	peer_close(&c);
	port_close(&p);
}
END_TEST

EK_TESTS("api/front_flow", sends_a_long_list_whole, sends_an_event_as_one_record)
