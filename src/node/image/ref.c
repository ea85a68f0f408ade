/* SPDX-License-Identifier: Apache-2.0 */
#include "ref.h"

#include <stdio.h>
#include <string.h>

#include <ekube/str.h>

#define HUB "docker.io"

enum { HEX_DIGITS = 64, INPUT_MAX = 4096 };

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

static size_t count(const char *s, size_t n, const char *set)
{
	size_t i = 0;

	while (i < n && strchr(set, s[i]))
		i++;
	return i;
}

void ek_image_digest_copy(char to[EK_IMAGE_DIGEST_SIZE], const char *from)
{
	(void)snprintf(to, EK_IMAGE_DIGEST_SIZE, "%s", from);
}

#define HEX_LOWER "0123456789abcdef"

static bool all_in(const char *s, size_t n, const char *set)
{
	return n > 0 && memchr(s, '\0', n) == NULL && count(s, n, set) == n;
}

/* ---- the parts of the grammar ---- */

/* alnum+ (separator alnum+)*, where a separator is one of "." "_" "__" "-"+ */
static bool is_component(const char *s, size_t n)
{
	size_t i = 0;

	for (;;) {
		size_t from = i;

		while (i < n && is_lower_alnum(s[i]))
			i++;
		if (i == from)
			return false;
		if (i == n)
			return true;
		if (s[i] == '-')
			i += count(s + i, n - i, "-");
		else if (s[i] == '_')
			i += i + 1 < n && s[i + 1] == '_' ? 2 : 1;
		else if (s[i] == '.')
			i++;
		else
			return false;
	}
}

static bool is_path(const char *s, size_t n)
{
	for (;;) {
		const char *slash = memchr(s, '/', n);
		size_t part = slash ? (size_t)(slash - s) : n;

		if (!is_component(s, part))
			return false;
		if (!slash)
			return true;
		s += part + 1;
		n -= part + 1;
	}
}

/* Letters, digits and inner hyphens, between dots; or an address in brackets. */
static bool is_host(const char *s, size_t n)
{
	if (n > 2 && s[0] == '[')
		return s[n - 1] == ']' && all_in(s + 1, n - 2, HEX_LOWER "ABCDEF:");
	for (;;) {
		const char *dot = memchr(s, '.', n);
		size_t part = dot ? (size_t)(dot - s) : n;

		if (part == 0 || s[0] == '-' || s[part - 1] == '-')
			return false;
		for (size_t i = 0; i < part; i++)
			if (!is_alnum(s[i]) && s[i] != '-')
				return false;
		if (!dot)
			return true;
		s += part + 1;
		n -= part + 1;
	}
}

static bool is_domain(const char *s, size_t n)
{
	size_t port = n;

	while (port > 0 && s[port - 1] >= '0' && s[port - 1] <= '9')
		port--;
	if (port > 0 && port < n && s[port - 1] == ':')
		n = port - 1;
	return is_host(s, n);
}

static bool is_tag(const char *s, size_t n)
{
	if (n == 0 || n > 128 || s[0] == '.' || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(s[i]) && !strchr("_.-", s[i]))
			return false;
	return true;
}

bool ek_image_is_digest(const char *s)
{
	return s && strncmp(s, "sha256:", 7) == 0 && strlen(s) == 7 + HEX_DIGITS &&
	       all_in(s + 7, HEX_DIGITS, HEX_LOWER);
}

static int check_digest(const char *s, struct ek_err *err)
{
	const char *colon = strchr(s, ':');

	if (ek_image_is_digest(s))
		return 0;
	if (!colon || strlen(colon + 1) < 32 ||
	    !all_in(colon + 1, strlen(colon + 1), HEX_LOWER "ABCDEF"))
		return ek_fail(err, EK_EINVALID, "invalid reference format");
	if (strncmp(s, "sha256:", 7) != 0)
		return ek_fail(err, EK_EINVALID, "unsupported digest algorithm");
	if (strlen(colon + 1) != HEX_DIGITS)
		return ek_fail(err, EK_EINVALID, "invalid checksum digest length");
	return ek_fail(err, EK_EINVALID, "invalid checksum digest format");
}

/* ---- the whole ---- */

static bool has_upper(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			return true;
	return false;
}

/* The first part is a domain when it looks like one: a dot, a port, "localhost", or upper case. */
static size_t domain_length(const char *s)
{
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : 0;

	if (!slash)
		return 0;
	if (memchr(s, '.', n) || memchr(s, ':', n) || has_upper(s, n))
		return n;
	return n == 9 && memcmp(s, "localhost", 9) == 0 ? n : 0;
}

static int take_domain(const char **s, struct ek_image_ref *r, struct ek_err *err)
{
	size_t n = domain_length(*s);

	if (n == 0) {
		(void)snprintf(r->domain, sizeof(r->domain), "%s", HUB);
		return 0;
	}
	if (!is_domain(*s, n))
		return ek_fail(err, EK_EINVALID, "invalid reference format");
	if (n > EK_IMAGE_NAME_MAX)
		return ek_fail(err, EK_EINVALID,
			       "repository name must not be longer than %d characters",
			       EK_IMAGE_NAME_MAX);
	memcpy(r->domain, *s, n);
	*s += n + 1;
	if (ek_streq(r->domain, "index." HUB))
		(void)snprintf(r->domain, sizeof(r->domain), "%s", HUB);
	return 0;
}

static int take_path(const char *s, size_t n, struct ek_image_ref *r, struct ek_err *err)
{
	const char *prefix = ek_streq(r->domain, HUB) && !memchr(s, '/', n) ? "library/" : "";

	if (has_upper(s, n))
		return ek_fail(
			err, EK_EINVALID,
			"invalid reference format: repository name (%s%.*s) must be lowercase",
			prefix, (int)EK_MIN(n, (size_t)EK_IMAGE_NAME_MAX), s);
	if (!is_path(s, n))
		return ek_fail(err, EK_EINVALID, "invalid reference format");
	if (strlen(r->domain) + 1 + strlen(prefix) + n > EK_IMAGE_NAME_MAX)
		return ek_fail(err, EK_EINVALID,
			       "repository name must not be longer than %d characters",
			       EK_IMAGE_NAME_MAX);
	(void)snprintf(r->path, sizeof(r->path), "%s%.*s", prefix, (int)n, s);
	return 0;
}

static int parse(const char *s, struct ek_image_ref *r, struct ek_err *err)
{
	const char *at, *colon;
	size_t n;
	int rc;

	if (strlen(s) == HEX_DIGITS && all_in(s, HEX_DIGITS, HEX_LOWER))
		return ek_fail(
			err, EK_EINVALID,
			"invalid repository name (%s), cannot specify 64-byte hexadecimal strings",
			s);
	rc = take_domain(&s, r, err);
	if (rc < 0)
		return rc;
	at = strchr(s, '@');
	n = at ? (size_t)(at - s) : strlen(s);
	colon = memchr(s, ':', n);
	rc = take_path(s, colon ? (size_t)(colon - s) : n, r, err);
	if (rc < 0)
		return rc;
	if (colon && !is_tag(colon + 1, n - (size_t)(colon + 1 - s)))
		return ek_fail(err, EK_EINVALID, "invalid reference format");
	if (colon)
		memcpy(r->tag, colon + 1, n - (size_t)(colon + 1 - s));
	if (at) {
		rc = check_digest(at + 1, err);
		if (rc < 0)
			return rc;
		ek_image_digest_copy(r->digest, at + 1);
	}
	if (!r->tag[0] && !r->digest[0])
		(void)snprintf(r->tag, sizeof(r->tag), "latest");
	return 0;
}

int ek_image_ref_parse(const char *s, struct ek_image_ref *ret, struct ek_err *err)
{
	struct ek_image_ref r = { 0 };
	int rc;

	if (!s || strlen(s) > INPUT_MAX)
		return ek_fail(err, EK_EINVALID, "invalid reference format");
	rc = parse(s, &r, err);
	if (rc == 0)
		*ret = r;
	return rc;
}

void ek_image_ref_name(const struct ek_image_ref *ref, char out[EK_IMAGE_REF_SIZE])
{
	(void)snprintf(out, EK_IMAGE_REF_SIZE, "%s/%s", ref->domain, ref->path);
}

void ek_image_ref_format(const struct ek_image_ref *ref, char out[EK_IMAGE_REF_SIZE])
{
	bool by_digest = ref->digest[0] != '\0';

	(void)snprintf(out, EK_IMAGE_REF_SIZE, "%s/%s%s%s", ref->domain, ref->path,
		       by_digest ? "@" : ":", by_digest ? ref->digest : ref->tag);
}
