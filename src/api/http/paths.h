/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Handlers of paths that are not resources; see paths.c. */

struct request;

void handle_health(struct request *rq);
void handle_version(struct request *rq);
void handle_metrics(struct request *rq);
void handle_discovery(struct request *rq);
void handle_openapi_v2(struct request *rq);
void handle_openapi_v3(struct request *rq);
void handle_jwks(struct request *rq);
void handle_openid_configuration(struct request *rq);
