/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field field_selector_attributes_rows[] = {
	{ "rawSelector", EK_F_STR, .pb = 1 },
	{ "requirements", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &ek_type_field_selector_requirement },
};
static EK_TYPE(field_selector_attributes_type,
	       "io.k8s.api.authorization.v1.FieldSelectorAttributes", NULL,
	       field_selector_attributes_rows);

static const struct ek_field label_selector_attributes_rows[] = {
	{ "rawSelector", EK_F_STR, .pb = 1 },
	{ "requirements", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &ek_type_label_selector_requirement },
};
static EK_TYPE(label_selector_attributes_type,
	       "io.k8s.api.authorization.v1.LabelSelectorAttributes", NULL,
	       label_selector_attributes_rows);

static const struct ek_field resource_attributes_rows[] = {
	{ "namespace", EK_F_STR, .pb = 1 },
	{ "verb", EK_F_STR, .pb = 2 },
	{ "group", EK_F_STR, .pb = 3 },
	{ "version", EK_F_STR, .pb = 4 },
	{ "resource", EK_F_STR, .pb = 5 },
	{ "subresource", EK_F_STR, .pb = 6 },
	{ "name", EK_F_STR, .pb = 7 },
	{ "fieldSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8,
	  .of = &field_selector_attributes_type },
	{ "labelSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9,
	  .of = &label_selector_attributes_type },
};
static EK_TYPE(resource_attributes_type, "io.k8s.api.authorization.v1.ResourceAttributes", NULL,
	       resource_attributes_rows);

static const struct ek_field non_resource_attributes_rows[] = {
	{ "path", EK_F_STR, .pb = 1 },
	{ "verb", EK_F_STR, .pb = 2 },
};
static EK_TYPE(non_resource_attributes_type, "io.k8s.api.authorization.v1.NonResourceAttributes",
	       NULL, non_resource_attributes_rows);

static const struct ek_field subject_access_review_spec_rows[] = {
	{ "resourceAttributes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1,
	  .of = &resource_attributes_type },
	{ "nonResourceAttributes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &non_resource_attributes_type },
	{ "user", EK_F_STR, .pb = 3 },
	{ "groups", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4 },
	{ "extra", EK_F_STR, EK_MAP_OF_LISTS, .pb = 5, .go = "v1.ExtraValue" },
	{ "uid", EK_F_STR, .pb = 6 },
};
static EK_TYPE(subject_access_review_spec_type,
	       "io.k8s.api.authorization.v1.SubjectAccessReviewSpec", NULL,
	       subject_access_review_spec_rows);

static const struct ek_field subject_access_review_status_rows[] = {
	{ "allowed", EK_F_BOOL, EK_ONE, EK_KEEP, .pb = 1 },
	{ "denied", EK_F_BOOL, .pb = 4 },
	{ "reason", EK_F_STR, .pb = 2 },
	{ "evaluationError", EK_F_STR, .pb = 3 },
};
static EK_TYPE(subject_access_review_status_type,
	       "io.k8s.api.authorization.v1.SubjectAccessReviewStatus", NULL,
	       subject_access_review_status_rows);

static const struct ek_field subject_access_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &subject_access_review_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &subject_access_review_status_type },
};
static EK_TYPE(subject_access_review_type, "io.k8s.api.authorization.v1.SubjectAccessReview", NULL,
	       subject_access_review_rows);

static const struct ek_field self_subject_access_review_spec_rows[] = {
	{ "resourceAttributes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1,
	  .of = &resource_attributes_type },
	{ "nonResourceAttributes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &non_resource_attributes_type },
};
static EK_TYPE(self_subject_access_review_spec_type,
	       "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec", NULL,
	       self_subject_access_review_spec_rows);

static const struct ek_field self_subject_access_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &self_subject_access_review_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &subject_access_review_status_type },
};
static EK_TYPE(self_subject_access_review_type,
	       "io.k8s.api.authorization.v1.SelfSubjectAccessReview", NULL,
	       self_subject_access_review_rows);

static const struct ek_field local_subject_access_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &subject_access_review_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &subject_access_review_status_type },
};
static EK_TYPE(local_subject_access_review_type,
	       "io.k8s.api.authorization.v1.LocalSubjectAccessReview", NULL,
	       local_subject_access_review_rows);

static const struct ek_field self_subject_rules_review_spec_rows[] = {
	{ "namespace", EK_F_STR, .pb = 1 },
};
static EK_TYPE(self_subject_rules_review_spec_type,
	       "io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec", NULL,
	       self_subject_rules_review_spec_rows);

static const struct ek_field resource_rule_rows[] = {
	{ "verbs", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1 },
	{ "apiGroups", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2 },
	{ "resources", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3 },
	{ "resourceNames", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4 },
};
static EK_TYPE(resource_rule_type, "io.k8s.api.authorization.v1.ResourceRule", NULL,
	       resource_rule_rows);

static const struct ek_field non_resource_rule_rows[] = {
	{ "verbs", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1 },
	{ "nonResourceURLs", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2 },
};
static EK_TYPE(non_resource_rule_type, "io.k8s.api.authorization.v1.NonResourceRule", NULL,
	       non_resource_rule_rows);

static const struct ek_field subject_rules_review_status_rows[] = {
	{ "resourceRules", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1,
	  .of = &resource_rule_type },
	{ "nonResourceRules", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 2,
	  .of = &non_resource_rule_type },
	{ "incomplete", EK_F_BOOL, EK_ONE, EK_KEEP, .pb = 3 },
	{ "evaluationError", EK_F_STR, .pb = 4 },
};
static EK_TYPE(subject_rules_review_status_type,
	       "io.k8s.api.authorization.v1.SubjectRulesReviewStatus", NULL,
	       subject_rules_review_status_rows);

static const struct ek_field self_subject_rules_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &self_subject_rules_review_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &subject_rules_review_status_type },
};
static EK_TYPE(self_subject_rules_review_type, "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
	       NULL, self_subject_rules_review_rows);

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
