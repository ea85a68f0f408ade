/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A struct ek_client over a small API in memory, for tests of what lives above the API: create, get,
 * list, update, patch (merge, JSON, strategic), status, delete (one, or a namespace's) with grace and
 * finalizers, watch. It admits anything: no defaults, no validation. Answers and events arrive in a
 * later turn of the loop, as over a network, answers always before the events of the same write.
 *
 * Objects are kept by kind, namespace and name; `rev` counts writes.
 */

#include <ekube/client.h>

struct fake_client;

struct fake_client *fake_client_new(struct ek_loop *loop);
struct ek_client   *fake_client_of(struct fake_client *f);
void                fake_client_free(struct fake_client *f);

/* Put an object there directly (metadata.uid and others are made when missing). Returns its revision. */
int64_t fake_client_put(struct fake_client *f, const struct ek_kind *kind, const struct ek_json *obj);
/* From JSON text with single quotes, see ek_json_make. */
int64_t fake_client_put_text(struct fake_client *f, const struct ek_kind *kind, const char *text);
void    fake_client_remove(struct fake_client *f, const struct ek_kind *kind, const char *ns, const char *name);
/* Borrowed; NULL when absent. */
const struct ek_json *fake_client_get(struct fake_client *f, const struct ek_kind *kind, const char *ns,
				      const char *name);
size_t                fake_client_count(struct fake_client *f, const struct ek_kind *kind);
/* The i-th object of a kind in order of creation; NULL past the end. */
const struct ek_json *fake_client_nth(struct fake_client *f, const struct ek_kind *kind, size_t i);

/* The next `times` calls with this verb on this kind (NULL: any) fail with rc; they change nothing. */
void fake_client_fail(struct fake_client *f, enum ek_verb verb, const struct ek_kind *kind, int rc, int times);
/* Every watch ends with rc, as when a connection breaks; EK_EEXPIRED as when history is trimmed. */
void fake_client_break_watches(struct fake_client *f, int rc);
/* Calls answered so far, and those of one verb. */
int fake_client_calls(const struct fake_client *f);
int fake_client_calls_of(const struct fake_client *f, enum ek_verb verb);
/* Run the loop until nothing is left to answer or deliver and no deferred work remains. */
void fake_client_settle(struct fake_client *f);
