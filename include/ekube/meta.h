/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What all API objects share: metadata, owners, conditions; selectors; quantities; patches. */

#include <ekube/json.h>

/* ---- metadata, read from a parsed object; borrowed, NULL when absent ---- */
const char     *ek_meta_name(const struct ek_json *obj);
const char     *ek_meta_namespace(const struct ek_json *obj);
const char     *ek_meta_uid(const struct ek_json *obj);
int64_t         ek_meta_rev(const struct ek_json *obj);         /* resourceVersion, 0 when absent */
int64_t         ek_meta_generation(const struct ek_json *obj);
struct ek_json *ek_meta_labels(const struct ek_json *obj);
struct ek_json *ek_meta_annotations(const struct ek_json *obj);
const char     *ek_meta_label(const struct ek_json *obj, const char *key);
const char     *ek_meta_annotation(const struct ek_json *obj, const char *key);
bool            ek_meta_deleting(const struct ek_json *obj);    /* deletionTimestamp set */
bool            ek_meta_has_finalizer(const struct ek_json *obj, const char *name);
struct ek_json *ek_meta_controller(const struct ek_json *obj);  /* the ownerReference with controller: true */
bool            ek_meta_owned_by(const struct ek_json *obj, const char *uid);
struct ek_json *ek_meta_new_owner(const char *api_version, const char *kind, const struct ek_json *owner);

/* status.conditions: find by type; set (keeps lastTransitionTime when the status is the same). */
struct ek_json *ek_meta_condition(const struct ek_json *obj, const char *type);
bool            ek_meta_condition_is(const struct ek_json *obj, const char *type, const char *status);
/* obj must be editable (ek_json_edit). NULL reason or message: left out. False when nothing changed. */
bool            ek_meta_set_condition(struct ek_json *obj, const char *type, const char *status,
				      const char *reason, const char *message, const char *now);

/* ---- label selectors (k8s.io/apimachinery/pkg/labels) ---- */
struct ek_selector; /* immutable, counted */
/* "a=b,c!=d,e in (x,y),f notin (z),g,!h,i>5"; at most 64 KiB. "" selects everything. */
int  ek_selector_parse(const char *text, struct ek_selector **ret, struct ek_err *err);
/* From a metav1.LabelSelector object; NULL/absent selects nothing, {} everything. */
int  ek_selector_from_json(const struct ek_json *label_selector, struct ek_selector **ret, struct ek_err *err);
/* From a plain map of labels (Service.spec.selector). */
struct ek_selector *ek_selector_from_map(const struct ek_json *map);
struct ek_selector *ek_selector_ref(struct ek_selector *s);
void  ek_selector_unref(struct ek_selector *s);
void  ek_selector_unrefp(struct ek_selector **s);
bool  ek_selector_empty(const struct ek_selector *s);            /* selects everything */
bool  ek_selector_match(const struct ek_selector *s, const struct ek_json *labels);
bool  ek_selector_match_fn(const struct ek_selector *s,
			   const char *(*get)(void *arg, const char *key), void *arg);
char *ek_selector_text(const struct ek_selector *s);             /* as kubectl prints it */

/* ---- may a pod be on a node? (k8s.io/component-helpers/scheduling) ---- */
bool ek_taint_is_tolerated(const struct ek_json *taint, const struct ek_json *tolerations);
/* A NodeSelector: any of its terms. */
bool ek_node_selector_match(const struct ek_json *node, const struct ek_json *node_selector);
/* nodeSelector and required node affinity of a pod's spec. */
bool ek_node_wanted_by(const struct ek_json *node, const struct ek_json *spec);

/* ---- field selectors: "metadata.name=x,status.phase!=Running" ---- */
struct ek_field_term {
	char *path, *value;
	bool  negate;
};
struct ek_field_selector {
	struct ek_field_term *terms;
	size_t                n;
};
int  ek_field_selector_parse(const char *text, struct ek_field_selector *ret, struct ek_err *err);
void ek_field_selector_done(struct ek_field_selector *s);

/* ---- quantities (k8s.io/apimachinery/pkg/api/resource) ---- */
enum ek_quantity_format { EK_Q_DECIMAL_SI, EK_Q_BINARY_SI, EK_Q_DECIMAL_EXPONENT };
struct ek_quantity {
	int64_t value;  /* value * 10^scale; rounded up where Kubernetes rounds up */
	int8_t  scale;  /* 0 .. -9 or positive for huge values */
	uint8_t format;
};
int     ek_quantity_parse(const char *s, struct ek_quantity *ret, struct ek_err *err);
/* A string, or a number as YAML has them; null is zero, absent is an error. */
int     ek_quantity_from_json(const struct ek_json *v, struct ek_quantity *ret, struct ek_err *err);
/*
 * Text to the text that Kubernetes stores: usually the canonical form, but it leaves some
 * spellings alone ("1.500", "+5") and so does this. For writing objects; 40 bytes hold all.
 */
int     ek_quantity_canonical(const char *s, char out[40], struct ek_err *err);
void    ek_quantity_format(const struct ek_quantity *q, char out[40]); /* canonical form */
int     ek_quantity_cmp(const struct ek_quantity *a, const struct ek_quantity *b);
void    ek_quantity_add(struct ek_quantity *a, const struct ek_quantity *b); /* saturates */
void    ek_quantity_sub(struct ek_quantity *a, const struct ek_quantity *b);
int64_t ek_quantity_value(const struct ek_quantity *q);  /* rounded up */
int64_t ek_quantity_milli(const struct ek_quantity *q);  /* rounded up, saturates */
/* Convenience on JSON strings and numbers: 0 for absent or malformed. */
int64_t ek_quantity_json_value(const struct ek_json *v);
int64_t ek_quantity_json_milli(const struct ek_json *v);

/* IntOrString against a total: "25%" of 10 rounded up or down; -EINVAL when malformed. */
int ek_int_or_percent(const struct ek_json *v, int total, bool round_up, int *ret);

/* ---- patches that need no schema ---- */
/* RFC 6902; at most 10 000 operations. Errors are EK_EINVALID/EK_EBADREQUEST as the API server reports them. */
int ek_json_patch(const struct ek_json *doc, const struct ek_json *patch, struct ek_json **ret, struct ek_err *err);
/* RFC 7386. */
struct ek_json *ek_merge_patch(const struct ek_json *doc, const struct ek_json *patch);
/* The merge patch that turns a into b; NULL when they are equal. */
struct ek_json *ek_merge_diff(const struct ek_json *a, const struct ek_json *b);
