/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field field_selector_attributes_rows[] = {
	{ "rawSelector", EK_F_STR, .pb = 1, .doc = "As text." },
	{ "requirements", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &ek_type_field_selector_requirement,
	  .doc = "As conditions." },
};
static EK_TYPE(field_selector_attributes_type, "io.k8s.api.authorization.v1.FieldSelectorAttributes",
	       "A field selector.", field_selector_attributes_rows);

static const struct ek_field label_selector_attributes_rows[] = {
	{ "rawSelector", EK_F_STR, .pb = 1, .doc = "As text." },
	{ "requirements", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &ek_type_label_selector_requirement,
	  .doc = "As conditions." },
};
static EK_TYPE(label_selector_attributes_type, "io.k8s.api.authorization.v1.LabelSelectorAttributes",
	       "A label selector.", label_selector_attributes_rows);

static const struct ek_field resource_attributes_rows[] = {
	{ "namespace", EK_F_STR, .pb = 1,
	  .doc = "Namespace; \"\" for all, or for cluster-scoped resources." },
	{ "verb", EK_F_STR, .pb = 2, .doc = "get, list, watch, create and so on; \"*\" for all." },
	{ "group", EK_F_STR, .pb = 3, .doc = "Group; \"*\" for all." },
	{ "version", EK_F_STR, .pb = 4, .doc = "Version; \"*\" for all." },
	{ "resource", EK_F_STR, .pb = 5, .doc = "Resource; \"*\" for all." },
	{ "subresource", EK_F_STR, .pb = 6, .doc = "Subresource; \"\" for none." },
	{ "name", EK_F_STR, .pb = 7, .doc = "Name of the object; \"\" for all." },
	{ "fieldSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8, .of = &field_selector_attributes_type,
	  .doc = "Which objects, by fields." },
	{ "labelSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &label_selector_attributes_type,
	  .doc = "Which objects, by labels." },
};
static EK_TYPE(resource_attributes_type, "io.k8s.api.authorization.v1.ResourceAttributes",
	       "A request for a resource.", resource_attributes_rows);

static const struct ek_field non_resource_attributes_rows[] = {
	{ "path", EK_F_STR, .pb = 1, .doc = "The path." },
	{ "verb", EK_F_STR, .pb = 2, .doc = "The HTTP method, in small letters." },
};
static EK_TYPE(non_resource_attributes_type, "io.k8s.api.authorization.v1.NonResourceAttributes",
	       "A request for a path.", non_resource_attributes_rows);

static const struct ek_field subject_access_review_spec_rows[] = {
	{ "resourceAttributes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &resource_attributes_type,
	  .doc = "A request for a resource." },
	{ "nonResourceAttributes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &non_resource_attributes_type,
	  .doc = "A request for a path." },
	{ "user", EK_F_STR, .pb = 3, .doc = "The user." },
	{ "groups", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4, .doc = "The user's groups." },
	{ "extra", EK_F_STR, EK_MAP_OF_LISTS, .pb = 5, .go = "v1.ExtraValue",
	  .doc = "What else the authenticator knows." },
	{ "uid", EK_F_STR, .pb = 6, .doc = "The user's id." },
};
static EK_TYPE(subject_access_review_spec_type, "io.k8s.api.authorization.v1.SubjectAccessReviewSpec",
	       "Who and what; either a resource or a path.", subject_access_review_spec_rows);

static const struct ek_field subject_access_review_status_rows[] = {
	{ "allowed", EK_F_BOOL, EK_ONE, EK_KEEP, .pb = 1, .doc = "Whether it is allowed." },
	{ "denied", EK_F_BOOL, .pb = 4, .doc = "Whether it is forbidden whatever others say." },
	{ "reason", EK_F_STR, .pb = 2, .doc = "Why." },
	{ "evaluationError", EK_F_STR, .pb = 3, .doc = "What went wrong while finding out." },
};
static EK_TYPE(subject_access_review_status_type, "io.k8s.api.authorization.v1.SubjectAccessReviewStatus",
	       "The answer.", subject_access_review_status_rows);

static const struct ek_field subject_access_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &subject_access_review_spec_type,
	  .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &subject_access_review_status_type,
	  .doc = "What there is now." },
};
static EK_TYPE(subject_access_review_type, "io.k8s.api.authorization.v1.SubjectAccessReview",
	       "Asks whether somebody may do something.", subject_access_review_rows);

static const struct ek_field self_subject_access_review_spec_rows[] = {
	{ "resourceAttributes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &resource_attributes_type,
	  .doc = "A request for a resource." },
	{ "nonResourceAttributes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &non_resource_attributes_type,
	  .doc = "A request for a path." },
};
static EK_TYPE(self_subject_access_review_spec_type,
	       "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec",
	       "What; either a resource or a path.", self_subject_access_review_spec_rows);

static const struct ek_field self_subject_access_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &self_subject_access_review_spec_type,
	  .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &subject_access_review_status_type,
	  .doc = "What there is now." },
};
static EK_TYPE(self_subject_access_review_type, "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
	       "Asks whether one may do something.", self_subject_access_review_rows);

static const struct ek_field local_subject_access_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &subject_access_review_spec_type,
	  .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &subject_access_review_status_type,
	  .doc = "What there is now." },
};
static EK_TYPE(local_subject_access_review_type, "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
	       "Asks whether somebody may do something in one namespace.", local_subject_access_review_rows);

static const struct ek_field self_subject_rules_review_spec_rows[] = {
	{ "namespace", EK_F_STR, .pb = 1, .doc = "The namespace." },
};
static EK_TYPE(self_subject_rules_review_spec_type, "io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec",
	       "Where.", self_subject_rules_review_spec_rows);

static const struct ek_field resource_rule_rows[] = {
	{ "verbs", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1,
	  .doc = "What may be done; \"*\" for all." },
	{ "apiGroups", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .doc = "Groups; \"*\" for all." },
	{ "resources", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3, .doc = "Resources; \"*\" for all." },
	{ "resourceNames", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4, .doc = "Names; absent for all." },
};
static EK_TYPE(resource_rule_type, "io.k8s.api.authorization.v1.ResourceRule",
	       "What one may do with resources.", resource_rule_rows);

static const struct ek_field non_resource_rule_rows[] = {
	{ "verbs", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1, .doc = "Methods; \"*\" for all." },
	{ "nonResourceURLs", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .doc = "Paths; \"*\" for all." },
};
static EK_TYPE(non_resource_rule_type, "io.k8s.api.authorization.v1.NonResourceRule",
	       "What one may do with paths.", non_resource_rule_rows);

static const struct ek_field subject_rules_review_status_rows[] = {
	{ "resourceRules", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1, .of = &resource_rule_type,
	  .doc = "With resources." },
	{ "nonResourceRules", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 2, .of = &non_resource_rule_type,
	  .doc = "With paths." },
	{ "incomplete", EK_F_BOOL, EK_ONE, EK_KEEP, .pb = 3, .doc = "Whether there may be more." },
	{ "evaluationError", EK_F_STR, .pb = 4, .doc = "What went wrong while finding out." },
};
static EK_TYPE(subject_rules_review_status_type, "io.k8s.api.authorization.v1.SubjectRulesReviewStatus",
	       "What one may do.", subject_rules_review_status_rows);

static const struct ek_field self_subject_rules_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &self_subject_rules_review_spec_type,
	  .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &subject_rules_review_status_type, .doc = "What there is now." },
};
static EK_TYPE(self_subject_rules_review_type, "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
	       "Asks for all that one may do in a namespace.", self_subject_rules_review_rows);

const struct ek_kind ek_kind_subjectaccessreview = {
	.group = "authorization.k8s.io", .version = "v1", .kind = "SubjectAccessReview",
	.plural = "subjectaccessreviews", .singular = "subjectaccessreview",
	.verbs = EK_V_CREATE,
	.type = &subject_access_review_type,
	.columns = ek_columns_created,
};

const struct ek_kind ek_kind_selfsubjectaccessreview = {
	.group = "authorization.k8s.io", .version = "v1", .kind = "SelfSubjectAccessReview",
	.plural = "selfsubjectaccessreviews", .singular = "selfsubjectaccessreview",
	.verbs = EK_V_CREATE,
	.type = &self_subject_access_review_type,
	.columns = ek_columns_created,
};

const struct ek_kind ek_kind_localsubjectaccessreview = {
	.group = "authorization.k8s.io", .version = "v1", .kind = "LocalSubjectAccessReview",
	.plural = "localsubjectaccessreviews", .singular = "localsubjectaccessreview",
	.namespaced = true,
	.verbs = EK_V_CREATE,
	.type = &local_subject_access_review_type,
	.columns = ek_columns_created,
};

const struct ek_kind ek_kind_selfsubjectrulesreview = {
	.group = "authorization.k8s.io", .version = "v1", .kind = "SelfSubjectRulesReview",
	.plural = "selfsubjectrulesreviews", .singular = "selfsubjectrulesreview",
	.verbs = EK_V_CREATE,
	.type = &self_subject_rules_review_type,
	.columns = ek_columns_created,
};
