/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/controllers/ctl_test.h"

#include "rows.h"

#include <ekube/str.h>

static const struct controller *const both[] = { &serviceaccount_controller, &root_ca_controller };

START_TEST(every_namespace_gets_both)
{
	struct ctl c = { 0 };
	const struct ek_json *cm;
	int calls;

	ctl_start(&c, both, 2);
	fake_client_put_text(c.fake, &ek_kind_namespace,
			     "{'metadata':{'name':'a'},'status':{'phase':'Active'}}");
	fake_client_put_text(c.fake, &ek_kind_namespace,
			     "{'metadata':{'name':'b','deletionTimestamp':'2025-01-01T00:00:00Z'},"
			     "'status':{'phase':'Terminating'}}");
	ctl_settle(&c);
	ck_assert_ptr_nonnull(fake_client_get(c.fake, &ek_kind_serviceaccount, "a", "default"));
	ck_assert_ptr_null(fake_client_get(c.fake, &ek_kind_serviceaccount, "b", "default"));
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_configmap), 1);
	cm = fake_client_get(c.fake, &ek_kind_configmap, "a", "kube-root-ca.crt");
	ck_assert_str_eq(ek_json_str(ek_json_get(ek_json_get(cm, "data"), "ca.crt")), "CA");
	ck_assert_ptr_nonnull(ek_meta_annotation(cm, "kubernetes.io/description"));
	calls = fake_client_calls(c.fake);
	ctl_pass(&c, 3600 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls);
	ctl_stop(&c);
}
END_TEST

START_TEST(what_is_lost_or_spoilt_comes_back)
{
	struct ctl c = { 0 };
	const struct ek_json *cm;

	ctl_start(&c, both, 2);
	fake_client_put_text(c.fake, &ek_kind_namespace, "{'metadata':{'name':'a'}}");
	ctl_settle(&c);
	fake_client_remove(c.fake, &ek_kind_serviceaccount, "a", "default");
	fake_client_put_text(
		c.fake, &ek_kind_configmap,
		"{'metadata':{'name':'kube-root-ca.crt','namespace':'a'},'data':{'x':'y'}}");
	ctl_settle(&c);
	ck_assert_ptr_nonnull(fake_client_get(c.fake, &ek_kind_serviceaccount, "a", "default"));
	cm = fake_client_get(c.fake, &ek_kind_configmap, "a", "kube-root-ca.crt");
	ck_assert_uint_eq(ek_json_len(ek_json_get(cm, "data")), 1);
	ck_assert_str_eq(ek_json_str(ek_json_get(ek_json_get(cm, "data"), "ca.crt")), "CA");
	fake_client_remove(c.fake, &ek_kind_configmap, "a", "kube-root-ca.crt");
	ctl_settle(&c);
	ck_assert_ptr_nonnull(fake_client_get(c.fake, &ek_kind_configmap, "a", "kube-root-ca.crt"));
	ctl_stop(&c);
}
END_TEST

START_TEST(an_account_that_exists_already_is_no_failure)
{
	struct ctl c = { 0 };
	int calls;

	ctl_start(&c, both, 1);
	ctl_settle(&c);
	fake_client_fail(c.fake, EK_DO_CREATE, &ek_kind_serviceaccount, EK_EEXISTS, 1);
	fake_client_put_text(c.fake, &ek_kind_namespace, "{'metadata':{'name':'a'}}");
	ctl_settle(&c);
	calls = fake_client_calls(c.fake);
	ctl_pass(&c, 60 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls);
	ctl_stop(&c);
}
END_TEST

EK_TESTS("controllers/serviceaccount", every_namespace_gets_both, what_is_lost_or_spoilt_comes_back,
	 an_account_that_exists_already_is_no_failure)
