/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <ekube/clock.h>

#include "ek_test.h"
#include "svc_rules.h"

/* ---- elements as text ---- */

static void put_front(struct ek_buf *out, const uint8_t *key)
{
	static const char *const protos[] = { [6] = "tcp", [17] = "udp", [132] = "sctp" };

	(void)ek_buf_fmt(out, "%s %u.%u.%u.%u:%u", protos[key[0]], key[4], key[5], key[6], key[7],
			 key[8] << 8 | key[9]);
}

static void put_elem(struct ek_buf *out, const struct ek_svc_elem *e)
{
	static const char *const sets[] = { "svc", "ep", "ep_local", "known", "refused" };
	char chain[EK_SVC_CHAIN_NAME_MAX];
	const uint8_t *t = e->set == EK_SET_KNOWN ? e->key + 12 : e->data;
	uint32_t n;

	(void)ek_buf_fmt(out, "%s ", sets[e->set]);
	put_front(out, e->key);
	if (ek_svc_set_leads(e->set)) {
		ek_svc_chain_name(&e->chain, chain);
		(void)ek_buf_fmt(out, " -> %s\n", chain);
		return;
	}
	if (e->set != EK_SET_KNOWN) {
		memcpy(&n, e->key + 12, sizeof(n));
		(void)ek_buf_fmt(out, " #%u ->", n);
	}
	(void)ek_buf_fmt(out, " %u.%u.%u.%u:%u\n", t[0], t[1], t[2], t[3], t[4] << 8 | t[5]);
}

static char *text_of(const struct ek_svc_elems *elems)
{
	struct ek_buf out = EK_BUF_INIT(1 << 20);

	for (size_t i = 0; i < elems->n; i++)
		put_elem(&out, &elems->items[i]);
	return ek_buf_steal(&out);
}

static struct ek_json *json(const char *text)
{
	char *copy = ek_str_dup(text);
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	ck_assert_msg(ek_json_parse(copy, strlen(copy), 1 << 20, &v, NULL, &err) == 0, "%s: %s",
		      err.msg, copy);
	free(copy);
	return v;
}

static void set_service(struct ek_svcdir *dir, const char *meta, const char *spec)
{
	EK_FREE char *text =
		ek_str_fmt("{'metadata':{'name':'web','namespace':'default'%s},%s}", meta, spec);
	EK_JSON struct ek_json *v = json(text);
	struct ek_err err = { 0 };

	ck_assert_msg(ek_svcdir_set_service(dir, v, &err) == 0, "%s", err.msg);
}

static void set_slice(struct ek_svcdir *dir, const char *name, const char *body)
{
	EK_FREE char *text = ek_str_fmt("{'metadata':{'name':'%s','namespace':'default',"
					"'labels':{'kubernetes.io/service-name':'web'}},%s}",
					name, body);
	EK_JSON struct ek_json *v = json(text);
	struct ek_err err = { 0 };

	ck_assert_msg(ek_svcdir_set_slice(dir, v, &err) == 0, "%s", err.msg);
}

/* ---- one Service ---- */

#define IP "'clusterIP':'10.43.0.1','clusterIPs':['10.43.0.1']"
#define HTTP "'ports':[{'name':'http','port':80,'protocol':'TCP'}]"
#define HTTP_NODE "'ports':[{'name':'http','port':80,'nodePort':30080}]"
#define TO_8080 "'addressType':'IPv4','ports':[{'name':'http','port':8080,'protocol':'TCP'}]"
#define TWO TO_8080 ",'endpoints':[{'addresses':['10.42.0.5'],'nodeName':'n1'}," \
		   "{'addresses':['10.42.1.6'],'nodeName':'n2','conditions':{'ready':true}}]"
#define REMOTE TO_8080 ",'endpoints':[{'addresses':['10.42.1.6'],'nodeName':'n2'}]"

static const struct {
	const char *what, *meta, *spec, *slice, *slice2, *want;
} rows[] = {
	{ "cluster address", "", "'spec':{" IP "," HTTP "}", TWO, NULL,
	  "svc tcp 10.43.0.1:80 -> inner_2\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.0.5:8080\n"
	  "ep tcp 10.43.0.1:80 #1 -> 10.42.1.6:8080\n" },
	{ "no slice", "", "'spec':{" IP "," HTTP "}", NULL, NULL,
	  "refused tcp 10.43.0.1:80 -> reject\n" },
	{ "slices without endpoints", "", "'spec':{" IP "," HTTP_NODE ",'externalIPs':['192.0.2.9']}",
	  TO_8080 ",'endpoints':null", NULL,
	  "refused tcp 0.0.0.0:30080 -> reject\n"
	  "refused tcp 10.43.0.1:80 -> reject\n"
	  "refused tcp 192.0.2.9:80 -> reject\n" },
	{ "node port", "", "'spec':{" IP "," HTTP_NODE ",'type':'NodePort'}", REMOTE, NULL,
	  "svc tcp 0.0.0.0:30080 -> outer_1_nodeport\n"
	  "svc tcp 10.43.0.1:80 -> inner_1\n"
	  "ep tcp 0.0.0.0:30080 #0 -> 10.42.1.6:8080\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.1.6:8080\n" },
	{ "outer addresses", "", "'spec':{" IP "," HTTP ",'externalIPs':['192.0.2.9']},"
	  "'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.10'},{'hostname':'lb.example'},"
	  "{'ip':'192.0.2.11','ipMode':'Proxy'},{'ip':'192.0.2.12','ipMode':'VIP'}]}}", REMOTE, NULL,
	  "svc tcp 10.43.0.1:80 -> inner_1\n"
	  "svc tcp 192.0.2.9:80 -> outer_1\n"
	  "svc tcp 192.0.2.10:80 -> outer_1\n"
	  "svc tcp 192.0.2.12:80 -> outer_1\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.1.6:8080\n"
	  "ep tcp 192.0.2.9:80 #0 -> 10.42.1.6:8080\n"
	  "ep tcp 192.0.2.10:80 #0 -> 10.42.1.6:8080\n"
	  "ep tcp 192.0.2.12:80 #0 -> 10.42.1.6:8080\n" },
	{ "headless", "", "'spec':{'clusterIP':'None','clusterIPs':['None']," HTTP "}", TWO, NULL, "" },
	{ "external name", "", "'spec':{'type':'ExternalName','externalName':'x.example'}", TWO, NULL, "" },
	{ "somebody else's proxy", ",'labels':{'service.kubernetes.io/service-proxy-name':'x'}",
	  "'spec':{" IP "," HTTP "}", TWO, NULL, "" },
	{ "the cluster's DNS is served here", "", "'spec':{'clusterIP':'10.43.0.10'," HTTP "}", TWO, NULL, "" },
	{ "affinity", "", "'spec':{" IP "," HTTP ",'sessionAffinity':'ClientIP',"
	  "'sessionAffinityConfig':{'clientIP':{'timeoutSeconds':60}}}", REMOTE, NULL,
	  "svc tcp 10.43.0.1:80 -> inner_1_sticky_60\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.1.6:8080\n"
	  "known tcp 10.43.0.1:80 10.42.1.6:8080\n" },
	{ "affinity by default lasts three hours", "", "'spec':{" IP "," HTTP ",'sessionAffinity':'ClientIP'}",
	  REMOTE, NULL,
	  "svc tcp 10.43.0.1:80 -> inner_1_sticky_10800\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.1.6:8080\n"
	  "known tcp 10.43.0.1:80 10.42.1.6:8080\n" },
	{ "external policy Local", "", "'spec':{" IP "," HTTP_NODE ",'externalTrafficPolicy':'Local'}", TWO, NULL,
	  "svc tcp 0.0.0.0:30080 -> local_2_1_nodeport\n"
	  "svc tcp 10.43.0.1:80 -> inner_2\n"
	  "ep tcp 0.0.0.0:30080 #0 -> 10.42.0.5:8080\n"
	  "ep tcp 0.0.0.0:30080 #1 -> 10.42.1.6:8080\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.0.5:8080\n"
	  "ep tcp 10.43.0.1:80 #1 -> 10.42.1.6:8080\n"
	  "ep_local tcp 0.0.0.0:30080 #0 -> 10.42.0.5:8080\n" },
	{ "external policy Local, none here", "", "'spec':{" IP "," HTTP_NODE ",'externalTrafficPolicy':'Local'}",
	  REMOTE, NULL,
	  "svc tcp 0.0.0.0:30080 -> local_1_0_nodeport\n"
	  "svc tcp 10.43.0.1:80 -> inner_1\n"
	  "ep tcp 0.0.0.0:30080 #0 -> 10.42.1.6:8080\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.1.6:8080\n" },
	{ "internal policy Local", "", "'spec':{" IP "," HTTP ",'internalTrafficPolicy':'Local'}", TWO, NULL,
	  "svc tcp 10.43.0.1:80 -> inner_1\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.0.5:8080\n" },
	{ "internal policy Local, none here", "", "'spec':{" IP "," HTTP ",'internalTrafficPolicy':'Local'}",
	  REMOTE, NULL, "refused tcp 10.43.0.1:80 -> drop\n" },
	{ "not ready", "", "'spec':{" IP "," HTTP "}",
	  TO_8080 ",'endpoints':[{'addresses':['10.42.0.5'],'conditions':{'ready':false,'serving':false}},"
	  "{'addresses':['10.42.0.6'],'conditions':{}}]", NULL,
	  "svc tcp 10.43.0.1:80 -> inner_1\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.0.6:8080\n" },
	{ "the leaving serve when nobody else does", "", "'spec':{" IP "," HTTP "}",
	  TO_8080 ",'endpoints':[{'addresses':['10.42.0.5'],"
	  "'conditions':{'ready':false,'serving':true,'terminating':true}},"
	  "{'addresses':['10.42.0.6'],'conditions':{'ready':false,'serving':false,'terminating':true}}]", NULL,
	  "svc tcp 10.43.0.1:80 -> inner_1\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.0.5:8080\n" },
	{ "the leaving rest when somebody is ready", "", "'spec':{" IP "," HTTP "}",
	  TO_8080 ",'endpoints':[{'addresses':['10.42.0.5'],"
	  "'conditions':{'ready':false,'serving':true,'terminating':true}}]", REMOTE,
	  "svc tcp 10.43.0.1:80 -> inner_1\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.1.6:8080\n" },
	{ "ports by name, numbers by slice", "",
	  "'spec':{" IP ",'ports':[{'name':'http','port':80},{'name':'dns','port':53,'protocol':'UDP'}]}",
	  "'addressType':'IPv4','ports':[{'name':'http','port':8080},{'name':'dns','port':5353,'protocol':'UDP'}],"
	  "'endpoints':[{'addresses':['10.42.0.5']}]",
	  "'addressType':'IPv4','ports':[{'name':'http','port':9090}],"
	  "'endpoints':[{'addresses':['10.42.0.6']}]",
	  "svc tcp 10.43.0.1:80 -> inner_2\n"
	  "svc udp 10.43.0.1:53 -> inner_1\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.0.5:8080\n"
	  "ep tcp 10.43.0.1:80 #1 -> 10.42.0.6:9090\n"
	  "ep udp 10.43.0.1:53 #0 -> 10.42.0.5:5353\n" },
	{ "an endpoint in two slices counts once", "", "'spec':{" IP "," HTTP "}", REMOTE, TWO,
	  "svc tcp 10.43.0.1:80 -> inner_2\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.0.5:8080\n"
	  "ep tcp 10.43.0.1:80 #1 -> 10.42.1.6:8080\n" },
	{ "only IPv4 goes to this table", "", "'spec':{'clusterIP':'10.43.0.1','clusterIPs':['10.43.0.1','fd00::1'],"
	  HTTP "}",
	  "'addressType':'IPv6','ports':[{'name':'http','port':8080}],'endpoints':[{'addresses':['fd00::5']}]",
	  REMOTE,
	  "svc tcp 10.43.0.1:80 -> inner_1\n"
	  "ep tcp 10.43.0.1:80 #0 -> 10.42.1.6:8080\n" },
	{ "unnamed port, SCTP", "", "'spec':{" IP ",'ports':[{'port':80,'protocol':'SCTP'}]}",
	  "'addressType':'IPv4','ports':[{'name':'','port':8080,'protocol':'SCTP'}],"
	  "'endpoints':[{'addresses':['10.42.0.5']}]", NULL,
	  "svc sctp 10.43.0.1:80 -> inner_1\n"
	  "ep sctp 10.43.0.1:80 #0 -> 10.42.0.5:8080\n" },
	{ "names of hosts are no endpoints", "", "'spec':{" IP "," HTTP "}",
	  "'addressType':'FQDN','ports':[{'name':'http','port':8080}],'endpoints':[{'addresses':['x.example']}]",
	  NULL, "refused tcp 10.43.0.1:80 -> reject\n" },
};

static const struct ek_ip dns_ip = { 4, { 10, 43, 0, 10 } };
static const struct ek_svc_env env = { .own = &dns_ip, .n_own = 1 };

START_TEST(service_becomes_elements)
{
	struct ek_svcdir *dir = ek_svcdir_new("n1");
	struct ek_svc_elems none = { 0 }, got;
	char *text;

	set_service(dir, rows[_i].meta, rows[_i].spec);
	if (rows[_i].slice)
		set_slice(dir, "web-1", rows[_i].slice);
	if (rows[_i].slice2)
		set_slice(dir, "web-2", rows[_i].slice2);
	ek_svc_rules(&env, ek_svcdir_get(dir, "default/web"), &none, &got);
	text = text_of(&got);
	ck_assert_msg(strcmp(text, rows[_i].want) == 0, "%s:\n%s--- want:\n%s", rows[_i].what, text,
		      rows[_i].want);
	free(text);
	ek_svc_elems_done(&got);
	ek_svcdir_free(dir);
}
END_TEST

/* ---- changes ---- */

struct tally {
	size_t del, add;
	struct ek_buf text;
};

static void on_diff(void *arg, bool del, const struct ek_svc_elem *e)
{
	struct tally *t = arg;

	*(del ? &t->del : &t->add) += 1;
	(void)ek_buf_char(&t->text, del ? '-' : '+');
	put_elem(&t->text, e);
}

static char *endpoints(const char *last_bytes)
{
	struct ek_buf b = EK_BUF_INIT(1 << 20);
	bool first = true;

	(void)ek_buf_str(&b, TO_8080 ",'endpoints':[");
	for (const char *c = last_bytes; *c; c++, first = false)
		(void)ek_buf_fmt(&b, "%s{'addresses':['10.42.0.%u'],'nodeName':'n1'}",
				 first ? "" : ",", *c);
	(void)ek_buf_str(&b, "]");
	return ek_buf_steal(&b);
}

static const struct {
	const char *what, *before, *after, *want;
} changes[] = {
	{ "nothing", "abc", "cab", "" },
	{ "one more", "a", "ab",
	  "-svc tcp 10.43.0.1:80 -> inner_1\n"
	  "+svc tcp 10.43.0.1:80 -> inner_2\n"
	  "+ep tcp 10.43.0.1:80 #1 -> 10.42.0.98:8080\n" },
	{ "one less, in the middle: the last takes its place", "abcde", "acde",
	  "-svc tcp 10.43.0.1:80 -> inner_5\n"
	  "+svc tcp 10.43.0.1:80 -> inner_4\n"
	  "-ep tcp 10.43.0.1:80 #1 -> 10.42.0.98:8080\n"
	  "+ep tcp 10.43.0.1:80 #1 -> 10.42.0.101:8080\n"
	  "-ep tcp 10.43.0.1:80 #4 -> 10.42.0.101:8080\n" },
	{ "one replaced", "abc", "axc",
	  "-ep tcp 10.43.0.1:80 #1 -> 10.42.0.98:8080\n"
	  "+ep tcp 10.43.0.1:80 #1 -> 10.42.0.120:8080\n" },
	{ "all gone", "ab", "",
	  "-svc tcp 10.43.0.1:80 -> inner_2\n"
	  "-ep tcp 10.43.0.1:80 #0 -> 10.42.0.97:8080\n"
	  "-ep tcp 10.43.0.1:80 #1 -> 10.42.0.98:8080\n"
	  "+refused tcp 10.43.0.1:80 -> reject\n" },
	{ "all new", "ab", "xy",
	  "-ep tcp 10.43.0.1:80 #0 -> 10.42.0.97:8080\n"
	  "+ep tcp 10.43.0.1:80 #0 -> 10.42.0.120:8080\n"
	  "-ep tcp 10.43.0.1:80 #1 -> 10.42.0.98:8080\n"
	  "+ep tcp 10.43.0.1:80 #1 -> 10.42.0.121:8080\n" },
};

START_TEST(changes_are_small)
{
	struct ek_svcdir *dir = ek_svcdir_new(NULL);
	struct ek_svc_elems none = { 0 }, was, now;
	struct tally t = { .text = EK_BUF_INIT(1 << 20) };
	EK_FREE char *before = endpoints(changes[_i].before), *after = endpoints(changes[_i].after);

	set_service(dir, "", "'spec':{" IP "," HTTP "}");
	set_slice(dir, "web-1", before);
	ek_svc_rules(&env, ek_svcdir_get(dir, "default/web"), &none, &was);
	set_slice(dir, "web-1", after);
	ek_svc_rules(&env, ek_svcdir_get(dir, "default/web"), &was, &now);
	ek_svc_elems_diff(&was, &now, on_diff, &t);
	ck_assert_msg(strcmp(t.text.data ? t.text.data : "", changes[_i].want) == 0,
		      "%s:\n%s--- want:\n%s", changes[_i].what, t.text.data, changes[_i].want);
	ek_svc_elems_done(&was);
	ek_svc_elems_done(&now);
	ek_buf_done(&t.text);
	ek_svcdir_free(dir);
}
END_TEST

/*
 * Whatever endpoints come and go: the places are 0..n-1, each endpoint has one, and what stayed is
 * not moved about.
 */
START_TEST(places_are_dense_whatever_happens)
{
	struct ek_svcdir *dir = ek_svcdir_new(NULL);
	struct ek_svc_elems was = { 0 }, now;
	char last_bytes[40];

	ek_rand_seed(7);
	set_service(dir, "", "'spec':{" IP "," HTTP "}");
	for (int round = 0; round < 300; round++) {
		struct tally t = { .text = EK_BUF_INIT(1 << 20) };
		size_t n = 0, places = 0;
		EK_FREE char *text = NULL;

		for (char c = 'A'; c < 'A' + 30; c++)
			if (ek_rand_below(100) < 60)
				last_bytes[n++] = c;
		last_bytes[n] = '\0';
		text = endpoints(last_bytes);
		set_slice(dir, "web-1", text);
		ek_svc_rules(&env, ek_svcdir_get(dir, "default/web"), &was, &now);
		for (size_t i = 0; i < now.n; i++) {
			uint32_t at;

			if (now.items[i].set != EK_SET_EP)
				continue;
			memcpy(&at, now.items[i].key + 12, sizeof(at));
			ck_assert_uint_lt(at, n);
			ck_assert_ptr_nonnull(memchr(last_bytes, now.items[i].data[3], n));
			places++;
		}
		ck_assert_uint_eq(places, n);
		ek_svc_elems_diff(&was, &now, on_diff, &t);
		ck_assert_uint_le(t.add + t.del, 2 * 30 + 2);
		ek_buf_done(&t.text);
		ek_svc_elems_done(&was);
		was = now;
	}
	ek_svc_elems_done(&was);
	ek_svcdir_free(dir);
}
END_TEST

/* ---- claims ---- */

static bool refuse_node_ports(void *arg, const struct ek_svc *svc, const uint8_t key[12])
{
	(void)arg;
	ck_assert_str_eq(svc->key, "default/web");
	return key[4] != 0;
}

START_TEST(what_another_service_has_is_left_out)
{
	struct ek_svcdir *dir = ek_svcdir_new(NULL);
	struct ek_svc_env claiming = { .claim = refuse_node_ports };
	struct ek_svc_elems none = { 0 }, got;
	char *text;

	set_service(dir, "", "'spec':{" IP "," HTTP_NODE "}");
	set_slice(dir, "web-1", REMOTE);
	ek_svc_rules(&claiming, ek_svcdir_get(dir, "default/web"), &none, &got);
	text = text_of(&got);
	ck_assert_str_eq(text, "svc tcp 10.43.0.1:80 -> inner_1\n"
			       "ep tcp 10.43.0.1:80 #0 -> 10.42.1.6:8080\n");
	free(text);
	ek_svc_elems_done(&got);
	ek_svcdir_free(dir);
}
END_TEST

/* ---- the directory ---- */

struct seen {
	struct ek_svcdir_watch watch;
	char last[64];
	int n;
};

static void on_changed(struct ek_svcdir_watch *w, const char *key)
{
	struct seen *s = ek_container_of(w, struct seen, watch);

	(void)snprintf(s->last, sizeof(s->last), "%s", key);
	s->n++;
}

START_TEST(directory_tells_of_changes)
{
	struct ek_svcdir *dir = ek_svcdir_new(NULL);
	struct seen seen = { .watch = { .changed = on_changed } };
	EK_JSON struct ek_json *moved = json("{'metadata':{'name':'web-1','namespace':'default',"
					     "'labels':{'kubernetes.io/service-name':'other'}}}");
	EK_JSON struct ek_json *orphan =
		json("{'metadata':{'name':'web-1','namespace':'default'}}");

	ek_svcdir_watch(dir, &seen.watch);
	set_slice(dir, "web-1", TWO); /* a slice may come before its Service */
	ck_assert_str_eq(seen.last, "default/web");
	ck_assert(!ek_svcdir_get(dir, "default/web")->exists);
	ck_assert(!ek_svcdir_has_namespace(dir, "default"));
	set_service(dir, "", "'spec':{" IP "," HTTP "}");
	ck_assert(ek_svcdir_has_namespace(dir, "default"));
	ck_assert_int_eq(seen.n, 2);

	ck_assert_int_eq(ek_svcdir_set_slice(dir, moved, NULL), 0);
	ck_assert_int_eq(seen.n, 4); /* the one it left and the one it came to */
	ck_assert_str_eq(seen.last, "default/other");
	ck_assert(ek_list_empty(&ek_svcdir_get(dir, "default/web")->slices));
	ck_assert_int_eq(ek_svcdir_set_slice(dir, orphan, NULL), 0);
	ck_assert_ptr_null(ek_svcdir_get(dir, "default/other"));

	ek_svcdir_del_service(dir, "default", "web");
	ck_assert_ptr_null(ek_svcdir_get(dir, "default/web"));
	ck_assert(!ek_svcdir_has_namespace(dir, "default"));
	ek_svcdir_set_namespace(dir, "default");
	ck_assert(ek_svcdir_has_namespace(dir, "default"));
	seen.n = 0;
	ek_svcdir_del_service(dir, "default", "web"); /* unknown: no news */
	ek_svcdir_del_slice(dir, "default", "web-1");
	ck_assert_int_eq(seen.n, 0);
	ek_svcdir_unwatch(&seen.watch);
	ek_svcdir_free(dir);
}
END_TEST

static const char *const bad_services[] = {
	"{'metadata':{'name':'web'}}",
	"{'metadata':{'namespace':'default'}}",
	"{'metadata':{'name':'web','namespace':'default'},'spec':{'clusterIP':'10.43.0'}}",
	"{'metadata':{'name':'web','namespace':'default'},'spec':{'clusterIP':'10.43.0.1','externalIPs':['x']}}",
	"{'metadata':{'name':'web','namespace':'default'},'spec':{'ports':[{'port':70000}]}}",
	"{'metadata':{'name':'web','namespace':'default'},'spec':{'ports':[{'port':7,'protocol':'ICMP'}]}}",
	"{'metadata':{'name':'web','namespace':'default'},'spec':{'ports':[{'port':7},{'port':7,'nodePort':-1}]}}",
};

START_TEST(malformed_service_changes_nothing)
{
	struct ek_svcdir *dir = ek_svcdir_new(NULL);
	EK_JSON struct ek_json *bad = json(bad_services[_i]);
	struct ek_err err = { 0 };

	set_service(dir, "", "'spec':{" IP "," HTTP "}");
	ck_assert_int_eq(ek_svcdir_set_service(dir, bad, &err), EK_EINVALID);
	ck_assert_uint_gt(strlen(err.msg), 10);
	ck_assert_uint_eq(ek_svcdir_get(dir, "default/web")->n_ports, 1);
	ek_svcdir_free(dir);
}
END_TEST

START_TEST(malformed_slice_changes_nothing)
{
	struct ek_svcdir *dir = ek_svcdir_new(NULL);
	EK_JSON struct ek_json *bad =
		json("{'metadata':{'name':'web-1','namespace':'default','labels':"
		     "{'kubernetes.io/service-name':'web'}},'endpoints':"
		     "[{'addresses':['10.42.0.1']},{'addresses':['nonsense']}]}");
	struct ek_err err = { 0 };

	set_slice(dir, "web-1", TWO);
	ck_assert_int_eq(ek_svcdir_set_slice(dir, bad, &err), EK_EINVALID);
	ck_assert_ptr_nonnull(strstr(err.msg, "nonsense"));
	ck_assert(!ek_list_empty(&ek_svcdir_get(dir, "default/web")->slices));
	ek_svcdir_free(dir);
}
END_TEST

EK_TESTS("net/svc_rules", EK_ROWS(service_becomes_elements, rows),
	 EK_ROWS(changes_are_small, changes), places_are_dense_whatever_happens,
	 what_another_service_has_is_left_out, directory_tells_of_changes,
	 EK_ROWS(malformed_service_changes_nothing, bad_services),
	 malformed_slice_changes_nothing)
