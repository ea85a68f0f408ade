/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "command.h"
#include "version.h"

int cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("ekube version %s (Kubernetes %s)\n", EK_VERSION, EKUBE_KUBERNETES_VERSION);
	return 0;
}
