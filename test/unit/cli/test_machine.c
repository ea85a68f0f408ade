/* SPDX-License-Identifier: Apache-2.0 */

/* What is said of a machine that lacks something. */

#include "ek_test.h"

#include <arpa/inet.h>
#include <ekube/file.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"
#include "server.h"

static const struct machine_need *need(const char *name)
{
	for (size_t i = 0; i < n_machine_needs; i++)
		if (ek_streq(machine_needs[i].name, name))
			return &machine_needs[i];
	ck_abort_msg("no such need: %s", name);
}

static int look(const char *name, const struct server_config *c, struct ek_err *err)
{
	char said[160] = "";
	int rc;

	*err = (struct ek_err){ 0 };
	rc = need(name)->look(c, said, err);
	ck_assert(rc < 0 ? err->msg[0] != '\0' : said[0] != '\0');
	return rc;
}

static const struct {
	const char *text;
	bool        unified;
	const char *missing;
} cgroups[] = {
	{ "#subsys_name hierarchy num_cgroups enabled\ncpu 3 1 1\ncpuset 1 1 1\nmemory 2 5 1\npids 9 1 1\n", false, NULL },
	{ "#subsys_name hierarchy num_cgroups enabled\ncpu 3 1 1\nmemory 0 5 0\npids 9 1 1\n", false, "memory" },
	{ "cpuacct 3 1 1\ncpuset 3 1 1\nmemory 2 5 1\npids 9 1 1\n", false, "cpu" },
	{ "cpuset cpu io memory hugetlb pids rdma misc\n", true, NULL },
	{ "cpuset cpu io pids\n", true, "memory" },
	{ "cpuset io memory pids\n", true, "cpu" },
	{ "cpu memory\n", true, "pids" },
	{ "", true, "cpu" },
};

START_TEST(controllers_that_are_off)
{
	ck_assert_pstr_eq(machine_missing_controller(cgroups[_i].text, cgroups[_i].unified),
			  cgroups[_i].missing);
}
END_TEST

static const struct {
	const char *text, *version;
} versions[] = {
	{ "runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev\n", "1.1.5+ds1" },
	{ "crun version 1.8.1\ncommit: f8a096be\n", "1.8.1" },
	{ "GNU bash, version 5.2.15(1)-release", "5.2.15(1)-release" },
	{ "usage: cat [file]", "" },
	{ "", "" },
	{ NULL, "" },
};

START_TEST(versions_of_runtimes)
{
	char out[64];

	machine_runtime_version(versions[_i].text, out);
	ck_assert_str_eq(out, versions[_i].version);
}
END_TEST

START_TEST(a_runtime_is_found_or_named)
{
	struct server_config c = { .runtime = "sh" };
	struct ek_err err;

	ck_assert_int_eq(look("runtime", &c, &err), 0);
	c.runtime = "/bin/sh";
	ck_assert_int_eq(look("runtime", &c, &err), 0);
	c.runtime = "ekube-has-no-such-program";
	ck_assert_int_lt(look("runtime", &c, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "apt-get install"));
	ck_assert_ptr_nonnull(strstr(err.msg, "--runtime"));
	c.runtime = "/nowhere/runc";
	ck_assert_int_lt(look("runtime", &c, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "--runtime /nowhere/runc"));
	c.runtime = "/tmp"; /* a directory may be entered, not run */
	ck_assert_int_lt(look("runtime", &c, &err), 0);
	c.runtime = "true";
	ck_assert_int_lt(look("runtime version", &c, &err), 0);
}
END_TEST

START_TEST(a_port_is_free_or_not)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(sa);
	EK_CLOSE int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct server_config c = { .bind_address = "127.0.0.1" };
	struct ek_err err;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	c.port = ntohs(sa.sin_port);
	ck_assert_int_lt(look("port", &c, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "--https-listen-port"));
	ek_closep(&fd);
	ck_assert_int_eq(look("port", &c, &err), 0);
	c.bind_address = "192.0.2.77";
	ck_assert_int_lt(look("port", &c, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "no address of this machine"));
}
END_TEST

START_TEST(places_that_cannot_be_written)
{
	char dir[] = "/tmp/ek-machine-XXXXXX", path[128];
	struct server_config c = { .instance.data_dir = dir };
	struct ek_err err;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a/b/kubeconfig", dir);
	c.kubeconfig = path;
	ck_assert_int_eq(look("kubeconfig", &c, &err), 0); /* its folders are made */
	c.kubeconfig = dir;
	ck_assert_int_lt(look("kubeconfig", &c, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "is a directory"));
	snprintf(path, sizeof(path), "%s/file", dir);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, path, "x", 1, 0600, false, NULL), 0);
	snprintf(path, sizeof(path), "%s/file/kubeconfig", dir);
	c.kubeconfig = path;
	ck_assert_int_lt(look("kubeconfig", &c, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "--write-kubeconfig"));
	ck_assert_int_eq(look("disk", &c, &err), 0);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, dir, NULL), 0);
}
END_TEST

START_TEST(a_control_plane_needs_less)
{
	const struct server_config all = { 0 }, alone = { .disable_agent = true },
				   flat = { .disable_network = true };

	ck_assert(machine_need_applies(need("root"), &all));
	ck_assert(!machine_need_applies(need("root"), &alone));
	ck_assert(machine_need_applies(need("overlayfs"), &flat));
	ck_assert(!machine_need_applies(need("network"), &flat));
	ck_assert(!machine_need_applies(need("network"), &alone));
	ck_assert(machine_need_applies(need("port"), &alone));
}
END_TEST

EK_TESTS("cli/machine", EK_ROWS(controllers_that_are_off, cgroups),
	 EK_ROWS(versions_of_runtimes, versions), a_runtime_is_found_or_named,
	 a_port_is_free_or_not, places_that_cannot_be_written, a_control_plane_needs_less)
