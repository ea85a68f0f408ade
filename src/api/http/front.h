/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The HTTP front: port, TLS, who asks. What api.c starts and stops. */

#include <ekube/api.h>

#include "registry.h"

struct front;

int  front_new(const struct ek_api_options *o, struct ek_registry *r, struct front **ret, struct ek_err *err);
/* Opens the port. A port in use is said in one sentence. */
int  front_start(struct front *f, struct ek_err *err);
int  front_port(const struct front *f);
/* Accepts no more, ends what flows (watches, logs), waits for the rest a moment. */
void front_stop(struct front *f, void (*stopped)(void *arg), void *arg);
void front_free(struct front *f);

/* For handlers. */
struct ek_registry          *front_registry(struct front *f);
const struct ek_api_options *front_options(struct front *f);
bool                         front_is_stopping(const struct front *f);
