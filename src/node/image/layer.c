/* SPDX-License-Identifier: Apache-2.0 */
#include "layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "mend.h"
#include "stream.h"
#include "tree.h"

#define MAX_BYTES   (INT64_C(64) << 30)
#define MAX_ENTRIES INT64_C(2000000)

static int check_entry(const struct ek_layer_limits *limits, struct ek_layer_result *r,
		       struct archive_entry *e, struct ek_err *err)
{
	int64_t size = archive_entry_filetype(e) == AE_IFREG ? archive_entry_size(e) : 0;
	int64_t max_entries = limits->max_entries ? limits->max_entries : MAX_ENTRIES;
	int64_t max_bytes = limits->max_bytes ? limits->max_bytes : MAX_BYTES;

	if (limits->cancel && __atomic_load_n(limits->cancel, __ATOMIC_RELAXED))
		return ek_fail(err, EK_ECANCELLED, "cancelled");
	if (++r->entries > max_entries)
		return ek_fail(err, EK_ETOOLARGE, "the layer has more than %" PRId64 " entries",
			       max_entries);
	/* also what a sparse file only claims: the size is the attacker's word */
	if (size < 0 || size > max_bytes - r->bytes)
		return ek_fail(err, EK_ETOOLARGE,
			       "the layer's files are larger than %" PRId64 " bytes", max_bytes);
	r->bytes += size;
	return 0;
}

static int unpack_entries(struct ek_tar *tar, struct ek_tree *tree,
			  const struct ek_layer_limits *limits, struct ek_layer_result *r,
			  struct ek_err *err)
{
	struct archive_entry *e;
	int rc;

	while ((rc = ek_tar_next(tar, &e, err)) > 0) {
		rc = check_entry(limits, r, e, err);
		if (rc == 0)
			rc = ek_tree_add(tree, tar->archive, e, err);
		if (rc < 0)
			return tar->failed ? ek_tar_fail(tar, err) : rc;
	}
	if (rc == 0)
		ek_tree_finish(tree);
	return rc;
}

static int unpack_tree(int dir_fd, struct ek_bytes_source *from,
		       const struct ek_layer_limits *limits, struct ek_layer_result *r,
		       struct ek_err *err)
{
	EK_CLOSE int root = -1;
	struct ek_tree tree;
	struct ek_tar tar;
	int rc;

	if (mkdirat(dir_fd, "fs", 0755) < 0)
		return ek_fail_errno(err, "make the layer's directory");
	root = openat(dir_fd, "fs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return ek_fail_errno(err, "open the layer's directory");
	(void)fchmod(root, 0755); /* whatever the umask */
	rc = ek_tar_open(&tar, from, err);
	if (rc < 0)
		return rc;
	ek_tree_init(&tree, root);
	rc = unpack_entries(&tar, &tree, limits, r, err);
	if (rc == 0)
		rc = ek_notes_write(dir_fd, &tree, err);
	ek_tree_done(&tree);
	ek_tar_close(&tar);
	return rc;
}

/* Both hashes want all bytes: also those behind the tar's end. */
static int unpack(int dir_fd, struct ek_hashed_source *blob, const struct ek_layer_limits *limits,
		  struct ek_layer_result *r, struct ek_err *err)
{
	int64_t max = limits->max_bytes ? limits->max_bytes : MAX_BYTES;
	struct ek_decompressor d;
	struct ek_hashed_source diff;
	int rc = ek_decompressor_open(&d, &blob->source, err);

	if (rc < 0)
		return rc;
	/* a header and padding for each entry, on top of the files */
	ek_hashed_source_init(&diff, &d.source, max + max / 8 + (1 << 20));
	rc = unpack_tree(dir_fd, &diff.source, limits, r, err);
	if (rc == 0)
		rc = ek_hashed_source_drain(&diff, err);
	ek_hashed_source_end(&diff, r->diff_id);
	ek_decompressor_close(&d);
	if (rc == 0)
		rc = ek_hashed_source_drain(blob, err);
	return rc;
}

int ek_layer_unpack(int dir_fd, struct ek_bytes_source *source,
		    const struct ek_layer_limits *limits, struct ek_layer_result *ret,
		    struct ek_err *err)
{
	struct ek_layer_result r = { 0 };
	struct ek_hashed_source blob;
	void *locale = ek_utf8_enter();
	int rc;

	ek_hashed_source_init(&blob, source, INT64_MAX / 2);
	rc = unpack(dir_fd, &blob, limits, &r, err);
	ek_hashed_source_end(&blob, r.blob);
	r.blob_size = blob.n;
	ek_utf8_leave(locale);
	if (rc == 0)
		*ret = r;
	return rc;
}
