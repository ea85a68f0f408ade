/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SNIFF = 512, MAGIC_AT = 257 };

/* ---- descriptors ---- */

static ssize_t read_fd(struct ek_bytes_source *source, const void **ret_data, struct ek_err *err)
{
	struct ek_fd_source *s = ek_container_of(source, struct ek_fd_source, source);
	ssize_t n;

	do {
		n = read(s->fd, s->buf, sizeof(s->buf));
	} while (n < 0 && errno == EINTR);
	*ret_data = s->buf;
	return n < 0 ? ek_fail_errno(err, "read the archive") : n;
}

void ek_fd_source_init(struct ek_fd_source *s, int fd)
{
	s->source.read = read_fd;
	s->fd = fd;
}

/* ---- hashes ---- */

static ssize_t read_hashed(struct ek_bytes_source *source, const void **ret_data,
			   struct ek_err *err)
{
	struct ek_hashed_source *s = ek_container_of(source, struct ek_hashed_source, source);
	ssize_t n = s->from->read(s->from, ret_data, err);

	if (n <= 0)
		return n;
	s->n += n;
	if (s->n > s->max)
		return ek_fail(err, EK_ETOOLARGE, "the archive is larger than %" PRId64 " bytes",
			       s->max);
	ek_sha256_add(&s->hash, *ret_data, (size_t)n);
	return n;
}

void ek_hashed_source_init(struct ek_hashed_source *s, struct ek_bytes_source *from, int64_t max)
{
	*s = (struct ek_hashed_source){ .source = { read_hashed }, .from = from, .max = max };
	ek_sha256_init(&s->hash);
}

int ek_hashed_source_drain(struct ek_hashed_source *s, struct ek_err *err)
{
	const void *data;
	ssize_t n;

	while ((n = s->source.read(&s->source, &data, err)) > 0)
		;
	return (int)n;
}

void ek_hashed_source_end(struct ek_hashed_source *s, char out[EK_IMAGE_DIGEST_SIZE])
{
	(void)snprintf(out, EK_IMAGE_DIGEST_SIZE, "sha256:");
	ek_sha256_hex(&s->hash, out + 7);
}

/* ---- compression ---- */

static bool is_gzip(const unsigned char *p, size_t n)
{
	return n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static bool is_zstd(const unsigned char *p, size_t n)
{
	/* a frame, or a skippable one, with which some writers begin */
	return n >= 4 && ((p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd) ||
			  ((p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18));
}

bool ek_layer_looks_like(const void *data, size_t n)
{
	const unsigned char *p = data;
	size_t zeroes = 0;

	if (is_gzip(p, n) || is_zstd(p, n))
		return true;
	if (n >= MAGIC_AT + 5 && memcmp(p + MAGIC_AT, "ustar", 5) == 0)
		return true;
	while (zeroes < n && zeroes < SNIFF && p[zeroes] == 0)
		zeroes++;
	return zeroes == SNIFF; /* a tar without entries */
}

static la_ssize_t feed_compressed(struct archive *a, void *arg, const void **ret_data)
{
	struct ek_decompressor *d = arg;
	ssize_t n;

	(void)a;
	if (d->first) {
		*ret_data = ek_steal(d->first);
		return d->first_n;
	}
	n = d->from->read(d->from, ret_data, &d->from_err);
	if (n < 0)
		d->failed = true;
	return n < 0 ? -1 : n;
}

static int decompressor_fail(struct ek_decompressor *d, struct ek_err *err)
{
	if (d->failed)
		return ek_fail(err, d->from_err.code, "%s", d->from_err.msg);
	return ek_fail(err, EK_EINVALID, "cannot decompress: %s", archive_error_string(d->archive));
}

static ssize_t read_decompressed(struct ek_bytes_source *source, const void **ret_data,
				 struct ek_err *err)
{
	struct ek_decompressor *d = ek_container_of(source, struct ek_decompressor, source);
	size_t n = 0;
	int64_t offset;
	int rc;

	do {
		rc = archive_read_data_block(d->archive, ret_data, &n, &offset);
	} while (rc == ARCHIVE_OK && n == 0);
	if (rc == ARCHIVE_EOF)
		return 0;
	return rc < ARCHIVE_WARN ? decompressor_fail(d, err) : (ssize_t)n;
}

static int open_decompressor(struct ek_decompressor *d, struct ek_err *err)
{
	struct archive_entry *e;
	int rc;

	if (is_gzip(d->first, (size_t)d->first_n))
		archive_read_support_filter_gzip(d->archive);
	else if (is_zstd(d->first, (size_t)d->first_n))
		archive_read_support_filter_zstd(d->archive);
	archive_read_support_format_raw(d->archive);
	archive_read_support_format_empty(d->archive);
	rc = archive_read_open(d->archive, d, NULL, feed_compressed, NULL);
	if (rc >= ARCHIVE_WARN)
		rc = archive_read_next_header(d->archive, &e);
	if (rc < ARCHIVE_WARN)
		return decompressor_fail(d, err);
	/* the filter itself, and "none" below it */
	if (archive_filter_count(d->archive) > 2)
		return ek_fail(err, EK_EINVALID, "the archive is compressed more than once");
	return 0;
}

int ek_decompressor_open(struct ek_decompressor *d, struct ek_bytes_source *from,
			 struct ek_err *err)
{
	int rc;

	*d = (struct ek_decompressor){ .source = { read_decompressed }, .from = from };
	d->first_n = from->read(from, &d->first, err);
	if (d->first_n < 0)
		return (int)d->first_n;
	if (d->first_n == 0)
		return ek_fail(err, EK_EINVALID, "the archive is empty");
	d->archive = archive_read_new();
	EK_ASSERT(d->archive);
	rc = open_decompressor(d, err);
	if (rc < 0)
		ek_decompressor_close(d);
	return rc;
}

void ek_decompressor_close(struct ek_decompressor *d)
{
	if (d->archive)
		(void)archive_read_free(d->archive);
	d->archive = NULL;
}

/* ---- tar ---- */

static la_ssize_t feed_tar(struct archive *a, void *arg, const void **ret_data)
{
	struct ek_tar *t = arg;
	ssize_t n = t->from->read(t->from, ret_data, &t->from_err);

	(void)a;
	if (n < 0)
		t->failed = true;
	return n < 0 ? -1 : n;
}

int ek_tar_fail(struct ek_tar *t, struct ek_err *err)
{
	const char *why = archive_error_string(t->archive);

	if (t->failed)
		return ek_fail(err, t->from_err.code, "%s", t->from_err.msg);
	return ek_fail(err, EK_EINVALID, "invalid tar archive: %s",
		       why ? why : "it cannot be read");
}

int ek_tar_open(struct ek_tar *t, struct ek_bytes_source *from, struct ek_err *err)
{
	*t = (struct ek_tar){ .from = from };
	t->archive = archive_read_new();
	EK_ASSERT(t->archive);
	archive_read_support_format_tar(t->archive);
	archive_read_support_format_empty(t->archive);
	if (archive_read_open(t->archive, t, NULL, feed_tar, NULL) >= ARCHIVE_WARN)
		return 0;
	(void)ek_tar_fail(t, err);
	ek_tar_close(t);
	return err ? err->code : EK_EINVALID;
}

void ek_tar_close(struct ek_tar *t)
{
	if (t->archive)
		(void)archive_read_free(t->archive);
	t->archive = NULL;
}

int ek_tar_next(struct ek_tar *t, struct archive_entry **ret, struct ek_err *err)
{
	int rc;

	do {
		rc = archive_read_next_header(t->archive, ret);
	} while (rc == ARCHIVE_RETRY);
	if (rc == ARCHIVE_EOF)
		return 0;
	return rc < ARCHIVE_WARN ? ek_tar_fail(t, err) : 1;
}

/* ---- locale ---- */

void *ek_utf8_enter(void)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	if (!utf8)
		return NULL;
	(void)uselocale(utf8);
	return utf8;
}

void ek_utf8_leave(void *token)
{
	if (!token)
		return;
	(void)uselocale(LC_GLOBAL_LOCALE);
	freelocale(token);
}
