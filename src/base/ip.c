/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include <stdio.h>

/*
 * Addresses are read as Kubernetes reads them, which is a little looser than inet_pton: leading
 * zeros are allowed and decimal. An IPv4-mapped IPv6 address is the IPv4 address, so that one
 * address has one form.
 */

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* A number of `base` at *s, at most max; *s moves past it. -1 when there is none. */
static int take_number(const char **s, int base, int max)
{
	const char *at = *s;
	int v = 0;

	for (;; at++) {
		int digit = *at >= '0' && *at <= '9' ? *at - '0' :
			    *at >= 'a' && *at <= 'f' ? *at - 'a' + 10 :
			    *at >= 'A' && *at <= 'F' ? *at - 'A' + 10 : base;

		if (digit >= base)
			break;
		v = v * base + digit;
		if (v > max)
			return -1;
	}
	if (at == *s)
		return -1;
	*s = at;
	return v;
}

static bool parse_v4(const char *s, uint8_t out[4])
{
	for (int i = 0; i < 4; i++) {
		int v;

		if (i > 0 && *s++ != '.')
			return false;
		v = take_number(&s, 10, 255);
		if (v < 0)
			return false;
		out[i] = (uint8_t)v;
	}
	return !*s;
}

/* True when the group at s is the beginning of dotted decimal. */
static bool is_dotted(const char *s)
{
	return s[strspn(s, "0123456789")] == '.';
}

static bool parse_v6(const char *s, uint8_t out[16])
{
	size_t n = 0, gap = SIZE_MAX;

	memset(out, 0, 16);
	if (s[0] == ':' && s[1] == ':') {
		gap = 0;
		s += 2;
	}
	while (*s && n < 16) {
		int v;

		if (is_dotted(s)) {
			if ((gap == SIZE_MAX && n != 12) || n > 12 || !parse_v4(s, out + n))
				return false;
			n += 4;
			s = "";
			break;
		}
		v = take_number(&s, 16, 0xffff);
		if (v < 0)
			return false;
		out[n++] = (uint8_t)(v >> 8);
		out[n++] = (uint8_t)(v & 0xff);
		if (!*s)
			break;
		if (*s++ != ':' || !*s)
			return false;
		if (*s == ':') {
			if (gap != SIZE_MAX)
				return false;
			gap = n;
			s++;
		}
	}
	if (*s || (n == 16) != (gap == SIZE_MAX))
		return false;
	if (n < 16) {
		memmove(out + 16 - (n - gap), out + gap, n - gap);
		memset(out + gap, 0, 16 - n);
	}
	return true;
}

static bool parse_as_written(const char *s, struct ek_ip *ip)
{
	size_t n = s ? strcspn(s, ".:") : 0;

	*ip = (struct ek_ip){ 0 };
	if (!s || !s[n])
		return false;
	ip->n = s[n] == '.' ? 4 : 16;
	return ip->n == 4 ? parse_v4(s, ip->b) : parse_v6(s, ip->b);
}

static bool is_mapped(const struct ek_ip *ip)
{
	return ip->n == 16 && memcmp(ip->b, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static void unmap(struct ek_ip *ip)
{
	memmove(ip->b, ip->b + 12, 4);
	memset(ip->b + 4, 0, 12);
	ip->n = 4;
}

int ek_ip_parse(const char *s, struct ek_ip *ret)
{
	struct ek_ip ip;

	if (!parse_as_written(s, &ip))
		return EK_EINVALID;
	if (is_mapped(&ip))
		unmap(&ip);
	*ret = ip;
	return 0;
}

static unsigned group_at(const struct ek_ip *ip, size_t i)
{
	return (unsigned)ip->b[2 * i] << 8 | ip->b[2 * i + 1];
}

/* RFC 5952: the longest run of two or more zero groups, the first of equals, becomes "::". */
static void format_v6(const struct ek_ip *ip, char out[46])
{
	size_t best = 8, best_len = 1, at = 0;

	for (size_t i = 0; i < 8; i++) {
		size_t len = 0;

		while (i + len < 8 && group_at(ip, i + len) == 0)
			len++;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
	}
	for (size_t i = 0; i < 8; i++) {
		if (i == best) {
			out[at++] = ':';
			out[at++] = ':';
			i += best_len - 1;
			continue;
		}
		if (at > 0 && out[at - 1] != ':')
			out[at++] = ':';
		at += (size_t)snprintf(out + at, 46 - at, "%x", group_at(ip, i));
	}
	out[at] = '\0';
}

void ek_ip_format(const struct ek_ip *ip, char out[46])
{
	if (ip->n == 4)
		(void)snprintf(out, 46, "%u.%u.%u.%u", ip->b[0], ip->b[1], ip->b[2], ip->b[3]);
	else
		format_v6(ip, out);
}

bool ek_ip_equal(const struct ek_ip *a, const struct ek_ip *b)
{
	return a->n == b->n && memcmp(a->b, b->b, a->n) == 0;
}

static void mask(struct ek_ip *ip, unsigned bits)
{
	for (unsigned i = 0; i < ip->n; i++) {
		unsigned keep = bits > i * 8 ? EK_MIN(bits - i * 8, 8u) : 0;

		ip->b[i] = (uint8_t)(ip->b[i] & (0xff00u >> keep));
	}
}

int ek_cidr_parse(const char *s, struct ek_cidr *ret, struct ek_err *err)
{
	const char *slash = s ? strchr(s, '/') : NULL;
	const char *end = slash ? slash + 1 : NULL;
	struct ek_cidr c = { 0 };
	char *ip = NULL;
	bool ok;
	int bits;

	if (!slash || slash - s > 128)
		return ek_fail(err, EK_EINVALID, "invalid CIDR address: %s", s ? s : "");
	ip = ek_str_ndup(s, (size_t)(slash - s));
	ok = parse_as_written(ip, &c.ip);
	ek_freep(&ip);
	bits = take_number(&end, 10, c.ip.n * 8);
	if (!ok || bits < 0 || *end)
		return ek_fail(err, EK_EINVALID, "invalid CIDR address: %s", s);
	mask(&c.ip, (unsigned)bits);
	if (is_mapped(&c.ip) && bits >= 96) {
		unmap(&c.ip);
		bits -= 96;
	}
	c.bits = (uint8_t)bits;
	*ret = c;
	return 0;
}

bool ek_cidr_has(const struct ek_cidr *c, const struct ek_ip *ip)
{
	struct ek_ip net = *ip;

	if (c->ip.n != ip->n)
		return false;
	mask(&net, c->bits);
	return ek_ip_equal(&net, &c->ip);
}

int ek_cidr_nth(const struct ek_cidr *c, uint32_t n, struct ek_ip *ret)
{
	unsigned host_bits = c->ip.n * 8u - c->bits;
	struct ek_ip ip = c->ip;
	uint64_t carry = n;

	if (host_bits < 32 && n >> host_bits)
		return EK_EINVALID;
	for (unsigned i = ip.n; i-- > 0 && carry; carry >>= 8) {
		carry += ip.b[i];
		ip.b[i] = (uint8_t)(carry & 0xff);
	}
	*ret = ip;
	return 0;
}
