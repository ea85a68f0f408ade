/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include <ek_test.h>

#define X63  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X253 X63 "." X63 "." X63 ".xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* The words as an API server 1.32 sends them, doubled blanks included. */
static const char label_bad[] =
	"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
static const char sub_bad[] =
	"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
static const char prefix_bad[] =
	"prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
static const char label1035_bad[] =
	"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
static const char qname_bad[] =
	"name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
static const char qname_parts[] =
	"a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
static const char value_bad[] =
	"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
static const char key_bad[] =
	"a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
static const char env_bad[] =
	"a valid environment variable name must consist only of printable ASCII characters other than '='";
static const char port_chars[] =
	"must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
static const char max15[] = "must be no more than 15 characters";
static const char max63[] = "must be no more than 63 characters";
static const char max253[] = "must be no more than 253 characters";

#define LABEL  ek_name_dns1123_label
#define SUB    ek_name_dns1123_subdomain
#define L1035  ek_name_dns1035_label
#define QNAME  ek_name_qualified
#define VALUE  ek_name_label_value
#define SEG    ek_name_path_segment
#define ENV    ek_name_env_var
#define KEY    ek_name_config_key
#define PORT   ek_name_port

static const struct {
	const char *(*check)(const char *s);
	const char *s;
	const char *message; /* NULL: valid */
} names[] = {
	{ LABEL, "a", NULL },           { LABEL, "0", NULL },         { LABEL, "my-name", NULL },
	{ LABEL, "123-abc", NULL },     { LABEL, "a--b", NULL },      { LABEL, X63, NULL },
	{ LABEL, X63 "x", max63 },      { LABEL, "", label_bad },     { LABEL, NULL, label_bad },
	{ LABEL, "-a", label_bad },     { LABEL, "a-", label_bad },   { LABEL, "A", label_bad },
	{ LABEL, "a_b", label_bad },    { LABEL, "a b", label_bad },  { LABEL, "\xc3\xa9", label_bad },
	{ LABEL, "a\n", label_bad },    { LABEL, "a.b", "must not contain dots" },
	{ LABEL, "a..b", label_bad },   { LABEL, X253, max63 },

	{ SUB, "a", NULL },             { SUB, "example.com", NULL }, { SUB, "1.2.3.4", NULL },
	{ SUB, "a-b.c-d", NULL },       { SUB, X253, NULL },          { SUB, X253 "x", max253 },
	{ SUB, X63 "x", NULL },         { SUB, "", sub_bad },         { SUB, NULL, sub_bad },
	{ SUB, ".a", sub_bad },         { SUB, "a.", sub_bad },       { SUB, "a..b", sub_bad },
	{ SUB, "a-.b", sub_bad },       { SUB, "a.-b", sub_bad },     { SUB, "A.b", sub_bad },
	{ SUB, "a/b", sub_bad },        { SUB, "a_b", sub_bad },

	{ L1035, "a", NULL },           { L1035, "abc-123", NULL },   { L1035, X63, NULL },
	{ L1035, X63 "x", max63 },      { L1035, "1a", label1035_bad }, { L1035, "", label1035_bad },
	{ L1035, "a-", label1035_bad }, { L1035, "a.b", label1035_bad }, { L1035, "A", label1035_bad },

	{ QNAME, "simple", NULL },      { QNAME, "My.Name_1-x", NULL }, { QNAME, "1", NULL },
	{ QNAME, "example.com/MyName", NULL }, { QNAME, X253 "/" X63, NULL },
	{ QNAME, "", "name part must be non-empty" },
	{ QNAME, NULL, "name part must be non-empty" },
	{ QNAME, "a/", "name part must be non-empty" },
	{ QNAME, "/a", "prefix part must be non-empty" },
	{ QNAME, "/", "prefix part must be non-empty" },
	{ QNAME, X63 "x", "name part must be no more than 63 characters" },
	{ QNAME, X253 "x/a", "prefix part must be no more than 253 characters" },
	{ QNAME, "UPPER/a", prefix_bad }, { QNAME, "a_b/a", prefix_bad },
	{ QNAME, "a/b/c", qname_parts }, { QNAME, "a//b", qname_parts },
	{ QNAME, "-a", qname_bad },     { QNAME, "a.", qname_bad },   { QNAME, "a b", qname_bad },
	{ QNAME, "x/_a", qname_bad },

	{ VALUE, "", NULL },            { VALUE, NULL, NULL },        { VALUE, "MyValue", NULL },
	{ VALUE, "my_value", NULL },    { VALUE, X63, NULL },         { VALUE, X63 "x", max63 },
	{ VALUE, "a/b", value_bad },    { VALUE, "a ", value_bad },   { VALUE, ".a", value_bad },
	{ VALUE, "a=b", value_bad },

	{ SEG, "", NULL },              { SEG, "a b", NULL },         { SEG, "system:node", NULL },
	{ SEG, "...", NULL },           { SEG, ".", "may not be '.'" }, { SEG, "..", "may not be '..'" },
	{ SEG, "a/b", "may not contain '/'" }, { SEG, "a%b", "may not contain '%'" },
	{ SEG, "%/", "may not contain '/'" },

	{ ENV, "MY_ENV", NULL },        { ENV, "1a b!", NULL },       { ENV, "..", NULL },
	{ ENV, "~", NULL },             { ENV, "", "environment variable name must be non-empty" },
	{ ENV, "a=b", env_bad },        { ENV, "a\tb", env_bad },     { ENV, "\x7f", env_bad },
	{ ENV, "\xc3\xa9", env_bad },

	{ KEY, "key.name", NULL },      { KEY, "KEY_NAME", NULL },    { KEY, "-._", NULL },
	{ KEY, ".hidden", NULL },       { KEY, X253, NULL },          { KEY, X253 "x", max253 },
	{ KEY, "", key_bad },           { KEY, "a/b", key_bad },      { KEY, "a b", key_bad },
	{ KEY, ".", "must not be '.'" }, { KEY, "..", "must not be '..'" },
	{ KEY, "..a", "must not start with '..'" },

	{ PORT, "http", NULL },         { PORT, "a", NULL },          { PORT, "1a2", NULL },
	{ PORT, "a-b-c", NULL },        { PORT, "abcdefghijklmno", NULL },
	{ PORT, "abcdefghijklmnop", max15 }, { PORT, "", port_chars }, { PORT, "HTTP", port_chars },
	{ PORT, "a_b", port_chars },
	{ PORT, "80", "must contain at least one letter (a-z)" },
	{ PORT, "a--b", "must not contain consecutive hyphens" },
	{ PORT, "-a", "must not begin or end with a hyphen" },
	{ PORT, "a-", "must not begin or end with a hyphen" },
};

START_TEST(says_what_kubernetes_says)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++) {
		const char *said = names[i].check(names[i].s);

		ck_assert_msg(ek_streq(said, names[i].message), "row %zu, \"%s\": %s", i,
			      names[i].s ? names[i].s : "(null)", said ? said : "(valid)");
	}
}
END_TEST

EK_TESTS("base/names", says_what_kubernetes_says)
