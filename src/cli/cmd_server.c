/* SPDX-License-Identifier: Apache-2.0 */

/* ekube server: options (server_options.c), what they come down to (server_config.c), run. */

#include <ekube/log.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "command.h"
#include "options.h"
#include "server.h"

extern char **environ;

int cmd_server(int argc, char **argv)
{
	struct server_config config = { 0 };
	struct ek_err err = { 0 };
	struct options o;
	int rc = options_parse(&o, server_rows, argc, argv, environ, &err);

	if (rc == 0 && o.help) {
		options_help(
			server_rows, "Usage: ekube server [OPTIONS]",
			"Runs a whole cluster in this process: API server, scheduler, controllers and a node. Options may "
			"also be given as EKUBE_* variables and in the configuration file; a flag wins over a variable, a "
			"variable over the file.");
		options_done(&o);
		return 0;
	}
	if (rc == 0 && o.operands.n)
		rc = ek_fail(&err, EK_EINVALID,
			     "server takes options only, not \"%.80s\"; --help lists them",
			     o.operands.items[0]);
	if (rc == 0)
		rc = server_config_read(&o, &config, &err);
	if (rc == 0) {
		if (options_bool(&o, "debug"))
			ek_log_set_level(EK_LOG_DEBUG);
		rc = server_run(&config, &err);
		server_config_done(&config);
	}
	options_done(&o);
	return rc < 0 ? command_fail("%s", err.msg) : 0;
}
