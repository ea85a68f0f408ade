/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a plain YAML 1.1 scalar means to Kubernetes (the goyaml.v2 in sigs.k8s.io/yaml). */

#include <ekube/base.h>

enum yaml_kind {
	YAML_STR,
	YAML_NULL,
	YAML_BOOL,
	YAML_INT,
	YAML_FLOAT,
	YAML_NOT_FINITE, /* .inf, .nan: floats that JSON cannot hold */
};

struct yaml_scalar {
	enum yaml_kind kind;
	bool           b;
	int64_t        i;
	double         d; /* also integers past 63 bits */
};

struct yaml_scalar ek_yaml_resolve(const char *s, size_t n);

/* "1:30": a number to other readers of YAML 1.1, so it is quoted when written. */
bool ek_yaml_base60(const char *s);
