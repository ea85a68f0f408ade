/* SPDX-License-Identifier: Apache-2.0 */

/* ekube: one program, one row a subcommand. */

#include <ekube/base.h>
#include <ekube/str.h>
#include <signal.h>
#include <stdio.h>

#include "command.h"

static const struct command commands[] = {
	{ "server", "run a cluster: API server, scheduler, controllers and a node in one process", cmd_server },
	{ "image", "list, import, pull and remove container images", cmd_image },
	{ "check-config", "say what this machine lacks for a server", cmd_check_config },
	{ "killall", "end the containers that a stopped server has left, remove every trace", cmd_killall },
	{ "version", "print the version", cmd_version },
};

int command_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fputs("ekube: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	return 1;
}

static void usage(FILE *out)
{
	(void)fputs(
		"ekube: a complete Kubernetes in one program\n\nUsage: ekube COMMAND [OPTIONS]\n\nCommands:\n",
		out);
	for (size_t i = 0; i < EK_ARRAY_LEN(commands); i++)
		(void)fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].about);
	(void)fputs("\n`ekube COMMAND --help` lists the options of a command.\n\n"
		    "First steps:\n"
		    "  sudo ekube check-config\n"
		    "  sudo ekube server &\n"
		    "  export KUBECONFIG=/etc/ekube/ekube.yaml\n"
		    "  kubectl get nodes\n",
		    out);
}

int main(int argc, char **argv)
{
	/* a peer that goes away is an error of that connection, not the end of the program */
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (ek_streq(argv[1], "--help") || ek_streq(argv[1], "-h") || ek_streq(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	if (ek_streq(argv[1], "--version") || ek_streq(argv[1], "-v"))
		return cmd_version(0, NULL);
	for (size_t i = 0; i < EK_ARRAY_LEN(commands); i++)
		if (ek_streq(commands[i].name, argv[1]))
			return commands[i].run(argc - 2, argv + 2);
	(void)command_fail("\"%.80s\" is not a command; `ekube --help` lists what there is",
			   argv[1]);
	return 2;
}
