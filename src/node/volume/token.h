/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One token of a service account, bound to a pod, for a projected volume: asked for, and asked for again
 * before it is old.
 */

#include <ekube/client.h>

struct ek_token {
	/* There is a first token, a newer one, or a failure (`error`); trying goes on. */
	void (*changed)(struct ek_token *t);
	char            *text;     /* NULL: none yet */
	char            *error;    /* of the last try; NULL: it went well */
	/* private */
	struct ek_client *client;
	char             *ns, *account, *audience, *pod, *uid;
	int64_t           seconds;
	struct ek_timer   timer;
	int64_t           pause_ms;
	struct ek_token_ask *asking; /* NULL: nothing is asked */
};

/* source: the serviceAccountToken of the projection. */
void ek_token_start(struct ek_client *client, struct ek_token *t, const struct ek_json *pod,
		    const struct ek_json *source, void (*changed)(struct ek_token *t));
void ek_token_stop(struct ek_token *t); /* harmless when zeroed */

/* When to ask again for a token that lasts from issued to expires: after four fifths, a day at most. Pure. */
int64_t ek_token_refresh_ms(int64_t now_us, int64_t expires_us);
