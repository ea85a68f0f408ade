/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include <ekube/str.h>
#include <stdlib.h>

static struct ek_json *mismatch(struct ek_decode *d, const struct ek_field *f,
				const struct ek_json *in, bool with_number,
				const struct ek_place *at)
{
	EK_BUF struct ek_buf type = EK_BUF_INIT(1024);
	char what[64];

	ek_go_type(&type, f, EK_ONE);
	ek_decode_mismatch(d, at, ek_decode_what(in, with_number, what), type.data);
	return NULL;
}

/*
 * A type with an UnmarshalJSON of its own reads a Go string or int32 from the value: the
 * mismatch then names that type, and ends the decoding as any error of such a type does.
 */
static struct ek_json *fatal_mismatch(struct ek_decode *d, const struct ek_json *in,
				      const char *type, const struct ek_place *at)
{
	char what[64];

	d->failed = false; /* it also takes the place of what was noted before */
	ek_decode_mismatch(d, at, ek_decode_what(in, strcmp(type, "int32") == 0, what), type);
	d->fatal = true;
	return NULL;
}

static struct ek_json *integer(struct ek_decode *d, const struct ek_field *f,
			       const struct ek_json *in, const struct ek_place *at)
{
	int64_t n;

	if (ek_json_type(in) == EK_JSON_REAL)
		return mismatch(d, f, in, true, at);
	if (ek_json_type(in) != EK_JSON_INT)
		return mismatch(d, f, in, false, at);
	n = ek_json_int(in, 0);
	if (f->type == EK_F_INT32 && (n < INT32_MIN || n > INT32_MAX))
		return mismatch(d, f, in, true, at);
	return ek_json_ref(in);
}

static struct ek_json *int_or_string(struct ek_decode *d, const struct ek_json *in,
				     const struct ek_place *at)
{
	int64_t n = ek_json_int(in, 0);

	if (ek_json_type(in) == EK_JSON_STR)
		return ek_json_ref(in);
	if (ek_json_type(in) != EK_JSON_INT || n < INT32_MIN || n > INT32_MAX)
		return fatal_mismatch(d, in, "int32", at);
	return ek_json_ref(in);
}

/* Quantity.UnmarshalJSON looks at the bytes between the quotes, or at the bare ones. */
static struct ek_json *quantity(struct ek_decode *d, const struct ek_json *in)
{
	const char *s = ek_json_str(in);
	EK_FREE char *text = s ? ek_str_dup(s) : ek_json_text(in);
	char *from = text, out[40];
	struct ek_err err = { 0 };
	size_t n;

	from += strspn(from, " \t\r\n\v\f");
	for (n = strlen(from); n > 0 && strchr(" \t\r\n\v\f", from[n - 1]); n--)
		from[n - 1] = '\0';
	if (ek_quantity_canonical(from, out, &err) < 0) {
		ek_decode_fatal(d, err.msg);
		return NULL;
	}
	return s && strcmp(s, out) == 0 ? ek_json_ref(in) : ek_json_new_str(out);
}

static struct ek_json *duration(struct ek_decode *d, const struct ek_json *in,
				const struct ek_place *at)
{
	struct ek_err err = { 0 };
	char out[32];
	int64_t ns;

	if (!ek_json_str(in))
		return fatal_mismatch(d, in, "string", at);
	if (ek_duration_parse(ek_json_str(in), &ns, &err) < 0) {
		ek_decode_fatal(d, err.msg);
		return NULL;
	}
	ek_duration_format(ns, out);
	return ek_json_new_str(out);
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t skip_newlines(const char *s, size_t i, size_t n)
{
	while (i < n && (s[i] == '\n' || s[i] == '\r'))
		i++;
	return i;
}

/*
 * What is left of a group whose j-th character (2 or 3) is the '=' at s[i]: the number of the
 * offending byte, or n + 1 when the padding is right and ends the text.
 */
static size_t check_padding(const char *s, size_t i, size_t n, size_t j)
{
	if (j < 2)
		return i;
	i++;
	if (j == 2) {
		i = skip_newlines(s, i, n);
		if (i == n)
			return n;
		if (s[i] != '=')
			return i - 1;
		i++;
	}
	i = skip_newlines(s, i, n);
	return i < n ? i : n + 1;
}

/*
 * As base64.StdEncoding decodes and encodes again: line ends vanish, loose last bits are cleared.
 * `out` has room for n bytes. Returns n + 1 when all is well, else where base64.CorruptInputError
 * points.
 */
static size_t base64_clean(const char *s, size_t n, char *out, size_t *ret_n)
{
	size_t i, to = 0;

	for (i = 0; i < n; i++) {
		if (s[i] == '\n' || s[i] == '\r')
			continue;
		if (base64_digit(s[i]) < 0)
			break;
		out[to++] = s[i];
	}
	*ret_n = to;
	if (i == n) /* no padding: the last group must be whole */
		return to % 4 ? n - to % 4 : n + 1;
	if (s[i] != '=')
		return i;
	i = check_padding(s, i, n, to % 4);
	if (i == n + 1) {
		static const char digits[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		int keep = to % 4 == 2 ? 0x30 : 0x3c;

		out[to - 1] = digits[base64_digit(out[to - 1]) & keep];
		while (to % 4)
			out[to++] = '=';
		*ret_n = to;
	}
	return i;
}

/* To Go []byte is also a list of numbers. */
static struct ek_json *byte_list(struct ek_decode *d, const struct ek_json *in,
				 const struct ek_place *at)
{
	EK_FREE uint8_t *data = ek_calloc(ek_json_len(in) + 1, 1);
	EK_FREE char *text = NULL;
	char what[64];

	for (struct ek_json_iter it = ek_json_iter(in); ek_json_next(&it);) {
		bool number = ek_json_type(it.value) == EK_JSON_INT ||
			      ek_json_type(it.value) == EK_JSON_REAL;
		int64_t n = ek_json_int(it.value, 0);

		if (ek_json_type(it.value) != EK_JSON_NULL &&
		    (ek_json_type(it.value) != EK_JSON_INT || n < 0 || n > UINT8_MAX)) {
			ek_decode_mismatch(d, at, ek_decode_what(it.value, number, what), "uint8");
			return NULL;
		}
		data[it.i] = (uint8_t)n;
	}
	text = ek_base64_encode(data, ek_json_len(in), false);
	return ek_json_new_str(text);
}

static struct ek_json *bytes(struct ek_decode *d, const struct ek_field *f,
			     const struct ek_json *in, const struct ek_place *at)
{
	const char *s = ek_json_str(in);
	size_t n = ek_json_str_len(in), at_byte, n_clean;
	EK_FREE char *clean = NULL;

	if (ek_json_is_array(in))
		return byte_list(d, in, at);
	if (!s)
		return mismatch(d, f, in, false, at);
	clean = ek_malloc(n + 4);
	at_byte = base64_clean(s, n, clean, &n_clean);
	if (at_byte <= n) {
		ek_decode_failed(d, EK_F("illegal base64 data at input byte %zu", at_byte));
		return NULL;
	}
	if (n_clean == n && memcmp(clean, s, n) == 0)
		return ek_json_ref(in);
	return ek_json_new_strn(clean, n_clean);
}

struct ek_json *ek_decode_scalar(struct ek_decode *d, const struct ek_field *f,
				 const struct ek_json *in, const struct ek_place *at)
{
	enum ek_json_type is = ek_json_type(in);

	switch (f->type) {
	case EK_F_STR:
		return is == EK_JSON_STR ? ek_json_ref(in) : mismatch(d, f, in, false, at);
	case EK_F_BOOL:
		return is == EK_JSON_BOOL ? ek_json_ref(in) : mismatch(d, f, in, false, at);
	case EK_F_INT32:
	case EK_F_INT64:
		return integer(d, f, in, at);
	case EK_F_DOUBLE:
		return is == EK_JSON_INT || is == EK_JSON_REAL ? ek_json_ref(in) :
								 mismatch(d, f, in, false, at);
	case EK_F_BYTES:
		return bytes(d, f, in, at);
	case EK_F_TIME:
	case EK_F_MICROTIME:
		if (is != EK_JSON_STR)
			return fatal_mismatch(d, in, "string", at);
		return ek_decode_time(d, ek_json_str(in), f->type == EK_F_MICROTIME);
	case EK_F_DURATION:
		return duration(d, in, at);
	case EK_F_QUANTITY:
		return quantity(d, in);
	default:
		return int_or_string(d, in, at);
	}
}
