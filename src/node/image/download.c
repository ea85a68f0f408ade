/* SPDX-License-Identifier: Apache-2.0 */
#include "download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/crypto.h>
#include <ekube/file.h>
#include <ekube/log.h>
#include <ekube/str.h>

enum {
	AT_ONCE = 4,             /* downloads, of the whole store */
	CHUNK = 256 * 1024,      /* written and hashed in the pool, while the next one fills */
	ATTEMPTS = 6,            /* without a single byte in between */
	BACK_OFF_MS = 500,
	BACK_OFF_MAX_MS = 20 * 1000,
};

struct ek_layer_job {
	struct ek_list      node;
	struct ek_images   *images;
	struct ek_image_source *registry;
	struct ek_list      waiters;
	char                name[65]; /* the layer's: its diff id */
	struct ek_image_descriptor blob;
	char                file[128]; /* in tmp/ */
	char                tmp[64];   /* where it is unpacked, in tmp/ */
	int                 fd;

	struct ek_image_source_get get;
	struct ek_timer     timer;
	int                 attempts;
	int64_t             offset;   /* bytes in the file, hashed */
	int64_t             at_start; /* offset when this try began */
	struct ek_sha256    hash;
	bool                hashing;
	struct ek_buf       filling, writing;
	struct ek_work      work;
	bool                busy;     /* work is in the pool */
	bool                paused;   /* the transfer waits for it */
	bool                first;    /* no byte of this reply was seen yet */
	bool                ended;    /* the transfer is over, with end_rc */
	int                 end_rc;
	int                 rc;
	struct ek_err       err;      /* of the pool's work while that runs */
	bool                downloading;
	bool                finishing; /* the waiters are being told */
	bool                cancel;   /* nobody waits; read by the pool */
	struct ek_layer_result result;
};

static void begin(struct ek_layer_job *j);

/* ---- the queue ---- */

static void start_queued(struct ek_images *s)
{
	EK_LIST_EACH(node, tmp, &s->layer_jobs) {
		struct ek_layer_job *j = ek_container_of(node, struct ek_layer_job, node);

		if (s->n_downloading >= AT_ONCE)
			return;
		if (!j->downloading && j->fd < 0 && !j->busy)
			begin(j);
	}
}

static void leave_queue(struct ek_layer_job *j)
{
	if (j->downloading)
		j->images->n_downloading--;
	j->downloading = false;
}

/* ---- the end ---- */

static void end_hash(struct ek_layer_job *j)
{
	char hex[65];

	if (j->hashing)
		ek_sha256_hex(&j->hash, hex); /* frees it, too */
	j->hashing = false;
}

static void remove_file(struct ek_layer_job *j)
{
	(void)unlinkat(j->images->dir, EK_F("tmp/%s", j->file), 0);
}

static void job_free(struct ek_layer_job *j)
{
	struct ek_images *s = j->images;

	EK_ASSERT(!j->busy);
	leave_queue(j);
	ek_list_del(&j->node);
	ek_timer_stop(&j->timer);
	ek_image_source_get_cancel(&j->get);
	ek_image_source_get_done(&j->get);
	ek_image_source_unref(j->registry);
	end_hash(j);
	ek_buf_done(&j->filling);
	ek_buf_done(&j->writing);
	ek_closep(&j->fd);
	free(j);
	s->n_jobs--;
	start_queued(s);
}

/* Tell everybody; a waiter may do anything in its callback, also leave for the others' sake. */
static void finish(struct ek_layer_job *j, int rc)
{
	struct ek_layer_wait *w;
	struct ek_err err = j->err;

	j->finishing = true;
	ek_list_del(&j->node); /* who comes now begins anew */
	while ((w = ek_list_first(&j->waiters, struct ek_layer_wait, node))) {
		ek_list_del(&w->node);
		w->job = NULL;
		if (rc == 0)
			ek_images_hold(j->images, j->name);
		w->cb(w, rc, &err);
	}
	if (rc == 0)
		ek_images_release(j->images, j->name); /* adoption held it once */
	job_free(j);
}

/* ---- unpacking ---- */

static int check_diff_id(struct ek_layer_job *j)
{
	if (ek_streq(ek_digest_hex(j->result.diff_id), j->name))
		return 0;
	return ek_fail(&j->err, EK_EINVALID,
		       "layer %s unpacks to %s, not to sha256:%s as the image says", j->blob.digest,
		       j->result.diff_id, j->name);
}

static int run_unpack(struct ek_work *w)
{
	struct ek_layer_job *j = ek_container_of(w, struct ek_layer_job, work);
	EK_FREE struct ek_fd_source *source = ek_calloc(1, sizeof(*source));
	struct ek_layer_limits limits = { .cancel = &j->cancel };
	EK_CLOSE int dir = -1;
	int rc;

	if (mkdirat(j->images->dir, EK_F("tmp/%s", j->tmp), 0700) < 0)
		return ek_fail_errno(&j->err, "make tmp/%s", j->tmp);
	dir = openat(j->images->dir, EK_F("tmp/%s", j->tmp), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || lseek(j->fd, 0, SEEK_SET) < 0)
		return ek_fail_errno(&j->err, "open tmp/%s", j->tmp);
	ek_fd_source_init(source, j->fd);
	rc = ek_layer_unpack(dir, &source->source, &limits, &j->result, &j->err);
	if (rc < 0)
		return ek_wrap(&j->err, rc, "failed to extract layer %s", j->blob.digest);
	rc = check_diff_id(j);
	if (rc == 0 && syncfs(dir) < 0)
		rc = ek_fail_errno(&j->err, "write layer %s to the disk", j->blob.digest);
	return rc;
}

static void on_unpacked(struct ek_work *w, int rc)
{
	struct ek_layer_job *j = ek_container_of(w, struct ek_layer_job, work);

	j->busy = false;
	if (j->cancel)
		rc = EK_ECANCELLED;
	if (rc == 0)
		rc = ek_images_adopt_layer(j->images, j->tmp, j->name, &j->err);
	if (rc < 0)
		ek_images_discard(j->images, j->tmp);
	if (rc != EK_ECANCELLED) /* good or bad: it is of no further use */
		remove_file(j);
	if (j->cancel)
		job_free(j);
	else
		finish(j, rc);
}

static void unpack(struct ek_layer_job *j)
{
	leave_queue(j);
	start_queued(j->images);
	ek_images_tmp_name(j->images, "layer", j->tmp);
	j->busy = true;
	j->work = (struct ek_work){ .run = run_unpack, .done = on_unpacked };
	ek_work_start(j->images->loop, &j->work);
}

/* ---- downloading ---- */

static void tell_bytes(struct ek_layer_job *j, int64_t n)
{
	EK_LIST_EACH(node, tmp, &j->waiters) {
		struct ek_layer_wait *w = ek_container_of(node, struct ek_layer_wait, node);

		if (w->on_bytes)
			w->on_bytes(w, n);
	}
}

static void request(struct ek_layer_job *j);

static void on_timer(struct ek_timer *t)
{
	request(ek_container_of(t, struct ek_layer_job, timer));
}

/* The file is whole: is it what the manifest promised? */
static void check(struct ek_layer_job *j)
{
	char digest[EK_IMAGE_DIGEST_SIZE] = "sha256:";

	ek_sha256_hex(&j->hash, digest + 7);
	j->hashing = false;
	if (ek_streq(digest, j->blob.digest)) {
		unpack(j);
		return;
	}
	remove_file(j);
	finish(j, ek_fail(&j->err, EK_EINVALID, "failed commit on layer %s: unexpected digest %s",
			  j->blob.digest, digest));
}

static void start_over(struct ek_layer_job *j)
{
	end_hash(j);
	ek_sha256_init(&j->hash);
	j->hashing = true;
	j->offset = 0;
	(void)ftruncate(j->fd, 0);
}

/* The transfer ended and all of it is in the file. */
static void after_transfer(struct ek_layer_job *j)
{
	int64_t wait;

	if (j->rc < 0) {
		finish(j, j->rc); /* the disk */
		return;
	}
	if (j->offset == j->blob.size) {
		check(j);
		return;
	}
	if (j->end_rc == 0)
		(void)ek_fail(&j->err, EK_EUNAVAILABLE,
			      "layer %s ended after %" PRId64 " of %" PRId64 " bytes",
			      j->blob.digest, j->offset, j->blob.size);
	else
		j->err = j->get.err;
	if (j->offset > j->at_start)
		j->attempts = 0;
	if (j->end_rc == EK_EINVALID &&
	    j->get.http.status == 416) { /* it does not know what we have of it */
		tell_bytes(j, -j->offset);
		start_over(j);
		j->end_rc = EK_EUNAVAILABLE;
	}
	if ((j->end_rc < 0 && !ek_image_source_may_pass(j->end_rc)) || ++j->attempts >= ATTEMPTS) {
		finish(j, j->end_rc < 0 ? j->end_rc : EK_EUNAVAILABLE);
		return;
	}
	wait = EK_MIN((int64_t)BACK_OFF_MS << j->attempts, (int64_t)BACK_OFF_MAX_MS);
	ek_debug("layer download goes on", "layer", j->blob.digest, "at", EK_I(j->offset), "error",
		 j->err.msg);
	ek_timer_start(j->images->loop, &j->timer, wait, on_timer);
}

static int run_write(struct ek_work *w)
{
	struct ek_layer_job *j = ek_container_of(w, struct ek_layer_job, work);

	for (size_t done = 0; done < j->writing.len;) {
		ssize_t n = pwrite(j->fd, j->writing.data + done, j->writing.len - done,
				   (off_t)j->offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ek_fail_errno(&j->err, "write layer %s", j->blob.digest);
		done += (size_t)n;
	}
	ek_sha256_add(&j->hash, j->writing.data, j->writing.len);
	return 0;
}

static void on_written(struct ek_work *w, int rc);

static void write_out(struct ek_layer_job *j)
{
	struct ek_buf swap = j->writing;

	j->writing = j->filling;
	j->filling = swap;
	ek_buf_clear(&j->filling);
	j->busy = true;
	j->work = (struct ek_work){ .run = run_write, .done = on_written };
	ek_work_start(j->images->loop, &j->work);
}

static void on_written(struct ek_work *w, int rc)
{
	struct ek_layer_job *j = ek_container_of(w, struct ek_layer_job, work);

	j->busy = false;
	if (j->cancel) {
		job_free(j);
		return;
	}
	if (rc < 0) {
		j->rc = rc;
		ek_image_source_get_cancel(&j->get);
		after_transfer(j);
		return;
	}
	j->offset += (int64_t)j->writing.len;
	ek_buf_clear(&j->writing);
	if (j->paused) {
		j->paused = false;
		ek_http_resume(&j->get.http);
	} else if (j->ended && j->filling.len) {
		write_out(j);
	} else if (j->ended) {
		after_transfer(j);
	}
}

static int on_body(struct ek_image_source_get *g, const void *data, size_t n)
{
	struct ek_layer_job *j = ek_container_of(g, struct ek_layer_job, get);

	if (j->first && j->offset > 0 && g->http.status != 206) {
		tell_bytes(j, -j->offset); /* the server knows no ranges: all of it again */
		start_over(j);
		j->at_start = 0;
	}
	j->first = false;
	if (j->offset + (int64_t)(j->writing.len + j->filling.len + n) > j->blob.size)
		return ek_fail(&g->err, EK_EINVALID,
			       "layer %s is larger than the %" PRId64 " bytes of the manifest",
			       j->blob.digest, j->blob.size);
	if (j->filling.len + n > CHUNK) {
		if (j->busy) {
			j->paused = true;
			return EK_HTTP_PAUSE;
		}
		write_out(j);
	}
	tell_bytes(j, (int64_t)n);
	return ek_buf_append(&j->filling, data, n);
}

static void on_reply(struct ek_image_source_get *g, int rc)
{
	struct ek_layer_job *j = ek_container_of(g, struct ek_layer_job, get);

	j->ended = true;
	j->end_rc = rc;
	j->paused = false;
	if (j->busy)
		return;
	if (j->filling.len)
		write_out(j); /* also after a failure: it need not come again */
	else
		after_transfer(j);
}

static void request(struct ek_layer_job *j)
{
	ek_image_source_get_done(&j->get);
	j->ended = false;
	j->first = true;
	j->at_start = j->offset;
	j->get = (struct ek_image_source_get){ .registry = j->registry,
					       .what = "blobs",
					       .name = j->blob.digest,
					       .from = j->offset,
					       .on_body = on_body,
					       .cb = on_reply };
	ek_image_source_get_start(&j->get);
}

/* ---- the beginning ---- */

static bool is_cancelled(const struct ek_layer_job *j)
{
	return __atomic_load_n(&j->cancel, __ATOMIC_RELAXED);
}

static int hash_file(struct ek_layer_job *j)
{
	EK_FREE char *buf = ek_malloc(CHUNK);
	ssize_t n;

	while ((n = pread(j->fd, buf, CHUNK, (off_t)j->offset)) > 0 && !is_cancelled(j)) {
		ek_sha256_add(&j->hash, buf, (size_t)n);
		j->offset += n;
	}
	return n < 0 ? ek_fail_errno(&j->err, "read tmp/%s", j->file) : 0;
}

/* What a former try left is hashed and gone on with. */
static int run_begin(struct ek_work *w)
{
	struct ek_layer_job *j = ek_container_of(w, struct ek_layer_job, work);
	struct stat st;

	j->fd = openat(j->images->dir, EK_F("tmp/%s", j->file), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (j->fd < 0 || fstat(j->fd, &st) < 0)
		return ek_fail_errno(&j->err, "open tmp/%s", j->file);
	if (st.st_size > j->blob.size && ftruncate(j->fd, 0) < 0)
		return ek_fail_errno(&j->err, "truncate tmp/%s", j->file);
	return hash_file(j);
}

static void on_begun(struct ek_work *w, int rc)
{
	struct ek_layer_job *j = ek_container_of(w, struct ek_layer_job, work);

	j->busy = false;
	if (j->cancel) {
		job_free(j);
		return;
	}
	if (rc < 0) {
		finish(j, rc);
		return;
	}
	if (j->offset)
		tell_bytes(j, j->offset);
	if (j->offset == j->blob.size)
		check(j);
	else
		request(j);
}

static void begin(struct ek_layer_job *j)
{
	j->images->n_downloading++;
	j->downloading = true;
	j->busy = true;
	ek_sha256_init(&j->hash);
	j->hashing = true;
	j->work = (struct ek_work){ .run = run_begin, .done = on_begun };
	ek_work_start(j->images->loop, &j->work);
}

static struct ek_layer_job *find_job(struct ek_images *s, const char *name)
{
	EK_LIST_EACH(node, tmp, &s->layer_jobs) {
		struct ek_layer_job *j = ek_container_of(node, struct ek_layer_job, node);

		if (ek_streq(j->name, name) && !j->cancel)
			return j;
	}
	return NULL;
}

void ek_layer_join(struct ek_images *s, struct ek_layer_wait *w, const char *diff_id,
		   const struct ek_image_descriptor *blob, struct ek_image_source *r)
{
	struct ek_layer_job *j = find_job(s, ek_digest_hex(diff_id));

	if (!j) {
		j = ek_new(struct ek_layer_job);
		s->n_jobs++;
		j->images = s;
		j->registry = ek_image_source_ref(r);
		j->fd = -1;
		j->blob = *blob;
		ek_list_init(&j->waiters);
		ek_buf_init(&j->filling, CHUNK * 2);
		ek_buf_init(&j->writing, CHUNK * 2);
		(void)snprintf(j->name, sizeof(j->name), "%s", ek_digest_hex(diff_id));
		(void)snprintf(j->file, sizeof(j->file), "download-%s-%.16s",
			       ek_digest_hex(blob->digest), j->name);
		ek_list_add_tail(&s->layer_jobs, &j->node);
	}
	w->job = j;
	ek_list_add_tail(&j->waiters, &w->node);
	start_queued(s);
}

void ek_layer_leave(struct ek_layer_wait *w)
{
	struct ek_layer_job *j = ek_steal(w->job);

	if (!j)
		return;
	ek_list_del(&w->node);
	if (!ek_list_empty(&j->waiters) || j->cancel || j->finishing)
		return;
	ek_image_source_get_cancel(&j->get);
	ek_timer_stop(&j->timer);
	__atomic_store_n(&j->cancel, true, __ATOMIC_RELAXED);
	if (!j->busy)
		job_free(j);
}
