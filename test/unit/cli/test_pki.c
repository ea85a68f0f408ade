/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../../src/cli/instance.h"
#include "../../../src/cli/pki.h"

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char *const names[] = { "localhost", "127.0.0.1", "::1", NULL };
static const char *const more_names[] = { "localhost", "127.0.0.1", "::1", "board.example", NULL };
static char dir[64];

static struct pki load(const char *const *sans)
{
	const struct pki_spec spec = { .dir = dir, .sans = sans, .node_name = "board" };
	struct pki p = { 0 };
	struct ek_err err;

	ck_assert_msg(pki_load(&spec, &p, &err) == 0, "%s", err.msg);
	return p;
}

static void setup(void)
{
	strcpy(dir, "/tmp/ek-pki-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, dir, NULL), 0);
}

START_TEST(made_once_and_kept)
{
	struct pki a, b;
	struct stat st;

	setup();
	a = load(names);
	b = load(names);
	ck_assert_str_eq(a.server_ca, b.server_ca);
	ck_assert_str_eq(a.serving_cert, b.serving_cert);
	ck_assert_str_eq(a.service_account_key, b.service_account_key);
	ck_assert_str_ne(a.server_ca, a.client_ca);
	ck_assert(ek_cert_issued_by(a.serving_cert, a.server_ca));
	ck_assert(ek_cert_issued_by(a.admin_cert, a.client_ca));
	ck_assert(!ek_cert_issued_by(a.admin_cert, a.server_ca));
	EK_FREE char *key = ek_path_join(dir, "server-ca.key");
	ck_assert_int_eq(stat(key, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	pki_done(&a);
	pki_done(&b);
	teardown();
}
END_TEST

START_TEST(new_names_renew_only_the_serving_certificate)
{
	struct ek_cert_info info = { 0 };
	struct pki a, b;

	setup();
	a = load(names);
	b = load(more_names);
	ck_assert_str_ne(a.serving_cert, b.serving_cert);
	ck_assert_str_eq(a.serving_key, b.serving_key);
	ck_assert_str_eq(a.admin_cert, b.admin_cert);
	ck_assert_str_eq(a.server_ca, b.server_ca);
	ck_assert_int_eq(ek_cert_parse(b.serving_cert, &info, NULL), 0);
	ek_cert_info_done(&info);
	pki_done(&a);
	pki_done(&b);
	teardown();
}
END_TEST

static int64_t wall_us;

static int64_t wall(void *arg)
{
	(void)arg;
	return wall_us;
}

static int64_t mono(void *arg)
{
	(void)arg;
	return 1;
}

START_TEST(renewed_in_the_last_third_but_not_by_a_clock_at_1970)
{
	static const struct ek_clock_source clock = { mono, wall, NULL };
	const int64_t day = INT64_C(86400) * 1000000;
	struct pki a, b;

	setup();
	wall_us = day * 365 * 55;
	ek_clock_set_source(&clock);
	a = load(names);
	wall_us = 0; /* the board lost its clock */
	b = load(names);
	ck_assert_str_eq(a.serving_cert, b.serving_cert);
	pki_done(&b);
	wall_us = day * (365 * 55 + 300);
	b = load(names);
	ck_assert_str_ne(a.serving_cert, b.serving_cert);
	ck_assert_str_eq(a.server_ca, b.server_ca);
	pki_done(&a);
	pki_done(&b);
	teardown();
}
END_TEST

START_TEST(a_damaged_key_is_said_not_replaced)
{
	const struct pki_spec spec = { .dir = dir, .sans = names, .node_name = "board" };
	struct pki a, b = { 0 };
	struct ek_err err;

	setup();
	a = load(names);
	pki_done(&a);
	EK_FREE char *key = ek_path_join(dir, "server-ca.key");
	ck_assert_int_eq(ek_file_write(AT_FDCWD, key, "junk", 4, 0600, false, NULL), 0);
	ck_assert_int_lt(pki_load(&spec, &b, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "server-ca.key"));
	teardown();
}
END_TEST

START_TEST(kubeconfig_names_server_and_user)
{
	EK_FREE char *text = NULL;
	EK_JSON struct ek_json *doc = NULL;
	struct pki a;

	setup();
	a = load(names);
	text = pki_kubeconfig(&a, "https://127.0.0.1:6443", "default");
	ck_assert_int_eq(ek_yaml_parse(text, strlen(text), 1 << 20, &doc, NULL), 0);
	ck_assert_str_eq(ek_json_str_at(doc, "clusters.0.cluster.server"),
			 "https://127.0.0.1:6443");
	ck_assert_str_eq(ek_json_str_at(doc, "current-context"), "default");
	ck_assert_ptr_nonnull(ek_json_str_at(doc, "users.0.user.client-key-data"));
	pki_done(&a);
	teardown();
}
END_TEST

EK_TESTS("cli/pki", made_once_and_kept, new_names_renew_only_the_serving_certificate,
	 renewed_in_the_last_third_but_not_by_a_clock_at_1970, a_damaged_key_is_said_not_replaced,
	 kubeconfig_names_server_and_user)
