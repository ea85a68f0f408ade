/* SPDX-License-Identifier: Apache-2.0 */

/* ekube check-config: what a server with these options needs of the machine, as a table. */

#include <ekube/str.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "machine.h"
#include "options.h"
#include "server.h"

extern char **environ;

static int print_needs(const struct server_config *c)
{
	int n_missing = 0;

	for (size_t i = 0; i < n_machine_needs; i++) {
		const struct machine_need *need = &machine_needs[i];
		struct ek_err err = { 0 };
		char said[160] = "";

		if (!machine_need_applies(need, c)) {
			printf("%-16s -        not needed with these options\n", need->name);
		} else if (need->look(c, said, &err) < 0) {
			printf("%-16s MISSING  %s\n", need->name, err.msg);
			n_missing++;
		} else {
			printf("%-16s ok       %s\n", need->name, said);
		}
		(void)fflush(stdout); /* a look may fork */
	}
	return n_missing;
}

int cmd_check_config(int argc, char **argv)
{
	struct server_config config = { 0 };
	struct ek_err err = { 0 };
	struct options o;
	int status = 0;

	if (options_parse(&o, server_rows, argc, argv, environ, &err) < 0) {
		status = command_fail("%s", err.msg);
	} else if (o.help) {
		options_help(
			server_rows, "Usage: ekube check-config [OPTIONS OF SERVER]",
			"Says what `ekube server` with the same options needs of this machine, and what of it is "
			"missing. Changes nothing. The exit status is 1 when something is missing.");
	} else if (server_config_read(&o, &config, &err) < 0) {
		status = command_fail("%s", err.msg);
	} else {
		int n = print_needs(&config);

		if (n)
			status = command_fail("%d of these %s missing", n, n == 1 ? "is" : "are");
	}
	server_config_done(&config);
	options_done(&o);
	return status;
}
