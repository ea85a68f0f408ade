/* SPDX-License-Identifier: Apache-2.0 */
#include "fault_store.h"

#include <impl.h>

static const struct store_ops *real;
static struct store_ops faulty;
static int left, failure;

static int commit(struct ek_store *s, struct ek_err *err)
{
	if (left == 0)
		return real->commit(s, err);
	left -= left > 0;
	real->rollback(s);
	return ek_fail(err, failure, "a commit that was made to fail");
}

void fault_store_commits(struct ek_store *s, int n, int rc)
{
	if (!real) {
		real = s->ops;
		faulty = *real;
		faulty.commit = commit;
	}
	EK_ASSERT(s->ops == real || s->ops == &faulty); /* one store a process */
	s->ops = &faulty;
	left = n;
	failure = rc;
}
