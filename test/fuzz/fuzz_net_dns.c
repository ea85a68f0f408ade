/* SPDX-License-Identifier: Apache-2.0 */

/*
 * DNS messages from anywhere: as a question to the cluster's zone, and as another server's answer
 * that is taken apart, kept and put together again. What we write we must be able to read.
 */

#include <stdlib.h>
#include <string.h>

#include "net/dns_cache.h"
#include "net/dns_forward.h"
#include "net/dns_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const services[] = {
	"{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},\"spec\":{\"clusterIP\":\"10.43.0.5\","
	"\"ports\":[{\"name\":\"http\",\"port\":80}]}}",
	"{\"metadata\":{\"name\":\"db\",\"namespace\":\"prod\"},\"spec\":{\"clusterIP\":\"None\","
	"\"ports\":[{\"name\":\"sql\",\"port\":5432}]}}",
	"{\"metadata\":{\"name\":\"out\",\"namespace\":\"default\"},\"spec\":{\"type\":\"ExternalName\","
	"\"externalName\":\"www.example.com\"}}",
};
static const char slice[] = "{\"metadata\":{\"name\":\"db-x\",\"namespace\":\"prod\",\"labels\":"
			    "{\"kubernetes.io/service-name\":\"db\"}},\"ports\":[{\"name\":\"sql\",\"port\":5432}],"
			    "\"endpoints\":[{\"addresses\":[\"10.42.0.7\"],\"hostname\":\"db-0\"},"
			    "{\"addresses\":[\"fd00::7\"]}]}";

static struct ek_dns_zone *zone(void)
{
	static struct ek_dns_zone z;
	struct ek_svcdir *dir;

	if (z.dir)
		return &z;
	dir = ek_svcdir_new(NULL);
	for (size_t i = 0; i < EK_ARRAY_LEN(services); i++) {
		EK_JSON struct ek_json *v = NULL;

		EK_ASSERT(ek_json_parse(services[i], strlen(services[i]), 1 << 16, &v, NULL,
					NULL) == 0);
		EK_ASSERT(ek_svcdir_set_service(dir, v, NULL) == 0);
	}
	EK_JSON struct ek_json *v = NULL;
	EK_ASSERT(ek_json_parse(slice, strlen(slice), 1 << 16, &v, NULL, NULL) == 0);
	EK_ASSERT(ek_svcdir_set_slice(dir, v, NULL) == 0);
	EK_ASSERT(ek_dns_zone_init(&z, dir, "cluster.local", NULL) == 0);
	return &z;
}

static void check_name(const struct ek_dns_name *name)
{
	char text[EK_DNS_TEXT_MAX];
	struct ek_dns_name back;

	ek_dns_name_format(name, text);
	EK_ASSERT(strlen(text) < sizeof(text));
	if (!strchr(text, '\\'))
		EK_ASSERT(ek_dns_name_parse(text, &back) == 0 && ek_dns_name_equal(name, &back));
}

static void as_question(const struct ek_dns_msg *q)
{
	static uint8_t buf[EK_DNS_MSG_MAX];
	struct ek_dns_name target;
	struct ek_dns_out out;
	struct ek_dns_msg answer;
	unsigned rcode = 0;
	size_t n;

	ek_dns_out_answer(&out, buf, EK_MIN(q->udp_size, (uint16_t)EK_DNS_UDP_MAX), q);
	if (ek_dns_zone_answer(zone(), &q->name, q->type, q->id, &out, &rcode, &target) ==
	    EK_DNS_CHASE)
		check_name(&target);
	n = ek_dns_out_end(&out, rcode);
	EK_ASSERT(n <= EK_DNS_UDP_MAX && ek_dns_parse(buf, n, &answer) == 0);
	EK_ASSERT(answer.id == q->id && ek_dns_name_equal(&answer.name, &q->name));
}

static void as_answer(const struct ek_dns_msg *m)
{
	static uint8_t buf[EK_DNS_MSG_MAX];
	struct ek_dns_out out;
	struct ek_dns_msg again;
	struct ek_dns_cache cache;
	char key[EK_DNS_KEY_MAX];
	uint32_t age;

	ek_dns_out_answer(&out, buf, m->udp_size, m);
	for (struct ek_dns_rr rr = { 0 }; ek_dns_rr_next(m, &rr);)
		if (rr.type != EK_DNS_OPT)
			ek_dns_put_copy(&out, rr.section, m, &rr, rr.ttl);
	EK_ASSERT(ek_dns_parse(buf, ek_dns_out_end(&out, m->flags & EK_DNS_RCODE), &again) == 0);

	ek_dns_cache_init(&cache);
	ek_dns_key(&m->name, m->type, m->dnssec_ok, false, key);
	ek_dns_cache_put(&cache, key, m, 0);
	(void)ek_dns_cache_get(&cache, key, 1000, &age);
	ek_dns_cache_done(&cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ek_dns_msg m;

	if (ek_dns_parse(data, size, &m) < 0)
		return 0;
	check_name(&m.name);
	as_question(&m);
	as_answer(&m);
	return 0;
}
