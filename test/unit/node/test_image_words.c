/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include "ek_test.h"
#include "container/image_ensure.h"
#include "image_gc.h"

/* What statuses call an image, and when images have to go. */

static char id[] = "sha256:aaaa", tag1[] = "docker.io/library/box:1", tag2[] = "reg.example.com/team/box:2",
	    digest1[] = "docker.io/library/box@sha256:dd", digest2[] = "reg.example.com/team/box@sha256:ee";
static char *both_tags[] = { tag1, tag2, NULL }, *both_digests[] = { digest1, digest2, NULL },
	    *none[] = { NULL };
static const struct ek_image known = { .id = id, .tags = both_tags, .digests = both_digests };
static const struct ek_image bare = { .id = id, .tags = none, .digests = none };

static const struct {
	const struct ek_image *image;
	const char            *wanted, *name, *id;
} rows[] = {
	{ &known, "box:1", "docker.io/library/box:1", "docker.io/library/box@sha256:dd" },
	{ &known, "docker.io/library/box:1", "docker.io/library/box:1", "docker.io/library/box@sha256:dd" },
	{ &known, "reg.example.com/team/box:2", "reg.example.com/team/box:2", "reg.example.com/team/box@sha256:ee" },
	{ &known, "sha256:aaaa", "docker.io/library/box:1", "docker.io/library/box@sha256:dd" }, /* by its ID: the first of each */
	{ &bare, "sha256:aaaa", "sha256:aaaa", "sha256:aaaa" },
};

START_TEST(names)
{
	EK_FREE char *name = ek_image_display(rows[_i].image, rows[_i].wanted);
	EK_FREE char *what = ek_image_display_id(rows[_i].image, rows[_i].wanted);

	ck_assert_str_eq(name, rows[_i].name);
	ck_assert_str_eq(what, rows[_i].id);
}
END_TEST

static const struct {
	int64_t size, available, excess;
} gc_rows[] = {
	{ 1000, 500, 0 },
	{ 1000, 160, 0 },
	{ 1000, 151, 49 },
	{ 1000, 150, 50 },
	{ 1000, 100, 100 },
	{ 1000, 0, 200 },
	{ 0, 0, 0 },
	{ INT64_C(4) << 40, INT64_C(1) << 39, (INT64_C(4) << 40) / 100 * 20 - (INT64_C(1) << 39) },
};

START_TEST(excess)
{
	ck_assert_int_eq(ek_image_gc_excess(gc_rows[_i].size, gc_rows[_i].available),
			 gc_rows[_i].excess);
}
END_TEST

EK_TESTS("node/image_words", EK_ROWS(names, rows), EK_ROWS(excess, gc_rows))
