/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From a method and a path to what is asked for, as k8s.io/apiserver/pkg/endpoints/request resolves it:
 *
 *	/api/v1/namespaces/{ns}/pods/{name}/log          /apis/apps/v1/deployments
 *	/api/v1/nodes/{name}        /api/v1/namespaces/{name}/finalize        /healthz
 *	/api/v1/namespaces/{ns}/services/{name}/proxy/{rest}
 */

#include <ekube/schema.h>

#include "query.h"

struct route {
	bool                         is_resource;
	const struct ek_kind        *kind;        /* NULL: no such resource */
	const struct ek_subresource *sub;         /* NULL with `subresource` set: the kind has none such */
	const char                  *verb;        /* "get", "list", "watch", "create", ...; lower-case method for paths */
	char                        *ns, *name, *subresource;
	/* What comes behind, decoded: the next part; of a proxy all there is, "" when it is a slash alone. */
	char                        *rest;
	const char                  *group, *version, *resource;
	/* private */
	char *text;
};

/* EK_EBADREQUEST for a path that cannot be decoded. */
int  route_parse(const char *method, const char *path, const struct query *q, struct route *ret, struct ek_err *err);
void route_done(struct route *r);

bool route_is_proxy(const struct route *r);

/* Does the kind (or the subresource) offer this verb at this place (name given or not, namespace given or not)? */
bool route_allowed(const struct route *r);
