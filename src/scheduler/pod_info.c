/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_info.h"

#include <ekube/clock.h>
#include <ekube/str.h>
#include <stdlib.h>

/* ---- resources ---- */

static struct scalar *find_scalar(struct resources *r, const char *name)
{
	for (size_t i = 0; i < r->scalars.n; i++)
		if (ek_streq(r->scalars.items[i].name, name))
			return &r->scalars.items[i];
	return NULL;
}

static struct scalar *need_scalar(struct resources *r, const char *name)
{
	struct scalar *s = find_scalar(r, name), fresh = { NULL, 0 };

	if (s)
		return s;
	fresh.name = ek_str_dup(name);
	ek_vec_push(&r->scalars, fresh);
	return &r->scalars.items[r->scalars.n - 1];
}

void resources_of_list(struct resources *r, const struct ek_json *list)
{
	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		if (ek_streq(it.key, "cpu"))
			r->milli_cpu = ek_quantity_json_milli(it.value);
		else if (ek_streq(it.key, "memory"))
			r->memory = ek_quantity_json_value(it.value);
		else if (ek_streq(it.key, "ephemeral-storage"))
			r->ephemeral = ek_quantity_json_value(it.value);
		else if (ek_streq(it.key, "pods"))
			r->pods = ek_quantity_json_value(it.value);
		else
			need_scalar(r, it.key)->value = ek_quantity_json_value(it.value);
	}
}

void resources_add(struct resources *a, const struct resources *b, int sign)
{
	a->milli_cpu += sign * b->milli_cpu;
	a->memory += sign * b->memory;
	a->ephemeral += sign * b->ephemeral;
	a->pods += sign * b->pods;
	for (size_t i = 0; i < b->scalars.n; i++)
		need_scalar(a, b->scalars.items[i].name)->value += sign * b->scalars.items[i].value;
}

static void resources_max(struct resources *a, const struct resources *b)
{
	a->milli_cpu = EK_MAX(a->milli_cpu, b->milli_cpu);
	a->memory = EK_MAX(a->memory, b->memory);
	a->ephemeral = EK_MAX(a->ephemeral, b->ephemeral);
	for (size_t i = 0; i < b->scalars.n; i++) {
		struct scalar *s = need_scalar(a, b->scalars.items[i].name);

		s->value = EK_MAX(s->value, b->scalars.items[i].value);
	}
}

void resources_done(struct resources *r)
{
	for (size_t i = 0; i < r->scalars.n; i++)
		free(r->scalars.items[i].name);
	ek_vec_done(&r->scalars);
}

int64_t resources_scalar(const struct resources *r, const char *name)
{
	const struct scalar *s = find_scalar((struct resources *)r, name);

	return s ? s->value : 0;
}

/* ---- a pod's requests ---- */

/* What a container asks for; cpu and memory as scored where it asks for none. */
static void container_requests(const struct ek_json *c, struct resources *ret, int64_t *scored_cpu,
			       int64_t *scored_memory)
{
	const struct ek_json *list = ek_json_at(c, "resources.requests");

	*ret = (struct resources){ 0 };
	resources_of_list(ret, list);
	*scored_cpu = ek_json_get(list, "cpu") ? ret->milli_cpu : DEFAULT_SCHEDULER_MILLI_CPU;
	*scored_memory = ek_json_get(list, "memory") ? ret->memory : DEFAULT_SCHEDULER_MEMORY;
}

/*
 * Containers run together and add up. Init containers run one after the other, each beside the
 * sidecars (restartable init containers) started before it: the pod needs the larger of the two
 * phases. Source: PodRequests in k8s.io/component-helpers/resource.
 */
static void sum_requests(struct pod_info *p, const struct ek_json *spec)
{
	struct resources sidecars = { 0 }, init = { 0 };
	int64_t side_cpu = 0, side_memory = 0, init_cpu = 0, init_memory = 0, cpu, memory;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "containers"));
	     ek_json_next(&it);) {
		struct resources r;

		container_requests(it.value, &r, &cpu, &memory);
		resources_add(&p->requests, &r, 1);
		p->scored_cpu += cpu;
		p->scored_memory += memory;
		resources_done(&r);
	}
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "initContainers"));
	     ek_json_next(&it);) {
		bool restarts = ek_streq(ek_json_str_at(it.value, "restartPolicy"), "Always");
		struct resources r;

		container_requests(it.value, &r, &cpu, &memory);
		if (restarts) {
			resources_add(&p->requests, &r, 1);
			p->scored_cpu += cpu;
			p->scored_memory += memory;
			resources_add(&sidecars, &r, 1);
			side_cpu += cpu;
			side_memory += memory;
			resources_max(&init, &sidecars);
			init_cpu = EK_MAX(init_cpu, side_cpu);
			init_memory = EK_MAX(init_memory, side_memory);
		} else {
			resources_add(&r, &sidecars, 1);
			resources_max(&init, &r);
			init_cpu = EK_MAX(init_cpu, cpu + side_cpu);
			init_memory = EK_MAX(init_memory, memory + side_memory);
		}
		resources_done(&r);
	}
	resources_max(&p->requests, &init);
	p->scored_cpu = EK_MAX(p->scored_cpu, init_cpu);
	p->scored_memory = EK_MAX(p->scored_memory, init_memory);
	resources_done(&sidecars);
	resources_done(&init);
}

static void add_overhead(struct pod_info *p, const struct ek_json *spec)
{
	struct resources r = { 0 };

	resources_of_list(&r, ek_json_get(spec, "overhead"));
	resources_add(&p->requests, &r, 1);
	p->scored_cpu += r.milli_cpu;
	p->scored_memory += r.memory;
	resources_done(&r);
	p->requests.pods = 1;
}

static void collect_ports(struct pod_info *p, const struct ek_json *spec)
{
	for (struct ek_json_iter c = ek_json_iter(ek_json_get(spec, "containers"));
	     ek_json_next(&c);)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(c.value, "ports"));
		     ek_json_next(&it);) {
			const char *ip = ek_json_str_at(it.value, "hostIP"),
				   *proto = ek_json_str_at(it.value, "protocol");
			struct host_port hp = { .port = (int)ek_json_int_at(it.value, "hostPort",
									    0) };

			if (hp.port <= 0)
				continue;
			(void)ek_str_into(hp.ip, sizeof(hp.ip), "%s",
					  ek_str_empty(ip) ? "0.0.0.0" : ip);
			(void)ek_str_into(hp.protocol, sizeof(hp.protocol), "%s",
					  proto ? proto : "TCP");
			ek_vec_push(&p->ports, hp);
		}
}

struct pod_info *pod_info_new(const struct ek_json *pod, struct ek_bytes *index)
{
	const struct ek_json *spec = ek_json_get(pod, "spec");
	const struct ek_json *affinity = ek_json_get(spec, "affinity");
	const char *start = ek_json_str_at(pod, "status.startTime");
	struct pod_info *p = ek_new(struct pod_info);

	p->refs = 1;
	p->ns = ek_str_dup(ek_meta_namespace(pod));
	p->name = ek_str_dup(ek_meta_name(pod));
	p->uid = ek_str_dup(ek_meta_uid(pod));
	p->index = ek_bytes_ref(index);
	p->priority = ek_json_int_at(spec, "priority", 0);
	p->deleting = ek_meta_deleting(pod);
	p->start_us = ek_clock_wall_us();
	if (start)
		(void)ek_time_parse(start, &p->start_us);
	sum_requests(p, spec);
	add_overhead(p, spec);
	collect_ports(p, spec);
	if (ek_json_get(affinity, "podAffinity") || ek_json_get(affinity, "podAntiAffinity"))
		p->affinity_all = ek_json_copy(affinity);
	p->anti_affinity = ek_json_ref(ek_json_at(
		p->affinity_all, "podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"));
	return p;
}

struct pod_info *pod_info_ref(struct pod_info *p)
{
	p->refs++;
	return p;
}

void pod_info_unref(struct pod_info *p)
{
	if (!p || --p->refs > 0)
		return;
	free(p->ns);
	free(p->name);
	free(p->uid);
	ek_bytes_unref(p->index);
	resources_done(&p->requests);
	ek_vec_done(&p->ports);
	ek_json_unref(p->anti_affinity);
	ek_json_unref(p->affinity_all);
	free(p);
}

const char *pod_info_label(void *pod_info, const char *key)
{
	return ek_index_label(((struct pod_info *)pod_info)->index, key);
}
