/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Strings: the few operations libc spells awkwardly, and the checks of Kubernetes' names. */

#include <ekube/err.h>
#include <string.h>

static inline bool ek_streq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* "" and NULL are both empty. */
static inline bool ek_str_empty(const char *s)
{
	return !s || !*s;
}

bool  ek_str_starts(const char *s, const char *prefix);
bool  ek_str_ends(const char *s, const char *suffix);
char *ek_str_dup(const char *s);                /* NULL stays NULL */
char *ek_str_ndup(const char *s, size_t n);
char *ek_str_fmt(const char *fmt, ...) EK_PRINTF(1, 2) EK_MUST_USE;

/* Replace *p by a copy of s, freeing what was there. */
void ek_str_set(char **p, const char *s);

/* Format into a caller's array; the result is the array. For EK_F / EK_I below. */
const char *ek_str_into(char *out, size_t size, const char *fmt, ...) EK_PRINTF(3, 4);

/* Short-lived text that lives until the end of the enclosing block: EK_F("%s/%s", ns, name). */
#define EK_F(...) ek_str_into((char[256]){ 0 }, 256, __VA_ARGS__)
#define EK_I(n)   ek_str_into((char[24]){ 0 }, 24, "%" PRId64, (int64_t)(n))

/* Whole string as a decimal number within [min, max]; anything else is EK_EINVALID. */
int ek_str_to_int(const char *s, int64_t min, int64_t max, int64_t *ret);

/* "true"/"false"/"1"/"0"/"t"/"f" and capitals, as Go's strconv.ParseBool. */
int ek_str_to_bool(const char *s, bool *ret);

/* Go's time.ParseDuration ("1h30m", "250ms"), in nanoseconds; and back, in Go's own form. */
int  ek_duration_parse(const char *s, int64_t *ret_ns, struct ek_err *err);
void ek_duration_format(int64_t ns, char out[32]);

/*
 * Split at `sep` in place; at most max parts are kept, the last holds the rest. Returns how many.
 * "" has one empty part.
 */
size_t ek_str_split(char *s, char sep, char **parts, size_t max);

/* Constant time, for secrets; the lengths are not secret. */
bool ek_secret_equal(const void *a, size_t a_len, const void *b, size_t b_len);

/* Overwrite and free a secret. */
void ek_secret_freep(char **p);

/* Base64 of RFC 4648: standard with padding, or URL-safe without when `url`. */
char *ek_base64_encode(const void *data, size_t n, bool url);
int   ek_base64_decode(const char *s, size_t n, bool url, char **ret_data, size_t *ret_n);
void  ek_hex(const void *data, size_t n, char *out); /* out holds 2n + 1 */

/*
 * Kubernetes' name formats. Each returns NULL when s is valid, else the exact message that
 * the API reports (k8s.io/apimachinery/pkg/util/validation), static storage.
 */
const char *ek_name_dns1123_label(const char *s);
const char *ek_name_dns1123_subdomain(const char *s);
const char *ek_name_dns1035_label(const char *s);
const char *ek_name_qualified(const char *s);          /* label and annotation keys */
const char *ek_name_label_value(const char *s);
const char *ek_name_path_segment(const char *s);       /* may be used in a URL path */
const char *ek_name_env_var(const char *s);            /* strict C-like: 1.32 relaxed form */
const char *ek_name_config_key(const char *s);         /* ConfigMap and Secret keys */
const char *ek_name_port(const char *s);               /* IANA_SVC_NAME */

/* IPv4 and IPv6 (numeric only). bytes are network order, n is 4 or 16. */
struct ek_ip {
	uint8_t n;
	uint8_t b[16];
};
struct ek_cidr {
	struct ek_ip ip;   /* masked */
	uint8_t      bits;
};
int  ek_ip_parse(const char *s, struct ek_ip *ret);
void ek_ip_format(const struct ek_ip *ip, char out[46]);
bool ek_ip_equal(const struct ek_ip *a, const struct ek_ip *b);
int  ek_cidr_parse(const char *s, struct ek_cidr *ret, struct ek_err *err);
bool ek_cidr_has(const struct ek_cidr *c, const struct ek_ip *ip);
/* The nth address of the block (0 is the network address); EK_EINVALID past its end. */
int  ek_cidr_nth(const struct ek_cidr *c, uint32_t n, struct ek_ip *ret);
