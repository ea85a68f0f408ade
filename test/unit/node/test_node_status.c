/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/fake_client.h"
#include "../../../src/node/node_status.h"

#include <ekube/informer.h>
#include <ekube/str.h>

static struct ek_loop *loop;
static struct fake_client *fake;
static struct ek_node_status *status;
static struct ek_node_status_options options;

static void setup(void)
{
	static const char *const labels[] = { "disk=ssd", "plain" };
	static const char *const taints[] = { "a=b:NoSchedule", "c:NoExecute" };

	loop = ek_loop_new();
	fake = fake_client_new(loop);
	options = (struct ek_node_status_options){
		.loop = loop, .client = fake_client_of(fake), .name = "board", .ip = "192.0.2.7", .pod_cidr = "10.42.0.0/24",
		.labels = labels, .n_labels = 2, .taints = taints, .n_taints = 2, .version = "v1.32.0+x",
		.runtime_version = "runc://1", .data_dir = "/", .max_pods = 110, .api_port = 10250,
	};
	status = NULL;
}

static void start(void)
{
	status = ek_node_status_start(&options);
	fake_client_settle(fake);
}

static void teardown(void)
{
	ek_node_status_stop(status);
	fake_client_free(fake);
	ek_loop_free(loop);
}

static const struct ek_json *node(void)
{
	return fake_client_get(fake, &ek_kind_node, NULL, "board");
}

START_TEST(registers_with_labels_taints_and_status)
{
	setup();
	start();
	ck_assert_ptr_nonnull(node());
	ck_assert_str_eq(ek_meta_label(node(), "disk"), "ssd");
	ck_assert_str_eq(ek_meta_label(node(), "plain"), "");
	ck_assert_str_eq(ek_meta_label(node(), "kubernetes.io/hostname"), "board");
	ck_assert_str_eq(ek_json_str_at(node(), "spec.podCIDR"), "10.42.0.0/24");
	ck_assert_str_eq(ek_json_str_at(node(), "spec.taints.0.effect"), "NoSchedule");
	ck_assert_str_eq(ek_json_str_at(node(), "spec.taints.0.value"), "b");
	ck_assert_str_eq(ek_json_str_at(node(), "spec.taints.1.key"), "c");
	ck_assert(ek_meta_condition_is(node(), "Ready", "True"));
	ck_assert_str_eq(ek_json_str_at(node(), "status.addresses.0.address"), "192.0.2.7");
	ck_assert_int_gt(ek_quantity_json_value(ek_json_at(node(), "status.capacity.memory")), 0);
	ck_assert_str_eq(ek_json_str_at(node(), "status.allocatable.pods"), "110");
	ck_assert_str_eq(ek_json_str_at(node(), "status.nodeInfo.operatingSystem"), "linux");
	teardown();
}
END_TEST

START_TEST(keeps_a_lease_that_the_node_owns)
{
	const struct ek_json *lease;

	setup();
	start();
	lease = fake_client_get(fake, &ek_kind_lease, "kube-node-lease", "board");
	ck_assert_ptr_nonnull(lease);
	ck_assert_str_eq(ek_json_str_at(lease, "spec.holderIdentity"), "board");
	ck_assert_int_eq(ek_json_int_at(lease, "spec.leaseDurationSeconds", 0), 40);
	ck_assert(ek_meta_owned_by(lease, ek_meta_uid(node())));
	teardown();
}
END_TEST

START_TEST(a_second_start_keeps_what_people_changed)
{
	setup();
	fake_client_put_text(fake, &ek_kind_node, "{'metadata':{'name':'board','labels':{'mine':'1'}}}");
	start();
	ck_assert_str_eq(ek_meta_label(node(), "mine"), "1");
	ck_assert(ek_meta_condition_is(node(), "Ready", "True"));
	teardown();
}
END_TEST

START_TEST(says_when_it_is_not_ready)
{
	setup();
	start();
	ek_node_status_set_ready(status, false, "runc is missing");
	fake_client_settle(fake);
	ck_assert(ek_meta_condition_is(node(), "Ready", "False"));
	ck_assert_str_eq(ek_json_str(ek_json_get(ek_meta_condition(node(), "Ready"), "message")), "runc is missing");
	ek_node_status_set_ready(status, true, NULL);
	fake_client_settle(fake);
	ck_assert(ek_meta_condition_is(node(), "Ready", "True"));
	teardown();
}
END_TEST

START_TEST(tries_again_when_the_api_fails)
{
	const bool never = false;

	setup();
	fake_client_fail(fake, EK_DO_CREATE, &ek_kind_node, EK_EUNAVAILABLE, 1);
	start();
	ck_assert_ptr_null(node());
	(void)ek_loop_until(loop, &never, 1300);
	fake_client_settle(fake);
	ck_assert_ptr_nonnull(node());
	teardown();
}
END_TEST

START_TEST(stopped_in_the_middle)
{
	setup();
	status = ek_node_status_start(&options);
	teardown();
}
END_TEST

EK_TESTS("node/node_status", registers_with_labels_taints_and_status,
	 keeps_a_lease_that_the_node_owns, a_second_start_keeps_what_people_changed,
	 says_when_it_is_not_ready, tries_again_when_the_api_fails, stopped_in_the_middle)
