/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <ekube/json.h>
#include <ekube/str.h>

#include "node/image/manifest.h"
#include "node/image/registries.h"

/* One JSON text as everything that a registry, an archive or an administrator may send. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_JSON struct ek_json *v = NULL;
	struct ek_image_platform here = ek_image_platform_here();
	struct ek_image_descriptor chosen;
	struct ek_image_manifest manifest;
	struct ek_image_config config;
	struct ek_registries *registries;
	struct ek_endpoint endpoints[EK_ENDPOINTS_MAX];
	struct ek_image_ref ref;
	struct ek_cred creds[EK_CREDS_MAX];
	const struct ek_json *secrets[1];
	size_t n;

	if (ek_json_parse((const char *)data, size, EK_IMAGE_JSON_MAX, &v, NULL, NULL) < 0)
		return 0;
	if (ek_image_is_index(v) && ek_image_index_choose(v, &here, &chosen, NULL) == 0)
		EK_ASSERT(ek_image_is_digest(chosen.digest));
	if (ek_image_manifest_parse(v, &manifest, NULL) == 0)
		ek_image_manifest_done(&manifest);
	if (ek_image_config_parse(v, &config, NULL) == 0)
		ek_image_config_done(&config);
	secrets[0] = v;
	n = ek_keyring_lookup(secrets, 1, "docker.io/library/x", creds);
	while (n-- > 0)
		ek_cred_done(&creds[n]);
	if (ek_registries_parse(v, &registries, NULL) == 0) {
		EK_ASSERT(ek_image_ref_parse("a/b", &ref, NULL) == 0);
		n = ek_registries_endpoints(registries, &ref, endpoints);
		while (n-- > 0)
			ek_endpoint_done(&endpoints[n]);
		ek_registries_free(registries);
	}
	return 0;
}
