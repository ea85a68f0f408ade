/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

/*
 * Kubernetes' name formats. The regular expressions appear in messages, since clients see them,
 * but are matched by hand: every one of them is "these characters at the ends, those within".
 */

#define LABEL_MAX     63
#define SUBDOMAIN_MAX 253
#define PORT_MAX      15

#define TOO_LONG_(n) "must be no more than " #n " characters"
#define TOO_LONG(n)  TOO_LONG_(n)
#define EMPTY        "must be non-empty"

#define QNAME_RE     "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
#define LABEL_RE     "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define SUBDOMAIN_RE LABEL_RE "(\\." LABEL_RE ")*"

/* The two blanks are upstream's. */
#define EG_1(a)       " (e.g. '" a "', "
#define EG_2(a, b)    EG_1(a) " or '" b "', "
#define EG_3(a, b, c) EG_2(a, b) " or '" c "', "
#define RE(regex)     "regex used for validation is '" regex "')"

static const char qname_msg[] =
	"name part must consist of alphanumeric characters, '-', '_' or '.', and must start and "
	"end with an alphanumeric character"
	EG_3("MyName", "my.name", "123-abc") RE(QNAME_RE);
static const char qname_parts_msg[] =
	"a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must "
	"start and end with an alphanumeric character"
	EG_3("MyName", "my.name", "123-abc") RE(QNAME_RE)
	" with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
static const char label_value_msg[] =
	"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' "
	"or '.', and must start and end with an alphanumeric character"
	EG_3("MyValue", "my_value", "12345") RE("(" QNAME_RE ")?");
static const char label_msg[] =
	"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
	"and must start and end with an alphanumeric character"
	EG_2("my-name", "123-abc") RE(LABEL_RE);
#define SUBDOMAIN_MSG                                                                           \
	"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "   \
	"'-' or '.', and must start and end with an alphanumeric character"                     \
	EG_1("example.com") RE(SUBDOMAIN_RE)
static const char label_1035_msg[] =
	"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with "
	"an alphabetic character, and end with an alphanumeric character"
	EG_2("my-name", "abc-123") RE("[a-z]([-a-z0-9]*[a-z0-9])?");
static const char config_key_msg[] =
	"a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
	EG_3("key.name", "KEY_NAME", "key-name") RE("[-._a-zA-Z0-9]+");

enum {
	LOWER = EK_BIT(0),
	UPPER = EK_BIT(1),
	DIGIT = EK_BIT(2),
	DASH  = EK_BIT(3),
	UNDER = EK_BIT(4),
	DOT   = EK_BIT(5),
};

static unsigned class_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return LOWER;
	if (c >= 'A' && c <= 'Z')
		return UPPER;
	if (c >= '0' && c <= '9')
		return DIGIT;
	return c == '-' ? DASH : c == '_' ? UNDER : c == '.' ? DOT : 0;
}

/* Not empty, the first of `first`, the last of `last`, all of `any`. */
static bool made_of(const char *s, size_t n, unsigned first, unsigned last, unsigned any)
{
	if (n == 0 || !(class_of(s[0]) & first) || !(class_of(s[n - 1]) & last))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(class_of(s[i]) & any))
			return false;
	return true;
}

static bool is_label(const char *s, size_t n)
{
	return made_of(s, n, LOWER | DIGIT, LOWER | DIGIT, LOWER | DIGIT | DASH);
}

static bool is_subdomain(const char *s, size_t n)
{
	for (;;) {
		const char *dot = memchr(s, '.', n);
		size_t part = dot ? (size_t)(dot - s) : n;

		if (!is_label(s, part))
			return false;
		if (!dot)
			return true;
		s += part + 1;
		n -= part + 1;
	}
}

static bool is_qname(const char *s, size_t n)
{
	return made_of(s, n, LOWER | UPPER | DIGIT, LOWER | UPPER | DIGIT,
		       LOWER | UPPER | DIGIT | DASH | UNDER | DOT);
}

static const char *text_of(const char *s)
{
	return s ? s : "";
}

const char *ek_name_dns1123_label(const char *s)
{
	size_t n = strlen(s = text_of(s));

	if (n > LABEL_MAX)
		return TOO_LONG(LABEL_MAX);
	if (is_label(s, n))
		return NULL;
	return is_subdomain(s, n) ? "must not contain dots" : label_msg;
}

const char *ek_name_dns1123_subdomain(const char *s)
{
	size_t n = strlen(s = text_of(s));

	if (n > SUBDOMAIN_MAX)
		return TOO_LONG(SUBDOMAIN_MAX);
	return is_subdomain(s, n) ? NULL : SUBDOMAIN_MSG;
}

const char *ek_name_dns1035_label(const char *s)
{
	size_t n = strlen(s = text_of(s));

	if (n > LABEL_MAX)
		return TOO_LONG(LABEL_MAX);
	return made_of(s, n, LOWER, LOWER | DIGIT, LOWER | DIGIT | DASH) ? NULL : label_1035_msg;
}

static const char *check_prefix(const char *s, size_t n)
{
	if (n == 0)
		return "prefix part " EMPTY;
	if (n > SUBDOMAIN_MAX)
		return "prefix part " TOO_LONG(SUBDOMAIN_MAX);
	return is_subdomain(s, n) ? NULL : "prefix part " SUBDOMAIN_MSG;
}

const char *ek_name_qualified(const char *s)
{
	const char *slash = strchr(s = text_of(s), '/');
	const char *name = slash ? slash + 1 : s;
	const char *bad;

	if (strchr(name, '/'))
		return qname_parts_msg;
	bad = slash ? check_prefix(s, (size_t)(slash - s)) : NULL;
	if (bad)
		return bad;
	if (!*name)
		return "name part " EMPTY;
	if (strlen(name) > LABEL_MAX)
		return "name part " TOO_LONG(LABEL_MAX);
	return is_qname(name, strlen(name)) ? NULL : qname_msg;
}

const char *ek_name_label_value(const char *s)
{
	size_t n = strlen(s = text_of(s));

	if (n > LABEL_MAX)
		return TOO_LONG(LABEL_MAX);
	return n == 0 || is_qname(s, n) ? NULL : label_value_msg;
}

const char *ek_name_path_segment(const char *s)
{
	s = text_of(s);
	if (strcmp(s, ".") == 0)
		return "may not be '.'";
	if (strcmp(s, "..") == 0)
		return "may not be '..'";
	if (strchr(s, '/'))
		return "may not contain '/'";
	if (strchr(s, '%'))
		return "may not contain '%'";
	return NULL;
}

/* RelaxedEnvironmentVariableValidation is on by default in 1.32. */
const char *ek_name_env_var(const char *s)
{
	s = text_of(s);
	if (!*s)
		return "environment variable name " EMPTY;
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || *s == '=')
			return "a valid environment variable name must consist only of "
			       "printable ASCII characters other than '='";
	return NULL;
}

const char *ek_name_config_key(const char *s)
{
	const unsigned any = LOWER | UPPER | DIGIT | DASH | UNDER | DOT;
	size_t n = strlen(s = text_of(s));

	if (n > SUBDOMAIN_MAX)
		return TOO_LONG(SUBDOMAIN_MAX);
	if (!made_of(s, n, any, any, any))
		return config_key_msg;
	if (strcmp(s, ".") == 0)
		return "must not be '.'";
	if (strcmp(s, "..") == 0)
		return "must not be '..'";
	return ek_str_starts(s, "..") ? "must not start with '..'" : NULL;
}

const char *ek_name_port(const char *s)
{
	const unsigned any = LOWER | DIGIT | DASH;
	size_t n = strlen(s = text_of(s));

	if (n > PORT_MAX)
		return TOO_LONG(PORT_MAX);
	if (!made_of(s, n, any, any, any))
		return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
	if (strspn(s, "0123456789-") == n)
		return "must contain at least one letter (a-z)";
	if (strstr(s, "--"))
		return "must not contain consecutive hyphens";
	if (s[0] == '-' || s[n - 1] == '-')
		return "must not begin or end with a hyphen";
	return NULL;
}
