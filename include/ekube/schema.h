/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The API as tables: one file a kind, a row a field, and small interpreters that walk the rows to
 * decode, prune, default, validate, patch, describe and print. Custom resources compile to the same
 * tables at run time and so take the same road.
 *
 * Everything here is a pure function over values: no I/O, no clock, any thread.
 */

#include <ekube/meta.h>
#include <ekube/vec.h>

/* ------------------------------------------------------------------ tables */

enum ek_ftype {
	EK_F_STR,
	EK_F_INT32,
	EK_F_INT64,
	EK_F_BOOL,
	EK_F_DOUBLE,
	EK_F_BYTES,      /* base64 text */
	EK_F_TIME,       /* metav1.Time; null when not set */
	EK_F_MICROTIME,
	EK_F_DURATION,   /* metav1.Duration: Go's text */
	EK_F_QUANTITY,   /* text or number in, canonical text out */
	EK_F_INTORSTR,
	EK_F_OBJ,        /* `of` tells the type */
	EK_F_RAW,        /* any JSON: RawExtension, FieldsV1, JSON; `of` (without rows) names which */
};

/* One value, an array of them, an object from string to them, an object from string to arrays of them. */
enum ek_fshape { EK_ONE, EK_LIST, EK_MAP, EK_MAP_OF_LISTS };

enum ek_fflag {
	EK_REQUIRED     = 1 << 0,  /* empty gives the cause "Required value" */
	/*
	 * These two mirror Go's declaration and decide what is encoded; copy them to the letter.
	 * Go's omitempty never leaves out a struct: an object, time, quantity, duration or IntOrString
	 * that is no pointer is always encoded ({}, null, "0", "0s", 0), with or without EK_KEEP.
	 */
	EK_KEEP         = 1 << 1,  /* encoded even when zero: Go's tag has no omitempty; empty lists and maps: null */
	EK_POINTER      = 1 << 2,  /* Go's type is a pointer: zero and absent differ: false, 0 and {} are kept */
	EK_INLINE       = 1 << 3,  /* EK_F_OBJ whose fields sit in the parent (",inline") */
	/* update may not change it: "field is immutable"; not below lists, whose elements have no old ones */
	EK_IMMUTABLE    = 1 << 4,
	/* how lists and objects merge: x-kubernetes-list-type, patchStrategy */
	EK_LIST_SET     = 1 << 5,
	EK_LIST_MAP     = 1 << 6,  /* list_keys has the keys */
	EK_ATOMIC       = 1 << 7,
	EK_PATCH_MERGE  = 1 << 8,  /* patchStrategy=merge; merge_key has the key, NULL for a list of scalars */
	EK_PATCH_RETAIN = 1 << 9,  /* patchStrategy=retainKeys */
	EK_DEPRECATED   = 1 << 10,
	EK_PATCH_REPLACE = 1 << 11, /* patchStrategy=replace, of an object */
	EK_OPEN         = 1 << 12, /* of a type: members without a row are kept (preserve-unknown-fields) */
	EK_OPTIONAL     = 1 << 13, /* EK_KEEP, yet "+optional": OpenAPI does not call it required */
};

#define EK_NO_MAX INT64_MAX /* for .max: only .min counts, so that .min may be 0 */

struct ek_type;
struct ek_causes;
struct ek_path;

struct ek_field {
	const char           *name;       /* as in JSON */
	uint8_t               type;       /* enum ek_ftype */
	uint8_t               shape;      /* enum ek_fshape */
	uint16_t              flags;      /* enum ek_fflag */
	uint16_t              pb;         /* protobuf field number */
	const struct ek_type *of;         /* EK_F_OBJ: of the value, element or member */
	const char           *dflt;       /* unconditional default, JSON text: "\"TCP\"", "30", "{}" */
	const char *const    *one_of;     /* a string's values in the order messages list them, ended by NULL */
	const char         *(*check)(const char *s); /* a string's format: NULL when valid, else the message */
	int64_t               min, max;   /* of a number or quantity; a string's bytes; both 0: unbounded */
	const char           *list_keys;  /* "containerPort,protocol" */
	const char           *merge_key;
	const char           *go;         /* Go's name when a string or number has its own: "v1.RestartPolicy" */
	const char           *doc;        /* one line, our own words */
};

/* What the interpreters work out about a type when they first meet it; zeroed is empty. */
struct ek_type_cache {
	struct ek_type_index *index; /* set once, atomically; any thread may be first */
};

struct ek_type {
	const char            *name;      /* OpenAPI definition: "io.k8s.api.core.v1.Container" */
	const char            *doc;
	const struct ek_field *fields;
	size_t                 n_fields;
	struct ek_type_cache  *cache;     /* never NULL */
	uint16_t               flags;     /* EK_ATOMIC (x-kubernetes-map-type), EK_OPEN */
};

/*
 * At file scope: static EK_TYPE(port_type, "io.k8s.api.core.v1.ContainerPort", "A port.", port_rows);
 * or with members of its own: EK_TYPE(var, name, doc, rows, .flags = EK_ATOMIC);
 */
#define EK_TYPE(var, name_, doc_, rows, ...)                                                    \
	const struct ek_type var = { .name = (name_), .doc = (doc_), .fields = (rows),          \
				     .n_fields = EK_ARRAY_LEN(rows),                            \
				     .cache = &(struct ek_type_cache){ 0 }, __VA_ARGS__ }

/* Types of the common metadata, for who decodes or writes them without a kind. */
extern const struct ek_type ek_type_object_meta, ek_type_list_meta, ek_type_owner_reference,
	ek_type_label_selector, ek_type_status, ek_type_delete_options, ek_type_condition;

/* Frees what the cache of a type made at run time holds; nobody may use the type any more. */
void ek_type_cache_done(struct ek_type_cache *c);

/* ------------------------------------------------------------------- kinds */

enum ek_kverb { /* what the API server offers; order of discovery is alphabetical */
	EK_V_CREATE = 1 << 0,
	EK_V_DELETE = 1 << 1,
	EK_V_DELETECOLLECTION = 1 << 2,
	EK_V_GET = 1 << 3,
	EK_V_LIST = 1 << 4,
	EK_V_PATCH = 1 << 5,
	EK_V_UPDATE = 1 << 6,
	EK_V_WATCH = 1 << 7,
	EK_V_ALL = 0xff,
	EK_V_PROXY = EK_V_CREATE | EK_V_DELETE | EK_V_GET | EK_V_PATCH | EK_V_UPDATE, /* and HEAD, OPTIONS */
};

/* A subresource: "status", "scale", "log". kind etc. name what it takes and gives when not the parent's. */
struct ek_subresource {
	const char *name;
	const char *group, *version, *kind; /* NULL: the parent's */
	uint32_t    verbs;
	const struct ek_type *type;         /* of that kind; NULL: the parent's */
	bool        stream;                 /* log, exec, attach, portforward, proxy: text or a connection, no object */
};

/* A printer column (metav1.TableColumnDefinition). */
struct ek_column {
	const char *name, *type, *format, *doc;
	int         priority; /* 0 always, 1 with -o wide */
	/* The cell: a dotted path in the object, or a function that builds it (returns a new value). */
	const char *path;
	struct ek_json *(*cell)(const struct ek_json *obj, int64_t now_us);
};

struct ek_kind {
	const char *group;                 /* "" for core */
	const char *version;               /* "v1" */
	const char *kind;                  /* "Pod" */
	const char *plural, *singular;
	const char *const *short_names;    /* NULL-terminated or NULL */
	const char *const *categories;
	bool        namespaced;
	uint32_t    verbs;
	const struct ek_subresource *subresources; /* ended by a NULL name; or NULL */
	const struct ek_type   *type;
	const struct ek_column *columns;   /* ended by a NULL name; NULL: Name and Age */
	const char *const *fields;         /* selectable beyond metadata.name and metadata.namespace */
	/*
	 * Where it is stored, when not under its own group: events.k8s.io events live with core events.
	 * The converters turn the stored form into this one and back; both give new values.
	 */
	const struct ek_kind *stored_as;
	struct ek_json *(*from_stored)(const struct ek_json *stored);
	struct ek_json *(*to_stored)(const struct ek_json *obj);
	bool        no_list_kind_suffix;   /* reserved */
};

/* All built-in kinds, ended by NULL, in discovery order. */
extern const struct ek_kind *const ek_kinds[];

/* group "" is core. NULL when there is none. */
const struct ek_kind *ek_kind_find(const char *group, const char *version, const char *kind);
const struct ek_kind *ek_kind_by_plural(const char *group, const char *version, const char *plural);
const char *ek_kind_api_version(const struct ek_kind *k, char out[96]); /* "v1", "apps/v1" */

/* Kinds that code names: defined by the table files. */
extern const struct ek_kind ek_kind_pod, ek_kind_node, ek_kind_namespace, ek_kind_service,
	ek_kind_endpoints, ek_kind_configmap, ek_kind_secret, ek_kind_serviceaccount, ek_kind_event,
	ek_kind_pv, ek_kind_pvc, ek_kind_podtemplate, ek_kind_rc, ek_kind_limitrange, ek_kind_resourcequota,
	ek_kind_deployment, ek_kind_replicaset, ek_kind_lease, ek_kind_endpointslice,
	ek_kind_role, ek_kind_clusterrole, ek_kind_rolebinding, ek_kind_clusterrolebinding,
	ek_kind_events_event, ek_kind_controllerrevision, ek_kind_daemonset, ek_kind_statefulset,
	ek_kind_priorityclass,
	ek_kind_tokenreview, ek_kind_selfsubjectreview, ek_kind_subjectaccessreview,
	ek_kind_selfsubjectaccessreview, ek_kind_localsubjectaccessreview, ek_kind_selfsubjectrulesreview;

/* ------------------------------------------------------------ field errors */

/* metav1.CauseType, field.ErrorType (k8s.io/apimachinery/pkg/util/validation/field). */
enum ek_cause_type {
	EK_CAUSE_NOTFOUND,    /* FieldValueNotFound     "Not found: \"x\"" */
	EK_CAUSE_REQUIRED,    /* FieldValueRequired     "Required value: detail" */
	EK_CAUSE_DUPLICATE,   /* FieldValueDuplicate    "Duplicate value: \"x\"" */
	EK_CAUSE_INVALID,     /* FieldValueInvalid      "Invalid value: \"x\": detail" */
	EK_CAUSE_UNSUPPORTED, /* FieldValueNotSupported "Unsupported value: \"x\": supported values: ..." */
	EK_CAUSE_FORBIDDEN,   /* FieldValueForbidden    "Forbidden: detail" */
	EK_CAUSE_TOOLONG,     /* FieldValueTooLong      "Too long: may not be more than n bytes" */
	EK_CAUSE_TOOMANY,     /* FieldValueTooMany      "Too many: n: must have at most m items" */
	EK_CAUSE_INTERNAL,    /* InternalError */
	EK_CAUSE_TYPE,        /* FieldValueTypeInvalid */
};

struct ek_cause {
	enum ek_cause_type type;
	char *field;
	char *message; /* complete, as in Status.details.causes[].message */
};

struct ek_causes {
	EK_VEC(struct ek_cause) v; /* stops growing at 100; `more` counts the rest */
	size_t more;
};
void ek_causes_done(struct ek_causes *c);

/* bad: the offending value (borrowed, may be NULL). The detail is formatted. */
void ek_cause_add(struct ek_causes *c, enum ek_cause_type type, const struct ek_path *at,
		  const struct ek_json *bad, const char *fmt, ...) EK_PRINTF(5, 6);
void ek_cause_unsupported(struct ek_causes *c, const struct ek_path *at, const struct ek_json *bad,
			  const char *const *supported);
/* The same when the offending value is already text in Go's syntax; NULL bad prints none. */
void ek_cause_add_text(struct ek_causes *c, enum ek_cause_type type, const struct ek_path *at,
		       const char *bad, const char *detail);
/* Go's syntax, as messages show values: strconv.Quote, and %#v of a field's value (what remains of its shape given). */
void ek_go_quote(struct ek_buf *out, const char *s);
void ek_go_syntax_of(struct ek_buf *out, const struct ek_field *f, enum ek_fshape shape, const struct ek_json *v);
/* metav1.CauseType: "FieldValueRequired". */
const char *ek_cause_reason(enum ek_cause_type type);
/* All of them as Status.message has them: "spec.x: Required value", "[a: ..., b: ...]". Malloc'd. */
char *ek_causes_text(const struct ek_causes *c);

/* A field path under construction: "spec.containers[0].env[1].name", "metadata.labels[a/b]". */
struct ek_path {
	char   text[1024]; /* cut when longer */
	size_t len;
};
/* Each returns the mark to give to ek_path_pop. */
size_t ek_path_push(struct ek_path *p, const char *field); /* may itself be dotted */
size_t ek_path_index(struct ek_path *p, size_t i);
size_t ek_path_key(struct ek_path *p, const char *key);
void   ek_path_pop(struct ek_path *p, size_t mark);

/* ------------------------------------------------------------ interpreters */

enum ek_strictness { EK_FIELDS_IGNORE, EK_FIELDS_WARN, EK_FIELDS_STRICT }; /* fieldValidation */

/*
 * The typed form of outside JSON: unknown fields dropped (WARN collects "unknown field \"spec.x\"" in
 * `warnings`, an array of strings; STRICT fails with them all), nulls dropped, values brought to their
 * type or refused (EK_EBADREQUEST with Go's wording), quantities and times made canonical, zero values
 * of omitempty fields left out and EK_KEEP fields present: what a Go API server would encode again,
 * members in the order of the rows.
 *
 * `warnings` may be NULL with IGNORE and STRICT. What it already holds counts as found: put
 * "duplicate field \"spec.x\"" of the parser there, and STRICT refuses it with the rest.
 */
int ek_schema_decode(const struct ek_type *t, const struct ek_json *in, enum ek_strictness strictness,
		     struct ek_json **ret, struct ek_json *warnings, struct ek_err *err);

/*
 * An object in Kubernetes' protobuf form ("k8s\0" and runtime.Unknown) as JSON, by the tables' field
 * numbers; ek_schema_decode() comes next, as for JSON. EK_EBADREQUEST.
 */
int ek_protobuf_decode(const void *data, size_t n, struct ek_json **ret, struct ek_err *err);

/* Fill unconditional defaults in place (obj is unshared). Conditional ones belong to the kind's hooks. */
void ek_schema_default(const struct ek_type *t, struct ek_json *obj);

/* Required, enums, formats, bounds, immutability (old NULL on create). `at` is where obj sits. */
void ek_schema_validate(const struct ek_type *t, const struct ek_json *obj, const struct ek_json *old,
			struct ek_path *at, struct ek_causes *causes);

/* ObjectMeta: names by the kind's format, labels, annotations, owners, finalizers, immutables. */
typedef const char *(*ek_name_check)(const char *s);
void ek_meta_validate(const struct ek_json *obj, const struct ek_json *old, bool namespaced,
		      ek_name_check name_check, struct ek_path *at, struct ek_causes *causes);
void ek_labels_validate(const struct ek_json *labels, struct ek_path *at, struct ek_causes *causes);
void ek_label_selector_validate(const struct ek_json *sel, bool allow_invalid_values, struct ek_path *at,
				struct ek_causes *causes);

/*
 * Strategic merge patch with $patch, $retainKeys, $setElementOrder, $deleteFromPrimitiveList. Members
 * that the type does not know merge as in RFC 7386. The result is not yet decoded.
 */
int ek_strategic_patch(const struct ek_type *t, const struct ek_json *doc, const struct ek_json *patch,
		       struct ek_json **ret, struct ek_err *err);

/* The field of that JSON name, also of inlined types; NULL when there is none. */
const struct ek_field *ek_type_field(const struct ek_type *t, const char *name);

/* ---------------------------------------------------------------- describe */

/*
 * OpenAPI documents: deterministic, so their hash can be an ETag. v2 as JSON text and as gnostic's
 * protobuf (openapi.v2.Document; kubectl of any age asks for that); v3 as JSON text, one document a
 * group and version. 0 or EK_ETOOLARGE.
 */
int ek_openapi_v2(const struct ek_kind *const *kinds, struct ek_buf *out);
int ek_openapi_v2_pb(const struct ek_kind *const *kinds, struct ek_buf *out);
int ek_openapi_v3(const char *group, const char *version, const struct ek_kind *const *kinds, struct ek_buf *out);

/* metav1.Table pieces: definitions of a kind's columns, and the cells of one object. */
struct ek_json *ek_table_columns(const struct ek_kind *k);
struct ek_json *ek_table_cells(const struct ek_kind *k, const struct ek_json *obj, int64_t now_us);
/* "3d4h", "5m", as k8s.io/apimachinery/pkg/util/duration.HumanDuration. */
void ek_human_duration(int64_t us, char out[24]);
