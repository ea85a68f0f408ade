/* SPDX-License-Identifier: Apache-2.0 */
#include "dns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

int ek_dns_name_parse(const char *text, struct ek_dns_name *ret)
{
	struct ek_dns_name out = { 0 };
	size_t n = 0;

	if (strcmp(text, ".") == 0)
		text++;
	while (*text) {
		size_t len = strcspn(text, ".");

		if (len == 0 || len > 63 || n + 1 + len >= EK_DNS_NAME_MAX)
			return -EINVAL;
		out.b[n++] = (uint8_t)len;
		memcpy(out.b + n, text, len);
		n += len;
		text += len + (text[len] == '.');
	}
	out.n = (uint8_t)(n + 1);
	*ret = out;
	return 0;
}

static size_t format_byte(char *out, uint8_t c)
{
	if (c == '.' || c == '\\')
		return (size_t)snprintf(out, 5, "\\%c", c);
	if (c <= ' ' || c > '~')
		return (size_t)snprintf(out, 5, "\\%03u", c);
	*out = (char)c;
	return 1;
}

void ek_dns_name_format(const struct ek_dns_name *name, char out[EK_DNS_TEXT_MAX])
{
	size_t n = 0;

	for (size_t at = 0; at < name->n && name->b[at]; at += name->b[at] + 1u) {
		for (size_t i = 1; i <= name->b[at]; i++)
			n += format_byte(out + n, name->b[at + i]);
		out[n++] = '.';
	}
	if (n == 0)
		out[n++] = '.';
	out[n] = '\0';
}

bool ek_dns_name_equal(const struct ek_dns_name *a, const struct ek_dns_name *b)
{
	return a->n == b->n && same_bytes(a->b, b->b, a->n);
}

size_t ek_dns_name_labels(const struct ek_dns_name *name, uint8_t ret[EK_DNS_LABELS_MAX])
{
	size_t n = 0;

	for (size_t at = 0; at < name->n && name->b[at]; at += name->b[at] + 1u)
		ret[n++] = (uint8_t)at;
	return n;
}

bool ek_dns_name_under(const struct ek_dns_name *name, const struct ek_dns_name *suffix,
		       size_t *ret_labels)
{
	size_t at = 0, labels = 0;

	if (name->n < suffix->n)
		return false;
	while (at < (size_t)(name->n - suffix->n)) {
		at += name->b[at] + 1u;
		labels++;
	}
	if (at != (size_t)(name->n - suffix->n) || !same_bytes(name->b + at, suffix->b, suffix->n))
		return false;
	*ret_labels = labels;
	return true;
}

void ek_dns_name_reverse(const struct ek_ip *ip, struct ek_dns_name *ret)
{
	char text[80];
	size_t n = 0;

	for (size_t i = ip->n; i-- > 0;)
		n += (size_t)(ip->n == 4 ? snprintf(text + n, sizeof(text) - n, "%u.", ip->b[i]) :
					   snprintf(text + n, sizeof(text) - n, "%x.%x.",
						    ip->b[i] & 15u, ip->b[i] >> 4));
	(void)snprintf(text + n, sizeof(text) - n, "%s", ip->n == 4 ? "in-addr.arpa" : "ip6.arpa");
	(void)ek_dns_name_parse(text, ret);
}

/*
 * A label that is a number of `base` with at most max_len digits, no larger than max; -1
 * otherwise.
 */
static int label_number(const uint8_t *label, int base, unsigned max_len, int max)
{
	int v = 0;

	if (label[0] == 0 || label[0] > max_len)
		return -1;
	for (size_t i = 1; i <= label[0]; i++) {
		uint8_t c = lower(label[i]);
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
						   99;

		if (digit >= base)
			return -1;
		v = v * base + digit;
	}
	return v <= max ? v : -1;
}

int ek_dns_name_to_ip(const struct ek_dns_name *name, struct ek_ip *ret)
{
	static const struct ek_dns_name v4 = { 14, "\7in-addr\4arpa" }, v6 = { 10, "\3ip6\4arpa" };
	uint8_t labels[EK_DNS_LABELS_MAX] = { 0 };
	struct ek_ip ip = { 0 };
	size_t n;

	(void)ek_dns_name_labels(name, labels);
	if (ek_dns_name_under(name, &v4, &n) && n == 4)
		ip.n = 4;
	else if (ek_dns_name_under(name, &v6, &n) && n == 32)
		ip.n = 16;
	else
		return EK_ENOTFOUND;
	for (size_t i = 0; i < n; i++) {
		int v = label_number(name->b + labels[i], ip.n == 4 ? 10 : 16, ip.n == 4 ? 3 : 1,
				     ip.n == 4 ? 255 : 15);

		if (v < 0)
			return EK_ENOTFOUND;
		if (ip.n == 4)
			ip.b[3 - i] = (uint8_t)v;
		else
			ip.b[15 - i / 2] |= (uint8_t)(v << (i % 2 * 4));
	}
	*ret = ip;
	return 0;
}
