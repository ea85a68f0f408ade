/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field token_review_spec_rows[] = {
	{ "token", EK_F_STR, .pb = 1, .doc = "The token itself." },
	{ "audiences", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .doc = "Who asks; the API server by default." },
};
static EK_TYPE(token_review_spec_type, "io.k8s.api.authentication.v1.TokenReviewSpec", "The token.",
	       token_review_spec_rows);

static const struct ek_field user_info_rows[] = {
	{ "username", EK_F_STR, .pb = 1, .doc = "Name, unique." },
	{ "uid", EK_F_STR, .pb = 2, .doc = "Id, unique also over time." },
	{ "groups", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3, .doc = "Groups." },
	{ "extra", EK_F_STR, EK_MAP_OF_LISTS, .pb = 4, .go = "v1.ExtraValue",
	  .doc = "What else the authenticator knows." },
};
static EK_TYPE(user_info_type, "io.k8s.api.authentication.v1.UserInfo", "Who somebody is.", user_info_rows);

static const struct ek_field token_review_status_rows[] = {
	{ "authenticated", EK_F_BOOL, .pb = 1, .doc = "Whether it is valid." },
	{ "user", EK_F_OBJ, .pb = 2, .of = &user_info_type, .doc = "Whose it is." },
	{ "audiences", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4, .doc = "Audiences it is for, of those asked." },
	{ "error", EK_F_STR, .pb = 3, .doc = "Why it is not valid." },
};
static EK_TYPE(token_review_status_type, "io.k8s.api.authentication.v1.TokenReviewStatus",
	       "Whom the token belongs to.", token_review_status_rows);

static const struct ek_field token_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &token_review_spec_type,
	  .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &token_review_status_type, .doc = "What there is now." },
};
static EK_TYPE(token_review_type, "io.k8s.api.authentication.v1.TokenReview", "Asks whom a token belongs to.",
	       token_review_rows);

static const struct ek_field self_subject_review_status_rows[] = {
	{ "userInfo", EK_F_OBJ, .pb = 1, .of = &user_info_type, .doc = "The user." },
};
static EK_TYPE(self_subject_review_status_type, "io.k8s.api.authentication.v1.SelfSubjectReviewStatus",
	       "Who one is.", self_subject_review_status_rows);

static const struct ek_field self_subject_review_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "status", EK_F_OBJ, .pb = 2, .of = &self_subject_review_status_type, .doc = "What there is now." },
};
static EK_TYPE(self_subject_review_type, "io.k8s.api.authentication.v1.SelfSubjectReview", "Asks who one is.",
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
