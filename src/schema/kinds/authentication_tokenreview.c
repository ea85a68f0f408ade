/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field token_review_spec_rows[] = {
	{ "token", EK_F_STR, .pb = 1 },
	{ "audiences", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2 },
};
static EK_TYPE(token_review_spec_type, "io.k8s.api.authentication.v1.TokenReviewSpec", NULL,
	       token_review_spec_rows);

static const struct ek_field user_info_rows[] = {
	{ "username", EK_F_STR, .pb = 1 },
	{ "uid", EK_F_STR, .pb = 2 },
	{ "groups", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3 },
	{ "extra", EK_F_STR, EK_MAP_OF_LISTS, .pb = 4, .go = "v1.ExtraValue" },
};
static EK_TYPE(user_info_type, "io.k8s.api.authentication.v1.UserInfo", NULL, user_info_rows);

static const struct ek_field token_review_status_rows[] = {
	{ "authenticated", EK_F_BOOL, .pb = 1 },
	{ "user", EK_F_OBJ, .pb = 2, .of = &user_info_type },
	{ "audiences", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4 },
	{ "error", EK_F_STR, .pb = 3 },
};
static EK_TYPE(token_review_status_type, "io.k8s.api.authentication.v1.TokenReviewStatus", NULL,
	       token_review_status_rows);

static const struct ek_field token_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &token_review_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &token_review_status_type },
};
static EK_TYPE(token_review_type, "io.k8s.api.authentication.v1.TokenReview", NULL,
	       token_review_rows);

static const struct ek_field self_subject_review_status_rows[] = {
	{ "userInfo", EK_F_OBJ, .pb = 1, .of = &user_info_type },
};
static EK_TYPE(self_subject_review_status_type,
	       "io.k8s.api.authentication.v1.SelfSubjectReviewStatus", NULL,
	       self_subject_review_status_rows);

static const struct ek_field self_subject_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "status", EK_F_OBJ, .pb = 2, .of = &self_subject_review_status_type },
};
static EK_TYPE(self_subject_review_type, "io.k8s.api.authentication.v1.SelfSubjectReview", NULL,
	       self_subject_review_rows);

const struct ek_kind ek_kind_tokenreview = {
	.group = "authentication.k8s.io", .version = "v1", .kind = "TokenReview",
	.plural = "tokenreviews", .singular = "tokenreview",
	.verbs = EK_V_CREATE,
	.type = &token_review_type,
	.columns = ek_columns_created,
};

const struct ek_kind ek_kind_selfsubjectreview = {
	.group = "authentication.k8s.io", .version = "v1", .kind = "SelfSubjectReview",
	.plural = "selfsubjectreviews", .singular = "selfsubjectreview",
	.verbs = EK_V_CREATE,
	.type = &self_subject_review_type,
	.columns = ek_columns_created,
};
