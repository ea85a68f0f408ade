/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../../src/cli/options.h"

#include <ekube/file.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char file[128];

static const struct option_row rows[] = {
	{ "config", 'c', OPTION_STR, "General", "FILE", file, "configuration file", 0, 0, "EKUBE_CONFIG_FILE" },
	{ "data-dir", 'd', OPTION_STR, "General", "DIR", "/var/lib/ekube", "where data lives", 0, 0, NULL },
	{ "https-listen-port", 0, OPTION_INT, "General", "PORT", "6443", "port", 1, 65535, NULL },
	{ "node-label", 0, OPTION_LIST, "Node", "K=V", NULL, "labels", 0, 0, NULL },
	{ "debug", 0, OPTION_BOOL, "General", "", NULL, "more words", 0, 0, NULL },
	{ 0 },
};

static void setup(void)
{
	strcpy(dir, "/tmp/ek-options-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/config.yaml", dir);
}

static void teardown(void)
{
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, dir, NULL), 0);
}

static void write_file(const char *name, const char *text)
{
	EK_FREE char *path = ek_path_join(dir, name);

	ck_assert_int_eq(ek_file_write(AT_FDCWD, path, text, strlen(text), 0600, false, NULL), 0);
}

static int parse(struct options *o, const char *flags, const char *env, struct ek_err *err)
{
	EK_FREE char *copy = ek_str_dup(flags);
	char *argv[32], *envp[4] = { NULL };
	int argc = *copy ? (int)ek_str_split(copy, ' ', argv, 32) : 0;

	envp[0] = (char *)env;
	return options_parse(o, rows, argc, argv, envp, err);
}

START_TEST(the_strongest_place_wins)
{
	struct options o;
	struct ek_err err;
	size_t n;

	setup();
	write_file(
		"config.yaml",
		"data-dir: /file\nhttps-listen-port: 1111\nnode-label: [a=1, b=2]\ndebug: true\n");
	ck_assert_int_eq(parse(&o, "", NULL, &err), 0);
	ck_assert_str_eq(options_str(&o, "data-dir"), "/file");
	ck_assert_int_eq(options_int(&o, "https-listen-port"), 1111);
	ck_assert_str_eq(options_list(&o, "node-label", &n)[1], "b=2");
	ck_assert_uint_eq(n, 2);
	ck_assert(options_bool(&o, "debug"));
	options_done(&o);

	ck_assert_int_eq(parse(&o, "--node-label c=3", "EKUBE_DATA_DIR=/env", &err), 0);
	ck_assert_str_eq(options_str(&o, "data-dir"), "/env");
	ck_assert_str_eq(options_list(&o, "node-label", &n)[0], "c=3");
	ck_assert_uint_eq(n, 1);
	options_done(&o);

	ck_assert_int_eq(parse(&o, "-d /flag --debug=false", "EKUBE_DATA_DIR=/env", &err), 0);
	ck_assert_str_eq(options_str(&o, "data-dir"), "/flag");
	ck_assert(!options_bool(&o, "debug"));
	options_done(&o);
	teardown();
}
END_TEST

START_TEST(later_files_replace_and_plus_adds)
{
	EK_FREE char *d = NULL;
	struct options o;
	struct ek_err err;
	size_t n;

	setup();
	d = ek_path_join(dir, "config.yaml.d");
	ck_assert_int_eq(mkdir(d, 0700), 0);
	write_file("config.yaml", "node-label: a=1\ndata-dir: /one\n");
	write_file("config.yaml.d/10.yaml", "node-label+: b=2\ndata-dir: /two\n");
	ck_assert_int_eq(parse(&o, "", NULL, &err), 0);
	ck_assert_str_eq(options_str(&o, "data-dir"), "/two");
	(void)options_list(&o, "node-label", &n);
	ck_assert_uint_eq(n, 2);
	options_done(&o);
	write_file("config.yaml.d/20.yaml", "node-label: z=9\n");
	ck_assert_int_eq(parse(&o, "", NULL, &err), 0);
	ck_assert_str_eq(options_list(&o, "node-label", &n)[0], "z=9");
	ck_assert_uint_eq(n, 1);
	options_done(&o);
	teardown();
}
END_TEST

static const struct {
	const char *flags, *env, *yaml, *says;
} mistakes[] = {
	{ "--nope", NULL, "", "--nope is not an option; --help lists what there is" },
	{ "-x", NULL, "", "-x is not an option; --help lists what there is" },
	{ "--data-dir", NULL, "", "--data-dir needs a value: --data-dir DIR" },
	{ "--https-listen-port 70000", NULL, "", "--https-listen-port must be a number from 1 to 65535, not \"70000\"" },
	{ "--https-listen-port=x", NULL, "", "--https-listen-port must be a number from 1 to 65535, not \"x\"" },
	{ "--debug=perhaps", NULL, "", "--debug must be true or false, not \"perhaps\"" },
	{ "", "EKUBE_HTTPS_LISTEN_PORT=-1", "", "EKUBE_HTTPS_LISTEN_PORT must be a number from 1 to 65535, not \"-1\"" },
	{ "", NULL, "wrong: 1\n", "config.yaml: \"wrong\" is not an option; --help lists what there is" },
	{ "", NULL, "https-listen-port: many\n", "config.yaml: \"https-listen-port\" must be a number from 1 to 65535, not \"many\"" },
	{ "", NULL, "data-dir: {a: b}\n", "config.yaml: \"data-dir\" must be a text, a number or true/false" },
	{ "", NULL, "- a\n", "config.yaml must hold \"option: value\" lines" },
	{ "", NULL, "a: [\n", "config.yaml is not valid YAML" },
	{ "-c /nonexistent/x.yaml", NULL, "", "/nonexistent/x.yaml" },
};

START_TEST(mistakes_are_named)
{
	struct options o;
	struct ek_err err;

	setup();
	if (*mistakes[_i].yaml)
		write_file("config.yaml", mistakes[_i].yaml);
	ck_assert_int_lt(parse(&o, mistakes[_i].flags, mistakes[_i].env, &err), 0);
	ck_assert_msg(strstr(err.msg, mistakes[_i].says) != NULL, "said: %s", err.msg);
	options_done(&o);
	teardown();
}
END_TEST

START_TEST(operands_and_help)
{
	struct options o;
	struct ek_err err;

	setup();
	ck_assert_int_eq(parse(&o, "a -d /x b -- -c", NULL, &err), 0);
	ck_assert_uint_eq(o.operands.n, 3);
	ck_assert_str_eq(o.operands.items[2], "-c");
	ck_assert(!o.help);
	options_done(&o);
	ck_assert_int_eq(parse(&o, "--help", NULL, &err), 0);
	ck_assert(o.help);
	options_done(&o);
	teardown();
}
END_TEST

/* `ekube image` looks into the file of the server for the data directory. */
START_TEST(a_file_may_be_another_commands)
{
	static const struct option_row two[] = {
		{ "config", 'c', OPTION_STR, "General", "FILE", file, "configuration file", 0, 0,
		  NULL },
		{ "data-dir", 'd', OPTION_STR, "General", "DIR", "/var/lib/ekube",
		  "where data lives", 0, 0, NULL },
		{ 0 },
	};
	char flag[] = "--no-such-flag", *argv[] = { flag }, *env[] = { NULL };
	struct options o;
	struct ek_err err;

	setup();
	write_file("config.yaml", "https-listen-port: 1111\ndata-dir: /file\nnode-label: [a=1]\n");
	ck_assert_int_eq(options_parse(&o, two, 0, NULL, env, &err), EK_EINVALID);
	options_done(&o);
	ck_assert_int_eq(options_parse_shared(&o, two, 0, NULL, env, &err), 0);
	ck_assert_str_eq(options_str(&o, "data-dir"), "/file");
	options_done(&o);
	ck_assert_int_eq(options_parse_shared(&o, two, 1, argv, env, &err), EK_EINVALID);
	options_done(&o);
	teardown();
}
END_TEST

START_TEST(a_bad_value_is_said_also_where_it_does_not_count)
{
	struct options o;
	struct ek_err err;

	setup();
	write_file("config.yaml", "https-listen-port: high\n");
	ck_assert_int_eq(parse(&o, "--https-listen-port=7000", NULL, &err), EK_EINVALID);
	ck_assert_ptr_nonnull(strstr(err.msg, "config.yaml: \"https-listen-port\""));
	options_done(&o);
	teardown();
}
END_TEST

EK_TESTS("cli/options", the_strongest_place_wins, later_files_replace_and_plus_adds,
	 EK_ROWS(mistakes_are_named, mistakes), operands_and_help, a_file_may_be_another_commands,
	 a_bad_value_is_said_also_where_it_does_not_count)
