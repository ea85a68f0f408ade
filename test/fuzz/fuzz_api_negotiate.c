/* SPDX-License-Identifier: Apache-2.0 */
#include "api/http/negotiate.h"

#include <ekube/str.h>

#include <stdlib.h>

/* An Accept or a Content-Type: refused in words, or a choice that makes sense. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	struct media_choice c;
	struct ek_err err;
	enum media m;

	if (media_negotiate(text, &c, &err) < 0) {
		EK_ASSERT(err.code == EK_ENOTACCEPTABLE && err.msg[0]);
	} else {
		EK_ASSERT(c.media == MEDIA_JSON || c.media == MEDIA_YAML);
		EK_ASSERT((c.as == AS_IS) == (c.meta_version == NULL));
	}
	if (media_of_body(text, &m, &err) < 0)
		EK_ASSERT(err.code == EK_EUNSUPPORTED && err.msg[0]);
	return 0;
}
