/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <ekube/str.h>

#include "node/image/auth.h"
#include "node/image/ref.h"

/* What parses has a long form, which parses to the same. Challenges end, whatever they say. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	char whole[EK_IMAGE_REF_SIZE], again[EK_IMAGE_REF_SIZE];
	struct ek_challenge challenge;
	struct ek_image_ref ref, back;

	ek_challenge_parse(text, &challenge);
	ek_challenge_done(&challenge);
	if (ek_image_ref_parse(text, &ref, NULL) < 0)
		return 0;
	ek_image_ref_format(&ref, whole);
	EK_ASSERT(ek_image_ref_parse(whole, &back, NULL) == 0);
	ek_image_ref_format(&back, again);
	EK_ASSERT(strcmp(whole, again) == 0);
	EK_ASSERT(!strstr(ref.path, "..") && !strstr(ref.path, "//") && !strchr(whole, ' '));
	return 0;
}
