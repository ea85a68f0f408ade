/* SPDX-License-Identifier: Apache-2.0 */
#include "spdy_text.h"

#include <check.h>
#include <ekube/str.h>

#include "session/spdy_dictionary.h"

void spdy_text_init(struct spdy_text *t)
{
	unsigned char dict[SPDY_DICTIONARY_SIZE];

	*t = (struct spdy_text){ 0 };
	spdy_dictionary(dict);
	ck_assert_int_eq(deflateInit(&t->deflate, 9), Z_OK);
	ck_assert_int_eq(deflateSetDictionary(&t->deflate, dict, sizeof(dict)), Z_OK);
}

void spdy_text_done(struct spdy_text *t)
{
	(void)deflateEnd(&t->deflate);
}

static void put32(struct ek_buf *out, uint32_t v)
{
	const char b[4] = { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v };

	(void)ek_buf_append(out, b, 4);
}

static void put_text(struct ek_buf *out, const char *s)
{
	put32(out, (uint32_t)strlen(s));
	(void)ek_buf_str(out, s);
}

void spdy_put_control(struct ek_buf *out, int type, int flags, const void *data, size_t n)
{
	put32(out, 0x80030000u | (uint32_t)type);
	put32(out, (uint32_t)flags << 24 | (uint32_t)n);
	(void)ek_buf_append(out, data, n);
}

void spdy_put_syn(struct spdy_text *t, struct ek_buf *out, uint32_t id, bool fin,
		  const char *const *headers)
{
	EK_BUF struct ek_buf plain = EK_BUF_INIT(1 << 20), payload = EK_BUF_INIT(1 << 20);
	unsigned char packed[8192];
	uint32_t n = 0;

	while (headers[n])
		n++;
	put32(&plain, n / 2);
	for (uint32_t i = 0; i < n; i++)
		put_text(&plain, headers[i]);
	t->deflate.next_in = (unsigned char *)plain.data;
	t->deflate.avail_in = (unsigned)plain.len;
	t->deflate.next_out = packed;
	t->deflate.avail_out = sizeof(packed);
	ck_assert_int_eq(deflate(&t->deflate, Z_SYNC_FLUSH), Z_OK);
	put32(&payload, id);
	put32(&payload, 0);
	(void)ek_buf_append(&payload, "\0\0", 2);
	(void)ek_buf_append(&payload, packed, sizeof(packed) - t->deflate.avail_out);
	spdy_put_control(out, 1, fin, payload.data, payload.len);
}

void spdy_put_data(struct ek_buf *out, uint32_t id, bool fin, const void *data, size_t n)
{
	put32(out, id);
	put32(out, (uint32_t)fin << 24 | (uint32_t)n);
	(void)ek_buf_append(out, data, n);
}

static uint32_t get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

size_t spdy_get(const struct ek_buf *in, struct spdy_frame *f)
{
	uint32_t first, second;

	if (in->len < 8)
		return 0;
	first = get32(in->data);
	second = get32(in->data + 4);
	f->n = second & 0xffffff;
	if (in->len < 8 + f->n)
		return 0;
	f->data = in->data + 8;
	f->flags = (int)(second >> 24);
	f->type = first & 0x80000000u ? (int)(first & 0xffff) : 0;
	f->id = !f->type ? first : f->n >= 4 ? get32(f->data) : 0;
	return 8 + f->n;
}
