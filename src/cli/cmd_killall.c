/* SPDX-License-Identifier: Apache-2.0 */

/*
 * ekube killall: what a server that does not run any more has left in the kernel goes away:
 * containers, mounts, cgroups, pods' networks, bridge, tables, the runtime directory. Data stays:
 * the database, volumes, logs.
 */

#include <dirent.h>
#include <ekube/file.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "advice.h"
#include "agent.h"
#include "command.h"
#include "network.h"
#include "options.h"
#include "server.h"

extern char **environ;

enum { LOCK_TRIES = 20, LOCK_PAUSE_MS = 50 };

/* For --help; the configuration file of the server is read whole. */
static const struct option_row rows[] = {
	{ "config", 'c', OPTION_STR, "Options", "FILE", "/etc/ekube/config.yaml", "the server's configuration file", 0, 0,
	  "EKUBE_CONFIG_FILE" },
	{ "data-dir", 'd', OPTION_STR, "Options", "DIR", "/var/lib/ekube", "the server's data directory", 0, 0, NULL },
	{ "bridge", 0, OPTION_STR, "Options", "NAME", NULL, "the bridge, when the server was given one", 0, 0, NULL },
	{ 0 },
};

/* ---- what is told: the names in a folder that are gone afterwards ---- */

struct traces {
	const char *what;
	char       *folder;
	EK_VEC(char *) names;
};

static void traces_read(struct traces *t, const char *what, const char *dir, const char *folder)
{
	DIR *d;

	t->what = what;
	t->folder = ek_path_join(dir, folder);
	d = opendir(t->folder);
	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			ek_vec_push(&t->names, ek_str_dup(e->d_name));
	if (d)
		closedir(d);
}

/* How many are still there. */
static int traces_tell(struct traces *t)
{
	int left = 0;

	for (size_t i = 0; i < t->names.n; i++) {
		EK_FREE char *path = ek_path_join(t->folder, t->names.items[i]);
		bool stays = access(path, F_OK) == 0;

		if (stays)
			(void)fprintf(stderr, "ekube: %s %s could not be removed\n", t->what,
				      t->names.items[i]);
		else
			printf("removed %s %s\n", t->what, t->names.items[i]);
		left += stays;
		free(t->names.items[i]);
	}
	ek_vec_done(&t->names);
	free(t->folder);
	return left;
}

/* ---- one kind after the other ---- */

static int not_removed(const char *what, const struct ek_err *err)
{
	(void)command_fail("%s could not be removed: %s", what, err->msg);
	return 1;
}

static int remove_pods(const struct server_config *c)
{
	struct ek_node_options o;
	struct traces containers = { 0 };
	struct ek_err err = { 0 };
	int failures = 0;

	agent_node_options(c, &o);
	traces_read(&containers, "container", c->agent_dir, "containers");
	if (ek_node_remove_all(&o, &err) < 0)
		failures = not_removed("something of the pods", &err);
	return failures + traces_tell(&containers);
}

static int remove_network(const struct server_config *c)
{
	struct traces networks = { 0 };
	struct ek_err err = { 0 };
	bool bridge = if_nametoindex(c->instance.bridge) != 0;
	int failures = 0;

	traces_read(&networks, "network of pod", c->instance.run_dir, "netns");
	if (network_remove(c, &err) < 0)
		failures = not_removed("something of the network", &err);
	failures += traces_tell(&networks);
	if (bridge && if_nametoindex(c->instance.bridge) == 0)
		printf("removed bridge %s\n", c->instance.bridge);
	return failures;
}

static int remove_run_dir(const struct server_config *c)
{
	struct ek_err err = { 0 };

	if (access(c->instance.run_dir, F_OK) < 0)
		return 0;
	if (ek_dir_remove(AT_FDCWD, c->instance.run_dir, &err) < 0)
		return not_removed(c->instance.run_dir, &err);
	printf("removed %s\n", c->instance.run_dir);
	return 0;
}

/* A server that was killed a moment ago may still be on its way out. */
static int lock_instance(const struct instance *i, int *ret_lock, struct ek_err *err)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	int rc = instance_lock(i, ret_lock, err);

	for (int tries = 0; rc == EK_ECONFLICT && tries < LOCK_TRIES; tries++) {
		(void)nanosleep(&pause, NULL);
		rc = instance_lock(i, ret_lock, err);
	}
	if (rc == EK_ECONFLICT)
		return advise(err, rc, "stop it first");
	return rc == -ENOENT ? 0 : rc;
}

static int remove_all(const struct server_config *c)
{
	EK_CLOSE int lock = -1;
	struct ek_err err = { 0 };
	int failures;

	if (geteuid() != 0)
		return command_fail("what a server left belongs to root: run `sudo ekube killall`");
	if (lock_instance(&c->instance, &lock, &err) < 0)
		return command_fail("%s", err.msg);
	failures = remove_pods(c);
	failures += remove_network(c);
	failures += remove_run_dir(c);
	return failures ? 1 : 0;
}

int cmd_killall(int argc, char **argv)
{
	struct server_config config = { 0 };
	struct ek_err err = { 0 };
	struct options o;
	int status = 0;

	ek_log_set_level(EK_LOG_WARN);
	if (options_parse(&o, server_rows, argc, argv, environ, &err) < 0)
		status = command_fail("%s", err.msg);
	else if (o.help)
		options_help(
			rows, "Usage: ekube killall [OPTIONS]",
			"Ends the containers of a server that does not run any more, and removes their mounts, cgroups "
			"and network. The database, volumes and logs stay.");
	else if (o.operands.n)
		status = command_fail("killall takes options only, not \"%.80s\"",
				      o.operands.items[0]);
	else if (server_config_read(&o, &config, &err) < 0)
		status = command_fail("%s", err.msg);
	else
		status = remove_all(&config);
	server_config_done(&config);
	options_done(&o);
	return status;
}
