/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_files.h"

#include <stdlib.h>
#include <string.h>

#include <ekube/meta.h>
#include <ekube/str.h>
#include <ekube/vec.h>

#include "spec/podspec.h"

enum {
	NAME_LEN_MAX = 63,
	FILE_BYTES_MAX = 256 << 10,
	SERVERS_MAX = 3,
	SEARCHES_MAX = 32,
	OPTIONS_MAX = 64,
	LINE_WORDS = 64
};

/* ---- host name ---- */

static char *short_name(const struct ek_json *pod)
{
	const char *hostname = ek_json_str_at(pod, "spec.hostname");
	char *s;

	if (!ek_str_empty(hostname))
		return ek_str_dup(hostname);
	s = ek_str_ndup(ek_meta_name(pod), NAME_LEN_MAX);
	/* cut in the middle of "web-1.x", it must still be a name */
	for (size_t n = strlen(s); n > 0 && (s[n - 1] == '-' || s[n - 1] == '.'); n--)
		s[n - 1] = '\0';
	return s;
}

/* "sub.ns.svc.domain"; NULL without a subdomain */
static char *domain_of(const struct ek_json *pod, const char *domain)
{
	const char *sub = ek_json_str_at(pod, "spec.subdomain");

	return ek_str_empty(sub) ? NULL : ek_str_fmt("%s.%s.svc.%s", sub, ek_meta_namespace(pod), domain);
}

char *ek_pod_hostname(const struct ek_json *pod, const char *domain)
{
	EK_FREE char *name = short_name(pod), *host_domain = domain_of(pod, domain);
	EK_FREE char *full = host_domain ? ek_str_fmt("%s.%s", name, host_domain) : NULL;

	if (full && ek_json_bool_at(pod, "spec.setHostnameAsFQDN", false) && strlen(full) <= 64)
		return ek_steal(full);
	return ek_steal(name);
}

/* ---- hosts ---- */

static void put_aliases(const struct ek_json *pod, struct ek_buf *b)
{
	const struct ek_json *list = ek_json_at(pod, "spec.hostAliases");

	if (ek_json_len(list) == 0)
		return;
	(void)ek_buf_str(b, "\n# Entries added by HostAliases.\n");
	for (size_t i = 0; i < ek_json_len(list); i++) {
		const struct ek_json *a = ek_json_elem(list, i), *names = ek_json_get(a, "hostnames");

		(void)ek_buf_str(b, ek_json_str_at(a, "ip") ? ek_json_str_at(a, "ip") : "");
		for (size_t k = 0; k < ek_json_len(names); k++)
			(void)ek_buf_fmt(b, "\t%s", ek_json_str(ek_json_elem(names, k)));
		(void)ek_buf_char(b, '\n');
	}
}

char *ek_pod_hosts(const struct ek_json *pod, const char *ip, const char *domain,
		   const char *host_file)
{
	struct ek_buf b = EK_BUF_INIT(2 * FILE_BYTES_MAX);
	EK_FREE char *name = short_name(pod), *host_domain = domain_of(pod, domain);

	if (ek_podspec_host_network(pod)) {
		(void)ek_buf_fmt(&b, "# Kubernetes-managed hosts file (host network).\n%s", host_file ? host_file : "");
		put_aliases(pod, &b);
		return ek_buf_steal(&b);
	}
	(void)ek_buf_str(&b, "# Kubernetes-managed hosts file.\n"
			     "127.0.0.1\tlocalhost\n"
			     "::1\tlocalhost ip6-localhost ip6-loopback\n"
			     "fe00::0\tip6-localnet\n"
			     "fe00::0\tip6-mcastprefix\n"
			     "fe00::1\tip6-allnodes\n"
			     "fe00::2\tip6-allrouters\n");
	if (host_domain)
		(void)ek_buf_fmt(&b, "%s\t%s.%s\t%s\n", ip, name, host_domain, name);
	else
		(void)ek_buf_fmt(&b, "%s\t%s\n", ip, name);
	put_aliases(pod, &b);
	return ek_buf_steal(&b);
}

/* ---- resolv.conf ---- */

struct words {
	EK_VEC(char *) list;
	size_t max;
};

static void add_word(struct words *w, const char *s)
{
	for (size_t i = 0; i < w->list.n; i++)
		if (ek_streq(w->list.items[i], s))
			return;
	if (s && *s && w->list.n < w->max)
		ek_vec_push(&w->list, ek_str_dup(s));
}

static void words_done(struct words *w)
{
	for (size_t i = 0; i < w->list.n; i++)
		free(w->list.items[i]);
	ek_vec_done(&w->list);
}

struct resolv {
	struct words servers, searches, options;
};

/* An option replaces an earlier one of the same name: "ndots:5". */
static void add_option(struct resolv *r, const char *s)
{
	size_t n = strcspn(s, ":");

	for (size_t i = 0; i < r->options.list.n; i++)
		if (strcspn(r->options.list.items[i], ":") == n && strncmp(r->options.list.items[i], s, n) == 0) {
			ek_str_set(&r->options.list.items[i], s);
			return;
		}
	add_word(&r->options, s);
}

static void read_line(struct resolv *r, char *line)
{
	char *words[LINE_WORDS];
	size_t n;

	for (char *c = line; *c; c++)
		if (*c == '\t' || *c == '\r')
			*c = ' ';
	n = ek_str_split(line, ' ', words, LINE_WORDS);
	if (ek_streq(words[0], "search"))
		words_done(&r->searches); /* the last one counts */
	for (size_t i = 1; i < n; i++) {
		if (ek_streq(words[0], "nameserver"))
			add_word(&r->servers, words[i]);
		else if (ek_streq(words[0], "search"))
			add_word(&r->searches, words[i]);
		else if (ek_streq(words[0], "options") && *words[i])
			add_option(r, words[i]);
	}
}

static void read_host(struct resolv *r, const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);

	for (char *line = copy, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		read_line(r, line);
	}
}

static void use_cluster(struct resolv *r, const struct ek_json *pod, const char *dns,
			const char *domain)
{
	EK_FREE char *own = ek_str_fmt("%s.svc.%s", ek_meta_namespace(pod), domain), *svc = ek_str_fmt("svc.%s", domain);
	struct words host = r->searches;

	words_done(&r->servers);
	words_done(&r->options);
	r->searches = (struct words){ .max = SEARCHES_MAX };
	add_word(&r->servers, dns);
	add_word(&r->searches, own);
	add_word(&r->searches, svc);
	add_word(&r->searches, domain);
	for (size_t i = 0; i < host.list.n; i++)
		add_word(&r->searches, host.list.items[i]);
	words_done(&host);
	add_option(r, "ndots:5");
}

static void add_config(struct resolv *r, const struct ek_json *config)
{
	const struct ek_json *servers = ek_json_get(config, "nameservers"), *searches = ek_json_get(config, "searches"),
			     *options = ek_json_get(config, "options");

	for (size_t i = 0; i < ek_json_len(servers); i++)
		add_word(&r->servers, ek_json_str(ek_json_elem(servers, i)));
	for (size_t i = 0; i < ek_json_len(searches); i++)
		add_word(&r->searches, ek_json_str(ek_json_elem(searches, i)));
	for (size_t i = 0; i < ek_json_len(options); i++) {
		const char *name = ek_json_str_at(ek_json_elem(options, i), "name");
		const char *value = ek_json_str_at(ek_json_elem(options, i), "value");
		EK_FREE char *text = ek_str_empty(value) ? ek_str_dup(name) : ek_str_fmt("%s:%s", name, value);

		add_option(r, text ? text : "");
	}
}

static void put_words(struct ek_buf *b, const char *key, const struct words *w)
{
	if (w->list.n == 0)
		return;
	(void)ek_buf_str(b, key);
	for (size_t i = 0; i < w->list.n; i++)
		(void)ek_buf_fmt(b, " %s", w->list.items[i]);
	(void)ek_buf_char(b, '\n');
}

char *ek_pod_resolv_conf(const struct ek_json *pod, const char *dns, const char *domain,
			 const char *host_file)
{
	struct resolv r = { { .max = SERVERS_MAX },
			    { .max = SEARCHES_MAX },
			    { .max = OPTIONS_MAX } };
	const char *policy = ek_json_str_at(pod, "spec.dnsPolicy");
	struct ek_buf b = EK_BUF_INIT(FILE_BYTES_MAX);
	bool cluster = ek_streq(policy, "ClusterFirstWithHostNet") ||
		       ((ek_streq(policy, "ClusterFirst") || !policy) && !ek_podspec_host_network(pod));

	if (host_file && !ek_streq(policy, "None"))
		read_host(&r, host_file);
	if (cluster && dns)
		use_cluster(&r, pod, dns, domain);
	add_config(&r, ek_json_at(pod, "spec.dnsConfig"));
	put_words(&b, "search", &r.searches);
	for (size_t i = 0; i < r.servers.list.n; i++)
		(void)ek_buf_fmt(&b, "nameserver %s\n", r.servers.list.items[i]);
	put_words(&b, "options", &r.options);
	words_done(&r.servers);
	words_done(&r.searches);
	words_done(&r.options);
	return ek_buf_steal(&b);
}
