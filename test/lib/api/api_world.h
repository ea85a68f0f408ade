/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A whole API server without its port, over the store in memory: what tests of the registry drive.
 * Bodies are JSON with single quotes.
 */

#include <ekube/api.h>

struct world {
	struct ek_loop   *loop;
	struct ek_store  *store;
	struct ek_api    *api;
	struct ek_client *admin;
	/* result of the last world_do */
	struct ek_call    call;
	struct ek_json   *body;
	bool              answered;
	int               rc;
};

/* ek_check failures inside abort the test. The service account "default" exists in the namespace "default". */
void world_open(struct world *w);
void world_open_with(struct world *w, struct ek_store *take_store, struct ek_loop *take_loop);
/* loop and store are set already; `more` has what the world does not decide itself. */
void world_start(struct world *w, const struct ek_api_options *more);
void world_close(struct world *w);

/* The call stays in w->call until the next one. client NULL: the administrator. Returns its rc. */
int world_do(struct world *w, struct ek_client *client, enum ek_verb verb, const struct ek_kind *k, const char *ns,
	     const char *name, const char *text);
/* The same with more in it: begin, fill w->call, call. */
struct ek_call *world_begin(struct world *w, enum ek_verb verb, const struct ek_kind *k, const char *ns,
			    const char *name);
int world_call(struct world *w, struct ek_client *client, const char *text);
int world_create(struct world *w, const struct ek_kind *k, const char *ns, const char *text);
int world_get(struct world *w, const struct ek_kind *k, const char *ns, const char *name);

const struct ek_json *world_object(struct world *w);               /* of the last answer; NULL when there is none */
const char           *world_str(struct world *w, const char *path); /* in it */
int64_t               world_int(struct world *w, const char *path);
const char           *world_message(struct world *w);              /* of the last failure */
const char           *world_status(struct world *w, const char *path); /* "reason", "details.causes.0.field" */
void                  world_settle(struct world *w);               /* until nothing is left to do now */
struct ek_json       *world_json(const char *text);                /* single quotes to JSON */
