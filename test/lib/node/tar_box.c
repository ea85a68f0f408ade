/* SPDX-License-Identifier: Apache-2.0 */
#include "node/tar_box.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ek_test.h"

enum { BLOCK = 512 };

static void put_octal(char *field, size_t size, int64_t v)
{
	if (v >= 0 && v < INT64_C(1) << (3 * (size - 1))) {
		snprintf(field, size, "%0*llo", (int)size - 1, (long long)v);
		return;
	}
	for (size_t i = size; i-- > 0; v >>= 8) /* base 256, as GNU tar does */
		field[i] = (char)v;
	field[0] |= (char)0x80;
}

static void put_header(struct ek_buf *b, const struct tar_entry *e, int64_t size)
{
	char h[BLOCK] = { 0 };
	unsigned sum = 0;

	strncpy(h, e->name, 100);
	put_octal(h + 100, 8, e->mode ? e->mode : (e->type == '5' ? 0755 : 0644));
	put_octal(h + 108, 8, e->uid);
	put_octal(h + 116, 8, e->gid);
	put_octal(h + 124, 12, size);
	put_octal(h + 136, 12, e->mtime);
	memset(h + 148, ' ', 8);
	h[156] = e->type ? e->type : '0';
	if (e->link)
		strncpy(h + 157, e->link, 100);
	memcpy(h + 257, "ustar\00000", 8);
	put_octal(h + 329, 8, e->major);
	put_octal(h + 337, 8, e->minor);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	ck_assert_int_eq(ek_buf_append(b, h, sizeof(h)), 0);
}

static void put_body(struct ek_buf *b, const void *data, size_t n)
{
	static const char zeroes[BLOCK];

	if (n)
		ck_assert_int_eq(ek_buf_append(b, data, n), 0);
	if (n % BLOCK)
		ck_assert_int_eq(ek_buf_append(b, zeroes, BLOCK - n % BLOCK), 0);
}

/* "<length> <key>=<value>\n", where the length counts itself. */
static void put_record(struct ek_buf *b, const char *key, const void *value, size_t n)
{
	size_t rest = 1 + strlen(key) + 1 + n + 1, len = rest + 1;
	char digits[24];

	while ((size_t)snprintf(digits, sizeof(digits), "%zu", len) + rest != len)
		len = (size_t)snprintf(digits, sizeof(digits), "%zu", len) + rest;
	(void)ek_buf_fmt(b, "%zu %s=", len, key);
	(void)ek_buf_append(b, value, n);
	(void)ek_buf_char(b, '\n');
}

static void put_pax(struct ek_buf *b, const struct tar_entry *e)
{
	EK_BUF struct ek_buf records = EK_BUF_INIT(1 << 20);
	struct tar_entry x = { .name = "pax", .type = 'x' };

	for (int i = 0; i < 4 && e->pax[i]; i++) {
		const char *eq = strchr(e->pax[i], '=');
		char key[128];

		snprintf(key, sizeof(key), "%.*s", (int)(eq - e->pax[i]), e->pax[i]);
		put_record(&records, key, eq + 1, strlen(eq + 1));
	}
	if (e->xattr) {
		char key[300];

		snprintf(key, sizeof(key), "SCHILY.xattr.%s", e->xattr);
		put_record(&records, key, e->xattr_value,
			   e->xattr_size ? e->xattr_size : strlen(e->xattr_value));
	}
	if (!records.len)
		return;
	put_header(b, &x, (int64_t)records.len);
	put_body(b, records.data, records.len);
}

void tar_add(struct ek_buf *b, const struct tar_entry *e)
{
	size_t n = e->data ? strlen(e->data) : 0;

	put_pax(b, e);
	put_header(b, e, e->size ? e->size : (int64_t)n);
	put_body(b, e->data, n);
}

void tar_add_data(struct ek_buf *b, const char *name, const void *data, size_t n)
{
	struct tar_entry e = { .name = name };

	put_header(b, &e, (int64_t)n);
	put_body(b, data, n);
}

void tar_end(struct ek_buf *b)
{
	static const char zeroes[2 * BLOCK];

	ck_assert_int_eq(ek_buf_append(b, zeroes, sizeof(zeroes)), 0);
}

static la_ssize_t collect(struct archive *a, void *arg, const void *data, size_t n)
{
	(void)a;
	return ek_buf_append(arg, data, n) < 0 ? -1 : (la_ssize_t)n;
}

struct ek_buf tar_compress(const struct ek_buf *b, int how)
{
	struct ek_buf out = EK_BUF_INIT(1u << 30);
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	archive_write_set_format_raw(a);
	if (how == TAR_GZIP)
		archive_write_add_filter_gzip(a);
	if (how == TAR_ZSTD)
		archive_write_add_filter_zstd(a);
	archive_write_set_bytes_in_last_block(a, 1);
	ck_assert_int_eq(archive_write_open(a, &out, NULL, collect, NULL), ARCHIVE_OK);
	archive_entry_set_filetype(e, AE_IFREG);
	ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
	ck_assert_int_eq((int)archive_write_data(a, b->data, b->len), (int)b->len);
	ck_assert_int_eq(archive_write_close(a), ARCHIVE_OK);
	archive_entry_free(e);
	archive_write_free(a);
	return out;
}
