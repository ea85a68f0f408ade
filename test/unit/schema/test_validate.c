/* SPDX-License-Identifier: Apache-2.0 */

/* Expected causes are those of k8s.io/apimachinery v0.32 for the same input. */

#include <ek_test.h>
#include <schema/schema_types.h>

#include <ekube/str.h>

#define LABEL_KEY \
	"name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " \
	"alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " \
	"'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define LABEL_VALUE \
	"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must " \
	"start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used " \
	"for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
#define SUBDOMAIN \
	"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must " \
	"start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " \
	"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define LABEL \
	"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and " \
	"end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " \
	"'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

/* "field: message", one a line. */
static char *causes_text(const struct ek_causes *c)
{
	struct ek_buf out = EK_BUF_INIT(1 << 20);

	for (size_t i = 0; i < c->v.n; i++)
		(void)ek_buf_fmt(&out, "%s%s: %s", i ? "\n" : "", c->v.items[i].field,
				 c->v.items[i].message);
	return ek_buf_steal(&out);
}

/* ---- messages ---- */

static const struct {
	enum ek_cause_type type;
	const char *bad; /* JSON or NULL */
	const char *detail;
	const char *want;
} messages[] = {
	{ EK_CAUSE_NOTFOUND, "'x'", NULL, "Not found: \"x\"" },
	{ EK_CAUSE_REQUIRED, NULL, "", "Required value" },
	{ EK_CAUSE_REQUIRED, NULL, "d", "Required value: d" },
	{ EK_CAUSE_DUPLICATE, "'x'", NULL, "Duplicate value: \"x\"" },
	{ EK_CAUSE_DUPLICATE, "5", NULL, "Duplicate value: 5" },
	{ EK_CAUSE_INVALID, "true", "d", "Invalid value: true: d" },
	{ EK_CAUSE_INVALID, "1.5", "d", "Invalid value: 1.5: d" },
	{ EK_CAUSE_INVALID, "null", "d", "Invalid value: \"null\": d" },
	{ EK_CAUSE_INVALID, NULL, "d", "Invalid value: \"null\": d" },
	{ EK_CAUSE_INVALID, "'q\\n\\u0001\\u00e9\\u200b\\u007f\\u0007'", "d",
	  "Invalid value: \"q\\n\\x01\xc3\xa9\\u200b\\x7f\\a\": d" },
	{ EK_CAUSE_INVALID, "['a','b']", "d", "Invalid value: []string{\"a\", \"b\"}: d" },
	{ EK_CAUSE_INVALID, "{'b':'c','a':'d'}", "d", "Invalid value: map[string]string{\"a\":\"d\", \"b\":\"c\"}: d" },
	{ EK_CAUSE_INVALID, "{'b':1}", "d", "Invalid value: {\"b\":1}: d" },
	{ EK_CAUSE_FORBIDDEN, "'x'", "d", "Forbidden: d" },
	{ EK_CAUSE_TOOLONG, "'x'", "may not be more than 10 bytes", "Too long: may not be more than 10 bytes" },
	{ EK_CAUSE_TOOMANY, "5", "must have at most 3 items", "Too many: 5: must have at most 3 items" },
	{ EK_CAUSE_TOOMANY, NULL, "must have at most 3 items", "Too many: must have at most 3 items" },
	{ EK_CAUSE_INTERNAL, NULL, "boom", "Internal error: boom" },
	{ EK_CAUSE_TYPE, "'x'", "d", "Invalid value: \"x\": d" },
};

START_TEST(says_it_as_go)
{
	EK_JSON struct ek_json *bad = messages[_i].bad ? t_json(messages[_i].bad) : NULL;
	EK_CLEANUP(ek_causes_done) struct ek_causes c = { 0 };
	struct ek_path at = { 0 };

	ek_path_push(&at, "f");
	ek_cause_add(&c, messages[_i].type, &at, bad, messages[_i].detail ? "%s" : NULL,
		     messages[_i].detail);
	ck_assert_uint_eq(c.v.n, 1);
	ck_assert_str_eq(c.v.items[0].field, "f");
	ck_assert_str_eq(c.v.items[0].message, messages[_i].want);
	ck_assert_int_eq(c.v.items[0].type, messages[_i].type);
}
END_TEST

START_TEST(unsupported)
{
	EK_JSON struct ek_json *bad = ek_json_new_str("x");
	EK_CLEANUP(ek_causes_done) struct ek_causes c = { 0 };
	struct ek_path at = { 0 };

	ek_cause_unsupported(&c, &at, bad, (const char *const[]){ "a", "b", NULL });
	ek_cause_unsupported(&c, &at, bad, (const char *const[]){ NULL });
	ck_assert_str_eq(c.v.items[0].message,
			 "Unsupported value: \"x\": supported values: \"a\", \"b\"");
	ck_assert_str_eq(c.v.items[1].message, "Unsupported value: \"x\"");
	ck_assert_str_eq(ek_cause_reason(c.v.items[0].type), "FieldValueNotSupported");
	ck_assert_str_eq(ek_cause_reason(EK_CAUSE_TYPE), "FieldValueTypeInvalid");
}
END_TEST

START_TEST(paths)
{
	struct ek_path p = { 0 };
	size_t root = ek_path_push(&p, "spec"), list;

	ek_path_push(&p, "a.b");
	list = ek_path_index(&p, 3);
	ek_path_key(&p, "k/v");
	ek_path_push(&p, "c");
	ck_assert_str_eq(p.text, "spec.a.b[3][k/v].c");
	ek_path_pop(&p, list);
	ck_assert_str_eq(p.text, "spec.a.b");
	ek_path_pop(&p, root);
	ck_assert_str_eq(p.text, "");
	for (int i = 0; i < 1000; i++)
		ek_path_push(&p, "long-enough-to-overflow");
	ck_assert_uint_eq(strlen(p.text), sizeof(p.text) - 1);
	ek_path_pop(&p, root);
	ck_assert_str_eq(p.text, "");
}
END_TEST

START_TEST(causes_in_one_line)
{
	EK_CLEANUP(ek_causes_done) struct ek_causes c = { 0 };
	struct ek_path at = { 0 };
	EK_FREE char *none = ek_causes_text(&c), *one = NULL, *two = NULL;

	ek_path_push(&at, "a");
	ek_cause_add(&c, EK_CAUSE_REQUIRED, &at, NULL, NULL);
	ek_cause_add(&c, EK_CAUSE_REQUIRED, &at, NULL, NULL); /* said once */
	one = ek_causes_text(&c);
	ek_path_push(&at, "b");
	ek_cause_add(&c, EK_CAUSE_FORBIDDEN, &at, NULL, "no");
	two = ek_causes_text(&c);
	ck_assert_str_eq(none, "");
	ck_assert_str_eq(one, "a: Required value");
	ck_assert_str_eq(two, "[a: Required value, a.b: Forbidden: no]");
}
END_TEST

START_TEST(causes_are_bounded)
{
	EK_CLEANUP(ek_causes_done) struct ek_causes c = { 0 };
	EK_JSON struct ek_json *huge = NULL;
	struct ek_path at = { 0 };
	char *text = malloc(1 << 20);

	memset(text, 'x', (1 << 20) - 1);
	text[(1 << 20) - 1] = '\0';
	huge = ek_json_new_str(text);
	free(text);
	for (int i = 0; i < 150; i++)
		ek_cause_add(&c, EK_CAUSE_INVALID, &at, huge, "too much");
	ck_assert_uint_eq(c.v.n, 100);
	ck_assert_uint_eq(c.more, 50);
	ck_assert_uint_lt(strlen(c.v.items[0].message), 128 << 10);
	ck_assert(ek_str_ends(c.v.items[0].message, ": too much"));
}
END_TEST

/* ---- types ---- */

#define SPEC(s) "{'spec':{'selector':{},'template':{'spec':{'containers':[" s "]}}}}"

static const struct {
	const struct ek_type *type;
	const char *obj, *old, *want;
} types[] = {
	{ &t_deployment, SPEC("{'name':'a'}"), NULL, "" },
	{ &t_deployment, "{'spec':{'template':{'spec':{}}}}", NULL,
	  "spec.selector: Required value\nspec.template.spec.containers: Required value" },
	{ &t_deployment, SPEC("{'name':''}"), NULL, "spec.template.spec.containers[0].name: Required value" },
	{ &t_deployment, SPEC("{'name':'A'}"), NULL,
	  "spec.template.spec.containers[0].name: Invalid value: \"A\": " LABEL },
	{ &t_deployment, SPEC("{'name':'a','ports':[{'containerPort':0,'protocol':'TCP'},"
			      "{'containerPort':70000,'protocol':'ICMP','hostPort':-1}]}"), NULL,
	  "spec.template.spec.containers[0].ports[0].containerPort: Required value\n"
	  "spec.template.spec.containers[0].ports[1].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive\n"
	  "spec.template.spec.containers[0].ports[1].containerPort: Invalid value: 70000: "
	  "must be between 1 and 65535, inclusive\n"
	  "spec.template.spec.containers[0].ports[1].protocol: Unsupported value: \"ICMP\": "
	  "supported values: \"SCTP\", \"TCP\", \"UDP\"" },
	{ &t_deployment, SPEC("{'name':'a','resources':{'limits':{'cpu':'-1','memory':'0'}}}"), NULL,
	  "spec.template.spec.containers[0].resources.limits[cpu]: Invalid value: \"-1\": "
	  "must be greater than or equal to 0" },
	{ &t_deployment, "{'spec':{'replicas':-1,'selector':{},'minReadySeconds':-5,'template':"
	  "{'spec':{'containers':[{'name':'a'}]}}}}", NULL,
	  "spec.replicas: Invalid value: -1: must be greater than or equal to 0\n"
	  "spec.minReadySeconds: Invalid value: -5: must be greater than or equal to 0" },
	{ &t_event, "{'note':'123456789'}", NULL, "note: Too long: may not be more than 8 bytes" },
	/* immutable */
	{ &t_deployment, "{'spec':{'selector':{'matchLabels':{'app':'c'}},'template':{'spec':{'containers':"
	  "[{'name':'a'}]}}}}", "{'spec':{'selector':{'matchLabels':{'app':'b'}}}}",
	  "spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":\"c\"}, "
	  "MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable" },
	{ &t_deployment, "{'spec':{'selector':{'matchLabels':{'z':'y','app':'b'},'matchExpressions':[{'key':'k',"
	  "'operator':'In','values':['v']}]},'template':{'spec':{'containers':[{'name':'a'}]}}}}",
	  "{'spec':{'selector':{'matchLabels':{'app':'b'}}}}",
	  "spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":\"b\", \"z\":\"y\"}, "
	  "MatchExpressions:[]v1.LabelSelectorRequirement{v1.LabelSelectorRequirement{Key:\"k\", Operator:\"In\", "
	  "Values:[]string{\"v\"}}}}: field is immutable" },
	{ &t_deployment, "{'spec':{'selector':null,'template':{'spec':{'containers':[{'name':'a'}]}}}}",
	  "{'spec':{'selector':{'matchLabels':{'app':'b'}}}}",
	  "spec.selector: Required value\nspec.selector: Invalid value: \"null\": field is immutable" },
	{ &t_deployment, "{'spec':{'selector':{'matchLabels':{'a':'b'},'matchExpressions':[]},'template':{'spec':"
	  "{'containers':[{'name':'a'}]}}}}", "{'spec':{'selector':{'matchLabels':{'a':'b'}}}}", "" },
};

START_TEST(validates_types)
{
	EK_JSON struct ek_json *obj = t_json(types[_i].obj),
			       *old = types[_i].old ? t_json(types[_i].old) : NULL;
	EK_CLEANUP(ek_causes_done) struct ek_causes c = { 0 };
	EK_FREE char *text = NULL;
	struct ek_path at = { 0 };

	ek_schema_validate(types[_i].type, obj, old, &at, &c);
	text = causes_text(&c);
	ck_assert_str_eq(text, types[_i].want);
	ck_assert_uint_eq(at.len, 0);
}
END_TEST

/* ---- metadata ---- */

static const char *const old_meta =
	"{'name':'a','namespace':'n','uid':'u1','creationTimestamp':'2024-01-02T03:04:05Z',"
	"'deletionTimestamp':'2024-01-02T03:04:06Z','deletionGracePeriodSeconds':30,'resourceVersion':'5',"
	"'generation':3,'finalizers':['f/a']}";

static const struct {
	const char *meta;
	bool is_update, cluster;
	const char *want;
} metas[] = {
	{ "{'name':'ok','namespace':'n'}", false, false, "" },
	{ "{}", false, false,
	  "metadata.name: Required value: name or generateName is required\nmetadata.namespace: Required value" },
	{ "{'name':'Bad_Name','namespace':'NS'}", false, false,
	  "metadata.name: Invalid value: \"Bad_Name\": " SUBDOMAIN "\n"
	  "metadata.namespace: Invalid value: \"NS\": " LABEL },
	{ "{'generateName':'Bad-','name':'ok','namespace':'n'}", false, false,
	  "metadata.generateName: Invalid value: \"Bad-\": " SUBDOMAIN },
	{ "{'generateName':'a--','name':'ok','namespace':'n'}", false, false, "" },
	{ "{'name':'a','namespace':'n'}", false, true, "metadata.namespace: Forbidden: not allowed on this type" },
	{ "{'name':'a'}", false, true, "" },
	{ "{'name':'a','namespace':'n','generation':-1,'labels':{'a b':'v v'},'annotations':{'A B':'x','OK/Ok':''}}",
	  false, false,
	  "metadata.generation: Invalid value: -1: must be greater than or equal to 0\n"
	  "metadata.labels: Invalid value: \"a b\": " LABEL_KEY "\n"
	  "metadata.labels: Invalid value: \"v v\": " LABEL_VALUE "\n"
	  "metadata.annotations: Invalid value: \"A B\": " LABEL_KEY },
	{ "{'name':'a','namespace':'n','ownerReferences':[{},{'apiVersion':'v1','kind':'Event','name':'e','uid':'u'},"
	  "{'apiVersion':'apps/','kind':'K','name':'e','uid':'u'}]}", false, false,
	  "metadata.ownerReferences.apiVersion: Invalid value: \"\": version must not be empty\n"
	  "metadata.ownerReferences.kind: Invalid value: \"\": kind must not be empty\n"
	  "metadata.ownerReferences.name: Invalid value: \"\": name must not be empty\n"
	  "metadata.ownerReferences.uid: Invalid value: \"\": uid must not be empty\n"
	  "metadata.ownerReferences: Invalid value: v1.OwnerReference{APIVersion:\"v1\", Kind:\"Event\", Name:\"e\", "
	  "UID:\"u\", Controller:(*bool)(nil), BlockOwnerDeletion:(*bool)(nil)}: "
	  "/v1, Kind=Event is disallowed from being an owner\n"
	  "metadata.ownerReferences.apiVersion: Invalid value: \"apps/\": version must not be empty" },
	{ "{'name':'a','namespace':'n','ownerReferences':[{'apiVersion':'v1','kind':'A','name':'e','uid':'u',"
	  "'controller':true},{'apiVersion':'v1','kind':'B','name':'f','uid':'u','controller':true}]}", false, false,
	  "metadata.ownerReferences: Invalid value: []v1.OwnerReference{v1.OwnerReference{APIVersion:\"v1\", "
	  "Kind:\"A\", Name:\"e\", UID:\"u\", Controller:(*bool)(0xc000000000), BlockOwnerDeletion:(*bool)(nil)}, "
	  "v1.OwnerReference{APIVersion:\"v1\", Kind:\"B\", Name:\"f\", UID:\"u\", Controller:(*bool)(0xc000000000), "
	  "BlockOwnerDeletion:(*bool)(nil)}}: Only one reference can have Controller set to true. "
	  "Found \"true\" in references for A/e and B/f" },
	{ "{'name':'a','namespace':'n','finalizers':['a b','orphan','foregroundDeletion','x']}", false, false,
	  "metadata.finalizers: Invalid value: \"a b\": " LABEL_KEY "\n"
	  "metadata.finalizers: Invalid value: []string{\"a b\", \"orphan\", \"foregroundDeletion\", \"x\"}: "
	  "finalizer orphan and foregroundDeletion cannot be both set" },
	{ "{'name':'a','namespace':'n','managedFields':[{'operation':'X','fieldsType':'Y','manager':'a\\nb'},"
	  "{'operation':'Apply','fieldsType':'FieldsV1','manager':'kubectl'}]}", false, false,
	  "metadata.managedFields[0].operation: Invalid value: \"X\": must be `Apply` or `Update`\n"
	  "metadata.managedFields[0].fieldsType: Invalid value: \"Y\": must be `FieldsV1`\n"
	  "metadata.managedFields[0].manager: Invalid value: \"a\\nb\": invalid character U+000A (at position 1)" },
	/* updates */
	{ "{'name':'a','namespace':'n','uid':'u1','creationTimestamp':'2024-01-02T03:04:05Z',"
	  "'deletionTimestamp':'2024-01-02T03:04:06Z','deletionGracePeriodSeconds':30,'resourceVersion':'5',"
	  "'generation':4,'labels':{'a':'b'}}", true, false, "" },
	{ "{'name':'b','namespace':'m','uid':'u2','creationTimestamp':'2025-01-02T03:04:05Z',"
	  "'deletionTimestamp':'2025-01-02T03:04:06Z','deletionGracePeriodSeconds':31,'resourceVersion':'5',"
	  "'generation':2,'finalizers':['f/a','f/c','f/b','f/c']}", true, false,
	  "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
	  "found new finalizers []string{\"f/b\", \"f/c\"}\n"
	  "metadata.generation: Invalid value: 2: must not be decremented\n"
	  "metadata.name: Invalid value: \"b\": field is immutable\n"
	  "metadata.namespace: Invalid value: \"m\": field is immutable\n"
	  "metadata.uid: Invalid value: \"u2\": field is immutable\n"
	  "metadata.creationTimestamp: Invalid value: 2025-01-02 03:04:05 +0000 UTC: field is immutable\n"
	  "metadata.deletionTimestamp: Invalid value: 2025-01-02 03:04:06 +0000 UTC: field is immutable\n"
	  "metadata.deletionGracePeriodSeconds: Invalid value: 31: field is immutable" },
	{ "{'name':'a','namespace':'n'}", true, false,
	  "metadata.resourceVersion: Invalid value: \"\": must be specified for an update\n"
	  "metadata.generation: Invalid value: 0: must not be decremented\n"
	  "metadata.uid: Invalid value: \"\": field is immutable\n"
	  "metadata.creationTimestamp: Invalid value: 0001-01-01 00:00:00 +0000 UTC: field is immutable\n"
	  "metadata.deletionTimestamp: Invalid value: \"null\": field is immutable\n"
	  "metadata.deletionGracePeriodSeconds: Invalid value: \"null\": field is immutable" },
};

START_TEST(validates_metadata)
{
	EK_JSON struct ek_json *meta = t_json(metas[_i].meta), *was = t_json(old_meta);
	EK_JSON struct ek_json *obj = ek_json_make("{'metadata':%v}", meta),
			       *old = ek_json_make("{'metadata':%v}", was);
	EK_CLEANUP(ek_causes_done) struct ek_causes c = { 0 };
	EK_FREE char *text = NULL;
	struct ek_path at = { 0 };

	ek_meta_validate(obj, metas[_i].is_update ? old : NULL, !metas[_i].cluster,
			 ek_name_dns1123_subdomain, &at, &c);
	text = causes_text(&c);
	ck_assert_str_eq(text, metas[_i].want);
	ck_assert_uint_eq(at.len, 0);
}
END_TEST

START_TEST(annotations_have_a_limit)
{
	EK_JSON struct ek_json *obj = t_json("{'metadata':{'name':'a','annotations':{}}}");
	struct ek_json *annotations = ek_json_at(obj, "metadata.annotations");
	EK_CLEANUP(ek_causes_done) struct ek_causes c = { 0 };
	struct ek_path at = { 0 };
	char value[(64 << 10) + 1] = { 0 };

	memset(value, 'v', sizeof(value) - 1);
	for (int i = 0; i < 4; i++)
		ek_json_set_str(annotations, EK_F("k%d", i), value);
	ek_json_set_str(annotations, "k3", "x");
	ek_meta_validate(obj, NULL, false, ek_name_dns1123_subdomain, &at, &c);
	ck_assert_uint_eq(c.v.n, 0);
	ek_json_set_str(annotations, "k3", value);
	ek_meta_validate(obj, NULL, false, ek_name_dns1123_subdomain, &at, &c);
	ck_assert_uint_eq(c.v.n, 1);
	ck_assert_str_eq(c.v.items[0].message, "Too long: may not be more than 262144 bytes");
}
END_TEST

/* ---- selectors ---- */

static const struct {
	const char *sel;
	bool allow;
	const char *want;
} selectors[] = {
	{ "{}", false, "" },
	{ "{'matchLabels':{'a b':'c d'},'matchExpressions':[{'key':'k','operator':'In'},{'key':'k','operator':'Exists',"
	  "'values':['x']},{'key':'a b','operator':'Foo'},{'key':'k','operator':'NotIn','values':['ok','not ok']}]}", false,
	  "spec.selector.matchLabels: Invalid value: \"a b\": " LABEL_KEY "\n"
	  "spec.selector.matchLabels: Invalid value: \"c d\": " LABEL_VALUE "\n"
	  "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'\n"
	  "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or "
	  "'DoesNotExist'\n"
	  "spec.selector.matchExpressions[2].operator: Invalid value: \"Foo\": not a valid selector operator\n"
	  "spec.selector.matchExpressions[2].key: Invalid value: \"a b\": " LABEL_KEY "\n"
	  "spec.selector.matchExpressions[3].values[1]: Invalid value: \"not ok\": " LABEL_VALUE },
	{ "{'matchExpressions':[{'key':'k','operator':'NotIn','values':['not ok']}]}", true, "" },
};

START_TEST(validates_selectors)
{
	EK_JSON struct ek_json *sel = t_json(selectors[_i].sel);
	EK_CLEANUP(ek_causes_done) struct ek_causes c = { 0 };
	EK_FREE char *text = NULL;
	struct ek_path at = { 0 };

	ek_path_push(&at, "spec.selector");
	ek_label_selector_validate(sel, selectors[_i].allow, &at, &c);
	text = causes_text(&c);
	ck_assert_str_eq(text, selectors[_i].want);
	ck_assert_str_eq(at.text, "spec.selector");
}
END_TEST

EK_TESTS("schema/validate", EK_ROWS(says_it_as_go, messages), unsupported, paths, causes_in_one_line,
	 causes_are_bounded, EK_ROWS(validates_types, types), EK_ROWS(validates_metadata, metas),
	 annotations_have_a_limit, EK_ROWS(validates_selectors, selectors))
