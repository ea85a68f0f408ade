/* SPDX-License-Identifier: Apache-2.0 */

/* Which path goes to which handler. */

#include "handlers.h"
#include "paths.h"

const struct path_handler path_handlers[] = {
	{ "/healthz", true, handle_health },
	{ "/livez", true, handle_health },
	{ "/readyz", true, handle_health },
	{ "/version", false, handle_version },
	{ "/metrics", false, handle_metrics },
	{ "/openapi/v2", false, handle_openapi_v2 },
	{ "/openapi/v3", true, handle_openapi_v3 },
	{ "/openid/v1/jwks", false, handle_jwks },
	{ "/.well-known/openid-configuration", false, handle_openid_configuration },
	{ "/api", true, handle_discovery },
	{ "/apis", true, handle_discovery },
	{ NULL, false, NULL },
};
