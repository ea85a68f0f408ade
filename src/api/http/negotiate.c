/* SPDX-License-Identifier: Apache-2.0 */
#include "negotiate.h"

#include <ekube/str.h>
#include <stdlib.h>

enum { MAX_ACCEPT = 4096, MAX_CLAUSES = 32 };

struct clause {
	char *type, *as, *group, *version;
	int   q; /* thousandths */
};

enum { EXACT = 2, SUBTYPE_OPEN = 1, ALL_OPEN = 0 };

static int specificity(const char *type)
{
	if (ek_str_starts(type, "*/"))
		return ALL_OPEN;
	return ek_str_ends(type, "/*") ? SUBTYPE_OPEN : EXACT;
}

static char *trim(char *s)
{
	size_t n;

	while (*s == ' ' || *s == '\t')
		s++;
	for (n = strlen(s); n && (s[n - 1] == ' ' || s[n - 1] == '\t'); n--)
		s[n - 1] = '\0';
	return s;
}

static int parse_q(const char *s)
{
	double q = strtod(s, NULL);

	return q >= 0 && q <= 1 ? (int)(q * 1000) : 1000;
}

static struct clause parse_clause(char *text)
{
	struct clause c = { .q = 1000 };

	c.type = trim(strsep(&text, ";"));
	for (char *param; (param = strsep(&text, ";"));) {
		char *value = strchr(param, '=');

		if (!value)
			continue;
		*value++ = '\0';
		param = trim(param);
		value = trim(value);
		if (ek_streq(param, "as"))
			c.as = value;
		else if (ek_streq(param, "g"))
			c.group = value;
		else if (ek_streq(param, "v"))
			c.version = value;
		else if (ek_streq(param, "q"))
			c.q = parse_q(value);
	}
	return c;
}

static bool choose_media(const struct clause *c, struct media_choice *ret)
{
	ret->media = MEDIA_JSON;
	if (ek_streq(c->type, "application/json") || ek_streq(c->type, "*/*") ||
	    ek_streq(c->type, "application/*"))
		return true;
	ret->media = MEDIA_YAML;
	return ek_streq(c->type, "application/yaml");
}

static bool choose_as(const struct clause *c, struct media_choice *ret)
{
	static const struct {
		const char *name;
		enum media_as as;
	} rows[] = {
		{ "Table", AS_TABLE },
		{ "PartialObjectMetadata", AS_PARTIAL },
		{ "PartialObjectMetadataList", AS_PARTIAL_LIST },
	};

	ret->as = AS_IS;
	if (!c->as)
		return true;
	if (!ek_streq(c->group, "meta.k8s.io") ||
	    !(ek_streq(c->version, "v1") || ek_streq(c->version, "v1beta1")))
		return false;
	ret->meta_version = ek_streq(c->version, "v1") ? "v1" : "v1beta1";
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++)
		if (ek_streq(rows[i].name, c->as)) {
			ret->as = rows[i].as;
			return true;
		}
	return false;
}

int media_negotiate(const char *accept, struct media_choice *ret, struct ek_err *err)
{
	EK_FREE char *copy = NULL;
	struct clause clauses[MAX_CLAUSES];
	size_t n = 0;
	int best = 0;

	*ret = (struct media_choice){ .media = MEDIA_JSON };
	if (ek_str_empty(accept))
		return 0;
	if (strlen(accept) > MAX_ACCEPT)
		return ek_fail(err, EK_ENOTACCEPTABLE, "the Accept header is longer than %d bytes",
			       MAX_ACCEPT);
	copy = ek_str_dup(accept);
	for (char *rest = copy, *part; (part = strsep(&rest, ",")) && n < MAX_CLAUSES;)
		clauses[n++] = parse_clause(part);
	for (size_t i = 0; i < n; i++) {
		struct media_choice c = { 0 };
		/* of equal weight the more exact one, then the first */
		int rank = clauses[i].q ?
				   clauses[i].q * (EXACT + 1) + specificity(clauses[i].type) :
				   0;

		if (rank > best && choose_media(&clauses[i], &c) && choose_as(&clauses[i], &c)) {
			best = rank;
			*ret = c;
		}
	}
	if (best == 0)
		return ek_fail(err, EK_ENOTACCEPTABLE,
			       "only the following media types are accepted: application/json, "
			       "application/yaml, application/json;stream=watch");
	return 0;
}

bool media_is(const char *content_type, const char *type)
{
	size_t n = strcspn(content_type, "; \t");

	return n == strlen(type) && strncasecmp(content_type, type, n) == 0;
}

int media_of_body(const char *content_type, enum media *ret, struct ek_err *err)
{
	*ret = MEDIA_JSON;
	if (ek_str_empty(content_type) || media_is(content_type, "application/json"))
		return 0;
	*ret = MEDIA_YAML;
	if (media_is(content_type, "application/yaml"))
		return 0;
	*ret = MEDIA_PROTOBUF;
	if (media_is(content_type, "application/vnd.kubernetes.protobuf"))
		return 0;
	return ek_fail(
		err, EK_EUNSUPPORTED,
		"the body of the request was in an unknown format - accepted media types include: "
		"application/json, application/yaml, application/vnd.kubernetes.protobuf");
}
