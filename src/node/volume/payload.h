/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is in the volumes that are made of API objects: configMap, secret, downwardAPI, projected. Pure,
 * given the objects and tokens.
 */

#include "atomic_writer.h"
#include "spec/env.h"

/* The object of a kind ("ConfigMap", "Secret") and name comes from src->find. */
struct ek_payload_source {
	struct ek_env_source env;
	/* Of a projected serviceAccountToken source, by its place in `sources`; NULL: not there yet. */
	const char *(*token)(void *arg, size_t i);
	void       *token_arg;
	int64_t     fs_group; /* of the pod; -1 none */
	int64_t     fs_user;  /* whom all containers run as; -1: not one */
};

/* volume: an element of spec.volumes of one of these types. Messages are those of FailedMount events. */
int ek_payload_make(const struct ek_payload_source *src, const struct ek_json *volume, struct ek_payload *ret,
		    struct ek_err *err);

/* The uid that all containers of the pod are told to run as; -1 when they are not. */
int64_t ek_payload_fs_user(const struct ek_json *pod);
